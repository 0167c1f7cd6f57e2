"""Chips of which only whole networks were timed: predictions of networks that a fit left out."""
import csv
import itertools
import math
import statistics

from berth_runs import ROOT
from documents import table, whole

MEASURED = ROOT / "hardware" / "measured"
FOLDS = 5
FEATURES = ("launch", "gmacs", "weights_m", "activations_m")


def profiles():
    """Profiles with a table of networks and what was believed before it."""
    return sorted(path.parent.name for path in MEASURED.glob("*/networks.csv") if (path.parent / "prior.yaml").exists())


def rows_of(profile):
    with (MEASURED / profile / "networks.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def log_ratio(predicted, measured):
    return math.log(predicted / measured)


def predicted(berth, hardware, row):
    """Median and half width of the interval in logarithms, as `berth predict` says them; milliseconds."""
    answer = berth.predict(row["model"], row["device"], row["dtype"], row["tokens"] or None, hardware=hardware)
    return answer["latency_ms"], math.log(answer["high_ms"] / answer["latency_ms"])


def solved(matrix, right):
    """The solution of a small system by elimination; nothing if it has none."""
    size = len(right)
    work = [line[:] + [value] for line, value in zip(matrix, right)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda line: abs(work[line][column]))
        if abs(work[pivot][column]) < 1e-12:
            return None
        work[column], work[pivot] = work[pivot], work[column]
        for line in range(size):
            if line != column:
                factor = work[line][column] / work[column][column]
                work[line] = [a - factor * b for a, b in zip(work[line], work[column])]
    return [work[line][size] / work[line][line] for line in range(size)]


def plain_fit(rows):
    """Four unknowns per dtype, none negative, by least squares of relative errors: every subset of them is tried."""
    points = [[value / float(row["ms"]) for value in features(row)] for row in rows]
    best = None
    for count in range(1, len(FEATURES) + 1):
        for chosen in itertools.combinations(range(len(FEATURES)), count):
            normal = [[sum(p[a] * p[b] for p in points) for b in chosen] for a in chosen]
            found = solved(normal, [sum(p[a] for p in points) for a in chosen])
            if found is None or min(found) < 0:
                continue
            full = [found[chosen.index(i)] if i in chosen else 0 for i in range(len(FEATURES))]
            error = sum((1 - sum(f * p for f, p in zip(full, point))) ** 2 for point in points)
            if best is None or error < best[0]:
                best = (error, full)
    return best[1]


def features(row):
    return [1.0, *(float(row[name]) for name in FEATURES[1:])]


def plain_errors(rows):
    """Of each row by a plain fit to the other networks of its dtype; only where there are more of them than unknowns."""
    errors = []
    for dtype in sorted({row["dtype"] for row in rows}):
        own = [row for row in rows if row["dtype"] == dtype]
        networks = sorted({row["model"] for row in own})
        if len(networks) <= len(FEATURES):
            continue
        for row in own:
            rates = plain_fit([other for other in own if other["model"] != row["model"]])
            estimate = sum(rate * value for rate, value in zip(rates, features(row)))
            errors.append(log_ratio(estimate, float(row["ms"])))
    return errors


def spread_of(errors):
    """Median of the relative errors, and what nine of ten stay within."""
    sizes = sorted(abs(math.expm1(error)) for error in errors)
    return statistics.median(sizes), sizes[min(len(sizes) - 1, math.ceil(0.9 * len(sizes)) - 1)]


def cells(errors, inside=None):
    if not errors:
        return ["-", "-"] + (["-"] if inside is not None else [])
    median, nine_tenths = spread_of(errors)
    return [whole(median), whole(nine_tenths)] + ([whole(inside / len(errors))] if inside is not None else [])


def results(berth, profile):
    """Per row: errors of the archetype alone, of a fit without the network, of a roofline, and whether intervals hold."""
    rows = rows_of(profile)
    folder = MEASURED / profile
    fit = berth.ask("calibrate", "--hardware", folder / "prior.yaml", "--device", rows[0]["device"], "--measured",
                    folder / "networks.csv")
    checked = [row for one in berth.ask("validate", "--hardware", profile)["sets"] if one["use"] == "fitted"
               for row in one["rows"]]
    found = {"before": [], "before_inside": 0, "unseen": [], "unseen_inside": 0, "roofline": []}
    for row, residual, check in zip(rows, fit["residuals"], checked, strict=True):
        measured = float(row["ms"])
        before, before_width = predicted(berth, folder / "prior.yaml", row)
        width = math.log(check["high_us"] / check["predicted_us"])
        found["before"].append(log_ratio(before, measured))
        found["before_inside"] += abs(found["before"][-1]) <= before_width
        found["unseen"].append(log_ratio(residual["unseen_us"] / 1e3, measured))
        found["unseen_inside"] += abs(found["unseen"][-1]) <= width
        found["roofline"].append(log_ratio(check["roofline_us"] / 1e3, measured))
    found["plain"] = plain_errors(rows)
    return rows, found


def worst(rows, errors):
    order = sorted(range(len(rows)), key=lambda at: -abs(errors[at]))[:3]
    return ", ".join(f"{rows[at]['model']} {rows[at]['dtype']} {math.expm1(errors[at]):+.0%}".replace("%", " %")
                     for at in order)


def section(berth):
    """A table with a row per profile, and one of the networks that are furthest off."""
    lines, misfits, pooled = [], [], {"before": [], "unseen": [], "roofline": [], "plain": []}
    inside = {"before": 0, "unseen": 0}
    for profile in profiles():
        rows, found = results(berth, profile)
        lines.append([f"`{profile}`", len(rows), *cells(found["roofline"]), *cells(found["plain"]),
                      *cells(found["before"], found["before_inside"]), *cells(found["unseen"], found["unseen_inside"])])
        misfits.append([f"`{profile}`", worst(rows, found["unseen"])])
        for name, errors in pooled.items():
            errors += found[name]
        for name in inside:
            inside[name] += found[f"{name}_inside"]
    lines.append(["all", len(pooled["unseen"]), *cells(pooled["roofline"]), *cells(pooled["plain"]),
                  *cells(pooled["before"], inside["before"]), *cells(pooled["unseen"], inside["unseen"])])
    headings = ["profile", "rows", "roofline", "9 of 10", "four unknowns", "9 of 10", "datasheet and archetype",
                "9 of 10", "covered", "calibrated, network left out", "9 of 10", "covered"]
    return "\n".join([table(headings, "l" + "r" * 11, lines), "",
                      table(["profile", "networks furthest off when left out"], "ll", misfits)])
