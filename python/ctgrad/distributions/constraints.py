"""What the numbers of a parameter or a sample must satisfy."""

import ctgrad

__all__ = ["Constraint", "MixtureSameFamilyConstraint", "boolean", "cat", "corr_cholesky", "dependent", "dependent_property", "greater_than", "greater_than_eq", "half_open_interval", "independent",
           "integer_interval", "interval", "less_than", "lower_cholesky", "lower_triangular", "multinomial", "nonnegative", "nonnegative_integer", "one_hot", "positive",
           "positive_definite", "positive_integer", "positive_semidefinite", "real", "real_vector", "simplex", "square", "stack", "symmetric", "unit_interval"]


class Constraint:
    """A test of the last `event_dim` dimensions; `check` gives a bool for each of the others. A subclass says `check`, and what `bounds` it is made with."""

    is_discrete = False
    event_dim = 0
    bounds: tuple[str, ...] = ()

    def __init__(self, *values, **named):
        given = dict(zip(self.bounds, values, strict=False), **named)
        if given.keys() != set(self.bounds) or len(values) > len(self.bounds):
            raise TypeError(f"{type(self).__name__}() takes {', '.join(self.bounds) or 'no arguments'}")
        vars(self).update(given)

    def check(self, value):
        """Where value satisfies the constraint."""
        raise NotImplementedError

    def __repr__(self):
        return f"{type(self).__name__[1:]}({', '.join(f'{name}={getattr(self, name)}' for name in self.bounds)})"


class _Dependent(Constraint):
    """What is known only once the other parameters are. `is_discrete` and `event_dim`, where they are known before."""

    def __init__(self, *, is_discrete=NotImplemented, event_dim=NotImplemented):
        self._told = {"is_discrete": is_discrete, "event_dim": event_dim}

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

    def __call__(self, fn):
        return dependent_property(fn, **self._told)

    def __repr__(self):
        return "DependentProperty()"


class _IndependentConstraint(Constraint):
    """Of a vector (or more), whose numbers each satisfy another constraint."""

    bounds = ("base_constraint", "reinterpreted_batch_ndims")
    is_discrete = property(lambda self: self.base_constraint.is_discrete)
    event_dim = property(lambda self: self.base_constraint.event_dim + self.reinterpreted_batch_ndims)

    def check(self, value):
        """Where all numbers of an event satisfy it."""
        held, dims = self.base_constraint.check(value), self.reinterpreted_batch_ndims
        if held.dim() < dims:
            raise ValueError(f"Expected value.dim() >= {self.event_dim} but got {value.dim()}")
        return held.reshape(held.shape[:held.dim() - dims] + (-1,)).all(-1)

    def __repr__(self):
        return f"{type(self).__name__[1:]}({self.base_constraint!r}, {self.reinterpreted_batch_ndims})"


class MixtureSameFamilyConstraint(Constraint):
    """Of what any part of a mixture may draw: the constraint of its parts, without their dimension."""

    bounds = ("base_constraint",)
    is_discrete = property(lambda self: self.base_constraint.is_discrete)
    event_dim = property(lambda self: self.base_constraint.event_dim)

    def check(self, value):
        """Where all numbers of an event satisfy it."""
        if value.dim() < self.event_dim:
            raise ValueError(f"Expected value.dim() >= {self.event_dim} but got {value.dim()}")
        held = self.base_constraint.check(value.unsqueeze(value.dim() - self.event_dim))
        return held.reshape(held.shape[:value.dim() - self.event_dim] + (-1,)).all(-1)

    def __repr__(self):
        return f"{type(self).__name__}({self.base_constraint!r})"


class _Sequence(Constraint):
    """A constraint for each part along a dimension."""

    def __init__(self, cseq, dim=0):
        assert all(isinstance(part, Constraint) for part in cseq), "All elements of cseq must be Constraint instances"
        self.cseq, self.dim = list(cseq), dim

    is_discrete = property(lambda self: any(part.is_discrete for part in self.cseq))


class _Cat(_Sequence):
    """Parts of `lengths` (1 each by default) beside each other, as `cat` puts them."""

    def __init__(self, cseq, dim=0, lengths=None):
        super().__init__(cseq, dim)
        self.lengths = [1] * len(self.cseq) if lengths is None else list(lengths)
        assert len(self.lengths) == len(self.cseq), f"lengths ({len(self.lengths)}) must match cseq ({len(self.cseq)})"

    event_dim = property(lambda self: max(part.event_dim for part in self.cseq))

    def check(self, value):
        """Where each part satisfies its own."""
        return ctgrad.cat([part.check(x) for part, x in zip(self.cseq, value.split(self.lengths, self.dim), strict=True)], self.dim)


class _Stack(_Sequence):
    """Parts one after the other along a dimension of their own, as `stack` puts them."""

    @property
    def event_dim(self):
        """That of the parts, and theirs where `dim` lies in an event."""
        most = max(part.event_dim for part in self.cseq)
        return most + (self.dim + most < 0)

    def check(self, value):
        """Where each part satisfies its own."""
        return ctgrad.stack([part.check(x) for part, x in zip(self.cseq, value.unbind(self.dim), strict=True)], self.dim)


def _is_square(x):
    return ctgrad.full(x.shape[:-2], x.shape[-2] == x.shape[-1], dtype=ctgrad.bool)


def _is_lower(x):
    return (x.tril() == x).flatten(-2).all(-1)


def _is_lower_cholesky(x):
    return _is_lower(x) & (x.diagonal(dim1=-2, dim2=-1) > 0).all(-1)


def _is_corr_cholesky(x):
    most = ctgrad.finfo(x.dtype).eps * x.size(-1) * 10
    off = (ctgrad.linalg.norm(x.detach(), dim=-1) - 1).abs()
    return _is_lower_cholesky(x) & (off <= most).all(-1)


def _is_symmetric(x):
    return _is_square(x) if x.shape[-2] != x.shape[-1] else ctgrad.isclose(x, x.mT, atol=1e-6).flatten(-2).all(-1)


def _is_definite(x):
    held = _is_symmetric(x)
    return ctgrad.linalg.cholesky_ex(x)[1].eq(0) if held.all() else held


def _is_semidefinite(x):
    held = _is_symmetric(x)
    return (ctgrad.linalg.eigvalsh(x) >= 0).all(-1) if held.all() else held


# A class each, since registries of transforms look constraints up by class.
def _kind(name, test, bounds="", event_dim=0, is_discrete=False):
    def check(self, value):
        return test(value, *[getattr(self, bound) for bound in self.bounds])

    return type(name, (Constraint,), {"check": check, "bounds": tuple(bounds.split()), "event_dim": event_dim, "is_discrete": is_discrete,
                                      "__module__": __name__, "__doc__": f"What `{name}` says."})


_Multinomial = _kind("_Multinomial", lambda x, high: (x >= 0).all(-1) & (x.sum(-1) <= high), "upper_bound", 1, True)
_Multinomial.__repr__ = lambda self: "Multinomial()"
independent, cat, stack, multinomial = _IndependentConstraint, _Cat, _Stack, _Multinomial
greater_than = _GreaterThan = _kind("_GreaterThan", lambda x, low: low < x, "lower_bound")
greater_than_eq = _GreaterThanEq = _kind("_GreaterThanEq", lambda x, low: low <= x, "lower_bound")
less_than = _LessThan = _kind("_LessThan", lambda x, high: x < high, "upper_bound")
interval = _Interval = _kind("_Interval", lambda x, low, high: (low <= x) & (x <= high), "lower_bound upper_bound")
half_open_interval = _HalfOpenInterval = _kind("_HalfOpenInterval", lambda x, low, high: (low <= x) & (x < high), "lower_bound upper_bound")
integer_interval = _IntegerInterval = _kind("_IntegerInterval", lambda x, low, high: (x % 1 == 0) & (low <= x) & (x <= high), "lower_bound upper_bound", 0, True)
_IntegerLessThan = _kind("_IntegerLessThan", lambda x, high: (x % 1 == 0) & (x <= high), "upper_bound", 0, True)
_IntegerGreaterThan = _kind("_IntegerGreaterThan", lambda x, low: (x % 1 == 0) & (x >= low), "lower_bound", 0, True)
_Boolean = _kind("_Boolean", lambda x: (x == 0) | (x == 1), "", 0, True)
_OneHot = _kind("_OneHot", lambda x: ((x == 0) | (x == 1)).all(-1) & x.sum(-1).eq(1), "", 1, True)
_Real = _kind("_Real", lambda x: x == x)
_Simplex = _kind("_Simplex", lambda x: (x >= 0).all(-1) & ((x.sum(-1) - 1).abs() < 1e-6), "", 1)
_Square = _kind("_Square", _is_square, "", 2)
_LowerTriangular = _kind("_LowerTriangular", _is_lower, "", 2)
_LowerCholesky = _kind("_LowerCholesky", _is_lower_cholesky, "", 2)
_CorrCholesky = _kind("_CorrCholesky", _is_corr_cholesky, "", 2)
_Symmetric = _kind("_Symmetric", _is_symmetric, "", 2)
_PositiveDefinite = _kind("_PositiveDefinite", _is_definite, "", 2)
_PositiveSemidefinite = _kind("_PositiveSemidefinite", _is_semidefinite, "", 2)

dependent = _Dependent()
boolean, one_hot, real, simplex, square = _Boolean(), _OneHot(), _Real(), _Simplex(), _Square()
lower_triangular, lower_cholesky, corr_cholesky = _LowerTriangular(), _LowerCholesky(), _CorrCholesky()
symmetric, positive_definite, positive_semidefinite = _Symmetric(), _PositiveDefinite(), _PositiveSemidefinite()
real_vector = independent(real, 1)
positive, nonnegative, unit_interval = greater_than(0.0), greater_than_eq(0.0), interval(0.0, 1.0)
nonnegative_integer, positive_integer = _IntegerGreaterThan(0), _IntegerGreaterThan(1)


def is_dependent(constraint):
    """Whether the constraint is known only once the other parameters are."""
    return isinstance(constraint, _Dependent)
