"""The runs that many claims share: the reference query, its reranker and its embedder on each device."""
import functools
import re

from berth_runs import total_ms

RERANKER, EMBEDDER_MODEL, SMALL_RERANKER = "ms-marco-MiniLM-L-12-v2", "all-MiniLM-L6-v2", "ms-marco-MiniLM-L-6-v2"
SCENARIO = "rag-rk3588"
HELD = 122  # tokens of query and passage: "Realistic dummy data (query + passage, 122 tokens)"
# Totals that the documents measured, in ms.
MEASURED = {"npu fp16": 184.0, "npu int8": 181.5, "cpu int8": 85.0, "embedder": 39.3}
BUCKET_128 = {"stages.rerank.buckets": "[128, 512]"}
# States in which boards keep their DRAM: `berth validate --fit hardware.memory.dram.clock` says those of the layer tables.
DRAM_CLOCK = "memory.dram.clock"
DRAM_STATES = ["1100 MHz", "1500 MHz", "1850 MHz", "2112 MHz"]


def known(state):
    """A state that someone has read off the board, rather than the profile's spread over boards."""
    return f"{state} ± 2%"



class ReferenceCase:
    def __init__(self, berth):
        self.berth = berth

    @functools.cached_property
    def query(self):
        return self.berth.run(SCENARIO)

    def changed(self, changes):
        return self.berth.run(SCENARIO, changes)

    def gain_ms(self, changes):
        """How far a change moves the query's total."""
        return abs(total_ms(self.query) - total_ms(self.changed(changes)))

    @functools.cached_property
    def bucket_stake_ms(self):
        return self.gain_ms(BUCKET_128)

    def npu(self, dtype="int8", bucket=512, model=RERANKER, **options):
        return self.berth.predict(model, "npu", dtype, min(HELD, bucket), bucket=bucket, **{"cores": 1, **options})

    def cpu(self, dtype="int8", tokens=HELD, model=RERANKER, **options):
        return self.berth.predict(model, "cpu", dtype, tokens, **options)

    def embedder(self, dtype="fp16", **options):
        return self.berth.predict(EMBEDDER_MODEL, "npu", dtype, 256, bucket=256, **{"cores": 1, **options})


def part_ms(run, pattern):
    """Time of the operators whose name matches, hand-overs and conversions included."""
    return sum(op["latency_ms"] for op in run["operators"] if re.search(pattern, op["name"]))


def part_macs(run, pattern=""):
    return sum(op["macs"] for op in run["operators"] if re.search(pattern, op["name"]))


def dram_bytes(run, pattern=""):
    return sum(op["dram_bytes"] for op in run["operators"] if re.search(pattern, op["name"]))


def term_ms(run, term):
    """One term of the cost, summed over the kernels (terms of one kernel overlap)."""
    return sum(op["terms"][term] for op in run["operators"] if op["terms"])


ATTENTION = r"\.attention\.scores$"
PROJECTIONS = r"\.attention\.(query|key|value)$"
OUTPUT = r"\.attention\.output$"
FFN = r"\.ffn\.(up|gelu|down|residual)$"
NORMS = r"\.norm$"
EMBEDDINGS = r"^embeddings\.(?!norm)"
HEAD = r"^(pooler|pooling|classifier)\."


def bound_share(run, bound):
    """Share of the time in kernels that one term decides."""
    decided = sum(op["latency_ms"] for op in run["operators"] if op["bound"] == bound)
    return decided / run["latency_ms"]
