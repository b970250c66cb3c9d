"""What the pages in docs/ show is what happens."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import test_readme as readme
from cli.commands import tprog
from judging import judge_invariant
from transformer_programs.errors import UnknownTokenWarning
from transformer_programs.verify.meanings import MEANINGS

DOCS = Path(__file__).parent.parent / "docs"


def blocks(page: str) -> list[tuple[str, str]]:
    """The commands and the Python of a page, in order."""
    text = (DOCS / page).read_text(encoding="utf-8")
    pattern = r"^```python\n(.*?)^```|^    (tprog [^\n]*)$"
    return [
        ("python", code) if code else ("tprog", command)
        for code, command in re.findall(pattern, text, re.DOTALL | re.MULTILINE)
    ]


def test_a_bug_is_found_and_fixed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    shown, ran = "", []
    for kind, text in blocks("how-to/edit.md"):
        if kind == "tprog":
            options = ("--quiet",) if "--init" in text else ()
            steps = ("--steps", "2", "--restarts", "1") if options else ()
            done = tprog(*text.split()[1:], *options, *steps)
            expected = 1 if "runs/few --against" in text else 0
            assert done.status == expected, done.err
            ran.append(text.split()[1])
            shown = done.out if "show" in text else shown
        elif text.startswith("    "):
            assert text in shown
        else:
            exec(text, names)
    assert ran == [
        *("train", "show", "verify", "compile", "eval", "verify", "diff", "train")
    ]
    assert names["wrong"]
    first = " ".join(names["wrong"][0])
    assert f"`{first}`" in (DOCS / "how-to/edit.md").read_text(encoding="utf-8")


def test_sequences_are_generated_as_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page, names = DOCS / "how-to/generate.md", dict[str, Any]()
    for block in readme.blocks(page):
        readme.do(block, names, tmp_path)
    assert f'"{names["found"].sentence}"' in page.read_text(encoding="utf-8")


def test_programs_are_written_as_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for kind, text in blocks("how-to/write.md"):
        assert kind == "python"
        exec(text, names)
    assert names["sort"](["3", "1", "2"]) == ["1", "2", "3"]
    assert names["opinion"](["good", "bad", "good"]) == "positive"
    assert names["run"].certificate is not None


def test_programs_are_drawn_as_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gallery").symlink_to(DOCS.parent / "gallery")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for kind, text in blocks("how-to/draw.md"):
        assert kind == "python"
        exec(text, names)
    for name, stored in (("sort", "."), ("dyck2", "how-to"), ("verdict", "how-to")):
        drawn = (tmp_path / f"{name}.svg").read_bytes()
        assert drawn == (DOCS / stored / f"{name}.svg").read_bytes()


def test_a_circuit_is_found_as_shown() -> None:
    _, command = blocks("how-to/circuit.md")[0]
    page = (DOCS / "how-to/circuit.md").read_text(encoding="utf-8")
    shown = page.partition("```text\n")[2].partition("```\n")[0]
    _, name, run, *options = command.split()
    done = tprog(name, DOCS.parent / run, *options)
    assert "7 of 9 statements decide" in done.out
    assert shown in done.out


VERDICTS = ("proved", "tested", "refuted")


def test_invariants_are_kept_and_broken_as_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(DOCS.parent / "gallery", tmp_path / "gallery")
    monkeypatch.chdir(tmp_path)
    text = (DOCS / "how-to/properties.md").read_text(encoding="utf-8")
    ran = 0
    for kind, code in blocks("how-to/properties.md"):
        if kind == "tprog":
            done = tprog(*code.split()[1:])
            verdicts = [
                line for line in done.out.splitlines() if line.startswith(VERDICTS)
            ]
            assert "\n".join(["```", *verdicts, "```"]) in text
            assert done.status == any(line.startswith("refuted") for line in verdicts)
            ran += len(verdicts)
        else:
            exec(code, {})
    assert ran == 3
    for name in MEANINGS:
        assert f"| `{name}` |" in text
    assert judge_invariant("gallery/majority-8", "never <s>").proved
    for run, name in (
        ("hist-8", "never 7"),
        ("reverse-8", "sorted"),
        ("maximum_position-8", "renaming"),
        ("sort-8", "renaming-with-labels"),
    ):
        shortest = judge_invariant(f"gallery/{run}", name).counterexample
        assert shortest is not None
        assert f"on `{' '.join(shortest.tokens)}`" in text


# docs/how-to/inspect.md: files, and sessions of "$ command" with what they print

PDB = "(Pdb) "


def sessions(page: str) -> list[tuple[str, str]]:
    """Files, by the name in their first line, and commands with what they print."""
    text = (DOCS / page).read_text(encoding="utf-8")
    pattern = (
        r"^```python\n# ([^\n]*)\n(.*?)^```|^    \$ ([^\n]*)\n((?:    (?!\$)[^\n]*\n)*)"
    )
    found = re.findall(pattern, text, re.DOTALL | re.MULTILINE)
    return [
        (f"{file}", code) if file else (f"$ {command}", textwrap.dedent(output))
        for file, code, command, output in found
    ]


def printed(command: str, typed: list[str]) -> str:
    """What a command prints, with what is typed at its prompts."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        shell=True,
        input="".join(f"{line}\n" for line in typed),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"PATH": path, "COLUMNS": "100"},
        check=False,
    )
    text = done.stdout.replace(f"{Path.cwd()}{os.sep}", "")
    for line in typed:
        text = text.replace(PDB, f"(typed) {line}\n", 1)
    return text.replace("(typed) ", PDB)


def assert_shown(shown: str, output: str) -> None:
    """Is the output as shown, where "..." stands for anything, and space for space?"""
    parts = [re.escape(" ".join(part.split())) for part in shown.split("...")]
    assert re.fullmatch(" ?.*? ?".join(parts), " ".join(output.split())), output


def test_programs_are_inspected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gallery").symlink_to(DOCS.parent / "gallery")
    ran = []
    for title, text in sessions("how-to/inspect.md"):
        if not title.startswith("$ "):
            Path(title).write_text(f"# {title}\n{text}", encoding="utf-8")
        elif not title.startswith("$ pip"):
            typed = [s[len(PDB) :] for s in text.splitlines() if s.startswith(PDB)]
            assert_shown(text, printed(title[2:], typed))
            ran.append(title.split()[1])
    tools = ["coverage", "coverage", "python", "pytest", "crosshair", "crosshair"]
    assert ran == ["cp", "cp", "cp", "python", *tools, "mypy", "ruff", "ruff"]


def test_labels_are_explained_as_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(DOCS.parent)
    text = (DOCS / "how-to/explain.md").read_text(encoding="utf-8")
    done = tprog("explain", "gallery/sort-8", *"31412", "--position", "1")
    shown = textwrap.dedent(text.split("--position 1\n")[1].split("\n\n")[0])
    assert " ".join(done.out.split()) == " ".join(shown.split())
    for kind, code in blocks("how-to/explain.md"):
        if kind == "python":
            exec(code, {})
    printed = capsys.readouterr().out
    assert printed.startswith("2 1\n1\n('1', '1') (1, 3)\nstr(same_token) [Step(")
    assert " position  token  label  margin  runner-up\n" in printed


def test_other_methods_are_measured_as_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(DOCS.parent)
    ran = [
        exec(code, {}) for kind, code in blocks("how-to/compare.md") if kind == "python"
    ]
    assert len(ran) == 2
    *counted, accuracy, labels = capsys.readouterr().out.splitlines()
    assert [line.split(" 0.")[0] for line in counted] == [
        "the most frequent label",
        "naive Bayes over positions",
    ]
    assert float(accuracy.split()[0]) > 0.3
    assert labels.count("'") == 6


def test_the_estimators_do_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    page = (DOCS / "how-to/scikit-learn.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    ran = [exec(code, names) for kind, code in blocks("how-to/scikit-learn.md")]
    assert len(ran) == 4
    printed = capsys.readouterr().out
    classes, _, rest = printed.partition("\n")
    assert f"`{classes}`" in page
    (program,) = re.findall(r"^```text\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    for line in program.splitlines():
        assert f"{line}\n" in rest
    assert rest.endswith("['day', 'month', 'year']\n")
    with pytest.warns(UnknownTokenWarning, match="tokens: '7'"):
        names["classifier"].program_.trace("7 cents each")
    assert {file.name for file in Path("model").iterdir()} == {
        "program.json",
        "program.py",
        "estimator.json",
    }
    with pytest.raises(ValueError, match="found None") as raised:
        names["classifier"].predict(["a", "b", "c", None])
    shown = str(raised.value).partition(";")[0]
    assert f"`{shown}`" in " ".join(page.split())


def test_metrics_are_as_shown() -> None:
    ran = [
        exec(code, {})
        for kind, code in blocks("reference/metrics.md")
        if kind == "python"
    ]
    assert len(ran) == 1


def test_the_tutorial_shows_what_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in readme.blocks(DOCS / "tutorial.md"):
        if block.mark.startswith("file: "):
            file = tmp_path / block.mark.removeprefix("file: ")
            file.write_text(block.text, encoding="utf-8")
        else:
            readme.do(block, names, tmp_path)
    assert "run" in names


# Links from page to page, and to headings

ROOT = DOCS.parent

WRITTEN = sorted(DOCS.rglob("*.md"))
NOTEBOOKS = sorted(DOCS.rglob("*.ipynb"))
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
    *WRITTEN,
    *NOTEBOOKS,
]


def prose(page: Path) -> str:
    """Return the text of a page without its blocks of code."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        written = (c["source"] for c in cells if c["cell_type"] == "markdown")
        text = "\n\n".join("".join(lines) for lines in written)
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Return the anchors of the headings of a page, as GitHub names them."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE):
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading.lower())
        name = re.sub(r"[^\w\- ]", "", text).strip().replace(" ", "-")
        copies = (f"{name}-{number}" for number in range(1, 100))
        found.add(
            name if name not in found else next(c for c in copies if c not in found)
        )
    return found


def test_every_page_is_listed() -> None:
    index = DOCS / "index.md"
    links = re.findall(r"\]\(([^)#]+)\)", prose(index))
    for page in (*WRITTEN, *NOTEBOOKS):
        assert page == index or page.relative_to(DOCS).as_posix() in links


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    links = re.findall(r"\[[^]]*\]\(([^)\s]+)\)", prose(page))
    for link in links:
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.relative_to(ROOT)}: {link}: no such file"
        if anchor:
            assert anchor in anchors(target), f"{page.name}: {link}: no such heading"


def test_interpretability_is_as_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gallery").symlink_to(DOCS.parent / "gallery")
    page = (DOCS / "how-to/interpretability.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    for kind, text in blocks("how-to/interpretability.md"):
        if kind == "tprog":
            done = tprog(*text.split()[1:])
            assert done.status == 0, done.err
            assert done.err in page
            continue
        needs = re.search(rf"<!-- needs: (.*) -->\n```python\n{re.escape(text)}", page)
        if needs is not None and find_spec(needs[1]) is None:
            continue
        exec(text, names)
        shown = capsys.readouterr().out.splitlines()
        for said in re.findall(
            r"^print.*  # (\[.*|\(.*|blocks.*)$", text, re.MULTILINE
        ):
            assert said in shown
        ended = page.partition(f"```python\n{text}```\n\n")[2]
        if ended.startswith("```text\n"):
            assert ended[8:].startswith("\n".join(shown))
