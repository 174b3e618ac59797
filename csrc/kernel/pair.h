/* Float pairs: an unevaluated sum hi + lo that carries about 48 bits, after T. J. Dekker (1971) and, with fused
 * multiply-adds, as SLEEF (N. Shibata, F. Petrogalli) arranges it: PyTorch's vector functions are SLEEF's, and the
 * last bit follows from this very order of operations. `ordered` sums expect |a| >= |b|. */
#ifndef CT_PAIR_H
#define CT_PAIR_H
#include <math.h>

/* Each use is a loop of its own, and a loop with a call in it does not vectorise. */
#define ALWAYS static inline __attribute__((always_inline))

typedef struct pair { float hi, lo; } pair;

ALWAYS pair pair_of(float hi, float lo) { return (pair){hi, lo}; }
ALWAYS pair pair_renew(pair a) { float s = a.hi + a.lo; return pair_of(s, (a.hi - s) + a.lo); }
ALWAYS pair pair_scale(pair a, float power_of_2) { return pair_of(a.hi * power_of_2, a.lo * power_of_2); }
ALWAYS float pair_sum(pair a) { return a.hi + a.lo; }

/* What a + b = s has lost, for any two numbers (D. Knuth). */
ALWAYS float lost(float a, float b, float s) { float v = s - a; return (a - (s - v)) + (b - v); }

ALWAYS pair add_ff(float a, float b) { float s = a + b; return pair_of(s, lost(a, b, s)); }
ALWAYS pair add_pf(pair a, float b) { float s = a.hi + b; return pair_of(s, lost(a.hi, b, s) + a.lo); }
ALWAYS pair add_pp(pair a, pair b) { float s = a.hi + b.hi; return pair_of(s, lost(a.hi, b.hi, s) + (a.lo + b.lo)); }

ALWAYS pair ordered_ff(float a, float b) { float s = a + b; return pair_of(s, (a - s) + b); }
ALWAYS pair ordered_pf(pair a, float b) { float s = a.hi + b; return pair_of(s, ((a.hi - s) + b) + a.lo); }
ALWAYS pair ordered_fp(float a, pair b) { float s = a + b.hi; return pair_of(s, ((a - s) + b.hi) + b.lo); }
ALWAYS pair ordered_pp(pair a, pair b) { float s = a.hi + b.hi; return pair_of(s, (((a.hi - s) + b.hi) + a.lo) + b.lo); }
ALWAYS pair ordered_minus(pair a, pair b) { float s = a.hi - b.hi; return pair_of(s, (((a.hi - s) - b.hi) + a.lo) - b.lo); }

ALWAYS pair mul_pf(pair a, float b) { float s = a.hi * b; return pair_of(s, fmaf(a.lo, b, fmaf(a.hi, b, -s))); }
ALWAYS pair mul_pp(pair a, pair b)
{
    float s = a.hi * b.hi;
    return pair_of(s, fmaf(a.hi, b.lo, fmaf(a.lo, b.hi, fmaf(a.hi, b.hi, -s))));
}
ALWAYS pair square_p(pair a)
{
    float s = a.hi * a.hi;
    return pair_of(s, fmaf(a.hi + a.hi, a.lo, fmaf(a.hi, a.hi, -s)));
}
ALWAYS pair inverse_p(pair a)
{
    float s = 1 / a.hi;
    return pair_of(s, s * fmaf(-a.lo, s, fmaf(-a.hi, s, 1)));
}
ALWAYS pair div_pp(pair a, pair b)
{
    float t = 1 / b.hi, s = a.hi * t, u = fmaf(t, a.hi, -s);
    float v = fmaf(-b.lo, t, fmaf(-b.hi, t, 1));
    return pair_of(s, fmaf(s, v, fmaf(a.lo, t, u)));
}
#endif
