"""The certificate of a run: which checks its program passed, on which inputs."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from transformer_programs.codegen import program_hash
from transformer_programs.errors import SchemaError
from transformer_programs.language import InputFormat, Program
from transformer_programs.system import (
    Json,
    Shown,
    decode,
    document_of,
    parse_object,
    take_version,
    wrong,
)
from transformer_programs.verify.agreement import (
    FILE_SAMPLE,
    Advance,
    Agreement,
    compare,
)
from transformer_programs.verify.inputs import (
    as_read,
    choose_inputs,
    domain_size,
    open_ended,
    typed_inputs,
)
from transformer_programs.verify.predictors import (
    FilePredictor,
    InterpreterPredictor,
    Predictor,
)
from transformer_programs.verify.result import CheckResult, counted
from transformer_programs.verify.specification import AGAINST, INVARIANT, CheckRequest

if TYPE_CHECKING:
    from rich.console import RenderableType

FORMAT = "transformer-program-certificate"
VERSION = 3

LARGE = 10**18
"""A number of inputs with too many digits to be read."""

NOT_STATED = ""
"""Stands for a hash that certificates of version 2 did not state."""


@dataclass(frozen=True, slots=True)
class InputDomain:
    """The inputs that a program accepts.

    Attributes:
        tokens: the number of different tokens, without those of the frame.
        lengths: the fewest and the most tokens.
        size: the number of inputs, as ``program.domain_size`` counts them; in words if
            it has more than 18 digits, or is but a bound.
        as_read: as which tokens others are read; "" if each stands for itself, or
            surfaces are read.
    """

    tokens: int
    lengths: tuple[int, int]
    size: int | str
    as_read: str = ""

    @classmethod
    def of(cls, form: InputFormat) -> InputDomain:
        """The domain of an input format."""
        lengths = form.min_bare_length, form.max_bare_length
        size = counted(domain_size(form), LARGE)
        if form.surfaces:
            size = f"up to {_digits(size)} combinations of words and surfaces"
        return cls(len(form.symbols), lengths, size, as_read(form))


@dataclass(frozen=True, slots=True)
class RecordedCheck:
    """A check whose statement was proved, or tested without a counterexample.

    Attributes:
        question: the check as it was requested.
        reference_sha256: hash of the specification: of a task, a file, or another
            program; None for a property.
        judgement: its result, without a counterexample.
    """

    question: CheckRequest
    reference_sha256: str | None
    judgement: CheckResult


@dataclass(frozen=True, slots=True)
class RecordedExport:
    """A file in another language that was executed as the program.

    Attributes:
        to: its language.
        file: where it is, from the run folder.
        file_sha256: its hash.
        inputs: the number of inputs on which it was compared with the interpreter.
        exhaustive: whether these are all valid inputs.
        longer: the number of further inputs, which are longer than those of training.
        differences: the number that differed; 0, because the first is an error.
    """

    to: str
    file: str
    file_sha256: str
    inputs: int
    exhaustive: bool
    longer: int
    differences: int = 0

    def sentence(self) -> str:
        """Return what was compared, in words."""
        every = "all valid" if self.exhaustive else "sampled"
        more = f" and {self.longer:,} longer ones" if self.longer else ""
        return (
            f"interpreter = {self.to} export in every variable and label, on "
            f"{self.inputs:,} {every} inputs{more} ({self.file})"
        )


@dataclass(frozen=True, slots=True, repr=False)
class Certificate(Shown):
    """Evidence that a model, its program and its file are the same function.

    And the results of further checks of the program.

    Attributes:
        program_sha256: hash of the canonical JSON of the program.
        model_sha256: hash of ``model.safetensors``; None if there is no such file.
        learned_sha256: hash of ``learned.safetensors``, likewise.
        file_sha256: hash of ``program.py``, which holds that of ``tables.json``.
        data_sha256: hash of the data among the inputs; None if there are none.
        domain: the inputs that the program accepts.
        inputs: the number of inputs of each kind that were chosen for comparisons.
        seed: of the random inputs.
        comparisons: one for every pair of implementations.
        findings: further checks, of what the program computes.
        date: of the comparisons, UTC, as in 2025-12-31.
        versions: of Python, this package and the libraries that computed.
        cut_short: what ended the learning of the program before its budgets did; None
            if nothing did, or if it is not known.
        exports: files in other languages that were executed and compared.

    >>> task = tp.TaskSource("sort", size=150, vocabulary_size=6, max_length=5)
    >>> run = tp.train(task)
    >>> run.certificate.exhaustive
    True
    """

    program_sha256: str
    model_sha256: str | None
    learned_sha256: str | None
    file_sha256: str
    data_sha256: str | None
    domain: InputDomain
    inputs: dict[str, int]
    seed: int
    comparisons: tuple[Agreement, ...]
    findings: tuple[RecordedCheck, ...]
    date: str
    versions: dict[str, str]
    cut_short: str | None = None
    exports: tuple[RecordedExport, ...] = ()

    def __rich__(self) -> RenderableType:
        """The comparisons and the results of the checks, a sentence each."""
        from rich.text import Text

        compared = (f"checked: {text}" for text in self.sentences())
        results = (str(check.judgement) for check in self.findings)
        return Text("\n".join([*compared, *results]))

    def __repr__(self) -> str:
        inputs = "all inputs" if self.exhaustive else "some of the inputs"
        return (
            f"<Certificate of {self.program_sha256[:12]}: {len(self.comparisons)} "
            f"comparisons on {inputs}, {len(self.findings)} further checks>"
        )

    @property
    def exhaustive(self) -> bool:
        """Whether every comparison covered all valid inputs."""
        return all(comparison.exhaustive for comparison in self.comparisons)

    def to_json(self) -> str:
        """Return the text of ``certificate.json``."""
        document: dict[str, Any] = {"format": FORMAT, "version": VERSION}
        document |= asdict(self)
        for check in document["findings"]:
            del check["judgement"]["counterexample"]
        if not self.exports:
            del document["exports"]
        return json.dumps(document, indent=2, allow_nan=False) + "\n"

    def sentences(self) -> list[str]:
        """Return the comparisons in words, a sentence each."""
        compared = [_sentence(c, self) for c in self.comparisons]
        return [*compared, *(export.sentence() for export in self.exports)]

    def with_check(self, check: RecordedCheck) -> Certificate:
        """Return it with this check, unless refuted, instead of an older one."""
        others = [other for other in self.findings if other.question != check.question]
        holds = check.judgement.counterexample is None
        return replace(self, findings=(*others, *([check] if holds else [])))

    def with_export(self, export: RecordedExport) -> Certificate:
        """Return it with this export, instead of an older one at its place."""
        others = [other for other in self.exports if other.file != export.file]
        return replace(self, exports=(*others, export))


def certify(
    program: Program,
    source: str,
    models: Sequence[Predictor],
    data: Sequence[Sequence[str]],
    *,
    learned: Sequence[Predictor] = (),
    tables: str | None = None,
    model_sha256: str | None = None,
    learned_sha256: str | None = None,
    seed: int = 0,
    full: bool = False,
    advance: Advance | None = None,
) -> Certificate:
    """Compare every model with the interpreter, and the interpreter with the file.

    Models and interpreter are compared on all valid inputs, where there are at most
    two million, else on the data, random inputs and edge cases; the file on a seeded
    sample of these where they are many. Where words are folded some are typed
    differently as well.

    Args:
        program: the program that all of them should implement.
        source: the text of ``program.py``.
        models: other implementations, such as the hardened model.
        data: bare sequences that are compared in any case.
        learned: the model as it was learned, before the program was shortened: it has
            variables of its own, and must give the same labels.
        tables: the text of the file of tables that ``source`` reads, if it does.
        model_sha256: hash of the file of the model, if there is one.
        learned_sha256: hash of that of the learned model, likewise.
        seed: of random inputs and the file's sample.
        full: give the file every input too.
        advance: told how many inputs have been compared.

    Raises:
        AgreementError: At the first difference.
    """
    form = program.input
    inputs = choose_inputs(form, data, seed)
    interpreter = InterpreterPredictor(program)
    against = partial(compare, program, inputs=inputs, seed=seed, advance=advance)
    comparisons = [against(model, interpreter) for model in models]
    comparisons += [against(one, interpreter, labels_only=True) for one in learned]
    file = FilePredictor(program, source, tables)
    read = against(interpreter, file, sample=None if full else FILE_SAMPLE)
    file.check_foreign_tokens()
    if open_ended(form) and (inputs.exhaustive or not form.reads_characters):
        # So far words were typed as they stand in the vocabulary.
        others = typed_inputs(form, edges=inputs.exhaustive)
        typed = compare(program, interpreter, file, others)
        read = replace(read, rewritten=typed.inputs)
    comparisons.append(read)
    return Certificate(
        program_sha256=program_hash(program),
        model_sha256=model_sha256,
        learned_sha256=learned_sha256,
        file_sha256=hashlib.sha256(source.encode()).hexdigest(),
        data_sha256=data_hash(data) if inputs.counts.get("data") else None,
        domain=InputDomain.of(form),
        inputs=inputs.counts,
        seed=seed,
        comparisons=tuple(comparisons),
        findings=(),
        date=datetime.now(UTC).date().isoformat(),
        versions=versions(),
    )


def data_hash(data: Sequence[Sequence[str]]) -> str:
    """Return the hash of sequences of tokens, in their order."""
    hashed = hashlib.sha256()
    for tokens in data:
        hashed.update(json.dumps(list(tokens)).encode() + b"\n")
    return hashed.hexdigest()


def versions() -> dict[str, str]:
    """Return the versions that evidence depends on; of torch only where it was used."""
    from importlib.metadata import version  # slow to load

    libraries = ["transformer-programs", "numpy"]
    libraries += ["torch"] if "torch" in sys.modules else []
    return {"python": platform.python_version()} | {
        library: version(library) for library in libraries
    }


def _sentence(comparison: Agreement, certificate: Certificate) -> str:
    first, second = comparison.implementations
    domain, count = certificate.domain, f"{comparison.inputs:,}"
    read = f" as they are read ({domain.as_read})" if domain.as_read else ""
    if comparison.exhaustive:
        scope, joint = f"all {count} valid inputs{read}", ", and"
    else:
        *most, last = [kind for kind, n in certificate.inputs.items() if n]
        kinds = f"{', '.join(most)} and {last}" if most else last
        sampled = comparison.inputs < sum(certificate.inputs.values())
        sample = "a seeded sample of " if sampled else ""
        scope = f"{count} inputs ({sample}{kinds}); {_digits(domain.size)} exist{read}"
        joint = "; and on"
    if comparison.rewritten:
        scope += f"{joint} {comparison.rewritten:,} that are written in other ways"
    what = "label" if comparison.labels_only else "variable and label"
    return f"{first} = {second} in every {what}, on {scope}"


def _digits(size: int | str) -> str:
    return size if isinstance(size, str) else f"{size:,}"


def certificate_from_json(text: str, name: str) -> Certificate:
    """Return the certificate that ``Certificate.to_json`` wrote.

    Messages call it ``name``, such as its path.

    Raises:
        SchemaError: If it is anything else, or of a version that is not read.
    """
    try:
        return _certificate(parse_object(text))
    except SchemaError as error:
        raise SchemaError(f"{name}: {error}") from error


def _certificate(document: dict[str, Json]) -> Certificate:
    try:
        version = take_version(document, FORMAT, VERSION, 2)
    except SchemaError as error:
        raise SchemaError(f"{error}; 'tprog verify RUN' writes a new one") from None
    if version == 2:
        _bring_up(document)
    document.setdefault("exports", [])
    found: Certificate = decode(document, _document())
    for index, finding in enumerate(found.findings):
        asked = finding.question
        if asked.option not in (AGAINST, INVARIANT) or asked.drawn < 1:
            stated = document["findings"][index]["question"]
            place = f"findings[{index}].question"
            raise wrong(place, "a question of tprog verify", stated)
    return found


@cache
def _document() -> Any:
    judgement = document_of(CheckResult, without=("counterexample",))
    finding = document_of(RecordedCheck, judgement=judgement)
    return document_of(Certificate, findings=tuple[finding, ...])  # type: ignore[valid-type]


def _bring_up(document: dict[str, Json]) -> None:
    # Adds to a document of version 2 what it does not state.
    document |= dict.fromkeys(["learned_sha256", "data_sha256"], NOT_STATED)
    document["cut_short"] = None
    if isinstance(document.get("domain"), dict):
        document["domain"]["as_read"] = ""
    for comparison in _objects(document.get("comparisons")):
        comparison["rewritten"] = 0
    for finding in _objects(document.get("findings")):
        if finding.get("reference_sha256") is None:
            finding["reference_sha256"] = NOT_STATED
        for question in _objects([finding.get("question")]):
            # It had only a limit in seconds: as many units of work take about as long.
            if "solver_work" not in question:
                question["solver_work"] = question.get("solver_seconds", 0.0)
                question["solver_seconds"] = None
        for judgement in _objects([finding.get("judgement")]):
            judgement |= {"which": "", "rewritten": 0}


def _objects(items: Json) -> list[dict[str, Json]]:
    return [i for i in items if isinstance(i, dict)] if isinstance(items, list) else []
