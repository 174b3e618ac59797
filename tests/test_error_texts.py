"""What errors name: the place in an index, the dimension that differs, sizes. The facts are PyTorch's, read from its texts."""

import re

import ctgrad
import pytest

CUBE = ctgrad.zeros(2, 3, 4, 5)
INT = ctgrad.tensor


# An index out of bounds is told by its place in the index, not by the dimension that is left of the tensor by then.
@pytest.mark.parametrize("index, told", [
    ((1, 3), "index 3 is out of bounds for dimension 1 with size 3"), ((0, -4), "index -4 is out of bounds for dimension 1 with size 3"),
    ((1, 2, 4), "index 4 is out of bounds for dimension 2 with size 4"), ((slice(None), 7), "index 7 is out of bounds for dimension 1 with size 3"),
    ((1, ..., 9), "index 9 is out of bounds for dimension 2 with size 5"), ((None, 1, 3), "index 3 is out of bounds for dimension 2 with size 3"),
    ((True, 1, 3), "index 3 is out of bounds for dimension 2 with size 3"), ((INT(1), INT(3)), "index 3 is out of bounds for dimension 1 with size 3"),
    (5, "index 5 is out of bounds for dimension 0 with size 2"), ((0, 0, 0, 0, 0), "too many indices for tensor of dimension 4")])
def test_an_index_out_of_bounds_is_told_by_its_place(index, told):
    for use in (lambda x: x[index], lambda x: x.__setitem__(index, 1.0)):
        with pytest.raises(IndexError, match=re.escape(told)):
            use(CUBE.clone())


A, B = ctgrad.zeros(2, 3), ctgrad.zeros(4, 5)


@pytest.mark.parametrize("f", [lambda: A + B, lambda: ctgrad.broadcast_tensors(A, B), lambda: ctgrad.nn.functional.mse_loss(A, B), lambda: ctgrad.where(A > 0, A, B)])
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_the_last_dimension_that_differs_is_told(f):
    with pytest.raises(RuntimeError, match=r"tensor a \(3\) must match the size of tensor b \(5\) at non-singleton dimension 1"):
        f()


def test_a_wrong_gradient_is_told_by_both_sizes():
    x = ctgrad.zeros(2, 3, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"a gradient of size '\[4, 5\]' to a tensor of size '\[2, 3\]'"):
        x.grad = B
    with pytest.raises(RuntimeError, match="dtype 'float64' to a tensor with grad_dtype 'float32'"):
        x.grad = A.double()
    assert x.grad is None
    x.grad_dtype = ctgrad.float64
    x.grad = A.double().expand(2, 3) if A.shape != x.shape else A.double()
    with pytest.raises(RuntimeError, match="already a gradient with dtype .float64.*clear the gradient"):
        x.grad_dtype = ctgrad.float32


def test_a_quantile_out_of_range_is_told():
    with pytest.raises(RuntimeError, match=r"q must be in the range \[0, 1\] but got 2"):
        ctgrad.quantile(A, 2.0)
    with pytest.raises(RuntimeError, match=r"q values must be in the range \[0, 1\]"):
        ctgrad.quantile(A, ctgrad.tensor([0.5, 2.0]))


@pytest.mark.parametrize(("call", "told"), [
    (lambda: ctgrad.trapz((1, 2)), r"trapezoid\(\): argument 'y' \(position 1\) must be Tensor, not tuple"), (lambda: A.mode(B), r"mode\(\): argument 'dim' \(position 2\) must be int, not Tensor"),
    (lambda: A.diff("a"), r"diff\(\): argument 'n' \(position 2\) must be int, not str"), (lambda: ctgrad.cov("a"), r"cov\(\): argument 'input' \(position 1\) must be Tensor, not str"),
    (lambda: ctgrad.hann_window(A), r"hann_window\(\): argument 'window_length' \(position 1\) must be Number, not Tensor"), (lambda: A.clone().xlogy_((1, 2)), r"xlogy_\(\): argument 'other' \(position 2\) must be"),
    (lambda: ctgrad.nn.functional.pairwise_distance(A, A, ctgrad.int64), r"argument 'p' \(position 3\) must be float, not dtype"),
    (lambda: ctgrad.nn.functional.cosine_similarity(A, 1), r"argument 'x2' \(position 2\) must be Tensor, not int")])
def test_an_argument_of_a_wrong_type_is_told_by_name(call, told):
    with pytest.raises(TypeError, match=told):
        call()


def test_errors_of_arguments_that_fit_pass_through():
    with pytest.raises(RuntimeError, match="only supports at least 2D"):
        ctgrad.cdist(ctgrad.zeros(2), A)
    with pytest.raises(RuntimeError, match="size of tensor a"):
        ctgrad.xlogy(A, B)


@pytest.mark.parametrize("fill", ["log_normal_", "cauchy_", "geometric_"])
def test_draws_follow_memory(fill):
    def drawn(t):
        ctgrad.manual_seed(3)
        return getattr(t, fill)(*[0.5] * (fill == "geometric_"))
    rows = drawn(ctgrad.empty(3, 4))
    assert ctgrad.equal(drawn(ctgrad.empty(3, 4).t()), rows.t())
    assert ctgrad.equal(drawn(ctgrad.empty(3, 8)[:, ::2].t()), rows.t())


# Flags, words and counts of compositions are looked at before these run, though Python would take what is given as true or false.
@pytest.mark.parametrize(("f", "told"), [
    (lambda x: ctgrad.unique(x, return_inverse=1), "unique(): argument 'return_inverse' must be bool, not int"), (lambda x: ctgrad.linalg.lu_factor(x, pivot=1.0), "argument 'pivot' must be bool, not float"),
    (lambda x: ctgrad.searchsorted(x[0], x[1], right=1), "argument 'right' must be bool, not int"), (lambda x: ctgrad.diff(x, 1, True), "diff(): argument 'dim' (position 3) must be int, not bool"),
    (lambda x: ctgrad.diff(x, ctgrad.tensor([1])), "argument 'n' (position 2) must be int, not Tensor"), (lambda x: ctgrad.linalg.matrix_power(x, 2.0), "argument 'n' (position 2) must be int, not float"),
    (lambda x: ctgrad.multinomial(x[0] + 1, True), "argument 'num_samples' (position 2) must be int, not bool"), (lambda x: ctgrad.linalg.eigh(x, UPLO=1), "argument 'UPLO' must be str, not int"),
    (lambda x: ctgrad.linalg.pinv(x, hermitian=1), "argument 'hermitian' must be bool, not int"), (lambda x: ctgrad.nn.functional.dropout2d(x[None], training=1), "must be bool, not int"),
    (lambda x: ctgrad.nn.functional.poisson_nll_loss(x, x, log_input=1), "argument 'log_input' must be bool, not int"), (lambda x: ctgrad.nn.functional.rrelu(x, training=1), "must be bool, not int"),
    (lambda x: ctgrad.nn.functional.dropout(x, training=1), "must be bool, not int"), (lambda x: ctgrad.nn.functional.alpha_dropout(x, training=None), "must be bool, not NoneType"),
    (lambda x: ctgrad.nn.functional.grid_sample(x[None, None], ctgrad.zeros(1, 1, 1, 2), align_corners=1), "argument 'align_corners' must be bool, not int"),
    (lambda x: ctgrad.meshgrid(x[0], x[0], indexing=1), "argument 'indexing' must be str, not int"),
    (lambda x: ctgrad.nn.functional.triplet_margin_loss(x, x, x, swap=1), "argument 'swap' must be bool, not int")])
def test_flags_words_and_counts_are_told_first(f, told):
    with pytest.raises(TypeError, match=re.escape(told)):
        f(ctgrad.eye(3))


def test_what_counts_as_a_flag_or_a_count_is_taken():
    x = ctgrad.eye(3)
    assert ctgrad.equal(ctgrad.diff(x, ctgrad.tensor(1)), ctgrad.diff(x, n=1, dim=-1))
    assert ctgrad.nn.functional.local_response_norm(x[None], 2, k=0.5).shape == (1, 3, 3)
    assert ctgrad.nn.functional.gaussian_nll_loss(x, x, x + 1, full=1).dim() == 0


@pytest.mark.parametrize("name", ["multilabel_margin_loss", "soft_margin_loss", "hinge_embedding_loss", "margin_ranking_loss", "kl_div"])
def test_a_reduction_that_is_none_is_a_wrong_value(name):
    args = {"multilabel_margin_loss": 2, "soft_margin_loss": 2, "hinge_embedding_loss": 2, "margin_ranking_loss": 3, "kl_div": 2}[name]
    for reduction in (None, 1, "NONE"):
        with pytest.raises(ValueError, match="is not a valid value for reduction"):
            getattr(ctgrad.nn.functional, name)(*[ctgrad.zeros(2, 2, dtype=ctgrad.long if name[:6] == "multil" and i else None) for i in range(args)], reduction=reduction)


@pytest.mark.parametrize("f", [
    lambda: ctgrad.meshgrid(INT([1, 2]), indexing=""), lambda: ctgrad.nn.functional.adaptive_avg_pool3d(CUBE, []),
    lambda: ctgrad.nn.functional.fold(ctgrad.zeros(1, 6, 5), (4, 5), (2, 3), stride=(2, 2)), lambda: ctgrad.nn.functional.unfold(ctgrad.zeros(1, 2, 2, 2), (3, 3), dilation=(2, 2))])
def test_values_that_do_not_fit_are_no_type_errors(f):
    with pytest.raises(RuntimeError):
        f()
