/* 2 to multiples of 1/128, as products of two small tables: AVX-512 keeps both in registers, and what it multiplies there
 * equals, to the last bit, what the table of all 128 holds. */
#ifndef CT_EXPS_H
#define CT_EXPS_H

#define EXP_SIXTEENTHS(_)                                                                                          \
    _(0x1p+0) _(0x1.0b5586cf9890fp+0) _(0x1.172b83c7d517bp+0) _(0x1.2387a6e756238p+0)                              \
    _(0x1.306fe0a31b715p+0) _(0x1.3dea64c123422p+0) _(0x1.4bfdad5362a27p+0) _(0x1.5ab07dd485429p+0)                \
    _(0x1.6a09e667f3bcdp+0) _(0x1.7a11473eb0187p+0) _(0x1.8ace5422aa0dbp+0) _(0x1.9c49182a3f09p+0)                 \
    _(0x1.ae89f995ad3adp+0) _(0x1.c199bdd85529cp+0) _(0x1.d5818dcfba487p+0) _(0x1.ea4afa2a490dap+0)
#define EXP_PARTS(_, a)                                                                                            \
    _(a, 0x1p+0) _(a, 0x1.0163da9fb3335p+0) _(a, 0x1.02c9a3e778061p+0) _(a, 0x1.04315e86e7f85p+0)                  \
    _(a, 0x1.059b0d3158574p+0) _(a, 0x1.0706b29ddf6dep+0) _(a, 0x1.0874518759bc8p+0) _(a, 0x1.09e3ecac6f383p+0)

#define EXP_ONE(a) a,
#define EXP_PRODUCT(a, b) a * b,
#define EXP_EIGHT(a) EXP_PARTS(EXP_PRODUCT, a)
static const double exp_128ths[128] = {EXP_SIXTEENTHS(EXP_EIGHT)};
#if defined(__AVX512F__)
static const double exp_sixteenths[16] = {EXP_SIXTEENTHS(EXP_ONE)};
static const double exp_parts[8] = {EXP_EIGHT(1.0)};
#endif
#undef EXP_SIXTEENTHS
#undef EXP_PARTS
#undef EXP_ONE
#undef EXP_PRODUCT
#undef EXP_EIGHT

/* x = s ln2 + r with s a multiple of 1/128, |r| <= ln2 / 256 and a bit, for floats x below 2^20: EXP_ROUND + x / ln2 has 128 s
 * in its low bits. Products with EXP_INV_LN2 (29 bits) and EXP_LN2_HI (32) are exact, and the others' rounding is too
 * small to be seen in a float32: fused or not, the results are the same for each of the 2^32 arguments. */
#define EXP_ROUND 0x1.8p45
#define EXP_INV_LN2 0x1.7154765p+0
#define EXP_LN2_HI 0x1.62e42fe8p-1
#define EXP_LN2_LO 0x1.e8e7bcd5e4f1ep-31
#if defined(__FMA__)
#define EXP_FUSED(a, b, c) fma(a, b, c)
#else
#define EXP_FUSED(a, b, c) ((a) * (b) + (c))
#endif
#endif
