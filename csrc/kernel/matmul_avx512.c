/* The products built for AVX-512 F, BW, DQ and VL. */
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#else
#pragma GCC target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")
#endif
#define GEMM_TABLE k_isa_avx512_gemm
#include "kernel/matmul_isa.inc"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
