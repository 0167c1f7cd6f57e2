#!/usr/bin/env python3
"""Writes into each shipped profile what was measured of its devices: the lists `devices.D.evidence`.

Usage: evidence.py BERTH [FOLDER]. Writes below FOLDER/hardware, the source tree if it is not given. A list holds the
operators of the rows that the profile's numbers were set with; it is empty for a device that a profile describes
without such rows.
"""
import pathlib
import re
import sys

from berth_runs import ROOT, Berth

PROFILES = ("hardware/*.yaml", "hardware/archetypes/*.yaml")
DEVICE, KEY, ITEM = 2, 4, 6  # indentation


def indentation(line):
    return len(line) - len(line.lstrip(" "))


def is_text(line):
    return bool(line.strip()) and not line.lstrip().startswith("#")


def end_of(lines, start, indent):
    """One past the last line of the block that `lines[start]` opens, without comments that belong to what follows."""
    end = last = start + 1
    while end < len(lines) and (not is_text(lines[end]) or indentation(lines[end]) > indent):
        end += 1
        last = end if is_text(lines[end - 1]) else last
    return last


def blocks(lines):
    """The devices that a profile describes: name, first line and one past the last."""
    start = next((at for at, line in enumerate(lines) if line.startswith("devices:")), None)
    if start is None:
        return []
    end = end_of(lines, start, 0)
    names = [(at, re.match(r" {2}(\w+):\s*(#.*)?$", line)) for at, line in enumerate(lines[start:end], start)]
    return [(match[1], at, end_of(lines, at, DEVICE)) for at, match in names if match]


def list_of(kinds):
    """The lines of one device's list."""
    if not kinds:
        return [" " * KEY + "evidence: []  # no number of it was set with rows"]
    lines = [" " * KEY + "evidence:"]
    for kind in kinds:
        ranges = ", ".join(f"[{least}, {most}]" for least, most in kind["sizes"].values())
        sizes = f", sizes: [{ranges}]" if ranges else ""
        form = "" if kind["form"] == "plain" else f", form: {kind['form']}"
        cores = f", cores: {kind['cores']}" if kind["cores"] else ""
        lines.append(f"{'':{ITEM}}- {{op: {kind['op']}, dtype: {kind['dtype']}{form}{cores}{sizes}}}")
    return lines


def without_list(lines):
    start = next((at for at, line in enumerate(lines) if line.startswith(" " * KEY + "evidence:")), None)
    return lines if start is None else lines[:start] + lines[end_of(lines, start, KEY):]


def measured(berth, profile):
    """What rows say of each device; nothing for a profile without rows."""
    if not (ROOT / "hardware" / "measured" / profile / "validation.yaml").exists():
        return {}
    by_device = {}
    for kind in berth.ask("validate", "--hardware", profile)["evidence"]:
        by_device.setdefault(kind["device"], []).append(kind)
    return by_device


def with_device(lines, added):
    start = next((at for at, line in enumerate(lines) if line.startswith("devices:")), None)
    if start is None:
        return lines + ["devices:"] + added
    end = end_of(lines, start, 0)
    return lines[:end] + added + lines[end:]


def written(text, kinds):
    """The text of a profile with its lists."""
    lines = text.splitlines()
    for name, start, end in reversed(blocks(lines)):
        lines[start:end] = without_list(lines[start:end]) + list_of(kinds.pop(name, []))
    for name in sorted(kinds):  # described in a profile that this one extends
        lines = with_device(lines, [" " * DEVICE + f"{name}:"] + list_of(kinds[name]))
    return "\n".join(lines) + "\n"


def profiles(berth):
    """Path within the source tree and text of every shipped profile, with its lists as they are to be."""
    for pattern in PROFILES:
        for path in sorted(ROOT.glob(pattern)):
            yield path.relative_to(ROOT), written(path.read_text(encoding="utf-8"), measured(berth, path.stem))


def write(berth, folder):
    for path, text in list(profiles(berth)):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Berth(sys.argv[1]), pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT)
