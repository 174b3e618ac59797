"""Grad modes as context managers and decorators, of functions, generators and coroutines."""

import asyncio

import ctgrad as torch
import pytest

on = torch.is_grad_enabled


@pytest.fixture(autouse=True)
def unchanged():
    assert on() and not torch.is_inference_mode_enabled()
    yield
    assert on() and not torch.is_inference_mode_enabled()


def test_contexts_nest():
    with torch.no_grad():
        assert not on()
        with torch.enable_grad():
            assert on()
            with torch.set_grad_enabled(False):
                assert not on()
            assert on()
        assert not on()


def test_contexts_end_with_an_exception():
    with pytest.raises(KeyError), torch.no_grad():
        raise KeyError


def test_set_grad_enabled_acts_at_once():
    guard = torch.set_grad_enabled(False)
    assert not on()
    with guard:
        assert not on()
    assert on()


@pytest.mark.parametrize("decorate", [torch.no_grad, torch.no_grad(), torch.inference_mode, torch.inference_mode()])
def test_decorated_functions_recurse(decorate):
    @decorate
    def f(n):
        return [on(), *(f(n - 1) if n else [])]

    assert f(3) == [False] * 4


def test_set_grad_enabled_decorates():
    @torch.set_grad_enabled(False)
    def f():
        return on()

    assert on()
    assert not f()


def test_generators():
    seen = []

    @torch.no_grad()
    def g():
        try:
            seen.append((yield on()))
            seen.append((yield on()))
        except ValueError:
            yield "caught", on()
        finally:
            seen.append(on())
        return 7

    it = g()
    assert next(it) is False and on()
    assert it.send("sent") is False and on()
    assert it.throw(ValueError) == ("caught", False)
    with pytest.raises(StopIteration) as end:
        next(it)
    assert end.value.value == 7
    assert seen == ["sent", False]
    it = g()
    next(it)
    it.close()
    assert seen[-1] is False


def test_coroutines():
    @torch.no_grad()
    async def f():
        await asyncio.sleep(0)
        return on()

    assert asyncio.run(f()) is False


def test_inference_mode():
    with torch.inference_mode():
        assert torch.is_inference_mode_enabled() and not on()
        with torch.inference_mode(False):
            assert not torch.is_inference_mode_enabled() and on()
        assert torch.is_inference_mode_enabled() and not on()


@pytest.mark.parametrize("mode", [1, None, "x"])
def test_wrong_modes(mode):
    with pytest.raises(TypeError):
        torch.set_grad_enabled(mode)
    with pytest.raises(TypeError), torch.inference_mode(mode):
        pass


def test_a_decorated_class_warns():
    with pytest.warns(FutureWarning):

        @torch.no_grad()
        class C:
            def __init__(self):
                self.on = on()

    assert C().on is False


def test_variable():
    x = torch.autograd.Variable(torch.ones(2), requires_grad=True)
    assert type(x) is torch.Tensor and x.requires_grad and isinstance(x, torch.autograd.Variable)
    assert not torch.autograd.Variable(x * 2).requires_grad
    assert not isinstance(3, torch.autograd.Variable)
    with pytest.raises(TypeError):
        torch.autograd.Variable([1])


def test_tensors_made_in_inference_mode_stay_out_of_the_tape():
    normal, leaf = torch.ones(2), torch.ones(2, requires_grad=True)
    with torch.inference_mode():
        made, view = torch.ones(2), normal.view(2, 1)
        made.add_(1)
        normal.add_(1)
    assert made.is_inference() and made.view(2, 1).is_inference() and made.detach().is_inference()
    assert not view.is_inference() and not normal.is_inference() and not made.clone().is_inference()
    with pytest.raises(RuntimeError, match="cannot be saved for backward"):
        made * leaf
    assert (made + leaf).requires_grad
    for write in (lambda: made.add_(1), lambda: made[0].zero_(), lambda: torch.add(normal, 1, out=made)):
        with pytest.raises(RuntimeError, match="Inplace update to inference tensor"):
            write()
    assert made.tolist() == [2.0, 2.0]
    with pytest.raises(RuntimeError, match="requires_grad=True on inference tensor"):
        made.requires_grad_()
    with pytest.raises(RuntimeError, match="version counter"):
        _ = made._version


def test_a_view_made_without_recording_may_not_be_written_with_it():
    x = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        v = x.view(2, 1)
        v.add_(1)
    assert v.requires_grad
    with pytest.raises(RuntimeError, match="no_grad mode"):
        _ = v.grad_fn
    with pytest.raises(RuntimeError, match="no_grad mode"):
        v.add_(1)
    assert x.tolist() == [2.0, 2.0]


def test_nothing_is_recorded_in_inference_mode_whatever_is_asked_for():
    x = torch.ones(1, requires_grad=True)
    with torch.inference_mode():
        assert not torch.is_grad_enabled()
        with torch.enable_grad():
            assert torch.is_grad_enabled() and not (x * 2).requires_grad
            with torch.inference_mode(False):
                assert (x * 2).requires_grad
            assert not (x * 2).requires_grad
        assert not torch.is_grad_enabled()
    assert torch.is_grad_enabled() and (x * 2).requires_grad


def test_inference_mode_resizes_what_requires_grad():
    a, b = torch.ones(2, 3, requires_grad=True), torch.ones(2, 3, requires_grad=True)
    with torch.inference_mode():
        assert a.resize_(2).shape == (2,) and b.resize_as_(a).shape == (2,) and a.requires_grad
    with torch.no_grad(), pytest.raises(RuntimeError, match="cannot resize variables that require grad"):
        a.resize_(1)
