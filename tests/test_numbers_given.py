"""Every op of the registry, and functions of `nn.functional`, with other numbers in the place of each of their own: 0, negative, larger.

As in tests/test_sizes.py: a result, or an error of a class that PyTorch raises, and nothing read or written beside what there is.
"""
import pytest

from . import test_ops as over
from .cases import Spec
from .test_sizes import CALLS, REFUSALS, run

NUMBERS = [0, 1, -1, 2, 3, -2, -7, 9, -2**63]
DIVIDED = {"F.group_norm", "F.lp_pool1d"}   # by the number of groups, by the power: PyTorch lets Python's error out


def is_number(x):
    return isinstance(x, (int, float)) and not isinstance(x, bool)


def replaced(x, number):
    """What x may become: the number in its place, or in that of one of its members."""
    if is_number(x):
        yield number
    elif isinstance(x, (list, tuple)) and not any(isinstance(m, Spec) for m in x):
        for i, m in enumerate(x):
            if is_number(m):
                yield type(x)([*x[:i], number, *x[i + 1:]])


def calls(c, number):
    for i, x in enumerate(c.args):
        for other in replaced(x, number):
            yield [*c.args[:i], other, *c.args[i + 1:]], c.kwargs
    for name, x in c.kwargs.items():
        for other in replaced(x, number):
            yield c.args, {**c.kwargs, name: other}


@pytest.mark.parametrize("name", sorted(CALLS))
@pytest.mark.filterwarnings("ignore")
def test_other_numbers(name):
    f, cases = CALLS[name]
    refusals = (*REFUSALS, OverflowError, *([ZeroDivisionError] if name in DIVIDED else []))
    for c in cases:
        for number in NUMBERS:
            for args, kwargs in calls(c, number):
                try:
                    run(f, over.tensors_of(args, c.dtypes[0], over.generator(name), grad=c.grad), kwargs)
                except refusals as error:
                    assert str(error), (name, number)
