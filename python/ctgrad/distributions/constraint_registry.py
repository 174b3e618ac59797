"""From real numbers to what a constraint allows: `biject_to` by a transform that can be undone, `transform_to` by a cheaper one where there is one."""

from numbers import Number

from . import constraints, transforms

__all__ = ["ConstraintRegistry", "biject_to", "transform_to"]


class ConstraintRegistry:
    """Functions that make a transform of a constraint, by the constraint's class."""

    def __init__(self):
        self._registry = {}

    def register(self, constraint, factory=None):
        """Decorates the function for a class of constraints, or for the class of one of them."""
        if factory is None:
            return lambda factory: self.register(constraint, factory)
        if isinstance(constraint, constraints.Constraint):
            constraint = type(constraint)
        if not isinstance(constraint, type) or not issubclass(constraint, constraints.Constraint):
            raise TypeError(f"Expected constraint to be either a Constraint subclass or instance, but got {constraint}")
        self._registry[constraint] = factory
        return factory

    def __call__(self, constraint):
        """The transform; NotImplementedError where none is registered for the constraint's class."""
        if type(constraint) not in self._registry:
            raise NotImplementedError(f"Cannot transform {type(constraint).__name__} constraints")
        return self._registry[type(constraint)](constraint)


biject_to, transform_to = ConstraintRegistry(), ConstraintRegistry()


def _between(constraint):
    low, high = constraint.lower_bound, constraint.upper_bound
    if isinstance(low, Number) and isinstance(high, Number) and (low, high) == (0, 1):
        return transforms.SigmoidTransform()
    return transforms.ComposeTransform([transforms.SigmoidTransform(), transforms.AffineTransform(low, high - low)])


def _beyond(bound, direction):
    return transforms.ComposeTransform([transforms.ExpTransform(), transforms.AffineTransform(bound, direction)])


# The same in both.
_BOTH = {
    constraints.real: lambda constraint: transforms.identity_transform,
    constraints.greater_than: lambda constraint: _beyond(constraint.lower_bound, 1),
    constraints.greater_than_eq: lambda constraint: _beyond(constraint.lower_bound, 1),
    constraints.less_than: lambda constraint: _beyond(constraint.upper_bound, -1),
    constraints.interval: _between,
    constraints.half_open_interval: _between,
    constraints.corr_cholesky: lambda constraint: transforms.CorrCholeskyTransform(),
}


def _register_all():
    for registry in (biject_to, transform_to):
        for constraint, factory in _BOTH.items():
            registry.register(constraint, factory)
        registry.register(constraints.independent, lambda c, of=registry: transforms.IndependentTransform(of(c.base_constraint), c.reinterpreted_batch_ndims))
        registry.register(constraints.cat, lambda c, of=registry: transforms.CatTransform([of(part) for part in c.cseq], c.dim, c.lengths))
        registry.register(constraints.stack, lambda c, of=registry: transforms.StackTransform([of(part) for part in c.cseq], c.dim))
    biject_to.register(constraints.simplex, lambda constraint: transforms.StickBreakingTransform())
    transform_to.register(constraints.simplex, lambda constraint: transforms.SoftmaxTransform())
    transform_to.register(constraints.lower_cholesky, lambda constraint: transforms.LowerCholeskyTransform())
    for constraint in (constraints.positive_definite, constraints.positive_semidefinite):
        transform_to.register(constraint, lambda constraint: transforms.PositiveDefiniteTransform())


_register_all()
