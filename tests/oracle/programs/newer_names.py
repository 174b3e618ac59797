"""Names beside the ops: orders of dimensions, edges and hooks of the graph, devices, numbers, orthogonal matrices."""

PROGRAMS = r"""
x = torch.arange(6.).view(2, 3)
x.dim_order(), x.t().dim_order(), x.expand(2, 2, 3).dim_order(), torch.ones(2, 3, 4, 5).to(memory_format=torch.channels_last).dim_order(), torch.ones(1, 1).dim_order(), torch.tensor(1).dim_order()
torch.ones(3).is_shared(), torch.ones(3).share_memory_().is_shared(), torch.empty(0).share_memory_().is_shared(), torch.ones(2).share_memory_().clone().is_shared(), torch.ones(4).share_memory_()[1:].untyped_storage().is_shared()
x.share_memory_() is x, torch.is_storage(x), torch.is_storage(x.untyped_storage()), torch.typename(x), torch.typename(3), torch.typename(torch.nn.Linear)
torch.get_default_device(), torch.inf, torch.nan, torch.pi, torch.e, torch.newaxis, x[torch.newaxis].shape
x.sum_to_size(1, 3), x.sum_to_size((3,)), x.sum_to_size(2, 1), x.new_empty_strided((2, 3), (1, 2)).stride(), x.grad_dtype, x.sum_to_size(2, 3)
x.sum_to_size(5)
torch.set_default_device('cpu'); torch.ones(1).device
m = nn.Linear(2, 2); m.share_memory() is m, m.to_empty(device='cpu') is m
torch.get_float32_matmul_precision(), torch.set_float32_matmul_precision('high'), torch.get_float32_matmul_precision()
torch.set_float32_matmul_precision('x')
torch.unravel_index(torch.tensor([5, 3]), (2, 3)), torch.unravel_index(torch.tensor(4), 6)

import torch.autograd.graph as g
x = torch.ones(2, requires_grad=True); y = x * 2; z = x.exp()
g.get_gradient_edge(y).output_nr, g.get_gradient_edge(x).node.name(), isinstance(y.grad_fn, g.Node), g.get_gradient_edge(y).node is y.grad_fn
g.get_gradient_edge(torch.ones(1))
h = g.register_multi_grad_hook((y, z), lambda grads: print('all', grads))
(y * z).sum().backward(retain_graph=True)
(y + z).sum().backward(retain_graph=True)
h.remove(); (y + z).sum().backward(retain_graph=True)
h = g.register_multi_grad_hook((y, z), lambda grad: print('any', grad), mode='any')
(y * z).sum().backward(retain_graph=True)
g.register_multi_grad_hook((y,), print, mode='x')
with g.save_on_cpu(): (x * x).sum().backward()
x.grad

torch.manual_seed(0)
for shape in ((3, 5), (5, 3), (4, 2, 3), (3, 3)):
    w = nn.init.orthogonal_(torch.empty(shape), gain=2.0)
    m = w.view(shape[0], -1)
    print(shape, (w * 1000).round(), torch.allclose(m @ m.t() if m.size(0) <= m.size(1) else m.t() @ m, 4 * torch.eye(min(m.shape)), atol=1e-5))
torch.rand(1)
nn.init.orthogonal_(torch.empty(3))
nn.init.orthogonal_(torch.empty(0, 3)).shape, isinstance(nn.init.orthogonal_(nn.Parameter(torch.empty(2, 2))), nn.Parameter)
""".strip().split("\n\n")
