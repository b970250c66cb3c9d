"""Options of commands: those that many share, and those that are made from settings."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Annotated, Any, TypeVar, get_args

from cyclopts import Group, Parameter, Token

from transformer_programs.errors import SettingName, SettingsError
from transformer_programs.settings import (
    Learner,
    Setting,
    declared,
    fields_of,
    implied_learner,
    unread,
)

Flag = Annotated[bool, Parameter(negative="", show_default=False)]
"""An option that is given or not."""


def _flag(help: str, name: str | None = None) -> Parameter:
    return Parameter(name=name, negative="", show_default=False, help=help)


AsJson = Annotated[bool, _flag("Print the result as JSON.", "--json")]

Quiet = Annotated[bool, _flag("Print only the folder with the result.")]

Force = Annotated[bool, _flag("Replace the run folder if it exists.")]

Trust = Annotated[
    bool,
    _flag(
        "Execute Python files that a run or a certificate names; without it, only a "
        "file that is typed on the command line is executed."
    ),
]

AnyLength = Annotated[
    bool,
    _flag("Take more tokens than in training, if the program holds at any length."),
]

C = TypeVar("C", bound=Callable[..., None])


class Chosen(dict[str, Any]):
    """The settings that were given on the command line, by name."""

    def of(self, *owners: Any) -> dict[str, Any]:
        """Return those of some classes, by name."""
        known = {found.name for owner in owners for found in declared(owner)}
        return {name: value for name, value in self.items() if name in known}

    def fields(self, owner: Any) -> dict[str, Any]:
        """Return those of a class, by field."""
        return fields_of(owner, self)


def command(
    settings: Mapping[str, tuple[Any, ...]] | None = None,
    *,
    only: Collection[str] | None = None,
    default: str | None = None,
) -> Callable[[C], C]:
    """Make a function a command, whose parameter ``chosen`` stands for settings.

    Args:
        settings: Classes of settings by the title of the group of their options;
            those that are common are listed with the command's own options.
        only: The names of the settings that the command takes; all by default.
        default: What is said of all defaults.
    """

    def decorated(function: C) -> C:
        doc = inspect.cleandoc(function.__doc__ or "")
        doc = re.sub(r"\n {8}|(?<=\S)\n(?=\S)", " ", doc)  # wrapped by the terminal
        added = {
            found.name: _parameter(found, Group(title, sort_key=place), default)
            for place, (title, owners) in enumerate((settings or {}).items(), 1)
            for owner in owners
            for found in declared(owner)
            if not found.hidden and (only is None or found.name in only)
        }

        beside = {  # settings whose values the option of another one takes as well
            SHARED[found.name]: found
            for owners in (settings or {}).values()
            for owner in owners
            for found in declared(owner)
            if SHARED.get(found.name) in added
        }
        for name, other in beside.items():
            hint = added[name].annotation
            read = Parameter(converter=_either(other.hint))
            either: Any = Annotated[
                (hint.__origin__ | other.hint, *hint.__metadata__, read)
            ]
            added[name] = added[name].replace(annotation=either)

        @functools.wraps(function)
        def called(*arguments: Any, **options: Any) -> None:
            given = {name: options.pop(name, None) for name in added}
            for name, other in beside.items():
                if isinstance(given[name], str):
                    given[other.name] = given.pop(name)
            if added:
                options["chosen"] = Chosen(
                    {name: v for name, v in given.items() if v is not None}
                )
            function(*arguments, **options)

        parameters: list[inspect.Parameter] = []
        for name, parameter in inspect.signature(function).parameters.items():
            parameters += added.values() if name == "chosen" else [parameter]
        called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        called.__annotations__ = {p.name: p.annotation for p in parameters}
        called.__doc__ = doc
        return called  # type: ignore[return-value]

    return decorated


def _parameter(found: Setting, group: Group, default: str | None) -> inspect.Parameter:
    # None where it is not given.
    option = Parameter(
        name=option_of(found.name),
        help=found.help,
        show_default=default or found.shown_default or False,
        negative=None if found.suited else "",
    )
    kind: Any = Annotated[found.hint | None, option]
    if not found.common:
        kind = Annotated[kind, Parameter(group=group)]
    keyword = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(found.name, keyword, default=None, annotation=kind)


def _either(kind: Any) -> Callable[[Any, Sequence[Token]], int | str]:
    # Read a number, or one of the texts of a type.
    texts = get_args(kind)

    def read(_: Any, tokens: Sequence[Token]) -> int | str:
        (value,) = (token.value for token in tokens)
        if value in texts:
            return value
        try:
            return int(value)
        except ValueError:
            raise ValueError(
                f"expected a number, {' or '.join(texts)}, got {value!r}"
            ) from None

    return read


SHARED = {"program_size": "size"}
"""The option of settings that have none of their own."""


def option_of(name: str) -> str:
    """Return the option that a name in Python has."""
    return f"--{SHARED.get(name, name).replace('_', '-')}"


def shown(names: Iterable[str]) -> str:
    """Return options as they are typed."""
    return ", ".join(map(option_of, names))


def spelled_as(function: Any) -> Callable[[SettingName], str]:
    """Return how messages of a command spell settings: as its options, if they are."""
    known = inspect.signature(function).parameters

    def spell(name: SettingName) -> str:
        owner: Any = name.owner
        found = {} if owner is None else {s.field: s.name for s in declared(owner)}
        option = found.get(name, str(name))
        return option_of(option) if SHARED.get(option, option) in known else str(name)

    return spell


def check_alone(task: str | None, options: Iterable[str], known_to: str) -> None:
    """Check that ``--resume`` is given alone."""
    found = [f"the task {task!r}"] if task is not None else []
    found += map(option_of, options)
    if found:
        raise SettingsError(
            f"--resume takes everything from the {known_to}: omit {', '.join(found)}"
        )


def numbers(
    option: str, text: str | None, example: str, least: int = 0
) -> list[int] | None:
    """Return the numbers of a list such as the example."""
    if text is None:
        return None
    parts = text.split(",")
    if not all(part.strip().isdecimal() and int(part) >= least for part in parts):
        raise SettingsError(f"{option} {text}: expected numbers such as {example}")
    return [int(part) for part in parts]


def learner_for(chosen: Learner | None, settings: Collection[str]) -> Learner | None:
    """Return the learner; None to take what suits the data."""
    if chosen is None:
        return implied_learner(settings)
    if wrong := unread(chosen, settings):
        readers = [x for x in Learner if not unread(x, settings)]
        others = " or ".join(f"--learner {other}" for other in readers)
        it = "it" if len(wrong) == 1 else "them"
        raise SettingsError(
            f"{shown(wrong)}: not for --learner {chosen}; omit {it}, or choose {others}"
        )
    return chosen
