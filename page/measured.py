"""What was measured on voices that the models never heard, and how to read it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from page.figures import choose_model, known, plot
from ser import reports
from ser.bundle import SHIPPED
from ser.prediction import MODELS, TITLES
from ser.reports import Benchmark, Peer, Protocol, Row, Sureness


def show_benchmark(benchmark: Benchmark) -> None:
    """Show all that was measured in one way; where there are several, one is chosen."""
    protocols = {one.name: one for one in benchmark.protocols if benchmark.own_rows(one.name)}
    if not protocols:
        st.info("Nothing was measured yet: python -m training.evaluate does.")
        return
    protocol = protocols[choose_protocol(list(protocols))]
    if protocol.speaker_dependent:
        st.warning(
            "**Speaker-dependent:** every voice tested here was trained on too. These figures "
            "say nothing about a new voice; they stand here because many publications measure so."
        )
    st.markdown(reports.plain_answer(benchmark, protocol.name))
    st.caption(reports.how_measured(benchmark, protocol))
    explain_words()
    peers = known(reports.read_peers, SHIPPED, "reports/peers.json") or ()
    show_corpora(benchmark, protocol, comparable(peers, protocol))
    show_mistakes(benchmark.own_rows(protocol.name))
    show_trust(benchmark, protocol)
    show_confidence(benchmark, protocol)
    show_people(benchmark.widest(protocol.name))


def choose_protocol(names: list[str]) -> str:
    """Offer the ways to measure; the first where there is only one."""
    if len(names) == 1:
        return names[0]
    return str(
        st.segmented_control(
            "Measured on",
            names,
            format_func=reports.protocol_name,
            default=names[0],
            required=True,
            key="protocol",
        )
    )


def explain_words() -> None:
    """Say what the terms mean, one click away."""
    with st.expander("What the words mean", type="compact", key="words"):
        st.markdown(
            "- **Right**: the model names the emotion that the actor was asked to play.\n"
            "- **Unheard**: no recording of that person was used in training.\n"
            "- **UAR** (unweighted average recall): the share that is right, taken for each "
            "emotion and then averaged, so that a frequent emotion counts no more than a rare "
            "one. The charts by corpus, sex, age and condition show it. Of people and of some "
            "systems only the accuracy is published, which counts each recording alike.\n"
            "- **Corpus**: a published collection of recordings; its actors play its own set of "
            "emotions, and the models choose among these, as in publications. On the page they "
            "choose among all seven.\n"
            "- **Interval**: the line through a dot. Were everybody of that kind asked, the "
            "figure would lie on such a line 95 times out of 100. With few speakers it says "
            "little, with one there is none; another training may move the dot too.\n"
            "- **CNN** and **hybrid**: the two models of this program; see the picture below.\n"
            "- **Guessing**: one emotion in so many, by chance.\n"
            "- **Fold**: the speakers are dealt into parts; each part is tested by models "
            "trained on the others."
        )


def show_corpora(benchmark: Benchmark, protocol: Protocol, peers: Sequence[Peer]) -> None:
    """Show each corpus beside people, other systems and guessing."""
    from ser.charts.benchmark import corpora_chart

    rows = benchmark.widest(protocol.name)
    listeners = [row for row in benchmark.rows if row.model == reports.PEOPLE]
    st.header("How often is it right?", anchor=False)
    st.write(
        "Each row is a collection of recordings. The farther right a dot, the more often it is "
        "right; the figure is the hybrid's. Lines show how far the dot might move with other "
        "speakers."
    )
    plot(
        corpora_chart,
        rows,
        listeners,
        () if protocol.speaker_dependent else peers,
        key="corpora",
        alt="Share named rightly, by corpus: " + "; ".join(map(reports.row_words, rows)),
    )
    corpora = [name for name in dict.fromkeys(row.corpus for row in rows) if _of(peers, name)]
    if corpora:
        with st.expander("Beside other systems", type="compact", key="beside"):
            show_peers(rows, peers, corpora)


def show_peers(rows: Sequence[Row], peers: Sequence[Peer], corpora: list[str]) -> None:
    """Show one corpus with everybody who was measured on it, and where the figures are from."""
    from ser.charts.benchmark import peers_chart

    corpus = st.selectbox("Corpus", corpora, format_func=reports.corpus_title, key="peers-corpus")
    own = [row for row in rows if row.corpus == corpus]
    others = [peer for peer in _of(peers, corpus) if peer.classes == own[0].classes]
    told = [f"{peer.what} {reports.percent(peer.share)}" for peer in others if peer.share]
    alt = "; ".join([*map(reports.row_words, own), *told])
    plot(peers_chart, own, others, key="peers", alt=f"Ours and others, best first: {alt}")
    st.caption(
        "\\* is accuracy, which counts each recording alike; the others count each emotion "
        "alike (UAR). An open square marks a system whose tested voices were trained on too: "
        "such figures are far too good and cannot be compared. Others tested all speakers of a "
        "corpus, which may not be those tested here."
    )
    st.markdown("\n".join(f"- {source(peer)}" for peer in others))


def source(peer: Peer) -> str:
    """Say where a figure comes from."""
    where = f"[{peer.source}]({peer.url})" if peer.url else peer.source
    size = (
        f" {reports.number(round(peer.parameters / 1e6))} million weights."
        if peer.parameters
        else ""
    )
    note = f" {peer.note[:1].upper()}{peer.note[1:]}." if peer.note else ""
    return f"**{peer.what}**: {where}.{note}{size}"


def comparable(peers: Sequence[Peer], protocol: Protocol) -> list[Peer]:
    """Keep people, who was measured in the same way, and who is marked as knowing the voices."""
    from ser.charts.benchmark import RANDOM

    return [peer for peer in peers if peer.protocol in (protocol.name, reports.PEOPLE, RANDOM)]


def _of(peers: Sequence[Peer], corpus: str) -> list[Peer]:
    return [peer for peer in peers if peer.corpus == corpus]


def show_mistakes(rows: Sequence[Row]) -> None:
    """Show what is mistaken for what, on one corpus and by one model."""
    from ser.charts.confusion import confusion_chart, mistakes

    st.header("What does it mistake for what?", anchor=False)
    left, right = st.columns([2, 1])
    sets = list(dict.fromkeys((row.corpus, row.classes) for row in rows))
    chosen = left.selectbox(
        "Corpus",
        sets,
        index=max(range(len(sets)), key=lambda i: _clips(rows, sets[i])),
        format_func=lambda each: f"{reports.corpus_title(each[0])}, {each[1]} emotions",
        key="confusion-corpus",
    )
    with right:
        model = choose_model("confusion-model")
    row = next((r for r in rows if (r.corpus, r.classes, r.model) == (*chosen, model)), None)
    if row is None:
        st.info("This model was not measured on this corpus.")
        return
    common = [
        f"{truth} as {answer} ({reports.percent(share)})" for truth, answer, share in mistakes(row)
    ]
    st.write(
        "Each row is an emotion that was acted; the figures say in how many of a hundred "
        "recordings it was taken for what stands above. Where it is right they lie on the "
        "diagonal."
    )
    told = f"Most often mistaken: {', '.join(common)}." if common else "Nothing was mistaken."
    plot(confusion_chart, row, key="confusion", alt=f"What was acted and what was named. {told}")
    st.caption(told)


def _clips(rows: Sequence[Row], chosen: tuple[str, int]) -> int:
    """Count speakers first: the corpus with most of them says most."""
    return max(row.speakers for row in rows if (row.corpus, row.classes) == chosen)


def show_trust(benchmark: Benchmark, protocol: Protocol) -> None:
    """Show how far percentages can be believed, and what answering only when sure gains."""
    from ser.charts.trust import calibration_chart, coverage_chart, not_sure_level

    pooled = [benchmark.pooled(protocol.name, model) for model in MODELS]
    entries: list[Sureness] = [entry for entry in pooled if entry is not None]
    if not entries:
        return
    if any(entry.bins for entry in entries):
        st.header("Can its percentages be believed?", anchor=False)
        st.write(
            "If it says 70 %, it should be right in 70 of 100. On the dashed line it would be; "
            "under it, it is too sure. The larger a dot, the more recordings."
        )
        words = reports.calibration_words(entries[0], corrected=protocol.corrected)
        if shipped := benchmark.as_shipped(protocol.name, entries[0].model):
            words = f"{words} {reports.shipped_words(shipped)}"
        plot(
            calibration_chart, entries, key="calibration", alt=f"Said and true percentages. {words}"
        )
        st.caption(words)
    st.header("What if it answers only when it is sure?", anchor=False)
    st.write(
        "Towards the left it answers only what it is surest of, and is right more often. Past "
        "the star the page says “hard to say” instead."
    )
    levels = [
        f"{TITLES[entry.model]}: {reports.percent(level[0])} answered, "
        f"{reports.percent(level[1])} of these right"
        for entry in entries
        if (level := not_sure_level(entry))
    ]
    told = f"At the star, {'; '.join(levels)}." if levels else "No level was found."
    if any(entry.answered is None for entry in entries):
        told += " The level was chosen on these same recordings, which flatters it a little."
    plot(coverage_chart, entries, key="coverage", alt=f"Right answers by share answered. {told}")
    st.caption(told)


def show_confidence(benchmark: Benchmark, protocol: Protocol) -> None:
    """Show how sure one model is of each emotion, where it is right and where not."""
    from ser.charts.confidence import confidence_chart

    if not any(entry.protocol == protocol.name for entry in benchmark.confidence):
        return
    st.header("How sure is it of each emotion?", anchor=False)
    model = choose_model("confidence-model")
    entries = benchmark.confidences(protocol.name, model)
    if not entries:
        st.info("This model was not measured.")
        return
    st.write(
        "For each emotion that it names: how many recordings it was how sure of. Above the line "
        "those where it was right, below it, hatched, those where it was wrong."
    )
    told = "; ".join(map(reports.confidence_words, entries))
    plot(confidence_chart, entries, key="confidence", alt=f"Answers by how sure: {told}")


def show_people(rows: Sequence[Row]) -> None:
    """Show whom it understands: women and men, ages, and every single speaker."""
    from ser.charts.benchmark import ages_chart, sexes_chart, speakers_chart

    st.header("Whom does it understand?", anchor=False)
    model = choose_model("people-model")
    own = [row for row in rows if row.model == model]
    if not own:
        st.info("This model was not measured.")
        return
    if sexes := [row for row in own if {"female", "male"} <= set(row.by_sex)]:
        st.write("Women and men, each emotion counted alike:")
        plot(sexes_chart, sexes, key="sexes", alt=f"By sex: {_groups(sexes, 'sex')}")
    if ages := [row for row in own if len(row.by_age) > 1]:
        st.write("By age, where a corpus tells it:")
        plot(ages_chart, ages, key="ages", alt=f"By age: {_groups(ages, 'age')}")
    st.write("Every stroke is one speaker: some are understood far better than others.")
    spread = [f"{reports.corpus_title(row.corpus)} {len(row.by_speaker)} speakers" for row in own]
    plot(speakers_chart, own, key="speakers", alt=f"Right, by speaker: {', '.join(spread)}")
    st.caption("With few speakers a gap between groups may be a gap between persons.")


def _groups(rows: Sequence[Row], kind: str) -> str:
    told = []
    for row in rows:
        groups = row.by_sex if kind == "sex" else row.by_age
        figures = ", ".join(f"{name} {reports.percent(one.uar)}" for name, one in groups.items())
        told.append(f"{reports.corpus_title(row.corpus)} {figures}")
    return "; ".join(told)
