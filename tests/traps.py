"""Folders and files that somebody made to do harm, and a process to open them in."""

from __future__ import annotations

import gzip
import json
import os
import resource
import shutil
import signal
import sys
import traceback
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from transformer_programs.data import file_hash
from transformer_programs.runs.certificates import read_certificate
from transformer_programs.runs.driver import train
from transformer_programs.system.files import TEXT_LIMIT
from transformer_programs.tasks.sources import TaskSource
from transformer_programs.verify.certificate import RecordedCheck
from transformer_programs.verify.result import CheckResult, Method
from transformer_programs.verify.specification import CheckRequest

MEMORY = 2 << 30
SECONDS = 60

BROKEN = {
    "deep": "[" * 200_000,
    "deep object": '{"format": ' * 200_000,
    "digits": '{"format": ' + "9" * 6000 + "}",
    "list": "[]",
    "null": "null",
    "nan": '{"format": NaN}',
    "strange": '{"format": {}, "version": [], "kind": 3}',
    "binary": "\x00\x01",
    "latin": b"\xff\xfe\xe9",
    "empty": "",
    "huge": None,
}
"""Texts that are not what they should be; None for a file above every limit."""


def write(file: Path, text: str | bytes | None) -> None:
    """Write a broken text, also in place of a link."""
    file.unlink(missing_ok=True)
    if text is None:
        with file.open("wb") as opened:
            opened.truncate(100 << 30)  # a hole: it takes no room
    elif isinstance(text, str):
        file.write_text(text + "\n", encoding="utf-8")
    else:
        file.write_bytes(text + b"\n")


def make_run(place: Path) -> Path:
    """A run folder as it should be, learned from a task."""
    source = TaskSource("hist", size=200, vocabulary_size=5, max_length=5)
    train(source, learner="search", out=place)
    return place


def change_json(file: Path, change: Callable[[Any], Any]) -> None:
    document = change(json.loads(file.read_text(encoding="utf-8")))
    file.write_text(json.dumps(document), encoding="utf-8")


def canary(place: Path) -> str:
    """Python that leaves a trace when it is executed."""
    return f"open({str(place)!r}, 'w').close()\n"


class Traps:
    """Copies of a run, each with a trap in it.

    Args:
        folder: an empty folder to make them in.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "given"
        self.outside = folder / "outside"
        self.canary = self.outside / "sprung"
        self.folder.mkdir()
        (self.outside / "kept").mkdir(parents=True)
        (self.outside / "kept" / "file").write_text("kept")
        self.evil = self.folder / "evil.py"
        self.evil.write_text(canary(self.canary) + "def f(tokens): return tokens\n")
        self.good = make_run(self.folder / "good")
        self._number = 0

    def copy(self) -> Path:
        self._number += 1
        place = self.folder / f"run{self._number}"
        shutil.copytree(self.good, place)
        return place

    def state(self) -> dict[str, bytes | None]:
        """What lies outside: it must not change."""
        return {
            str(file): None if file.is_dir() else file.read_bytes()
            for file in sorted(self.outside.rglob("*"))
        }

    def text(self) -> Path:
        """A ``program.py`` that does something else, with hashes that fit."""
        run = self.copy()
        file = run / "program.py"
        file.write_text(file.read_text() + canary(self.canary))
        change_json(
            run / "certificate.json", lambda x: x | {"file_sha256": file_hash(file)}
        )
        return run

    def tables(self) -> Path:
        """A ``tables.json`` that the program does not have."""
        run = self.copy()
        write(run / "tables.json", BROKEN["deep"])
        return run

    def task(self) -> Path:
        """A configuration that names a Python file as its task."""
        run = self.copy()
        source = {"kind": "task", "task": f"{self.evil}:x"}
        change_json(run / "config.json", lambda x: x | {"source": source})
        return run

    def question(self) -> Path:
        """A certificate that names a function of a Python file."""
        run = self.copy()
        file = run / "certificate.json"
        said = CheckResult("equal", Method.ENUMERATION, (1, 2), 3, 0.0)
        asked = CheckRequest("--against", f"{self.evil}:f", 10, None, False, 60.0)
        check = RecordedCheck(asked, file_hash(self.evil), said)
        file.write_text(read_certificate(file).with_check(check).to_json())
        return run

    def with_text(self, name: str, text: str | bytes | None) -> Path:
        """A run of which one file is broken."""
        run = self.copy()
        write(run / name, text)
        return run

    def source(self, **fields: object) -> Path:
        """A configuration that names other data."""
        run = self.copy()
        change_json(run / "config.json", lambda x: x | {"source": fields})
        return run

    def pipe(self, name: str) -> Path:
        """A run of which one file never ends."""
        run = self.copy()
        (run / name).unlink(missing_ok=True)
        os.mkfifo(run / name)
        return run

    def link(self, name: str, target: str | Path) -> Path:
        """A run of which one file leads elsewhere."""
        run = self.copy()
        (run / name).unlink(missing_ok=True)
        (run / name).symlink_to(target)
        return run

    def links(self) -> Path:
        """Links that lead elsewhere, also where files are written at first."""
        run = self.link("certificate.json", self.outside / "kept" / "file")
        (run / "metrics.jsonl").unlink()
        (run / "metrics.jsonl").symlink_to("/dev/zero")
        kept = self.outside / "kept"
        (run / "certificate.json.partial").symlink_to(kept / "file")
        for name in (f".{run.name}.partial", f".{run.name}-simplified.partial"):
            (run.parent / name).symlink_to(kept)
        (run.parent / f"{run.name}.svg").symlink_to(kept / "file")
        return run

    def lock(self) -> Path:
        """A folder of a stopped training whose lock leads elsewhere."""
        run = self.copy()
        for name in (f".{run.name}.partial", f".{run.name}-simplified.partial"):
            partial = run.parent / name
            partial.mkdir()
            (partial / ".lock").symlink_to(self.outside / "kept" / "file")
            shutil.copyfile(
                run / "model.safetensors", partial / "checkpoint.safetensors"
            )
        return run

    def sweep(self, name: str, text: str | bytes | None) -> Path:
        """The folder of a sweep with a broken file."""
        self._number += 1
        place = self.folder / f"sweep{self._number}"
        place.mkdir()
        write(place / name, text)
        return place

    def data(self) -> list[Path]:
        """Files of data and of word vectors."""
        place = self.folder / "data"
        if place.exists():  # another test has asked for them
            return sorted(place.iterdir())
        place.mkdir()
        with gzip.open(place / "zeros.jsonl.gz", "wb") as file:
            for _ in range(80):
                file.write(bytes(1 << 20))
        lines = gzip.compress(b"a,b\n" * (1 << 22))
        (place / "lines.csv.gz").write_bytes(lines * 4)
        (place / "vectors.txt.gz").write_bytes(lines * 4)
        (place / "vectors.bin").write_bytes(b"1 1000000000000\nword " + bytes(100))
        (place / "words.bin").write_bytes(b"2 2\n" + b"x" * (8 << 20))
        with zipfile.ZipFile(
            place / "vectors.npz", "w", zipfile.ZIP_DEFLATED
        ) as packed:
            header = np.lib.format.header_data_from_array_1_0(np.zeros((1, 1)))
            with packed.open("vectors.npy", "w") as array:
                np.lib.format.write_array_header_1_0(
                    array, header | {"shape": (1 << 40, 300)}
                )
            packed.writestr("words_utf8.npy", b"")
        (place / "deep.jsonl").write_text("[" * 200_000 + "\n")
        (place / "digits.jsonl").write_text(
            '{"text": "a", "label": ' + "9" * 6000 + "}\n"
        )
        os.mkfifo(place / "pipe.jsonl")
        (place / "device.csv").symlink_to("/dev/zero")
        return sorted(place.iterdir())


def in_limits(work: Callable[[], Any]) -> Any:
    """The result of a function, from a process with limits of memory and time."""
    read, written = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        status = 1
        try:
            signal.alarm(10 * SECONDS)  # for what waits, without work
            used = int(sum(resource.getrusage(resource.RUSAGE_SELF)[:2]))
            resource.setrlimit(resource.RLIMIT_CPU, (used + SECONDS,) * 2)
            resource.setrlimit(resource.RLIMIT_DATA, (_data() + MEMORY,) * 2)
            resource.setrlimit(resource.RLIMIT_FSIZE, (4 * TEXT_LIMIT,) * 2)
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            with os.fdopen(written, "w") as pipe:
                json.dump(work(), pipe)
            status = 0
        except BaseException:
            traceback.print_exc(file=sys.__stderr__)
        finally:
            os._exit(status)
    os.close(written)
    with os.fdopen(read) as pipe:
        found = pipe.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, f"ended with {status}: {found}"
    return json.loads(found)


def _data() -> int:
    """The bytes of memory that this process has by now."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) << 10
    return 0
