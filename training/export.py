"""Save trained networks as a bundle that :class:`ser.Recognizer` loads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from ser.bundle import KNOWN_VOICE_FILE, MODEL_FILES, known_sound, write_artifacts, write_manifest
from ser.features import extract
from ser.features.scaling import Scaling
from ser.labels import to_public
from ser.network import network_inputs, softmax
from training.shrinking import on_grid, pack


def save_bundle(
    root: Path, models: dict[str, keras.Model], scaling: Scaling, facts: dict[str, Any]
) -> None:
    """Write networks (``known_voice`` may be missing), artifacts and manifest below ``root``.

    ``facts`` holds ``temperature`` by model and what else the manifest should tell.
    """
    files = MODEL_FILES | {"known_voice": KNOWN_VOICE_FILE}
    (root / KNOWN_VOICE_FILE).unlink(missing_ok=True)  # of an earlier training
    shipped = {name: _bare(model) for name, model in models.items()}
    for name, model in shipped.items():
        path = root / files[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        model.save(path)
        pack(path)
    write_artifacts(root, scaling)
    temperature = {"known_voice": 1.0} | facts["temperature"]
    answers = {
        name: _known_answer(model, scaling, temperature[name]) for name, model in shipped.items()
    }
    write_manifest(root, {**facts, "known_answer": answers})


def _bare(model: keras.Model) -> keras.Model:
    """Build a network anew without optimizer and loss, its weights rounded."""
    bare = keras.Model.from_config(model.get_config())
    bare.set_weights([on_grid(weights) for weights in model.get_weights()])
    return bare


def _known_answer(model: keras.Model, scaling: Scaling, temperature: float) -> list[float]:
    """Give the public probabilities of the sound that guards a bundle."""
    spectrograms, functionals = network_inputs(extract(known_sound()), scaling)
    inputs: Any = spectrograms if model.inputs[0].ndim == 4 else functionals
    if len(model.inputs) > 1:
        inputs = (spectrograms, functionals)
    logits = model.predict(inputs, verbose=0)
    answer: list[float] = to_public(softmax(logits.mean(axis=0), temperature=temperature)).tolist()
    return answer
