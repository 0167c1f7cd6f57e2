#!/usr/bin/env python3
"""Counts multiply-accumulates and weights of TFLite models by itself and compares with what `berth import` counts.

Usage: tflite_test.py BERTH SCHEMA [FILE...]. Without files: those in tests/data/tflite. The tables come from flatc, which
prints them by the schema; the counts from the shapes of the tensors in them. The test fails if the multiply-accumulates
differ, if parameters are lost, or if Berth does not accept or cannot predict what it wrote.
"""
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile

SUMS = re.compile(r"^graph:  # \d+ operators, (?P<parameters>\d+) parameters, (?P<macs>\d+) MACs$", re.MULTILINE)
TRANSPOSED = {"TRANSPOSE_CONV": (2, 1), "Convolution2DTransposeBias": (0, 1), "CONV_3D_TRANSPOSE": (2, 1)}
OLD_CODES = {3: "CONV_2D", 4: "DEPTHWISE_CONV_2D", 9: "FULLY_CONNECTED", 16: "LSTM", 24: "RNN", 27: "SVDF", 32: "CUSTOM",
             44: "UNIDIRECTIONAL_SEQUENCE_LSTM", 67: "TRANSPOSE_CONV", 126: "BATCH_MATMUL"}


def tables(schema, file, folder):
    subprocess.run(["flatc", "--json", "--strict-json", "--defaults-json", "--raw-binary", "-o", folder, schema, "--",
                    file], check=True, capture_output=True)
    return json.loads((pathlib.Path(folder) / f"{file.stem}.json").read_text())


def name_of(code):
    """Files from before the field was there have the number in a byte of its own, and so have all with small numbers."""
    new = code.get("builtin_code", "ADD")
    old = OLD_CODES.get(code.get("deprecated_builtin_code", 0), "other")
    name = old if new == "ADD" else new
    return code.get("custom_code", name) if name == "CUSTOM" else name


def macs_of(name, inputs, made, options):
    """By the definition of each operator; weights are [out, ..., in], of depthwise ones [1, ..., out]."""
    if name in ("CONV_2D", "CONV_3D"):
        kernel = inputs[1][:-1] if name == "CONV_3D" else inputs[1][1:]
        return math.prod(made) * math.prod(kernel)
    if name == "DEPTHWISE_CONV_2D":
        return math.prod(made) * math.prod(inputs[1][1:3])
    if name in TRANSPOSED:
        read, weights = TRANSPOSED[name]
        return math.prod(inputs[read][:-1]) * math.prod(inputs[weights])
    if name == "FULLY_CONNECTED":
        return math.prod(inputs[0]) * inputs[1][0]
    if name == "BATCH_MATMUL":
        return math.prod(made) * inputs[0][-2 if options.get("adj_x") else -1]
    if name in ("LSTM", "RNN", "SVDF", "UNIDIRECTIONAL_SEQUENCE_LSTM"):
        raise NotImplementedError(name)
    return 0


def counted(model):
    """Multiply-accumulates, and the elements of what they multiply by."""
    graph = model["subgraphs"][0]
    shapes = [tensor.get("shape", []) for tensor in graph["tensors"]]
    macs, weights = 0, {}
    for operator in graph["operators"]:
        name = name_of(model["operator_codes"][operator.get("opcode_index", 0)])
        inputs = [shapes[i] if i >= 0 else [] for i in operator.get("inputs", [])]
        each = macs_of(name, inputs, shapes[operator["outputs"][0]], operator.get("builtin_options", {}))
        macs += each
        if each and name != "BATCH_MATMUL":
            read = TRANSPOSED.get(name, (0, 1))[0]
            weights.update({i: math.prod(shapes[i]) for i in operator["inputs"]
                            if i >= 0 and i != operator["inputs"][read] and not name.startswith("TRANSPOSE")})
    return macs, sum(weights.values())


def compare(berth, schema, file, folder):
    written = pathlib.Path(folder) / f"{file.stem}.yaml"
    subprocess.run([berth, "import", file, "--out", written], check=True, capture_output=True)
    found = SUMS.search(written.read_text())
    macs, weights = counted(tables(schema, file, folder))
    problems = []
    if macs != int(found["macs"]):
        problems.append(f"{found['macs']} MACs, {macs} by the tables")
    if weights > int(found["parameters"]):
        problems.append(f"{found['parameters']} parameters, {weights} in its products alone")
    for command in (["check", written], ["predict", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu", "--model",
                                         written, "--dtype", "int8"]):
        result = subprocess.run([berth, *command], capture_output=True, text=True)
        if result.returncode != 0:
            problems.append(f"{' '.join(map(str, command))}: {result.stderr}")
    print(f"{file.name}: {'; '.join(problems) or 'equal'}: {macs} MACs, {found['parameters']} parameters")
    return not problems


def main(berth, schema, files):
    files = files or sorted((pathlib.Path(__file__).parent / "data/tflite").glob("*.tflite"))
    with tempfile.TemporaryDirectory() as folder:
        results = [compare(berth, schema, pathlib.Path(file), folder) for file in files]
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
