/* What ops that read and write by index tensors share. */
#ifndef CT_OPS_INDEX_H
#define CT_OPS_INDEX_H
#include "array/odometer.h"
#include "ops/dispatch.h"
#include "ops/formula.h"

/* CT_INDEX unless every element of an int64 array lies in -size … size - 1. */
int check_index(const char *op, const array *index, int64_t size, int dim);
/* The rules of gather and scatter: index is int64, has self's dims, is no larger than self (but along dim) and src, and points inside. */
int check_places(const call *c, const array *self, const array *index, int dim, const array *src);
#endif
