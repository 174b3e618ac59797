"""Functions about tensors that compute nothing: what they are, and which dtype a computation would have."""

import functools
import numbers
import warnings

import ctgrad
from ctgrad._C import Tensor, dtype
from ctgrad.composed import need_tensor

__all__ = ["can_cast", "is_same_size", "is_complex", "conj", "real", "imag", "is_conj", "is_neg", "is_inference", "is_signed", "is_distributed", "is_floating_point", "is_nonzero", "is_tensor", "numel", "promote_types", "result_type"]


def _of_a_tensor(f):
    """f(input), with TypeError for what is no Tensor."""

    @functools.wraps(f)
    def ask(input):
        need_tensor(f.__name__, input)
        return f(input)

    return ask


def is_tensor(obj):
    """True for a Tensor, subclasses included."""
    return isinstance(obj, Tensor)


@_of_a_tensor
def is_floating_point(input):
    """Whether the dtype is a float."""
    return input.is_floating_point()


@_of_a_tensor
def is_complex(input):
    """False: no dtype is complex."""
    return input.is_complex()


@_of_a_tensor
def conj(input):
    """input: no dtype is complex."""
    return input.conj()


@_of_a_tensor
def real(input):
    """input: no dtype is complex."""
    return input.real


@_of_a_tensor
def is_conj(input):
    """False."""
    return input.is_conj()


@_of_a_tensor
def is_neg(input):
    """False."""
    return input.is_neg()


@_of_a_tensor
def is_inference(input):
    """Whether the tensor was made in inference mode."""
    return input.is_inference()


@_of_a_tensor
def is_signed(input):
    """Whether the dtype has negative numbers."""
    return input.is_signed()


@_of_a_tensor
def is_distributed(input):
    """False."""
    return input.is_distributed()


@_of_a_tensor
def numel(input):
    """Number of elements."""
    return input.numel()


@_of_a_tensor
def is_nonzero(input):
    """Whether the only element is not zero. RuntimeError for more elements, or none."""
    return bool(input)


def is_same_size(input, other):
    """Whether the shapes are equal."""
    need_tensor("is_same_size", input)
    need_tensor("is_same_size", other, "other", 2)
    return input.shape == other.shape


def _sample(value):
    """Something of the same dtype and category (with dimensions, 0-d, number) that has no elements to compute with."""
    if isinstance(value, Tensor):
        return ctgrad.empty((0,) if value.dim() else (), dtype=value.dtype)
    return value


def result_type(tensor1, tensor2):
    """The dtype that an arithmetic op of the two would have. Each is a Tensor or a number."""
    for value in (tensor1, tensor2):
        if not isinstance(value, (Tensor, numbers.Real)):
            raise TypeError(f"result_type(): expected Tensors or numbers, but got {type(value).__name__}")
    if not isinstance(tensor1, Tensor):
        tensor1, tensor2 = tensor2, tensor1
    if not isinstance(tensor1, Tensor):
        return (ctgrad.tensor(tensor1) + tensor2).dtype
    return (_sample(tensor1) + _sample(tensor2)).dtype


def promote_types(type1, type2):
    """The smallest dtype that both convert to without losing their kind."""
    for t in (type1, type2):
        if not isinstance(t, dtype):
            raise TypeError(f"promote_types(): expected torch.dtype, but got {type(t).__name__}")
    return (ctgrad.empty(0, dtype=type1) + ctgrad.empty(0, dtype=type2)).dtype


def _kind(t):
    return 2 if t.is_floating_point else 0 if t is ctgrad.bool else 1


def can_cast(from_, to):
    """Whether in-place ops may convert from the one dtype to the other: never to a lower kind (float, integer, bool)."""
    for name, place, given in (("from_", 1, from_), ("to", 2, to)):
        if not isinstance(given, dtype):
            raise TypeError(f"can_cast(): argument '{name}' (position {place}) must be torch.dtype, not {type(given).__name__}")
    return _kind(from_) <= _kind(to)


def new_tensor(self, data, *, dtype=None, device=None, requires_grad=False):
    """A tensor of the data, copied, of self's dtype unless `dtype` is given."""
    if isinstance(data, Tensor):
        warnings.warn("To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or sourceTensor.detach().clone().requires_grad_(True), "
                      "rather than tensor.new_tensor(sourceTensor).", stacklevel=2)
        return data.detach().to(device=device, dtype=dtype or self.dtype, copy=True).requires_grad_(requires_grad)
    return ctgrad.tensor(data, dtype=dtype or self.dtype, device=device, requires_grad=requires_grad)


def contains(self, element):
    """`element in self`: whether any element equals it. RuntimeError where it is neither a number nor a Tensor."""
    if isinstance(element, (Tensor, bool, int, float)):
        return bool((element == self).any())
    raise RuntimeError(f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}.")


def is_set_to(self, tensor):
    """Whether both show the same elements of the same storage by the same shape and strides."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"is_set_to(): argument 'tensor' (position 1) must be Tensor, not {type(tensor).__name__}")
    places = [(t._storage_ptr(), t.storage_offset(), t.shape, t.stride(), t.dtype) for t in (self, tensor)]
    return places[0] == places[1]


def get_device(self):
    """-1: the memory is the CPU's."""
    return -1


def is_never(self):
    """False: what only other devices, layouts and processes have."""
    return False


def is_coalesced(self):
    """RuntimeError: the tensor is not sparse."""
    raise RuntimeError("is_coalesced expected sparse coordinate tensor layout but got Strided")


def pin_memory(self, device=None):
    """RuntimeError: there is no device to pin memory for."""
    raise RuntimeError("Cannot access accelerator device when none is available.")


def itself(self):
    """self: there is nothing to conjugate."""
    return self


def imag(self):
    """RuntimeError: no dtype is complex."""
    need_tensor("imag", self)
    raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")


def volatile(self):
    """False: a name of old that has no effect any more."""
    warnings.warn("volatile was removed (Variable.volatile is always False)", stacklevel=2)
    return False


def set_volatile(self, value):
    """Nothing, with a warning."""
    warnings.warn("volatile was removed and now has no effect. Use `with torch.no_grad():` instead.", stacklevel=2)


def _refuse_grad(name, *tensors):
    if any(t.requires_grad for t in tensors):
        raise RuntimeError(f"Can't call {name}() on Variable that requires grad. Use var.detach().{name}() instead.")


def _one_number(value, name):
    """What a function of numbers returned, if it is a number."""
    if isinstance(value, (bool, int, float, Tensor)):
        return value
    raise TypeError(f"{name}(): the function must return a real number, not {type(value).__name__}")


def new(self, *args, size=None, device=None):
    """An older form of `new_empty` and `new_tensor`: sizes, or data, in self's dtype."""
    classes = {ctgrad.float16: ctgrad.HalfTensor, ctgrad.bfloat16: ctgrad.BFloat16Tensor, ctgrad.float32: ctgrad.FloatTensor,
               ctgrad.float64: ctgrad.DoubleTensor, ctgrad.int32: ctgrad.IntTensor, ctgrad.int64: ctgrad.LongTensor, ctgrad.uint8: ctgrad.ByteTensor, ctgrad.bool: ctgrad.BoolTensor}
    args = args if size is None else [ctgrad.Size(size)]
    return classes[self.dtype](*args) if device is None else classes[self.dtype](*args, device=device)


def _written(self, numbers):
    """self, written without being counted, as PyTorch's functions of elements do."""
    self.data.copy_(ctgrad.tensor(numbers, dtype=self.dtype).reshape(self.shape))
    return self


def apply_(self, callable):
    """Replaces each element by `callable` of it. Slow; RuntimeError on tensors that require grad."""
    _refuse_grad("apply_", self)
    flat = [_one_number(callable(value), "apply_") for value in self.reshape(-1).tolist()]
    return _written(self, flat)


def map_(self, tensor, callable):
    """Replaces each element by `callable` of it and `tensor`'s element there, broadcast to self."""
    need_tensor("map_", tensor, "other")
    _refuse_grad("map_", self, tensor)
    pairs = zip(self.reshape(-1).tolist(), tensor.expand(self.shape).reshape(-1).tolist(), strict=True)
    flat = [_one_number(callable(x, y), "map_") for x, y in pairs]
    return _written(self, flat)


def map2_(self, x, y, callable):
    """Replaces each element by `callable` of it and the elements of x and y there, broadcast to self."""
    _refuse_grad("map2_", self, x, y)
    others = [t.expand(self.shape).reshape(-1).tolist() for t in (x, y)]
    flat = [_one_number(callable(*three), "map2_") for three in zip(self.reshape(-1).tolist(), *others, strict=True)]
    return _written(self, flat)


def sizeof(self):
    """Bytes of the object and of the memory under it."""
    return object.__sizeof__(self) + self.untyped_storage().nbytes()


def cuda(self, *args, **kwargs):
    """AssertionError: there is no CUDA here."""
    raise AssertionError("Torch not compiled with CUDA enabled: ctgrad computes on the CPU")
