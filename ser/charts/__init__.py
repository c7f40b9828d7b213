"""The charts of the page, as plotly figures.

============= ================================================================
frame         what all charts share
probabilities the answer as bars
voice         waveform, spectrogram and pitch
timeline      how the answer changes
============= ================================================================
"""

from ser.charts.frame import CHART_CONFIG
from ser.charts.probabilities import probability_chart
from ser.charts.timeline import timeline_chart
from ser.charts.voice import voice_picture

__all__ = ["CHART_CONFIG", "probability_chart", "timeline_chart", "voice_picture"]
