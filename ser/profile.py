r"""What a network hears in a voice whatever it says, and how that is taken off.

One voice sounds a little angry even when it reads a shopping list, another a
little sad. In the networks' log-probabilities that is a nearly constant vector for
each voice. It can be estimated in two ways:

- from about ten seconds of the person's own **neutral** speech: its mean less the
  mean of everybody's neutral speech (:meth:`ser.Recognizer.enrol`);
- without labels, from **many clips of one voice**: their mean less the mean of
  everybody's clips (``Recognizer.predict_many(..., same_speaker=True)``).

The hybrid needs no such estimate of an enrolled voice. A network of its own hears how the
functionals of a clip differ from those of the same voice when it is neutral, which
takes away what is the voice's and not the mood's before anything is judged (compare
Busso et al., 2013, doi:10.1109/T-AFFC.2013.26, who normalise by neutral speech).

An estimate from few clips is noisy, and a voice in neutral is not quite the same
voice in anger. So only a part is taken off, :math:`s\,n/(n + h)` of it: the
best linear prediction of a voice's offset from the mean of ``n`` clips, where
``h`` is the variance of clips of one voice over that between voices. See Efron
& Morris (1975), doi:10.1080/01621459.1975.10479864, on such shrinkage. The
models' manifest holds the means and, for either way, ``s`` and ``h``.

Log-probabilities are natural logarithms over the nine inner labels, at the
temperature of the models.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser.errors import BundleError, ProfileError
from ser.labels import INNER_LABELS

if TYPE_CHECKING:
    import numpy as np

    from ser.bundle import Bundle

VERSION = 2
"""Of the profile's file."""

_LONGEST_FILE = 1_000_000
_LARGEST_OFFSET = 100.0


@dataclass(frozen=True)
class VoiceProfile:
    """How one voice differs from others when it is neutral; a small file its owner keeps.

    Attributes
    ----------
    models : str
        Fingerprint of the models it was made with; others refuse it.
    seconds : float
        How much neutral speech it was made from, in seconds.
    offsets : dict of str to tuple of float
        By model, what is taken off the log-probabilities of the nine
        :data:`ser.labels.INNER_LABELS`; a model that uses ``functionals`` has none.
    functionals : tuple of float
        Mean of the standardised functionals of its neutral clips, for a model that
        listens for how they differ; empty where there is none.
    """

    models: str
    seconds: float
    offsets: dict[str, tuple[float, ...]]
    functionals: tuple[float, ...] = ()

    def to_json(self) -> str:
        """Write as JSON."""
        content = {"version": VERSION, "labels": INNER_LABELS, **asdict(self)}
        return json.dumps(content, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> VoiceProfile:
        """Read what :meth:`to_json` wrote.

        Raises
        ------
        ProfileError
            It is something else, damaged, or of another version.
        """
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ProfileError(_NO_PROFILE) from error
        if not isinstance(content, dict) or "version" not in content:
            raise ProfileError(_NO_PROFILE)
        if content["version"] != VERSION or content.get("labels") != list(INNER_LABELS):
            raise ProfileError(
                f"The voice profile is of version {content['version']!r}, this program reads "
                f"version {VERSION}: make the profile anew."
            )
        return _checked(content)

    def save(self, path: str | Path) -> None:
        """Write to a file.

        Raises
        ------
        ProfileError
            The file cannot be written.
        """
        try:
            Path(path).write_text(self.to_json(), encoding="utf-8")
        except OSError as error:
            raise ProfileError(f"The voice profile cannot be saved as {path}: {error}.") from error

    @classmethod
    def load(cls, path: str | Path) -> VoiceProfile:
        """Read from a file.

        Raises
        ------
        ProfileError
            There is no such file, or it is no profile that can be used.
        """
        try:
            with Path(path).open("rb") as file:
                return cls.from_json(file.read(_LONGEST_FILE))
        except OSError as error:
            raise ProfileError(f"The voice profile {path} cannot be opened: {error}.") from error

    def offset(self, model: str) -> np.ndarray:
        """Give what is taken off the model's log-probabilities [shape=(9,)]."""
        import numpy as np

        return np.array(self.offsets[model])


_NO_PROFILE = (
    "This is not a voice profile, or it is damaged: make one with "
    "python -m ser enrol, or on the page."
)


def _checked(content: dict[str, Any]) -> VoiceProfile:
    """Take a profile from JSON's plain types; offsets that make no sense are refused."""
    try:
        offsets = {
            str(model): tuple(float(value) for value in values)
            for model, values in content["offsets"].items()
        }
        functionals = tuple(float(value) for value in content["functionals"])
        seconds = float(content["seconds"])
        profile = VoiceProfile(str(content["models"]), seconds, offsets, functionals)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise ProfileError(_NO_PROFILE) from error
    for values in offsets.values():
        # Written so that NaN is refused too.
        sensible = all(abs(value) <= _LARGEST_OFFSET for value in values)
        if len(values) != len(INNER_LABELS) or not sensible:
            raise ProfileError(_NO_PROFILE)
    if not 0 < seconds < math.inf:
        raise ProfileError(_NO_PROFILE)
    if not all(abs(value) <= _LARGEST_OFFSET for value in functionals):
        raise ProfileError(_NO_PROFILE)
    return profile


@dataclass(frozen=True)
class Trust:
    """How much of what a few clips say about a voice is believed.

    Attributes
    ----------
    strength : float
        What would be taken off after endless speech, in [0, 1].
    half_at : float
        Number of clips at which half of that is taken off.
    """

    strength: float
    half_at: float

    def of(self, clips: int) -> float:
        """Give the share to take off, in [0, 1]."""
        return self.strength * clips / (clips + self.half_at) if clips else 0.0


@dataclass(frozen=True)
class Voices:
    """What a model hears in everybody's voice, and how far one voice's own is believed.

    Attributes
    ----------
    neutral : np.ndarray [shape=(9,)]
        Mean log-probabilities of neutral speech, each voice counting once.
    overall : np.ndarray [shape=(9,)]
        The same of speech in all emotions.
    enrolled, grouped : Trust
        In neutral clips, and in clips without labels.
    """

    neutral: np.ndarray
    overall: np.ndarray
    enrolled: Trust
    grouped: Trust


def read_voices(bundle: Bundle, model: str) -> Voices:
    """Find in a bundle's manifest what profiles need.

    Raises
    ------
    BundleError
        The models were saved without.
    """
    import numpy as np

    manifest = bundle.manifest
    try:
        neutral = np.array(manifest["neutral_reference"][model], dtype=np.float64)
        overall = np.array(manifest["overall_reference"][model], dtype=np.float64)
        enrolled, grouped = (
            Trust(**manifest["voice_trust"][way][model]) for way in ("enrolled", "grouped")
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(
            f"The models in {bundle.root} were saved without what voices are compared with, so "
            "they cannot learn a voice: train them anew, or use newer ones."
        ) from error
    return Voices(neutral, overall, enrolled, grouped)


def fingerprint(bundle: Bundle) -> str:
    """Name the models, and the scale of their answers, in 16 letters and digits."""
    from ser.bundle import KNOWN_VOICE_FILE, MODEL_FILES

    manifest = bundle.manifest
    names = (*MODEL_FILES.values(), KNOWN_VOICE_FILE)
    facts = [
        {name: manifest["sha256"].get(name) for name in names},
        manifest.get("temperature"),  # a recipe has neither, and no profile fits it
        manifest.get("neutral_reference"),
    ]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def check_profile(profile: VoiceProfile, bundle: Bundle, model: str) -> None:
    """Refuse a profile that was made for other models.

    Raises
    ------
    ProfileError
    """
    from ser.features import feature_names

    fits = profile.models == fingerprint(bundle)  # a recipe's never does
    if fits and bundle.hears_known_voices(model):
        fits = len(profile.functionals) == len(feature_names())
    elif fits:
        fits = model in profile.offsets
    if not fits:
        raise ProfileError(
            "The voice profile was made for other models than these, and would mislead them: make "
            "it anew from the same recordings."
        )


def make_profile(
    bundle: Bundle, heard: dict[str, np.ndarray], functionals: np.ndarray, *, seconds: float
) -> VoiceProfile:
    """Make a profile from what each model hears in one voice's neutral speech.

    Parameters
    ----------
    bundle : Bundle
    heard : dict of str to np.ndarray [shape=(clips, 9)]
        Log-probabilities by model.
    functionals : np.ndarray [shape=(clips, features)]
        Standardised.
    seconds : float
        Length of the clips together.

    Raises
    ------
    BundleError
        The models were saved without what voices are compared with.
    """
    offsets: dict[str, tuple[float, ...]] = {}
    neutral: tuple[float, ...] = ()
    for model, clips in heard.items():
        if bundle.hears_known_voices(model):
            neutral = _rounded(functionals.mean(axis=0), digits=3)
            continue
        voices = read_voices(bundle, model)
        offset = voice_offset(clips, voices.neutral, voices.enrolled)
        offsets[model] = _rounded(offset, digits=4)
    return VoiceProfile(fingerprint(bundle), round(seconds, 2), offsets, neutral)


def _rounded(values: np.ndarray, *, digits: int) -> tuple[float, ...]:
    return tuple(round(float(value), digits) for value in values)


def log_probabilities(logits: np.ndarray, *, temperature: float = 1.0) -> np.ndarray:
    """Natural logarithms of the probabilities [shape=(..., 9)] of logits over a temperature."""
    import numpy as np

    scaled = np.asarray(logits, dtype=np.float64) / temperature
    scaled = scaled - scaled.max(axis=-1, keepdims=True)
    result: np.ndarray = scaled - np.log(np.exp(scaled).sum(axis=-1, keepdims=True))
    return result


def voice_offset(clips: np.ndarray, reference: np.ndarray, trust: Trust) -> np.ndarray:
    """Estimate what a voice adds to every answer.

    Parameters
    ----------
    clips : np.ndarray [shape=(n, 9)]
        Log-probabilities of clips of one voice.
    reference : np.ndarray [shape=(9,)]
        Mean log-probabilities of the same kind of speech in all voices; NaN for an emotion
        that was never taught.
    trust : Trust

    Returns
    -------
    np.ndarray [shape=(9,)]
        To be taken off log-probabilities; zero without clips, and for what was never taught.
    """
    import numpy as np

    if not len(clips):
        return np.zeros(len(reference))
    difference = np.nan_to_num(clips.mean(axis=0) - reference)
    result: np.ndarray = trust.of(len(clips)) * difference
    return result
