"""The examples run, and print the right gradients."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


def output(name):
    done = subprocess.run([sys.executable, EXAMPLES / name], capture_output=True, text=True, timeout=300)
    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout.splitlines()


def test_all_are_tested():
    assert {path.name for path in EXAMPLES.glob("*.py")} == {*EXPECTED, "tied_linear.py"}


def test_tied_linear():
    lines = output("tied_linear.py")
    grads = [line for line in lines if line.startswith("  grad")]
    assert len(grads) == 5 and len(set(grads)) == 1
    assert [line.split()[-1] for line in lines if line.startswith("  4 * x")] == ["True"] * 5
    assert [line.partition("strides ")[2] for line in lines if ": W is" in line] == ["(4, 1)", "(0, 1)", "(0, 1)", "(4, 1)", "(1, 4)"]
    assert lines[-3:] == ["tiedLinear()", "weight tensor([8., 8., 8., 8.])", "bias tensor([2., 2., 2., 2.])"]


EXPECTED = {
    "train_tied.py": [
        "  largest distance to the goal below 1e-3: True",
        "gradcheck     True",
        "gradgradcheck True",
    ],
    "tied_autoencoder.py": [
        "parameters: ['weight', 'encoder_bias', 'decoder_bias']",
        "grad is the sum of both uses: True",
    ],
    "tied_embedding.py": [
        "parameters: [('embedding.weight', (7, 5)), ('hidden.weight', (5, 5)), ('hidden.bias', (5,))]",
        "one tensor: True",
        "predicted: [1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6]",
        "rows with a gradient: [True, True, True, True, True, True, True]",
    ],
    "repeat_function.py": [
        "        [1., 2., 3.]], grad_fn=<RepeatBackward>)",
        "grad tensor([18., 22., 26.])",
        "the same as repeat's own: True",
        "gradcheck     True",
        "gradgradcheck True",
        "a wrong backward: Jacobian mismatch for output 0 with respect to input 0",
    ],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_example(name):
    lines = output(name)
    assert [line for line in EXPECTED[name] if line not in lines] == []
