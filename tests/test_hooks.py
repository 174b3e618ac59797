"""Hooks on tensors and nodes, retained gradients, hooks on several tensors, gradient edges: when what is called, with what."""

import gc
import weakref

import pytest

import ctgrad as torch
from ctgrad import _C
from ctgrad.autograd.graph import GradientEdge, Node, get_gradient_edge, register_multi_grad_hook


def ones(n=2):
    return torch.ones(n, requires_grad=True)


class Stops(torch.autograd.Function):
    """Nothing goes back."""

    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, g):
        return None


# ---- gradients that do not arrive ------------------------------------------------------------------------------------
def test_a_hook_is_called_where_no_gradient_arrives():
    x, seen = ones(4), []
    a, b = x.chunk(2)
    a.register_hook(lambda g: seen.append(("a", g.tolist())))
    b.register_hook(lambda g: seen.append(("b", g)))
    a.sum().backward()
    assert seen == [("a", [1, 1]), ("b", None)]
    with pytest.raises(RuntimeError, match="can't replace a None gradient"):
        x = ones(4)
        a, b = x.chunk(2)
        b.register_hook(lambda g: torch.ones(2))
        a.sum().backward()


def test_every_hook_of_a_graph_without_gradients():
    x, seen = ones(), []
    h = x * 1
    h.register_hook(lambda g: seen.append(("h", g)))
    h.retain_grad()
    h.grad_fn.register_prehook(lambda g: seen.append(("pre", g)))
    h.grad_fn.register_hook(lambda i, o: seen.append(("post", i, o)))
    x.register_hook(lambda g: seen.append(("x", g)))
    x.register_post_accumulate_grad_hook(lambda p: seen.append(("after", p.grad)))
    Stops.apply(h).sum().backward()
    assert seen == [("h", None), ("pre", (None,)), ("post", (None, None), (None,)), ("x", None), ("after", None)]
    assert h.grad is None and x.grad is None


def test_no_hook_where_the_run_does_not_go():
    x, y, seen = ones(), ones(), []
    y.register_hook(lambda g: seen.append(g))
    torch.autograd.grad((x * y).sum(), x)
    (x * y).sum().backward(inputs=[x])
    assert seen == []


# ---- answers ----------------------------------------------------------------------------------------------------------
class Unnamed:
    def __call__(self, g):
        return g.sum()


@pytest.mark.parametrize("hook,error,text", [
    (lambda g: g.sum(), RuntimeError, "hook '<lambda>' has changed the size of value"),
    (Unnamed(), RuntimeError, "hook '<unknown>' has changed the size of value"),
    (lambda g: g.double(), RuntimeError, "has changed the type of value .was torch.FloatTensor got torch.DoubleTensor"),
    (lambda g: "a", TypeError, "expected Variable, but hook returned 'str'"),
])
def test_answers_of_tensor_hooks_that_are_refused(hook, error, text):
    x = ones()
    x.register_hook(hook)
    with pytest.raises(error, match=text):
        (x * 2).sum().backward()


@pytest.mark.parametrize("name", ["register_hook", "register_prehook"])
def test_answers_of_node_hooks(name):
    def run(hook):
        x, z = ones(), ones()
        w = (x * 2) * z
        getattr(w.grad_fn, name)(lambda *a: hook(a[0]))
        w.sum().backward()
        return [t.grad if t.grad is None else t.grad.tolist() for t in (x, z)]
    assert run(lambda g: None) == [[2, 2], [2, 2]]
    assert run(lambda g: tuple(t * 3 for t in g)) == [[6, 6], [6, 6]]
    assert run(lambda g: tuple(None for t in g)) == [None, None]
    for wrong, error in (
        (lambda g: g[0], TypeError), (lambda g: list(g), TypeError), (lambda g: "a", TypeError), (lambda g: tuple(3 for t in g), TypeError),
        (lambda g: (), RuntimeError), (lambda g: tuple(t.sum() for t in g), RuntimeError), (lambda g: tuple(t.double() for t in g), RuntimeError),
    ):
        with pytest.raises(error, match="hook"):
            run(wrong)


# ---- retained gradients -------------------------------------------------------------------------------------------------
def test_retained_gradients_of_several_runs_add_up():
    x = ones()
    h = x * 3
    h.retain_grad()
    y = (h * h).sum()
    y.backward(retain_graph=True)
    first = h.grad
    assert first.tolist() == [6, 6]
    y.backward(retain_graph=True)
    assert h.grad.tolist() == [12, 12] and first.tolist() == [6, 6]
    h.grad = None
    y.backward(create_graph=True)
    assert h.grad.tolist() == [6, 6] and h.grad.requires_grad


def test_a_retained_gradient_is_a_copy():
    x, seen = ones(), []
    h = x * 3
    h.register_hook(seen.append)
    h.retain_grad()
    h.sum().backward()
    h.grad.zero_()
    assert seen[0].tolist() == [1, 1] and x.grad.tolist() == [3, 3]


def test_inputs_that_are_no_leaves_retain():
    x = ones()
    h = x * 3
    y = (h * h).sum()
    y.backward(inputs=[h], retain_graph=True)
    assert h.retains_grad and h.grad.tolist() == [6, 6] and x.grad is None
    y.backward(inputs=[h, x], retain_graph=True)
    y.backward()
    assert h.grad.tolist() == [18, 18] and x.grad.tolist() == [36, 36]


# ---- several tensors ------------------------------------------------------------------------------------------------------
def test_all_that_come_or_the_first():
    x, every, first = ones(4), [], []
    a, b = x.chunk(2)
    c, d = x * 2, x * 3
    shown = lambda g: None if g is None else g[:1].tolist()  # noqa: E731
    both = [register_multi_grad_hook((a, b, c, d), lambda gs: every.append([shown(g) for g in gs])),
            register_multi_grad_hook((a, b, c, d), lambda g: first.append(shown(g)), mode="any")]
    (a.sum() + c.sum()).backward(retain_graph=True)
    assert every == [[[1], None, [1], None]] and len(first) == 1
    (a.sum() + c.sum() + d.sum()).backward(retain_graph=True)
    assert every[1:] == [[[1], None, [1], [1]]] and len(first) == 2
    d.sum().backward(retain_graph=True)
    assert every[2:] == [[None, None, None, [1]]] and first[2:] == [[1]]
    (c.sum() + d.sum()).backward(inputs=[c], retain_graph=True)
    assert every[3:] == [[None, None, [1], None]] and len(first) == 4
    for handle in both:
        handle.remove()
    (c.sum() + d.sum()).backward()
    assert len(every) == 4 and len(first) == 4


def test_leaves_and_what_is_refused_among_several():
    x, y, seen = ones(), ones(), []
    register_multi_grad_hook((x, y), seen.append)
    (x * 2).sum().backward()
    (x + y).sum().backward()
    assert [[None if g is None else g.tolist() for g in gs] for gs in seen] == [[[2, 2], None], [[1, 1], [1, 1]]]
    with pytest.raises(AssertionError, match="gradient function"):
        register_multi_grad_hook((x, x.detach()), seen.append)
    with pytest.raises(ValueError, match="mode"):
        register_multi_grad_hook((x,), seen.append, mode="some")


def test_will_the_run_come_by():
    x, y, seen = ones(), ones(), []
    h, other = x * y, x * 3
    h.register_hook(lambda g: seen.extend(_C._will_engine_execute_node(n) for n in (h.grad_fn, other.grad_fn)))
    h.sum().backward(retain_graph=True)
    assert seen == [True, False]
    with pytest.raises(RuntimeError, match="during the backward pass"):
        _C._will_engine_execute_node(h.grad_fn)
    with pytest.raises(RuntimeError, match="expects an grad_fn"):
        _C._will_engine_execute_node(h)
    h.register_hook(lambda g: _C._will_engine_execute_node(get_gradient_edge(x).node))
    with pytest.raises(RuntimeError, match=r"running autograd.grad\(\)"):
        torch.autograd.grad(h.sum(), x)


# ---- edges -------------------------------------------------------------------------------------------------------------------
def test_edges_in_place_of_tensors():
    x = ones(3)
    y = x * 2
    edge = get_gradient_edge(y)
    assert isinstance(edge.node, Node) and edge.output_nr == 0
    assert torch.autograd.grad((y * y).sum(), edge, retain_graph=True)[0].tolist() == [4, 4, 4]
    assert [g.tolist() for g in torch.autograd.grad((y * y).sum(), [edge, x], retain_graph=True)] == [[4, 4, 4], [8, 8, 8]]
    assert torch.autograd.grad(edge, x, torch.full((3,), 5.0), retain_graph=True)[0].tolist() == [10, 10, 10]
    torch.autograd.backward((edge,), (torch.full((3,), 5.0),))
    assert x.grad.tolist() == [10, 10, 10]
    x.grad = None
    torch.autograd.backward(get_gradient_edge((x * 2).sum()))
    assert x.grad.tolist() == [2, 2, 2]
    x.grad, y = None, x * 2
    y.sum().backward(inputs=[get_gradient_edge(x), get_gradient_edge(y)])
    assert x.grad.tolist() == [2, 2, 2] and not y.retains_grad


def test_edges_that_are_refused():
    x = ones(3)
    y, other = x * 2, get_gradient_edge(ones())
    with pytest.raises(RuntimeError, match="Mismatch in shape"):
        torch.autograd.grad(get_gradient_edge(y), x, torch.ones(4))
    with pytest.raises(RuntimeError, match="scalar outputs"):
        torch.autograd.grad(get_gradient_edge(y), x)
    assert torch.autograd.grad(y.sum(), other, retain_graph=True, allow_unused=True) == (None,)
    with pytest.raises(RuntimeError, match="at index 0 appears to not have been used"):
        torch.autograd.grad(y.sum(), other, retain_graph=True)
    with pytest.raises(RuntimeError, match="materialize_grads"):
        torch.autograd.grad(y.sum(), other, materialize_grads=True)
    for wrong in (GradientEdge(None, 0), GradientEdge((x * 2).grad_fn, 7), GradientEdge((x * 2).grad_fn, -1)):
        with pytest.raises(RuntimeError, match="GradientEdge"):
            torch.autograd.backward(wrong)


def test_the_edge_of_a_function_keeps_its_node():
    x = ones(3)
    edge = get_gradient_edge(Stops.apply(x))
    assert isinstance(edge.node, Node)
    assert torch.autograd.grad(edge, x, torch.ones(3), allow_unused=True) == (None,)


def test_who_returned_a_wrong_gradient():
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            return x + y

        @staticmethod
        def backward(ctx, g):
            return g, torch.ones(7)
    with pytest.raises(RuntimeError, match=r"Function WrongBackward returned an invalid gradient at index 1 - got \[7\] but expected shape compatible with \[2\]"):
        Wrong.apply(ones(), ones()).sum().backward()


def test_a_hook_of_a_module_without_inputs_that_train_tells_where_backward_is_called():
    layer = torch.nn.Linear(2, 1)
    layer.register_full_backward_hook(lambda *args: None)
    with pytest.warns(UserWarning, match="no inputs require gradients") as told:
        layer(torch.ones(1, 2)).sum().backward()
    assert told[0].filename == __file__


@pytest.mark.parametrize(("returned", "error"), [
    (3, TypeError), ((3,), TypeError), ("a", TypeError), ((torch.ones(3, 1),), RuntimeError), (torch.ones(1, 2), RuntimeError), ((), RuntimeError)])
@pytest.mark.parametrize("register", [torch.nn.Module.register_full_backward_hook, torch.nn.Module.register_full_backward_pre_hook])
def test_what_a_hook_of_a_module_returns_has_the_type_and_size_of_the_gradient(register, returned, error):
    layer, x = torch.nn.Linear(2, 1), torch.ones(1, 2, requires_grad=True)
    register(layer, lambda *args: returned)
    with pytest.raises(error):
        layer(x).sum().backward()
    assert x.grad is None


def test_a_table_of_hooks_for_all_modules_can_be_replaced():
    module, calls = torch.nn.modules.module, []
    handle = module.register_module_forward_hook(lambda *_: calls.append(1))
    torch.nn.ReLU()(torch.ones(1))
    module._global_forward_hooks = {}
    torch.nn.ReLU()(torch.ones(1))
    handle.remove()
    assert calls == [1] and not module._global_forward_hooks


class Kept:
    """Something that a hook holds."""


def hooked(how):
    x, kept = ones(), Kept()
    y = x * 2
    how(x, y, kept)
    return weakref.ref(kept)


def with_handle(hook_of):
    box = []
    box.append(hook_of(lambda *g: box))
    return box


HOLDING = {
    "several, one twice": lambda x, y, kept: register_multi_grad_hook((x, x, y, y), lambda g: kept),
    "several, a run": lambda x, y, kept: [register_multi_grad_hook((y, x), lambda g: kept), y.sum().backward()],
    "several, the leaf": lambda x, y, kept: register_multi_grad_hook((y, x), lambda g: (kept, x)),
    "several, both": lambda x, y, kept: register_multi_grad_hook((y, y), lambda g: (kept, y)),
    "tensor, the handle": lambda x, y, kept: with_handle(x.register_hook).append(kept),
    "result, the handle": lambda x, y, kept: with_handle(y.register_hook).append((kept, y)),
    "after, the handle": lambda x, y, kept: with_handle(x.register_post_accumulate_grad_hook).append((kept, x)),
    "node, the handle": lambda x, y, kept: with_handle(y.grad_fn.register_hook).append((kept, y)),
    "node before, the handle": lambda x, y, kept: with_handle(y.grad_fn.register_prehook).append((kept, y)),
    "result that was viewed": lambda x, y, kept: [y.register_hook(lambda g: (kept, y)), y.view(-1), y[0]],
    "leaf that was viewed": lambda x, y, kept: [x.register_hook(lambda g: (kept, x)), x.detach()],
    "gradient of a leaf": lambda x, y, kept: [y.sum().backward(), setattr(x.grad, "leaf", (x, kept))],
    "notes": lambda x, y, kept: y.grad_fn.metadata.update(kept=kept, y=y),
}


@pytest.mark.parametrize("how", HOLDING.values(), ids=HOLDING.keys())
def test_hooks_and_what_they_hold_are_collected(how):
    gone = hooked(how)
    gc.collect()
    assert gone() is None


def test_hooks_that_take_others_off_as_they_end():
    class Ends:
        def __del__(self):
            for handle in handles:
                handle.remove()

    for register in (lambda y, f: y.register_hook(f), lambda y, f: y.grad_fn.register_hook(f), lambda y, f: y.grad_fn.register_prehook(f)):
        y, end = ones() * 2, Ends()
        handles = [register(y, lambda *g, end=end: None) for _ in range(3)]
        end = None
        y.sum().backward(retain_graph=True)
        del y
        gc.collect()
        assert [handle.remove() for handle in handles] == [None] * 3


def test_several_where_the_data_of_one_is_replaced():
    x, seen = ones(), []
    register_multi_grad_hook((x,), lambda gs: seen.append(gs[0].tolist()))
    x.data = torch.ones(3)
    (x * 2).sum().backward()
    assert seen == [[2, 2, 2]]


CHANGES = {
    "requires_grad_": lambda x, y: x.requires_grad_(False),
    "requires_grad": lambda x, y: setattr(x, "requires_grad", False),
    "data": lambda x, y: setattr(x, "data", torch.zeros(2)),
    "detach_": lambda x, y: y.detach_(),
    "mul_": lambda x, y: y.mul_(3),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_inputs_are_those_of_the_start_of_the_run(change):
    x = ones(3)
    y = x * 2
    z = y * 5
    z.register_hook(lambda g: (change(x, y), None)[1])
    assert [g.tolist() for g in torch.autograd.grad(z.sum(), (x, y))] == [[10, 10, 10], [5, 5, 5]]
