/* What ops that read and write by index tensors share. */
#ifndef CT_OPS_INDEX_H
#define CT_OPS_INDEX_H
#include "array/odometer.h"
#include "ops/dispatch.h"
#include "ops/formula.h"

/* CT_INDEX unless every element of an int64 array lies in -size … size - 1. */
int check_index(const char *op, const array *index, int64_t size, int dim);
/* Do all elements of an int64 or int32 array lie in low ... high - 1? If not, *wrong is one that does not. */
bool index_within(const array *index, int64_t low, int64_t high, int64_t *wrong);
/* The rules of gather and scatter: the index, operand index_at, is int64 or int32 (read as int64), has self's dims, is no larger than self (but
 * along dim) and src, and points inside. */
int check_places(call *c, const array *self, uint32_t index_at, int dim, const array *src);
/* Runs a loop of kernel/places.h over index: self and values at the places that it names along dim. The values lie at `values`, with these strides
 * in bytes; NULL: they are one. join: as k_places has it. */
void along_places(const array *self, int dim, const array *index, char *values, const int64_t *stride, bool read, k_loop *loop, k_loop *join);
/* Zeros of that size with values added at their places along dim, and summed along other dims, `taken`: one line of all that is summed, for every
 * index of the rest. The places have the values' shape. */
T f_added_along(scope *s, T places, T values, int64_t dim, int ndim, const int64_t *size, uint64_t taken);
/* Byte address in `a` for the index at `at`, whose place along dim is given; dim -1: as it is. */
char *place_of(const array *a, const int64_t *at, int dim, int64_t along);
#endif
