from . import hub as hub
from .accuracy import (
    Accuracy as Accuracy,
    evaluate_all as evaluate_all,
    held_out as held_out,
)
from .assembly import assemble as assemble
from .dataset import (
    NO_LABEL as NO_LABEL,
    Dataset as Dataset,
    Encoded as Encoded,
    Examples as Examples,
    Target as Target,
    find_tags as find_tags,
    labels_of as labels_of,
    tags_of as tags_of,
)
from .files import (
    known_format as known_format,
    name_of_file as name_of_file,
    of_another_file as of_another_file,
    read_examples as read_examples,
    read_sequences as read_sequences,
)
from .foreign import brief as brief, called as called
from .hub import (
    LANGUAGE as LANGUAGE,
    is_folder as is_folder,
    options_for as options_for,
    preset_called as preset_called,
    read_dataset as read_dataset,
    read_stamped as read_stamped,
)
from .in_memory import (
    is_list as is_list,
    labelled_sequences as labelled_sequences,
    rows_of_list as rows_of_list,
)
from .majority import (
    baselines as baselines,
    majority_baseline as majority_baseline,
    most_frequent_label_per_token as most_frequent_label_per_token,
    naive_bayes_over_positions as naive_bayes_over_positions,
)
from .metrics import (
    MAJORITY as MAJORITY,
    Confusion as Confusion,
    Measure as Measure,
    Quality as Quality,
    Score as Score,
    Scorer as Scorer,
    label_scores as label_scores,
    taken_for as taken_for,
    total as total,
)
from .options import (
    TEST_FRACTION as TEST_FRACTION,
    VALIDATION_FRACTION as VALIDATION_FRACTION,
    ReadChanges as ReadChanges,
    ReadOptions as ReadOptions,
    changed as changed,
)
from .records import (
    Origin as Origin,
    Row as Row,
    records_of as records_of,
    shown as shown,
)
from .split import Parts as Parts, part_size as part_size
from .tag_scheme import measuring_notes as measuring_notes, scheme_read as scheme_read
from .tags import Scheme as Scheme, TagFormat as TagFormat
from .text_files import file_hash as file_hash
from .vectors import (
    UsedVectors as UsedVectors,
    WordVectors as WordVectors,
    read_again as read_again,
    read_vectors as read_vectors,
    vectors_for_data as vectors_for_data,
)
