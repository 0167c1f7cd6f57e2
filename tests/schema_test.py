#!/usr/bin/env python3
"""Checks that docs/schema is what `berth schema` prints, that shipped files name it, and that it agrees with the readers.

Usage: schema_test.py SOURCE_DIR BERTH [--update] [--times N]

* docs/schema/*.json are current; --update writes them, and the first line that shipped files lack.
* Shipped files, and those that documents show, pass their schema; spoilt in one place each, they are refused by it only if
  `berth check` refuses them, and always if check calls them misspelt, incomplete or of another type. EXCEPTIONS lists
  what no schema can say. The sample is fixed, at each key of the schemas once and more often; --times N takes N times it.
* In each map, schema and reader know the same keys: an unknown one makes the reader list its own.
"""
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

try:
    import jsonschema
    from schema_corpus import FOLDERS, KINDS, File, branches, mistakes, places, shipped, shown, spoilt
except ImportError as missing:
    SYSTEM = "/usr/bin/python3"  # where packages of the system are, if another python3 comes first in the path
    if os.path.realpath(sys.executable) == os.path.realpath(SYSTEM) or not os.path.exists(SYSTEM):
        sys.exit(f"{missing}: install python3-jsonschema and python3-yaml (./dev does)")
    os.execv(SYSTEM, [SYSTEM, "-B", *sys.argv])

MODELINE = "# yaml-language-server: $schema="
UNKNOWN = "zzzzzzzzzzzz"
SAMPLE = {"hardware": 300, "model": 150, "architecture": 200, "scenario": 250}
BATCH = 60

# Complaints of the readers about what stands in a file, rather than about what it means.
STRUCTURAL = re.compile(
    r"unknown key|missing key|no value is given|found (a list|a map|a single value|nothing)|is not a (whole )?number|"
    r"is not a truth value|unknown value|is not a unit|has no unit|, not an? |does not begin with a number|is out of range|"
    r"is zero|is negative|has a spread|has no meaning|the list is empty|no dtype is given|it does not go with|"
    r"does not go with|the stage does nothing|does not say what it describes|is no traffic|arrivals are of one kind|only users think")
# What no schema can say: (complaint of the reader, in which files, why).
EXCEPTIONS = [
    (r"missing key|no value is given|arrivals are of one kind|only users think", lambda data: "extends" in data,
     "what is missing may stand in the file that is extended"),
    (r"unknown key '(multi_core|dtypes|max_bytes|max_m|max_k|max_n|as_convolution|max_kernel|max_kernel_depth|weights_only|cuts_lines|max_pooled|cuts|on_the_way|else)' in 'devices\..*\.runtime\.operators\.", lambda data: True,
     "a rule has these keys only if it is 'on' the device whose name is a key further up"),
    (r"^memory\.dram\.rated_clock: no value is given|^memory\.dram: missing key 'rated_clock'", lambda data: True,
     "a clock of the memory needs the one at which its bandwidths hold"),
    (r"^stages\..*\.tokens: no value is given|missing key 'tokens'", lambda data: "stages" in data,
     "the model knows whether it reads text"),
    (r"has no meaning without 'max_(bytes|m|k|n|kernel)'", lambda data: True,
     "a limit that is there without a value is none to the reader, which says so of 'else' too"),
    (r"^(sizes|head)\..*found a list", lambda data: "architecture" in data,
     "the architecture knows which sizes have a value per block"),
]
# Keys of another form of the same value, which the reader looks for first to tell the forms apart.
OTHER_FORM = {("scenario", "/stages/#/tokens/2"): {"from", "to"},
              ("scenario", "/stages/#/prompt/2"): {"from", "to"},
              ("scenario", "/stages/#/new_tokens/2"): {"from", "to"},
              ("scenario", "definitions/time_with_origin"): {"low", "high"}}
# Maps that no other file of the test has.
REST = {
    "traffic": """{scenario: s, hardware: x86-avx512-vnni, arrivals: {users: 3, think: 0 ms, requests: 9, seed: 0},
        stages: [{name: a, takes: 2 ms}]}""",
    "stream": """{scenario: s, hardware: x86-avx512-vnni, arrivals: {rate: 5 Hz, requests: 9, warm_up: 0},
        stages: [{name: a, takes: 2 ms}]}""",
    "evidence": "{profile: p, extends: x86-avx512-vnni, devices: {cpu: {evidence: [{op: conv2d, dtype: fp32, form: grouped, cores: 2, sizes: [[1, 2], [3, 4], [5, 6]]}]}}}",
    "generation": "{profile: p, extends: x86-avx512-vnni, devices: {cpu: {runtime: {generation: {prompt_chunk: 128, cache_length: 1024, answers: 4}}}}}",
    "weights": "{profile: p, extends: x86-avx512-vnni, devices: {cpu: {matrix: {weight_only: {int4: fp16}}}}}",
    "checks": """{model: m, graph: {checks: [{law: batch == 1, message: one}], inputs: {x: {shape: [1]}},
        operators: [{name: a, op: relu, inputs: [x], rows: 1, cols: 1, shape: [1]}]}}""",
    "heads": """{architecture: a, sizes: {w: width}, huggingface: [{model_types: [t], sizes: {w: {field: f}},
        heads: {"*Model": {w: {field: f, means: {x: 1}}}}}], inputs: {x: {shape: [w]}},
        sections: [{section: s, result: a, operators: [{name: a, op: relu, inputs: [x], rows: 1, cols: w, shape: [w]}]}]}""",
    "lengths": """{scenario: s, hardware: x86-avx512-vnni, stages: [
        {name: a, takes: {value: 26 ms, spread: 10%}},
        {name: b, model: gpt2, dtype: fp32, tokens: {file: lengths.csv, column: tokens}},
        {name: c, model: gpt2, dtype: fp32, phase: generate, prompt: {file: lengths.csv, column: tokens},
         new_tokens: {file: lengths.csv, column: tokens}}]}""",
}


class Berth:
    def __init__(self, program, root):
        self.program = program
        self.environment = {**os.environ, "BERTH_DATA": str(root)}

    def schema(self, *names):
        return subprocess.run([self.program, "schema", *names], capture_output=True, text=True, check=True).stdout

    def check(self, files):
        """What `berth check` says of files, given as data: a list of its records."""
        records = []
        with tempfile.TemporaryDirectory() as folder:
            for start in range(0, len(files), BATCH):
                names = []
                for at, data in enumerate(files[start:start + BATCH], start):
                    names.append(f"file-{at}.yaml")
                    pathlib.Path(folder, names[-1]).write_text(json.dumps(data), encoding="utf-8")
                done = subprocess.run([self.program, "check", "--format", "json", *names], cwd=folder,
                                      env=self.environment, capture_output=True, text=True, check=False)
                records += json.loads(done.stdout)["files"]
        return records


def modeline(path, root):
    schema = root / "docs" / "schema" / f"{FOLDERS[str(path.parent.relative_to(root))]}.json"
    return MODELINE + os.path.relpath(schema, path.parent)


def check_texts(root, berth, update):
    errors = []
    for name in KINDS:
        path, text = root / "docs" / "schema" / f"{name}.json", berth.schema(name)
        if update:
            path.write_text(text, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            errors.append(f"{path.relative_to(root)}: differs from `berth schema {name}`; schema_test.py --update writes it")
    for path in sorted(each for folder in FOLDERS for each in (root / folder).glob("*.yaml")):
        line, text = modeline(path, root), path.read_text(encoding="utf-8")
        if text.startswith(line + "\n"):
            continue
        if update:
            path.write_text(f"{line}\n{text}", encoding="utf-8")
        else:
            errors.append(f"{path.relative_to(root)}: does not begin with `{line}`; schema_test.py --update writes it")
    return errors


def first_error(validator, data):
    return next(validator.iter_errors(data), None)


def place_of(error):
    return ".".join(str(step) for step in error.absolute_path) or "the top"


def structural(data, record):
    """The first complaint about structure that is no known exception."""
    for each in record["diagnostics"]:
        if STRUCTURAL.search(each["message"]) and not any(
                re.search(pattern, each["message"]) and concerned(data) for pattern, concerned, _ in EXCEPTIONS):
            return each["message"]
    return None


def check_files(validators, berth, files):
    """Right files pass; what documents show as wrong is refused, if it is wrong in its structure."""
    errors = []
    records = iter(berth.check([file.data for file in files if file.wrong]))
    for file in files:
        error = first_error(validators[file.kind], file.data)
        if file.wrong:
            complaint = structural(file.data, next(records))
            if complaint and not error:
                errors.append(f"{file.name}: the schema passes what check refuses: {complaint}")
        elif error:
            errors.append(f"{file.name}: the schema refuses {place_of(error)}: {error.message[:200]}")
    return errors


def sample(schemas, files, times):
    """Spoilt files: (kind, name, what was done, data)."""
    chosen, draw = [], random.Random(1)
    for kind in KINDS:
        found = {}
        for file in files:
            if file.kind == kind and not file.wrong:
                for place in places(schemas[kind], file.data):
                    found.setdefault(place.key, []).append((file, place))
        keys = sorted(key for key in found if key)
        for at in range(times * SAMPLE[kind]):
            file, place = draw.choice(found[keys[at * 7919 % len(keys)] if at >= len(keys) else keys[at]])
            chosen.append((kind, file.name, *spoilt(file.data, place, draw.choice(mistakes(place)))))
    return chosen


def check_agreement(validators, berth, mutants):
    errors, refused = [], 0
    records = berth.check([data for *_, data in mutants])
    for (kind, name, what, data), record in zip(mutants, records):
        by_schema = first_error(validators[kind], data)
        complaint = structural(data, record)
        refused += by_schema is not None
        if by_schema and record["ok"]:
            errors.append(f"{name}, {what}: only the schema refuses {place_of(by_schema)}: {by_schema.message[:160]}")
        elif complaint and not by_schema:
            errors.append(f"{name}, {what}: the schema passes what check refuses: {complaint}")
    return errors, refused


MOST_MESSAGES = 20  # that `berth check` gives of one file


def with_unknown_keys(schema, file):
    """The file with an unknown key in each map whose keys are known, and those maps by path: as many copies of the file
    as it takes for each of those keys to have its message."""
    known = [place for place in places(schema, file.data)
             if isinstance(place.value, dict) and place.node.get("additionalProperties") is False]
    step = MOST_MESSAGES // 2  # an unknown key may be complained about twice
    for start in range(0, len(known), step):
        data, maps = json.loads(json.dumps(file.data)), {}
        for place in known[start:start + step]:
            inner = data
            for name in place.path:
                inner = inner[name]
            inner[UNKNOWN] = 1
            maps[place.dotted()] = place
        yield data, maps


def known_sizes(node, kind_of_operator):
    """The keys that the schema allows to a kind of operator."""
    rules = node.get("allOf", []) if "op" in node["properties"] else []
    return next((set(rule["then"]["propertyNames"]["enum"]) for rule in rules
                 if kind_of_operator in rule["if"]["properties"]["op"]["enum"]), None)


OPERATORS_OF = {"model": ["properties", "graph", "properties", "operators"],
                "architecture": ["properties", "sections", "items", "properties", "operators"]}


def every_kind(name, schema):
    """A file with an operator of each kind, as far as its keys go."""
    node = schema
    for step in [*OPERATORS_OF[name], "items"]:
        node = node[step]
    operators = [{"name": kind, "op": kind, "shape": [1], **{size: 1 for size in rule["then"]["required"]}}
                 for rule in node["allOf"] for kind in rule["if"]["properties"]["op"]["enum"]]
    if name == "model":
        data = {"model": "every-kind", "graph": {"inputs": {}, "operators": operators}}
    else:
        data = {"architecture": "every-kind", "sizes": {}, "inputs": {},
                "sections": [{"section": "all", "result": "matmul", "operators": operators}]}
    return File(f"every kind of operator in {name}", json.dumps(data))


def check_keys(schemas, berth, files):
    errors, asked, nodes = [], {}, {}
    files = [file for file in files if not file.wrong] + [every_kind(name, schemas[name]) for name in OPERATORS_OF]
    spoilt_files = [(file, *spoilt) for file in files for spoilt in with_unknown_keys(schemas[file.kind], file)]
    for (file, _, maps), record in zip(spoilt_files, berth.check([data for _, data, _ in spoilt_files])):
        for each in record["diagnostics"]:
            found = re.fullmatch(rf"unknown key '{UNKNOWN}'(?: in '(.*)')?|(.*): no operator '{UNKNOWN}'", each["message"])
            place = maps.get(found[1] or found[2] or "") if found else None
            if place is None:
                continue
            keys = set(re.split(r", | or ", each["expected"])) - {UNKNOWN}
            where = (file.kind, place.pointer)
            asked.setdefault(where, set()).update(keys)
            nodes[where] = place.node
            sizes = known_sizes(place.node, place.value.get("op"))
            if sizes is not None and sizes != keys:
                errors.append(f"{file.name}: {place.dotted()}: reader and schema differ in {sorted(sizes ^ keys)}")
    for where, keys in sorted(asked.items()):
        listed = set(nodes[where]["properties"])
        for name in sorted((keys ^ listed) - OTHER_FORM.get(where, set())):
            errors.append(f"{' '.join(where)}: only the {'reader' if name in keys else 'schema'} knows the key '{name}'")
    return errors, asked


def known_maps(schema, node=None, pointer="", met=None):
    """Where the schema has maps with known keys."""
    met = {} if met is None else met
    for at, found in branches(schema, pointer, node or schema):
        if at in met:
            continue
        if found.get("additionalProperties") is False:
            met[at] = found
        below = [(f"{at}/{name}", child) for name, child in found.get("properties", {}).items()]
        below += [(f"{at}/{step}", found[key]) for key, step in (("additionalProperties", "*"), ("items", "#"))
                  if isinstance(found.get(key), dict)]
        for inner, child in below:
            known_maps(schema, child, inner, met)
    return met


def check_reach(schemas, asked):
    """Every map of the schemas was met, or nothing would be known of its keys."""
    return [f"{name} {pointer}: no file of the test has such a map" for name, schema in schemas.items()
            for pointer in sorted(known_maps(schema)) if (name, pointer) not in asked]


def check_self(schemas, berth, files):
    """The checks find what they are for: a key too many, a value too much, and one too few."""
    schema, file = json.loads(json.dumps(schemas["scenario"])), next(each for each in files if each.kind == "scenario")
    schema["properties"]["hots"] = {}
    misspelt = ("scenario", file.name, "misspelt", {**file.data, "hots": 1})
    strict, lax = jsonschema.Draft7Validator({"type": "null"}), jsonschema.Draft7Validator({})
    found = [check_keys({**schemas, "scenario": schema}, berth, [file])[0],
             check_agreement({"scenario": lax}, berth, [misspelt])[0],
             check_agreement({"scenario": strict}, berth, [("scenario", file.name, "the same", file.data)])[0]]
    return [f"the check itself is wrong: it finds nothing at {at}" for at, errors in enumerate(found) if not errors]


def main():
    root, program = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    options = sys.argv[3:]
    times = int(options[options.index("--times") + 1]) if "--times" in options else 1
    berth = Berth(program, root)
    errors = check_texts(root, berth, "--update" in options)
    schemas = {name: json.loads(berth.schema(name)) for name in KINDS}
    for schema in schemas.values():
        jsonschema.Draft7Validator.check_schema(schema)
    if json.loads(berth.schema()) != schemas:
        errors.append("`berth schema` is not all of them by name")
    validators = {name: jsonschema.Draft7Validator(schema) for name, schema in schemas.items()}
    files = shipped(root) + shown(root) + [File(name, text) for name, text in REST.items()]
    errors += check_files(validators, berth, files)
    errors += check_self(schemas, berth, files)
    found, asked = check_keys(schemas, berth, files)
    errors += found + check_reach(schemas, asked)
    mutants = sample(schemas, files, times)
    found, refused = check_agreement(validators, berth, mutants)
    errors += found
    print("\n".join(errors) if errors else
          f"{len(files)} files and {len(mutants)} spoilt ones: schemas refuse {refused}, as berth check does; "
          f"the keys of {len(asked)} kinds of map are those of the readers")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
