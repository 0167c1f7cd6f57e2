"""The documents' rules of thumb about depth and length, tested: crossovers of NPU and CPU over layers, tokens and buckets."""
import concurrent.futures
import os

from documents import table
from ledger import percent
from reference_case import RERANKER, SCENARIO

STAGE = "rerank"
LAYERS = (1, 2, 6, 12, 24)
BUCKETS = (128, 256, 512)
SHORTEST = 8


class RulesOfThumb:
    """The reranker's architecture in int8 with 1 to 24 layers: from how many tokens on is the NPU the faster one?"""

    def __init__(self, berth):
        self.berth = berth

    def answer(self, layers, bucket):
        """One crossover over the tokens held; bucket None: the model is compiled for each length itself."""
        return self.berth.crossover(
            SCENARIO, f"stages.{STAGE}.tokens={SHORTEST}:{bucket or BUCKETS[-1]}", "npu,cpu",
            {f"models.{RERANKER}.sizes.layers": layers, f"stages.{STAGE}.buckets": f"[{bucket or ''}]",
             f"stages.{STAGE}.tokens": SHORTEST}, STAGE)

    def ask_all(self):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda case: self.answer(*case), ((layers, bucket) for bucket in (None, *BUCKETS)
                                                            for layers in LAYERS)))

    def npu_from(self, layers, bucket):
        """Tokens from which on the NPU is faster; the shortest if it always is, None if it never is."""
        answer = self.answer(layers, bucket)
        if answer["crossings"]:
            last = answer["crossings"][-1]
            return int(last["above"]) if last["faster_above"] == "npu" else None
        point = answer["points"][0]
        return SHORTEST if point["probability"] >= 0.5 else None

    def sure(self, layers, bucket):
        """(most tokens up to which the CPU is faster with 90 %, fewest from which the NPU is); None: nowhere."""
        points = self.answer(layers, bucket)["points"]
        crossings = self.answer(layers, bucket)["crossings"]
        if crossings:
            return crossings[0]["sure_below"], crossings[-1]["sure_above"]
        clear = [point["value"] for point in points if point["probability"] >= 0.9]
        return None, clear[0] if clear else None

    def runs(self, bucket):
        return tuple(self.answer(layers, bucket) for layers in LAYERS)

    @property
    def deeper_helps_npu(self):
        """Whether in every bucket the NPU wins from fewer tokens on, or as many, the more layers there are."""
        starts = [[self.npu_from(layers, bucket) or float("inf") for layers in LAYERS] for bucket in BUCKETS]
        return all(a >= b for row in starts for a, b in zip(row, row[1:]))

    def band(self, bucket):
        """(fewest, most) tokens between which the depth decides, all depths taken."""
        starts = [self.npu_from(layers, bucket) or bucket for layers in LAYERS]
        return min(starts), max(starts)


def cell(rules, layers, bucket):
    start = rules.npu_from(layers, bucket)
    cpu_sure, npu_sure = rules.sure(layers, bucket)
    if start is None:
        return "cpu throughout"
    text = "npu throughout" if start == SHORTEST else f"npu from {start}"
    unsure = (f"not sure {'up to' if cpu_sure is None else f'from {cpu_sure:g} to'} {npu_sure:g}"
              if npu_sure is not None else "sure nowhere")
    return f"{text} ({unsure})" if npu_sure != SHORTEST else f"{text} (sure)"


def rule(rules):
    """The corrected rule, each number out of the crossovers."""
    deep = LAYERS[-2]
    full = [f"{percent(rules.npu_from(deep, bucket) / bucket)} of {bucket}" for bucket in BUCKETS]
    sure = [f"{percent(rules.sure(deep, bucket)[1] / bucket)}" for bucket in BUCKETS]
    cpu = [f"{percent(rules.sure(deep, bucket)[0] / bucket) if rules.sure(deep, bucket)[0] else 'nowhere'}"
           for bucket in BUCKETS]
    narrow, wide = rules.band(BUCKETS[-1])
    depth = ("The more layers, the sooner the NPU wins, which is the opposite of the documents' rule" if
             rules.deeper_helps_npu else "More layers move the crossover either way")
    own = rules.npu_from(deep, None)
    return (f"*Corrected:* compare how full the bucket is, not how deep the model or how long the text. With {deep} layers "
            f"the NPU is the faster one when the input fills {', '.join(full)} tokens or more, and surely so (90 %) from "
            f"{', '.join(sure)} on; the CPU is surely the faster one up to {', '.join(cpu)}. Compiled for the length of the "
            f"input itself, the NPU wins from {own} tokens on. {depth}: from {LAYERS[0]} to {LAYERS[-1]} layers the "
            f"crossover in a bucket of {BUCKETS[-1]} moves from {wide} to {narrow} tokens.")


def section(berth, runs):
    """Text below the ledger's table of guidelines."""
    rules = RulesOfThumb(berth)
    rules.ask_all()
    rows = [[layers, *[cell(rules, layers, bucket) for bucket in (None, *BUCKETS)]] for layers in LAYERS]
    numbers = runs.numbers([run for bucket in (None, *BUCKETS) for run in rules.runs(bucket)])
    return "\n".join([
        "## Rules of thumb, tested and corrected\n",
        f"\"Model ≤ 6 layers\", \"Sequence length ≤ 256 tokens\": the reranker's architecture in int8 with {LAYERS[0]} to "
        f"{LAYERS[-1]} layers, one NPU core against eight CPU cores. Cells: from how many tokens in the input on the NPU is "
        "the faster one, and between which lengths that is not sure to 90 %.\n",
        table(["layers", "compiled for the length itself", *[f"bucket of {bucket}" for bucket in BUCKETS]],
              "rllll", rows), "", rule(rules) + "\n", f"Runs {numbers}.\n"])
