#!/usr/bin/env python3
"""Regenerates what is kept of berth's answers: docs/accuracy.md, the reviews in reports/, and what profiles say was
measured.

Usage: regenerate.py BERTH [FOLDER]. Writes below FOLDER, the source tree if it is not given. Same inputs, same bytes.
"""
import pathlib
import shutil
import sys
import tempfile

import accuracy
import chat_review
import claims
import evidence
import matmul_review
import what_ifs
from berth_runs import ROOT, Berth
from reference_case import SCENARIO

REVIEW, MATMUL, CHAT = (pathlib.Path("reports") / name for name in ("rk3588-rag", "rk3588-matmul", "rk3588-chat"))
REVIEWS = (REVIEW, MATMUL, CHAT)
DOCUMENT = pathlib.Path("docs") / "accuracy.md"


def regenerate(berth, folder):
    """Everything below an empty folder, by the paths that it has in the source tree."""
    for review in REVIEWS:
        (folder / review).mkdir(parents=True)
    (folder / DOCUMENT).parent.mkdir(parents=True)
    berth.output(["run", SCENARIO, "--report", REVIEW.as_posix()], folder)  # answers repeat their command
    berth.output(["sensitivity", SCENARIO, "--every-number", "--report", REVIEW.as_posix()], folder)
    (folder / REVIEW / "claims.md").write_text(claims.ledger(berth), encoding="utf-8")
    (folder / REVIEW / "what-ifs.md").write_text(what_ifs.document(berth), encoding="utf-8")
    matmul_review.write(berth, folder / MATMUL)
    chat_review.write(berth, folder / CHAT)
    (folder / DOCUMENT).write_text(accuracy.document(berth), encoding="utf-8")


def replace(made, folder):
    """Moves what was made over what is there; a review's file that is no longer made goes."""
    for review in REVIEWS:
        shutil.rmtree(folder / review, ignore_errors=True)
        shutil.copytree(made / review, folder / review)
    (folder / DOCUMENT).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(made / DOCUMENT, folder / DOCUMENT)


def main():
    berth, folder = Berth(sys.argv[1]), pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT
    evidence.write(berth, folder)  # first, since predictions rest on it
    with tempfile.TemporaryDirectory() as made:
        regenerate(berth, pathlib.Path(made) / "new")
        replace(pathlib.Path(made) / "new", folder)
    print(f"wrote {folder / DOCUMENT} and {', '.join(str(folder / review) for review in REVIEWS)}")


if __name__ == "__main__":
    main()
