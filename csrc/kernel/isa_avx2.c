/* The loops built for AVX2 and FMA. */
#include "kernel/kernel.h"
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC target("avx2,fma,f16c")
#endif
#define K_ISA k_isa_avx2
#define K_ISA_NAME "avx2"
#include "kernel/isa.inc"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
