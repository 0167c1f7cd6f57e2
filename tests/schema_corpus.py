"""Files that schemas are tried on: read as editors read them, taken apart by the schema, and spoilt in one place each."""
import pathlib
import re

import yaml

from docs_test import blocks_of

KINDS = {"hardware": "profile", "model": "model", "architecture": "architecture", "scenario": "scenario"}
FOLDERS = {"hardware": "hardware", "models": "model", "models/architectures": "architecture", "scenarios": "scenario"}


class CoreLoader(yaml.SafeLoader):
    """YAML 1.2, as editors and berth read it: `on` is a text. PyYAML follows YAML 1.1 otherwise."""


CoreLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in [
        ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
        ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
        ("int", r"^[-+]?[0-9]+$", list("-+0123456789")),
        ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", list("-+0123456789."))]:
    CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), first)
CoreLoader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(loader.construct_scalar(node), 10))


def load(text):
    return yaml.load(text, Loader=CoreLoader)


def kind_of(data):
    return next((name for key in data for name, first in KINDS.items() if key == first), None)


class File:
    """A file of the corpus; `wrong` is what the document that shows it says."""

    def __init__(self, name, text, wrong=False):
        self.name, self.text, self.wrong, self.data = name, text, wrong, load(text)
        self.kind = kind_of(self.data)


def shipped(root):
    return [File(str(path.relative_to(root)), path.read_text(encoding="utf-8"))
            for folder in FOLDERS for path in sorted((root / folder).glob("*.yaml"))]


def shown(root):
    """YAML files that documents show, complete as they stand."""
    return [File(block.mark["name"], "\n".join(block.lines) + "\n", bool(block.mark["wrong"]))
            for document in [root / "README.md", *sorted((root / "docs").glob("*.md"))]
            for block in blocks_of(document.read_text(encoding="utf-8"))
            if block.mark and pathlib.Path(block.mark["name"]).suffix == ".yaml"]


class Place:
    """A value of a file: its path, and the node of the schema that describes it."""

    def __init__(self, path, pointer, node, value, key):
        self.path, self.pointer, self.node, self.value = path, pointer, node, value
        self.key = key  # where in the schema, names of free maps left out

    def dotted(self):
        return ".".join(str(step) for step in self.path)


def branches(schema, pointer, node):
    """The node without references and choices: every alternative with where it stands."""
    if "$ref" in node:
        name = node["$ref"].split("/")[-1]
        return branches(schema, f"definitions/{name}", schema["definitions"][name])
    if "anyOf" in node and "type" not in node:
        return [each for at, part in enumerate(node["anyOf"]) for each in branches(schema, f"{pointer}/{at}", part)]
    if "allOf" in node and "type" not in node:
        return [each for at, part in enumerate(node["allOf"]) for each in branches(schema, f"{pointer}/{at}", part)]
    return [(pointer, node)]


def admits(node, value):
    types = node.get("type", [])
    name = "object" if isinstance(value, dict) else "array" if isinstance(value, list) else "scalar"
    return name in types if isinstance(types, list) else name == types


def places(schema, value, node=None, pointer="", path=(), key=""):
    """Every place of the value below the top, with maps and lists themselves."""
    for at, found in branches(schema, pointer, node or schema):
        known = found.get("properties", {})
        if not admits(found, value) or (isinstance(value, dict) and known and not set(value) <= set(known)):
            continue
        yield Place(path, at, found, value, key)
        if isinstance(value, dict):
            for name, child in value.items():
                inner = known.get(name, found.get("additionalProperties"))
                step = name if name in known else "*"
                if isinstance(inner, dict):
                    yield from places(schema, child, inner, f"{at}/{step}", (*path, name), f"{at}/{step}")
        else:
            for index, child in enumerate(value):
                yield from places(schema, child, found["items"], f"{at}/#", (*path, index), f"{at}/#")
        return
    if path:
        yield Place(path, pointer, node or schema, value, key)


def changed_at(value, path, change):
    """The value with `change(parent, step)` done to a copy of what holds the place; the rest is shared."""
    copied = dict(value) if isinstance(value, dict) else list(value)
    step = path[0]
    if len(path) == 1:
        return change(copied, step)
    copied[step] = changed_at(copied[step], path[1:], change)
    return copied


def becomes(other):
    def change(parent, step):
        parent[step] = other
        return parent
    return change


def without(parent, step):
    del parent[step]
    return parent


def misspelt(parent, step):
    return {step + "q" if name == step else name: child for name, child in parent.items()}


def mistakes(place):
    """What may go wrong at a place: what to call it, and the change that does it."""
    value, step = place.value, place.path[-1]
    ways = [("becomes a list of it", becomes([value])), ("becomes a list of lists", becomes([[value]])),
            ("becomes a map", becomes({"zzzz": value})), ("becomes a text", becomes("zzzz"))]
    if isinstance(value, str):
        ways += [("becomes another unit", becomes("3 kB" if re.search(r"[a-zA-Z]?s$", value) else "3 ms")),
                 ("becomes a number", becomes(7))]
    else:
        ways += [("becomes a fraction", becomes(0.37)), ("becomes a negative number", becomes(-7))]
    if isinstance(step, str):
        ways += [("is removed", without), ("is misspelt", misspelt), ("has no value", becomes(None))]
    return ways


def spoilt(data, place, mistake):
    what, change = mistake
    return f"{place.dotted()} {what}", changed_at(data, place.path, change)
