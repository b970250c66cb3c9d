"""docs/results.md says what is stored, and nothing else."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from transformer_programs.lab.reproduce.page import records_of, section, section_of
from transformer_programs.lab.reproduce.suite_page import section_name, suite_section
from transformer_programs.lab.reproduce.suite_record import read_suite
from transformer_programs.lab.reproduce.suites import (
    OF_FILES,
    PAPER_SIZE,
    SIZES,
    SUITES,
)
from transformer_programs.lab.suites import NAMES, public_suite

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "results.md"


KEPT = [
    (suite, size)
    for suite in SUITES
    for size in ([None] if suite in OF_FILES else SIZES["sort"])
]


@pytest.mark.parametrize(("suite", "size"), KEPT)
def test_records(suite: str, size: int | None) -> None:
    name = suite if size is None else f"{suite}-{size}"
    records = records_of(ROOT / "docs" / "results", suite, size)
    assert section_of(PAGE, name) == (section(records) if records else None)


@pytest.mark.parametrize("name", NAMES)
def test_public_suites(name: str) -> None:
    suite = public_suite(name)
    record = read_suite(ROOT / "docs" / "results", suite)
    wanted = suite_section(suite, record) if record.results else None
    assert section_of(PAGE, section_name(suite)) == wanted


def test_gallery() -> None:
    spec = importlib.util.spec_from_file_location("build", ROOT / "gallery/build.py")
    assert spec is not None
    assert spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    for name, text in build.sections().items():
        assert section_of(PAGE, name) == text, "python gallery/build.py --render"
    assert build.PUBLISHED["dyck1-16"] == "99.30"
    assert build.SIZES["induction"][0] == SIZES["induction"][PAPER_SIZE]
