"""grad_fn as an object: called, annotated, hooked; runs nested in runs; what old code reads of tensors and of the engine."""

import gc
import weakref

import pytest

import ctgrad
from ctgrad.autograd import Function, Variable
from ctgrad.autograd.function import InplaceFunction, once_differentiable


def leaf(*size):
    return ctgrad.ones(*size, requires_grad=True)


def described(node):
    return "None" if node is None else f"{type(node).__name__}({', '.join(described(n) for n, _ in node.next_functions)})"


# ---- calling ------------------------------------------------------------------------------------------------------
def test_a_node_is_called_with_gradients():
    x = ctgrad.tensor([2., 3.], requires_grad=True)
    y = x ** 3
    g = y.grad_fn(ctgrad.ones(2))
    assert g.tolist() == [12, 27] and g.requires_grad
    both = (x * y).grad_fn(ctgrad.ones(2))
    assert [t.tolist() for t in both] == [[8, 27], [2, 3]]
    assert (x + ctgrad.ones(1)).grad_fn(ctgrad.ones(2))[1] is None
    a = leaf(1)
    assert (x + a).grad_fn(ctgrad.ones(2))[1].tolist() == [2]
    assert x.unbind()[1].grad_fn(None, ctgrad.tensor(5.)).tolist() == [0, 5]


def test_a_node_checks_what_it_is_called_with():
    y = leaf(2) ** 2
    for wrong in [(), (ctgrad.ones(2), ctgrad.ones(2)), (3,)]:
        with pytest.raises(TypeError):
            y.grad_fn(*wrong)
    for wrong in [ctgrad.ones(3), ctgrad.ones(2, 1), ctgrad.ones(2, dtype=ctgrad.float64)]:
        with pytest.raises(RuntimeError):
            y.grad_fn(wrong)
    with pytest.raises(NotImplementedError):
        y.grad_fn.next_functions[0][0](ctgrad.ones(2))
    y.sum().backward()
    with pytest.raises(RuntimeError, match="second time"):
        y.grad_fn(ctgrad.ones(2))


# ---- notes --------------------------------------------------------------------------------------------------------
def test_metadata_lives_with_the_node():
    y = leaf(2) * 2
    y.grad_fn.metadata["note"] = 1
    gc.collect()
    assert y.grad_fn.metadata == {"note": 1}
    assert y.grad_fn.next_functions[0][0].metadata == {}


def test_a_cycle_through_metadata_is_collected():
    class Note:
        pass

    y, note = leaf(2) * 2, Note()
    fn = y.grad_fn
    note.fn = fn
    fn.metadata["note"] = note
    gone = weakref.ref(note)
    del y, fn, note
    gc.collect()
    assert gone() is None


class Twice(Function):
    @staticmethod
    def forward(ctx, x):
        assert ctx.metadata == {} and ctx.to_save is None
        ctx.save_for_backward(x)
        assert ctx.to_save[0] is x
        return x * 2

    @staticmethod
    def backward(ctx, g):
        return g * 2


def test_a_functions_node_has_metadata_too():
    y = Twice.apply(leaf(2))
    y.grad_fn.metadata["a"] = 3
    assert y.grad_fn.metadata == {"a": 3} and y.grad_fn.dirty_tensors is None and y.grad_fn.non_differentiable is None


# ---- hooks ----------------------------------------------------------------------------------------------------------
def test_hooks_are_taken_as_they_are_and_fail_when_called():
    for register in [lambda y: y.register_hook(3), lambda y: y.grad_fn.register_hook(3), lambda y: y.grad_fn.register_prehook(3)]:
        y = leaf(2) * 2
        register(y)
        with pytest.raises(TypeError):
            y.sum().backward()


def test_a_handle_is_a_removable_handle():
    y = leaf(2) * 2
    handles = [y.register_hook(print), y.grad_fn.register_hook(print), ctgrad.nn.ReLU().register_forward_hook(print)]
    assert all(isinstance(h, ctgrad.utils.hooks.RemovableHandle) for h in handles) and not isinstance(3, ctgrad.utils.hooks.RemovableHandle)


def test_the_hooks_of_a_tensor_are_shown():
    y = leaf(2) * 2
    assert y._backward_hooks is None
    handle = y.register_hook(print)
    assert dict(y._backward_hooks) == {handle.id: print}
    y.mul_(2)
    assert y._backward_hooks is None
    with pytest.raises(RuntimeError):
        del y._backward_hooks
    x = ctgrad.ones(1)
    x._backward_hooks = {}
    x._backward_hooks["a"] = print
    assert x._backward_hooks == {"a": print}


def test_private_names_of_grad_and_grad_fn():
    x = leaf(2)
    y = x * 2
    assert y._grad_fn is y.grad_fn and x._grad_fn is None and x._grad is None
    with pytest.raises(RuntimeError):
        del y._grad_fn
    x.grad = ctgrad.ones(2)
    assert x._grad is x.grad
    assert isinstance(y.grad_fn.next_functions[0][0], ctgrad._C._functions.AccumulateGrad)


# ---- runs in runs -----------------------------------------------------------------------------------------------------
class Countdown(Function):
    """Its backward calls backward of another, n times over, and raises `error` at the end if there is one."""

    @staticmethod
    def forward(ctx, x, n, error=None):
        ctx.n, ctx.error = n, error
        return x.clone()

    @staticmethod
    def backward(ctx, g):
        if ctx.n == 0 and ctx.error:
            raise ctx.error
        if ctx.n:
            assert not ctgrad.is_grad_enabled()
            with ctgrad.enable_grad():
                Countdown.apply(leaf(1), ctx.n - 1, ctx.error).backward()
        return g, None, None


@pytest.mark.parametrize("depth", [10, 60, 1500])
def test_runs_are_nested_deeply(depth):
    x = leaf(1)
    Countdown.apply(x, depth).backward()
    assert x.grad.tolist() == [1]


def test_an_error_comes_through_all_runs():
    with pytest.raises(KeyError, match="at the end"):
        Countdown.apply(leaf(1), 130, KeyError("at the end")).backward()


def test_an_endless_chain_of_runs_is_an_error():
    class Endless(Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            with ctgrad.enable_grad():
                Endless.apply(leaf(1)).backward()
            return g

    with pytest.raises(RuntimeError, match="nested"):
        Endless.apply(leaf(1)).backward()


def test_callbacks_wait_for_the_end_of_their_run():
    order = []

    class Calling(Function):
        @staticmethod
        def forward(ctx, x, name, inner):
            ctx.name, ctx.inner = name, inner
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            Variable._execution_engine.queue_callback(lambda: order.append(f"end of {ctx.name}"))
            if ctx.inner:
                with ctgrad.enable_grad():
                    Calling.apply(leaf(1), "inner", False).backward()
            order.append(ctx.name)
            return g, None, None

    x = leaf(1)
    x.register_hook(lambda g: order.append("leaf"))
    Calling.apply(x, "outer", True).backward()
    assert order == ["inner", "end of inner", "outer", "leaf", "end of outer"]
    with pytest.raises(RuntimeError):
        Variable._execution_engine.queue_callback(print)


def test_an_error_in_a_callback_is_raised():
    def fail():
        raise KeyError("called back")

    x = leaf(1)
    x.register_hook(lambda g: Variable._execution_engine.queue_callback(fail))
    with pytest.raises(KeyError, match="called back"):
        (x * 2).backward()
    (leaf(1) * 2).backward()


# ---- what is recorded ---------------------------------------------------------------------------------------------------
def test_a_recorded_gradient_is_a_copy():
    x, seed = leaf(2), ctgrad.ones(2, requires_grad=True)
    x.backward(seed, create_graph=True)
    assert described(x.grad.grad_fn) == "CopyBackwards(None, AccumulateGrad())"
    with ctgrad.no_grad():
        x.grad.add_(1)
    assert seed.tolist() == [1, 1]


def test_a_whole_sum_is_spread_in_one_step():
    x = leaf(2, 3)
    (g,) = ctgrad.autograd.grad(x.sum(), x, leaf(()), create_graph=True)
    assert described(g.grad_fn) == "ExpandBackward0(AccumulateGrad())"


def test_the_end_of_what_is_differentiable_is_named_so():
    class Once(Function):
        @staticmethod
        def forward(ctx, a, n, b):
            return a * b

        @staticmethod
        @once_differentiable
        def backward(ctx, g):
            return g * 2, None, g * 3

    x = leaf(2)
    (g,) = ctgrad.autograd.grad(Once.apply(x, 1, leaf(2)).sum(), x, leaf(()), create_graph=True)
    assert described(g.grad_fn) == "Error(AccumulateGrad(), None, AccumulateGrad())"
    with pytest.raises(RuntimeError, match="differentiate twice"):
        g.sum().backward()


@pytest.mark.parametrize(("materialize", "expected"), [(True, [0, 0]), (False, None)])
def test_no_gradient_comes_as_zeros_or_none(materialize, expected):
    seen = []

    class Seeing(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(materialize)
            return x

        @staticmethod
        def backward(ctx, g):
            seen.append(g if g is None else g.tolist())
            return g

    ctgrad._C._functions.UndefinedGrad()(Seeing.apply(leaf(2))).sum().backward()
    assert seen == [expected]


def test_none_for_what_is_not_differentiable():
    class Marked(Function):
        @staticmethod
        def forward(ctx, x, none):
            y = x.clone()
            ctx.mark_non_differentiable(y)
            ctx._materialize_non_diff_grads = not none
            return x * 2, y

        @staticmethod
        def backward(ctx, g, h):
            seen.append(h)
            return g, None

    seen = []
    for none in (True, False):
        Marked.apply(leaf(2), none)[0].sum().backward()
    assert seen[0] is None and seen[1].tolist() == [0, 0]


def test_a_function_that_knows_whether_to_write():
    class Add(InplaceFunction):
        @staticmethod
        def forward(ctx, a, b):
            ctx.mark_dirty(a)
            return a.add_(b)

        @staticmethod
        def backward(ctx, g):
            return g, g

    add, x = Add(True), ctgrad.zeros(2)
    assert add.inplace and not Add().inplace
    y = add.apply(x, leaf(2))
    assert y is x and type(y.grad_fn) is Add._backward_cls


# ---- which hooks see what, and when ----------------------------------------------------------------------------------------
def logging(log, name, factor=None):
    def hook(*args):
        log.append(name)
        if factor:
            return args[0] * factor if isinstance(args[0], ctgrad.Tensor) else tuple(g * factor for g in args[0])
    return hook


def hooked():
    log, a = [], leaf(())
    b = a.clone()
    for tensor, name in ((a, "a"), (b, "b")):
        fn = (tensor if tensor is b else b.grad_fn.next_functions[0][0])
        fn = getattr(fn, "grad_fn", fn)
        fn.register_prehook(logging(log, f"pre {name}", 2))
        tensor.register_hook(logging(log, name, 3))
        fn.register_hook(logging(log, f"post {name}"))
    return log, a, b


def test_hooks_run_in_their_order():
    log, a, b = hooked()
    (b * 1).backward()
    assert log == ["b", "pre b", "post b", "a", "pre a", "post a"] and a.grad == 36


def test_an_input_asked_for_is_seen_before_its_node_runs():
    log, a, b = hooked()
    c = b * 1
    assert ctgrad.autograd.grad(c, b, retain_graph=True)[0] == 3 and log == ["b"]
    log.clear()
    assert ctgrad.autograd.grad(c, a, retain_graph=True)[0] == 18 and log == ["b", "pre b", "post b", "a"]
    log.clear()
    c.backward(inputs=[b], retain_graph=True)
    assert b.grad == 3 and a.grad is None and log == ["b", "pre b", "post b"]
    log.clear()
    c.backward(inputs=[a])
    assert a.grad == 36 and log == ["b", "pre b", "post b", "a", "pre a", "post a"]


def test_retain_grad_sees_what_all_hooks_on_the_tensor_made():
    log, a, b = hooked()
    b.retain_grad()
    b.register_hook(logging(log, "later", 5))
    (b * 1).backward()
    assert b.grad == 15


def test_hooks_after_accumulation_come_before_those_on_the_node():
    log, x = [], leaf(2)
    x.view_as(x).grad_fn.next_functions[0][0].register_hook(logging(log, "node"))
    handle = x.register_post_accumulate_grad_hook(logging(log, "after"))
    x.sum().backward()
    assert log == ["after", "node"]
    handle.remove()
    x.sum().backward()
    assert log == ["after", "node", "node"]


@pytest.mark.parametrize(("answer", "error"), [(lambda p: p.grad, RuntimeError), (lambda p: 3, TypeError), (lambda p: p, None), (lambda p: None, None)])
def test_a_hook_after_accumulation_answers_nothing(answer, error):
    x = leaf(2)
    x.register_post_accumulate_grad_hook(answer)
    if error:
        with pytest.raises(error):
            x.sum().backward()
    else:
        x.sum().backward()


@pytest.mark.parametrize("register", [lambda y, h: y.register_hook(h), lambda y, h: y.grad_fn.register_hook(h), lambda y, h: y.grad_fn.register_prehook(h)])
def test_hooks_may_be_taken_off_and_put_on_by_hooks(register):
    y, log, handles = leaf(2) * 2, [], []

    def first(*grads):
        log.append("first")
        for handle in handles:
            handle.remove()
        register(y, logging(log, "new"))

    handles += [register(y, first), register(y, logging(log, "second")), *(register(y, logging(log, "more")) for _ in range(10))]
    y.sum().backward(retain_graph=True)
    assert log == ["first", "second", *["more"] * 10]
    log.clear()
    y.sum().backward()
    assert log == ["new"]


def test_a_functions_hooks_see_one_gradient_a_result():
    class Mixed(Function):
        @staticmethod
        def forward(ctx, x, n, y):
            return x * n, n, y * n

        @staticmethod
        def backward(ctx, g, none, h):
            return g * 2, None, h * 2

    x, y, seen = leaf(2), leaf(2), []
    a, _, b = Mixed.apply(x, 3, y)
    a.grad_fn.register_hook(lambda inputs, outputs: seen.append((len(inputs), len(outputs), outputs[1])))
    a.grad_fn.register_prehook(lambda outputs: (outputs[0] * 5, None, outputs[2] * 7))
    (a + b).sum().backward()
    assert x.grad.tolist() == [10, 10] and y.grad.tolist() == [14, 14] and seen == [(2, 3, None)]
    a, _, b = Mixed.apply(x, 3, y)
    a.grad_fn.register_prehook(lambda outputs: outputs[:2])
    with pytest.raises(RuntimeError, match="number of values"):
        (a + b).sum().backward()


# ---- warnings of what is old ------------------------------------------------------------------------------------------------
def test_old_forms_warn():
    class Saving(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            return g * ctx.saved_variables[0]

    with pytest.warns(DeprecationWarning, match="instantiated"):
        Saving()
    with pytest.warns(DeprecationWarning, match="saved_variables"):
        Saving.apply(leaf(1)).backward()
    with pytest.warns(FutureWarning, match="grad_variables"):
        ctgrad.autograd.backward(leaf(1) * 2, grad_variables=ctgrad.ones(1))
    with pytest.raises(RuntimeError):
        ctgrad.autograd.backward(leaf(1) * 2, ctgrad.ones(1), grad_variables=ctgrad.ones(1))
    before = ctgrad.is_warn_always_enabled()
    ctgrad.set_warn_always(True)
    try:
        with pytest.warns(UserWarning, match="reference cycle"):
            leaf(1).backward(create_graph=True)
    finally:
        ctgrad.set_warn_always(before)


def test_zeros_for_what_was_not_reached_are_part_of_the_history():
    x, y = leaf(1), leaf(2)
    for recorded in (True, False):
        zeros = ctgrad.autograd.grad(x * 2, y, create_graph=recorded, materialize_grads=True)[0]
        assert zeros.tolist() == [0, 0] and zeros.requires_grad == recorded


def test_a_slice_of_everything_is_a_slice():
    x = ctgrad.arange(6.0).view(3, 2).requires_grad_()
    names = [type(y.grad_fn).__name__ for y in (x[:], x[0:9], x[...], x[:, :])]
    assert names == ["SliceBackward0", "SliceBackward0", "AliasBackward0", "AliasBackward0"]
    assert x[:].data_ptr() == x.data_ptr() and ctgrad.autograd.grad(x[:].sum(), x)[0].tolist() == [[1, 1]] * 3


def test_gradients_that_nobody_asked_for_are_not_computed():
    """grad() of some inputs costs what leads to them; what the others would have read must still be as it was."""
    x, w = (ctgrad.rand(32, 32, requires_grad=True) for _ in range(2))
    y = (x @ w).tanh().sum()
    for inputs, products in (([w], 1), ([x], 1), ([x, w], 2)):
        before = ctgrad._C._work()
        ctgrad.autograd.grad(y, inputs, retain_graph=True)
        assert ctgrad._C._work() - before == products * 32**3
    a, b = (ctgrad.rand(3, requires_grad=True) for _ in range(2))
    c = b * 1
    z = (a * c).sum()
    with ctgrad.no_grad():
        c.add_(1)
    with pytest.raises(RuntimeError, match="modified"):
        ctgrad.autograd.grad(z, c)


@pytest.mark.parametrize("op", [lambda a, b, w: a + b, lambda a, b, w: a - b, lambda a, b, w: ctgrad.addmm(b, a, w), lambda a, b, w: ctgrad.nn.functional.linear(a, w, b)])
def test_sums_and_products_show_all_their_inputs(op):
    """Whatever else the flags of a kind say."""
    a, b, w = (ctgrad.ones(*size, requires_grad=True) for size in ((2, 2), (2,), (2, 2)))
    names = [fn.name() for fn, _ in op(a, b, w).grad_fn.next_functions]
    assert None not in names and names.count("torch::autograd::AccumulateGrad") >= 2, names
