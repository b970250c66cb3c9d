"""How much faster exports are than program.py: CPU seconds for the same inputs.

python benchmarks/export.py

Every file labels the same random inputs of the program's largest lengths, in a process
of its own; what starting it takes is not counted.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from transformer_programs.codegen import emit_in
from transformer_programs.runs import Program, load
from transformer_programs.verify import c_command, can_run_onnx, node_command

GALLERY = Path(__file__).parent.parent / "gallery"

PROGRAMS = ("sort-16", "hist-16", "dyck2-32", "most_freq-16", "induction-30")

SCRIPT = """\
import sys
from program import run
for line in sys.stdin:
    print(*run(line.split()))
"""

MODULE = """\
import { readFileSync } from "node:fs";
import { run } from "./program.mjs";
const lines = readFileSync(0, "utf8").split("\\n").slice(0, -1);
const found = lines.map((line) => run(line.split(" ").filter((x) => x)).join(" "));
console.log(found.join("\\n"));
"""

MODEL = """\
import json, sys
import numpy as np
import onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession("program.onnx", options)
stated = session.get_modelmeta().custom_metadata_map
ids = {token: i for i, token in enumerate(json.loads(stated["tokens"]))}
labels = json.loads(stated["labels"])
lines = [line.split() for line in sys.stdin]
for start in range(0, len(lines), 64):
    some = lines[start : start + 64]
    given = np.zeros((len(some), max(map(len, some))), dtype=np.int64)
    mask = np.zeros_like(given)
    for row, tokens in enumerate(some):
        given[row, : len(tokens)] = [ids[token] for token in tokens]
        mask[row, : len(tokens)] = 1
    inputs = {"input_ids": given, "attention_mask": mask}
    for row in session.run(["labels"], inputs)[0].tolist():
        print(" ".join([labels[i] for i in row if i >= 0]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--inputs", type=int, default=2_000)
    parser.add_argument("programs", nargs="*", default=PROGRAMS)
    chosen = parser.parse_args()
    print("CPU microseconds for an input, and how many times fewer than program.py")
    for name in chosen.programs:
        print(measured(load(GALLERY / name).program, chosen.inputs), flush=True)


def measured(program: Program, count: int) -> str:
    """A line with the time of each file; all must write the same."""
    rng = random.Random(0)
    least, most = program.input.max_bare_length // 2, program.input.max_bare_length
    lines = [
        " ".join(rng.choices(program.input.symbols, k=rng.randint(least, most)))
        for _ in range(count)
    ]
    with TemporaryDirectory() as folder:
        place = Path(folder)
        commands = {name: (command, n) for name, command, n in built(program, place)}
        found, texts = {}, set()
        for name, (command, times) in commands.items():
            nothing = min(seconds(command, [], place)[0] for _ in range(3))
            taken, text = seconds(command, lines * times, place)
            found[name] = (taken - nothing) / (count * times) * 1e6
            texts.add("\n".join(text.splitlines()[:count]))
    assert len(texts) == 1, "they write different labels"
    slow = found["py"]
    shown = [f"{n} {t:9.2f} ({slow / t:6.1f}x)" for n, t in found.items()]
    return f"{program.name:12} " + "  ".join(shown)


def built(program: Program, place: Path) -> list[tuple[str, list[str], int]]:
    """The commands that label lines, and how often they get them all."""
    for name, text in program.files.items():
        (place / name).write_text(text)
    (place / "ask.py").write_text(SCRIPT)
    commands = [("py", [sys.executable, "-B", "ask.py"], 1)]
    if (node := node_command()) is not None:
        (place / "program.mjs").write_bytes(emit_in(program.data, "js"))
        (place / "ask.mjs").write_text(MODULE)
        commands.append(("js", [*node, "ask.mjs"], 10))
    if can_run_onnx():  # 64 inputs at once
        (place / "program.onnx").write_bytes(emit_in(program.data, "onnx"))
        (place / "ask_onnx.py").write_text(MODEL)
        commands.append(("onnx", [sys.executable, "-B", "ask_onnx.py"], 50))
    if (compiler := c_command()) is not None:
        (place / "program.c").write_bytes(emit_in(program.data, "c"))
        options = ["-std=c11", "-O3", "program.c", "-o", "program"]
        subprocess.run([*compiler, *options], cwd=place, check=True)
        commands.append(("c", [str(place / "program")], 100))
    return commands


def seconds(
    command: Sequence[str], lines: Sequence[str], place: Path
) -> tuple[float, str]:
    """CPU seconds of a process that gets these lines, and what it writes."""
    (place / "lines").write_text("".join(f"{line}\n" for line in lines))
    with (place / "lines").open() as read, (place / "found").open("w") as written:
        process = subprocess.Popen(command, stdin=read, stdout=written, cwd=place)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command}: exit status {process.returncode}")
    return usage.ru_utime + usage.ru_stime, (place / "found").read_text()


if __name__ == "__main__":
    main()
