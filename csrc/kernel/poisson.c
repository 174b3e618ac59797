/* Poisson numbers as PyTorch draws them: 64 bits a uniform, each number after the last. Below a rate of 10 how many uniforms can be
 * multiplied before the product is down at exp(-rate); else by transformed rejection (Hoermann 1993, algorithm PTRS). */
#include "kernel/number.h"
#include "kernel/random.h"
#include "kernel/scalar.h"
#include <math.h>

static int64_t count_factors(ct_rng *g, double rate)
{
    double end = exp(-rate), product = draw_unit(g);
    int64_t k = 0;
    for (; product > end; k++)
        product *= draw_unit(g);
    return k;
}
/* rate >= 10. Most draws end at the first return, whose region lies under the density. */
static int64_t transformed_rejection(ct_rng *g, double rate)
{
    double b = 0.931 + 2.53 * sqrt(rate), a = -0.059 + 0.02483 * b, log_rate = log(rate);
    double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), limit = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
        double u = draw_unit(g) - 0.5, v = draw_unit(g), inside = 0.5 - fabs(u);
        int64_t k = to_i64_F64(floor((2 * a / inside + b) * u + rate + 0.43));
        if (inside >= 0.07 && v <= limit)
            return k;
        if (k < 0 || (inside < 0.013 && v > inside))
            continue;
        if (log(v) + log(inverse_alpha) - log(a / (inside * inside) + b) <= -rate + (double)k * log_rate - lgamma((double)k + 1))
            return k;
    }
}
static int64_t poisson(ct_rng *g, double rate) { return rate >= 10 ? transformed_rejection(g, rate) : rate == 0 ? 0 : count_factors(g, rate); }

#define POISSON(D)                                                                               \
    static void poisson_##D(char *const *p, const int64_t *s, int64_t n, const void *draw)       \
    {                                                                                            \
        const k_draw *d = draw;                                                                  \
        for (int64_t i = 0; i < n; i++) {                                                        \
            double rate = (double)load_##D(*(const stored_##D *)(p[1] + i * s[1]));              \
            *(stored_##D *)(p[0] + i * s[0]) = store_##D((number_##D)poisson(d->rng, rate));     \
        }                                                                                        \
    }
POISSON(F16)
POISSON(BF16)
POISSON(F32)
POISSON(F64)
k_loop *const k_poisson_of[DT_COUNT] = {[DT_F16] = poisson_F16, [DT_BF16] = poisson_BF16, [DT_F32] = poisson_F32, [DT_F64] = poisson_F64};
