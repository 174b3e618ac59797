"""Published PyTorch scripts run unchanged through `python -m ctgrad` and print what PyTorch prints.

The scripts are not part of the repository; where the folder beside it is absent, one of our own of the same structure
takes their place.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve()
FOLDER = HERE.parents[3] / "shared" / "scripts"
SCRIPTS = [FOLDER / "custom_function" / "polynomial_custom_function.py", HERE.parent / "custom_cubic.py"]
# Seeded from outside: the script draws without a seed.
SEEDED = "import runpy, sys, torch; torch.manual_seed(0); runpy.run_path(sys.argv[1], run_name='__main__')"


def lines(*command, cwd=None):
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=600, cwd=cwd)
    assert done.returncode == 0, done.stderr
    shown = re.sub(r"<(\w+\.)*(\w+) object at 0x\w+>", r"<\2>", done.stdout)
    return re.sub(r"time: *[\d.]+s|ms/batch *[\d.]+", "", shown).splitlines()


@pytest.mark.parametrize("script", [s for s in SCRIPTS if s.exists()], ids=lambda s: s.stem)
def test_script(script):
    assert lines("-m", "ctgrad", script) == lines(script)


@pytest.mark.skipif(not FOLDER.exists(), reason="the published scripts are not beside the repository")
def test_neural_networks():
    script = FOLDER / "neural_networks" / "neural_networks_tutorial.py"
    assert lines("-m", "ctgrad", "-c", SEEDED, script) == lines("-c", SEEDED, script)


# With its learning rate of 20 the script magnifies the last bits of a product: PyTorch itself prints other numbers for the
# Transformer on one thread than on two. At a smaller rate all print the same.
@pytest.mark.skipif(not FOLDER.exists(), reason="the published scripts are not beside the repository")
@pytest.mark.parametrize("model", [["LSTM", "--tied"], ["LSTM", "--nlayers", "2", "--lr", "1"], ["GRU", "--tied", "--lr", "1"], ["RNN_TANH", "--lr", "1"], ["Transformer", "--lr", "0.1"]], ids=" ".join)
def test_word_language_model(model, tmp_path):
    shutil.copytree(FOLDER / "word_language_model", tmp_path / "model")
    command = ["main.py", "--data", "data_small", "--emsize", "32", "--nhid", "32", "--nlayers", "1", "--epochs", "1", "--log-interval", "10", "--save", "model.pt", "--model", *model]
    assert lines("-m", "ctgrad", *command, cwd=tmp_path / "model") == lines(*command, cwd=tmp_path / "model")
