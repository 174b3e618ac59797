/* Float pairs: an unevaluated sum hi + lo that carries about 48 bits, after T. J. Dekker (1971) and, with fused
 * multiply-adds, as SLEEF (N. Shibata, F. Petrogalli) arranges it: PyTorch's vector functions are SLEEF's, and the
 * last bit follows from this very order of operations. `ordered` sums expect |a| >= |b|. */
#ifndef CT_PAIR_H
#define CT_PAIR_H
#include <math.h>

typedef struct pair { float hi, lo; } pair;

static inline pair pair_of(float hi, float lo) { return (pair){hi, lo}; }
static inline pair pair_renew(pair a) { float s = a.hi + a.lo; return pair_of(s, (a.hi - s) + a.lo); }
static inline pair pair_scale(pair a, float power_of_2) { return pair_of(a.hi * power_of_2, a.lo * power_of_2); }
static inline float pair_sum(pair a) { return a.hi + a.lo; }

/* What a + b = s has lost, for any two numbers (D. Knuth). */
static inline float lost(float a, float b, float s) { float v = s - a; return (a - (s - v)) + (b - v); }

static inline pair add_ff(float a, float b) { float s = a + b; return pair_of(s, lost(a, b, s)); }
static inline pair add_pf(pair a, float b) { float s = a.hi + b; return pair_of(s, lost(a.hi, b, s) + a.lo); }
static inline pair add_pp(pair a, pair b) { float s = a.hi + b.hi; return pair_of(s, lost(a.hi, b.hi, s) + (a.lo + b.lo)); }

static inline pair ordered_ff(float a, float b) { float s = a + b; return pair_of(s, (a - s) + b); }
static inline pair ordered_pf(pair a, float b) { float s = a.hi + b; return pair_of(s, ((a.hi - s) + b) + a.lo); }
static inline pair ordered_fp(float a, pair b) { float s = a + b.hi; return pair_of(s, ((a - s) + b.hi) + b.lo); }
static inline pair ordered_pp(pair a, pair b) { float s = a.hi + b.hi; return pair_of(s, (((a.hi - s) + b.hi) + a.lo) + b.lo); }
static inline pair ordered_minus(pair a, pair b) { float s = a.hi - b.hi; return pair_of(s, (((a.hi - s) - b.hi) + a.lo) - b.lo); }

static inline pair mul_pf(pair a, float b) { float s = a.hi * b; return pair_of(s, fmaf(a.lo, b, fmaf(a.hi, b, -s))); }
static inline pair mul_pp(pair a, pair b)
{
    float s = a.hi * b.hi;
    return pair_of(s, fmaf(a.hi, b.lo, fmaf(a.lo, b.hi, fmaf(a.hi, b.hi, -s))));
}
static inline pair square_p(pair a)
{
    float s = a.hi * a.hi;
    return pair_of(s, fmaf(a.hi + a.hi, a.lo, fmaf(a.hi, a.hi, -s)));
}
static inline pair inverse_p(pair a)
{
    float s = 1 / a.hi;
    return pair_of(s, s * fmaf(-a.lo, s, fmaf(-a.hi, s, 1)));
}
static inline pair div_pp(pair a, pair b)
{
    float t = 1 / b.hi, s = a.hi * t, u = fmaf(t, a.hi, -s);
    float v = fmaf(-b.lo, t, fmaf(-b.hi, t, 1));
    return pair_of(s, fmaf(s, v, fmaf(a.lo, t, u)));
}
#endif
