"""Every error that this package raises on purpose.

    TransformerProgramsError
    ├── InputError            tokens that a program does not accept
    ├── DataError             a data file that cannot be read; names file and line
    ├── SettingsError         settings that contradict each other or the data
    ├── TaskError             an unknown task, or one that cannot give what was asked
    │   └── TrustError        a file would be executed that the user did not name
    ├── ProgramError          a Program that breaks the rules; lists every violation
    ├── WritingError          a function that is no program; names its line
    ├── LengthError           a program that means nothing at another length
    ├── SchemaError           a program file that this version cannot read
    ├── RunFolderError        a run folder that is missing, incomplete or in the way
    ├── TrainingError         training that cannot go on
    └── AgreementError        two implementations of one program differ

Messages say what, where, what was expected, what was found and what to do next. The
command line prints them in one line and exits with 2 (1 for AgreementError).

UnknownTokenWarning is a warning of its own: a program that is called on such a token
answers.

>>> try:
...     tp.load("runs/nothing")
... except tp.errors.RunFolderError as error:
...     print(error)
runs/nothing: no such run folder or file; 'tprog train' makes run folders
"""

from __future__ import annotations

from collections.abc import Callable


class LearningWarning(UserWarning):
    """Nothing was learned, or learning was cut short: ``Result`` says why."""


class SettingName(str):
    """The name of a setting within a message.

    Attributes:
        owner: The class of settings that declares it, if that is known.
    """

    owner: type | None

    def __new__(cls, name: str, owner: type | None = None) -> SettingName:
        """Make a name that knows its owner."""
        self = super().__new__(cls, name)
        self.owner = owner
        return self


class Message(str):
    """A text that keeps its parts, among them names of settings."""

    parts: tuple[object, ...]

    def __new__(cls, *parts: object) -> Message:
        """Make one text of parts."""
        self = super().__new__(cls, "".join(map(str, parts)))
        self.parts = parts
        return self

    def spelled(self, spell: Callable[[SettingName], str]) -> str:
        """Return the text, with the names of settings as ``spell`` writes them."""

        def text(part: object) -> str:
            if isinstance(part, Message):
                return part.spelled(spell)
            return spell(part) if isinstance(part, SettingName) else str(part)

        return "".join(map(text, self.parts))


class TransformerProgramsError(Exception):
    """The root of the tree: catch it to catch everything below.

    The arguments are the parts of one message. Names of settings are parts of their
    own, so that each front end can spell them as its users know them.
    """

    def __str__(self) -> str:
        return self.message

    @property
    def message(self) -> Message:
        """What is wrong."""
        return Message(*self.args)


class InputError(TransformerProgramsError, ValueError):
    """Tokens that a program does not accept: unknown, too many or none."""


class DataError(TransformerProgramsError, ValueError):
    """A data file that cannot be read; the message begins with ``file:line:``."""


class SettingsError(TransformerProgramsError, ValueError):
    """Settings that contradict each other or the data."""


class TaskError(TransformerProgramsError, ValueError):
    """An unknown task, or a task that cannot give what was asked of it."""


class TrustError(TaskError):
    """A Python file would be executed that a file names, not the user."""


class WritingError(TransformerProgramsError):
    """A Python function that cannot be a program."""


class ProgramError(TransformerProgramsError, ValueError):
    """A Program that breaks the rules of ``docs/reference/semantics.md``.

    Attributes:
        violations: every violation found, each one a full sentence.
    """

    def __init__(self, violations: tuple[str, ...]) -> None:
        self.violations = violations
        count = f"{len(violations)} violation{'s' if len(violations) != 1 else ''}"
        super().__init__("\n  - ".join((f"not a valid program, {count}:", *violations)))


class LengthError(TransformerProgramsError, ValueError):
    """A program that means nothing, or too much to write down, at another length."""


class SchemaError(TransformerProgramsError, ValueError):
    """A program file whose schema version or shape this version cannot read."""


class RunFolderError(TransformerProgramsError):
    """A run folder that is missing, incomplete, or in the way of a new one."""


class TrainingError(TransformerProgramsError):
    """Training that cannot go on, for example because the loss is not a number."""


class AgreementError(TransformerProgramsError):
    """Two implementations of the same program give different values."""


class UnknownTokenWarning(UserWarning):
    """Tokens that a program does not know, and reads as its unknown token."""
