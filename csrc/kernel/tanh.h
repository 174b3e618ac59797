/* float64 tanh: SLEEF's "u10" algorithm, in the order of its FMA builds, on pairs of doubles (see sleef.h). No branches. */
#ifndef CT_TANH_H
#define CT_TANH_H
#include <math.h>
#include <stdint.h>
#include <string.h>

typedef struct dpair { double hi, lo; } dpair;
ALWAYS dpair dpair_add(dpair x, dpair y)
{
    double s = x.hi + y.hi, v = s - x.hi;
    return (dpair){s, ((x.hi - (s - v)) + (y.hi - v)) + (x.lo + y.lo)};
}
ALWAYS dpair dpair_add_one(dpair x, double y)
{
    double s = x.hi + y, v = s - x.hi;
    return (dpair){s, ((x.hi - (s - v)) + (y - v)) + x.lo};
}
ALWAYS dpair one_add_dpair(double x, dpair y)
{
    double s = x + y.hi, v = s - x;
    return (dpair){s, ((x - (s - v)) + (y.hi - v)) + y.lo};
}
ALWAYS dpair dpair_times(dpair x, double y)
{
    double s = x.hi * y;
    return (dpair){s, fma(x.lo, y, fma(x.hi, y, -s))};
}
ALWAYS dpair dpair_product(dpair x, dpair y)
{
    double s = x.hi * y.hi;
    return (dpair){s, fma(x.hi, y.lo, fma(x.lo, y.hi, fma(x.hi, y.hi, -s)))};
}
ALWAYS dpair dpair_square(dpair x)
{
    double s = x.hi * x.hi;
    return (dpair){s, fma(x.hi + x.hi, x.lo, fma(x.hi, x.hi, -s))};
}
ALWAYS dpair dpair_inverse(dpair d)
{
    double s = 1 / d.hi;
    return (dpair){s, s * fma(-d.lo, s, fma(-d.hi, s, 1))};
}
ALWAYS double dpair_quotient(dpair n, dpair d)
{
    double t = 1 / d.hi, s = n.hi * t, u = fma(t, n.hi, -s), v = fma(-d.lo, t, fma(-d.hi, t, 1));
    return s + fma(s, v, fma(n.lo, t, u));
}

/* e^x for 0 <= x <= 20. */
ALWAYS dpair dpair_exp(double x)
{
    double whole = rint(x * 1.442695040888963407359924681001892137), u = 0.1602472219709932072e-9, power;
    dpair s = dpair_add_one(dpair_add_one((dpair){x, 0}, whole * -.69314718055966295651160180568695068359375), whole * -.28235290563031577122588448175013436025525412068e-12);
    u = fma(u, s.hi, 0.2092255183563157007e-8);
    u = fma(u, s.hi, 0.2505230023782644465e-7);
    u = fma(u, s.hi, 0.2755724800902135303e-6);
    u = fma(u, s.hi, 0.2755731892386044373e-5);
    u = fma(u, s.hi, 0.2480158735605815065e-4);
    u = fma(u, s.hi, 0.1984126984148071858e-3);
    u = fma(u, s.hi, 0.1388888888886763255e-2);
    u = fma(u, s.hi, 0.8333333333333347095e-2);
    u = fma(u, s.hi, 0.4166666666666669905e-1);
    dpair t = one_add_dpair(0.1666666666666666574, dpair_times(s, u));
    t = one_add_dpair(0.5, dpair_product(s, t));
    t = dpair_add(s, dpair_product(dpair_square(s), t));
    double one = 1 + t.hi;
    int64_t bits = (int64_t)((uint64_t)((int32_t)(x != x ? 0 : whole) + 1023) << 52);
    memcpy(&power, &bits, 8);
    return (dpair){one * power, (((1 - one) + t.hi) + t.lo) * power};
}
ALWAYS double sleef_tanh_F64(double x)
{
    double size = fabs(x), y = size > 20 ? 20 : size;
    dpair d = dpair_exp(y), e = dpair_inverse(d);
    double t = dpair_quotient(dpair_add(d, (dpair){-e.hi, -e.lo}), dpair_add(d, e));
    return copysign(size > 18.714973875118524 ? 1 : t, x);
}
#endif
