/* The k least of a row, the k-th, and all: PyTorch's algorithms step by step, so that of equals the same are picked, in the same order. topk there is
 * std::partial_sort or std::nth_element and std::sort of libstdc++, sort that is not asked to be stable std::sort, kthvalue a quickselect of its own.
 *
 * Elements are compared by keys: integers that order as they do, NaN above all, -0 beside 0; complemented for the largest first. */
#include "kernel/pick.h"
#include "kernel/number.h"
#include <string.h>

enum { SMALL = 16, DEEP = 128 }; /* libstdc++'s length for insertion alone; more ranges than sort holds at once */
typedef k_pick pick;

/* ---- keys ------------------------------------------------------------------------------------------------------ */
static inline int64_t key_of(double x)
{
    int64_t bits;
    if (x != x)
        return INT64_MAX;
    x += 0.0; /* -0 */
    memcpy(&bits, &x, sizeof bits);
    return bits < 0 ? INT64_MIN - bits - 1 : bits;
}
static void fill_keys(ct_dtype dtype, const void *row, int64_t n, bool largest, pick *p)
{
    int64_t flip = largest ? -1 : 0;
#define KEYS(D, key)                                                                   \
    case DT_##D:                                                                       \
        for (int64_t i = 0; i < n; i++)                                                \
            p[i] = (pick){(int64_t)key(load_##D(((const stored_##D *)row)[i])) ^ flip, i}; \
        break;
    switch (dtype) {
    KEYS(BOOL, +)
    KEYS(U8, +)
    KEYS(I32, +)
    KEYS(I64, +)
    KEYS(F16, key_of)
    KEYS(BF16, key_of)
    KEYS(F32, key_of)
    KEYS(F64, key_of)
    default: break;
    }
}

/* ---- insertion -------------------------------------------------------------------------------------------------- */
static inline bool less(pick a, pick b) { return a.key < b.key; }
static inline void swap(pick *a, pick *b)
{
    pick x = *a;
    *a = *b;
    *b = x;
}
static void insert(pick *at) /* something before it is no greater */
{
    pick x = *at;
    for (; less(x, at[-1]); at--)
        *at = at[-1];
    *at = x;
}
static void insertion(pick *first, pick *last)
{
    for (pick *p = first + 1; first != last && p < last; p++)
        if (less(*p, *first)) {
            pick x = *p;
            memmove(first + 1, first, (size_t)(p - first) * sizeof *p);
            *first = x;
        } else
            insert(p);
}

/* ---- heaps: the greatest on top ----------------------------------------------------------------------------------- */
static void sift(pick *heap, int64_t hole, int64_t n, pick x)
{
    int64_t top = hole, child = hole;
    while (child < (n - 1) / 2) {
        child = 2 * (child + 1);
        child -= less(heap[child], heap[child - 1]);
        heap[hole] = heap[child];
        hole = child;
    }
    if (n % 2 == 0 && child == (n - 2) / 2) {
        child = 2 * (child + 1);
        heap[hole] = heap[child - 1];
        hole = child - 1;
    }
    for (int64_t parent = (hole - 1) / 2; hole > top && less(heap[parent], x); parent = (hole - 1) / 2) {
        heap[hole] = heap[parent];
        hole = parent;
    }
    heap[hole] = x;
}
static void pop_to(pick *heap, int64_t n, pick *to)
{
    pick x = *to;
    *to = *heap;
    sift(heap, 0, n, x);
}
static void heap_select(pick *first, pick *middle, pick *last)
{
    int64_t n = middle - first;
    for (int64_t parent = n < 2 ? -1 : (n - 2) / 2; parent >= 0; parent--)
        sift(first, parent, n, first[parent]);
    for (pick *p = middle; p < last; p++)
        if (less(*p, *first))
            pop_to(first, n, p);
}
static void partial_sort(pick *first, pick *middle, pick *last)
{
    heap_select(first, middle, last);
    for (; middle - first > 1; middle--)
        pop_to(first, middle - 1 - first, middle - 1);
}

/* ---- partitions ----------------------------------------------------------------------------------------------------- */
static void median_to(pick *to, pick *a, pick *b, pick *c)
{
    if (less(*a, *b))
        swap(to, less(*b, *c) ? b : less(*a, *c) ? c : a);
    else
        swap(to, less(*a, *c) ? a : less(*b, *c) ? c : b);
}
static pick *cut(pick *first, pick *last)
{
    pick *low = first + 1;
    median_to(first, first + 1, first + (last - first) / 2, last - 1);
    for (;; low++) {
        while (less(*low, *first))
            low++;
        last--;
        while (less(*first, *last))
            last--;
        if (low >= last)
            return low;
        swap(low, last);
    }
}
static int depth_of(int64_t n)
{
    int log = 0;
    while (n >>= 1)
        log++;
    return 2 * log;
}
static void nth_element(pick *first, pick *nth, pick *last)
{
    for (int depth = depth_of(last - first); last - first > 3; depth--) {
        if (depth == 0) {
            heap_select(first, nth + 1, last);
            swap(first, nth);
            return;
        }
        pick *at = cut(first, last);
        if (at <= nth)
            first = at;
        else
            last = at;
    }
    insertion(first, last);
}
/* Ranges to be cut wait on a stack: each was the later part of one whose depth is greater, so there are fewer than DEEP. */
static void sort(pick *first, pick *last)
{
    struct { pick *first, *last; int depth; } waiting[DEEP] = {{first, last, depth_of(last - first)}};
    for (int n = 1; n--;) {
        pick *from = waiting[n].first, *to = waiting[n].last;
        int depth = waiting[n].depth;
        for (; to - from > SMALL && depth; depth--) {
            pick *at = cut(from, to);
            waiting[n].first = at, waiting[n].last = to, waiting[n++].depth = depth - 1;
            to = at;
        }
        if (to - from > SMALL)
            partial_sort(from, to, to);
    }
    insertion(first, last - first > SMALL ? first + SMALL : last);
    for (pick *p = first + SMALL; p < last; p++)
        insert(p);
}

/* ---- kthvalue ---------------------------------------------------------------------------------------------------------- */
static void quick_select(pick *p, int64_t n, int64_t k)
{
    int64_t low = 0, high = n - 1;
    while (high > low + 1) {
        swap(&p[low + (high - low) / 2], &p[low + 1]);
        if (less(p[high], p[low + 1]))
            swap(&p[low + 1], &p[high]);
        if (less(p[high], p[low]))
            swap(&p[low], &p[high]);
        if (less(p[low], p[low + 1]))
            swap(&p[low + 1], &p[low]);
        int64_t i = low + 1, j = high;
        for (;;) {
            while (less(p[++i], p[low]))
                ;
            while (less(p[low], p[--j]))
                ;
            if (j < i)
                break;
            swap(&p[i], &p[j]);
        }
        swap(&p[low], &p[j]);
        if (j <= k)
            low = i;
        if (j >= k)
            high = j - 1;
    }
    if (high == low + 1 && less(p[high], p[low]))
        swap(&p[low], &p[high]);
}

void k_pick_places(ct_dtype dtype, const void *row, int64_t n, int64_t k, bool largest, bool sorted, int64_t *places, k_pick *scratch)
{
    fill_keys(dtype, row, n, largest, scratch);
    if (k > 0 && k * 64 <= n)
        partial_sort(scratch, scratch + k, scratch + n);
    else if (k > 0) {
        nth_element(scratch, scratch + k - 1, scratch + n);
        if (sorted)
            sort(scratch, scratch + k - 1);
    }
    for (int64_t i = 0; i < k; i++)
        places[i] = scratch[i].place;
}

void k_sort_any(ct_dtype dtype, const void *row, int64_t n, bool descending, int64_t *places, k_pick *scratch)
{
    fill_keys(dtype, row, n, descending, scratch);
    sort(scratch, scratch + n);
    for (int64_t i = 0; i < n; i++)
        places[i] = scratch[i].place;
}

void k_kth_place(ct_dtype dtype, const void *row, int64_t n, int64_t k, int64_t *place, k_pick *scratch)
{
    fill_keys(dtype, row, n, false, scratch);
    quick_select(scratch, n, k);
    *place = scratch[k].place;
}
