/* The loops built for AVX-512 F, BW, DQ and VL. */
#include "kernel/kernel.h"
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#else
#pragma GCC target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl")
#endif
#define K_ISA k_isa_avx512
#define K_ISA_NAME "avx512"
#include "kernel/isa.inc"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
