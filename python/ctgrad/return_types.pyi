# Written by `python -m ctgrad._stubs`, not by hand.
from typing import Any, Final, final

from _typeshed import structseq

from ctgrad._C import Tensor

@final
class _lu_with_info(structseq[Any], tuple[Tensor, Tensor, Tensor]):
    __match_args__: Final = ('LU', 'pivots', 'info')
    @property
    def LU(self) -> Tensor: ...
    @property
    def pivots(self) -> Tensor: ...
    @property
    def info(self) -> Tensor: ...

@final
class aminmax(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('min', 'max')
    @property
    def min(self) -> Tensor: ...
    @property
    def max(self) -> Tensor: ...

@final
class aminmax_out(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('min', 'max')
    @property
    def min(self) -> Tensor: ...
    @property
    def max(self) -> Tensor: ...

@final
class cummax(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('values', 'indices')
    @property
    def values(self) -> Tensor: ...
    @property
    def indices(self) -> Tensor: ...

@final
class cummax_out(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('values', 'indices')
    @property
    def values(self) -> Tensor: ...
    @property
    def indices(self) -> Tensor: ...

@final
class cummin(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('values', 'indices')
    @property
    def values(self) -> Tensor: ...
    @property
    def indices(self) -> Tensor: ...

@final
class cummin_out(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('values', 'indices')
    @property
    def values(self) -> Tensor: ...
    @property
    def indices(self) -> Tensor: ...

@final
class frexp(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('mantissa', 'exponent')
    @property
    def mantissa(self) -> Tensor: ...
    @property
    def exponent(self) -> Tensor: ...

@final
class histogram(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('hist', 'bin_edges')
    @property
    def hist(self) -> Tensor: ...
    @property
    def bin_edges(self) -> Tensor: ...

@final
class histogramdd(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('hist', 'bin_edges')
    @property
    def hist(self) -> Tensor: ...
    @property
    def bin_edges(self) -> Tensor: ...

@final
class kthvalue(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('values', 'indices')
    @property
    def values(self) -> Tensor: ...
    @property
    def indices(self) -> Tensor: ...

@final
class kthvalue_out(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('values', 'indices')
    @property
    def values(self) -> Tensor: ...
    @property
    def indices(self) -> Tensor: ...

@final
class lu_unpack(structseq[Any], tuple[Tensor, Tensor, Tensor]):
    __match_args__: Final = ('P', 'L', 'U')
    @property
    def P(self) -> Tensor: ...
    @property
    def L(self) -> Tensor: ...
    @property
    def U(self) -> Tensor: ...

@final
class max(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('values', 'indices')
    @property
    def values(self) -> Tensor: ...
    @property
    def indices(self) -> Tensor: ...

@final
class max_out(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('values', 'indices')
    @property
    def values(self) -> Tensor: ...
    @property
    def indices(self) -> Tensor: ...

@final
class median(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('values', 'indices')
    @property
    def values(self) -> Tensor: ...
    @property
    def indices(self) -> Tensor: ...

@final
class median_out(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('values', 'indices')
    @property
    def values(self) -> Tensor: ...
    @property
    def indices(self) -> Tensor: ...

@final
class min(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('values', 'indices')
    @property
    def values(self) -> Tensor: ...
    @property
    def indices(self) -> Tensor: ...

@final
class min_out(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('values', 'indices')
    @property
    def values(self) -> Tensor: ...
    @property
    def indices(self) -> Tensor: ...

@final
class mode(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('values', 'indices')
    @property
    def values(self) -> Tensor: ...
    @property
    def indices(self) -> Tensor: ...

@final
class nanmedian(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('values', 'indices')
    @property
    def values(self) -> Tensor: ...
    @property
    def indices(self) -> Tensor: ...

@final
class nanmedian_out(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('values', 'indices')
    @property
    def values(self) -> Tensor: ...
    @property
    def indices(self) -> Tensor: ...

@final
class qr(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('Q', 'R')
    @property
    def Q(self) -> Tensor: ...
    @property
    def R(self) -> Tensor: ...

@final
class slogdet(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('sign', 'logabsdet')
    @property
    def sign(self) -> Tensor: ...
    @property
    def logabsdet(self) -> Tensor: ...

@final
class sort(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('values', 'indices')
    @property
    def values(self) -> Tensor: ...
    @property
    def indices(self) -> Tensor: ...

@final
class sort_out(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('values', 'indices')
    @property
    def values(self) -> Tensor: ...
    @property
    def indices(self) -> Tensor: ...

@final
class svd(structseq[Any], tuple[Tensor, Tensor, Tensor]):
    __match_args__: Final = ('U', 'S', 'V')
    @property
    def U(self) -> Tensor: ...
    @property
    def S(self) -> Tensor: ...
    @property
    def V(self) -> Tensor: ...

@final
class topk(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('values', 'indices')
    @property
    def values(self) -> Tensor: ...
    @property
    def indices(self) -> Tensor: ...

@final
class topk_out(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('values', 'indices')
    @property
    def values(self) -> Tensor: ...
    @property
    def indices(self) -> Tensor: ...

@final
class triangular_solve(structseq[Any], tuple[Tensor, Tensor]):
    __match_args__: Final = ('solution', 'cloned_coefficient')
    @property
    def solution(self) -> Tensor: ...
    @property
    def cloned_coefficient(self) -> Tensor: ...
