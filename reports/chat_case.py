"""A chat on the RK3588: prompt and tokens on the NPU or on the CPU, together or apart, over the length of the context.

The NPU runs the vendor's runtime for language models (w8a8), the CPU ggml (Q8_0, Q4_0). The two are profiles of one chip, so
probabilities take their errors as independent.
"""
import dataclasses
import math

from documents import table
from public_data import profile_number

MODELS = ("qwen3-0.6b", "qwen2.5-1.5b", "llama-3.2-3b")
LENGTHS = (128, 512, 2048, 8192, 32000)
CHATS = ((128, 64), (1024, 256), (8192, 256))
MEMORIES = (4, 8, 16)  # GiB of boards
GIB = 2.0 ** 30
HALF_WIDTH = 1.6449  # standard deviations from the median to either end of a 90 % interval


@dataclasses.dataclass(frozen=True)
class Place:
    name: str
    profile: str
    device: str
    dtype: str


NPU = Place("NPU, w8a8", "rk3588-rkllm-1.3.0", "npu", "w8a8")
CPUS = (Place("CPU, Q8_0", "rk3588-ggml", "cpu", "int8_dynamic"), Place("CPU, Q4_0", "rk3588-ggml", "cpu", "w4a16"))
PLACES = (NPU, *CPUS)


@dataclasses.dataclass(frozen=True)
class Answer:
    """A predicted time in milliseconds, and the standard deviation of its logarithm."""
    time: float
    sigma: float
    cache: float
    weights: float


def probability_faster(a, b):
    spread = math.hypot(a.sigma, b.sigma)
    return 0.5 * (1 + math.erf(math.log(b.time / a.time) / spread / math.sqrt(2)))


class Chat:
    def __init__(self, berth):
        self.berth = berth

    def of_phase(self, place, model, phase, length):
        further = ["--new-tokens", 1] if phase == "decode" else []
        found = self.berth.ask("predict", "--hardware", place.profile, "--device", place.device, "--model", model, "--dtype",
                               place.dtype, "--phase", phase, "--prompt", length, *further)
        sigma = math.log(found["high_ms"] / found["low_ms"]) / (2 * HALF_WIDTH)
        return Answer(found["latency_ms"], sigma, found["kv_cache_bytes"], found["weight_bytes"])

    def prompt(self, place, model, length):
        return self.of_phase(place, model, "prefill", length)

    def step(self, place, model, context):
        return self.of_phase(place, model, "decode", context)


def handed_over(cache):
    """Milliseconds that keys and values take from the NPU to the CPU: flushed, and laid out anew."""
    link = [profile_number(f"links.{key}").value for key in ("per_crossing", "cache_maintenance", "layout_change")]
    return 1e3 * (link[0] + cache / link[1] + cache / link[2])


def better(a, b, names):
    chance = probability_faster(a, b)
    return f"{names[0]} ({100 * chance:.0f} %)" if chance >= 0.5 else f"{names[1]} ({100 * (1 - chance):.0f} %)"


def by_length(chat, model, phase, shown):
    rows = []
    for length in LENGTHS:
        answers = [chat.of_phase(place, model, phase, length) for place in PLACES]
        cpu = min(answers[1:], key=lambda one: one.time)
        rows.append([f"{length:,}", *[shown(one.time) for one in answers], better(answers[0], cpu, ("NPU", "CPU"))])
    return table(["tokens", *[place.name for place in PLACES], "faster (probability)"], "r" * (len(PLACES) + 1) + "l", rows)


def turning_point(chat, model, phase, cpu):
    """Context from which the other of NPU and CPU is the faster one, by bisection; None: the same at both ends."""
    def npu_wins(length):
        return chat.of_phase(NPU, model, phase, length).time < chat.of_phase(cpu, model, phase, length).time
    low, high = 16, LENGTHS[-1]
    at_low = npu_wins(low)
    if at_low == npu_wins(high):
        return None, at_low
    while high > low * 1.02:
        middle = round(math.sqrt(low * high))
        low, high = (middle, high) if npu_wins(middle) == at_low else (low, middle)
    return high, at_low


def turn_text(point, npu_first):
    if point is None:
        return "NPU at every length" if npu_first else "CPU at every length"
    first, then = ("NPU", "CPU") if npu_first else ("CPU", "NPU")
    return f"{first} up to about {point:,}, {then} beyond"


def turns(chat):
    rows = []
    for model in MODELS:
        for cpu in CPUS:
            rows.append([model, cpu.name, *[turn_text(*turning_point(chat, model, phase, cpu))
                                            for phase in ("prefill", "decode")]])
    return table(["model", "against", "prompt", "tokens"], "llll", rows)


def whole_answers(chat, model, cpu):
    rows = []
    for prompt, tokens in CHATS:
        npu_prompt, cpu_prompt = (chat.prompt(place, model, prompt) for place in (NPU, cpu))
        middle = prompt + tokens // 2
        npu_step, cpu_step = (chat.step(place, model, middle) for place in (NPU, cpu))
        over = handed_over(npu_prompt.cache)
        times = {"NPU": npu_prompt.time + tokens * npu_step.time, "CPU": cpu_prompt.time + tokens * cpu_step.time,
                 "prompt NPU, tokens CPU": npu_prompt.time + over + tokens * cpu_step.time}
        best = min(times, key=times.get)
        rows.append([f"{prompt:,} + {tokens}", *[f"{time / 1e3:.2f}" for time in times.values()], f"{over:.1f}",
                     f"{npu_prompt.weights / 1e6:.0f} + {cpu_step.weights / 1e6:.0f}", best])
    return table(["prompt + answer", "NPU, s", "CPU, s", "prompt NPU, tokens CPU, s", "of it the cache, ms",
                  "weights of both, MB", "least"], "rrrrrrl", rows)


def cache_fits(chat):
    rows = []
    for model in MODELS:
        answer = chat.step(NPU, model, 1024)
        each = answer.cache / 1025
        rows.append([model, f"{answer.weights / 1e6:.0f}", f"{each / 1024:.0f}",
                     *[f"{max(0, memory * GIB - answer.weights) / each / 1000:,.0f} thousand" for memory in MEMORIES]])
    return table(["model, w8a8", "weights, MB", "cache per token, KiB", *[f"fits in {one} GiB" for one in MEMORIES]],
                 "l" + "r" * (2 + len(MEMORIES)), rows)


def document(berth):
    chat = Chat(berth)
    parts = ["# A chat on the RK3588\n",
             "The NPU with the vendor's runtime for language models (profile `rk3588-rkllm-1.3.0`) against four Cortex-A76 with ggml "
             "(`rk3588-ggml`). A probability is that of the named device being faster, with the spreads of both profiles. "
             "Rows at hand have prompts of 128 tokens; what attention costs in longer ones is taken from the NPU's other runtime.\n",
             "## Where it turns\n", turns(chat), ""]
    for model in MODELS:
        parts += [f"## {model}\n", "First token, s:\n", by_length(chat, model, "prefill", lambda ms: f"{ms / 1e3:.2f}"),
                  "\nTokens per second behind a context:\n", by_length(chat, model, "decode", lambda ms: f"{1e3 / ms:.1f}"),
                  "\nWhole answers, prompt and tokens together or apart, CPU in Q4_0. Apart, keys and values are handed over "
                  "once and each device has its weights:\n", whole_answers(chat, model, CPUS[1]), ""]
    parts += ["## Where the cache no longer fits\n",
              "Keys and values in 16 bits, beside the weights and nothing else.\n", cache_fits(chat), ""]
    return "\n".join(parts)
