#!/usr/bin/env python3
"""Puts ONNX Runtime's profiles of one encoder together into a table of operators.

Usage: onnxruntime_operators.py BERTH PROFILES MODEL DTYPE > operators.csv

PROFILES is what onnxruntime_encoders.js wrote. Each profile goes through `berth import`; steps of the same operator, sizes
and threads (one per layer) become one row with the median of their times.
"""
import csv
import io
import pathlib
import statistics
import subprocess
import sys

TIMES = ("measured_us", "least_us", "most_us")


def rows_of(berth, profile, model, tokens, threads):
    text = subprocess.run([berth, "import", profile, "--model", model, "--tokens", tokens, "--cores", threads],
                          check=True, capture_output=True, text=True).stdout
    return list(csv.DictReader(io.StringIO(text)))


def main():
    berth, folder, model, dtype = sys.argv[1:]
    groups = {}
    columns = {}
    for profile in sorted(pathlib.Path(folder).glob(f"{model}.{dtype}.*.json")):
        tokens, threads = profile.name[len(f"{model}.{dtype}."):].split("_")[0].split(".")
        for row in rows_of(berth, profile, model, tokens, threads):
            if row["operator"] and row["op"] != "embedding":  # all words of the input are the same one
                kept = {name: value for name, value in row.items()
                        if name not in (*TIMES, "name", "operator", "runs", "source")}
                columns |= dict.fromkeys(kept)
                groups.setdefault(tuple(kept.items()), []).append(float(row["measured_us"]))
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow([*columns, "measured_us", "runs"])
    for key, times in groups.items():
        cells = dict(key)
        out.writerow([*(cells.get(name, "") for name in columns), f"{statistics.median(times):.5g}", len(times)])


if __name__ == "__main__":
    main()
