#!/usr/bin/env python3
"""What the rows of a language-model runtime say about the few numbers of its profile, and how well they predict.

A row's time is very nearly a sum: bytes over the bandwidth, kernels and elements times the host's cycles for each. Each number
is moved by a little, which gives its part of every row's time; least squares on relative errors then say what any part of
the rows asks for, and no part is below zero. Leaving the rows of one model out at a time
shows how well a model is predicted that was never seen. Numbers whose estimates go together cannot be told apart.

Usage: language_models.py BERTH prints what is written into docs/accuracy.md.
"""
import csv
import dataclasses
import json
import math
import pathlib
import re
import sys
import tempfile

from berth_runs import ROOT, Berth
from documents import table

STEP = 0.03
# How well a row is known: the time to a first token includes what the table does not state, such as tokenising.
TOLERANCE = {"first token": 0.05, "step": 0.015}
# Two versions of one model of the same sizes differ by so much on Snapdragon chips.
OF_SNAPDRAGON = {"first token": 0.05, "step": 0.05}


@dataclasses.dataclass(frozen=True)
class Number:
    """A number that the rows set, or several that one factor moves; `prior` is its spread without these rows."""
    label: str
    keys: tuple  # paths below devices.npu, each with a pattern of its line in the profile
    unit: str = ""
    slows: bool = True  # more of it takes longer
    prior: tuple | None = None  # known value, relative spread


def pattern(key, within=""):
    return rf"{within}\b{key}: {{value: ([0-9.]+)"


BANDWIDTH = Number("bandwidth of all cores", (("dma.limit", pattern("limit")),), "% of memory.dram.bandwidth", False)
KERNEL = Number("host cycles per kernel", (("runtime.dispatch.host_cycles", pattern("host_cycles")),))
ELEMENTS = Number("elements per host cycle", tuple(
    (f"vector.{name}.per_cycle", pattern("per_cycle", f"{name}: {{")) for name in ("elementwise", "activation", "norm")),
    slows=False)
LAYOUT = Number("host cycles per element of queries, keys and values",
                (("attention.layout_cycles", pattern("layout_cycles")),))
# Loops over all words take 2 to 16 cycles for each (docs/cost-model.md).
WORDS = Number("host cycles per word", (("runtime.generation.sampling_cycles", pattern("sampling_cycles")),))
GROUPS = Number("sums of groups per cycle", (("matrix.group_sums", pattern("group_sums")),), slows=False)
SCALES = Number("bytes per group", (("matrix.group_scale", pattern("group_scale")),), "B")
CORE = Number("bandwidth of the NPU", (("dma.bandwidth", pattern("bandwidth")),), "% of memory.dram.bandwidth per core",
              False)
# Far below the bus: the unit's own.
OWN = dataclasses.replace(CORE, unit="GB/s per core")
INT4 = Number("MACs per cycle at 4 bits", (("matrix.macs_per_cycle.int4", pattern("int4")),), slows=False)
MOVES = Number("elements moved per cycle", (("vector.move.per_cycle", pattern("per_cycle", "move: {")),), slows=False)

# How fast a compiled cache is moved is the vector unit's: the few rows of the newest chip say little of it, those of the generation
# before more.
# DRAM as one big CPU core of the chip fills it (tinymembench), 29 of 33.8 and 15.7 of 17.1 GB/s, is known without these
# rows.
PROFILES = {
    "rk3588-rkllm-1.3.0": [dataclasses.replace(BANDWIDTH, prior=(100 * 29.0 / 33.8, 0.07)), KERNEL, ELEMENTS, LAYOUT,
                           dataclasses.replace(WORDS, prior=(6.0, 1.5))],
    "rk3576-rkllm-1.3.0": [dataclasses.replace(BANDWIDTH, prior=(100 * 15.7 / 17.1, 0.07)), KERNEL, ELEMENTS, LAYOUT,
                           dataclasses.replace(WORDS, prior=(8.0, 1.5)), GROUPS, SCALES],
    "snapdragon-x-elite-genie": [OWN, INT4, MOVES],
    "snapdragon-8-elite-genie": [CORE, INT4, MOVES],
    "snapdragon-8-elite-gen-5-genie": [CORE, INT4, dataclasses.replace(MOVES, prior=(8.0, 0.2))],
}
TOGETHER = 0.8  # correlation of two estimates from which they are called hard to tell apart


def shipped(profile, number):
    text = (ROOT / "hardware" / f"{profile}.yaml").read_text(encoding="utf-8")
    return [float(re.search(where, text).group(1)) for _, where in number.keys]


def rows_of(profile):
    name = "rkllm_benchmark.csv" if "rkllm" in profile else "language_models.csv"
    path = ROOT / "hardware" / "measured" / profile / name
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def written(value, unit):
    return f"{value:.9g}{unit}" if unit.startswith("%") else f"{value:.9g} {unit}".rstrip()


def settings(profile, number, factor):
    found = []
    for (path, _), value in zip(number.keys, shipped(profile, number)):
        found += ["--set", f"hardware.devices.npu.{path}={written(value * factor, number.unit)}"]
    return found


def memory_allows(profile, number, factor):
    """The memory sustains what the NPU draws: both move."""
    if number.label != BANDWIDTH.label:
        return []
    return ["--set", f"hardware.memory.dram.sustained={shipped(profile, number)[0] * factor:.9g}% of bandwidth"]


def predicted(berth, profile, model, dtype, prompt, new_tokens=0, changes=()):
    further = ["generate", "--new-tokens", str(new_tokens)] if new_tokens else ["prefill"]
    return json.loads(berth.output([
        "predict", "--hardware", profile, "--device", "npu", "--model", model, "--dtype", dtype, "--prompt", str(prompt),
        "--phase", *further, *changes, "--format", "json"]))


def times(berth, profile, rows, changes=()):
    """Milliseconds to the first token and per further one, row by row."""
    result = []
    for row in rows:
        found = predicted(berth, profile, row["model"], row["dtype"], row["prompt_tokens"], row["new_tokens"], changes)
        result += [found["ttft_ms"], 1e3 / found["tokens_per_s"]]
    return result


def inverse(matrix):
    size = len(matrix)
    rows = [list(row) + [float(i == j) for j in range(size)] for i, row in enumerate(matrix)]
    for i in range(size):
        pivot = max(range(i, size), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for r in range(size):
            if r != i:
                rows[r] = [a - rows[r][i] * b for a, b in zip(rows[r], rows[i])]
    return [row[size:] for row in rows]


class Fit:
    """The rows of one profile: times that are linear in each number, or in its inverse where it is a rate."""

    def __init__(self, berth, profile):
        self.profile, self.numbers, self.rows = profile, PROFILES[profile], rows_of(profile)
        self.measured = [value for row in self.rows
                         for value in (float(row["ttft_ms"]), 1e3 / float(row["decode_tokens_per_s"]))]
        self.models = [row["model"] for row in self.rows for _ in range(2)]
        self.predicted = times(berth, profile, self.rows)
        self.slopes = []
        for number in self.numbers:
            # A lower bandwidth, so that the bus never limits it.
            factor = 1 + STEP if number.slows else 1 / (1 + STEP)
            moved = times(berth, profile, self.rows,
                          settings(profile, number, factor) + memory_allows(profile, number, factor))
            self.slopes.append([(after / before - 1) / STEP for after, before in zip(moved, self.predicted)])

    def tolerance(self, i):
        known = OF_SNAPDRAGON if self.profile.startswith("snapdragon") else TOLERANCE
        return known["step" if i % 2 else "first token"]

    def solved(self, using):
        """Relative change of each part that these rows ask for, and the covariance of the changes."""
        count = len(self.numbers)
        ratio = [p / m for p, m in zip(self.predicted, self.measured)]
        design = [[ratio[i] * self.slopes[j][i] / self.tolerance(i) for j in range(count)] for i in using]
        wanted = [(1 - ratio[i]) / self.tolerance(i) for i in using]
        for j, number in enumerate(self.numbers):
            if number.prior:
                given, (known, spread) = shipped(self.profile, number)[0], number.prior
                design.append([float(a == j) / spread for a in range(count)])
                wanted.append(((known / given if number.slows else given / known) - 1) / spread)
        change = [0.0] * count
        free = list(range(count))
        while True:
            fixed = [value - sum(row[j] * change[j] for j in range(count) if j not in free)
                     for row, value in zip(design, wanted)]
            normal = [[sum(row[a] * row[b] for row in design) for b in free] for a in free]
            right = [sum(row[a] * value for row, value in zip(design, fixed)) for a in free]
            for j, row in zip(free, inverse(normal)):
                change[j] = sum(a * b for a, b in zip(row, right))
            below = [j for j in free if change[j] < -1]
            if not below:
                break
            change[below[0]] = -1.0  # nothing is left of it
            free.remove(below[0])
        solution = inverse([[sum(row[a] * row[b] for row in design) for b in range(count)] for a in range(count)])
        left = [value - sum(x * d for x, d in zip(row, change)) for row, value in zip(design, wanted)]
        variance = max(1.0, sum(value * value for value in left) / max(1, len(design) - count))
        return change, [[variance * value for value in row] for row in solution]

    def relative_error(self, i, change):
        return self.predicted[i] * (1 + sum(s[i] * d for s, d in zip(self.slopes, change))) / self.measured[i] - 1

    def left_out(self):
        """Errors on each model's rows, by numbers that the other models' rows give."""
        errors = [0.0] * len(self.measured)
        for model in set(self.models):
            change, _ = self.solved([i for i, name in enumerate(self.models) if name != model])
            for i, name in enumerate(self.models):
                if name == model:
                    errors[i] = self.relative_error(i, change)
        return errors


def mean_error(errors):
    return sum(abs(error) for error in errors) / len(errors)


def percent(ratio):
    return f"{100 * ratio:+.1f} %"


def summary_line(fit, errors, left_out, dtypes):
    chosen = [i for i in range(len(errors)) if fit.rows[i // 2]["dtype"] in dtypes]
    first, step = [i for i in chosen if i % 2 == 0], [i for i in chosen if i % 2]
    of = lambda values, which: f"{100 * mean_error([values[i] for i in which]):.1f} %"
    return (f"{', '.join(dtypes)}: mean error of the first token {of(left_out, first)} on models left out "
            f"({of(errors, first)} as the profile is), of a step {of(left_out, step)} ({of(errors, step)}).")


def rows_table(fit):
    left_out = fit.left_out()
    errors = [p / m - 1 for p, m in zip(fit.predicted, fit.measured)]
    rows = []
    for i, row in enumerate(fit.rows):
        first, step = 2 * i, 2 * i + 1
        rows.append([row["model"], row["dtype"], f"{fit.measured[first]:.1f}", f"{fit.predicted[first]:.1f}",
                     percent(errors[first]), percent(left_out[first]),
                     f"{1e3 / fit.measured[step]:.2f}", f"{1e3 / fit.predicted[step]:.2f}",
                     percent(errors[step]), percent(left_out[step])])
    headings = ["model", "dtype", "first token, ms", "predicted", "error", "left out", "tokens/s", "predicted",
                "error of a step", "left out"]
    kinds = [["w8a8"], ["w4a16", "w4a16_g128"]]
    lines = [summary_line(fit, errors, left_out, kind) for kind in kinds
             if any(row["dtype"] in kind for row in fit.rows)]
    return table(headings, "llrrrrrrrr", rows) + "\n\n" + "\n".join(lines)


def numbers_table(fit):
    change, covariance = fit.solved(range(len(fit.measured)))
    rows = []
    for j, (number, moved) in enumerate(zip(fit.numbers, change)):
        values = shipped(fit.profile, number)
        given = " / ".join(f"{value:g}" for value in values)
        factor = 1 + moved if number.slows else 1 / (1 + moved)
        best = " / ".join(f"{value * factor:.3g}" if value < 1e3 else f"{value * factor:.0f}" for value in values)
        space = "" if number.unit.startswith("%") else " "
        rows.append([number.label, f"{given}{space}{number.unit}".rstrip(), f"{best}{space}{number.unit}".rstrip(),
                     f"{100 * math.sqrt(covariance[j][j]):.0f} %"])
    return table(["number", "profile", "all rows ask for", "standard error"], "lrrr", rows)


def not_told_apart(fit):
    _, covariance = fit.solved(range(len(fit.measured)))
    pairs = []
    for a in range(len(fit.numbers)):
        for b in range(a):
            together = covariance[a][b] / math.sqrt(covariance[a][a] * covariance[b][b])
            if abs(together) >= TOGETHER:
                pairs.append(f"{fit.numbers[b].label} and {fit.numbers[a].label} ({together:+.2f})")
    return ("Hard to tell apart (correlation of their estimates): " + "; ".join(pairs) + "." if pairs else
            f"No two estimates are correlated by {TOGETHER} or more.")


def beyond_the_rows(berth):
    """What others report of the RK3588 outside these rows: a long prompt, and a slow CPU."""
    profile = "rk3588-rkllm-1.3.0"
    long_prompt = predicted(berth, profile, "qwen3-0.6b", "w8a8", 4096)
    slow = predicted(berth, profile, "qwen2-0.5b", "w8a8", 128, 64,
                     ["--set", "hardware.devices.cpu.clusters.big.clock=600 MHz"])
    fast = predicted(berth, profile, "qwen2-0.5b", "w8a8", 128, 64)
    low, high = (long_prompt[key] / 1e3 for key in ("low_ms", "high_ms"))
    return ("### Reports that nothing was set with\n\n" + table(
        ["report", "predicted"], "ll",
        [["Qwen3 0.6B, RK3588, more than 4,000 tokens: about 20 s to the first token",
          f"{long_prompt['ttft_ms'] / 1e3:.1f} s for 4,096 ({low:.1f} to {high:.1f})"],
         ["a low clock of the CPU nearly halves the rate of tokens",
          f"qwen2-0.5b: {fast['tokens_per_s']:.1f} tokens/s, at 600 MHz {slow['tokens_per_s']:.1f}"]]))


def answered(berth, profile, row):
    """The candidate on the NPU, which says what is stored in which format."""
    dtype = "int8" if row["dtype"] == "w8a8" else row["dtype"]
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "rows.yaml").write_text(
            f"scenario: Rows\nhardware: {profile}\nstages:\n"
            f"  - {{name: answer, model: {row['model']}, dtype: {dtype}, phase: generate, prompt: {row['prompt_tokens']}, "
            f"new_tokens: {row['new_tokens']}, on: npu}}\n", encoding="utf-8")
        answer = json.loads(berth.output(["run", str(pathlib.Path(folder) / "rows.yaml"), "--format", "json"]))
    return next(one for one in answer["stages"][0]["candidates"] if one["feasible"])


def memory_table(berth):
    """Memory that Rockchip reports of the rows, against what is counted: nothing was set with it."""
    rows, errors = [], {True: [], False: []}
    for profile in (profile for profile in PROFILES if "rkllm" in profile):
        for row in rows_of(profile):
            found = answered(berth, profile, row)
            table_size = found["weights"]["by_dtype"]["fp16"]
            counted = sum(found[f"{part}_bytes"] for part in ("weight", "kv_cache", "peak_activation")) / 2**20
            published = float(row["memory_mb"])
            cells = [profile.split("-")[0], row["model"], row["dtype"], f"{published:.0f}", f"{table_size / 2**20:.0f}"]
            for with_table in (True, False):
                predicted_size = counted - (0 if with_table else table_size / 2**20)
                errors[with_table].append(predicted_size / published - 1)
                cells += [f"{predicted_size:.0f}", percent(errors[with_table][-1])]
            rows.append(cells)
    away = {which: f"{100 * mean_error(errors[which]):.1f} %" for which in errors}
    return ("### Memory, which nothing was set with\n\n"
            "Weights, caches and activations against the memory that Rockchip publishes of the same rows, read as MiB: with what is\n"
            "kept at 16 bits, which is the word table, as it is counted, and without it, as if it stayed in a file.\n\n" +
            table(["chip", "model", "dtype", "published", "at 16 bits", "counted", "error", "without", "error"],
                  "lllrrrrrr", rows) +
            f"\n\nThe mean error is {away[True]} with the table and {away[False]} without, where errors run from "
            f"{percent(min(errors[False]))} to {percent(max(errors[False]))}.\n"
            "The runtime's own memory is not modelled, so the rows do not show where the table is; it counts, as the safer\n"
            "assumption about what fits.")


def section(berth):
    parts = []
    for profile in PROFILES:
        fit = Fit(berth, profile)
        parts += [f"### {profile}\n", rows_table(fit), "", numbers_table(fit), "", not_told_apart(fit), ""]
    return "\n".join(parts + [beyond_the_rows(berth), "", memory_table(berth)]).rstrip()


if __name__ == "__main__":
    print(section(Berth(sys.argv[1])))
