"""What is set for the whole process, and constants."""

import math

import numpy as np
import pytest

import ctgrad


@pytest.fixture(autouse=True)
def restored():
    yield
    ctgrad.set_default_dtype(ctgrad.float32)
    ctgrad.use_deterministic_algorithms(False)
    ctgrad.set_float32_matmul_precision("highest")


def test_constants():
    assert (ctgrad.pi, ctgrad.e, ctgrad.inf, ctgrad.newaxis) == (math.pi, math.e, math.inf, None) and math.isnan(ctgrad.nan)
    assert ctgrad.ones(2)[:, ctgrad.newaxis].shape == (2, 1)
    assert ctgrad.version.cuda is None and ctgrad.version.__version__[0].isdigit()


@pytest.mark.parametrize(("obj", "name"), [
    (ctgrad.ones(1), "torch.FloatTensor"), (ctgrad.arange(2), "torch.LongTensor"), (3, "int"), (ctgrad.Size, "torch.Size"),
    (ctgrad.LongTensor, "torch.LongTensor"), (ctgrad.float32, "torch.dtype"), (ctgrad.nn.Linear(1, 1), "torch.nn.modules.linear.Linear")])
def test_typename(obj, name):
    assert ctgrad.typename(obj) == name


def test_what_other_packages_tell_pytorch_is_not_kept():
    assert ctgrad._C._log_api_usage_once("torchmetrics.metric") is None and ctgrad.cuda._initialized is False


def test_default_tensor_type():
    always = ctgrad.is_warn_always_enabled()
    ctgrad.set_warn_always(True)
    with pytest.warns(UserWarning, match="set_default_dtype") as told:
        ctgrad.set_default_tensor_type(ctgrad.FloatTensor)
    ctgrad.set_warn_always(always)
    assert told[0].filename == __file__
    ctgrad.set_default_tensor_type("torch.DoubleTensor")
    assert ctgrad.tensor(1.).dtype is ctgrad.float64
    ctgrad.set_default_tensor_type(ctgrad.FloatTensor)
    assert ctgrad.ones(1).dtype is ctgrad.float32
    for wrong, error in [("torch.LongTensor", TypeError), (3, TypeError), (ctgrad.float32, TypeError), ("torch.cuda.FloatTensor", TypeError),
                         ("torch.Nothing", AttributeError), ("FloatTensor", ModuleNotFoundError)]:
        with pytest.raises(error):
            ctgrad.set_default_tensor_type(wrong)


def test_default_device():
    ctgrad.set_default_device("cpu")
    ctgrad.set_default_device(None)
    assert ctgrad.get_default_device() == ctgrad.device("cpu")
    with pytest.raises(AssertionError):
        ctgrad.set_default_device("cuda")


def test_determinism_is_told_back():
    assert not ctgrad.are_deterministic_algorithms_enabled()
    ctgrad.use_deterministic_algorithms(True, warn_only=True)
    assert ctgrad.is_deterministic_algorithms_warn_only_enabled() and ctgrad.get_deterministic_debug_mode() == 1
    ctgrad.set_deterministic_debug_mode("error")
    assert ctgrad.are_deterministic_algorithms_enabled() and ctgrad.get_deterministic_debug_mode() == 2
    for wrong, error in [(7, RuntimeError), ("x", RuntimeError), (1.5, TypeError)]:
        with pytest.raises(error):
            ctgrad.set_deterministic_debug_mode(wrong)
    with pytest.raises(TypeError):
        ctgrad.use_deterministic_algorithms(3)


def test_precision_is_told_back():
    ctgrad.set_float32_matmul_precision("high")
    assert ctgrad.get_float32_matmul_precision() == "high"


# ---- old forms of views and memory ----------------------------------------------------------------------------------------
def test_resize_without_underscore():
    x = ctgrad.arange(6.).view(2, 3).requires_grad_()
    with pytest.warns(UserWarning, match="deprecated"):
        assert x.resize(3, 2).tolist() == [[0, 1], [2, 3], [4, 5]] and x.t().resize(6).tolist() == [0, 3, 1, 4, 2, 5]
        assert x.resize(6).shape == (6,) and x.resize_as(ctgrad.ones(3, 2)).requires_grad
        with pytest.raises(RuntimeError):
            x.resize(7)


def test_set_shows_a_part_of_a_storage():
    r = ctgrad.arange(10.)
    s = ctgrad.tensor(())
    assert s.set_(r.untyped_storage(), 1, (3,), (2,)) is s and s.tolist() == [1, 3, 5]
    s[0] = 7
    assert r[1] == 7 and s.untyped_storage() is r.untyped_storage()
    assert s.set_(r, 2, (2, 2)).tolist() == [[2, 3], [4, 5]]
    assert s.set_(r.untyped_storage()).shape == (10,) and s.set_(r).is_set_to(r) and s.set_().shape == (0,)
    for wrong, error in [(r.long(), RuntimeError), (3, TypeError)]:
        with pytest.raises(error):
            s.set_(wrong)
    with pytest.raises(RuntimeError):
        s.set_(r, 9, (2,))
    with pytest.raises(RuntimeError, match="leaf"):
        ctgrad.ones(2, requires_grad=True).set_(r)


@pytest.mark.parametrize(("dtype", "low", "high"), [(ctgrad.uint8, 0, 257), (ctgrad.uint8, -1, 3), (ctgrad.bool, 0, 3), (ctgrad.int32, 0, 2**31 + 1),
                                                    (ctgrad.int32, -2**31 - 1, 0), (ctgrad.float16, 0, 65506)])
def test_integers_that_the_dtype_cannot_hold_are_not_drawn(dtype, low, high):
    with pytest.raises(RuntimeError, match="out of bounds"):
        ctgrad.randint(low, high, (2,), dtype=dtype)
    with pytest.raises(RuntimeError, match="out of bounds"):
        ctgrad.zeros(2, dtype=dtype).random_(low, high)
    assert np.all(ctgrad.randint(0, 2, (5,), dtype=dtype).float().numpy() < 2)
