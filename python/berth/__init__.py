"""Where should each part of a model run, how long does it take there, and what would change the answer?

    >>> import berth as bt
    >>> s = bt.Scenario("rag-rk3588")
    >>> s.run().stages["rerank"].chosen
    'cpu'
    >>> s.stages.rerank.buckets = [128, 512]
    >>> s.run().stages["rerank"].chosen
    'npu'

Scenarios, profiles and models are shipped names or paths of files. Answers hold plain values, named as in the JSON of
the command `berth` (docs/cli.md): times in milliseconds, sizes in bytes, `None` for what cannot be computed. What is wrong
with an input is an `InputError` with the text that the command prints.
"""
from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Union

from . import _core
from ._core import InputError

if TYPE_CHECKING:
    import pandas

__all__ = ["Comparison", "Diff", "InputError", "Named", "Path", "Record", "Result", "Scenario", "Sweep", "hardware",
           "models", "scenarios"]
__version__ = _core.version

Value = Union[str, int, float, bool, list, dict]


def _roots() -> list[str]:
    """Folders that hold hardware/, models/ and scenarios/, in the order searched."""
    beside = pathlib.Path(__file__).resolve().parents[3] / "share" / "berth"
    wanted = [os.environ.get("BERTH_DATA", ""), _core.source_data, str(beside), _core.installed_data]
    return list(dict.fromkeys(str(pathlib.Path(root).resolve()) for root in wanted if root and os.path.isdir(root)))


def _shipped(folder: str) -> list[str]:
    return sorted({path.stem for root in _roots() for path in pathlib.Path(root, folder).glob("*.yaml")})


def scenarios() -> list[str]:
    """Names of the scenarios that ship."""
    return _shipped("scenarios")


def hardware() -> list[str]:
    """Names of the hardware profiles that ship."""
    return _shipped("hardware")


def models() -> list[str]:
    """Names of the models that ship."""
    return _shipped("models")


def _yaml(value: Value) -> str:
    """A value as `--set` takes it; text stands for itself, with its unit."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_yaml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, Iterable):
        return "[" + ", ".join(_yaml(one) for one in value) + "]"
    raise TypeError(f"a value is text, a number, a list or a map, not {type(value).__name__}")


class Record(dict):
    """Values by name, also as attributes: `record["latency_ms"]` is `record.latency_ms`."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"no value '{name}', but {', '.join(self)}") from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self]


class Named(Record):
    """Records by their name, in the order of the scenario."""


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return Record({name: _plain(one) for name, one in value.items()})
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _frame(rows: list[dict[str, Any]]) -> pandas.DataFrame:
    import pandas  # only who asks for a frame needs it

    return pandas.DataFrame(rows)


class Result(Record):
    """The answer to a scenario, with the keys of `berth run --format json`; `stages` are by name, and `command` gives the
    same answer."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(_plain(answer))
        self["stages"] = Named({stage["name"]: stage for stage in self["stages"]})

    def frame(self) -> pandas.DataFrame:
        """A row per placement of each stage: stage, placement, chosen, feasible, latency_ms, low_ms, high_ms, energy_mj."""
        names = ("feasible", "latency_ms", "low_ms", "high_ms", "energy_mj")
        return _frame([{"stage": stage["name"], "placement": one["placement"],
                        "chosen": one["placement"] == stage["chosen"], **{name: one.get(name) for name in names}}
                       for stage in self["stages"].values() for one in stage["candidates"]])

    def operators(self) -> pandas.DataFrame:
        """A row per operator of each stage's chosen placement, with the values of the JSON that are no lists or maps."""
        return _frame([{"stage": stage["name"], **{name: value for name, value in operator.items()
                                                   if not isinstance(value, (dict, list))}}
                       for stage in self["stages"].values() for operator in stage.get("operators") or []])


class Sweep(Record):
    """Points of a grid, with the keys of `berth sweep --format json`."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(_plain(answer))

    def frame(self) -> pandas.DataFrame:
        """A row per point: the varied paths, total_ms, energy_mj, meets_budget, and STAGE.chosen, STAGE.latency_ms and
        STAGE.DEVICE_ms of every stage, STAGE.ttft_ms and STAGE.tokens_per_s of those that generate text."""
        return _frame(self["points"])


class Comparison(Record):
    """The same question on several chips, with the keys of `berth compare --format json`; `chips` are by name."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(_plain(answer))
        self["chips"] = Named({chip["hardware"]: chip for chip in self["chips"]})

    def frame(self) -> pandas.DataFrame:
        """A row per chip, without its stages."""
        return _frame([{name: value for name, value in chip.items() if not isinstance(value, (dict, list))}
                       for chip in self["chips"].values()])


class Diff(Record):
    """What each difference between two scenarios does, with the keys of `berth diff --format json`."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(_plain(answer))

    def frame(self) -> pandas.DataFrame:
        """A row per step: the paths that it changes, before_ms, after_ms and change_ms."""
        return _frame([{"input": ", ".join(one["path"] for one in step["inputs"]), "before_ms": step["before_ms"],
                        "after_ms": step["after_ms"], "change_ms": step["change_ms"]} for step in self["steps"]])


class Path:
    """A path of a scenario's values, as `--set` has it: `s.hardware.devices.npu.dma.bandwidth`.

    Assigning sets the value; `str()` and `value` read it. A name that is no identifier stands in brackets:
    `s.models["all-MiniLM-L6-v2"].sizes.layers`.
    """

    __slots__ = ("_path", "_scenario")

    def __init__(self, scenario: Scenario, path: str) -> None:
        object.__setattr__(self, "_scenario", scenario)
        object.__setattr__(self, "_path", path)

    def __getattr__(self, name: str) -> Path:
        if name.startswith("_"):
            raise AttributeError(name)
        return Path(self._scenario, f"{self._path}.{name}")

    def __getitem__(self, name: str) -> Path:
        return Path(self._scenario, f"{self._path}.{name}")

    def __setattr__(self, name: str, value: Value) -> None:
        self._scenario.set(f"{self._path}.{name}", value)

    def __setitem__(self, name: str, value: Value) -> None:
        self._scenario.set(f"{self._path}.{name}", value)

    @property
    def value(self) -> str:
        """The text that stands there, with its unit. InputError where nothing does."""
        return self._scenario.get(self._path)

    def __str__(self) -> str:
        return self.value

    def __repr__(self) -> str:
        return f"<{self._path}>"

    def __dir__(self) -> list[str]:
        below = self._path + "."
        names = {path[len(below):].split(".")[0] for path in self._scenario.numbers() if path.startswith(below)}
        return sorted(names | {"value"})


class Scenario:
    """A question: hardware, stages, objective and budget.

    `name`: a shipped scenario or a file. Keys of its file are attributes, and what is assigned to them, or to a path
    below `hardware`, `models` and `stages`, counts for all that is asked afterwards. Raises InputError where the
    scenario cannot be loaded.
    """

    __slots__ = ("_name", "_settings")

    def __init__(self, name: str | os.PathLike[str], settings: Mapping[str, Value] | None = None) -> None:
        object.__setattr__(self, "_name", os.fspath(name))
        object.__setattr__(self, "_settings", {path: _yaml(value) for path, value in (settings or {}).items()})
        _core.check(self._question())

    def _question(self, settings: Mapping[str, str] | None = None) -> _core.Question:
        chosen = self._settings if settings is None else settings
        return _core.Question(_roots(), self._name, list(chosen.items()))

    def set(self, path: str, value: Value) -> None:
        """Sets a value, as `--set PATH=VALUE` does. InputError, and nothing set, where the scenario does not load so."""
        changed = {**self._settings, path: _yaml(value)}
        _core.check(self._question(changed))
        object.__setattr__(self, "_settings", changed)

    def get(self, path: str) -> str:
        """The text at a path. InputError where nothing stands there."""
        text = _core.text_at(self._question(), path)
        if text is None:
            raise InputError(f"{path}: nothing stands there")
        return text

    @property
    def settings(self) -> dict[str, str]:
        """What was set so far, by path."""
        return dict(self._settings)

    def numbers(self) -> dict[str, str]:
        """Every number of the scenario and its hardware, by path, as it is written; one that is written as a share of
        another has that text."""
        return dict(_core.numbers(self._question()))

    def copy(self) -> Scenario:
        """The same question with the same settings, to be changed by itself."""
        return Scenario(self._name, self._settings)

    def __getattr__(self, name: str) -> Path:
        if name.startswith("_"):
            raise AttributeError(name)
        return Path(self, name)

    def __setattr__(self, name: str, value: Value) -> None:
        self.set(name, value)

    def __dir__(self) -> Iterator[str]:
        yield from super().__dir__()
        yield from sorted({path.split(".")[0] for path in self.numbers()} | {"hardware", "models", "stages"})

    def __repr__(self) -> str:
        changes = "".join(f", {path}={value}" for path, value in self._settings.items())
        return f"Scenario({self._name!r}{changes})"

    def run(self) -> Result:
        """Predicts, places and simulates the scenario, and lists findings, as `berth run`."""
        return Result(json.loads(_core.run(self._question())))

    def compare(self, hardware: Iterable[str]) -> Comparison:
        """Asks the same of several profiles, as `berth compare`."""
        return Comparison(json.loads(_core.compare(self._question(), list(hardware))))

    def diff(self, other: Scenario) -> Diff:
        """What makes the other scenario slower or faster than this one, as `berth diff`."""
        return Diff(json.loads(_core.diff(self._question(), other._question())))

    def sweep(self, vary: Mapping[str, str | Iterable[Any]], threads: int = 0) -> Sweep:
        """Runs the scenario over a grid, as `berth sweep`.

        `vary`: values by path, as text (`16:512:16`, `256KiB:8MiB:x2`) or one by one. `threads`: 0 for one per core; the
        answer is the same for any number.
        """
        axes = [f"{path}={values if isinstance(values, str) else ','.join(_yaml(one) for one in values)}"
                for path, values in vary.items()]
        return Sweep(json.loads(_core.sweep(self._question(), axes, threads)))
