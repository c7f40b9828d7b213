"""Train your own: what to fetch, what to type, how far a training is, and whose models answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from page import own_models, visitor
from page.figures import known, plot, show_balance
from ser import reports
from ser.corpora import Corpus, known_corpora
from ser.errors import AudioError
from ser.training_log import NETWORKS, TrainingLog, pictures_folder, read_trainings

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from ser.reports import Example

LOOK_EVERY_S, LOOK_FOR_NEW_EVERY_S = 5.0, 30.0

DATA, OUT = "data", "bundles/mine"
NAMES = {
    "cnn": "The CNN",
    "functionals": "The hybrid's own part",
    "known_voice": "The part for known voices",
    "network": "The recipe's network",
}

TRAIN = f"make train DATA={DATA}"
WITH_OWN = f"{TRAIN} OWN=my_recordings"
GO_ON = f"{TRAIN} ARGS=--resume"
STEP_BY_STEP = (
    f"python -m training.prepare --data {DATA}",
    f"python -m training.evaluate --folds 1 --no-calibration --out {OUT}",
    f"python -m training.train --start-from fold-1 --out {OUT}",
)
PICTURES = "python -m training.pictures"
ONLY_OWN = (
    "python -m training.prepare --own my_recordings",
    f"python -m training.train --out {OUT}",
)


def show() -> None:
    """Lay out the page: a running training stands above the steps that led to it."""
    st.title("Train your own", anchor=False)
    st.write(
        "The models can learn from other voices: from published collections, or from recordings "
        "of your own. It happens on this computer, and nothing is sent anywhere. With everything "
        "below it takes some two hours on two processor cores."
    )
    running = is_running(read_trainings())
    if running:
        watch(running=True)
    show_what_to_fetch()
    show_what_to_type()
    if not running:
        watch(running=False)
    show_recordings(pictures_folder())
    st.header("Use your models", anchor=False)
    own_models.choose_models_to_use()


def show_what_to_fetch() -> None:
    """List the corpora, and say how to get them."""
    st.header("Get recordings", anchor=False)
    st.write(
        "Any of these will do; more voices are better. Type the commands in this program's "
        "folder, where its Python is active (`source .venv/bin/activate`)."
    )
    corpora = known_corpora()
    if corpora:
        st.table([as_row(corpus) for corpus in corpora])
        st.code("\n".join(download_commands(corpora)), language=None, wrap_lines=True)
        st.caption(
            "The first command fetches what has an open link; the second says where to click for "
            "the others. Mind the licences: most of them forbid commercial use, and so do models "
            "made from them."
        )
    with st.expander("Recordings of your own", type="compact"):
        st.markdown(
            "Put them into a folder with one folder for each emotion in it (`angry`, `happy`, "
            "`neutral`, …), or list them in a CSV file with the columns `path`, `emotion` and "
            "`speaker`. Record only people who have agreed, and more than one. They are learnt "
            "from too where you say so each time you train:"
        )
        st.code(WITH_OWN, language=None, wrap_lines=True)


def as_row(corpus: Corpus) -> dict[str, str]:
    """Put a corpus into a row of the table."""
    size = "" if corpus.megabytes is None else f", {corpus.megabytes} MB"
    return {
        "Name": f"[{corpus.title}]({corpus.page})",
        "Who speaks": corpus.about,
        "How much": f"{corpus.recordings} recordings{size}",
        "Licence": corpus.licence,
    }


def download_commands(corpora: tuple[Corpus, ...]) -> list[str]:
    """Give the command for corpora with an open link, and the one for the others."""
    by_hand = [corpus.name for corpus in corpora if corpus.by_hand]
    fetched = [corpus.name for corpus in corpora if not corpus.by_hand]
    return [
        f"python -m training.download {' '.join(names)} --to {DATA}" for names in (fetched, by_hand)
    ]


def show_what_to_type() -> None:
    """Give the commands that train."""
    st.header("Train", anchor=False)
    st.code(TRAIN, language=None, wrap_lines=True)
    st.markdown(
        f"This trains on all speakers but some, measures how well those are heard "
        f"(`{OUT}/reports/BENCHMARK.md`), goes on with everybody, and leaves the models in "
        f"`{OUT}`. The shipped ones stay as they are. After an interruption:"
    )
    st.code(GO_ON, language=None, wrap_lines=True)
    with st.expander("Step by step, or without make", type="compact"):
        st.code("\n".join(STEP_BY_STEP), language=None, wrap_lines=True)
    with st.expander("With nothing but recordings of your own", type="compact"):
        st.write("Nobody is kept apart then, so nothing tells how well it hears new voices.")
        st.code("\n".join(ONLY_OWN), language=None, wrap_lines=True)
    with st.expander("Pictures of the recordings and of the training", type="compact"):
        st.write(
            "Once the recordings are found, this counts them by emotion and draws one of each. "
            "Both then stand on this page, and with all other pictures as files in `runs/pictures`."
        )
        st.code(PICTURES, language=None, wrap_lines=True)


def is_running(logs: list[TrainingLog]) -> bool:
    """Tell whether any training seems to be running."""
    return any(log.status() == "running" for log in logs)


def watch(*, running: bool) -> None:
    """Show how trainings go, and look again every few seconds."""
    st.header("A training is running" if running else "Watch it learn", anchor=False)
    every_s = LOOK_EVERY_S if running else LOOK_FOR_NEW_EVERY_S
    st.fragment(show_trainings, run_every=every_s)(running)


def show_trainings(was_running: bool) -> None:
    """Show the chosen training; the page is drawn anew when one begins or the last one ends."""
    logs = read_trainings()
    if is_running(logs) != was_running:
        st.rerun()
    if not logs:
        st.write("No training has begun yet. Once one has, its progress appears here.")
        return
    runs = list(dict.fromkeys(log.run for log in logs))
    run = runs[0]
    if len(runs) > 1:
        run = st.selectbox("Training", runs, key="training-run") or run
    chosen = {log.network: log for log in logs if log.run == run}
    networks = [network for network in NETWORKS if network in chosen]
    for column, network in zip(st.columns(len(networks), gap="medium"), networks, strict=True):
        with column:
            show_training(chosen[network])
    st.caption(
        "An epoch is one pass through all recordings. Right answers are counted on the recordings "
        "that it learns from, spoilt a little on purpose; the loss says how far off the answers "
        "are. A training that keeps recordings apart counts them on those, too: “validation” "
        "are those that its settings are chosen by, “test” those that it is only asked about. How "
        "well new voices are heard is measured at the end. “fold-1” is trained to be measured, "
        "“all” to be used."
    )


def show_training(log: TrainingLog) -> None:
    """Say how far one network is, and draw its curves."""
    from ser.charts import CHART_CONFIG, training_chart

    st.markdown(f"**{NAMES[log.network]}.** {log.progress()}")
    if log.wanted:
        st.progress(min(log.done / log.wanted, 1.0))
    if log.epochs:
        st.plotly_chart(
            training_chart(log),
            config=CHART_CONFIG,
            key=f"training-{log.network}",
            alt=f"{NAMES[log.network]} after {log.done} epochs: {log.in_words()}.",
        )


def show_recordings(folder: Path) -> None:
    """Show how the recordings are spread, and one of each emotion, where both were drawn.

    Only at the computer that runs the page: few corpora may be shown around.
    """
    from ser.reports.reading import OWN_DATA, OWN_VOICES

    drawn = any((folder / name).is_file() for name in (OWN_DATA, OWN_VOICES))
    if not drawn or not visitor.at_home():
        return
    st.header("Your recordings", anchor=False)
    if (folder / OWN_DATA).is_file() and (data := known(reports.read_own_data, folder, OWN_DATA)):
        show_balance(data, key="own-balance")
    if (folder / OWN_VOICES).is_file():
        voices = known(reports.read_own_voices, folder, OWN_VOICES)
        if voices:
            show_voices(voices)


def show_voices(voices: tuple[Example, ...]) -> None:
    """Draw one recording of each emotion, in the way that is chosen."""
    from ser.charts.voices import KINDS

    kinds = list(KINDS)
    st.write("One recording of each emotion, the same person and words wherever there are such:")
    kind = st.segmented_control(
        "Picture", kinds, default=kinds[1], required=True, key="voices-kind"
    )
    told = "; ".join(f"{one.emotion}, {reports.example_words(one)}" for one in voices)
    try:
        plot(draw_voices, voices, kind, key="voices", alt=f"{kind} of voices: {told}")
    except AudioError as error:
        st.info(f"{error} `{PICTURES}` draws anew.")


def draw_voices(examples: tuple[Example, ...], kind: str) -> go.Figure:
    """Open the recordings, and draw them."""
    from ser.charts.voices import open_voice, voices_chart

    return voices_chart([open_voice(example) for example in examples], kind)
