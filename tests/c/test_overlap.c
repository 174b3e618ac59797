/* overlap: against marking every byte, for all small layouts and random ones; layouts built to be hard; strides at the
 * end of 63 bits. Links csrc/array/layout.c, overlap.c, sums.c and csrc/base/base.c. */
#include "array/sums.h"
#include "check.h"
#include <string.h>

typedef struct shape { int ndim; int64_t size[CT_MAXDIM], stride[CT_MAXDIM]; } shape;

static char *describe(const shape *s, char *text)
{
    char one[300], two[300];
    sprintf(text, "sizes %s strides %s", layout_text(s->ndim, s->size, one, sizeof one), layout_text(s->ndim, s->stride, two, sizeof two));
    return text;
}

/* Where the k-th element lies, in elements from the first index. */
static int64_t place(const shape *s, int64_t k)
{
    int64_t at = 0;
    for (int d = s->ndim - 1; d >= 0; d--) {
        at += k % s->size[d] * s->stride[d];
        k /= s->size[d];
    }
    return at;
}

/* ---- one layout -------------------------------------------------------------------------------------------- */
enum { MIDDLE = 2048 };

static int64_t count_marks(const shape *s)
{
    static bool mark[2 * MIDDLE];
    int64_t n = layout_numel(s->ndim, s->size), count = 0;
    memset(mark, 0, sizeof mark);
    for (int64_t k = 0; k < n; k++) {
        bool *m = &mark[MIDDLE + place(s, k)];
        count += !*m;
        *m = true;
    }
    return count;
}

/* Two different indices inside the layout at one place, the smaller first. */
static bool is_collision(const shape *s, const int64_t *first, const int64_t *second)
{
    uint64_t a = 0, b = 0;
    int before = 0;
    for (int d = 0; d < s->ndim; d++) {
        if (first[d] < 0 || first[d] >= s->size[d] || second[d] < 0 || second[d] >= s->size[d])
            return false;
        before = before ? before : first[d] < second[d] ? 1 : first[d] > second[d] ? -1 : 0;
        a += (uint64_t)first[d] * (uint64_t)s->stride[d];
        b += (uint64_t)second[d] * (uint64_t)s->stride[d];
    }
    return a == b && before > 0;
}

static void check_self(const shape *s, int64_t places)
{
    int64_t first[CT_MAXDIM], second[CT_MAXDIM], n = layout_numel(s->ndim, s->size);
    char text[700];
    bool found = layout_self_overlap(s->ndim, s->size, s->stride, first, second);
    CHECK(found == (places < n), "self overlap %d of %s", found, describe(s, text));
    CHECK(!found || is_collision(s, first, second), "no collision where one was named: %s", describe(s, text));
    int64_t count = layout_distinct(s->ndim, s->size, s->stride);
    CHECK(count == places, "%lld places, not %lld: %s", (long long)count, (long long)places, describe(s, text));
}

static void test_all_small(void)
{
    enum { SIZES = 5, STRIDES = 13 };
    int all = 1;
    for (int ndim = 0; ndim <= 3; ndim++, all *= SIZES * STRIDES)
        for (int code = 0; code < all; code++) {
            shape s = {.ndim = ndim};
            for (int d = 0, c = code; d < ndim; d++, c /= SIZES * STRIDES) {
                s.size[d] = c % SIZES;
                s.stride[d] = c / SIZES % STRIDES - STRIDES / 2;
            }
            check_self(&s, count_marks(&s));
        }
}

static shape draw_shape(int low_dims, int high_dims, int64_t size, int64_t stride)
{
    shape s = {.ndim = (int)draw(low_dims, high_dims)};
    for (int d = 0; d < s.ndim; d++) {
        s.size[d] = draw(1, size);
        s.stride[d] = draw(-stride, stride);
    }
    return s;
}

static shape test_small_strides(void)
{
    shape s = draw(0, 1) ? draw_shape(4, 4, 4, draw(2, 90)) : draw_shape(5, 6, 3, draw(2, 90));
    check_self(&s, count_marks(&s));
    return s;
}

/* The same layouts at the end of 63 bits. */
static void test_random(void)
{
    shape s = test_small_strides();
    int64_t low, high, places = count_marks(&s);
    layout_extent(s.ndim, s.size, s.stride, &low, &high);
    int64_t scale = high > low ? INT64_MAX / (high - low) : 1;
    for (int d = 0; d < s.ndim; d++)
        s.stride[d] = s.size[d] > 1 ? s.stride[d] * scale : INT64_MIN; /* the stride of a size 1 is never looked at */
    check_self(&s, places);
}

/* ---- layouts that the search alone cannot decide -------------------------------------------------------------- */
/* n strides whose 2^n subset sums all differ although the strides are close together (Conway and Guy, 1968). */
static shape close_strides(int n)
{
    int64_t u[CT_MAXDIM] = {0, 1};
    shape s = {.ndim = n};
    for (int i = 1; i < n; i++) {
        int back = 0;
        while (back * (back - 1) / 2 < i) /* round(sqrt(2i)) */
            back++;
        u[i + 1] = 2 * u[i] - u[i - (back - 1)];
    }
    for (int d = 0; d < n; d++) {
        s.size[d] = 2;
        s.stride[d] = u[n] - u[d];
    }
    return s;
}

static void test_hard(void)
{
    int64_t first[CT_MAXDIM], second[CT_MAXDIM];
    char text[700];
    for (int n = 8; n <= 17; n++) {
        shape s = close_strides(n);
        check_self(&s, (int64_t)1 << n);
        int64_t low, high;
        layout_extent(n, s.size, s.stride, &low, &high);
        CHECK(layout_overlap(n, s.size, s.stride, 0, 4, n, s.size, s.stride, 4 * high, 4) == OVERLAP_SOME, "ends meet");
        s.size[n - 1] = 3; /* one more step somewhere makes more sums than places below the largest */
        bool found = layout_self_overlap(n, s.size, s.stride, first, second);
        CHECK(!found || is_collision(&s, first, second), "no collision where one was named: %s", describe(&s, text));
        CHECK(found == (layout_distinct(n, s.size, s.stride) < (int64_t)3 << (n - 1)), "self overlap %d: %s", found, describe(&s, text));
    }
    CHECK(layout_distinct(3, (int64_t[]){100000, 100000, 100000}, (int64_t[]){2, 3, 7}) == 99999 * 12 + 1 - 2, "all but 1 and its mirror image");
}

/* The sieve and the search, each against the other, on sums wider than a window. */
static void test_sums(void)
{
    static sieve v;
    sum s;
    uint64_t x[SUM_TERMS];
    sum_clear(&s);
    for (int k = 0, n = (int)draw(1, 6); k < n; k++)
        sum_add(&s, (uint64_t)draw(1, 200000), (uint64_t)draw(1, 4), k);
    if (draw(0, 1))
        sum_merge(&s, false);
    sum_ready(&s);
    for (int i = 0; i < 8; i++) {
        uint64_t target = (uint64_t)draw(0, (int64_t)s.reach[s.n - 1]), total = 0;
        if (draw(0, 1)) { /* a sum, not any number */
            target = 0;
            for (int k = 0; k < s.n; k++)
                target += s.step[k] * (uint64_t)draw(0, (int64_t)s.last[k]);
        }
        int64_t budget = INT64_MAX;
        int found = sum_find(&s, target, false, &budget, x);
        sieve_move(&v, target > 100 ? target - 100 : 0);
        v.target = target;
        CHECK(found == sieve_walk(&v, &s, 0, SIEVE_FIND), "search and sieve differ");
        for (int k = 0; k < s.n; k++)
            total += found ? s.step[k] * x[k] : 0;
        CHECK(!found || total == target, "the search found another sum");
    }
}

/* The search at steps of any length, against trying every choice. */
static void test_wide_sums(void)
{
    sum s;
    uint64_t x[SUM_TERMS], choices = 1, target = 0, total = 0;
    sum_clear(&s);
    for (int k = 0, n = (int)draw(2, 4); k < n; k++)
        sum_add(&s, (uint64_t)draw(1, (int64_t)1 << draw(2, 58)), (uint64_t)draw(1, 3), k);
    sum_ready(&s);
    for (int k = 0; k < s.n; k++) {
        choices *= s.last[k] + 1;
        target += s.step[k] * (uint64_t)draw(0, (int64_t)s.last[k]);
    }
    target += draw(0, 3) ? 0 : s.gcd[s.n - 1];
    bool any = false;
    for (uint64_t c = 0; c < choices; c++) {
        uint64_t at = 0, rest = c;
        for (int k = 0; k < s.n; k++) {
            at += s.step[k] * (rest % (s.last[k] + 1));
            rest /= s.last[k] + 1;
        }
        any |= at == target;
    }
    int64_t budget = INT64_MAX;
    int found = sum_find(&s, target, false, &budget, x);
    for (int k = 0; k < s.n; k++)
        total += found ? s.step[k] * x[k] : 0;
    CHECK(found == any && (!found || total == target), "the search says %d of a sum of long steps", found);
}

/* ---- two operands ------------------------------------------------------------------------------------------------ */
static bool bytes_meet(const shape *a, int64_t a_start, int64_t a_item, const shape *b, int64_t b_start, int64_t b_item)
{
    static bool mark[40000];
    bool meet = false;
    memset(mark, 0, sizeof mark);
    for (int64_t k = 0, n = layout_numel(a->ndim, a->size); k < n; k++)
        memset(mark + 20000 + a_start + place(a, k) * a_item, 1, (size_t)a_item);
    for (int64_t k = 0, n = layout_numel(b->ndim, b->size); k < n; k++)
        for (int64_t i = 0; i < b_item; i++)
            meet |= mark[20000 + b_start + place(b, k) * b_item + i];
    return meet;
}

static void test_two(void)
{
    shape a = draw_shape(0, 3, 4, draw(2, 40)), b = draw(0, 3) ? draw_shape(0, 3, 4, draw(2, 40)) : a;
    int64_t a_item = (int64_t)1 << draw(0, 4), b_item = draw(0, 2) ? a_item : (int64_t)1 << draw(0, 4);
    int64_t a_start = draw(0, 30) * a_item, b_start = draw(0, 3) ? draw(0, 300) * b_item : draw(0, 300);
    char one[700], two[700];
    if (draw(0, 4) == 0)
        b_start = a_start;
    if (a.ndim && draw(0, 9) == 0)
        a.size[0] = 0;
    overlap got = layout_overlap(a.ndim, a.size, a.stride, a_start, a_item, b.ndim, b.size, b.stride, b_start, b_item);
    overlap back = layout_overlap(b.ndim, b.size, b.stride, b_start, b_item, a.ndim, a.size, a.stride, a_start, a_item);
    bool meet = bytes_meet(&a, a_start, a_item, &b, b_start, b_item);
    CHECK(got == back, "overlap is not symmetric");
    CHECK((got != OVERLAP_NONE) == meet, "overlap %d of %s at %lld, item %lld and %s at %lld, item %lld", got, describe(&a, one),
          (long long)a_start, (long long)a_item, describe(&b, two), (long long)b_start, (long long)b_item);
    bool same = meet && a_item == b_item && a_start == b_start && a.ndim == b.ndim && !memcmp(a.size, b.size, sizeof a.size);
    for (int d = 0; d < a.ndim && same; d++)
        same = a.size[d] == 1 || a.stride[d] == b.stride[d];
    CHECK((got == OVERLAP_SAME) == same, "same memory in the same order: %d", got);
}

/* Two layouts too irregular for the search: one inside the gaps of the other, and one step aside. */
static void test_two_hard(void)
{
    for (int n = 14; n <= 16; n++) {
        shape a = close_strides(n);
        for (int d = 0; d < n; d++)
            a.stride[d] *= 2;
        shape b = a;
        CHECK(layout_overlap(n, a.size, a.stride, 0, 1, n, b.size, b.stride, 1, 1) == OVERLAP_NONE, "even and odd");
        b.stride[0] += 1; /* with size 2: even where index 0 is 0 */
        CHECK(layout_overlap(n, a.size, a.stride, 0, 1, n, b.size, b.stride, 0, 1) == OVERLAP_SOME, "the even half");
        CHECK(layout_overlap(n, a.size, a.stride, 0, 4, n, b.size, b.stride, 2, 4) == OVERLAP_SOME, "items that straddle");
    }
}

int main(void)
{
    test_all_small();
    printf("all layouts of up to 3 dims, sizes 0 to 4, strides -6 to 6: %d checks\n", checks);
    for (int i = 0; i < 15000; i++)
        test_random();
    for (int i = 0; i < 20000; i++)
        test_two();
    for (int i = 0; i < 400; i++)
        test_sums();
    for (int i = 0; i < 20000; i++)
        test_wide_sums();
    test_hard();
    test_two_hard();
    sum_budget = 0; /* the sieve alone */
    for (int i = 0; i < 3000; i++)
        test_small_strides();
    for (int i = 0; i < 3000; i++)
        test_two();
    printf("overlap: %d checks, %d failures\n", checks, failures);
    return failures != 0;
}
