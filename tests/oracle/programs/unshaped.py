"""Bools as sizes; what is done with a parameter whose shape is not known yet; constraints of distributions that hang on others."""

PROGRAMS = r"""
x = torch.ones(1)
for t in (torch.tensor(True), torch.tensor([True])):
    for f in (lambda: torch.zeros(t), lambda: torch.zeros([t]), lambda: torch.zeros(2, t), lambda: torch.full((t,), 2.), lambda: torch.rand(t), lambda: torch.randint(2, [t]), lambda: torch.empty_strided([t], [1]),
              lambda: x.view(t), lambda: x.view(1, t), lambda: x.reshape([t]), lambda: x.expand(2, t), lambda: x.repeat(t), lambda: x.tile([t]), lambda: x.broadcast_to([t]), lambda: x.new_zeros(t),
              lambda: x.new_full([t], 1.), lambda: x.resize_(t), lambda: x.unflatten(0, [t]), lambda: x.as_strided([1], [t]), lambda: x.split([t]), lambda: x.roll([t]), lambda: F.pad(x, [0, t]),
              lambda: torch.eye(t), lambda: torch.randperm(t), lambda: x.narrow(0, 0, t), lambda: x.topk(t), lambda: torch.normal(0., 1., [t]),
              lambda: x.sum(t), lambda: x.sum([t]), lambda: x.flip(t), lambda: x.permute([t]), lambda: F.max_pool1d(x.view(1, 1, 1), t), lambda: x.movedim([t], [0])):
        try:
            print(f())
        except Exception as e:
            print(type(e).__name__)
for t in (True, [True], (2, True), [True, 2]):
    for f in (lambda: torch.zeros(t), lambda: x.view(t), lambda: x.reshape(t), lambda: x.expand(t), lambda: x.repeat(t), lambda: x.new_zeros(t), lambda: x.new_ones(t), lambda: torch.full(t, 1.), lambda: x.tile(t)):
        try:
            print(f())
        except Exception as e:
            print(type(e).__name__)

import copy, io
for make in (nn.parameter.UninitializedParameter, nn.parameter.UninitializedBuffer):
    u, x = make(), torch.ones(1)
    for f in (lambda: u + 1, lambda: 1 + u, lambda: x + u, lambda: x @ u, lambda: u == u, lambda: -u, lambda: abs(u), lambda: u.sum(), lambda: u.view(1), lambda: u.clone(), lambda: u.detach(), lambda: u.dim(),
              lambda: u.stride(), lambda: u.numel(), lambda: u.numpy(), lambda: u.tolist(), lambda: len(u), lambda: list(u), lambda: u[0], lambda: bool(u), lambda: u.zero_(), lambda: u.requires_grad_(),
              lambda: u.register_hook(print), lambda: u.backward(), lambda: torch.add(u, 1), lambda: torch.cat([x, u]), lambda: torch.stack((u, u)), lambda: torch.zeros_like(u), lambda: x.add_(u),
              lambda: F.linear(x, u), lambda: F.relu(u), lambda: nn.init.zeros_(u), lambda: nn.init.normal_(u), lambda: 1 in u, lambda: u.new_zeros(1), lambda: u.type(), lambda: torch.isnan(u),
              lambda: u.share_memory_(), lambda: u.shape, lambda: u.size(), lambda: u.dtype, lambda: u.requires_grad, lambda: u.is_leaf, lambda: u.data, lambda: u.float(), lambda: u.double(), lambda: u.to(torch.float64),
              lambda: u.cpu(), lambda: u.is_floating_point(), lambda: u.grad, lambda: u.grad_fn, lambda: hash(u) == hash(u), lambda: u):
        try:
            print(f())
        except Exception as e:
            print(type(e).__name__)
    file = io.BytesIO()
    torch.save(u, file)
    u.materialize((2,))
    print(type(u), u.shape, (u + 1).shape)

D, c = torch.distributions, torch.distributions.constraints
for kind in (D.Uniform, D.Categorical, D.Binomial, D.Multinomial, D.Pareto, D.Independent, D.MixtureSameFamily, D.TransformedDistribution, D.Normal):
    for name in ("event_dim", "is_discrete"):
        try:
            print(kind.__name__, getattr(kind.support, name))
        except NotImplementedError:
            print(kind.__name__, "not known")
    print(c.is_dependent(kind.support), repr(kind.support))
for f in (lambda: c.dependent, lambda: c.dependent.is_discrete, lambda: c.dependent(is_discrete=True, event_dim=1).event_dim, lambda: c.dependent_property(lambda s: 1, is_discrete=False).event_dim, lambda: D.Uniform.support.check(1), lambda: c.dependent.check(1)):
    try:
        print(f())
    except (NotImplementedError, ValueError) as e:
        print(type(e).__name__)
class Between(D.Distribution):
    @c.dependent_property(is_discrete=True, event_dim=2)
    def support(self):
        return c.interval(0, self.high)
Between.support.event_dim, Between.support.is_discrete, D.Uniform(0., 1.).support, D.Binomial(3, torch.tensor(.5)).support
""".split("\n\n")
