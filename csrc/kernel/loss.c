/* The negative log likelihood: sums cascade through partial sums, each taking up the one below once it has had its share. */
#include "kernel/loss.h"
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

#define NLL(D, T)                                                                                                   \
    static void each_##D(const k_nll *n, T *out)                                                                    \
    {                                                                                                               \
        const T *input = (const T *)n->input, *weight = (const T *)n->weight;                                       \
        for (int64_t i = 0; i < n->batch * n->places; i++) {                                                        \
            int64_t class = n->target[i], b = i / n->places, at = i % n->places;                                    \
            T w = class == n->ignore ? 0 : weight ? weight[class] : 1;                                              \
            out[i] = class == n->ignore ? 0 : -input[(b * n->classes + class) * n->places + at] * w;                \
        }                                                                                                           \
    }                                                                                                               \
    static void sum_##D(const k_nll *n, bool mean, T *out, T *total)                                                \
    {                                                                                                               \
        const T *input = (const T *)n->input, *weight = (const T *)n->weight;                                       \
        T losses[LEVELS] = {0}, weights[LEVELS] = {0}, loss = 0, used = 0;                                          \
        int64_t count = n->batch * n->places, ignored = 0;                                                          \
        int bits = level_bits(count);                                                                               \
        for (int64_t i = 0; i < count; i++) {                                                                       \
            int64_t class = n->target[i], b = i / n->places, at = i % n->places;                                    \
            if (class == n->ignore) {                                                                               \
                ignored++;                                                                                          \
                continue;                                                                                           \
            }                                                                                                       \
            T x = input[(b * n->classes + class) * n->places + at];                                                 \
            losses[0] -= weight ? x * weight[class] : x;                                                            \
            weights[0] += weight ? weight[class] : 0;                                                               \
            for (int j = 0; j + 1 < LEVELS && !(i >> (j * bits) & (((int64_t)1 << bits) - 1)); j++) {               \
                losses[j + 1] += losses[j];                                                                         \
                weights[j + 1] += weights[j];                                                                       \
                losses[j] = weights[j] = 0;                                                                         \
            }                                                                                                       \
        }                                                                                                           \
        for (int j = 0; j < LEVELS; j++) {                                                                          \
            loss += losses[j];                                                                                      \
            used += weights[j];                                                                                     \
        }                                                                                                           \
        *total = weight ? used : (T)(count - ignored);                                                              \
        *out = mean ? loss / *total : loss;                                                                         \
    }
NLL(F32, float)
NLL(F64, double)

void k_nll_each(ct_dtype dtype, const k_nll *n, char *out)
{
    if (dtype == DT_F32)
        each_F32(n, (float *)out);
    else
        each_F64(n, (double *)out);
}

void k_nll_sum(ct_dtype dtype, const k_nll *n, bool mean, char *out, char *total)
{
    if (dtype == DT_F32)
        sum_F32(n, mean, (float *)out, (float *)total);
    else
        sum_F64(n, mean, (double *)out, (double *)total);
}
