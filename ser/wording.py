"""Answers in words. They say what a voice sounds like, never what a person feels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser.prediction import Prediction

if TYPE_CHECKING:
    from ser.timeline import Timeline

QUITE_SURE = 0.80
FAIRLY_SURE = 0.55
NOT_VERY_SURE = 0.35
"""Confidence from which an answer is called so; under the last it is hard to say."""

# Two of the labels are nouns.
_SOUNDS = {"fear": "like fear", "disgust": "like disgust"}

# Where there is no emotion to tell: what was found, and what to do.
_NO_EMOTION = {
    "no_speech": (
        "No speech heard.",
        "Nobody seems to speak in this sound. If somebody does, come closer to the microphone, "
        "check that it is not muted, and leave music and noise out.",
    ),
    "too_short": (
        "Too short to say.",
        "There is less than half a second of speech. Two or three seconds are best.",
    ),
}


def headline(prediction: Prediction) -> str:
    """Say the answer and how sure the model is: "Sounds sad. Fairly sure."."""
    return f"{answer(prediction)} {sureness(prediction)}"


def answer(prediction: Prediction) -> str:
    """Say what the voice sounds like: "Sounds sad.", "Sounds like fear."."""
    if prediction.label is None:
        return _NO_EMOTION[prediction.status][0]
    if hard_to_say(prediction):
        return "Hard to say."
    return f"Sounds {_SOUNDS.get(prediction.label, prediction.label)}."


def hard_to_say(prediction: Prediction) -> bool:
    """Tell whether the most probable label is too much in doubt to be named alone."""
    return prediction.status == "uncertain" or prediction.confidence < NOT_VERY_SURE


def sureness(prediction: Prediction) -> str:
    """Say how sure the model is, and where it is not, what else it might be or what to do."""
    if prediction.label is None:
        return _NO_EMOTION[prediction.status][1]
    if prediction.status == "uncertain":
        return f"Between {prediction.label} and {prediction.second}."
    if prediction.confidence >= QUITE_SURE:
        return "Quite sure."
    if prediction.confidence >= FAIRLY_SURE:
        return "Fairly sure."
    if prediction.confidence >= NOT_VERY_SURE:
        return f"Not very sure: perhaps {prediction.second}."
    return f"Between {prediction.label} and {prediction.second}."


def percent(probability: float) -> str:
    """Write a probability for people: "63 %", "< 1 %"; never a false 0 or 100."""
    if probability < 0.01:
        return "< 1 %"
    return "> 99 %" if probability > 0.99 else f"{probability * 100:.0f} %"


def ranking(prediction: Prediction) -> str:
    """List all labels from the most to the least probable, with their figures."""
    order = sorted(prediction.probabilities.items(), key=lambda item: -item[1])
    return ", ".join(f"{label} {percent(p)}" for label, p in order)


def clock(seconds: float) -> str:
    """Write a time for people: "0:07", "12:30", "1:02:03"."""
    minutes, rest = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def caption(prediction: Prediction) -> str:
    """Say in a few words what a stretch sounds like: "Sounds sad (62 %)"."""
    said = answer(prediction).rstrip(".")
    if prediction.label is None:
        return said
    if hard_to_say(prediction):
        return f"{said}: {prediction.label} or {prediction.second}"
    return f"{said} ({percent(prediction.confidence)})"


def course(timeline: Timeline, *, at_most: int = 8) -> str:
    """Tell a timeline in words: "0:00 to 0:06 Sounds sad (62 %); …"."""
    stretches = timeline.stretches()
    if not stretches:
        return "nobody is heard to speak"
    told = [
        f"{clock(part.start_s)} to {clock(part.end_s)} {caption(part.prediction)}"
        for part in stretches[:at_most]
    ]
    more = len(stretches) - at_most
    return "; ".join([*told, f"and {more} more"] if more > 0 else told)
