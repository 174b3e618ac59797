"""Found by the operator database: gradients of erfcx, memory order of slices, attention of halves, out= that would grow over an index."""
import torch
import torch.nn.functional as F

x = torch.tensor([-30.0, -5.0, -1.0, 0.0, 0.3, 2.0, 9.0], dtype=torch.float64, requires_grad=True)
y = torch.special.erfcx(x)
(g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
(h,) = torch.autograd.grad(g.sum(), x)
print(y.grad_fn.name(), [f"{v:.6g}" for v in g.tolist()], [f"{v:.6g}" for v in h.tolist()])

for shape, dim in (((3, 4, 5), 1), ((5, 5), 1), ((3, 4, 5), 2)):
    made = torch.unique_consecutive(torch.ones(shape), dim=dim)
    print(made.shape, made.stride(), made._is_view())

for dtype in (torch.float16, torch.bfloat16):
    for settings in ({}, {"is_causal": True}, {"dropout_p": 0.5}, {"attn_mask": torch.ones(5, 5).tril().bool()}, {"attn_mask": torch.ones(5, 5, dtype=dtype)}):
        torch.manual_seed(1)
        q, k, v = (torch.randn(2, 5, 8).to(dtype).requires_grad_() for _ in range(3))
        y = F.scaled_dot_product_attention(q, k, v, **settings)
        print(y.dtype, y.grad_fn.name(), y[0, :2].tolist())


def attempt(what, call):
    try:
        print(what, call())
    except Exception as error:
        print(what, type(error).__name__)


places = torch.tensor([2, 1, 0])
attempt("gather", lambda: torch.gather(torch.arange(3), 0, places[1:], out=places[:1]))
numbers = torch.arange(10.0)
attempt("kthvalue", lambda: torch.kthvalue(numbers, 5, out=(numbers, torch.empty(0, dtype=torch.int64))))
attempt("index_select", lambda: torch.index_select(torch.ones(4), 3, torch.ones(3)))
attempt("index_add", lambda: torch.index_add(torch.ones(2, 1), 3, torch.ones(1), torch.ones(2, 0)))
attempt("uniform_", lambda: torch.tensor([1]).uniform_(3))
attempt("size", lambda: torch.ones(2).size(False))
attempt("stride", lambda: torch.ones(2).stride(True))
attempt("rsub", lambda: torch.rsub(torch.ones(2), torch.tensor(1.0), 2))
attempt("rsub", lambda: torch.rsub(torch.ones(2), torch.tensor(1.0), torch.tensor(2)))
