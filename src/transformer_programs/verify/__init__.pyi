from . import (
    certificate as certificate,
    file_process as file_process,
    inputs as inputs,
    properties as properties,
    specification as specification,
)
from .agreement import Advance as Advance
from .causality import (
    first_later_read as first_later_read,
    later_head as later_head,
    looks_causal as looks_causal,
)
from .certificate import (
    NOT_STATED as NOT_STATED,
    Certificate as Certificate,
    InputDomain as InputDomain,
    RecordedCheck as RecordedCheck,
    RecordedExport as RecordedExport,
    certificate_from_json as certificate_from_json,
    certify as certify,
)
from .check import (
    check_property as check_property,
    check_specification as check_specification,
    differences as differences,
)
from .exported import (
    Compared as Compared,
    CompiledProcess as CompiledProcess,
    NodeProcess as NodeProcess,
    c_command as c_command,
    compare_export as compare_export,
    node_command as node_command,
)
from .file_process import FileProcess as FileProcess
from .inputs import (
    as_read as as_read,
    open_ended as open_ended,
    random_inputs as random_inputs,
)
from .meanings import MEANINGS as MEANINGS
from .onnx_file import OnnxSession as OnnxSession, can_run_onnx as can_run_onnx
from .predictors import (
    LABEL as LABEL,
    Signature as Signature,
    Values as Values,
    bare_tokens as bare_tokens,
    program_signature as program_signature,
)
from .properties import PROPERTIES as PROPERTIES
from .rasp_file import RaspText as RaspText
from .result import CheckResult as CheckResult, shown as shown
from .solver.prove import DEFAULT_WORK as DEFAULT_WORK
from .specification import (
    AGAINST as AGAINST,
    DRAWN as DRAWN,
    INVARIANT as INVARIANT,
    CheckRequest as CheckRequest,
    Specification as Specification,
    function_specification as function_specification,
    program_specification as program_specification,
    task_specification as task_specification,
)
