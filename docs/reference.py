"""Write the pages in ``docs/reference/`` from the declarations in the code.

python docs/reference.py
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
import re
import textwrap
from collections.abc import Callable, Iterator
from enum import Enum
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import transformer_programs
from transformer_programs.cli.app import COMMANDS, app
from transformer_programs.cli.sources import SourceSettings
from transformer_programs.cli.verify import CheckSettings
from transformer_programs.codegen.serialize import program_schema
from transformer_programs.data import ReadOptions
from transformer_programs.lab import StandardSettings
from transformer_programs.settings import (
    DrawSettings,
    ModelSettings,
    SearchSettings,
    Setting,
    TrainSettings,
    declared,
)

FOLDER = Path(__file__).parent / "reference"

OWNERS: dict[Any, str] = {
    SearchSettings: "search",
    ModelSettings: "model",
    TrainSettings: "training",
    ReadOptions: "read",
    DrawSettings: "",
    SourceSettings: "",
    StandardSettings: "",
    CheckSettings: "",
}
"""The classes of settings, and the parameters of estimators that they are."""

HEAD = """\
# Settings

Every setting as it is declared. `python docs/reference.py` writes this page.

An option of `tprog` has the name in the first column, a setting of a sweep the same
without the dashes. Where a class is a parameter of
[estimators](../how-to/scikit-learn.md), its settings are nested parameters. Defaults of
model and training depend on the data; those below hold where nothing is known.
"""


def settings_page() -> str:
    """Return the page of settings: a table for each class."""
    parts = [HEAD]
    for owner, parameter in OWNERS.items():
        nested = f" Estimators: `{parameter}__...`." if parameter else ""
        doc = str(owner.__doc__).partition("\n")[0]
        rows = "\n".join(map(_row, declared(owner)))
        parts.append(
            f"## {owner.__name__}\n\n{doc}{nested}\n\n"
            f"| option | field | values | default | |\n|---|---|---|---|---|\n{rows}\n"
        )
    return "\n".join(parts)


def _row(found: Setting) -> str:
    option = "" if found.hidden else f"`--{found.name.replace('_', '-')}`"
    default = found.default_text
    if not default and found.default is not None:
        default = str(found.default)
    values = ", ".join(found.choices) or f"{found.kind.__name__}{_bounds(found)}"
    text = f"{option} | `{found.field}` | {values} | {default} | {found.help}"
    return f"| {_escaped(text)} |"


def _bounds(found: Setting) -> str:
    bounds = found.bounds
    signs = {
        ">=": bounds.least,
        ">": bounds.above,
        "<=": bounds.most,
        "<": "2**63" if bounds.below == 1 << 63 else bounds.below,
    }
    given = [f"{sign} {end}" for sign, end in signs.items() if end is not None]
    return " " + ", ".join(given) if given else ""


def commands_page() -> str:
    """Return the page of commands, as ``--help`` shows them."""
    for name in COMMANDS:
        app[name]  # is loaded
    return _escaped(app.generate_docs()).rstrip() + "\n"


def _escaped(text: str) -> str:
    return re.sub(r"<(/?\w+)>", r"`<\1>`", text)


def schema_page() -> str:
    """Return the JSON schema of ``program.json``."""
    return json.dumps(program_schema(), indent=2) + "\n"


# ---- The public names ----

API_HEAD = """\
# Python interface

Every public name of the package. `python docs/reference.py` writes this page.

In the examples `tp` stands for the package: `import transformer_programs as tp`.
"""

KINDS: dict[str, Callable[[Any], bool]] = {
    "Functions": inspect.isfunction,
    "Classes": lambda found: inspect.isclass(found) and not issubclass(found, Enum),
    "Enumerations": lambda found: inspect.isclass(found) and issubclass(found, Enum),
    "Modules": inspect.ismodule,
}
"""The kinds of public names in the order of the page, and how each is told."""

SECTIONS = ("Args", "Attributes", "Returns", "Yields", "Raises", "Warns")
"""The sections of a docstring."""

OF_MODULES = {"tasks": ("Task", "get", "names", "register")}
"""What users call of the modules that are public names."""

LONGEST_LINE = 88


def api_page() -> str:
    """Return the page of public names: a section for each."""
    stub = Path(str(transformer_programs.__file__)).with_suffix(".pyi")
    imports = (
        node
        for node in ast.parse(stub.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom)
    )
    names = [alias.name for node in imports for alias in node.names]
    public = {name: getattr(transformer_programs, name) for name in names}
    sections = {
        kind: {name: found for name, found in public.items() if is_kind(found)}
        for kind, is_kind in KINDS.items()
    }
    parts = [API_HEAD]
    for kind, found in sections.items():
        links = ", ".join(f"[{name}](#{name.lower()})" for name in found)
        parts.append(f"**{kind}**: {links}\n")
    for kind, found in sections.items():
        parts.append(f"## {kind}\n")
        for name, thing in found.items():
            parts.append(f"### {name}\n")
            parts += _section(name, thing)
    return "\n".join(parts)


def _section(name: str, thing: Any) -> Iterator[str]:
    """Yield the parts of a section: signature, docstring, members."""
    if inspect.ismodule(thing):
        yield _in_markdown(thing)
        yield from _errors(thing)
        for inner in OF_MODULES.get(name, ()):
            yield f"#### {name}.{inner}\n"
            yield from _section(f"{name}.{inner}", getattr(thing, inner))
    elif issubclass(type(thing), type(Enum)):
        yield _in_markdown(thing)
        yield _members(thing)
    else:
        yield _signature(name, thing)
        yield _in_markdown(thing)
        if inspect.isclass(thing):
            yield from _methods(name, thing)


def _members(kind: type[Enum]) -> str:
    """Return a list of the members, each with the text that follows it in the code."""
    (body,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(body, ast.ClassDef)
    texts: dict[str, str] = {}
    for before, after in pairwise(body.body):
        if isinstance(before, ast.Assign) and isinstance(after, ast.Expr):
            texts[ast.unparse(before.targets[0])] = ast.literal_eval(after.value)
    lines = []
    for member in kind:
        text = " ".join(texts.get(member.name, "").split())
        line = f"- `{kind.__name__}.{member.name} = {member.value!r}`"
        lines.append(f"{line}: {_plain(text)}" if text else line)
    return "\n".join(lines) + "\n"


def _errors(module: ModuleType) -> Iterator[str]:
    """Yield a list of the errors and warnings that are defined in a module."""
    lines = []
    for name, found in vars(module).items():
        if inspect.isclass(found) and issubclass(found, Exception):
            first = (inspect.getdoc(found) or "").partition("\n\n")[0]
            lines.append(f"- `{name}`: {_plain(' '.join(first.split()))}\n")
    if lines:
        yield "".join(lines)


def _methods(name: str, kind: type) -> Iterator[str]:
    """Yield a part for every public method and property, those of bases too."""
    own = [
        base
        for base in reversed(kind.__mro__)
        if base.__module__.startswith(transformer_programs.__name__)
    ]
    found = {key: value for base in own for key, value in vars(base).items()}
    for key, value in found.items():
        inner = value.fget if isinstance(value, property) else value
        inner = getattr(inner, "__func__", getattr(inner, "func", inner))
        if key.startswith("_") or not inspect.isfunction(inner):
            continue
        yield f"#### {name}.{key}\n"
        if inner is value or hasattr(value, "__func__"):
            yield _signature(f"{name}.{key}", inner)
        yield _in_markdown(inner)


def _signature(name: str, thing: Any) -> str:
    """Return a signature in a block of code, a parameter a line if it is long."""
    signature = inspect.signature(thing)
    shown, by_name = [], False
    for parameter in signature.parameters.values():
        if parameter.name in ("self", "cls"):
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not by_name:
            shown.append("*")
            by_name = True
        shown.append(_parameter(parameter))
    returned = signature.return_annotation
    end = "" if inspect.isclass(thing) else f" -> {_annotation(returned)}"
    line = f"{name}({', '.join(shown)}){end}"
    if len(line) > LONGEST_LINE:
        line = f"{name}(\n" + "".join(f"    {each},\n" for each in shown) + f"){end}"
    return f"```python\n{line}\n```\n"


def _parameter(parameter: inspect.Parameter) -> str:
    stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}
    star = "".join(s for kind, s in stars.items() if kind is parameter.kind)
    text = f"{star}{parameter.name}"
    if parameter.annotation is not parameter.empty:
        text += f": {_annotation(parameter.annotation)}"
    if parameter.default is not parameter.empty:
        text += f" = {_default(parameter.default)}"
    return text


def _annotation(annotation: Any) -> str:
    if isinstance(annotation, str):
        return annotation
    return "None" if annotation is None else str(annotation.__name__)


def _default(value: Any) -> str:
    """Return a default as one writes it."""
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if dataclasses.is_dataclass(value):
        usual: Any = type(value)()  # type: ignore[misc]
        given = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        changed = {n: v for n, v in given.items() if v != getattr(usual, n)}
        fields = (f"{name}={_default(v)}" for name, v in changed.items())
        return f"{type(value).__name__}({', '.join(fields)})"
    text = repr(value)
    return "..." if text.startswith("<") else text  # made by a factory


def _in_markdown(thing: Any) -> str:
    """Return a docstring in Markdown: sections are lists, examples blocks of code."""
    text = (inspect.getdoc(thing) or "").rstrip()
    parts = []
    for block in re.split(r"\n\s*\n", text):
        title, _, rest = block.partition("\n")
        if title.rstrip(":") in SECTIONS and title.endswith(":"):
            parts.append(f"**{title}**\n\n{_items(textwrap.dedent(rest))}")
        elif block.lstrip().startswith(">>> "):
            example = re.sub("  # doctest:.*", "", textwrap.dedent(block))
            parts.append(f"```pycon\n{example}\n```")
        elif block.startswith("    "):
            parts.append(f"```\n{textwrap.dedent(block)}\n```")
        else:
            parts.append(_plain(block))
    return "\n\n".join(part for part in parts if part.strip()) + "\n"


def _items(text: str) -> str:
    """Return the items of a section as a list; text without names as it is."""
    items: list[str] = []
    for line in text.splitlines():
        if items and line.startswith(" "):
            items[-1] += f" {line.strip()}"
        else:
            items.append(line)
    named = [re.match(r"([*\w, ]+): (.*)", item) for item in items]
    if not all(named):
        return _plain(text)
    return "\n".join(f"- `{m[1]}`: {_plain(m[2])}" for m in named if m)


def _plain(text: str) -> str:
    """Return text whose code is marked as in Markdown."""
    parts = text.replace("``", "`").split("`")
    parts[::2] = map(_escaped, parts[::2])  # outside of code
    return "`".join(parts)


PAGES = {
    "settings.md": settings_page,
    "commands.md": commands_page,
    "program-schema.json": schema_page,
    "api.md": api_page,
}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")
