"""What was checked, of which program, by what: the certificate of a run."""

from __future__ import annotations

import hashlib
import json
import math
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from transformer_programs.program.nodes import Program
from transformer_programs.program.serialize import program_hash
from transformer_programs.verify.agreement import (
    FILE_SAMPLE,
    Advance,
    Comparison,
    compare,
)
from transformer_programs.verify.inputs import choose_inputs, domain_size
from transformer_programs.verify.predictors import (
    FilePredictor,
    InterpreterPredictor,
    Predictor,
)

FORMAT = "transformer-program-certificate"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Certificate:
    """The evidence that a model, its program and its file are the same function.

    Attributes:
        program_sha256: hash of the canonical JSON of the program.
        model_sha256: hash of ``model.safetensors``; None if there is no such file.
        file_sha256: hash of ``program.py``.
        domain_size: how many different inputs the program accepts; in words where
            that is more than 18 digits.
        inputs: how many of each kind were chosen for comparing.
        seed: drew the random ones.
        comparisons: one for every pair of implementations.
        versions: of Python, this package and the libraries that computed.
    """

    program_sha256: str
    model_sha256: str | None
    file_sha256: str
    domain_size: int | str
    inputs: dict[str, int]
    seed: int
    comparisons: tuple[Comparison, ...]
    versions: dict[str, str]

    @property
    def exhaustive(self) -> bool:
        """Whether every comparison covered all valid inputs."""
        return all(comparison.exhaustive for comparison in self.comparisons)

    def to_json(self) -> str:
        """The text of ``certificate.json``."""
        document: dict[str, Any] = {"format": FORMAT, "version": VERSION}
        return json.dumps(document | asdict(self), indent=2, allow_nan=False) + "\n"

    def sentences(self) -> list[str]:
        """The certificate in words, one comparison a sentence."""
        return [_sentence(c, self) for c in self.comparisons]


def certify(
    program: Program,
    source: str,
    models: Sequence[Predictor],
    data: Sequence[Sequence[str]],
    *,
    learned: Sequence[Predictor] = (),
    model_sha256: str | None = None,
    seed: int = 0,
    full: bool = False,
    advance: Advance | None = None,
) -> Certificate:
    """Compare every model with the interpreter, and the interpreter with the file.

    Models and interpreter are compared on all valid inputs, where there are at most
    two million, else on the data, random inputs and edge cases; the file on a seeded
    sample of these where they are many.

    Args:
        program: what all of them claim to be.
        source: the text of ``program.py``.
        models: other implementations, such as the hardened model.
        data: bare sequences that are compared in any case.
        learned: what was learned and then made shorter: it has variables of its own,
            and must give the same labels.
        model_sha256: of the file of the model, if there is one.
        seed: draws random inputs and the file's sample.
        full: give the file every input too.
        advance: told how many inputs have been compared.

    Raises:
        AgreementError: at the first difference.
    """
    inputs = choose_inputs(program.input, data, seed)
    interpreter = InterpreterPredictor(program)
    comparisons = [
        compare(
            program,
            model,
            interpreter,
            inputs,
            labels_only=labels_only,
            advance=advance,
        )
        for labels_only, some in ((True, learned), (False, models))
        for model in some
    ]
    file = FilePredictor(program, source)
    sample = None if full else FILE_SAMPLE
    comparisons.append(
        compare(
            program,
            interpreter,
            file,
            inputs,
            sample=sample,
            seed=seed,
            advance=advance,
        )
    )
    file.check_foreign_tokens()
    return Certificate(
        program_sha256=program_hash(program),
        model_sha256=model_sha256,
        file_sha256=hashlib.sha256(source.encode()).hexdigest(),
        domain_size=_size(domain_size(program.input)),
        inputs=inputs.counts,
        seed=seed,
        comparisons=tuple(comparisons),
        versions=versions(),
    )


def versions() -> dict[str, str]:
    """The versions that evidence depends on; torch only where it was used."""
    libraries = ["transformer-programs", "numpy"]
    libraries += ["torch"] if "torch" in sys.modules else []
    return {"python": platform.python_version()} | {
        library: version(library) for library in libraries
    }


def _sentence(comparison: Comparison, certificate: Certificate) -> str:
    first, second = comparison.implementations
    count = f"{comparison.inputs:,}"
    if comparison.exhaustive:
        scope = f"all {count} valid inputs"
    else:
        *most, last = [kind for kind, n in certificate.inputs.items() if n]
        kinds = f"{', '.join(most)} and {last}" if most else last
        several = comparison.inputs < sum(certificate.inputs.values())
        size = certificate.domain_size
        exist = size if isinstance(size, str) else f"{size:,}"
        sample = "a seeded sample of " if several else ""
        scope = f"{count} inputs ({sample}{kinds}); {exist} exist"
    what = "label" if comparison.labels_only else "variable and label"
    return f"{first} = {second} in every {what}, on {scope}"


def _size(size: int) -> int | str:
    """The size; in words where it has too many digits to be read, or even printed."""
    return size if size < 10**18 else f"about 10^{math.floor(math.log10(size))}"
