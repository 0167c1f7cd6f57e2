#!/usr/bin/env python3
"""Checks that README.md and docs/*.md tell the truth: commands run, transcripts are real, examples are valid, links lead
somewhere.

Usage: docs_test.py SOURCE_DIR BERTH [--update]

* A fenced block of language `console` is a transcript: `$ COMMAND`, then its output, standard error included. `...` alone
  on a line stands for lines that are left out. `$ echo $?` and a number say what the exit status is where it is not 0.
* In any other fenced block, a line that starts with `berth ` is run and has to succeed.
* `<!-- file: NAME -->` in front of a fenced block makes it a file, complete as it stands, that later commands of the same
  document may name. YAML files pass `berth check`, unless the mark ends in `, wrong`: then check has to refuse them.
* `<!-- same as PATH -->` in front of a fenced block: it equals that file of the source tree.
* Relative links name a file, and a heading where they have an anchor; `berth WORD` in the text names a command.

--update writes what the commands print now into the transcripts; run it after a change that is meant to show in them.
"""
import concurrent.futures
import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

FENCE = re.compile(r"^(\s*)(```+)\s*(\S*)\s*$")
FILE_MARK = re.compile(r"^<!-- file: (?P<name>[\w./-]+)(?P<wrong>, wrong)? -->$")
SAME_MARK = re.compile(r"^<!-- same as (?P<path>[\w./-]+) -->$")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
STATUS = "echo $?"
GAP = "..."
ALIKE = 0.5
DATA = ("hardware", "models", "scenarios")


class Block:
    """A fenced block: its language, the line in front of it, and its lines with the number of the first."""

    def __init__(self, language, before, first, lines):
        self.language, self.first, self.lines = language, first, lines
        self.mark, self.same = FILE_MARK.match(before), SAME_MARK.match(before)


class Step:
    """A command of a transcript, what is shown of its output (lines), and where."""

    def __init__(self, command, line):
        self.command, self.line, self.status = command, line, 0
        self.shown, self.shown_at = [], 0


def blocks_of(text):
    blocks, lines, at = [], text.splitlines(), 0
    while at < len(lines):
        opening = FENCE.match(lines[at])
        if not opening:
            at += 1
            continue
        before = lines[at - 1].strip() if at > 0 else ""
        end = at + 1
        while end < len(lines) and lines[end].strip() != opening.group(2):
            end += 1
        blocks.append(Block(opening.group(3), before, at + 1, lines[at + 1:end]))
        at = end + 1
    return blocks


def without_blank_end(lines):
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return lines


def steps_of(block):
    """Commands of a block in order; `line` counts from 0 in the block."""
    steps, transcript, lines = [], block.language == "console", enumerate(block.lines)
    for number, line in lines:
        prompt = line.startswith("$ ") if transcript else re.match(r"(\$ )?berth ", line)
        if not prompt:
            if transcript and steps:
                steps[-1].shown_at = steps[-1].shown_at or number
                steps[-1].shown.append(line)
            continue
        command = line.removeprefix("$ ")
        while command.endswith("\\"):
            command = command[:-1] + next(lines)[1].strip()
        if command == STATUS and steps:
            steps[-1].status = int(next(lines)[1])
        else:
            steps.append(Step(command, number))
    for step in steps:
        step.shown = without_blank_end(step.shown)
    return steps


def run(command, folder):
    """Exit status and lines of output of a shell command that calls the program `berth`."""
    environment = {**os.environ, "PATH": f"{folder}/bin:{os.environ.get('PATH', '')}", "LC_ALL": "C.UTF-8",
                   "BERTH_DATA": str((folder / DATA[0]).resolve().parent),
                   "BERTH_MACHINE": "none"}  # profiles are compared with no machine: the same everywhere
    environment.pop("COLUMNS", None)  # texts are as wide as where there is no terminal
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False, timeout=60)
    return done.returncode, without_blank_end(done.stdout.splitlines())


def runs_of(shown):
    """The shown lines in unbroken runs; whether a run may start later than where the one before ended."""
    runs, gap = [([], False)], False
    for line in shown:
        if line == GAP:
            runs.append(([], True))
        else:
            runs[-1][0].append(line)
    return runs


def first_missing(shown, output):
    """The first run of shown lines that the output does not have where it should; None if all are there."""
    at, runs = 0, runs_of(shown)
    for number, (lines, later) in enumerate(runs):
        last = number == len(runs) - 1
        places = range(at, len(output) - len(lines) + 1) if later else [at]
        if later and last and lines:
            places = [len(output) - len(lines)]  # what follows the last gap ends the output
        found = next((p for p in places if p >= at and output[p:p + len(lines)] == lines), None)
        if found is None or (last and not later and found + len(lines) != len(output)):
            return lines
        at = found + len(lines)
    return None


def likeness(old, new):
    return sum(difflib.SequenceMatcher(None, a, b, autojunk=False).ratio() if a or b else 1
               for a, b in zip(old, new)) / max(1, len(old))


def refreshed(shown, output):
    """The lines of the output that are most like the shown ones, with the same gaps; None where nothing is alike."""
    result, at, runs = [], 0, runs_of(shown)
    if len(runs) == 1:
        return output if likeness(["\n".join(shown)], ["\n".join(output)]) >= ALIKE else None
    for number, (lines, later) in enumerate(runs):
        if later:
            result.append(GAP)
        if not lines:
            continue
        last = number == len(runs) - 1
        if later and last:
            at = max(at, len(output) - len(lines))
        places = range(at, len(output) - len(lines) + 1) if later else [at]
        best = max(places, key=lambda p: likeness(lines, output[p:p + len(lines)]), default=None)
        if best is None or likeness(lines, output[best:best + len(lines)]) < ALIKE:
            return None
        result += output[best:best + len(lines)]
        at = best + len(lines)
    return result


def prepare(folder, root, program):
    (folder / "bin").mkdir()
    (folder / "bin" / "berth").symlink_to(program)
    for name in DATA:
        (folder / name).symlink_to(root / name)


def check_file(block, folder, where):
    path = folder / block.mark["name"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(block.lines) + "\n", encoding="utf-8")
    if path.suffix != ".yaml":
        return []
    status, output = run(f"berth check {block.mark['name']}", folder)
    expected = 2 if block.mark["wrong"] else 0
    return [] if status == expected else [f"{where}: berth check exits {status}, not {expected}:"] + output


def check_same(block, root, where):
    path = root / block.same["path"]
    same = path.is_file() and path.read_text(encoding="utf-8").splitlines() == block.lines
    return [] if same else [f"{where}: it is not what {block.same['path']} holds"]


def check_step(step, transcript, folder, where):
    """Complaints, and what may stand in the transcript instead of what is shown (None: no proposal)."""
    status, output = run(step.command, folder)
    if status != step.status:
        return [f"{where}: `{step.command}` exits {status}, not {step.status}:"] + output[-5:], None
    missing = first_missing(step.shown, output) if transcript else None
    if missing is None:
        return [], None
    proposal = refreshed(step.shown, output) if step.shown else None
    return ([f"{where}: `{step.command}` does not print this there (docs_test.py --update writes what it prints):"]
            + missing[:3], proposal)


def check_commands(document, root, program, update):
    errors = []
    text = document.read_text(encoding="utf-8")
    lines, name = text.splitlines(), document.relative_to(root)
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        prepare(folder, root, program)
        replacements = []  # first line, past the last, new lines
        for block in blocks_of(text):
            if block.mark:
                errors += check_file(block, folder, f"{name}:{block.first + 1}")
                continue
            if block.same:
                errors += check_same(block, root, f"{name}:{block.first + 1}")
                continue
            for step in steps_of(block):
                where = f"{name}:{block.first + step.line + 1}"
                found, proposal = check_step(step, block.language == "console", folder, where)
                if update and proposal is not None:
                    start = block.first + step.shown_at
                    replacements.append((start, start + len(step.shown), proposal))
                    print(f"{where}: updated")
                else:
                    errors += found
    for first, past, new in reversed(replacements):
        lines[first:past] = new
    if replacements:
        document.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return errors


def prose_of(text):
    """The text without fenced blocks and inline code."""
    kept, fence = [], None
    for line in text.splitlines():
        opening = FENCE.match(line)
        if fence:
            fence = None if line.strip() == fence else fence
            kept.append("")
        elif opening:
            fence = opening.group(2)
            kept.append("")
        else:
            kept.append(re.sub(r"`[^`]*`", "", line))
    return kept


def anchors_of(path):
    headings = re.findall(r"^#+ (.*)$", "\n".join(prose_of(path.read_text(encoding="utf-8"))), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def check_links(document, root):
    errors = []
    for number, line in enumerate(prose_of(document.read_text(encoding="utf-8")), 1):
        for target in LINK.findall(line):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            file = (document.parent / path) if path else document
            if not file.exists():
                errors.append(f"{document.relative_to(root)}:{number}: no file '{path}'")
            elif anchor and anchor not in anchors_of(file):
                errors.append(f"{document.relative_to(root)}:{number}: no heading '#{anchor}' in {file.name}")
    return errors


def check_named_commands(document, root, commands):
    errors = []
    for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1):
        errors += [f"{document.relative_to(root)}:{number}: there is no command 'berth {word}'"
                   for word in re.findall(r"`berth ([a-z][a-z-]*)", line) if word not in commands]
    return errors


def command_names(program):
    shown = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"^  ([a-z][a-z-]*)(?: |$)", shown, re.MULTILINE))


def check_document(document, root, program, commands, update):
    return (check_commands(document, root, program, update) + check_links(document, root) +
            check_named_commands(document, root, commands))


def check_self():
    output = ["a 1", "b", "c", "d"]
    good = [["a 1", "b", "c", "d"], ["a 1", "..."], ["...", "b", "...", "d"], ["...", "d"], ["a 1", "...", "c", "..."]]
    bad = [["a 1"], ["a 1", "b"], ["...", "c"], ["b", "..."], ["a 1", "...", "b", "...", "b", "..."], []]
    wrong = [f"accepts {shown}" for shown in bad if first_missing(shown, output) is None]
    wrong += [f"refuses {shown}" for shown in good if first_missing(shown, output) is not None]
    if refreshed(["a 2", "...", "d"], output) != ["a 1", "...", "d"]:
        wrong.append("updates with other lines")
    if steps_of(Block("console", "", 0, ["$ berth x \\", "  y", "no", "$ echo $?", "2"]))[0].status != 2:
        wrong.append("reads no exit status")
    return [f"the check itself is wrong: {each}" for each in wrong]


def main():
    root, program = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    update = "--update" in sys.argv[3:]
    documents = [root / "README.md", *sorted((root / "docs").glob("*.md"))]
    errors, commands = check_self(), command_names(program)
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for found in pool.map(lambda each: check_document(each, root, program, commands, update), documents):
            errors += found
    print("\n".join(errors) if errors else f"{len(documents)} documents hold what they say")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
