"""Found by the operator database: gradients of erfcx, memory order of slices, attention of halves, out= that would grow over an index."""

PROGRAMS = [r"""
x = torch.tensor([-30.0, -5.0, -1.0, 0.0, 0.3, 2.0, 9.0], dtype=torch.float64, requires_grad=True)
y = torch.special.erfcx(x)
(g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
(h,) = torch.autograd.grad(g.sum(), x)
y.grad_fn.name(), [f"{v:.6g}" for v in g.tolist()], [f"{v:.6g}" for v in h.tolist()]

slices = [torch.unique_consecutive(torch.ones(shape), dim=dim) for shape, dim in (((3, 4, 5), 1), ((5, 5), 1), ((3, 4, 5), 2))]
[(s.shape, s.stride(), s._is_view()) for s in slices]

def attention(dtype, **settings):
    torch.manual_seed(1)
    q, k, v = (torch.randn(2, 5, 8).to(dtype).requires_grad_() for _ in range(3))
    y = F.scaled_dot_product_attention(q, k, v, **settings)
    return y.dtype, y.grad_fn.name(), y[0, :2].tolist()

attention(torch.float16), attention(torch.bfloat16)
attention(torch.float16, is_causal=True), attention(torch.bfloat16, is_causal=True)
attention(torch.float16, dropout_p=0.5), attention(torch.bfloat16, dropout_p=0.5)
attention(torch.float16, attn_mask=torch.ones(5, 5).tril().bool()), attention(torch.bfloat16, attn_mask=torch.ones(5, 5, dtype=torch.bfloat16))

places = torch.tensor([2, 1, 0])
torch.gather(torch.arange(3), 0, places[1:], out=places[:1])
numbers = torch.arange(10.0)
torch.kthvalue(numbers, 5, out=(numbers, torch.empty(0, dtype=torch.int64)))
torch.index_select(torch.ones(4), 3, torch.ones(3))
torch.index_add(torch.ones(2, 1), 3, torch.ones(1), torch.ones(2, 0))
torch.tensor([1]).uniform_(3)
torch.ones(2).size(False)
torch.ones(2).stride(True)
torch.rsub(torch.ones(2), torch.tensor(1.0), 2)
torch.rsub(torch.ones(2), torch.tensor(1.0), torch.tensor(2))
""", r"""
def names(node):
    found = []
    while node is not None:
        found.append(node.name())
        node = node.next_functions[0][0] if node.next_functions else None
    return found

def contraction(a, b, dims):
    y = torch.tensordot(torch.ones(a, requires_grad=True), torch.ones(b), dims=dims)
    return y.shape, names(y.grad_fn)

contraction((2, 2, 1), (2, 1, 2), [[0, 1], [2, 0]]), contraction((1, 2, 2), (2, 2, 1), [[1, 2], [0, 1]]), contraction((1, 2, 2), (2, 2), [[1, 2], [0, 1]])
contraction((1, 4), (4, 1), 1), contraction((1, 4), (4, 3), 1), contraction((1,), (1,), 0), contraction((1, 3), (1, 1), 1), contraction((2, 1, 2), (2, 1, 2), [[0, 2], [2, 0]])
halves = torch.tensor([[0.1, 0.7], [1.3, -0.6]], dtype=torch.bfloat16)
torch.tensordot(halves[None], halves[:, None], dims=[[1, 2], [2, 0]])

x = torch.tensor([-7.3, -3.0, -1.0, -0.4, 0.0, 0.3, 0.5, 2.0, 9.0, 1e8])
[torch.polygamma(1, x.to(dtype)).tolist() for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64)]
[torch.special.ndtr(x.to(dtype)).tolist() for dtype in (torch.bfloat16, torch.float32, torch.float64, torch.int64)]
names(torch.special.ndtr(torch.ones(2, requires_grad=True)).grad_fn)

x = torch.tensor([9.0, -9.0], dtype=torch.float16, requires_grad=True)
y = torch.tensor([1e-4, 2.0], dtype=torch.float16, requires_grad=True)
g = torch.autograd.grad(torch.fmod(x, y).sum(), y, create_graph=True)[0]
g, torch.autograd.grad(g.sum(), (x, y), allow_unused=True)
"""]
