"""rearrange on sizes that the pattern cannot take apart, and on expanded tensors."""

import pytest

import ctgrad
from ctgrad.func import rearrange


@pytest.mark.parametrize(("pattern", "lengths"), [("a (b c) -> a b c", {"b": 2}), ("a (b c) -> a b c", {}), ("a (b c) -> a b c", {"b": 0}),
                                                  ("a b -> b a", {"b": 4})])
def test_lengths_that_do_not_fit(pattern, lengths):
    with pytest.raises(RuntimeError, match="size 3"):
        rearrange(ctgrad.ones(2, 3), pattern, **lengths)


def test_several_dimensions_of_size_one():
    assert rearrange(ctgrad.ones(2, 1, 3), "a 1 b -> b 1 a 1 1").shape == (3, 1, 2, 1, 1)


def test_what_was_expanded_stays_so():
    x = ctgrad.arange(6.0).view(2, 3).unsqueeze(0).expand(1000, 2, 3)
    assert rearrange(x, "n a b -> b n a").untyped_storage().nbytes() == 6 * 4
    assert rearrange(x, "n a b -> n (a b)").stride() == (0, 1)
