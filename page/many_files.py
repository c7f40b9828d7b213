"""Many files: give a heap of recordings, read a table of what each sounds like."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import partial

import streamlit as st

from page.analyse import FORMATS, VOICES, show_notice
from page.background import Background, show_progress
from page.choices import choose
from page.files_table import show_counts, show_table
from page.kept import (
    Answering,
    answering,
    can_learn_voices,
    made_up_voice,
    model_names,
    models,
    models_on_their_way,
)
from page.my_voice import PROFILE_KEY
from page.own_models import show_whose_models
from page.visitor import told
from ser import ProfileError, Recognizer, SerError, VoiceProfile
from ser.batch import MAX_BYTES, MAX_FILES, Batch, Entry
from ser.table import Row, to_csv

MAX_UPLOAD_MB = 200
VARIOUS, ONE, ME = "Different people", "One person", "Me"


@dataclass
class Heap:
    """The files of this visit, and what is under way with them."""

    batch: Batch = field(default_factory=Batch)
    by: Answering | None = None
    work: Background[None] | None = None
    left_out: list[str] = field(default_factory=list)
    uploads: int = 0


def show() -> None:
    """Lay out the page from top to bottom."""
    st.title("Many files", anchor=False)
    st.write("Give many recordings at once, or a zip of them, and see what each sounds like.")
    show_notice()
    heap: Heap = st.session_state.setdefault("heap", Heap())
    offer_files(heap)
    if not len(heap.batch):
        models_on_their_way()
        st.button("Try it with made-up voices", key="samples", on_click=take_samples, args=(heap,))
        return
    try:
        show_files(heap)
    except SerError as error:
        why = told(error, answering().root)
        st.error(f"There are no answers, because the models cannot be used. {why}")
    except Exception:
        logging.exception("The files could not be shown.")
        st.error("Something in this program failed on these files; the server's log says what.")
    st.button(
        "Start over", key="start-over", on_click=start_over, help="Forgets these files and answers."
    )


def offer_files(heap: Heap) -> None:
    """Take files in at any time; the place to drop them is empty again at once."""
    key = f"files-{heap.uploads}"
    st.file_uploader(
        f"Recordings of one voice each (WAV, FLAC, OGG, Opus or MP3), or zip files of them; at "
        f"most {MAX_FILES} files and {MAX_BYTES // 1_000_000} MB together",
        type=[*FORMATS, "zip"],
        accept_multiple_files=True,
        max_upload_size=MAX_UPLOAD_MB,
        key=key,
        on_change=take_uploads,
        args=(heap, key),
    )
    if heap.left_out:
        names = ", ".join(heap.left_out[:5]) + (" and more" if len(heap.left_out) > 5 else "")
        st.warning(
            f"Left out, because at most {MAX_FILES} files and {MAX_BYTES // 1_000_000} MB "
            f"(unpacked) fit: {names}. Start over with them, or give fewer at a time."
        )
    if count := heap.batch.no_sounds:
        st.caption(
            f"Left out of the zip: {count} file{'s' * (count != 1)} that "
            f"{'is no sound' if count == 1 else 'are no sounds'}."
        )


def take_uploads(heap: Heap, key: str) -> None:
    """Move what was uploaded into the heap."""
    heap.uploads += 1
    take(heap, [Entry(file.name, file.getvalue()) for file in st.session_state.get(key) or []])


def take_samples(heap: Heap) -> None:
    """Take in voices that nobody has spoken."""
    take(heap, [Entry(f"made-up-{name}.wav", made_up_voice(name)) for name in VOICES])


def take(heap: Heap, files: list[Entry]) -> None:
    """Add files; who adds some wants them heard, even after a stop."""
    heap.left_out = heap.batch.add(files)
    if heap.work is not None and heap.work.was_cancelled:
        heap.work = None


def start_over() -> None:
    """Forget the files and stop what is under way with them."""
    heap: Heap = st.session_state["heap"]
    if heap.work is not None:
        heap.work.cancel()
    st.session_state["heap"] = Heap(uploads=heap.uploads + 1)


def show_files(heap: Heap) -> None:
    """Hear what was not heard yet, and show what is known."""
    show_whose_models()
    model, speaker = choose_model(), choose_speaker()
    with st.spinner("Getting ready. The first time after a start takes some seconds …"):
        recognizer = models()
    if heap.by != answering():
        if heap.work is not None:
            heap.work.cancel()
        heap.by, heap.batch, heap.work = answering(), heap.batch.unanswered(), None
    hear(heap, recognizer)
    place = st.container()
    # Before the rows: what is heard meanwhile shall count as news.
    work = heap.work if heap.work is not None and not heap.work.done() else None
    share = work.share if work else 1.0
    rows = answer(heap.batch, recognizer, model, speaker)
    chosen = show_rows(heap.batch, rows, all_of_them=work is None) if rows else False
    if work is not None:
        with place:
            show_listening(heap.batch, work, share, still=chosen)


def show_rows(batch: Batch, rows: list[Row], *, all_of_them: bool) -> bool:
    """Show what is known, and offer it as a file once it is all; tell whether a row is chosen."""
    show_counts(rows)
    chosen = show_table(batch, rows)
    if all_of_them:
        st.download_button(
            "Download the table (CSV)",
            partial(to_csv, rows),
            "many-files.csv",
            "text/csv",
            key="take-table",
            on_click="ignore",
        )
    return chosen


def show_listening(batch: Batch, work: Background[None], share: float, *, still: bool) -> None:
    """Show how far the listening is; rows follow, save while somebody looks at one of them."""
    total = len(batch)
    show_progress(
        work,
        lambda _: f"Listening … {total - len(batch.unheard())} of {total} files",
        drawn_share=None if still else share,
    )


def choose_model() -> str:
    """Let people choose whose answers they see; all models have heard all files."""
    names = model_names()
    if len(names) == 1:
        return next(iter(names))
    return choose("many-model", "Answers by", list(names), format_func=names.__getitem__)


def choose_speaker() -> str:
    """Ask whose voices these are: who is known can be allowed for, by models that can."""
    if not can_learn_voices():
        return VARIOUS
    known = PROFILE_KEY in st.session_state
    return choose(
        "many-speaker",
        "Whose voices are these?",
        [VARIOUS, ONE, ME] if known else [VARIOUS, ONE],
        help="**One person** in various moods: what all files share is then taken as the "
        "sound of that voice, and the answers allow for it. Not for files that all carry the "
        "same emotion. **Me** is there once your voice was learnt on the first page.",
    )


def hear(heap: Heap, recognizer: Recognizer) -> None:
    """Hear what is new, beside the page."""
    waiting = len(heap.batch.unheard())
    if heap.work is not None and heap.work.done() and waiting:
        if stopped(heap.work, waiting, len(heap.batch)):
            st.button("Hear the rest", key="rest", on_click=go_on, args=(heap,))
            return
        heap.work = None
    if heap.work is None and waiting:
        heap.work = Background(partial(heap.batch.hear, recognizer))


def stopped(work: Background[None], waiting: int, total: int) -> bool:
    """Say why files are left, if they shall be left."""
    try:
        work.result()
    except SerError as error:
        st.error(told(error, answering().root))
        return True
    if work.was_cancelled:
        st.info(f"You stopped this: {total - waiting} of {total} files were heard.")
    return work.was_cancelled


def go_on(heap: Heap) -> None:
    """Let the rest be heard."""
    heap.work = None


def answer(batch: Batch, recognizer: Recognizer, model: str, speaker: str) -> list[Row]:
    """Answer what was heard, allowing for a voice if one is known."""
    profile: VoiceProfile | None = st.session_state.get(PROFILE_KEY) if speaker == ME else None
    try:
        return batch.rows(recognizer, model=model, profile=profile, same_speaker=speaker == ONE)
    except ProfileError as error:
        st.warning(f"{error} These answers do not allow for your voice.")
        return batch.rows(recognizer, model=model)
