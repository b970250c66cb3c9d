from . import outside as outside
from .outside import Outside as Outside
from .python import emit as emit, emit_python as emit_python
from .size import (
    code_lines as code_lines,
    statements_in_words as statements_in_words,
    table_entries as table_entries,
)
from .templates import heart as heart
from .words import describe as describe, lengths_in_words as lengths_in_words
