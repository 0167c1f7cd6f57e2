"""The matrix multiplication benchmark: its sweep as berth predicts it, its fitted curve, and the tiles behind the steps."""
import dataclasses
import functools
import math

SCENARIO, STAGE = "matmul-rk3588", "product"
PATH = f"stages.{STAGE}.tokens"
SIZES = range(128, 4097, 128)
VARY = f"{PATH}={SIZES[0]}:{SIZES[-1]}:{SIZES.step}"
# "Constant = -2.98728 ... Slope = 0.000918918 ... Chi2 = 0.0840229 ... NDf = 29", of ROOT's exp(constant + slope x).
CONSTANT, SLOPE, CHI2, FREEDOM = -2.98728, 0.000918918, 0.0840229, 29
PARAMETERS = 2
# What a typical miss of the fit is, in the unit of the times: it was made without errors of the points.
RESIDUAL = math.sqrt(CHI2 / FREEDOM)


def fitted(size):
    """The document's curve. It does not name the unit; `unit_is_seconds` tells."""
    return math.exp(CONSTANT + SLOPE * size)


def operations(size):
    return 2 * size ** 3


def log_fit(xs, ys):
    """Least squares of y = a + b x: (a, b, root mean square of the residuals)."""
    count, mean_x, mean_y = len(xs), sum(xs) / len(xs), sum(ys) / len(ys)
    slope = (sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys)) / sum((x - mean_x) ** 2 for x in xs))
    start = mean_y - slope * mean_x
    return start, slope, math.sqrt(sum((y - start - slope * x) ** 2 for x, y in zip(xs, ys)) / count)


@dataclasses.dataclass(frozen=True)
class Tiling:
    """How the NPU's kernel of one size is cut: rows that stay on chip, and how often all weights are read for them."""
    size: int
    rows: int
    weight_reads: int
    bound: str
    kernel_ms: float

    @property
    def ps_per_mac(self):
        return self.kernel_ms * 1e9 / self.size ** 3


class MatmulCase:
    def __init__(self, berth):
        self.berth = berth

    @functools.cached_property
    def sweep(self):
        """Both devices at every size, with intervals, and the crossover."""
        return self.berth.crossover(SCENARIO, VARY, "npu,cpu")

    @property
    def points(self):
        return self.sweep["points"]

    def npu_wins_from(self, sure=0.5):
        """The first size from which on the NPU is the faster one with this probability; None: not even at the last."""
        first = None
        for point in reversed(self.points):
            if point["probability"] < sure:
                break
            first = int(point["value"])
        return first

    @functools.cached_property
    def below(self):
        """The same for smaller products than those of the document."""
        return self.berth.crossover(SCENARIO, f"{PATH}=8:{SIZES[0]}", "npu,cpu")

    @functools.cached_property
    def npu_ms(self):
        return {int(point["value"]): point["npu_ms"] for point in self.points}

    @functools.cached_property
    def runs(self):
        return [self.berth.matmul("npu", "fp16", size, size, size, cores=1) for size in SIZES]

    @functools.cached_property
    def tilings(self):
        return [Tiling(size, run["tile_sizes"]["rows"], run["tile_sizes"]["weight_reads"], run["bound"], run["kernel_ms"])
                for size, run in zip(SIZES, self.runs)]

    @property
    def tile_changes(self):
        """Neighbouring sizes between which the tile has fewer rows and a MAC takes longer."""
        return [(before, after) for before, after in zip(self.tilings, self.tilings[1:])
                if after.rows < before.rows and after.ps_per_mac > before.ps_per_mac]

    @property
    def departures(self):
        """Sizes at which the fit and the prediction differ by a factor of two."""
        return [size for size, time in self.npu_ms.items() if not 0.5 < fitted(size) * 1e3 / time < 2]

    @functools.cached_property
    def shapes(self):
        """How a power of N and an exponential of N fit the prediction: ((a, b, residual), (a, b, residual)) of the logs."""
        logs = [math.log(time) for time in self.npu_ms.values()]
        return log_fit([math.log(size) for size in self.npu_ms], logs), log_fit(list(self.npu_ms), logs)
