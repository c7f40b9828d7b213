"""Read the files in ``reports/``; what is missing or damaged is told in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ser.architecture import Block
from ser.errors import ReportError
from ser.prediction import MODELS
from ser.reports.figures import (
    POOLED,
    Answered,
    Benchmark,
    Bin,
    Confidence,
    Counted,
    Data,
    Example,
    Gate,
    Loss,
    Peer,
    Protocol,
    Row,
    Score,
    Share,
    Shipped,
    Sureness,
    System,
    Trained,
)

BENCHMARK = "reports/benchmark.json"
GATE = "reports/gate.json"
ROBUSTNESS = "reports/robustness.json"
PEERS = "reports/peers.json"
SYSTEMS = "reports/recipes.json"
DATA = "reports/data.json"
OWN_DATA, OWN_VOICES = "data.json", "voices.json"
CARD = "MODEL_CARD.md"
MANIFEST = "artifacts/manifest.json"

_MAKE = {
    BENCHMARK: "python -m training.evaluate makes it",
    GATE: "python -m training.gate --noise FOLDER makes it",
    ROBUSTNESS: "python -m training.robustness makes it",
    DATA: "python -m training.train makes it",
    OWN_DATA: "python -m training.pictures makes it",
    OWN_VOICES: "python -m training.pictures makes it",
    MANIFEST: "python -m training.train makes it",
    SYSTEMS: "python -m training.recipes run NAME makes it",
}
_FETCH = "fetch it again with this program"

T = TypeVar("T")


def read_benchmark(root: Path) -> Benchmark:
    """Read ``reports/benchmark.json`` below ``root``."""
    return _read(root, BENCHMARK, _benchmark)


def read_peers(root: Path) -> tuple[Peer, ...]:
    """Read ``reports/peers.json`` below ``root``."""
    return _read(root, PEERS, lambda content: tuple(_peer(entry) for entry in content["peers"]))


def read_systems(root: Path) -> tuple[System, ...]:
    """Read ``reports/recipes.json`` below ``root``."""
    return _read(root, SYSTEMS, _systems)


def read_gate(root: Path) -> Gate:
    """Read ``reports/gate.json`` below ``root``."""
    return _read(root, GATE, _gate)


def read_robustness(root: Path) -> tuple[Loss, ...]:
    """Read ``reports/robustness.json`` below ``root``."""
    return _read(root, ROBUSTNESS, _robustness)


def read_data(root: Path) -> Data:
    """Read ``reports/data.json`` below ``root``."""
    return _read(root, DATA, _data)


def read_own_data(folder: Path) -> Data:
    """Read what training.pictures counted in one's own recordings."""
    return _read(folder, OWN_DATA, _data)


def read_own_voices(folder: Path) -> tuple[Example, ...]:
    """Read which clips training.pictures chose of one's own recordings."""
    return _read(folder, OWN_VOICES, lambda content: tuple(map(_example, content["voices"])))


def read_trained(root: Path) -> Trained:
    """Read what ``artifacts/manifest.json`` below ``root`` says of the training."""
    return _read(root, MANIFEST, _trained)


def read_card(root: Path) -> dict[str, str]:
    """Read ``MODEL_CARD.md`` below ``root``: its sections by their headings."""
    text = "\n" + _text(root, CARD)
    parts = [part.partition("\n") for part in text.split("\n## ")[1:]]
    return {heading.strip(): body.strip() for heading, _, body in parts}


def _text(root: Path, name: str) -> str:
    try:
        return (root / name).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ReportError(f"{name} is not there: {_MAKE.get(name, _FETCH)}.") from error
    except (OSError, ValueError) as error:
        raise ReportError(f"{name} cannot be read: {_MAKE.get(name, _FETCH)}.") from error


def _read(root: Path, name: str, shape: Callable[[Any], T]) -> T:
    """Read a JSON file and give it its shape; whatever does not fit is one sentence."""
    text = _text(root, name)
    try:
        return shape(json.loads(text))
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise ReportError(
            f"{name} is damaged, or of another version than this program: "
            f"{_MAKE.get(name, _FETCH)}."
        ) from error


def _benchmark(content: Any) -> Benchmark:
    return Benchmark(
        rows=tuple(_row(entry) for entry in content["rows"]),
        sureness=tuple(_sureness(entry) for entry in content["calibration"]),
        protocols=tuple(
            _protocol(name, entry)
            for name, entry in content["protocols"].items()
            if entry["models"]
        ),
        # Benchmarks of earlier versions lack these.
        confidence=tuple(_confidence(entry) for entry in content.get("confidence", ())),
        shipped=tuple(
            _shipped(entry) for entry in content.get("as_shipped", ()) if entry["corpus"] == POOLED
        ),
    )


def _protocol(name: str, entry: Any) -> Protocol:
    """Count as measured what every one of our models has."""
    models = [state for model, state in entry["models"].items() if model in MODELS]
    models = models or list(entry["models"].values())
    missing = dict.fromkeys(part for state in models for part in state["missing"])
    parts = dict.fromkeys(part for state in models for part in state["parts"])
    return Protocol(
        name=name,
        speaker_dependent=bool(entry["speaker_dependent"]),
        parts=tuple(part for part in parts if part not in missing),
        missing=tuple(missing),
        corrected=any(part["on"] for part in entry.get("fitted", {}).values()),
    )


def _row(entry: Any) -> Row:
    labels = tuple(map(str, entry["labels"]))
    confusion = tuple(tuple(int(n) for n in counts) for counts in entry["confusion"])
    if {len(labels)} != {len(confusion), *map(len, confusion)}:
        raise ValueError("a confusion that is not square")
    return Row(
        corpus=str(entry["corpus"]),
        classes=int(entry["classes"]),
        model=str(entry["model"]),
        protocol=str(entry["protocol"]),
        truth=str(entry["truth"]),
        uar=float(entry["uar"]),
        interval=_interval(entry["uar_ci95"]),
        accuracy=float(entry["accuracy"]),
        n=int(entry["n"]),
        speakers=int(entry["speakers"]),
        labels=labels,
        confusion=confusion,
        by_speaker=_scores(entry["by_speaker"]),
        by_sex=_scores(entry["by_sex"]),
        by_age=_scores(entry["by_age"]),
    )


def _scores(entries: Any) -> dict[str, Score]:
    return {
        str(group): Score(float(one["uar"]), float(one["accuracy"]), int(one["n"]))
        for group, one in entries.items()
    }


def _sureness(entry: Any) -> Sureness:
    rule = entry["not_sure"] or {"coverage": None, "accuracy": None}
    return Sureness(
        corpus=str(entry["corpus"]),
        model=str(entry["model"]),
        protocol=str(entry["protocol"]),
        ece=float(entry["ece"]),
        accuracy=float(entry["accuracy"]),
        n=int(entry["n"]),
        # Benchmarks of earlier versions have neither bins nor aim.
        bins=tuple(
            Bin(float(one["confidence"]), float(one["accuracy"]), int(one["n"]))
            for one in entry.get("bins", ())
        ),
        coverage=tuple(map(float, entry["coverage"])),
        accuracy_at_coverage=tuple(map(float, entry["accuracy_at_coverage"])),
        answered=_maybe(rule["coverage"]),
        right=_maybe(rule["accuracy"]),
        aim=_maybe(entry.get("sure_aim")),
    )


def _shipped(entry: Any) -> Shipped:
    return Shipped(
        model=str(entry["model"]),
        protocol=str(entry["protocol"]),
        ece=float(entry["ece"]),
        answered=float(entry["not_sure"]["coverage"]),
        right=_maybe(entry["not_sure"]["accuracy"]),
    )


def _confidence(entry: Any) -> Confidence:
    return Confidence(
        model=str(entry["model"]),
        protocol=str(entry["protocol"]),
        emotion=str(entry["emotion"]),
        right=tuple(map(int, entry["right"])),
        wrong=tuple(map(int, entry["wrong"])),
    )


def _peer(entry: Any) -> Peer:
    parameters = entry["parameters"]
    return Peer(
        corpus=str(entry["corpus"]),
        classes=int(entry["classes"]),
        what=str(entry["what"]),
        protocol=str(entry["protocol"]),
        uar=_maybe(entry["uar"]),
        accuracy=_maybe(entry["accuracy"]),
        parameters=None if parameters is None else int(parameters),
        note=str(entry["note"]),
        source=str(entry["source"]),
        url=str(entry["url"]),
    )


def _systems(content: Any) -> tuple[System, ...]:
    """Bring both protocols of a recipe and a choice of emotions together."""
    together: dict[tuple[str, frozenset[str]], dict[str, Any]] = {}
    for row in content["rows"]:
        key = (row["recipe"], frozenset(row["emotions"]))
        together.setdefault(key, {})[row["protocol"]] = row
    return tuple(_system(rows) for rows in together.values())


def _system(rows: dict[str, Any]) -> System:
    about = next(iter(rows.values()))
    # Of the random split, where claims come from.
    network: dict[str, Any] = rows.get("random", {})
    curves = network.get("curves", {})
    return System(
        name=about["recipe"],
        title=about["title"],
        emotions=tuple(about["emotions"]),
        claim=about["claim"],
        claimed=_maybe(about.get("claimed")),
        random=_answered(rows.get("random")),
        unheard=_answered(rows.get("unheard")),
        curves={name: tuple(map(float, values)) for name, values in curves.items()},
        layers=tuple(
            Block(str(layer["key"]), tuple(map(int, layer["shape"])), int(layer["parameters"]))
            for layer in network.get("layers", ())
        ),
    )


def _answered(row: Any) -> Answered | None:
    if row is None:
        return None
    return Answered(
        accuracy=float(row["accuracy"]),
        interval=_interval(row["accuracy_ci95"]),
        uar=float(row["uar"]),
        n=int(row["clips"]),
        speakers=int(row["speakers"]),
    )


def _robustness(content: Any) -> tuple[Loss, ...]:
    conditions = {str(entry["name"]): entry for entry in content["conditions"]}
    return tuple(
        Loss(
            condition=str(entry["condition"]),
            title=str(conditions[entry["condition"]]["title"]),
            corpus=str(entry["corpus"]),
            model=str(entry["model"]),
            uar=float(entry["uar"]),
            lost=_maybe(entry["lost"]),
            interval=_interval(entry["lost_ci95"]),
            refused=float(entry["refused"]),
            n=int(entry["n"]),
            speakers=int(entry["speakers"]),
            goal=_maybe(conditions[entry["condition"]]["goal_points"]),
        )
        for entry in content["rows"]
    )


def _gate(content: Any) -> Gate:
    speech, noise = content["speech_accepted"], content["noise_refused"]
    return Gate(
        accepted={"all": _share(speech["all"]), **_shares(speech["by_change"])},
        refused={name: _share(noise[name]) for name in ("real", "synthetic")},
        refused_by_class=_shares(noise["real_by_class"]),
    )


def _shares(entries: Any) -> dict[str, Share]:
    return {str(name): _share(entry) for name, entry in entries.items()}


def _share(entry: Any) -> Share:
    return Share(int(entry["count"]), int(entry["n"]))


def _data(content: Any) -> Data:
    return Data(
        speakers=int(content["speakers"]),
        hours=float(content["hours"]),
        corpora=tuple(
            Counted(
                corpus=str(entry["corpus"]),
                speakers=int(entry["speakers"]),
                hours=float(entry["hours"]),
                emotions={str(name): int(count) for name, count in entry["emotions"].items()},
            )
            for entry in content["corpora"]
        ),
    )


def _example(entry: Any) -> Example:
    return Example(*(str(entry[name]) for name in ("emotion", "corpus", "speaker", "path")))


def _trained(content: Any) -> Trained:
    def counts(name: str) -> dict[str, int]:
        return {str(key): int(value) for key, value in content[name].items()}

    return Trained(
        clips=counts("clips"),
        emotions=counts("emotions"),
        speakers=int(content["speakers"]),
        seed=int(content["seed"]),
        parameters=counts("parameters"),
    )


def _maybe(value: Any) -> float | None:
    return None if value is None else float(value)


def _interval(value: Any) -> tuple[float, float] | None:
    if value is None:
        return None
    low, high = map(float, value)
    return low, high
