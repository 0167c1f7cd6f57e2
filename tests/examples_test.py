#!/usr/bin/env python3
"""Runs the examples that the help of every command shows.

Usage: examples_test.py SOURCE_DIR BERTH, with Debian's Python, which has onnx. Each has to succeed, in a folder that holds what it names. Those that time this
machine, that stay until they are stopped, or that need several processes, are read only: their options have to exist.
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import onnx

NOT_RUN = ("berth measure ", "berth profile-host ", "berth explore ")
SECONDS = 120
STANDS_FOR = {"MODEL": "all-MiniLM-L6-v2", "COMMAND": "run"}  # a shipped model is data, and has no name in the program
FILES = {  # of an example, or of all: what it reads, and from where
    "config.json": "tests/data/configs/minilm-l12.json",
    "model.onnx": "tests/data/onnx/minilm-block.onnx",
    "classifier.tflite": "tests/data/tflite/face_detection_short_range.tflite",
    "onnxruntime_profile.json": "tests/data/profiles/minilm-block.onnxruntime.json",
    "perf_detail.txt": "tests/data/rknn-logs/yolov8s.txt",
    "memory.csv": "hardware/measured/x86-avx512-vnni/memory.csv",
    "layers.csv": "hardware/measured/rk3588-rknn-2.3.2/rk3588_rknn_layers.csv",
    "graph.json": "scenarios/placement-graphs/bert3-throughput.json",
}
OF_EXAMPLE = {"--part decoder": {"config.json": "tests/data/configs/whisper-base.json"}}
DETECTOR = "tests/data/onnx/small-cnn.onnx"  # with another name for its input, and a first dimension without one
ROWS = "op,dtype,m,k,n,cores,measured_us\nmatmul,int8,128,384,1536,1,400\nmatmul,int8,128,1536,384,1,410\n"


def examples_of(program, command):
    """Commands of the help, each on one line."""
    shown = subprocess.run([program, command, "--help"], env={**os.environ, "COLUMNS": "1000"}, text=True,
                           capture_output=True, check=True).stdout
    at = re.search(r"^Examples?:", shown, re.MULTILINE)
    if not at:
        return []
    text = re.sub(r"\\\n\s*", "", shown[at.start():])
    lines = [re.sub(r"^(Examples?:)?\s*", "", line).strip() for line in text.splitlines()]
    return [line for line in lines if re.search(r"\bberth ", line)]


def commands_of(program):
    shown = subprocess.run([program, "--help"], text=True, capture_output=True, check=True).stdout
    overview = re.sub(r"\\\n\s*", "", shown)
    return (re.findall(r"^  ([a-z][a-z-]*)(?: |$)", shown, re.MULTILINE),
            re.findall(r"^    (berth .*)$", overview, re.MULTILINE))


def write_detector(source, target):
    model = onnx.load(source, load_external_data=False)
    name = model.graph.input[0].name
    model.graph.input[0].name = "images"
    model.graph.input[0].type.tensor_type.shape.dim[0].Clear()
    for node in model.graph.node:
        node.input[:] = ["images" if one == name else one for one in node.input]
    onnx.save(model, target)


def write_layer_reports(folder):
    """Tables of layers that name products of model.onnx, as OpenVINO and QNN print them."""
    nodes = onnx.load(folder / "model.onnx", load_external_data=False).graph.node
    products = [node.name for node in nodes if node.op_type == "MatMul"]
    (folder / "benchmark_average_counters_report.csv").write_text(
        "layerName;execStatus;layerType;execType;realTime (ms);cpuTime (ms);\n" +
        "".join(f"{name};EXECUTED;FullyConnected;jit_gemm_FP32;0.031;0.031;\n" for name in products), encoding="utf-8")
    (folder / "qnn_profile.csv").write_text(
        "Msg Timestamp,Message,Time,Unit of Measurement,Timing Source,Event Level,Event Identifier\n"
        "1,EXECUTE,2000,CYCLES,BACKEND,ROOT,Accelerator (execute) time (cycles)\n"
        "1,EXECUTE,2,US,BACKEND,ROOT,Accelerator (execute) time\n" +
        "".join(f"1,NODE,900,CYCLES,BACKEND,SUB-EVENT,{name.replace('/', '_')}:OpId_{at} (cycles)\n"
                for at, name in enumerate(products)), encoding="utf-8")


def prepare(folder, root, program):
    (folder / "bin").mkdir()
    (folder / "bin" / "berth").symlink_to(program)
    for name in ("hardware", "models", "scenarios"):
        shutil.copytree(root / name, folder / name)
    for name, source in FILES.items():
        shutil.copy(root / source, folder / name)
    write_detector(root / DETECTOR, folder / "detector.onnx")
    write_layer_reports(folder)
    for name in ("rows.csv", "profile.csv"):
        (folder / name).write_text(ROWS, encoding="utf-8")
    for name in ("old", "new"):
        shutil.copytree(folder / "scenarios", folder / name / "scenarios")
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
    for words in (["init", "-q"], ["add", "hardware", "models", "scenarios"], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], check=True)
    for text, name in (("model.yaml", "model.onnx"), ("my-model.yaml", "model.onnx")):
        subprocess.run([program, "import", name, "--dim", "batch=1", "--dim", "sequence=128", "--out", text],
                       cwd=folder, check=True, capture_output=True)
    for name, shipped in (("my-chip.yaml", "hardware/rk3588-rknn-2.3.2.yaml"),
                          ("my-scenario.yaml", "scenarios/rag-rk3588.yaml")):
        shutil.copy(folder / shipped, folder / name)


def runnable(example):
    for word, meaning in STANDS_FOR.items():
        example = re.sub(rf"\b{word}\b", meaning, example)
    return example


def fault_of(example, folder, root):
    """What is wrong with an example; empty if nothing is."""
    command = runnable(example)
    if "new-chip" in command:
        (folder / "my-chip.yaml").unlink(missing_ok=True)  # of the example before; it is not overwritten
    for mark, files in OF_EXAMPLE.items():
        if mark in command:
            for name, source in files.items():
                shutil.copy(root / source, folder / name)
    environment = {**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}", "BERTH_MACHINE": "none"}
    environment.pop("BERTH_DATA", None)
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, text=True, capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=SECONDS, check=False)
    return "" if done.returncode == 0 else f"`{command}` exits {done.returncode}:\n{done.stderr[-600:]}"


def unknown_options(example, program):
    """Options of an example that is not run and that its command does not have."""
    words = example.split()
    command = words[words.index("berth") + 1]
    shown = subprocess.run([program, command, "--help"], text=True, capture_output=True, check=True).stdout
    return [f"`{example}`: there is no {option}" for option in re.findall(r" (--[a-z-]+)", example.split("berth", 1)[1])
            if option not in shown]


def main():
    root, program = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    commands, examples = commands_of(program)
    without = []
    for command in commands:
        found = examples_of(program, command)
        without += [] if found else [f"the help of berth {command} has no example"]
        examples += found
    faults, run = without, []
    for example in dict.fromkeys(examples):
        if any(word in example for word in NOT_RUN) or not example.startswith("berth "):
            faults += unknown_options(example, program) if "&&" not in example and "mpirun" not in example else []
        else:
            run.append(example)
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        prepare(folder, root, program)
        writing = [example for example in run if re.match("berth (import|new-chip)", example)]  # the same files
        faults += [fault_of(example, folder, root) for example in writing]
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            faults += pool.map(lambda each: fault_of(each, folder, root), [e for e in run if e not in writing])
    faults = [fault for fault in faults if fault]
    print("\n".join(faults) if faults else f"{len(run)} examples of the help run")
    return 1 if faults or not run else 0


if __name__ == "__main__":
    sys.exit(main())
