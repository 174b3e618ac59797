/* places: elements read and written where indices point. Loops for k_walk; the operands are, besides the indices (int64),
 *
 *   reading: the values, then what is read;  writing and joining: what is written, then the values.
 *
 * What is read or written starts, at every step, at the place of index 0 of the dims that are indexed, along which it has stride 0. An index
 * counts from the end where it is negative. Writing has to keep the order of steps: k_walk_in_order. */
#ifndef CT_PLACES_H
#define CT_PLACES_H
#include "kernel/kernel.h"

enum { PLACES_INDICES = K_MAXOP - 2 };

typedef struct k_places {
    int n;                                                      /* indices */
    int64_t size[PLACES_INDICES], stride[PLACES_INDICES];       /* of what they point into: elements (0: no index is negative), bytes */
    k_loop *join;                                               /* for k_places_join: (to, to, value) */
} k_places;

k_loop *k_places_read(int64_t item);                            /* bytes of an element */
k_loop *k_places_write(int64_t item);
k_loop *k_places_add(ct_dtype dtype);                           /* param's join is to add, for the values of one place and rare dtypes */
void k_places_join(char *const *p, const int64_t *s, int64_t n, const void *param); /* by param's loop, one by one */

/* Do all of an int64 or int32 operand's elements lie in low .. high - 1? Runs over nd's one operand, -2^62 < low <= high < 2^62. */
bool k_places_within(k_nd *nd, ct_dtype dtype, int64_t low, int64_t high);
#endif
