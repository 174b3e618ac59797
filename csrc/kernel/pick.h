/* pick: some elements of a row without the order of the others. */
#ifndef CT_PICK_H
#define CT_PICK_H
#include "base/dtype.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct k_pick { int64_t key, place; } k_pick;

/* Keys order as the elements do, as signed numbers: NaN above all, -0 beside 0; complemented where `down`. */
void k_fill_keys(ct_dtype dtype, const void *row, int64_t n, bool down, k_pick *to);
void k_put_places(const k_pick *p, int64_t n, int64_t *places);
/* Where the k least, or largest, of n adjacent elements stand, in order if `sorted`; NaN counts as the largest. scratch: n. */
void k_pick_places(ct_dtype dtype, const void *row, int64_t n, int64_t k, bool largest, bool sorted, int64_t *places, k_pick *scratch);
/* Where all of them stand in order; of equals any comes first, but the same as in PyTorch. scratch: k_order_scratch(n). */
void k_sort_any(ct_dtype dtype, const void *row, int64_t n, bool descending, int64_t *places, k_pick *scratch);
/* Where the element stands that has k before it in order. */
void k_kth_place(ct_dtype dtype, const void *row, int64_t n, int64_t k, int64_t *place, k_pick *scratch);
/* Where the lower median stands of a row in which every element counts `times`: the first NaN if there is one, unless they are skipped. */
void k_middle_place(ct_dtype dtype, const void *row, int64_t n, int64_t times, bool skip, int64_t *place, k_pick *scratch);
#endif
