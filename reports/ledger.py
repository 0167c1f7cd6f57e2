"""Claims and verdicts: the rules that turn a number into a verdict, and the table that an architect reads."""
import dataclasses
import enum
import math

TITLES = {
    "000_5b0117d5a9e1d793.txt": "Why NPU INT8 Is Slower Than CPU INT8 - Deep Technical Analysis",
    "001_0bc55f085fdca977.txt": "NPU Reranker INT8 Performance Results - FINAL ANALYSIS",
    "002_bc2d345f1f394f3a.txt": "NPU Embedder Performance Report",
    "003_93dadf6f14e80638.txt": "RK3588 NPU Matrix Multiplication Performance Benchmark",
    "004_a74f8e2eb5c3175a.txt": "NPU Reranker INT8 Conversion - SUCCESS!",
}
ANALYSIS, RESULTS, EMBEDDER, MATMUL, CONVERSION = TITLES


class Verdict(enum.Enum):
    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    UNDECIDED = "cannot be decided"


@dataclasses.dataclass(frozen=True)
class Claim:
    """One statement of a document, what was found, and why the verdict follows."""
    document: str
    quote: str
    finding: str
    judged: tuple  # (verdict, rule in words), from one of the rules below
    number: str
    runs: tuple = ()
    stake_ms: float = 0.0  # how far the reference query's total moves with what the claim rules out or asks for
    # A last sentence that holds for one verdict only: which measurement would decide, or what follows.
    then: dict = dataclasses.field(default_factory=dict)

    @property
    def verdict(self):
        return self.judged[0]


# ---- rules: each returns (verdict, the rule in words) ----------------------------------------------------------------

def by_conditions(contradicted, supported, words):
    """Contradicted wins over supported; neither holds: cannot be decided."""
    verdict = (Verdict.CONTRADICTED if contradicted else Verdict.SUPPORTED if supported else Verdict.UNDECIDED)
    return verdict, words


def by_factor(found, claimed, agree=1.25, differ=2.0):
    ratio = max(found, claimed) / min(found, claimed) if min(found, claimed) > 0 else float("inf")
    return by_conditions(ratio >= differ, ratio <= agree,
                         f"supported within a factor of {agree:g}, contradicted from {differ:g}")


def by_interval(claimed, estimate, agree=1.25):
    """A claimed number, or (low, high), against a prediction with its 5-95 % interval."""
    low, high = claimed if isinstance(claimed, tuple) else (claimed, claimed)
    outside = high < estimate["low_ms"] or low > estimate["high_ms"]
    near = low / agree <= estimate["latency_ms"] <= high * agree
    return by_conditions(outside, near,
                         f"contradicted outside the 5-95 % interval, supported within a factor of {agree:g} "
                                        "of the median")


def by_share(share, little=0.1, much=0.5, what="the time"):
    return by_conditions(share < little, share > much,
                         f"contradicted below {percent(little)} of {what}, supported above {percent(much)}")


def by_counterexample(counterexamples, sure=0.9):
    """(confidence, holds): a predicted case against the claim; contradicted if one is predicted with confidence."""
    against = [confidence for confidence, contradicts in counterexamples if contradicts]
    return by_conditions(any(confidence >= sure for confidence in against), not against,
                         f"contradicted by a counterexample of at least {percent(sure)} confidence, supported by none")


# ---- text -----------------------------------------------------------------------------------------------------------

def figures(value, digits=3):
    """So many significant figures, without an exponent."""
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits}g}")
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    return f"{rounded:.{decimals}f}"


def ms(value):
    """A time: microseconds below 0.1 ms, seconds from 1000 ms."""
    if value >= 1000:
        return f"{figures(value / 1000)} s"
    return f"{figures(value)} ms" if value >= 0.1 or value == 0 else f"{figures(value * 1000)} us"


def interval(estimate):
    return f"{ms(estimate['latency_ms'])} ({ms(estimate['low_ms'])} to {ms(estimate['high_ms'])})"


def percent(ratio):
    return f"{figures(100 * ratio, 3 if abs(ratio) >= 1 else 2)} %"


def gigabytes(rate):
    return f"{figures(rate / 1e9)} GB/s"


def megabytes(size):
    return f"{figures(size / 1e6)} MB"


def times(ratio):
    return f"{figures(ratio)} times"


def _cell(text):
    return " ".join(str(text).split()).replace("|", "\\|")


class Runs:
    """Numbers the commands in the order in which they are first named."""

    def __init__(self):
        self.commands = []

    def numbers(self, runs):
        for run in runs:
            if run.command not in self.commands:
                self.commands.append(run.command)
        return ", ".join(str(number) for number in sorted({self.commands.index(run.command) + 1
                                                           for run in runs})) or "-"


def summary(sections):
    """Five lines: the counts, and the claims on which most of the reference query hangs."""
    claims = [claim for _, section in sections for claim in section]
    count = {verdict: sum(claim.verdict is verdict for claim in claims) for verdict in Verdict}
    numbered = sorted(enumerate(claims, 1), key=lambda pair: (-pair[1].stake_ms, pair[0]))
    lines = [f"{len(claims)} claims of {len(TITLES)} documents: {count[Verdict.SUPPORTED]} supported, "
             f"{count[Verdict.CONTRADICTED]} contradicted, {count[Verdict.UNDECIDED]} cannot be decided. "
             "The claims on which most of the reference query's time hangs:"]
    for number, claim in numbered[:4]:
        lines.append(f"- **{number}, {claim.verdict.value}** ({ms(claim.stake_ms)} of the query): "
                     f"\"{_cell(claim.quote)}\" {_cell(claim.number)}")
    return "\n".join(lines)


def table(claims, first, runs):
    lines = ["| # | document | claim | what the model or public measurements say | verdict | number, and rule | runs |",
             "| ---: | --- | --- | --- | --- | --- | --- |"]
    for number, claim in enumerate(claims, first):
        finding = f"{claim.finding} {claim.then.get(claim.verdict, '')}"
        cells = [number, f"`{claim.document}`", f"\"{claim.quote}\"", finding, f"**{claim.verdict.value}**",
                 f"**{claim.number}**; {claim.judged[1]}.", runs.numbers(claim.runs)]
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join(lines)
