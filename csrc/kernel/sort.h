/* sort: the order of the elements of a row. */
#ifndef CT_SORT_H
#define CT_SORT_H
#include "kernel/pick.h"

enum { SORT_DIGITS_FROM = 48 /* elements; fewer are inserted one by one */ };

/* How many picks sorting n takes as scratch. */
int64_t k_order_scratch(int64_t n);
/* Sorts the first n of k_order_scratch(n) by their keys, equals in the order they had. Where the result is: at p, or behind. */
k_pick *k_sort_picks(k_pick *p, int64_t n);
/* places[i] is where the i-th of n adjacent elements in order stands: equals keep their order, NaN counts as the largest. */
void k_sort_places(ct_dtype dtype, const void *row, int64_t n, bool descending, int64_t *places, k_pick *scratch);
#endif
