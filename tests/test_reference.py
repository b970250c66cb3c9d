"""The reference pages are what the declarations of settings and commands give."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from transformer_programs.cli.app import COMMANDS

FILE = Path(__file__).parents[1] / "docs" / "reference.py"


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["settings.md", "commands.md"])
def test_pages_are_up_to_date(reference: ModuleType, name: str) -> None:
    written = (FILE.parent / "reference" / name).read_text(encoding="utf-8")
    assert written == reference.PAGES[name](), "run: python docs/reference.py"


def test_every_setting_and_command_has_its_row(reference: ModuleType) -> None:
    settings, commands = (page() for page in reference.PAGES.values())
    for owner in reference.OWNERS:
        for found in reference.declared(owner):
            assert f"| `{found.field}` |" in settings
            assert found.help
    for name in COMMANDS:
        assert f"\n## tprog {name}\n" in commands
