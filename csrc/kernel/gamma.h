/* lgamma and digamma without branches: loops vectorise. f_near_D of x >= 0; f_reflect_D of x < 0, from y = f(1 - x).
 *
 * lgamma: from 5 on Stirling's series; below, the recurrence leads to [1, 2], where a polynomial in h, the distance from the middle,
 * stands beside the zeros, which are told exactly. Polynomials have the least error of their degree: in float64 1e-17 of the result,
 * in float32, which is computed in double, 2e-11. digamma is PyTorch's evaluation, whose digits follow from it. */
#ifndef CT_GAMMA_H
#define CT_GAMMA_H
#include "kernel/dpair.h"

/* lgamma(1 + u) as a pair, 0 <= u < 1: u (u - 1) (r + h p(h)). */
ALWAYS dpair lgamma_from_1(double u)
{
    double v = u - 1, h = u - 0.5, p = 0x1.976ee8bcdaac5p-17;
    p = onward(p, h, -0x1.36fda51b20c55p-16, 0x1.ba73f078a16f7p-17, -0x1.685222df9116ap-16, 0x1.68ec94db1bbc1p-15);
    p = onward(p, h, -0x1.1cf954a1e3c1dp-14, 0x1.b9e5bda83dfb8p-14, -0x1.61846785c900ap-13, 0x1.1c7e1c18a4bb8p-12);
    p = onward(p, h, -0x1.cb503e6eddc43p-12, 0x1.750a7b93658e9p-11, -0x1.313e52a4cd2fep-10, 0x1.f814ba93b75ecp-10);
    p = onward(p, h, -0x1.a5035379640b4p-9, 0x1.64f0664cc773dp-8, -0x1.34dbda12879fep-7, 0x1.133423527e3aep-6);
    p = fma(fma(fma(p, h, -0x1.007aa83cefa09p-5), h, 0x1.01af62a2929ccp-4), h, -0x1.2aed059bd6085p-3);
    dpair zeros = dpair_times((dpair){v, u - (v + 1)}, u);
    return dpair_product(zeros, one_add_dpair(0x1.eeb95b094c191p-2, (dpair){h * p, 0x1.346863f58b075p-56}));
}
/* x >= 0. (x - 1/2) (log x - 1) + (log(2 pi) - 1) / 2 + S(1 / x^2) / x is Stirling's series. */
ALWAYS dpair lgamma_above_0(double x)
{
    int far = x >= 5;
    double steps = x >= 2 ? x - 1 : 1;
    steps *= x >= 3 ? x - 2 : 1;
    steps *= x >= 4 ? x - 3 : 1;
    dpair log = dpair_log(x < 1 || far ? x : steps), near = lgamma_from_1(far ? 0 : x - floor(x));
    near = dpair_add(near, (dpair){x < 1 ? -log.hi : log.hi, x < 1 ? -log.lo : log.lo});
    double t = 1 / (far ? x : 5), z = t * t, p = -0x1.a0711bf048b81p-7;
    p = onward(p, z, 0x1.66797d3acc784p-8, -0x1.ee7f8f7a0bdcdp-10, 0x1.b8ff4601ca50ep-11, -0x1.38128f144b783p-11);
    p = fma(fma(fma(p, z, 0x1.a01a00235c99p-11), z, -0x1.6c16c16bd31e9p-9), z, 0x1.555555555554ep-4);
    dpair much = dpair_times(dpair_add_one(log, -1), x - 0.5);
    much.lo += fma(p, t, 0x1.acfe390c97d69p-2);
    int beyond = (far & (much.hi > 0x1.fffffffffffffp+1023)) | (x == 0);
    return (dpair){beyond ? INFINITY : far ? much.hi : near.hi, beyond ? 0 : far ? much.lo : near.lo};
}
/* sin(pi f) / f and cos(pi f) of z = f^2 up to 1/4. */
ALWAYS double sin_pi_over(double z)
{
    double s = 0x1.9d1b84bcf2f95p-21;
    s = onward(s, z, -0x1.6f7976fd74bb2p-16, 0x1.e8f35e9cf8ba9p-12, -0x1.e3074ddd1c26fp-8, 0x1.50783485190a4p-4);
    return onward(s, z, -0x1.32d2cce627542p-1, 0x1.466bc6775aa6ep+1, -0x1.4abbce625be52p+2, 0x1.921fb54442d18p+1);
}
ALWAYS double cos_pi(double z)
{
    double c = 0x1.167966c2fcb5cp-18;
    c = onward(c, z, -0x1.b69582522bb92p-14, 0x1.f9d2548695cc9p-10, -0x1.a6d1efc96489fp-6, 0x1.e1f506813c9edp-3);
    return onward(c, z, -0x1.55d3c7e3bfc47p+0, 0x1.03c1f081b5993p+2, -0x1.3bd3cc9be45dbp+2, 1);
}

ALWAYS double lgamma_near_F64(double x)
{
    dpair y = lgamma_above_0(x);
    return y.hi + y.lo;
}
/* log(pi / |sin pi x|) - y. Infinite at poles, and at -inf. */
ALWAYS double lgamma_reflect_F64(double x, double y)
{
    double f = fabs(x - rint(x)), s = f * sin_pi_over(f * f);
    dpair log = dpair_log(s), r = dpair_add((dpair){0x1.250d048e7a1bdp+0, 0x1.7abf2ad8d5088p-57}, (dpair){-log.hi, -log.lo});
    r = dpair_add_one(r, -y);
    return f == 0 || x == -INFINITY ? INFINITY : r.hi + r.lo;
}
ALWAYS double lgamma_near_F32(double x)
{
    int far = x >= 5;
    double steps = x >= 2 ? x - 1 : 1, u = far ? 0 : x - floor(x), h = u - 0.5, p = 0x1.9624d9b56e9f9p-12;
    steps *= x >= 3 ? x - 2 : 1;
    steps *= x >= 4 ? x - 3 : 1;
    double log = log_of(x < 1 || far ? x : steps), t = 1 / (far ? x : 5), z = t * t, q = -0x1.1525b2497dd68p-11;
    p = onward(p, h, -0x1.3e88dfefc994ep-11, 0x1.5e8ee74dc343ap-11, -0x1.22647bb7a5d72p-10, 0x1.fa11b7228c52dp-10);
    p = onward(p, h, -0x1.a62a34facc423p-9, 0x1.64e50173fe80ep-8, -0x1.34d65d99d5b64p-7, 0x1.13344237ac49bp-6);
    p = onward(p, h, -0x1.007ab35d36a46p-5, 0x1.01af62832e50cp-4, -0x1.2aed059568bd7p-3, 0x1.eeb95b095169ep-2);
    q = fma(fma(fma(q, z, 0x1.9f1985d1f2afep-11), z, -0x1.6c160f62af51ep-9), z, 0x1.5555555121113p-4);
    return far ? (x - 0.5) * (log - 1) + fma(q, t, 0x1.acfe390c97d69p-2) : u * (u - 1) * p + (x < 1 ? -log : log);
}
ALWAYS double lgamma_reflect_F32(double x, double y)
{
    double f = fabs(x - rint(x));
    return x == -INFINITY ? INFINITY : 0x1.250d048e7a1bdp+0 - log_of(f * sin_pi_over(f * f)) - y;
}

/* The recurrence up to 10, then the asymptotic series. */
ALWAYS double digamma_log_F64(double x)
{
    dpair log = dpair_log(x);
    return log.hi + log.lo;
}
ALWAYS float digamma_log_F32(float x) { return (float)log_of(x); }
#define DIGAMMA_STEP                \
    below -= x < 10 ? 1 / x : 0;    \
    x += x < 10 ? 1 : 0;
#define DIGAMMA(D, T, fma)                                                                                      \
    ALWAYS T digamma_near_##D(T at)                                                                            \
    {                                                                                                          \
        T x = at, below = 0, c = (T)8.33333333333333333333E-2;                                                 \
        DIGAMMA_STEP DIGAMMA_STEP DIGAMMA_STEP DIGAMMA_STEP DIGAMMA_STEP                                       \
        DIGAMMA_STEP DIGAMMA_STEP DIGAMMA_STEP DIGAMMA_STEP DIGAMMA_STEP                                       \
        T z = 1 / (x * x), p = fma(fma(fma(c, z, (T)-2.10927960927960927961E-2), z, (T)7.57575757575757575758E-3), z, (T)-4.16666666666666666667E-3); \
        p = fma(fma(fma(p, z, (T)3.96825396825396825397E-3), z, (T)-8.33333333333333333333E-3), z, c);         \
        T sum = below + digamma_log_##D(x) - (T)0.5 / x - (x < (T)1e17 ? z * p : 0);                           \
        sum = x == 10 ? below + (T)2.25175258906672110764 : at == INFINITY ? at : sum;                         \
        return at == 0 ? copysign_##D(INFINITY, -at) : sum;                                                    \
    }                                                                                                          \
    static inline T digamma_reflect_##D(T x, T y)                                                              \
    {                                                                                                          \
        double r = (double)x - trunc((double)x);                                                               \
        return r == 0 ? NAN : y - (T)(0x1.921fb54442d18p+1 / tan(0x1.921fb54442d18p+1 * r));                   \
    }
DIGAMMA(F32, float, fmaf)
DIGAMMA(F64, double, fma)
#undef DIGAMMA
#undef DIGAMMA_STEP
#endif
