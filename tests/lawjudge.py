"""The tie law's judge: whether two logs of one program tell the same."""
import math

import ctgrad

GRADIENTS = ("grad", "first", "second", "hook")   # their strides count where a dimension has more than one element, their offsets do not
WHOLE = 2.0 ** 50                    # sums below are exact in float64
HALF_WHOLE = 2.0 ** 11               # and in float16
PRODUCTS = ("matmul", "matmul_t", "linear", "correlation", "bmm", "outer", "addmm", "fitted", "einsum", "dot", "mv", "slid_product", "registry")
HUGE = 1e100                         # products of such numbers overflow in one order and not in another


def flat(values):
    if not isinstance(values, list):
        return [values]
    return [x for v in values for x in flat(v)]


def close(a, b, rounds, half, peak, endless):
    """Equal; or, where something rounds or numbers are too large to be exact, within a few ulp of the largest value around."""
    a, b = flat(a), flat(b)
    if a == b:
        return True
    if len(a) != len(b) or not all(isinstance(x, float) for x in a + b):
        return False
    ulps = 3e-2 if half else 1e-4 if rounds == 2 else 1e-9
    exact = HALF_WHOLE if half else WHOLE
    scale = max([1.0, *(abs(x) for x in a + b if math.isfinite(x))])
    if peak > exact:   # rounded in another order, such numbers may cancel down to anything
        return True
    if not rounds and scale <= exact:
        return all(x == y or (x != x and y != y) for x, y in zip(a, b))
    return all(x == y or abs(x - y) <= ulps * scale or (x != x and y != y) or ((scale > HUGE or endless) and not math.isfinite(x + y)) for x, y in zip(a, b))


def kink(a, b):
    """Of equal numbers what should be 0 is so once, and in full a residue of rounding: what has no derivative at 0 (a root, a sign) has another one beside
    it, and ties are none. What is 0 in full and not once is no such thing, but where terms of a product cancel, whose order no run promises: elsewhere the
    mechanism rounds where a user sees nothing to round."""
    if a[0].startswith(GRADIENTS):
        return False
    return any(x == 0 != y or (a[0] in PRODUCTS and (y == 0 != x or x * y < 0)) for x, y in zip(flat(a[7]), flat(b[7])) if isinstance(x, float))


def differs(one, other, half=False):
    """Where two logs part, as text; None where they do not."""
    peak, endless = 0.0, False   # inf and NaN, once they are there, spread by the order of sums
    rounded = beside = False     # by a product; and values hang on a kink from here on: shapes, strides and errors do not
    for i, (a, b) in enumerate(zip(one, other)):
        if len(b) == 9:
            endless = endless or any(isinstance(x, float) and not math.isfinite(x) for x in flat(b[7]))
            peak = max([peak, *(abs(x) for x in flat(b[7]) if isinstance(x, float) and math.isfinite(x))])
        if a == b:
            continue
        beside = beside or rounded and len(b) == 9 and b[5] is ctgrad.int64   # places among what would tie
        if len(a) != 9 or len(b) != 9 or a[:7] != b[:7] or not (beside or close(a[7], b[7], a[8], half, peak, endless)):
            return f"entry {i}:\n   once {a}\n   full {b}"
        beside = beside or kink(a, b)
        rounded = rounded or a[0] in PRODUCTS
    return None if len(one) == len(other) else f"{len(one)} entries and {len(other)}"
