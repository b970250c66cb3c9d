"""``tprog verify``: checks of a run and its program."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter
from rich.text import Text

from transformer_programs.cli import console
from transformer_programs.cli.base import AsJson, Flag, Trust, app, print_json
from transformer_programs.cli.reading import unwarned
from transformer_programs.errors import SettingsError
from transformer_programs.verify import MEANINGS

if TYPE_CHECKING:  # these load numpy
    from transformer_programs.verify import CheckRequest, CheckResult

_CHECKS = Group("Is the program right?", sort_key=1)

Invariants = Annotated[
    list[str] | None,
    Parameter(
        negative="",
        help="Does the program keep this on every input? Exits with 1 if not, and "
        "shows the shortest input that was found; can be repeated. "
        + "; ".join(f"{name}: {meaning}" for name, meaning in MEANINGS.items())
        + ".",
    ),
]
"""Names of properties."""


@dataclass(frozen=True, slots=True)
class QuestionOptions:
    """Which checks of the program are requested, and how they are done."""

    against: str | None = None
    """Compare its labels with "task", the definition of the task of the run; with
    FILE.py:FUNCTION; or with another run. Exits with 1 at the first difference, and
    shows it; else adds to the certificate what was found."""
    invariant: Invariants = None
    drawn: int | None = None
    """The random inputs compared where more than 2 million exist [default: 100000]."""
    lengths: str | None = None
    """With --against, only inputs of so many tokens: N, or A-B [default: all]."""
    solver: Flag = False
    """Where more than 2 million inputs exist: prove it by a solver, or find the
    shortest input for which it is not so. For invariants, other runs, and tasks with a
    formula."""
    solver_work: float | None = None
    """How long the solver may look, in units of its deterministic time, about a second
    each [default: 60]; what is not proved by then is tested."""
    solver_seconds: float | None = None
    """A limit on its wall time as well [default: none]."""

    def requests(self) -> list[CheckRequest]:
        """Return the checks that are requested.

        Raises:
            SettingsError: If an option does not belong to the others.
        """
        from transformer_programs.verify import AGAINST, INVARIANT

        if self.against is not None and self.invariant:
            raise SettingsError("--against and --invariant: give one, then the other")
        if self.drawn is not None and self.drawn < 1:
            raise SettingsError(f"expected --drawn >= 1, got {self.drawn}")
        for name in ("solver_work", "solver_seconds"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                option = f"--{name.replace('_', '-')}"
                raise SettingsError(f"expected finite {option} > 0, got {value:g}")
        if self.against is not None:
            return [self._request(AGAINST, self.against)]
        self._refuse(("lengths",), "--against")
        if not self.invariant:
            others = "--against and --invariant"
            self._refuse(("drawn", "solver", "solver_work", "solver_seconds"), others)
        return [self._request(INVARIANT, text) for text in self.invariant or []]

    def _request(self, option: str, text: str) -> CheckRequest:
        from transformer_programs.verify import DEFAULT_WORK, DRAWN, CheckRequest

        return CheckRequest(
            option,
            text,
            self.drawn or DRAWN,
            _spread(self.lengths),
            self.solver,
            self.solver_work or DEFAULT_WORK,
            self.solver_seconds,
        )

    def _refuse(self, fields: Sequence[str], others: str) -> None:
        for field in fields:
            if getattr(self, field) not in (None, False):
                option = f"--{field.replace('_', '-')}"
                raise SettingsError(f"{option}: for {others}; omit it, or name both")


@app.command(sort_key=6)
def verify(
    run: Path | None = None,
    /,
    *,
    full: Flag = False,
    check: Path | None = None,
    quiet: Flag = False,
    as_json: AsJson = False,
    trust: Trust = False,
    asked: Annotated[
        QuestionOptions, Parameter(name="*", group=_CHECKS)
    ] = QuestionOptions(),
) -> None:
    """Check that model, interpreter and program.py agree; write the certificate.

    Or, with the options below, whether the program is right. Exits with 1 if not.

    Parameters
    ----------
    run
        The run folder.
    full
        Give program.py every input, where it is given a sample otherwise.
    check
        Do again what this certificate.json states, of RUN or of the run that it lies
        in, and write nothing. Exits with 1 if something is not so.
    quiet
        Print nothing if all is well.
    as_json
        Print the certificate as JSON.
    """
    requests = asked.requests()
    if check is not None:
        if requests or full:
            raise SettingsError("--check: repeats a certificate; omit other options")
        _check(check, run, quiet=quiet or as_json, trust=trust)
        return
    if run is None:
        raise SettingsError("expected a run folder, or a certificate with --check")
    if requests:
        if full:
            raise SettingsError(
                f"--full: not with {requests[0].option}, which looks at the program "
                "as data; omit one of them"
            )
        _run_checks(run, requests, quiet=quiet, as_json=as_json, trust=trust)
    else:
        _verify(run, full=full, quiet=quiet, as_json=as_json, trust=trust)


def _verify(run: Path, *, full: bool, quiet: bool, as_json: bool, trust: bool) -> None:
    from transformer_programs.runs import verify_run
    from transformer_programs.system import CERTIFICATE

    with console.watching(quiet=quiet or as_json) as watch:
        certificate = verify_run(
            run, full=full, watch=watch, trust=trust, progress=False
        )
    if as_json:
        sys.stdout.write(certificate.to_json())
    elif not quiet:
        console.print_certificate(certificate)
        console.out.print(f"certificate: {run / CERTIFICATE}", markup=False)


def _spread(lengths: str | None) -> tuple[int, int] | None:
    """Return ``N`` or ``A-B`` as the fewest and the most tokens."""
    if lengths is None:
        return None
    least, dash, most = lengths.partition("-")
    if not least.isdecimal() or not (most.isdecimal() if dash else True):
        raise SettingsError(f"--lengths {lengths}: expected N or A-B, such as 1-9")
    return int(least), int(most if dash else least)


def _check(certificate: Path, run: Path | None, *, quiet: bool, trust: bool) -> None:
    from transformer_programs.runs import recheck_certificate

    with console.watching(quiet=quiet) as watch:
        confirmed = recheck_certificate(certificate, run, watch=watch, trust=trust)
    if not quiet:
        for sentence in confirmed:
            console.out.print(Text.assemble(("again", "green"), f": {sentence}"))


def _run_checks(
    run: Path,
    requests: Sequence[CheckRequest],
    *,
    quiet: bool,
    as_json: bool,
    trust: bool,
) -> None:
    """Check a program, and add the results to its certificate."""
    from transformer_programs.runs import ask, load, record
    from transformer_programs.system import CERTIFICATE
    from transformer_programs.verify import AGAINST

    with console.watching(quiet=quiet or as_json) as watch:
        results = []
        for request in requests:
            watch.begin(f"{request.option} {request.text}")
            results.append(ask(run, request, watch.on_compared, trust=trust))
    pairs = list(zip(requests, results, strict=True))
    missed = {record(run, *pair, trust=trust) for pair in pairs} - {None}
    if as_json:
        documents = [_document(*pair) for pair in pairs]
        print_json(documents[0] if requests[0].option == AGAINST else documents)
    elif not quiet:
        for result in results:
            console.print_check(result)
            if result.counterexample is not None:
                with unwarned():
                    traced = load(run).program.trace(result.counterexample.tokens)
                console.print_trace(traced)
        held = any(result.counterexample is None for result in results)
        if held and not missed:
            file = run / CERTIFICATE
            console.out.print(f"certificate: {file}", markup=False)
        elif held and run.is_dir():
            console.note(f"not added to the certificate: {missed.pop()}")
    if any(result.counterexample is not None for result in results):
        sys.exit(1)


def _document(request: CheckRequest, result: CheckResult) -> dict[str, object]:
    asked = {request.option.strip("-"): request.text}
    return asked | asdict(result) | {"proved": result.proved}
