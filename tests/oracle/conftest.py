"""What PyTorch is held to, and cases that do not agree with it, each with the reason why it stays so."""

import os

import pytest

os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX2")  # by AVX-512 oneDNN's gelu of inf is nan; read when PyTorch first needs it

ROUNDED_ROOT = "PyTorch's float64 sqrt is MKL's, a last bit off the rounded root in one of a hundred arguments; ctgrad's is rounded"
DIFFERENT = {
    "test_curves[float64-Adam-options7]": ROUNDED_ROOT,
    "test_curves[float64-Adam-options8]": ROUNDED_ROOT,
    "test_curves[float64-Adagrad-options23]": ROUNDED_ROOT,
    "test_curves[float64-NAdam-options32]": ROUNDED_ROOT,
    "test_program[conversion-7]": "tensors that share memory share it again when one pickle holds them; PyTorch gives each memory of its own",
    "test_program[reductions-15]": "what repeats is summed as a product: the sum of 100000 times 0.1 is rounded once",
}
ODD_ROOT = "PyTorch's float32 sqrt is MKL's, on Intel's processors with AVX-512 a last bit off in one of 160 arguments"
ODD_ROOTS = "test_curves[float32-Adam-options7]", "test_curves[float32-Adam-options8]", "test_curves[float32-NAdam-options30]", "test_same[tensor_rates]"


def pytest_collection_modifyitems(items):
    from compare import roots_are_rounded

    different = DIFFERENT | ({} if roots_are_rounded("float32") else dict.fromkeys(ODD_ROOTS, ODD_ROOT))
    for item in items:
        if item.name in different:
            item.add_marker(pytest.mark.xfail(reason=different[item.name], strict=False))
