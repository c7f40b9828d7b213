"""Files that people take away, read back as other programs read them."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from plotly.offline import get_plotlyjs

from ser import wording
from ser.audio import Sound
from ser.labels import LABELS
from ser.prediction import Prediction
from ser.takeaway import (
    DISCLAIMER,
    report,
    result_csv,
    result_json,
    timeline_csv,
    timeline_json,
    timeline_labels,
    timeline_vtt,
)
from ser.timeline import Segment, Timeline
from tests.test_timeline import answer

NAME = 'Zoë "1" <script>alert(1)</script> & co, 2.wav'


@pytest.fixture
def course() -> Timeline:
    """Sad for a while, a gap, then in doubt, then angry beyond doubt, past an hour."""
    parts = [
        (0.0, answer("sad", 0.62)),
        (1.0, answer("sad", 0.62)),
        (2.0, answer(None)),
        (3.0, answer("fear", 0.4, status="uncertain")),
        (3600.25, answer("angry", 0.999)),
    ]
    return Timeline(tuple(Segment(s, s + 3, p) for s, p in parts), 3603.25, "cnn")


@pytest.fixture
def both() -> list[Prediction]:
    return [answer("sad", 0.62), Prediction(None, 0.0, {}, "hybrid", 3.0, "no_speech")]


def test_json_of_a_result(both: list[Prediction]) -> None:
    content = json.loads(result_json(NAME, both))
    assert content["file"] == NAME
    assert [result["label"] for result in content["results"]] == ["sad", None]
    assert list(content["results"][0]["probabilities"]) == list(LABELS)


def test_csv_of_a_result(both: list[Prediction]) -> None:
    first, second = csv.DictReader(io.StringIO(result_csv(NAME, both)))
    assert list(first) == [
        "file", "model", "duration_s", "status", "label", "confidence", "second", *LABELS,
        "voice_known",
    ]  # fmt: skip
    assert (first["voice_known"], second["voice_known"]) == ("no", "")
    assert (first["file"], first["label"], first["sad"]) == (NAME, "sad", "0.6200")
    assert sum(float(first[label]) for label in LABELS) == pytest.approx(1, abs=0.001)
    assert (second["status"], second["label"], second["sad"]) == ("no_speech", "", "")


@pytest.mark.parametrize("name", ["=1+1.wav", "@x.wav", "-2.wav", "+3.wav"])
def test_no_name_runs_in_a_spreadsheet(name: str, both: list[Prediction]) -> None:
    first = next(csv.DictReader(io.StringIO(result_csv(name, both))))
    assert first["file"] == f"'{name}"


def test_csv_of_a_timeline_has_every_window(course: Timeline) -> None:
    rows = list(csv.DictReader(io.StringIO(timeline_csv(course))))
    assert [row["status"] for row in rows] == ["ok", "ok", "no_speech", "uncertain", "ok"]
    assert (rows[4]["start_s"], rows[4]["end_s"]) == ("3600.250", "3603.250")
    assert rows[2]["label"] == rows[2]["confidence"] == rows[2]["happy"] == ""
    assert rows[3]["fear"] == "0.4000"


def test_json_of_a_timeline(course: Timeline) -> None:
    content = json.loads(timeline_json(course))
    assert content["complete"] is True
    assert len(content["windows"]) == 5
    assert [part["label"] for part in content["stretches"]] == ["sad", "fear", "angry"]


def seconds(time: str) -> float:
    hours, minutes, rest = time.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def test_webvtt_by_its_grammar(course: Timeline) -> None:
    header, *blocks = timeline_vtt(course).rstrip("\n").split("\n\n")
    assert header == "WEBVTT"
    cues = []
    for block in blocks:
        timing, text = block.split("\n")
        times = re.fullmatch(r"(\d{2,}:\d\d:\d\d\.\d{3}) --> (\d{2,}:\d\d:\d\d\.\d{3})", timing)
        assert times
        cues.append((seconds(times[1]), seconds(times[2]), text))
    assert [text for _, _, text in cues] == [
        "Sounds sad (62 %)",
        "Hard to say: perhaps fear",
        "Sounds angry (&gt; 99 %)",
    ]
    parts = course.stretches()
    for (start_s, end_s, _), part in zip(cues, parts, strict=True):
        assert (start_s, end_s) == pytest.approx((part.start_s, part.end_s), abs=0.001)
    assert all(one[1] <= other[0] for one, other in pairwise(cues))


def test_audacity_labels(course: Timeline) -> None:
    rows = [line.split("\t") for line in timeline_labels(course).splitlines()]
    assert [row[2] for row in rows][::2] == ["Sounds sad (62 %)", "Sounds angry (> 99 %)"]
    assert [(float(row[0]), float(row[1])) for row in rows] == [
        (part.start_s, part.end_s) for part in course.stretches()
    ]


def test_nobody_speaks_and_all_files_are_still_whole() -> None:
    silent = Timeline((Segment(0, 3, answer(None)),), 3.0, "cnn")
    assert timeline_vtt(silent) == "WEBVTT\n"
    assert timeline_labels(silent) == ""
    assert len(timeline_csv(silent).splitlines()) == 2


class Reader(HTMLParser):
    """Collects what a page holds and what it asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in {"script", "style"}:
            self.texts.append(data)


@pytest.fixture
def page(course: Timeline, both: list[Prediction], speech: np.ndarray) -> str:
    return report(NAME, Sound(speech), both, timeline=course)


def test_report_stands_alone_and_holds_its_charts_and_the_program_once(page: str) -> None:
    reader = Reader()
    reader.feed(page)
    names = [tag for tag, _ in reader.tags]
    assert not {"link", "iframe", "img"} & set(names)
    assert not [attributes for _, attributes in reader.tags if "src" in attributes]
    assert page.count("plotly.js v") == 1
    assert len(re.findall(r'Plotly\.newPlot\(\s*"', page)) == 3
    figures = [a["aria-label"] or "" for _, a in reader.tags if a.get("role") == "img"]
    assert figures[0].startswith("Probability of each emotion: sad 62 %")
    assert "0:00 to 0:03 Sounds sad (62 %)" in figures[1]
    assert figures[2].startswith("Waveform and spectrogram")
    policy = next(a["content"] or "" for _, a in reader.tags if "http-equiv" in a)
    assert policy.startswith("default-src 'none';")
    assert "prefers-color-scheme: dark" in page


def test_report_makes_room_for_the_names_beside_the_bars(page: str) -> None:
    # Every axis that is drawn: bars 2 (the third is hidden) and timeline 2, picture 4.
    assert page.count('"automargin":true') - get_plotlyjs().count('"automargin":true') >= 8


def test_report_escapes_names_and_says_what_it_is_not(page: str) -> None:
    reader = Reader()
    reader.feed(page)
    assert "alert(1)</script>" not in page
    text = " ".join(reader.texts)
    assert NAME in text
    assert DISCLAIMER in text
    assert "Sounds sad." in text
    assert "No speech heard." in text


def test_report_of_minutes_begins_with_what_it_mostly_sounds_like(
    course: Timeline, speech: np.ndarray
) -> None:
    content = report("talk.wav", Sound(np.tile(speech, 21)), [], timeline=course)
    reader = Reader()
    reader.feed(content)
    text = " ".join(" ".join(reader.texts).split())
    assert wording.overall(course) in text
    assert text.index(wording.overall(course)) < text.index("By the CNN model.")
    assert "The first 30 seconds." in text
    figures = [a["aria-label"] or "" for _, a in reader.tags if a.get("role") == "img"]
    assert figures[-1].startswith("Waveform and spectrogram")
    silent = Timeline((Segment(0, 3, answer(None)),), 63.0, "cnn")
    quiet = report("quiet.wav", Sound(np.zeros(63 * 16_000, np.float32)), [], timeline=silent)
    assert "<h2>No speech heard.</h2>" in quiet


def test_a_report_says_that_a_known_voice_was_allowed_for_and_calls_models_by_their_names(
    both: list[Prediction], speech: np.ndarray
) -> None:
    known = [replace(one, voice_known=True, model="mlp-ravdess") for one in both[:1]]
    content = report(NAME, Sound(speech), known, names={"mlp-ravdess": "Multilayer perceptron"})
    assert "By the Multilayer perceptron model, which allows for what it knows of this" in content
    assert "allows for" not in report(NAME, Sound(speech), both)
