"""docs/architecture.md is true: its row is the repository's, its worked example works."""

import pathlib
import re

import ctgrad
from ctgrad.autograd import gradcheck, gradgradcheck
from ctgrad.composed import registry

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs" / "architecture.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.S)


def test_the_row_shown_is_the_row_there():
    rows = (ROOT / "csrc" / "table" / "unary.def").read_text().splitlines()
    shown, = [line for block in blocks("c") for line in block.splitlines() if line.startswith("UNARY(")]
    assert re.sub(r"\s+", " ", shown) in {re.sub(r"\s+", " ", row) for row in rows}


def test_the_worked_example_works():
    example, = [block for block in blocks("python") if "@composed" in block]
    exec(compile(example, "docs/architecture.md", "exec"), {})
    x = ctgrad.tensor([-2.0, -0.5, 1.0, 3.0], dtype=ctgrad.float64, requires_grad=True)
    try:
        assert x.softsign().tolist() == (x / (1 + x.abs())).tolist()
        assert gradcheck(registry["softsign"], [x]) and gradgradcheck(registry["softsign"], [x])
    finally:
        del registry["softsign"], ctgrad.Tensor.softsign


def test_every_room_is_described():
    for room in (ROOT / "csrc").iterdir():
        assert f"`{room.name}/`" in TEXT


def test_every_file_named_exists():
    for name in set(re.findall(r"`((?:base|array|kernel|tape|ops|py)/[\w.]+)`", TEXT)):
        assert (ROOT / "csrc" / name).exists(), name
