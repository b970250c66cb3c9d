from . import (
    certificate as certificate,
    file_process as file_process,
    inputs as inputs,
    invariants as invariants,
)
from .against import (
    Inputs as Inputs,
    Reference as Reference,
    differences as differences,
    judge as judge,
)
from .agreement import Advance as Advance
from .causality import (
    first_later_read as first_later_read,
    is_causal as is_causal,
    looks_causal as looks_causal,
)
from .certificate import (
    AGAINST as AGAINST,
    INVARIANT as INVARIANT,
    NOT_STATED as NOT_STATED,
    Certificate as Certificate,
    Finding as Finding,
    InputDomain as InputDomain,
    Question as Question,
    certify as certify,
)
from .file_process import FileProcess as FileProcess
from .inputs import (
    as_read as as_read,
    open_ended as open_ended,
    random_inputs as random_inputs,
    rewritten as rewritten,
    spellings as spellings,
)
from .invariants import (
    INVARIANTS as INVARIANTS,
    judge_claim as judge_claim,
    which_inputs as which_inputs,
)
from .judgement import Judgement as Judgement, Tokens as Tokens, shown as shown
from .meanings import MEANINGS as MEANINGS
from .predictors import (
    LABEL as LABEL,
    Signature as Signature,
    Values as Values,
    bare_tokens as bare_tokens,
    program_signature as program_signature,
)
from .read_certificate import certificate_from_json as certificate_from_json
from .solver.algebra import encode_formula as encode_formula
from .solver.budget import DEFAULT_WORK as DEFAULT_WORK, SolverBudget as SolverBudget
from .solver.circuit import Circuit as Circuit
from .solver.encode import Choice as Choice, encode as encode
from .solver.prove import (
    Encode as Encode,
    Encoded as Encoded,
    Other as Other,
    prove_equal as prove_equal,
)
