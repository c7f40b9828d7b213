"""The well-known networks: a CNN on RAVDESS with TESS, and a CNN with an LSTM on TESS.

Where the designs name a setting it is theirs; the rest was chosen without a look at what is
tested. (Patience was shortened once, for a training went on for hours and gained next to nothing.)
"""

from __future__ import annotations

from typing import Any

from ser.features.sets import FEATURE_SETS
from training.corpora.ravdess import EMOTIONS, SONG, SPEECH
from training.corpora.tess import CORPUS as TESS
from training.recipes.ravtess import VARIED, merged_names, vary_speed_and_pitch
from training.recipes.recipe import Recipe

TESS_EMOTIONS = ("angry", "disgust", "fear", "happy", "neutral", "pleasant surprise", "sad")


def cnn(seed: int) -> Any:
    """Four strided convolutions over the spectrogram."""
    from training.recipes.networks import NetworkClassifier, Schedule, cnn

    return NetworkClassifier(cnn, Schedule(epochs=12, batch_size=64, rate=1.5e-3), seed=seed)


def cnn_lstm(seed: int) -> Any:
    """Two convolutions over time and an LSTM, stopped early."""
    from training.recipes.networks import NetworkClassifier, Schedule, cnn_lstm

    schedule = Schedule(epochs=100, batch_size=32, rate=1e-3, patience=6)
    return NetworkClassifier(cnn_lstm, schedule, seed=seed)


DEEP = (
    Recipe(
        name="cnn-ravtess",
        title="CNN on RAVDESS and TESS",
        claim="over 90 %",
        claimed=0.9,
        corpora=(SPEECH.name, SONG.name, TESS.name),
        emotions=tuple(EMOTIONS.values()),
        all_emotions=tuple(EMOTIONS.values()),
        features=FEATURE_SETS["denoised-log-mel"],
        classifier=cnn,
        in_words="four convolutions, 12 epochs, six copies of each training clip",
        is_network=True,
        random_splits=5,
        random_tested=1,
        folds=(1, 2),
        copies=6,
        vary=vary_speed_and_pitch,
        varied=VARIED,
        file_names=merged_names,
    ),
    Recipe(
        name="cnn-lstm-tess",
        title="CNN-LSTM on TESS",
        claim=(
            "training 97.65 %, validation 97.38 %, test 96.90 %, F1 0.9686, test loss 0.1117; "
            "angry 98.33 %, sad 96.67 %, pleasant surprise 83.33 %"
        ),
        claimed=0.969,
        corpora=(TESS.name,),
        emotions=TESS_EMOTIONS,
        all_emotions=TESS_EMOTIONS,
        features=FEATURE_SETS["mfcc-sequence"],
        classifier=cnn_lstm,
        in_words="two convolutions over time, LSTM, up to 100 epochs, early stopping",
        is_network=True,
    ),
)
