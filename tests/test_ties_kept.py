"""Copies, pickles, casts and loaded states keep ties, or say why not."""

import copy
import pickle
import warnings

import ctgrad
import pytest
from ctgrad import nn, optim
from hypothesis import given, settings
from hypothesis import strategies as st

from .test_ties import BATCHED, EXPANDED, HANKEL, LAYOUTS, PARTIAL, W, W_T, Coder, numbers, pair, tied_layouts


@pytest.fixture(autouse=True)
def warnings_are_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def again(x):
    return pickle.loads(pickle.dumps(x))


@pytest.mark.parametrize("copied", [copy.deepcopy, again])
@pytest.mark.parametrize("layouts", [*LAYOUTS.values(), PARTIAL], ids=[*LAYOUTS, "partial"])
def test_copies_keep_ties(layouts, copied):
    model, _ = pair(*layouts)
    twin = copied(model)
    assert twin.ties() == model.ties() != []
    assert [p.tolist() for p in twin()] == [p.tolist() for p in model()]
    assert all(type(p) is nn.Parameter and p.requires_grad for p in twin())
    state = copied(model.state_dict())
    other, _ = pair(*layouts, seed=1)
    other.load_state_dict(state, assign=True)
    assert other.ties() == model.ties() and other.p0.data_ptr() == state["p0"].data_ptr()
    twin.p0.detach()[(0,) * twin.p0.dim()] = 7.0
    assert numbers(twin, layouts) != numbers(model, layouts)


def test_copies_count_the_writes_of_one_another():
    model = copy.deepcopy(pair(W, W_T)[0])
    y = (model.p1 ** 2).sum()
    with ctgrad.no_grad():
        model.p0.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


@pytest.mark.parametrize("layouts", [*LAYOUTS.values(), PARTIAL], ids=[*LAYOUTS, "partial"])
def test_casts_keep_ties(layouts):
    model, _ = pair(*layouts)
    before, members = model.ties(), model()
    values = [p.float().tolist() for p in members]
    assert model.float().ties() == before and all(p is q for p, q in zip(model(), members))
    assert [p.tolist() for p in model()] == values and model.p0.dtype == ctgrad.float32
    assert model.to(ctgrad.float64).ties() == before


@pytest.mark.parametrize("made", [lambda x: x, copy.deepcopy, again, lambda x: x.double()])
def test_memory_that_is_not_written_out_yet(made):
    one = made(nn.ParameterList([ctgrad.zeros(90, 100), ctgrad.ones(90, 100)]))
    assert one.ties() == []
    tied = nn.ParameterList([ctgrad.zeros(90, 100)])
    tied.append(nn.Parameter(tied[0].t()))
    tied = made(tied)
    assert [(tie.names, tie.distinct, tie.effective) for tie in tied.ties()] == [(("0", "1"), 9000, 18000)]
    tied.load_state_dict(copy.deepcopy(tied.state_dict()), assign=True)
    optimizer = optim.SGD([*one, *tied], lr=1.0, momentum=0.5)
    for p in [*one, *tied]:
        p.grad = ctgrad.ones_like(p)
    optimizer.step()
    assert [set(p.flatten().tolist()) for p in [*one, *tied]] == [{-1.0}, {0.0}, {-2.0}, {-2.0}]
    assert [state["momentum_buffer"].shape for state in optimizer.state.values()] == [(90, 100)] * 3
    tied[1].detach()[0, 1] = 7.0
    assert tied[0][1, 0].item() == 7.0


# --- states ---

class Pair(nn.Module):
    """An encoder and a decoder; tied by one Parameter, by a transposed view, or not at all."""

    def __init__(self, how, value):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False)
        nn.init.constant_(self.encoder.weight, value)
        nn.init.constant_(self.decoder.weight, value)
        if how == "same":
            self.decoder.weight = self.encoder.weight
        elif how == "view":
            self.decoder.weight = nn.Parameter(self.encoder.weight.t())


NAMES = ("encoder.weight", "decoder.weight")
how = pytest.mark.parametrize("how", ["same", "view"])
assigned = pytest.mark.parametrize("assign", [False, True])


@how
@assigned
def test_a_state_of_the_same_ties_loads_silently(how, assign):
    model, other = Pair(how, 1.0), Pair(how, 2.0)
    ties = model.ties()
    model.load_state_dict(other.state_dict(), assign=assign)
    assert model.ties() == ties and model.encoder.weight[0, 1].item() == 2.0
    assert (model.encoder.weight.data_ptr() == other.encoder.weight.data_ptr()) == assign
    assert (model.encoder.weight is model.decoder.weight) == (how == "same")


@how
@assigned
def test_equal_values_apart_load_into_a_tie(how, assign):
    model = Pair(how, 1.0)
    ties, value = model.ties(), ctgrad.arange(9.0).reshape(3, 3)
    model.load_state_dict({"encoder.weight": value, "decoder.weight": (value if how == "same" else value.t()).clone()}, assign=assign)
    assert model.ties() == ties and model.encoder.weight.tolist() == value.tolist()
    assert isinstance(model.decoder.weight, nn.Parameter) and model.decoder.weight.requires_grad


@how
@assigned
@pytest.mark.parametrize("name", NAMES)
def test_a_tie_stored_once_loads_into_all(how, assign, name):
    model = Pair(how, 1.0)
    ties, value = model.ties(), ctgrad.arange(9.0).reshape(3, 3)
    keys = model.load_state_dict({name: value}, strict=False, assign=assign)
    assert len(keys.missing_keys) == 1 and model.ties() == ties
    assert model.get_parameter(name).tolist() == value.tolist()


@how
def test_different_values_for_one_tie(how):
    model = Pair(how, 1.0)
    ties, state = model.ties(), Pair("none", 2.0).state_dict()
    state["decoder.weight"][0, 1] = 5.0
    with pytest.warns(UserWarning, match='"encoder.weight" and "decoder.weight" share their numbers in this model, but have different values.*'
                      'those of "encoder.weight" are overwritten'):
        model.load_state_dict(state)
    assert model.decoder.weight[0, 1].item() == 5.0
    before = model.encoder.weight
    with pytest.raises(RuntimeError, match='While assigning "encoder.weight" and "decoder.weight", which share'):
        model.load_state_dict(state, assign=True)
    assert model.ties() == ties and model.encoder.weight is before


@how
@assigned
def test_a_tied_state_for_a_model_that_is_not(how, assign):
    model, state = Pair("none", 1.0), Pair(how, 2.0).state_dict()
    with pytest.warns(UserWarning, match='"encoder.weight" and "decoder.weight" share their numbers in what is loaded, but not in this model'):
        model.load_state_dict(state, assign=assign)
    assert len(model.ties()) == assign


@pytest.mark.parametrize("assign", [False, True])
def test_a_repeating_value_loaded_where_none_repeats_is_told(assign):
    """ties() lists one that repeats its own numbers: loading tells when only one side does."""
    model = ctgrad.nn.Linear(4, 4, bias=False)
    row = ctgrad.arange(4.0)
    with pytest.warns(UserWarning, match='"weight" shows 4 numbers as 16 in what is loaded, but not in this model'):
        model.load_state_dict({"weight": row.expand(4, 4)}, assign=assign)
    assert bool(model.ties()) == assign and ctgrad.equal(model.weight.detach(), row.expand(4, 4))



@assigned
def test_loading_into_expanded_parameters(assign):
    for layout in (EXPANDED, HANKEL, BATCHED):
        (model, _), (other, _) = pair(layout), pair(layout, seed=1)
        ties = model.ties()
        model.load_state_dict({"p0": other.p0.detach().clone()}, assign=assign)
        assert model.ties() == ties and model.p0.tolist() == other.p0.tolist()
        before = model.p0.tolist()
        with pytest.raises(RuntimeError, match="one number"):
            model.load_state_dict({"p0": ctgrad.arange(float(model.p0.numel())).reshape(model.p0.shape)}, assign=assign)
        assert model.ties() == ties and model.p0.tolist() == before


@settings(deadline=None)
@given(tied_layouts(), st.lists(st.sampled_from(["shared", "apart", "missing"]), min_size=4, max_size=4), st.booleans())
def test_any_consistent_state_loads(layouts, kinds, assign):
    (model, _), (other, _) = pair(*layouts), pair(*layouts, seed=1)
    ties, before = model.ties(), numbers(model, layouts)
    state = {name: p.detach() if kind == "shared" else p.detach().clone()
             for (name, p), kind in zip(other.named_parameters(), kinds) if kind != "missing"}
    model.load_state_dict(state, strict=False, assign=assign)
    assert model.ties() == ties
    assert all(model.get_parameter(name).tolist() == value.tolist() for name, value in state.items())
    reached = {value for name in state for value in other.get_parameter(name).flatten().tolist()}
    assert set(numbers(model, layouts)) <= reached | set(before)


def test_a_buffer_that_shows_a_part_follows_an_assigned_weight():
    model, value = Coder(), ctgrad.arange(12.0).reshape(3, 4)
    ties = model.ties()
    model.load_state_dict({"encoder.weight": value}, strict=False, assign=True)
    assert model.ties() == ties and model.first_row.tolist() == [0.0, 1.0, 2.0, 3.0] and model.again is model.encoder
