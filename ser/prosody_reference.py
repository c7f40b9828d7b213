"""How a voice's prosody lies against what the training corpora show, by emotion and sex.

``artifacts/prosody_reference.json`` holds percentiles that ``training.prosody_reference``
made. They tell how actors sounded who played an emotion: a place among them proves
nothing about one voice.

Loudness itself is missing on purpose. No recording here is calibrated: the same voice
comes out louder or softer by the microphone and its distance, so only how much the
loudness varies can be compared.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser.errors import BundleError
from ser.labels import LABELS

if TYPE_CHECKING:
    from ser.audio import Sound

VERSION = 1
FILE = "artifacts/prosody_reference.json"
SEXES = {"women": "female", "men": "male"}
"""Whose voices people choose, and what the corpora call them."""

PERCENTILES = (5, 25, 50, 75, 95)

LEAST_VOICED = 0.1
"""Where the voice vibrates for less of the time, its pitch and its roughness mean nothing."""


@dataclass(frozen=True)
class Measure:
    """One thing that a person can hear in a voice.

    Attributes
    ----------
    key : str
        Which of :data:`ser.features.PROSODIC_FEATURES` it is.
    name, unit, meaning : str
        For people.
    scale : float
        What the feature is multiplied by to be in this unit.
    needs_pitch : bool
        Whether it means nothing where no voice vibrates, as in a whisper: see :data:`LEAST_VOICED`.
    """

    key: str
    name: str
    unit: str
    meaning: str
    scale: float = 1.0
    needs_pitch: bool = True


MEASURES = (
    Measure("f0_median_hz", "Pitch height", "Hz", "how high the voice is, on the whole"),
    Measure("f0_range_st", "Pitch range", "semitones", "how far the melody goes up and down"),
    Measure(
        "intensity_range_db",
        "Loudness range",
        "dB",
        "from the soft to the loud parts, pauses included",
        needs_pitch=False,
    ),
    Measure(
        "nuclei_per_s", "Speaking rate", "syllables/s", "how quick, roughly", needs_pitch=False
    ),
    Measure("pause_share", "Pauses", "%", "share of the time", scale=100, needs_pitch=False),
    Measure("jitter_local", "Jitter", "%", "how uneven the beat of the vocal folds is", scale=100),
    Measure("shimmer_local", "Shimmer", "%", "how uneven its strength is", scale=100),
    Measure("hnr_mean_db", "Clearness", "dB", "harmonics against noise: low is rough or breathy"),
)


@dataclass(frozen=True)
class Compared:
    """One measure of a voice beside what the corpora show.

    Attributes
    ----------
    measure : Measure
    value : float or None
        In the measure's unit; None where it cannot be told.
    ranges : dict of str to tuple of float
        Label to the 5th, 25th, 50th, 75th and 95th percentile, in the same unit. Labels
        that no corpus has for this sex are missing.
    """

    measure: Measure
    value: float | None
    ranges: dict[str, tuple[float, ...]]

    def typical_of(self) -> list[str]:
        """Name the labels whose middle half the value lies in."""
        if self.value is None:
            return []
        return [label for label, p in self.ranges.items() if p[1] <= self.value <= p[3]]


@dataclass(frozen=True)
class ProsodyReference:
    """What the corpora show.

    Attributes
    ----------
    ranges : dict
        Sex (``"female"``, ``"male"``) to label to feature to five percentiles, in the
        features' own units.
    made_from : dict
        Corpora, clips, speakers and the version of the features.
    """

    ranges: dict[str, dict[str, dict[str, list[float]]]]
    made_from: dict[str, Any]

    @classmethod
    def load(cls, root: str | Path | None = None) -> ProsodyReference:
        """Read the file of a bundle, by default of the one in this repository.

        Raises
        ------
        BundleError
            The file is missing, damaged, or made for other features.
        """
        from ser.bundle import SHIPPED

        path = Path(SHIPPED if root is None else root) / FILE
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            reference = cls(content["ranges"], content["made_from"])
            made_for = (content["version"], content["made_from"]["feature_version"])
            _check(reference)
        except FileNotFoundError as error:
            raise BundleError(
                f"{path} is missing, so voices cannot be compared: make it with "
                "python -m training.prosody_reference."
            ) from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BundleError(f"{path} is damaged: fetch it again.") from error
        _check_version(path, made_for)
        return reference

    def compare(self, sound: Sound, sex: str) -> tuple[Compared, ...]:
        """Set a voice beside what the corpora show.

        Parameters
        ----------
        sound : Sound
            Some seconds of one voice: percentiles are those of single sentences.
        sex : {"women", "men"}
            Whose voices to compare with.

        Raises
        ------
        AudioError
            There is less than 0.1 s of sound.
        """
        values = measure(sound)
        by_label = self.ranges[SEXES[sex]]
        return tuple(
            Compared(
                one,
                values[one.key],
                {
                    label: tuple(value * one.scale for value in by_label[label][one.key])
                    for label in LABELS
                    if label in by_label
                },
            )
            for one in MEASURES
        )

    def nearest(self, sound: Sound, label: str) -> str:
        """Name the sex whose pitch in this emotion lies nearer to the voice's; "women" without."""

        def distance(sex: str) -> float:
            height = self.compare(sound, sex)[0]
            if height.value is None or label not in height.ranges:
                return 0.0
            return abs(math.log(height.value / height.ranges[label][2]))

        return min(SEXES, key=distance)


def measure(sound: Sound) -> dict[str, float | None]:
    """Measure a voice, silence at both ends cut off, in people's units.

    Raises
    ------
    AudioError
        There is less than 0.1 s of sound.
    """
    from ser.audio import MIN_DURATION_S, SAMPLE_RATE
    from ser.errors import AudioError
    from ser.features import measure_prosody, trim

    voice = trim(sound.samples)
    if len(voice) < MIN_DURATION_S * SAMPLE_RATE:
        raise AudioError(f"There is less than {MIN_DURATION_S} s of sound to measure.")
    return told(measure_prosody(voice))


def told(prosody: dict[str, float]) -> dict[str, float | None]:
    """Keep what means something: no pitch and no roughness where no voice vibrates."""
    # Of two voiced frames or fewer no pitch is measured, and it is 0 Hz.
    vibrates = prosody["voiced_share"] >= LEAST_VOICED and prosody["f0_median_hz"] > 0
    return {
        one.key: prosody[one.key] * one.scale if vibrates or not one.needs_pitch else None
        for one in MEASURES
    }


def _check(reference: ProsodyReference) -> None:
    """Make sure that each range is whole."""
    for sex in SEXES.values():
        for label, by_feature in reference.ranges[sex].items():
            for one in MEASURES:
                values = by_feature[one.key]
                if label not in LABELS or sorted(values) != values:
                    raise ValueError(f"{label}, {one.key}")
                if len(values) != len(PERCENTILES):
                    raise ValueError(f"{label}, {one.key}")


def _check_version(path: Path, made_for: tuple[Any, Any]) -> None:
    from ser.features import feature_schema

    if made_for != (VERSION, feature_schema()["version"]):
        raise BundleError(
            f"{path} was made for other features than this version computes: make it anew with "
            "python -m training.prosody_reference."
        )
