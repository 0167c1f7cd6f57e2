"""What the generated documents share: Markdown tables, and a command line that writes a document or prints it."""
import pathlib
import sys

from berth_runs import Berth


def signed(ratio):
    return f"{100 * ratio:+.0f} %" if round(100 * ratio) else "0 %"


def whole(ratio):
    return f"{100 * ratio:.0f} %" if ratio is not None else "-"


def table(headings, aligns, rows):
    """A Markdown table; `aligns` has a letter per column, r for right."""
    rules = ["---:" if align == "r" else "---" for align in aligns]
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in [headings, rules, *rows])


def write_or_print(document):
    """The command line BERTH [FILE] of a program whose `document(berth)` is a text."""
    text = document(Berth(sys.argv[1]))
    if len(sys.argv) > 2:
        pathlib.Path(sys.argv[2]).write_text(text, encoding="utf-8")
    else:
        print(text, end="")
