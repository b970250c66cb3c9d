from __future__ import annotations

import copy
import itertools
import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import transformer_programs as tp
from estimators.learned import CLASSES, TAGS, TEXTS, TOKENS, classifier, tagger
from transformer_programs.errors import RunFolderError, SchemaError, SettingsError
from transformer_programs.estimators.predictors import (
    TransformerProgramClassifier,
    TransformerProgramTagger,
)
from transformer_programs.estimators.storage import ESTIMATOR
from transformer_programs.runs.runnable import Program as Runnable

FITTED = classifier(search__work=np.float64(30_000)).fit(TEXTS, CLASSES)


def same(one: Any, other: Any) -> None:
    assert type(one) is type(other)
    assert one.get_params() == other.get_params()
    assert one.program_ == other.program_
    assert one.report_ == other.report_
    assert one.classes_.dtype == other.classes_.dtype
    assert list(one.predict(TEXTS)) == list(other.predict(TEXTS))


def test_saved_and_loaded(tmp_path: Path) -> None:
    place = tmp_path / "models" / "one"
    FITTED.save(place)
    same(FITTED, TransformerProgramClassifier.load(place))
    tags = tagger().fit(TOKENS, TAGS)
    tags.save(str(tmp_path / "tags"))
    same(tags, TransformerProgramTagger.load(str(tmp_path / "tags")))
    ran = subprocess.run(
        [sys.executable, place / "program.py", "b", "a"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "with\n"


@pytest.mark.parametrize(
    "y",
    [
        np.array(CLASSES, dtype=object),
        [len(name) for name in CLASSES],
        [len(name) > 4 for name in CLASSES],
        [float(len(name)) for name in CLASSES],
    ],
)
def test_classes_of_every_kind_are_stored(tmp_path: Path, y: Any) -> None:
    learned = classifier().fit(TEXTS, y)
    learned.save(tmp_path / "one")
    same(learned, TransformerProgramClassifier.load(tmp_path / "one"))


def test_what_cannot_be_stored(tmp_path: Path) -> None:
    state = np.random.RandomState(0)
    with pytest.raises(SettingsError, match="random_state: expected a text, a number"):
        classifier(random_state=state).fit(TEXTS, CLASSES).save(tmp_path / "one")
    days = [np.datetime64("2026-01-01") + len(name) for name in CLASSES]
    learned = classifier().fit(TEXTS, np.array(days))
    with pytest.raises(SettingsError, match="expected classes that are str, int"):
        learned.save(tmp_path / "one")
    assert not (tmp_path / "one").exists()


def test_nothing_is_replaced_unasked(tmp_path: Path) -> None:
    FITTED.save(tmp_path / "one")
    with pytest.raises(
        RunFolderError, match=r"something already; choose .* force=True"
    ):
        FITTED.save(tmp_path / "one")
    FITTED.save(tmp_path / "one", force=True)
    (tmp_path / "two").mkdir()
    FITTED.save(tmp_path / "two")
    (tmp_path / "three").mkdir()
    (tmp_path / "three" / "mine").touch()
    with pytest.raises(RunFolderError, match=r"something already; choose another$"):
        FITTED.save(tmp_path / "three", force=True)
    with pytest.raises(RunFolderError, match="cannot be written"):
        FITTED.save(tmp_path / "three" / "mine")


def change(**fields: Any) -> Any:
    return lambda document: document | fields


def nested(**parameters: Any) -> Any:
    return lambda document: (
        document | {"parameters": document["parameters"] | parameters}
    )


def test_settings_as_objects_are_stored(tmp_path: Path) -> None:
    whole = tp.SearchSettings(layers=1, beam=4)
    classifier(search=whole).fit(TEXTS, CLASSES).save(tmp_path / "one")
    again = TransformerProgramClassifier.load(tmp_path / "one")
    assert again.get_params()["search__beam"] == 4
    assert tp.SearchSettings(**again.search) == whole


def test_estimators_that_were_saved_earlier_are_read(tmp_path: Path) -> None:
    FITTED.save(tmp_path / "one")
    file = tmp_path / "one" / ESTIMATOR
    document = json.loads(file.read_text())
    parameters = dict.fromkeys(FLAT.split()) | {"split": "whitespace", "shorten": True}
    parameters |= {"truncate": False, "learner": "search", "search_beam": 4, "steps": 7}
    document |= {"version": 1, "parameters": parameters}
    file.write_text(json.dumps(document))
    again = type(FITTED).load(tmp_path / "one")
    assert (again.causal, again.verbose, again.learner) == (False, 0, "search")
    assert (again.search, again.training) == ({"beam": 4}, {"steps": 7})
    assert again.get_params()["read__split"] == "whitespace"
    assert again.predict(TEXTS).tolist() == FITTED.predict(TEXTS).tolist()


def test_estimators_without_a_temperature_are_read(tmp_path: Path) -> None:
    FITTED.save(tmp_path / "one")
    file = tmp_path / "one" / ESTIMATOR
    document = json.loads(file.read_text())
    del document["temperature"]
    for name in ("evidence", "class_weight", "vectors"):
        del document["parameters"][name]
    file.write_text(json.dumps(document))
    with pytest.raises(SchemaError, match="parameters: class_weight, evidence, vec"):
        type(FITTED).load(tmp_path / "one")
    file.write_text(json.dumps(document | {"version": 2}))
    again = type(FITTED).load(tmp_path / "one")
    assert again.get_params() == FITTED.get_params()
    assert again.predict(TEXTS).tolist() == FITTED.predict(TEXTS).tolist()
    with pytest.raises(SettingsError, match="a version without probabilities; fit it"):
        again.predict_proba(TEXTS)
    again.save(tmp_path / "two")
    assert not hasattr(type(FITTED).load(tmp_path / "two"), "temperature_")


@pytest.mark.parametrize("names", [("with", "without"), (3, 7)])
def test_parameters_of_the_linear_learner_are_stored(
    tmp_path: Path, names: tuple[Any, Any]
) -> None:
    y = [names[name == "without"] for name in CLASSES]
    evidence = tp.EvidenceSettings(size="short")
    learned = classifier(
        learner="linear", class_weight={names[0]: 2.5}, evidence=evidence
    ).fit(TEXTS, y)
    learned.vectors = tmp_path / "vectors.txt"
    learned.save(tmp_path / "one")
    again = TransformerProgramClassifier.load(tmp_path / "one")
    assert again.class_weight == {names[0]: 2.5}
    assert again.evidence == {"size": "short", "longest": None}
    assert again.vectors == str(tmp_path / "vectors.txt")
    assert (again.predict_proba(TEXTS) == learned.predict_proba(TEXTS)).all()
    unpickled = pickle.loads(pickle.dumps(learned))
    assert (unpickled.predict_proba(TEXTS) == learned.predict_proba(TEXTS)).all()


FLAT = """learner split max_vocabulary max_length truncate validation_fraction shorten
random_state layers categorical_heads numerical_heads set_predicates tables cardinality
word_classes fixed_classes window pairs scope pooling steps batch_size group_by_length
learning_rate restarts annealing halvings combine tau_start tau_end settle dropout
fixed_penalty evaluations polish readout_scale threads device search_seconds
search_layers search_beam search_sample search_growth max_statements"""
"""The parameters of estimators before settings were nested, but for those that were
added after the first were saved."""


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (change(version=4), "version 3, got .* version 4$"),
        (change(version=True), "version 3, got .* version true$"),
        (change(format="other"), "expected format 'transformer-program-estimator'"),
        (
            change(kind="SVC"),
            "expected kind 'TransformerProgramClassifier', got \"SVC\"",
        ),
        (change(more=1), "more: unknown field"),
        (change(report=[]), "report: expected an object"),
        (change(parameters={"steps": 3}), "missing or unknown parameters: causal"),
        (change(version=1), r"parameters\.\w+: expected a string or a number or"),
        (nested(training={"depth": 3}), "training__depth: no such setting"),
        (nested(training=3), "training: expected TrainSettings, a dict"),
        (nested(search={"beam": [3]}), r"parameters\.search\.beam: expected a string"),
        (nested(verbose=[3]), r"parameters\.verbose: expected a string or a number or"),
        (change(classes=[]), "classes: expected an object"),
        (change(classes={"kind": "str", "values": ["a", "b"]}), "are not the labels"),
        (
            change(classes={"kind": "str", "values": [1]}),
            r"values\[0\]: expected a string",
        ),
        (
            change(classes={"kind": "int", "values": [True]}),
            r"values\[0\]: expected an integer",
        ),
        (change(classes={"kind": "int", "values": [10**30]}), "integers of 64 bits"),
        (change(classes={"kind": "any", "values": []}), "kind: expected one of str"),
        (lambda document: [document], "expected a JSON object"),
        (lambda document: {}, "got null version null"),
    ],
)
def test_what_was_not_saved_is_not_loaded(
    tmp_path: Path, changed: Any, message: str
) -> None:
    FITTED.save(tmp_path / "one")
    file = tmp_path / "one" / ESTIMATOR
    file.write_text(json.dumps(changed(json.loads(file.read_text()))))
    with pytest.raises(SchemaError, match=message):
        TransformerProgramClassifier.load(tmp_path / "one")


def test_folders_without_an_estimator(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="that an estimator was saved in, found n"):
        TransformerProgramClassifier.load(tmp_path)
    FITTED.save(tmp_path / "one")
    with pytest.raises(SchemaError, match="expected kind 'TransformerProgramTagger'"):
        TransformerProgramTagger.load(tmp_path / "one")
    (tmp_path / "one" / ESTIMATOR).write_text("{")
    with pytest.raises(SchemaError, match="not JSON"):
        TransformerProgramClassifier.load(tmp_path / "one")


def test_pickles_hold_plain_data() -> None:
    state = FITTED.__getstate__()
    assert isinstance(state["program_"], str)
    assert isinstance(FITTED.program_, Runnable)
    known = (dict, list, tuple, str, int, float, bool, type(None), np.ndarray)
    assert all(isinstance(value, (*known, np.generic)) for value in state.values())
    same(FITTED, pickle.loads(pickle.dumps(FITTED)))
    same(FITTED, copy.deepcopy(FITTED))
    with pytest.raises(SchemaError, match=r"TransformerProgramClassifier\.program_"):
        classifier().__setstate__(state | {"program_": "{}"})


def test_a_loaded_estimator_predicts_without_torch(tmp_path: Path) -> None:
    FITTED.save(tmp_path / "one")
    (tmp_path / "one.pickle").write_bytes(pickle.dumps(FITTED))
    script = """
import pickle, sys
import transformer_programs as tp
assert "sklearn" not in sys.modules
folder = sys.argv[1]
loaded = tp.TransformerProgramClassifier.load(folder + "/one")
unpickled = pickle.load(open(folder + "/one.pickle", "rb"))
for estimator in (loaded, unpickled):
    assert list(estimator.predict(["a", "b"])) == ["with", "without"]
print(sorted({"torch", "safetensors", "optuna"} & sys.modules.keys()))
"""
    command = [sys.executable, "-W", "ignore", "-c", script, str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("[]\n", "")


def test_large_tables_are_saved_beside_the_program(tmp_path: Path) -> None:
    words = ["".join(t) for t in itertools.product("abcdefghi", repeat=3)]
    texts = [" ".join(words[i : i + 6]) for i in range(0, 600, 3)]
    kinds = ["xy"[i % 2] for i in range(len(texts))]
    model = TransformerProgramClassifier(
        training={"steps": 2, "restarts": 1}, shorten=False
    )
    model.fit(texts, kinds).save(tmp_path / "model")
    command = [sys.executable, str(tmp_path / "model" / "program.py"), *words[:3]]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.stderr == ""
    assert done.stdout.strip() == model.predict([" ".join(words[:3])])[0]
