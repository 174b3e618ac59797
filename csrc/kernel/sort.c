/* Stable sort of places by keys: from the last digit to the first (of 8 bits), without those that all keys have alike. */
#include "kernel/sort.h"
#include "base/pool.h"

enum { DIGIT = 8, DIGITS = 1 << DIGIT };

int64_t k_order_scratch(int64_t n) { return n < SORT_DIGITS_FROM ? n : 2 * n; }

static void insertion(k_pick *p, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        k_pick x = p[i];
        int64_t at = i;
        for (; at > 0 && x.key < p[at - 1].key; at--)
            p[at] = p[at - 1];
        p[at] = x;
    }
}

static inline int digit(k_pick p, int64_t least, int shift) { return (int)(((uint64_t)p.key - (uint64_t)least) >> shift & (DIGITS - 1)); }

/* False: left out at the host's wish. */
static bool by_digit(const k_pick *from, int64_t n, int64_t least, int shift, k_pick *to)
{
    int64_t start[DIGITS] = {0}, before = 0;
    int64_t i = 0, end = 0;
    while (ct_next_part(&i, &end, n))
        for (; i < end; i++)
            start[digit(from[i], least, shift)]++;
    if (i < n)
        return false;
    for (int d = 0; d < DIGITS; d++) {
        int64_t many = start[d];
        start[d] = before;
        before += many;
    }
    i = end = 0;
    while (ct_next_part(&i, &end, n))
        for (; i < end; i++)
            to[start[digit(from[i], least, shift)]++] = from[i];
    return i == n;
}

k_pick *k_sort_picks(k_pick *p, int64_t n)
{
    int64_t least = INT64_MAX;
    uint64_t differ = 0; /* a bit: where not all keys, counted from the least, have 0 */
    k_pick *to = p + n;
    if (n < SORT_DIGITS_FROM) {
        insertion(p, n);
        return p;
    }
    for (int64_t i = 0, end = 0; ct_next_part(&i, &end, n);)
        for (; i < end; i++)
            least = p[i].key < least ? p[i].key : least;
    for (int64_t i = 0, end = 0; ct_next_part(&i, &end, n);)
        for (; i < end; i++)
            differ |= (uint64_t)p[i].key - (uint64_t)least;
    for (int shift = 0; shift < 64 && differ >> shift;) {
        if (!(differ >> shift & 1)) {
            shift++;
            continue;
        }
        if (!by_digit(p, n, least, shift, to))
            return p;
        k_pick *swap = p;
        p = to;
        to = swap;
        shift += DIGIT;
    }
    return p;
}

void k_sort_places(ct_dtype dtype, const void *row, int64_t n, bool descending, int64_t *places, k_pick *scratch)
{
    k_fill_keys(dtype, row, n, descending, scratch);
    const k_pick *p = k_sort_picks(scratch, n);
    k_put_places(p, n, places);
}
