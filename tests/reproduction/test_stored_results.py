"""docs/results.md says what is stored, and nothing else."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from transformer_programs.reproduction.page import section_of
from transformer_programs.reproduction.suites import PAPER_SIZE, SIZES, SUITES
from transformer_programs.reproduction.tables import records_of, section

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "results.md"


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("size", SIZES["sort"])
def test_records(suite: str, size: int) -> None:
    records = records_of(ROOT / "docs" / "results", suite, size)
    expected = section(records) if records else None
    assert section_of(PAGE, f"{suite}-{size}") == expected


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
