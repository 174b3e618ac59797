"""Tensors that share numbers are one set of them: told by ties(), stepped once, clipped as one. test_ties_kept.py: copies, states."""

import copy
import math
import pickle

import ctgrad
import numpy as np
import pytest
from ctgrad import nn, optim
from ctgrad.nn.utils import clip_grad_norm_, clip_grad_value_
from hypothesis import given, settings
from hypothesis import strategies as st


class Tied(nn.Module):
    """Parameters over one buffer of numbers: each layout (size, stride, offset) is one, named p0, p1 ..."""

    def __init__(self, values, *layouts):
        super().__init__()
        memory = ctgrad.tensor(values, dtype=ctgrad.float64)
        for i, layout in enumerate(layouts):
            setattr(self, f"p{i}", nn.Parameter(memory.as_strided(*layout)))

    def forward(self):
        return list(self.parameters())


class Explicit(nn.Module):
    """The same with one Parameter of all numbers, and views of it taken where they are used."""

    def __init__(self, values, *layouts):
        super().__init__()
        self.memory = nn.Parameter(ctgrad.tensor(values, dtype=ctgrad.float64))
        self.layouts = layouts

    def forward(self):
        return [self.memory.as_strided(*layout) for layout in self.layouts]


def pair(*layouts, seed=0):
    end = max(offset + sum((n - 1) * step for n, step in zip(size, stride)) for size, stride, offset in layouts) + 1
    values = np.random.default_rng(seed).standard_normal(end)
    return Tied(values, *layouts), Explicit(values, *layouts)


def loss(model, seed):
    rng = np.random.default_rng(seed)
    return sum((ctgrad.tensor(rng.standard_normal(p.shape)) * p * (p + 1)).sum() for p in model())


def places(layouts):
    """Which elements of the memory the layouts reach."""
    return sorted({offset + sum(i * step for i, step in zip(index, stride)) for size, stride, offset in layouts
                   for index in np.ndindex(*size)})


def numbers(model, layouts):
    """The values at those places, whatever tensors show them."""
    found = {}
    for p, (size, stride, offset) in zip(model(), layouts):
        for index in np.ndindex(*size):
            found[offset + sum(i * step for i, step in zip(index, stride))] = p[index].item()
    return [found[place] for place in sorted(found)]


def train(model, make, steps, clip=None):
    optimizer = make(model.parameters())
    for step in range(steps):
        optimizer.zero_grad()
        loss(model, step).backward()
        if clip:
            clip(model.parameters())
        optimizer.step()
    return optimizer


W, W_T = ((3, 4), (4, 1), 0), ((4, 3), (1, 4), 0)
ROWS, COLUMNS = ((2, 4), (4, 1), 4), ((3, 2), (4, 1), 1)
FLAT, ROW_SHOWN = ((12,), (1,), 0), ((5, 4), (0, 1), 0)
EXPANDED, HANKEL = ((4, 4), (0, 1), 0), ((3, 3), (1, 1), 0)
BATCHED = ((2, 5, 3, 2), (20, 0, 1, 1), 3)  # Hankel blocks, repeated along a dimension
LAYOUTS = {
    "transposed": [W, W_T], "thrice": [W, W_T, W], "rows": [W, ROWS], "columns first": [COLUMNS, W], "flat": [FLAT, W_T],
    "a row shown often": [W, ROW_SHOWN], "rows apart in one": [W, ((1, 4), (4, 1), 0), ((2, 4), (4, 1), 4)],
    "expanded": [EXPANDED], "expanded both ways": [((3, 3), (0, 1), 0), ((3, 3), (1, 0), 0)], "hankel": [HANKEL],
    "hankel and its numbers": [HANKEL, ((5,), (1,), 0)], "batched": [BATCHED], "every second": [((3, 2), (2, 2), 1)],
    "gaps": [COLUMNS, ((2, 3), (1, 4), 1)], "0-d": [((), (), 0), ((3,), (0,), 0)],
}
OPTIMIZERS = {
    "sgd": lambda ps: optim.SGD(ps, lr=0.1), "momentum": lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9, dampening=0.1),
    "nesterov": lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1, maximize=True),
    "adam": lambda ps: optim.Adam(ps, lr=0.1, weight_decay=0.1), "amsgrad": lambda ps: optim.Adam(ps, lr=0.1, amsgrad=True),
    "adamw": lambda ps: optim.AdamW(ps, lr=0.1, weight_decay=0.1, maximize=True),
}


# --- telling ---

def test_distinct():
    x = ctgrad.arange(12.0).reshape(3, 4)
    assert [t.distinct() for t in (x, x.t(), x[:, :2], x[0].expand(5, 4), x.as_strided((3, 3), (1, 1)), x[:0], x[0, 0])] == [12, 12, 6, 4, 5, 0, 1]
    assert x.expand(0, 3, 4).distinct() == 0 and ctgrad.tensor(3).expand(7, 7).distinct() == 1


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), max_size=4))
def test_distinct_counts_places(dims):
    layout = tuple(n for n, _ in dims), tuple(step for _, step in dims), 0
    assert ctgrad.zeros(100).as_strided(*layout).distinct() == len(places([layout]))


@given(st.lists(st.tuples(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 6)), max_size=3), st.integers(0, 12)), min_size=1, max_size=5))
def test_ties_are_the_components_of_overlap(shapes):
    layouts = [(tuple(n for n, _ in dims), tuple(step for _, step in dims), offset) for dims, offset in shapes]
    groups = []
    for i, layout in enumerate(layouts):
        mine = ({i}, set(places([layout])))
        for group in [group for group in groups if group[1] & mine[1]]:
            groups.remove(group)
            mine = (mine[0] | group[0], mine[1] | group[1])
        groups.append(mine)
    sizes = [math.prod(size) for size, _, _ in layouts]
    expected = sorted((sorted(f"p{i}" for i in ids), len(reached), sum(sizes[i] for i in ids)) for ids, reached in groups
                      if sum(sizes[i] for i in ids) > len(reached))
    assert sorted((sorted(tie.names), tie.distinct, tie.effective) for tie in Tied(np.zeros(60), *layouts).ties()) == expected


def test_the_quick_answer():
    may_tie, line = ctgrad.Tensor._may_tie, ctgrad.rand(300)
    apart = [line[i:i + 2] for i in range(0, 300, 2)]
    assert not may_tie(apart) and not may_tie(apart[::-1]) and not may_tie([]) and not may_tie((line[:0], line))
    assert may_tie([*apart, line[3:5]]) and may_tie([line, line]) and may_tie([line[::2]]) and may_tie([line.expand(2, 300)])
    assert line[::2]._overlaps(line[4:5]) and not line[::2]._overlaps(line[1::2]) and not line._overlaps(line.clone())
    for wrong in (lambda: may_tie([line, 3]), lambda: may_tie(3), lambda: line._overlaps(3)):
        with pytest.raises(TypeError):
            wrong()


class Coder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(4, 3), nn.Linear(3, 4, bias=False)
        self.decoder.weight = nn.Parameter(self.encoder.weight.t())
        self.again = self.encoder
        self.register_buffer("first_row", self.encoder.weight.detach()[0], persistent=False)


def test_ties_of_a_module():
    weight, bias = Coder().ties()
    assert weight.names == ("encoder.weight", "again.weight", "decoder.weight", "first_row")
    assert (weight.distinct, weight.effective) == (12, 40)
    assert weight.shapes[2:] == ((4, 3), (4,)) and weight.strides[2:] == ((1, 4), (1,))
    assert bias.names == ("encoder.bias", "again.bias") and (bias.distinct, bias.effective) == (3, 6)
    assert repr(bias) == "Tie(3 numbers shown as 6: encoder.bias [3] stride [1], again.bias [3] stride [1])"
    assert nn.Linear(3, 3).ties() == [] and nn.Module().ties() == []


def test_slices_that_do_not_meet_are_no_tie():
    model = Tied(np.zeros(24), ((3, 2), (4, 1), 0), ((3, 2), (4, 1), 2), ((12,), (1,), 12))
    assert model.ties() == []
    assert len(optim.SGD(model.parameters(), lr=0.1).param_groups[0]["params"]) == 3


def test_ties_through_memory_of_numpy_and_other_dtypes():
    memory = np.zeros(6, dtype=np.float32)
    model = nn.Module()
    model.register_buffer("whole", ctgrad.from_numpy(memory))
    model.register_buffer("part", ctgrad.from_numpy(memory[2:4]))
    model.register_buffer("wide", ctgrad.from_numpy(memory.view(np.float64)))
    model.register_buffer("copy", model.whole.clone())
    assert [(tie.names, tie.distinct, tie.effective) for tie in model.ties()] == [(("whole", "part", "wide"), 6, 11)]


# --- steps ---

@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("layouts", LAYOUTS.values(), ids=LAYOUTS)
def test_a_step_on_tied_parameters_is_that_on_the_one_set_of_numbers(layouts, make):
    tied, explicit = pair(*layouts)
    optimizer = train(tied, make, 4)
    train(explicit, make, 4)
    assert np.allclose(numbers(tied, layouts), numbers(explicit, layouts), rtol=1e-13, atol=1e-14)
    assert len(optimizer.state) <= 1
    for state in optimizer.state.values():
        kept = [value for key, value in state.items() if key != "step"]
        assert all(value.numel() == len(places(layouts)) for value in kept)


def layout_within(draw, size, stride, offset):
    """Some view of a layout: a narrowed, then permuted one, with dimensions that are shown again and again."""
    dims = []
    for n, step in zip(size, stride):
        start = draw(st.integers(0, n - 1))
        skip = draw(st.integers(1, 2))
        offset += start * step
        dims.append((draw(st.integers(1, (n - 1 - start) // skip + 1)), step * skip))
    dims = draw(st.permutations(dims + [(draw(st.integers(1, 3)), 0)]))
    return tuple(n for n, _ in dims), tuple(step for _, step in dims), offset


@st.composite
def tied_layouts(draw):
    size = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
    stride, step = [], draw(st.integers(1, 2))
    for n in size:
        stride.append(step)
        step = step * n + draw(st.integers(0, 2))
    whole = (size, tuple(stride), draw(st.integers(0, 3)))
    parts = [layout_within(draw, *whole) for _ in range(draw(st.integers(1, 3)))]
    return draw(st.permutations([whole, *parts]))


@settings(deadline=None, max_examples=150)
@given(tied_layouts(), st.sampled_from(sorted(OPTIMIZERS)), st.integers(1, 4))
def test_steps_on_random_views(layouts, name, steps):
    tied, explicit = pair(*layouts)
    train(tied, OPTIMIZERS[name], steps)
    train(explicit, OPTIMIZERS[name], steps)
    assert np.allclose(numbers(tied, layouts), numbers(explicit, layouts), rtol=1e-12, atol=1e-13)


def test_two_uses_of_one_weight_are_summed_exactly():
    tied, explicit = pair(W, W_T)
    train(tied, OPTIMIZERS["adam"], 5)
    train(explicit, OPTIMIZERS["adam"], 5)
    assert tied.p0.flatten().tolist() == explicit.memory.tolist()


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_only_members_with_a_gradient_count(make):
    tied, explicit = pair(W, W_T)
    one, other = make(tied.parameters()), make(explicit.parameters())
    one.step()
    assert not one.state
    (tied.p1 ** 2).sum().backward()
    (explicit()[1] ** 2).sum().backward()
    one.step()
    other.step()
    assert tied.p0.flatten().tolist() == explicit.memory.tolist()
    assert not one.state or list(one.state) == [tied.p0]


def test_a_step_is_seen_by_all_versions():
    tied, _ = pair(W, W_T)
    y = (tied.p1 ** 2).sum()
    tied.p0.grad = ctgrad.ones_like(tied.p0)
    optim.SGD(tied.parameters(), lr=0.1).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()
    expanded, _ = pair(EXPANDED)
    y = (expanded.p0 ** 2).sum()
    y.backward(retain_graph=True)
    optim.SGD(expanded.parameters(), lr=0.1).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


PARTIAL = [((3, 4), (4, 1), 0), ((3, 4), (4, 1), 4)]


def test_parameters_tied_in_part_are_refused():
    tied, _ = pair(*PARTIAL)
    with pytest.raises(ValueError, match=r"tied in part: parameter 0 \(size \[3, 4\], stride \[4, 1\], offset 0\) and parameter 1 .*Make one Parameter"):
        optim.SGD(tied.parameters(), lr=0.1)
    with pytest.raises(ValueError, match="parameter 'p0' .* and parameter 'p1'"):
        optim.Adam(tied.named_parameters(), lr=0.1)
    for p in tied.parameters():
        p.grad = ctgrad.ones_like(p)
    for clip in (clip_grad_norm_, clip_grad_value_):
        with pytest.raises(ValueError, match="tied in part"):
            clip(tied.parameters(), 1.0)
    with pytest.raises(ValueError, match="in a pattern whose distinct numbers no strides tell"):
        optim.SGD(pair(((4, 4), (2, 3), 0))[0].parameters(), lr=0.1)


def test_ties_across_groups_and_recorded_steps_are_refused():
    tied, _ = pair(W, W_T)
    optimizer = optim.SGD([tied.p0], lr=0.1)
    with pytest.raises(ValueError, match="more than one parameter group"):
        optimizer.add_param_group({"params": [tied.p1]})
    assert len(optimizer.param_groups) == 1
    with pytest.raises(ValueError, match="differentiable=True"):
        optim.Adam(tied.parameters(), differentiable=True)


def test_ties_made_and_cut_between_steps():
    a, b = nn.Parameter(ctgrad.ones(2, 3)), nn.Parameter(ctgrad.zeros(3, 2))
    optimizer = optim.SGD([a, b], lr=1.0, momentum=0.5)

    def step():
        a.grad, b.grad = ctgrad.ones(2, 3), ctgrad.ones(3, 2)
        optimizer.step()

    step()
    assert a.tolist() == [[0.0] * 3] * 2 and b.tolist() == [[-1.0] * 2] * 3
    b.data = a.data.t()
    step()
    assert a.tolist() == [[-2.5] * 3] * 2  # 0 - (0.5 * 1 + 1 + 1)
    b.data = ctgrad.zeros(3, 2)
    step()
    assert a.tolist() == [[-4.75] * 3] * 2 and b.tolist() == [[-1.5] * 2] * 3


def test_the_state_stands_once_and_is_taken_up():
    tied, _ = pair(W, W_T)
    optimizer = train(tied, OPTIMIZERS["adam"], 2)
    state = optimizer.state_dict()
    assert list(state["state"]) == [0] and state["param_groups"][0]["params"] == [0, 1]
    assert state["state"][0]["exp_avg"].shape == (3, 4)
    twin = copy.deepcopy(tied)
    other = OPTIMIZERS["adam"](twin.parameters())
    other.load_state_dict(pickle.loads(pickle.dumps(state)))
    for model, o in ((tied, optimizer), (twin, other)):
        o.zero_grad()
        loss(model, 9).backward()
        o.step()
    assert tied.p0.tolist() == twin.p0.tolist() and list(other.state) == [twin.p0]


def test_states_of_an_untied_run_are_told_of():
    apart = nn.ParameterList([ctgrad.ones(2, 3), ctgrad.ones(3, 2)])
    optimizer = OPTIMIZERS["adam"](apart)
    for p in apart:
        p.grad = ctgrad.ones_like(p)
    optimizer.step()
    weight = nn.Parameter(ctgrad.ones(2, 3))
    tied = OPTIMIZERS["adam"]([weight, nn.Parameter(weight.t())])
    with pytest.warns(UserWarning, match="1 of the parameters that share their numbers"):
        tied.load_state_dict(optimizer.state_dict())
    assert list(tied.state) == [weight]


def test_ordinary_models_are_not_examined(monkeypatch):
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    model[1].weight = model[0].weight
    monkeypatch.setattr(optim.optimizer, "shared", None)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model(ctgrad.ones(1, 3)).sum().backward()
    optimizer.step()


# --- clipping ---

@pytest.mark.parametrize("layouts", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("norm", [2.0, 1.0, math.inf])
def test_the_norm_is_that_of_the_summed_gradient(layouts, norm):
    tied, explicit = pair(*layouts)
    for model in (tied, explicit):
        loss(model, 0).backward()
    assert math.isclose(clip_grad_norm_(tied.parameters(), 0.5, norm).item(), clip_grad_norm_(explicit.parameters(), 0.5, norm).item(), rel_tol=1e-13)
    assert clip_grad_norm_(tied.parameters(), 9.0, norm).item() == pytest.approx(clip_grad_norm_(explicit.parameters(), 9.0, norm).item(), rel=1e-12)


@pytest.mark.parametrize("layouts", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("clip", [lambda ps: clip_grad_value_(ps, 0.7), lambda ps: clip_grad_norm_(ps, 0.7)], ids=["value", "norm"])
def test_steps_with_clipping(layouts, clip):
    tied, explicit = pair(*layouts)
    train(tied, OPTIMIZERS["momentum"], 3, clip)
    train(explicit, OPTIMIZERS["momentum"], 3, clip)
    assert np.allclose(numbers(tied, layouts), numbers(explicit, layouts), rtol=1e-13, atol=1e-14)


def test_small_sums_of_large_gradients_are_left_alone():
    tied, _ = pair(W, W_T)
    tied.p0.grad, tied.p1.grad = ctgrad.full((3, 4), 5.0).double(), ctgrad.full((4, 3), -4.5).double()
    clip_grad_value_(tied.parameters(), 1.0)
    assert tied.p0.grad[0, 0].item() == 5.0
    tied.p0.grad[0, 0] = math.inf
    clip_grad_value_(tied.parameters(), 1.0)
    assert tied.p0.grad[0].tolist() == [1.0, 0.5, 0.5, 0.5] and not tied.p1.grad.any()


def test_an_expanded_tensor_asked_for_in_the_second_derivative():
    """The first run, which records, must leave what gives it its own gradient, though nobody looked at it then."""
    c = ctgrad.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    for f in (lambda x: (x * x * c).sum(), lambda x: x.prod(0).sum(), lambda x: (x.exp() * 2).sum(), lambda x: ctgrad.softmax(x, 0).square().sum()):
        w = ctgrad.tensor([1.0, 2.0], requires_grad=True)
        x = w.expand(3, 2)
        g, = ctgrad.autograd.grad(f(x), w, create_graph=True)
        got, = ctgrad.autograd.grad(g.sum(), x)
        full = w.detach().repeat(3, 1).requires_grad_()
        first, = ctgrad.autograd.grad(f(full), full, create_graph=True)
        want, = ctgrad.autograd.grad(first.sum(), full)
        assert ctgrad.allclose(got, want, atol=1e-6)


@pytest.mark.parametrize(("make", "apart"), [(optim.Muon, 1e-2), (optim.Adafactor, 1e-5)], ids=["muon", "adafactor"])
def test_what_steps_by_whole_matrices_steps_once_on_tied_ones(make, apart):
    """Their steps depend on the shape of the parameter: that of the member that holds all numbers."""
    weight = nn.Parameter(ctgrad.randn(3, 2))
    turned, alone = nn.Parameter(weight.t()), nn.Parameter(weight.detach().clone())
    x, z = ctgrad.randn(2), ctgrad.randn(3)
    tied, single = make([weight, turned], lr=0.1), make([alone], lr=0.1)
    for _ in range(3):
        ((weight @ x).square().sum() + (turned @ z).sin().sum()).backward()
        ((alone @ x).square().sum() + (alone.t() @ z).sin().sum()).backward()
        tied.step(), single.step(), tied.zero_grad(), single.zero_grad()
    assert ctgrad.allclose(weight, alone, atol=apart) and ctgrad.equal(turned, weight.t()) and len(tied.state) == 1
    row = nn.Parameter(ctgrad.ones(1, 3).expand(3, 3))
    (row * ctgrad.arange(9.).view(3, 3)).sum().backward()
    make([row], lr=0.1).step()
    assert ctgrad.equal(row[0], row[2]) and row.stride() == (0, 1) and not ctgrad.equal(row, ctgrad.ones(3, 3))
