from . import display as display, memory as memory, pictures as pictures, work as work
from .display import (
    Shown as Shown,
    add_row as add_row,
    console as console,
    fitted as fitted,
    table as table,
)
from .documents import decode as decode, document_of as document_of
from .files import (
    FILE_LIMIT as FILE_LIMIT,
    MODEL_LIMIT as MODEL_LIMIT,
    TEXT_LIMIT as TEXT_LIMIT,
    limited_size as limited_size,
    open_regular as open_regular,
    write_new as write_new,
)
from .folders import (
    CERTIFICATE as CERTIFICATE,
    CHECKPOINT as CHECKPOINT,
    CONFIG as CONFIG,
    CURVE as CURVE,
    FILE as FILE,
    FILES as FILES,
    LEARNED as LEARNED,
    LOCK as LOCK,
    METRICS as METRICS,
    MODEL as MODEL,
    PROGRAM as PROGRAM,
    SEARCHED as SEARCHED,
    START as START,
    STOPPED as STOPPED,
    TABLES as TABLES,
    check_folder as check_folder,
    existing as existing,
    read_object as read_object,
    read_text as read_text,
    regular_file as regular_file,
    write_files as write_files,
    writing as writing,
)
from .json_text import (
    Json as Json,
    parse as parse,
    parse_object as parse_object,
    shown as shown,
    take_version as take_version,
    wrong as wrong,
)
from .lines import (
    EXPANSION as EXPANSION,
    LONGEST_LINE as LONGEST_LINE,
    UNPACKED as UNPACKED,
    open_bytes as open_bytes,
    read_lines as read_lines,
    readable as readable,
)
from .memory import (
    LONGEST_SEQUENCE as LONGEST_SEQUENCE,
    Sizes as Sizes,
    check_fits as check_fits,
    check_length as check_length,
)
from .pictures import check_picture as check_picture, save_picture as save_picture
from .visible import as_text as as_text, visible_json as visible_json
from .work import (
    OutOfTimeError as OutOfTimeError,
    OutOfWorkError as OutOfWorkError,
    Work as Work,
)
