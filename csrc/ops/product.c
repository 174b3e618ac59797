/* The planner of products: strides of 0 first, then axes merged, then calls of the product kernel. */
#include "base/blas.h"
#include "base/pool.h"
#include "kernel/half.h"
#include "kernel/ordered.h"
#include "ops/product.h"
#include <stddef.h>
#include <string.h>

int64_t product_work;

/* Scratch handed out in order. A rehearsal (not real) counts bytes and steps and touches nothing. */
typedef struct workspace { char *base; int64_t used, steps; bool blas, real; int threads; } workspace;

static void *take(workspace *w, int64_t bytes)
{
    char *place = w->real ? w->base + w->used : NULL;
    w->used += (bytes + 63) / 64 * 64;
    return place;
}

static void count(workspace *w, int64_t steps)
{
    if (__builtin_add_overflow(w->steps, steps, &w->steps))
        w->steps = INT64_MAX;
}

static int64_t saturated(int64_t a, int64_t b) { return __builtin_mul_overflow(a, b, &a) ? INT64_MAX : a; }

void product_of_matrices(product *p, const array *a, const array *b, const array *y)
{
    int n = y->ndim;
    const int64_t *size = array_size(y), *sa = array_stride(a), *sb = array_stride(b), *sy = array_stride(y);
    product_start(p, a, b, y);
    product_axis(p, size[n - 2], sa[n - 2], 0, sy[n - 2], false);
    product_axis(p, size[n - 1], 0, sb[n - 1], sy[n - 1], false);
    product_axis(p, array_size(a)[n - 1], sa[n - 1], sb[n - 2], 0, true);
    for (int d = 0; d < n - 2; d++)
        product_axis(p, size[d], sa[d], sb[d], sy[d], false);
}

enum { OF_A = 1, OF_B = 2, OF_Y = 4 };
static ct_dtype dtype_of(const product *p, int operand) { return p->single & operand ? DT_F32 : p->dtype; }
static int64_t bytes_of(const product *p, int operand) { return dtype_bytes(dtype_of(p, operand)); }

static void copy(product *to, const product *from) { memcpy(to, from, offsetof(product, axis) + (size_t)from->n * sizeof *from->axis); }

/* ---- one matrix product as it stands --------------------------------------------------------------------------- */
enum { WORTH_A_TRANSFORM = 100000 };

static bool is(const axis *x, int kind)
{
    return x->size == 1 || (kind == AXIS_SUM ? x->summed : !x->summed && !(kind == AXIS_ROW ? x->b : x->a));
}

/* Rows, columns, sum in this order, perhaps a batch after them, without structure; or too small to matter. */
static bool direct(const product *p)
{
    const axis *m = p->axis, *n = m + 1, *k = m + 2, *batch = m + 3;
    bool batches = p->n == 4;
    if (p->n != 3 + batches || (n->size != 1 && n->y != 1) || !is(m, AXIS_ROW) || !is(n, AXIS_COLUMN) || !is(k, AXIS_SUM))
        return false;
    int64_t steps = saturated(saturated(m->size, n->size), k->size);
    if (batches) {
        if (batch->summed || (batch->size > 1 && !batch->y))
            return false;
        steps = saturated(steps, batch->size);
    }
    if (steps <= PRODUCT_SMALL)
        return true;
    if ((m->size > 1 && !m->a) || (n->size > 1 && !n->b) || (k->size > 1 && (!k->a || !k->b)) || (batches && batch->size > 1 && (!batch->a || !batch->b)))
        return false;
    bool slides = (m->size > 1 && axes_slide(m->a, k->a)) || (n->size > 1 && axes_slide(n->b, k->b));
    return !slides || steps < WORTH_A_TRANSFORM || !product_correlates(p);
}

bool product_adds(const product *p) { return direct(p); }

static k_gemm gemm_of(const product *p, const axis *m, const axis *n, const axis *k)
{
    return (k_gemm){.m = m->size, .n = n->size, .k = k->size, .a = p->a, .b = p->b, .c = p->y, .a_row = m->a, .a_col = k->a, .b_row = k->b, .b_col = n->b,
                    .c_row = m->size == 1 ? n->size : m->y, .add = p->add, .single = p->single};
}

/* ---- axes ---------------------------------------------------------------------------------------------------------- */
/* Leaves the axes along which something moves. False: y has no elements. */
static bool settle(product *p)
{
    int n = 0;
    bool any = true;
    p->times = 1;
    p->n_once = 0;
    for (int i = 0; i < p->n; i++) {
        axis x = p->axis[i];
        if (x.size == 1)
            continue;
        if (x.summed && (x.size == 0 || (!x.a && !x.b)))
            p->times *= x.size;
        else if (x.size == 0)
            any = false;
        else if (x.a || x.b)
            p->axis[n++] = x;
        else if (x.y)
            p->once[p->n_once++] = x;
    }
    p->n = n;
    return any;
}

static void drop_axis(product *p, int i) { p->axis[i] = p->axis[--p->n]; }

/* Two axes of one kind, the outer going on where the inner ends in a, b and y, are one. */
static bool merge_two(product *p)
{
    for (int i = 0; i < p->n; i++)
        for (int j = 0; j < p->n; j++) {
            axis *out = p->axis + i, *in = p->axis + j;
            if (i == j || axis_kind(out) != axis_kind(in) || out->a != in->a * in->size || out->b != in->b * in->size || out->y != in->y * in->size)
                continue;
            in->size *= out->size;
            drop_axis(p, i);
            return true;
        }
    return false;
}

static void swap_sides(product *p)
{
    const char *a = p->a;
    p->a = p->b;
    p->b = a;
    p->single = (uint8_t)((p->single & OF_Y) | (p->single & OF_A) << 1 | (p->single & OF_B) >> 1);
    for (int i = 0; i < p->n; i++) {
        int64_t stride = p->axis[i].a;
        p->axis[i].a = p->axis[i].b;
        p->axis[i].b = stride;
    }
}

/* Every output axis, for an elementwise walk over y; of a and b where they are asked for. */
static void output_walk(const product *p, int operands, k_nd *nd)
{
    int64_t item = bytes_of(p, OF_Y);
    nd->ndim = 0;
    nd->nop = operands;
    for (int i = 0; i < p->n; i++) {
        const axis *x = p->axis + i;
        if (x->summed)
            continue;
        nd->size[nd->ndim] = x->size;
        nd->stride[0][nd->ndim] = x->y * item;
        nd->stride[1][nd->ndim] = operands == 3 ? x->a * bytes_of(p, OF_A) : x->y * item;
        nd->stride[2][nd->ndim++] = x->b * bytes_of(p, OF_B);
    }
    nd->data[0] = p->y;
    nd->data[1] = operands == 3 ? (char *)p->a : p->y;
    nd->data[2] = (char *)p->b;
}

/* ---- contraction of settled axes ---------------------------------------------------------------------------------------- */
static int largest(const product *p, int kind)
{
    int best = -1;
    for (int i = 0; i < p->n; i++)
        if (axis_kind(p->axis + i) == kind && (best < 0 || p->axis[i].size > p->axis[best].size))
            best = i;
    return best;
}

static int count_kind(const product *p, int kind)
{
    int n = 0;
    for (int i = 0; i < p->n; i++)
        n += axis_kind(p->axis + i) == kind;
    return n;
}

/* The columns of the kernel's product must be adjacent in y: a row or column axis whose stride there is 1, on b's side. */
static int adjacent(product *p)
{
    for (int i = 0; i < p->n; i++)
        if (p->axis[i].y == 1 && axis_kind(p->axis + i) < AXIS_SUM) {
            if (axis_kind(p->axis + i) == AXIS_ROW && (largest(p, AXIS_COLUMN) >= 0 || count_kind(p, AXIS_SUM) == 0))
                swap_sides(p);
            return axis_kind(p->axis + i) == AXIS_COLUMN ? i : -1;
        }
    return -1;
}

static axis take_axis(product *p, int i, axis one)
{
    if (i < 0)
        return one;
    one = p->axis[i];
    p->axis[i].size = 0; /* taken: the loop passes over it */
    return one;
}

/* The kernel once for every index of the axes that are left. A result's first visit has every summed index at 0. */
static void loop(product *p, k_gemm *g)
{
    int64_t index[PRODUCT_AXES];
    int sums = 0, i;
    for (i = 0; i < p->n; i++)
        index[i] = 0;
    do {
        g->add = p->add || sums;
        k_gemm_run(p->dtype, g);
        for (i = 0; i < p->n; i++) {
            const axis *x = p->axis + i;
            int64_t steps = ++index[i] < x->size ? 1 : 1 - x->size;
            sums += x->summed ? steps : 0;
            g->a = (const char *)g->a + steps * x->a * bytes_of(p, OF_A);
            g->b = (const char *)g->b + steps * x->b * bytes_of(p, OF_B);
            g->c = (char *)g->c + steps * x->y * bytes_of(p, OF_Y);
            if (steps == 1)
                break;
            index[i] = 0;
        }
    } while (i < p->n);
}

static void multiply(product *p, workspace *w)
{
    int64_t steps = 1;
    k_nd nd;
    for (int i = 0; i < p->n; i++)
        steps = saturated(steps, p->axis[i].size);
    count(w, steps);
    output_walk(p, 3, &nd);
    half_mix mix = {{p->dtype, 3, (uint32_t)((p->single & OF_Y ? 0 : 1) | (p->single & OF_A ? 0 : 2) | (p->single & OF_B ? 0 : 4))}, K->binary[B_mul][DT_F32]};
    if (w->real)
        k_walk(&nd, p->single ? half_mixed : K->binary[B_mul][p->dtype], p->single ? &mix : NULL);
}

static void contract(product *p, workspace *w)
{
    while (merge_two(p))
        ;
    if (!count_kind(p, AXIS_SUM) && (count_kind(p, AXIS_BATCH) || count_kind(p, AXIS_ROW) > 1 || count_kind(p, AXIS_COLUMN) > 1)) {
        multiply(p, w);
        return;
    }
    int column = adjacent(p);
    axis n = take_axis(p, column, (axis){1, 0, 1, 1, false});
    axis m = take_axis(p, largest(p, AXIS_ROW), (axis){1, 1, 0, 1, false}), k = take_axis(p, largest(p, AXIS_SUM), (axis){1, 1, 1, 0, true});
    for (int i = p->n - 1; i >= 0; i--)
        if (p->axis[i].size == 0)
            drop_axis(p, i);
    k_gemm g = gemm_of(p, &m, &n, &k);
    g.threads = w->threads;
    g.scratch = take(w, k_gemm_scratch(p->dtype, &g));
    int64_t steps = saturated(saturated(m.size, n.size), k.size);
    for (int i = 0; i < p->n; i++)
        steps = saturated(steps, p->axis[i].size);
    count(w, steps);
    w->blas |= k_gemm_wants_blas(p->dtype, &g);
    if (w->real)
        loop(p, &g);
}

/* ---- what strides of 0 save ---------------------------------------------------------------------------------------------- */
static const void *one_of(ct_dtype d)
{
    static const union { uint8_t u; int32_t i; int64_t l; } whole = {.l = 1};
    static const struct { uint8_t u8; int32_t i32; float f32; double f64; } ones = {1, 1, 1, 1};
    return d == DT_F32 ? (const void *)&ones.f32 : d == DT_F64 ? (const void *)&ones.f64 : d == DT_I32 ? (const void *)&ones.i32 :
           d == DT_I64 ? (const void *)&whole.l : (const void *)&ones.u8;
}

/* a is summed along the axes where only it moves: a product with a 1 that stands still. What is left of it is compact. */
static void collapse(product *p, workspace *w)
{
    product s;
    int64_t left = 1;
    int gone = 0;
    bool half = dtype_is_half(p->dtype);
    s.dtype = p->dtype;
    s.single = (uint8_t)(half ? (p->single & OF_A) | OF_B | OF_Y : 0); /* what is summed before is not rounded */
    s.add = false;
    s.a = p->a;
    s.b = one_of(dtype_computed(p->dtype));
    s.n = 0;
    for (int i = 0; i < p->n; i++)
        gone += p->axis[i].summed && !p->axis[i].b;
    if (!gone)
        return;
    for (int sums = 1; sums >= 0; sums--) /* what is left to sum is adjacent */
        for (int i = p->n - 1; i >= 0; i--) {
            axis *x = p->axis + i;
            bool summed = x->summed && !x->b;
            if (!x->a || x->summed != sums)
                continue;
            product_axis(&s, x->size, x->a, 0, summed ? 0 : left, summed);
            if (summed)
                drop_axis(p, i);
            else {
                x->a = left;
                left *= x->size;
            }
        }
    p->a = s.y = take(w, left * bytes_of(&s, OF_Y));
    p->single |= half ? OF_A : 0;
    contract(&s, w);
}

static void scale(const product *p, int64_t by)
{
    double number;
    k_nd nd;
    output_walk(p, 2, &nd);
    nd.nop = 3;
    nd.data[2] = (char *)&number;
    memset(nd.stride[2], 0, sizeof nd.stride[2]);
    if (dtype_is_float(p->dtype))
        dtype_store_f(&number, dtype_of(p, OF_Y), (double)by);
    else
        dtype_store_i(&number, p->dtype, by);
    k_walk(&nd, K->binary[B_mul][dtype_of(p, OF_Y)], NULL);
}

static void clear(product *p)
{
    static const double zero;
    k_nd nd;
    for (int i = 0; i < p->n_once; i++)
        p->axis[p->n++] = p->once[i];
    output_walk(p, 1, &nd);
    k_walk(&nd, K->fill[p->dtype], &zero);
}

/* Stride of p->plus, seen at the output's shape, along the axis whose stride in the output is `y`. */
static int64_t plus_stride(const product *p, int64_t y)
{
    const array *out = p->y_of;
    int64_t stride[CT_MAXDIM];
    layout_broadcast_stride(out->ndim, array_size(out), p->plus->ndim, array_size(p->plus), array_stride(p->plus), stride);
    for (int d = 0; d < out->ndim; d++)
        if (array_stride(out)[d] == y && array_size(out)[d] > 1)
            return stride[d];
    return 0;
}

/* The results at `from`, in the order that compact_output gave them, to y and along the axes that were computed once; p->plus added. */
static void copy_along(product *p, char *from, const axis *rows, int n)
{
    k_nd nd;
    bool adds = p->plus && dtype_of(p, OF_Y) == p->dtype;
    int64_t item = dtype_bytes(p->dtype);
    for (int i = 0; i < n + p->n_once; i++) {
        const axis *x = i < n ? rows + i : p->once + i - n;
        nd.size[i] = x->size;
        nd.stride[0][i] = x->y * item;
        nd.stride[1][i] = i < n ? x->a * bytes_of(p, OF_Y) : 0;
        nd.stride[2][i] = adds ? plus_stride(p, x->y) * item : 0;
    }
    nd.ndim = n + p->n_once;
    nd.nop = adds ? 3 : 2;
    nd.data[0] = p->y;
    nd.data[1] = from;
    nd.data[2] = adds ? array_data(p->plus) : NULL;
    k_walk(&nd, adds ? K->binary[B_add][p->dtype] : K->cast[dtype_of(p, OF_Y)][p->dtype], NULL);
    p->plus = adds ? NULL : p->plus;
}

/* The output axes get compact strides, columns first; where they were goes to `to` (a: the compact stride). Returns the number of results. */
static int64_t compact_output(product *p, axis *to, int *n)
{
    static const int order[] = {AXIS_COLUMN, AXIS_ROW, AXIS_BATCH};
    int64_t results = 1;
    *n = 0;
    for (int o = 0; o < 3; o++)
        for (int i = p->n - 1; i >= 0; i--)
            if (axis_kind(p->axis + i) == order[o]) {
                to[(*n)++] = (axis){p->axis[i].size, results, 0, p->axis[i].y, false};
                p->axis[i].y = results;
                results *= p->axis[i].size;
            }
    return results;
}

/* Would results of halves be rounded more than once: scaled, or added to by several products? */
static bool several_steps(product *p)
{
    while (merge_two(p))
        ;
    return p->times != 1 || count_kind(p, AXIS_SUM) > 1;
}

static void structured(product *p, workspace *w)
{
    axis to[CT_MAXDIM];
    int n = 0;
    char *y = p->y;
    if (!settle(p))
        return;
    if (p->times == 0) {
        if (w->real)
            clear(p);
        return;
    }
    collapse(p, w);
    swap_sides(p);
    collapse(p, w);
    swap_sides(p);
    bool sums = dtype_is_half(p->dtype) && several_steps(p);
    if (p->n_once || sums) {
        p->single |= sums ? OF_Y : 0;
        p->y = take(w, compact_output(p, to, &n) * bytes_of(p, OF_Y));
    }
    if (p->times == 1)
        contract(p, w);
    else {
        product inner;
        copy(&inner, p);
        contract(&inner, w);
        if (w->real)
            scale(p, p->times);
    }
    if (!p->n_once && !sums)
        return;
    char *from = p->y;
    p->y = y;
    if (w->real)
        copy_along(p, from, to, n);
}

static void run_direct(const product *p, workspace *w)
{
    const axis *x = p->axis;
    k_gemm g = gemm_of(p, x, x + 1, x + 2);
    g.threads = w->threads;
    int64_t batches = p->n == 4 ? x[3].size : 1, item = dtype_bytes(p->dtype);
    g.scratch = take(w, k_gemm_scratch(p->dtype, &g));
    count(w, saturated(saturated(saturated(x[0].size, x[1].size), x[2].size), batches));
    w->blas = k_gemm_wants_blas(p->dtype, &g);
    if (w->real && p->n == 4)
        k_gemm_batch(p->dtype, &g, batches, x[3].a * item, x[3].b * item, x[3].y * item);
    else if (w->real && (p->dtype != DT_F32 || !(p->dot ? k_ordered_dot : k_ordered)(&g)))
        k_gemm_run(p->dtype, &g);
}

/* ---- the call ---------------------------------------------------------------------------------------------------------------- */
/* Axes as product_correlates wants them, where that is possible at all. */
static bool host_takes(product *p)
{
    if (!product_fft || !dtype_is_float(p->dtype) || !settle(p) || p->times != 1 || p->n_once)
        return false;
    while (merge_two(p))
        ;
    return product_correlates(p);
}

int product_plan(call *c, const product *p)
{
    workspace w = {.threads = c->threads = ct_threads()};
    c->effective = p->effective < 9e18 ? (int64_t)p->effective : INT64_MAX;
    if (direct(p))
        run_direct(p, &w);
    else {
        product q;
        copy(&q, p);
        if (host_takes(&q)) {
            int64_t before = product_work;
            int result = product_correlate(&q);
            c->work = product_work - before;
            return result;
        }
        copy(&q, p);
        structured(&q, &w);
    }
    c->work = w.steps;
    c->scratch_bytes = w.used;
    product_count(w.steps);
    if (w.blas)
        ct_blas_wanted();
    return 0;
}

void product_run(call *c, product *p)
{
    workspace w = {.base = c->scratch_bytes ? c->scratch : NULL, .real = true, .threads = c->threads};
    if (direct(p)) {
        run_direct(p, &w);
        return;
    }
    product q;
    copy(&q, p);
    if (!host_takes(&q))
        structured(p, &w);
}
