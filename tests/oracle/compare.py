"""One program of arrays on both libraries: results, gradients of two orders, texts."""

import warnings

import ctgrad
import numpy as np
import torch

LIBRARIES = (ctgrad, torch)


def roots_are_rounded(dtype):
    """Is PyTorch's square root of a number the nearest there is? MKL's are not on every processor."""
    x = np.random.default_rng(0).uniform(0, 1, 100000).astype(dtype)
    return bool((torch.from_numpy(x).sqrt().numpy() == np.sqrt(x)).all())


def outcome(program, library, *args):
    """What the program returns, or its exception's class and text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return program(library, *args)
        except Exception as error:
            return type(error), str(error)


def with_gradients(library, outputs, inputs, seed=0, second=True):
    """The outputs, their gradients in the inputs from drawn weights, and the gradients of those."""
    rng = np.random.default_rng(seed)

    def like(t):
        return library.tensor(rng.standard_normal(tuple(t.shape)).astype(str(t.dtype).rpartition(".")[2]))

    floats = [t for t in outputs if t.is_floating_point() and t.requires_grad]
    first = library.autograd.grad(sum((t * like(t)).sum() for t in floats), inputs, create_graph=second, allow_unused=True,
                                  retain_graph=True)
    found = [*outputs, *first]
    if second:
        again = [g for g in first if g is not None and g.requires_grad]
        found += library.autograd.grad(sum((g * g * like(g)).sum() for g in again), inputs, allow_unused=True) if again else [None] * len(inputs)
    return found


def same(got, want, tolerance=1e-9):
    """Both arrays, or lists of them, or texts; None counts as zeros."""
    assert type(got) is type(want), (got, want)
    if isinstance(got, (list, tuple)):
        assert len(got) == len(want)
        for one, two in zip(got, want, strict=True):
            same_tensor(one, two, tolerance)
    else:
        assert got == want


def same_tensor(got, want, tolerance):
    if not isinstance(want, torch.Tensor) or not isinstance(got, ctgrad.Tensor):
        zero = want if got is None else got
        if isinstance(zero, (ctgrad.Tensor, torch.Tensor)):
            assert not (zero != 0).any(), "one library gives no gradient"
        else:
            assert got == want or {got, want} <= {NotImplementedError, RuntimeError}, (got, want)
        return
    assert tuple(got.shape) == tuple(want.shape)
    a, b = got.detach().numpy(), want.detach().numpy()
    single = a.dtype == np.float32
    np.testing.assert_allclose(a, b, rtol=1e-4 if single else tolerance, atol=(1e-4 if single else tolerance) * max(1.0, float(np.abs(b).max(initial=0))))
