#!/usr/bin/env python3
"""Writes the review of a chat turn on NPU and CPU: where the answer flips over the context, and whether to use both.

Usage: chat_review.py BERTH FOLDER. Writes into FOLDER, which exists.
"""
import pathlib
import re
import sys

from berth_runs import ROOT, Berth
from documents import table
from ledger import figures, ms, percent

SCENARIO, PROMPT, STAGE, NEW_TOKENS = "chat-rk3588-both", "chat-rk3588-prompt", "stages.answer", 128
PROMPTS = (128, 1024, 4096, 16384, 32000)
MODELS = ("qwen2-0.5b", "qwen2.5-1.5b", "chatglm3-6b")
VARY = f"{STAGE}.prompt=64:32000"
PHASES = {"prefill": ("the first token", PROMPT, {}), "decode": ("a further token", SCENARIO, {f"{STAGE}.phase": "decode"})}
CACHES = ("fp16", "int8_g32", "int4_g32")
ANSWER = 16  # tokens behind the longest prompt
BOARDS = ("2 GiB", "2.25 GiB", "2.5 GiB")


FLIPS = (1000, 32000)
SHARES = ("1200 MiB", "800 MiB", "400 MiB")  # of the NPU's memory; the model's weights take 1.5 GB


def positions_of(model):
    """The longest context that a model reads, of its file."""
    text = (ROOT / "models" / f"{model}.yaml").read_text(encoding="utf-8")
    return int(re.search(r"max_positions: (\d+)", text).group(1))


def stage_of(berth, **changes):
    return berth.run(SCENARIO, {f"{STAGE}.{key}": value for key, value in changes.items()})["stages"][0]


def candidate(stage, granularity, placement=None):
    found = [one for one in stage["candidates"]
             if one["feasible"] and one["granularity"] == granularity and placement in (None, one["placement"])]
    return found[0] if found else None


def crossing_text(berth, phase):
    """Which device is faster where, in words."""
    what, scenario, changes = PHASES[phase]
    found = berth.crossover(scenario, VARY, "npu,cpu", changes)
    points = found["points"]
    first, last = points[0], points[-1]
    winner = lambda point: "npu" if point["npu_ms"] <= point["cpu_ms"] else "cpu"
    sure = lambda point: point["probability"] if winner(point) == "npu" else 1 - point["probability"]
    if not found["crossings"]:
        return (f"For {what} there is no crossover from {first['value']:g} to {last['value']:g} tokens: "
                f"{winner(first)} is faster throughout (probability {percent(sure(first))} at the shortest and "
                f"{percent(sure(last))} at the longest context).")
    where = ", ".join(f"{one['above']:g}" for one in found["crossings"])
    return (f"For {what} {winner(first)} is faster at {first['value']:g} tokens (probability "
            f"{percent(sure(first))}) and {winner(last)} at {last['value']:g} ({percent(sure(last))}), with the crossover at "
            f"{where}.")


def cells(one):
    if one is None:
        return ["-"] * 3
    return [ms(one["ttft_ms"]), figures(one["tokens_per_s"]),
            f"{ms(one['latency_ms'])} ({ms(one['low_ms'])} to {ms(one['high_ms'])})"]


def best_split(stage):
    """The answer with blocks of both phases wherever they are fastest, if that is no placement of whole models."""
    split = candidate(stage, "block")
    return ms(split["latency_ms"]) if split else "-"


def turns_table(berth):
    rows = []
    for model in MODELS:
        for prompt in PROMPTS:
            if prompt + NEW_TOKENS > positions_of(model):
                continue
            stage = stage_of(berth, model=model, prompt=prompt)
            npu, cpu, both = (candidate(stage, "model", "npu"), candidate(stage, "model", "cpu"),
                              candidate(stage, "phase"))
            rows.append([model, prompt, *cells(npu), *cells(cpu), both["placement"] if both else "-",
                         ms(both["latency_ms"]) if both else "-",
                         ms(both["cache_handover_ms"]) if both else "-", best_split(stage), stage["chosen"],
                         percent(stage["confidence"])])
    return table(["model", "prompt", "NPU: first token", "tokens/s", "answer, 5-95 %", "CPU: first token", "tokens/s",
                  "answer, 5-95 %", "both", "answer", "of it hand-over", "by block", "faster alone", "probability"],
                 "lrrrrrrrlrrrlr", rows)


def context_of(berth, board, cache):
    """The longest prompt that fits, in the words of the finding."""
    answer = berth.run(SCENARIO, {"hardware.memory.dram.capacity": board, f"{STAGE}.cache": cache, f"{STAGE}.on": "npu",
                                  f"{STAGE}.prompt": 64, f"{STAGE}.new_tokens": ANSWER})
    found = [one["text"] for one in answer["findings"] if one["kind"] == "context"]
    return found[0].split("more than ")[1].split(" ")[0] if found else "all"


def memory_table(berth):
    return table(["DRAM left for the model", *[f"cache in {cache}" for cache in CACHES]], "lrrr",
                 [[board, *[context_of(berth, board, cache) for cache in CACHES]] for board in BOARDS])


def flips_text(berth):
    """What others report of such chips, and what these profiles say of it."""
    whole = stage_of(berth, prompt=FLIPS[0])
    npu, cpu, both = candidate(whole, "model", "npu"), candidate(whole, "model", "cpu"), candidate(whole, "phase")
    points = berth.crossover(SCENARIO, f"{STAGE}.prompt={FLIPS[0]}:{FLIPS[1]}", "npu,cpu",
                             {f"{STAGE}.phase": "decode"})["points"]
    near, far = points[0], points[-1]
    lines = [
        f"- *The NPU nine times faster for the prompt, the CPU for the tokens*: {cpu['ttft_ms'] / npu['ttft_ms']:.1f} times "
        f"at {FLIPS[0]:,} tokens; a token takes {ms(near['cpu_ms'])} on the CPU and {ms(near['npu_ms'])} on the NPU (the CPU is faster with "
        f"probability {percent(1 - near['probability'])}). {both['placement']}: {ms(both['latency_ms'])} for the answer.",
        f"- *The CPU ahead at {FLIPS[0]:,} tokens of context and behind at {FLIPS[1]:,}*: with probability "
        f"{percent(1 - near['probability'])} ahead at {FLIPS[0]:,}, and {percent(far['probability'])} behind at {FLIPS[1]:,}."]
    return "\n".join(lines)


def layers_table(berth):
    """Which layers run where in a memory of the NPU that does not hold them all."""
    rows = []
    for memory in SHARES:
        answer = berth.run(SCENARIO, {f"{STAGE}.granularity": "block", "hardware.devices.npu.capacity": memory})
        stage = answer["stages"][0]
        split, cpu = candidate(stage, "block"), candidate(stage, "model", "cpu")
        rows.append([memory, *cells(split), ms(cpu["latency_ms"]), stage["chosen"], percent(stage["confidence"])])
    return table(["memory of the NPU", "layers over both: first token", "tokens/s", "answer, 5-95 %", "CPU alone",
                  "chosen", "probability"], "lrrrrlr", rows)


def document(berth):
    return f"""# A chat turn on RK3588: NPU, CPU, or both

Generated by `./dev reports`; do not edit. The scenario is [`{SCENARIO}`](../../scenarios/{SCENARIO}.yaml): 8-bit weights on the
NPU with the vendor's runtime for language models, Q4_0 on four big cores with ggml, {NEW_TOKENS} new tokens. The NPU's
times were calibrated on prompts of 128 tokens of six models ([accuracy](../../docs/accuracy.md)); ggml's on products alone, and
no row times a language model on this chip's CPU. Long contexts are extrapolated on both.

## Where the answer flips over the context

{crossing_text(berth, "prefill")}

![Time to the first token over the prompt](prefill/crossover.svg)

{crossing_text(berth, "decode")}

![Time of a further token over the context](decode/crossover.svg)

## NPU, CPU, or the prompt on one and the tokens on the other

{turns_table(berth)}

*both*: the faster of the two orders. Its cache is handed over once, its weights are held twice, in both formats. *by block*: the best
placement of the blocks of both phases, the first layers on one device and the last on another among them; a dash where it is one of the
others. *probability*: that the faster one alone is.

## What others report of such chips

{flips_text(berth)}
- *The last layers on the CPU make the whole faster*: not where the NPU's memory holds all layers. They are alike, so each is faster
  on the same device, and the first and last on one device cost a hand-over more than all on it; only a layer that is slower on
  the NPU than on the CPU by more than that would go there. Where the NPU's memory does not hold them, some do:

{layers_table(berth)}

## How long a prompt fits

Of qwen2.5-1.5b on the NPU, with nothing else in memory and an answer of {ANSWER} tokens: the longest prompt; *all*: the 32,768 positions that the model reads.

{memory_table(berth)}
"""


def write(berth, folder):
    for phase in PHASES:
        (folder / phase).mkdir(exist_ok=True)
        _, scenario, changes = PHASES[phase]
        changed = [part for path, value in changes.items() for part in ("--set", f"{path}={value}")]
        berth.output(["crossover", scenario, "--vary", VARY, "--between", "npu,cpu", *changed, "--report", phase], folder)
    (folder / "report.md").write_text(document(berth), encoding="utf-8")


if __name__ == "__main__":
    write(Berth(sys.argv[1]), pathlib.Path(sys.argv[2]))
