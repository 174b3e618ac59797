"""How tensors print.

Three steps. `_gather` reads the elements that will be shown into nested lists, with `...` where a dimension is cut
short, so that a tensor is never converted beyond its corners. `_Numbers` looks at those elements once and decides one
notation and one column width for all of them. `_brackets` lays the nested lists out in lines.

The rules are PyTorch's: a tensor of whole floats prints as `1.`; scientific notation when the largest magnitude exceeds
the smallest a thousandfold, or 1e8, or the smallest is below 1e-4; zeros, nan and inf have no say in either choice.
"""

import math
from contextlib import contextmanager
from typing import Any

import ctgrad

_PROFILES: dict[str | None, dict[str, float]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}
_options: dict[str, Any] = {**_PROFILES["default"], "sci_mode": None}


def set_printoptions(precision=None, threshold=None, edgeitems=None, linewidth=None, profile=None, sci_mode=None):
    """Set how tensors print.

    precision: digits after the point (4). threshold: the number of elements above which only the corners are shown
    (1000). edgeitems: how many elements a cut dimension keeps at either end (3). linewidth: characters in a line (80).
    profile: "default", "short" or "full", taken before the other arguments. sci_mode: True or False forces scientific
    notation on or off; None, which every call without the argument returns to, lets the values decide.
    """
    _options.update(_PROFILES.get(profile, {}))
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    _options.update({name: value for name, value in given.items() if value is not None})
    _options["sci_mode"] = sci_mode


def get_printoptions():
    """The current options, as a dictionary that `set_printoptions` accepts as keywords."""
    return dict(_options)


@contextmanager
def printoptions(**options):
    """Set print options for the length of a `with` block. Arguments as `set_printoptions`."""
    before = get_printoptions()
    set_printoptions(**options)
    try:
        yield
    finally:
        set_printoptions(**before)


def _splice(head, tail, depth):
    """Join two nested lists along dimension `depth`, with the mark of a cut between them."""
    if depth == 0:
        return [*head, ..., *tail]
    return [_splice(a, b, depth - 1) for a, b in zip(head, tail, strict=True)]


def _gather(t, edge, dim=0):
    """The elements to show as nested lists; every dimension longer than two edges is cut. `edge` None: all."""
    if edge is None or dim == t.dim():
        return t.tolist()
    n = t.size(dim)
    if n <= 2 * edge:
        return _gather(t, edge, dim + 1)
    head = _gather(t.narrow(dim, 0, edge), edge, dim + 1)
    tail = _gather(t.narrow(dim, n - edge, edge), edge, dim + 1)
    return _splice(head, tail, dim)


def _leaves(nested):
    if not isinstance(nested, list):
        return [nested]
    flat = nested
    while flat and any(isinstance(item, list) for item in flat):
        flat = [leaf for item in flat if item is not ... for leaf in item]
    return [leaf for leaf in flat if leaf is not ...]


class _Numbers:
    """One notation and one width for all the numbers of a tensor."""

    def __init__(self, values, floating):
        self.floating = floating
        self.whole = True
        self.scientific = False
        self.width = 1
        if floating:
            values = [v for v in values if v != 0 and math.isfinite(v)]
            if values:
                self._choose(values)
        self.width = max([1, *(len(self._plain(v)) for v in values)])

    def _choose(self, values):
        small, large = min(map(abs, values)), max(map(abs, values))
        self.whole = all(v == math.ceil(v) for v in values)
        self.scientific = _options["sci_mode"]
        if self.scientific is None:
            self.scientific = large / small > 1000.0 or large > 1.0e8 or small < 1.0e-4

    def _plain(self, value):
        if not self.floating:
            return str(value)
        if self.scientific:
            return f"{value:.{_options['precision']}e}"
        if self.whole:
            return f"{value:.0f}." if math.isfinite(value) else f"{value:.0f}"
        return f"{value:.{_options['precision']}f}"

    def text(self, value):
        return self._plain(value).rjust(self.width)


def _row(values, indent, numbers):
    per_line = max(1, math.floor((_options["linewidth"] - indent) / (numbers.width + 2)))
    cells = [" ..." if v is ... else numbers.text(v) for v in values]
    lines = [", ".join(cells[i : i + per_line]) for i in range(0, len(cells), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def _brackets(nested, dim, indent, numbers):
    if dim == 0:
        return numbers.text(nested)
    if dim == 1:
        return _row(nested, indent, numbers)
    parts = ["..." if item is ... else _brackets(item, dim - 1, indent + 1, numbers) for item in nested]
    return "[" + ("," + "\n" * (dim - 1) + " " * (indent + 1)).join(parts) + "]"


def _contents(t, indent):
    cut = t.numel() > _options["threshold"]
    edge = _options["edgeitems"] if cut else None
    if t.numel() == 0:
        return "[]"
    if edge == 0 and t.dim():
        return "[...]"
    nested = _gather(t, edge)
    return _brackets(nested, t.dim(), indent, _Numbers(_leaves(nested), t.dtype.is_floating_point))


def _type_notes(t):
    """The size and dtype, where the elements do not already tell them."""
    notes, default = [], ctgrad.get_default_dtype()
    empty = t.numel() == 0
    if (empty and t.dim() != 1) or (not empty and not _options["edgeitems"]):
        notes.append(f"size={tuple(t.shape)}")
    told = (default,) if empty else (default, ctgrad.int64, ctgrad.bool)
    if t.dtype not in told:
        notes.append(f"dtype={t.dtype}")
    return notes


def _grad_notes(t):
    try:
        grad_fn = t.grad_fn
    except RuntimeError:  # a view taken without recording, written to since: its history is an error to ask for
        return ["grad_fn=<Invalid>"]
    if grad_fn is not None:
        return [f"grad_fn=<{grad_fn.name().rpartition('::')[2]}>"]
    return ["requires_grad=True"] if t.requires_grad else []


def _append(text, notes, indent):
    """Add the notes after the elements, each on a new line where it would pass the line width."""
    used = len(text) - text.rfind("\n") + 1
    for note in notes:
        if used + len(note) + 2 > _options["linewidth"]:
            text += ",\n" + " " * indent + note
            used = indent + len(note)
        else:
            text += ", " + note
            used += len(note) + 2
    return text + ")"


def tensor_repr(t):
    """The text of `repr(t)`. A subclass of Tensor prints under its own name."""
    kind = type(t)
    plain = kind is ctgrad.Tensor or kind is ctgrad.nn.Parameter
    prefix = "tensor(" if plain else f"{kind.__name__}("
    with ctgrad.no_grad():
        body = _contents(t.detach().as_subclass(ctgrad.Tensor), len(prefix))
        notes = _type_notes(t)
    text = _append(prefix + body, notes + _grad_notes(t), len(prefix))
    return f"Parameter({text})" if not plain and isinstance(t, ctgrad.nn.Parameter) else text


def parameter_repr(p):
    """The text of `repr` of an `nn.Parameter`."""
    return "Parameter containing:\n" + tensor_repr(p)


def tensor_format(t, spec):
    """The text of `format(t, spec)`: a 0-d tensor formats as its number, others accept only an empty `spec`."""
    if t.dim() == 0 and type(t) is ctgrad.Tensor:
        return format(t.detach().item(), spec)
    return object.__format__(t, spec)
