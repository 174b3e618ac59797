/* half: how float16 and bfloat16 are computed. A loop of theirs is the float32 loop of the same row, run over tiles of a few KB
 * on the stack: operands are widened into them, results rounded once on the way out. A row that is added to the tables has both. */
#ifndef CT_KERNEL_HALF_H
#define CT_KERNEL_HALF_H
#include "kernel/kernel.h"

enum { HALF_TILE = 256 /* elements of one operand */ };

/* Which operands of a float32 loop are given as halves; the others are passed on as they are. Bit 0: the output. */
typedef struct half_form { ct_dtype half; int operands; uint32_t halves; } half_form;
void half_run(const half_form *f, k_loop *loop, char *const *p, const int64_t *stride, int64_t n, const void *param);

/* The same as a loop; param is a const half_mix. */
typedef struct half_mix { half_form form; k_loop *loop; } half_mix;
k_loop half_mixed;

/* n elements `stride` bytes apart to and from adjacent float32 numbers. */
void half_widen(ct_dtype half, const char *from, int64_t stride, int64_t n, float *to);
void half_narrow(ct_dtype half, const float *from, char *to, int64_t stride, int64_t n);
float half_load(ct_dtype half, const void *p);
void half_store(ct_dtype half, void *p, float x);

/* Loops of binary rows take as param, where it is not NULL, this: the second operand is a float32, not a half. */
extern const char half_wide_number;

#define HALF_LOOP(name) k_loop half_##name##_F16, half_##name##_BF16;
#define UNARY(op, ...) HALF_LOOP(unary_##op)
#include "table/unary.def"
#undef UNARY
#define BINARY(op, ...) HALF_LOOP(binary_##op)
#include "table/binary.def"
#undef BINARY
#define TEST(op, ...) HALF_LOOP(test_##op)
#define COMPARE(op, ...) HALF_LOOP(compare_##op)
#include "table/compare.def"
#undef TEST
#undef COMPARE
HALF_LOOP(clamp)
HALF_LOOP(pow_scalar)
HALF_LOOP(polygamma)
HALF_LOOP(bessel_i)
#define ACTIVATION(op) HALF_LOOP(activation_##op) HALF_LOOP(activation_##op##_slope)
#include "table/activation.def"
#undef ACTIVATION
HALF_LOOP(gelu_exact) HALF_LOOP(gelu_tanh) HALF_LOOP(gelu_exact_slope) HALF_LOOP(gelu_tanh_slope)
HALF_LOOP(fused_scaled) HALF_LOOP(fused_multiplied) HALF_LOOP(fused_divided) HALF_LOOP(fused_lerp) HALF_LOOP(fused_masked)
#undef HALF_LOOP
#endif
