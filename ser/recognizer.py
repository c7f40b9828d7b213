"""The recogniser: from a sound to the emotion it sounds like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ser.errors import AudioError
from ser.labels import LABELS, to_public
from ser.prediction import MODELS, Prediction, Status

if TYPE_CHECKING:
    import numpy as np

    from ser.audio import Sound, Source
    from ser.bundle import Bundle
    from ser.profile import VoiceProfile
    from ser.saliency import Saliency


def _nothing() -> np.ndarray:
    import numpy as np

    return np.empty(0)


@dataclass(frozen=True)
class Heard:
    """What networks hear in one recording, before a voice is allowed for.

    Attributes
    ----------
    duration_s : float
        Length of the recording in seconds.
    status : str
        What the gate says: ``"ok"``, ``"no_speech"`` or ``"too_short"``.
    values : dict of str to np.ndarray [shape=(9,)]
        By model, log-probabilities of the inner labels; empty without speech.
    functionals : np.ndarray [shape=(features,)]
        Standardised; what a network for known voices listens to. Empty without speech.
    """

    duration_s: float
    status: Status
    values: dict[str, np.ndarray]
    functionals: np.ndarray = field(default_factory=_nothing)


class Recognizer:
    """Hears which emotion a voice carries.

    >>> recognizer = Recognizer.load()  # doctest: +SKIP
    >>> recognizer.predict("voice.wav").label  # doctest: +SKIP
    'sad'

    One recogniser serves many threads.
    """

    def __init__(self, bundle: Bundle) -> None:
        from ser.networks import Networks

        self._bundle = bundle
        self._networks = Networks(bundle)

    @classmethod
    def load(cls, bundle: str | Path | None = None) -> Recognizer:
        """Open a bundle of models, or a system of :mod:`training.recipes`.

        Parameters
        ----------
        bundle : path, optional
            Folder with ``models/`` and ``artifacts/``; by default the models
            that come with this repository.

        Raises
        ------
        BundleError
            The models are missing, damaged, or made for other features.
        """
        from ser.bundle import SHIPPED, open_bundle
        from ser.recipe_bundle import holds_recipe

        root = SHIPPED if bundle is None else Path(bundle)
        if holds_recipe(root):
            from ser.recipe_recognizer import RecipeRecognizer

            return RecipeRecognizer(root)
        return cls(open_bundle(root))

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models that can be asked, the usual one first."""
        return MODELS

    def predict(
        self, source: Source, *, model: str | None = None, profile: VoiceProfile | None = None
    ) -> Prediction:
        """Tell which emotion a recording sounds like, if it holds speech.

        Silence, music and noise are answered by the status ``"no_speech"``, and less
        than 0.4 s of speech by ``"too_short"``; see :class:`ser.Prediction`.

        Parameters
        ----------
        source : path, bytes, binary file object, or (samples, sample_rate)
            See :func:`ser.audio.load`.
        model : str, optional
            One of :attr:`models`; by default the first.
        profile : VoiceProfile, optional
            Of the person who speaks; see :meth:`enrol`.

        Raises
        ------
        AudioError
            The recording cannot be used; the text says why.
        BundleError
            The model cannot be opened, or answers otherwise than when it was made.
        ProfileError
            The profile was made for other models.
        ValueError
            There is no such model.
        """
        model = self.check(model, profile=profile)
        return self.answers([self.hear(source, models=[model])], model=model, profile=profile)[0]

    def check(
        self,
        model: str | None = None,
        *,
        profile: VoiceProfile | None = None,
        same_speaker: bool = False,
    ) -> str:
        """Tell whether a model can answer so, before anything is heard; give its name.

        Raises
        ------
        ProfileError, BundleError, ValueError
            As :meth:`answers` would.
        """
        from ser.profile import check_profile

        model = self._chosen(model)
        if profile is not None:
            check_profile(profile, self._bundle, model)
        elif same_speaker:
            self._check_shared(model)
        return model

    def hear(self, source: Source, *, models: Sequence[str] | None = None) -> Heard:
        """Do what takes time, for those who will ask more than once: see :meth:`answers`.

        Nearly all of it goes into the features, which both models share: to ask both takes
        a tenth longer than to ask one.

        Parameters
        ----------
        source : path, bytes, binary file object, or (samples, sample_rate)
        models : sequence of str, optional
            By default all.

        Raises
        ------
        AudioError, BundleError, ValueError
            As :meth:`predict`.
        """
        from ser.audio import load

        chosen = [self._chosen(model) for model in models or self.models]
        sound = load(source, empty_too=True)
        status = self._bundle.gate.check(sound).status
        if status != "ok":
            return Heard(sound.duration_s, status, {})
        return Heard(sound.duration_s, status, *self._listen(sound, chosen))

    def answers(
        self,
        heard: Sequence[Heard],
        *,
        model: str | None = None,
        profile: VoiceProfile | None = None,
        same_speaker: bool = False,
    ) -> list[Prediction]:
        """Answer what was heard, at once: a change of voice needs no second hearing.

        Parameters
        ----------
        heard : sequence of Heard
        model : str, optional
            One that heard them; by default the first of :attr:`models`.
        profile : VoiceProfile, optional
            Of the person who speaks; see :meth:`enrol`.
        same_speaker : bool
            All are one voice; see :meth:`predict_many`. Without a profile only.

        Raises
        ------
        ProfileError
            The profile was made for other models.
        BundleError
            The models cannot learn a voice.
        """
        import numpy as np

        from ser.network import softmax

        model = self.check(model, profile=profile, same_speaker=same_speaker)
        spoken = [each for each in heard if each.values]
        if not spoken:
            return [_without_speech(each, model) for each in heard]
        values = np.stack([each.values[model] for each in spoken])
        if profile is not None:
            functionals = np.stack([each.functionals for each in spoken])
            values = self._networks.allow_for(profile, values, functionals, model=model)
        elif same_speaker:
            values = values - self._shared_offset(values, model)
        by_voice = profile is not None or same_speaker
        enrolled = profile is not None and self._bundle.hears_known_voices(model)
        sure_from = self._bundle.sure_from("known_voice" if enrolled else model)
        found = iter(to_public(softmax(values)))
        return [
            _prediction(next(found), each.duration_s, model, sure_from, voice_known=by_voice)
            if each.values
            else _without_speech(each, model)
            for each in heard
        ]

    def explain(
        self,
        source: Source,
        *,
        model: str | None = None,
        label: str | None = None,
        profile: VoiceProfile | None = None,
    ) -> Saliency:
        """Tell which moments and which frequencies an answer hung on.

        Of several phrases (:mod:`ser.stretch`) the longest is looked into, as a recording of
        its own. See :mod:`ser.saliency` on what it shows and what not.

        Parameters
        ----------
        source, model, profile
            As for :meth:`predict`.
        label : str, optional
            Which of :data:`ser.labels.LABELS` to explain; by default the answer.

        Raises
        ------
        AudioError
            The recording cannot be used, or nobody is heard to speak in it.
        BundleError, ProfileError, ValueError
            As for :meth:`predict`.
        """
        from ser.audio import load
        from ser.features import extract
        from ser.network import softmax
        from ser.profile import log_probabilities
        from ser.saliency import look_into
        from ser.stretch import longest, spoken_phrases

        if label is not None and label not in LABELS:
            raise ValueError(f"There is no label {label!r}; there are {', '.join(LABELS)}.")
        model = self.check(model, profile=profile)
        sound = load(source, empty_too=True)
        if self._bundle.gate.check(sound).status != "ok":
            raise AudioError("Nobody is heard to speak here, so there is no answer to explain.")
        stretch = longest(spoken_phrases(sound, self._bundle.gate))
        features = extract(stretch.sound)
        functionals = _nothing()
        is_known = profile is not None and self._bundle.hears_known_voices(model)
        if is_known:
            functionals = self._bundle.scaling.functionals(features.functionals)

        def probabilities(logits: np.ndarray) -> np.ndarray:
            values = log_probabilities(logits, temperature=self._bundle.temperature(model))
            if profile is not None:
                values = self._networks.allow_for(profile, values, functionals, model=model)
            return to_public(softmax(values))

        return look_into(
            stretch,
            features,
            self._networks.open(model),
            self._bundle.scaling,
            probabilities,
            model=model,
            seen_share=self._bundle.spectrogram_share(model, known_voice=is_known),
            label=label,
        )

    def predict_many(
        self, sources: Iterable[Source], *, model: str | None = None, same_speaker: bool = False
    ) -> list[Prediction | AudioError]:
        """Answer many recordings; one that cannot be used does not stop the others.

        Parameters
        ----------
        sources : iterable of sources
            As for :meth:`predict`.
        model : str, optional
            One of :attr:`models`; by default the first.
        same_speaker : bool
            All are one voice: what its clips share is then taken off, as far as their
            number allows. Not for recordings that all carry one emotion, for that is
            shared too.

        Returns
        -------
        list of Prediction or AudioError
            In the order of the sources; an error stands where its recording cannot
            be used.

        Raises
        ------
        BundleError
            As :meth:`predict`, and for models that cannot learn a voice.
        ValueError
            There is no such model.
        """
        model = self.check(model, same_speaker=same_speaker)
        heard = [self._hear_or_error(source, model) for source in sources]
        usable = [entry for entry in heard if not isinstance(entry, AudioError)]
        answers = iter(self.answers(usable, model=model, same_speaker=same_speaker))
        return [entry if isinstance(entry, AudioError) else next(answers) for entry in heard]

    def enrol(self, neutral: Source | list[Source]) -> VoiceProfile:
        """Learn a voice from some ten seconds of its neutral speech.

        Parameters
        ----------
        neutral : source or list of sources
            One or several recordings of one person who speaks as usual, without
            much emotion. The first minute of speech in them is learnt from.

        Returns
        -------
        VoiceProfile
            For :meth:`predict`; the person may keep it as a file.

        Raises
        ------
        AudioError
            A recording cannot be used, or there is too little speech.
        BundleError
            The models cannot be opened, or cannot learn a voice.
        """
        import numpy as np

        from ser.enrolment import neutral_clips
        from ser.profile import make_profile, read_voices

        for model in map(self._chosen, self.models):
            if not self._bundle.hears_known_voices(model):
                read_voices(self._bundle, model)
        sources = neutral if isinstance(neutral, list) else [neutral]
        clips, seconds = neutral_clips(sources, self._bundle.gate)
        values, functionals = zip(*(self._listen(c, self.models) for c in clips), strict=True)
        heard = {model: np.stack([each[model] for each in values]) for model in self.models}
        return make_profile(self._bundle, heard, np.stack(functionals), seconds=seconds)

    def _hear_or_error(self, source: Source, model: str) -> Heard | AudioError:
        try:
            return self.hear(source, models=[model])
        except AudioError as error:
            return error

    def _check_shared(self, model: str) -> None:
        """Refuse where nothing says what all voices share."""
        from ser.profile import read_voices

        read_voices(self._bundle, model)

    def _shared_offset(self, values: np.ndarray, model: str) -> np.ndarray:
        """Estimate what log-probabilities [shape=(clips, 9)] share [shape=(9,)]."""
        from ser.profile import read_voices, voice_offset

        voices = read_voices(self._bundle, model)
        return voice_offset(values, voices.overall, voices.grouped)

    def _chosen(self, model: str | None) -> str:
        """Name the model that is meant, and see that it can answer."""
        if model is None:
            model = self.models[0]
        if model not in self.models:
            raise ValueError(f"There is no model {model!r}; there are {', '.join(self.models)}.")
        self._make_ready(model)
        return model

    def _make_ready(self, model: str) -> None:
        """Open what this model needs, once."""
        self._networks.open(model)

    def _listen(
        self, sound: Sound, models: Sequence[str]
    ) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Log-probabilities of the inner labels [shape=(9,)] by model, and the functionals."""
        return self._networks.listen(sound, models)


def _without_speech(heard: Heard, model: str) -> Prediction:
    return Prediction(None, 0.0, {}, model, heard.duration_s, heard.status)


def _prediction(
    probabilities: np.ndarray,
    duration_s: float,
    model: str,
    sure_from: float,
    *,
    voice_known: bool,
) -> Prediction:
    values = dict(zip(LABELS, (float(p) for p in probabilities), strict=True))
    label, second = sorted(values, key=values.__getitem__, reverse=True)[:2]
    return Prediction(
        label=label,
        confidence=values[label],
        probabilities=values,
        model=model,
        duration_s=duration_s,
        status="ok" if values[label] >= sure_from else "uncertain",
        second=second,
        voice_known=voice_known,
    )
