"""Results as files: what people take away from the page and from the command line.

=========================== ===================================================
:func:`result_json`, `_csv` one recording's answers, a model each
:func:`timeline_json`       windows and stretches
:func:`timeline_csv`        one row a window, silent ones with an empty label
:func:`timeline_vtt`        WebVTT: the stretches as subtitles
:func:`timeline_labels`     Audacity's label track: ``start TAB end TAB text``
:func:`report`              a page of its own with the charts, needing no network
=========================== ===================================================

Times are seconds from the beginning of the recording, probabilities lie in [0, 1].
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

from ser import wording
from ser.csv_rows import ANSWER_COLUMNS, RESULT_COLUMNS, answer_columns, result_row, write_csv
from ser.prediction import TITLES
from ser.timeline import PIECE_BY_PIECE_FROM_S

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from ser.audio import Sound
    from ser.prediction import Prediction
    from ser.timeline import Timeline

TIMELINE_COLUMNS = ("start_s", "end_s", *ANSWER_COLUMNS)

_DRAWN_S = 30.0
"""So much of a recording of minutes is drawn."""

DISCLAIMER = (
    "A guess from the sound of the voice, by models that learned from actors. It says what a "
    "voice sounds like, never what a person feels, and is not for judging people, least of all "
    "at work or in school."
)


def result_json(name: str, predictions: Iterable[Prediction]) -> str:
    """Write one recording's answers as JSON: ``{"file": name, "results": [...]}``."""
    results = [prediction.to_dict() for prediction in predictions]
    return json.dumps({"file": name, "results": results}, indent=1, ensure_ascii=False) + "\n"


def result_csv(name: str, predictions: Iterable[Prediction]) -> str:
    """Write one recording's answers as CSV, one row a model, columns :data:`RESULT_COLUMNS`.

    A name that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    return write_csv(RESULT_COLUMNS, (result_row(name, each) for each in predictions))


def timeline_json(timeline: Timeline) -> str:
    """Write a timeline as JSON, as :meth:`ser.timeline.Timeline.to_dict` gives it."""
    return json.dumps(timeline.to_dict(), indent=1) + "\n"


def timeline_csv(timeline: Timeline) -> str:
    """Write a timeline as CSV, one row a window, columns :data:`TIMELINE_COLUMNS`."""
    rows = (
        {"start_s": f"{segment.start_s:.3f}", "end_s": f"{segment.end_s:.3f}"}
        | answer_columns(segment.prediction)
        for segment in timeline.segments
    )
    return write_csv(TIMELINE_COLUMNS, rows)


def timeline_vtt(timeline: Timeline) -> str:
    """Write the stretches as WebVTT, the subtitles of the web and of most players."""
    cues = [
        f"{_vtt_time(part.start_s)} --> {_vtt_time(part.end_s)}\n"
        # Only these three mean something in a cue.
        f"{escape(wording.caption(part.prediction), quote=False)}\n"
        for part in timeline.stretches()
    ]
    return "\n".join(["WEBVTT\n", *cues])


def timeline_labels(timeline: Timeline) -> str:
    """Write the stretches as a label track for Audacity (File > Import > Labels)."""
    return "".join(
        f"{part.start_s:.6f}\t{part.end_s:.6f}\t{wording.caption(part.prediction)}\n"
        for part in timeline.stretches()
    )


def _vtt_time(seconds: float) -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{milliseconds / 1000:06.3f}"


def report(
    name: str,
    sound: Sound,
    predictions: Iterable[Prediction],
    *,
    timeline: Timeline | None = None,
    names: Mapping[str, str] = TITLES,
) -> str:
    """Write a page that holds answers and charts and needs nothing else.

    It follows the reader's choice of light or dark and may fetch nothing: a
    policy inside it forbids that to its own scripts.

    Parameters
    ----------
    name : str
        What the recording is called.
    sound : Sound
        For the picture of the voice.
    predictions : iterable of Prediction
        A model each; none for a recording of minutes, which the timeline sums up.
    timeline : Timeline, optional
        How the voice changes.
    names : mapping of str to str
        What people call the models.

    Returns
    -------
    str
        HTML, some 5 MB of it plotly's program.
    """
    from plotly.offline import get_plotlyjs

    predictions = list(predictions)
    sections = [_answer_section(prediction, names) for prediction in predictions]
    if timeline is not None:
        if not predictions:
            sections.append(f"<h2>{escape(wording.overall(timeline))}</h2>")
        sections.append(_timeline_section(timeline, names))
    spoken = any(prediction.label for prediction in predictions)
    if spoken or (timeline is not None and not predictions and timeline.stretches()):
        sections.append(_picture_section(sound))
    made = datetime.now().astimezone()
    return _PAGE.format(
        title=f"What {escape(name)} sounds like",
        facts=f"{escape(name)}, {wording.clock(sound.duration_s)}. "
        f"Report of {made.day} {made:%B %Y}, {made:%H:%M}.",
        notice=escape(DISCLAIMER),
        style=_STYLE,
        program=get_plotlyjs(),
        body="\n".join(sections),
    )


def _answer_section(prediction: Prediction, names: Mapping[str, str]) -> str:
    from ser.charts import probability_chart

    title = escape(wording.answer(prediction))
    sureness = escape(wording.sureness(prediction))
    words = f"<p>{_by(prediction.model, names, known=prediction.voice_known)} {sureness}</p>"
    if prediction.label is None:
        return f"<section><h2>{title}</h2>{words}</section>"
    alt = f"Probability of each emotion: {wording.ranking(prediction)}."
    chart = _figure(probability_chart(prediction), alt)
    return f"<section><h2>{title}</h2>{words}{chart}</section>"


def _timeline_section(timeline: Timeline, names: Mapping[str, str]) -> str:
    from ser.charts import timeline_chart

    rows = "".join(
        f"<tr><td>{wording.clock(part.start_s)}</td><td>{wording.clock(part.end_s)}</td>"
        f"<td>{escape(wording.caption(part.prediction))}</td></tr>"
        for part in timeline.stretches()
    )
    stopped = f" Heard up to {wording.clock(timeline.heard_s)}." if not timeline.complete else ""
    known = any(segment.prediction.voice_known for segment in timeline.segments)
    by = _by(timeline.model, names, known=known)
    chart = _figure(timeline_chart(timeline), f"Over time: {wording.course(timeline)}.")
    return (
        f"<section><h2>Over time</h2><p>{by}{stopped}</p>{chart}"
        f"<table><tr><th>From</th><th>To</th><th>The voice</th></tr>{rows}</table></section>"
    )


def _by(model: str, names: Mapping[str, str], *, known: bool) -> str:
    """Say whose answer it is, and that it allows for a voice."""
    allowing = ", which allows for what it knows of this voice" if known else ""
    return f"By the {escape(names.get(model, model))} model{allowing}."


def _picture_section(sound: Sound) -> str:
    """Draw the voice; of a recording of minutes, only where it begins can be made out."""
    from ser.charts import voice_picture

    whole = sound.duration_s <= PIECE_BY_PIECE_FROM_S
    picture = voice_picture(sound, end_s=None if whole else _DRAWN_S)
    part = "" if whole else f"<p>The first {_DRAWN_S:.0f} seconds.</p>"
    alt = "Waveform and spectrogram of the sound, with the pitch drawn over the spectrogram."
    return f"<section><h2>The voice in a picture</h2>{part}{_figure(picture, alt)}</section>"


def _figure(figure: go.Figure, alt: str) -> str:
    from ser.charts import CHART_CONFIG

    # On the page Streamlit's theme makes room for the names beside the axes; here nobody else does.
    figure.update_xaxes(automargin=True).update_yaxes(automargin=True)
    drawn = figure.to_html(full_html=False, include_plotlyjs=False, config=CHART_CONFIG)
    return f'<div role="img" aria-label="{escape(alt)}">{drawn}</div>'


_STYLE = """
:root { color-scheme: light dark; --text: #0f161c; --page: #ffffff; --line: #d5dce2; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e8eb; --page: #14181d; --line: #39434d; }
}
body { color: var(--text); background: var(--page); font: 16px/1.5 system-ui, sans-serif;
  max-width: 46rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h2 { margin-top: 2rem; }
.js-plotly-plot text { fill: currentColor !important; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 0.25rem 0.5rem; border-bottom: 1px solid var(--line); }
td:not(:last-child), th { white-space: nowrap; }
""".strip()

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:">
<title>{title}</title>
<style>{style}</style>
<script>{program}</script>
</head>
<body>
<h1>What does this voice sound like?</h1>
<p>{facts}</p>
{body}
<p><small>{notice}</small></p>
</body>
</html>
"""
