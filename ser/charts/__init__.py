"""The charts of the page, as plotly figures.

============= ================================================================
frame         what all charts share
probabilities the answer as bars
voice         waveform, spectrogram and pitch; MFCC and chroma
cleaning      a sound before and after cleaning
voices        one voice of each emotion under the other
timeline      how the answer changes
batch         what many files sound like, counted
why           what the answer hung on, and prosody beside that of others
training      how a training goes
benchmark     how well unheard voices are understood, in rows of dots (dots)
confusion     what is mistaken for what (shaded_table)
trust         how far percentages can be believed
confidence    how sure each emotion is named
systems       well-known designs: what is claimed, known voices, unheard ones
balance       how many recordings there are of each emotion
architecture  what is inside the networks
============= ================================================================
"""

from ser.charts.batch import KIND_ICONS, batch_chart
from ser.charts.cleaning import cleaning_chart
from ser.charts.frame import CHART_CONFIG
from ser.charts.probabilities import probability_chart
from ser.charts.timeline import timeline_chart
from ser.charts.training import training_chart
from ser.charts.voice import timbre_picture, voice_picture
from ser.charts.why import prosody_chart, saliency_chart

__all__ = [
    "CHART_CONFIG",
    "KIND_ICONS",
    "batch_chart",
    "cleaning_chart",
    "probability_chart",
    "prosody_chart",
    "saliency_chart",
    "timbre_picture",
    "timeline_chart",
    "training_chart",
    "voice_picture",
]
