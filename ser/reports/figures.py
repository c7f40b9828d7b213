"""What the files in ``reports/`` hold, as far as it is shown.

All shares lie in [0, 1]. *UAR*, the unweighted average recall, is the mean over the
emotions of the share that is named rightly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from ser.architecture import Block
from ser.corpora import known_corpora
from ser.prediction import MODELS

POOLED = "all speech"
"""What figures over all corpora but song are called."""

PEOPLE = "people"
"""Whom a row of the benchmark, or the protocol of a peer, is about."""


def corpus_title(corpus: str) -> str:
    """Name a corpus for people."""
    return _titles().get(corpus, corpus.replace("_", " "))


@cache
def _titles() -> dict[str, str]:
    return {corpus.name: corpus.title for corpus in known_corpora()}


@dataclass(frozen=True)
class Score:
    """How a group of clips, such as one speaker's, is understood."""

    uar: float
    accuracy: float
    n: int


@dataclass(frozen=True)
class Row:
    """One model, or people, on one corpus.

    Attributes
    ----------
    classes : int
        How many emotions there were to choose from.
    truth : str
        ``"acted"``, or ``"heard"`` where listeners' votes count as right.
    interval : tuple of two float, or None
        95 % of the UAR, from resampling speakers; None for one speaker.
    confusion : tuple of tuple of int
        Clips by truth (rows) and answer (columns), in the order of ``labels``.
    """

    corpus: str
    classes: int
    model: str
    protocol: str
    truth: str
    uar: float
    interval: tuple[float, float] | None
    accuracy: float
    n: int
    speakers: int
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    by_speaker: dict[str, Score]
    by_sex: dict[str, Score]
    by_age: dict[str, Score]


@dataclass(frozen=True)
class Bin:
    """Clips of about the same confidence, and the share of right answers among them."""

    confidence: float
    accuracy: float
    n: int


@dataclass(frozen=True)
class Sureness:
    """How far one model's probabilities can be trusted, of the seven public emotions.

    Attributes
    ----------
    ece : float
        Expected calibration error.
    coverage, accuracy_at_coverage : tuple of float
        Share of clips answered, the surest first, and the share right among them.
    answered, right : float or None
        The same at the level below which the answer is "not sure", chosen on other
        speakers; None where there were no others.
    aim : float or None
        The share right at which that level aims.
    """

    corpus: str
    model: str
    protocol: str
    ece: float
    accuracy: float
    n: int
    bins: tuple[Bin, ...]
    coverage: tuple[float, ...]
    accuracy_at_coverage: tuple[float, ...]
    answered: float | None
    right: float | None
    aim: float | None


@dataclass(frozen=True)
class Confidence:
    """How sure one model is where it names one emotion, over all speech.

    Attributes
    ----------
    right, wrong : tuple of int
        Clips by confidence, in bins of equal width over [0, 1].
    """

    model: str
    protocol: str
    emotion: str
    right: tuple[int, ...]
    wrong: tuple[int, ...]

    @property
    def share_right(self) -> float | None:
        """Share of these answers that is right; None where it was never answered."""
        n = sum(self.right) + sum(self.wrong)
        return sum(self.right) / n if n else None


@dataclass(frozen=True)
class Protocol:
    """One way to measure, and which of its parts are in.

    Attributes
    ----------
    speaker_dependent : bool
        Whether tested voices were trained on too.
    parts, missing : tuple of str
        Measured, and still to be measured.
    corrected : bool
        Whether a temperature from other speakers was at hand for the probabilities.
    """

    name: str
    speaker_dependent: bool
    parts: tuple[str, ...]
    missing: tuple[str, ...]
    corrected: bool


@dataclass(frozen=True)
class Shipped:
    """What one shipped model's percentages are worth where nothing was fitted, over all speech.

    Attributes
    ----------
    ece : float
        Expected calibration error.
    answered, right : float or None
        Share of clips that are not called "not sure", and of right answers among them.
    """

    model: str
    protocol: str
    ece: float
    answered: float
    right: float | None


@dataclass(frozen=True)
class Benchmark:
    """All of ``benchmark.json`` that is shown."""

    rows: tuple[Row, ...]
    sureness: tuple[Sureness, ...]
    protocols: tuple[Protocol, ...]
    confidence: tuple[Confidence, ...] = ()
    shipped: tuple[Shipped, ...] = ()

    def own_rows(self, protocol: str) -> list[Row]:
        """Rows of our models against what was acted, the corpus's widest choice first."""
        return [
            row
            for row in self.rows
            if row.protocol == protocol and row.model in MODELS and row.truth == "acted"
        ]

    def widest(self, protocol: str) -> list[Row]:
        """Of :meth:`own_rows` those with all of the corpus's emotions."""
        rows = self.own_rows(protocol)
        most: dict[str, int] = {}
        for row in rows:
            most[row.corpus] = max(row.classes, most.get(row.corpus, 0))
        return [row for row in rows if row.classes == most[row.corpus]]

    def pooled(self, protocol: str, model: str) -> Sureness | None:
        """Give the figures over all speech, if there are any."""
        found = (
            entry
            for entry in self.sureness
            if (entry.protocol, entry.model, entry.corpus) == (protocol, model, POOLED)
        )
        return next(found, None)

    def as_shipped(self, protocol: str, model: str) -> Shipped | None:
        """Give what the shipped percentages are worth in a protocol, if that was measured."""
        found = (each for each in self.shipped if (each.protocol, each.model) == (protocol, model))
        return next(found, None)

    def confidences(self, protocol: str, model: str) -> list[Confidence]:
        """Give how sure a model is of each emotion; empty where that was not counted."""
        return [
            entry for entry in self.confidence if (entry.protocol, entry.model) == (protocol, model)
        ]


@dataclass(frozen=True)
class Peer:
    """What somebody else reached, or people did.

    Attributes
    ----------
    protocol : str
        ``"people"``, or a protocol of the benchmark; ``"random"`` is speaker-dependent.
    uar, accuracy : float or None
        Whichever was published.
    """

    corpus: str
    classes: int
    what: str
    protocol: str
    uar: float | None
    accuracy: float | None
    parameters: int | None
    note: str
    source: str
    url: str

    @property
    def share(self) -> float | None:
        """The UAR, or the accuracy where that is all there is."""
        return self.accuracy if self.uar is None else self.uar


@dataclass(frozen=True)
class Answered:
    """How often a system was right in one protocol.

    Attributes
    ----------
    accuracy, uar : float
        In [0, 1].
    interval : tuple of two float, or None
        95 % interval of the accuracy, from resampling speakers.
    n, speakers : int
        Tested clips, and voices among them.
    """

    accuracy: float
    interval: tuple[float, float] | None
    uar: float
    n: int
    speakers: int


@dataclass(frozen=True)
class System:
    """A well-known design, what is claimed for it, and what it gave here.

    Attributes
    ----------
    name, title, claim : str
    emotions : tuple of str
        What it tells apart.
    claimed : float or None
        Of the claim, the accuracy.
    random, unheard : Answered or None
        With the same voices on both sides, and on voices it never heard.
    curves : dict of str to tuple of float
        By epoch, as a :class:`ser.training_log.TrainingLog` has them: ``loss``,
        ``val_accuracy`` and so on; empty where it has no epochs.
    layers : tuple of Block
        Of a network, from input to answer.
    """

    name: str
    title: str
    emotions: tuple[str, ...]
    claim: str
    claimed: float | None
    random: Answered | None
    unheard: Answered | None
    curves: dict[str, tuple[float, ...]]
    layers: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Loss:
    """What one condition costs one model on one corpus.

    Attributes
    ----------
    lost : float or None
        UAR of the clean clips less this; None for clean sound itself.
    refused : float
        Share of clips that the speech gate would not have let through.
    goal : float or None
        What it was to lose at most, where somebody set a goal.
    """

    condition: str
    title: str
    corpus: str
    model: str
    uar: float
    lost: float | None
    interval: tuple[float, float] | None
    refused: float
    n: int
    speakers: int
    goal: float | None


@dataclass(frozen=True)
class Share:
    """A count among others."""

    count: int
    n: int

    @property
    def share(self) -> float:
        """The count's part of all."""
        return self.count / self.n if self.n else 0.0


@dataclass(frozen=True)
class Gate:
    """What the speech gate lets through of speech, and refuses of other sounds.

    Attributes
    ----------
    accepted : dict of str to Share
        ``"all"`` speech, and speech that was changed, by the change.
    refused : dict of str to Share
        ``"real"`` and ``"synthetic"`` sounds.
    refused_by_class : dict of str to Share
        Real sounds by what they are.
    """

    accepted: dict[str, Share]
    refused: dict[str, Share]
    refused_by_class: dict[str, Share]


@dataclass(frozen=True)
class Trained:
    """What the shipped models were trained on, by the manifest."""

    clips: dict[str, int]
    emotions: dict[str, int]
    speakers: int
    seed: int
    parameters: dict[str, int]


@dataclass(frozen=True)
class Counted:
    """What one corpus has: its clips by emotion, inner labels.

    Attributes
    ----------
    hours : float
        Of all its clips together.
    """

    corpus: str
    speakers: int
    hours: float
    emotions: dict[str, int]


@dataclass(frozen=True)
class Data:
    """All recordings that were trained on; one who speaks and sings is one speaker."""

    speakers: int
    hours: float
    corpora: tuple[Counted, ...]


@dataclass(frozen=True)
class Example:
    """A clip of one's own corpora that stands for an emotion; ``path`` is its sound file."""

    emotion: str
    corpus: str
    speaker: str
    path: str
