"""What all distributions have."""

import warnings

import ctgrad

from . import constraints
from .utils import lazy_property

__all__ = ["Distribution"]


class Distribution:
    """batch_shape: of the parameters. event_shape: of one sample. Parameters and samples are checked unless validate_args is False.

    A subclass sets its parameters, named in `arg_constraints`, and then calls `__init__` here.
    """

    has_rsample = False
    has_enumerate_support = False
    _validate_args = __debug__

    @staticmethod
    def set_default_validate_args(value):
        """Whether parameters and samples are checked where nothing else is said."""
        if value not in (True, False):
            raise ValueError
        Distribution._validate_args = value

    def __init__(self, batch_shape=ctgrad.Size(), event_shape=ctgrad.Size(), validate_args=None):
        self._batch_shape, self._event_shape = ctgrad.Size(batch_shape), ctgrad.Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._check_parameters()

    def _check_parameters(self):
        try:
            named = self.arg_constraints
        except NotImplementedError:
            warnings.warn(f"{self.__class__} does not define `arg_constraints`. Please set `arg_constraints = {{}}` or initialize the distribution "
                          "with `validate_args=False` to turn off validation.", stacklevel=4)
            return
        for name, constraint in named.items():
            if constraints.is_dependent(constraint) or (name not in vars(self) and isinstance(getattr(type(self), name, None), lazy_property)):
                continue
            value = getattr(self, name)
            if not constraint.check(value).all():
                raise ValueError(f"Expected parameter {name} ({type(value).__name__} of shape {tuple(value.shape)}) of distribution {self!r} "
                                 f"to satisfy the constraint {constraint!r}, but found invalid values:\n{value}")

    def _parameters(self):
        return [name for name in self.arg_constraints if name in vars(self)]

    def _get_checked_instance(self, cls, _instance=None):
        """_instance, or an object whose __init__ has not run; for subclasses that expand in a way of their own."""
        if _instance is None and type(self).__init__ != cls.__init__:
            raise NotImplementedError(f"Subclass {self.__class__.__name__} of {cls.__name__} that defines a custom __init__ method must also define a "
                                      "custom .expand() method.")
        return self.__new__(type(self)) if _instance is None else _instance

    def expand(self, batch_shape, _instance=None):
        """The distribution over a larger batch; nothing is copied."""
        new = self._get_checked_instance(type(self), _instance)
        named = self.arg_constraints
        # What was worked out of the parameters once, and is none, has the shape of the smaller batch: it is worked out anew.
        vars(new).update((name, value) for name, value in vars(self).items() if name in named or not isinstance(getattr(type(self), name, None), lazy_property))
        new._batch_shape = ctgrad.Size(batch_shape)
        for name in self._parameters():
            value = vars(self)[name]
            setattr(new, name, value.expand(new._batch_shape + value.shape[len(self._batch_shape):]))
        return new

    @property
    def batch_shape(self):
        """The shape of the parameters."""
        return self._batch_shape

    @property
    def event_shape(self):
        """The shape of one sample."""
        return self._event_shape

    @property
    def arg_constraints(self):
        """Constraint by name of parameter."""
        raise NotImplementedError

    @property
    def support(self):
        """The constraint that samples satisfy."""
        raise NotImplementedError

    @property
    def mean(self):
        """The mean."""
        raise NotImplementedError

    @property
    def mode(self):
        """The most probable value."""
        raise NotImplementedError(f"{self.__class__} does not implement mode")

    @property
    def variance(self):
        """The variance."""
        raise NotImplementedError

    @property
    def stddev(self):
        """The root of the variance."""
        return self.variance.sqrt()

    def sample(self, sample_shape=ctgrad.Size()):
        """Draws of shape sample_shape + batch_shape + event_shape, without a history."""
        with ctgrad.no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape=ctgrad.Size()):
        """Draws through which gradients reach the parameters."""
        raise NotImplementedError

    def sample_n(self, n):
        """sample((n,)), an older name."""
        warnings.warn("sample_n will be deprecated. Use .sample((n,)) instead", UserWarning, stacklevel=2)
        return self.sample(ctgrad.Size((n,)))

    def log_prob(self, value):
        """The logarithm of the density, or of the probability, at value."""
        raise NotImplementedError

    def cdf(self, value):
        """The probability of no more than value."""
        raise NotImplementedError

    def icdf(self, value):
        """The inverse of cdf."""
        raise NotImplementedError

    def enumerate_support(self, expand=True):
        """All values of a discrete distribution, along a new first dimension."""
        raise NotImplementedError

    def entropy(self):
        """The entropy, in nats."""
        raise NotImplementedError

    def perplexity(self):
        """e to the power of the entropy."""
        return ctgrad.exp(self.entropy())

    def _extended_shape(self, sample_shape=ctgrad.Size()):
        return ctgrad.Size(sample_shape) + self._batch_shape + self._event_shape

    def _validate_sample(self, value):
        if not isinstance(value, ctgrad.Tensor):
            raise ValueError("The value argument to log_prob must be a Tensor")
        events = len(self._event_shape)
        if value.size()[max(value.dim() - events, 0):] != self._event_shape:
            raise ValueError(f"The right-most size of value must match event_shape: {value.size()} vs {self._event_shape}.")
        shape = self._batch_shape + self._event_shape
        for i, j in zip(reversed(value.size()), reversed(shape), strict=False):
            if i != 1 and j != 1 and i != j:
                raise ValueError(f"Value is not broadcastable with batch_shape+event_shape: {value.size()} vs {shape}.")
        try:
            support = self.support
        except NotImplementedError:
            warnings.warn(f"{self.__class__} does not define `support` to enable sample validation. Please initialize the distribution with "
                          "`validate_args=False` to turn off validation.", stacklevel=3)
            return
        if not support.check(value).all():
            raise ValueError(f"Expected value argument ({type(value).__name__} of shape {tuple(value.shape)}) to be within the support "
                             f"({support!r}) of the distribution {self!r}, but found invalid values:\n{value}")

    def _checked(self, value):
        if self._validate_args:
            self._validate_sample(value)
        return value

    def __repr__(self):
        shown = (f"{p}: {vars(self)[p] if vars(self)[p].numel() == 1 else vars(self)[p].size()}" for p in self._parameters())
        return f"{self.__class__.__name__}({', '.join(shown)})"
