"""Windows: a clip is heard from its first frame to its last."""

from __future__ import annotations

import numpy as np
import pytest

from ser.features.spectral import FLOOR_DB
from ser.window import WINDOW_FRAMES, windows


def _frames(count: int) -> np.ndarray:
    """A spectrogram whose values name their frame."""
    return np.repeat(np.arange(count, dtype=np.float32)[:, None], 3, axis=1)


@pytest.mark.parametrize("count", [1, 40, WINDOW_FRAMES - 1])
def test_a_short_clip_stands_whole_in_the_middle_of_silence(count: int) -> None:
    (window,) = windows(_frames(count))
    assert window.shape == (WINDOW_FRAMES, 3)
    heard = np.flatnonzero(window[:, 0] > FLOOR_DB)
    np.testing.assert_array_equal(window[heard, 0], np.arange(count))
    assert abs(heard[0] - (WINDOW_FRAMES - 1 - heard[-1])) <= 1


@pytest.mark.parametrize("count", [WINDOW_FRAMES, WINDOW_FRAMES + 1, 300, 1000])
def test_a_long_clip_is_covered_and_windows_overlap(count: int) -> None:
    cut = windows(_frames(count))[..., 0]
    assert cut[0, 0] == 0
    assert cut[-1, -1] == count - 1
    assert (np.diff(cut[:, 0]) <= WINDOW_FRAMES / 2 + 1).all()
    assert set(cut.ravel()) == set(range(count))
