/* Small products, built for AVX-512 F, BW, DQ and VL. */
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#else
#pragma GCC target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")
#endif
#define ORDERED_RUN k_ordered_avx512
#include "kernel/ordered.inc"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
