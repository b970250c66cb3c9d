"""Pages in a real browser: what they compute, and that they can be used."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from browser import opened, started
from golden_programs import BY_NAME
from transformer_programs.language import Pooling
from transformer_programs.runs.run import Run, load
from transformer_programs.verify.inputs import random_inputs
from transformer_programs.verify.predictors import bare_tokens

GALLERY = Path(__file__).parents[2] / "gallery"
PROGRAMS = sorted(file.parent.name for file in GALLERY.glob("*/program.json"))
NASTY = "</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with started() as found:
        yield found


def page_of(place: Path, *runs: Run) -> Path:
    file = place / "page.html"
    beside = runs[1] if len(runs) > 1 else None
    return runs[0].report_page(file, beside=beside, progress=False)


def drawn(run: Run, count: int) -> list[tuple[str, ...]]:
    form = run.program.input
    return bare_tokens(run.program, random_inputs(form, count, 1))


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_page_labels_inputs_like_the_interpreter(
    name: str, browser: Any, tmp_path: Path
) -> None:
    run = load(GALLERY / name)
    inputs = drawn(run, 200)
    with opened(browser, page_of(tmp_path, run)) as found:
        ask = "inputs => inputs.map((tokens) => tprog.labels(tokens))"
        labels = found.page.evaluate(ask, inputs)
    assert labels == run.program.batch(inputs)
    assert found.wrong == []


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_so_does_one_of_a_program_written_by_hand(
    name: str, browser: Any, tmp_path: Path
) -> None:
    run = Run(BY_NAME[name].program)
    inputs = [*drawn(run, 60), BY_NAME[name].words[: run.program.input.max_bare_length]]
    inputs = [tokens for tokens in inputs if tokens]
    with opened(browser, page_of(tmp_path, run)) as found:
        ask = "inputs => inputs.map((tokens) => tprog.labels(tokens))"
        labels = found.page.evaluate(ask, inputs)
        # Every table can be unfolded.
        for card in found.page.locator("#cards > details").all():
            card.locator("> summary").click()
            assert card.locator(".body").inner_text().strip()
    assert labels == run.program.batch(inputs)
    assert found.wrong == []


SUMS = [
    name
    for name, golden in BY_NAME.items()
    if golden.program.readout.pooling is not Pooling.NONE
    and len(golden.program.readout.labels) > 1
    and not golden.program.decisions
]


@pytest.mark.parametrize("name", SUMS)
def test_phrases_add_what_explain_says(name: str, browser: Any, tmp_path: Path) -> None:
    run = Run(BY_NAME[name].program)
    with opened(browser, page_of(tmp_path, run)) as found:
        for tokens in [t for t in drawn(run, 12) if t]:
            found.page.evaluate("tokens => tprog.show(tokens)", tokens)
            phrases = found.page.evaluate("tprog.phrases()")
            (decision,) = run.explain(tokens).decisions
            said = [(list(t.words), t.total) for t in decision.by_phrase]
            assert sorted(map(tuple, phrases), key=repr) == sorted(said, key=repr)
    assert found.wrong == []


def cell(page: Any, name: str, place: int) -> Any:
    return page.locator(f'.grid [data-name="{name}"][data-i="{place}"]')


@pytest.fixture
def dyck(browser: Any, tmp_path: Path) -> Iterator[Any]:
    with opened(browser, page_of(tmp_path, load(GALLERY / "dyck2-16"))) as found:
        found.page.fill("#text", "( { } ) }")
        yield found.page
    assert found.wrong == []


def test_statements_follow_each_other(dyck: Any) -> None:
    assert dyck.inner_text("#stepped") == "9 of 9"
    assert dyck.locator("#forward").is_disabled()
    for _ in range(5):
        dyck.click("#back")
    assert dyck.inner_text("#stepped") == "4 of 9"
    assert "copy_1" in dyck.inner_text("#sentence")
    assert cell(dyck, "verdict_1", 1).inner_text() == ""
    assert dyck.locator(".statement.now").get_attribute("data-s") == "copy_1"
    assert dyck.locator(".node.now").get_attribute("data-s") == "copy_1"
    dyck.click("#forward")
    assert cell(dyck, "verdict_1", 5).inner_text() == "1"
    # The keys of a slider do the same.
    dyck.focus("#step")
    dyck.keyboard.press("Home")
    assert dyck.inner_text("#stepped") == "0 of 9"
    assert dyck.locator("#back").is_disabled()


def test_a_value_leads_to_where_it_comes_from(dyck: Any) -> None:
    cell(dyck, "copy_1", 4).click()
    detail = dyck.inner_text("#detail")
    assert "copy_1 = (" in detail
    assert "The nearest is position 1" in detail or "It is position 1" in detail
    # With the predicate as program.py has it, and with its values.
    assert "has k == q" in detail
    assert "16 == 16" in dyck.locator("#detail .tree code").all_inner_texts()
    assert cell(dyck, "difference_1", 1).get_attribute("class").split()[0] == "path"
    dyck.locator("#detail .how .value").last.click()
    assert dyck.inner_text("#detail h3") == "token ("
    dyck.focus(".grid [tabindex='0']")
    dyck.keyboard.press("ArrowDown")
    dyck.keyboard.press("Enter")
    assert dyck.inner_text("#detail h3") == "count_1 = 1"


def test_a_changed_token_shows_what_changes(dyck: Any) -> None:
    cell(dyck, "tokens", 1).click()
    dyck.select_option("#other", "{")
    assert dyck.input_value("#text") == "{ { } ) }"
    assert "copy_1 at 4;" in dyck.inner_text("#changes")
    assert "changed" in cell(dyck, "", 4).get_attribute("class")
    dyck.click("text=Forget")
    assert dyck.locator(".grid .changed").count() == 0


def test_a_statement_is_shown_in_the_circuit_and_back(dyck: Any) -> None:
    # At its own name, which stands first; other names light up what they name.
    dyck.hover('.statement[data-s="verdict_1"]', position={"x": 60, "y": 8})
    lit = dyck.locator(".node.lit")
    assert lit.get_attribute("data-s") == "verdict_1"
    assert "Read by verdict_1_so_far" in dyck.inner_text("#said")
    dyck.focus('.node[data-s="copy_1"]')
    assert dyck.locator(".statement.lit").get_attribute("data-s") == "copy_1"
    dyck.keyboard.press("Enter")
    assert dyck.inner_text("#stepped") == "4 of 9"


def test_a_label_lights_up_what_decides_it(dyck: Any) -> None:
    options = dyck.locator("#slice option").all_inner_texts()
    assert "whether the label is 'F'" in options
    dyck.select_option("#slice", label="whether the label is 'F'")
    (off,) = dyck.locator(".node.off").all()
    (fixed,) = dyck.locator(".node.fixed").all()
    assert off.get_attribute("data-s") == "count_4"
    assert fixed.get_attribute("data-s") == "order_1"


def test_tokens_can_be_refused(dyck: Any) -> None:
    dyck.fill("#text", "( x")
    assert "unknown token" in dyck.inner_text("#problem")
    assert dyck.locator(".grid").count() == 0
    dyck.click("text=Random")
    assert dyck.locator(".grid").count() == 1


def test_tokens_are_no_markup(browser: Any, tmp_path: Path) -> None:
    program = (
        BY_NAME["hist"].program
        if "hist" in BY_NAME
        else load(GALLERY / "hist-8").program.data
    )
    text = json.dumps(_renamed(program))
    run = Run(_read(text))
    page = page_of(tmp_path, run)
    with opened(browser, page) as found:
        found.page.evaluate("t => tprog.show(t)", [NASTY, NASTY])
        assert found.page.locator("img").count() == 0
        assert found.page.evaluate("t => tprog.labels(t)", [NASTY]) == run.program(
            [NASTY]
        )
        for card in found.page.locator("#cards > details").all():
            card.locator("> summary").click()
    assert found.wrong == []


def _renamed(program: Any) -> Any:
    from transformer_programs.codegen import to_json

    document = json.loads(to_json(replace(program, name=NASTY)))
    tokens = document["input"]["tokens"]
    tokens[-1] = NASTY
    return document


def _read(text: str) -> Any:
    from transformer_programs.codegen import from_json

    return from_json(text, "nasty")


def test_two_programs_stand_side_by_side(browser: Any, tmp_path: Path) -> None:
    runs = [load(GALLERY / name) for name in ("sort-8", "reverse-8")]
    page = page_of(tmp_path, *runs)
    with opened(browser, page) as found:
        assert found.page.locator("#beside .changed").count() > 0
        found.page.locator("#differences button.load").first.click()
        tokens = found.page.input_value("#text").split()
        assert runs[0].program(tokens) != runs[1].program(tokens)
        found.page.locator("#which input").nth(1).click()
        rows = found.page.locator(".grid tbody th").all_inner_texts()
        names = [statement.output for statement in runs[1].program.statements]
        assert [row.split()[-1] for row in rows[:-1]] == names
        inputs = drawn(runs[1], 50)
        ask = "inputs => inputs.map((tokens) => tprog.labels(tokens, 1))"
        assert found.page.evaluate(ask, inputs) == runs[1].program.batch(inputs)
    assert found.wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_there_is_no_serious_fault_of_access(
    browser: Any, tmp_path: Path, scheme: str, width: int
) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="axe-playwright-python is not installed",
    )
    run = load(GALLERY / "most_freq-8")
    options = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    with opened(browser, page_of(tmp_path, run), **options) as found:
        for card in found.page.locator("#cards > details").all():
            card.locator("> summary").click()
        cell(found.page, "tokens", 1).click()
        faults = axe.Axe().run(found.page).response["violations"]
        overflows = found.page.evaluate(
            "document.documentElement.scrollWidth > window.innerWidth"
        )
    assert [
        (fault["id"], [node["html"][:120] for node in fault["nodes"]][:3])
        for fault in faults
        if fault["impact"] in ("serious", "critical")
    ] == []
    assert not overflows
    assert found.wrong == []


def test_light_and_dark_can_be_switched(dyck: Any) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    before = dyck.evaluate(paper)
    dyck.click("#theme")
    assert dyck.evaluate(paper) != before
    assert dyck.inner_text("#theme") == "Light"
