"""The parts of docs/accuracy.md about an x86 machine: measured with berth itself, and under another runtime."""
from documents import signed, table, whole

SETTINGS = {"dtype": "fp32 or int8", "cores": "one thread or two"}


def class_rows(one):
    rows = []
    for summary in one["classes"]:
        model = summary["model"]
        rows.append([summary["class"] or "all", summary["dtype"] or "-", model["rows"], whole(model["mape"]),
                     whole(model["median"]), signed(model["bias"]), whole(summary["coverage"]),
                     whole(summary["noise"]), whole(summary["roofline"]["mape"])])
    return rows


def classes(one):
    return table(["class", "dtype", "rows", "MAPE", "median", "bias", "in 5-95 %", "noise", "roofline MAPE"], "llrrrrrrr",
                 class_rows(one))


def settings(one):
    lines = []
    for check in one["settings"]:
        lines.append(f"- {SETTINGS[check['setting']]}: right for {check['agree']} of {check['pairs']} pairs; "
                     f"{check['too_close']} more are within the noise of each other")
    return "\n".join(lines)


def section(berth, profile):
    validation = berth.ask("validate", "--hardware", profile)
    parts = []
    for one in validation["sets"]:
        if one["use"] == "fitted":
            continue
        parts.append(f"*{one['name']}.* {one['note'].strip()}\n\n{classes(one)}")
        if one["settings"]:
            parts.append("Decisions between rows that differ in one setting only:\n\n" + settings(one))
    return "\n\n".join(parts)
