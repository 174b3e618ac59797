"""What the texts of errors must tell, as PyTorch's own tests look for it: types that differ, places that are not there, outs of another dtype."""

PROGRAMS = r"""
import re
def says(pattern, call):
    try:
        call()
        print("taken", pattern)
    except Exception as error:
        print(type(error).__name__, pattern if re.search(pattern, str(error)) else str(error))
real, double, whole = torch.ones(2, 3), torch.ones(2, 3, dtype=torch.float64), torch.ones(2, 3, dtype=torch.int64)
says(r"expected m1 and m2 to have the same dtype, but got: long int != float", lambda: torch.mm(whole, real.t()))
says(r"expected m1 and m2 to have the same dtype, but got: float != double", lambda: F.linear(real, double))
says(r"self and mat2 must have the same dtype, but got Float and Double", lambda: F.linear(real, double, torch.ones(2)))
says(r"mat1 and mat2 must have the same dtype, but got Long and Float", lambda: F.linear(whole, real, torch.ones(2)))
says(r"self and mat2 must have the same dtype, but got Double and Float", lambda: torch.addmm(torch.ones(2, dtype=torch.float64), real, real.t()))
says(r"addmv input tensors must have the same dtype, but got Double, Float, and Double", lambda: real @ torch.ones(3, dtype=torch.float64))
says(r"expected scalar type Float but found Double", lambda: torch.bmm(real[None], double.t()[None]))
says(r"expected scalar type Long but found Float", lambda: torch.einsum("ij,kj->ik", whole, real))
says(r"All tensors must have the same dtype, got input1: long int, input2: long int, weight: float", lambda: F.bilinear(whole, whole, torch.ones(1, 3, 3)))
says(r"prelu: Type promoting not supported. Got Float and Double", lambda: F.prelu(real, torch.ones(1, dtype=torch.float64)))
says(r"mixed dtype \(CPU\)", lambda: F.layer_norm(real, (3,), double[0]))
says(r"mixed dtype \(CPU\)", lambda: F.batch_norm(real, double[0], double[0], training=True))

image, kernel = torch.ones(1, 1, 4, 4), torch.ones(1, 1, 2, 2)
says(r"expected scalar type Long but found Double", lambda: F.conv2d(image.long(), kernel.double()))
says(r"Input type \(torch.HalfTensor\) and weight type \(torch.FloatTensor\) should be the same", lambda: F.conv2d(image.half(), kernel))
says(r"Input type \(int\) and bias type \(float\) should be the same", lambda: F.conv2d(image.int(), kernel, torch.ones(1)))

empty = torch.ones(10, 0)
says(r"is out of bounds for dimension with size 0", lambda: empty[:, [0, 1]])
says(r"is out of bounds for dimension with size 0", lambda: torch.ones(0, 3)[torch.tensor([0]), torch.tensor([1])])
says(r"self indexing axis dim should be positive", lambda: empty.index_select(1, torch.tensor([0])))
says(r"kthvalue\(\): Expected reduction dim 1 to have non-zero size", lambda: torch.kthvalue(empty, 1, dim=1))
counts = torch.arange(4)
def put(values):
    counts[counts > -1] = torch.tensor(values)
says(r"shape mismatch", lambda: put([]))
says(r"shape mismatch", lambda: put([1.0, 2.0, 3.0]))
says(r"diff expects prepend or append to be the same dimension as input", lambda: torch.diff(torch.ones(3), prepend=torch.ones(1, 1)))

says(r"Expected out tensor to have scalar type Long", lambda: torch.nonzero(real, out=torch.ones(2)))
says(r"expected scalar_type Double but found Float", lambda: torch.logcumsumexp(double, 0, out=torch.ones(2, 3)))
says(r"input tensor and bins tensors should have the same dtype", lambda: torch.histogram(torch.ones(3), torch.tensor([1.0, 2.0], dtype=torch.float64)))
says(r"bins tensor should have one dimension", lambda: torch.histogram(torch.ones(3), torch.tensor([[1.0, 2.0]])))

says(r"self.size\(-1\) must be divisible by 2 to view Float as Double \(different element sizes\), but got 3", lambda: real.view(torch.float64))
says(r"self.stride\(-1\) must be 1 to view Float as Double \(different element sizes\), but got 4", lambda: torch.ones(6, 4).t().view(torch.float64))
says(r"self.stride\(0\) must be divisible by 2 to view Half as Float \(different element sizes\), but got 5", lambda: torch.ones(3, 5).half()[:, :4].view(torch.float32))
says(r"self.storage_offset\(\) must be divisible by 4 to view Bool as Float", lambda: torch.ones(8).bool()[1:5].view(torch.float32))
says(r"self.dim\(\) cannot be 0 to view Float as Double", lambda: torch.tensor(1.0).view(torch.float64))
says(r"to have dtype of long, but got Float", lambda: torch.ones(3).tensor_split(torch.tensor([1.0])))

leaf = torch.ones(2, 2, requires_grad=True)
says(r"grad_output\[0\] has a shape of torch.Size\(\[\]\) and output\[0\] has a shape of torch.Size\(\[2, 2\]\)", lambda: torch.autograd.grad(leaf * 1, leaf, torch.ones(2), is_grads_batched=True))
says(r"dimensionality of sizes \(1\) must match dimensionality of strides \(0\)", lambda: torch.empty_strided((2,), ()))
says(r"random_ expects 'from' to be less than 'to', but got from=-42 >= to=-42", lambda: torch.ones(3).bool().random_(-42, -42))
says(r"from is out of bounds for bool", lambda: torch.ones(3).bool().random_(-42, 5))
says(r"_set_deterministic_algorithms\(\): argument 'mode' \(position 1\) must be bool, not int", lambda: torch.use_deterministic_algorithms(1))
says(r"type 'torch.FloatTensor' is not an acceptable base type", lambda: type(torch.FloatTensor)("Mine", (torch.FloatTensor,), {}))
table = torch.ones(10, 3)
for mode in ("sum", "mean", "max"):
    says(r"Expected idx >= 0 && idx < num_embeddings", lambda: F.embedding_bag(torch.tensor([0, -1]), table, torch.tensor([0]), mode=mode, padding_idx=0))
says(r"to have the same type as", lambda: F.embedding_bag(torch.tensor([0, 1]), table, torch.tensor([0]), mode="sum", per_sample_weights=torch.ones(2, dtype=torch.float64)))

class AsView(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)
    @staticmethod
    def backward(ctx, g):
        return g
says(r"A view was created in no_grad mode and is being modified inplace with grad mode enabled. This view was created inside a custom Function", lambda: AsView.apply(torch.ones(1, 2)).add_(torch.ones(1, requires_grad=True)))
made = torch.ones(1, 2, requires_grad=True).clone()
with torch.inference_mode():
    view, other = made.view(-1), made.view_as(made)
says(r"A view was created in inference mode and is being modified inplace", lambda: view.add_(2))
made.add_(1)
says(r"A view was created in inference mode and its base or another view of its base has been modified inplace", lambda: other.grad_fn)

says(r"expected size of input's dimension 2 to match the calculated number of sliding blocks 3 \* 3 = 9, but got input.size\(2\)=10", lambda: F.fold(torch.ones(1, 6, 10), (4, 5), (2, 3)))
says(r"be divisible by the product of kernel_size, but got input.size\(1\)=5", lambda: F.fold(torch.ones(1, 5, 9), (4, 5), (2, 3)))
says(r"calculated shape of the array of sliding blocks as \(1, 0\), but its components must be at least one", lambda: F.unfold(torch.ones(1, 2, 2, 2), (2, 3)))
grid = torch.ones(1, 1, 1, 2)
says(r"expected grid to have size 1 in last dimension", lambda: F.grid_sample(torch.ones(1, 2, 2), grid, align_corners=False))
says(r"input and grid with same number of dimensions", lambda: F.grid_sample(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 1, 1, 2), align_corners=False))
for loss in (F.multi_margin_loss, F.multilabel_margin_loss):
    says(r"Expected non-empty vector or matrix with optional 0-dim batch size", lambda: loss(torch.ones(0), torch.ones(10).long()))
    says(r"Expected non-empty vector or matrix with optional 0-dim batch size", lambda: loss(torch.ones(10, 0), torch.ones(10, 0).long()))

def through_qr(shape, mode):
    q, r = torch.linalg.qr(torch.ones(shape, dtype=torch.float64, requires_grad=True), mode)
    r.sum().backward()
says(r"The derivative of linalg.qr depends on Q, which is not computed when mode='r'", lambda: through_qr((3, 5), "r"))
says(r"The QR decomposition is not differentiable when mode='complete' and nrows > ncols", lambda: through_qr((5, 3), "complete"))
says(r"linalg.matrix_norm: The input tensor A must have at least 2 dimensions", lambda: torch.linalg.norm(torch.ones(10), "fro"))
says(r"the first tensor must be 1D or 2D but got 0D", lambda: torch.linalg.multi_dot([torch.tensor(1.0), torch.ones(2, 2)]))
says(r"the last tensor must be 1D or 2D but got 0D", lambda: torch.linalg.multi_dot([torch.ones(2, 2), torch.tensor(1.0)]))
broken = torch.ones(2, 3, 3)
broken[1, 0, 0] = float("nan")
says(r"linalg.svd: \(Batch element 1\): The algorithm failed to converge", lambda: torch.linalg.svd(broken))
says(r"einsum\(\): found '.' for operand 0 that is not part of any ellipsis", lambda: torch.einsum(". ..", torch.ones(2)))
for name in ("eig", "solve", "lstsq", "matrix_rank", "symeig"):
    says(r"This function was deprecated since version 1.9 and is now removed", lambda: getattr(torch, name)(torch.ones(3, 3), torch.ones(3, 3)))

import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    torch.arange(5, out=torch.ones(2, 3))
print([re.search(r"The out tensor will be resized to a tensor of shape \(5,\)", str(w.message)) is not None for w in caught])

import warnings
def told(*a, **k):
    try: print(torch.testing.assert_close(*a, **k))
    except Exception as e: print(type(e).__name__, e)
t = torch.tensor
told(None, 1), told(1, None), told(t(1.), None), told([None], [t(1)]), told('a', None), told(None, None), told({'a': None}, {'a': 0})
told(t(1.), t(2.)), told(t(1), t(2)), told([t(1.)], [t(2.)]), told(t(True), t(False)), told(t(1.), t(float('nan'))), told(t(0.), t(1.), rtol=0, atol=0), told(t(1.), t(0.)), told(t(float('inf')), t(1.))
told(t([1.]), t([2.])), told(t(1.), 2.), told(np.float64(1), np.float64(2)), told({'a': t(1.).half()}, {'a': t(2.).half()}), told(t(1.5).double(), t(2.3456789).double())
def warned(call):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter('always')
        print(call())
    for w in seen: print(w.category.__name__, str(w.message).split(' (Trig')[0])
x = torch.ones(2)
warned(lambda: x.resize_as(x)), warned(lambda: x.resize(2)), warned(lambda: x.new_tensor(x, dtype=torch.int64)), warned(lambda: x.new_tensor([1])), warned(lambda: F.gumbel_softmax(x, eps=.1).shape), warned(lambda: F.gumbel_softmax(x, 1, False, 1e-10).shape)
warned(lambda: torch.cov(torch.ones(2, 3), correction=3)), warned(lambda: torch.cov(torch.eye(2, 3), correction=4)), warned(lambda: torch.corrcoef(torch.ones(1))), warned(lambda: torch.cov(torch.eye(2, 3), correction=2))
""".strip().split("\n\n")
