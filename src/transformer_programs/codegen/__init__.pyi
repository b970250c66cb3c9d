from . import outside as outside, python as python
from .export.c_language import fill_in as fill_in
from .export.c_statements import prefix_of as prefix_of
from .export.common import Described as Described, Exported as Exported
from .export.dot import LABELS as LABELS, Marked as Marked, emit_dot as emit_dot
from .export.formats import SUFFIXES as SUFFIXES, emit_in as emit_in
from .export.js_page import emit_js_for_page as emit_js_for_page
from .export.rasp_statements import rasp_names as rasp_names
from .outside import Outside as Outside
from .python import emit as emit, emit_python as emit_python
from .reading.source import read_python as read_python
from .serialize import (
    INPUT_FIELDS as INPUT_FIELDS,
    OPTIONAL_INPUT_FIELDS as OPTIONAL_INPUT_FIELDS,
    from_json as from_json,
    input_to_json as input_to_json,
    program_hash as program_hash,
    read_input as read_input,
    to_json as to_json,
)
from .size import (
    code_lines as code_lines,
    statements_in_words as statements_in_words,
    table_entries as table_entries,
)
from .templates import heart as heart
