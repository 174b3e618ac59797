/* What FN(f) in a row means: f_D is f on one element of dtype D. Inline, so that each loop is built around it.
 * Integer arithmetic wraps (-fwrapv). Transcendental functions are in approx.h. */
#ifndef CT_SCALAR_H
#define CT_SCALAR_H
#include "kernel/kernel.h"
#include <math.h>

/* Each macro text is written once for x (and y) of a class of dtypes. */
#define FOR_BOOL(M) M(BOOL, uint8_t)
#define FOR_SIGNED(M) M(I32, int32_t) M(I64, int64_t)
#define FOR_INTS(M) M(U8, uint8_t) FOR_SIGNED(M)
#define FOR_FLOATS(M) M(F32, float) M(F64, double)
#define FUN1(f, D, T) static inline T f##_##D(T x)
#define FUN2(f, D, T) static inline T f##_##D(T x, T y)

typedef int64_t wide_BOOL, wide_U8, wide_I32, wide_I64;
typedef double wide_F32, wide_F64;

/* ---- conversion: out of range, and NaN, give the smallest integer, as x86 does; uint8 goes through int64 ---- */
#define INT_TO_INT(D, T)                                                \
    static inline int64_t to_i64_##D(T x) { return (int64_t)x; }        \
    static inline int32_t to_i32_##D(T x) { return (int32_t)x; }
#define FLOAT_TO_INT(D, T)                                                                                      \
    static inline int64_t to_i64_##D(T x) { return x >= -0x1p63 && x < 0x1p63 ? (int64_t)x : INT64_MIN; }       \
    static inline int32_t to_i32_##D(T x) { return x > -0x1.00000002p31 && x < 0x1p31 ? (int32_t)x : INT32_MIN; }
FOR_BOOL(INT_TO_INT)
FOR_INTS(INT_TO_INT)
FOR_FLOATS(FLOAT_TO_INT)

/* ---- order: NaN in either operand is the result; of equal elements (0 and -0) the first ---- */
#define ORDER_INT(D, T)                                                 \
    FUN2(maximum, D, T) { return x > y ? x : y; }                       \
    FUN2(minimum, D, T) { return x < y ? x : y; }                       \
    FUN2(step, D, T) { return y > 0 ? x : 0; }                          \
    FUN1(relu, D, T) { return x > 0 ? x : 0; }
#define ORDER_FLOAT(D, T)                                               \
    FUN2(maximum, D, T) { return x >= y || x != x ? x : y; }            \
    FUN2(minimum, D, T) { return x <= y || x != x ? x : y; }            \
    FUN2(step, D, T) { return y <= 0 ? 0 : x; }                         \
    FUN1(relu, D, T) { return x < 0 ? 0 : x; }
#define SIGN(D, T) FUN1(sign, D, T) { return (T)((x > 0) - (x < 0)); }
#define SIGN_UNSIGNED(D, T) FUN1(sign, D, T) { return x > 0; }
FOR_BOOL(ORDER_INT)
FOR_INTS(ORDER_INT)
FOR_FLOATS(ORDER_FLOAT)
FOR_SIGNED(SIGN)
FOR_FLOATS(SIGN)
SIGN_UNSIGNED(BOOL, uint8_t)
SIGN_UNSIGNED(U8, uint8_t)
#define SIGN_BIT(D, T) static inline int signbit_##D(T x) { return x < 0; }
FOR_SIGNED(SIGN_BIT)
static inline int signbit_BOOL(uint8_t x) { return (void)x, 0; }
static inline int signbit_U8(uint8_t x) { return (void)x, 0; }
static inline int signbit_F32(float x) { return copysignf(1, x) < 0; }
static inline int signbit_F64(double x) { return copysign(1, x) < 0; }

/* ---- arithmetic, bits, rounding ---- */
#define ADD(D, T) FUN2(add, D, T) { return (T)(x + y); }
FOR_INTS(ADD)
FOR_FLOATS(ADD)
FUN2(add, BOOL, uint8_t) { return x | y; }

#define ABS_INT(D, T) FUN1(abs, D, T) { return x < 0 ? -x : x; }
FOR_SIGNED(ABS_INT)
FUN1(abs, U8, uint8_t) { return x; }
FUN1(abs, F32, float) { return fabsf(x); }
FUN1(abs, F64, double) { return fabs(x); }

#define BITS(D, T) FUN1(bitwise_not, D, T) { return (T)~x; }
FOR_INTS(BITS)
FUN1(bitwise_not, BOOL, uint8_t) { return !x; }

#define WHOLE(D, T)                                                     \
    FUN1(floor, D, T) { return x; }                                     \
    FUN1(ceil, D, T) { return x; }                                      \
    FUN1(trunc, D, T) { return x; }                                     \
    FUN1(round, D, T) { return x; }
FOR_INTS(WHOLE)
FUN1(floor, F32, float) { return floorf(x); }
FUN1(ceil, F32, float) { return ceilf(x); }
FUN1(trunc, F32, float) { return truncf(x); }
FUN1(round, F32, float) { return rintf(x); } /* halves to even: the rounding mode is never changed */
/* Exact, where the quotient is below 2^22. In float32 its rounding to an integer above is seen by the sign of what is left, which no
 * subtraction rounds; in double it truncates rightly, and its bits times those of y fit there. */
static inline int divides_F32(float x, float y) { return (fabsf(x) < fabsf(y) * 0x1p22f) & (fabsf(y) < INFINITY); }
#define FMOD_NEAR(D, T, fma, trunc, copysign)                                                   \
    FUN2(fmod_near, D, T)                                                                       \
    {                                                                                           \
        T r = fma(-trunc(x / y), y, x);                                                         \
        r = (r != 0) & ((r < 0) != (x < 0)) ? r + copysign(y, x) : r;                           \
        return copysign(r, x);                                                                  \
    }
#if defined(__FMA__)
FMOD_NEAR(F32, float, fmaf, truncf, copysignf)
#else
FUN2(fmod_near, F32, float) { return copysignf((float)((double)x - trunc((double)x / (double)y) * (double)y), x); }
#endif
FUN2(fmod, F32, float) { return divides_F32(x, y) ? fmod_near_F32(x, y) : fmodf(x, y); }
FUN1(floor, F64, double) { return floor(x); }
FUN1(ceil, F64, double) { return ceil(x); }
FUN1(trunc, F64, double) { return trunc(x); }
FUN1(round, F64, double) { return rint(x); }
/* In double by the sign of what is left, and where the processor fuses. */
static inline int divides_F64(double x, double y)
{
#if defined(__FMA__)
    return (fabs(x) < fabs(y) * 0x1p50) & (fabs(y) < INFINITY);
#else
    return 0;
#endif
}
FMOD_NEAR(F64, double, fma, trunc, copysign)
FUN2(fmod, F64, double) { return fmod(x, y); }

/* ---- division ----
 * Integers: a divisor 0 gives 0 and raises the flag; -1 is kept away from the hardware's division, which traps on
 * the smallest integer. floor_divide rounds down and remainder has the sign of y (Python); fmod has the sign of x. */
#define NO_DIVISOR(y) (__builtin_expect((y) == 0, 0) && (k_zero_division = true))
#define DIVIDE_SIGNED(D, T)                                                                     \
    FUN2(div_trunc, D, T) { return NO_DIVISOR(y) ? 0 : y == -1 ? -x : x / y; }                  \
    FUN2(fmod, D, T) { return NO_DIVISOR(y) || y == -1 ? 0 : x % y; }                           \
    FUN2(remainder, D, T)                                                                       \
    {                                                                                           \
        T r = fmod_##D(x, y);                                                                   \
        return r != 0 && (r < 0) != (y < 0) ? r + y : r;                                        \
    }                                                                                           \
    FUN2(floor_divide, D, T)                                                                    \
    {                                                                                           \
        T q = div_trunc_##D(x, y);                                                              \
        return (x < 0) != (y < 0) && q * y != x && y != 0 ? q - 1 : q;                          \
    }
FOR_SIGNED(DIVIDE_SIGNED)
FUN2(div_trunc, U8, uint8_t) { return NO_DIVISOR(y) ? 0 : x / y; }
FUN2(floor_divide, U8, uint8_t) { return div_trunc_U8(x, y); }
FUN2(fmod, U8, uint8_t) { return NO_DIVISOR(y) ? 0 : x % y; }
FUN2(remainder, U8, uint8_t) { return fmod_U8(x, y); }

/* ---- shifts: by a number of places outside the type, as if by one place after the other ---- */
#define SHIFT(D, T)                                                                             \
    FUN2(left_shift, D, T) { return y < 0 || y >= (T)(8 * sizeof(T)) ? 0 : (T)((uint64_t)x << y); } \
    FUN2(right_shift, D, T) { return x >> (y < 0 || y >= (T)(8 * sizeof(T)) ? 8 * sizeof(T) - 1 : (uint64_t)y); }
FOR_SIGNED(SHIFT)
FUN2(left_shift, U8, uint8_t) { return y >= 8 ? 0 : (uint8_t)(x << y); }
FUN2(right_shift, U8, uint8_t) { return y >= 8 ? 0 : (uint8_t)(x >> y); }
FUN2(left_shift, BOOL, uint8_t) { return (uint8_t)(x & !y); }
FUN2(right_shift, BOOL, uint8_t) { return (uint8_t)(x & !y); }

/* Floats, as Python's float.__floordiv__: the exact remainder first, since floor(x / y) is off where x / y rounds up
 * to an integer; then a whole quotient, with the sign of x / y where it is 0. y = 0 gives x / y. */
FUN2(copysign, F32, float) { return copysignf(x, y); }
FUN2(copysign, F64, double) { return copysign(x, y); }
/* Of one sign the bits are in the order of the magnitudes. */
#define NEXT_AFTER(D, T, INT, tiny)                                                             \
    FUN2(nextafter, D, T)                                                                       \
    {                                                                                           \
        union { T number; INT bits; } next = {.number = x};                                     \
        next.bits += (x < y) == (x > 0) ? 1 : -1;                                               \
        T moved = x == 0 ? copysign_##D(tiny, y) : next.number;                                 \
        return x == y ? y : (x != x) | (y != y) ? x + y : moved;                                \
    }
NEXT_AFTER(F32, float, int32_t, 0x1p-149f)
NEXT_AFTER(F64, double, int64_t, 0x1p-1074)
#define DIVIDE_BY(near, D, T)                                                                   \
    FUN2(remainder##near, D, T)                                                                 \
    {                                                                                           \
        T r = fmod##near##_##D(x, y);                                                           \
        return ((r != 0) & ((r < 0) != (y < 0))) ? r + y : r;                                   \
    }                                                                                           \
    FUN2(floor_divide##near, D, T)                                                              \
    {                                                                                           \
        T r = fmod##near##_##D(x, y), q = (x - r) / y - (T)((r != 0) & ((r < 0) != (y < 0)));   \
        T whole = floor_##D(q), nearest = whole + (T)(q - whole > (T)0.5);                      \
        return y == 0 ? x / y : copysign_##D(nearest, x / y);                                   \
    }
#define DIVIDE_FLOAT(D, T)                                                                      \
    FUN2(div_trunc, D, T) { return trunc_##D(x / y); }                                          \
    DIVIDE_BY(, D, T)
FOR_FLOATS(DIVIDE_FLOAT)
DIVIDE_BY(_near, F32, float)
DIVIDE_BY(_near, F64, double)

/* ---- integer powers by squaring; a negative power is the rounded-down reciprocal: 0 but for 1 and -1 ---- */
#define POWER(D, T, wide)                                                                       \
    FUN2(power, D, T)                                                                           \
    {                                                                                           \
        wide result = 1, square = (wide)x;                                                      \
        for (; y > 0; y /= 2, square *= square)                                                 \
            if (y % 2)                                                                          \
                result *= square;                                                               \
        return (T)result;                                                                       \
    }
POWER(U8, uint8_t, uint32_t)
POWER(I32, int32_t, uint32_t)
POWER(I64, int64_t, uint64_t)
#define POW_SIGNED(D, T)                                                                        \
    FUN2(pow, D, T) { return y >= 0 ? power_##D(x, y) : x == 1 ? 1 : x != -1 ? 0 : y % 2 ? -1 : 1; }
FOR_SIGNED(POW_SIGNED)
FUN2(pow, U8, uint8_t) { return power_U8(x, y); }

/* ---- fused gradients: PyTorch's compiler fuses this subtraction, so its digits need the fma ---- */
FUN2(tanh_backward, F32, float) { return x * fmaf(-y, y, 1); }
FUN2(tanh_backward, F64, double) { return x * fma(-y, y, 1); }

/* The other evaluation of whole blocks (approx.h), where the function is exact in every form. */
#define ONE_POWER(D, T) FUN2(pow_block, D, T) { return pow_##D(x, y); }
FOR_INTS(ONE_POWER)
FUN2(pow, BOOL, uint8_t) { return y ? x : 1; }
#endif
