"""What other hardware would do to the reference case: each what-if in one --set, explained out of the terms of its kernels."""
import dataclasses

from berth_runs import candidate, stage_of, total_ms
from documents import table
from reference_case import ATTENTION, SCENARIO, dram_bytes, term_ms

STAGE = "rerank"
NPU = "hardware.devices.npu"
TERMS = {"compute_ms": "multiplying", "vector_ms": "element-wise work", "dram_ms": "moving bytes",
         "dma_ms": "setting up transfers"}
NOTABLE = 0.01  # of the time: less is no change worth a reason


@dataclasses.dataclass(frozen=True)
class WhatIf:
    name: str
    path: str
    value: str
    rests_on: str = ""  # an assumption that decides the answer

    @property
    def changes(self):
        return {self.path: self.value}


KEEPS = ("That RKNN has a schedule which keeps scores on chip is assumed (`attention.keeps_scores_from`, 1 MiB): no measured row "
         "shows it")

WHAT_IFS = (
    WhatIf("DDR twice as fast", "hardware.memory.dram.bandwidth", "67.6 GB/s"),
    WhatIf("DDR half as fast", "hardware.memory.dram.bandwidth", "16.9 GB/s"),
    WhatIf("SRAM of 8 MiB", f"{NPU}.memories.sram.capacity", "8 MiB", KEEPS),
    WhatIf("Scores kept in the SRAM that there is", f"{NPU}.attention.keeps_scores_from", "384 KiB", KEEPS),
    WhatIf("Twice the MACs", f"{NPU}.matrix.macs_per_cycle", "{int8: 2048, fp16: 1024, int4: 4096}"),
    WhatIf("DMA set-up ten times", f"{NPU}.dma.setup", "400 ns"),
    WhatIf("NPU at 1.6 GHz", f"{NPU}.clock", "1.6 GHz"),
)


class Answer:
    """The query, and the reranker's operators on the NPU, of the chip as it is or changed."""

    def __init__(self, berth, changes):
        self.query = berth.run(SCENARIO, changes)
        settings = [part for path, value in changes.items() for part in ("--set", f"{path}={value}")]
        self.operators = berth.ask("ops", SCENARIO, "--stage", STAGE, "--device", "npu", *settings)

    def ms(self, placement, stage=STAGE):
        return candidate(self.query, stage, placement)["latency_ms"]

    @property
    def chosen(self):
        return stage_of(self.query, STAGE)["chosen"]

    def megabytes(self, pattern=""):
        return dram_bytes(self.operators, pattern) / 1e6


def reason(before, after):
    """The term that changed most, and what attention moves where that changed."""
    change = {term: term_ms(after.operators, term) - term_ms(before.operators, term) for term in TERMS}
    term = max(TERMS, key=lambda one: abs(change[one]))
    text = (f"{TERMS[term]} takes {term_ms(after.operators, term):.3g} ms of its kernels instead of "
            f"{term_ms(before.operators, term):.3g}")
    moved, moves = before.megabytes(ATTENTION), after.megabytes(ATTENTION)
    if abs(moves - moved) > NOTABLE * moved:
        text += f" (attention moves {moves:.3g} MB instead of {moved:.4g})"
    return text


def sentence(case, before, after):
    npu_before, npu_after = before.ms("npu"), after.ms("npu")
    if abs(npu_after - npu_before) < NOTABLE * npu_before:
        took = f"the reranker takes as long on the NPU, {npu_after:.3g} ms: {reason(before, after)}"
    else:
        took = f"the reranker takes {npu_after:.3g} ms on the NPU instead of {npu_before:.3g}, since {reason(before, after)}"
    place = (f"stays on the {after.chosen.upper()}" if after.chosen == before.chosen
             else f"moves from the {before.chosen.upper()} to the {after.chosen.upper()}")
    return (f"**{case.name}**: {took}; it {place}, and the query takes {total_ms(after.query):.3g} ms instead of "
            f"{total_ms(before.query):.3g}." + (f" {case.rests_on}." if case.rests_on else ""))


def document(berth):
    before = Answer(berth, {})
    answers = [(case, Answer(berth, case.changes)) for case in WHAT_IFS]
    rows = [["as it is", "", *figures(before)]]
    rows += [[case.name, f"`{case.path}={case.value}`", *figures(answer)] for case, answer in answers]
    heads = ["what-if", "`--set`", "query, ms", "embedder on NPU", "reranker on NPU", "reranker on CPU", "reranker runs on"]
    sentences = "\n".join(f"- {sentence(case, before, answer)}" for case, answer in answers)
    return f"""# What other hardware would do

`{before.query.command}` with one `--set` each; times of the terms are sums over kernels, of which several overlap. What is a share of
a changed number in the profile goes with it: all that draws from the memory with its bus, row tiles with the buffer.

{table(heads, "llrrrrl", rows)}

{sentences}
"""


def figures(answer):
    return [f"{total_ms(answer.query):.3g}", f"{answer.ms('npu', 'embed'):.3g}", f"{answer.ms('npu'):.3g}",
            f"{answer.ms('cpu'):.3g}", answer.chosen.upper()]
