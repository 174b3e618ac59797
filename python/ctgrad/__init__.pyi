# Written by `python -m ctgrad._stubs`, not by hand.
import builtins
from typing import Any

from ctgrad import _C as _C
from ctgrad._C import *
from ctgrad import (
    accelerator as accelerator,
    amp as amp,
    autograd as autograd,
    backends as backends,
    compiler as compiler,
    composed as composed,
    cuda as cuda,
    debug as debug,
    distributed as distributed,
    distributions as distributions,
    func as func,
    functional as functional,
    hub as hub,
    jit as jit,
    linalg as linalg,
    mps as mps,
    multiprocessing as multiprocessing,
    nn as nn,
    onnx as onnx,
    optim as optim,
    profiler as profiler,
    random as random,
    serialization as serialization,
    signal as signal,
    special as special,
    storage as storage,
    testing as testing,
    types as types,
    utils as utils,
    version as version,
    xpu as xpu,
)
from ctgrad._copying import (
    from_file as from_file,
)
from ctgrad._dtypes import (
    finfo as finfo,
    iinfo as iinfo,
)
from ctgrad._names import (
    SymBool as SymBool,
    SymFloat as SymFloat,
    SymInt as SymInt,
    get_device as get_device,
    is_storage as is_storage,
    sym_float as sym_float,
    sym_int as sym_int,
    sym_ite as sym_ite,
    sym_max as sym_max,
    sym_min as sym_min,
    sym_not as sym_not,
    sym_sqrt as sym_sqrt,
    sym_sum as sym_sum,
    unravel_index as unravel_index,
)
from ctgrad._queries import (
    can_cast as can_cast,
    conj as conj,
    imag as imag,
    is_complex as is_complex,
    is_conj as is_conj,
    is_distributed as is_distributed,
    is_floating_point as is_floating_point,
    is_inference as is_inference,
    is_neg as is_neg,
    is_nonzero as is_nonzero,
    is_same_size as is_same_size,
    is_signed as is_signed,
    is_tensor as is_tensor,
    numel as numel,
    promote_types as promote_types,
    real as real,
    result_type as result_type,
)
from ctgrad._removed import (
    conj_physical as conj_physical,
    eig as eig,
    lstsq as lstsq,
    matrix_rank as matrix_rank,
    resolve_conj as resolve_conj,
    resolve_neg as resolve_neg,
    solve as solve,
    symeig as symeig,
)
from ctgrad._settings import (
    are_deterministic_algorithms_enabled as are_deterministic_algorithms_enabled,
    get_default_device as get_default_device,
    get_deterministic_debug_mode as get_deterministic_debug_mode,
    get_float32_matmul_precision as get_float32_matmul_precision,
    is_deterministic_algorithms_warn_only_enabled as is_deterministic_algorithms_warn_only_enabled,
    set_default_device as set_default_device,
    set_default_tensor_type as set_default_tensor_type,
    set_deterministic_debug_mode as set_deterministic_debug_mode,
    set_float32_matmul_precision as set_float32_matmul_precision,
    set_flush_denormal as set_flush_denormal,
    typename as typename,
    use_deterministic_algorithms as use_deterministic_algorithms,
)
from ctgrad._tensor_str import (
    set_printoptions as set_printoptions,
)
from ctgrad.amp.autocast_mode import (
    autocast as autocast,
    get_autocast_dtype as get_autocast_dtype,
    is_autocast_cache_enabled as is_autocast_cache_enabled,
    is_autocast_enabled as is_autocast_enabled,
)
from ctgrad.amp.grad_scaler import (
    GradScaler as GradScaler,
)
from ctgrad.autograd.grad_mode import (
    enable_grad as enable_grad,
    inference_mode as inference_mode,
    no_grad as no_grad,
    set_grad_enabled as set_grad_enabled,
)
from ctgrad.compiler import (
    compile as compile,
)
from ctgrad.composed.arithmetic import (
    angle as angle,
    cdist as cdist,
    copysign as copysign,
    deg2rad as deg2rad,
    diagflat as diagflat,
    diff as diff,
    dist as dist,
    float_power as float_power,
    fmax as fmax,
    fmin as fmin,
    gradient as gradient,
    heaviside as heaviside,
    inner as inner,
    isneginf as isneginf,
    isposinf as isposinf,
    isreal as isreal,
    kron as kron,
    logaddexp2 as logaddexp2,
    logit as logit,
    logspace as logspace,
    nan_to_num as nan_to_num,
    nan_to_num_ as nan_to_num_,
    nanmean as nanmean,
    pdist as pdist,
    rad2deg as rad2deg,
    sinc as sinc,
    take_along_dim as take_along_dim,
    tril_indices as tril_indices,
    triu_indices as triu_indices,
    vander as vander,
    xlogy as xlogy,
)
from ctgrad.composed.compare import (
    allclose as allclose,
    equal as equal,
    isclose as isclose,
)
from ctgrad.composed.copies import (
    alias_copy as alias_copy,
    as_strided_copy as as_strided_copy,
    diagonal_copy as diagonal_copy,
    expand_copy as expand_copy,
    narrow_copy as narrow_copy,
    permute_copy as permute_copy,
    select_copy as select_copy,
    slice_copy as slice_copy,
    split_copy as split_copy,
    split_with_sizes_copy as split_with_sizes_copy,
    squeeze_copy as squeeze_copy,
    t_copy as t_copy,
    transpose_copy as transpose_copy,
    unbind_copy as unbind_copy,
    unfold_copy as unfold_copy,
    unsafe_chunk as unsafe_chunk,
    unsafe_split as unsafe_split,
    unsafe_split_with_sizes as unsafe_split_with_sizes,
    unsqueeze_copy as unsqueeze_copy,
    view_copy as view_copy,
)
from ctgrad.composed.draw import (
    normal as normal,
)
from ctgrad.composed.einsum import (
    einsum as einsum,
    tensordot as tensordot,
)
from ctgrad.composed.incomplete import (
    igamma as igamma,
    igammac as igammac,
)
from ctgrad.composed.index import (
    index_put as index_put,
    index_put_ as index_put_,
)
from ctgrad.composed.integrals import (
    corrcoef as corrcoef,
    cov as cov,
    cumulative_trapezoid as cumulative_trapezoid,
    trapezoid as trapezoid,
    trapz as trapz,
)
from ctgrad.composed.lowrank import (
    pca_lowrank as pca_lowrank,
    svd_lowrank as svd_lowrank,
)
from ctgrad.composed.matrices import (
    chain_matmul as chain_matmul,
    cholesky as cholesky,
    cholesky_inverse as cholesky_inverse,
    cholesky_solve as cholesky_solve,
    cross as cross,
    det as det,
    geqrf as geqrf,
    inverse as inverse,
    logdet as logdet,
    lu as lu,
    lu_solve as lu_solve,
    lu_unpack as lu_unpack,
    matrix_exp as matrix_exp,
    matrix_power as matrix_power,
    mvlgamma as mvlgamma,
    nuclear_norm as nuclear_norm,
    orgqr as orgqr,
    ormqr as ormqr,
    pinverse as pinverse,
    qr as qr,
    renorm as renorm,
    slogdet as slogdet,
    svd as svd,
    triangular_solve as triangular_solve,
)
from ctgrad.composed.numbers import (
    frexp as frexp,
    gcd as gcd,
    histogram as histogram,
    i0 as i0,
    lcm as lcm,
    ldexp as ldexp,
    mode as mode,
    polygamma as polygamma,
)
from ctgrad.composed.order import (
    argsort as argsort,
    argwhere as argwhere,
    bincount as bincount,
    bucketize as bucketize,
    histc as histc,
    isin as isin,
    msort as msort,
    multinomial as multinomial,
    nanquantile as nanquantile,
    quantile as quantile,
    searchsorted as searchsorted,
    unique as unique,
    unique_consecutive as unique_consecutive,
)
from ctgrad.composed.segments import (
    empty_permuted as empty_permuted,
    histogramdd as histogramdd,
    nonzero_static as nonzero_static,
    segment_reduce as segment_reduce,
)
from ctgrad.composed.shape import (
    atleast_1d as atleast_1d,
    atleast_2d as atleast_2d,
    atleast_3d as atleast_3d,
    broadcast_shapes as broadcast_shapes,
    broadcast_tensors as broadcast_tensors,
    cartesian_prod as cartesian_prod,
    column_stack as column_stack,
    combinations as combinations,
    dsplit as dsplit,
    dstack as dstack,
    fliplr as fliplr,
    flipud as flipud,
    hsplit as hsplit,
    hstack as hstack,
    meshgrid as meshgrid,
    repeat_interleave as repeat_interleave,
    row_stack as row_stack,
    tensor_split as tensor_split,
    tile as tile,
    vsplit as vsplit,
    vstack as vstack,
)
from ctgrad.composed.window import (
    bartlett_window as bartlett_window,
    blackman_window as blackman_window,
    hamming_window as hamming_window,
    hann_window as hann_window,
    kaiser_window as kaiser_window,
    range as range,
)
from ctgrad.composed.write import (
    as_strided_scatter as as_strided_scatter,
    diagonal_scatter as diagonal_scatter,
    index_reduce as index_reduce,
    masked_scatter as masked_scatter,
    put as put,
    select_scatter as select_scatter,
    slice_scatter as slice_scatter,
)
from ctgrad.func._slices import (
    vmap as vmap,
)
from ctgrad.nn._activations import (
    celu as celu,
    celu_ as celu_,
    hardshrink as hardshrink,
    prelu as prelu,
    rrelu as rrelu,
    rrelu_ as rrelu_,
    selu as selu,
    selu_ as selu_,
    threshold as threshold,
    threshold_ as threshold_,
)
from ctgrad.nn._cells import (
    gru as gru,
    gru_cell as gru_cell,
    lstm as lstm,
    lstm_cell as lstm_cell,
    rnn_relu as rnn_relu,
    rnn_relu_cell as rnn_relu_cell,
    rnn_tanh as rnn_tanh,
    rnn_tanh_cell as rnn_tanh_cell,
)
from ctgrad.nn._grids import (
    affine_grid_generator as affine_grid_generator,
    grid_sampler as grid_sampler,
)
from ctgrad.nn._margins import (
    cosine_similarity as cosine_similarity,
    pairwise_distance as pairwise_distance,
)
from ctgrad.nn._norms import (
    batch_norm as batch_norm,
    group_norm as group_norm,
    instance_norm as instance_norm,
)
from ctgrad.nn._numbered import (
    alpha_dropout as alpha_dropout,
    alpha_dropout_ as alpha_dropout_,
    binary_cross_entropy_with_logits as binary_cross_entropy_with_logits,
    cosine_embedding_loss as cosine_embedding_loss,
    ctc_loss as ctc_loss,
    dropout as dropout,
    dropout_ as dropout_,
    feature_alpha_dropout as feature_alpha_dropout,
    feature_alpha_dropout_ as feature_alpha_dropout_,
    feature_dropout as feature_dropout,
    feature_dropout_ as feature_dropout_,
    hinge_embedding_loss as hinge_embedding_loss,
    kl_div as kl_div,
    margin_ranking_loss as margin_ranking_loss,
    poisson_nll_loss as poisson_nll_loss,
    triplet_margin_loss as triplet_margin_loss,
)
from ctgrad.nn._vision import (
    channel_shuffle as channel_shuffle,
    native_channel_shuffle as native_channel_shuffle,
    pixel_shuffle as pixel_shuffle,
    pixel_unshuffle as pixel_unshuffle,
    rms_norm as rms_norm,
)
from ctgrad.nn.functional import (
    bilinear as bilinear,
    conv_tbc as conv_tbc,
    layer_norm as layer_norm,
)
from ctgrad.serialization import (
    load as load,
    save as save,
)
from ctgrad.storage import (
    BFloat16Storage as BFloat16Storage,
    BoolStorage as BoolStorage,
    ByteStorage as ByteStorage,
    DoubleStorage as DoubleStorage,
    FloatStorage as FloatStorage,
    HalfStorage as HalfStorage,
    IntStorage as IntStorage,
    LongStorage as LongStorage,
    Storage as Storage,
    TypedStorage as TypedStorage,
    UntypedStorage as UntypedStorage,
)

def deg2rad_(input: Any) -> Any: ...
def gcd_(input: Any, other: Any) -> Any: ...
def i0_(input: Any) -> Any: ...
def lcm_(input: Any, other: Any) -> Any: ...
def ldexp_(input: Any, other: Any) -> Any: ...
def logit_(input: Any, eps: Any = None) -> Any: ...
def rad2deg_(input: Any) -> Any: ...
def sinc_(input: Any) -> Any: ...
def xlogy_(input: Any, other: Any) -> Any: ...
e: builtins.float
inf: builtins.float
nan: builtins.float
newaxis: None
pi: builtins.float
__version__: str
