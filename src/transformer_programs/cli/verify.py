"""``tprog verify``: checks of a run and its program."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter
from rich.text import Text

from transformer_programs.cli import console
from transformer_programs.cli.options import AsJson, Chosen, Flag, Trust, command, shown
from transformer_programs.cli.tokens import unwarned
from transformer_programs.errors import SettingsError
from transformer_programs.settings import check as check_settings, setting
from transformer_programs.verify import MEANINGS

if TYPE_CHECKING:  # these load numpy
    from transformer_programs.verify import CheckRequest, CheckResult

_RIGHT = "Is the program right?"


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """Which checks of a program are requested, and how they are done."""

    against: str | None = setting(
        None,
        'Compare its labels with "task", the definition of the task of the run; with '
        "FILE.py:FUNCTION; or with another run. The first difference is shown; if "
        "there is none, the certificate records it.",
    )
    drawn: int | None = setting(
        None,
        "Random inputs to compare where more than 2 million exist.",
        default_text="100000",
        least=1,
    )
    only_lengths: str | None = setting(
        None,
        "With --against, only inputs of these lengths in tokens: N, or A-B.",
        default_text="all",
    )
    solver: bool = setting(
        False,
        "Where more than 2 million inputs exist, prove it by a solver, or find the "
        "shortest counterexample; for invariants, runs, and tasks with a formula.",
    )
    solver_work: float | None = setting(
        None,
        "Budget of the solver in units of its deterministic time, about a second each; "
        "what is not proved by then is tested.",
        default_text="60",
        above=0,
    )
    solver_seconds: float | None = setting(
        None, "Limit on its wall time as well.", above=0
    )

    def __post_init__(self) -> None:
        check_settings(self)


_OF_ALL = ("drawn", "solver", "solver_work", "solver_seconds")
"""Settings that need a check."""


def _requests(chosen: Chosen, invariants: Sequence[str]) -> list[CheckRequest]:
    from transformer_programs.verify import (
        AGAINST,
        DEFAULT_WORK,
        DRAWN,
        INVARIANT,
        CheckRequest,
    )

    asked = CheckSettings(**chosen.fields(CheckSettings))
    if asked.against is not None and invariants:
        raise SettingsError("--against and --invariant: give one, then the other")
    others, lone = "", list[str]()
    if asked.against is None:
        others, lone = "--against", ["only_lengths"]
        if "only_lengths" not in chosen and not invariants:
            others, lone = "--against and --invariant", list(_OF_ALL)
    if lone := [name for name in lone if name in chosen]:
        raise SettingsError(f"{shown(lone)}: for {others}; omit it, or name both")
    texts = [(INVARIANT, text) for text in invariants]
    if asked.against is not None:
        texts = [(AGAINST, asked.against)]
    options = (
        asked.drawn or DRAWN,
        _spread(asked.only_lengths),
        asked.solver,
        asked.solver_work or DEFAULT_WORK,
        asked.solver_seconds,
    )
    return [CheckRequest(option, text, *options) for option, text in texts]


def _spread(lengths: str | None) -> tuple[int, int] | None:
    # ``N`` or ``A-B``: the fewest and the most tokens.
    if lengths is None:
        return None
    least, dash, most = lengths.partition("-")
    if not least.isdecimal() or not (most.isdecimal() if dash else True):
        raise SettingsError(f"--only-lengths {lengths}: expected N or A-B, such as 1-9")
    return int(least), int(most if dash else least)


@command({_RIGHT: (CheckSettings,)})
def verify(
    run: Path | None = None,
    /,
    *,
    full: Flag = False,
    check: Path | None = None,
    quiet: Flag = False,
    as_json: AsJson = False,
    trust: Trust = False,
    chosen: Chosen,
    invariant: Annotated[
        list[str] | None,
        Parameter(
            negative="",
            group=Group(_RIGHT, sort_key=1),
            help="Check that the program keeps this on every input; the shortest "
            "counterexample is shown. Can be repeated. Properties: "
            + ", ".join(f"{name} ({meaning})" for name, meaning in MEANINGS.items())
            + ".",
        ),
    ] = None,
) -> None:
    """Check that model, interpreter and program.py agree.

    The result is written into the certificate. With --against or --invariant, the
    program itself is checked instead. The exit status is 1 if a check fails.

    Args:
        run: The run folder.
        full: Run program.py on every input, not only on a sample.
        check: Re-check every statement of this certificate.json, which is about RUN or
            the run that holds it; nothing is written.
        quiet: Print nothing if all is well.
    """
    from transformer_programs.runs import recheck_certificate, verify_run
    from transformer_programs.system import CERTIFICATE

    requests = _requests(chosen, invariant or ())
    silent = quiet or as_json
    if check is not None:
        if requests or full:
            raise SettingsError("--check: repeats a certificate; omit other options")
        with console.watching(quiet=silent) as watch:
            confirmed = recheck_certificate(check, run, watch=watch, trust=trust)
        for sentence in () if silent else confirmed:
            console.out.print(Text.assemble(("again", "green"), f": {sentence}"))
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
        return
    with console.watching(quiet=silent) as watch:
        certificate = verify_run(run, full=full, watch=watch, trust=trust)
    if as_json:
        sys.stdout.write(certificate.to_json())
    elif not quiet:
        console.print_certificate(certificate)
        console.out.print(f"certificate: {run / CERTIFICATE}", markup=False)


def _run_checks(
    run: Path,
    requests: Sequence[CheckRequest],
    *,
    quiet: bool,
    as_json: bool,
    trust: bool,
) -> None:
    # Checks a program, and adds the results to its certificate.
    from transformer_programs.runs import ask, load, record
    from transformer_programs.system import CERTIFICATE
    from transformer_programs.verify import AGAINST

    loaded = load(run)
    with console.watching(quiet=quiet or as_json) as watch:
        results = []
        for request in requests:
            watch.begin(f"{request.option} {request.text}")
            results.append(ask(loaded, request, watch.on_compared, trust=trust))
    pairs = list(zip(requests, results, strict=True))
    missed = {record(run, *pair, trust=trust) for pair in pairs} - {None}
    held = any(result.counterexample is None for result in results)
    if as_json:
        documents = [_document(*pair) for pair in pairs]
        console.print_json(documents[0] if requests[0].option == AGAINST else documents)
    elif not quiet:
        for result in results:
            console.out.print(result)
            if result.counterexample is not None:
                with unwarned():
                    traced = loaded.program.trace(result.counterexample.tokens)
                console.print_trace(traced)
        if held and not missed:
            console.out.print(f"certificate: {run / CERTIFICATE}", markup=False)
        elif held and run.is_dir():
            console.note(f"not added to the certificate: {missed.pop()}")
    if any(result.counterexample is not None for result in results):
        sys.exit(1)


def _document(request: CheckRequest, result: CheckResult) -> dict[str, object]:
    asked = {request.option.strip("-"): request.text}
    return asked | asdict(result) | {"proved": result.proved}
