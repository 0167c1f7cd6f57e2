#!/usr/bin/env python3
"""Adds up the result files of ctest and of GoogleTest. The last line is "N passed, M failed"; the exit status is 0 only if
all is well.

Usage: count_results.py FILE.xml|FOLDER... [--check NAME STATUS]... [--status STATUS]
A file, or a folder of files, that is missing or holds no test counts as one failure, so that a build that broke before
its tests never looks green. --check adds one check by its exit status. --status is the exit status of what ran the tests: when it is not 0 and
no failure is known, one is counted. Tests that skipped themselves are named and not counted.
"""
import argparse
import pathlib
import sys
import xml.etree.ElementTree


def outcome(case):
    skipped = case.find("skipped")
    if case.find("failure") is not None:
        return "failed"
    if case.get("result") == "skipped":  # as GoogleTest writes it
        return "skipped"
    if case.get("status") == "run":
        return "passed"
    if case.get("status") == "disabled" or (skipped is not None and skipped.get("message", "").startswith("SKIP_")):
        return "skipped"
    return "failed"  # failed, or could not be started


def name_of(case):
    suite = case.get("classname")
    return case.get("name") if suite in (None, case.get("name")) else f"{suite}.{case.get('name')}"


def read_results(path):
    """Outcome and name of every test in one file or folder."""
    files = sorted(path.glob("*.xml")) if path.is_dir() else [path]
    try:
        cases = [case for file in files for case in xml.etree.ElementTree.parse(file).getroot().iter("testcase")]
    except (OSError, xml.etree.ElementTree.ParseError) as error:
        return [("failed", f"no results: {error}")]
    return [(outcome(case), name_of(case)) for case in cases] or [("failed", f"no tests in {path}")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    parser.add_argument("--check", nargs=2, action="append", default=[], metavar=("NAME", "STATUS"))
    parser.add_argument("--status", type=int, default=0)
    arguments = parser.parse_args()

    results = [result for path in arguments.files for result in read_results(path)]
    results += [("failed" if int(status) else "passed", name) for name, status in arguments.check]
    if arguments.status and not any(kind == "failed" for kind, _ in results):
        results.append(("failed", f"exit status {arguments.status}"))
    for kind, name in results:
        if kind != "passed":
            print(f"{kind}: {name}")
    passed = sum(kind == "passed" for kind, _ in results)
    failed = sum(kind == "failed" for kind, _ in results)
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
