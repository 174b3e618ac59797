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
def transcripts(name, library):
    """The transcripts of a file's programs, and how the process ended."""
    runner = [sys.executable, *(["-m", "ctgrad"] if library == "ctgrad" else [])]
    command = [*runner, str(HERE / "transcribe.py"), str(HERE / "programs" / f"{name}.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


@pytest.mark.parametrize(("name", "number"), CASES, ids=[f"{name}-{number}" for name, number in CASES])
def test_program(name, number):
    expected = transcripts(name, "torch")[0][number]
    lines, errors = transcripts(name, "ctgrad")
    assert number < len(lines), f"the process ended in this program or an earlier one:\n{errors}"
    differences = [
        f">>> {text}\nPyTorch: {shown} {message}\nctgrad:  {ours} {our_message}"
        for (text, shown, message), (_, ours, our_message) in zip(expected, lines[number], strict=True)
        if shown != ours
    ]
    assert not differences, "\n\n".join(differences)
