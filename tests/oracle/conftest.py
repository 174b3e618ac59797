"""What PyTorch is held to, and cases that do not agree with it, each with the reason why it stays so."""

import os

import pytest

# Read where PyTorch is imported, or first needs them. By AVX-512, on Intel's processors alone, MKL's float32 sqrt is a last bit off in one of
# 160 arguments, and oneDNN's gelu of inf is nan.
os.environ.setdefault("MKL_ENABLE_INSTRUCTIONS", "AVX2")
os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX2")

ROUNDED_ROOT = "PyTorch's float64 sqrt is MKL's, a last bit off the rounded root in one of a hundred arguments; ctgrad's is rounded"
DIFFERENT = {
    "test_curves[float64-Adam-options7]": ROUNDED_ROOT,
    "test_curves[float64-Adam-options8]": ROUNDED_ROOT,
    "test_curves[float64-Adam-options9]": ROUNDED_ROOT,
    "test_curves[float64-Adagrad-options23]": ROUNDED_ROOT,
    "test_curves[float64-NAdam-options32]": ROUNDED_ROOT,
    "test_program[conversion-7]": "tensors that share memory share it again when one pickle holds them; PyTorch gives each memory of its own",
    "test_program[reductions-15]": "what repeats is summed as a product: the sum of 100000 times 0.1 is rounded once",
}


def pytest_collection_modifyitems(items):
    for item in items:
        if item.name in DIFFERENT:
            item.add_marker(pytest.mark.xfail(reason=DIFFERENT[item.name], strict=False))
