"""Published PyTorch scripts, run unchanged by both libraries in processes of their own: `--scripts DIR` says where they are."""

import os
import pathlib
import subprocess
import sys
import tempfile

from timing import LIBRARIES, Row

WORDS = "main.py --data data_small --emsize 32 --nhid 32 --nlayers 1 --epochs 1 --tied --log-interval 20 --save".split()
SCRIPTS = {  # name: (folder, words after the interpreter, words at the end)
    "neural_networks": ("neural_networks", ["neural_networks_tutorial.py"], []),
    "word_language_model, LSTM": ("word_language_model", WORDS, []),
    "word_language_model, Transformer": ("word_language_model", WORDS, ["--model", "Transformer"]),
}
place = None    # set by run.py


def runner(library, folder, words, last):
    command = [sys.executable, *(["-m", "ctgrad"] if library == "ctgrad" else []), *words]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}

    def run():
        with tempfile.TemporaryDirectory() as kept:
            full = [*command, *([os.path.join(kept, "model.pt")] if words[-1] == "--save" else []), *last]
            done = subprocess.run(full, cwd=pathlib.Path(place) / folder, capture_output=True, text=True, env=environment)
        if done.returncode:
            raise RuntimeError(f"{' '.join(full)}:\n{done.stderr}")
        return done.stdout
    return run


def rows(quick):
    """Whole processes, imports among them: what the user waits for."""
    for name, (folder, words, last) in SCRIPTS.items():
        if place:
            yield Row(name, {library: runner(library, folder, words, last) for library in LIBRARIES})
