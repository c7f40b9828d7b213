"""Voices made from numbers, so that the truth about them is known.

A source-filter synthesiser after Klatt: glottal pulses stand at exact instants
(between samples if need be), a glottal low-pass and the radiation at the lips
give them their slope, and a cascade of resonators gives them their formants.
The page's "try it" sample is made here, the sound by which shipped models are
checked, and the voices that tests measure features against. No recording of a
person is involved.

Units: hertz, seconds, decibels; jitter and shimmer are fractions (0.01 is 1 %).

References
----------
D. H. Klatt (1980), Software for a cascade/parallel formant synthesizer, JASA 67,
971-995: resonator, glottal low-pass, radiation. P. Boersma & D. Weenink, Praat
manual, "PointProcess: Get jitter (local)" and "Get shimmer (local)": the
definitions. G. E. Peterson & H. L. Barney (1952), Control methods used in a study
of the vowels, JASA 24, 175-184: men's mean formants in `VOWELS_HZ`.
"""

from ser.synthesis.source_filter import EDGE_S, Pulses, Voice, glottal_pulses, vowel
from ser.synthesis.speech import MANNERS, VOWELS_HZ, Manner, sample_voice, utterance

__all__ = [
    "EDGE_S",
    "MANNERS",
    "VOWELS_HZ",
    "Manner",
    "Pulses",
    "Voice",
    "glottal_pulses",
    "sample_voice",
    "utterance",
    "vowel",
]
