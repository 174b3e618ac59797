"""Writing at places: what may share memory, what shapes fit, what out= looks like afterwards, and the ops that join what is scattered."""

import math
import sys
import warnings

import ctgrad
import numpy as np
import pytest

F32, F64, I64 = ctgrad.float32, ctgrad.float64, ctgrad.int64


# ---- self and what is read from while it is written -------------------------------------------------------------------------


@pytest.mark.parametrize("write", [
    lambda x, at: x.index_add_(0, at, x[1:4]), lambda x, at: x.index_copy_(0, at, x[1:4]), lambda x, at: x.scatter_(0, at, x[1:4]),
    lambda x, at: x.scatter_add_(0, at, x[1:4]), lambda x, at: x.scatter_reduce_(0, at, x[1:4], "amax"), lambda x, at: x.index_put_((at,), x[1:4]),
    lambda x, at: x.put_(at, x[1:4]), lambda x, at: x.__setitem__(at, x[1:4]),
])
def test_a_part_of_self_is_not_written_into_self(write):
    x = ctgrad.arange(6.0)
    with pytest.raises(RuntimeError, match="clone"):
        write(x, ctgrad.tensor([0, 1, 2]))
    assert x.tolist() == [0, 1, 2, 3, 4, 5]


def test_places_that_are_told_by_self():
    for write in (lambda x: x.index_fill_(0, x, 1), lambda x: x.scatter_(0, x, 1), lambda x: x.index_put_((x,), ctgrad.tensor(1))):
        x = ctgrad.arange(4)
        with pytest.raises(RuntimeError, match="clone"):
            write(x)
        assert x.tolist() == [0, 1, 2, 3]


def test_a_mask_may_be_self_but_no_part_of_it():
    x = ctgrad.ones(4, dtype=ctgrad.bool)
    with pytest.raises(RuntimeError, match="clone"):
        x[:3].masked_fill_(x[1:], False)
    assert x.masked_fill_(x, False).tolist() == [False] * 4


# ---- assignment ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("index", [True, ctgrad.tensor(True), ctgrad.tensor([0, 1]), (True, None), ctgrad.ones(2, 3, dtype=ctgrad.bool)])
def test_leading_ones_of_what_is_assigned_by_index(index):
    a = ctgrad.zeros(2, 3)
    a[index] = ctgrad.full((1, 1, 1, 1), 2.0)
    assert a.tolist() == [[2.0] * 3] * 2


def test_what_is_assigned_to_no_place():
    a = ctgrad.zeros(2, 3)
    a[False] = ctgrad.ones(1, 1, 2, 3)
    assert not a.any()


# ---- index_select and index_put's exceptions -------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape, dim, error", [
    ((3,), 0, IndexError), ((3, 4), 0, IndexError), ((3, 4), 1, RuntimeError), ((2, 3, 4), 1, RuntimeError), ((2, 3, 4), 2, IndexError), ((), 0, IndexError),
    ((3, 0), 0, RuntimeError), ((0,), 0, IndexError),
])
@pytest.mark.parametrize("place", [7, -1])
def test_index_select_out_of_range(shape, dim, error, place):
    with pytest.raises(error):
        ctgrad.zeros(shape).index_select(dim, ctgrad.tensor([place]))


def test_a_scalar_has_one_place():
    with pytest.raises(RuntimeError, match="only 1 value"):
        ctgrad.tensor(1.0).index_select(0, ctgrad.tensor([0, 0]))


def test_take_along_dim_names_a_dimension():
    for dim in (2, -3):
        with pytest.raises(IndexError, match="Dimension out of range"):
            ctgrad.take_along_dim(ctgrad.zeros(2, 3), ctgrad.zeros(2, 3, dtype=I64), dim=dim)
    out = ctgrad.zeros(0)
    assert ctgrad.take_along_dim(ctgrad.arange(3.0), ctgrad.tensor([2, 0]), out=out) is out and out.tolist() == [2, 0]


def test_nonzero_as_a_tuple_has_no_out():
    with pytest.raises(RuntimeError, match="as_tuple"):
        ctgrad.nonzero(ctgrad.ones(2), as_tuple=True, out=ctgrad.zeros(2, dtype=I64))


# ---- out= of what is created -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [
    lambda **o: ctgrad.zeros(3, **o), lambda **o: ctgrad.ones(3, **o), lambda **o: ctgrad.full((3,), 1.0, **o), lambda **o: ctgrad.arange(3.0, **o),
    lambda **o: ctgrad.linspace(0, 2, 3, **o), lambda **o: ctgrad.logspace(0, 2, 3, **o), lambda **o: ctgrad.eye(3, **o), lambda **o: ctgrad.randint(3, (3,), **o),
    lambda **o: ctgrad.randperm(3, **o),
])
@pytest.mark.parametrize("dtype", [F32, F64, I64, ctgrad.int32, ctgrad.uint8, ctgrad.float16])
def test_out_tells_the_dtype_of_what_is_created(make, dtype):
    out = ctgrad.empty(0, dtype=dtype)
    ctgrad.manual_seed(1)
    made = make(out=out)
    ctgrad.manual_seed(1)
    assert made is out and out.dtype is dtype and out.tolist() == make(dtype=dtype).tolist()
    with pytest.raises(RuntimeError, match="dtype"):
        make(out=ctgrad.empty(0, dtype=dtype), dtype=F64 if dtype is not F64 else F32)


def test_draws_into_out_are_those_of_its_dtype():
    for draw in (ctgrad.rand, ctgrad.randn):
        ctgrad.manual_seed(3)
        want = draw(5, dtype=F64)
        ctgrad.manual_seed(3)
        assert draw(5, out=ctgrad.empty(5, dtype=F64)).tolist() == want.tolist()
    assert ctgrad.bernoulli(ctgrad.tensor([0.0, 1.0]), out=ctgrad.empty(2, dtype=ctgrad.bool)).tolist() == [False, True]


def test_a_row_of_numbers_goes_into_an_out_of_as_many():
    x = ctgrad.zeros(2, 3)
    part = x[:, 1:]
    for fill in (lambda: ctgrad.arange(4, out=part), lambda: ctgrad.linspace(0, 3, 4, out=part)):
        x.zero_()
        assert fill() is part and part.shape == (2, 2) and x.tolist() == [[0, 0, 1], [0, 2, 3]]


def test_a_resized_out_has_the_memory_order_of_the_operands():
    x = ctgrad.ones(2, 3).t()
    last = ctgrad.ones(2, 3, 4, 5).contiguous(memory_format=ctgrad.channels_last)
    for op in (lambda a, out: ctgrad.add(a, a, out=out), lambda a, out: ctgrad.exp(a, out=out), lambda a, out: ctgrad.clamp(a, 0, 1, out=out),
               lambda a, out: ctgrad.where(a > 0, a, a, out=out), lambda a, out: ctgrad.lerp(a, a, 0.5, out=out)):
        for a in (x, last):
            out = ctgrad.empty(0)
            assert op(a, out).stride() == a.stride() and op(a, out).tolist() == op(a, ctgrad.empty(a.shape)).tolist()


def test_resize_takes_a_memory_format():
    x = ctgrad.zeros(120)
    assert x.resize_(2, 3, 4, 5, memory_format=ctgrad.channels_last).is_contiguous(memory_format=ctgrad.channels_last)
    assert x.resize_(2, 3, 4, 5).stride() == (60, 1, 15, 3) and x.resize_(2, 3, 4, 5, memory_format=ctgrad.contiguous_format).is_contiguous()
    like = ctgrad.zeros(2, 3, 4, 5).contiguous(memory_format=ctgrad.channels_last)
    assert ctgrad.zeros(120).resize_as_(like, memory_format=ctgrad.preserve_format).stride() == like.stride()
    assert ctgrad.zeros(120).resize_as_(like).is_contiguous()
    with pytest.raises(RuntimeError, match="rank 4"):
        x.resize_(40, memory_format=ctgrad.channels_last)
    with pytest.raises(RuntimeError, match="Preserve"):
        x.resize_(2, 3, 4, 5, memory_format=ctgrad.preserve_format)


def test_nothings_are_joined_along_any_dimension():
    assert ctgrad.cat([ctgrad.zeros(0), ctgrad.zeros(0)], 1).shape == (0,)
    assert ctgrad.cat([ctgrad.zeros(0), ctgrad.zeros(2, 3)], 1).shape == (2, 3)


# ---- scatter_reduce, index_reduce, put ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [I64, ctgrad.int32, ctgrad.uint8, F32, ctgrad.float16])
@pytest.mark.parametrize("how, own, fresh", [("sum", [6, 5, 1], [5, 4, 1]), ("prod", [6, 4, 1], [6, 4, 1]), ("mean", [2, 2.5, 1], [2.5, 4, 1]),
                                             ("amax", [3, 4, 1], [3, 4, 1]), ("amin", [1, 1, 1], [2, 4, 1])])
def test_what_is_joined(dtype, how, own, fresh):
    self, at, src = ctgrad.ones(3, dtype=dtype), ctgrad.tensor([0, 0, 1]), ctgrad.tensor([2, 3, 4]).to(dtype)
    for want, include_self in ((own, True), (fresh, False)):
        want = want if dtype.is_floating_point else [math.floor(n) for n in want]
        assert self.scatter_reduce(0, at, src, how, include_self=include_self).tolist() == want
        assert self.clone().scatter_reduce_(0, at, src, how, include_self=include_self).tolist() == want
        if how != "sum":
            assert self.index_reduce(0, at.int(), src, how, include_self=include_self).tolist() == want


def test_extremes_of_bools_and_nan():
    at = ctgrad.tensor([0, 0, 1])
    made = ctgrad.ones(3, dtype=ctgrad.bool).scatter_reduce(0, at, ctgrad.tensor([True, False, True]), "amin", include_self=False)
    assert made.tolist() == [False, True, True]
    assert math.isnan(ctgrad.ones(2).scatter_reduce(0, at[:2], ctgrad.tensor([2.0, math.nan]), "amax")[0].item())
    with pytest.raises(NotImplementedError):
        ctgrad.ones(3, dtype=ctgrad.bool).scatter_reduce(0, at, at.bool(), "mean")


@pytest.mark.parametrize("include_self", [True, False])
def test_gradient_of_products_with_zeros(include_self):
    a = ctgrad.tensor([2.0, 0.0, 3.0], dtype=F64, requires_grad=True)
    b = ctgrad.tensor([2.0, 0.0, 0.0, 4.0], dtype=F64, requires_grad=True)
    made = a.scatter_reduce(0, ctgrad.tensor([0, 0, 1, 2]), b, "prod", include_self=include_self)
    of_a, of_b = ctgrad.autograd.grad(made.sum(), (a, b))
    assert of_a.tolist() == ([0, 0, 4] if include_self else [0, 0, 0])
    assert of_b.tolist() == ([0, 4, 0, 3] if include_self else [0, 2, 1, 1])


@pytest.mark.parametrize("join", [ctgrad.Tensor.scatter_reduce, ctgrad.Tensor.index_reduce])
@pytest.mark.filterwarnings("ignore:index_reduce")
def test_no_second_gradient_where_zeros_meet_in_a_product(join):
    a, b = ctgrad.ones(2, dtype=F64, requires_grad=True), ctgrad.tensor([0.0, 0.0, 2.0], dtype=F64, requires_grad=True)
    for at, meet in (([0, 0, 1], True), ([0, 1, 1], False)):
        made = join(a, 0, ctgrad.tensor(at), b, "prod")
        of_a, of_b = ctgrad.autograd.grad(made.sum(), (a, b), create_graph=True)
        assert ctgrad.autograd.grad(of_a.sum(), a, retain_graph=True)[0].tolist() == [0, 0]
        if meet:
            with pytest.raises(RuntimeError, match="Double backward is unsupported"):
                of_b.sum().backward()
        else:
            assert ctgrad.autograd.grad((of_b * of_b.detach()).sum(), b)[0].tolist() == [0, 0, 2]


def test_extremes_share_their_gradient():
    a = ctgrad.tensor([3.0, 1.0], requires_grad=True)
    b = ctgrad.tensor([3.0, 3.0, 0.0], requires_grad=True)
    a.scatter_reduce(0, ctgrad.tensor([0, 0, 1]), b, "amax").sum().backward()
    assert a.grad.tolist() == pytest.approx([1 / 3, 1]) and b.grad.tolist() == pytest.approx([1 / 3, 1 / 3, 0])


def test_what_cannot_be_joined():
    x, at, src = ctgrad.ones(3), ctgrad.tensor([0, 0, 1]), ctgrad.ones(3)
    for args in ((0, at, src, "add"), (0, at + 5, src, "sum"), (0, at, src.double(), "sum")):
        with pytest.raises(RuntimeError):
            x.scatter_reduce(*args)
    with pytest.raises(IndexError):
        x.scatter_reduce(1, at, src, "sum")
    for args, error in (((0, at, src, "sum"), RuntimeError), ((0, at + 5, src, "amax"), IndexError), ((0, at[:2], src, "amax"), RuntimeError),
                        ((0, at.view(3, 1), src, "amax"), IndexError), ((0, at.double(), src, "amax"), RuntimeError), ((0, at, src.double(), "amax"), RuntimeError)):
        with pytest.raises(error):
            x.index_reduce(*args)


def test_put_counts_elements_as_they_are_shown():
    x = ctgrad.zeros(2, 3).t()
    assert x.put_(ctgrad.tensor([1, -1]), ctgrad.tensor([1.0, 2.0])) is x and x.tolist() == [[0, 1], [0, 0], [0, 2]]
    assert ctgrad.tensor(0.0).put_(ctgrad.tensor([0]), ctgrad.tensor([3.0])).item() == 3
    assert ctgrad.zeros(3).put(ctgrad.tensor([1, 1]), ctgrad.tensor([1.0, 2.0]), accumulate=True).tolist() == [0, 3, 0]
    for index, source, error in (([6], [1.0], IndexError), ([-7], [1.0], IndexError), ([0], [1.0, 2.0], IndexError), ([0.0], [1.0], RuntimeError), ([0], [1], RuntimeError)):
        with pytest.raises(error):
            ctgrad.zeros(2, 3).put(ctgrad.tensor(index), ctgrad.tensor(source))
    with pytest.raises(RuntimeError, match="clone"):
        ctgrad.zeros(1).expand(3).put_(ctgrad.tensor([0]), ctgrad.tensor([1.0]))


def test_masked_scatter_takes_values_in_order():
    mask = ctgrad.tensor([True, False, True])
    assert ctgrad.zeros(2, 3).masked_scatter(mask, ctgrad.arange(1.0, 9)).tolist() == [[1, 0, 2], [3, 0, 4]]
    assert ctgrad.zeros(3).masked_scatter(ctgrad.ones(2, 3, dtype=ctgrad.bool), ctgrad.arange(6.0)).shape == (2, 3)
    x = ctgrad.zeros(3, 2).t()
    assert x.masked_scatter_(mask, ctgrad.arange(1.0, 9)) is x and x.tolist() == [[1, 0, 2], [3, 0, 4]]
    for mask_, source in ((mask, ctgrad.ones(1)), (mask, ctgrad.ones(3, dtype=F64)), (mask.int(), ctgrad.ones(3))):
        with pytest.raises(RuntimeError):
            ctgrad.zeros(3).masked_scatter(mask_, source)


def test_scatter_into_views_wants_their_shape():
    x = ctgrad.zeros(2, 3)
    for write in (lambda: ctgrad.select_scatter(x, ctgrad.ones(2), 0, 1), lambda: ctgrad.slice_scatter(x, ctgrad.ones(1, 2), 1, 0, 2), lambda: ctgrad.diagonal_scatter(x, ctgrad.ones(3))):
        with pytest.raises(RuntimeError, match="size"):
            write()
    with pytest.raises(IndexError):
        ctgrad.select_scatter(x, ctgrad.ones(3), 0, 5)


# ---- small forms -------------------------------------------------------------------------------------------------------------------


def test_numbers_alone():
    assert ctgrad.add(True, True).dtype is ctgrad.bool and ctgrad.mul(True, False).item() is False and ctgrad.add(True, 1).item() == 2
    with pytest.raises(RuntimeError, match="bool"):
        ctgrad.sub(True, True)


def test_alpha_by_its_place():
    x = ctgrad.ones(2)
    assert ctgrad.add(x, 1, 2).tolist() == [3, 3] and x.sub(1, 2).tolist() == [-1, -1] and x.add_(2, ctgrad.ones(2)).tolist() == [3, 3]
    with pytest.raises(TypeError):
        ctgrad.add(x, x, 2)


def test_in_place_functions():
    x = ctgrad.tensor([-1.5, 2.5])
    assert ctgrad.clamp_min_(x, -1) is x and ctgrad.clamp_max_(x, 2).tolist() == [-1, 2] and ctgrad.fill_(x, 1).tolist() == [1, 1] and ctgrad.round_(x) is x


def test_sgn_writes():
    out = ctgrad.zeros(3)
    assert ctgrad.sgn(ctgrad.tensor([2.0, -3, 0]), out=out) is out and out.tolist() == [1, -1, 0] and ctgrad.tensor([-2]).sgn_().item() == -1
    with pytest.raises(RuntimeError, match="dtype"):
        ctgrad.frac(ctgrad.tensor([1, 2]), out=ctgrad.zeros(2))
    with pytest.raises(NotImplementedError):
        ctgrad.frac(ctgrad.tensor([1, 2]))


def test_a_number_modulo_a_tensor_has_no_gradient():
    y = 7 % ctgrad.tensor([2.0, 3.0], requires_grad=True)
    assert y.tolist() == [1, 1]
    with pytest.raises(RuntimeError, match="not implemented"):
        y.sum().backward()


def test_logsumexp_over_no_dim():
    x = ctgrad.ones(2, 3)
    with pytest.raises(RuntimeError, match="keepdim"):
        x.logsumexp(())
    assert x.logsumexp((), keepdim=True).shape == (1, 1) and ctgrad.tensor(2.0).logsumexp(()).item() == 2
    with pytest.raises(RuntimeError, match="dtype"):
        ctgrad.logcumsumexp(x, 0, out=ctgrad.zeros(2, 3, dtype=F64))


def test_functions_of_elements_return_numbers():
    x = ctgrad.zeros(2)
    for call in (lambda: x.apply_(lambda v: "a"), lambda: x.map_(x, lambda a, b: None), lambda: x.map2_(x, x, lambda a, b, c: [])):
        with pytest.raises(TypeError):
            call()
    assert x.map2_(ctgrad.ones(1), ctgrad.tensor([2.0, 3]), lambda a, b, c: a + b * c).tolist() == [2, 3]
    assert x.new(size=(3, 4)).shape == (3, 4)


def test_sizeof_counts_the_memory():
    few, more = ctgrad.empty(10), ctgrad.empty(100)
    assert sys.getsizeof(more) - sys.getsizeof(few) == 360


# ---- draws, derivatives, ranges -----------------------------------------------------------------------------------------------------


def test_rarer_distributions():
    ctgrad.manual_seed(5)
    n = 20000
    assert ctgrad.empty(n).cauchy_(2, 3).median().item() == pytest.approx(2, abs=0.15)
    assert ctgrad.empty(n).cauchy_(-0.5, sigma=0.25).median().item() == pytest.approx(-0.5, abs=0.02)
    logs = ctgrad.empty(n, dtype=F64).log_normal_(0.5, 0.25).log()
    assert logs.mean().item() == pytest.approx(0.5, abs=0.02) and logs.std().item() == pytest.approx(0.25, abs=0.02)
    tries = ctgrad.empty(n, dtype=I64).geometric_(0.25)
    assert tries.min().item() == 1 and tries.double().mean().item() == pytest.approx(4, abs=0.15)
    for call, error in ((lambda: ctgrad.empty(2).cauchy_(0, 0), RuntimeError), (lambda: ctgrad.empty(2, dtype=I64).cauchy_(), RuntimeError),
                        (lambda: ctgrad.empty(2).log_normal_(0, -1), RuntimeError), (lambda: ctgrad.empty(2, dtype=I64).log_normal_(), NotImplementedError),
                        (lambda: ctgrad.empty(2).geometric_(1), RuntimeError), (lambda: ctgrad.empty(2, dtype=ctgrad.bool).geometric_(0.5), NotImplementedError)):
        with pytest.raises(error):
            call()


@pytest.mark.parametrize("dtype, bits, name", [(F64, 53, "double"), (F32, 24, "float"), (ctgrad.float16, 11, "c10::Half"), (ctgrad.bfloat16, 8, "c10::BFloat16")])
def test_bounds_of_draws_that_are_not_exact(dtype, bits, name):
    x = ctgrad.empty(2, dtype=dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x.random_(2**bits + 1)
        x.random_(-2**bits, 5)
    with pytest.warns(UserWarning, match=rf"to - 1 is out of bounds \[-\(2\^{bits}\), 2\^{bits}\]. Due to precision limitations {name} "):
        x.random_(2**bits + 2)
    with pytest.warns(UserWarning, match="from is out of bounds"):
        x.random_(-2**bits - 1, 5)


def test_what_may_change_or_go_warns():
    x, at = ctgrad.ones(3), ctgrad.tensor([0])
    try:
        ctgrad.set_warn_always(True)
        for write in (lambda: x.index_reduce_(0, at, x[:1].clone(), "prod"), lambda: x.index_reduce(0, at, x[:1], "prod")):
            with pytest.warns(UserWarning, match="beta"):
                write()
        with pytest.warns(UserWarning, match="scatter_reduce"):
            x.scatter(0, at, x[:1], reduce="add")
    finally:
        ctgrad.set_warn_always(False)


def test_draws_in_place_cut_the_history():
    x = ctgrad.ones(3, requires_grad=True)
    for fill in (lambda y: y.cauchy_(), lambda y: y.log_normal_(), lambda y: y.geometric_(0.5)):
        x.grad = None
        y = x * 2
        fill(y).sum().backward()
        assert x.grad.tolist() == [0, 0, 0]
        with pytest.raises(RuntimeError, match="leaf"):
            fill(x)


@pytest.mark.parametrize("edge_order", [1, 2])
def test_derivative_at_uneven_places(edge_order):
    x, at = np.random.default_rng(0).normal(size=(4, 3)), np.array([0.0, 1.0, 3.0, 3.5])
    got, = ctgrad.gradient(ctgrad.tensor(x), dim=0, spacing=[ctgrad.tensor(at)], edge_order=edge_order)
    np.testing.assert_allclose(got.numpy(), np.gradient(x, at, axis=0, edge_order=edge_order))


def test_what_has_no_derivative():
    x = ctgrad.ones(3, 4)
    for kwargs, error in (({"dim": (0, 0)}, RuntimeError), ({"dim": 3}, IndexError), ({"spacing": [1.0]}, RuntimeError), ({"edge_order": 3}, RuntimeError),
                          ({"spacing": ctgrad.ones(2)}, TypeError), ({"spacing": [ctgrad.ones(2), 1.0]}, RuntimeError)):
        with pytest.raises(error):
            ctgrad.gradient(x, **kwargs)
    with pytest.raises(RuntimeError, match="edge_order"):
        ctgrad.gradient(ctgrad.ones(2), edge_order=2)


def test_windows_and_ranges_refuse():
    for make in (ctgrad.hann_window, ctgrad.hamming_window, ctgrad.bartlett_window, ctgrad.blackman_window):
        with pytest.raises(RuntimeError):
            make(-1)
        with pytest.raises(RuntimeError):
            make(4, dtype=I64)
        assert make(4, requires_grad=True).requires_grad and make(4, dtype=ctgrad.float16).dtype is ctgrad.float16
    for args in ((1, 0), (0, 3, 0), (0, math.inf)):
        with pytest.warns(UserWarning, match="arange"), pytest.raises(RuntimeError):
            ctgrad.range(*args)
    with pytest.warns(UserWarning, match="arange"):
        assert ctgrad.range(1, 4, dtype=I64).tolist() == [1, 2, 3, 4]


def test_normal_of_shapes_that_differ():
    with pytest.warns(UserWarning, match="resized"):
        assert ctgrad.normal(ctgrad.zeros(2, 3), ctgrad.ones(3), out=ctgrad.zeros(3)).shape == (2, 3)
    assert ctgrad.normal(ctgrad.tensor(0.0), 1.0, (4,)).shape == (4,)
    for mean in (0.0, ctgrad.tensor(0.0)):
        with pytest.raises(RuntimeError, match="std"):
            ctgrad.normal(mean, -1, (4,))


# ---- what else PyTorch's own suites showed -------------------------------------------------------------------------------------------


def test_whole_factors_of_integers_are_exact():
    big, other = 2**60 + 1, 2**58 + 1
    one, three, five = (ctgrad.tensor([[n]]) for n in (1, 3, 5))
    want = (big + other * 15 + 2**63) % 2**64 - 2**63
    assert ctgrad.addmm(one, three, five, beta=big, alpha=other).item() == want
    assert ctgrad.addmv(one[0], three, five[0], beta=big, alpha=other).item() == want
    assert ctgrad.baddbmm(one[None], three[None], five[None], beta=big, alpha=other).item() == want
    assert ctgrad.addbmm(one, three[None], five[None], beta=big, alpha=other).item() == want
    assert ctgrad.addr(one, three[0], five[0], beta=big, alpha=other).item() == want


def test_channels_last_with_gaps_is_joined_so():
    x = ctgrad.arange(24.0).reshape(2, 2, 3, 2).contiguous(memory_format=ctgrad.channels_last)[:, :, :2]
    made = ctgrad.cat([x, x], -1)
    assert made.is_contiguous(memory_format=ctgrad.channels_last) and made.equal(ctgrad.cat([x.contiguous(), x.contiguous()], -1))


def test_old_constructors_take_no_device_beside_a_tensor():
    x = ctgrad.ones(1)
    for make in (lambda: ctgrad.Tensor(x, device="cpu"), lambda: ctgrad.FloatTensor(x, device="cpu"), lambda: x.new(x, device="cpu")):
        with pytest.raises(RuntimeError, match="device"):
            make()
    assert ctgrad.Tensor(x).tolist() == [1] and x.new(x).tolist() == [1]


def test_permutations_that_a_float_cannot_count():
    for dtype, n in ((F32, 2**24 + 2), (F64, 2**53 + 2), (ctgrad.float16, 2050), (ctgrad.uint8, 257)):
        with pytest.raises(RuntimeError):
            ctgrad.randperm(n, out=ctgrad.empty(0, dtype=dtype))


def test_functions_of_elements_see_no_history():
    x, g = ctgrad.zeros(2), ctgrad.ones(2, requires_grad=True)
    for call in (lambda: g.apply_(abs), lambda: x.map_(g, max), lambda: x.map2_(x, g, max)):
        with pytest.raises(RuntimeError, match="requires grad"):
            call()
    with pytest.raises(TypeError, match="atol"):
        ctgrad.isclose(x, x, 1e-5, ctgrad.tensor(1.0, requires_grad=True))


def test_type_takes_classes():
    x = ctgrad.ones(2, dtype=I64)
    assert x.type(ctgrad.Tensor).dtype is F32 and x.type(ctgrad.DoubleTensor).dtype is F64
    for wrong, error in ((int, ValueError), (3, TypeError), ("torch.Nothing", ValueError)):
        with pytest.raises(error):
            x.type(wrong)


def test_what_index_and_self_share_in_put():
    x = ctgrad.tensor([2, 1, 0])
    with pytest.raises(RuntimeError, match="clone"):
        x.put_(x, ctgrad.tensor([1, 2, 3]))


def test_a_flag_of_determinism_is_kept_as_it_was_given():
    try:
        ctgrad.use_deterministic_algorithms(False, warn_only=True)
        assert ctgrad.is_deterministic_algorithms_warn_only_enabled() and ctgrad.get_deterministic_debug_mode() == 0
        ctgrad.set_deterministic_debug_mode("error")
        assert not ctgrad.is_deterministic_algorithms_warn_only_enabled()
    finally:
        ctgrad.use_deterministic_algorithms(False)


def test_capsules_and_the_build():
    from ctgrad.utils.dlpack import from_dlpack, to_dlpack

    assert from_dlpack(to_dlpack(ctgrad.arange(3))).tolist() == [0, 1, 2]
    assert "threads" in ctgrad.__config__.show() and "get_num_threads" in ctgrad.__config__.parallel_info()
    ctgrad._assert_async(ctgrad.tensor(1))
    with pytest.raises(RuntimeError, match="nonzero"):
        ctgrad._assert_async(ctgrad.tensor(0))


@pytest.mark.parametrize("write", [lambda x, by: x.floor_divide_(by), lambda x, by: x.remainder_(by), lambda x, by: ctgrad.fmod(x, by, out=x)])
@pytest.mark.parametrize("dtype", [I64, ctgrad.int32, ctgrad.uint8])
def test_a_zero_among_divisors_is_told_before_anything_is_written(write, dtype):
    x = ctgrad.tensor([7, 8, 9]).to(dtype)
    for by in (0, ctgrad.tensor(0).to(dtype), ctgrad.tensor([2, 3, 0]).to(dtype)):
        with pytest.raises(RuntimeError, match="ZeroDivisionError"):
            write(x, by)
        assert x.tolist() == [7, 8, 9] and x._version == 0
