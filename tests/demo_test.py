#!/usr/bin/env python3
"""Checks the command that the demo builds beside the whole one: the same answers, and what it leaves out it says.

Usage: demo_test.py DEMO_COMMAND WHOLE_COMMAND, from the top of the sources, after `./dev demo` and `./dev build`.
"""
import os
import pathlib
import subprocess
import sys
import tempfile


def run(command, arguments, **environment):
    """Runs under the same name whichever it is: a report may say how it was made."""
    return subprocess.run(["berth", *arguments], executable=command, capture_output=True, check=False, timeout=120,
                          env={**os.environ, **environment})


def demo_left_pictures():
    folder = pathlib.Path("build/demo")
    names = [path.name for path in folder.glob("*") if path.stat().st_size > 0]
    wanted = ["report.md", "report.txt", "report.json", "operators.csv"]
    errors = [f"build/demo has no {name}" for name in wanted if name not in names]
    for kind in (".png", ".svg"):
        if not any(name.endswith(kind) for name in names):
            errors.append(f"build/demo has no picture *{kind}")
    return errors


def answers_differ(demo, whole):
    """The same bytes, whatever a build leaves out and however it is optimised."""
    errors, compared = [], 0
    for scenario in sorted(pathlib.Path("scenarios").glob("*.yaml")):
        for arguments in (["run", str(scenario), "--format", "json"], ["ops", str(scenario)]):
            ours, theirs = run(demo, arguments), run(whole, arguments)
            compared += ours.returncode == 0
            if (ours.returncode, ours.stdout, ours.stderr) != (theirs.returncode, theirs.stdout, theirs.stderr):
                errors.append(f"berth {' '.join(arguments)}: the demo's command answers otherwise")
    return errors or ([] if compared else ["no scenario was answered"])


def left_out_unsaid(demo):
    errors = []
    with tempfile.TemporaryDirectory() as folder:
        rows = os.path.join(folder, "rows.sqlite")
        sweep = ["sweep", "rag-rk3588", "--vary", "stages.rerank.tokens=16:32:16"]
        for arguments, environment, said in [
                (["measure", "--quick", "--out", "x.csv"], {}, "without kernels"),
                (["measure", "--plan", "rag-rk3588"], {}, "without kernels"),
                (["profile-host", "--out", folder], {}, "without kernels"),
                (["explore", "rag-rk3588"], {}, "without an HTTP server"),
                ([*sweep, "--out", rows], {}, "without SQLite"),
                (sweep, {"OMPI_COMM_WORLD_SIZE": "2"}, "without MPI")]:
            result = run(demo, arguments, **environment)
            text = result.stderr.decode()
            if result.returncode != 2 or said not in text or result.stdout:
                errors.append(f"berth {' '.join(arguments)}: status {result.returncode}, not a word '{said}': {text}")
            elif said != "without MPI" and "./dev build" not in text:
                errors.append(f"berth {' '.join(arguments)}: does not say how to build the whole command")
    return errors


def main():
    demo, whole = (os.path.abspath(name) for name in sys.argv[1:])
    errors = demo_left_pictures() + answers_differ(demo, whole) + left_out_unsaid(demo)
    print("\n".join(errors) if errors else "the demo's command gives the same answers, and says what it leaves out")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
