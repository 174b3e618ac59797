/* Memory: what a layout reaches, whether it reaches it twice, whether two layouts meet. Exact.
 *
 * Most answers come from sorting the strides. The rest is an integer equation in bounded unknowns, solved in three
 * steps: merge dimensions that make one regular walk; search within a budget; where that is not enough (four and more
 * irregular dimensions), sieve the addresses window by window, which costs a small multiple of visiting
 * every element once, as the operation that asks is going to do.
 */
#include "array/sums.h"
#include "base/base.h"
#include <string.h>

int64_t sum_budget = 1 << 16;

static uint64_t magnitude(int64_t stride) { return stride < 0 ? -(uint64_t)stride : (uint64_t)stride; }

/* ---- one layout -------------------------------------------------------------------------------------- */
/* Dims of size > 1 by growing stride, or -1 if there are no elements. */
static int sort_by_stride(int ndim, const int64_t *size, const int64_t *stride, int *order)
{
    int n = 0;
    for (int d = 0; d < ndim; d++) {
        if (size[d] == 0)
            return -1;
        if (size[d] == 1)
            continue;
        int at = n++;
        uint64_t step = magnitude(stride[d]);
        for (; at > 0 && magnitude(stride[order[at - 1]]) > step; at--)
            order[at] = order[at - 1];
        order[at] = d;
    }
    return n;
}

/* Each stride steps over all that the smaller ones reach. */
static bool is_nested(int n, const int *order, const int64_t *size, const int64_t *stride)
{
    uint64_t reach = 0;
    for (int i = 0; i < n; i++) {
        uint64_t step = magnitude(stride[order[i]]);
        if (step <= reach)
            return false;
        reach += step * (uint64_t)(size[order[i]] - 1);
    }
    return true;
}

/* Two dims collide when some steps along one lead where some steps along the other do: at the least
 * common multiple of their strides. A stride 0 alone collides. */
static bool pair_collides(int n, const int *order, const int64_t *size, const int64_t *stride, int64_t *difference)
{
    if (stride[order[0]] == 0) {
        difference[order[0]] = 1;
        return true;
    }
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j < n; j++) {
            uint64_t a = magnitude(stride[order[i]]), b = magnitude(stride[order[j]]), g = sum_gcd(b, a);
            if (b / g >= (uint64_t)size[order[i]] || a / g >= (uint64_t)size[order[j]])
                continue;
            difference[order[i]] = (int64_t)(b / g);
            difference[order[j]] = -(int64_t)(a / g);
            return true;
        }
    return false;
}

/* Differences of the merged terms to differences of the dims: the digits of a merged value share its sign. */
static void unmerge(const sum *s, int ndim, const uint64_t *x, const uint64_t *y, int64_t *difference)
{
    uint64_t more[SUM_TERMS], less[SUM_TERMS], up[CT_MAXDIM] = {0}, down[CT_MAXDIM] = {0};
    for (int k = 0; k < s->n; k++) {
        more[k] = x[k] > y[k] ? x[k] - y[k] : 0;
        less[k] = y[k] > x[k] ? y[k] - x[k] : 0;
    }
    sum_unmerge(s, more, up);
    sum_unmerge(s, less, down);
    for (int d = 0; d < ndim; d++)
        difference[d] = (int64_t)(up[d] - down[d]);
}

static bool search_collides(const sum *s, int ndim, int64_t *difference, bool *exhausted)
{
    sum twice = *s;
    int64_t budget = sum_budget;
    uint64_t x[SUM_TERMS];
    for (int k = 0; k < s->n; k++)
        twice.last[k] *= 2;
    sum_ready(&twice);
    int found = sum_find(&twice, s->n ? s->reach[s->n - 1] : 0, true, &budget, x);
    *exhausted = found < 0;
    if (found > 0)
        unmerge(s, ndim, x, s->last, difference);
    return found > 0;
}

static bool sieve_collides(const sum *s, int ndim, int64_t *difference)
{
    sieve v;
    uint64_t x[SUM_TERMS], high = s->reach[s->n - 1];
    for (uint64_t low = 0; low <= high; low += SIEVE_BITS) {
        sieve_move(&v, low);
        if (!sieve_walk(&v, s, 0, SIEVE_ONCE))
            continue;
        memcpy(x, v.x, (size_t)s->n * sizeof *x);
        sieve_walk(&v, s, 0, SIEVE_FIND); /* finds the one that came first */
        unmerge(s, ndim, x, v.x, difference);
        return true;
    }
    return false;
}

/* The pair of indices with this difference that is nearest to the origin, the smaller one first. */
static void report(int ndim, const int64_t *stride, const int64_t *difference, int64_t *first, int64_t *second)
{
    int sign = 0;
    for (int d = 0; d < ndim; d++) {
        int64_t by = stride[d] < 0 ? -difference[d] : difference[d];
        sign = sign ? sign : by < 0 ? 1 : by > 0 ? -1 : 0;
        by = sign < 0 ? -by : by;
        first[d] = by > 0 ? by : 0;
        second[d] = by < 0 ? -by : 0;
    }
}

bool layout_self_overlap(int ndim, const int64_t *size, const int64_t *stride, int64_t *first, int64_t *second)
{
    int order[CT_MAXDIM], n = sort_by_stride(ndim, size, stride, order);
    if (n <= 0 || is_nested(n, order, size, stride))
        return false;
    int64_t difference[CT_MAXDIM] = {0};
    bool found = pair_collides(n, order, size, stride, difference), exhausted = false;
    if (!found && n > 2) {
        sum s;
        uint64_t gcd = 0;
        for (int i = 0; i < n; i++)
            gcd = sum_gcd(magnitude(stride[order[i]]), gcd);
        sum_clear(&s);
        for (int i = 0; i < n; i++)
            sum_add(&s, magnitude(stride[order[i]]) / gcd, (uint64_t)size[order[i]] - 1, order[i]);
        sum_merge(&s, true);
        sum_ready(&s);
        found = search_collides(&s, ndim, difference, &exhausted) || (exhausted && sieve_collides(&s, ndim, difference));
    }
    if (found)
        report(ndim, stride, difference, first, second);
    return found;
}

/* ---- how many places --------------------------------------------------------------------------------- */
/* Two terms without a common divisor: (x, y) and (x + b, y - a) are one place; each place counts at the first of its chain. */
static uint64_t count_two(const sum *s)
{
    uint64_t n = s->last[0] + 1, m = s->last[1] + 1, b = s->step[1], a = s->step[0];
    return n * m - (n > b && m > a ? (n - b) * (m - a) : 0);
}

/* Where there are many more choices than places, asking for each place can be cheaper than visiting each choice:
 * tried for as long as the visits would take. */
static bool count_places(const sum *s, uint64_t choices, uint64_t *count)
{
    uint64_t x[SUM_TERMS], high = s->reach[s->n - 1];
    int64_t budget = (int64_t)choices;
    *count = 0;
    for (uint64_t at = 0; at <= high && choices / 16 > high; at++) {
        int found = sum_find(s, at, false, &budget, x);
        if (found < 0)
            return false;
        *count += (uint64_t)found;
    }
    return *count > 0;
}

static uint64_t count_any(const sum *s)
{
    sieve v;
    uint64_t high = s->reach[s->n - 1], choices = 1, count;
    for (int k = 0; k < s->n; k++)
        choices *= s->last[k] + 1;
    if (high < SIEVE_BITS)
        return sieve_count(&v, s);
    if (count_places(s, choices, &count))
        return count;
    v.fresh = 0;
    for (uint64_t low = 0; low <= high; low += SIEVE_BITS) {
        sieve_move(&v, low);
        sieve_walk(&v, s, 0, SIEVE_MARK);
    }
    return v.fresh;
}

static uint64_t count_block(const sum *whole, int from, int to, uint64_t gcd)
{
    sum s;
    sum_clear(&s);
    for (int k = from; k < to; k++)
        sum_add(&s, whole->step[k] / gcd, whole->last[k], k);
    sum_ready(&s);
    return s.n == 1 ? s.last[0] + 1 : s.n == 2 ? count_two(&s) : count_any(&s);
}

int64_t layout_distinct(int ndim, const int64_t *size, const int64_t *stride)
{
    sum s;
    sum_clear(&s);
    for (int d = 0; d < ndim; d++) {
        if (size[d] == 0)
            return 0;
        sum_add(&s, magnitude(stride[d]), (uint64_t)size[d] - 1, d);
    }
    sum_merge(&s, false);
    sum_ready(&s);
    /* Where all larger steps share a divisor beyond the reach of the smaller terms, counts multiply. */
    uint64_t count = 1, gcd = 0;
    for (int k = s.n - 1, end = s.n; k >= 0; k--) {
        gcd = sum_gcd(gcd, s.step[k]);
        if (k > 0 && gcd <= s.reach[k - 1])
            continue;
        count *= count_block(&s, k, end, gcd);
        end = k;
        gcd = 0;
    }
    return (int64_t)count;
}

/* ---- two layouts -------------------------------------------------------------------------------------- */
typedef struct operand {
    int ndim;
    const int64_t *size, *stride;
    int64_t start, item, low, high; /* low and high: first and last byte */
} operand;

static bool is_empty(const operand *o) { return layout_numel(o->ndim, o->size) == 0; }

static void find_ends(operand *o)
{
    int64_t low, high;
    layout_extent(o->ndim, o->size, o->stride, &low, &high);
    o->low = o->start + low * o->item;
    o->high = o->start + high * o->item + o->item - 1;
}

static bool is_same(const operand *a, const operand *b)
{
    if (a->start != b->start || a->item != b->item || a->ndim != b->ndim)
        return false;
    for (int d = 0; d < a->ndim; d++)
        if (a->size[d] != b->size[d] || (a->stride[d] != b->stride[d] && a->size[d] > 1))
            return false;
    return true;
}

/* In units of `unit` bytes; the bytes of an item become a term where they matter. */
static void add_operand(sum *s, const operand *o, int64_t unit)
{
    for (int d = 0; d < o->ndim; d++)
        sum_add(s, magnitude(o->stride[d]) * (uint64_t)(o->item / unit), (uint64_t)o->size[d] - 1, 0);
    sum_add(s, 1, (uint64_t)(o->item / unit - 1), 0);
}

static void make_sum(sum *s, const operand *a, const operand *b, int64_t unit)
{
    sum_clear(s);
    add_operand(s, a, unit);
    if (b)
        add_operand(s, b, unit);
    sum_merge(s, false);
    sum_ready(s);
}

static bool sieve_meets(const operand *a, const operand *b, int64_t unit)
{
    sum one, two;
    sieve v;
    make_sum(&one, a, NULL, unit);
    make_sum(&two, b, NULL, unit);
    int64_t origin = a->low < b->low ? a->low : b->low, from = a->low > b->low ? a->low : b->low, to = a->high < b->high ? a->high : b->high;
    uint64_t base_a = (uint64_t)((a->low - origin) / unit), base_b = (uint64_t)((b->low - origin) / unit);
    for (uint64_t low = (uint64_t)((from - origin) / unit); low <= (uint64_t)((to - origin) / unit); low += SIEVE_BITS) {
        sieve_move(&v, low);
        sieve_walk(&v, &one, base_a, SIEVE_MARK);
        if (sieve_walk(&v, &two, base_b, SIEVE_TEST))
            return true;
    }
    return false;
}

overlap layout_overlap(int a_ndim, const int64_t *a_size, const int64_t *a_stride, int64_t a_start, int64_t a_item,
                       int b_ndim, const int64_t *b_size, const int64_t *b_stride, int64_t b_start, int64_t b_item)
{
    operand a = {a_ndim, a_size, a_stride, a_start, a_item, 0, 0}, b = {b_ndim, b_size, b_stride, b_start, b_item, 0, 0};
    if (is_empty(&a) || is_empty(&b))
        return OVERLAP_NONE;
    find_ends(&a);
    find_ends(&b);
    if (a.high < b.low || b.high < a.low)
        return OVERLAP_NONE;
    if (is_same(&a, &b))
        return OVERLAP_SAME;
    sum s;
    uint64_t x[SUM_TERMS];
    int64_t budget = sum_budget, unit = a_item == b_item && (b_start - a_start) % a_item == 0 ? a_item : 1;
    make_sum(&s, &a, &b, unit);
    /* low_a + sum of a = high_b - sum of b, counted from b's far end so that all terms are positive */
    int found = sum_find(&s, (uint64_t)((b.high - unit + 1 - a.low) / unit), false, &budget, x);
    return found > 0 || (found < 0 && sieve_meets(&a, &b, unit)) ? OVERLAP_SOME : OVERLAP_NONE;
}
