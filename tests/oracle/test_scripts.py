"""Published PyTorch scripts run unchanged through `python -m ctgrad` and print what PyTorch prints.

The scripts are not part of the repository; where the folder beside it is absent, one of our own of the same structure
takes their place.
"""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve()
PUBLISHED = HERE.parents[3] / "shared" / "scripts" / "custom_function" / "polynomial_custom_function.py"
SCRIPTS = [PUBLISHED if PUBLISHED.exists() else None, HERE.parent / "custom_cubic.py"]


def lines(*command):
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("script", [s for s in SCRIPTS if s], ids=lambda s: s.stem)
def test_script(script):
    assert lines("-m", "ctgrad", script) == lines(script)
