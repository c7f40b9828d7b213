"""The answer in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ser import wording
from ser.labels import LABELS
from ser.prediction import Prediction, Status
from ser.timeline import Segment, Timeline


def prediction(label: str, confidence: float, second: str = "neutral") -> Prediction:
    rest = {other: 0.1 * (1 - confidence) for other in LABELS}
    shares = rest | {label: confidence, second: 0.5 * (1 - confidence)}
    return Prediction(label, confidence, shares, "hybrid", 3.0, second=second)


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [
        (0.95, "Sounds sad. Quite sure."),
        (0.80, "Sounds sad. Quite sure."),
        (0.79, "Sounds sad. Fairly sure."),
        (0.55, "Sounds sad. Fairly sure."),
        (0.54, "Sounds sad. Not very sure: perhaps fear."),
        (0.35, "Sounds sad. Not very sure: perhaps fear."),
        (0.34, "Hard to say. Between sad and fear."),
    ],
)
def test_headline_is_as_sure_as_the_model(confidence: float, expected: str) -> None:
    assert wording.headline(prediction("sad", confidence, second="fear")) == expected


def test_an_answer_in_doubt_is_not_given_plainly() -> None:
    doubtful = replace(prediction("sad", 0.7, second="fear"), status="uncertain")
    assert wording.headline(doubtful) == "Hard to say. Perhaps sad."
    assert wording.advice(doubtful).startswith("This model is too often wrong")
    close = replace(doubtful, probabilities=doubtful.probabilities | {"sad": 0.4, "fear": 0.3})
    close = replace(close, confidence=0.4)
    assert wording.headline(close) == "Hard to say. Between sad and fear."
    assert wording.advice(close).startswith("Some seconds more")
    assert not wording.advice(replace(close, status="ok"))


def test_a_stopped_recording_is_summed_up_only_as_far_as_it_was_heard() -> None:
    windows = (Segment(0, 3, prediction("sad", 0.9)), Segment(3, 28, prediction("sad", 0.9)))
    stopped = Timeline(windows, 600.0, "cnn", complete=False)
    assert wording.overall(stopped) == "In the first 0:28: mostly sounds sad."


@pytest.mark.parametrize(
    ("status", "begins"),
    [("no_speech", "No speech heard. "), ("too_short", "Too short to say. ")],
)
def test_where_no_emotion_can_be_told_it_says_so(status: Status, begins: str) -> None:
    answer = Prediction(None, 0.0, {}, "hybrid", 3.0, status)
    assert wording.headline(answer).startswith(begins)
    assert "None" not in wording.headline(answer)


@pytest.mark.parametrize("label", LABELS)
def test_every_label_makes_a_sentence_about_the_voice(label: str) -> None:
    sentence = wording.answer(prediction(label, 0.9, second="sad" if label != "sad" else "angry"))
    noun = label in ("fear", "disgust")
    assert sentence == (f"Sounds like {label}." if noun else f"Sounds {label}.")


@pytest.mark.parametrize(
    ("probability", "expected"),
    [(0.0, "< 1 %"), (0.009, "< 1 %"), (0.01, "1 %"), (0.634, "63 %"), (0.995, "> 99 %")],
)
def test_percent_claims_no_certainty(probability: float, expected: str) -> None:
    assert wording.percent(probability) == expected


def test_ranking_begins_with_the_most_probable() -> None:
    ranking = wording.ranking(prediction("sad", 0.8, second="fear"))
    assert ranking.startswith("sad 80 %, fear 10 %, ")
    assert all(label in ranking for label in LABELS)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0:00"), (7.4, "0:07"), (59.6, "1:00"), (750, "12:30"), (3723, "1:02:03")],
)
def test_times_are_written_as_on_a_clock(seconds: float, expected: str) -> None:
    assert wording.clock(seconds) == expected


def test_captions_say_what_a_stretch_sounds_like() -> None:
    assert wording.caption(prediction("fear", 0.62)) == "Sounds like fear (62 %)"
    doubtful = replace(prediction("fear", 0.62, "sad"), status="uncertain")
    assert wording.caption(doubtful) == "Hard to say: perhaps fear"
    even = {**doubtful.probabilities, "fear": 0.4, "sad": 0.3}
    close = replace(doubtful, confidence=0.4, probabilities=even)
    assert wording.caption(close) == "Hard to say: fear or sad"
    assert wording.caption(Prediction(None, 0.0, {}, "cnn", 3.0, "no_speech")) == "No speech heard"


def test_a_long_course_is_told_in_short() -> None:
    said = [prediction(label, 0.62) for label in ("sad", "angry") * 6]
    windows = tuple(Segment(i, i + 1, each) for i, each in enumerate(said))
    told = wording.course(Timeline(windows, 12.0, "hybrid"), at_most=2)
    assert told.startswith("0:00 to 0:01 Sounds sad (62 %); ")
    assert told.endswith("; and 10 more")


@pytest.mark.parametrize(
    ("lengths_s", "expected"),
    [
        ({"sad": 60, "angry": 20}, "Mostly sounds sad."),
        ({"fear": 60}, "Mostly sounds like fear."),
        (
            {"sad": 40, "neutral": 35, "happy": 25},
            "It changes: partly it sounds sad, partly neutral.",
        ),
        ({"": 60, "sad": 20}, "Hard to say for most of it."),
        ({"": 45, "sad": 40, "fear": 15}, "It changes: partly it sounds sad, partly like fear."),
        ({"": 50, "sad": 50}, "Partly it sounds sad, the rest is hard to say."),
        ({}, "No speech heard."),
    ],
)
def test_a_long_recording_is_summed_up(lengths_s: dict[str, int], expected: str) -> None:
    labels = [label for label, length_s in lengths_s.items() for _ in range(length_s)]
    segments = tuple(
        Segment(start_s, start_s + 1, prediction(label or "angry", 0.7, second="disgust"))
        for start_s, label in enumerate(labels)
    )
    segments = tuple(
        replace(part, prediction=replace(part.prediction, status="ok" if label else "uncertain"))
        for part, label in zip(segments, labels, strict=True)
    )
    assert wording.overall(Timeline(segments, 100.0, "cnn")) == expected


def test_what_was_stopped_at_once_heard_nothing() -> None:
    stopped = Timeline((), 100.0, "cnn", complete=False)
    assert wording.overall(stopped) == "Stopped before anything was heard."
