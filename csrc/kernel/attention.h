/* attention: softmax(q k^T scale + mask) v by blocks of rows and columns, so that the scores of one block are all that is held.
 *
 * For each of batch * heads pairs: q (l, e), k (s, e), v (s, e); any strides. Running maxima and sums make the softmax of the
 * blocks that of the whole row (M. Milakov, N. Gimelshein 2018; T. Dao et al. 2022). Results have rows of e adjacent elements. */
#ifndef CT_ATTENTION_H
#define CT_ATTENTION_H
#include "base/dtype.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct k_part { char *data; int64_t stride[4]; } k_part;   /* batch, head, row, column; in elements */
typedef struct k_attention {
    ct_dtype dtype;
    int64_t batch, heads, l, s, e;
    double scale;
    bool causal, mask_bool;
    k_part q, k, v, mask;           /* mask.data NULL: none; bool: True where attention is paid; else of the dtype, added */
    k_part y;
    char *sums;                     /* (batch, heads, l): logarithm of the sum of a row's exponentials; written, read by backward */
    k_part g, gq, gk, gv;           /* backward */
    char *scratch;
} k_attention;

/* One row of n scores. Forward: they become exponentials below the larger of *most and theirs, which *most becomes, and *total
 * their sum with what it was; returns what earlier results are to be multiplied by. Backward: they become weights from the row's
 * `sums`, and `to`, which holds the weights' gradients, the scores'; `delta` is the sum of result times gradient. */
typedef struct k_scores { int64_t n; double scale; const char *mask; int64_t mask_step; bool mask_bool; } k_scores;
typedef struct k_attend {
    void (*soften)(const k_scores *k, void *scores, void *most, void *total, void *factor);
    void (*finish)(int64_t e, void *y, const void *most, const void *total, void *sum);
    void (*multiply)(int64_t e, void *y, const void *factor);
    void (*slope)(const k_scores *k, void *scores, void *to, const void *sum, const void *delta);
    void (*dot)(int64_t e, const void *y, const void *g, int64_t g_step, void *delta);
} k_attend;

int64_t k_attention_scratch(const k_attention *a, bool backward);
bool k_attention_wants_blas(const k_attention *a);
void k_attention_forward(const k_attention *a);
void k_attention_backward(const k_attention *a);
#endif
