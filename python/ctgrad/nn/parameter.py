"""Parameter and Buffer: tensors that a Module registers when they are assigned to it; and those whose shape is not known yet."""

from collections import OrderedDict

import ctgrad
from ctgrad import Tensor
from ctgrad._copying import copied_memory

__all__ = ["Parameter", "Buffer", "UninitializedBuffer", "UninitializedParameter", "is_lazy"]


class _MarkedMeta(type):
    """Lets a tensor of a user's own Tensor subclass be an instance of Parameter or Buffer by a mark on it."""

    def __instancecheck__(cls, instance):
        if type.__instancecheck__(cls, instance):
            return True
        mark = cls.__dict__.get("_mark")
        return mark is not None and isinstance(instance, Tensor) and getattr(instance, mark, False)


class Parameter(Tensor, metaclass=_MarkedMeta):
    """A leaf tensor that a ``Module`` lists among its ``parameters()`` once it is an attribute of it.

    ``data`` is the tensor to train (an empty one by default); the Parameter shares its memory. ``requires_grad`` is
    True unless said otherwise, even under ``no_grad``. Integer data needs ``requires_grad=False`` (RuntimeError).
    Ops on Parameters give plain tensors.
    """

    _mark = "_is_param"

    def __new__(cls, data=None, requires_grad=True):
        if data is None:
            data = ctgrad.empty(0)
        if type(data) is Tensor or type(data) is Parameter:
            return Tensor._make_subclass(cls, data, requires_grad)
        return _mark_custom(data, requires_grad)

    def __deepcopy__(self, memo):
        if id(self) not in memo:
            # By way of the storage, whole: the copies of tensors that share one share one.
            memo[id(self)] = type(self)(copied_memory(self, memo), self.requires_grad)
        return memo[id(self)]

    def __repr__(self):
        return "Parameter containing:\n" + super().__repr__()

    def __reduce_ex__(self, protocol):
        state = dict(getattr(self, "__dict__", None) or {})
        return _rebuild_parameter, (self.data, self.requires_grad, OrderedDict(), state)


def _mark_custom(data, requires_grad):
    """A Parameter made of a tensor of another class keeps that class, and is known by a mark."""
    tensor = data.detach().requires_grad_(requires_grad)
    if type(tensor) is not type(data):
        raise RuntimeError(
            f"Creating a Parameter from an instance of type {type(data).__name__} requires that detach() returns an "
            f"instance of the same type, but return type {type(tensor).__name__} was found instead.")
    tensor._is_param = True
    return tensor


def _rebuild_parameter(data, requires_grad, backward_hooks, state=None):
    """Inverse of ``Parameter.__reduce_ex__``; hooks are never stored, their place stays for PyTorch's file format."""
    parameter = Parameter(data, requires_grad)
    for name, value in (state or {}).items():
        setattr(parameter, name, value)
    return parameter


class Buffer(Tensor, metaclass=_MarkedMeta):
    """Marks a tensor so that assigning it to a ``Module`` registers it as a buffer.

    The result is a plain tensor sharing ``data``'s memory (an empty one by default). ``persistent=False`` keeps it out
    of ``state_dict()``.
    """

    _mark = "_is_buffer"

    def __new__(cls, data=None, *, persistent=True):
        if data is None:
            data = ctgrad.empty(0)
        buffer = data.detach().requires_grad_(data.requires_grad)
        buffer.persistent = persistent
        buffer._is_buffer = True
        return buffer


def _refusing(name):
    def method(self, *args, **kwargs):
        raise ValueError(f"Attempted to use an uninitialized parameter in {name}(). Call forward() of its module with a batch first, or materialize(shape).")
    method.__name__ = name
    return method


# What PyTorch lets through, and what makes an object of any class.
_ALLOWED = ["size", "copy_", "is_complex", "is_floating_point", "half", "float", "double", "int", "long", "cuda", "cpu", "to", "get_device", "__hash__", "__class__", "__new__",
            "__init__", "__getattribute__", "__getattr__", "__setattr__", "__delattr__", "__repr__", "__str__", "__reduce__", "__reduce_ex__", "__init_subclass__", "__subclasshook__", "__sizeof__",
            "__getstate__", "__setstate__", "__copy__"]


def _is_refused(name):
    return callable(getattr(Tensor, name)) and name not in _ALLOWED and (not name.startswith("_") or name.endswith("__"))


class _Uninitialized:
    """A tensor that a layer gives its shape when it sees its first input: ``materialize`` makes it an ordinary one."""

    def materialize(self, shape, device=None, dtype=None):
        """Be an ordinary tensor of that shape from now on, its elements not set."""
        self.data = ctgrad.empty(shape, device=device, dtype=self.data.dtype if dtype is None else dtype)
        self.__class__ = self.cls_to_become

    @property
    def shape(self):
        raise RuntimeError("Can't access the shape of an uninitialized parameter or buffer. This error usually happens in `load_state_dict` when trying to "
                           "load an uninitialized parameter into an initialized one. Call `forward` to initialize the parameters first.")

    def share_memory_(self):
        raise RuntimeError("Can't share memory on an uninitialized parameter or buffer. Call `forward` to initialize the parameters first.")

    def __deepcopy__(self, memo):
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.requires_grad, dtype=self.data.dtype)
        return memo[id(self)]

    def __reduce_ex__(self, protocol):
        return type(self), (self.requires_grad, None, self.data.dtype)

    def __repr__(self):
        return f"<{type(self).__name__}>"


for _name in filter(_is_refused, dir(Tensor)):
    if _name not in vars(_Uninitialized):
        setattr(_Uninitialized, _name, _refusing(_name))


class UninitializedParameter(_Uninitialized, Parameter):
    """A Parameter whose shape is not known yet."""

    cls_to_become = Parameter

    def __new__(cls, requires_grad=True, device=None, dtype=None):
        ctgrad._C._unshaped(_Uninitialized)
        return Tensor._make_subclass(cls, ctgrad.empty(0, device=device, dtype=dtype), requires_grad)


class UninitializedBuffer(_Uninitialized, Tensor):
    """A buffer whose shape is not known yet."""

    cls_to_become = Tensor

    def __new__(cls, requires_grad=False, device=None, dtype=None, persistent=True):
        ctgrad._C._unshaped(_Uninitialized)
        made = Tensor._make_subclass(cls, ctgrad.empty(0, device=device, dtype=dtype), requires_grad)
        made.persistent = persistent
        made._is_buffer = True
        return made


def is_lazy(tensor):
    """Whether it is a parameter or buffer whose shape is not known yet."""
    return isinstance(tensor, _Uninitialized)
