/* conv: what the maps of convolutions (conv.c) and what users call (convs.c) share. */
#ifndef CT_OPS_CONV_H
#define CT_OPS_CONV_H
#include "ops/op.h"

enum { SPATIAL = 3 };
/* What all of these ops take besides tensors, and keep in their nodes. */
typedef struct shape { int64_t nd, groups, stride[SPATIAL], pad[SPATIAL], dilation[SPATIAL]; } shape;
enum { SHAPE_PARAMS = sizeof(shape) / sizeof(int64_t) };

int conv_ints(const call *c, const arg *a, const char *name, int64_t nd, int64_t *to); /* one number, or one a dim */
int conv_range(const call *c, int64_t n, const int64_t *values); /* whatever fits into 31 bits can be multiplied and added up */
static inline const char *conv_text(const array *a, char *buffer) { return layout_text(a->ndim, array_size(a), buffer, 200); }
#endif
