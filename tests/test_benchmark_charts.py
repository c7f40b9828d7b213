"""The charts of the model card: what they say is what was measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest

from ser import reports
from ser.architecture import read_blocks
from ser.bundle import SHIPPED
from ser.charts.architecture import architecture_chart
from ser.charts.balance import balance_chart
from ser.charts.benchmark import (
    ages_chart,
    corpora_chart,
    losses_chart,
    peers_chart,
    sexes_chart,
    speakers_chart,
)
from ser.charts.confidence import confidence_chart
from ser.charts.confusion import confusion_chart, mistakes
from ser.charts.trust import calibration_chart, coverage_chart, not_sure_level
from ser.palette import SERIES_COLOURS, SERIES_SYMBOLS
from ser.reports import Benchmark, Peer, Row
from tests.figures import benchmark, calibration, confidence, data, robustness, row, write
from tests.test_charts import THEME, contrast


def read(tmp_path: Path, *given: Any) -> Benchmark:
    write(tmp_path / "reports/benchmark.json", json.dumps(benchmark(*given)))
    return reports.read_benchmark(tmp_path)


def rows(tmp_path: Path, *given: dict[str, Any]) -> list[Row]:
    return list(read(tmp_path, given).rows)


def peer(what: str, protocol: str, *, uar: float | None = None, **more: Any) -> Peer:
    others: dict[str, Any] = {
        "accuracy": None, "parameters": None, "note": "", "source": "A (2020)", "url": "",
    }  # fmt: skip
    return Peer(corpus="cremad", classes=4, what=what, protocol=protocol, uar=uar, **others | more)


def shares(figure: go.Figure) -> dict[str, list[float]]:
    """Dots by the names in the legend."""
    return {trace.name: list(trace.x) for trace in figure.data}


def texts(figure: go.Figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_compared_stands_out_from_the_page_and_bears_a_sign(theme: str) -> None:
    for colour in SERIES_COLOURS.values():
        assert contrast(colour, THEME[theme]["backgroundColor"]) >= 3, colour
    compared = ("hybrid", "cnn", "people", "other", "dependent", "chance")
    assert len({SERIES_SYMBOLS[name] for name in compared}) == len(compared)
    assert SERIES_SYMBOLS["female"] != SERIES_SYMBOLS["male"]


def test_a_corpus_shows_both_models_people_others_and_guessing(tmp_path: Path) -> None:
    own = rows(tmp_path, row(uar=0.6), row(model="cnn", uar=0.5))
    others = [
        peer("a net", "speaker-independent", uar=0.7),
        peer("a cheat", "random", uar=0.99),
        peer("listeners", "people", accuracy=0.4),
    ]
    figure = corpora_chart(own, [], others)
    assert shares(figure) == {
        "hybrid": [0.6],
        "CNN": [0.5],
        "people": [0.4],
        "another system": [0.7],
        "guessing": [0.25],
    }
    bars = figure.data[0].error_x
    assert (bars.array[0], bars.arrayminus[0]) == pytest.approx((0.08, 0.05))
    assert texts(figure)[:2] == ["CREMA-D, 4 emotions", "<b>60\N{NO-BREAK SPACE}%</b>"]


def test_people_on_the_same_clips_stand_instead_of_published_ones(tmp_path: Path) -> None:
    own = rows(tmp_path, row(), row(model="people", uar=0.42))
    figure = corpora_chart(own[:1], own[1:], [peer("listeners", "people", accuracy=0.9)])
    assert shares(figure)["people"] == [0.42]


def test_peers_are_ranked_and_those_who_knew_the_voices_say_so(tmp_path: Path) -> None:
    own = rows(tmp_path, row(uar=0.6))
    others = [
        peer("a net", "speaker-independent", accuracy=0.7),
        peer("a cheat", "random", uar=0.99),
        peer("unmeasured", "people"),
    ]
    figure = peers_chart(own, others)
    assert texts(figure)[::2] == ["a cheat, knew the voices", "a net *", "hybrid", "guessing"]
    assert shares(figure)["system that knew the voices"] == [0.99]


def test_rows_lie_under_each_other_in_their_order(tmp_path: Path) -> None:
    own = rows(tmp_path, row(), row(corpus="tess"), row(corpus="emodb"))
    figure = corpora_chart(own, [], [])
    assert list(figure.data[0].y) == sorted(figure.data[0].y)
    low, high = figure.layout.yaxis.range
    assert low > max(figure.data[0].y) > min(figure.data[0].y) > high, "the first row on top"


def test_groups_are_named_and_ages_go_up(tmp_path: Path) -> None:
    own = rows(tmp_path, row(uar=0.6))
    sexes = sexes_chart(own)
    assert shares(sexes) == {"women": [0.6], "men": [0.5]}
    assert texts(sexes)[1] == "<b>10 points apart</b>"
    assert texts(ages_chart(own))[::2] == [
        "CREMA-D, under 30",
        "CREMA-D, 30 to 44",
        "CREMA-D, 60 and over",
    ]


def test_every_speaker_is_drawn(tmp_path: Path) -> None:
    figure = speakers_chart(rows(tmp_path, row(uar=0.6)))
    assert sorted(shares(figure)["one speaker"]) == [0.3, 0.6]


def test_mistakes_are_in_per_cent_of_what_was_acted(tmp_path: Path) -> None:
    (own,) = rows(tmp_path, row(labels=("calm", "sad", "angry")))
    cells = confusion_chart(own).data[0]
    assert list(cells.z[0]) == [0.9, 0.1, 0.0]
    assert list(cells.text[0]) == ["90", "10", "0"]
    assert mistakes(own)[0] == ("calm", "sad", 0.1)
    layout = confusion_chart(own).layout
    assert layout.yaxis.autorange == "reversed"
    assert layout.yaxis.ticktext[1].startswith("sad <span")
    assert all("span" in sign for sign in layout.xaxis.ticktext), "calm has a sign too"


def test_a_share_of_mistakes_is_never_rounded_to_all_or_nothing(tmp_path: Path) -> None:
    counts = [[999, 1], [0, 7]]
    (own,) = rows(tmp_path, row(labels=("sad", "angry")) | {"confusion": counts})
    assert [list(line) for line in confusion_chart(own).data[0].text] == [
        ["&gt;99", "&lt;1"],
        ["0", "100"],
    ]


def test_an_emotion_without_clips_has_no_figures(tmp_path: Path) -> None:
    counts = [[3, 1], [0, 0]]
    (own,) = rows(tmp_path, row(labels=("sad", "angry")) | {"confusion": counts})
    assert list(confusion_chart(own).data[0].text[1]) == ["", ""]
    assert mistakes(own) == [("sad", "angry", 0.25)]


def test_calibration_shows_bins_with_clips_enough(tmp_path: Path) -> None:
    figure = calibration_chart(read(tmp_path, [row()]).sureness)
    even, curve = figure.data
    assert (even.x, even.y) == ((0, 1), (0, 1))
    assert (curve.x, curve.y) == ((0.6, 0.9), (0.5, 0.85))
    assert curve.marker.size[0] > curve.marker.size[1], "more clips, larger dot"


def test_not_sure_is_marked_where_it_was_tested_on_others(tmp_path: Path) -> None:
    rule = {"coverage": 0.55, "accuracy": 0.77}
    entries = read(tmp_path, [row()], [calibration(not_sure=rule)]).sureness
    _, star = coverage_chart(entries).data
    assert (star.x, star.y) == ((0.55,), (0.77,))


def test_not_sure_is_marked_where_the_curve_falls_below_its_aim(tmp_path: Path) -> None:
    (entry,) = read(tmp_path, [row()], [calibration(accuracy=0.65)]).sureness
    assert not_sure_level(entry) == pytest.approx((0.4, 0.8))
    (hopeless,) = read(tmp_path, [row()], [calibration() | {"sure_aim": 0.95}]).sureness
    assert not_sure_level(hopeless) is None
    assert len(coverage_chart([hopeless]).data) == 1


def test_right_answers_stand_above_the_line_and_wrong_ones_below_hatched(tmp_path: Path) -> None:
    given = benchmark([row()]) | {
        "confidence": [
            confidence(emotion="sad", right=[0, 6], wrong=[2, 1]),
            confidence(emotion="fear", right=[0, 0], wrong=[0, 0]),
        ]
    }
    write(tmp_path / "reports/benchmark.json", json.dumps(given))
    figure = confidence_chart(reports.read_benchmark(tmp_path).confidence)
    right, wrong = figure.data[:2]
    assert right.y[1] == -3 * wrong.y[0] < 0, "one scale for both, and rows count downwards"
    assert right.base == wrong.base
    assert right.marker.pattern.shape != wrong.marker.pattern.shape
    assert list(right.x) == [0.25, 0.75]
    assert texts(figure)[1] == "<b>67\N{NO-BREAK SPACE}%</b> of 9 right"
    assert texts(figure)[3] == "never answered"
    highest, deepest = right.base[0] + min(right.y), wrong.base[0] + max(wrong.y)
    assert texts(figure)[0].startswith("sad")
    assert -0.5 < figure.layout.annotations[0].y < highest < deepest < 0.5, "within its row"


def test_the_balance_says_every_count_and_the_sums(tmp_path: Path) -> None:
    write(tmp_path / "data.json", json.dumps(data()))
    cells = balance_chart(reports.read_own_data(tmp_path)).data[0]
    assert list(cells.y) == ["calm", "sad", "boredom"]
    thousand = "1\N{NO-BREAK SPACE}200"
    assert [list(line) for line in cells.text] == [
        ["", thousand, f"<b>{thousand}</b>"],
        ["7", "2", "<b>9</b>"],
        ["3", "", "<b>3</b>"],
    ]


def test_conditions_show_what_the_hybrid_loses(tmp_path: Path) -> None:
    write(tmp_path / "reports/robustness.json", json.dumps(robustness()))
    figure = losses_chart(reports.read_robustness(tmp_path))
    assert texts(figure) == [
        "clean",
        "<b>70\N{NO-BREAK SPACE}%</b>",
        "telephone",
        "<b>\N{MINUS SIGN}9</b>",
        "babble, 0 dB",
        "<b>\N{MINUS SIGN}40</b>",
    ]
    assert shares(figure)["hybrid"] == pytest.approx([0.7, 0.61, 0.3]), "all speech only"


def test_both_networks_are_one_picture_with_their_weights() -> None:
    blocks = read_blocks(SHIPPED, "hybrid")
    figure = architecture_chart(blocks)
    boxes = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert len(boxes) == len(texts(figure)) == 11
    (pooled,) = [block for block in blocks if block.key == "pooled"]
    assert any(str(pooled.shape[0]) in text for text in texts(figure))
    alone = architecture_chart(read_blocks(SHIPPED, "cnn"))
    assert len(texts(alone)) == 7


def test_charts_take_their_colours_from_the_page(tmp_path: Path) -> None:
    own = rows(tmp_path, row())
    for figure in (corpora_chart(own, [], []), confusion_chart(own[0])):
        assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert figure.layout.font.color is None
