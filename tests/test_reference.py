"""The reference pages are what the declarations in the code give."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

import transformer_programs as tp
from transformer_programs.cli.app import COMMANDS

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docs" / "reference.py"


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGES = ["settings.md", "commands.md", "program-schema.json", "api.md"]


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_up_to_date(reference: ModuleType, name: str) -> None:
    pytest.importorskip("sklearn")  # of estimators
    assert [*reference.PAGES] == PAGES
    written = (FILE.parent / "reference" / name).read_text(encoding="utf-8")
    assert written == reference.PAGES[name](), "run: python docs/reference.py"


def test_every_setting_and_command_has_its_row(reference: ModuleType) -> None:
    settings, commands = reference.settings_page(), reference.commands_page()
    for owner in reference.OWNERS:
        for found in reference.declared(owner):
            assert f"| `{found.field}` |" in settings
            assert found.help
    for name in COMMANDS:
        assert f"\n## tprog {name}\n" in commands


def test_every_public_name_has_its_section(reference: ModuleType) -> None:
    pytest.importorskip("sklearn")
    page = reference.api_page()
    for name in set(tp.__all__) - {"__version__"}:
        assert page.count(f"\n### {name}\n") == 1
    assert "\n#### Run.verify\n" in page
    assert "- `Scope.BEFORE = 'before'`: j < i\n" in page
    assert "``" not in page.replace("```", "")


def test_the_schema_is_that_of_stored_programs(reference: ModuleType) -> None:
    schema = json.loads(reference.schema_page())
    program = schema["$defs"][schema["$ref"].rpartition("/")[2]]
    kinds = program["properties"]["statements"]["items"]["oneOf"]
    assert len(kinds) == 5
    stored = json.loads((ROOT / "gallery" / "sort-8" / "program.json").read_text())
    assert stored.keys() <= program["properties"].keys()
    assert set(program["required"]) <= stored.keys()
