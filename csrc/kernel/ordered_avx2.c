/* Small products, built for AVX2 and FMA. */
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
#define ORDERED_RUN k_ordered_avx2
#include "kernel/ordered.inc"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
