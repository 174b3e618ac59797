/* The tiles, and the loops of halves that run in them. */
#include "kernel/half.h"
#include "base/half.h"
#include <math.h>

const char half_wide_number;

void half_widen(ct_dtype half, const char *from, int64_t stride, int64_t n, float *to)
{
    K->cast[half][DT_F32]((char *[]){(char *)to, (char *)from}, (int64_t[]){sizeof(float), stride}, n, NULL);
}
void half_narrow(ct_dtype half, const float *from, char *to, int64_t stride, int64_t n)
{
    K->cast[DT_F32][half]((char *[]){to, (char *)from}, (int64_t[]){stride, sizeof(float)}, n, NULL);
}
float half_load(ct_dtype half, const void *p) { return half == DT_F16 ? half_to_float(*(const uint16_t *)p) : bfloat_to_float(*(const uint16_t *)p); }
void half_store(ct_dtype half, void *p, float x) { *(uint16_t *)p = half == DT_F16 ? half_from_float(x) : bfloat_from_float(x); }

/* What stands still is widened once. Elements are read before a result is written, so an operand may be the output itself. */
void half_run(const half_form *f, k_loop *loop, char *const *p, const int64_t *stride, int64_t n, const void *param)
{
    float tile[K_MAXOP][HALF_TILE];
    char *q[K_MAXOP];
    int64_t step[K_MAXOP];
    for (int k = 0; k < f->operands; k++) {
        bool half = f->halves >> k & 1, moves = stride[k] != 0;
        q[k] = half ? (char *)tile[k] : p[k];
        step[k] = !half ? stride[k] : moves || k == 0 ? (int64_t)sizeof(float) : 0;
        if (half && k && !moves && n > 0)
            tile[k][0] = half_load(f->half, p[k]);
    }
    for (int64_t at = 0, m; at < n; at += m) {
        m = n - at < HALF_TILE ? n - at : HALF_TILE;
        for (int k = 0; k < f->operands; k++)
            if (!(f->halves >> k & 1))
                q[k] = p[k] + at * stride[k];
            else if (k && stride[k])
                half_widen(f->half, p[k] + at * stride[k], stride[k], m, tile[k]);
        loop(q, step, m, param);
        if (f->halves & 1)
            half_narrow(f->half, tile[0], p[0] + at * stride[0], stride[0], m);
    }
}

void half_mixed(char *const *p, const int64_t *stride, int64_t n, const void *param)
{
    const half_mix *m = param;
    half_run(&m->form, m->loop, p, stride, n, NULL);
}

#define ARGS char *const *p, const int64_t *s, int64_t n, const void *param
#define HALF_LOOP(name, D, loop, operands, halves)                                                     \
    void half_##name##_##D(ARGS) { half_run(&(half_form){DT_##D, operands, halves}, loop, p, s, n, param); }
#define HALF_LOOPS(name, loop, operands, halves) HALF_LOOP(name, F16, loop, operands, halves) HALF_LOOP(name, BF16, loop, operands, halves)
/* Elsewhere float32 roots may be PyTorch's approximate ones (k_rough_sqrt); those of halves are its exact ones. */
static void exact_sqrt(ARGS)
{
    (void)param;
    if (s[0] == sizeof(float) && s[1] == sizeof(float)) {
        float *out = (float *)p[0];
        const float *x = (const float *)p[1];
        for (int64_t i = 0; i < n; i++)
            out[i] = sqrtf(x[i]);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        *(float *)(p[0] + i * s[0]) = sqrtf(*(const float *)(p[1] + i * s[1]));
}

/* Of one sign the bits are in the order of the magnitudes. */
static uint16_t next_half(uint16_t bits, float x, float y)
{
    return x == 0 ? (uint16_t)(y > 0 ? 1 : 0x8001) : (uint16_t)((x > 0) == (y > x) ? bits + 1 : bits - 1);
}
static void next_halves(ct_dtype half, ARGS)
{
    (void)param;
    for (int64_t i = 0; i < n; i++) {
        float x = *(const float *)(p[1] + i * s[1]), y = *(const float *)(p[2] + i * s[2]);
        uint16_t bits;
        half_store(half, &bits, x);
        bits = next_half(bits, x, y);
        *(float *)(p[0] + i * s[0]) = x < y || x > y ? half_load(half, &bits) : x == y ? y : x + y;
    }
}
static void next_F16(ARGS) { next_halves(DT_F16, p, s, n, param); }
static void next_BF16(ARGS) { next_halves(DT_BF16, p, s, n, param); }

enum { OUT = 1, FIRST = 2, SECOND = 4, THIRD = 8 };
#define UNARY(op, ...) HALF_LOOPS(unary_##op, U_##op == U_sqrt ? exact_sqrt : K->unary[U_##op][DT_F32], 2, OUT | FIRST)
#include "table/unary.def"
#undef UNARY
#define BINARY_OF(op, D) HALF_LOOP(binary_##op, D, B_##op == B_nextafter ? next_##D : K->binary[B_##op][DT_F32], 3, OUT | FIRST | (param ? 0 : SECOND))
#define BINARY(op, ...) BINARY_OF(op, F16) BINARY_OF(op, BF16)
#include "table/binary.def"
#undef BINARY
#define TEST(op, ...) HALF_LOOPS(test_##op, K->test[T_##op][DT_F32], 2, FIRST)
#define COMPARE(op, ...) HALF_LOOPS(compare_##op, K->compare[C_##op][DT_F32], 3, FIRST | SECOND)
#include "table/compare.def"
#undef TEST
#undef COMPARE
HALF_LOOPS(clamp, K->clamp[DT_F32], 4, OUT | FIRST | SECOND | THIRD)
#define ACTIVATION(op)                                                                                 \
    HALF_LOOPS(activation_##op, K->activation[A_##op][DT_F32], 2, OUT | FIRST)                         \
    HALF_LOOPS(activation_##op##_slope, K->activation[A_##op##_slope][DT_F32], 3, OUT | FIRST | SECOND)
#include "table/activation.def"
#undef ACTIVATION
HALF_LOOPS(polygamma, K->polygamma[DT_F32], 2, OUT | FIRST)
HALF_LOOPS(bessel_i, K->bessel_i[DT_F32], 2, OUT | FIRST)
HALF_LOOPS(gelu_exact, K->gelu[GELU_EXACT][DT_F32], 2, OUT | FIRST)
HALF_LOOPS(gelu_tanh, K->gelu[GELU_TANH][DT_F32], 2, OUT | FIRST)
HALF_LOOPS(gelu_exact_slope, K->gelu[GELU_EXACT_BACKWARD][DT_F32], 3, OUT | FIRST | SECOND)
HALF_LOOPS(gelu_tanh_slope, K->gelu[GELU_TANH_BACKWARD][DT_F32], 3, OUT | FIRST | SECOND)
#define FUSED(op, kind, operands) HALF_LOOPS(fused_##op, K->fused[kind][DT_F32], operands, (1u << (operands - ((const k_factor *)param)->wide)) - 1)
FUSED(scaled, FUSED_SCALED, 3)
FUSED(multiplied, FUSED_MULTIPLIED, 4)
FUSED(divided, FUSED_DIVIDED, 4)
FUSED(lerp, FUSED_LERP, 4)
#undef FUSED
HALF_LOOPS(fused_masked, K->fused[FUSED_MASKED][DT_F32], 3, OUT | FIRST)

/* To one power, as PyTorch: the power is a half; bfloat16's cube and inverse square round their square. */
static void cube_BF16(ARGS)
{
    (void)param;
    for (int64_t i = 0; i < n; i++) {
        float x = *(const float *)(p[1] + i * s[1]);
        *(float *)(p[0] + i * s[0]) = bfloat_to_float(bfloat_from_float(x * x)) * x;
    }
}
static void inverse_square_BF16(ARGS)
{
    (void)param;
    for (int64_t i = 0; i < n; i++) {
        float x = *(const float *)(p[1] + i * s[1]);
        *(float *)(p[0] + i * s[0]) = 1 / bfloat_to_float(bfloat_from_float(x * x));
    }
}
static void power(ct_dtype half, ARGS)
{
    uint16_t held;
    half_store(half, &held, (float)*(const double *)param);
    double y = half_load(half, &held);
    k_loop *loop = y == 0.5 ? exact_sqrt : half == DT_BF16 && y == 3 ? cube_BF16 : half == DT_BF16 && y == -2 ? inverse_square_BF16 : K->pow_scalar[DT_F32];
    half_run(&(half_form){half, 2, OUT | FIRST}, loop, p, s, n, &y);
}
void half_pow_scalar_F16(ARGS) { power(DT_F16, p, s, n, param); }
void half_pow_scalar_BF16(ARGS) { power(DT_BF16, p, s, n, param); }
