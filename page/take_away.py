"""Take it away: results as files, made when somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

import streamlit as st

from page.kept import Given, model_names, read
from ser import Prediction, takeaway
from ser.timeline import Timeline

Files = dict[str, tuple[Callable[[], str], str, str]]
"""What is written on a button to what makes the file, its name and its kind."""


def show_downloads(
    given: Given, predictions: dict[str, Prediction], result: Timeline | None
) -> None:
    """Offer the result as files, and the timeline where there is one."""
    with st.expander("Take it away", type="compact"):
        offer_result(given, list(predictions.values()), result)
        if result is not None:
            st.write("How it changes over time, for spreadsheets, video players and Audacity:")
            offer_timeline(given, result)


def offer_result(given: Given, answers: list[Prediction], result: Timeline | None) -> None:
    """Offer the answers of both models, and the report."""
    stem = PurePath(given.name).stem
    # Here and not in report(): files are made outside the visit, where nothing of it is kept.
    sound, names = read(given), model_names()

    def report() -> str:
        return takeaway.report(given.name, sound, answers, timeline=result, names=names)

    files: Files = {"Report": (report, f"{stem}.html", "text/html")}
    if answers:
        files |= {
            "JSON": (
                lambda: takeaway.result_json(given.name, answers),
                f"{stem}.json",
                "application/json",
            ),
            "CSV": (lambda: takeaway.result_csv(given.name, answers), f"{stem}.csv", "text/csv"),
        }
    offer(files)
    st.caption("The report is a page with the charts that opens in any browser, without network.")


def offer_timeline(given: Given, result: Timeline) -> None:
    """Offer the timeline in four formats."""
    stem = PurePath(given.name).stem
    offer(
        {
            "Timeline JSON": (
                lambda: takeaway.timeline_json(result),
                f"{stem}-timeline.json",
                "application/json",
            ),
            "Timeline CSV": (
                lambda: takeaway.timeline_csv(result),
                f"{stem}-timeline.csv",
                "text/csv",
            ),
            "Subtitles (WebVTT)": (
                lambda: takeaway.timeline_vtt(result),
                f"{stem}.vtt",
                "text/vtt",
            ),
            "Audacity labels": (
                lambda: takeaway.timeline_labels(result),
                f"{stem}-labels.txt",
                "text/plain",
            ),
        }
    )


def offer(files: Files) -> None:
    """Set download buttons beside each other; a file is made when its button is pressed."""
    columns = st.columns(len(files))
    for column, (label, (make, name, kind)) in zip(columns, files.items(), strict=True):
        column.download_button(
            label, make, name, kind, key=f"take-{label}", on_click="ignore", width="stretch"
        )
