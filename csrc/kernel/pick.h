/* pick: some elements of a row without the order of the others. */
#ifndef CT_PICK_H
#define CT_PICK_H
#include "base/dtype.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct k_pick { int64_t key, place; } k_pick;

/* Where the k least, or largest, of n adjacent elements stand, in order if `sorted`; NaN counts as the largest. scratch: n. */
void k_pick_places(ct_dtype dtype, const void *row, int64_t n, int64_t k, bool largest, bool sorted, int64_t *places, k_pick *scratch);
/* Where all of them stand in order; of equals any comes first, but the same as in PyTorch. */
void k_sort_any(ct_dtype dtype, const void *row, int64_t n, bool descending, int64_t *places, k_pick *scratch);
/* Where the element stands that has k before it in order. */
void k_kth_place(ct_dtype dtype, const void *row, int64_t n, int64_t k, int64_t *place, k_pick *scratch);
#endif
