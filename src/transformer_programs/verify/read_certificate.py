"""``certificate.json`` back into a certificate; every field is checked."""

from __future__ import annotations

from transformer_programs.errors import SchemaError
from transformer_programs.system import (
    Json,
    JsonObject,
    Read,
    T,
    by_name,
    integer,
    list_of,
    object_of,
    one_of,
    optional_string,
    parse,
    string,
    truth,
    wrong,
)
from transformer_programs.verify.agreement import Comparison
from transformer_programs.verify.certificate import (
    FORMAT,
    NOT_STATED,
    VERSION,
    Certificate,
    InputDomain,
    RecordedCheck,
)
from transformer_programs.verify.result import CheckResult, Method
from transformer_programs.verify.specification import (
    AGAINST,
    INVARIANT,
    CheckRequest,
)


def certificate_from_json(text: str, name: str) -> Certificate:
    """The certificate that a text stands for.

    Args:
        text: what ``Certificate.to_json`` wrote.
        name: what messages call it, such as its path.

    Raises:
        SchemaError: if it is no certificate of this version.
    """
    try:
        document = parse(text)
        _check_version(document)
        return _certificate(document, "")
    except SchemaError as error:
        raise SchemaError(f"{name}: {error}") from error


def _check_version(document: Json) -> None:
    """Take the format and the version out of a document of a version that is read."""
    fields = JsonObject(document, "")
    found = fields.take("format", string), fields.take("version", integer)
    if found == (FORMAT, 2):
        _bring_up(document)
    elif found != (FORMAT, VERSION):
        raise SchemaError(
            f"expected format {FORMAT!r} version {VERSION}, got {found[0]!r} version "
            f"{found[1]}; 'tprog verify RUN' writes a new one"
        )
    del document["format"], document["version"]


def _bring_up(document: JsonObject | Json) -> None:
    """Add to a document of version 2 what it does not state."""
    assert isinstance(document, dict)
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


def _size(value: Json, place: str) -> int | str:
    return value if isinstance(value, str) else integer(value, place)


def _pair_of(read: Read[T]) -> Read[tuple[T, T]]:
    def read_pair(value: Json, place: str) -> tuple[T, T]:
        found = list_of(read)(value, place)
        if len(found) != 2:
            what = "two integers" if read is integer else "two names"
            raise wrong(place, what, value)
        return found[0], found[1]

    return read_pair


def _optional_pair(value: Json, place: str) -> tuple[int, int] | None:
    return None if value is None else _pair_of(integer)(value, place)


def _seconds(value: Json, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong(place, "a number of seconds", value)
    return float(value)


def _optional_seconds(value: Json, place: str) -> float | None:
    return None if value is None else _seconds(value, place)


def _question(value: Json, place: str) -> CheckRequest:
    question: CheckRequest = _any_question(value, place)
    if question.option not in (AGAINST, INVARIANT) or question.drawn < 1:
        raise wrong(place, "a question of tprog verify", value)
    return question


_domain = object_of(
    InputDomain,
    tokens=integer,
    lengths=_pair_of(integer),
    size=_size,
    as_read=string,
)

_comparison = object_of(
    Comparison,
    implementations=_pair_of(string),
    inputs=integer,
    exhaustive=truth,
    differences=integer,
    seconds=_seconds,
    labels_only=truth,
    rewritten=integer,
)

_any_question = object_of(
    CheckRequest,
    option=string,
    text=string,
    drawn=integer,
    lengths=_optional_pair,
    solver=truth,
    solver_work=_seconds,
    solver_seconds=_optional_seconds,
)

_judgement = object_of(
    CheckResult,
    claim=string,
    method=one_of(Method),
    lengths=_pair_of(integer),
    inputs=_size,
    seconds=_seconds,
    proved_lengths=_optional_pair,
    reservation=string,
    which=string,
    rewritten=integer,
)

_finding = object_of(
    RecordedCheck,
    question=_question,
    reference_sha256=optional_string,
    judgement=_judgement,
)

_certificate = object_of(
    Certificate,
    program_sha256=string,
    model_sha256=optional_string,
    learned_sha256=optional_string,
    file_sha256=string,
    data_sha256=optional_string,
    domain=_domain,
    inputs=by_name(integer),
    seed=integer,
    comparisons=list_of(_comparison),
    findings=list_of(_finding),
    date=string,
    versions=by_name(string),
    cut_short=optional_string,
)
