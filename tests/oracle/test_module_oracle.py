"""Modules, parameters and containers beside PyTorch's: the same programs must print the same, warn of the same and raise the same."""

import copy
import pickle
from collections import OrderedDict

import pytest
from sidebyside import agree, attempt


def registration(t):
    nn = t.nn
    module = nn.Module()
    for action in (
        lambda: module.register_buffer(3, None), lambda: module.register_buffer("a.b", None),
        lambda: module.register_buffer("", None), lambda: module.register_buffer("forward", None),
        lambda: module.register_buffer("x", 3), lambda: module.register_buffer("x", t.zeros(2)),
        lambda: module.register_buffer("x", t.ones(2)),
        lambda: module.register_parameter(3, None), lambda: module.register_parameter("a.b", None),
        lambda: module.register_parameter("", None), lambda: module.register_parameter("forward", None),
        lambda: module.register_parameter("x", None), lambda: module.register_parameter("w", 3.0),
        lambda: module.register_parameter("w", t.zeros(2)), lambda: module.register_parameter("w", [1]),
        lambda: module.register_parameter("w", nn.Parameter(t.zeros(2))),
        lambda: module.register_parameter("v", module.w * 2),
        lambda: module.add_module("w", nn.Linear(1, 1)), lambda: module.add_module("a.b", nn.ReLU()),
        lambda: module.add_module("", nn.ReLU()), lambda: module.add_module(3, nn.ReLU()),
        lambda: module.add_module("m", 3), lambda: module.add_module("m", None), lambda: module.add_module("m", nn.ReLU()),
        lambda: setattr(module, "w", t.zeros(2)), lambda: setattr(module, "w", 3), lambda: setattr(module, "w", None),
        lambda: setattr(module, "m", 3), lambda: setattr(module, "m", t.zeros(1)), lambda: setattr(module, "m", None),
        lambda: setattr(module, "x", 3), lambda: setattr(module, "x", t.full((2,), 7.0)), lambda: module.x,
        lambda: setattr(module, "x", None), lambda: module.nothing, lambda: delattr(module, "nothing"),
        lambda: delattr(module, "x"), lambda: module.x, lambda: list(module._parameters), lambda: list(module._modules),
        lambda: module(3), lambda: module.forward(), lambda: repr(module),
    ):
        attempt(action)


def before_init(t):
    nn = t.nn

    class Early(nn.Module):
        def __init__(self, act):
            act(self)

    for act in (
        lambda self: setattr(self, "a", nn.Linear(1, 1)), lambda self: setattr(self, "a", nn.Parameter(t.zeros(1))),
        lambda self: self.register_buffer("a", None), lambda self: self.register_parameter("a", None),
        lambda self: setattr(self, "a", 3), lambda self: self.a,
    ):
        attempt(lambda act=act: Early(act).__dict__)


def construction_errors(t):
    nn = t.nn
    for action in (
        lambda: nn.Module(3), lambda: nn.Module(a=3), lambda: nn.Tanh(1), lambda: nn.Dropout(2), lambda: nn.Dropout(-0.1),
        lambda: nn.Embedding(3, 2, padding_idx=3), lambda: nn.Embedding(3, 2, padding_idx=-4), lambda: nn.Linear(2),
        lambda: nn.Embedding(3, 2, _weight=t.zeros(2, 2)), lambda: nn.Embedding.from_pretrained(t.zeros(2)),
        lambda: nn.HuberLoss(delta="x"), lambda: nn.Unflatten(1, "x"), lambda: nn.Unflatten(1, (2, 2.0)),
        lambda: nn.Parameter(t.tensor([1, 2])), lambda: nn.Bilinear(0, 1, 1), lambda: nn.Sequential(3),
        lambda: nn.ModuleList([3]), lambda: nn.ModuleList(3), lambda: nn.ModuleDict({"a": 3}), lambda: nn.ModuleDict(3),
        lambda: nn.ModuleDict([3]), lambda: nn.ModuleDict([(1, 2, 3)]), lambda: nn.Linear(-1, 2),
        lambda: nn.Linear(0, 2), lambda: nn.Linear(2, 0), lambda: nn.Linear(2, 2, dtype=t.int64),
    ):
        attempt(action)


def reprs(t):
    nn = t.nn
    print(nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.ReLU(inplace=True), nn.Sequential(nn.Linear(4, 2, bias=False))))
    print(nn.ModuleList([nn.Linear(2, 2) for _ in range(3)] + [nn.Tanh(), nn.Tanh(), nn.Sigmoid()]))
    print(nn.ModuleList(), nn.Sequential(), nn.ModuleDict(), nn.ParameterList(), nn.ParameterDict())
    print(nn.ModuleList([nn.Sequential(nn.Linear(1, 1), nn.ReLU())] * 2 + [nn.ModuleList([nn.Tanh()] * 2)]))
    print(nn.ModuleDict({"b": nn.Linear(1, 2), "a": nn.ModuleList([nn.ReLU()])}))
    print(nn.ParameterList([t.zeros(2, 3), nn.Parameter(t.zeros(())), 3, t.zeros(2, dtype=t.float64)]))
    print(nn.ParameterDict({"b": t.zeros(2, 3), "a": "text"}))
    for layer in (nn.Identity(3, a=4), nn.Bilinear(1, 2, 3), nn.Embedding(5, 3), nn.Embedding(5, 3, padding_idx=-1),
                  nn.Embedding(5, 3, max_norm=1.0, norm_type=1, scale_grad_by_freq=True, sparse=True), nn.Flatten(),
                  nn.Unflatten(1, (2, 3)), nn.Dropout(), nn.Dropout(0.1, True), nn.LayerNorm(3), nn.LayerNorm((2, 3), bias=False),
                  nn.LayerNorm([2], elementwise_affine=False), nn.ELU(), nn.ELU(2.0, True), nn.LeakyReLU(), nn.GELU(),
                  nn.GELU("tanh"), nn.SiLU(), nn.Softplus(), nn.LogSigmoid(), nn.Softmax(), nn.Softmax(dim=1), nn.Softmin(1),
                  nn.LogSoftmax(1), nn.Softmax2d(), nn.Softsign(), nn.Tanhshrink(), nn.MSELoss(), nn.NLLLoss(),
                  nn.CrossEntropyLoss(), nn.L1Loss(), nn.SmoothL1Loss(), nn.HuberLoss(), nn.BCELoss(), nn.KLDivLoss(),
                  nn.BCEWithLogitsLoss(t.ones(2), pos_weight=t.ones(2))):
        print(layer)


def custom_reprs(t):
    nn = t.nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(2, 2)
            self.none = None
            self.register_module("absent", None)

        def extra_repr(self):
            return "first\nsecond"

    class Leaf(nn.Module):
        def extra_repr(self):
            return "one"

    class Named(nn.Linear):
        def _get_name(self):
            return "Special"

    print(Net(), Leaf(), Named(1, 1), nn.Module())


def walks(t):
    nn = t.nn
    shared = nn.Linear(2, 2)
    net = nn.Sequential(OrderedDict(a=shared, b=nn.Sequential(shared, nn.Linear(2, 3)), c=shared))
    net.b[1].weight2 = net.b[1].weight
    net.register_buffer("buf", t.zeros(1))
    net.b.register_buffer("same", net.buf)
    for dup in (True, False):
        print([name for name, _ in net.named_parameters(remove_duplicate=dup)])
        print([name for name, _ in net.named_buffers(remove_duplicate=dup)])
        print([name for name, _ in net.named_modules(remove_duplicate=dup)])
        print(len(list(net.modules(remove_duplicate=dup))))
    print([name for name, _ in net.named_parameters(prefix="net", recurse=False)], [name for name, _ in net.named_children()])
    print([name for name, _ in net.named_parameters(prefix="net")], len(list(net.children())), len(list(net.parameters())))
    print(list(net.state_dict()), net.state_dict()._metadata)
    for path in ("", "a", "b.1", "b.1.weight", "x", "b.x.y"):
        attempt(lambda path=path: net.get_submodule(path))
    for path in ("a.weight", "a", "b.1.weight2", "a.nothing", "buf", "x.weight"):
        attempt(lambda path=path: net.get_parameter(path).shape)
    for path in ("buf", "b.same", "a.weight", "nothing"):
        attempt(lambda path=path: net.get_buffer(path).shape)
    attempt(lambda: net.set_submodule("", nn.ReLU()))
    attempt(lambda: net.set_submodule("b.1", nn.Tanh()))
    attempt(lambda: net.set_submodule("b.7", nn.Tanh()))
    attempt(lambda: net.set_submodule("b.8", nn.Tanh(), strict=True))
    attempt(lambda: net.set_submodule("a.weight", nn.Tanh()))
    attempt(lambda: net.set_submodule("a", 3))
    print(net, [name for name in dir(net) if name in ("a", "b", "buf", "training")])


def modes(t):
    nn = t.nn
    net = nn.Sequential(nn.Linear(2, 2), nn.Dropout())
    print(net.training, net.eval() is net, [m.training for m in net.modules()], net.train(True)[1].training)
    attempt(lambda: net.train(3))
    print(net.requires_grad_(False)[0].weight.requires_grad, net.requires_grad_() is net, net[0].weight.requires_grad)
    seen = []
    print(net.apply(lambda module: seen.append(type(module).__name__)) is net, seen)
    net(t.ones(1, 2)).sum().backward()
    net.zero_grad(set_to_none=False)
    print(net[0].weight.grad)
    net.zero_grad()
    print(net[0].weight.grad)


def state_errors(t):
    nn = t.nn
    net = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Linear(3, 1)))
    state = net.state_dict()
    print(net.load_state_dict(state))
    broken = OrderedDict(state)
    broken["0.weight"] = t.zeros(2, 2)
    broken["1.0.bias"] = "text"
    broken["extra"] = t.zeros(1)
    broken["1.0.more"] = t.zeros(1)
    broken["9.weight"] = t.zeros(1)
    del broken["0.bias"]
    attempt(lambda: net.load_state_dict(broken))
    attempt(lambda: net.load_state_dict(broken, strict=False))
    fits = {name: value for name, value in broken.items() if name not in ("0.weight", "1.0.bias")}
    print(net.load_state_dict(fits, strict=False))
    attempt(lambda: net.load_state_dict(fits))
    attempt(lambda: net.load_state_dict({}))
    attempt(lambda: net.load_state_dict([]))
    attempt(lambda: nn.Linear(1, 1).load_state_dict(net.state_dict()))
    attempt(lambda: net.state_dict(OrderedDict(), "prefix.").keys())
    print(list(net.state_dict(prefix="p.")), net.state_dict(keep_vars=True)["0.weight"].requires_grad)
    print(type(net.state_dict()["0.weight"]).__name__, net.state_dict()["0.weight"].requires_grad)


def state_assign(t):
    nn = t.nn
    net, source = nn.Linear(2, 2), nn.Linear(2, 2).double()
    weight = net.weight
    print(net.load_state_dict(source.state_dict(), assign=True), net.weight is weight, net.weight.dtype, type(net.weight).__name__)
    net = nn.Linear(2, 2).requires_grad_(False)
    net.load_state_dict(source.state_dict(keep_vars=True), assign=True)
    print(net.weight is source.weight, net.weight.requires_grad)

    class Scalar(nn.Module):
        def __init__(self):
            super().__init__()
            self.s = nn.Parameter(t.zeros(()))
            self.register_buffer("kept", t.ones(1))
            self.register_buffer("temporary", t.ones(1), persistent=False)

    module = Scalar()
    print(module.load_state_dict({"s": t.ones(1), "kept": t.zeros(1)}), module.s, module.kept)
    attempt(lambda: module.load_state_dict({"s": t.ones(1), "kept": t.zeros(1), "temporary": t.zeros(1)}))


def state_hooks(t):
    nn = t.nn
    net = nn.Sequential(nn.Linear(1, 1))
    handles = [net.register_state_dict_pre_hook(lambda module, prefix, keep: print("pre", prefix, keep)),
               net.register_state_dict_post_hook(lambda module, state, prefix, meta: print("post", list(state), meta)),
               net.register_load_state_dict_pre_hook(lambda module, state, prefix, *rest: print("load", type(module).__name__)),
               net.register_load_state_dict_post_hook(lambda module, keys: keys.missing_keys.append("made up"))]
    state = net.state_dict()
    attempt(lambda: net.load_state_dict(state))
    print(net.load_state_dict(state, strict=False))
    for handle in handles:
        handle.remove()
    print(net.load_state_dict(state))
    net.register_state_dict_post_hook(lambda *args: {})
    attempt(net.state_dict)


def extra_state(t):
    class Counting(t.nn.Module):
        def __init__(self):
            super().__init__()
            self.count = 3

        def get_extra_state(self):
            return {"count": self.count}

        def set_extra_state(self, state):
            self.count = state["count"]

    net = t.nn.Sequential(Counting())
    state = net.state_dict()
    print(state)
    state["0._extra_state"]["count"] = 5
    print(net.load_state_dict(state), net[0].count)
    attempt(lambda: net.load_state_dict({}))
    attempt(lambda: t.nn.Sequential(t.nn.Tanh()).load_state_dict(state))


def forward_hooks(t):
    nn = t.nn
    net = nn.Identity()
    x = t.ones(2)
    h = [net.register_forward_pre_hook(lambda m, a: print("pre1", a)),
         net.register_forward_pre_hook(lambda m, a: a[0] + 1),
         net.register_forward_pre_hook(lambda m, a, k: print("pre0", a, k), prepend=True, with_kwargs=True),
         net.register_forward_hook(lambda m, a, out: print("post1", a, out)),
         net.register_forward_hook(lambda m, a, out: out * 2),
         net.register_forward_hook(lambda m, a, k, out: print("post0", a, k, out), prepend=True, with_kwargs=True)]
    print(net(x))
    for handle in h:
        handle.remove()
    print(net(x), len(net._forward_hooks), len(net._forward_pre_hooks_with_kwargs))
    with net.register_forward_hook(lambda m, a, out: 3):
        print(net(x))
    print(net(x))
    with net.register_forward_pre_hook(lambda m, a, k: 3, with_kwargs=True):
        attempt(lambda: net(x))
    with net.register_forward_pre_hook(lambda m, a, k: ((a[0] * 5,), {}), with_kwargs=True):
        attempt(lambda: net(input=x))
        attempt(lambda: net(x))


def global_hooks(t):
    nn = t.nn
    module = t.nn.modules.module
    net = nn.Sequential(nn.Tanh(), nn.Identity())
    names = []
    with module.register_module_forward_pre_hook(lambda m, a: names.append("pre " + type(m).__name__)):
        with module.register_module_forward_hook(lambda m, a, out: names.append(type(m).__name__)):
            net(t.zeros(1))
    net(t.zeros(1))
    print(names)
    with module.register_module_parameter_registration_hook(lambda m, n, p: print("parameter", n, p.shape)):
        with module.register_module_buffer_registration_hook(lambda m, n, b: print("buffer", n, b.shape)):
            with module.register_module_module_registration_hook(lambda m, n, c: print("module", n)):
                nn.Sequential(nn.Linear(1, 1)).register_buffer("b", t.zeros(1))


def always_called(t):
    class Failing(t.nn.Module):
        def forward(self, x):
            raise ValueError("on purpose")

    net = Failing()
    net.register_forward_hook(lambda m, a, out: print("not called"))
    net.register_forward_hook(lambda m, a, out: print("called with", out), always_call=True)
    net.register_forward_hook(lambda m, a, out: 1 / 0, always_call=True)
    attempt(lambda: net(t.zeros(1)))


def backward_hooks(t):
    nn = t.nn
    net = nn.Linear(2, 1)
    t.nn.init.ones_(net.weight)
    x = t.tensor([[1.0, 2.0]], requires_grad=True)
    h = net.register_full_backward_hook(lambda m, gi, go: print("hook", gi, go))
    p = net.register_full_backward_pre_hook(lambda m, go: print("pre", go))
    net(x).sum().backward()
    print(x.grad)
    net(t.tensor([[1.0, 2.0]])).sum().backward()
    h.remove()
    p.remove()
    x.grad = None
    with net.register_full_backward_hook(lambda m, gi, go: (gi[0] * 10,)):
        with net.register_full_backward_pre_hook(lambda m, go: (go[0] * 3,)):
            net(x).sum().backward()
    print(x.grad, net.weight.grad)
    attempt(lambda: net.register_backward_hook(lambda m, gi, go: None))
    with net.register_full_backward_hook(lambda m, gi, go: (gi[0], gi[0])):
        attempt(lambda: net(x).sum().backward())
    with net.register_full_backward_hook(lambda m, gi, go: print("no grad")):
        with t.no_grad():
            net(x)
        attempt(lambda: net(x.detach()).detach())

    class Two(nn.Module):
        def forward(self, a, b, text):
            return a * b, text, b

    two = Two()
    two.register_full_backward_hook(lambda m, gi, go: print(gi, go))
    a, b = t.ones(1, requires_grad=True), t.full((1,), 2.0, requires_grad=True)
    two(a, b, "text")[0].sum().backward()
    two(a, b.detach(), "text")[0].sum().backward()
    two(a.detach(), b, "text")[2].sum().backward()
    print(a.grad, b.grad)


def legacy_backward_hooks(t):
    nn = t.nn
    layer = nn.Tanh()
    x = t.ones(2, requires_grad=True)
    handle = layer.register_backward_hook(lambda m, gi, go: print(type(m).__name__, gi, go))
    layer(x * 1).sum().backward()
    attempt(lambda: layer.register_full_backward_hook(print))
    handle.remove()
    layer(x).sum().backward()
    chain = nn.Sequential(nn.Tanh(), nn.Tanh())
    chain.register_backward_hook(lambda m, gi, go: (gi[0] * 10,))
    x.grad = None
    chain(x * 1).sum().backward()
    print(x.grad)

    class Listing(nn.Module):
        def forward(self, x):
            return [x * 2]

    listing = Listing()
    listing.register_backward_hook(lambda m, gi, go: print("listing"))
    listing(x * 1)[0].sum().backward()


def conversion(t):
    nn = t.nn
    net = nn.Sequential(nn.Linear(2, 1), nn.Linear(1, 2))
    net[1].weight = nn.Parameter(t.zeros(2, 1))
    net.tied = net[0].weight
    net.register_buffer("count", t.tensor([1]))
    net.register_buffer("mean", t.tensor([1.0]))
    net[0](t.ones(1, 2)).sum().backward()
    weight = net[0].weight
    print(net.double() is net, weight is net[0].weight, weight.dtype, weight.grad.dtype, net.count.dtype, net.mean.dtype)
    print(net.tied is net[0].weight)
    print(net.float()[0].bias.dtype, net.to(t.float64).mean.dtype, net.to("cpu").mean.dtype, net.cpu().mean.dtype)
    print(net.to("cpu", t.float32).mean.dtype, net.to(t.zeros(1, dtype=t.float64)).mean.dtype)
    print(net.to(dtype=t.float32).mean.dtype, net.to(device="cpu").mean.dtype, net.type(t.float64).count.dtype)
    attempt(lambda: net.to(t.int64))
    print(nn.Linear(2, 2, dtype=t.float64).weight.dtype)


def copies(t):
    nn = t.nn
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].weight = net[0].weight
    net.eval()
    twin = copy.deepcopy(net)
    print(twin, twin[0].weight is twin[1].weight, twin[0].weight is net[0].weight, twin.training)
    print(bool((twin[0].weight == net[0].weight).all()))
    thawed = pickle.loads(pickle.dumps(nn.Sequential(nn.Linear(2, 2), nn.Embedding(2, 2, padding_idx=0))))
    print(thawed, thawed[0].weight.requires_grad)
    parameter = nn.Parameter(t.tensor([1.0, 2.0]), requires_grad=False)
    for made in (copy.deepcopy(parameter), pickle.loads(pickle.dumps(parameter))):
        print(made, type(made).__name__, made.requires_grad, made is parameter)


def parameters(t):
    nn = t.nn
    data = t.tensor([1.0, 2.0])
    parameter = nn.Parameter(data)
    print(parameter, repr(parameter), isinstance(parameter, t.Tensor), isinstance(data, nn.Parameter), parameter.is_leaf)
    data[0] = 5
    print(parameter[0].item(), nn.Parameter().shape, nn.Parameter(requires_grad=False), nn.Parameter(t.zeros(2, 0)))
    with t.no_grad():
        print(nn.Parameter(t.zeros(1)).requires_grad)
    print(type(parameter * 2).__name__, type(parameter.detach()).__name__, type(parameter.data).__name__)
    print(nn.Parameter(parameter).requires_grad, nn.Parameter(parameter * 2).is_leaf, [parameter], {"p": parameter})
    attempt(lambda: nn.Parameter(3.0))
    buffered = nn.Module()
    buffered.b = nn.Buffer(t.zeros(1), persistent=False)
    buffered.c = nn.Buffer(t.ones(1))
    print(list(buffered.state_dict()), [name for name, _ in buffered.named_buffers()], isinstance(buffered.b, nn.Buffer))


def sequentials(t):
    nn = t.nn
    a, b, c = nn.Tanh(), nn.ReLU(), nn.Sigmoid()
    s = nn.Sequential(a, b, c)
    print(s[0], s[-1], s[1:], s[::2], len(s), list(s))
    s[1] = nn.Identity()
    del s[0]
    print(s, s.append(a) is s, s.insert(0, b), s.extend([c, c]), s.pop(0))
    print(s + nn.Sequential(a), nn.Sequential(a, b) * 2, 2 * nn.Sequential(a))
    s += nn.Sequential(b)
    s *= 2
    print(s, dir(nn.Sequential(a))[-1])
    named = nn.Sequential(OrderedDict(x=a, y=b))
    print(named, named[0], named[:1], named.x)
    del named[0]
    print(named)
    for action in (lambda: s[100], lambda: s["x"], lambda: s.insert(99, a), lambda: s.insert(0, 3), lambda: s + 3,
                   lambda: s * 1.5, lambda: s * 0, lambda: s.__iadd__([a]), lambda: s.append(3), lambda: s(3, 4),
                   lambda: s.pop(50), lambda: s.__setitem__(0, 3), lambda: s.__imul__(-1), lambda: nn.Sequential()(5)):
        attempt(action)


def lists_and_dicts(t):
    nn = t.nn
    a, b = nn.Tanh(), nn.ReLU()
    m = nn.ModuleList([a, b])
    print(m[0], m[-1], m[:1], len(m), a in m, m.append(a), m.extend([b, b]), m + [a], m.pop(0), m.insert(1, a))
    m += [b]
    m[0] = nn.Sigmoid()
    del m[1:3]
    print(m)
    for action in (lambda: m[50], lambda: m["x"], lambda: m.append(3), lambda: m(1), lambda: m.extend(3)):
        attempt(action)
    d = nn.ModuleDict({"b": a, "a": b})
    d["c"] = a
    d.update([("d", b)])
    d.update(nn.ModuleDict({"e": a}))
    print(d, len(d), "a" in d, list(d.keys()), list(d.values()), d.pop("a"), list(d.items()), d.c)
    del d["b"]
    for action in (lambda: d["zz"], lambda: d.pop("zz"), lambda: d.__setitem__("training", a), d.clear, lambda: len(d),
                   lambda: d.__delitem__("q"), lambda: d.update(5), lambda: d.update([5])):
        attempt(action)


def parameter_containers(t):
    nn = t.nn
    p = nn.ParameterList([t.zeros(1), nn.Parameter(t.ones(2)), "x"])
    p.append(t.zeros(3))
    p += [t.zeros(4)]
    p[0] = t.ones(5)
    print(p, len(p), p[1:3], [name for name, _ in p.named_parameters()], list(p)[2], p[-1].shape)
    for action in (lambda: p[9], lambda: p.extend(3), lambda: p.extend(t.zeros(2)), lambda: p(), lambda: p["a"]):
        attempt(action)
    d = nn.ParameterDict({"b": t.zeros(1), "a": t.ones(2)})
    d["c"] = 3
    d.update([("z", t.zeros(1))])
    print(d, len(d), list(d), list(reversed(d)), "a" in d, d.get("q", 7), d.setdefault("n", t.zeros(6)).shape)
    print(d | nn.ParameterDict({"q": t.zeros(1)}), d.popitem()[0], d.pop("a"), list(d.keys()), d.copy())
    d |= {"k": t.zeros(2)}
    print([name for name, _ in d.named_parameters()], list(d.fromkeys("xy").items()))
    for action in (lambda: d["nope"], lambda: d.__setitem__(3, 4), lambda: d(1), lambda: d.update(3), d.clear, lambda: len(d)):
        attempt(action)


PROGRAMS = [value for value in list(globals().values()) if callable(value) and getattr(value, "__module__", "") == __name__]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_same(program):
    agree(program)
