/* Fused loops, with the machine's fma where it has one, else with libm's: the digits are the same. */
#include "kernel/fused.h"
#include "kernel/half.h"
#include <math.h>
#include <string.h>

#define AT(T, k) (*(T *)(p[k] + i * s[k]))
#define REAL (((const k_factor *)param)->f)
#define WHOLE (((const k_factor *)param)->i)
/* Callers allow one kind of overlap, an operand that is exactly the output: no step depends on another. */
#if defined(__clang__)
#define EACH _Pragma("clang loop vectorize(assume_safety)") for (int64_t i = 0; i < n; i++)
#else
#define EACH _Pragma("GCC ivdep") for (int64_t i = 0; i < n; i++)
#endif

#define NAME(f) base_##f
#include "kernel/fused.inc"
#undef NAME

#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
#define NAME(f) wide_##f
#include "kernel/fused.inc"
#undef NAME
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#else
#define wide_fused base_fused
#endif

static k_loop *single(k_fused_kind kind, ct_dtype dtype)
{
    return strcmp(K->name, "base") == 0 ? base_fused[kind][dtype] : wide_fused[kind][dtype];
}

#define HALF_FUSED(kind, operands, D)                                                                          \
    static void half_##kind##_##D(char *const *p, const int64_t *s, int64_t n, const void *param)              \
    {                                                                                                          \
        uint32_t halves = (1u << (operands - ((const k_factor *)param)->wide)) - 1;                            \
        half_run(&(half_form){DT_##D, operands, halves}, single(kind, DT_F32), p, s, n, param);                \
    }
#define HALVES_FUSED(kind, operands) HALF_FUSED(kind, operands, F16) HALF_FUSED(kind, operands, BF16)
HALVES_FUSED(FUSED_SCALED, 3)
HALVES_FUSED(FUSED_MULTIPLIED, 4)
HALVES_FUSED(FUSED_DIVIDED, 4)
HALVES_FUSED(FUSED_LERP, 4)

k_loop *k_fused(k_fused_kind kind, ct_dtype dtype)
{
    static k_loop *const halves[FUSED_COUNT][2] = {
#define BOTH(kind) [kind] = {half_##kind##_F16, half_##kind##_BF16}
        BOTH(FUSED_SCALED), BOTH(FUSED_MULTIPLIED), BOTH(FUSED_DIVIDED), BOTH(FUSED_LERP),
    };
    return dtype_is_half(dtype) ? halves[kind][dtype == DT_BF16] : single(kind, dtype);
}
