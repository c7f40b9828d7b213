"""What came of many files: counted, in a table, and one of them in full."""

from __future__ import annotations

from hashlib import sha256
from itertools import count
from pathlib import Path

import streamlit as st

from page.answer import show_prediction
from page.kept import Given, playable
from ser import wording
from ser.batch import Batch
from ser.table import KINDS, TOO_LONG, Row, summary, tally

_HIGHEST = 99
"""Per cent: no answer is as certain as 100 would say."""


def show_counts(rows: list[Row]) -> None:
    """Sum the files up in words and bars."""
    from ser.charts import CHART_CONFIG, batch_chart

    files, _, told = summary(rows).partition(": ")
    st.header(files.rstrip("."), anchor=False)
    st.write(f"{told[:1].upper()}{told[1:]}")
    st.plotly_chart(
        batch_chart(tally(rows)), config=CHART_CONFIG, key="counts", alt=f"Bars: {summary(rows)}"
    )
    if any(row.duplicate_of for row in rows):
        st.caption("Duplicates are not counted.")


def show_table(batch: Batch, rows: list[Row]) -> bool:
    """List the files, some or all; whoever clicks one wants to hear it. Tell if one is chosen."""
    present = [kind for kind in KINDS if any(row.kind == kind for row in rows)]
    wanted = st.pills(
        "Show only", present, format_func=with_icon, selection_mode="multi", key="only"
    )
    shown = [row for row in rows if not wanted or row.kind in wanted]
    event = st.dataframe(
        list_files(shown, shortest_names(rows)),
        hide_index=True,
        placeholder="",
        alt=f"The files and what each sounds like. {summary(rows)}",
        # A choice is of a line: another list of lines wants another choice.
        key="files-table-" + sha256(repr([row.name for row in shown]).encode()).hexdigest(),
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            # What matters stands side by side on a phone, too.
            "File": st.column_config.TextColumn(width=112),
            "Sounds like": st.column_config.TextColumn(width=112),
            "Probability": st.column_config.ProgressColumn(
                format="%.0f %%", min_value=0, max_value=100, width=88
            ),
            "Length": st.column_config.NumberColumn(format="%.1f s", width=75),
        },
    )
    chosen = [row for row in event.selection.rows if row < len(shown)]
    if chosen:
        show_row(batch, shown[chosen[0]])
    else:
        st.caption("Choose a row to hear it. A click on a column's name sorts by it.")
    return bool(chosen)


def with_icon(kind: str) -> str:
    """Write what can come of a file with its sign."""
    from ser.charts import KIND_ICONS

    return f"{KIND_ICONS[kind]} {kind}"


def shortest_names(rows: list[Row]) -> dict[str, str]:
    """Leave folders out of the names, but for those that tell files of one name apart."""
    alike: dict[str, set[str]] = {}
    for row in rows:
        alike.setdefault(last_parts(row.name, 1), set()).add(row.name)
    names: dict[str, str] = {}
    for same in alike.values():
        needed = next(
            n for n in count(1) if len({last_parts(name, n) for name in same}) == len(same)
        )
        names |= {name: last_parts(name, needed) for name in same}
    return names


def last_parts(name: str, wanted: int) -> str:
    """Keep the last folders of a path, and the file."""
    return "/".join(name.split("/")[-wanted:])


def list_files(rows: list[Row], names: dict[str, str]) -> list[dict[str, object]]:
    """Write rows for people."""
    listed: list[dict[str, object]] = []
    for row in rows:
        known = row.prediction if row.prediction and row.prediction.label else None
        listed.append(
            {
                "File": names[row.name],
                "Sounds like": with_icon(row.kind),
                "Probability": min(100 * known.confidence, _HIGHEST) if known else None,
                "Length": row.duration_s,
                "In words": copy_of(row, names) + row.remark,
            }
        )
    return listed


def copy_of(row: Row, names: dict[str, str]) -> str:
    """Say of a duplicate what it repeats."""
    return f"Same sound as {names[row.duplicate_of]}. " if row.duplicate_of else ""


def show_row(batch: Batch, row: Row) -> None:
    """Play one file and show its whole answer."""
    with st.container(border=True):
        st.text(row.name)
        if row.duration_s:
            content = batch.content(row.key)
            content = content.read_bytes() if isinstance(content, Path) else content
            st.audio(playable(Given(content, row.name)), alt=f"The file {row.name}")
        if row.prediction is None:
            (st.info if row.kind == TOO_LONG else st.error)(row.remark)
        elif row.prediction.label is None:
            st.header(row.remark, anchor=False)
            st.write(wording.sureness(row.prediction))
        else:
            show_prediction(row.prediction, named=False)
