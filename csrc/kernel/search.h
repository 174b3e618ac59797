/* search: where numbers would stand in a row that is in order. */
#ifndef CT_SEARCH_H
#define CT_SEARCH_H
#include "base/dtype.h"
#include <stdbool.h>

/* How many of the row's n numbers are less than each of m values, or (right) not greater; NaN counts as the largest. int32, int64, float32, float64. */
void k_search(ct_dtype dtype, const void *row, int64_t n, const void *values, int64_t m, bool right, int64_t *places);
#endif
