"""What the detector inside the gate makes of voices and of other sounds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ser.voice_activity
from ser.synthesis import MANNERS, sample_voice
from ser.voice_activity import CHUNK, speech_log_odds
from training import nonspeech


@pytest.mark.parametrize("name", MANNERS)
def test_a_voice_is_taken_for_one_most_of_the_time(name: str) -> None:
    assert np.median(speech_log_odds(sample_voice(name, duration_s=3.0))) > 1.0


@pytest.mark.parametrize("family", ["noise", "hum", "chord"])
def test_noise_and_notes_are_not(family: str) -> None:
    sound = nonspeech.make(family, np.random.default_rng(3), 3.0)
    assert np.median(speech_log_odds(sound)) < -1.0


def test_each_32_ms_are_judged_and_the_rest_is_filled_up(speech: np.ndarray) -> None:
    whole = speech_log_odds(speech[: 20 * CHUNK])
    longer = speech_log_odds(np.append(speech[: 20 * CHUNK], np.zeros(1, np.float32)))
    assert (len(whole), len(longer)) == (20, 21)
    # Chunks hear what was before them only, but for the level.
    assert longer[:20] == pytest.approx(whole, abs=0.01)


@pytest.mark.parametrize(("gain", "offset"), [(0.01, 0.0), (8.0, 0.0), (1.0, 0.3)])
def test_neither_level_nor_offset_counts(speech: np.ndarray, gain: float, offset: float) -> None:
    changed = (gain * speech + offset).astype(np.float32)
    assert speech_log_odds(changed) == pytest.approx(speech_log_odds(speech), abs=0.05)


def test_a_long_sound_is_heard_on_where_a_block_ends(
    speech: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = speech_log_odds(speech)
    monkeypatch.setattr(ser.voice_activity, "_BLOCK", 7)
    assert speech_log_odds(speech) == pytest.approx(at_once, abs=1e-3)


def test_silence_is_no_speech() -> None:
    odds = speech_log_odds(np.zeros(4 * CHUNK, np.float32))
    assert np.isfinite(odds).all()
    assert odds.max() < 0


def test_the_runtime_leaves_no_telemetry_behind(tmp_path: Path) -> None:
    script = "import numpy, ser.voice_activity as v; v.speech_log_odds(numpy.ones(2_000))"
    places = {"TMPDIR": str(tmp_path), "HOME": str(tmp_path)}
    ours = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    subprocess.run([sys.executable, "-c", script], env=ours | places, check=True)
    assert list(tmp_path.rglob("*")) == []
