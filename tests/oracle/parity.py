"""Random calls of every op on ctgrad and on PyTorch: where does one raise and not the other, or another class?

    python -m tests.oracle.parity [seed [rounds [op ...]]]

A tool to look with, not a test: some differences are PyTorch's own (its internal asserts, complex numbers). The first
call of every kind of difference is shown.
"""

import collections
import random
import sys
import warnings

import ctgrad
import torch

from tests import test_fuzz as fuzz

DTYPES = {getattr(ctgrad, n): getattr(torch, n) for n in ("float32", "float64", "int32", "int64", "uint8", "bool")}
UNDEFINED = {"empty", "empty_like", "empty_strided", "new_empty", "new_empty_strided"}


def mirrored(v):
    """The same argument for PyTorch."""
    if isinstance(v, ctgrad.Tensor):
        t = torch.tensor(v.detach().tolist(), dtype=DTYPES[v.dtype]).reshape(tuple(v.shape))
        if 0 in v.stride() and v.numel():
            t = t[0].clone().expand(tuple(v.shape))
        elif not v.is_contiguous():
            t = torch.empty_strided(tuple(v.shape), v.stride(), dtype=t.dtype).copy_(t)
        return t.requires_grad_() if v.requires_grad else t
    if isinstance(v, ctgrad.Size):
        return torch.Size(v)
    if isinstance(v, (list, tuple)):
        return type(v)(mirrored(x) for x in v)
    special = {ctgrad._C.Op: torch.add, ctgrad.device: torch.device("cpu"), ctgrad.Generator: torch.Generator(), type(ctgrad.strided): torch.strided}
    if type(v) in special:
        return special[type(v)]
    return DTYPES.get(v, v) if isinstance(v, ctgrad.dtype) else v


def outcome(f, args, kwargs):
    try:
        f(*args, **kwargs)
    except Exception as e:
        return type(e).__name__, str(e).replace("\n", " ")[:150]
    return "ok", ""


def shown(v):
    if isinstance(v, ctgrad.Tensor):
        return f"T{tuple(v.shape)}{str(v.dtype)[6:]}"
    return [shown(x) for x in v] if isinstance(v, (list, tuple)) else repr(v)[:40]


def too_large(v):
    """Sizes that one library may try to have, and floats that overflow."""
    return isinstance(v, (int, float)) and abs(v) > 1 << 40


def differences(seed, rounds, only):
    found, calls = collections.defaultdict(list), 0
    for n in range(seed, seed + rounds):
        for k, op in enumerate(fuzz.FUZZED):
            name, method = op.__name__, isinstance(op, ctgrad._C.Method)
            other = getattr(torch.Tensor if method else torch, name, None)
            if other is None or name in UNDEFINED or (only and name not in only):
                continue
            draw = random.Random(n * len(fuzz.FUZZED) + k)
            args, kwargs = fuzz.strange_call(draw, op, draw.choice(op.overloads)["sig"])
            if any(too_large(v) for v in [*args, *kwargs.values()]) or kwargs.get("out") is not None:
                continue
            theirs = mirrored(args), {key: mirrored(v) for key, v in kwargs.items()}
            text = f"{[shown(v) for v in args]} { {key: shown(v) for key, v in kwargs.items()} }"
            ours, want = outcome(op, args, kwargs), outcome(other, *theirs)
            calls += 1
            if ours[0] != want[0]:
                found[name, method, want[0], ours[0]].append((text, want[1], ours[1]))
    return calls, found


def main(argv):
    warnings.simplefilter("ignore")
    calls, found = differences(int(argv[0]) if argv else 0, int(argv[1]) if len(argv) > 1 else 20, argv[2:])
    for (name, method, want, ours), cases in sorted(found.items()):
        text, theirs, mine = cases[0]
        print(f"{'Tensor.' if method else ''}{name}: {want} there, {ours} here ({len(cases)})\n    {text}\n    there: {theirs}\n    here:  {mine}")
    print(f"{calls} calls, {sum(map(len, found.values()))} differ in {len(found)} ways")


if __name__ == "__main__":
    main(sys.argv[1:])
