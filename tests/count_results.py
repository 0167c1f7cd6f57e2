#!/usr/bin/env python3
"""Adds up ctest's JUnit files. The last line is "N passed, M failed"; the exit status is 0 only if all is well.

Usage: count_results.py FILE.xml... [--check NAME STATUS]... [--status STATUS]
A file that is missing or holds no test counts as one failure, so that a build that broke before its tests never looks
green. --check adds one check by its exit status. --status is the exit status of what ran the tests: when it is not 0 and
no failure is known, one is counted. Tests that skipped themselves are named and not counted.
"""
import argparse
import sys
import xml.etree.ElementTree


def outcome(case):
    status = case.get("status")
    skipped = case.find("skipped")
    if status == "run":
        return "passed"
    if status == "disabled" or (skipped is not None and skipped.get("message", "").startswith("SKIP_")):
        return "skipped"
    return "failed"  # failed, or could not be started


def read_results(path):
    """Outcome and name of every test in one file."""
    try:
        cases = list(xml.etree.ElementTree.parse(path).getroot().iter("testcase"))
    except (OSError, xml.etree.ElementTree.ParseError) as error:
        return [("failed", f"no results: {error}")]
    return [(outcome(case), case.get("name")) for case in cases] or [("failed", f"no tests in {path}")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+")
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
