"""Certificates read back from ``certificate.json``, also of earlier versions."""

from __future__ import annotations

from functools import cache
from typing import Any

from transformer_programs.errors import SchemaError
from transformer_programs.system import (
    Json,
    decode,
    document_of,
    parse_object,
    take_version,
    wrong,
)
from transformer_programs.verify.certificate import (
    FORMAT,
    NOT_STATED,
    VERSION,
    Certificate,
    RecordedCheck,
)
from transformer_programs.verify.result import CheckResult
from transformer_programs.verify.specification import AGAINST, INVARIANT


def certificate_from_json(text: str, name: str) -> Certificate:
    """Return the certificate that `Certificate.to_json` wrote.

    Args:
        text: Its text.
        name: What messages call it, such as its path.

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
    found: Certificate = decode(document, _document())
    for index, finding in enumerate(found.findings):
        question = finding.question
        if question.option not in (AGAINST, INVARIANT) or question.drawn < 1:
            asked = document["findings"][index]["question"]
            place = f"findings[{index}].question"
            raise wrong(place, "a question of tprog verify", asked)
    return found


@cache
def _document() -> Any:
    judgement = document_of(CheckResult, without=("counterexample",))
    finding = document_of(RecordedCheck, judgement=judgement)
    return document_of(Certificate, findings=tuple[finding, ...])  # type: ignore[valid-type]


def _bring_up(document: dict[str, Json]) -> None:
    """Add to a document of version 2 what it does not state."""
    document |= {"learned_sha256": NOT_STATED, "data_sha256": NOT_STATED}
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
