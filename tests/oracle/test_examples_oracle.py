"""The examples print, line by line, what they print on PyTorch."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parent.parent.parent / "examples").glob("*.py"))


def run(path):
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_example(path, tmp_path):
    text = path.read_text().replace("import ctgrad as torch", "import torch").replace("ctgrad", "torch")
    other = tmp_path / path.name
    other.write_text(text)
    assert run(path) == run(other)
