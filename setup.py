"""Build of the extension module ctgrad._C: every .c file of csrc/, compiled side by side."""
import glob
import os
import platform
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

KERNEL_FLAGS = ["-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fwrapv"]
# Small records cleared and copied by calls and stores: other tunings write `rep stos` and `rep movs`, which take 10 ns and more to start.
TUNE = ["-mtune=skylake"] if platform.machine() in ("x86_64", "AMD64") else []
# Debug information and symbols, three quarters of the file, are left out unless CTGRAD_CFLAGS asks for something ("-g").
PLAIN = sys.platform == "linux" and not os.environ.get("CTGRAD_CFLAGS")
# Nothing is thrown through this module: tables for unwinding are left out as well.
FLAGS = [*(["-g0", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables"] if PLAIN else []), "-std=gnu11", "-fvisibility=hidden", "-Wall", "-Wextra", "-Wno-missing-field-initializers", "-Wno-unused-parameter"]


NO_PADDING = ["-falign-functions=1", "-falign-jumps=1", "-falign-labels=1"]
PLAIN_VECTORS = ["-O2", "-ftree-vectorize", "-fvect-cost-model=dynamic"]
SMALL = ("isa_base.c", "matmul_base.c", "matmul_avx2.c", "matmul_avx512.c", "random.c")


def level(source):
    """-O3's loops without their copies, a third of the size less, where no vectors of the machine's are used at all or the vectors are written out."""
    if os.path.dirname(source) != os.path.join("csrc", "kernel"):
        return ["-O2", "-fno-tree-loop-distribute-patterns", "-ffp-contract=off", *TUNE]
    if os.path.basename(source) == "dense.c":  # whose loops are a few steps long
        return ["-O3", "-fno-tree-vectorize", *KERNEL_FLAGS, *TUNE]
    small = os.path.basename(source) in SMALL and TUNE
    return [*(PLAIN_VECTORS if small else ["-O3"]), *(NO_PADDING if TUNE else []), *KERNEL_FLAGS]


class BuildInParallel(build_ext):
    """Compiles the sources of the extension in a pool; kernel sources get flags of their own."""

    def build_extension(self, ext):
        compile_one = self.compiler.compile
        extra = os.environ.get("CTGRAD_CFLAGS", "").split()

        def compile_all(sources, extra_postargs=None, **options):
            def run(source):
                return compile_one([source], extra_postargs=[*(extra_postargs or []), *level(source), *extra], **options)
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                return [obj for objects in pool.map(run, sources) for obj in objects]

        self.compiler.compile = compile_all
        super().build_extension(ext)


extension = Extension(
    "ctgrad._C",
    sources=sorted(glob.glob("csrc/*/*.c")),
    depends=glob.glob("csrc/*/*.h") + glob.glob("csrc/*/*.inc") + glob.glob("csrc/table/*.def"),
    include_dirs=["csrc", numpy.get_include()],
    extra_compile_args=FLAGS,
    extra_link_args=os.environ.get("CTGRAD_LDFLAGS", "").split() + (["-Wl,-s"] if PLAIN else []) + (["-lm"] if sys.platform != "win32" else []),
)

setup(ext_modules=[extension], cmdclass={"build_ext": BuildInParallel})
