/* float32 functions with SLEEF's "u10" algorithms and coefficients (N. Shibata, F. Petrogalli: "SLEEF: A Portable
 * Vectorized Library of C Standard Mathematical Functions", IEEE TPDS 31, 2020; Boost licence), evaluated in the order
 * in which its FMA builds do, so that results equal PyTorch's to the last bit. No branches: loops vectorise. */
#ifndef CT_SLEEF_H
#define CT_SLEEF_H
#include "kernel/pair.h"
#include <stdint.h>
#include <string.h>

ALWAYS float float_bits(uint32_t u) { float f; memcpy(&f, &u, 4); return f; }
ALWAYS uint32_t bits_float(float f) { uint32_t u; memcpy(&u, &f, 4); return u; }
ALWAYS float power_of_2(int32_t e) { return float_bits((uint32_t)(e + 127) << 23); } /* -126 <= e <= 127 */
ALWAYS float with_sign(float x, float sign) { return float_bits(bits_float(x) ^ (bits_float(sign) & 0x80000000u)); }

/* x times 2 to the power e in two steps, so that subnormal results and e beyond the range of one float work. */
ALWAYS float times_2_to(float x, int32_t e)
{
    e = e < -250 ? -250 : e > 250 ? 250 : e;
    return x * power_of_2(e >> 1) * power_of_2(e - (e >> 1));
}
/* Nearest integer to x; arguments beyond int32 are clamped (their results are overwritten by the caller). */
ALWAYS int32_t nearest(float x) { return (int32_t)rintf(x < -1e6f ? -1e6f : x > 1e6f ? 1e6f : x != x ? 0 : x); }

#define LN2_HI 0.693145751953125f
#define LN2_LO 1.428606765330187045e-06f
#define INV_LN2 1.442695040888963407359924681001892137426645954152985934135449406931f

/* The series are told once, for floats and for vectors of them: f multiplies its first two and adds the third, c makes a constant. */
#define SLEEF_EXP_SERIES(f, s, c)                                                                                        \
    f(f(f(f(f(c(0.000198527617612853646278381f), s, c(0.00139304355252534151077271f)), s, c(0.00833336077630519866943359f)), \
          s, c(0.0416664853692054748535156f)), s, c(0.166666671633720397949219f)), s, c(0.5f))
#define ITSELF(x) x
ALWAYS float sleef_exp(float x)
{
    float y = x < -105 ? -105 : x > 105 ? 105 : x, whole = rintf(y * INV_LN2);
    int32_t q = (int32_t)(x != x ? 0 : whole);
    float s = fmaf(whole, -LN2_LO, fmaf(whole, -LN2_HI, y));
    float u = SLEEF_EXP_SERIES(fmaf, s, ITSELF);
    return (1 + fmaf(s * s, u, s)) * power_of_2(q >> 1) * power_of_2(q - (q >> 1));
}

/* Of positive normal numbers: m in [0.75, 1.5), x = (m - 1) / (m + 1), 2 artanh(x) by its series. */
ALWAYS float sleef_log(float a)
{
    float e = (float)((int32_t)(bits_float(a * (1 / 0.75f)) >> 23) - 127), m = float_bits(bits_float(a) - ((uint32_t)(int32_t)e << 23));
    pair x = div_pp(add_ff(-1, m), add_ff(1, m));
    float z = x.hi * x.hi, t = 0.3027294874f;
    t = fmaf(t, z, 0.3996108174f);
    t = fmaf(t, z, 0.6666694880f);
    pair s = mul_pf(pair_of(0.69314718246459960938f, -1.904654323148236017e-09f), e);
    s = ordered_pf(ordered_pp(s, pair_scale(x, 2)), z * x.hi * t);
    return a < INFINITY ? pair_sum(s) : a;
}

ALWAYS float sleef_exp2(float x)
{
    float y = x < -151 ? -151 : x > 129 ? 129 : x, whole = rintf(y), s = y - whole, u = +0.1535920892e-3f;
    int32_t q = (int32_t)(x != x ? 0 : whole);
    u = fmaf(u, s, +0.1339262701e-2f);
    u = fmaf(u, s, +0.9618384764e-2f);
    u = fmaf(u, s, +0.5550347269e-1f);
    u = fmaf(u, s, +0.2402264476e+0f);
    u = fmaf(u, s, +0.6931471825e+0f);
    return fmaf(u, s, 1) * power_of_2(q >> 1) * power_of_2(q - (q >> 1));
}

/* exp of a pair: rounded, and as a pair. */
ALWAYS float exp_of_pair(pair d)
{
    int32_t q = nearest((d.hi + d.lo) * INV_LN2);
    pair s = pair_renew(add_pf(add_pf(d, (float)q * -LN2_HI), (float)q * -LN2_LO));
    float u = 0.00136324646882712841033936f;
    u = fmaf(u, s.hi, 0.00836596917361021041870117f);
    u = fmaf(u, s.hi, 0.0416710823774337768554688f);
    u = fmaf(u, s.hi, 0.166665524244308471679688f);
    u = fmaf(u, s.hi, 0.499999850988388061523438f);
    pair t = ordered_fp(1, ordered_pp(s, mul_pf(square_p(s), u)));
    return d.hi < -104 ? 0 : d.hi > 104 ? INFINITY : times_2_to(pair_sum(t), q);
}

/* Over 2 to the power of whole, x / ln 2 rounded, whose product with LN2_HI leaves x nothing to round. SLEEF has sums of any order here: the
 * same bits where the first is the greater. */
ALWAYS pair exp_pair_of(float x, float whole)
{
    pair s = add_ff(x + whole * -LN2_HI, whole * -LN2_LO);
    float u = +0.1980960224e-3f;
    u = fmaf(u, s.hi, +0.1394256484e-2f);
    u = fmaf(u, s.hi, +0.8333456703e-2f);
    u = fmaf(u, s.hi, +0.4166637361e-1f);
    pair t = ordered_fp(+0.166666659414244234790680580464e+0f, mul_pf(s, u));
    t = mul_pp(square_p(s), ordered_fp(0.5f, mul_pp(s, t)));
    float sum = s.hi + t.hi;
    return ordered_fp(1, pair_of(sum, ((s.hi - sum) + t.hi) + (s.lo + t.lo)));
}
/* e^x - 1 in steps that no argument of it takes beyond float's range; only 2^128 is more than one factor. */
ALWAYS float sleef_expm1(float x)
{
    float y = x < -17 ? -17 : x > 89 ? 89 : x, whole = rintf(y * INV_LN2);
    int32_t q = (int32_t)(x != x ? 0 : whole);
    float first = power_of_2(q < 127 ? q : 127), second = power_of_2(q > 127 ? q - 127 : 0);
    pair t = exp_pair_of(y, whole);
    y = pair_sum(add_pf(pair_scale(t, first), -1)) * second;
    y = x > 88.72283172607421875f ? INFINITY : x < -16.635532333438687426013570f ? -1 : y;
    return x == 0 ? x : y;
}

/* (e^|x| + sign e^-|x|) / 2, infinite where e^|x| is: in halves, which scales exactly. */
ALWAYS float sleef_hyperbolic(float x, float sign)
{
    float a = fabsf(x), y = a > 89 ? 89 : a, whole = rintf(y * INV_LN2), scale = power_of_2((int32_t)(x != x ? 0 : whole) - 1);
    pair t = exp_pair_of(y, whole), e = pair_scale(t, scale);
    y = pair_sum(ordered_pp(e, pair_scale(inverse_p(e), sign * 0.25f)));
    return y * 2 * 0.5f;
}
ALWAYS float sleef_sinh(float x) { return with_sign(sleef_hyperbolic(x, -1), x); }
ALWAYS float sleef_cosh(float x) { return sleef_hyperbolic(x, 1); }

/* Exponent e and mantissa m of x = m 2^e with m about [3/4, 3/2); x is positive and not subnormal. */
ALWAYS int32_t exponent_of(float x) { return (int32_t)(bits_float(x * (1 / 0.75f)) >> 23 & 255) - 127; }
ALWAYS float divided_by_2_to(float x, int32_t e) { return float_bits(bits_float(x) - ((uint32_t)e << 23)); }

/* Sums up log(x) from ln 2 times the exponent and the series in s = (m - 1) / (m + 1). */
ALWAYS pair log_sum(int32_t e, pair s) { return ordered_pp(mul_pf(pair_of(0.69314718246459960938f, -1.904654323148236017e-09f), (float)e), pair_scale(s, 2)); }

ALWAYS pair log_pair(float x) /* of a float, as a pair: for pow */
{
    int small = x < 0x1p-126f;
    x = small ? x * 0x1p64f : x;
    int32_t e = exponent_of(x);
    float m = divided_by_2_to(x, e);
    pair s = div_pp(add_ff(-1, m), add_ff(1, m)), s2 = square_p(s);
    float t = 0.240320354700088500976562f;
    t = fmaf(t, s2.hi, 0.285112679004669189453125f);
    t = fmaf(t, s2.hi, 0.400007992982864379882812f);
    pair c = add_pp(mul_pf(s2, t), pair_of(0.66666662693023681640625f, 3.69183861259614332084311e-09f));
    return ordered_pp(log_sum(small ? e - 64 : e, s), mul_pp(mul_pp(s2, s), c));
}

ALWAYS pair log_of_pair(pair x) /* of a pair, as a pair: for atanh */
{
    int32_t e = exponent_of(x.hi);
    pair m = pair_scale(x, power_of_2(-e > 127 ? 127 : -e < -126 ? -126 : -e));
    pair s = div_pp(add_pf(m, -1), add_pf(m, 1)), s2 = square_p(s);
    float t = 0.2392828464508056640625f;
    t = fmaf(t, s2.hi, 0.28518211841583251953125f);
    t = fmaf(t, s2.hi, 0.400005877017974853515625f);
    t = fmaf(t, s2.hi, 0.666666686534881591796875f);
    return ordered_pp(log_sum(e, s), mul_pf(mul_pp(s2, s), t));
}

ALWAYS float log1p_from_0(float x) /* x >= 0, and NaN */
{
    float y = x + 1, down = x > 0x1p64f ? 0x1p-64f : 1; /* so that neither y nor 2 to the -e leaves the range */
    int32_t e = exponent_of(y * down);
    float scale = divided_by_2_to(1, e), m = fmaf(x * down, scale, scale * down - 1);
    pair s = div_pp(pair_of(m, 0), ordered_ff(2, m));
    float s2 = s.hi * s.hi, t = +0.3027294874e+0f;
    t = fmaf(t, s2, +0.3996108174e+0f);
    t = fmaf(t, s2, +0.6666694880e+0f);
    float r = pair_sum(ordered_pf(log_sum(x > 0x1p64f ? e + 64 : e, s), s2 * s.hi * t));
    return x == INFINITY ? x : r;
}
ALWAYS float sleef_log1p(float x)
{
    float r = log1p_from_0(x);
    r = x < -1 || x != x ? NAN : x == -1 ? -INFINITY : r;
    return x == 0 ? x : r;
}

/* The same for 0 <= x <= 1, and NaN. */
ALWAYS float log1p_to_1(float x)
{
    int over = x + 1 >= 1.5f;
    float m = over ? fmaf(x, 0.5f, -0.5f) : x;
    pair s = div_pp(pair_of(m, 0), ordered_ff(2, m));
    float s2 = s.hi * s.hi, t = +0.3027294874e+0f;
    t = fmaf(t, s2, +0.3996108174e+0f);
    t = fmaf(t, s2, +0.6666694880e+0f);
    return pair_sum(ordered_pf(log_sum(over, s), s2 * s.hi * t));
}

ALWAYS float sleef_atanh(float x)
{
    float a = fabsf(x);
    float y = pair_sum(log_of_pair(div_pp(add_ff(1, a), add_ff(1, -a)))) * 0.5f;
    y = a > 1 || a != a ? NAN : a == 1 ? INFINITY : y;
    return with_sign(y, x);
}

ALWAYS float pow_plain_F32(float x, float y) /* x > 0, both finite: NaN means infinity */
{
    float r = exp_of_pair(mul_pf(log_pair(x), y));
    return r != r ? INFINITY : r;
}
/* x to the power y, from r, that of |x|; numbers from `wide` on are even. */
#define POWER_FROM(name, T, f, with_sign, wide)                                                                         \
    ALWAYS T name(T x, T y, T r)                                                                                       \
    {                                                                                                                  \
        T size = fabs##f(y), a = fabs##f(x);                                                                           \
        int whole = (trunc##f(y) == y) | (size > wide);                                                                \
        int odd = whole & (size < wide) & (trunc##f(y * (T)0.5) != y * (T)0.5);                                        \
        r = x > 0 ? r : !whole ? NAN : odd ? -r : r;                                                                   \
        T grows = with_sign(a - 1, y);                                                                                 \
        r = size == INFINITY ? (grows < 0 ? 0 : grows == 0 ? 1 : INFINITY) : r;                                        \
        r = ((a == INFINITY) | (x == 0)) ? with_sign(y * (x == 0 ? (T)-1 : (T)1) < 0 ? 0 : INFINITY, odd ? x : 1) : r; \
        r = ((x != x) | (y != y)) ? NAN : r;                                                                           \
        return ((y == 0) | (x == 1)) ? 1 : r;                                                                          \
    }
POWER_FROM(power_from_F32, float, f, with_sign, 0x1p24f)

ALWAYS float sleef_atan2(float y, float x)
{
    int small = fabsf(x) < 2.9387372783541830947e-39f;
    x = small ? x * 0x1p24f : x;
    y = small ? y * 0x1p24f : y;
    float a = fabsf(y), b = fabsf(x), quarter = x < 0 ? -2 : 0;
    quarter = b < a ? quarter + 1 : quarter;
    pair s = div_pp(pair_of(b < a ? -b : a, b < a ? -0.f : 0), pair_of(b < a ? a : b, 0));
    pair t = pair_renew(square_p(s));
    float u = -0.00176397908944636583328247f;
    u = fmaf(u, t.hi, 0.0107900900766253471374512f);
    u = fmaf(u, t.hi, -0.0309564601629972457885742f);
    u = fmaf(u, t.hi, 0.0577365085482597351074219f);
    u = fmaf(u, t.hi, -0.0838950723409652709960938f);
    u = fmaf(u, t.hi, 0.109463557600975036621094f);
    u = fmaf(u, t.hi, -0.142626821994781494140625f);
    u = fmaf(u, t.hi, 0.199983194470405578613281f);
    t = mul_pp(t, ordered_ff(-0.333332866430282592773438f, u * t.hi));
    t = mul_pp(s, ordered_fp(1, t));
    t = ordered_pp(mul_pf(pair_of(1.5707963705062866211f, -4.3711388286737928865e-08f), quarter), t);
    const float half_pi = 1.57079632679489661923f, pi = 3.14159265358979323846f;
    float r = with_sign(pair_sum(t), x);
    r = ((b == INFINITY) | (x == 0)) ? half_pi - (b == INFINITY ? with_sign(half_pi, x) : 0) : r;
    r = a == INFINITY ? half_pi - (b == INFINITY ? with_sign(half_pi / 2, x) : 0) : r;
    r = y == 0 ? (bits_float(x) >> 31 ? pi : 0) : r;
    return ((x != x) | (y != y)) ? NAN : with_sign(r, y);
}
#endif
