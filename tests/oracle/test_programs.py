"""Small programs print on ctgrad what they print on PyTorch, or raise an exception of the same class."""

import functools
import json
import subprocess
import sys
from pathlib import Path

import pytest
from transcribe import load

HERE = Path(__file__).parent
FILES = sorted((HERE / "programs").glob("*.py"))
CASES = [(path.stem, i) for path in FILES for i in range(len(load(path)))]


@functools.cache
def transcripts(library):
    """The transcripts of each file's programs, and what the process wrote beside them."""
    runner = [sys.executable, *(["-m", "ctgrad"] if library == "ctgrad" else [])]
    done = subprocess.run([*runner, str(HERE / "transcribe.py"), *map(str, FILES)], capture_output=True, text=True, timeout=600)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {path.stem: [transcript for name, transcript in lines if name == str(path)] for path in FILES}, done.stderr


@pytest.mark.parametrize(("name", "number"), CASES, ids=[f"{name}-{number}" for name, number in CASES])
def test_program(name, number):
    expected = transcripts("torch")[0][name][number]
    of_files, errors = transcripts("ctgrad")
    lines = of_files[name]
    assert number < len(lines), f"the process ended in this program or an earlier one of its file:\n{errors}"
    differences = [
        f">>> {text}\nPyTorch: {shown} {message}\nctgrad:  {ours} {our_message}"
        for (text, shown, message), (_, ours, our_message) in zip(expected, lines[number], strict=True)
        if shown != ours
    ]
    assert not differences, "\n\n".join(differences)
