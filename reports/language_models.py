#!/usr/bin/env python3
"""What the rows of a language-model runtime say about the few numbers of its profile, and how well they predict.

A row's time is very nearly a sum of three of the profile's numbers, each times a factor that only the model decides, and
a rest: bytes over the bandwidth of all cores, kernels times their dispatch, positions that enter the cache times theirs.
The factors are taken by moving each number; least squares on relative errors then gives the numbers that any part of the
rows asks for. Leaving the rows of one model out at a time shows how well a model is predicted that was never seen.

Usage: language_models.py BERTH prints what is written into docs/accuracy.md.
"""
import csv
import json
import math
import pathlib
import re
import sys
import tempfile

from berth_runs import ROOT, Berth, write_overlay
from documents import table

PROFILES = ["rk3588-rkllm-1.3.0", "rk3576-rkllm-1.3.0"]
NUMBERS = {"devices.npu.dma.limit": ("GB/s", True), "devices.npu.runtime.dispatch.per_kernel": ("us", False),
           "devices.npu.runtime.dispatch.per_position": ("us", False)}
STEP = 1.05
# How well a row is known: the time to a first token includes what the table does not state, such as tokenising.
TOLERANCE = {"first token": 0.05, "step": 0.02}
# What is known of the numbers without these rows: DRAM as one big CPU core of the chip fills it (tinymembench),
# and the order of magnitude of a kernel's dispatch. The time per position is free.
PRIORS = {"rk3588-rkllm-1.3.0": [(29.0, 0.07), (20.0, 1.0), None],
          "rk3576-rkllm-1.3.0": [(15.7, 0.07), (20.0, 1.0), None]}
FITTED = ["w8a8"]
NOT_FITTED = ["w4a16", "w4a16_g128"]


def shipped(profile):
    """The three numbers as the profile gives them."""
    text = (ROOT / "hardware" / f"{profile}.yaml").read_text(encoding="utf-8")
    return [float(re.search(rf"\b{path.rsplit('.', 1)[1]}: {{value: ([0-9.]+) {unit}", text).group(1))
            for path, (unit, _) in NUMBERS.items()]


def table_of(profile, dtypes):
    path = ROOT / "hardware" / "measured" / profile / "rkllm_benchmark.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["dtype"] in dtypes]


def changed(profile, values, folder):
    file = pathlib.Path(folder) / "changed.yaml"
    write_overlay(file, profile,
                  {path: f"{value:.9g} {unit}" for (path, (unit, _)), value in zip(NUMBERS.items(), values)})
    return str(file)


def times(berth, profile, rows, values):
    """Milliseconds to the first token and per further one, row by row."""
    result = []
    with tempfile.TemporaryDirectory() as folder:
        hardware = changed(profile, values, folder)
        for row in rows:
            found = json.loads(berth.output([
                "predict", "--hardware", hardware, "--device", "npu", "--model", row["model"], "--dtype",
                row["dtype"], "--phase", "generate", "--prompt",
                row["prompt_tokens"], "--new-tokens", row["new_tokens"], "--format", "json"]))
            result += [found["ttft_ms"], 1e3 / found["tokens_per_s"]]
    return result


def solve(matrix, right):
    rows = [list(row) + [value] for row, value in zip(matrix, right)]
    for i in range(len(rows)):
        pivot = max(range(i, len(rows)), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(len(rows)):
            if r != i:
                factor = rows[r][i] / rows[i][i]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i])]
    return [rows[i][-1] / rows[i][i] for i in range(len(rows))]


class Fit:
    """The rows of one profile as a sum that is linear in the logarithms' neighbours: 1/bandwidth and two times."""

    def __init__(self, berth, profile):
        self.profile, self.rows = profile, table_of(profile, FITTED)
        self.measured = [value for row in self.rows
                         for value in (float(row["ttft_ms"]), 1e3 / float(row["decode_tokens_per_s"]))]
        self.models = [row["model"] for row in self.rows for _ in range(2)]
        self.given = shipped(profile)
        self.predicted = times(berth, profile, self.rows, self.given)
        self.factors = []
        for i, (_, inverse) in enumerate(NUMBERS.values()):
            moved = list(self.given)
            moved[i] *= 1 / STEP if inverse else STEP
            self.factors.append([(after - before) / (STEP - 1) for after, before in
                                 zip(times(berth, profile, self.rows, moved), self.predicted)])

    def solved(self, using, priors=True):
        """Each number relative to the profile's (the first as 1/bandwidth) and its standard error, from these rows."""
        count = len(self.factors)
        design = [[self.factors[j][i] / self.measured[i] / self.tolerance(i) for j in range(count)] for i in using]
        wanted = [(1 - self.predicted[i] / self.measured[i]) / self.tolerance(i) for i in using]
        for j, prior in enumerate(PRIORS[self.profile]):
            if prior and priors:
                given, known = self.given[j], prior[0]
                inverse = list(NUMBERS.values())[j][1]
                design.append([(1 / prior[1] if a == j else 0.0) for a in range(count)])
                wanted.append((given / known if inverse else known / given) / prior[1] - 1 / prior[1])
        normal = [[sum(row[a] * row[b] for row in design) for b in range(count)] for a in range(count)]
        change = solve(normal, [sum(row[a] * value for row, value in zip(design, wanted)) for a in range(count)])
        left = [value - sum(x * d for x, d in zip(row, change)) for row, value in zip(design, wanted)]
        variance = max(1.0, sum(value * value for value in left) / max(1, len(design) - count))
        spread = [math.sqrt(variance * solve(normal, [float(a == b) for b in range(count)])[a]) for a in range(count)]
        return change, spread

    @staticmethod
    def tolerance(i):
        return TOLERANCE["step" if i % 2 else "first token"]

    def relative_error(self, i, change):
        return (self.predicted[i] + sum(f[i] * d for f, d in zip(self.factors, change))) / self.measured[i] - 1

    def left_out(self, priors=True):
        """Errors on each model's rows, by numbers that the other models' rows give."""
        errors = [0.0] * len(self.measured)
        for model in set(self.models):
            change, _ = self.solved([i for i, name in enumerate(self.models) if name != model],
                                    priors)
            for i, name in enumerate(self.models):
                if name == model:
                    errors[i] = self.relative_error(i, change)
        return errors


def mean_error(errors):
    return sum(abs(error) for error in errors) / len(errors)


def percent(ratio):
    return f"{100 * ratio:+.1f} %"


def rows_table(fit):
    left_out, alone = fit.left_out(), fit.left_out(priors=False)
    rows = []
    for i, row in enumerate(fit.rows):
        first, step = 2 * i, 2 * i + 1
        rows.append([row["model"], row["dtype"], f"{fit.measured[first]:.1f}", f"{fit.predicted[first]:.1f}",
                     percent(fit.predicted[first] / fit.measured[first] - 1), percent(left_out[first]),
                     f"{1e3 / fit.measured[step]:.2f}", f"{1e3 / fit.predicted[step]:.2f}",
                     percent(fit.predicted[step] / fit.measured[step] - 1), percent(left_out[step])])
    headings = ["model", "dtype", "first token, ms", "predicted", "error", "left out", "tokens/s", "predicted",
                "error of a step", "left out"]
    given = [p / m - 1 for p, m in zip(fit.predicted, fit.measured)]
    return table(headings, "llrrrrrrrr", rows) + (
        f"\n\nMean error of the first token {100 * mean_error(given[0::2]):.1f} %, and "
        f"{100 * mean_error(left_out[0::2]):.1f} % on models left out; of a step {100 * mean_error(given[1::2]):.1f} % and "
        f"{100 * mean_error(left_out[1::2]):.1f} %. Left out without starting values: "
        f"{100 * mean_error(alone[0::2]):.1f} % and {100 * mean_error(alone[1::2]):.1f} %.")


def numbers_table(fit):
    change, spread = fit.solved(range(len(fit.measured)))
    rows = []
    for (path, (unit, inverse)), value, moved, error in zip(NUMBERS.items(), fit.given, change, spread):
        best = value / (1 + moved) if inverse else value * (1 + moved)
        rows.append([f"`{path}`", f"{value:g} {unit}", f"{best:.3g} {unit}", f"{100 * error:.0f} %"])
    return table(["number", "profile", "all rows ask for", "standard error"], "lrrr", rows)


def narrow_table(berth, profile):
    """Rows of 4-bit weights, which nothing was set with; empty where the table has none."""
    rows = table_of(profile, NOT_FITTED)
    if not rows:
        return []
    found = times(berth, profile, rows, shipped(profile))
    lines, first_errors, step_errors = [], [], []
    for i, row in enumerate(rows):
        first, step = found[2 * i], found[2 * i + 1]
        measured, rate = float(row["ttft_ms"]), float(row["decode_tokens_per_s"])
        first_errors.append(first / measured - 1)
        step_errors.append(step * rate / 1e3 - 1)
        lines.append([row["model"], row["dtype"], f"{measured:.1f}", f"{first:.1f}", percent(first_errors[-1]), f"{rate:.2f}",
                      f"{1e3 / step:.2f}", percent(step_errors[-1])])
    return ["Weights of 4 bits are widened before they are multiplied, and what that costs is not modelled; nothing was set with "
            "these rows.\n",
            table(["model", "dtype", "first token, ms", "predicted", "error", "tokens/s", "predicted", "error of a step"],
                  "llrrrrrr", lines), "",
            f"Mean error of the first token {100 * mean_error(first_errors):.1f} %, of a step "
            f"{100 * mean_error(step_errors):.1f} %.", ""]


def section(berth):
    parts = []
    for profile in PROFILES:
        fit = Fit(berth, profile)
        parts += [f"### {profile}\n", rows_table(fit), "", numbers_table(fit), "", *narrow_table(berth, profile)]
    return "\n".join(parts).rstrip()


if __name__ == "__main__":
    print(section(Berth(sys.argv[1])))
