"""From real numbers to what distributions allow: constraints, transforms of vectors and matrices, the registries that know which goes with which."""

PROGRAMS = r"""
from torch.distributions import *
from torch.distributions import constraints as c, transforms as tr
torch.manual_seed(0)
kinds = [c.real, c.positive, c.nonnegative, c.greater_than(2.), c.greater_than_eq(torch.tensor([1., 2., 3.])), c.less_than(1.), c.interval(-1., 2.), c.unit_interval, c.half_open_interval(0., 3.), c.simplex, c.real_vector, c.independent(c.positive, 1), c.cat([c.positive, c.real, c.unit_interval], -1), c.stack([c.positive, c.real, c.less_than(0.)], -1)]
x = torch.randn(2, 3)
[(transform_to(k), transform_to(k)(x), k.check(transform_to(k)(x))) for k in kinds[:7]]
[(transform_to(k)(x), k.check(transform_to(k)(x))) for k in kinds[7:]]
[transform_to(k).inv(transform_to(k)(x)) for k in kinds]
[(k, k.event_dim, k.is_discrete, biject_to(k).bijective) for k in kinds]
[biject_to(k).log_abs_det_jacobian(x, biject_to(k)(x)) for k in kinds]
[biject_to(k).domain for k in kinds]
[(biject_to(k).codomain, biject_to(k).event_dim) for k in kinds if k is not c.simplex]
biject_to(c.simplex), biject_to(c.simplex).domain, biject_to(c.simplex).codomain, transform_to(c.simplex).bijective
biject_to(c.simplex)(x), biject_to(c.simplex).inv(biject_to(c.simplex)(x)), biject_to(c.simplex).forward_shape((2, 3)), biject_to(c.simplex).inverse_shape((2, 3))
biject_to(c.simplex).event_dim
[biject_to(k) for k in (c.lower_cholesky, c.positive_definite)]
transform_to(c.dependent)
transform_to(c.boolean)
transform_to(3)
m = torch.randn(2, 3, 3)
[(transform_to(k), transform_to(k)(m), transform_to(k).inv(transform_to(k)(m)), k.check(transform_to(k)(m))) for k in (c.lower_cholesky, c.positive_definite, c.positive_semidefinite)]
y = transform_to(c.corr_cholesky)(x); y, c.corr_cholesky.check(y), transform_to(c.corr_cholesky).inv(y), transform_to(c.corr_cholesky).log_abs_det_jacobian(x, y)
t = tr.CorrCholeskyTransform(); t.forward_shape((4, 6)), t.inverse_shape((4, 4, 4)), t.event_dim
tr.CorrCholeskyTransform().forward_shape((4, 5))
tr.CorrCholeskyTransform().inverse_shape((4, 5))
tr.CorrCholeskyTransform().forward_shape(())

t = ReshapeTransform((2, 3), (6,)); x = torch.arange(12.).view(2, 2, 3)
t(x), t.inv(t(x)), t.log_abs_det_jacobian(x, t(x)), t.domain, t.codomain, t.forward_shape((5, 2, 3)), t.inverse_shape((6,)), t.bijective, t.with_cache(1), t.inv
ReshapeTransform((2, 3), (5,))
t.forward_shape((3, 2))
t.inverse_shape(())
d = TransformedDistribution(Independent(Normal(torch.zeros(2, 3), 1), 2), [t]); d, d.event_shape, d.log_prob(torch.ones(6))
t = CumulativeDistributionTransform(Normal(0., 1.)); x = torch.tensor([-1., 0., .5]); t(x), t.inv(t(x)), t.log_abs_det_jacobian(x, t(x)), t.domain, t.codomain, t.sign, t.with_cache(1)
t = CatTransform([ExpTransform(), AffineTransform(1., 2.)], dim=1, lengths=[2, 1]); x = torch.tensor([[.1, .2, .3], [1., 2., 3.]])
t, t(x), t.inv(t(x)), t.log_abs_det_jacobian(x, t(x)), t.domain, t.codomain, t.length, t.event_dim, t.bijective
t(x[:, :2])
CatTransform([ExpTransform()], lengths=[1, 2])
CatTransform([3])
t = CatTransform([SoftmaxTransform(), IndependentTransform(ExpTransform(), 1)], dim=0); t(x), t.inv(t(x)), t.event_dim, t.bijective
t = StackTransform([ExpTransform(), tr.identity_transform, SigmoidTransform()], dim=-1); t, t(x), t.inv(t(x)), t.log_abs_det_jacobian(x, t(x)), t.domain, t.codomain, t.with_cache(1), t.with_cache(0) is t
t(x[:, :2])
StackTransform([AbsTransform()]).bijective, StackTransform([AbsTransform()])(torch.tensor([[-1., 2.]]))
SoftmaxTransform() == SoftmaxTransform(), StickBreakingTransform() == SoftmaxTransform(), LowerCholeskyTransform() == LowerCholeskyTransform(), CorrCholeskyTransform() == CorrCholeskyTransform()
[type(t()) for t in (SoftmaxTransform, StickBreakingTransform, CorrCholeskyTransform)]
SoftmaxTransform().forward_shape(())
SoftmaxTransform().log_abs_det_jacobian(x, x)

from torch.distributions import constraints as c
from torch.distributions.constraint_registry import ConstraintRegistry
class _Even(c.Constraint):
    is_discrete = True
    def check(self, value): return value % 2 == 0
_Even(), _Even().check(torch.arange(3)), _Even().event_dim, _Even.is_discrete, issubclass(c.greater_than, c.Constraint), isinstance(c.positive, c.greater_than)
r = ConstraintRegistry(); f = r.register(_Even(), lambda constraint: constraint); r(_Even())
r.register(3, f)
r.register(c.interval)(lambda k: (k.lower_bound, k.upper_bound))(c.interval(1, 2)), r(c.interval(3, upper_bound=4))
r(c.real)
c.Constraint().check(1)
c.interval(1)
c.greater_than(1, 2)
c.positive, c.interval(1, torch.tensor([2.])), c.multinomial(3), c.integer_interval(0, 4), c.dependent, c.simplex, c.corr_cholesky, c.positive_semidefinite, c.cat([c.real]), c.stack([c.real, c.simplex])
c.multinomial(3).upper_bound, c.integer_interval(0, 4).lower_bound, c.nonnegative_integer, c.boolean.is_discrete, c.one_hot.event_dim
k = c.cat([c.positive, c.interval(0, 1)], 0, [1, 2]); k.check(torch.tensor([1., .5, 2.])), k.event_dim, k.is_discrete, k.lengths, k.dim
k = c.stack([c.positive, c.real_vector], -1); k.event_dim, c.stack([c.boolean, c.real], 0).is_discrete, c.stack([c.positive, c.less_than(0)]).check(torch.tensor([[1., -1.], [1., -1.]]))
c.cat([c.real], lengths=[1, 2])
c.cat([3])
c.positive_semidefinite.check(torch.eye(2)), c.positive_semidefinite.check(torch.tensor([[1., 2.], [2., 1.]])), c.positive_semidefinite.check(torch.tensor([[1., 2.], [0., 1.]]))
c.corr_cholesky.check(torch.eye(3)), c.corr_cholesky.check(2 * torch.eye(3))
k = torch.distributions.MixtureSameFamily(torch.distributions.Categorical(torch.ones(2)), torch.distributions.Gamma(torch.ones(2), 1.)).support; k, k.event_dim, k.is_discrete, k.check(torch.tensor([-1., 1.])), type(k)

from torch.distributions import *
from torch.distributions.utils import tril_matrix_to_vec, vec_to_tril_matrix
x = torch.arange(1., 10.).view(3, 3)
[(tril_matrix_to_vec(x, d), vec_to_tril_matrix(tril_matrix_to_vec(x, d), d)) for d in (0, -1, 1)]
tril_matrix_to_vec(x, 3)
vec_to_tril_matrix(torch.ones(2, 5))
u = torch.zeros(3, requires_grad=True); d = Normal(0., transform_to(Normal.arg_constraints['scale'])(u)); d.log_prob(torch.tensor([1., 2., 3.])).sum().backward(); u.grad
register_kl(Normal, dict)(lambda p, q: 3)(1, 2)
register_kl(3, Normal)
register_kl(Normal, 3)
u = torch.tensor([[.1, .2]], requires_grad=True); s = biject_to(Dirichlet(torch.ones(3)).support)(u); (s[0, 0] * 2).backward(); s, u.grad
""".strip().split("\n\n")
