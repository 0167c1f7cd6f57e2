#!/usr/bin/env python3
"""Checks that every include in sim/ and include/berth goes to the same folder or to a lower floor.

Usage: layers_test.py SOURCE_DIR. A public header x.h belongs to the folder that holds x.cpp. The table tests/layers.json
gives the floor of each folder, the includes allowed between folders of one floor (never in both directions), and the
folder of each public header that no .cpp file of its name tells.
"""
import json
import pathlib
import re
import sys
import tempfile

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def folder_of_headers(root, table):
    """Maps each public header to its folder; returns the map and the complaints."""
    owners, errors = {}, []
    implementations = {}
    for source in (root / "sim").rglob("*.cpp"):
        implementations.setdefault(source.stem, set()).add(source.relative_to(root / "sim").parts[0])
    for header in sorted((root / "include" / "berth").glob("*.h")):
        found = implementations.get(header.stem, set())
        if header.name in table["headers"]:  # before a .cpp file of that name in another folder
            owners[header.name] = table["headers"][header.name]
        elif len(found) == 1:
            owners[header.name] = next(iter(found))
        else:
            why = "several folders implement it" if found else "no folder implements it"
            errors.append(f'include/berth/{header.name}: {why}: name its folder in tests/layers.json, "headers"')
    for name, folder in table["headers"].items():
        owners.setdefault(name, folder)
    return owners, errors


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
    """Returns one line per include that goes up, or that names a folder or header nobody knows."""
    owners, errors = folder_of_headers(root, table)
    errors += check_table(table)
    files = [(path, path.relative_to(root / "sim").parts[0])
             for pattern in ("*.cpp", "*.h") for path in sorted((root / "sim").rglob(pattern))]
    files += [(path, owners[path.name]) for path in sorted((root / "include" / "berth").glob("*.h"))
              if path.name in owners]
    for path, user in files:
        text = path.read_text(encoding="utf-8")
        if user not in table["floors"]:
            errors.append(f"{path.relative_to(root)}: folder '{user}' has no floor in tests/layers.json")
            continue
        for match in INCLUDE.finditer(text):
            where = f"{path.relative_to(root)}:{text.count(chr(10), 0, match.start(1)) + 1}"
            parts = match.group(1).split("/")
            used = owners.get("/".join(parts[1:])) if parts[0] == "berth" else parts[0]
            if used not in table["floors"]:
                errors.append(f'{where}: cannot place "{match.group(1)}" on a floor')
            elif not allowed(table, user, used):
                errors.append(f"{where}: {user} (floor {table['floors'][user]}) may not include {match.group(1)} "
                              f"of {used} (floor {table['floors'][used]})")
    return errors


def check_self(table):
    """The check must find what it is for: an include that goes up, one sideways, and a header without a home."""
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        for folder in ("include/berth", "sim/base", "sim/cost", "sim/importers"):
            (root / folder).mkdir(parents=True)
        (root / "include/berth/kernel.h").write_text("")
        (root / "include/berth/orphan.h").write_text("")
        (root / "sim/cost/kernel.cpp").write_text('#include "berth/kernel.h"\n#include "base/text.h"\n')
        (root / "sim/base/text.cpp").write_text('// text\n#include "berth/kernel.h"\n')
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
