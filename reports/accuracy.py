#!/usr/bin/env python3
"""Writes docs/accuracy.md from a template and from runs: how far predictions are from measurements.

Usage: accuracy.py BERTH [FILE]. Writes the document to FILE, or prints it.
"""
import json
import math
import pathlib

import language_models
import measured_cpu
import network_chips
import public_data as public
from berth_runs import PROFILE, ROOT, candidate, stage_of, total_ms
from documents import signed, table, whole, write_or_print
from ledger import figures, interval, ms, percent
from reference_case import BUCKET_128, DRAM_CLOCK, DRAM_STATES, MEASURED, SCENARIO, ReferenceCase, known

TEMPLATE = pathlib.Path(__file__).with_name("accuracy_template.md")
TARGETS = ROOT / "tests" / "validation" / "targets.json"
MISFITS_SHOWN = 6
FITTED = ("rk3588_npu_matmul_m128_30reps.csv", "rk3588_rknn_per_layer_profiles.csv")


def error_of(row):
    return row["predicted_us"] / row["measured_us"] - 1


def set_of(validation, form, use=None):
    return next(one for one in validation["sets"] if one["form"] == form and use in (None, one["use"]))


def acceptance(validation):
    targets = json.loads(TARGETS.read_text(encoding="utf-8"))
    found = {row["name"]: row for row in set_of(validation, "model-totals", "unseen")["rows"]}
    rows = []
    for target in targets["totals"]:
        row = found[target["row"]]
        met = abs(error_of(row)) <= target["within"]
        rows.append([target["row"], f"{row['measured_us'] / 1e3:.1f} ms", ms(row["predicted_us"] / 1e3),
                     f"{ms(row['low_us'] / 1e3)} to {ms(row['high_us'] / 1e3)}", signed(error_of(row)),
                     f"within {percent(target['within'])}", "met" if met else "**not met**"])
    half, full = (found[target["row"]] for target in targets["totals"][:2])
    gain, measured = half["predicted_us"] / full["predicted_us"], half["measured_us"] / full["measured_us"]
    bounds = targets["reranker_gain_of_int8"]
    met = bounds["least"] <= gain <= bounds["most"]
    rows.append(["fp16 / int8 of the reranker on npu", figures(measured), figures(gain), "-",
                 signed(gain / measured - 1),
                 f"{bounds['least']:g} to {bounds['most']:g}", "met" if met else "**not met**"])
    headings = ["total", "measured", "predicted", "5-95 %", "error", "target", ""]
    count = sum(row[-1] == "met" for row in rows)
    return table(headings, "lrrrrll", rows) + f"\n\n{count} of {len(rows)} targets are met."


NOT_COVERED = [
    ("softmax outside of fused attention", lambda row: row["class"].startswith("softmax")),
    ("attention in int8", lambda row: row["class"].startswith("attention") and row["dtype"] == "int8"),
    ("norms in int8 graphs", lambda row: "norm" in row["class"] and row["dtype"] == "int8"),
    ("single operators of the CPU", lambda row: row["device"] == "cpu"),
    ("hand-overs between CPU and NPU", lambda row: "hand-over" in row["class"]),
]


def uncovered(validation):
    """What no row of a single operator times."""
    rows = [row for one in validation["sets"] if one["form"] != "model-totals" for row in one["rows"]]
    return ", ".join([name for name, covers in NOT_COVERED if not any(covers(row) for row in rows)] + ["energy"])


def coverage(validation):
    rows = []
    for one in validation["sets"]:
        every = one["classes"][-1]
        rows.append([one["name"], f"`{one['file']}`", "set with these rows" if one["use"] == "fitted" else "unseen",
                     every["model"]["rows"], whole(every["model"]["mape"]), whole(every["model"]["median"]),
                     whole(every["coverage"]), whole(every["roofline"]["median"])])
    return table(["set", "file", "use", "rows", "MAPE", "median error", "inside 5-95 %", "roofline's median error"],
                 "lllrrrrr", rows)


def direction(bias):
    return f"{signed(bias)}, too {'slow' if bias > 0 else 'fast'}" if round(100 * bias) else "0 %"


def misfits(validation):
    found = [(summary["model"]["mape"], one, summary) for one in validation["sets"] for summary in one["classes"]
             if summary["dtype"] is not None]
    found.sort(key=lambda entry: -entry[0])
    rows = []
    for mape, one, summary in found[:MISFITS_SHOWN]:
        alike = [row for row in one["rows"] if row["class"] == summary["class"] and row["dtype"] == summary["dtype"]]
        worst = max(alike, key=lambda row: abs(math.log(row["predicted_us"] / row["measured_us"])))
        bias = summary["model"]["bias"]
        rows.append([summary["class"], summary["dtype"], one["name"], summary["model"]["rows"], whole(mape),
                     direction(bias), f"{worst['name']}: {signed(error_of(worst))}"])
    return table(["class", "dtype", "set", "rows", "MAPE", "bias", "worst row"], "lllrrll", rows)


def size_of(row):
    return {name: int(value) for name, value in (part.split("=") for part in row["name"].split(","))}


SLICED_DTYPES = ["fp16", "int8", "int4"]
SLICES = [
    ("N up to 256", lambda size: size["n"] <= 256),
    ("K up to 256, N above", lambda size: size["n"] > 256 and size["k"] <= 256),
    ("both above 256, K up to 2048", lambda size: size["n"] > 256 and 256 < size["k"] <= 2048),
    ("N above 256, K above 2048", lambda size: size["n"] > 256 and size["k"] > 2048),
]


def slice_cell(rows, dtype, holds):
    """Bias, and the mean error in brackets."""
    logs = [math.log(row["predicted_us"] / row["measured_us"]) for row in rows
            if row["dtype"] == dtype and holds(size_of(row))]
    if not logs:
        return "-"
    mean = sum(abs(math.exp(value) - 1) for value in logs) / len(logs)
    return f"{signed(math.exp(sum(logs) / len(logs)) - 1)} ({whole(mean)})"


def sizes(validation):
    rows = []
    for one in validation["sets"]:
        if one["form"] != "matmul-library":
            continue
        for name, holds in SLICES:
            rows.append([one["name"], name, *[slice_cell(one["rows"], dtype, holds) for dtype in SLICED_DTYPES]])
    return table(["set", "sizes", *SLICED_DTYPES], "llrrr", rows)


def layers(validation):
    found = [row for row in set_of(validation, "compiled-layers")["rows"] if row["class"] != "reshape"]
    found.sort(key=lambda row: -abs(math.log(row["predicted_us"] / row["measured_us"])))
    rows = [[row["name"], f"{ms(row['measured_us'] / 1e3)}", f"{ms(row['predicted_us'] / 1e3)}",
             direction(error_of(row)),
             ms(row["vendor_us"] / 1e3) if row["vendor_us"] else "-"] for row in found[:MISFITS_SHOWN]]
    return table(["layer", "measured", "predicted", "error", "vendor's estimate"], "lrrlr", rows)


def memory_states(case):
    """The reference query on boards that keep their DRAM at different clocks."""
    rows = []
    for state in DRAM_STATES:
        change = {f"hardware.{DRAM_CLOCK}": known(state)}
        query, small = case.changed(change), case.changed({**BUCKET_128, **change})
        rows.append([state, interval(candidate(query, "embed", "npu")), interval(candidate(query, "rerank", "npu")),
                     interval(candidate(query, "rerank", "cpu")), stage_of(query, "rerank")["chosen"],
                     ms(total_ms(query)), interval(candidate(small, "rerank", "npu")),
                     stage_of(small, "rerank")["chosen"], ms(total_ms(small))])
    return "\n".join([
        table(["clock of the DRAM", "embedder, npu", "reranker in 512, npu", "reranker, cpu", "runs on", "query",
               "reranker in 128, npu", "runs on", "query"], "lrrrlrrlr", rows), "",
        f"From `berth run {SCENARIO} --set 'hardware.{DRAM_CLOCK}=CLOCK ± 2%'`, a state "
        "that someone has read off the board, without and with `--set "
        "'stages.rerank.buckets=[128, 512]'`."])


IMAGE_ENCODERS = ["clip-vit-b-32-image", "clip-vit-b-16-image", "clip-vit-l-14-image"]


def image_encoder(berth):
    """The published image encoder whose patches are not stated, beside the sizes that it may have."""
    measured = next(float(row["latency_ms"]) for row in public.rows("rk3588_model_zoo_fps.csv")
                    if row["model"] == "clip_images")
    rows = []
    for model in IMAGE_ENCODERS:
        found = berth.predict(model, "npu", "fp16", 1)
        inside = found["low_ms"] <= measured <= found["high_ms"]
        rows.append([model, interval(found), signed(found["latency_ms"] / measured - 1), "yes" if inside else "no"])
    return "\n".join([
        f"The vendor's model zoo lists an image encoder in fp16 at 224 x 224 pixels, {measured:.1f} ms on one core. What the "
        "sizes of that family would take, the hand-over of the image included:\n",
        table(["model", "predicted", f"off {measured:.1f} ms", "inside 5-95 %"], "lrrr", rows), "",
        "The demo's files name ViT-B/32, whose patches the runtime's own code computes. How fast that multiplies was set with this row, "
        "which is therefore no test of it; the row of the RK3576 is."])


NCNN = "rk3588-ncnn"


def other_runtime(berth):
    """The CPU under another runtime, by network and number of cores: bias over boards, and the mean error."""
    validation = berth.ask("validate", "--hardware", NCNN)
    rows = []
    for one in validation["sets"]:
        for summary in one["classes"]:
            model = summary["model"]
            rows.append([one["name"], summary["class"] or "all", model["rows"], whole(model["mape"]),
                         direction(model["bias"]), whole(summary["coverage"]), whole(summary["roofline"]["mape"])])
    return table(["set", "network", "rows", "MAPE", "bias", "inside 5-95 %", "roofline's MAPE"], "llrrlrr", rows)


ONLY_CPU = {"stages.embed.enabled": "false", "stages.retrieve.enabled": "false", "stages.rerank.on": "cpu",
            "stages.rerank.repeat": "1"}
MEASURED_SPREAD = "5%"


def section(text, title):
    """The table under a heading of the text report, up to the next empty line."""
    lines = text.splitlines()
    start = lines.index(title) + 2
    end = next((at for at in range(start, len(lines)) if not lines[at]), len(lines))
    return "\n".join(lines[start:end])


def cpu(case):
    """What the interval of the CPU rests on, and how far a measurement would narrow it."""
    arguments = ["run", "rag-rk3588", *[part for path, value in ONLY_CPU.items() for part in ("--set",
                                                                                              f"{path}={value}")]]
    rests_on = section(case.berth.output(arguments), "What the interval rests on")
    before = stage_of(case.changed(ONLY_CPU), "rerank")
    return "\n".join([
        f"The reranker at 122 tokens is predicted at {interval(before)} on the CPU. The interval "
        "rests on:\n", "```text", rests_on, "```\n", narrowed(case, before)])


def narrowed(case, before):
    rows = []
    for name, changes in narrowing_steps():
        after = stage_of(case.changed({**ONLY_CPU, **changes}), "rerank")
        rows.append([name, interval(after), figures(after["high_ms"] / after["low_ms"])])
    first = ["as it is", interval(before), figures(before["high_ms"] / before["low_ms"])]
    return "\n".join([
        f"What a measurement would do, each number then known to {MEASURED_SPREAD.replace('%', ' %')}:\n",
        table(["measured", "reranker on the CPU", "95 % end / 5 % end"], "lrr", [first, *rows]), "",
        "The measurement: ONNX Runtime's per-operator profile of the reranker at 122 tokens on the board, with 1, 4 "
        "and 8 threads. One big core gives the efficiency of the kernels, 8 threads against 4 what the little cores "
        "do, and the rows themselves the error of single operators."])


def narrowing_steps():
    def spreads(paths):
        return {f"hardware.{path}.spread": MEASURED_SPREAD for path in paths}

    efficiency = spreads(["devices.cpu.matrix.efficiency"])
    little = spreads(["devices.cpu.clusters.little.macs_per_cycle.int8",
                      "devices.cpu.clusters.little.macs_per_cycle.fp32"])
    errors = {f"hardware.devices.cpu.error.{kind}": MEASURED_SPREAD for kind in ("matmul", "attention", "vector")}
    return [("efficiency of the matmul kernels", efficiency),
            ("and the rate of the little cores", {**efficiency, **little}),
            ("and the error of single operators", {**efficiency, **little, **errors})]


def standard_errors(berth):
    """What the rows that a profile was set with say of its numbers, if all of them are fitted again."""
    fit = berth.ask("calibrate", "--hardware", PROFILE, "--device", "npu",
                    *(word for name in FITTED for word in ("--measured", str(ROOT / "hardware" / "measured" / PROFILE / name))))
    rows = []
    for one in fit["parameters"]:
        ratio = one["after"] / one["before"]
        rows.append([f"`{one['path']}`", whole(one["spread_before"]), signed(ratio - 1), whole(one["spread_after"]),
                     "yes" if one["determined"] else "no"])
    return table(["number", "spread in the profile", "rows ask for", "standard error", "determined"], "lrrrl", rows)


BESIDE = ("rk3588-ggml", "rk3588-pytorch", NCNN)
SMALL = "rk3576-rknn-2.3.2"
LIBRARY_CALL = ", library call"


def left_out(berth):
    """Networks left out of the fit one after the other, and what their layers ask of each class's error."""
    fit = berth.ask("calibrate", "--hardware", PROFILE, "--device", "npu", "--leave-out", "network")
    rows = [[one["name"], one["error"]["rows"], f"{one['memory_clock'] / 1e6:.0f} MHz", whole(one["error"]["mape"]),
             whole(one["error"]["median"]), whole(one["coverage"])] for one in fit["networks"]]
    layers = sum(one["error"]["rows"] for one in fit["networks"])
    inside = sum(one["error"]["rows"] * one["coverage"] for one in fit["networks"]) / layers
    errors = [abs(one["unseen_us"] / time - 1) for one in fit["residuals"] if one["network"] for time in one["times_us"]]
    rows.append(["all", layers, "-", whole(sum(errors) / len(errors)), whole(sorted(errors)[len(errors) // 2]), whole(inside)])
    classes = [[one["class"], one["rows"], whole(one["coverage"]), whole(one["needed"])] for one in fit["classes"]]
    distances = [[one["distance"], one["rows"], whole(one["coverage"]), f"{one['factor']:.2f}"] for one in fit["distances"]]
    return "\n\n".join([
        table(["network", "layers", "its memory", "MAPE", "median", "inside 5-95 %"], "lrrrrr", rows),
        table(["class", "layers", "inside 5-95 %", "error for 90 %"], "lrrr", classes),
        table(["next to the sizes of all others", "layers", "inside 5-95 %", "factor for 90 %"], "lrrr", distances)])


def whole_networks(berth):
    """Rows of whole networks, set by set, of both chips."""
    parts = []
    for profile, names in ((PROFILE, ("networks of the vendor's model zoo", "networks on NPU and CPU")),
                           (SMALL, ("networks of the vendor's model zoo", "networks on NPU and CPU"))):
        sets = {one["name"]: one for one in berth.ask("validate", "--hardware", profile)["sets"]}
        for name in names:
            one, every = sets[name], sets[name]["classes"][-1]
            rows = [[row["name"], ms(row["measured_us"] / 1e3), ms(row["predicted_us"] / 1e3),
                     f"{ms(row['low_us'] / 1e3)} to {ms(row['high_us'] / 1e3)}", signed(error_of(row))] for row in one["rows"]]
            parts.append(f"*{profile}, {name}.* Median error {whole(every['model']['median'])}, MAPE "
                         f"{whole(every['model']['mape'])}, {whole(every['coverage'])} inside 5-95 %. {one['note'].strip()}")
            parts.append(table(["network", "measured", "predicted", "5-95 %", "error"], "lrrrr", rows))
    return "\n\n".join(parts)


def decisions(berth, profile, beside):
    arguments = [word for other in beside for word in ("--beside", other)]
    return berth.output(["validate", "--hardware", profile, "--decisions", *arguments, "--format", "markdown"]).strip()


def neighbours(berth):
    """Of calls with half and twice the rows beside a pair, the share that agrees which dtype is faster: beside pairs
    1.2 times apart that are predicted wrong, and right."""
    choices = [one for one in berth.ask("validate", "--hardware", PROFILE, "--decisions")["choices"]
               if one["of"] == "dtype" and one["work"].endswith(LIBRARY_CALL)]

    def place(one, factor=1.0):
        sizes = one["work"].removesuffix(LIBRARY_CALL).split()[1].split(",")
        rows, = (size[2:] for size in sizes if size.startswith("m="))
        others = (size for size in sizes if not size.startswith("m="))
        dtypes = frozenset((one["faster"]["dtype"], one["slower"]["dtype"]))
        return one["faster"]["set"], float(rows) * factor, tuple(others), dtypes

    faster = {place(one): one["faster"]["dtype"] for one in choices}
    agree = {True: [], False: []}
    for one in choices:
        if one["measured_ratio"] >= 1.2:
            agree[one["right"]] += [faster[beside] == one["faster"]["dtype"]
                                    for beside in (place(one, 0.5), place(one, 2)) if beside in faster]
    return tuple(whole(sum(agree[right]) / len(agree[right])) for right in (False, True))


def cpu_runtimes(berth):
    rows = []
    for profile, wanted in ((PROFILE, "networks under ONNX Runtime"), ("rk3588-ggml", ""), ("raspberry-pi-5-ggml", ""), ("x86-ggml", ""),
                            ("imx8mp", "networks on its four small cores"),
                            ("rk3588-pytorch", "")):
        for one in berth.ask("validate", "--hardware", profile)["sets"]:
            if wanted in ("", one["name"]):
                every = one["classes"][-1]
                rows.append([profile, one["name"], "set with these rows" if one["use"] == "fitted" else "unseen",
                             every["model"]["rows"], whole(every["model"]["mape"]), direction(every["model"]["bias"]),
                             whole(every["coverage"])])
    return table(["profile", "set", "use", "rows", "MAPE", "bias", "inside 5-95 %"], "lllrrlr", rows)


def document(berth):
    validation = berth.ask("validate", "--hardware", PROFILE)
    case = ReferenceCase(berth)
    beside_wrong, beside_right = neighbours(berth)
    parts = {"acceptance": acceptance(validation), "coverage": coverage(validation),
             "uncovered": uncovered(validation), "misfits": misfits(validation),
             "sizes": sizes(validation), "layers": layers(validation), "memory_states": memory_states(case), "cpu": cpu(case),
             "language_models": language_models.section(berth),
             "other_runtime": other_runtime(berth), "measured_cpu": measured_cpu.section(berth, "x86-avx512-vnni"),
             "second_runtime": measured_cpu.section(berth, "x86-onnxruntime"), "errors": standard_errors(berth),
             "image_encoder": image_encoder(berth), "network_chips": network_chips.section(berth), "profile": PROFILE, "left_out": left_out(berth),
             "networks": whole_networks(berth), "decisions": decisions(berth, PROFILE, BESIDE),
             "decisions_small": decisions(berth, SMALL, ()), "cpu_runtimes": cpu_runtimes(berth),
             "beside_wrong": beside_wrong, "beside_right": beside_right,
             "tables": berth.output(["validate", "--hardware", PROFILE, "--format", "markdown"]).strip()}
    return TEMPLATE.read_text(encoding="utf-8").format(**parts).rstrip() + "\n"


if __name__ == "__main__":
    write_or_print(document)
