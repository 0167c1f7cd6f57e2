#!/usr/bin/env python3
"""Checks two things that must not be written down: model names in C++, and paths of a build machine in tracked files.

Usage: words_test.py SOURCE_DIR. A model or an architecture is data: its name stands in models/ and nowhere in sim/ or
include/. A tracked file that names a home folder or the folder of this checkout works on one machine only.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

HOME_PATHS = r"/(?:home|Users)/[A-Za-z0-9_.-]+|/root/[A-Za-z0-9_.-]+"


def as_whole_name(text):
    return rf"(?<![A-Za-z0-9_.-]){re.escape(text)}(?![A-Za-z0-9_-])"


def model_names(root):
    """Names of the shipped models and architectures: file names and what stands after 'model:' or 'architecture:'."""
    names = set()
    for path in sorted((root / "models").rglob("*.yaml")):
        names.add(path.stem)
        stated = re.search(r"^model:\s*[\"']?([^\s\"'#]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        if stated:
            names.add(stated.group(1))
    return names


def lines_matching(pattern, name, text):
    return [f"{name}:{number}: names '{match.group(0)}'" for number, line in enumerate(text.splitlines(), 1)
            for match in [pattern.search(line)] if match]


def model_names_in_code(root):
    names = model_names(root)
    if not names:
        return []
    pattern = re.compile("|".join(as_whole_name(name) for name in sorted(names)), re.IGNORECASE)
    errors = []
    for folder in ("sim", "include"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".cpp", ".h"):
                errors += lines_matching(pattern, path.relative_to(root), path.read_text(encoding="utf-8"))
    return errors


def path_pattern(root):
    """Home folders of any machine, and this checkout's own folder where it is deep enough to be telling."""
    own = [rf"(?<![\w./}}]){re.escape(str(root))}(?![\w-])"] if len(root.parts) > 2 else []
    return re.compile("|".join([rf"(?<![\w./}}])(?:{HOME_PATHS})"] + own))


NOT_TRACKED = {"build", ".git", ".cache", "__pycache__"}


def tracked_files(root, git="git"):
    """What git tracks; without git, or in an unpacked archive, every file but those that a build leaves behind."""
    try:
        listed = subprocess.run([git, "-C", str(root), "ls-files", "-z"], capture_output=True, check=False)
    except OSError:  # no git on this machine
        listed = None
    if listed and listed.returncode == 0 and listed.stdout:
        return [root / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in sorted(root.rglob("*"))
            if path.is_file() and not NOT_TRACKED & set(path.relative_to(root).parts)]


def machine_paths(root, git="git"):
    pattern, errors = path_pattern(root), []
    for path in tracked_files(root, git):
        try:
            errors += lines_matching(pattern, path.relative_to(root), path.read_text(encoding="utf-8"))
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue  # pictures hold no paths; a file being renamed is seen the next time
    return errors


def check_archive(git):
    """A tree that git does not know, on a machine with this git: its own files are read, those of a build are not."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder).resolve()
        for name in ["docs/notes.md", "build/release/log", "tests/__pycache__/x.pyc", "good.md"]:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text("nothing\n" if name == "good.md" else "see /" + "home/ada/models\n",
                                     encoding="utf-8")
        found = machine_paths(root, git)
    right = len(found) == 1 and found[0].startswith("docs/notes.md:1:")
    return [] if right else [f"the check itself is wrong about an archive, with {git}: {found}"]


def check_self():
    pattern = path_pattern(pathlib.Path("/builds/someone/berth"))
    bad = ["see /builds/someone/berth/x", '"/' + 'home/ada/models"', "/" + "root/berth"]
    good = ["${prefix}/builds/someone/berth", "/usr/share/berth", "a/home/b", "the /root of a tree"]
    wrong = [text for text in bad if not pattern.search(text)] + [text for text in good if pattern.search(text)]
    name = re.compile(as_whole_name("tiny-2.5"))
    wrong += [text for text in ['"tiny-2.5"', "tiny-2.5.yaml"] if not name.search(text)]
    wrong += [text for text in ["tiny-2.55", "very-tiny-2.5"] if name.search(text)]
    return [f"the check itself is wrong about: {text}" for text in wrong] + \
        check_archive("git") + check_archive("no-such-git")


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    errors = check_self() + model_names_in_code(root) + machine_paths(root)
    print("\n".join(errors) if errors else "no model name in code, no machine path in tracked files")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
