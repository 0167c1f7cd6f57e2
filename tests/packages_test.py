#!/usr/bin/env python3
"""Checks that the packages that `dev` installs are those that CMake asks for.

Usage: packages_test.py SOURCE_DIR BUILD_DIR. Every program, library and CMake package that CMake found for this
build and that came with a Debian package has to belong to one of the packages named in `dev`, or to one that these
depend on; what is only recommended is not installed. Elsewhere than on Debian there is nothing to check.
"""
import pathlib
import re
import shutil
import subprocess
import sys

CACHE_ENTRY = re.compile(r"^(?P<name>[\w-]+):(?:FILEPATH|PATH|STRING)=(?P<value>/usr/.+)$", re.MULTILINE)
SHELL_ARRAY = re.compile(r"^readonly (?P<name>\w+_packages)=\((?P<words>[^)]*)\)", re.MULTILINE)


def packages_named(script, name):
    """The words of one array of the script, with those of the arrays that it takes in."""
    arrays = {match["name"]: match["words"].split() for match in SHELL_ARRAY.finditer(script)}
    names = set()
    for word in arrays.get(name, []):
        other = re.fullmatch(r'"\$\{(\w+)\[@\]\}"', word)
        names |= packages_named(script, other[1]) if other else {word}
    return names


def installed_packages():
    """Per installed package, what it depends on: of alternatives and of what provides a virtual package, the first that
    is installed."""
    form = "${Package}\t${Pre-Depends}, ${Depends}\t${Provides}\t${db:Status-Status}\n"
    listed = subprocess.run(["dpkg-query", "-W", "-f", form], capture_output=True, check=True, text=True).stdout
    depends, provided = {}, {}
    for line in listed.splitlines():
        name, needs, provides, status = line.split("\t")
        if status == "installed":
            depends[name] = [[choice.split()[0].split(":")[0] for choice in need.split("|")]
                             for need in needs.split(",") if need.strip()]
            for virtual in provides.split(","):
                if virtual.strip():
                    provided.setdefault(virtual.split()[0], name)

    def first_there(choices):
        return next((real for choice in choices for real in (choice, provided.get(choice)) if real in depends), None)
    return {name: {first_there(choices) for choices in needs} - {None} for name, needs in depends.items()}


def with_dependencies(names, depends):
    reached, todo = set(), [name for name in names if name in depends]
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo += depends[name]
    return reached


def owners(paths):
    """Per path, the packages that it came with; none where it is one's own."""
    def known_as(path):  # /lib is /usr/lib, and the database has either
        return {str(path), str(path).removeprefix("/usr")}
    names = {name for path in paths for name in known_as(path) | known_as(path.resolve())}
    listed = subprocess.run(["dpkg", "-S", *sorted(names)], capture_output=True, check=False, text=True).stdout
    packages = {}
    for line in listed.splitlines():
        of, _, name = line.rpartition(": ")
        if not of.startswith("diversion "):
            packages.setdefault(name, set()).update(package.split(":")[0] for package in of.split(", "))

    def owning(path):
        return set().union(*(packages.get(name, set()) for name in known_as(path)))
    # A link that no package has, as those to alternatives, is what it leads to.
    return {path: owning(path) or owning(path.resolve()) for path in paths}


def found_by_cmake(cache):
    """Name and path of everything in the cache that exists: files, and folders of CMake packages."""
    for match in CACHE_ENTRY.finditer(cache):
        for path in map(pathlib.Path, match["value"].split(";")):
            if path.is_file() or (path.is_dir() and match["name"].endswith("_DIR")):
                yield match["name"], path


def missing_packages(cache, named, depends, owners_of=owners):
    there = with_dependencies(named, depends)
    found = list(found_by_cmake(cache))
    packages = owners_of([path for _, path in found])
    return [f"{name} ({path}) is of {' or '.join(sorted(packages[path]))}: name it in dev, nothing that stands there "
            "depends on it"
            for name, path in found if packages[path] and not packages[path] & there]


def check_self():
    script = 'readonly a_packages=(\n    one\n    two)\nreadonly b_packages=(\n    "${a_packages[@]}" three)\n'
    depends = {"one": {"four"}, "two": set(), "three": set(), "four": set(), "five": set()}
    cache = "x_DIR:PATH=/usr/bin\nY_LIBRARY:FILEPATH=/usr/bin/env\n"
    named = packages_named(script, "b_packages")
    wrong = [] if named == {"one", "two", "three"} else [f"the names {named}"]
    for owner, complaints in [("four", 0), ("three", 0), ("five", 2)]:
        found = missing_packages(cache, named, depends, lambda paths, owner=owner: dict.fromkeys(paths, {owner}))
        wrong += [] if len(found) == complaints else [f"{owner}: {found}"]
    return [f"the check itself is wrong about {what}" for what in wrong]


def main():
    source, build = (pathlib.Path(name) for name in sys.argv[1:])
    errors = check_self()
    if not shutil.which("dpkg-query"):
        print("\n".join(errors) if errors else "not a Debian-like system: nothing to compare")
        return 1 if errors else 0
    script = (source / "dev").read_text(encoding="utf-8")
    named = packages_named(script, "browser_packages")  # with what only some tests take, where it is there
    depends = installed_packages()
    needed = packages_named(script, "build_packages")
    errors += [f"{name} is named in dev and not installed" for name in sorted(needed - set(depends))]
    errors += missing_packages((build / "CMakeCache.txt").read_text(encoding="utf-8"), named, depends)
    print("\n".join(errors) if errors else f"{len(named)} packages named in dev cover what CMake found")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
