"""Tensors that change places: by hand, and when a module takes a state in the objects that it has; masks of attention by their corner."""

PROGRAMS = r"""
a, b = torch.arange(2), torch.arange(3.)
torch.utils.swap_tensors(a, b)
a, b, a.dtype, b.shape
p, q = nn.Parameter(torch.ones(2)), torch.zeros(3, dtype=torch.float64)
p.mark = 'first'
p.sum().backward()
held = [p]
torch.utils.swap_tensors(p, q)
held[0], q, type(held[0]).__name__, type(q).__name__, held[0].requires_grad, q.requires_grad, q.grad, held[0].grad, q.mark, hasattr(p, 'mark')
torch.utils.swap_tensors(p, p)
p, (q * 2).sum().backward(), q.grad
import weakref
w = weakref.ref(a)
torch.utils.swap_tensors(a, b)
del w
torch.utils.swap_tensors(b, a)
a, b

torch.__future__.get_swap_module_params_on_conversion(), torch.__future__.get_overwrite_module_params_on_conversion()
torch.__future__.set_swap_module_params_on_conversion(True)
torch.__future__.get_swap_module_params_on_conversion()
m = nn.Linear(2, 1)
optimizer = torch.optim.SGD(m.parameters(), lr=0.5)
weight, bias = m.weight, m.bias
m.double(), m.weight is weight, weight.dtype
m.load_state_dict(nn.Linear(2, 1).state_dict(), assign=True), m.weight is weight, m.bias is bias, weight.dtype, weight
state = {'weight': torch.full((1, 2), 3.), 'bias': torch.zeros(1)}
m.load_state_dict(state, assign=True)
m(torch.ones(1, 2)).sum().backward()
optimizer.step()
m.weight, optimizer.param_groups[0]['params'][0] is m.weight, m.bias
m.load_state_dict({'weight': torch.zeros(1, 2), 'bias': torch.ones(1)}), m.weight is weight, weight
torch.__future__.set_swap_module_params_on_conversion(False)
m.load_state_dict(state, assign=True), m.weight is weight
torch.__future__.set_overwrite_module_params_on_conversion(False)

from torch.nn.attention.bias import CausalBias, CausalVariant, causal_lower_right, causal_upper_left
upper, lower = causal_upper_left(2, 4), causal_lower_right(2, 4)
upper, lower, type(upper), isinstance(lower, torch.Tensor), causal_lower_right(4, 2), causal_upper_left(3, 3)
CausalVariant.UPPER_LEFT, int(CausalVariant.LOWER_RIGHT), upper.variant, lower.seq_len_q, lower.seq_len_kv
q, k, v = torch.ones(1, 2, 2, 8), torch.arange(64.).view(1, 2, 4, 8) / 32, torch.arange(64.).view(1, 2, 4, 8)
for bias in (upper, lower):
    seen = F.scaled_dot_product_attention(q, k, v, bias)
    print(type(seen).__name__, seen[0, 1].round(decimals=2), F.scaled_dot_product_attention(q[0], k[0], v[0], attn_mask=bias)[0, 1].round(decimals=2))
torch.equal(F.scaled_dot_product_attention(q, k, v, upper), F.scaled_dot_product_attention(q, k, v, is_causal=True))
causal_upper_left(2)
causal_lower_right(2, 3, 4)
causal_upper_left(2.5, 3)
CausalBias(1, 2, 3)
""".strip().split("\n\n")
