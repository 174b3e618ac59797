/* conv: convolutions of one to three dimensions as products with columns.
 *
 * A column holds what one place of the output reads of the input. The matrix of all columns is never written out: a slice
 * of it, about CONV_SLICE bytes, is gathered into scratch and goes through the product kernel while it is in the cache.
 * x is the operand at the input's place, y at the output's; each of the three functions computes one of x, w, y (or their
 * gradients) from the other two. Fewer dimensions than three have size 1 in front.
 *
 * Halves: columns are gathered as they are, and the product widens its blocks; what is added up (the weight's gradient over all
 * slices, an image's over the columns) is float32 in scratch and rounded once. */
#ifndef CT_CONV_H
#define CT_CONV_H
#include "base/dtype.h"
#include <stdbool.h>
#include <stdint.h>

enum { CONV_SLICE = 192 * 1024 };
typedef struct k_conv {
    ct_dtype dtype;                           /* floats; int64; other integers by k_conv_out alone */
    int64_t batch, groups, in_c, out_c;       /* channels of one group */
    int64_t in[3], out[3], kernel[3], stride[3], pad[3], dilation[3];
    char *x, *w, *y;                          /* row-major but for the stride over the batch, in elements: 0 repeats */
    int64_t x_batch, y_batch;
    const char *bias;                         /* of the result's channels, contiguous; NULL: none */
    char *scratch;                            /* k_conv_scratch bytes */
    int threads;                              /* that may share it, and have room in scratch */
} k_conv;

int64_t k_conv_scratch(const k_conv *c);
bool k_conv_wants_blas(const k_conv *c);
void k_conv_out(const k_conv *c);             /* y from x and w, plus bias */
void k_conv_in(const k_conv *c);              /* x from y and w, plus bias: the adjoint in x, and transposed convolution */
void k_conv_weight(const k_conv *c);          /* w from x and y: the adjoint in w */
#endif
