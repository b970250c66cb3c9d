from . import (
    enumerate as enumerate,
    interpret as interpret,
    primitives as primitives,
    rules as rules,
    steps as steps,
)
from .encode import (
    Batch as Batch,
    encode_batch as encode_batch,
    joined as joined,
    tokens_of as tokens_of,
    typed as typed,
    unknown_in_words as unknown_in_words,
)
from .enumerate import (
    BLOCK as BLOCK,
    EXHAUSTIVE_LIMIT as EXHAUSTIVE_LIMIT,
    block_size as block_size,
    domain_size as domain_size,
    enumerable as enumerable,
    enumerate_inputs as enumerate_inputs,
    framed as framed,
)
from .frontend.functions import (
    after as after,
    aggregate as aggregate,
    attend as attend,
    before as before,
    count as count,
    decide as decide,
    nearest as nearest,
    select as select,
    table as table,
    total as total,
    where as where,
    width as width,
)
from .frontend.readouts import first as first, readout as readout
from .frontend.values import Selector as Selector, Weighed as Weighed
from .frontend.variables import (
    Expression as Expression,
    Variable as Variable,
    Writer as Writer,
)
from .frontend.written import (
    Body as Body,
    run_on_lists as run_on_lists,
    write as write,
)
from .interpret import BLOCK_SEQUENCES as BLOCK_SEQUENCES, Interpreter as Interpreter
from .nodes import (
    INPUTS as INPUTS,
    ONES as ONES,
    POSITIONS as POSITIONS,
    TOKENS as TOKENS,
    Aggregate as Aggregate,
    Decide as Decide,
    Head as Head,
    Pooling as Pooling,
    Predicate as Predicate,
    Program as Program,
    Readout as Readout,
    Scope as Scope,
    Statement as Statement,
    Table as Table,
    Term as Term,
    View as View,
    input_domains as input_domains,
    output_domain as output_domain,
    score_bound as score_bound,
    sum_bound as sum_bound,
    visible_positions as visible_positions,
)
from .primitives import integer as integer, number as number, visible as visible
from .rules import (
    MAX_CODE_BITS as MAX_CODE_BITS,
    MAX_SCORE_BITS as MAX_SCORE_BITS,
    NAME as NAME,
    check as check,
)
from .steps import (
    Array as Array,
    dtype_for as dtype_for,
    joint_ids as joint_ids,
    prepare as prepare,
)
from .surface import (
    FALLBACK as FALLBACK,
    SPLITTINGS as SPLITTINGS,
    Folding as Folding,
    Splitting as Splitting,
    Surface as Surface,
    SurfaceKind as SurfaceKind,
    computed as computed,
    split_text as split_text,
)
from .types import (
    Domain as Domain,
    InputFormat as InputFormat,
    Kind as Kind,
    Value as Value,
    Vocabulary as Vocabulary,
)
