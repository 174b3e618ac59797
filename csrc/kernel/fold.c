/* fold: the order in which a reduction visits its elements. The rules are those of PyTorch's TensorIterator (dimensions
 * sorted by stride and merged, innermost planes of two) and of its splitting into one part a core, because the last bits
 * of float sums depend on them. The number of parts is fixed (k_parts); whichever threads run them, the
 * result is the same. */
#include "base/pool.h"
#include "kernel/fold.h"
#include <string.h>

int k_parts = 1;

static void swap_dims(iterator *it, int a, int b)
{
    int64_t *lists[4] = {it->size, it->in, it->out, it->out2};
    for (int l = 0; l < 4; l++) {
        int64_t t = lists[l][a];
        lists[l][a] = lists[l][b];
        lists[l][b] = t;
    }
}

/* Above 0: the inner dimension a belongs outside b; below 0: not; 0: undecided. The output decides first. */
static int compare_dims(const iterator *it, int a, int b)
{
    const int64_t *lists[2] = {it->out, it->in};
    for (int l = 0; l < 2; l++) {
        int64_t sa = lists[l][a], sb = lists[l][b];
        if (sa == 0 || sb == 0)
            continue;
        if (sa != sb)
            return sa < sb ? -1 : 1;
        if (it->size[a] > it->size[b])
            return 1;
    }
    return 0;
}

/* Insertion sort over dims from .. to - 1; what is undecided keeps its order but may be passed over. */
static void sort_dims(iterator *it, int from, int to)
{
    for (int i = from + 1; i < to; i++)
        for (int moved = i, k = i - 1; k >= from; k--) {
            int c = compare_dims(it, k, moved);
            if (c < 0)
                break;
            if (c > 0) {
                swap_dims(it, k, moved);
                moved = k;
            }
        }
}

static bool mergeable(const iterator *it, int inner, int outer)
{
    int64_t n = it->size[inner];
    return it->size[outer] == 1 || n == 1 ||
           (it->in[inner] * n == it->in[outer] && it->out[inner] * n == it->out[outer] && it->out2[inner] * n == it->out2[outer]);
}

static void copy_strides(iterator *it, int to, int from)
{
    it->in[to] = it->in[from];
    it->out[to] = it->out[from];
    it->out2[to] = it->out2[from];
}

static void merge_dims(iterator *it)
{
    int last = 0, reduced = it->reduced;
    for (int d = 1; d < it->ndim; d++) {
        if (!mergeable(it, last, d)) {
            if (++last != d) {
                copy_strides(it, last, d);
                it->size[last] = it->size[d];
            }
            continue;
        }
        if (it->size[last] == 1)
            copy_strides(it, last, d);
        it->size[last] *= it->size[d];
    }
    it->ndim = it->ndim ? last + 1 : 0;
    for (it->reduced = 0; it->reduced < it->ndim && reduced && it->out[it->reduced] == 0 && it->out2[it->reduced] == 0;)
        it->reduced++;
}

void fold_iterate(iterator *it, const k_fold *f, bool in_order)
{
    it->ndim = f->reduced + f->kept;
    it->reduced = f->reduced;
    for (int d = 0; d < f->reduced; d++) {
        int from = f->reduced - 1 - d;
        it->size[d] = f->size[from];
        it->in[d] = f->in[from];
        it->out[d] = it->out2[d] = 0;
    }
    for (int d = 0; d < f->kept; d++) {
        int to = f->reduced + d, from = f->kept - 1 - d;
        it->size[to] = f->kept_size[from];
        it->in[to] = f->kept_in[from];
        it->out[to] = f->out ? f->kept_out[from] : f->kept_out2[from];
        it->out2[to] = f->out2 ? f->kept_out2[from] : 0;
    }
    if (!in_order)
        sort_dims(it, 0, f->reduced);
    sort_dims(it, f->reduced, it->ndim);
    merge_dims(it);
}

static int64_t at_most(int64_t a, int64_t b) { return a < b ? a : b; }

/* ---- planes ---- */
static void run_plane(const iterator *it, k_plane_f *plane, const char *in, char *out, int64_t n0, int64_t n1)
{
    int64_t in1 = it->ndim > 1 ? it->in[1] : 0, out1 = it->ndim > 1 ? it->out[1] : 0;
    if (it->ndim && it->out[0] == 0) {
        plane(&(k_plane){in, it->in[0], n0, in1, n1, out, out1});
        return;
    }
    for (int64_t i = 0; i < n1; i++)
        plane(&(k_plane){in + i * in1, 0, 1, it->ndim ? it->in[0] : 0, n0, out + i * out1, it->ndim ? it->out[0] : 0});
}

/* Elements begin .. end - 1 in the iterator's order, in planes of its two innermost dimensions. */
static void run_range(const iterator *it, k_plane_f *plane, const char *in, char *out, int64_t begin, int64_t end)
{
    int64_t at[2 * FOLD_MAXDIM], left = begin;
    int64_t size0 = it->ndim ? it->size[0] : 1, size1 = it->ndim > 1 ? it->size[1] : 1;
    if (it->ndim <= 2 && begin == 0 && end == size0 * size1) {
        run_plane(it, plane, in, out, size0, size1);
        return;
    }
    for (int d = 0; d < it->ndim; d++) {
        at[d] = left % it->size[d];
        left /= it->size[d];
        in += at[d] * it->in[d];
        out += at[d] * it->out[d];
    }
    at[it->ndim] = at[it->ndim + 1] = 0;
    while (begin < end) {
        int64_t n0 = at_most(size0 - at[0], end - begin), n1 = 1;
        if (n0 == size0)
            n1 = at_most(size1 - at[1], (end - begin) / size0);
        run_plane(it, plane, in, out, n0, n1);
        begin += n0 * n1;
        int64_t steps[2] = {n0 == size0 ? 0 : n0, n0 == size0 ? n1 : 0};
        bool carry = false;
        for (int d = 0; d < it->ndim && (d < 2 || carry); d++) {
            int64_t by = d < 2 ? steps[d] + carry : 1;
            at[d] += by;
            in += by * it->in[d];
            out += by * it->out[d];
            if ((carry = at[d] >= it->size[d])) {
                at[d] -= it->size[d];
                in -= it->size[d] * it->in[d];
                out -= it->size[d] * it->out[d];
            }
        }
    }
}

/* Elements from which threads share the parts: a plane takes 0.05 to 0.1 ns for each, a line about 1. */
enum { SHARE_PLANES = 262144, SHARE_LINES = 16384 };
typedef struct parts {
    const iterator *it;
    k_plane_f *plane;
    const k_fold *f;
    char *partial;
    int64_t item, chunk, n, round;
    int dim;
} parts;

static void share_parts(int64_t used, int64_t work, ct_piece *piece, parts *p)
{
    ct_share(used, 1, work < SHARE_PLANES ? 1 : POOL_MOST, piece, p);
}

static void part_piece(void *work, int64_t i, int64_t end)
{
    const parts *p = work;
    for (; i < end && i * p->chunk < p->n; i++)
        run_range(p->it, p->plane, p->f->data, p->partial + i * p->item, i * p->chunk, at_most((i + 1) * p->chunk, p->n));
}

/* Everything goes into one result: each part has its own, and these are folded as a line at the end. */
static void run_parts(const iterator *it, k_plane_f *plane, const k_fold *f, const void *neutral, int64_t item, int64_t n)
{
    _Alignas(16) char partial[FOLD_MAXPARTS * 8];
    int count = k_parts;
    int64_t most = (n + FOLD_PART - 1) / FOLD_PART, used = at_most(count, most);
    for (int i = 0; i < count; i++)
        memcpy(partial + i * item, neutral, (size_t)item);
    share_parts(used, n, part_piece, &(parts){.it = it, .plane = plane, .f = f, .partial = partial, .item = item, .chunk = (n + used - 1) / used, .n = n});
    plane(&(k_plane){partial, item, count, 0, 1, f->out, 0});
}

/* The kept dimension that is cut: the outermost that gives every part something, else the largest. */
static int dim_to_cut(const iterator *it)
{
    int best = it->ndim - 1;
    for (int d = best; d >= it->reduced; d--) {
        if (it->size[d] >= k_parts)
            return d;
        if (it->size[d] > it->size[best])
            best = d;
    }
    return best;
}

static void cut_piece(void *work, int64_t i, int64_t last)
{
    const parts *p = work;
    const iterator *it = p->it;
    for (; i < last && i * p->chunk < p->n; i++) {
        int64_t begin = i * p->chunk, end = at_most(begin + p->chunk, p->n);
        begin -= begin % p->round;
        end -= end != p->n ? end % p->round : 0;
        if (begin == end)
            continue;
        iterator part = *it;
        part.size[p->dim] = end - begin;
        run_range(&part, p->plane, p->f->data + begin * it->in[p->dim], p->f->out + begin * it->out[p->dim], 0, fold_count(part.size, 0, part.ndim));
    }
}

static void run_cut(const iterator *it, k_plane_f *plane, const k_fold *f, int64_t item_in)
{
    int dim = dim_to_cut(it);
    int64_t n = it->size[dim], used = at_most(k_parts, n), round = it->in[dim] == item_in ? 128 / item_in : 1;
    share_parts(used, fold_count(it->size, 0, it->ndim), cut_piece,
                &(parts){.it = it, .plane = plane, .f = f, .chunk = (n + used - 1) / used, .n = n, .round = round, .dim = dim});
}

static void fill_line(char *out, int64_t step, int64_t n, const void *neutral, int64_t item)
{
    uint32_t four;
    uint64_t eight;
    memcpy(&four, neutral, item == 4 ? 4 : 0);
    memcpy(&eight, neutral, item == 8 ? 8 : 0);
    for (; n > 0; n--, out += step)
        if (item == 4)
            memcpy(out, &four, 4);
        else if (item == 8)
            memcpy(out, &eight, 8);
        else
            memcpy(out, neutral, (size_t)item);
}

static void write_neutral(const k_fold *f, const void *neutral, int64_t item)
{
    int64_t at[FOLD_MAXDIM], inner = f->kept - 1;
    char *out = f->out;
    for (int d = 0; d < f->kept; d++) {
        if (f->kept_size[d] == 0)
            return;
        at[d] = 0;
    }
    if (inner < 0) {
        fill_line(out, 0, 1, neutral, item);
        return;
    }
    for (int64_t d = 0; d >= 0;) {
        fill_line(out, f->kept_out[inner], f->kept_size[inner], neutral, item);
        for (d = inner - 1; d >= 0; d--) {
            out += f->kept_out[d];
            if (++at[d] < f->kept_size[d])
                break;
            out -= f->kept_out[d] * f->kept_size[d];
            at[d] = 0;
        }
    }
}

void k_fold_planes(const k_fold *f, k_plane_f *plane, const void *neutral, int64_t item, int64_t item_in)
{
    iterator it;
    write_neutral(f, neutral, item);
    fold_iterate(&it, f, false);
    int64_t n = fold_count(it.size, 0, it.ndim);
    if (n == 0)
        return;
    if (n < FOLD_PART || k_parts == 1 || item != item_in)
        run_range(&it, plane, f->data, f->out, 0, n);
    else if (fold_count(it.size, it.reduced, it.ndim) == 1)
        run_parts(&it, plane, f, neutral, item, n);
    else
        run_cut(&it, plane, f, item_in);
}

/* ---- lines ---- */
static void take_range(k_state *s, const k_lines *kind, const iterator *it, const k_fold *f, const char *in, int64_t begin, int64_t end)
{
    int64_t at[FOLD_MAXDIM], left = begin;
    if (begin >= end)
        return;
    if (it->reduced == 0) {
        kind->take(s, &(k_line){in, 0, 1, 0}, f);
        return;
    }
    for (int d = 0; d < it->reduced; d++) {
        at[d] = left % it->size[d];
        left /= it->size[d];
        in += at[d] * it->in[d];
    }
    while (begin < end) {
        int64_t n = at_most(it->size[0] - at[0], end - begin);
        kind->take(s, &(k_line){in, it->in[0], n, begin}, f);
        begin += n;
        in -= at[0] * it->in[0];
        at[0] = 0;
        for (int d = 1; d < it->reduced; d++) {
            in += it->in[d];
            if (++at[d] < it->size[d])
                break;
            in -= it->size[d] * it->in[d];
            at[d] = 0;
        }
    }
}

typedef struct terms {
    const k_lines *kind;
    const iterator *it;
    const k_fold *f;
    const char *in;
    int64_t chunk, n;
    k_state *state;     /* of each part */
} terms;

static void terms_piece(void *work, int64_t i, int64_t end)
{
    const terms *t = work;
    for (; i < end && i * t->chunk < t->n; i++) {
        t->kind->start(t->state + i, t->f);
        take_range(t->state + i, t->kind, t->it, t->f, t->in, i * t->chunk, at_most((i + 1) * t->chunk, t->n));
    }
}

/* One result; n terms, in parts where they are many. */
static void take_result(const k_lines *kind, const iterator *it, const k_fold *f, const char *in, char *out, char *out2, int64_t n, bool cut)
{
    k_state s, part[FOLD_MAXPARTS];
    kind->start(&s, f);
    if (!cut || n < FOLD_PART || k_parts == 1)
        take_range(&s, kind, it, f, in, 0, n);
    else {
        int64_t used = at_most(k_parts, (n + FOLD_PART - 1) / FOLD_PART), chunk = (n + used - 1) / used;
        ct_share(used, 1, POOL_MOST, terms_piece, &(terms){kind, it, f, in, chunk, n, part});
        for (int64_t i = 0; i < used && i * chunk < n; i++)
            kind->join(&s, part + i, f);
    }
    kind->finish(&s, out, out2, f);
}

typedef struct results {
    const k_lines *kind;
    const iterator *it;
    const k_fold *f;
    int64_t n;          /* terms of each */
    bool cut, sides;
} results;

static void results_piece(void *work, int64_t begin, int64_t end)
{
    const results *r = work;
    const iterator *it = r->it;
    int64_t at[2 * FOLD_MAXDIM], left = begin;
    const char *in = r->f->data;
    char *out = r->f->out, *out2 = r->f->out2;
    for (int d = it->reduced; d < it->ndim; d++) {
        at[d] = left % it->size[d];
        left /= it->size[d];
        in += at[d] * it->in[d];
        out = out ? out + at[d] * it->out[d] : NULL;
        out2 = out2 ? out2 + at[d] * it->out2[d] : NULL;
    }
    for (int64_t many; begin < end; begin += many) {
        many = r->sides && at_most(end - begin, it->size[it->reduced] - at[it->reduced]) >= r->kind->many ? r->kind->many : 1;
        if (many > 1)
            r->kind->sides(in, it->in[0], it->in[it->reduced], r->n, out, it->out[it->reduced], out2, it->out2[it->reduced]);
        else
            take_result(r->kind, it, r->f, in, out, out2, r->n, r->cut);
        for (int d = it->reduced; d < it->ndim; d++) {
            int64_t by = d == it->reduced ? many : 1;
            bool carry = (at[d] += by) == it->size[d];
            by -= carry ? it->size[d] : 0;
            in += by * it->in[d];
            out = out ? out + by * it->out[d] : NULL;
            out2 = out2 ? out2 + by * it->out2[d] : NULL;
            if (!carry)
                break;
            at[d] = 0;
        }
    }
}

void k_fold_lines(const k_fold *f, const k_lines *kind, const k_lines *contiguous, int64_t item)
{
    iterator it;
    fold_iterate(&it, f, kind->in_order);
    bool flat = contiguous && it.reduced == 1 && it.in[0] == item;
    int64_t n = fold_count(it.size, 0, it.reduced), all = fold_count(it.size, it.reduced, it.ndim);
    kind = flat ? contiguous : kind;
    bool sides = kind->sides && it.reduced == 1 && it.ndim > 1 && (flat || it.in[1] == item) && n > 0 && n < INT32_MAX;
    results r = {kind, &it, f, n, all == 1 && !flat, sides};
    if (all == 0)
        return;
    int64_t many = sides ? kind->many : 1, step = n < SHARE_LINES / 4 ? SHARE_LINES / 4 / (n + 1) + 1 : 1;
    if (all == 1 || all * n < SHARE_LINES)
        results_piece(&r, 0, all);
    else
        ct_share(all, (step + many - 1) / many * many, POOL_MOST, results_piece, &r);
}
