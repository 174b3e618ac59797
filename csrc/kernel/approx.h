/* Transcendental functions of one element, f_F32 and f_F64. */
#ifndef CT_APPROX_H
#define CT_APPROX_H
#include <math.h>

/* float32 evaluated in double and rounded: the nearest float32 but for about one argument in 10^8. */
#define VIA_DOUBLE(f)                                                      \
    static inline float f##_F32(float x) { return (float)f((double)x); }   \
    static inline double f##_F64(double x) { return f(x); }
#define VIA_DOUBLE2(f)                                                                            \
    static inline float f##_F32(float x, float y) { return (float)f((double)x, (double)y); }      \
    static inline double f##_F64(double x, double y) { return f(x, y); }
VIA_DOUBLE(exp)
VIA_DOUBLE(exp2)
VIA_DOUBLE(expm1)
VIA_DOUBLE(log)
VIA_DOUBLE(log2)
VIA_DOUBLE(log10)
VIA_DOUBLE(log1p)
VIA_DOUBLE(sin)
VIA_DOUBLE(cos)
VIA_DOUBLE(tan)
VIA_DOUBLE(asin)
VIA_DOUBLE(acos)
VIA_DOUBLE(atan)
VIA_DOUBLE(sinh)
VIA_DOUBLE(cosh)
VIA_DOUBLE(tanh)
VIA_DOUBLE(asinh)
VIA_DOUBLE(acosh)
VIA_DOUBLE(atanh)
VIA_DOUBLE(erf)
VIA_DOUBLE(erfc)
VIA_DOUBLE2(pow)
VIA_DOUBLE2(atan2)
VIA_DOUBLE2(hypot)

static inline float sigmoid_F32(float x) { return 1 / (1 + exp_F32(-x)); }
static inline double sigmoid_F64(double x) { return 1 / (1 + exp_F64(-x)); }
#endif
