"""What PyTorch has under its name but no longer does, and says so; names that say little here: no number is complex, no bit stands for a sign."""

from ctgrad import _C
from ctgrad._C import Tensor
from ctgrad.composed import need_tensor, refuse_leaf

__all__ = ["conj_physical", "eig", "lstsq", "matrix_rank", "resolve_conj", "resolve_neg", "solve", "symeig"]

_INSTEAD = {"eig": "linalg.eig", "lstsq": "linalg.lstsq", "matrix_rank": "linalg.matrix_rank", "solve": "linalg.solve", "symeig": "linalg.eigh or linalg.eigvalsh",
            "reinforce": "a loss made of log probabilities"}


def _removed(name):
    def call(*args, **kwargs):
        raise RuntimeError(f"This function was deprecated{' since version 1.9' * (name != 'reinforce')} and is now removed. Instead of {name}() use {_INSTEAD[name]}.")

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"RuntimeError: removed; {_INSTEAD[name]} does it."
    return call


eig, lstsq, matrix_rank, solve, symeig, _reinforce = map(_removed, _INSTEAD)


def conj_physical(input, *, out=None):
    """input: no dtype is complex."""
    need_tensor("conj_physical", input)
    return input.conj_physical() if out is None else _C.maximum(input, input, out=out)


def resolve_conj(input):
    """input: no dtype is complex."""
    need_tensor("resolve_conj", input)
    return input.resolve_conj()


def resolve_neg(input):
    """input: no tensor is the negative of its memory."""
    need_tensor("resolve_neg", input)
    return input.resolve_neg()


def _itself(self):
    """self."""
    return self


def _conj_physical_(self):
    """self, which must be one that may be written."""
    refuse_leaf(self)
    return self


for _name, _method in {"eig": eig, "lstsq": lstsq, "solve": solve, "symeig": symeig, "reinforce": _reinforce, "conj_physical": _itself, "conj_physical_": _conj_physical_,
                       "resolve_conj": _itself, "resolve_neg": _itself}.items():
    setattr(Tensor, _name, _method)
