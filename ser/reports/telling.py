"""The figures in sentences. Every number in them is computed, none is written by hand."""

from __future__ import annotations

from ser.prediction import MODELS
from ser.reports.figures import (
    PEOPLE,
    Benchmark,
    Confidence,
    Data,
    Example,
    Gate,
    Loss,
    Protocol,
    Row,
    Shipped,
    Sureness,
    System,
    Trained,
    corpus_title,
)

_VOICES = {
    "speaker-independent": "of people it never heard",
    "leave-one-corpus-out": "from collections of which it never heard a voice",
    "random": "of people whose voices it was trained on",
}
_NAMES = {
    "speaker-independent": "Voices it never heard",
    "leave-one-corpus-out": "Whole collections it never heard",
    "random": "Voices it knows",
}
_NO_BREAK = "\N{NO-BREAK SPACE}"
_NUMBERS = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]


def protocol_name(protocol: str) -> str:
    """Name a way to measure, for people."""
    return _NAMES.get(protocol, protocol)


def out_of_ten(share: float) -> str:
    """Say how many of ten: "about seven", or "six to seven" halfway between."""
    tenths = 10 * share
    whole, rest = int(tenths), tenths - int(tenths)
    if 0.25 <= rest <= 0.75:
        return f"{_NUMBERS[whole]} to {_NUMBERS[whole + 1]}"
    return f"about {_NUMBERS[round(tenths)]}"


def plain_answer(benchmark: Benchmark, protocol: str) -> str:
    """Say in one or two sentences how good the better of our models is.

    Returns
    -------
    str
        Markdown; empty where nothing was measured over all speech.
    """
    overall = next(
        (entry for model in MODELS if (entry := benchmark.pooled(protocol, model))), None
    )
    if overall is None:
        return ""
    voices = _VOICES.get(protocol, f"measured as “{protocol}”")
    first = (
        f"Of ten recordings {voices}, the {_model(overall.model)} names the acted emotion in "
        f"**{out_of_ten(overall.accuracy)}**; guessing among seven would name one or two."
    )
    return " ".join(filter(None, [first, _spread(benchmark, protocol, overall.model)]))


def _spread(benchmark: Benchmark, protocol: str, model: str) -> str:
    """Name the corpora with the best and the worst result, and people where they were asked."""
    rows = [row for row in benchmark.widest(protocol) if row.model == model]
    if len(rows) < 2:
        return ""
    worst, *_, best = sorted(rows, key=lambda row: row.uar)
    said = (
        f"It depends on who speaks: {corpus_title(best.corpus)} is understood best "
        f"({percent(best.uar)} right), {corpus_title(worst.corpus)} worst "
        f"({percent(worst.uar)})"
    )
    asked = next((row for row in benchmark.rows if row.model == PEOPLE), None)
    same = next((row for row in rows if asked and row.corpus == asked.corpus), None)
    if asked is None or same is None:
        return f"{said}."
    return (
        f"{said}. People who heard the same recordings of {corpus_title(asked.corpus)} agreed "
        f"with the actor in {percent(asked.uar)} (of those where most of them heard one emotion), "
        f"the {_model(model)} in {percent(same.uar)}."
    )


def how_measured(benchmark: Benchmark, protocol: Protocol) -> str:
    """Say how much was measured, and whether anything is missing."""
    clips: dict[str, int] = {}
    speakers: set[str] = set()  # some speak in one corpus and sing in another
    for row in benchmark.widest(protocol.name):
        clips[row.corpus] = row.n
        speakers.update(row.by_speaker)
    said = f"Measured on {number(sum(clips.values()))} recordings of {len(speakers)} people."
    if not protocol.missing:
        return said
    total = len(protocol.parts) + len(protocol.missing)
    return (
        f"{said} {len(protocol.parts)} of {total} parts "
        f"{'is' if len(protocol.parts) == 1 else 'are'} measured so far; "
        "python -m training.evaluate measures the others."
    )


def shipped_words(entry: Shipped) -> str:
    """Say how far off the percentages are that people are shown on recordings from elsewhere."""
    said = (
        f"Here they were corrected on the other collections left out. Those that the page shows "
        f"are corrected for voices of collections it knows, and would be off by "
        f"{100 * entry.ece:.0f} points here"
    )
    if entry.right is None:
        return f"{said}."
    return f"{said}; of what it answers without doubt, {percent(entry.right)} would be right."


def calibration_words(entry: Sureness, *, corrected: bool) -> str:
    """Say how far the percentages are off, on average."""
    said = (
        f"On average the {_model(entry.model)}'s percentages are off by "
        f"{100 * entry.ece:.0f} points."
    )
    if corrected:
        return said
    return (
        f"{said} They are drawn as the networks gave them; the page shows them corrected for "
        "being too sure. How well that works can be measured once more parts are in."
    )


def confidence_words(entry: Confidence) -> str:
    """Say one emotion's answers for a screen reader: "sad, 420 answers, 61 % right"."""
    n = sum(entry.right) + sum(entry.wrong)
    right = "" if entry.share_right is None else f", {percent(entry.share_right)} right"
    return f"{entry.emotion}, {number(n)} answers{right}"


def example_words(example: Example) -> str:
    """Say who speaks in a clip: "RAVDESS speech, speaker 1"."""
    speaker = example.speaker.removeprefix(f"{example.corpus.removesuffix('_song')}-")
    return f"{corpus_title(example.corpus)}, speaker {speaker}"


def balance_words(data: Data) -> str:
    """Say how much there is, and of which emotion most and least."""
    counts: dict[str, int] = {}
    for own in data.corpora:
        for emotion, count in own.emotions.items():
            counts[emotion] = counts.get(emotion, 0) + count
    said = (
        f"{number(sum(counts.values()))} recordings of {number(data.speakers)} people, "
        f"{data.hours:.1f} hours"
    )
    if len(counts) < 2:
        return f"{said}."
    least, *_, most = sorted(counts, key=counts.__getitem__)
    return (
        f"{said}. Most of them are {most} ({number(counts[most])}), "
        f"the fewest {least} ({number(counts[least])})."
    )


def gate_words(gate: Gate) -> str:
    """Say what is let through and what is refused."""
    heard, real = gate.accepted["all"], gate.refused["real"]
    worst = min(gate.refused_by_class.items(), key=lambda item: item[1].share, default=None)
    said = (
        f"Before any emotion is named, a check asks whether somebody speaks. It lets "
        f"{percent(heard.share, 2)} of speech pass and refuses {percent(real.share, 1)} of "
        "recorded other sounds, of voices and kinds of sound that were left out of its training"
    )
    if worst is None:
        return f"{said}."
    kind = worst[0].replace("_", " ")
    return f"{said}. Least often refused: {kind} ({percent(worst[1].share)})."


def robustness_words(losses: tuple[Loss, ...]) -> str:
    """Say how much was measured, and what hurts the better model most."""
    own = [loss for loss in losses if loss.model == MODELS[0] and loss.lost is not None]
    pooled = [loss for loss in own if loss.corpus == own[0].corpus]
    if not pooled:
        return ""
    worst = max(pooled, key=lambda loss: loss.lost or 0.0)
    return (
        f"The same {number(worst.n)} recordings of {worst.speakers} unheard people, changed in "
        f"{len(pooled)} ways. Worst for the {_model(MODELS[0])}: {worst.title}, "
        f"{100 * (worst.lost or 0.0):.0f} points less."
    )


def systems_words(systems: tuple[System, ...]) -> str:
    """Say how far well-known designs fall once the voices are new."""
    falls = [
        system.random.accuracy - system.unheard.accuracy
        for system in systems
        if system.random is not None and system.unheard is not None
    ]
    if not falls:
        return ""
    return (
        "Most figures for such systems come from random splits, where every tested voice was "
        f"trained on too. On voices they never heard they are right {100 * min(falls):.0f} to "
        f"{100 * max(falls):.0f} points less often."
    )


def trained_words(trained: Trained) -> str:
    """Say what the models were trained on."""
    by_size = sorted(trained.clips.items(), key=lambda item: -item[1])
    told = ", ".join(f"{corpus_title(name)} {number(count)}" for name, count in by_size)
    return f"{number(sum(trained.clips.values()))} recordings of {trained.speakers} people: {told}."


def row_words(row: Row) -> str:
    """Say one row for a table or a screen reader: "CREMA-D: CNN 64 %"."""
    return f"{corpus_title(row.corpus)}: {_model(row.model, short=True)} {percent(row.uar)}"


def percent(share: float, digits: int = 0) -> str:
    """Write a share in per cent, in one piece; never a false 0 or 100."""
    step = 10.0**-digits
    shown = f"{100 * share:.{digits}f}"
    if share > 0 and float(shown) == 0:
        shown = f"<{_NO_BREAK}{step:.{digits}f}"
    elif share < 1 and float(shown) == 100:
        shown = f">{_NO_BREAK}{100 - step:.{digits}f}"
    return f"{shown}{_NO_BREAK}%"


def number(count: int) -> str:
    """Write a count with its thousands apart."""
    return f"{count:,}".replace(",", _NO_BREAK)


def _model(model: str, *, short: bool = False) -> str:
    name = {"cnn": "CNN"}.get(model, model)
    return name if short else f"{name} model"
