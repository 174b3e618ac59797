"""Anomaly mode: what fails in backward is told with where it was recorded."""

import warnings

import ctgrad
import pytest


def leaf(n):
    return ctgrad.ones(n, requires_grad=True)


def test_where_warnings_are_errors_anomaly_mode_writes(capsys):
    with warnings.catch_warnings(), ctgrad.autograd.detect_anomaly():
        warnings.simplefilter("error")
        a = leaf(2) + 1
        b = a ** 2
        a += 1
        with pytest.raises(RuntimeError, match="modified by an inplace"):
            b.sum().backward()
    assert "Error detected in PowBackward0" in capsys.readouterr().err


@pytest.mark.parametrize("noted", [True, False])
def test_anomaly_mode_tells_whose_gradient_recorded_what_failed(noted):
    leaf(2).exp().sum().backward()  # a run that has ended induces nothing
    with ctgrad.autograd.set_detect_anomaly(noted):
        x = leaf(2) * 0
        y = x.sqrt()
    with warnings.catch_warnings(record=True) as told, ctgrad.autograd.detect_anomaly():
        warnings.simplefilter("always")
        g, = ctgrad.autograd.grad(y.sum(), x, create_graph=True)
        with pytest.raises(RuntimeError, match="returned nan values"):
            (g - g).sum().backward()
    texts = [str(w.message) for w in told[1:]]
    assert texts[0].startswith("Error detected in ") and "test_anomaly.py" in texts[0]
    assert texts[1].startswith("\n\nPrevious calculation was induced by SqrtBackward0. ")
    assert ("test_anomaly.py" in texts[1]) == noted and ("No forward pass" in texts[1]) != noted and len(texts) == 2
