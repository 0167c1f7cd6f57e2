#!/usr/bin/env python3
"""Runs the notebooks cell by cell, each in a name space of its own, as a kernel would.

Usage: notebooks_test.py SOURCE_DIR, with the module on PYTHONPATH. Plots are drawn, and shown nowhere.
"""
import ast
import json
import os
import pathlib
import sys
import traceback

os.environ["MPLBACKEND"] = "Agg"


def run_cell(source, names):
    """Statements, then the value of the last line, which has to have a text."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)  # pylint: disable=exec-used
    if last is not None:
        repr(eval(compile(ast.Expression(last.value), "cell", "eval"), names))  # pylint: disable=eval-used


def faults_of(notebook):
    names = {"__name__": "__main__"}
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    for number, cell in enumerate(cells, 1):
        if cell["cell_type"] != "code":
            continue
        try:
            run_cell("".join(cell["source"]), names)
        except Exception:  # whatever it is, the cell does not run
            return [f"{notebook.name}, cell {number}:\n{traceback.format_exc(limit=-1)}"]
        if cell["outputs"]:
            return [f"{notebook.name}, cell {number}: outputs are not kept"]
    return []


def main():
    notebooks = sorted((pathlib.Path(sys.argv[1]) / "python" / "notebooks").glob("*.ipynb"))
    faults = [fault for notebook in notebooks for fault in faults_of(notebook)]
    print("\n".join(faults) if faults else f"{len(notebooks)} notebooks run")
    return 1 if faults or not notebooks else 0


if __name__ == "__main__":
    sys.exit(main())
