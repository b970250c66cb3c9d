"""BIO tags: entities are measured beside accuracy, and choose programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.commands import tprog

NAMES = ("Ada", "Bo", "Cy", "Di")
FILLERS = ("met", "saw", "and", "the", "then")


def write(path: Path) -> Path:
    """Names after fillers; two in a row are one entity."""
    lines = []
    for n in range(120):
        tokens = [FILLERS[n % 5], NAMES[n % 4], FILLERS[n % 3], NAMES[n % 3]]
        tags = ["O", "B-PER", "O", "B-PER"]
        if n % 2:
            tokens.append(NAMES[(n // 2) % 4])
            tags.append("I-PER")
        tokens.append(FILLERS[(n // 7) % 5])
        tags.append("O")
        tokens += [FILLERS[(n // k) % 5] for k in (11, 13)]
        tags += ["O", "O"]
        lines.append(json.dumps({"tokens": tokens, "tags": tags}))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("entities")
    write(place / "names.jsonl")
    return place


def test_a_search_finds_and_reports_entities(folder: Path) -> None:
    run = folder / "searched"
    data = folder / "names.jsonl"
    done = tprog("train", "--data", data, "--learner", "search", "--out", run)
    assert done.status == 0, done.err
    assert "entities  precision" in done.out
    assert "baseline, the most frequent label per token: " in done.out
    assert "entity F1" in done.out
    last = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])
    found = last["test"]["entities"]
    assert found["types"]["PER"]["f1"] == found["f1"]
    assert last["baselines"]["always the most frequent label"]["entity_f1"] == 0
    evaluated = json.loads(tprog("eval", run, "--json").out)
    assert evaluated["entities"] == found
    assert evaluated["baselines"] == last["baselines"]
    shown = tprog("eval", run).out
    assert f"{found['f1']:.2%}" in shown
    other = json.loads(tprog("eval", run, "--data", data, "--json", "--by-label").out)
    assert other["by_label"]["O"]["there"] == 600
    assert sum(x["there"] for x in other["by_label"].values()) == other["labels"]
    table = tprog("eval", run, "--data", data, "--by-label").out
    assert "label  precision" in table
    assert "taken for" in table
    assert other["entities"]["there"] == 240


def test_gradient_descent_chooses_by_entities(folder: Path) -> None:
    run = folder / "trained"
    options = ("--learner", "gradient", "--steps", "40", "--evaluations", "4")
    done = tprog(
        *("train", "--data", folder / "names.jsonl", "--restarts", "2"),
        *(*options, "--batch-size", "16", "--out", run),
    )
    assert done.status == 0, done.err
    assert "best program: entity F1 " in done.err
    lines = [json.loads(x) for x in (run / "metrics.jsonl").read_text().splitlines()]
    evaluations = [line for line in lines if line["kind"] == "evaluation"]
    assert all(len(line["entity_f1"]) == 2 for line in evaluations)
    assert all(len(line["accuracies"]) == 2 for line in evaluations)
    best = max(max(line["entity_f1"]) for line in evaluations)
    assert lines[-1]["validation"]["entities"]["f1"] == pytest.approx(best)
    picture = folder / "trained.svg"
    assert tprog("plot", run, "--out", picture).status == 0
    assert "hardened validation entity F1" in picture.read_text()


def test_a_standard_transformer_is_chosen_by_entities(folder: Path) -> None:
    run = folder / "standard"
    done = tprog(
        *("baseline", "--data", folder / "names.jsonl", "--steps", "9"),
        *("--evaluations", "3", "--layers", "1", "--out", run),
    )
    assert done.status == 0, done.err
    assert "best model: entity F1 " in done.err
    assert "entities  precision" in done.out
    lines = [json.loads(x) for x in (run / "metrics.jsonl").read_text().splitlines()]
    best = max(line["entity_f1"] for line in lines[:-1])
    assert lines[-1]["validation"]["entities"]["f1"] == best


def test_iob1_is_read_as_iob2_on_request(folder: Path) -> None:
    run, file = folder / "searched", folder / "iob1.jsonl"
    text = (folder / "names.jsonl").read_text()
    file.write_text(text.replace("B-PER", "I-PER"), encoding="utf-8")
    done = tprog("eval", run, "--data", file, "--json")
    plain = json.loads(done.out)
    assert plain["entities"]["there"] == 0
    assert plain["entities"]["scheme"] == "IOB2"
    assert "labels look like IOB1 tags, and are scored as IOB2 tags" in done.err
    command = ("eval", run, "--data", file, "--tag-scheme", "iob1", "--json")
    assert json.loads(tprog(*command).out)["entities"]["there"] == 240
    refused = tprog("eval", run, "--tag-scheme", "iob1")
    assert refused.status == 2
    assert "name it with --data" in refused.err
    options = ("--data", file, "--learner", "search", "--search-work", "5000")
    told = tprog("train", *options, "--out", folder / "a", "--max-statements", "2")
    assert "labels are read as IOB1 tags" in told.err
    assert "IOB1 entities  precision" in told.out
    done = tprog("train", *options, "--out", folder / "b", "--tag-scheme", "iob1")
    assert "IOB2 entities  precision" in done.out
    assert "are read as IOB1" not in done.err


def test_a_stray_tag_takes_no_scores_away(folder: Path) -> None:
    lines = (folder / "names.jsonl").read_text().splitlines()
    line = json.loads(lines[3])
    line["tags"][0] = "-"
    lines[3] = json.dumps(line)
    file = folder / "stray.jsonl"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    options = ("--learner", "search", "--search-seconds", "5", "--max-statements", "2")
    done = tprog("train", "--data", file, *options, "--out", folder / "stray")
    assert done.status == 0, done.err
    assert "IOB2 entities  precision" in done.out
    assert "1 of 900 labels is no IOB2 tag" in done.err
    assert f"'-' at position 0 of {file}:4" in done.err
    again = tprog("eval", folder / "stray", "--data", file)
    assert "1 of 900 labels: no IOB2 tag" in again.err
