"""ctgrad: strided tensors, stride-0 `expand` and reverse-mode differentiation in C, with PyTorch's API.

Ops are the C objects themselves (`ctgrad.add is ctgrad._C.add`); what is composed of them stands in `ctgrad.composed`.
"""

import gc as _gc

_collects = _gc.isenabled()
_gc.disable()  # nearly all that an import makes stays: looking through it again and again took an eighth of its time
try:
    from ctgrad import _C
    from ctgrad._C import *  # noqa: F403
    from ctgrad._C import Tensor

    from ctgrad import _methods as _methods  # noqa: E402  (attaches the methods of Tensor that are written in Python)
    from ctgrad.composed import functions as _functions  # noqa: E402
    from ctgrad.composed import arithmetic as _arithmetic, compare as _compare, convert as _convert, copies as _copies, draw as _draw, einsum as _einsum, index as _index, integrals as _integrals, lowrank as _lowrank, matrices as _matrices, names as _names, numbers as _numbers, order as _order, segments as _segments, shape as _shape, window as _window, write as _write  # noqa: E402, F401

    globals().update({name: getattr(_C, name) for name in vars(_C) if not name.startswith("_")})
    globals().update(_functions())

    from math import e, inf, nan, pi  # noqa: E402

    from ctgrad import autograd, cuda, random, storage, utils, version  # noqa: E402
    from ctgrad._dtypes import finfo, iinfo  # noqa: E402
    from ctgrad._names import *  # noqa: E402, F403
    from ctgrad._queries import *  # noqa: E402, F403
    from ctgrad._removed import *  # noqa: E402, F403
    from ctgrad._settings import *  # noqa: E402, F403
    from ctgrad._tensor_str import set_printoptions  # noqa: E402
    from ctgrad._copying import from_file  # noqa: E402, F401
    from ctgrad.storage import *  # noqa: E402, F403
    from ctgrad.composed.matrices import *  # noqa: E402, F403
    from ctgrad.composed.incomplete import *  # noqa: E402, F403
    from ctgrad.composed.segments import *  # noqa: E402, F403
    from ctgrad.autograd import enable_grad, inference_mode, no_grad, set_grad_enabled  # noqa: E402
finally:
    if _collects:
        _gc.enable()

__version__ = "0.1.0"
newaxis = None

_LATER = {"__config__": None, "amp": None, "backends": None, "debug": None, "func": None, "linalg": None, "special": None, "nn": None, "optim": None, "testing": None, "serialization": None, "load": "serialization", "save": "serialization"}  # name: the module that has it
_LATER |= dict.fromkeys((
    "batch_norm", "bilinear", "celu", "celu_", "channel_shuffle", "conv_tbc", "cosine_similarity", "group_norm", "hardshrink", "instance_norm", "layer_norm", "native_channel_shuffle",
    "pairwise_distance", "pixel_shuffle", "pixel_unshuffle", "prelu", "rms_norm", "rrelu", "rrelu_", "selu", "selu_",
    "threshold", "threshold_"), "nn.functional")
_LATER |= dict.fromkeys((
    "alpha_dropout", "alpha_dropout_", "binary_cross_entropy_with_logits", "cosine_embedding_loss", "ctc_loss", "dropout", "dropout_", "feature_alpha_dropout",
    "feature_alpha_dropout_", "feature_dropout", "feature_dropout_", "hinge_embedding_loss", "kl_div", "margin_ranking_loss", "poisson_nll_loss",
    "triplet_margin_loss"), "nn._numbered")
_LATER |= dict.fromkeys(("autocast", "get_autocast_dtype", "is_autocast_cache_enabled", "is_autocast_enabled"), "amp.autocast_mode")
_LATER |= {"compile": "compiler", "GradScaler": "amp.grad_scaler"}
_SELDOM = ("__future__", "accelerator", "compiler", "distributed", "distributions", "functional", "hub", "jit", "mps", "multiprocessing", "onnx", "profiler", "types", "xpu")
_LATER |= {"_utils": None, "vmap": "func", "affine_grid_generator": "nn._grids", "grid_sampler": "nn._grids"}
_LATER |= dict.fromkeys(("gru", "gru_cell", "lstm", "lstm_cell", "rnn_relu", "rnn_relu_cell", "rnn_tanh", "rnn_tanh_cell"), "nn._cells")
_LATER |= {"signal": None}
__all__ = [name for name in globals() if not name.startswith("_")] + [*_LATER, *_SELDOM]


def _import(name):
    import importlib
    module = importlib.import_module(f"ctgrad.{_LATER[name] or name}")
    globals()[name] = getattr(module, name) if _LATER[name] else module


def _import_foreach():
    from ctgrad import _foreach
    globals().update({name: getattr(_foreach, name) for name in _foreach.__all__})


class _Package(type(_C)):
    """Shows a package, imported when something in it is asked for. It is not among the imported modules before: the interpreter, about to import a part of
    a package that is, would let it run, and then run the part a second time."""

    def __getattribute__(self, asked):
        import importlib
        return getattr(importlib.import_module(type(_C).__getattribute__(self, "__name__")), asked)

    def __setattr__(self, name, value):
        setattr(__import__("importlib").import_module(type(_C).__getattribute__(self, "__name__")), name, value)


def _import_when_used(name):
    """The module, of which nothing has run yet: it runs when something in it is asked for."""
    import sys
    from importlib import util
    full = f"ctgrad.{name}"
    if full not in sys.modules:
        spec = util.find_spec(full)
        if spec.submodule_search_locations:
            globals()[name] = _Package(full)
            return globals()[name]
        spec.loader = util.LazyLoader(spec.loader)
        sys.modules[full] = util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[full])
    globals()[name] = sys.modules[full]
    return globals()[name]


def __getattr__(name):
    """Half of the package, imported when it is first asked for."""
    if name in _SELDOM:
        return _import_when_used(name)
    if name.startswith("_foreach_"):
        _import_foreach()
    elif name in _LATER:
        _import(name)
        if "nn" in globals():
            _import_the_rest()
    if name not in globals():
        raise AttributeError(f"module 'ctgrad' has no attribute {name!r}")
    return globals()[name]


def _import_the_rest():
    """`nn` being here, most programs need what was left for later. The interpreter remembers where names stand only in modules without `__getattr__`."""
    for name in _LATER:
        if name != "nn" and name not in globals():
            try:
                _import(name)
            except AttributeError:  # its module is being imported and is what needs nn: the next name asked for comes here again
                return
    for name in _SELDOM:
        if name not in globals():
            _import_when_used(name)
    _import_foreach()
    globals().pop("__getattr__", None)


def __dir__():
    return sorted({*globals(), *_LATER, *_SELDOM})
