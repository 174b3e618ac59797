"""The type stubs are what the ops say. That they are true is checked by mypy's stubtest in .ci/types."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import ctgrad
from ctgrad import _stubs

PACKAGE = Path(ctgrad.__file__).parent


def defined(text, within=None):
    """Name -> the signatures that a stub gives it, at the top or in a class."""
    body = ast.parse(text).body
    if within:
        body = next(node for node in body if isinstance(node, ast.ClassDef) and node.name == within).body
    names = {}
    for node in body:
        if isinstance(node, ast.FunctionDef):
            names.setdefault(node.name, []).append(f"({ast.unparse(node.args)}) -> {ast.unparse(node.returns)}")
        elif isinstance(node, ast.AnnAssign):
            names[node.target.id] = [ast.unparse(node.annotation)]
        elif isinstance(node, ast.ClassDef):
            names[node.name] = []
    return names


def test_the_stubs_are_fresh():
    """In a process of its own: what other tests import shows in the package."""
    done = subprocess.run([sys.executable, "-m", "ctgrad._stubs", "--check"], capture_output=True, text=True)
    assert (done.stderr, done.returncode) == ("", 0)


@pytest.mark.parametrize("name", ["py.typed", *_stubs.FILES])
def test_the_stubs_are_shipped(name):
    assert (PACKAGE / name).exists()


def test_nothing_public_is_left_out():
    stub = (PACKAGE / "_C.pyi").read_text()
    assert {name for name in vars(ctgrad._C) if not name.startswith("__")} <= {*defined(stub), "return_types"}
    members = {name for name in vars(ctgrad.Tensor) if not name.startswith("_")}
    assert members <= set(defined(stub, "Tensor"))


@pytest.mark.parametrize("within, name, signatures", [
    ("Tensor", "expand", ["(self, size: Sequence[_int], *, implicit: _bool=False) -> Tensor",
                          "(self, *size: _int, implicit: _bool=False) -> Tensor"]),
    ("Tensor", "mul_", ["(self, other: Tensor | _Number) -> Self"]),
    ("Tensor", "max", ["(self) -> Tensor", "(self, other: Tensor) -> Tensor",
                       "(self, dim: _int, keepdim: _bool=False) -> return_types.max"]),
    ("Tensor", "uniform_", ["(self, from_: _float=0.0, to: _float=1.0, *, generator: Generator | None=None) -> Self"]),
    (None, "exp", ["(input: Tensor, *, out: Tensor | None=None) -> Tensor"]),
    (None, "exp_", ["(input: Tensor) -> Tensor"]),
    (None, "sum", ["(input: Tensor, dim: _int | Sequence[_int] | None=None, keepdim: _bool=False, *, dtype: _DType | None=None, "
                   "out: Tensor | None=None) -> Tensor"]),
    (None, "split", ["(tensor: Tensor, split_size_or_sections: _int, dim: _int=0) -> tuple[Tensor, ...]",
                     "(tensor: Tensor, split_size_or_sections: Sequence[_int], dim: _int=0) -> tuple[Tensor, ...]"]),
    (None, "roll", ["(input: Tensor, shifts: _int | Sequence[_int], dims: _int | Sequence[_int] | None=()) -> Tensor"]),
    (None, "block_diag", ["(*tensors: Tensor) -> Tensor"]),
    (None, "multiply", ["(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None=None) -> Tensor"]),
    (None, "float", ["dtype"]),
])
def test_signatures_become_overloads(within, name, signatures):
    assert defined(_stubs.engine(), within)[name] == signatures


def test_a_member_that_nothing_tells_is_shown():
    assert _stubs._member_lines("get", dict.get) == ["def get(self, key: Any, default: Any = None, /) -> Any: ..."]
    assert _stubs._member_lines("flag", property()) == ["@property", "def flag(self) -> Any: ..."]
    assert _stubs._member_lines("level", 3) == ["level: Any"]
