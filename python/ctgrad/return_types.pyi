# Written by `python -m ctgrad._stubs`, not by hand.
from typing import Any, Final, final

from _typeshed import structseq

from ctgrad._C import Tensor

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
