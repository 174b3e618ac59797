/* The k least of a row, the k-th, and all: PyTorch's algorithms with their results, so that of equals the same are picked, in the same
 * order. topk there is std::partial_sort or std::nth_element and std::sort of libstdc++, sort that is not asked to be stable std::sort,
 * kthvalue a quickselect of its own. Where no two elements are equal any order of work will do.
 *
 * Elements are compared by keys. Loops over what is not in order have no branches that depend on it. */
#include "kernel/pick.h"
#include "base/pool.h"
#include "kernel/number.h"
#include "kernel/sort.h"
#include <string.h>

enum { SMALL = 16, DEEP = 128 }; /* libstdc++'s length for insertion alone; more ranges than sort holds at once */
enum { DIGIT = 8, DIGITS = 1 << DIGIT };
enum { FEW = 100 /* elements, for which counting digits takes longer than comparing */ };
enum { BLOCK = 128 /* elements that are compared before any is moved */, LONG = 1 << 15 /* elements between questions to the host */ };
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
static void fill_part(ct_dtype dtype, const void *row, int64_t i, int64_t end, int64_t flip, k_pick *to)
{
#define KEYS(D, key)                                                                   \
    case DT_##D:                                                                       \
        for (; i < end; i++)                                                           \
            to[i] = (pick){(int64_t)key(load_##D(((const stored_##D *)row)[i])) ^ flip, i}; \
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
void k_fill_keys(ct_dtype dtype, const void *row, int64_t n, bool down, k_pick *to)
{
    for (int64_t from = 0, end = 0; ct_next_part(&from, &end, n);)
        fill_part(dtype, row, from, end, down ? -1 : 0, to);
}
void k_put_places(const k_pick *p, int64_t n, int64_t *places)
{
    for (int64_t i = 0, end = 0; ct_next_part(&i, &end, n);)
        for (; i < end; i++)
            places[i] = p[i].place;
}

/* ---- a few -------------------------------------------------------------------------------------------------- */
static inline bool less(pick a, pick b) { return a.key < b.key; }
static inline void swap(pick *a, pick *b)
{
    pick x = *a;
    *a = *b;
    *b = x;
}
/* At most SMALL, equals in the order they had, as by insertion: each counts those before it. */
static void sort_few(pick *p, int64_t n)
{
    pick x[SMALL];
    int64_t before[SMALL];
    for (int64_t i = 0; i < n; i++) {
        int64_t key = p[i].key, here = 0;
        x[i] = p[i];
        for (int64_t j = 0; j < i; j++) {
            bool after = key < x[j].key;
            before[j] += after;
            here += !after;
        }
        before[i] = here;
    }
    for (int64_t i = 0; i < n; i++)
        p[before[i]] = x[i];
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
    for (pick *p = middle; p < last; p++) {
        if (less(*p, *first))
            pop_to(first, n, p);
        if ((p - middle) % LONG == LONG - 1 && ct_watch_stopped())
            return;
    }
}
static void partial_sort(pick *first, pick *middle, pick *last)
{
    heap_select(first, middle, last);
    for (; middle - first > 1; middle--) {
        pop_to(first, middle - 1 - first, middle - 1);
        if ((middle - first) % LONG == 0 && ct_watch_stopped())
            return;
    }
}

/* ---- partitions ----------------------------------------------------------------------------------------------------- */
static void median_to(pick *to, pick *a, pick *b, pick *c)
{
    if (less(*a, *b))
        swap(to, less(*b, *c) ? b : less(*a, *c) ? c : a);
    else
        swap(to, less(*a, *c) ? a : less(*b, *c) ? c : b);
}
/* Hoare's partition of low .. last - 1, but for the blocks in its middle, from where step by step it goes on: the i-th element from below that is
 * not less than the pivot changes places with the i-th from above that is not greater. */
static void cut_blocks(pick **from, pick **to, int64_t pivot)
{
    uint8_t left[BLOCK], right[BLOCK];
    pick *low = *from, *last = *to;
    int l = 0, r = 0, lefts = 0, rights = 0;
    while (last - low > 2 * BLOCK) {
        if (l == lefts)
            for (int i = l = lefts = 0; i < BLOCK; i++) {
                left[lefts] = (uint8_t)i;
                lefts += !(low[i].key < pivot);
            }
        if (r == rights)
            for (int i = r = rights = 0; i < BLOCK; i++) {
                right[rights] = (uint8_t)i;
                rights += !(pivot < last[-1 - i].key);
            }
        for (; l < lefts && r < rights; l++, r++)
            swap(low + left[l], last - 1 - right[r]);
        low += l == lefts ? BLOCK : 0;
        last -= r == rights ? BLOCK : 0;
    }
    *from = l < lefts ? low + left[l] : low;
    *to = r < rights ? last - right[r] : last;
}
/* What the blocks left, in whole: where the first element stands after it from which on none is less than the pivot. */
static pick *cut_rest(pick *low, pick *last, int64_t pivot)
{
    uint8_t left[2 * BLOCK], right[2 * BLOCK];
    int lefts = 0, rights = 0, l = 0, n = (int)(last - low);
    for (int i = 0; i < n; i++) {
        left[lefts] = right[rights] = (uint8_t)i;
        lefts += !(low[i].key < pivot);
        rights += !(pivot < low[i].key);
    }
    for (; l < lefts && l < rights && left[l] < right[rights - 1 - l]; l++)
        swap(low + left[l], low + right[rights - 1 - l]);
    int end = l ? right[rights - l] : n;
    return low + (l < lefts && left[l] < end ? left[l] : end);
}
static pick *cut(pick *first, pick *last)
{
    pick *low = first + 1;
    median_to(first, first + 1, first + (last - first) / 2, last - 1);
    cut_blocks(&low, &last, first->key);
    return cut_rest(low, last, first->key);
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
        if (last - first > LONG && ct_watch_stopped())
            return;
        pick *at = cut(first, last);
        if (at <= nth)
            first = at;
        else
            last = at;
    }
    sort_few(first, last - first);
}
/* Ranges to be cut wait on a stack: each was the later part of one whose depth is greater, so there are fewer than DEEP. */
static void sort(pick *first, pick *last)
{
    struct { pick *first, *last; int depth; } waiting[DEEP] = {{first, last, depth_of(last - first)}};
    for (int n = 1; n--;) {
        pick *from = waiting[n].first, *to = waiting[n].last;
        int depth = waiting[n].depth;
        for (; to - from > SMALL && depth; depth--) {
            if (to - from > LONG / 8 && ct_watch_stopped())
                return;
            pick *at = cut(from, to);
            waiting[n].first = at, waiting[n].last = to, waiting[n++].depth = depth - 1;
            to = at;
        }
        if (to - from > SMALL)
            partial_sort(from, to, to);
        else
            sort_few(from, to - from);
    }
}

/* ---- kthvalue ---------------------------------------------------------------------------------------------------------- */
static void quick_select(pick *p, int64_t n, int64_t k)
{
    int64_t low = 0, high = n - 1;
    while (high > low + 1) {
        if (high - low > LONG && ct_watch_stopped())
            return;
        swap(&p[low + (high - low) / 2], &p[low + 1]);
        if (less(p[high], p[low + 1]))
            swap(&p[low + 1], &p[high]);
        if (less(p[high], p[low]))
            swap(&p[low], &p[high]);
        if (less(p[low], p[low + 1]))
            swap(&p[low + 1], &p[low]);
        pick *above = p + low + 2, *below = p + high;
        cut_blocks(&above, &below, p[low].key);
        int64_t i = above - 1 - p, j = below - p;
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
    k_fill_keys(dtype, row, n, largest, scratch);
    if (k > 0 && k * 64 <= n)
        partial_sort(scratch, scratch + k, scratch + n);
    else if (k > 0) {
        nth_element(scratch, scratch + k - 1, scratch + n);
        if (sorted)
            sort(scratch, scratch + k - 1);
    }
    k_put_places(scratch, k, places);
}

/* Of integers that do not differ enough, or of equals, the order of std::sort; it is the only one otherwise. */
static bool all_differ(const pick *p, int64_t n)
{
    bool equal = false;
    for (int64_t i = 0, end = 0; ct_next_part(&i, &end, n - 1);)
        for (; i < end; i++)
            equal |= p[i].key == p[i + 1].key;
    return !equal;
}
static void range_of(const pick *p, int64_t n, int64_t *low, int64_t *high)
{
    int64_t least = INT64_MAX, most = INT64_MIN;
    for (int64_t i = 0, end = 0; ct_next_part(&i, &end, n);)
        for (; i < end; i++) {
            least = p[i].key < least ? p[i].key : least;
            most = p[i].key > most ? p[i].key : most;
        }
    *low = least;
    *high = most;
}
static bool may_differ(const pick *p, int64_t n)
{
    int64_t low, high;
    range_of(p, n, &low, &high);
    return (uint64_t)high - (uint64_t)low >= (uint64_t)(n - 1);
}
void k_sort_any(ct_dtype dtype, const void *row, int64_t n, bool descending, int64_t *places, k_pick *scratch)
{
    const pick *p = scratch;
    k_fill_keys(dtype, row, n, descending, scratch);
    bool tried = n >= SORT_DIGITS_FROM && may_differ(scratch, n);
    if (tried)
        p = k_sort_picks(scratch, n);
    if (!tried || !all_differ(p, n)) {
        if (tried)
            k_fill_keys(dtype, row, n, descending, scratch);
        sort(scratch, scratch + n);
        p = scratch;
    }
    k_put_places(p, n, places);
}

/* Of a short row: those before, at or after the median of three are kept, as they stand. */
static int64_t place_in_few(pick *p, int64_t n, int64_t k)
{
    for (;;) {
        int64_t a = p[0].key, b = p[n / 2].key, c = p[n - 1].key, before = 0, at = 0, kept = 0;
        int64_t low = a < b ? a : b, high = a < b ? b : a, pivot = c < low ? low : c > high ? high : c;
        for (int64_t i = 0; i < n; i++) {
            before += p[i].key < pivot;
            at += p[i].key == pivot;
        }
        bool first = k < before, last = k >= before + at;
        for (int64_t i = 0; i < n; i++) {
            int64_t key = p[i].key;
            p[kept] = p[i];
            kept += first ? key < pivot : last ? key > pivot : key == pivot;
        }
        k -= first ? 0 : last ? before + at : before;
        if (!first && !last)
            return p[k].place;
        n = kept;
    }
}
/* Those whose keys share the digits of the one that has k before it, equals counted in their order, are kept, digit by digit. */
static int64_t place_of_rank(pick *p, int64_t n, int64_t k)
{
    if (n <= FEW)
        return place_in_few(p, n, k < n ? k : 0);
    for (int64_t low, high;;) {
        int64_t many[DIGITS] = {0}, kept = 0, i = 0, end = 0;
        range_of(p, n, &low, &high);
        if (low == high)
            break;
        int bits = 64 - __builtin_clzll((uint64_t)high - (uint64_t)low), shift = bits > DIGIT ? bits - DIGIT : 0;
        uint64_t digit = 0;
        while (ct_next_part(&i, &end, n))
            for (; i < end; i++)
                many[((uint64_t)p[i].key - (uint64_t)low) >> shift & (DIGITS - 1)]++;
        if (i < n)
            break;
        for (; k >= many[digit]; digit++)
            k -= many[digit];
        for (i = end = 0; ct_next_part(&i, &end, n);)
            for (; i < end; i++) {
                p[kept] = p[i];
                kept += ((uint64_t)p[i].key - (uint64_t)low) >> shift == digit;
            }
        if (i < n)
            break;
        n = kept;
    }
    return p[k < n ? k : 0].place;
}
void k_middle_place(ct_dtype dtype, const void *row, int64_t n, int64_t times, bool skip, int64_t *place, k_pick *scratch)
{
    int64_t nans = 0;
    k_fill_keys(dtype, row, n, false, scratch);
    for (int64_t i = 0, end = 0; dtype_is_float(dtype) && ct_next_part(&i, &end, n);)
        for (; i < end; i++)
            nans += scratch[i].key == INT64_MAX;
    int64_t middle = ((n - nans) * times - 1) / 2 / times;
    *place = place_of_rank(scratch, n, nans && !skip ? n - nans : nans < n ? middle : 0);
}

void k_kth_place(ct_dtype dtype, const void *row, int64_t n, int64_t k, int64_t *place, k_pick *scratch)
{
    k_fill_keys(dtype, row, n, false, scratch);
    quick_select(scratch, n, k);
    *place = scratch[k].place;
}
