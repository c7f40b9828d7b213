"""How well unheard voices are understood: by corpus, beside others, by group, when spoilt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ser.charts.dots import Line, Mark, dot_chart
from ser.prediction import MODELS
from ser.reports import PEOPLE, POOLED, Loss, Peer, Row, Score, corpus_title, percent

if TYPE_CHECKING:
    import plotly.graph_objects as go

SERIES = {
    "hybrid": "hybrid",
    "cnn": "CNN",
    "people": "people",
    "other": "another system",
    "dependent": "system that knew the voices",
    "chance": "guessing",
}
"""Who is compared, and what they are called."""

RANDOM = "random"
"""The protocol of peers whose tested voices were trained on too."""


def corpora_chart(
    rows: Sequence[Row], listeners: Sequence[Row], peers: Sequence[Peer]
) -> go.Figure:
    """Draw the UAR of our models on each corpus, beside people, others and guessing.

    Parameters
    ----------
    rows : sequence of Row
        One for each corpus and model.
    listeners : sequence of Row
        People on the same clips, where they were asked.
    peers : sequence of Peer
        Others; those who knew the voices are left out.
    """
    lines = []
    for (corpus, classes), own in _by_corpus(rows).items():
        marks = [Mark(row.model, row.uar, row.interval) for row in own]
        marks += list(_others(corpus, classes, listeners, peers))
        marks.append(Mark("chance", 1 / classes))
        best = max(own, key=lambda row: row.model == MODELS[0])
        title = f"{corpus_title(corpus)}, {classes} emotions"
        lines.append(Line(title, tuple(marks), percent(best.uar)))
    return dot_chart(lines, SERIES)


def peers_chart(rows: Sequence[Row], peers: Sequence[Peer]) -> go.Figure:
    """Draw our models on one corpus among all others who were measured on it, best first."""
    lines = [
        Line(SERIES[row.model], (Mark(row.model, row.uar, row.interval),), percent(row.uar))
        for row in rows
    ]
    lines += [
        Line(_peer_title(peer), (Mark(_peer_series(peer), peer.share),), percent(peer.share))
        for peer in peers
        if peer.share is not None
    ]
    lines.sort(key=lambda line: -line.marks[0].share)
    guess = Line("guessing", (Mark("chance", 1 / rows[0].classes),), percent(1 / rows[0].classes))
    return dot_chart([*lines, guess], SERIES)


def sexes_chart(rows: Sequence[Row]) -> go.Figure:
    """Draw the UAR of women and men on each corpus that has both."""
    return dot_chart([_sexes(row) for row in rows], {"female": "women", "male": "men"})


def ages_chart(rows: Sequence[Row]) -> go.Figure:
    """Draw the UAR of each age, corpus by corpus."""
    lines = [line for row in rows for line in _ages(row)]
    return dot_chart(lines, {model: SERIES[model] for model in MODELS})


def speakers_chart(rows: Sequence[Row]) -> go.Figure:
    """Draw the accuracy of every single speaker, one row for each corpus."""
    lines = []
    for row in rows:
        shares = sorted(score.accuracy for score in row.by_speaker.values())
        figure = percent(shares[0])
        if len(shares) > 1:
            figure = f"{100 * shares[0]:.0f} to {percent(shares[-1])}"
        marks = tuple(Mark("speaker", share) for share in shares)
        lines.append(Line(corpus_title(row.corpus), marks, figure))
    return dot_chart(lines, {"speaker": "one speaker"})


def losses_chart(losses: Sequence[Loss]) -> go.Figure:
    """Draw the UAR over all speech in each condition; the figure is what the hybrid lost."""
    conditions: dict[str, list[Loss]] = {}
    for loss in losses:
        if loss.corpus == POOLED:
            conditions.setdefault(loss.title, []).append(loss)
    lines = [
        Line(
            title,
            tuple(Mark(loss.model, loss.uar) for loss in own),
            _lost(max(own, key=lambda loss: loss.model == MODELS[0])),
        )
        for title, own in conditions.items()
    ]
    return dot_chart(lines, {model: SERIES[model] for model in MODELS})


def _by_corpus(rows: Sequence[Row]) -> dict[tuple[str, int], list[Row]]:
    answer: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        answer.setdefault((row.corpus, row.classes), []).append(row)
    return answer


def _others(
    corpus: str, classes: int, listeners: Sequence[Row], peers: Sequence[Peer]
) -> Iterator[Mark]:
    """Mark people, those asked about these very clips if there are any, and others."""
    heard = [row.uar for row in listeners if (row.corpus, row.classes) == (corpus, classes)]
    yield from (Mark(PEOPLE, share) for share in heard)
    for peer in peers:
        if (peer.corpus, peer.classes) != (corpus, classes) or peer.share is None:
            continue
        series = _peer_series(peer)
        if series == "other" or (series == PEOPLE and not heard):
            yield Mark(series, peer.share)


def _peer_series(peer: Peer) -> str:
    if peer.protocol == PEOPLE:
        return PEOPLE
    return "dependent" if peer.protocol == RANDOM else "other"


def _peer_title(peer: Peer) -> str:
    """Name a peer, and say where its figure is another measure than ours, or no fair one."""
    knew = ", knew the voices" if peer.protocol == RANDOM else ""
    return f"{peer.what}{knew}{'' if peer.uar is not None else ' *'}"


def _sexes(row: Row) -> Line:
    marks = tuple(Mark(sex, row.by_sex[sex].uar) for sex in ("female", "male") if sex in row.by_sex)
    gap = 100 * (marks[-1].share - marks[0].share)
    points = f"{abs(gap):.0f}"
    unit = "point" if points == "1" else "points"
    return Line(corpus_title(row.corpus), marks, f"{points} {unit} apart")


def _ages(row: Row) -> Iterator[Line]:
    for group, score in sorted(row.by_age.items(), key=_age):
        title = f"{corpus_title(row.corpus)}, {group}"
        yield Line(title, (Mark(row.model, score.uar),), percent(score.uar))


def _age(item: tuple[str, Score]) -> tuple[bool, str]:
    """Sort "under 30" before the groups that begin with their age."""
    return not item[0].startswith("under"), item[0]


def _lost(loss: Loss) -> str:
    if loss.lost is None:
        return percent(loss.uar)
    points = f"{abs(100 * loss.lost):.0f}"
    if points == "0":
        return "±0"
    return f"\N{MINUS SIGN}{points}" if loss.lost > 0 else f"+{points}"
