# Written by `python -m ctgrad._stubs`, not by hand.
from typing import Any, Final, final

from _typeshed import structseq

from ctgrad._C import Tensor

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
