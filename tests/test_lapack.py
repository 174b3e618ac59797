"""The entry for LAPACK: what is no batch of matrices is refused before a routine gets an address, and our own loops say what the library says."""

import array
import itertools
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from ctgrad import _C

NAMES = {"getrf": "", "getrs": "N", "gesv": "", "sytrf": "L", "sytrs": "L", "potrf": "L", "potri": "L", "geqrf": "", "orgqr": "", "ormqr": "N", "trsm": "UNC", "laswp": "F"}
KINDS = {"a": "f", "s": "f", "r": "f", "t": "f", "p": "i", "i": "i", "q": "i", "o": "i"}
TAKES = {"getrf": "API", "getrs": "apR", "gesv": "APRI", "sytrf": "API", "sytrs": "apR", "potrf": "AI", "potri": "AI", "geqrf": "AT", "orgqr": "At", "ormqr": "atR", "trsm": "sR", "laswp": "qO"}
SHAPES = {"a": (3, 4, 4), "s": (3, 4, 4), "r": (3, 2, 4), "t": (3, 4), "p": (3, 4), "q": (3, 4), "o": (3, 4), "i": (3,)}


def operands(name, dtype=np.float32):
    """Operands that fit, of which the matrices are definite."""
    made = [np.ones(SHAPES[x.lower()], np.int32 if KINDS[x.lower()] == "i" else dtype) for x in TAKES[name]]
    for x, one in zip(TAKES[name], made, strict=True):
        if x.lower() in "as":
            one[:] = one + 3 * np.eye(4)
    return made


@pytest.mark.parametrize("name", NAMES)
def test_what_fits_is_done(name):
    for dtype in (np.float32, np.float64):
        assert _C._lapack(name, NAMES[name], *operands(name, dtype)) is True
        one = [x[0] if x.ndim > 1 else np.zeros((), np.int32) for x in operands(name, dtype)]
        assert _C._lapack(name, NAMES[name], *one) is True
        assert _C._lapack(name, NAMES[name], *[np.ascontiguousarray(x[:0]) for x in operands(name, dtype)]) is True
    assert _C._has_lapack(name) is (name != "laswp")


def wrongs(x):
    """Arrays like x, each with something wrong."""
    yield x.astype(np.int64 if x.dtype == np.int32 else np.int32)
    yield x.astype(np.float16)
    yield x.astype(x.dtype.newbyteorder())
    yield np.repeat(x, 2, -1)[..., ::2]
    yield x[..., ::-1]
    yield x[..., :-1].copy()
    yield x[:-1].copy()
    yield np.concatenate([x, x], -1)
    yield np.concatenate([x, x])
    yield np.float32(1)
    yield np.zeros((), x.dtype)
    yield np.zeros((0, *x.shape[1:]), x.dtype)
    odd = np.zeros(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    odd[:] = x
    yield odd
    yield from (None, 3, "text", [1.0], x.tolist(), bytes(x.nbytes), bytearray(x.nbytes), memoryview(x.tobytes()), array.array("d", [1.0] * x.size), object())


# Of these wrong shapes the routine and its other operands take: longer columns, fewer reflections, fewer pivots, more rows.
FITTING = {("getrf", 0): (3, 4, 8), ("geqrf", 0): (3, 4, 8), ("orgqr", 0): (3, 4, 8), ("orgqr", 1): (3, 3), ("ormqr", 1): (3, 3), ("laswp", 0): (3, 3), ("laswp", 1): (3, 8)}


@pytest.mark.parametrize("name", NAMES)
def test_wrong_arrays_are_refused(name):
    refused = 0
    for place in range(len(TAKES[name])):
        for wrong in wrongs(operands(name)[place]):
            given = operands(name)
            given[place] = wrong
            try:
                _C._lapack(name, NAMES[name], *given)
            except (ValueError, TypeError, BufferError):
                refused += 1
            else:
                assert wrong.shape == FITTING[name, place] and wrong.dtype == operands(name)[place].dtype
    assert refused >= 15 * len(TAKES[name])


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_must_be_writable(name):
    for place, letter in enumerate(TAKES[name]):
        given = operands(name)
        given[place].flags.writeable = False
        if letter.isupper():
            with pytest.raises((ValueError, BufferError)):
                _C._lapack(name, NAMES[name], *given)
        else:
            assert _C._lapack(name, NAMES[name], *given)


@pytest.mark.parametrize("name", NAMES)
def test_wrong_names_letters_and_counts(name):
    given = operands(name)
    for letters in ("", "X", "NN", "UNCU", "é", None, 3, NAMES[name] + "\0"):
        if letters != NAMES[name]:
            with pytest.raises(ValueError, match=name):
                _C._lapack(name, letters, *given)
    for several in (given[:-1], [*given, given[0]], []):
        with pytest.raises(ValueError, match="number of arrays"):
            _C._lapack(name, NAMES[name], *several)
    for other in ("", "gesvx", None, 3, name + "\0", "\ud800"):
        with pytest.raises((ValueError, UnicodeEncodeError)):
            _C._lapack(other, "", *given)
        with pytest.raises((ValueError, UnicodeEncodeError)):
            _C._has_lapack(other)
    with pytest.raises(TypeError):
        _C._lapack(name)


def test_pivots_are_places():
    for name, wrong in itertools.product(("getrs", "sytrs", "laswp"), (0, 5, 2**31 - 1, -2**31, -5)):
        for at in range(4):
            given = operands(name)
            given[0 if name == "laswp" else 1][1, at] = wrong
            with pytest.raises(ValueError, match="pivots"):
                _C._lapack(name, NAMES[name], *given)
    for blocks, right in (([-1, -1, 3, 4], True), ([1, -2, -2, 4], True), ([1, 2, 3, -4], False), ([-1, 2, -3, -4], False), ([-1, -2, -3, 4], False)):
        given = operands("sytrs")
        given[1][:] = blocks
        if right:
            assert _C._lapack("sytrs", "L", *given)
        else:
            with pytest.raises(ValueError, match="pivots"):
                _C._lapack("sytrs", "L", *given)
    order = np.zeros((3, 2), np.int32)
    with pytest.raises(ValueError, match="fewer rows"):
        _C._lapack("laswp", "F", np.ones((3, 4), np.int32), order)


def test_what_is_written_shares_no_memory():
    """Pivots that change while they are read would be no places in the matrix."""
    for name in TAKES:
        for one, other in itertools.combinations(range(len(TAKES[name])), 2):
            given = operands(name)
            if name == "trsm" or not (TAKES[name][one].isupper() or TAKES[name][other].isupper()):
                continue
            large, small = sorted((one, other), key=lambda at: -given[at].nbytes)
            shared = given[large].reshape(-1).view(given[small].dtype)[-given[small].size:].reshape(given[small].shape)
            shared[:] = given[small]
            given[small] = shared
            with pytest.raises(ValueError, match="shares memory"):
                _C._lapack(name, NAMES[name], *given)


def test_views_that_trsm_takes():
    """Lines of adjacent numbers, wherever they are; what lies between them is not read."""
    rng = np.random.default_rng(1)
    whole = rng.random((3, 9, 7)) + 2
    for a in (whole[:, :4, :4], whole[:, :4, :4].swapaxes(1, 2), whole[:, 2:6, 3:], np.broadcast_to(whole[0, :4, :4], (3, 4, 4)), whole[::2, :4, :4][[0, 1, 0]], whole[:, :1, :1]):
        n = a.shape[-1]
        for count, letters in itertools.product((3, 48), ("UNC", "LNC", "UNR", "LUR")):  # few matrices and many
            wide = np.broadcast_to(a[:1], (count, n, n)) if count > 3 else a
            b = rng.random((count, 2, n))
            x = b.swapaxes(1, 2).copy() if letters[2] == "R" else b.copy()
            assert _C._lapack("trsm", letters, wide, x)
            x = x.swapaxes(1, 2) if letters[2] == "R" else x
            of = wide.swapaxes(1, 2)
            of = np.triu(of) if letters[0] == "U" else np.tril(of)
            if letters[1] == "U":
                of = np.tril(of, -1) + np.eye(n)
            assert np.allclose(of @ x.swapaxes(1, 2), b.swapaxes(1, 2))
    for a in (whole[:, ::2, ::2][:, :4, :4], whole[:, :4, 3::-1], np.broadcast_to(np.ones(4), (3, 4, 4)), np.broadcast_to(1.0, (3, 4, 4)), np.broadcast_to(whole[0, :4, :4], (1, 3, 4, 4))):
        with pytest.raises(ValueError, match="trsm"):
            _C._lapack("trsm", "UNC", a, np.ones((3, 2, 4)))


def results(name, count, n, dtype):
    rng = np.random.default_rng(n)
    m = n + 2 if name in ("geqrf", "orgqr", "ormqr") else n
    a = (rng.random((count, n, m)) + np.eye(n, m)).astype(dtype)
    square = a[..., :n]
    right, infos = rng.random((count, 3, m)).astype(dtype), np.zeros(count, np.int32)
    pivots = rng.integers(1, n + 1, (count, n)).astype(np.int32)
    if name in ("potrf", "potri"):
        a = np.ascontiguousarray(square @ square.swapaxes(1, 2) + np.eye(n, dtype=dtype)) if name == "potrf" else a
        a[-1, 0, 0] = -1 if name == "potrf" else 0
    sizes = np.zeros((count, n), dtype)
    if name in ("orgqr", "ormqr"):
        _C._lapack("geqrf", "", a, sizes)
    if name in ("gesv", "getrf"):
        a[-1, :, 1:] = 0
    return {"A": a, "a": a, "s": a, "P": pivots, "p": pivots, "T": sizes, "t": sizes, "R": right, "I": infos}


@pytest.mark.parametrize("name, letters", [("getrf", ""), ("getrs", "N"), ("getrs", "T"), ("gesv", ""), ("potrf", "U"), ("potrf", "L"), ("potri", "U"), ("potri", "L"), ("geqrf", ""),
                                           ("orgqr", ""), ("ormqr", "N"), ("ormqr", "T"), ("trsm", "UNC"), ("trsm", "LUC")])
@pytest.mark.parametrize("dtype, near", [(np.float32, 2e-4), (np.float64, 1e-11)])
def test_our_own_loops_say_what_the_library_says(name, letters, dtype, near):
    """For many small matrices, of which the last one is singular, and where there is no library."""
    for count, n in ((2, 1), (40, 1), (40, 2), (2, 5), (100, 5), (2, 30)):
        said = []
        for without in (True, False):
            _C._without_lapack(without)
            try:
                found = results(name, count, n, dtype)
                assert _C._lapack(name, letters, *[found[x] for x in TAKES[name]])
                said.append([found[x] for x in TAKES[name] if x.isupper()])
            finally:
                _C._without_lapack(False)
        for own, theirs in zip(*said, strict=True):
            last = len(own) - (name in ("gesv", "getrf", "potrf", "potri") and own.ndim == 3)
            assert np.allclose(own[:last], theirs[:last], rtol=near, atol=near)


def test_there_may_be_no_routine():
    _C._without_lapack(True)
    try:
        assert _C._lapack("sytrf", "L", *operands("sytrf")) is False and _C._has_lapack("trsm") is False and _C._lapack("getrf", "", *operands("getrf")) is True
    finally:
        _C._without_lapack(False)
    assert _C._has_lapack("trsm") is True


def test_threads_solve_at_once():
    a = np.random.default_rng(0).random((300, 20, 20)) + 3 * np.eye(20)
    made = [None] * 4

    def work(i):
        right = np.ones((300, 1, 20))
        for _ in range(5):
            right[:] = 1
            _C._lapack("gesv", "", a.copy(), np.empty((300, 20), np.int32), right, np.empty(300, np.int32))
        made[i] = right

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert all((x == made[0]).all() for x in made) and np.allclose((made[0] @ a)[:, 0], 1)


@pytest.mark.parametrize("library", ["0", "", "/no/such/library.so"])
def test_the_library_is_named_by_the_environment(library):
    """0 is no BLAS for products; what cannot be loaded is none."""
    code = ("from ctgrad import _C, linalg, eye\nimport ctgrad\n"
            "assert _C._has_lapack('getrf') is %r\n"
            "assert linalg.inv(2 * eye(3)).equal(eye(3) / 2) and linalg.qr(eye(30))[1].abs().sum() == 30\n" % (library != "/no/such/library.so"))
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "CTGRAD_BLAS": library}, timeout=60)
