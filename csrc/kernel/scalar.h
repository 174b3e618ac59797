/* What FN(f) in a row means: f_D is f on one element of dtype D. Inline, so that each loop is built around it. */
#ifndef CT_SCALAR_H
#define CT_SCALAR_H
#include "kernel/kernel.h"
#include <math.h>

typedef int64_t wide_BOOL, wide_U8, wide_I32, wide_I64;
typedef double wide_F32, wide_F64;

/* x is an element of each dtype, or of one class. */
#define INTS(M) M(U8, uint8_t) M(I32, int32_t) M(I64, int64_t)
#define FLOATS(M) M(F32, float) M(F64, double)
#define NUMBERS(M) INTS(M) FLOATS(M)
#define FUN1(f, D, T) static inline T f##_##D(T x)
#define FUN2(f, D, T) static inline T f##_##D(T x, T y)

/* ---- conversion: out of range, and NaN, give the smallest integer, as x86 does; uint8 goes through int64 ---- */
#define KEEP_WIDTH(D, T) \
    static inline int64_t to_i64_##D(T x) { return (int64_t)x; } \
    static inline int32_t to_i32_##D(T x) { return (int32_t)x; }
KEEP_WIDTH(BOOL, uint8_t)
INTS(KEEP_WIDTH)
#define TO_INT(D, T) \
    static inline int64_t to_i64_##D(T x) { return x >= -0x1p63 && x < 0x1p63 ? (int64_t)x : INT64_MIN; } \
    static inline int32_t to_i32_##D(T x) { return x > -0x1.00000002p31 && x < 0x1p31 ? (int32_t)x : INT32_MIN; }
FLOATS(TO_INT)

/* ---- order: NaN in either operand is the result ---- */
#define PICK_INT(D, T) \
    FUN2(maximum, D, T) { return x > y ? x : y; } \
    FUN2(minimum, D, T) { return x < y ? x : y; } \
    FUN1(relu, D, T) { return x > 0 ? x : 0; } \
    FUN2(step, D, T) { return y > 0 ? x : 0; }
PICK_INT(BOOL, uint8_t)
INTS(PICK_INT)
#define PICK_FLOAT(D, T) \
    FUN2(maximum, D, T) { return x > y || x != x ? x : y; } \
    FUN2(minimum, D, T) { return x < y || x != x ? x : y; } \
    FUN1(relu, D, T) { return x <= 0 ? 0 : x; } \
    FUN2(step, D, T) { return y <= 0 ? 0 : x; }
FLOATS(PICK_FLOAT)

/* ---- arithmetic ---- */
#define ADD(D, T) FUN2(add, D, T) { return (T)(x + y); }
NUMBERS(ADD)
static inline uint8_t add_BOOL(uint8_t x, uint8_t y) { return x | y; }

/* ---- transcendental: in double, then rounded ---- */
#define VIA_DOUBLE(f) \
    static inline float f##_F32(float x) { return (float)f((double)x); } \
    static inline double f##_F64(double x) { return f(x); }
VIA_DOUBLE(exp)
VIA_DOUBLE(log)
VIA_DOUBLE(tanh)

#undef INTS
#undef FLOATS
#undef NUMBERS
#undef FUN1
#undef FUN2
#endif
