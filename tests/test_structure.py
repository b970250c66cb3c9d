"""The house keeps its order: doors, no circles, one meaning per name."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


def _load() -> ModuleType:
    """The script that prints the figures, which knows how to find them."""
    file = ROOT / "benchmarks" / "structure.py"
    spec = importlib.util.spec_from_file_location("structure", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["structure"] = module
    spec.loader.exec_module(module)
    return module


structure: Any = _load()
ROOMS = [part for part in structure.parts() if (structure.PACKAGE / part).is_dir()]
OUTSIDE = ("benchmarks", "examples", "gallery")
DEFINED_TWICE = {
    "Program",  # that of users is that of language/, and can be called
}
"""Class names that still mean two things: to be emptied, never to be added to."""


def test_rooms_are_entered_by_their_doors() -> None:
    """Others import a room itself, names that its door lists; its files each other."""
    wrong = []
    doors = {room: structure.door(room) for room in ROOMS}
    for file in structure.sources("src", *OUTSIDE):
        if file.name == "program.py":  # of the gallery
            continue
        own = structure.part_of(file)
        for imported in structure.imports(file):
            room = imported.part
            if room not in ROOMS or imported.module == structure.NAME:
                continue
            through_door = imported.module == f"{structure.NAME}.{room}"
            fine = through_door and imported.name in doors[room]
            if room == own:
                module = structure.PACKAGE / room / str(imported.name)
                of_own = module.is_dir() or module.with_suffix(".py").exists()
                fine = not through_door or of_own
            if not fine:
                wrong.append(f"{file.relative_to(ROOT)}: {imported}")
    assert wrong == []


@pytest.mark.parametrize("room", ROOMS)
def test_doors_say_what_others_use(room: str) -> None:
    used = structure.public_names()
    for file in structure.sources("src", "tests", *OUTSIDE):
        if structure.part_of(file) == room:
            continue
        for imported in structure.imports(file):
            if imported.module == f"{structure.NAME}.{room}":
                used |= {imported.name}
            elif (imported.module, imported.name) == (structure.NAME, room):
                text = file.read_text(encoding="utf-8")
                used |= set(re.findall(rf"\b{room}\.(\w+)", text))
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    used |= set(re.findall(rf'"{structure.NAME}\.{room}:(\w+)"', text))
    for file in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        text = file.read_text(encoding="utf-8")
        for names in re.findall(rf"{structure.NAME}\.{room} import ([\w, ]+)", text):
            used |= {name.strip() for name in names.split(",")}
    assert structure.door(room) - used == set()


def test_nothing_imports_the_lab() -> None:
    """The commands are loaded by name; the package itself only names what is public."""
    for file in structure.sources():
        if structure.part_of(file) not in ("lab", None):
            assert "lab" not in {i.part for i in structure.imports(file)}, file


@pytest.mark.parametrize("room", ROOMS)
def test_files_of_a_room_import_each_other_in_one_direction(room: str) -> None:
    assert structure.circles(room) == []


def test_there_are_few_names_at_the_top() -> None:
    entries = {place.name for place in structure.PACKAGE.iterdir()} - {"__pycache__"}
    assert len(entries) <= 20
    assert len(structure.names_under_the_package()) <= 17


def test_there_are_few_layers() -> None:
    assert len(structure.layers()) <= 9


def test_a_class_name_means_one_thing() -> None:
    assert structure.classes_defined_twice().keys() <= DEFINED_TWICE


def test_figures_can_be_told(capsys: pytest.CaptureFixture[str]) -> None:
    structure.main()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 12
    total = int(lines[1].split()[0].replace(",", ""))
    kinds = re.findall(r"([\d,]+) (code|docstring|blank|import|comment)", lines[1])
    assert sum(int(count.replace(",", "")) for count, _ in kinds) == total
