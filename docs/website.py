"""Build the site: documentation, notebooks, gallery and reports, as static files.

python docs/website.py            (the extra site) writes build/site

The Markdown of docs/ stays as a forge shows it. A copy of it in build/pages gets what
only a site has: the gallery, notebooks with their output, and lists of pages.
"""

from __future__ import annotations

import ast
import contextlib
import html
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import transformer_programs as tp
from transformer_programs.cli import main as tprog

ROOT = Path(__file__).parent.parent
PAGES, SITE = ROOT / "build" / "pages", ROOT / "build" / "site"
GALLERY, NOTEBOOKS = ROOT / "gallery", ROOT / "docs" / "notebooks"

MOST_TEXT = 6_000
"""Characters of what a cell prints that are shown."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a cell of a notebook gives: text, and perhaps a picture."""

    text: str
    svg: str | None = None


# Pages


def stage() -> None:
    """Copy all pages, and what they link to, into build/pages."""
    shutil.rmtree(PAGES, ignore_errors=True)
    kept = shutil.ignore_patterns("*.py", "__pycache__", "*.ipynb", "results")
    shutil.copytree(ROOT / "docs", PAGES / "docs", ignore=kept)
    for name in ("CONTRIBUTING.md", "CHANGELOG.md", "CITATION.cff", "LICENSE"):
        shutil.copy(ROOT / name, PAGES / name)
    for page in (ROOT / "examples").rglob("README.md"):
        place = PAGES / page.relative_to(ROOT)
        place.parent.mkdir(parents=True)
        shutil.copy(page, place)
    shutil.copy(ROOT / "README.md", PAGES / "index.md")
    for program in GALLERY.glob("*/program.py"):
        place = PAGES / program.relative_to(ROOT)
        place.parent.mkdir(parents=True)
        shutil.copy(program, place)


def link() -> None:
    """Let links that end at a folder of the repository end at its page."""
    for page in PAGES.rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        text = re.sub(r"\]\(((?:\.\./)*)README\.md", r"](\1index.md", text)
        text = re.sub(r"\]\(((?:\.\./)*)gallery/?\)", r"](\1gallery/index.md)", text)
        text = re.sub(r"\]\(((?:\.\./)*examples/\w+)/?\)", r"](\1/README.md)", text)
        text = re.sub(r"\]\(([\w/.-]*)\.ipynb\)", r"](\1.md)", text)
        page.write_text(text, encoding="utf-8")


def list_pages() -> None:
    """Add to the first page what the sidebar lists, as docs/index.md has it."""
    text = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    parts = [_listed("Begin", ["docs/index", "docs/tutorial", "gallery/index"])]
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title, _, body = section.partition("\n")
        found = re.findall(r"\]\(([\w/-]+)\.(?:md|ipynb)", body)
        parts.append(_listed(title, [f"docs/{name}" for name in dict.fromkeys(found)]))
    others = [p.relative_to(PAGES).with_suffix("") for p in PAGES.rglob("README.md")]
    more = [place.as_posix() for place in sorted(others)]
    parts.append(_listed("Project", ["CONTRIBUTING", "CHANGELOG", *more]))
    with (PAGES / "index.md").open("a", encoding="utf-8") as file:
        file.write("\n".join(parts))


def _listed(caption: str, pages: Sequence[str]) -> str:
    names = "\n".join(pages)
    return f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{names}\n```\n"


# Notebooks


def cells_of(file: Path) -> list[tuple[str, str]]:
    """Return the cells of a notebook: their kind, and their text."""
    document = json.loads(file.read_text(encoding="utf-8"))
    return [(c["cell_type"], "".join(c["source"])) for c in document["cells"]]


def run_cell(code: str, names: dict[str, Any]) -> Iterator[Output]:
    """Execute a cell as Jupyter does: what is printed, then the last value."""
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    printed, value = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "<cell>", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
    if printed.getvalue():
        yield Output(printed.getvalue())
    if value is not None:
        svg = value._repr_svg_() if hasattr(value, "_repr_svg_") else None
        readable = hasattr(value, "_repr_html_")
        yield Output(str(value) if readable else repr(value), svg)


def notebook_page(file: Path, folder: Path, names: dict[str, Any]) -> str:
    """Return a notebook as Markdown, executed; pictures are written into the folder."""
    parts, pictures = [], 0
    for kind, text in cells_of(file):
        if kind == "markdown":
            parts.append(text)
            continue
        parts.append(f"```python\n{text}\n```")
        for output in run_cell(text, names):
            if output.svg is None:
                shown = output.text.rstrip()[:MOST_TEXT]
                parts.append(f"```text\n{shown}\n```")
                continue
            pictures += 1
            name = f"{file.stem}-{pictures}.svg"
            (folder / name).write_text(output.svg, encoding="utf-8")
            parts.append(f"![{output.text.strip('<>')}]({name})")
    return "\n\n".join(parts) + "\n"


def place_to_work(folder: Path) -> Path:
    """Return a folder in which notebooks find what they read, and may write."""
    place = folder / "docs" / "notebooks"
    place.mkdir(parents=True)
    for name in ("examples", "gallery"):
        (folder / name).symlink_to(ROOT / name)
    return place


def write_notebooks() -> None:
    """Execute every notebook, and write its page."""
    place = PAGES / "docs" / "notebooks"
    place.mkdir(parents=True, exist_ok=True)
    work = ROOT / "build" / "work"
    shutil.rmtree(work, ignore_errors=True)
    with contextlib.chdir(place_to_work(work)):
        for file in sorted(NOTEBOOKS.glob("*.ipynb")):
            page = notebook_page(file, place, {"__name__": "__main__"})
            (place / f"{file.stem}.md").write_text(page, encoding="utf-8")


# The gallery


def write_gallery() -> None:
    """Write the page of the gallery, with the circuit of every program."""
    place = PAGES / "gallery"
    place.mkdir(exist_ok=True)
    rows = [_shown(folder, place) for folder in gallery()]
    text = (
        "# Gallery\n\nThe built-in tasks at two sizes, as they were learned. A report "
        "opens in the browser and needs no server: type an input, and step through the "
        "program.\n\n"
    )
    (place / "index.md").write_text(text + "\n".join(rows), encoding="utf-8")


def gallery() -> list[Path]:
    """Return the run folders of the gallery."""
    return sorted(place.parent for place in GALLERY.glob("*/program.json"))


def _shown(folder: Path, place: Path) -> str:
    run = tp.load(folder)
    program, name = run.program, folder.name
    program.plot_circuit().save(place / f"{name}.svg")
    lines = [f"## {name}\n"]
    if run.accuracy is not None:
        lines.append(f"{run.accuracy.per_label:.2%} of held-out labels right. ")
    lines.append(f"{program.size[0].upper()}{program.size[1:]}. {program.length}.\n\n")
    shown = "\n".join(_statements(program.heart))
    report = f'<a href="{name}.html">report</a>'
    lines.append(f"{report} · [program.py]({name}/program.py)\n\n")
    lines.append(f"```python\n{shown}\n```\n\n![The circuit of {name}]({name}.svg)\n")
    return "".join(lines)


def _statements(heart: str) -> Iterator[str]:
    # What a program computes, without what all of them begin and end with.
    _, _, body = heart.partition("    ones = [1] * len(tokens)\n")
    for line in body.splitlines():
        if line.startswith("    return "):
            return
        yield line.removeprefix("    ")


def write_reports() -> None:
    """Write the report of every program of the gallery: tprog report RUN --out FILE."""
    for folder in gallery():
        out = SITE / "gallery" / f"{folder.name}.html"
        sys.argv = ["tprog", "report", str(folder), "--out", str(out), "--json"]
        with contextlib.redirect_stdout(io.StringIO()):
            tprog()  # exits if it fails


# The site


def build() -> int:
    """Call Sphinx, to which every warning is an error."""
    shutil.rmtree(SITE, ignore_errors=True)
    command = ["sphinx", "-q", "-W", "--keep-going", "-c", str(ROOT / "docs")]
    done = subprocess.run(
        [sys.executable, "-m", *command, str(PAGES), str(SITE)], check=False
    )
    return done.returncode


def dead_links() -> Iterator[str]:
    """Yield what pages of the site link to and load that is not there, or elsewhere."""
    pages = {page: page.read_text(encoding="utf-8") for page in SITE.rglob("*.html")}
    named = {
        page: {html.unescape(name) for name in re.findall(r'\bid="([^"]*)"', text)}
        for page, text in pages.items()
    }
    for page, text in pages.items():
        where = page.relative_to(SITE)
        for attribute, link in re.findall(r'\b(href|src)="([^"]*)"', text):
            path, _, anchor = html.unescape(unquote(link)).partition("#")
            if re.match("[a-z]+:", path):
                if attribute == "src" and not path.startswith("data:"):
                    yield f"{where}: loads {link}"
                continue
            target = (page.parent / path.partition("?")[0]).resolve() if path else page
            if not target.exists():
                yield f"{where}: {link}: no such file"
            elif anchor and target in named and anchor not in named[target]:
                yield f"{where}: {link}: no such place"


def main() -> int:
    """Build the site."""
    stage()
    write_notebooks()
    write_gallery()
    link()
    list_pages()
    if status := build():
        return status
    write_reports()
    dead = [*dead_links()]
    print("\n".join(dead), file=sys.stderr, end="\n" if dead else "")
    files = [file for file in SITE.rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files) / 1e6
    print(f"{SITE.relative_to(ROOT)}: {len(files):,} files, {size:.1f} MB")
    return 1 if dead else 0


if __name__ == "__main__":
    sys.exit(main())
