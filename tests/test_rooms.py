"""The source rules of docs/architecture.md, held by machine."""

import pathlib
import re

import pytest

import ctgrad

ROOT = pathlib.Path(__file__).resolve().parent.parent
CSRC = ROOT / "csrc"
ROOMS = {
    "table": set(),
    "base": {"base", "table"},
    "array": {"array", "base"},
    "kernel": {"kernel", "base", "table"},
    "tape": {"tape", "array", "base"},
    "ops": {"ops", "tape", "kernel", "array", "base", "table"},
    "py": {"py", "ops", "tape", "array", "base", "table"},
}
# py/ may ask which instruction set runs; everything else of kernel/ is below ops/.
# Its entry for LAPACK works on buffers, which are no arrays: below it is what a library has or a kernel does.
ALSO = {("py/lapack_calls.c", "kernel/dense.h"), ("py/module.c", "kernel/kernel.h"), ("py/debug.c", "kernel/kernel.h")}
SOURCES = sorted(p for p in CSRC.rglob("*") if p.suffix in (".c", ".h", ".inc", ".def"))
# Stubs (.pyi) are written by a program and may be long.
PYTHON = sorted((ROOT / "python").rglob("*.py")) + sorted((ROOT / "tests").rglob("*.py"))

pytestmark = pytest.mark.skipif(not CSRC.exists(), reason="the sources are not beside the tests")


def named(paths):
    return [pytest.param(p, id=str(p.relative_to(ROOT))) for p in paths]


@pytest.mark.parametrize("path", named(SOURCES))
def test_a_room_includes_only_what_it_may(path):
    room = path.relative_to(CSRC).parts[0]
    for target in re.findall(r'^\s*#\s*include\s+"([^"]+)"', path.read_text(), re.M):
        assert "/" in target, f"{path}: include by room: {target}"
        allowed = target.split("/")[0] in ROOMS[room] or (str(path.relative_to(CSRC)), target) in ALSO
        assert allowed, f"{path} ({room}) may not include {target}"


@pytest.mark.parametrize("path", named(p for p in SOURCES if p.relative_to(CSRC).parts[0] != "py"))
def test_python_stays_in_py(path):
    assert not re.search(r"\bPyObject\b|Python\.h", path.read_text())


def test_one_file_sees_numpy():
    users = [p.name for p in SOURCES if "numpy/arrayobject.h" in p.read_text()]
    assert users == ["numpy.c"]


@pytest.mark.parametrize("path", named(p for p in SOURCES if p.relative_to(CSRC).parts[0] == "kernel" and p.suffix in (".c", ".inc")))
def test_kernels_neither_fail_nor_allocate(path):
    found = re.findall(r"\b(ct_fail|ct_alloc|malloc|calloc|array_new)\s*\(", path.read_text())
    assert not found, found


@pytest.mark.parametrize("path", named(p for p in SOURCES if p.suffix != ".def" and p.name != "base.c"))
def test_one_allocator(path):
    assert not re.search(r"(?<![\w.])(malloc|calloc|realloc)\s*\(", path.read_text())


@pytest.mark.parametrize("path", named(SOURCES + PYTHON))
def test_a_file_has_at_most_500_lines(path):
    assert len(path.read_text().splitlines()) <= 500


def functions(text):
    """(name, lines) of each function body: from a line with a name and parentheses followed by '{' in the first column."""
    lines = text.splitlines()
    for i, line in enumerate(lines):
        if line == "{" and i and (m := re.search(r"(\w+)\([^()]*(?:\([^()]*\)[^()]*)*\)?[^()]*$", lines[i - 1])):
            end = next((k for k in range(i, len(lines)) if lines[k] == "}"), i)
            yield m.group(1), end - i - 1


@pytest.mark.parametrize("path", named(p for p in SOURCES if p.suffix == ".c"))
def test_a_function_has_at_most_60_lines(path):
    long = [(name, n) for name, n in functions(path.read_text()) if n > 60]
    assert not long, long


@pytest.mark.parametrize("path", named(SOURCES + sorted((ROOT / "python").rglob("*.py"))))
def test_nothing_is_left_unfinished(path):
    assert not re.search(r"\b(TODO|FIXME|XXX)\b", path.read_text())


@pytest.mark.parametrize("path", named(p for p in SOURCES if p.suffix == ".def" and p.stem in ("unary", "binary", "compare")))
def test_rows_are_never_wrapped(path):
    for line in path.read_text().splitlines():
        if re.match(r"(UNARY|BINARY|TEST|COMPARE)\(", line):
            assert line.endswith(")"), line


def test_every_op_has_a_docstring():
    for name, op in ctgrad._C._ops.items():
        for overload in op.overloads:
            assert len(overload["doc"]) > 3, name


def test_every_block_is_listed():
    listed = set(re.findall(r"^OP\((\w+)\)", (CSRC / "table" / "index.def").read_text(), re.M))
    for path in (CSRC / "ops").glob("*.c"):
        for name in re.findall(r"^(?:static )?const op op_(\w+) =", path.read_text(), re.M):
            assert name in listed, f"{path.name}: op_{name} is not in table/index.def"
