/* The negative log likelihood: sums cascade through partial sums, each taking up the one below once it has had its share. Halves are rounded
 * at every step, as PyTorch's are. */
#include "kernel/loss.h"
#include "kernel/number.h"
#include <string.h>

enum { LEVELS = 8 };

/* Bits of the counter that one level stands for. */
static int level_bits(int64_t n)
{
    int bits = 0;
    while (bits < 62 && ((int64_t)1 << bits) < n)
        bits++;
    return bits / LEVELS > 4 ? bits / LEVELS : 4;
}

#define ROUND(D, x) load_##D(store_##D(x))
#define NLL(D, S)                                                                                                                 \
    static void each_##D(const k_nll *n, S *out)                                                                                  \
    {                                                                                                                             \
        typedef number_##D T;                                                                                                     \
        const S *input = (const S *)n->input, *weight = (const S *)n->weight;                                                     \
        for (int64_t i = 0; i < n->batch * n->places; i++) {                                                                      \
            int64_t class = n->target[i], b = i / n->places, at = i % n->places;                                                  \
            T w = class == n->ignore ? 0 : weight ? load_##D(weight[class]) : 1;                                                  \
            out[i] = store_##D(class == n->ignore ? 0 : -load_##D(input[b * n->row + class * n->class + at * n->place]) * w);         \
        }                                                                                                                         \
    }                                                                                                                             \
    static void sum_##D(const k_nll *n, bool mean, S *out, S *total)                                                              \
    {                                                                                                                             \
        typedef number_##D T;                                                                                                     \
        const S *input = (const S *)n->input, *weight = (const S *)n->weight;                                                     \
        T losses[LEVELS] = {0}, weights[LEVELS] = {0}, loss = 0, used = 0;                                                        \
        int64_t count = n->batch * n->places, ignored = 0;                                                                        \
        int bits = level_bits(count);                                                                                             \
        for (int64_t i = 0; i < count; i++) {                                                                                     \
            int64_t class = n->target[i], b = n->places == 1 ? i : i / n->places, at = i - b * n->places;                         \
            if (class == n->ignore) {                                                                                             \
                ignored++;                                                                                                        \
                continue;                                                                                                         \
            }                                                                                                                     \
            T x = load_##D(input[b * n->row + class * n->class + at * n->place]);                                                     \
            losses[0] = ROUND(D, losses[0] - (weight ? ROUND(D, x * load_##D(weight[class])) : x));                               \
            weights[0] = weight ? ROUND(D, weights[0] + load_##D(weight[class])) : 0;                                             \
            for (int j = 0; j + 1 < LEVELS && !(i >> (j * bits) & (((int64_t)1 << bits) - 1)); j++) {                             \
                losses[j + 1] = ROUND(D, losses[j + 1] + losses[j]);                                                              \
                weights[j + 1] = ROUND(D, weights[j + 1] + weights[j]);                                                           \
                losses[j] = weights[j] = 0;                                                                                       \
            }                                                                                                                     \
        }                                                                                                                         \
        for (int j = 0; j < LEVELS; j++) {                                                                                        \
            loss = ROUND(D, loss + losses[j]);                                                                                    \
            used = ROUND(D, used + weights[j]);                                                                                   \
        }                                                                                                                         \
        used = weight ? used : ROUND(D, (T)(count - ignored));                                                                    \
        *total = store_##D(used);                                                                                                 \
        *out = store_##D(mean ? loss / used : loss);                                                                              \
    }
NLL(F16, uint16_t)
NLL(BF16, uint16_t)
NLL(F32, float)
NLL(F64, double)

void k_nll_each(ct_dtype dtype, const k_nll *n, char *out)
{
    switch (dtype) {
    case DT_F16: each_F16(n, (uint16_t *)out); return;
    case DT_BF16: each_BF16(n, (uint16_t *)out); return;
    case DT_F32: each_F32(n, (float *)out); return;
    default: each_F64(n, (double *)out);
    }
}

void k_nll_sum(ct_dtype dtype, const k_nll *n, bool mean, char *out, char *total)
{
    switch (dtype) {
    case DT_F16: sum_F16(n, mean, (uint16_t *)out, (uint16_t *)total); return;
    case DT_BF16: sum_BF16(n, mean, (uint16_t *)out, (uint16_t *)total); return;
    case DT_F32: sum_F32(n, mean, (float *)out, (float *)total); return;
    default: sum_F64(n, mean, (double *)out, (double *)total);
    }
}
