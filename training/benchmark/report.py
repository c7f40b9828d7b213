"""The benchmark as files: ``benchmark.json`` for programs, ``BENCHMARK.md`` for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from training.benchmark.figures import compute_benchmark
from training.benchmark.pool import AGE_NAMES, AIM, FUSED, NETWORKS, POOLED
from training.benchmark.predictions import FOLDER, read_predictions
from training.benchmark.protocols import PROTOCOLS, SPEAKER_DEPENDENT
from training.benchmark.voice_fit import LOPSIDED
from training.benchmark.voices import ENROLLED, GROUPED
from training.benchmark.writing import as_json, percent, table, title, with_interval
from training.dataset import TrainingError
from training.enrolment import ENROL_CLIPS

_INTRODUCTION = """# Benchmark

How well the models do on voices they never heard. Made by `python -m training.evaluate`
from the answers in `predictions/`; `python -m training.evaluate --report-only` computes
every figure anew from them, without recordings and without training. More detail
(each speaker, every confusion) is in `benchmark.json`.

UAR is the mean of the recalls of all classes, in per cent, among the corpus's own
emotions; "of seven" is the same when all seven public emotions may be answered, as on the
page. In brackets stands a 95 % interval from resampling speakers. † marks fewer than
five speakers, where it says little; with one there is none."""


def renew_benchmark(out: Path) -> None:
    """Compute and write the benchmark from the predictions below ``out``.

    Raises
    ------
    TrainingError
        There are none, or one cannot be read.
    """
    predictions = read_predictions(out / FOLDER)
    if not predictions:
        raise TrainingError(
            f"There are no predictions in {out / FOLDER}: make some with "
            "python -m training.evaluate --protocol speaker-independent."
        )
    for path in write_benchmark(out / "reports", compute_benchmark(predictions)):
        print(f"Wrote {path}")


def write_benchmark(folder: Path, figures: dict[str, Any]) -> list[Path]:
    """Write both files; answer their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    data, text = folder / "benchmark.json", folder / "BENCHMARK.md"
    data.write_text(as_json(figures), encoding="utf-8")
    text.write_text(as_markdown(figures), encoding="utf-8")
    return [data, text]


def as_markdown(figures: dict[str, Any]) -> str:
    """Tell the figures of :func:`training.benchmark.figures.compute_benchmark` to a reader."""
    blocks = [_INTRODUCTION]
    for protocol in PROTOCOLS:
        blocks += _protocol(figures, protocol)
    blocks += [
        *_listeners(figures),
        *_details(figures),
        "## What it was made from",
        _parts(figures),
    ]
    return "\n\n".join(blocks) + "\n"


# One protocol -----------------------------------------------------------------


def _protocol(figures: dict[str, Any], protocol: str) -> Iterator[str]:
    suffix = ": speaker-dependent" if protocol in SPEAKER_DEPENDENT else ""
    yield f"## {_name(protocol).capitalize()}{suffix}"
    models = figures["protocols"][protocol]["models"]
    if not models:
        yield "Not run yet."
        return
    if protocol in SPEAKER_DEPENDENT:
        yield (
            "**Speaker-dependent:** every tested voice was trained on too. These figures say "
            "nothing about a new voice; they stand here beside publications that split so."
        )
    yield "\n".join(_state(model, **state) for model, state in models.items())
    rows = [row for row in figures["rows"] if row["protocol"] == protocol]
    yield table(
        ["corpus", "classes", "model", "UAR", "of seven", "accuracy", "macro-F1", "clips",
         "speakers"],
        [_row(row) for row in rows],
    )  # fmt: skip
    if not any(row["truth"] == "heard" for row in rows) and any(
        row["corpus"] == "cremad" for row in rows
    ):
        yield (
            "Against what CREMA-D's listeners heard: not computed, for `summaryTable.csv` was not "
            "beside its clips."
        )
    yield from _differences([d for d in figures["differences"] if d["protocol"] == protocol])
    yield from _calibration([c for c in figures["calibration"] if c["protocol"] == protocol])
    yield from _as_shipped([s for s in figures["as_shipped"] if s["protocol"] == protocol])
    yield from _voices([entry for entry in figures["voices"] if entry["protocol"] == protocol])


def _state(model: str, *, parts: Sequence[str], missing: Sequence[str]) -> str:
    """Say in one line which parts a model has."""
    if not missing:
        return f"- {model}: complete ({', '.join(parts)})"
    return f"- {model}: **incomplete**; in: {', '.join(parts)}; missing: {', '.join(missing)}"


def _row(row: dict[str, Any]) -> list[str]:
    heard = ", as heard" if row["truth"] == "heard" else ""
    dependent = ", speaker-dependent" if row["protocol"] in SPEAKER_DEPENDENT else ""
    return [
        f"{title(row['corpus'])}{heard}{dependent}",
        str(row["classes"]),
        row["model"],
        with_interval(row["uar"], row["uar_ci95"], row["speakers"]),
        percent(row.get("uar_any")),
        percent(row["accuracy"]),
        percent(row["macro_f1"]),
        str(row["n"]),
        str(row["speakers"]),
    ]


def _differences(entries: Sequence[dict[str, Any]]) -> Iterator[str]:
    if not entries:
        return
    yield (
        "The hybrid's logits are a weighted mean of those of the CNN and of the functionals. The "
        "functionals' share is fitted as the temperatures are, on speakers whom the part does not "
        "test; where there are none, it is a half. Rows “functionals” are these alone."
    )
    yield "### Hybrid less CNN"
    yield (
        "In points, on the same clips and in the seven public classes, both models' speakers "
        "resampled together. An interval without zero in it tells them apart."
    )
    yield table(
        ["clips of", "UAR", "accuracy", "clips", "speakers"],
        [
            [
                title(entry["corpus"]),
                *(
                    with_interval(
                        entry[name]["difference"], entry[name]["ci95"], entry["speakers"], sign="+"
                    )
                    for name in ("uar", "accuracy")
                ),
                str(entry["n"]),
                str(entry["speakers"]),
            ]
            for entry in entries
        ],
    )


_PROBABILITIES = [
    "clips of", "model", "ECE", "accuracy", "mean confidence", "answered", "right of these",
]  # fmt: skip


def _calibration(entries: Sequence[dict[str, Any]]) -> Iterator[str]:
    if not entries:
        return
    yield "### Probabilities"
    yield (
        "Of the seven public emotions, at a temperature fitted for each part on speakers it kept "
        "apart or, where it kept none, on what the other parts tested; for a random split, which "
        "has but one, on other clips of unheard speakers (1 where there are none of these). ECE "
        "is the expected calibration error in 15 bins. Below a threshold, chosen on the same "
        f"speakers to be right {100 * AIM:.1f} % of the time, the answer is “not sure”: "
        "“answered” is what remains."
    )
    yield table(_PROBABILITIES, [_probabilities(entry) for entry in entries])
    pooled = [entry for entry in entries if entry["corpus"] == POOLED]
    shown = [i for i, share in enumerate(pooled[0]["coverage"]) if i % 2]
    yield "Right among the surest, by how many clips are answered (all speech):"
    yield table(
        ["model", *(f"{100 * pooled[0]['coverage'][i]:.0f} %" for i in shown)],
        [
            [entry["model"], *(percent(entry["accuracy_at_coverage"][i]) for i in shown)]
            for entry in pooled
        ],
    )


def _as_shipped(entries: Sequence[dict[str, Any]]) -> Iterator[str]:
    if not entries:
        return
    yield "### As shipped"
    yield (
        "The same answers with the share, temperature and threshold of the shipped models, which "
        "were fitted where other voices of the same corpora had been heard: what they are worth "
        "on recordings unlike all that was learnt from."
    )
    yield table(_PROBABILITIES, [_probabilities(entry) for entry in entries])


def _probabilities(entry: dict[str, Any]) -> list[str]:
    rule = entry["not_sure"] or {"coverage": None, "accuracy": None}
    return [
        title(entry["corpus"]),
        entry["model"],
        *(
            percent(value)
            for value in (
                entry["ece"],
                entry["accuracy"],
                entry["mean_confidence"],
                rule["coverage"],
                rule["accuracy"],
            )
        ),
    ]


# Knowing the voice ------------------------------------------------------------


def _voices(entries: Sequence[dict[str, Any]]) -> Iterator[str]:
    if not entries:
        return
    yield "### Knowing the voice"
    yield (
        f"**Enrolled:** {ENROL_CLIPS} neutral clips of each unheard speaker, six to nine "
        "seconds of speech (where a speaker has so few, all but one), say how this voice differs "
        "from others; they are not scored, all other clips are, before and after. From the CNN's "
        "answers the voice's offset is taken off, the clips drawn several times over; the hybrid "
        "asks a network that hears how a clip differs from the voice at rest, if one was trained. "
        f"How far either is believed was chosen on {entries[0]['chosen_on']}. In the same seven "
        "public classes as above, in points."
    )
    yield table(
        ["clips of", "model", "UAR before", "after", "gain", "of seven: before", "after", "gain",
         "speakers"],
        [
            [title(entry["corpus"]), entry["model"], *_gains(entry), str(entry["speakers"])]
            for entry in entries
            if entry["way"] == ENROLLED
        ],
    )  # fmt: skip
    for entry in entries:
        if "not_sure" in entry:
            yield (
                f"Known to the hybrid, over {title(entry['corpus'])}: ECE {percent(entry['ece'])}; "
                f"{percent(entry['not_sure']['coverage'])} % are answered under the rule "
                f"“not sure”, {percent(entry['not_sure']['accuracy'])} % of these rightly."
            )
    yield (
        "**Without labels:** the mean over a group of clips of one speaker, all of them scored. "
        "Our corpora hold about as much of each emotion, which flatters this: as recorded, the "
        "gain is an upper mark. In a lopsided group "
        f"{100 * LOPSIDED:.0f} % of the clips carry one emotion, drawn anew for each group; the "
        "mean then takes some of that emotion for the voice. All speech:"
    )
    yield table(
        ["clips in a group", "as", "model", "UAR before", "after", "gain", "of seven: before",
         "after", "gain", "speakers"],
        [
            [
                str(entry["clips"] or "all"),
                "lopsided" if entry["lopsided"] else "recorded",
                entry["model"],
                *_gains(entry),
                str(entry["speakers"]),
            ]
            for entry in entries
            if entry["way"] == GROUPED and entry["corpus"] == POOLED
        ],
    )  # fmt: skip


def _gains(entry: dict[str, Any]) -> list[str]:
    cells = []
    for name in ("uar", "uar_any"):
        gain = entry[name]
        cells += [
            percent(gain["before"]),
            percent(gain["after"]),
            with_interval(gain["difference"], gain["ci95"], entry["speakers"], sign="+"),
        ]
    return cells


# People, details, origin ------------------------------------------------------


def _listeners(figures: dict[str, Any]) -> Iterator[str]:
    yield "## People"
    for entry in figures["people"]:
        yield (
            f"{title(entry['corpus'])}: the vote of about nine listeners agrees with the actor on "
            f"{percent(entry['agreement'])} % of these {entry['clips']} clips; {entry['tied']} "
            "votes are tied and count by their share. Rows “people” and “as heard” above leave "
            "tied votes out."
        )
    for entry in figures["quoted"]:
        yield (
            f"{title(entry['corpus'])}: {entry['who']}, {percent(entry['accuracy'])} % accuracy, "
            f"as published: {entry['source']}."
        )


def _details(figures: dict[str, Any]) -> Iterator[str]:
    """Show what lies behind the speaker-independent rows of both networks."""
    rows = [
        row
        for row in figures["rows"]
        if row["protocol"] == PROTOCOLS[0] and row["model"] in NETWORKS and row["truth"] == "acted"
    ]
    if not rows:
        return
    yield "## Who is understood"
    yield "UAR by sex and age, accuracy from the worst understood speaker to the best."
    groups = ["female", "male", *AGE_NAMES]
    yield table(
        ["corpus", "classes", "model", *groups, "speakers, worst, median, best"],
        [_groups(row, groups) for row in rows],
    )
    yield "## What is mistaken for what"
    yield "The hybrid's answers in per cent of each row's clips; rows are what was acted."
    for row in rows:
        if row["model"] == "hybrid":
            yield f"**{title(row['corpus'])}, {row['classes']} classes**"
            yield _confusion(row)


def _groups(row: dict[str, Any], groups: Sequence[str]) -> list[str]:
    scores = {**row["by_sex"], **row["by_age"]}
    speakers = sorted(entry["accuracy"] for entry in row["by_speaker"].values())
    return [
        title(row["corpus"]),
        str(row["classes"]),
        row["model"],
        *(percent(scores[name]["uar"] if name in scores else None) for name in groups),
        " / ".join(map(percent, (speakers[0], median(speakers), speakers[-1]))),
    ]


def _confusion(row: dict[str, Any]) -> str:
    lines = []
    for label, counts in zip(row["labels"], row["confusion"], strict=True):
        there = sum(counts)
        lines.append([label, *(f"{100 * n / there:.0f}" if there else "" for n in counts)])
    return table(["", *row["labels"]], lines)


def _parts(figures: dict[str, Any]) -> str:
    """List what each part was made from: unlike settings show."""
    teachers = sorted({name for facts in figures["parts"] for name in _teachers(facts).values()})
    told = "".join(
        f"“Taught”: in training it also foretold what {teacher}, an encoder that others trained on "
        "far more speech, makes of each clip. What that encoder learnt from is not public.\n\n"
        for teacher in teachers
    )
    return told + table(
        ["part", "models", "trained on", "kept apart", "seed", "fitted on", "share",
         "temperature", "data"],
        [
            [
                f"{_name(facts['protocol'])}, {facts['part']}",
                _models(facts),
                f"{facts['speakers']} speakers",
                f"{facts['kept_apart']['clips']} clips of {len(facts['kept_apart']['speakers'])}",
                "" if facts["seed"] is None else str(facts["seed"]),
                *_fitted(figures["protocols"][facts["protocol"]]["fitted"], facts),
                facts["data"],
            ]
            for facts in figures["parts"]
        ],
    )  # fmt: skip


def _fitted(by_part: dict[str, Any], facts: dict[str, Any]) -> list[str]:
    """Give on whom, the functionals' share in the hybrid, and the temperatures of a part."""
    fitted = by_part.get(facts["part"], {"on": ""})
    if not fitted["on"] or not set(FUSED) <= set(facts["models"]):
        return ["-", "-", "-"]
    temperatures = ", ".join(f"{m} {t:.2f}" for m, t in fitted["temperature"].items())
    return [fitted["on"], f"{fitted['share']:.2f}", temperatures]


def _models(facts: dict[str, Any]) -> str:
    stages, teachers = facts.get("stages", {}), _teachers(facts)
    described = {
        model: f"{model} ({stage['epochs']} epochs{', taught' if model in teachers else ''})"
        for model, stage in stages.items()
    }
    return ", ".join(described.get(model, model) for model in facts["models"])


def _teachers(facts: dict[str, Any]) -> dict[str, str]:
    """Name the teachers of the networks that had one."""
    trained_with: dict[str, dict[str, str]] = facts.get("trained_with", {})
    return {name: told["teacher"] for name, told in trained_with.items() if "teacher" in told}


# Words and numbers ------------------------------------------------------------


def _name(protocol: str) -> str:
    return "leave one corpus out" if protocol == "leave-one-corpus-out" else protocol
