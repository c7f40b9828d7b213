"""Hear which emotion a voice carries.

>>> from ser import Recognizer
>>> Recognizer.load().predict("voice.wav").label  # doctest: +SKIP
'sad'

Importing this package is quick: TensorFlow, librosa and Praat are imported
when they are first needed.
"""

from ser.errors import AudioError, BundleError, MicrophoneError, ProfileError, SerError
from ser.labels import LABELS
from ser.prediction import Prediction
from ser.profile import VoiceProfile
from ser.recognizer import Recognizer

__all__ = [
    "LABELS",
    "AudioError",
    "BundleError",
    "MicrophoneError",
    "Prediction",
    "ProfileError",
    "Recognizer",
    "SerError",
    "VoiceProfile",
]
