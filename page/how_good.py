"""How good is it? The model card: what was measured, on whom, and what it is not for."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from page.figures import known, plot, show_balance
from page.kept import answering, are_ours, model_names
from page.measured import show_benchmark
from ser import reports
from ser.architecture import read_blocks
from ser.bundle import MODEL_FILES, SHIPPED
from ser.prediction import MODELS
from ser.reports import System

MAIN, ALL = "The main ones", "All"


def show() -> None:
    """Lay out the page from top to bottom."""
    st.title("How good is it?", anchor=False)
    root = Path(answering().root)
    if not are_ours():
        (system,) = model_names().values()
        st.info(
            f"{system} answers now. How good it is stands under “How do well-known designs do?”; "
            "all else is about the models that this program was shipped with."
        )
        root = SHIPPED
    benchmark = known(reports.read_benchmark, root, "reports/benchmark.json")
    if benchmark is not None:
        show_benchmark(benchmark)
    show_robustness(root)
    show_gate(root)
    show_systems()
    show_architecture(root)
    show_origin(root)


def show_robustness(root: Path) -> None:
    """Show what noise, telephones, codecs and rooms cost."""
    from ser.charts.benchmark import losses_chart

    st.header("In noise and on the telephone", anchor=False)
    losses = known(reports.read_robustness, root, "reports/robustness.json")
    if not losses:
        return
    st.write(f"{reports.robustness_words(losses)} The figure is what the hybrid loses, in points.")
    main = [loss for loss in losses if loss.goal is not None or loss.lost is None]
    some = any(loss.goal is not None for loss in losses)
    if some and len(main) < len(losses):
        wanted = st.segmented_control(
            "Conditions", [MAIN, ALL], default=MAIN, required=True, key="conditions"
        )
        losses = tuple(main) if wanted == MAIN else losses
    pooled = [one for one in losses if one.corpus == reports.POOLED and one.model == MODELS[0]]
    told = "; ".join(f"{one.title} {reports.percent(one.uar)}" for one in pooled)
    plot(losses_chart, losses, key="losses", alt=f"Share named rightly in each condition: {told}")


def show_gate(root: Path) -> None:
    """Say how well speech is told from other sounds."""
    st.header("Does it know speech from other sounds?", anchor=False)
    gate = known(reports.read_gate, root, "reports/gate.json")
    if gate is None:
        return
    st.write(reports.gate_words(gate))
    with st.expander("Sound by sound", type="compact", key="gate"):
        worst_first = sorted(gate.refused_by_class.items(), key=lambda item: item[1].share)
        st.dataframe(
            [
                {
                    "Sound": name.replace("_", " "),
                    "Refused": reports.percent(share.share),
                    "Of": share.n,
                }
                for name, share in worst_first
            ],
            hide_index=True,
        )


def show_systems() -> None:
    """Set well-known designs side by side: what is claimed, and what they gave here."""
    from ser.charts.systems import systems_chart

    st.header("How do well-known designs do?", anchor=False)
    systems = known(reports.read_systems, SHIPPED, "reports/recipes.json")
    if not systems:
        return
    st.write(f"{reports.systems_words(systems)} The figure is the share named rightly.")
    told = "; ".join(
        f"{system.title}, {len(system.emotions)} emotions: {reports.percent(found.accuracy)}"
        for system in systems
        if (found := system.unheard) is not None
    )
    plot(systems_chart, systems, key="systems", alt=f"Named rightly, voices never heard: {told}")
    st.caption(
        "Each is trained and scored by one command, `python -m training.recipes run NAME`, and "
        "can then be chosen on the page “Train your own”."
    )
    for number, system in enumerate(systems):
        if system.curves:
            title = f"Learning curves: {system.title}, {len(system.emotions)} emotions"
            with st.expander(title, type="compact", key=f"system-{number}"):
                show_network(system, number)


def show_network(system: System, number: int) -> None:
    """Show how a well-known network learnt, and what it is made of."""
    from ser.charts.architecture import describe, layers_chart
    from ser.charts.systems import as_log, curves_chart

    claim = "" if system.claimed is None else f"Claimed: {system.claim}. "
    st.write(
        f"{claim}Here it learns a random split, with the same voices on both sides, where such "
        "claims come from:"
    )
    words = as_log(system).in_words()
    plot(curves_chart, system, key=f"curves-{number}", alt=f"By epoch: {words}.")
    if system.layers:
        told = "; ".join(f"{layer.key}, {describe(layer)}" for layer in system.layers)
        st.write("Layer by layer, with the shape of what leaves each and its weights:")
        plot(layers_chart, system.layers, key=f"layers-{number}", alt=told)


def show_architecture(root: Path) -> None:
    """Draw both networks."""
    from ser.charts.architecture import architecture_chart, describe, in_short
    from ser.speech_encoder import WEIGHTS

    st.header("What is inside?", anchor=False)
    blocks = known(read_blocks, root, MODEL_FILES["hybrid"], "hybrid")
    if blocks is None:
        return
    all_of_it = sum(block.parameters for block in blocks)
    alone = known(read_blocks, root, MODEL_FILES["cnn"], "cnn") or ()
    cnn = sum(block.parameters for block in alone)
    st.write(
        f"The **CNN** ({in_short(cnn)} weights) looks at a picture of the sound, time across "
        "and pitch upwards, with filters that learnt what to look for. The **hybrid** "
        f"({in_short(all_of_it)}) is that CNN and a second branch on statistics of the whole "
        "recording, such as pitch, loudness and rhythm, and of what a speech encoder hears in it "
        f"(the lower half of OpenAI's Whisper base, {in_short(WEIGHTS)} weights, not drawn and "
        "trained by others alone); their answers are weighed together. "
        "Where it knows the voice it also asks a third network, not drawn here, which hears what "
        "differs from that voice at rest. In each box stand the shape of what leaves it and the "
        "number of weights, which training sets."
    )
    told = "; ".join(f"{block.key}, {describe(block)}" for block in blocks)
    plot(architecture_chart, blocks, key="architecture", alt=f"The parts of both networks: {told}")


def show_origin(root: Path) -> None:
    """Say what it learnt from, what it is for and not for, and where it ends."""
    trained = known(reports.read_trained, root, "artifacts/manifest.json")
    card = known(reports.read_card, SHIPPED, "MODEL_CARD.md") or {}
    st.header("What did it learn from?", anchor=False)
    if trained is not None:
        st.write(reports.trained_words(trained))
    data = known(reports.read_data, root, "reports/data.json")
    if data is not None:
        with st.expander("How many of each emotion", type="compact", key="balance-of"):
            show_balance(data, key="balance")
    sections = {
        "What they were trained on": None,
        "Meant for": "What is it for?",
        "Not meant for": "What must it not be used for?",
        "Limits": "What are its limits?",
    }
    for heading, title in sections.items():
        if heading not in card or (title is None and root != SHIPPED):
            continue
        if title is not None:
            st.header(title, anchor=False)
        st.markdown(card[heading])
