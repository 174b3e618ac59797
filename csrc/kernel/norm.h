/* norm: rows of zero mean and unit variance, scaled and shifted; forward and backward in one pass over each row.
 *
 * Row-major operands of one floating dtype. What scales and shifts, and its gradients, are rows of n numbers, or, where a row consists
 * of channels, one number a channel; NULL where there is none. Forward
 * leaves each row's mean and 1 / sqrt(var + eps) where it is told a place for them; backward reads them there. */
#ifndef CT_NORM_H
#define CT_NORM_H
#include <stdbool.h>
#include <stdint.h>
#include <math.h>
#include "base/dtype.h"

#define NORM_BYTES 32 /* of a vector, on every machine: PyTorch has no wider loops of norms, and its last bits follow */
enum { NORM_CHUNK = 16, NORM_LEVELS = 64 };
#define norm_fused_F32 fmaf
#define norm_fused_F64 fma
#define norm_root_F32 sqrtf
#define norm_root_F64 sqrt
#define NORM_ROOT(D) CAT(norm_root_, D)

/* groups: 1 where rows have no channels. Else a row is `channels` lines of n / channels numbers; and row r begins with
 * channel r % groups * channels. */
typedef struct k_norm { int64_t rows, n, channels, groups; double eps; } k_norm;
typedef void k_norm_f(const k_norm *k, const void *x, const void *weight, const void *bias, void *y, void *mean, void *scale);
typedef struct k_norm_given { const void *g, *x, *weight, *mean, *scale; } k_norm_given;
typedef void k_norm_back_f(const k_norm *k, const k_norm_given *given, void *gx, void *gweight, void *gbias);
typedef struct k_norms { k_norm_f *forward, *grouped; k_norm_back_f *backward, *grouped_backward; } k_norms;

/* Forward over all rows, shared among threads; whole groups together. */
typedef struct k_norm_rows { const void *x, *weight, *bias; void *y, *mean, *scale; } k_norm_rows;
void k_norm_forward(ct_dtype dtype, const k_norm *k, bool grouped, const k_norm_rows *r);
#endif
