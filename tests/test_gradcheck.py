"""gradcheck finds what is wrong, accepts what is right, and works on memory that is seen from several places."""

import itertools

import ctgrad as torch
import pytest
from ctgrad.autograd import Function, gradcheck, gradgradcheck
from ctgrad.autograd.gradcheck import GradcheckError, _check_batched


def rand(*size):
    return torch.rand(size, dtype=torch.float64).requires_grad_()


class Square(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**2

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 2 * g * x


def wrong(backward, base=Square):
    return type("Wrong", (base,), {"backward": staticmethod(backward)}).apply


RIGHT = {
    "exp": (torch.exp, lambda: (rand(3),)),
    "broadcast": (lambda a, b: a * b, lambda: (rand(3), rand(2, 3))),
    "two outputs": (lambda a: (a.exp(), a.sum()), lambda: (rand(2),)),
    "0-d": (torch.sin, lambda: (rand(),)),
    "empty": (torch.exp, lambda: (rand(0),)),
    "an integer output": (lambda a: (a * 2, a.argmax()), lambda: (rand(3),)),
    "a plain argument": (lambda a, n: a**n, lambda: (rand(3), 3)),
    "not a leaf": (torch.exp, lambda: (rand(3) * 2,)),
    "transposed": (lambda a: a @ a, lambda: (rand(3, 3).t(),)),
    "Function": (Square.apply, lambda: (rand(2, 2),)),
}


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("name", RIGHT)
def test_right(name, fast):
    func, inputs = RIGHT[name]
    assert gradcheck(func, inputs(), fast_mode=fast)
    assert gradgradcheck(func, inputs(), fast_mode=fast)
    assert gradgradcheck(func, inputs(), gen_non_contig_grad_outputs=True)


def twice(w):
    return w, w


def with_transpose(w):
    return w, w.t()


def detached_halves(w):
    w = w.detach()
    return w[:3].requires_grad_(), w[1:].requires_grad_()


OVERLAPPING = {
    "expanded leaf": (lambda W: (W @ W).tanh(), lambda: (rand(3).detach().expand(3, 3).requires_grad_(),)),
    "expanded": (lambda W: (W @ W).tanh(), lambda: (rand(3).expand(3, 3),)),
    "the same tensor twice": (lambda a, b: a * b.exp(), lambda: twice(rand(3))),
    "a tensor and its transpose": (lambda a, b: a @ b.exp(), lambda: with_transpose(rand(3, 3))),
    "a transpose and its tensor": (lambda a, b: a @ b.exp(), lambda: with_transpose(rand(3, 3))[::-1]),
    "two leaves over one memory": (lambda a, b: a * b.exp(), lambda: detached_halves(rand(4))),
    "diagonals": (lambda W: (W @ W).tanh(), lambda: (rand(5).detach().as_strided((3, 3), (1, 1)).requires_grad_(),)),
}


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("name", OVERLAPPING)
def test_overlapping(name, fast):
    func, inputs = OVERLAPPING[name]
    inputs = inputs()
    before = [t.detach().clone() for t in inputs]
    assert gradcheck(func, inputs, fast_mode=fast)
    assert gradgradcheck(func, inputs, fast_mode=fast)
    assert all(torch.equal(t.detach(), b) for t, b in zip(inputs, before, strict=True))


CALLS = itertools.count()

WRONG = {
    "Jacobian mismatch for output 0 with respect to input 0": lambda ctx, g: g * ctx.saved_tensors[0],
    "Backward is not reentrant": lambda ctx, g: 2 * g * ctx.saved_tensors[0] * (1 + 1e-8 * next(CALLS)),
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong(message):
    func = wrong(WRONG[message])
    with pytest.raises(GradcheckError, match=message):
        gradcheck(func, rand(3))
    assert gradcheck(func, rand(3), raise_exception=False) is False


@pytest.mark.parametrize("fast", [False, True])
def test_wrong_on_expanded_input(fast):
    with pytest.raises(GradcheckError, match="largest difference"):
        gradcheck(wrong(lambda ctx, g: g), rand(2).expand(2, 2), fast_mode=fast)


def test_the_output_and_the_input_are_named():
    with pytest.raises(GradcheckError, match="for output 1 with respect to input 2"):
        gradcheck(lambda a, b, c: (a * b * c, wrong(lambda ctx, g: g)(c)), (rand(2), rand(2), rand(2)))


def test_backward_that_ignores_the_output_gradient():
    with pytest.raises(GradcheckError, match="Jacobian mismatch|not multiplied by grad_output"):
        gradcheck(wrong(lambda ctx, g: 2 * ctx.saved_tensors[0]), rand(1))


def test_absent_gradients():
    class Strict(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 2

        @staticmethod
        def backward(ctx, g):
            if g is None:
                raise RuntimeError("no gradient")
            return g * 2

    with pytest.raises(GradcheckError, match="undefined output grads"):
        gradcheck(Strict.apply, rand(2))
    assert gradcheck(Strict.apply, rand(2), check_undefined_grad=False)


def test_constants():
    assert gradcheck(lambda a: torch.ones(3, dtype=torch.float64), rand(2))
    with pytest.raises(GradcheckError, match="expected to be zero"):
        gradcheck(lambda a: a.detach() * 2, rand(2))


def test_refusals():
    with pytest.raises(ValueError, match="at least one input tensor to require gradient"):
        gradcheck(torch.exp, torch.ones(2))
    with pytest.raises(NotImplementedError):
        gradcheck(torch.exp, rand(2), check_forward_ad=True)
    with pytest.warns(UserWarning, match="Input #0 requires gradient"):
        gradcheck(torch.exp, torch.ones(2, requires_grad=True), atol=1, rtol=1)


class Fickle(Function):
    """The derivative of the square, but every third time it is asked for."""

    asked = 0

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, g):
        Fickle.asked += 1
        return g * (2 + (Fickle.asked % 3 == 0)) * ctx.saved_tensors[0]


def test_gradients_of_a_batch():
    """check_batched_grad compares gradients asked for at once with gradients asked for one by one."""
    assert gradcheck(lambda x, y: (x @ y, x.sum()), (rand(2, 3), rand(3, 2)), check_batched_grad=True)
    assert gradgradcheck(lambda x: x.exp(), (rand(2),), check_batched_grad=True)
    x = rand(2)
    with pytest.raises(GradcheckError, match="is_grads_batched=True"):
        _check_batched(Fickle.apply, (x,), [x])
