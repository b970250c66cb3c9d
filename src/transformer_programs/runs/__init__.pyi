from . import (
    agreement as agreement,
    driver as driver,
    export as export,
    place as place,
    progress as progress,
    simplify as simplify,
)
from .certificates import (
    recheck_certificate as recheck_certificate,
    record as record,
    verify_run as verify_run,
)
from .driver import resume as resume, train as train, train_as as train_as
from .evaluation import (
    evaluate_lengths as evaluate_lengths,
    evaluate_run as evaluate_run,
)
from .export import file_beside as file_beside
from .folder import (
    STANDARD_FORMAT as STANDARD_FORMAT,
    STANDARD_VERSION as STANDARD_VERSION,
    Config as Config,
    bring_up_recipe as bring_up_recipe,
    folder_of as folder_of,
    is_run as is_run,
    read_config as read_config,
)
from .loading import (
    Data as Data,
    causal_recipe as causal_recipe,
    check_pooling as check_pooling,
    load_data as load_data,
    load_dataset as load_dataset,
)
from .pictures.tradeoff import (
    SizeChart as SizeChart,
    SizedPrograms as SizedPrograms,
    tradeoff_picture as tradeoff_picture,
)
from .place import (
    free_folder as free_folder,
    lock_file as lock_file,
    new_run as new_run,
)
from .plot import plot_run as plot_run
from .progress import showing as showing, shows_progress as shows_progress
from .report import Report as Report, facts as facts
from .run import Run as Run, load as load
from .runnable import Program as Program
from .simplify import Simplified as Simplified
from .specifications import TASK as TASK, ask as ask
from .transformer import compare_transformer as compare_transformer
from .written import (
    WrittenProgram as WrittenProgram,
    find_written as find_written,
    program as program,
)
