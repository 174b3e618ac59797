/* The products built for AVX2 and FMA. */
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
#define GEMM_TABLE k_isa_avx2_gemm
#include "kernel/matmul_isa.inc"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
