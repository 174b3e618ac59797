"""The tie law on every run: 10,000 random programs, hypothesis on top, and what the law is worth: it must see a mechanism that is wrong."""
import gc
import os

import pytest
from hypothesis import given, settings, strategies as st

import ctgrad
from ctgrad import _C
from tests import lawops, tielaw

pytestmark = pytest.mark.filterwarnings("ignore")
PROGRAMS, PARTS = int(os.environ.get("CTGRAD_LAW_PROGRAMS", 10_000)), 20


@pytest.mark.parametrize("part", range(PARTS))
def test_programs(part):
    per_part = PROGRAMS // PARTS
    for seed in range(part * per_part, (part + 1) * per_part):
        wrong = tielaw.check(seed)
        assert wrong is None, f"python -m tests.tielaw 1 {seed}\n{wrong}"


@pytest.mark.parametrize("part", range(2))
def test_programs_of_halves(part):
    """In float16, where sums that are rounded on the way would show."""
    for seed in range(part * 500, (part + 1) * 500):
        assert tielaw.check(seed, ctgrad.float16) is None, seed


@given(st.integers(PROGRAMS, 2**48))
@settings(max_examples=200, deadline=None)
def test_programs_of_any_seed(seed):
    assert tielaw.check(seed) is None


def test_switches_restore():
    assert _C._switches() == tielaw.SETTINGS
    tielaw.check(1)
    assert _C._switches() == tielaw.SETTINGS


def test_mechanisms_take_part():
    """In most programs something is held compressed, and the programs reach what they are meant to."""
    compressed, seen = 0, set()
    for seed in range(200):
        _C._switches(*tielaw.ON)
        run = tielaw.Run(seed)
        log = run.run()
        _C._switches(*tielaw.SETTINGS)
        seen |= {entry[0] for entry in log if len(entry) == 9}
        compressed += any(_C._layout(t)["compressed"] for t in run.pool)
    assert compressed > 50
    assert seen >= {"expand", "matmul", "linear", "write", "hook", "stack_same", "repeat", "total", "gather", "index", "unfold", "first"}


def test_a_wrong_mechanism_is_seen(monkeypatch):
    """A product that forgets one of its terms, in the run with everything on alone."""
    right = ctgrad.Tensor.__matmul__

    def wrong(a, b):
        return right(a, b) * (1 if _C._switches() == tielaw.OFF else 2)
    monkeypatch.setattr(tielaw, "matmul", wrong)
    monkeypatch.setattr(tielaw, "FAMILIES", [[lambda run, t: wrong(t, t)], tielaw.VIEWS])
    monkeypatch.setattr(tielaw, "WEIGHTS", [1, 1])
    assert any(tielaw.check(seed) for seed in range(200))


def test_what_spreads_by_nothing_has_no_derivative_in_full():
    """In full, the mean of equal numbers may be off in its last bit; the root of such a variance is a residue whose derivative, some +-1, is noise.
    PyTorch's is the same. Computed once the spread is 0, and so is its derivative. The other way around is a mistake."""
    def program(setting):
        _C._switches(*setting)
        run = tielaw.Run(0)
        run.rounds = 1
        w = ctgrad.full((1,), 0.1, dtype=ctgrad.float64, requires_grad=True)
        spread = w.expand(6).clone().std(0)
        run.see("spread", spread)
        spread.backward()
        run.see("grad 0", w.grad)
        _C._switches(*tielaw.SETTINGS)
        return run.log
    once, full = program(tielaw.ON), program(tielaw.OFF)
    assert once[0][7] == once[1][7][0] == 0 and abs(full[1][7][0]) > 1
    assert tielaw.differs(once, full) is None
    assert tielaw.differs(full, once) is not None and tielaw.differs(once[1:], full[1:]) is not None


def test_ties_beside_a_rounded_product_are_none():
    """1, 1 and -2 times one product: its order, and fused steps, leave 0 or a residue, in PyTorch too; so do weights that sum to 1.
    Places of extremes follow it."""
    def log(name, *values):
        run = tielaw.Run(0)
        run.rounds = 1
        run.see(name, ctgrad.tensor(values, dtype=ctgrad.float64))
        run.see("running", ctgrad.cummax(ctgrad.tensor(values, dtype=ctgrad.float64), 0)[1])
        return run.log
    for residue, none in (((-1e-17, 3e-17, -6e-17), (0.0, 0.0, 0.0)), ((7e-17, 3e-17, 1.0), (-4e-17, 3e-17, 1.0)), ((1.0, 1 + 2**-52, 1.0), (1.0, 1.0, 1.0))):
        assert tielaw.differs(log("slid_product", *residue), log("slid_product", *none)) is None
        assert tielaw.differs(log("mean", *residue), log("mean", *none)) is not None


def settle():
    """A chain of cycles through hooks goes one cycle a collection."""
    for _ in range(30):
        gc.collect()


def test_nothing_is_left():
    tielaw.check(3)
    settle()
    before = _C._live()
    for seed in range(300):
        tielaw.check(seed)
    settle()
    after = _C._live()
    assert {k: after[k] - before[k] for k in ("arrays", "storages", "nodes")} == {"arrays": 0, "storages": 0, "nodes": 0}


def test_every_op_may_be_drawn():
    """The programs over the registry leave out what they say, and nothing else."""
    ops = {name for name in _C._ops if not name.endswith("_") or name[:-1] not in _C._ops}
    drawn = {name for name, (_, some) in lawops.CASES.items() if some}
    assert ops - drawn - lawops.LEFT_OUT <= {"rand", "randn", "randint", "randperm"}   # these have no operand that could repeat


def test_the_registry_is_reached():
    seen = set()
    for seed in range(1500):
        _C._switches(*tielaw.ON)
        seen |= {entry[1] for entry in tielaw.Run(seed).run() if entry[0] == "op"}
        _C._switches(*tielaw.SETTINGS)
    assert len(seen) > 0.8 * len(lawops.NAMES)
