#!/usr/bin/env python3
"""Writes the encoders that onnxruntime_encoders.js times, with random weights: the shapes are those of the models.

Usage: onnxruntime_encoders.py FOLDER. Needs the onnx package (python3-onnx). Files are up to 440 MB.
"""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "data" / "onnx"))
import make_models  # noqa: E402

ENCODERS = {
    "all-MiniLM-L6-v2": {"layers": 6},
    "ms-marco-MiniLM-L-12-v2": {"layers": 12},
    "bert-base-uncased": {"layers": 12, "hidden": 768, "ffn": 3072},
}
DTYPES = {"fp32": "linear", "int8": "linear_dynamic"}


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    make_models.Graph.with_weights = True
    for name, sizes in ENCODERS.items():
        for dtype, linear in DTYPES.items():
            make_models.write(folder, f"{name}.{dtype}", make_models.encoder(linear_name=linear, **sizes))


if __name__ == "__main__":
    main()
