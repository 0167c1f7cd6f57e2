#!/usr/bin/env python3
"""Checks that docs/accuracy.md, the texts in reports/ and the profiles' lists of what was measured are what berth says
today, and that the verdict rules work.

Usage: reports_test.py BERTH SOURCE_DIR. Pictures are not compared: their bytes differ between versions of gnuplot.
`./dev reports` regenerates everything. Takes about 3 s.
"""
import difflib
import pathlib
import sys
import tempfile

TEXTS = {".md", ".txt", ".json", ".csv"}
LINES_SHOWN = 12


def texts(folder, within):
    return {path.relative_to(folder): path.read_text(encoding="utf-8") for path in sorted((folder / within).rglob("*"))
            if path.suffix in TEXTS}


def kept(folder):
    """What is generated: the reviews, and one document."""
    return {**texts(folder, "reports/rk3588-rag"), **texts(folder, "reports/rk3588-matmul"),
            **texts(folder, "reports/rk3588-chat"),
            **{path: text for path, text in texts(folder, "docs").items() if path.name == "accuracy.md"}}


def differences(there, made):
    errors = []
    for path in sorted(there.keys() | made.keys()):
        if path not in made or path not in there:
            errors.append(f"{path}: {'is missing' if path in made else 'is no longer generated'}")
        elif there[path] != made[path]:
            lines = list(difflib.unified_diff(there[path].splitlines(), made[path].splitlines(), "kept", "generated",
                                              n=0, lineterm=""))
            shown = "\n".join(f"    {line[:160]}" for line in lines[:LINES_SHOWN])
            errors.append(f"{path}: differs from what berth says now:\n{shown}")
    return errors


def evidence_errors(berth, root):
    import evidence
    return [f"{path}: 'evidence' is not what its rows are of" for path, text in evidence.profiles(berth)
            if text != (root / path).read_text(encoding="utf-8")]


def rule_errors():
    """Each rule on both sides of its limits, by hand."""
    from ledger import Verdict, by_conditions, by_counterexample, by_factor, by_interval, by_share
    estimate = {"latency_ms": 100.0, "low_ms": 60.0, "high_ms": 160.0}
    yes, no, open_ = Verdict.SUPPORTED, Verdict.CONTRADICTED, Verdict.UNDECIDED
    cases = [
        (by_conditions(True, True, ""), no), (by_conditions(False, True, ""), yes),
        (by_conditions(False, False, ""), open_),
        (by_factor(100, 80), yes), (by_factor(80, 100), yes), (by_factor(100, 60), open_), (by_factor(100, 50), no),
        (by_factor(0, 5), no),
        (by_interval(90, estimate), yes), (by_interval(70, estimate), open_), (by_interval(50, estimate), no),
        (by_interval((10, 20), estimate), no), (by_interval((30, 90), estimate), yes),
        (by_interval((61, 70), estimate), open_),
        (by_share(0.05), no), (by_share(0.3), open_), (by_share(0.6), yes),
        (by_counterexample([(0.95, True), (0.5, False)]), no), (by_counterexample([(0.6, True)]), open_),
        (by_counterexample([(0.99, False)]), yes)]
    return [f"rule {at} gives '{found[0].value}' instead of '{expected.value}'"
            for at, (found, expected) in enumerate(cases, 1) if found[0] is not expected]


def text_errors():
    from ledger import figures, ms, percent
    cases = [(figures(1.0), "1.00"), (figures(0.0999), "0.0999"), (figures(181.5), "182"), (figures(9.996), "10.0"),
             (figures(1455), "1460"), (ms(1284), "1.28 s"), (ms(999.9), "1000 ms"), (ms(0.0553), "55.3 us"),
             (ms(0), "0 ms"), (percent(0.0251), "2.5 %"), (percent(1), "100 %")]
    return [f"'{found}' instead of '{expected}'" for found, expected in cases if found != expected]


def main():
    binary, root = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    sys.path.insert(0, str(root / "reports"))
    from berth_runs import Berth
    from regenerate import regenerate
    errors = rule_errors() + text_errors() + evidence_errors(Berth(binary), root)
    with tempfile.TemporaryDirectory() as folder:
        made = pathlib.Path(folder) / "made"
        regenerate(Berth(binary), made)
        stale = differences(kept(root), kept(made))
    errors += stale + (["run ./dev reports and look at the difference"] if stale else [])
    print("\n".join(errors) if errors else "reports and docs/accuracy.md are what berth says")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
