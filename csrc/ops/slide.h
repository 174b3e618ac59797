/* slide: results that hold a line. The second way of compressing (ops/spread.h is the first).
 *
 * A Hankel matrix, w.as_strided((m, n), (1, 1)) or w.unfold(0, n, 1), shows m·n numbers and has m + n - 1: it slides along a line. Along
 * dims of equal or opposite strides the place on the line is the sum of the indices, those of a dim that runs back counted from its
 * end. An elementwise op all of whose operands slide alike, or stand still, along these dims computes the line; flip copies it and
 * turns the dim. The result is held as the line, with strides that slide, and shown as a fresh dense tensor.
 *
 * A set of dims is a mask; `back` the mask of those that run backwards. */
#ifndef CT_SLIDE_H
#define CT_SLIDE_H
#include "ops/op.h"

/* c->slide: dims along which every tensor operand slides alike, if any; slide_back and slide_out as for an elementwise op. */
void call_slides(call *c, int ndim, const int64_t *size);
/* `a`, aligned at the last of ndim dims, with its line in the first of `dims` and size 1 in the others of them, and where it has one
 * element in memory. One layout: for kernels only. */
array *array_line(const array *a, int ndim, uint64_t dims, uint64_t back);
array *array_new_slid(ct_dtype dtype, const layout *shown, uint64_t once, uint64_t dims, uint64_t back);
/* Is `a` held sliding as a gradient taken `slid` (tape/engine.h) sums: along its two dims, and still along those that are not kept? */
bool array_slides(const array *a, uint64_t slid);
#endif
