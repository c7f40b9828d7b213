"""Answers in words. They say what a voice sounds like, never what a person feels."""

from __future__ import annotations

from ser.prediction import Prediction

QUITE_SURE = 0.80
FAIRLY_SURE = 0.55
NOT_VERY_SURE = 0.35
"""Confidence from which an answer is called so; under the last it is hard to say."""

# Two of the labels are nouns.
_SOUNDS = {"fear": "like fear", "disgust": "like disgust"}


def headline(prediction: Prediction) -> str:
    """Say the answer and how sure the model is: "Sounds sad. Fairly sure."."""
    return f"{answer(prediction)} {sureness(prediction)}"


def answer(prediction: Prediction) -> str:
    """Say what the voice sounds like: "Sounds sad.", "Sounds like fear."."""
    if prediction.confidence < NOT_VERY_SURE:
        return "Hard to say."
    return f"Sounds {_SOUNDS.get(prediction.label, prediction.label)}."


def sureness(prediction: Prediction) -> str:
    """Say how sure the model is, and where it is not, what else it might be."""
    if prediction.confidence >= QUITE_SURE:
        return "Quite sure."
    if prediction.confidence >= FAIRLY_SURE:
        return "Fairly sure."
    if prediction.confidence >= NOT_VERY_SURE:
        return f"Not very sure: perhaps {runner_up(prediction)}."
    return f"Between {prediction.label} and {runner_up(prediction)}."


def runner_up(prediction: Prediction) -> str:
    """Name the second most probable label."""
    others = {k: p for k, p in prediction.probabilities.items() if k != prediction.label}
    return max(others, key=others.__getitem__)


def percent(probability: float) -> str:
    """Write a probability for people: "63 %", "< 1 %"; never a false 0 or 100."""
    if probability < 0.01:
        return "< 1 %"
    return "> 99 %" if probability > 0.99 else f"{probability * 100:.0f} %"


def ranking(prediction: Prediction) -> str:
    """List all labels from the most to the least probable, with their figures."""
    order = sorted(prediction.probabilities.items(), key=lambda item: -item[1])
    return ", ".join(f"{label} {percent(p)}" for label, p in order)
