"""User-defined Functions: what they return, mark and hook; what is done to their results. Retained gradients, new data, deep runs."""

PROGRAMS = r"""
def made(forward, backward=lambda ctx, *grads: grads):
    return type('Made', (torch.autograd.Function,), dict(forward=staticmethod(forward), backward=staticmethod(backward))).apply
def leaf(*size): return torch.ones(*size, requires_grad=True)
for forward in (lambda ctx, x: x, lambda ctx, x: x[1:], lambda ctx, x: x.clone()[1:], lambda ctx, x: x.view(3, 1), lambda ctx, x: x * 2):
    for source in (leaf(3), leaf(3) * 1, torch.ones(3)):
        y = made(forward)(source)
        print(y._is_view(), y._base is source, y.requires_grad, y.output_nr, y is source)
        try: y.add_(1)
        except RuntimeError as error: print('refused', 'view' in str(error))
        try: y[0].mul_(2)
        except RuntimeError: print('refused')
a, b = made(lambda ctx, x: (x[:1], x * 2))(leaf(2) * 1)
b.add_(1)
a.add_(1)
a, b = made(lambda ctx, x: (x, x))(leaf(2) * 1)
a is b
with torch.no_grad(): y = made(lambda ctx, x: x)(leaf(2))
y.requires_grad, y._is_view()
y.add_(1)

def made(forward, backward=lambda ctx, *grads: grads):
    return type('Made', (torch.autograd.Function,), dict(forward=staticmethod(forward), backward=staticmethod(backward))).apply
def leaf(*size): return torch.ones(*size, requires_grad=True)
def into(ctx, a, b):
    ctx.mark_dirty(a)
    return a.add_(b)
def forget(ctx, a, b):
    ctx.mark_dirty(a)
    return a.add_(b).clone()
def both(ctx, a, b):
    ctx.mark_dirty(a)
    return a.add_(b), a * 2
for forward in (into, forget, both):
    for first in (lambda: torch.ones(3)[1:], lambda: leaf(3)[1:], lambda: (leaf(3) * 1)[1:], lambda: leaf(2), lambda: leaf(2) * 1, lambda: torch.ones(2)):
        for second in (leaf(2), torch.ones(2)):
            x = first()
            try:
                y = made(forward, lambda ctx, *g: (g[0], g[0]))(x, second)
                y = y[0] if isinstance(y, tuple) else y
                print(y is x, type(y.grad_fn).__name__, y._version)
            except RuntimeError as error: print('leaf' in str(error), 'dirty' in str(error), 'view' in str(error))

x = torch.ones(3, requires_grad=True)
for change in (lambda y: y.mul_(3), lambda y: y[:2].mul_(3), lambda y: y.zero_(), lambda y: y.view(3, 1).add_(1), lambda y: y.mul_(2).exp_()):
    y = x * 2
    y.retain_grad()
    view = y[1:]
    view.retain_grad()
    _ = change(y)
    (y.sum() + 5 * view.sum()).backward()
    print(y.grad, view.grad, y.retains_grad, view.retains_grad)
x = torch.zeros(2)
view = x[:]
x.add_(1)._version
x.data = torch.ones(3)
x._version, x.add_(1)._version, view._version, view.add_(1)._version, x._version

log = []
def note(name): return lambda *grads: log.append(name)
x = torch.ones(2, requires_grad=True)
y = x * 2
accumulate = y.grad_fn.next_functions[0][0]
handles = [accumulate.register_hook(note('post of x')), x.register_post_accumulate_grad_hook(note('after x')), accumulate.register_prehook(note('pre of x')), x.register_hook(note('x'))]
handles += [y.grad_fn.register_hook(note('post of y')), y.grad_fn.register_prehook(note('pre of y')), y.register_hook(note('y'))]
z = y.sum()
def shown():
    print(log)
    log.clear()
z.backward(retain_graph=True)
shown()
_ = torch.autograd.grad(z, y, retain_graph=True)
shown()
_ = torch.autograd.grad(z, (x, y), retain_graph=True)
shown()
z.backward(inputs=[y], retain_graph=True)
shown()
z.backward(inputs=[x], retain_graph=True)
shown()
h = y.register_hook(lambda g: (handles[-1].remove(), log.append('taken off'))[1])
z.backward(retain_graph=True)
shown()
z.backward()
shown()

def described(node): return 'None' if node is None else type(node).__name__ + '(' + ', '.join(described(n) for n, _ in node.next_functions) + ')'
x = torch.ones(2, 3, requires_grad=True)
w = torch.ones((), requires_grad=True)
x.sum().backward(w, create_graph=True)
described(x.grad.grad_fn)
g = torch.autograd.grad((x * 3).sum(), x, w, create_graph=True)[0]
described(g.grad_fn)
y = x ** 2
y.grad_fn(torch.ones(2, 3)), (x * y).grad_fn(torch.ones(2, 3))[1]
y.grad_fn()
y.grad_fn(3)
y.grad_fn.metadata['a'] = 1
y.grad_fn.metadata
x.norm(0).backward()
torch.ones(2) ** torch.tensor(2., dtype=torch.float64), torch.arange(3) ** torch.tensor(.5, dtype=torch.float16), torch.tensor(2) ** torch.arange(3, dtype=torch.uint8)
torch.tensor([True, False]) ** True, torch.tensor([True, False]) ** False
y = x * 1
v = y.ravel()
v._base is y
_ = v.mul_(5)
torch.autograd.grad(y.sum(), x)
""".strip().split("\n\n")
