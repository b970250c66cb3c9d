from . import display as display, memory as memory, pictures as pictures, work as work
from .display import (
    Shown as Shown,
    add_row as add_row,
    as_text as as_text,
    console as console,
    fitted as fitted,
    table as table,
    visible_json as visible_json,
)
from .documents import (
    Json as Json,
    decode as decode,
    document_of as document_of,
    parse as parse,
    parse_object as parse_object,
    shown as shown,
    take_version as take_version,
    wrong as wrong,
)
from .files import (
    CERTIFICATE as CERTIFICATE,
    CHECKPOINT as CHECKPOINT,
    CONFIG as CONFIG,
    CURVE as CURVE,
    EXPANSION as EXPANSION,
    FILE as FILE,
    FILE_LIMIT as FILE_LIMIT,
    FILES as FILES,
    LEARNED as LEARNED,
    LOCK as LOCK,
    LONGEST_LINE as LONGEST_LINE,
    METRICS as METRICS,
    MODEL as MODEL,
    MODEL_LIMIT as MODEL_LIMIT,
    PROGRAM as PROGRAM,
    SEARCHED as SEARCHED,
    START as START,
    STOPPED as STOPPED,
    TABLES as TABLES,
    TEXT_LIMIT as TEXT_LIMIT,
    UNPACKED as UNPACKED,
    check_folder as check_folder,
    existing as existing,
    limited_size as limited_size,
    open_bytes as open_bytes,
    open_regular as open_regular,
    read_lines as read_lines,
    read_object as read_object,
    read_text as read_text,
    readable as readable,
    regular_file as regular_file,
    replace_file as replace_file,
    write_files as write_files,
    write_new as write_new,
    writing as writing,
)
from .linear import (
    Floats as Floats,
    descend as descend,
    fit_weights as fit_weights,
    log_losses as log_losses,
    separate as separate,
    whole_weights as whole_weights,
)
from .memory import (
    LONGEST_SEQUENCE as LONGEST_SEQUENCE,
    Sizes as Sizes,
    check_fits as check_fits,
    check_length as check_length,
)
from .pictures import check_picture as check_picture, save_picture as save_picture
from .team import Leader as Leader, Team as Team, follow as follow
from .work import (
    UNIT as UNIT,
    OutOfTimeError as OutOfTimeError,
    OutOfWorkError as OutOfWorkError,
    Work as Work,
)
