"""What chains of ops drawn at random showed to differ from PyTorch: small forms, their warnings, names and exceptions."""

import math
import warnings

import ctgrad
import pytest

F16, BF16, F32, F64, I64 = ctgrad.float16, ctgrad.bfloat16, ctgrad.float32, ctgrad.float64, ctgrad.int64


@pytest.fixture
def always():
    ctgrad.set_warn_always(True)
    yield
    ctgrad.set_warn_always(False)


# ---- warnings ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["std", "var", "std_mean", "var_mean"])
def test_too_few_degrees_of_freedom(name):
    f = getattr(ctgrad, name)
    for shape, args in (((1,), {}), ((3, 1), {"dim": 1}), ((3,), {"correction": 3}), ((0,), {"correction": 0}), ((2, 0), {"dim": 0})):
        with pytest.warns(UserWarning, match=rf"^{name}\(\): degrees of freedom"):
            f(ctgrad.ones(shape), **args)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        f(ctgrad.ones(2)), f(ctgrad.ones(1), correction=0), f(ctgrad.ones(2, 3), dim=1, correction=2)


def test_conditions_of_bytes(always):
    with pytest.warns(UserWarning, match="uint8 condition"):
        ctgrad.where(ctgrad.tensor([1, 0], dtype=ctgrad.uint8), 1, 2)


def test_transposes_that_will_go(always):
    for name in ("T", "mT", "H", "mH"):
        with pytest.warns(UserWarning, match=rf"Tensor\.{name} is deprecated on 0-D"):
            x = ctgrad.tensor(1.0)
            assert (getattr(x, name) is x) == (name != "T")
    with pytest.warns(UserWarning, match="other than 2"):
        assert ctgrad.ones(2, 3, 4).T.shape == (4, 3, 2)


# ---- names of nodes -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("write", "name"), [
    (lambda x, y: x.copysign_(y), "CopysignBackward0"), (lambda x, y: x.copysign_(-1.0), "CopysignBackward1"), (lambda x, y: x.xlogy_(y), "XlogyBackward0"),
    (lambda x, y: x.nan_to_num_(), "NanToNumBackward0"), (lambda x, y: x.put_(ctgrad.tensor([0]), y[:1]), "PutBackward0"),
    (lambda x, y: x.ldexp_(y), "LdexpBackward0"),
])
def test_compositions_in_place_are_one_node(write, name):
    leaf, y = ctgrad.tensor([1.0, 2.0, 3.0], dtype=F64, requires_grad=True), ctgrad.tensor([2.0, -1.0, 3.0], dtype=F64).abs().requires_grad_()

    def f(leaf, y):
        x = leaf * 2
        assert write(x, y) is x and x.grad_fn.name() == name and x._version == 1
        return x

    assert ctgrad.autograd.gradcheck(f, (leaf, y))
    part = (leaf * 2)[1:]
    if name != "PutBackward0":
        write(part, y[1:])
        part.sum().backward()
        assert leaf.grad[0].item() == 0


def test_comparisons_in_place_are_numbered():
    x = ctgrad.ones(2, requires_grad=True)
    for name, node in (("eq_", "Eq"), ("lt_", "Lt"), ("greater_equal_", "Ge")):
        for other, number in ((2, 0), (ctgrad.ones(2), 1)):
            y = x * 1
            getattr(y, name)(other).sum().backward()
            assert y.grad_fn.name() == f"{node}Backward{number}" and x.grad.tolist() == [0, 0]


def test_ops_without_a_derivative():
    x = ctgrad.tensor([3.0], requires_grad=True)
    for made in (x // 2, 7 % x):
        assert made.grad_fn.name() == "torch::autograd::NotImplemented" and type(made.grad_fn).__name__ == "NotImplemented"


# ---- layouts ----------------------------------------------------------------------------------------------------------------------------


def test_places_are_row_major():
    x = ctgrad.ones(1, 4)
    assert x.topk(1, 0)[1].stride() == (4, 1) and x.sort(0)[1].stride() == (4, 1) and x.argsort(0).stride() == (4, 1)
    assert ctgrad.zeros(0, 2).nonzero().stride() == (1, 0)
    made = ctgrad.ones(3, 2).mode(1)
    assert not made.values._is_view() and not made.indices._is_view()
    x, mask = ctgrad.ones(2, 3).t(), ctgrad.tensor([True, False])
    assert x.masked_scatter(mask, ctgrad.zeros(6)).stride() == (2, 1) and x.renorm(2, 0, 1.0).stride() == (2, 1)


def test_a_gradient_that_was_copied_was_written():
    x = ctgrad.ones(3, requires_grad=True)
    x.sum().backward()
    assert x.grad._version == 1
    x.sum().backward()
    assert x.grad._version == 2


# ---- what is looked at first -----------------------------------------------------------------------------------------------------------------


def test_leaves_come_before_places():
    leaf = ctgrad.zeros(2, requires_grad=True)
    for write in (lambda: leaf.index_put_((ctgrad.tensor([5]),), ctgrad.tensor(1.0)), lambda: leaf.put_(ctgrad.tensor([5]), ctgrad.ones(1)),
                  lambda: leaf.masked_scatter_(ctgrad.ones(2), ctgrad.ones(2)), lambda: leaf[:1].__setitem__([5], 1.0)):
        with pytest.raises(RuntimeError, match="leaf Variable"):
            write()


def test_shared_memory_and_dtypes_come_before_places():
    x = ctgrad.zeros(2)
    for value in (x[:1], ctgrad.ones(1, dtype=F64)):
        with pytest.raises(RuntimeError):
            x[ctgrad.tensor([5])] = value


def test_no_place_is_looked_at_where_nothing_is_written():
    none, at = ctgrad.zeros(2, 0), ctgrad.tensor([5])
    assert none[at].shape == (1, 0) and none.index_put_((at,), ctgrad.tensor(1.0)) is none and none.index_fill_(0, at, 1.0) is none
    assert none.index_copy_(0, at, ctgrad.ones(1, 0)) is none and none.index_add_(0, at, ctgrad.ones(1, 0)) is none
    for read in (lambda: none[at, ctgrad.tensor([0])], lambda: none.t()[at], lambda: none.t().index_put_((at,), ctgrad.tensor(1.0))):
        with pytest.raises(IndexError):
            read()
    for write in (lambda: none.t().index_fill_(0, at, 1.0), lambda: none.t().index_copy_(0, at, ctgrad.ones(1, 2))):
        with pytest.raises(RuntimeError):
            write()


def test_shapes_come_before_dtypes():
    for f in (ctgrad.gcd, ctgrad.lcm, ctgrad.nextafter):
        with pytest.raises(RuntimeError, match="broadcast|must match"):
            f(ctgrad.ones(2, dtype=F16), ctgrad.ones(3, dtype=F16))
    for second in (ctgrad.ones(3), ctgrad.tensor(1.0)):
        with pytest.raises(IndexError):
            ctgrad.mv(ctgrad.tensor(1.0), second)


# ---- out= ----------------------------------------------------------------------------------------------------------------------------------------


def test_sums_are_taken_in_the_dtype_of_out():
    x = ctgrad.tensor([1.5, 2.5])
    assert ctgrad.sum(x, 0, out=ctgrad.zeros((), dtype=I64)).item() == 3
    assert ctgrad.prod(x, 0, out=ctgrad.zeros((), dtype=I64)).item() == 2
    assert ctgrad.cumsum(x, 0, out=ctgrad.zeros(2, dtype=I64)).tolist() == [1, 3]
    assert ctgrad.sum(ctgrad.tensor([1, 2]), 0, out=ctgrad.zeros((), dtype=F16)).item() == 3


def test_out_of_the_very_dtype():
    x = ctgrad.ones(2)
    for write in (lambda out: ctgrad.where(x > 0, x, x, out=out), lambda out: ctgrad.clamp(x, 0, 1, out=out)):
        with pytest.raises(RuntimeError, match="dtype"):
            write(ctgrad.zeros(2, dtype=F64))


def test_an_operand_is_not_resized():
    x = ctgrad.ones(1)
    for write in (lambda: ctgrad.add(x, ctgrad.ones(3), out=x), lambda: ctgrad.eq(ctgrad.ones(3), x, out=x), lambda: ctgrad.where(ctgrad.ones(3) > 0, x, x, out=x)):
        with pytest.raises(RuntimeError, match="broadcast shape"):
            write()
    assert x.shape == (1,)


def test_what_out_of_a_join_cannot_hold():
    for join in (ctgrad.cat, ctgrad.stack):
        with pytest.raises(TypeError):
            join([ctgrad.ones(1)] * 2, out=ctgrad.zeros(2, dtype=I64))


# ---- numbers beside tensors ------------------------------------------------------------------------------------------------------------------


def test_numbers_are_not_cut_to_the_tensor():
    assert ctgrad.xlogy(ctgrad.tensor(True), 2).item() == pytest.approx(math.log(2))
    half = ctgrad.ones(1, dtype=F16)
    assert half.copysign(1e10).item() == 1 and half.xlogy(1e10).item() == math.inf
    for narrow in (BF16, F16):
        assert ctgrad.xlogy(ctgrad.tensor([1]), ctgrad.tensor([2.0], dtype=narrow)).dtype is narrow
        assert ctgrad.copysign(ctgrad.tensor([1]), ctgrad.tensor([2.0], dtype=narrow)).dtype is narrow


def test_truth_values_beside_numbers():
    x = ctgrad.tensor([0.5, 2.0], dtype=F64, requires_grad=True)
    made = ctgrad.nn.functional.mse_loss(x, ctgrad.tensor([True, False]))
    made.backward()
    assert made.item() == 2.125 and x.grad.tolist() == [-0.5, 2.0]


def test_copies_convert_as_c_does():
    assert ctgrad.zeros(1, dtype=I64).copy_(math.nan).item() == -2**63
    assert ctgrad.zeros(1, dtype=ctgrad.uint8).copy_(300).item() == 44
    with pytest.raises(RuntimeError):
        ctgrad.zeros(1, dtype=I64).fill_(math.nan)


def test_a_mask_without_dimensions_is_an_index():
    x = ctgrad.tensor(1.0)
    with pytest.raises(RuntimeError, match="dtype"):
        x[ctgrad.tensor(True)] = ctgrad.tensor(2)
    x[ctgrad.tensor(True)] = 2
    assert x.item() == 2


def test_no_differences_of_nothing():
    x = ctgrad.ones(0)
    assert x.diff() is x


# ---- indices and numbers ------------------------------------------------------------------------------------------------------------------


def test_a_second_ellipsis_counts_the_dims_again():
    x = ctgrad.arange(24).reshape(2, 3, 4)
    for index in ((..., ..., 0), (..., ..., None), (0, ..., ..., 0), (..., ..., [0]), (..., ..., True), (..., slice(1, 2), ..., ctgrad.tensor([0]))):
        with pytest.raises(IndexError):
            x[index]
    assert x[..., ...].shape == x[..., ..., 0:1].shape == (2, 3, 4)
    assert x[0, ..., 0, ...].shape == (3,) and x[0, 0, ..., ..., 0].shape == ()


def test_numbers_of_what_requires_grad_warn_where_it_is_recorded(always):
    x = ctgrad.ones(1, requires_grad=True)
    with pytest.warns(UserWarning, match="Converting a tensor"):
        float(x)
    with ctgrad.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert float(x) == complex(x) == 1
    optimizer = ctgrad.optim.LBFGS([x])

    def closure():
        loss = (x * x).sum()
        loss.backward()
        return loss

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        optimizer.step(closure)


def test_numbers_beyond_a_dtype():
    """Halves take any number where one element is written; an exponent, or what a mask writes, must be one that they have."""
    half, inf, truth = ctgrad.ones(2, dtype=F16), math.inf, ctgrad.tensor([True, False])
    for big in (1e10, 2**40, 1e300):
        assert ctgrad.where(truth, half, big).tolist() == [1, inf] and ctgrad.where(truth, -big, half).tolist() == [-inf, 1]
        assert ctgrad.full((1,), big, dtype=F16).tolist() == half.new_full((1,), big).tolist() == half[:1].clone().fill_(big).tolist() == [inf]
        x = half.clone()
        x[0] = big
        assert x.tolist() == [inf, 1]
        for call in (lambda: half.pow(big), lambda: half.clone().pow_(big), lambda: half.masked_fill(truth, big), lambda: ctgrad.full_like(half, big), lambda: half.clone().fill_(big),
                     lambda: half.masked_fill(truth, ctgrad.tensor(big, dtype=F64)), lambda: half.index_fill(0, ctgrad.tensor([0]), ctgrad.tensor(big, dtype=F64))):
            with pytest.raises(RuntimeError, match="without overflow"):
                call()
    assert half.pow(inf).tolist() == [1, 1] and ctgrad.addcmul(half, half, half, value=1e10).tolist() == [inf, inf]
    for value in (300, math.nan, 1e10):
        with pytest.raises(RuntimeError, match="without overflow"):
            half.to(ctgrad.uint8).masked_fill(truth, ctgrad.tensor(value))
    with pytest.raises(RuntimeError, match="without overflow"):
        ctgrad.full((1,), 1e300)


@pytest.mark.parametrize(("dtype", "inside", "outside"), [
    (ctgrad.uint8, [-1, -255, 0.0, 254.5, 255.0], [-1.0, -0.5, 255.5, -256, 256]), (ctgrad.int32, [-2.0**31, 2.0**31 - 1, 2**31 - 1], [-2.0**31 - 0.5, 2.0**31 - 0.5, 2**31]),
])
def test_numbers_at_the_ends_of_integers(dtype, inside, outside):
    x, truth = ctgrad.ones(2, dtype=dtype), ctgrad.tensor([True, False])
    for number in inside:
        assert x.masked_fill(truth, number)[0] == ctgrad.full((2,), number, dtype=dtype)[0]
    for number in outside:
        for call in (lambda: x.masked_fill(truth, number), lambda: ctgrad.full((2,), number, dtype=dtype), lambda: x.clone().fill_(number)):
            with pytest.raises(RuntimeError, match="without overflow"):
                call()
    if dtype == ctgrad.uint8:
        with pytest.raises(RuntimeError, match="without overflow"):
            ctgrad.nn.functional.pad(x, (1, 1), value=-1)


def test_dtypes_of_ldexp_and_nextafter():
    for x, y, dtype in ((ctgrad.ones(1, dtype=BF16), ctgrad.tensor(3), BF16), (ctgrad.tensor(1.0, dtype=F64), ctgrad.ones(1, dtype=I64), F64), (ctgrad.ones(1, dtype=F16), ctgrad.tensor(2.0), F16)):
        assert ctgrad.ldexp(x, y).dtype == ctgrad.nextafter(x, y).dtype == dtype
    assert ctgrad.ldexp(ctgrad.tensor([2]), ctgrad.tensor([3])).tolist() == [16] and ctgrad.nextafter(ctgrad.tensor(1.0), ctgrad.tensor(2)).item() == 1 + 2**-23
    with pytest.raises(NotImplementedError, match="'Long'"):
        ctgrad.nextafter(ctgrad.tensor(1), ctgrad.tensor(2))


# ---- out= ---------------------------------------------------------------------------------------------------------------------------------


A = ctgrad.tensor([[2.0, 1], [1, 3]])


@pytest.mark.parametrize("call", [
    lambda o: ctgrad.linalg.inv(A, out=o), lambda o: ctgrad.linalg.solve(A, A, out=o), lambda o: ctgrad.linalg.det(A, out=o), lambda o: ctgrad.linalg.cholesky(A, out=o),
    lambda o: ctgrad.linalg.eigvalsh(A, out=o), lambda o: ctgrad.linalg.svdvals(A, out=o), lambda o: ctgrad.linalg.matrix_norm(A, out=o), lambda o: ctgrad.linalg.norm(A, out=o),
    lambda o: ctgrad.linalg.vector_norm(A, out=o), lambda o: ctgrad.linalg.vecdot(A, A, out=o), lambda o: ctgrad.linalg.multi_dot([A, A], out=o), lambda o: ctgrad.inner(A, A, out=o),
    lambda o: ctgrad.matrix_power(A, 2, out=o), lambda o: ctgrad.inverse(A, out=o), lambda o: ctgrad.quantile(A, 0.5, out=o), lambda o: ctgrad.histc(A, out=o), lambda o: ctgrad.msort(A, out=o),
    lambda o: ctgrad.renorm(A, 2, 0, 1.0, out=o), lambda o: ctgrad.heaviside(A, A, out=o), lambda o: ctgrad.tensordot(A, A, 1, out=o), lambda o: ctgrad.searchsorted(A[0], A, out=o),
    lambda o: ctgrad.bucketize(A, A[0], out=o), lambda o: ctgrad.multinomial(A[0], 1, out=o), lambda o: ctgrad.aminmax(A, out=(o, A[0, 0].clone())),
])
def test_out_of_another_dtype_is_refused(call):
    with pytest.raises(RuntimeError, match="dtype"):
        call(ctgrad.empty(0, dtype=F16))


def test_out_of_tensordot_takes_the_shape():
    o = ctgrad.zeros(5)
    with pytest.warns(UserWarning, match="was resized"):
        assert ctgrad.tensordot(A, A, 2, out=o) is o
    assert o.shape == () and o.item() == 15


def test_out_of_aminmax_and_lerp():
    low, high, mean = ctgrad.empty(0), ctgrad.empty(0), ctgrad.empty(0, dtype=F64)
    made = ctgrad.aminmax(A, dim=0, out=(low, high))
    assert made.min is low and low.tolist() == [1, 1] and high.tolist() == [2, 3]
    assert ctgrad.lerp(A, A + 1, 0.5, out=mean) is mean and mean.tolist() == [[2.5, 1.5], [1.5, 3.5]]


def test_out_of_what_is_made_anew_takes_the_shape_without_a_word():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for make in (lambda o: ctgrad.eye(2, out=o), lambda o: ctgrad.zeros(2, 2, out=o), lambda o: ctgrad.full((2, 2), 1.0, out=o), lambda o: ctgrad.linspace(0, 1, 3, out=o),
                     lambda o: ctgrad.rand(2, out=o), lambda o: ctgrad.randperm(3, out=o), lambda o: ctgrad.bernoulli(A / 4, out=o)):
            o = ctgrad.ones(5)
            assert make(o) is o and o.shape != (5,)
    with pytest.warns(UserWarning, match=r"will be resized to a tensor of shape \(4,\)"):
        ctgrad.arange(4, out=ctgrad.ones(5))


# ---- nothing to compute -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [ctgrad.bool, ctgrad.uint8, I64, F32])
def test_no_elements_of_a_dtype_that_is_not_computed(dtype):
    x = ctgrad.empty(0, 3, dtype=dtype)
    for f in (lambda: x.softmax(-1), lambda: x.log_softmax(0), lambda: x.clone().normal_(), lambda: ctgrad.randn_like(x), lambda: ctgrad.randn(0, 3, dtype=dtype),
              lambda: x.clone().cumsum_(0), lambda: x.clone().cumprod_(-1)):
        assert f().dtype == dtype and f().shape == (0, 3)
    one = ctgrad.ones(1, dtype=dtype)
    for f in (lambda: one.softmax(-1), lambda: one.normal_(), lambda: ctgrad.randn_like(one)):
        if dtype != F32:
            with pytest.raises(NotImplementedError):
                f()


def test_versions_of_new_results():
    x, w = ctgrad.ones(3), ctgrad.ones(2, 3, requires_grad=True)
    assert ctgrad.nn.functional.linear(x, w.detach())._version == 1 and ctgrad.nn.functional.linear(x, w)._version == 1
    assert ctgrad.nn.functional.linear(x[None], w.detach())._version == 0 and ctgrad.nn.functional.one_hot(ctgrad.tensor([1]))._version == 2


def test_a_write_by_other_means_is_told():
    x = ctgrad.ones(2, requires_grad=True)
    y, (a, b) = x.exp(), (ctgrad.ones(1), ctgrad.ones(1))
    ctgrad.autograd.graph.increment_version([a, b])
    ctgrad.autograd.graph.increment_version(y)
    assert a._version == b._version == y._version == 1
    with pytest.raises(RuntimeError, match="increment_version"):
        y.sum().backward()
    with pytest.raises(TypeError, match="tensor"):
        ctgrad.autograd.graph.increment_version([3])


# ---- nodes of compositions ----------------------------------------------------------------------------------------------------------------


def _chain(t):
    names, fn = [], t.grad_fn
    while fn is not None and fn.name() != "torch::autograd::AccumulateGrad":
        names.append(fn.name())
        fn = next((f for f, _ in fn.next_functions if f is not None), None)
    return names


def test_names_along_compositions():
    A, x = ctgrad.eye(2, requires_grad=True), ctgrad.rand(3, 2, requires_grad=True)
    for p in (1, -1, math.inf, "fro"):
        assert _chain(ctgrad.linalg.cond(A, p))[:2] == ["NanToNumBackward0", "MulBackward0"]
    for p, name in ((1, "AmaxBackward0"), (-math.inf, "AminBackward0")):
        assert _chain(ctgrad.linalg.matrix_norm(x, p)) == [name, "LinalgVectorNormBackward0"]
    assert _chain(ctgrad.cdist(x, x, compute_mode="use_mm_for_euclid_dist")) == ["ViewBackward0", "EuclideanDistBackward0"]
    assert _chain(ctgrad.cdist(x, x)) == _chain(ctgrad.cdist(x, x, 1.0)) == ["CdistBackward0"]
    assert [_chain(t) for t in ctgrad.triangular_solve(x[:2], A)] == [["TriangularSolveBackward0", "SliceBackward0"]] * 2


def test_nodes_and_gradients_of_ctc():
    scores = ctgrad.rand(6, 2, 4).log_softmax(-1).detach().requires_grad_()
    targets, lengths, sizes = ctgrad.tensor([[1, 2, 0], [1, 3, 3]]), ctgrad.tensor([6, 2]), ctgrad.tensor([2, 3])
    ctc = ctgrad.nn.functional.ctc_loss
    for reduction, names in (("none", []), ("sum", ["SumBackward0"]), ("mean", ["MeanBackward0", "DivBackward0"])):
        assert _chain(ctc(scores, targets, lengths, sizes, reduction=reduction)) == [*names, "CtcLossBackward0"]
        assert _chain(ctc(scores, targets, lengths, sizes, reduction=reduction, zero_infinity=True)) == [*names, "WhereBackward0", "CtcLossBackward0"]
    losses = ctc(scores, targets, lengths, sizes, reduction="none")
    grad, = ctgrad.autograd.grad(losses.sum(), scores)
    assert losses[1].item() == math.inf and grad[:, 0].isfinite().all() and grad[:2, 1].isnan().all()
    grad, = ctgrad.autograd.grad(ctc(scores, targets, lengths, sizes, reduction="sum", zero_infinity=True), scores)
    assert grad.isfinite().all() and not grad[:, 1].any()


def test_condition_numbers_of_singular_matrices():
    A = ctgrad.stack([ctgrad.tensor([[1.0, 2], [2, 4]]), ctgrad.eye(2)])
    for p in (1, -1, math.inf, "fro", "nuc"):
        made = ctgrad.linalg.cond(A, p)
        assert made[0] == math.inf and made[1].isfinite()
