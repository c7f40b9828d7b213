"""The only place where features are computed: training and app both call it.

============ ==============================================================
speech       where the voice is in a recording: cuts the silence off
spectral     log-mel spectrogram, MFCC, chroma
pitch        F0 contour and its statistics
intensity    how loud it is from moment to moment
voice        jitter, shimmer, harmonics-to-noise ratio
formants     F1 to F3 and their bandwidths
prosody      all of Praat's measures, and loudness and rate, as one vector
contours     pitch, periodicity and formants beside the spectrogram's frames
functionals  how all of these lie and move over the clip, as one long vector
encoded      means and deviations of what the speech encoder hears
schema       what the models are fed, with a version that guards it
scaling      zero mean and unit deviation, learnt on training clips
classic      the 180 means of many well-known systems, for training.recipes
sequences    a recording as a table of fixed size, for its networks
sets         all that its systems are fed, each kind under a name
============ ==============================================================
"""

from ser.features.intensity import intensity_contour
from ser.features.pitch import Contour, pitch_contour
from ser.features.prosody import PROSODIC_FEATURES, measure_prosody
from ser.features.schema import Features, extract, feature_names, feature_schema
from ser.features.spectral import HOP_S, chroma, log_mel, mel_frequencies, mfcc
from ser.features.speech import trim, trim_silence, voice_bounds, voice_runs

__all__ = [
    "HOP_S",
    "PROSODIC_FEATURES",
    "Contour",
    "Features",
    "chroma",
    "extract",
    "feature_names",
    "feature_schema",
    "intensity_contour",
    "log_mel",
    "measure_prosody",
    "mel_frequencies",
    "mfcc",
    "pitch_contour",
    "trim",
    "trim_silence",
    "voice_bounds",
    "voice_runs",
]
