"""The structure of the package in figures: lines, parts, edges, names.

    python benchmarks/structure.py

``tests/test_structure.py`` holds what must not change for the worse.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

NAME = "transformer_programs"
ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / NAME

STATEMENTS = {"Embed", "Attend", "Count", "Lookup", "Head", "Table"}
"""The classes of statements of a program."""

PRAGMA = re.compile(r"#\s*(noqa|type:|pragma|mypy:)")
"""Comments for tools, which explain nothing."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A name that a file imports.

    Attributes:
        module: the module that it is imported from, or the module itself.
        name: the name; None where the module itself is imported.
        at_start: whether that happens when the file is loaded, and not in a function
            or for type checkers alone.
    """

    module: str
    name: str | None
    at_start: bool

    @property
    def part(self) -> str | None:
        """The part of the package, if it is one."""
        words = self.module.split(".")
        if words[0] != NAME:
            return None
        return words[1] if len(words) > 1 else self.name


def main() -> None:
    files = sources()
    kinds: Counter[str] = Counter()
    for file in files:
        kinds += Counter(kinds_of(file))
    print(f"{len(files):7,} files")
    print(f"{kinds.total():7,} lines: ", end="")
    print(", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common()))
    print(f"{len(parts()):7,} parts (packages and root modules)")
    print(f"{len(edges()):7,} edges between parts")
    print(f"{len(layers()):7,} layers")
    print(f"{len(names_under_the_package()):7,} names directly under the package")
    print(f"{len(public_names()):7,} public names")
    using = [f for f in files if STATEMENTS & {i.name for i in imports(f)}]
    print(f"{len(using):7,} files import a class of statements")
    for part in ("nn", "search"):
        of_part = [f for f in files if part_of(f) == part]
        lines = sum(len(kinds_of(file)) for file in of_part)
        share = 100 * sum(map(comments, of_part)) / lines
        print(f"{share:7.1f} comment lines per 100 lines in {part}/")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    print(f"{len(readme.splitlines()):7,} lines of README.md")
    twice = classes_defined_twice()
    print(f"{len(twice):7,} class names defined more than once: {', '.join(twice)}")


def sources(*folders: str) -> list[Path]:
    """Return the Python files of the package, or of other folders of the repository."""
    places = [ROOT / folder for folder in folders] or [PACKAGE]
    found = [f for place in places for f in place.rglob("*.py*")]
    return sorted(f for f in found if f.suffix in (".py", ".pyi"))


@cache
def tree(file: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(file.read_text(encoding="utf-8"))


def kinds_of(file: Path) -> list[str]:
    """Return the kind of every line: code, docstring, comment, import or blank."""
    kinds = []
    for line in file.read_text(encoding="utf-8").splitlines():
        comment = line.lstrip().startswith("#")
        kinds.append("comment" if comment else "code" if line.strip() else "blank")
    for node in ast.walk(tree(file)):
        match node:
            case ast.Import() | ast.ImportFrom():
                kind = "import"
            case ast.Expr(value=ast.Constant(value=str())):
                kind = "docstring"
            case _:
                continue
        lines = slice(node.lineno - 1, node.end_lineno)
        kinds[lines] = [kind] * len(kinds[lines])
    return kinds


def comments(file: Path) -> int:
    """Return how many lines have a comment that is not for a tool."""
    text = io.StringIO(file.read_text(encoding="utf-8"))
    tokens = tokenize.generate_tokens(text.readline)
    found = [t.string for t in tokens if t.type == tokenize.COMMENT]
    return sum(not PRAGMA.match(comment) for comment in found)


@cache
def parts() -> list[str]:
    """Return the packages and modules directly under the package."""
    return sorted({part for file in sources() if (part := part_of(file))})


def part_of(file: Path) -> str | None:
    """Return the part that a file belongs to, if it does."""
    if not file.is_relative_to(PACKAGE):
        return None
    first = file.relative_to(PACKAGE).parts[0]
    return Path(first).stem if Path(first).stem != "__init__" else None


@cache
def imports(file: Path) -> tuple[Imported, ...]:
    """Return what a file imports; ``from . import x`` is left out, as in doors."""
    return tuple(_imports(tree(file), at_start=True))


def _imports(node: ast.AST, *, at_start: bool) -> Iterator[Imported]:
    for child in ast.iter_child_nodes(node):
        later = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        typing = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Imported(alias.name, None, at_start)
        elif isinstance(child, ast.ImportFrom) and child.module and not child.level:
            for alias in child.names:
                yield Imported(child.module, alias.name, at_start)
        else:
            yield from _imports(child, at_start=at_start and not later and not typing)


def edges() -> set[tuple[str, str]]:
    """Return the pairs of parts of which the first imports the second."""
    return {
        (own, part)
        for file in sources()
        if (own := part_of(file))
        for imported in imports(file)
        if (part := imported.part) in parts() and part is not None and part != own
    }


def layers() -> list[str]:
    """Return the layers that ``pyproject.toml`` has."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    found: list[str] = next(c["layers"] for c in contracts if c["type"] == "layers")
    return found


def names_under_the_package() -> set[str]:
    """Return the names of files and folders, ``__init__`` and ``py.typed`` aside."""
    hidden = {"__init__", "__pycache__", "py"}
    return {place.stem for place in PACKAGE.iterdir()} - hidden


def public_names() -> set[str]:
    """Return the names that ``import transformer_programs`` offers."""
    found = set()
    for node in tree(PACKAGE / "__init__.pyi").body:
        if isinstance(node, ast.ImportFrom):
            found |= {alias.name for alias in node.names}
    return found


def door(part: str) -> set[str]:
    """Return the names that a package lets others use."""
    stub = PACKAGE / part / "__init__.pyi"
    return {
        alias.asname or alias.name
        for node in tree(stub).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def classes_defined_twice() -> dict[str, list[str]]:
    """Return the class names with more than one definition, and the files of these."""
    places = defaultdict(list)
    for file in sources():
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(file.relative_to(PACKAGE)))
    return {name: files for name, files in sorted(places.items()) if len(files) > 1}


def circles(part: str) -> list[set[str]]:
    """Return the sets of a package's files that import each other when loaded."""
    graph: dict[str, set[str]] = {}
    for file in sources(f"src/{NAME}/{part}"):
        if file.suffix == ".py":
            graph[_module(file)] = {
                module
                for imported in imports(file)
                if imported.at_start
                for module in (imported.module, f"{imported.module}.{imported.name}")
                if module.startswith(f"{NAME}.{part}.")
            } - {_module(file)}  # a package that names its own modules
    reached = {module: _reached(graph, module) for module in graph}
    found: list[set[str]] = []
    for module in graph:
        circle = {other for other in reached[module] if module in reached[other]}
        if circle and circle not in found:
            found.append(circle)
    return found


def _reached(graph: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    left = [start]
    while left:
        new = graph.get(left.pop(), set()) & graph.keys() - found
        found |= new
        left += new
    return found


def _module(file: Path) -> str:
    words = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(words[:-1] if words[-1] == "__init__" else words)


if __name__ == "__main__":
    main()
