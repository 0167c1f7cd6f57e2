#!/usr/bin/env python3
"""Checks that every include in sim/ and include/berth goes to the same folder or to a lower floor.

Usage: layers_test.py SOURCE_DIR. The public headers of a folder sim/x are in include/berth/x. The table tests/layers.json
gives the floor of each folder, and the includes allowed between folders of one floor (never in both directions).
"""
import json
import pathlib
import re
import sys
import tempfile

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def allowed(table, user, used):
    floors = table["floors"]
    return user == used or floors[used] < floors[user] or used in table["same_floor"].get(user, [])


def check_table(table):
    floors, same = table["floors"], table["same_floor"]
    errors = []
    for user, used_folders in same.items():
        for used in used_folders:
            if floors[user] != floors[used]:
                errors.append(f"tests/layers.json: {user} and {used} are not on the same floor")
            if user in same.get(used, []):
                errors.append(f"tests/layers.json: {user} and {used} may not include each other")
    return errors


def check_tree(root, table):
    """Returns one line per include that goes up, or that names a folder nobody knows."""
    errors = check_table(table)
    files = [(path, path.relative_to(top).parts[0]) for top in (root / "sim", root / "include" / "berth")
             for pattern in ("*.cpp", "*.h") for path in sorted(top.rglob(pattern))]
    for path, user in files:
        text = path.read_text(encoding="utf-8")
        if user not in table["floors"]:
            errors.append(f"{path.relative_to(root)}: folder '{user}' has no floor in tests/layers.json")
            continue
        for match in INCLUDE.finditer(text):
            where = f"{path.relative_to(root)}:{text.count(chr(10), 0, match.start(1)) + 1}"
            used = match.group(1).removeprefix("berth/").split("/")[0]
            if used not in table["floors"]:
                errors.append(f'{where}: cannot place "{match.group(1)}" on a floor')
            elif not allowed(table, user, used):
                errors.append(f"{where}: {user} (floor {table['floors'][user]}) may not include {match.group(1)} "
                              f"of {used} (floor {table['floors'][used]})")
    return errors


def check_self(table):
    """The check must find what it is for: an include that goes up, one sideways, and a header in no folder."""
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        for folder in ("include/berth/cost", "sim/base", "sim/cost", "sim/importers"):
            (root / folder).mkdir(parents=True)
        (root / "include/berth/cost/kernel.h").write_text('#include "berth/base/text.h"\n')
        (root / "include/berth/orphan.h").write_text("")
        (root / "sim/cost/kernel.cpp").write_text('#include "berth/cost/kernel.h"\n#include "base/text.h"\n')
        (root / "sim/base/text.cpp").write_text('// text\n#include "berth/cost/kernel.h"\n')
        (root / "sim/importers/clock.h").write_text('#include "cost/kernel_detail.h"\n#include <vector>\n')
        found = sorted(check_tree(root, table))
    expected = ["include/berth/orphan.h:", "sim/base/text.cpp:2:", "sim/importers/clock.h:1:"]
    if [line.split(" ")[0] for line in found] != expected:
        return [f"the check itself is wrong: it reports {found}"]
    return []


def main():
    root = pathlib.Path(sys.argv[1])
    table = json.loads((root / "tests" / "layers.json").read_text(encoding="utf-8"))
    errors = check_self(table) + check_tree(root, table)
    print("\n".join(errors) if errors else "every include goes down")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
