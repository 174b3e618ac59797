"""PyTorch's operator database on both libraries, another seed for every op: values, dtypes, strides, nodes, gradients of
two orders, in every dtype that ctgrad has; and the database's error cases."""

import os
import zlib

import opdb
import pytest
import torch
from torch.testing._internal import common_utils

HALVES = (torch.float16, torch.bfloat16)
FLOATS = (*HALVES, torch.float32, torch.float64)
# Not compared, in these dtypes: why.
LEFT_OUT = {
    "as_strided_scatter": (FLOATS, "PyTorch lets the gradient through where it was written, and stops it elsewhere"),
    "linalg.eigh": (FLOATS, "vectors have either sign"), "linalg.svd": (FLOATS, "as linalg.eigh"), "svd": (FLOATS, "as linalg.eigh"),
    "nn.functional.linear_cross_entropy": (FLOATS, "options= is refused"),
    "nn.functional.interpolate": ((torch.uint8,), "PyTorch's weights are whole numbers"),
    "nn.functional.scaled_dot_product_attention": (HALVES, "PyTorch has the fused node, ctgrad the conversion behind it"),
    "nn.functional.ctc_loss": ((torch.float32,), "8e-5 apart, each as far from float64's gradient"),
    "special.bessel_j0": ((torch.float64,), "PyTorch's are 1.6e-7 off"), "special.bessel_j1": ((torch.float64,), "as bessel_j0"),
    "special.i1": (HALVES, "PyTorch has no gradient of halves"), "special.i1e": (HALVES, "as i1"),
    "nn.functional.grid_sample": (HALVES, "PyTorch rounds at every step"),
    "matrix_exp": (HALVES, "PyTorch's steps overflow"), "dist": (HALVES, "as matrix_exp"),
    "nn.functional.group_norm": (HALVES, "PyTorch keeps the statistics as halves, and is 300 times as far from float64's gradient"), "nn.functional.layer_norm": (HALVES, "as group_norm"),
    "copysign": ((torch.float32,), "gradients of gradients are 0, PyTorch's rounding errors"),
    "resize_": (tuple(opdb.DTYPES), "PyTorch gives up the memory that both share"), "resize_as_": (tuple(opdb.DTYPES), "as resize_"),
    "cumprod": (HALVES, "gradients of gradients: PyTorch divides by halves"),
    "nn.functional.conv_transpose3d": ((torch.bfloat16,), "gradients of gradients: PyTorch adds in halves"),
    "cov": (HALVES, "sums that cancel"), "sinc": (HALVES, "as cov"), "ldexp": (HALVES, "as cov"), "special.i0e": (HALVES, "as cov"),
    "nn.functional.normalize": ((*HALVES, torch.float32), "as cov"), "nn.functional.binary_cross_entropy": (HALVES, "as cov"), "nn.functional.soft_margin_loss": (HALVES, "as cov"),
} | dict.fromkeys(("empty", "empty_like", "empty_permuted", "empty_strided", "new_empty", "new_empty_strided"), (tuple(opdb.DTYPES), "holds what memory held")) \
  | {"nn.functional.triplet_margin_with_distance_loss": (tuple(opdb.DTYPES), "is given a module of PyTorch's")}
NAMES = sorted(filter(opdb.offered, opdb.database()))
SEED = os.environ.get("CTGRAD_OPDB_SEED", "")  # any text: other samples; rounding of sums that cancel may then be told as a difference
# An error case asks for what is not offered: 1-d bounds of linspace; halves; complex numbers; is PyTorch's failed assertion; or calls
# a method of what is no tensor.
NOT_OFFERED = {"linspace", "dot", "masked_fill", "nn.functional.conv1d", "nn.functional.conv2d", "nn.functional.conv3d", "gradient", "narrow_copy",
               "__rdiv__", "__rmod__", "__rpow__", "__rsub__"}


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Threads that wait for each other take many times as long where the machine is busy."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def seeded(name, dtype):
    seed = zlib.crc32(f"{name} {dtype} {SEED}".encode()) % 10_000
    if SEED:
        common_utils.SEED = seed  # which the database sets before every sample
    opdb.seed_all(seed)


@pytest.mark.parametrize("name", NAMES)
def test_samples(name):
    bad = []
    for dtype in opdb.dtypes(name):
        if dtype not in LEFT_OUT.get(name, ((),))[0]:
            seeded(name, dtype)
            bad += opdb.compare_op(name, dtype)
    assert bad == []


@pytest.mark.parametrize("name", [name for name in NAMES if name not in NOT_OFFERED])
def test_error_cases(name):
    seeded(name, "errors")
    assert opdb.compare_errors(name) == []
