from . import console as console, next_steps as next_steps
from .app import main as main
from .options import (
    AsJson as AsJson,
    Chosen as Chosen,
    Flag as Flag,
    Force as Force,
    Quiet as Quiet,
    Trust as Trust,
    check_alone as check_alone,
    command as command,
    learner_for as learner_for,
    numbers as numbers,
    shown as shown,
)
from .sources import DATA as DATA, name_of as name_of, source as source
