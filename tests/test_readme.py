"""Every block of README.md is run, in order, in one folder, and shows what happens.

A block is a command with what it prints, Python, a file, or a part of a file that a
command wrote. One that cannot be run here is marked so by a comment: not run: why.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cyclopts import CycloptsError

from cli.commands import tprog
from transformer_programs.cli.app import app
from transformer_programs.settings import SearchSettings

ROOT = Path(__file__).parent.parent

README = ROOT / "README.md"

WRITTEN = [p for p in (ROOT / "docs").rglob("*.md") if p.name != "commands.md"]
"""Those that people write; the other one is made from the commands."""

PAGES = [README, *sorted(WRITTEN), ROOT / "CONTRIBUTING.md"]


@dataclass(frozen=True)
class Block:
    """Something that is set apart from the text.

    Attributes:
        kind: "python", "json", ... of a fenced block; "" of an indented one.
        text: without the indentation.
        before: the last line of text before it.
        mark: the comment before it.
    """

    kind: str
    text: str
    before: str
    mark: str = ""


BLOCK = re.compile(
    r"^(?:<!-- (?P<mark>[^\n]*) -->\n\n?)?"
    r"(?:```(?P<kind>\w*)\n(?P<fenced>.*?)^```$|(?P<indented>(?:^    [^\n]*\n+)+))",
    re.DOTALL | re.MULTILINE,
)


def blocks(page: Path) -> list[Block]:
    """The blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in BLOCK.finditer(text):
        lines = text[: match.start()].rstrip().splitlines()
        body = match["fenced"] or textwrap.dedent(match["indented"] or "")
        before, mark = lines[-1] if lines else "", match["mark"] or ""
        found.append(Block(match["kind"] or "", body, before, mark))
    return found


REMARK = re.compile(r"\s{2,}\([^()]*\)$")


def sessions(text: str) -> Iterator[tuple[str, bool, str]]:
    """Commands, whether their output is shortened, and their output as it is shown."""
    joined = text.replace("\\\n", "")
    for part in re.split(r"^\$ ", joined, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        remark = REMARK.search(command)
        short = remark is not None and "shortened" in remark[0]
        yield REMARK.sub("", command).strip(), short, output


def plain(text: str) -> list[str]:
    """Lines without what is not the same everywhere: space, and seconds."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return [re.sub(r"\b\d+(\.\d+)? s\b", "so many s", line) for line in lines if line]


def assert_shown(shown: str, short: bool, printed: str) -> None:
    """Is what is shown what was printed, or some of its lines in their order?"""
    expected, lines = plain(shown), plain(printed)
    if not short:
        assert lines == expected
    rest = iter(lines)
    for line in expected:
        assert line in rest, f"{line!r} is not in, or not in this order:\n{printed}"


def run(command: str) -> str:
    """What a command prints."""
    program, *words = shlex.split(command)
    if program == "tprog":
        done = tprog(*words)
        assert done.status == 0, done.err
        return done.out
    assert program == "python", command
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=True
    ).stdout


def assert_part(text: str, file: Path) -> None:
    """Does a file hold this text, where a line of "..." stands for any lines?"""
    lines = text.strip("\n").splitlines()
    parts = [re.escape(line.rstrip()) for line in lines if line.strip() != "..."]
    gaps = [".*?\n" if line.strip() == "..." else "" for line in lines]
    pattern, number = "", 0
    for gap in gaps:
        if gap:
            pattern += r"(?:[^\n]*\n)*?"
        else:
            pattern += parts[number] + r"\n"
            number += 1
    written = "".join(
        f"{line.rstrip()}\n" for line in file.read_text(encoding="utf-8").splitlines()
    )
    assert re.search(pattern, written), f"{file} does not hold:\n{text}"


def do(block: Block, names: dict[str, Any], place: Path) -> None:
    """Run a block."""
    if block.mark.startswith("in: "):
        assert_part(block.text, place / block.mark.removeprefix("in: "))
    elif block.kind == "python":
        with contextlib.redirect_stdout(io.StringIO()):
            evaluated(block.text, names)
    elif block.kind:
        (name,) = re.findall(rf"`([\w-]+\.{block.kind}l?)`", block.before)
        (place / name).write_text(block.text, encoding="utf-8")
    elif block.text.startswith("make "):
        for line in block.text.strip().splitlines():
            assert_target(line.split("#")[0])
    else:
        assert block.text.startswith("$ "), f"what is this?\n{block.text}"
        for command, short, shown in sessions(block.text):
            assert_shown(shown, short, run(command))


def evaluated(code: str, names: dict[str, Any]) -> None:
    """Run Python; a comment after an expression that is a value must be its value."""
    commented = re.compile(r"^(\S.*?)  # (\[.*\]|[\d.]+|True|False)(?:,.*)?$")
    ran = ""
    for line in code.splitlines():
        if match := commented.match(line):
            exec(ran, names)
            assert eval(match[1], names) == eval(match[2]), line
            ran = ""
        else:
            ran += f"{line}\n"
    exec(ran, names)


def assert_target(command: str) -> None:
    """Does the Makefile have the target and the variables?"""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    _, *words = command.split()
    for word in words:
        name, is_variable, _ = word.partition("=")
        pattern = rf"^{name} \?=" if is_variable else rf"^{name}:"
        assert re.search(pattern, makefile, re.MULTILINE), word


DEMO = "runs/demo-splice"


def test_every_block_does_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    names: dict[str, Any] = {}
    ran = 0
    for block in blocks(README):
        if not block.mark.startswith(("not run: ", f"in: {DEMO}/")):
            do(block, names, tmp_path)
            ran += 1
    assert ran >= 7
    text = README.read_text(encoding="utf-8")
    for file in (tmp_path / "runs" / "sort").iterdir():
        if file.name not in ("curve.svg", "learned.safetensors"):
            assert f"`{file.name}`" in text


@pytest.mark.skipif(
    getattr(SearchSettings(), "seconds", None) is not None,
    reason="what a search finds in so many seconds depends on the machine",
)
def test_the_demo_learns_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    text = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", "")
    (data,) = re.findall(r"^DEMO_DATA := (.*)$", text, re.MULTILINE)
    run(f"tprog train {data} --out {DEMO}")
    shown = [block for block in blocks(README) if block.mark.startswith(f"in: {DEMO}")]
    assert shown
    for block in shown:
        do(block, {}, tmp_path)


def test_what_make_needs_is_installed_before() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    needs = dict(re.findall(r"^([\w-]+): (.*)$", text, re.MULTILINE))
    assert needs["demo"] == "setup"
    for target in ("test", "lint", "types", "contracts", "bench", "gallery"):
        assert needs[target] == "setup-dev"
    assert 'install --quiet $(PIP_OPTIONS) "$(TORCH)"' in text
    assert "--editable .\n" in text
    assert '--editable ".[dev]"' in text


def test_every_command_is_in_the_reference() -> None:
    text = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    for name in app:
        assert name.startswith("-") or f"tprog {name}" in text, name


def test_the_page_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 160


def of_blocks(page: Path) -> Iterator[str]:
    """The commands in the blocks of a page."""
    for block in blocks(page):
        for line in block.text.replace("\\\n", "").splitlines():
            if line.removeprefix("$ ").startswith("tprog "):
                yield REMARK.sub("", line.removeprefix("$ ").split("  #")[0])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_can_be_typed_so(page: Path) -> None:
    for command in of_blocks(page):
        words = shlex.split(command.partition(" | ")[0])[1:]
        try:
            app.parse_args(words, exit_on_error=False, print_error=False)
        except CycloptsError as error:
            raise AssertionError(f"{command}: {error}") from error


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_option_that_the_text_names_is_there(page: Path) -> None:
    for command in re.findall(r"`tprog ([^`]*)`", page.read_text(encoding="utf-8")):
        name, *words = command.split()
        if name.startswith("-"):
            continue
        assert name in app, command
        known = {
            o
            for argument in app[name].assemble_argument_collection()
            for o in argument.names
        }
        for option in re.findall(r"--[a-z-]+", " ".join(words)):
            assert option in known | {"--help"}, command


def test_a_block_that_is_not_as_shown_is_found() -> None:
    with pytest.raises(AssertionError):
        assert_shown("1 2", False, "1 2\n3")
    with pytest.raises(AssertionError):
        assert_shown("b\na", True, "a\nb")
    assert_shown("a  1.5 s\nc", True, "a 12 s\nb\nc")
    with pytest.raises(AssertionError, match="x == 3"):
        evaluated("x = 2\nx == 3  # True\n", {})
    evaluated("x = 2\nx == 2  # True\n", {})
