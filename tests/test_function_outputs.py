"""What a user's Function may return and what may be done to it; what follows a tensor to a new history."""

import pytest

import ctgrad


def function(forward, backward=lambda ctx, *grads: grads):
    return type("Made", (ctgrad.autograd.Function,), {"forward": staticmethod(forward), "backward": staticmethod(backward)}).apply


def add_into(ctx, a, b):
    ctx.mark_dirty(a)
    return a.add_(b)


def pair(grad):
    return grad, grad


def leaf(*size):
    return ctgrad.ones(*size, requires_grad=True)


RETURNED = {
    "the input": lambda ctx, x: x,
    "a view of the input": lambda ctx, x: x[1:],
    "a view of something made inside": lambda ctx, x: x.clone()[1:],
}


@pytest.mark.parametrize("forward", RETURNED.values(), ids=RETURNED)
@pytest.mark.parametrize("source", [leaf, lambda n: leaf(n) * 2], ids=["of a leaf", "of a result"])
def test_a_returned_view_may_not_be_written(forward, source):
    out = function(forward, lambda ctx, g: ctgrad.zeros(3))(source(3))
    assert out._is_view() and "Made" in type(out.grad_fn).__name__
    before = out.tolist()
    with pytest.raises(RuntimeError, match="view"):
        out.mul_(2)
    with pytest.raises(RuntimeError, match="view"):
        out[:1].mul_(2)
    assert out.tolist() == before
    out.sum().backward()


def test_a_returned_view_may_be_written_where_nothing_is_recorded():
    out = function(lambda ctx, x: x)(ctgrad.ones(2))
    assert out.add_(1).tolist() == [2, 2]
    with ctgrad.no_grad():
        out = function(lambda ctx, x: x)(leaf(2))
    assert not out.requires_grad and out.add_(1).tolist() == [2, 2]
    source = leaf(2)
    out = function(lambda ctx, x: x)(source)
    assert out._base is source
    with ctgrad.no_grad():
        out.add_(1)
    with pytest.raises(RuntimeError):
        out.sum().backward()


def test_one_of_several_returned_views_may_not_be_written():
    a, b = function(lambda ctx, x: (x[:1], x * 2))(leaf(2) * 1)
    with pytest.raises(RuntimeError, match="multiple views"):
        a.add_(1)
    b.add_(1)


def test_what_is_marked_dirty_must_come_back():
    def forget(ctx, a, b):
        ctx.mark_dirty(a)
        return a.add_(b).clone()

    with pytest.raises(RuntimeError, match="not returned"):
        function(forget)(ctgrad.ones(2), leaf(2))
    with pytest.raises(RuntimeError, match="not returned"):
        function(forget)(ctgrad.ones(2), ctgrad.ones(2))


def test_a_written_view_comes_back_alone():
    def two(ctx, a, b):
        ctx.mark_dirty(a)
        return a.add_(b), a * 2

    with pytest.raises(RuntimeError, match="more than one"):
        function(two)((leaf(3) * 1)[1:], leaf(2))
    x, w = leaf(3), leaf(2)
    y = x * 1
    function(add_into, lambda ctx, g: pair(g))(y[1:], w)
    (y * ctgrad.tensor([1., 2., 3.])).sum().backward()
    assert x.grad.tolist() == [1, 2, 3] and w.grad.tolist() == [2, 3]


def test_leaves_and_their_views_may_not_be_written():
    with pytest.raises(RuntimeError, match="leaf"):
        function(add_into)(leaf(2), leaf(2))
    with pytest.raises(RuntimeError, match="leaf"):
        function(add_into)(leaf(3)[1:], leaf(2))


def test_marking_what_is_no_input_warns():
    def made_inside(ctx, a):
        b = a * 3
        ctx.mark_dirty(b)
        return b

    with pytest.warns(UserWarning, match="mark_dirty"):
        function(made_inside)(leaf(2))


def test_backward_may_be_called_vjp():
    class Named(ctgrad.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def vjp(ctx, g):
            return g * 7

    class Both(Named):
        @staticmethod
        def backward(ctx, g):
            return g

    x = leaf(2)
    Named.apply(x).sum().backward()
    assert x.grad.tolist() == [7, 7]
    with pytest.raises(RuntimeError, match="only implement one"):
        Both.apply(x).sum().backward()


# ---- retain_grad and in-place writes ---------------------------------------------------------------------------------
def test_a_retained_gradient_is_that_of_the_written_value():
    x = leaf(3)
    y = x * 1
    y.retain_grad()
    y.mul_(3)
    y.sum().backward()
    assert y.grad.tolist() == [1, 1, 1] and x.grad.tolist() == [3, 3, 3]


@pytest.mark.parametrize("of_base", [False, True])
def test_a_retained_gradient_follows_views_and_bases(of_base):
    y = leaf(3) * 1
    view = y[:2]
    kept, written = (y, view) if of_base else (view, y)
    kept.retain_grad()
    written.mul_(2)
    kept.sum().backward()
    assert kept.grad.tolist() == [1] * kept.numel()


def test_a_hook_stays_with_the_value_it_was_put_on():
    y = leaf(2) * 1
    seen = []
    y.register_hook(lambda g: seen.append(("before", g.tolist())))
    y.mul_(3)
    y.register_hook(lambda g: seen.append(("after", g.tolist())))
    y.sum().backward()
    assert seen == [("after", [1, 1]), ("before", [3, 3])]


# ---- .data and versions ------------------------------------------------------------------------------------------------
def test_new_data_goes_on_counting():
    x = ctgrad.zeros(2)
    x.add_(1).add_(1)
    x.data = ctgrad.ones(3)
    assert x._version == 2 and x.add_(1)._version == 3


def test_new_data_counts_with_the_views_of_the_old():
    x = ctgrad.zeros(2)
    view = x[:]
    fresh = ctgrad.ones(5)
    x.data = fresh
    x.add_(1)
    assert x._version == view._version == 1 and fresh._version == 0
    view.add_(1)
    assert x._version == view._version == 2
    part = x[1:]
    del view, fresh
    part.add_(1)
    assert x._version == 3 and x.tolist() == [2, 3, 3, 3, 3]


def test_data_cannot_be_deleted():
    with pytest.raises(RuntimeError):
        del ctgrad.ones(1).data


# ---- arguments by name --------------------------------------------------------------------------------------------------
class Scaled(ctgrad.autograd.Function):
    @staticmethod
    def forward(ctx, x, k=2, *, only=1):
        ctx.k = k
        ctx.seen = ctx.needs_input_grad
        return x * k

    @staticmethod
    def backward(ctx, g):
        return (g * ctx.k, None)[: len(ctx.seen)]


class ScaledApart(ctgrad.autograd.Function):
    @staticmethod
    def forward(x, k=2):
        return x * k

    @staticmethod
    def setup_context(ctx, inputs, output):
        _, ctx.k = inputs

    @staticmethod
    def backward(ctx, g):
        return g * ctx.k, None


@pytest.mark.parametrize("F", [Scaled, ScaledApart])
def test_arguments_by_name_and_defaults(F):
    x = leaf(2)
    for out, k in ((F.apply(x, k=3), 3), (F.apply(x, 3), 3), (F.apply(x), 2), (F.apply(x=x), 2)):
        assert out.tolist() == [v * k for v in x.tolist()]
        assert ctgrad.autograd.grad(out.sum(), x)[0].tolist() == [k, k]
    for wrong in ({"q": 1}, {"x": x}):
        with pytest.raises(TypeError, match=r"forward\(\)"):
            F.apply(x, **wrong)
    with pytest.raises(TypeError):
        F.apply()


def test_what_is_keyword_only_cannot_be_given():
    with pytest.raises(TypeError, match="only"):
        Scaled.apply(leaf(2), only=3)


def test_tensors_by_name_have_gradients():
    class Product(ctgrad.autograd.Function):
        @staticmethod
        def forward(ctx, x, w):
            ctx.save_for_backward(x, w)
            return x * w

        @staticmethod
        def backward(ctx, g):
            x, w = ctx.saved_tensors
            return g * w, g * x
    w = leaf(2)
    (g,) = ctgrad.autograd.grad(Product.apply(ctgrad.full((2,), 5.0), w=w).sum(), w)
    assert g.tolist() == [5, 5]


# ---- what a context refuses ------------------------------------------------------------------------------------------------
def test_an_input_that_is_output_may_not_be_saved_apart():
    class Same(ScaledApart):
        @staticmethod
        def forward(x, k=2):
            return x * k, x

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(output[1])
    for x in (leaf(2), ctgrad.ones(2)):
        with pytest.raises(RuntimeError, match="returned as-is"):
            Same.apply(x)


def test_what_a_context_is_told():
    def of(f):
        return type("Told", (ctgrad.autograd.Function,), {"forward": staticmethod(lambda ctx, x: (f(ctx), x * 2)[1]), "backward": staticmethod(lambda ctx, g: g * 2)})
    with pytest.raises(TypeError, match="bool"):
        of(lambda ctx: ctx.set_materialize_grads(3)).apply(leaf(2))
    with pytest.raises(TypeError, match="argument 1 is of type int"):
        of(lambda ctx: ctx.save_for_backward(ctgrad.ones(1), 3)).apply(leaf(2))
    y = of(lambda ctx: ctx.save_for_forward(ctgrad.ones(1))).apply(leaf(2))
    assert len(y.grad_fn.saved_for_forward) == 1
    assert isinstance(y.grad_fn, ctgrad.autograd.graph.Node) and isinstance((leaf(2) * 2).grad_fn, ctgrad.autograd.graph.Node)


def test_history_made_inside_forward_stays_inside():
    class Inside(ctgrad.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            with ctgrad.enable_grad():
                return x.detach().requires_grad_() * 3

        @staticmethod
        def backward(ctx, g):
            return g * 7
    x = leaf(2)
    assert ctgrad.autograd.grad(Inside.apply(x).sum(), x)[0].tolist() == [7, 7]
    out = Inside.apply(ctgrad.ones(2))
    assert not out.requires_grad and out.grad_fn is None


def test_memory_set_counts_with_the_views_of_the_old():
    x = ctgrad.zeros(2)
    view = x[:]
    x.set_(ctgrad.ones(5))
    assert x._version == view._version == 1
