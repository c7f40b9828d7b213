"""What README and model card say was measured is what the reports hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from ser.bundle import SHIPPED

UNHEARD, LEFT_OUT = "speaker-independent", "leave-one-corpus-out"
CORPORA = {
    "RAVDESS speech": "ravdess",
    "RAVDESS song": "ravdess_song",
    "CREMA-D": "cremad",
    "TESS": "tess",
    "EmoDB": "emodb",
    "IESC": "iesc",
}
README, CARD = ((SHIPPED / name).read_text("utf-8") for name in ("README.md", "MODEL_CARD.md"))


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    figures: dict[str, Any] = json.loads((SHIPPED / "reports/benchmark.json").read_text("utf-8"))
    return figures


def _table(text: str, heading: str) -> Iterator[list[str]]:
    """Give the cells of each row under the table's heading."""
    lines = text[text.index(heading) :].splitlines()[2:]
    for line in lines:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


def _found(measured: dict[str, Any], corpus: str, classes: str, protocol: str) -> dict[str, Any]:
    """Give the rows of both models."""
    wanted = {"corpus": CORPORA[corpus], "classes": int(classes), "protocol": protocol}
    found = {
        row["model"]: row
        for row in measured["rows"]
        if row["truth"] == "acted" and wanted.items() <= row.items()
    }
    return {model: found[model] for model in ("cnn", "hybrid")}


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


@pytest.mark.parametrize("document", [README, CARD], ids=["README", "MODEL_CARD"])
def test_the_table_of_unheard_speakers(measured: dict[str, Any], document: str) -> None:
    rows = list(_table(document, "| corpus | emotions | unheard speakers | clips | CNN |"))
    assert {corpus for corpus, *_ in rows} == set(CORPORA)
    for corpus, classes, speakers, clips, *told in rows:
        found = _found(measured, corpus, classes, UNHEARD)
        one = found["hybrid"]
        assert (int(speakers), int(clips.replace(" ", ""))) == (one["speakers"], one["n"])
        figures = [row[key] for key in ("uar", "uar_any") for row in found.values()]
        assert told == [_percent(share) for share in figures], corpus


def test_the_table_of_corpora_left_out(measured: dict[str, Any]) -> None:
    known = {
        entry["corpus"]: entry["uar"]["after"]
        for entry in measured["voices"]
        if (entry["protocol"], entry["model"], entry["way"]) == (LEFT_OUT, "hybrid", "enrolled")
    }
    rows = list(_table(README, "| left out | emotions | guessing | CNN | hybrid |"))
    assert len(rows) == len(CORPORA) - 1, "all but song"
    for corpus, classes, guessing, *told in rows:
        found = _found(measured, corpus, classes, LEFT_OUT)
        assert int(guessing) == round(100 / int(classes))
        shares = [found["cnn"]["uar"], found["hybrid"]["uar"], known[CORPORA[corpus]]]
        assert told == [_percent(share) for share in shares], corpus


def test_what_a_random_split_would_say(measured: dict[str, Any]) -> None:
    kinds = {"RAVDESS speech": "8", "CREMA-D": "6", "TESS": "7", "EmoDB": "7", "IESC": "5"}
    found = {name: _found(measured, name, kinds[name], "random")["hybrid"] for name in kinds}
    figures = [round(100 * row["uar"]) for row in found.values()]
    gain = {
        name: 100 * (row["uar"] - _found(measured, name, kinds[name], UNHEARD)["hybrid"]["uar"])
        for name, row in found.items()
    }
    assert (
        f"reaches {', '.join(map(str, figures[:4]))} and {figures[4]} on these five, by a sixth of "
        "the clips: so much such a split flatters, RAVDESS by "
        f"{gain['RAVDESS speech']:.0f} points, IESC by {gain['IESC']:.0f}."
    ) in re.sub(r"\s+", " ", README)


def test_how_far_off_percentages_are_where_nothing_of_a_corpus_was_heard(
    measured: dict[str, Any],
) -> None:
    shipped = {
        entry["corpus"]: entry
        for entry in measured["as_shipped"]
        if (entry["protocol"], entry["model"]) == (LEFT_OUT, "hybrid")
    }

    def points(corpus: str) -> tuple[int, str]:
        off = 100 * (shipped[corpus]["mean_confidence"] - shipped[corpus]["accuracy"])
        return round(abs(off)), "high" if off > 0 else "low"

    def right(corpus: str) -> int:
        return round(100 * shipped[corpus]["not_sure"]["accuracy"])

    (of_known_corpora,) = (
        entry["not_sure"]["accuracy"]
        for entry in measured["calibration"]
        if (entry["corpus"], entry["model"], entry["protocol"]) == ("all speech", "hybrid", UNHEARD)
    )
    known = round(100 * of_known_corpora)
    said = re.sub(r"\s+", " ", README)
    assert points("all speech") == (21, "high")
    assert points("emodb")[1] == "low"
    assert (
        f"percentages would be {points('all speech')[0]} points too high on the mean, and an "
        f'answer that is not called "not sure" right in {right("all speech")} % instead of {known} '
        f"(CREMA-D {points('cremad')[0]} points and {right('cremad')} %, EmoDB "
        f"{points('emodb')[0]} points too low and {right('emodb')} %)"
    ) in said
    card = re.sub(r"\s+", " ", CARD)
    assert f"then {points('all speech')[0]} points too high on the mean" in card
    assert f"right in {right('all speech')} % instead of {known}" in card
