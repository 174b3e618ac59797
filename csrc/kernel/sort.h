/* sort: the order of the elements of a row. */
#ifndef CT_SORT_H
#define CT_SORT_H
#include "base/dtype.h"
#include <stdbool.h>
#include <stdint.h>

/* places[i] is where the i-th of n adjacent elements in order stands: equals keep their order, NaN counts as the largest. scratch: n
 * places. */
void k_sort_places(ct_dtype dtype, const void *row, int64_t n, bool descending, int64_t *places, int64_t *scratch);
#endif
