"""Runs the berth command and keeps what it answered beside the command line that asked."""
import csv
import dataclasses
import io
import json
import os
import pathlib
import shlex
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROFILE = "rk3588-rknn-2.3.2"
ROW_COLUMNS = "op dtype batch m k n rows cols heads seq kv_seq head_dim layout cores clock_mhz".split()


@dataclasses.dataclass(frozen=True)
class Run:
    """An answer of berth, and the command line that gave it."""
    command: str
    data: object

    def __getitem__(self, key):
        return self.data[key]


class Berth:
    """Asks each question once; every answer is what the command printed, parsed.

    With `changes`, numbers of the profile by their path, every question is asked of the profile so changed.
    """

    def __init__(self, binary, changes=None):
        self.binary = str(pathlib.Path(binary).resolve())
        self.changes = changes or {}
        self._answers = {}
        self._folder = tempfile.TemporaryDirectory()

    def output(self, arguments, folder=ROOT):
        """What `berth ARGUMENTS`, run in a folder, prints; a failure ends the program with berth's own message."""
        environment = {name: value for name, value in os.environ.items() if name != "BERTH_DATA"}
        environment["BERTH_MACHINE"] = "none"  # profiles are compared with no machine: the same everywhere
        done = subprocess.run([self.binary, *self._changed(arguments)], cwd=folder, env=environment, capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{self._command(arguments)} failed ({done.returncode}):\n{done.stderr}")
        return done.stdout

    def ask(self, *arguments):
        arguments = tuple(str(argument) for argument in arguments) + ("--format", "json")
        if arguments not in self._answers:
            self._answers[arguments] = Run(self._command(arguments), json.loads(self.output(arguments)))
        return self._answers[arguments]

    def run(self, scenario, changes=None):
        changed = [part for path, value in (changes or {}).items() for part in ("--set", f"{path}={value}")]
        return self.ask("run", scenario, *changed)

    def predict(self, model, device, dtype, tokens, *, bucket=None, cores=None, batch=None, hardware=PROFILE):
        options = {"--hardware": hardware, "--model": model, "--device": device, "--dtype": dtype, "--tokens": tokens,
                   "--bucket": bucket, "--cores": cores, "--batch": batch}
        return self.ask("predict", *[part for name, value in options.items() if value is not None
                                     for part in (name, value)])

    def matmul(self, device, dtype, m, k, n, *, cores=None):
        options = ("--cores", cores) if cores else ()
        return self.ask("predict", "--hardware", PROFILE, "--device", device, "--op", "matmul", "--shape",
                        f"m={m},k={k},n={n}", "--dtype", dtype, *options)

    def crossover(self, scenario, vary, between, changes=None, stage=None):
        changed = [part for path, value in (changes or {}).items() for part in ("--set", f"{path}={value}")]
        named = ["--stage", stage] if stage else []
        return self.ask("crossover", scenario, "--vary", vary, "--between", between, *named, *changed)

    def rows(self, device, rows, described):
        """Predicted operators, one dictionary per row with predicted_us, low_us and high_us as numbers."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "rows.csv"
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, ROW_COLUMNS, restval="")
                writer.writeheader()
                writer.writerows(rows)
            printed = self.output(["predict", "--hardware", PROFILE, "--device", device, "--csv", str(path)])
        found = list(csv.DictReader(io.StringIO(printed)))
        for row in found:
            row.update({name: float(row[name]) for name in ("predicted_us", "low_us", "high_us")})
        return Run(f"berth predict --hardware {PROFILE} --device {device} --csv rows.csv  # {described}", found)

    def _changed(self, arguments):
        """The same question of the changed profile: by --set where berth takes it, else by a profile extending it."""
        if not self.changes or arguments[0] == "validate":
            return arguments
        if arguments[0] in ("run", "sweep", "crossover"):
            return [*arguments, *[part for path, value in self.changes.items()
                                  for part in ("--set", f"hardware.{path}={value}")]]
        profile = pathlib.Path(self._folder.name) / "changed.yaml"
        if not profile.exists():
            write_overlay(profile, PROFILE, self.changes)
        return [str(profile) if argument == PROFILE else argument for argument in arguments]

    @staticmethod
    def _command(arguments):
        return shlex.join(["berth", *arguments])


def write_overlay(file, profile, changes):
    """A profile that extends another, with numbers changed: their paths, and their values with units."""
    nested = {}
    for path, value in changes.items():
        *parents, last = path.split(".")
        inner = nested
        for key in parents:
            inner = inner.setdefault(key, {})
        inner[last] = {"value": value}
    file.write_text(json.dumps({"profile": "changed", "extends": profile, **nested}), encoding="utf-8")


def candidate(run, stage, placement):
    """The candidate of a stage that runs on one device, or what berth calls the placement."""
    return next(one for one in stage_of(run, stage)["candidates"] if one["placement"] == placement)


def stage_of(run, name):
    return next(stage for stage in run["stages"] if stage["name"] == name)


def total_ms(run):
    return run["total"]["latency_ms"]
