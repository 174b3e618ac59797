"""PyTorch's op database run on both libraries: values, dtypes, strides, gradients of two orders, exceptions."""

import functools
import random
import re
import warnings

import ctgrad
import numpy as np
import torch

DTYPES = {torch.bool: ctgrad.bool, torch.uint8: ctgrad.uint8, torch.int32: ctgrad.int32, torch.int64: ctgrad.int64,
          torch.float16: ctgrad.float16, torch.bfloat16: ctgrad.bfloat16, torch.float32: ctgrad.float32, torch.float64: ctgrad.float64}
# Relative errors allowed. Halves: three roundings, since formulas that are the same may round at other steps.
RTOL = {"torch.float16": 3e-3, "torch.bfloat16": 3e-2, "torch.float32": 1e-5, "torch.float64": 1e-10}


def seed_all(seed):
    torch.default_generator.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed)


@functools.cache
def database():
    """Name -> list of OpInfos (one a variant)."""
    from torch.testing._internal import common_utils
    from torch.testing._internal.common_methods_invocations import op_db
    from torch.testing._internal.opinfo import core
    # Of every frame the source was read for each sample, to find a unittest that is none, and for each seed, lest an accelerator should start.
    core.extract_test_fn = common_utils.extract_test_fn = lambda: None
    common_utils.set_rng_seed = lambda seed=None: seed_all(common_utils.SEED if seed is None else seed)
    found = {}
    for info in op_db:
        found.setdefault(info.name, []).append(info)
    return found


def function(library, name):
    """What the database calls by this name: a function, or a method that is nothing else."""
    return functools.reduce(getattr, name.split("."), library if hasattr(torch, name.split(".")[0]) else library.Tensor)


def dtypes(name):
    """Those that the database has samples of."""
    return [dtype for dtype in DTYPES if any(dtype in info.supported_dtypes("cpu") for info in database()[name])]


def offered(name):
    """Has ctgrad the name?"""
    try:
        return bool(function(ctgrad, name))
    except AttributeError:
        return False


def mine(x):
    """The same numbers for ctgrad, in the same places of as large a memory; NumPy has no bfloat16, so these go as bytes."""
    held = x.untyped_storage().nbytes() // x.element_size()
    if x.numel() and held > x.numel():
        return mine(x.detach().as_strided((held,), (1,), 0)).as_strided(tuple(x.shape), x.stride(), x.storage_offset())
    if x.dtype is not torch.bfloat16:
        return ctgrad.from_numpy(x.detach().cpu().numpy())
    return ctgrad.from_numpy(x.detach().view(torch.float16).numpy()).view(ctgrad.bfloat16)


def numbers(x):
    """As an ndarray, bfloat16 widened."""
    x = x.detach()
    x = x.float() if str(x.dtype) == "torch.bfloat16" else x
    return x.numpy(force=True)


def ours(x):
    """The same argument for ctgrad: tensors with their strides, dtypes by name, containers member by member."""
    if isinstance(x, torch.Tensor):
        made = mine(x)
        return made.requires_grad_() if x.requires_grad else made
    if isinstance(x, torch.dtype):
        return DTYPES.get(x, x)
    if isinstance(x, torch.Size):
        return ctgrad.Size(x)
    if isinstance(x, (list, tuple)):
        return type(x)(map(ours, x))
    if isinstance(x, dict):
        return {key: ours(value) for key, value in x.items()}
    return x


def tensors(x, kind):
    """Every tensor of an argument or result, in order."""
    if isinstance(x, kind):
        return [x]
    if isinstance(x, (list, tuple)):
        return [t for member in x for t in tensors(member, kind)]
    return []


def outcome(action):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return action(), None
        except Exception as error:
            return None, error


def difference(got, want, exact):
    """None, or what differs between a tensor of ours and the oracle's."""
    if str(got.dtype).split(".")[1] != str(want.dtype).split(".")[1]:
        return f"dtype {got.dtype}, not {want.dtype}"
    if tuple(got.shape) != tuple(want.shape):
        return f"shape {tuple(got.shape)}, not {tuple(want.shape)}"
    if tuple(got.stride()) != tuple(want.stride()) and want.numel():
        return f"stride {got.stride()}, not {want.stride()}"
    if got.requires_grad != want.requires_grad:
        return f"requires_grad {got.requires_grad}"
    if want.grad_fn is not None and type(got.grad_fn).__name__ != type(want.grad_fn).__name__:
        return f"grad_fn {type(got.grad_fn).__name__}, not {type(want.grad_fn).__name__}"
    return value_difference(got, want, exact)


def value_difference(got, want, exact, least=0.0):
    """As text; errors are measured by the largest number of `want`, or by `least`."""
    a, b = numbers(got), numbers(want)
    if np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
        return None
    rtol = RTOL.get(str(want.dtype), 0) * (8 if least else 1)
    scale = float(np.abs(b[np.isfinite(b)]).max()) if b.dtype.kind == "f" and np.isfinite(b).any() else 0.0
    if exact or not np.allclose(a, b, rtol=rtol, atol=rtol * max(scale, least, 1e-3), equal_nan=True):
        return f"values {a.reshape(-1)[:8]}, not {b.reshape(-1)[:8]}"
    return None


def gradients(library, results, leaves, seeds, second):
    """Gradients of the float results with the given seeds; with second, those of the gradients again."""
    kind = library.Tensor
    outputs = [r for r in tensors(results, kind) if r.requires_grad]
    if not outputs or not leaves:
        return []
    weights = [seeds(library, o, i) for i, o in enumerate(outputs)]
    for w in weights if second else []:
        w.requires_grad_()
    first = library.autograd.grad(outputs, leaves, weights, create_graph=second, allow_unused=True)
    if not second:
        return list(first)
    again = [g for g in first if g is not None and g.requires_grad]
    if not again:
        return []
    seeds2 = [seeds(library, g, 7 + i) for i, g in enumerate(again)]
    return list(library.autograd.grad(again, [*leaves, *weights], seeds2, allow_unused=True, retain_graph=True))


def seeds(library, like, i):
    drawn = np.asarray(np.random.default_rng(i).uniform(0.5, 1.5, tuple(like.shape)))
    return library.from_numpy(drawn).to(like.dtype)


def compare_gradients(mine, theirs, second, label):
    (got, e1), (want, e2) = (outcome(lambda m=m: gradients(*m, seeds, second)) for m in (mine, theirs))
    if e1 or e2:
        more = second and e1 is None and "not implemented" in str(e2)  # derivatives that PyTorch has not
        return [] if more or type(e1) is type(e2) else [f"{label}: {type(e1).__name__}: {e1}, not {type(e2).__name__}: {str(e2)[:200]}"]
    # Gradients of gradients: sums of many rounded terms, which may cancel. Samples are numbers about 1.
    least = max([1.0, *(float(b.abs().nan_to_num(0, 0).max()) for b in want if b is not None and b.numel())]) if second else 0.0
    bad = []
    for i, (a, b) in enumerate(zip(got, want, strict=False)):
        if (a is None) != (b is None):
            zero = a if b is None else b
            if bool((zero.abs() > 1e-6).any()):
                bad.append(f"{label} {i}: {a}, not {b}")
        elif a is not None and (what := value_difference(a, b, False, least) if tuple(a.shape) == tuple(b.shape) else "shape"):
            bad.append(f"{label} {i}: {what}")
    return bad


def text(error):
    return re.sub(r"\s+", " ", str(error).split("\n")[0]).strip()


def compare_call(name, args, kwargs, method=False, exact=False, messages=False):
    """Differences of one call as a list of texts."""
    my_args, my_kwargs = ours(args), ours(kwargs)
    calls = []
    for library, a, k in ((ctgrad, my_args, my_kwargs), (torch, args, kwargs)):
        call = getattr(a[0], method) if method else function(library, name)
        library.default_generator.manual_seed(0)
        calls.append(outcome(lambda call=call, a=a, k=k: call(*(a[1:] if method else a), **k)))
    (got, e1), (want, e2) = calls
    if e1 is not None or e2 is not None:
        if type(e1) is not type(e2):
            return [f"{type(e1).__name__}: {text(e1)}, not {type(e2).__name__}: {text(e2)}"]
        return [f"says {text(e1)!r}, not {text(e2)!r}"] if messages and text(e1) != text(e2) else []
    a, b = tensors(got, ctgrad.Tensor), tensors(want, torch.Tensor)
    if len(a) != len(b):
        return [f"{len(a)} results, not {len(b)}"]
    bad = [f"result {i}: {what}" for i, (x, y) in enumerate(zip(a, b, strict=True)) if (what := difference(x, y, exact))]
    if bad:
        return bad
    leaves = [[t for t in tensors([x, list(k.values())], kind) if t.requires_grad and t.is_leaf]
              for x, k, kind in ((my_args, my_kwargs, ctgrad.Tensor), (args, kwargs, torch.Tensor))]
    mine, theirs = (ctgrad, got, leaves[0]), (torch, want, leaves[1])
    return compare_gradients(mine, theirs, True, "second") + compare_gradients(mine, theirs, False, "gradient") if leaves[1] else []


def describe(args, kwargs):
    def word(x):
        if isinstance(x, torch.Tensor):
            return f"{str(x.dtype)[6:]}{list(x.shape)}{'' if x.is_contiguous() else x.stride()}"
        return "[" + ", ".join(map(word, x)) + "]" if isinstance(x, (list, tuple)) else str(x)
    return ", ".join([word(a) for a in args] + [f"{k}={word(v)}" for k, v in kwargs.items()])


def compare_op(name, dtype, exact=False, limit=10):
    """Every sample of the op in one dtype: differences as texts."""
    bad = []
    for info in database()[name]:
        if dtype not in info.supported_dtypes("cpu"):
            continue
        grad = info.supports_autograd and dtype.is_floating_point
        for sample in info.sample_inputs("cpu", dtype, requires_grad=grad):
            args, kwargs = (sample.input, *sample.args), sample.kwargs
            if kwargs.get("rounding_mode") == "trunc" and dtype in (torch.float16, torch.bfloat16):
                continue  # its loops disagree: contiguous operands are divided in float32, others to the nearest half first
            for what in compare_call(name, args, kwargs, exact=exact):
                bad.append(f"{name}({describe(args, kwargs)}): {what}")
                if len(bad) >= limit:
                    return bad
    return bad


def compare_errors(name, messages=False):
    """The error cases of the database: classes, and texts too."""
    bad = []
    for info in database()[name]:
        for case in info.error_inputs("cpu") if info.error_inputs_func else []:
            args, kwargs = (case.sample_input.input, *case.sample_input.args), case.sample_input.kwargs
            if all(t.ndim <= 64 for t in tensors(args, torch.Tensor)):
                bad += [f"{name}({describe(args, kwargs)}): {what}" for what in compare_call(name, args, kwargs, messages=messages)]
    return bad
