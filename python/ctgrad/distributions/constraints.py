"""What the numbers of a parameter or a sample must satisfy."""

import ctgrad

__all__ = ["Constraint", "boolean", "dependent", "dependent_property", "greater_than", "greater_than_eq", "half_open_interval", "independent", "integer_interval", "interval",
           "less_than", "lower_cholesky", "lower_triangular", "multinomial", "nonnegative", "nonnegative_integer", "one_hot", "positive", "positive_definite",
           "positive_integer", "real", "real_vector", "simplex", "square", "symmetric", "unit_interval"]


class Constraint:
    """A named test of the last `event_dim` dimensions; `check` gives a bool for each of the others."""

    def __init__(self, name, test, event_dim=0, is_discrete=False, **bounds):
        self.name, self.test, self.event_dim, self.is_discrete = name, test, event_dim, is_discrete
        self.shown = ", ".join(f"{name}={bound}" for name, bound in bounds.items())
        vars(self).update(bounds)

    def check(self, value):
        """Where value satisfies the constraint."""
        return self.test(value)

    def __repr__(self):
        return f"{self.name}({self.shown})"


class _Dependent(Constraint):
    """What is known only once the other parameters are. `is_discrete` and `event_dim`, where they are known before."""

    def __init__(self, *, is_discrete=NotImplemented, event_dim=NotImplemented):
        self._told = {"is_discrete": is_discrete, "event_dim": event_dim}
        self.name, self.shown = "Dependent", ""

    def _of_class(self, name):
        if self._told[name] is NotImplemented:
            raise NotImplementedError(f".{name} cannot be determined statically")
        return self._told[name]

    is_discrete = property(lambda self: self._of_class("is_discrete"))
    event_dim = property(lambda self: self._of_class("event_dim"))

    def __call__(self, **told):
        """Another one, of which these are known."""
        return _Dependent(**{**self._told, **told})

    def check(self, value):
        """ValueError: nothing can be checked."""
        raise ValueError("Cannot determine validity of dependent constraint")


class dependent_property(property, _Dependent):
    """A property whose value is a constraint; of the class it is a dependent constraint. Decorates a method, with or without what is known of it."""

    def __init__(self, fn=None, *, is_discrete=NotImplemented, event_dim=NotImplemented):
        property.__init__(self, fn)
        _Dependent.__init__(self, is_discrete=is_discrete, event_dim=event_dim)
        self.name = "DependentProperty"

    def __call__(self, fn):
        return dependent_property(fn, **self._told)

    __repr__ = Constraint.__repr__


def _independent_test(base, dims):
    def test(value):
        held = base.check(value)
        if held.dim() < dims:
            raise ValueError(f"Expected value.dim() >= {base.event_dim + dims} but got {value.dim()}")
        return held.reshape(held.shape[:held.dim() - dims] + (-1,)).all(-1)
    return test


def independent(base_constraint, reinterpreted_batch_ndims):
    """The constraint of a vector (or more) whose numbers each satisfy another."""
    dims = reinterpreted_batch_ndims
    made = Constraint("IndependentConstraint", _independent_test(base_constraint, dims), base_constraint.event_dim + dims, base_constraint.is_discrete)
    made.base_constraint, made.reinterpreted_batch_ndims, made.shown = base_constraint, dims, f"{base_constraint!r}, {dims}"
    return made


def greater_than(lower_bound):
    """x > lower_bound"""
    return Constraint("GreaterThan", lambda x: lower_bound < x, lower_bound=lower_bound)


def greater_than_eq(lower_bound):
    """x >= lower_bound"""
    return Constraint("GreaterThanEq", lambda x: lower_bound <= x, lower_bound=lower_bound)


def less_than(upper_bound):
    """x < upper_bound"""
    return Constraint("LessThan", lambda x: x < upper_bound, upper_bound=upper_bound)


def interval(lower_bound, upper_bound):
    """lower_bound <= x <= upper_bound"""
    return Constraint("Interval", lambda x: (lower_bound <= x) & (x <= upper_bound), lower_bound=lower_bound, upper_bound=upper_bound)


def half_open_interval(lower_bound, upper_bound):
    """lower_bound <= x < upper_bound"""
    return Constraint("HalfOpenInterval", lambda x: (lower_bound <= x) & (x < upper_bound), lower_bound=lower_bound, upper_bound=upper_bound)


def integer_interval(lower_bound, upper_bound):
    """Whole numbers from lower_bound to upper_bound."""
    return Constraint("IntegerInterval", lambda x: (x % 1 == 0) & (lower_bound <= x) & (x <= upper_bound), 0, True,
                      lower_bound=lower_bound, upper_bound=upper_bound)


def multinomial(upper_bound):
    """Vectors of counts whose sum is no more than upper_bound."""
    made = Constraint("Multinomial", lambda x: (x >= 0).all(-1) & (x.sum(-1) <= upper_bound), 1, True)
    made.upper_bound = upper_bound
    return made


def _whole_from(lower_bound):
    return Constraint("IntegerGreaterThan", lambda x: (x % 1 == 0) & (x >= lower_bound), 0, True, lower_bound=lower_bound)


def _is_simplex(x):
    return ((x >= 0).all(-1)) & ((x.sum(-1) - 1).abs() < 1e-6)


def _is_square(x):
    return ctgrad.full(x.shape[:-2], x.shape[-2] == x.shape[-1], dtype=ctgrad.bool)


def _is_lower(x):
    return (x.tril() == x).flatten(-2).all(-1)


def _is_symmetric(x):
    return _is_square(x) if x.shape[-2] != x.shape[-1] else ctgrad.isclose(x, x.mT, atol=1e-6).flatten(-2).all(-1)


def _is_definite(x):
    held = _is_symmetric(x)
    return ctgrad.linalg.cholesky_ex(x)[1].eq(0) if held.all() else held


dependent = _Dependent()
boolean = Constraint("Boolean", lambda x: (x == 0) | (x == 1), 0, True)
one_hot = Constraint("OneHot", lambda x: ((x == 0) | (x == 1)).all(-1) & x.sum(-1).eq(1), 1, True)
real = Constraint("Real", lambda x: x == x)
real_vector = independent(real, 1)
positive = greater_than(0.0)
nonnegative = greater_than_eq(0.0)
unit_interval = interval(0.0, 1.0)
nonnegative_integer, positive_integer = _whole_from(0), _whole_from(1)
simplex = Constraint("Simplex", _is_simplex, 1)
square = Constraint("Square", _is_square, 2)
lower_triangular = Constraint("LowerTriangular", _is_lower, 2)
lower_cholesky = Constraint("LowerCholesky", lambda x: _is_lower(x) & (x.diagonal(dim1=-2, dim2=-1) > 0).all(-1), 2)
symmetric = Constraint("Symmetric", _is_symmetric, 2)
positive_definite = Constraint("PositiveDefinite", _is_definite, 2)


def is_dependent(constraint):
    """Whether the constraint is known only once the other parameters are."""
    return isinstance(constraint, _Dependent)
