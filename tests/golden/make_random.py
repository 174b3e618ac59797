"""Writes random.h beside this file: what PyTorch 2.13 draws on the CPU, for tests/c/test_random.c.

    python tests/golden/make_random.py        (needs torch)

A cell stands for one draw of `size` values from a fresh generator, and for where the draw leaves it: `after` is its
next 32-bit word modulo MODULUS. Where the values need no libm the cell is a hash of their bytes and of `after`;
otherwise a weighted sum of the values plus after / MODULUS, as the bits of a double.
"""
import pathlib

import numpy
import torch

MODULUS = 2**28 - 1
SEEDS = [0, 42, 2**63 + 12345]
SIZES = [0, 1, 2, 15, 16, 17, 23, 24, 31, 32, 33, 100, 623, 624, 625, 1000]
F32, F64, I32, I64, U8, BOOL = torch.float32, torch.float64, torch.int32, torch.int64, torch.uint8, torch.bool


def fill(dtype, method, *args, step=1):
    def draw(n, generator):
        return getattr(torch.empty(n, step, dtype=dtype)[:, 0], method)(*args, generator=generator)
    return draw


def bernoulli_of(dtype):
    return lambda n, g: torch.empty(n).bernoulli_(torch.arange(n, dtype=dtype) % 8 / 8, generator=g)


def multinomial(dtype):
    def draw(n, g):
        weights = 1 + torch.arange(n, dtype=dtype) % 5
        return torch.multinomial(weights, 40, replacement=True, generator=g) if n else torch.empty(0, dtype=I64)
    return draw


# name: (size from which the values are exact, draw); the same names in test_random.c
ALWAYS, NEVER = 0, 1 << 30
KINDS = {
    "uniform_f32": (ALWAYS, fill(F32, "uniform_", 0, 1)),
    "uniform_f32_ab": (ALWAYS, fill(F32, "uniform_", -0.3, 2.5)),
    "uniform_f32_strided": (ALWAYS, fill(F32, "uniform_", -0.3, 2.5, step=2)),
    "uniform_f64": (ALWAYS, fill(F64, "uniform_", 0, 1)),
    "uniform_f64_ab": (ALWAYS, fill(F64, "uniform_", -3, 1e3)),
    "normal_f32": (16, fill(F32, "normal_", 0, 1)),
    "normal_f32_ms": (16, fill(F32, "normal_", 1.5, 0.02)),
    "normal_f32_strided": (NEVER, fill(F32, "normal_", 1.5, 0.5, step=2)),
    "normal_f64": (NEVER, fill(F64, "normal_", 1.5, 0.5)),
    "normal_f64_strided": (NEVER, fill(F64, "normal_", 0, 1, step=2)),
    "log_normal_f64": (NEVER, fill(F64, "log_normal_", 0.25, 0.5)),
    "exponential_f64": (NEVER, fill(F64, "exponential_", 2.5)),
    "cauchy_f64": (NEVER, fill(F64, "cauchy_", 0.25, 2)),
    "geometric_f64": (NEVER, fill(F64, "geometric_", 0.3)),
    "bernoulli_u8": (ALWAYS, fill(U8, "bernoulli_", 0.3)),
    "bernoulli_of_f32": (ALWAYS, bernoulli_of(F32)),
    "bernoulli_of_f64": (ALWAYS, bernoulli_of(F64)),
    "range_i64": (ALWAYS, fill(I64, "random_", -5, 5)),
    "range_i64_wide": (ALWAYS, fill(I64, "random_", -(2**40), 2**35 + 7)),
    "range_i32": (ALWAYS, fill(I32, "random_", 0, 2**28)),
    "any_bool": (ALWAYS, fill(BOOL, "random_")),
    "any_i32": (ALWAYS, fill(I32, "random_")),
    "any_i64": (ALWAYS, fill(I64, "random_")),
    "any_f32": (ALWAYS, fill(F32, "random_")),
    "any_f64": (ALWAYS, fill(F64, "random_")),
    "all_i64": (ALWAYS, fill(I64, "random_", -(2**63), None)),
    "randperm": (ALWAYS, lambda n, g: torch.randperm(n, generator=g)),
    "multinomial_f32": (ALWAYS, multinomial(F32)),
    "multinomial_f64": (ALWAYS, multinomial(F64)),
}


def fnv(data, h=0xCBF29CE484222325):
    for byte in data:
        h = (h ^ byte) * 0x100000001B3 & (1 << 64) - 1
    return h


def cell(exact_from, draw, seed, n):
    g = torch.Generator().manual_seed(seed)
    values = draw(n, g).contiguous().numpy()
    after = int(torch.empty((), dtype=I32).random_(0, MODULUS, generator=g))
    if n >= exact_from:
        return fnv(after.to_bytes(4, "little"), fnv(values.tobytes()))
    total = after / MODULUS
    for i, value in enumerate(values.tolist()):
        total += (i % 7 + 1) * value
    return int(numpy.float64(total).view(numpy.uint64))


def state_rows():
    g = torch.Generator().manual_seed(42)
    yield "GOLDEN_SEEDED", fnv(g.get_state().numpy().tobytes())
    torch.empty(10).uniform_(generator=g)
    yield "GOLDEN_DRAWN", fnv(g.get_state().numpy().tobytes())
    torch.empty(614).uniform_(generator=g)
    yield "GOLDEN_SPENT", fnv(g.get_state().numpy().tobytes())


def main():
    lines = [f"/* Made by make_random.py from PyTorch {torch.__version__.partition('+')[0]}: do not edit. */"]
    lines += [f"#define GOLDEN_MODULUS {MODULUS}u"]
    lines += ["#define GOLDEN_SEEDS " + ", ".join(f"{s}u" for s in SEEDS)]
    lines += ["#define GOLDEN_SIZES " + ", ".join(map(str, SIZES))]
    lines += [f"#define {name} 0x{value:016x}u" for name, value in state_rows()]
    lines += ["static const golden_row golden_rows[] = {"]
    for name, (exact_from, draw) in KINDS.items():
        for seed in range(len(SEEDS)):
            cells = [f"0x{cell(exact_from, draw, SEEDS[seed], n):016x}" for n in SIZES]
            lines += [f'    {{"{name}", {exact_from}, {seed}, {{']
            lines += ["        " + ", ".join(cells[i:i + 6]) + "," for i in range(0, len(cells), 6)]
            lines[-1] = lines[-1][:-1] + "}},"
    pathlib.Path(__file__).with_name("random.h").write_text("\n".join([*lines, "};"]) + "\n")


if __name__ == "__main__":
    main()
