"""Data in: torch.tensor and its relations on the same arguments in both libraries: values, dtypes, strides, errors."""

import warnings

import ctgrad
import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
import torch


def nested(depth, x=1):
    for _ in range(depth):
        x = [x]
    return x


class Readable:
    """A sequence by __len__ and __getitem__ alone."""

    def __init__(self, *items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


class NoLength:
    def __getitem__(self, i):
        return [0, 1, 2][i]


class FailingLength(Readable):
    def __len__(self):
        raise KeyError("x")


class FailingItem:
    def __len__(self):
        return 3

    def __getitem__(self, i):
        raise KeyError("x")


class WithFloat:
    def __float__(self):
        return 1.5


class WithIndex:
    def __index__(self):
        return 3


class WithArray:
    def __array__(self, dtype=None, copy=None):
        return np.arange(3)


class Lends:
    """Memory by DLPack."""

    def __init__(self, owner):
        self.owner = owner

    def __dlpack__(self, **options):
        return self.owner.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.owner.__dlpack_device__()


class Float(float):
    pass


class Int(int):
    pass


def round_cycle():
    a = [1]
    a.append(a)
    return a


def shared(make, array):
    """What both sides hold after a write through the tensor."""
    t = make(array)
    t.add_(1)
    return t, array


NAMES = {
    name: value for name, value in globals().items() if not name.startswith("_") and name not in ("torch", "ctgrad", "pytest", "hypothesis", "st")
}

TENSOR = """
[] ; [[]] ; [[], []] ; [[[]]] ; () ; [(), ()] ; [[], [1]] ; 1 ; 1.5 ; True ; [True, False] ; [True, 1] ; [True, 1.5] ; [1, 2.5] ; range(3)
[range(2), [3, 4]] ; ((1, 2), [3, 4]) ; [[1, 2], (3, 4)] ; [[1, 2, 3], [1, 2]] ; [[1, 2], (3, 4, 5)] ; [1, [2]] ; [[1], 2] ; [[1], []]
[[[1, 2], [3, 4]], [[5, 6], [7]]] ; [[[1, 2], [3, 4]], [[5, 6]]] ; 'a' ; '' ; ['a'] ; [''] ; ['abc', 'def'] ; [['abc', 'def']] ; [1, 'a']
[[1., 2], [3, 'x']] ; b'ab' ; b'' ; [b'abc'] ; bytearray(b'ab') ; memoryview(b'ab') ; [bytearray(b'abc')] ; memoryview(np.arange(6).reshape(2, 3))
memoryview(np.arange(6.)) ; array.array('i', [1, 2]) ; array.array('d', [1, 2]) ; [array.array('f', [1, 2])] ; None ; [None] ; [1, None] ; [True, None]
[[1], [None]] ; {1, 2} ; {1: 2} ; {0: 2} ; {} ; {}.keys() ; set() ; [set()] ; [{}, {}] ; map(int, [1]) ; (x for x in [1]) ; collections.deque([1, 2])
collections.UserList([1, 2]) ; collections.OrderedDict() ; decimal.Decimal(1) ; fractions.Fraction(1, 2) ; object() ; [object()] ; slice(1) ; int ; [int]
Ellipsis ; len ; 2**31 ; 2**63 ; [2**63] ; 2**70 ; -2**63 ; -2**63 - 1 ; [True, 2**70] ; [2**63, 1.5] ; [1.5, 2**70] ; 1e300 ; [1e400, float('nan'), -0.0]
nested(63) ; round_cycle() ; Readable(0, 1, 2) ; [Readable(1, 2), Readable(3, 4)] ; NoLength() ; FailingLength() ; FailingItem() ; WithFloat() ; WithIndex()
[WithIndex()] ; WithArray() ; Float(1.5) ; Int(1) ; [[1, 2], {1, 2}] ; [1, {1: 2}] ; [[1, 2], None] ; [[1, 2], 'ab']
np.float32(1.5) ; np.float64(1.5) ; np.int32(1) ; np.int64(1) ; np.uint8(1) ; np.bool_(True) ; [np.float32(1.5)] ; [np.float64(1.5)] ; [np.int32(1)]
[np.bool_(True)] ; [np.bool_(True), 1] ; [1, np.bool_(True)] ; [1, np.float64(1)] ; [np.float32(1), 1] ; [np.float32(1), np.float64(1)] ; np.str_('a')
[np.uint8(1), True] ; [np.uint8(1), 2] ; [2.5, np.bool_(True)] ; [np.bool_(True), 2.5] ; [np.bool_(True), True] ; [2.5, np.float16(3)] ; [np.int16(3), 2]
[np.array([1, 2]), np.array([3, 4])] ; [np.array([1, 2], 'f8'), np.array([3, 4])] ; [np.array(1), np.array(2)] ; [np.array([3, 4]), np.array([1])]
[np.array([True]), np.array([1])] ; [[np.ones(2, 'f4')], [np.zeros(2)]] ; [np.zeros(2), np.arange(2.)[::-1]] ; [np.ones((2, 3)).T, np.zeros((3, 2))]
[np.array([3, 4]), [1, 2]] ; [[1, 2], np.array([3, 4])] ; np.array(3.) ; np.zeros((2, 0)) ; [np.zeros((2, 0))] ; np.arange(3)[::-1] ; np.zeros((3, 1))[:, ::-1]
np.arange(3).astype('>i8') ; np.asfortranarray(np.ones((2, 3))) ; np.ones((4, 3))[::2] ; np.broadcast_to(np.ones(3), (2, 3)) ; np.array([1, 2], 'u1')
np.array([True, False]) ; np.zeros((0, 3)) ; np.arange(24).reshape(2, 3, 4).transpose(1, 2, 0) ; Lends(torch.ones(2)) ; [Lends(torch.ones(2))]
torch.ones(2, 3).t() ; torch.ones(3).expand(2, 3) ; torch.tensor([1., 2.], requires_grad=True) ; [torch.tensor(1.), torch.tensor(2.)] ; [torch.tensor(True)]
[torch.tensor(1), torch.tensor(2.)] ; [1.5, torch.tensor(2)] ; [torch.tensor(2), 1.5] ; [torch.tensor(2.5, dtype=torch.float64), 1.5] ; [torch.tensor(True), 1]
[torch.tensor([1., 2.]), torch.tensor([1., 2.])] ; [torch.tensor([1.]), torch.tensor([1.])] ; [torch.tensor([]), torch.tensor([1.])] ; [[torch.tensor([1])]]
[[torch.tensor([1, 2])]] ; [[1, 2], torch.tensor([3, 4])] ; [torch.tensor([3, 4]), [1, 2]] ; [torch.tensor(3), np.int64(2)] ; torch.Size([1, 2])
torch.device('cpu') ; torch.float32 ; [torch.nn.Parameter(torch.ones(1))] ; [torch.tensor(1, dtype=torch.uint8), True]
"""
TYPED = """
300 ; -1 ; -255 ; -256 ; -300 ; 255 ; 256 ; [300] ; [1, 2, 300] ; 2**31 ; -2**31 ; -2**31 - 1 ; 2**63 ; [2**64 - 1] ; 2**70 ; 10**400 ; 1.5 ; -1.5 ; -0.5
255.5 ; 255.999 ; 256. ; 2147483647.5 ; 2147483648. ; -2147483648.5 ; 9.3e18 ; 9223372036854775808. ; -9223372036854775808. ; 1e30 ; float('nan') ; float('inf')
1e300 ; [1e300, 3] ; [True] ; [2.5] ; [0, 2] ; [1.5, 2**70] ; [1.5, 'a'] ; ['1'] ; '1' ; None ; [None] ; [[1, 2], 3] ; [3, [1, 2]] ; [[1, 2], [3]] ; [object(), None]
object() ; WithFloat() ; [WithFloat()] ; WithIndex() ; [WithIndex()] ; np.float64(1.5) ; np.float32(1.5) ; [np.float64(1.5)] ; [np.float32(1.5)] ; [np.bool_(True)]
[np.array([1.5])] ; [np.array([300])] ; [np.array([True, False])] ; [np.array([1.5], 'f4'), [2]] ; [np.array([2], 'u1'), np.array([3])]
np.bool_(True) ; [np.int64(300)] ; np.int64(300) ; np.array(300) ; np.array([1.5, 2.5]) ; np.array([1.5, np.nan]) ; [torch.tensor(2.5)] ; [torch.tensor(300)] ; ['']
[[]] ; [torch.tensor(True)] ; torch.tensor(2.5) ; torch.tensor([1, 2]) ; decimal.Decimal(1) ; [decimal.Decimal(1)] ; fractions.Fraction(1, 2) ; b'ab' ; [b'ab']
"""
OTHER = """
torch.tensor([1, 2], dtype=float) ; torch.tensor([1, 2], dtype=int) ; torch.tensor([1, 2], dtype=bool) ; torch.tensor([1, 2], dtype='float32')
torch.tensor([1, 2], dtype=np.float32) ; torch.tensor([1, 2], device='cpu:0') ; torch.tensor([1, 2], device='cuda') ; torch.tensor([1, 2], device='foo')
torch.tensor([1, 2], device=1) ; torch.tensor([1, 2], device=torch.device('cpu')) ; torch.tensor([1, 2], requires_grad=True) ; torch.tensor([1., 2], requires_grad=True)
torch.tensor([1., 2], requires_grad=1) ; torch.tensor() ; torch.tensor(1, 2) ; torch.tensor(1, foo=2) ; torch.tensor(data=1) ; torch.tensor(1, torch.float32)
torch.tensor(1, dtype=None) ; torch.tensor(1, device=None) ; torch.tensor(torch.ones(2), requires_grad=True) ; torch.tensor(torch.tensor([1, 2]), requires_grad=True)
torch.tensor(torch.ones(2, requires_grad=True)).requires_grad
torch.as_tensor([1, 2]) ; torch.as_tensor(np.arange(3), dtype=torch.float32) ; torch.as_tensor(torch.arange(3), dtype=torch.float32) ; torch.as_tensor(3)
torch.as_tensor(torch.ones(3, requires_grad=True)) ; torch.as_tensor(torch.ones(3, requires_grad=True), dtype=torch.float64) ; torch.as_tensor('a')
torch.as_tensor([1, 2], torch.float32) ; torch.as_tensor([1, 2], requires_grad=True) ; torch.as_tensor(bytearray(b'ab')) ; torch.as_tensor() ; torch.as_tensor(data=[1])
shared(torch.as_tensor, np.zeros(3)) ; shared(torch.from_numpy, np.zeros(3)) ; shared(torch.tensor, np.zeros(3)) ; shared(torch.LongTensor, np.arange(3))
shared(torch.Tensor, np.zeros(3, 'f4')) ; shared(torch.Tensor, np.zeros(3)) ; shared(torch.asarray, np.zeros(3)) ; shared(torch.from_dlpack, np.zeros(3))
shared(lambda b: torch.frombuffer(b, dtype=torch.uint8), bytearray(3)) ; shared(torch.as_tensor, torch.zeros(3)) ; shared(torch.Tensor, torch.zeros(3))
shared(lambda a: torch.asarray(a, copy=True), np.zeros(3)) ; shared(torch.as_tensor, np.zeros((2, 3)).T)
torch.asarray(array.array('i', [1, 2]), dtype=torch.int32) ; torch.asarray(bytearray(b'ab')) ; torch.asarray(bytearray(b'abcdefgh')) ; torch.asarray([1, 2])
torch.asarray([1., 2], requires_grad=True) ; torch.asarray(np.arange(3), copy=False) ; torch.asarray([1, 2], copy=False) ; torch.asarray(3.5, copy=False)
torch.asarray(torch.ones(2), copy=False, dtype=torch.float64) ; torch.asarray(np.arange(3), dtype=torch.float32, copy=False) ; torch.asarray(torch.ones(2), copy=True)
torch.asarray(np.arange(3), dtype=torch.float32, copy=True) ; torch.asarray(torch.ones(2, requires_grad=True)) ; torch.asarray(np.arange(3), requires_grad=True)
torch.asarray(torch.ones(2, requires_grad=True), requires_grad=False) ; torch.asarray(torch.ones(2), requires_grad=True) ; torch.asarray(np.float32(3)) ; torch.asarray(3)
torch.asarray(torch.ones(2, requires_grad=True) * 2, requires_grad=True) ; torch.asarray(torch.ones(2, requires_grad=True) * 2, copy=True) ; torch.asarray('a')
torch.asarray(None) ; torch.asarray(object()) ; torch.asarray() ; torch.asarray(obj=3) ; torch.asarray(range(3)) ; torch.asarray(torch.ones(2), copy=1)
torch.asarray([1, 2], dtype=torch.float64) ; torch.asarray(torch.ones(2).__dlpack__()) ; torch.asarray(np.ones(3)[::-1])
torch.scalar_tensor(3) ; torch.scalar_tensor(3.5) ; torch.scalar_tensor(3, dtype=torch.int64) ; torch.scalar_tensor(True) ; torch.scalar_tensor([3]) ; torch.scalar_tensor('a')
torch.scalar_tensor(3., requires_grad=True) ; torch.scalar_tensor(torch.tensor(3)) ; torch.scalar_tensor() ; torch.scalar_tensor(s=3) ; torch.scalar_tensor(2**63)
torch.scalar_tensor(-1, dtype=torch.uint8) ; torch.scalar_tensor(1.5, dtype=torch.int64) ; torch.scalar_tensor(True, dtype=torch.bool) ; torch.scalar_tensor(np.float32(3))
torch.from_numpy([1]) ; torch.from_numpy(np.float32(1)) ; torch.from_numpy(torch.ones(2)) ; torch.from_numpy(np.array(1.)) ; torch.from_numpy(np.arange(3)[::-1])
torch.from_numpy(np.arange(6).reshape(2, 3).T).stride() ; torch.from_numpy(np.zeros(3, [('a', 'f4'), ('b', 'i1')])['a']) ; torch.from_numpy(np.zeros((0, 3))).stride()
torch.from_numpy(np.broadcast_to(np.arange(3.), (2, 3))).stride() ; torch.from_numpy(np.ones((1, 3))[::2]).stride() ; torch.from_numpy(np.arange(3, dtype=np.longlong))
torch.frombuffer(bytearray(b'abcdefgh'), dtype=torch.float32) ; torch.frombuffer(bytearray(8), dtype=torch.float32, count=1) ; torch.frombuffer(bytearray(8), dtype=torch.int32, offset=4)
torch.frombuffer(bytearray(8), dtype=torch.float32, offset=3) ; torch.frombuffer(bytearray(8), dtype=torch.float32, offset=8) ; torch.frombuffer(bytearray(8), dtype=torch.float32, offset=-1)
torch.frombuffer(bytearray(8), dtype=torch.float32, count=3) ; torch.frombuffer(bytearray(8), dtype=torch.float32, count=0) ; torch.frombuffer(bytearray(8), dtype=torch.float32, count=-2)
torch.frombuffer(bytearray(7), dtype=torch.float32) ; torch.frombuffer(bytearray(), dtype=torch.float32) ; torch.frombuffer(3, dtype=torch.float32) ; torch.frombuffer(bytearray(8))
torch.frombuffer(bytearray(8), dtype=None) ; torch.frombuffer(bytearray(8), dtype=torch.float32, requires_grad=True) ; torch.frombuffer(bytearray(8), dtype=torch.uint8, requires_grad=True)
torch.frombuffer(array.array('i', [1, 2]), dtype=torch.int32) ; torch.frombuffer(np.arange(3), dtype=torch.int64) ; torch.frombuffer(buffer=bytearray(8), dtype=torch.bool)
torch.from_dlpack(torch.ones(2)) ; torch.from_dlpack(torch.ones(2).__dlpack__()) ; torch.from_dlpack(torch.ones(2).__dlpack__(max_version=(1, 0))) ; torch.from_dlpack(np.ones(2))
torch.from_dlpack(3) ; torch.from_dlpack(np.ones(2).__dlpack__()) ; torch.from_dlpack(np.ones((2, 3)).T).stride() ; torch.from_dlpack(torch.tensor(3.)) ; torch.from_dlpack(np.ones(2), copy=True)
torch.from_dlpack(torch.ones(0, 3)).stride() ; torch.from_dlpack(np.ones((0, 3))).stride() ; torch.ones(2, requires_grad=True).__dlpack__() ; torch.ones(2).__dlpack__(stream=1)
torch.ones(2).__dlpack__(stream='a') ; tuple(map(int, torch.ones(2).__dlpack_device__())) ; torch.from_dlpack(np.array([True, False])) ; torch.from_dlpack(np.arange(3, dtype='u1'))
np.from_dlpack(torch.ones(2)) ; np.from_dlpack(torch.ones(2, 3).t()).strides ; np.from_dlpack(torch.arange(3)) ; np.from_dlpack(torch.tensor(True))
"""
LEGACY = """
torch.Tensor([1, 2]) ; torch.Tensor(2, 0) ; torch.Tensor((2, 3)) ; torch.Tensor(torch.Size([2, 0])) ; torch.Tensor() ; torch.Tensor(0) ; torch.Tensor(3).shape
torch.Tensor(3.5) ; torch.Tensor(True) ; torch.Tensor([]) ; torch.Tensor([[]]) ; torch.Tensor(-1) ; torch.Tensor(2, -1) ; torch.Tensor('a') ; torch.Tensor(['a'])
torch.Tensor(None) ; torch.Tensor(2, 'a') ; torch.Tensor(2, 2.5) ; torch.Tensor(2, None) ; torch.Tensor(2, [3]) ; torch.Tensor(torch.tensor([1., 2.])) ; torch.Tensor({})
torch.Tensor(torch.tensor([1, 2])) ; torch.Tensor(np.arange(3)) ; torch.Tensor(np.float32(3)) ; torch.Tensor(np.int64(3)).shape ; torch.Tensor(np.array(3)).shape
torch.Tensor(torch.tensor(3)) ; torch.Tensor(size=(2, 0)) ; torch.Tensor(size=[2, 3]).shape ; torch.Tensor(data=[1, 2]) ; torch.Tensor(other=torch.ones(2))
torch.Tensor([1, 2], device='cpu') ; torch.Tensor([1, 2], device='cuda') ; torch.Tensor(device='cpu') ; torch.Tensor(2, 0, device='cpu') ; torch.Tensor([[1, 2], [3]])
torch.Tensor(range(3)) ; torch.Tensor((x for x in range(3))) ; torch.Tensor(2**62, 2**62) ; torch.Tensor(torch.tensor(2), torch.tensor(0)) ; torch.Tensor({1, 2}) ; torch.Tensor(b'ab')
torch.Tensor(torch.ones(2, requires_grad=True)) ; torch.Tensor(torch.ones(2, requires_grad=True) * 2) ; torch.Tensor(np.int64(2), np.int32(0)) ; torch.Tensor(WithIndex()).shape
torch.Tensor(2, True).shape ; torch.Tensor(bytearray(b'ab')) ; torch.Tensor(array.array('f', [1, 2])) ; torch.Tensor(1.5) ; torch.Tensor([True, False]) ; torch.Tensor([2**70])
torch.Tensor([torch.tensor(1), torch.tensor(2)]) ; torch.Tensor(np.asfortranarray(np.ones((2, 3)))).stride()
torch.FloatTensor([1, 2]) ; torch.FloatTensor(2, 0).dtype ; torch.LongTensor([1.5, 2]) ; torch.LongTensor(3).shape ; torch.LongTensor(torch.tensor([1, 2])) ; torch.LongTensor([2**63])
torch.DoubleTensor([1, 2]) ; torch.IntTensor([1, 2]) ; torch.IntTensor([2**31]) ; torch.ByteTensor([1, 2]) ; torch.ByteTensor([300]) ; torch.ByteTensor([-1]) ; torch.BoolTensor([2, 0.5, 0])
torch.LongTensor(np.arange(3.)) ; torch.FloatTensor(np.arange(3)) ; torch.LongTensor() ; torch.LongTensor(None) ; torch.LongTensor([None]) ; torch.LongTensor(size=(2,)).shape ; torch.FloatTensor('a')
isinstance(torch.ones(2), torch.FloatTensor) ; isinstance(torch.ones(2).long(), torch.FloatTensor) ; isinstance(3, torch.LongTensor) ; torch.FloatTensor ; torch.FloatTensor.dtype
torch.LongTensor.__name__ ; torch.DoubleTensor([1], device='cpu')
"""
SMALL = """
torch.Size([2, 3]) ; torch.Size() ; torch.Size((2, 3)).numel() ; torch.Size([]).numel() ; torch.Size([2, 3])[1:] ; torch.Size([2, 3])[0] ; torch.Size([3, 4])[-1] ; torch.Size([3, 4])[5]
torch.Size([1])[0:0] ; torch.Size([2, 3]) + (1,) ; torch.Size([2, 3]) + torch.Size([1]) ; (1,) + torch.Size([2, 3]) ; torch.Size([2, 3]) + [1] ; torch.Size([1]) + 3 ; torch.Size([2, 3]) * 2
2 * torch.Size([2, 3]) ; torch.Size([2, 3]) == (2, 3) ; torch.Size([2.5]) ; torch.Size(['a']) ; torch.Size(3) ; torch.Size([np.int64(3)]) ; torch.Size([torch.tensor(3)]) ; torch.Size([True])
torch.Size(torch.tensor([1, 2])) ; torch.Size(torch.ones(2)) ; pickle.loads(pickle.dumps(torch.Size([1, 2]))) ; copy.copy(torch.Size([1, 2])) ; copy.deepcopy(torch.Size([1, 2]))
hash(torch.Size([1, 2])) == hash((1, 2)) ; str(torch.Size([1, 2])) ; torch.Size(range(3)) ; torch.Size(x for x in [1, 2]) ; torch.Size([-1]) ; torch.Size([2**70]) ; torch.Size('ab') ; torch.Size(a=1)
torch.Size([1], [2]) ; torch.Size([1, 2]).index(2) ; torch.Size([1, 2]).count(1) ; f'{torch.Size([1])}' ; tuple(torch.Size([1, 2])) ; list(torch.Size([1, 2])) ; torch.Size([1]).__reduce__()[1]
torch.float32 ; str(torch.float64) ; (torch.float, torch.double, torch.int, torch.long) ; torch.float32.is_floating_point ; torch.int64.is_signed ; torch.uint8.is_signed ; torch.bool.is_signed
torch.float32.itemsize ; torch.bool.itemsize ; torch.float32.is_complex ; torch.int64.to_real() ; pickle.loads(pickle.dumps(torch.float32)) is torch.float32 ; copy.deepcopy(torch.int32) is torch.int32
torch.float32.__reduce__() ; torch.dtype() ; torch.float32 == torch.float64 ; torch.float32 == 'float32' ; torch.float32 < torch.float64 ; torch.float32.foo ; {torch.float32: 1}[torch.float]
torch.finfo(torch.float32) ; torch.finfo(torch.float64) ; torch.finfo() ; torch.finfo(torch.int64) ; torch.finfo(float) ; torch.finfo(None) ; torch.finfo('float32') ; torch.iinfo(torch.int64)
torch.iinfo(torch.uint8) ; torch.iinfo(torch.int32) ; torch.iinfo(torch.bool) ; torch.iinfo(torch.float32) ; torch.iinfo(int) ; torch.iinfo(None) ; torch.finfo(torch.bool)
[getattr(torch.finfo(d), a) for d in (torch.float32, torch.float64) for a in ('bits', 'eps', 'max', 'min', 'tiny', 'smallest_normal', 'resolution', 'dtype')]
[getattr(torch.iinfo(d), a) for d in (torch.uint8, torch.int32, torch.int64) for a in ('bits', 'max', 'min', 'dtype')] ; torch.iinfo(torch.int64) == torch.iinfo(torch.int64)
torch.device('cpu') ; torch.device('cpu', 0) ; torch.device('cpu:1') ; torch.device('cuda:1') ; torch.device(0) ; torch.device('foo') ; torch.device('cpu:x') ; torch.device('cpu:-1') ; torch.device('')
torch.device('cpu:') ; torch.device('cpu:00') ; torch.device('cpu:1:2') ; torch.device('CPU') ; torch.device('cpu', -1) ; torch.device('cpu:0', 0) ; torch.device(torch.device('cpu')) ; torch.device('meta')
torch.device(type='cpu', index=0) ; str(torch.device('cpu', 0)) ; torch.device('cpu').type ; torch.device('cpu').index ; torch.device('cpu') == torch.device('cpu', 0) ; torch.device('cpu') == 'cpu'
torch.device('cpu') < torch.device('cpu') ; torch.device('cpu', 0).__reduce__()[1] ; pickle.loads(pickle.dumps(torch.device('cpu', 1))) ; {torch.device('cpu')} == {torch.device('cpu')}
(torch.strided, torch.contiguous_format, torch.preserve_format, torch.channels_last) ; copy.deepcopy(torch.strided) is torch.strided ; pickle.loads(pickle.dumps(torch.contiguous_format))
torch.Generator().initial_seed() ; torch.Generator().manual_seed(-1).initial_seed() ; torch.Generator().manual_seed(2**63).initial_seed() ; torch.Generator().manual_seed(2**64)
torch.Generator().manual_seed(-2**63).initial_seed() ; torch.Generator().manual_seed(-2**63 - 1) ; torch.Generator().manual_seed(1.5) ; torch.Generator().manual_seed('a') ; torch.Generator().manual_seed(True)
torch.Generator().manual_seed(torch.tensor(3)) ; torch.Generator().get_state().shape ; torch.Generator().get_state().sum() ; torch.Generator().manual_seed(5).get_state().tolist() == 0
torch.Generator().set_state(torch.zeros(3)) ; torch.Generator().set_state(torch.zeros(3, dtype=torch.uint8)) ; torch.Generator().set_state(torch.zeros(5056, dtype=torch.uint8)) ; torch.Generator().set_state([1])
torch.Generator().device ; torch.manual_seed(3.7).initial_seed() ; torch.manual_seed('3').initial_seed() ; torch.manual_seed('a') ; torch.manual_seed(-5).initial_seed() ; torch.manual_seed(torch.tensor(4)).initial_seed()
torch.manual_seed(seed=4).initial_seed() ; torch.set_rng_state(torch.get_rng_state()) ; torch.set_rng_state(torch.zeros(3)) ; torch.default_generator is torch.manual_seed(1) ; torch.initial_seed()
"""
NUMPY = """
torch.ones(2).numpy() ; torch.ones(2, requires_grad=True).numpy() ; torch.ones(2, requires_grad=True).numpy(force=True) ; torch.ones(2).numpy(True) ; torch.ones(2).numpy(force=1)
torch.ones(2).expand(3, 2).numpy().strides ; torch.ones(2).expand(3, 2).numpy().flags.writeable ; torch.tensor(3.).numpy() ; torch.empty(0, 3).numpy() ; torch.ones(2, 3).t().numpy().strides
np.asarray(torch.ones(2)) ; np.asarray(torch.ones(2, requires_grad=True)) ; np.array(torch.ones(2), dtype=np.float64) ; torch.ones(2).__array__() ; torch.ones(2).__array__('f8')
torch.ones(2).__array__(dtype=np.float64) ; torch.ones(2).__array__(torch.float64) ; torch.ones(2).__array_priority__ ; np.array([torch.tensor(1.), torch.tensor(2.)]) ; np.array([torch.ones(2), torch.ones(2)])
np.stack([torch.ones(2), torch.ones(2)]) ; np.concatenate([torch.ones(2), np.ones(2)]) ; np.add(np.ones(2), torch.ones(2)) ; np.sin(torch.ones(2)) ; np.sin(torch.tensor(1.)) ; np.isnan(torch.ones(2))
np.maximum(np.ones(2), torch.ones(2)) ; np.dot(np.ones(2), torch.ones(2)) ; np.matmul(np.ones((2, 2)), torch.ones(2, 2)) ; np.allclose(torch.ones(2), np.ones(2)) ; np.float32(torch.tensor(2.))
np.add(torch.ones(2, requires_grad=True), 1) ; torch.ones(2).__array_wrap__(np.ones(3)) ; torch.ones(2).__array_wrap__(np.ones(3, bool)) ; torch.ones(2).__array_wrap__(np.float32(3))
torch.ones(2) + np.ones(2) ; torch.ones(2) - np.array(2.) ; torch.ones(2) * np.float64(2) ; np.float64(2) * torch.ones(2) ; np.int64(2) * torch.ones(2) ; np.float32(2) - torch.ones(2)
np.ones(2) - torch.ones(2) ; np.ones(2) * torch.ones(2) ; np.array(2.) * torch.ones(2) ; np.ones(2) < torch.ones(2) ; torch.ones(2) < np.ones(2) ; torch.ones(2) == np.ones(2)
np.ones(2) == torch.ones(2) ; torch.ones(2) == np.ones(3) ; torch.ones(2) != np.ones(2) ; np.float64(2) == torch.ones(2) ; np.float64(2) < torch.ones(2) ; torch.ones(2) == 'a' ; torch.ones(2) == None
torch.ones(2) + [1, 1] ; torch.ones(2) - 'a' ; torch.ones(2) @ 'a' ; torch.ones(2) @ np.ones(2) ; torch.ones(2) ** np.ones(2) ; torch.ones(2) // np.ones(2) ; torch.ones(2) % np.ones(2)
np.zeros(3)[torch.tensor([0, 1])] ; np.zeros(3)[torch.tensor(1)] ; np.zeros(torch.tensor(2)) ; np.arange(6).reshape(torch.Size([2, 3])) ; torch.arange(5)[np.int64(2)] ; torch.arange(5)[np.array([1, 2])]
torch.arange(3)[np.array(1)] ; torch.ones(3)[np.array([True, False, True])] ; torch.full((2,), np.int32(3)) ; torch.full((2,), np.float16(3)) ; torch.full((2,), np.bool_(True))
torch.ones(2) + 2**63 ; torch.ones(2) + 2**64 ; torch.ones(2) + 10**400 ; torch.ones(2) + Float(2) ; torch.ones(2) + Int(2) ; torch.ones(2) + WithIndex() ; torch.ones(2) + decimal.Decimal(2)
torch.tensor([1, 2]).item() ; torch.tensor([]).item() ; torch.tensor([[1]]).item() ; torch.tensor([1, 2]).tolist() ; torch.tensor(1.5).tolist() ; torch.empty(2, 0).tolist() ; torch.tensor(0.1).item()
"""
# Where ctgrad raises the same class with another text: PyTorch lists dtypes that ctgrad lacks, or names its own internals.
OWN_WORDS = {
    "torch.frombuffer(bytearray(8), torch.float32)", "np.arange(3)[::-1]", "np.zeros((3, 1))[:, ::-1]", "torch.from_numpy(np.arange(3)[::-1])",
    "torch.asarray(np.ones(3)[::-1])", "torch.Tensor(2, 'a')", "torch.device(1.5)",
}


def cases(text):
    return [case.strip() for line in text.strip().splitlines() for case in line.split(" ; ")]


def outcome(expression, library):
    """What the expression gives: its form, class and dtype, or its exception."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        library.manual_seed(0)
        try:
            value = eval(expression, {**NAMES, "torch": library})
            if isinstance(value, library.Tensor):
                return repr(value), value.dtype, value.stride(), value.requires_grad
            return type(value).__name__, repr(value)
        except Exception as error:
            return type(error).__name__, str(error)


def same(expression, own_words=False):
    theirs, ours = outcome(expression, torch), outcome(expression, ctgrad)
    if own_words or expression in OWN_WORDS:
        theirs, ours = theirs[0], ours[0]
    assert str(ours) == str(theirs)


@pytest.mark.parametrize("data", cases(TENSOR))
def test_tensor_of(data):
    same(f"torch.tensor({data})", data in OWN_WORDS)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64", "float32", "float64", "bool"])
@pytest.mark.parametrize("data", cases(TYPED))
def test_tensor_of_a_dtype(data, dtype):
    same(f"torch.tensor({data}, dtype=torch.{dtype})")


@pytest.mark.parametrize("expression", cases(OTHER) + cases(LEGACY) + cases(SMALL) + cases(NUMPY))
def test_expression(expression):
    same(expression)


@pytest.mark.parametrize("data", cases("""np.array(['a']) ; np.array([object()]) ; np.array([1, 2], 'M8[s]') ; np.longdouble(1) ; np.datetime64('2020') ; [np.uint64(3)]
                                      nested(129) ; np.arange(3, dtype=np.ulonglong)"""))
def test_the_class_of_the_error(data):
    if "ulong" in data or "uint64" in data:
        with pytest.raises(TypeError):
            ctgrad.tensor(eval(data, NAMES))
    else:
        same(f"torch.tensor({data})", own_words=True)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_default_dtype(dtype):
    for library in (torch, ctgrad):
        library.set_default_dtype(getattr(library, dtype))
    try:
        for data in ("[1.5]", "1", "[]", "[np.float32(1), 1.5]", "[np.float64(1)]", "True"):
            same(f"torch.tensor({data})")
        for expression in ("torch.Tensor([1])", "torch.Tensor(2, 0)", "torch.scalar_tensor(1)", "torch.asarray(bytearray(8))", "torch.finfo()", "torch.FloatTensor([1])"):
            same(expression)
    finally:
        for library in (torch, ctgrad):
            library.set_default_dtype(library.float32)


NUMBERS = st.one_of(
    st.booleans(), st.integers(-300, 300), st.integers(-2**64, 2**64), st.floats(width=32), st.floats(), st.integers(0, 255).map(np.uint8),
    st.integers(-9, 9).map(np.int32), st.integers(-9, 9).map(np.int64), st.floats(width=32).map(np.float32), st.floats().map(np.float64), st.booleans().map(np.bool_),
)
LEAVES = st.one_of(NUMBERS, st.sampled_from([None, "a", "", b"ab", (), object, range(2)]))


def shaped(shape, leaves):
    """Nested lists of a shape."""
    return leaves if not shape else st.lists(shaped(shape[1:], leaves), min_size=shape[0], max_size=shape[0]).flatmap(lambda x: st.sampled_from([x, tuple(x)]))


SHAPES = st.lists(st.integers(0, 3), max_size=3)
REGULAR = SHAPES.flatmap(lambda shape: shaped(shape, NUMBERS))
RAGGED = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3), max_leaves=8)


@hypothesis.settings(max_examples=300, deadline=None)
@hypothesis.given(st.one_of(REGULAR, RAGGED), st.sampled_from([None, "uint8", "int32", "int64", "float32", "float64", "bool"]))
def test_random_data(data, dtype):
    def make(library):
        return library.tensor(data, dtype=getattr(library, dtype) if dtype else None)

    NAMES["make"] = make
    same("make(torch)")


@hypothesis.settings(max_examples=100, deadline=None)
@hypothesis.given(SHAPES, st.sampled_from(["u1", "i4", "i8", "f4", "f8", "?"]), st.permutations(range(4)), st.integers(1, 3))
def test_random_ndarrays(shape, dtype, order, step):
    shape = (*shape[:-1], shape[-1] * step) if shape else ()
    a = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    a = a.transpose([i for i in order if i < a.ndim])
    NAMES["a"] = a[..., ::step] if a.ndim else a
    for expression in ("torch.tensor(a)", "torch.from_numpy(a)", "torch.as_tensor(a, dtype=torch.float32)", "torch.from_numpy(a).numpy().strides", "torch.from_dlpack(a)",
                       "np.from_dlpack(torch.from_numpy(a))", "torch.tensor(a.tolist())", "torch.from_numpy(a).tolist()"):
        same(expression)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "int64", "float32", "float64", "float16", "bfloat16"])
@pytest.mark.parametrize("given", [{}, {"low": -3, "high": 5}, {"low": -20, "high": 300}, {"low": 0.5, "high": 3.5}, {"noncontiguous": True}, {"exclude_zero": True, "low": 0, "high": 2}, {"low": -3e38, "high": 3e38}, {"low": 300, "high": 400}], ids=str)
def test_make_tensor_draws_the_same(dtype, given):
    def made(lib):
        lib.manual_seed(3)
        try:
            x = lib.testing.make_tensor((2, 3, 4), dtype=getattr(lib, dtype), device="cpu", **given)
        except ValueError as error:
            return type(error)
        return x.double().tolist(), x.stride(), str(x.dtype)

    assert str(made(ctgrad)).replace("ctgrad", "torch") == str(made(torch))
