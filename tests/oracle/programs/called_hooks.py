"""When hooks on tensors and nodes are called, and with what; the functions of torch.autograd.graph."""

PROGRAMS = r"""
log = []
def say(name): return lambda *a: log.append((name, *[None if i is None else tuple(None if j is None else j.tolist() for j in i) if isinstance(i, tuple) else i.tolist() if isinstance(i, torch.Tensor) else i for i in a]))
def run(f, *l, create=False):
    log.clear()
    ts = [torch.tensor(v, requires_grad=True) for v in l]
    for k, t in enumerate(ts): t.register_hook(say(f"leaf{k}"))
    m = [t * 1 for t in ts]
    for k, t in enumerate(m):
        t.register_hook(say(f"mid{k}"))
        t.retain_grad()
        t.register_hook(say(f"after{k}"))
        t.grad_fn.register_hook(say(f"post{k}"))
        t.grad_fn.register_prehook(say(f"pre{k}"))
    y = f(*m)
    y.grad_fn.register_hook(say("ypost"))
    y.grad_fn.register_prehook(say("ypre"))
    y.register_hook(say("y"))
    g = torch.autograd.grad(y.sum(), ts, create_graph=True, allow_unused=True)
    if create and any(i is not None and i.requires_grad for i in g): sum(i.sum() for i in g if i is not None and i.requires_grad).backward()
    return list(log)
run(torch.relu, [1.0, -1.0], create=True)
run(torch.prod, [1.0, -1.0, 2.0], create=True)
run(torch.atan2, [1.0, 2.0], [3.0, 4.0]), run(torch.abs, [1.0, -2.0])
run(torch.mul, [1.0, 2.0], [[3.0, 4.0], [5.0, 6.0]], create=True), run(torch.add, [[1.0], [2.0]], [3.0, 4.0]), run(lambda x, y: x.copy_(y), [[1.0, 3.0], [2.0, 4.0]], [3.0, 4.0]), run(lambda x, y: torch.where(x > 1, x, y), [1.0, 2.0], [[3.0], [4.0]])
run(torch.prod, [1.0, 0.0, 2.0], create=True)
run(lambda x: 2 ** x, [1.0, 2.0], create=True)
run(lambda x: x ** 2, [1.0, 2.0], create=True)
run(lambda x, y: x * y, [1.0, 2.0], [3.0, 4.0], create=True)
run(lambda x, y: x / y, [1.0, 2.0], [3.0, 4.0], create=True)
run(lambda x: x.softmax(0), [1.0, 2.0], create=True)
run(lambda x: x.std(), [1.0, 2.0, 4.0], create=True)
run(lambda x: x.norm(), [3.0, 4.0], create=True)
run(lambda x: x.exp_(), [1.0, 2.0], create=True)
run(lambda x: x.max(), [1.0, 2.0], create=True)
run(lambda x, y: torch.where(x > 1, x, y), [1.0, 2.0], [3.0, 4.0], create=True)
run(lambda x: x.expand(2, 2), [1.0, 2.0], create=True)
run(lambda x: x[0], [1.0, 2.0], create=True)
run(lambda x, y: torch.cat([x, y]), [1.0, 2.0], [3.0, 4.0], create=True)

from torch.autograd.graph import *
import torch.autograd.graph as G
a, b = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
c, d = a * 2, b * 3
log = []
h = G.register_multi_grad_hook((a, b, c, d), lambda g: log.append([None if i is None else i.tolist() for i in g]))
(c * d).sum().backward()
log
(c * 1).sum().backward()
h.remove()
h = G.register_multi_grad_hook([a, b, c], lambda g: log.append(g.tolist()), mode="any")
e = a * 2
((a * 2) * (b * 3)).sum().backward(retain_graph=True)
log
((a * 2) * (b * 3)).sum().backward()
log
h.remove()
G.register_multi_grad_hook([a], 3)
G.register_multi_grad_hook([], lambda g: None)
G.register_multi_grad_hook([a], lambda g: None, mode="bad")
G.register_multi_grad_hook([torch.ones(1)], lambda g: None)
a.grad = None
k = a.register_post_accumulate_grad_hook(lambda t: log.append((t is a, t.grad.tolist())))
k2 = a.register_post_accumulate_grad_hook(lambda t: log.append("second"))
log.clear()
(a * 2).sum().backward(), (a * 3).sum().backward()
log
torch.autograd.grad((a * 2).sum(), a), log
(a * 2).register_post_accumulate_grad_hook(lambda t: None)
k.remove()
log.clear()
(a * 2).sum().backward(), log
a.register_post_accumulate_grad_hook(lambda t: 3)
(a * 2).sum().backward()
n = (a * 2).grad_fn
isinstance(n, G.Node), issubclass(type(n), G.Node), n.metadata, n.name(), n._sequence_nr() >= 0
n.metadata["x"] = 1
n.metadata, [m for m in dir(G.Node) if not m.startswith("_")]
n.next_functions[0][0].variable is a, n.next_functions[0][0].metadata
h = n.register_prehook(lambda g: log.append(g))
type(h).__name__, h.remove()
G.get_gradient_edge(a), G.get_gradient_edge(a * 2).output_nr, G.get_gradient_edge(torch.ones(2))
ge = G.get_gradient_edge(a * 2)
ge.node.name(), type(ge).__name__, len(ge), ge._fields
G.increment_version(a.detach()), a._version
q = torch.ones(2)
G.increment_version(q), q._version, G.increment_version([q, q]), q._version
G.increment_version(3)
y = (a * q)
G.increment_version(q)
y.sum().backward()
with G.save_on_cpu(): y = a * q.clone()
y.grad_fn._saved_other
with G.save_on_cpu(pin_memory=True): y = a * q
with G.disable_saved_tensors_hooks("nope"):
    with G.saved_tensors_hooks(lambda t: t, lambda t: t): pass
with G.disable_saved_tensors_hooks("nope"):
    with G.disable_saved_tensors_hooks("more"):
        with G.save_on_cpu(): pass
with G.saved_tensors_hooks(lambda t: t, lambda t: t):
    with G.disable_saved_tensors_hooks("nope"): pass
with G.allow_mutation_on_saved_tensors() as ctx:
    t = torch.tensor([2.0, 3.0], requires_grad=True)
    u = t.clone()
    v = (u ** 2)
    u.sin_()
    v.sum().backward()
t.grad
with G.allow_mutation_on_saved_tensors() as ctx:
    u = t.clone(); v = u.exp(); v.mul_(2); w = v.sum()
    w.backward()
t.grad
with G.allow_mutation_on_saved_tensors() as ctx:
    u = t.clone(); s = u[0]; v = u * u; s.mul_(5); (v.sum()).backward()
t.grad
v = None
with G.allow_mutation_on_saved_tensors() as ctx:
    u = t.clone(); v = u ** 2; u.sin_()
v.sum().backward()
ctx.clear()
with G.allow_mutation_on_saved_tensors():
    with G.allow_mutation_on_saved_tensors(): pass
""".strip().split("\n\n")
