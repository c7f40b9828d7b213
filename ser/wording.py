"""Answers in words. They say what a voice sounds like, never what a person feels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser.prediction import Prediction

if TYPE_CHECKING:
    from ser.prosody_reference import Compared
    from ser.saliency import Saliency
    from ser.timeline import Timeline

QUITE_SURE = 0.80
FAIRLY_SURE = 0.55
NOT_VERY_SURE = 0.35
"""Confidence from which an answer is called so; under the last it is hard to say."""

CLOSE = 0.5
"""The second label is named beside the first from this share of its probability on."""

OVERDRIVEN = (
    "This recording is too loud: its peaks are cut off, and so the answer may be wrong. Turn the "
    "microphone down or move away from it, and record again."
)

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
        "There is less than 0.4 s of speech. Two or three seconds are best.",
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
    return f"Sounds {manner(prediction.label)}."


def manner(label: str) -> str:
    """Name an emotion as what may follow "sounds": "sad", "like fear"."""
    return _SOUNDS.get(label, label)


def hard_to_say(prediction: Prediction) -> bool:
    """Tell whether the most probable label is too much in doubt to be named alone."""
    return prediction.status == "uncertain" or prediction.confidence < NOT_VERY_SURE


def sureness(prediction: Prediction) -> str:
    """Say how sure the model is, and where it is not, what else it might be or what to do."""
    if prediction.label is None:
        return _NO_EMOTION[prediction.status][1]
    if hard_to_say(prediction):
        return f"{_candidates(prediction)}."
    if prediction.confidence >= QUITE_SURE:
        return "Quite sure."
    if prediction.confidence >= FAIRLY_SURE:
        return "Fairly sure."
    return f"Not very sure: perhaps {prediction.second}."


def _candidates(prediction: Prediction) -> str:
    """Name what it may be: both labels only where neither stands out."""
    if _stands_out(prediction):
        return f"Perhaps {prediction.label}"
    return f"Between {prediction.label} and {prediction.second}"


def _stands_out(prediction: Prediction) -> bool:
    return prediction.probabilities[str(prediction.second)] < CLOSE * prediction.confidence


def advice(prediction: Prediction) -> str:
    """Say what may help where the model is not sure; nothing where it is."""
    if prediction.label is None or not hard_to_say(prediction):
        return ""
    often = "This model is too often wrong when it is no surer than this. "
    help_ = "Some seconds more of one voice, close to the microphone and without noise, may help."
    return (often if prediction.confidence >= FAIRLY_SURE else "") + help_


def figures(prediction: Prediction) -> str:
    """Give the two highest probabilities: "67 % angry, then neutral with 13 %."."""
    second = percent(prediction.probabilities[str(prediction.second)])
    first = percent(prediction.confidence)
    return f"{first} {prediction.label}, then {prediction.second} with {second}."


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
        # In a phone's table there is no room for more.
        either = f"{prediction.label} or {prediction.second}"
        return f"{said}: {f'perhaps {prediction.label}' if _stands_out(prediction) else either}"
    return f"{said} ({percent(prediction.confidence)})"


def overall(timeline: Timeline) -> str:
    """Sum up a longer recording by how long it sounds how: "Mostly sounds sad."."""
    said = _overall(timeline)
    if timeline.complete:
        return said
    if not timeline.segments:
        return "Stopped before anything was heard."
    return f"In the first {clock(timeline.heard_s)}: {said[0].lower()}{said[1:]}"


def _overall(timeline: Timeline) -> str:
    lengths_s: dict[str, float] = {}
    for part in timeline.stretches():
        name = "" if hard_to_say(part.prediction) else str(part.prediction.label)
        lengths_s[name] = lengths_s.get(name, 0.0) + part.end_s - part.start_s
    if not lengths_s:
        return _NO_EMOTION["no_speech"][0]
    spoken_s = sum(lengths_s.values())
    names = sorted(lengths_s, key=lengths_s.__getitem__, reverse=True)
    if lengths_s[names[0]] > 0.5 * spoken_s:
        return f"Mostly sounds {manner(names[0])}." if names[0] else "Hard to say for most of it."
    first, *others = [name for name in names if name]
    if not others:
        return f"Partly it sounds {manner(first)}, the rest is hard to say."
    second = others[0]
    return f"It changes: partly it sounds {manner(first)}, partly {manner(second)}."


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


def hung_on(saliency: Saliency) -> str:
    """Say which part of a sound an answer hung on, and how much."""
    fall = f"{percent(saliency.probability_without)} instead of {percent(saliency.probability)}"
    if not saliency.stands_out():
        return (
            "It hung on no part in particular: with the most telling fifth of the picture "
            f"covered, the probability of {saliency.label} would still be {fall}."
        )
    time_s, frequency_hz = saliency.strongest()
    return (
        f"Most of all it hung on what is heard at {time_s:.1f} s around {hertz(frequency_hz)}. "
        "With the most telling fifth of the picture covered, the probability of "
        f"{saliency.label} would be {fall}."
    )


def hertz(frequency_hz: float) -> str:
    """Write a frequency for people: "450 Hz", "1.6 kHz"."""
    if frequency_hz < 950:
        return f"{frequency_hz / 10:.0f}0 Hz"
    return f"{frequency_hz / 1000:.1f} kHz"


def measured(compared: Compared) -> str:
    """Write a measure of a voice for people: "182 Hz", "1.4 %"."""
    if compared.value is None:
        return "cannot be told"
    digits = 0 if abs(compared.value) >= 20 else 1
    return f"{compared.value:.{digits}f} {compared.measure.unit}"


def beside(compared: Compared) -> str:
    """Say in words where a voice lies among others."""
    if compared.value is None:
        return "It cannot be told."
    typical = compared.typical_of()
    among = ", ".join(typical) if typical else "no emotion"
    return f"{measured(compared)}; that is in the middle half of {among}."
