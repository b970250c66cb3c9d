"""The pages of the site before Sphinx makes HTML of them, and the check of links."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from test_notebooks import website as website

ROOT = Path(__file__).parents[1]


@pytest.fixture
def staged(website: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The copies of all pages, without the notebooks and pictures of circuits."""
    monkeypatch.setattr(website, "PAGES", tmp_path)
    website.stage()
    website.link()
    website.list_pages()
    return tmp_path


def test_every_page_is_in_the_sidebar(website: Any, staged: Path) -> None:
    text = (staged / "index.md").read_text(encoding="utf-8")
    listed = re.findall(r"^[\w/-]+$", text.partition("```{toctree}")[2], re.MULTILINE)
    assert len(listed) == len(set(listed))
    written = {"gallery/index", *(f"docs/notebooks/{n}" for n in notebooks())}
    pages = {p.relative_to(staged).with_suffix("").as_posix() for p in pages_of(staged)}
    assert {*listed} == (pages | written) - {"index"}


def notebooks() -> list[str]:
    return [file.stem for file in (ROOT / "docs" / "notebooks").glob("*.ipynb")]


def pages_of(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.md"))


def test_links_of_pages_end_at_pages(staged: Path) -> None:
    written = {"gallery/index.md", *(f"docs/notebooks/{n}.md" for n in notebooks())}
    for page in pages_of(staged):
        text = re.sub(
            r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.M
        )
        for link in re.findall(r"\]\(([^)\s#]+)[^)\s]*\)", text):
            if re.match("[a-z]+:", link):
                continue
            target = (page.parent / link).resolve()
            there = target.is_file() or target.relative_to(staged).as_posix() in written
            assert there, f"{page.relative_to(staged)}: {link}"


def test_the_gallery_shows_every_program(
    website: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(website, "PAGES", tmp_path)
    website.write_gallery()
    text = (tmp_path / "gallery" / "index.md").read_text(encoding="utf-8")
    names = [folder.name for folder in website.gallery()]
    assert len(names) == 36
    for name in names:
        assert f"\n## {name}\n" in text
        assert f"({name}/program.py)" in text
        assert (tmp_path / "gallery" / f"{name}.svg").exists()
    assert "ones = [1]" not in text
    assert "return {name" not in text


def test_dead_links_are_found(
    website: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(website, "SITE", tmp_path)
    (tmp_path / "b.html").write_text('<p id="here">', encoding="utf-8")
    (tmp_path / "a.html").write_text(
        '<a href="b.html#here"><a href="#x" id="x"><a href="https://x.org/">'
        '<a href="b.html#there"><a href="c.html"><img src="https://x.org/y.png">',
        encoding="utf-8",
    )
    assert [*website.dead_links()] == [
        "a.html: b.html#there: no such place",
        "a.html: c.html: no such file",
        "a.html: loads https://x.org/y.png",
    ]
