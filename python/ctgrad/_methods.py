"""Methods of Tensor that are not hot: printing, copying, pickling."""

from ctgrad import _C
from ctgrad._C import Tensor
from ctgrad._tensor_str import tensor_format, tensor_repr

Tensor.__repr__ = tensor_repr
Tensor.__format__ = tensor_format


def _rebuild(cls, storage, offset, size, stride, requires_grad, state):
    """A tensor of class cls over `storage` (a 1-d tensor of all its elements): what pickle and deepcopy call."""
    t = storage.as_strided(size, stride, offset)
    with _NoGrad():
        t = t.detach()
    if cls is not Tensor:
        t = Tensor._make_subclass(cls, t)
    if state:
        t.__dict__.update(state)
    if requires_grad:
        t.requires_grad_()
    return t


class _NoGrad:
    """no_grad before ctgrad.autograd is there to be imported."""

    def __enter__(self):
        self.before = _C.is_grad_enabled()
        _C._set_grad_enabled(False)

    def __exit__(self, *failure):
        _C._set_grad_enabled(self.before)


def _whole_storage(t):
    n = t._storage_nbytes() // t.element_size()
    return t.detach().as_strided((n,), (1,), 0)


def _reduce(self, protocol):
    """Tensors that share memory still do after one pickle: the storage is written once, with each tensor's layout."""
    if self.requires_grad and not self.is_leaf:
        raise RuntimeError("Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment. "
                           "Pickle or copy t.detach() instead.")
    cls = type(self)
    return _rebuild_from, (cls, _storage_token(self), self.storage_offset(), tuple(self.size()), self.stride(), self.requires_grad, dict(self.__dict__))


_tokens = {}


def _storage_token(t):
    """One token object a storage while any pickle of it is alive, so that the pickler's memo ties what shares it."""
    import weakref

    key = (t._storage_ptr(), str(t.dtype), t._version)
    token = _tokens.get(key)
    token = token() if token else None
    if token is None or token.nbytes != t._storage_nbytes():
        token = StorageToken(_whole_storage(t))
        _tokens[key] = weakref.ref(token, lambda _: _tokens.pop(key, None))
    return token


class StorageToken:
    """The elements of one storage in a pickle."""

    def __init__(self, elements):
        self.nbytes = elements.nbytes
        self._elements = elements

    def __reduce__(self):
        array = self._elements.numpy()
        return _token_from, (array.tobytes(), str(array.dtype))

    def __deepcopy__(self, memo):
        return StorageToken(self._elements.clone())

    @property
    def elements(self):
        return self._elements


def _token_from(data, dtype):
    import numpy as np

    return StorageToken(_C.from_numpy(np.frombuffer(bytearray(data), dtype=dtype)))


def _rebuild_from(cls, token, offset, size, stride, requires_grad, state):
    return _rebuild(cls, token.elements, offset, size, stride, requires_grad, state)


def _deepcopy(self, memo):
    """A copy with memory of its own; tensors that share memory within one deepcopy share the copy's."""
    import copy

    if id(self) in memo:
        return memo[id(self)]
    function, (cls, token, *rest) = _reduce(self, 4)
    rest[-1] = copy.deepcopy(rest[-1], memo)
    result = function(cls, copy.deepcopy(token, memo), *rest)
    memo[id(self)] = result
    if self.grad is not None and self.is_leaf:
        result.grad = copy.deepcopy(self.grad, memo)
    memo.setdefault("ctgrad storages", []).append(token)
    return result


Tensor.__reduce_ex__ = _reduce
Tensor.__deepcopy__ = _deepcopy
