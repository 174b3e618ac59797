"""Operators by name, x.__add__(y): PyTorch's methods and functions, whose TypeError is NotImplemented."""

PROGRAMS = r"""
def chain(f): return f and (f.name(), *[chain(g) for g, _ in f.next_functions])
def called(x, name, *a, **k):
    try: y = getattr(x, name)(*a, **k)
    except Exception as e: return type(e).__name__
    return y if y is NotImplemented else (y is x, y.tolist(), chain(y.grad_fn)) if isinstance(y, torch.Tensor) else y
names = [f"__{how}{name}__" for how in ("", "r", "i") for name in "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift div".split() if hasattr(torch.Tensor, f"__{how}{name}__")] + ["__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__neg__", "__pos__", "__abs__", "__invert__", "__nonzero__", "__long__", "__complex__"]
len(names)
def all_of(*a, **k): return {name: called(torch.tensor([3, 4]), name, *a, **k) for name in names}
def graphs(*a, **k): return {name: called(torch.tensor([3.0, 4.0], requires_grad=True) * 1, name, *a, **k) for name in names if name[2:-2].lstrip("ri") in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "div")}
y, z = torch.tensor([1, 2]), torch.tensor([1.0, 2.0], requires_grad=True)
all_of(), all_of(2), all_of(y), all_of(2.5), all_of(True)
all_of(y, 2), all_of(y, y), all_of(2, y), all_of(2, 3, 4), all_of(2, None)
all_of(other=y), all_of(other=2), all_of(y, alpha=2), all_of(other=y, alpha=2), all_of(exponent=2), all_of(value=2), all_of(tensor2=y), all_of(y, other=y), all_of(y, bogus=2)
all_of("a"), all_of(None), all_of([1, 2]), all_of(object()), all_of(torch.ones(3)), all_of(y, out=y), all_of(2, rounding_mode="floor")
graphs(2), graphs(2.5), graphs(z), graphs(z.detach()), graphs(other=z), graphs(z, alpha=2), graphs(True, 3.5)

class T(torch.Tensor): pass
class U(T):
    def __add__(self, other): return "mine"
class Mixed:
    def __mul__(self, other): return "mixed"
    def __eq__(self, other): return "equal"
class V(Mixed, torch.Tensor): pass
class W(T):
    def __init_subclass__(cls): pass
    def __sub__(self, other): return super().__sub__(other) * 10
class X(W): pass
a = torch.ones(2)
t, u, v, w, x = (a.as_subclass(c) for c in (T, U, V, W, X))
t + 1, u + 1, 1 + u, u - 1, v * 2, 2 * v, v - 1, v == 1, v != 1, w - 3, x - 3, x + 1, a + u, u + a, w > 0, t == 1
t += 1
u += 1
t, u
T.__sub__ = lambda self, other: "late"
t - 1, u - 1, w - 1, x - 1, a - 1
del T.__sub__
t - 1, u - 1
class Key(torch.Tensor, metaclass=type): pass
class Asked(T, bogus=3): pass
hash(t) == id(t), nn.Parameter(a) - 1, nn.Parameter(a) == 1
torch.Tensor.__add__(a, 2), torch.Tensor.__radd__(a, other=a), torch.Tensor.__add__(3, a)

class Foreign:
    def __radd__(self, other): return "radd"
    def __rsub__(self, other): return "rsub"
    def __rmul__(self, other): return "rmul"
    def __eq__(self, other): return "eq"
f, a = Foreign(), torch.ones(2)
a + f, a - f, a * f, a == f, a != f
a.__add__(f), a.__rdiv__(f), a.__eq__(f), a.__rsub__(f)
f + a
a.__rdiv__(2), a.__rtruediv__(a), a.__iadd__(other=a) is a, a.__isub__(a, alpha=3), a.__sub__(True, 3)
""".strip().split("\n\n")
