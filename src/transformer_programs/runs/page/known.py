"""What is known of a run, as a part of a page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from transformer_programs.data import Accuracy, label_scores
from transformer_programs.runs.page.charts import Point, bar, line_chart, percent
from transformer_programs.runs.page.evidence import Known
from transformer_programs.runs.page.markup import escaped, listed, table
from transformer_programs.runs.runnable import Program

_MOST_LABELS = 30  # rows of the accuracy by label
_MATRIX = 16  # labels of a confusion matrix
_LIST = 20  # confusions that are listed else
_MOST_POINTS = 200  # of a curve

_EVALUATED = "accuracies"  # of a line of metrics.jsonl: of every restart


def tiles(program: Program, known: Known) -> str:
    """Return the few numbers that stand at the top of a page."""
    shown: list[tuple[str, str]] = []
    accuracy = known.accuracy
    if accuracy is None and known.report is not None and known.report.test.measured:
        accuracy = known.report.test
    if accuracy is not None and accuracy.labels:
        entities = accuracy.of_entities
        labels = f"of {accuracy.labels:,} held-out labels right"
        shown.append((percent(accuracy.per_label), labels))
        if entities is not None:
            shown.append((percent(entities.f1), "entity F1"))
    if known.report is not None and known.report.baselines:
        best = max(known.report.baselines.values(), key=lambda found: found.score)
        shown.append((percent(best.score), "the best simple baseline"))
    count = len(program.statements)
    shown.append((f"{count}", f"statement{'' if count == 1 else 's'}"))
    shown.append((f"{program.lines:,}", "lines of code"))
    if program.length_free:
        shown.append(("any", "length of input"))
    else:
        shown.append((f"{program.input.max_bare_length:,}", "tokens at most"))
    if any(text.startswith("proved") for text in known.findings):
        shown.append(("proved", "what it computes"))
    cells = "".join(
        f"<div><dt>{escaped(text)}</dt><dd>{escaped(number)}</dd></div>"
        for number, text in shown
    )
    task = (
        f'<p class="about">{escaped(f"Task: {known.task}")}</p>' if known.task else ""
    )
    return f'{task}<dl class="tiles">{cells}</dl>'


def known_of(program: Program, known: Known) -> str:
    """Return accuracy, baselines, checks, mistakes and curves, as markup."""
    parts = [*_accuracy(known), *_checks(program, known), *_curves(known.lines)]
    if known.notes:
        parts.append(_card("Notes", f"<ul>{listed(known.notes)}</ul>"))
    return f'<div class="cards">{"".join(parts)}</div>'


def _card(title: str, body: str) -> str:
    return f'<section class="card"><h3>{escaped(title)}</h3>{body}</section>'


def _accuracy(known: Known) -> Iterator[str]:
    report, accuracy = known.report, known.accuracy
    rows = []
    if accuracy is not None and accuracy.labels:
        rows.append(("this program", accuracy.per_label, "ours"))
    elif report is not None and report.test.measured:
        rows.append(("this program", report.test.per_label, "ours"))
    if report is not None:
        rows += [(n, quality.accuracy, "") for n, quality in report.baselines.items()]
    if rows:
        cells = ((escaped(n), percent(s), bar(s, kind)) for n, s, kind in rows)
        text = ""
        if accuracy is not None:
            text = (
                f"<p>Measured on {known.measured:,} held-out sequences with "
                f"{accuracy.labels:,} labels; {percent(accuracy.per_sequence)} of "
                "sequences have no wrong label.</p>"
            )
        head = ("method", "labels right", "")
        yield _card("Accuracy and baselines", table(head, cells) + text)
    if accuracy is not None and accuracy.labels:
        yield _card("Accuracy by label", _by_label(accuracy))
        yield _card("Accuracy by length", _by_length(known))
        yield _card("Confusion of labels", _confusion(accuracy))
    longer = [line for line in known.lines if line.get("kind") == "longer"]
    if longer and isinstance(longer[-1].get("right"), dict):
        found = longer[-1]["right"].items()
        cells = (
            (escaped(n), percent(float(s)), bar(float(s), "ours")) for n, s in found
        )
        head = ("tokens", "labels right", "")
        yield _card("Longer inputs than in training", table(head, cells))


def _by_label(accuracy: Accuracy) -> str:
    scores = label_scores(accuracy.confusion)
    order = sorted(scores, key=lambda label: -scores[label].there)
    cells = (
        (
            escaped(label),
            percent(scores[label].recall),
            bar(scores[label].recall, "ours"),
            percent(scores[label].precision),
            f"{scores[label].there:,}",
        )
        for label in order[:_MOST_LABELS]
    )
    head = ("label", "recall", "", "precision", "in the data")
    more = len(order) - _MOST_LABELS
    rest = f"<p>and {more:,} rarer labels</p>" if more > 0 else ""
    return table(head, cells) + rest


def _by_length(known: Known) -> str:
    cells = (
        (
            f"{first}" if first == last else f"{first} to {last}",
            percent(right / there),
            bar(right / there, "ours"),
            f"{there:,}",
        )
        for first, last, right, there in known.lengths
    )
    return table(("tokens", "labels right", "", "labels"), cells)


def _confusion(accuracy: Accuracy) -> str:
    confused = accuracy.confusion
    labels = sorted({label for pair in confused for label in pair})
    wrong = {pair: count for pair, count in confused.items() if pair[0] != pair[1]}
    if not wrong:
        return "<p>No held-out label is wrong.</p>"
    if len(labels) > _MATRIX:
        most = sorted(wrong.items(), key=lambda item: -item[1])[:_LIST]
        cells = ((escaped(a), escaped(b), f"{count:,}") for (a, b), count in most)
        return table(("label of the data", "predicted", "times"), cells)
    totals = defaultdict[str, int](int)
    for (wanted, _), count in confused.items():
        totals[wanted] += count
    rows = []
    for wanted in labels:
        counts = [confused.get((wanted, said), 0) for said in labels]
        shades = [round(9 * n / max(totals[wanted], 1)) for n in counts]
        row = [
            f'<span class="heat {"good" if said == wanted else "bad"}-{shade}">'
            f"{count or ''}</span>"
            for said, count, shade in zip(labels, counts, shades, strict=True)
        ]
        rows.append((escaped(wanted), *row))
    note = "<p>Rows are what is right, columns what the program says.</p>"
    return table(("", *labels), rows, "Confusion of labels") + note


def _checks(program: Program, known: Known) -> Iterator[str]:
    size = [program.size, program.length[0].upper() + program.length[1:]]
    if known.report is not None:
        size.append(f"Found by: {known.report.origin or known.report.learner}")
        size += [f"Note: {note}" for note in known.report.notes]
    yield _card("Size and origin", f"<ul>{listed(size)}</ul>")
    stated = "<p>There is no certificate: nothing was compared.</p>"
    if known.certificate:
        stated = f"<ul>{listed(known.certificate)}</ul>"
    if known.findings:
        stated += (
            f"<p>Checked of what it computes:</p><ul>{listed(known.findings)}</ul>"
        )
    yield _card("Certificate", stated)
    if known.accuracy is None:
        return
    if not known.wrong:
        text = (
            f"<p>None of {known.measured:,} held-out sequences is a counterexample.</p>"
        )
    else:
        rows = (
            (
                f'<button type="button" class="load" data-example="{index}">'
                f"{escaped(' '.join(shown.tokens) or '(no token)')}</button>",
                escaped(shown.wanted),
                escaped(shown.said),
            )
            for index, shown in enumerate(known.examples)
            if shown.wrong
        )
        head = ("input", "right", "the program says")
        text = f"<p>{known.wrong:,} of {known.measured:,} held-out sequences:</p>"
        text += table(head, rows)
    yield _card("Counterexamples in the held-out data", text)


# Curves.


def _curves(lines: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    kinds = defaultdict[str, list[Mapping[str, Any]]](list)
    for line in lines:
        kinds[str(line.get("kind"))].append(line)
    try:
        yield from _drawn(kinds)
    except (LookupError, TypeError, ValueError) as error:
        yield _card("Curves", f"<p>Not drawn: {escaped(error)}</p>")


def _drawn(kinds: Mapping[str, list[Mapping[str, Any]]]) -> Iterator[str]:
    sizes = (
        ("stage", "lines", "lines of code", "accuracy", "size, when simplified"),
        ("front", "statements", "statements", "accuracy", "size"),
        ("weighed", "grams", "parts", "score", "the number of parts"),
    )
    for kind, field, across, score, size in sizes:
        lines = kinds.get(kind, [])
        points = _points(lines, field, score)
        if len(points) > 1:
            # What the score of sums is, they say: accuracy, or entity F1.
            measure = str(lines[0].get("measure", "accuracy"))
            name = f"{measure[0].upper()}{measure[1:]} over {size}"
            yield _card(name, line_chart(name, [(measure, points)], across))
    search = _points(kinds.get("search", []), "candidates", "accuracy")
    if len(search) > 1:
        name = "Course of the search"
        series = [("labels right on training data", search)]
        yield _card(name, line_chart(name, series, "candidates compared"))
    series = _training(kinds.get("evaluation", []))
    if series:
        name = "Course of the training"
        yield _card(name, line_chart(name, series, "steps"))


def _points(lines: Iterable[Mapping[str, Any]], across: str, up: str) -> list[Point]:
    found = {
        float(line[across]): float(line[up])
        for line in lines
        if line.get(across) is not None and line.get(up) is not None
    }
    return sorted((x, y) for x, y in found.items() if 0 <= y <= 1)


def _training(lines: Iterable[Mapping[str, Any]]) -> list[tuple[str, list[Point]]]:
    best, middle = list[Point](), list[Point]()
    for line in lines:
        # None of restarts that ended before.
        scores = sorted(float(x) for x in line.get(_EVALUATED) or () if x is not None)
        if scores:
            best.append((float(line["step"]), scores[-1]))
            middle.append((float(line["step"]), scores[len(scores) // 2]))
    if len(best) < 2:
        return []
    step = -(-len(best) // _MOST_POINTS)
    return [("best restart", best[::step]), ("median restart", middle[::step])]
