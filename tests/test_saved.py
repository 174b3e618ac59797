"""Hooks on what nodes keep: saved_tensors_hooks, SavedTensor, grad_fn._saved_x."""

import gc
import threading
import weakref
import zlib

import numpy as np
import pytest

import ctgrad as torch
from ctgrad import _C
from ctgrad.autograd.graph import disable_saved_tensors_hooks, save_on_cpu, saved_tensors_hooks

from .test_ops import CASES, NUMBERED, call, flat, tensors_of


def as_numbers():
    """Packed into NumPy arrays, unpacked into fresh tensors."""
    return saved_tensors_hooks(
        lambda t: (t.dtype, (t.float() if t.dtype == torch.bfloat16 else t).detach().numpy().copy()),
        lambda p: torch.tensor(p[1]).to(p[0]),
    )


def leaf(*numbers):
    return torch.tensor(numbers, dtype=torch.float64, requires_grad=True)


# ---- every op ----------------------------------------------------------------------------------------------------
def gradients(name, c, packed, expand):
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    torch.manual_seed(3)
    args = tensors_of(c.args, "float64", rng, grad=True)
    inputs = [t for t in flat(args) if isinstance(t, torch.Tensor) and t.requires_grad]
    seen = [t.expand(t.shape) * 1 if expand else t for t in inputs]
    swap = dict(zip(map(id, inputs), seen, strict=True))
    args = [[swap.get(id(t), t) for t in a] if isinstance(a, list) else swap.get(id(a), a) for a in args]
    with as_numbers() if packed else saved_tensors_hooks(lambda t: t.detach(), lambda t: t) if expand else disable_saved_tensors_hooks("none"):
        outputs = [t for t in flat(call(name, args, c.kwargs)) if isinstance(t, torch.Tensor) and t.requires_grad]
    if not outputs:
        return None
    found = torch.autograd.grad(outputs, inputs, [torch.linspace(1, 2, t.numel(), dtype=t.dtype).view(t.shape) for t in outputs], allow_unused=True)
    return [None if g is None else g.numpy() for g in found]


@pytest.mark.parametrize("name,number", NUMBERED)
def test_gradients_from_packed_values(name, number):
    c = CASES[name][number]
    if not c.grad:
        return
    plain, packed, itself = (gradients(name, c, *how) for how in ((False, False), (True, False), (False, True)))
    for other in (packed, itself):
        assert (plain is None) == (other is None)
        for a, b in zip(plain or (), other or (), strict=True):
            assert (a is None) == (b is None)
            if a is not None:
                np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


# ---- what hooks see ------------------------------------------------------------------------------------------------
def test_what_is_packed_and_when_it_is_unpacked():
    seen, x = [], leaf(1, 2)
    with saved_tensors_hooks(lambda t: seen.append((t, t.grad_fn, torch.is_grad_enabled())) or t, lambda t: seen.append("read") or t):
        h = x * 3
        y = (h * x).exp()
        (y * 2).sum()
    tensors = [t for t, _, _ in seen]
    assert len(seen) == 3 and tensors[0] is x  # other, then self
    assert [t.tolist() for t in tensors] == [[1, 2], [3, 6], y.tolist()]
    assert [None if fn is None else fn.name() for _, fn, _ in seen] == [None, "MulBackward0", "ExpBackward0"]
    assert not any(recorded for _, _, recorded in seen)
    seen.clear()
    y.sum().backward()
    assert seen == ["read"] * 3
    np.testing.assert_allclose(x.grad, 6 * x.detach() * y.detach())


def test_parameters_are_packed_as_themselves():
    seen, lin = [], torch.nn.Linear(2, 2)
    with saved_tensors_hooks(lambda t: seen.append(t) or t, lambda t: t):
        torch.ones(2, 2).requires_grad_() * lin.weight
    assert any(t is lin.weight for t in seen)


def test_nothing_is_packed_outside_of_recording_and_after_the_block():
    seen, x = [], leaf(1, 2)
    with saved_tensors_hooks(lambda t: seen.append(t), lambda t: t):
        with torch.no_grad():
            x * x
        x.detach() * x.detach()
        x * 3
    x * x
    assert not seen


def test_the_innermost_hooks_count():
    x = leaf(1, 2)
    with saved_tensors_hooks(lambda t: 10 * t, lambda t: t):
        with saved_tensors_hooks(lambda t: 2 * t, lambda t: t):
            a = x * x
        b = x * x
    assert torch.autograd.grad(a.sum(), x)[0].tolist() == [4, 8]
    assert torch.autograd.grad(b.sum(), x)[0].tolist() == [20, 40]


def test_second_derivatives_go_through_hooks_too():
    x = leaf(1, 2)
    with saved_tensors_hooks(lambda t: 2 * t, lambda t: t / 2):
        (g,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    assert g.tolist() == [3, 12]
    assert torch.autograd.grad(g.sum(), x)[0].tolist() == [6, 12]


def test_a_second_backward():
    x = leaf(1, 2)
    with as_numbers():
        y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [4, 8]
    with pytest.raises(RuntimeError, match="a second time"):
        y.backward()


def test_later_writes_are_not_noticed():
    x = leaf(1, 2)
    h = x * 1
    with save_on_cpu():
        y = h * h
    with torch.no_grad():
        h.zero_()
    y.sum().backward()
    assert x.grad.tolist() == [0, 0]


def test_another_dtype_or_layout_is_put_right():
    x = torch.randn(3, 4, requires_grad=True)
    w = torch.ones(4, requires_grad=True)

    def run(hooks):
        with hooks:
            y = torch.nn.functional.layer_norm(x.softmax(1), (4,), w).max(1)[0]
        return torch.autograd.grad(y.sum(), [x, w])
    plain = run(saved_tensors_hooks(lambda t: t.detach(), lambda t: t))
    for change in (torch.Tensor.double, lambda t: t.repeat_interleave(2, -1)[..., ::2], lambda t: t.mT.contiguous().mT):
        for a, b in zip(plain, run(saved_tensors_hooks(lambda t: t.detach(), lambda t, change=change: change(t) if t.dim() > 1 else t)), strict=True):
            assert torch.allclose(a, b, atol=1e-6)


# ---- errors --------------------------------------------------------------------------------------------------------
def refuse(*args):
    raise KeyError("no")


@pytest.mark.parametrize("pack,unpack,error", [
    (refuse, lambda t: t, KeyError),
    (lambda t: t, refuse, KeyError),
    (lambda t: t, lambda t: 3, TypeError),
    (lambda t: t, lambda t: None, TypeError),
    (lambda t: t, lambda t: torch.ones(7), RuntimeError),
    (lambda t: t.add_(1), lambda t: t, RuntimeError),
])
def test_hooks_that_fail(pack, unpack, error):
    x = leaf(1, 2)
    x.view(1, 2)
    gc.collect()
    before = _C._live()
    for f in (lambda x: (x * 1).exp().sum(), lambda x: torch.mm(x.view(1, 2) * 1, x.view(2, 1)).sum(), lambda x: (x * 1).exp_().sum(), lambda x: x.softmax(0).max(0)[0]):
        with pytest.raises(error), saved_tensors_hooks(pack, unpack):
            f(x).backward()
    x.grad = None
    for _ in range(3):  # a node that another holds is seen as garbage only once that one is gone
        gc.collect()
    assert _C._live() == before
    assert not (x * x).grad_fn._saved_self.grad_fn  # no hook is in force any more


def test_what_are_no_hooks():
    with pytest.raises(TypeError), saved_tensors_hooks(1, 2):
        pass
    with pytest.raises(RuntimeError):
        _C._pop_saved_tensors_default_hooks()


def test_disabling():
    with disable_saved_tensors_hooks("outer"):
        with disable_saved_tensors_hooks("inner"), pytest.raises(RuntimeError, match="inner"), save_on_cpu():
            pass
        with pytest.raises(RuntimeError, match="outer"), save_on_cpu():
            pass
        assert not _C._autograd._saved_tensors_hooks_is_enabled()
    with save_on_cpu(), pytest.raises(RuntimeError, match="here"), disable_saved_tensors_hooks("here"):
        pass
    assert _C._autograd._saved_tensors_hooks_is_enabled()


# ---- life ----------------------------------------------------------------------------------------------------------
def test_unpacking_may_release_the_node():
    """An unpack hook that goes back through the same graph frees what is being read."""
    x, found = leaf(1, 2), []

    def unpack(t):
        if not found:
            found.append(0)
            found.append(torch.autograd.grad(y, x)[0])
        return t.clone()
    with saved_tensors_hooks(lambda t: t.detach(), unpack):
        y = (x * 1).exp().sum()
    with pytest.raises(RuntimeError, match="a second time"):
        y.backward()
    np.testing.assert_allclose(found[1], np.exp([1, 2]))


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = x * x
        ctx.save_for_backward(x, y, None)
        return y

    @staticmethod
    def backward(ctx, g):
        x, y, none = ctx.saved_tensors
        assert y.grad_fn is ctx and none is None
        return g * 2 * x


@pytest.mark.parametrize("hooks", [as_numbers, save_on_cpu, lambda: saved_tensors_hooks(lambda t: [t], lambda p: p[0])])
def test_nothing_is_left(hooks):
    def step():
        x = torch.randn(3, 3, requires_grad=True)
        with hooks():
            y = Square.apply(x.softmax(0) @ x).exp().max(1)[0]
        y.sum().backward()
    step()
    gc.collect()
    before = _C._live()
    step()
    gc.collect()
    assert _C._live() == before


def test_a_cycle_through_what_was_packed_is_collected():
    def step():
        x = leaf(1, 2)
        box = []
        with saved_tensors_hooks(lambda t: box, lambda p: x):
            y = x * x
        box.append(y)
        y.register_hook(lambda g: None)
    step()
    gc.collect()
    before = _C._live()
    step()
    gc.collect()
    assert _C._live() == before


def test_graphs_that_nobody_goes_back_through_are_collected():
    """Also where hooks return what they got, which leads to the node that keeps it."""
    def step():
        x = torch.randn(3, requires_grad=True)
        with saved_tensors_hooks(lambda t: t, lambda t: t):
            Square.apply(x)
            x.exp()
            Square.apply(x).sigmoid()
    step()
    for _ in range(3):
        gc.collect()
    before = _C._live()
    step()
    for _ in range(3):
        gc.collect()
    assert _C._live() == before


def test_hooks_of_other_threads():
    x, seen = leaf(1, 2), []

    def work():
        with saved_tensors_hooks(lambda t: seen.append("there") or t, lambda t: t):
            x * x
    with saved_tensors_hooks(lambda t: seen.append("here") or t, lambda t: t):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        x.exp()
    assert seen == ["there", "there", "here"]


def test_no_memory_at_any_step():
    x = torch.randn(3, 3, requires_grad=True)

    def step():
        with saved_tensors_hooks(lambda t: t.detach().clone(), lambda t: t.double().t().contiguous().t()):
            y = Square.apply(x.softmax(0) @ x).exp().max(1)[0]
        return torch.autograd.grad(y.sum(), x)[0].tolist()
    want = step()
    gc.collect()
    before, at, failed = _C._live(), 0, True
    while failed:
        _C._fail_alloc(at)
        try:
            assert step() == want, at
        except (RuntimeError, MemoryError) as e:
            assert "not enough memory" in str(e), at
        finally:
            failed = _C._fail_alloc(-1)
        gc.collect()
        assert _C._live() == before, at
        at += 1
    assert at > 50


def test_hooks_hold_in_deeply_nested_runs():
    """Runs nested beyond what one stack holds are given another thread: the hooks in force are the same there."""
    class Nest(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, depth):
            ctx.depth = depth
            return x * 1

        @staticmethod
        def backward(ctx, g):
            with torch.enable_grad():
                x = leaf(1)
                inner = Nest.apply(x, ctx.depth - 1) if ctx.depth else x * x
            inner.backward()
            return g, None
    seen, x = [], leaf(1)
    with saved_tensors_hooks(lambda t: seen.append(t) or t, lambda t: t):
        Nest.apply(x, 120).backward()
    assert len(seen) == 2


# ---- grad_fn._saved_x -------------------------------------------------------------------------------------------------
def test_saved_values_by_name():
    x, w = leaf(1, 2), leaf(3, 4)
    y = x * w
    assert y.grad_fn._saved_self is x and y.grad_fn._saved_other is w
    assert y.exp().grad_fn._saved_result.grad_fn.name() == "ExpBackward0"
    assert (x * 3).grad_fn._saved_self is None and (x * 3).grad_fn._saved_other.item() == 3
    assert torch.mm(x.view(1, 2), w.view(2, 1)).grad_fn._saved_mat2.tolist() == [[3], [4]]
    assert x.max(0)[0].grad_fn._saved_indices.item() == 1
    assert {"_saved_self", "_saved_other", "_raw_saved_other", "name"} <= set(dir(y.grad_fn)) and "_saved_result" in dir(y.exp().grad_fn)
    assert [name for name in dir((x + w).grad_fn) if "saved" in name] == ["_saved_alpha"]
    for none in ("_saved_self", "_saved_result", "_raw_saved_self", "_saved_", "saved"):
        assert not hasattr((x + w).grad_fn, none)
    y.sum().backward()
    with pytest.raises(RuntimeError, match="a second time"):
        y.grad_fn._saved_self  # noqa: B018


def test_a_saved_value_that_was_written_meanwhile():
    y = leaf(1, 2).exp()
    y.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.grad_fn.next_functions[0][0]._saved_result  # noqa: B018


def test_hooks_on_one_saved_value():
    x = leaf(1, 2)
    y = x * x
    raw = y.grad_fn._raw_saved_self
    assert isinstance(raw, torch.autograd.SavedTensor)
    raw.register_hooks(lambda t: 5 * t, lambda t: t)
    assert y.grad_fn._saved_self.tolist() == [5, 10] and y.grad_fn._saved_other is x
    with pytest.raises(RuntimeError, match="already been set"):
        raw.register_hooks(lambda t: t, lambda t: t)
    with pytest.raises(TypeError):
        y.grad_fn._raw_saved_other.register_hooks(1, 2)
    with pytest.raises(RuntimeError, match="in place"):
        (x * 1).exp().grad_fn._raw_saved_result.register_hooks(lambda t: t.add_(1), lambda t: t)
    y.sum().backward()
    assert x.grad.tolist() == [6, 12]
    with pytest.raises(RuntimeError, match="freed"):
        raw.register_hooks(lambda t: t, lambda t: t)
    with pytest.raises(RuntimeError):
        torch.autograd.SavedTensor()


def test_hooks_on_what_a_function_saved():
    x = leaf(1, 2)
    y = Square.apply(x)
    first, second, third = y.grad_fn._raw_saved_tensors
    first.register_hooks(lambda t: 5 * t, lambda t: t)
    assert [t if t is None else t.tolist() for t in y.grad_fn.saved_tensors] == [[5, 10], [1, 4], None]
    with pytest.raises(RuntimeError, match="already been set"):
        first.register_hooks(lambda t: t, lambda t: t)
    with pytest.raises(RuntimeError, match="None"):
        third.register_hooks(lambda t: t, lambda t: t)
    second.register_hooks(lambda t: 1, lambda p: p)
    with pytest.raises(TypeError, match="expected to be a Tensor"):
        y.grad_fn.saved_tensors  # noqa: B018
    y = Square.apply(x)
    raw = y.grad_fn._raw_saved_tensors[0]
    y.sum().backward()
    with pytest.raises(RuntimeError, match="freed"):
        raw.register_hooks(lambda t: t, lambda t: t)


# ---- the objects that are shown ------------------------------------------------------------------------------------
def test_a_kept_input_is_shown_by_its_object_while_that_shows_it():
    h, c = leaf(1, 2) * 3, leaf(5, 7).detach()
    fn = (h * h + h * c).grad_fn
    one = fn.next_functions[0][0]
    assert one._saved_self is h
    assert one._saved_other is h
    del h
    shown = one._saved_self
    assert torch.equal(shown, torch.tensor([3.0, 6.0], dtype=torch.float64))
    assert one._saved_other is shown  # at home now
    del shown
    gc.collect()
    assert one._saved_self.tolist() == [3, 6]


@pytest.mark.parametrize("other", [lambda c: setattr(c, "data", torch.zeros(3)), lambda c: c.unsqueeze_(0), lambda c: c.resize_(5)])
def test_an_object_that_shows_other_numbers_by_now_is_not_what_was_kept(other):
    x, c = leaf(1, 2), torch.ones(2, dtype=torch.float64)
    fn = (x * c).grad_fn
    assert fn._saved_other is c
    other(c)
    try:
        assert fn._saved_other is not c
        assert fn._saved_other.shape == (2,)
    except RuntimeError as error:
        assert "modified" in str(error)
    del c
    gc.collect()
    try:
        assert fn._saved_other.tolist() == [1, 1]
    except RuntimeError as error:
        assert "modified" in str(error)


def test_an_object_that_ends_is_not_found_any_more():
    class Last:
        def __del__(self):
            seen.append(fn._saved_other)

    seen, x, c = [], leaf(1, 2), torch.ones(2, dtype=torch.float64)
    fn = (x * c).grad_fn
    weakref.finalize(c, lambda: seen.append(fn._saved_other))
    c.last = Last()
    assert fn._saved_other is c
    del c
    gc.collect()
    assert [i.tolist() for i in seen] == [[1, 1], [1, 1]]
    assert not any(hasattr(i, "last") for i in seen)


def test_what_a_function_saved_keeps_its_attributes_and_no_cycle():
    class Times(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a, b):
            ctx.save_for_backward(a, b)
            return a * b

        @staticmethod
        def backward(ctx, g):
            return g, g

    a = leaf(1, 2) * 3
    a.mark = "m"
    o = Times.apply(a, a)
    a.result = o  # a cycle: a, o, its node, what that saved
    gone = weakref.ref(a)
    assert o.grad_fn.saved_tensors[0] is a
    del a
    assert o.grad_fn.saved_tensors[1].mark == "m"
    del o
    gc.collect()
    assert gone() is None
