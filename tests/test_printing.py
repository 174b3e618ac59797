"""Printing, against lines that PyTorch 2.13 printed (golden/printing.txt) and its own rules."""

import doctest
from pathlib import Path

import ctgrad as torch
import pytest

GOLDEN = Path(__file__).parent / "golden" / "printing.txt"


@pytest.fixture(autouse=True)
def default_options():
    yield
    torch.set_printoptions(profile="default")


def test_as_pytorch_prints():
    failed, tried = doctest.testfile(str(GOLDEN), module_relative=False, globs={"torch": torch, "nn": torch.nn})
    assert tried > 100
    assert failed == 0


def test_a_huge_view_prints_without_being_converted():
    x = torch.arange(3.0).expand(10**6, 10**6, 3)
    assert repr(x).splitlines()[0] == "tensor([[[0., 1., 2.],"


def test_a_dimension_is_cut_only_when_the_tensor_is_long():
    assert "..." not in repr(torch.arange(1000))
    assert "..." in repr(torch.arange(1001))


def test_options_go_back_when_the_block_ends():
    before = torch._tensor_str.get_printoptions()
    with torch._tensor_str.printoptions(precision=1, sci_mode=True):
        assert repr(torch.tensor([1.5])) == "tensor([1.5e+00])"
    assert torch._tensor_str.get_printoptions() == before


def test_format():
    assert f"{torch.tensor(2.5):.3f}" == "2.500"
    assert f"{torch.tensor(3):>4}" == "   3"
    assert f"{torch.ones(2)}" == "tensor([1., 1.])"
    with pytest.raises(TypeError, match="unsupported format string passed to Tensor.__format__"):
        f"{torch.ones(2):.2f}"
