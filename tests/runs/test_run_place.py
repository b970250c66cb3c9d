from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest

from transformer_programs.errors import RunFolderError
from transformer_programs.runs import place as run_place
from transformer_programs.runs.folder import (
    Config,
)
from transformer_programs.runs.place import (
    free_folder,
    new_run,
    partial_folder,
    resumed_run,
    stopped_run,
)
from transformer_programs.settings import ModelSettings, Recipe
from transformer_programs.system import (
    CERTIFICATE,
    CHECKPOINT,
    CONFIG,
    LOCK,
    read_text,
    write_files,
)

OURS = Config("ours", None, Recipe(ModelSettings())).to_json()
NEW = OURS.replace("ours", "new")


def contents(folder: Path) -> set[str]:
    return {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()}


def write(run: Path, error: Any = None, *, force: bool = False, **texts: str) -> None:
    """A training that writes something, and then fails if there is an error."""
    with new_run(run, force=force) as folder:
        write_files(folder, {CONFIG: NEW} | texts)
        if error is not None:
            raise error


def stop(run: Path, *, force: bool = False) -> None:
    with pytest.raises(KeyboardInterrupt):
        write(run, KeyboardInterrupt(), force=force, **{CHECKPOINT: "state"})


def fail_to_resume(run: Path) -> None:
    with resumed_run(run) as folder:
        assert contents(folder) == {CONFIG, CHECKPOINT, LOCK}
        raise ZeroDivisionError


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run that is there."""
    run = tmp_path / "run"
    run.mkdir()
    write_files(run, {CONFIG: OURS})
    return run


def test_free_folders_are_numbered(tmp_path: Path) -> None:
    for expected in ("hist", "hist-2", "hist-3"):
        folder = free_folder(tmp_path, "hist")
        assert folder == tmp_path / expected
        folder.mkdir()
    partial_folder(tmp_path / "hist-4").mkdir()
    assert free_folder(tmp_path, "hist") == tmp_path / "hist-5"


def test_a_run_appears_when_it_is_complete(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "new"
    with new_run(run) as folder:
        write_files(folder, {CONFIG: NEW, "stray.partial": ""})
        (folder / "__pycache__").mkdir()
        assert not run.exists()
    assert contents(tmp_path) == {"runs/new/config.json"}
    assert [file.name for file in run.iterdir()] == [CONFIG]


def test_a_failed_run_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        write(tmp_path / "run", ZeroDivisionError())
    with pytest.raises(RunFolderError, match="cannot be written: disk full"):
        write(tmp_path / "run", OSError("disk full"))
    assert list(tmp_path.iterdir()) == []


def test_a_failed_training_keeps_its_checkpoint(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with pytest.raises(RunFolderError, match="disk full") as caught:
        write(run, OSError("disk full"), **{CHECKPOINT: "state"})
    (note,) = caught.value.__notes__
    assert note.endswith(f"is kept; go on with: tprog train --resume {run}")
    assert contents(tmp_path) == {
        f".run.partial/{name}" for name in (CONFIG, CHECKPOINT)
    }


def test_an_interrupted_run_keeps_its_checkpoint(tmp_path: Path) -> None:
    run = tmp_path / "my run"
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        write(run, KeyboardInterrupt())
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(KeyboardInterrupt, match=r"tprog train --resume '.*my run'$"):
        write(run, KeyboardInterrupt(), **{CHECKPOINT: "state", "stray.partial": ""})
    assert not run.exists()
    assert stopped_run(run) == partial_folder(run)
    with pytest.raises(ZeroDivisionError):
        fail_to_resume(run)
    with resumed_run(run) as folder:
        assert read_text(folder / CHECKPOINT) == "state"
        (folder / CHECKPOINT).unlink()
    assert contents(tmp_path) == {"my run/config.json"}
    with pytest.raises(RunFolderError, match="nothing to resume"):
        stopped_run(run)


def test_resuming_a_run_that_has_its_checkpoint(run: Path) -> None:
    write_files(run, {CHECKPOINT: "state"})
    partial_folder(run).mkdir()  # of a resumption that was killed
    write_files(partial_folder(run), {"stray.partial": ""})
    with pytest.raises(ZeroDivisionError):
        fail_to_resume(run)
    write_files(run, {CHECKPOINT: "older"})
    with resumed_run(run) as folder:
        assert read_text(folder / CHECKPOINT) == "state"
    assert contents(run.parent) == {"run/config.json", f"run/{CHECKPOINT}"}


def test_a_place_belongs_to_one_process(run: Path) -> None:
    write_files(run, {CHECKPOINT: "state"})
    with resumed_run(run) as folder:
        owner = f"process {os.getpid()} on {socket.gethostname()} is training into it"
        with pytest.raises(RunFolderError, match=owner):
            fail_to_resume(run)
        for force in (False, True):
            with pytest.raises(RunFolderError, match=owner if force else "--force"):
                write(run, force=force)
        assert contents(folder) == {CONFIG, CHECKPOINT, LOCK}
    write(run, force=True)


def test_what_a_dead_process_left_is_in_nobodys_way(tmp_path: Path) -> None:
    run = tmp_path / "run"
    partial_folder(run).mkdir()
    write_files(partial_folder(run), {LOCK: "process 1 on x", CONFIG: OURS})
    write(run)
    assert contents(tmp_path) == {"run/config.json"}
    assert read_text(run / CONFIG) == NEW


def test_without_locks_nothing_is_taken_for_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_place, "fcntl", None)
    run = tmp_path / "run"
    with (
        new_run(run) as folder,
        pytest.raises(RunFolderError, match="if none is running, remove it"),
    ):
        write(run)
    assert not folder.exists()
    write(run, force=True)
    assert contents(tmp_path) == {"run/config.json"}


def test_a_lock_that_is_moved_away_is_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    fcntl = pytest.importorskip("fcntl")
    flock = fcntl.flock

    def complete_first(*arguments: Any) -> None:
        partial_folder(run).rename(tmp_path / "completed")
        flock(*arguments)

    monkeypatch.setattr(fcntl, "flock", complete_first)
    with pytest.raises(RunFolderError, match="just left it; try again"):
        write(run)


def test_a_place_belongs_to_one_training(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with new_run(run) as folder:
        write_files(folder, {CONFIG: NEW})
        with pytest.raises(RunFolderError, match="is training into it; wait until"):
            write(run)
    stop(tmp_path / "other")
    with pytest.raises(RunFolderError, match=r"is there; --resume it, or .*--force"):
        write(tmp_path / "other")
    assert stopped_run(tmp_path / "other")
    write(tmp_path / "other", force=True)
    assert contents(tmp_path) == {"run/config.json", "other/config.json"}


def test_a_run_is_not_overwritten(run: Path) -> None:
    with pytest.raises(RunFolderError, match="--force"):
        write(run)
    with pytest.raises(ZeroDivisionError):
        write(run, ZeroDivisionError(), force=True)
    assert read_text(run / CONFIG) == OURS
    write(run, force=True)
    assert contents(run.parent) == {"run/config.json"}
    assert read_text(run / CONFIG) == NEW


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"thesis.tex": ""}, "not a run folder"),
        ({CONFIG: "{}"}, "not a run folder"),
        ({CONFIG: "no json"}, "not a run folder"),
        ({CONFIG: OURS, "thesis.tex": ""}, r"also holds thesis\.tex"),
    ],
)
def test_what_is_not_only_a_run_is_never_overwritten(
    texts: dict[str, str], message: str, force: bool, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    write_files(folder, texts)
    with pytest.raises(RunFolderError, match=message):
        write(folder, force=force)
    assert contents(tmp_path) == {f"folder/{name}" for name in texts}


def test_what_appears_meanwhile_is_spared(tmp_path: Path) -> None:
    run = tmp_path / "run"

    def write_beside_the_user() -> None:
        with new_run(run) as folder:
            write_files(folder, {CONFIG: NEW, CERTIFICATE: ""})
            run.mkdir()
            write_files(run, {"thesis.tex": "precious"})

    with pytest.raises(RunFolderError, match=r"complete run is in .*run\.partial"):
        write_beside_the_user()
    assert contents(tmp_path) == {
        *("run/thesis.tex", ".run.partial/config.json", ".run.partial/certificate.json")
    }
    shutil.rmtree(run)
    with pytest.raises(RunFolderError, match=r"complete run is in .*run\.partial"):
        write(run)


def test_a_file_is_spared(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("precious")
    with pytest.raises(RunFolderError, match="not a run folder"):
        write(file, force=True)
    with pytest.raises(RunFolderError, match="cannot be written"):
        write(file / "run")
    with pytest.raises(RunFolderError, match="cannot be written"):
        write(tmp_path / ("x" * 300))


def test_a_run_that_was_killed_while_it_was_moved(run: Path) -> None:
    partial = partial_folder(run)
    partial.mkdir()
    write_files(partial, {CONFIG: NEW, CHECKPOINT: "state", CERTIFICATE: "", LOCK: ""})
    run.rename(run.parent / ".run.old")
    with pytest.raises(RunFolderError, match="--resume it"):
        write(run)
    with resumed_run(run):
        pass
    assert contents(run.parent) == {"run/config.json", f"run/{CHECKPOINT}"}


def test_an_empty_folder_is_free(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    write(tmp_path / "run")
    assert contents(tmp_path) == {"run/config.json"}


def test_links_are_followed(run: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(run)
    write(link, force=True)
    assert link.is_symlink()
    assert read_text(run / CONFIG) == NEW


@pytest.mark.parametrize("place", [".", "..", "/"])
def test_the_current_folder_is_refused(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunFolderError, match="the current folder"):
        write(Path(place))


def test_a_failing_move_loses_nothing(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if self == partial_folder(run):
            raise PermissionError("denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(RunFolderError, match=r"denied.*complete run is in"):
        write(run, force=True)
    assert contents(run.parent) == {"run/config.json", ".run.partial/config.json"}
    assert read_text(run / CONFIG) == OURS
    assert run_place.partial_folder(run).is_dir()
