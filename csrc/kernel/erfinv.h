/* The inverse of erf, without branches: loops vectorise. In the middle x times a quotient of polynomials in x^2 (in h, what x^2 lacks
 * of the middle's end: all terms are of one sign); in the tails t and a quotient of polynomials in t = sqrt(-log(1 - |x|)), of what t is above its least (after
 * M. J. Wichura, "Algorithm AS 241", Applied Statistics 37, 1988; the quotients are our own, by least squares in 80 digits). */
#ifndef CT_ERFINV_H
#define CT_ERFINV_H
#include "kernel/dpair.h"

typedef struct fraction { double n, d; } fraction;
/* (erfinv(x) / x - sqrt(pi) / 2) / x^2 of x^2 up to 0.85^2: 7e-18 of erfinv. */
ALWAYS fraction erfinv_middle(double square)
{
    double h = 0.7225 - square, n = 0x1.9320f42cfc40bp-9, d = 0x1.36aaa2661493fp+0;
    n = onward(n, h, 0x1.9473650028de8p-1, 0x1.db4c3a018ae45p+2, 0x1.5733b60ce9be3p+4, 0x1.a5e6b4bdadba8p+4);
    n = fma(fma(fma(n, h, 0x1.ec6a72a8807d7p+3), h, 0x1.0cde4a66bc143p+2), h, 0x1.b936a474a620bp-2);
    d = onward(d, h, 0x1.08913407a39f8p+4, 0x1.102f5517a1ffap+6, 0x1.e5069e67c552p+6, 0x1.ae045449fd3bdp+6);
    return (fraction){n, fma(fma(fma(d, h, 0x1.8b949c6b12a29p+5), h, 0x1.6832f482683e5p+3), h, 1)};
}
/* erfinv(x) - t, for x from 0.85 on: 2e-17 of erfinv. */
ALWAYS fraction erfinv_tail(double t)
{
    double h = t - 1.37, n = -0x1.16f3310438f56p-26, d = 0x1.805ee6f5be1aap-18;
    n = onward(n, h, -0x1.177f8125e4716p-16, -0x1.d840b6dee5a94p-11, -0x1.f04f99a0e6aa3p-7, -0x1.cca71d2bb77aap-4);
    n = onward(n, h, -0x1.afc0da55215f4p-2, -0x1.ade686a66be81p-1, -0x1.b91e459b83cf8p-1, -0x1.7052dd4cd705ap-2);
    d = onward(d, h, 0x1.cbc9471b03b3fp-12, 0x1.44832c0f255eap-7, 0x1.9719a3158f1efp-4, 0x1.0b9569124bf9cp-1);
    return (fraction){n, onward(d, h, 0x1.8d49a4fa58537p+0, 0x1.543a719600a05p+1, 0x1.3dccafeb7f7e8p+1, 1)};
}
/* u sqrt(pi) / 2 as a pair, and the rest. */
ALWAYS double erfinv_sum(double u, double quotient)
{
    dpair first = dpair_times((dpair){0x1.c5bf891b4ef6bp-1, -0x1.618f13eb7ca89p-55}, u);
    double rest = u * (u * u * quotient), sum = first.hi + rest;
    return sum + (((first.hi - sum) + rest) + first.lo);
}
ALWAYS int erfinv_fits_F64(double x) { return fabs(x) <= 0.85; }
ALWAYS double erfinv_near_F64(double x)
{
    double u = fabs(x);
    fraction q = erfinv_middle(u * u);
    return copysign(erfinv_sum(u, q.n / q.d), x);
}
/* The root of a pair by one step of Newton's, over the quotient's divisor. */
ALWAYS double erfinv_far_F64(double x)
{
    double u = fabs(x);
    dpair log = dpair_log(1 - u);
    double t = sqrt(-log.hi), rest = fma(-t, t, -log.hi) - log.lo;
    fraction p = erfinv_tail(t);
    double y = t + fma(p.n, 2 * t, rest * p.d) / (p.d * (2 * t));
    return copysign(u < 1 ? y : u == 1 ? INFINITY : NAN, x);
}

/* float32 in double: 3e-11 of erfinv(x), x^2 up to 0.7225, and 5e-11 in the tails. */
ALWAYS fraction erfinv_short_middle(double z)
{
    double n = 0x1.16cab7a5c294cp-10, d = 0x1.eabe683cf41b7p-4;
    n = onward(n, z, 0x1.386f41f30f669p-5, -0x1.0799da273d2efp-1, 0x1.b380034bb6ef3p+0, -0x1.0ddea6543fa15p+1);
    d = onward(d, z, -0x1.e384146cc9ef8p-1, 0x1.3bc6b96b9e9cp+1, -0x1.5206942944feap+1, 1);
    return (fraction){fma(n, z, 0x1.c5bf891b19eddp-1), d};
}
ALWAYS fraction erfinv_short_tail(double t)
{
    double h = t - 1.37;
    return (fraction){onward(-0x1.681ffb00ee9c9p-15, h, -0x1.8ca64e21c82e5p-7, -0x1.3f87c498d7563p-3, -0x1.ce06304e0fc79p-2, -0x1.7052dd4da848ap-2),
                      onward(0x1.54d662ce56355p-8, h, 0x1.dee6c1bd8645fp-4, 0x1.50acbec622b99p-1, 0x1.5788cea9fb7ebp+0, 1)};
}
ALWAYS int erfinv_fits_F32(float x) { return fabsf(x) <= 0.85f; }
ALWAYS float erfinv_near_F32(float x)
{
    double u = x;
    fraction q = erfinv_short_middle(u * u);
    return (float)(u * (q.n / q.d));
}
ALWAYS float erfinv_far_F32(float x)
{
    double a = x, u = fabs(a), t = sqrt(-log_of(1 - u));
    fraction p = erfinv_short_tail(t);
    double y = t + p.n / p.d;
    return (float)copysign(u < 1 ? y : u == 1 ? INFINITY : NAN, a);
}
#endif
