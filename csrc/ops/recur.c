/* Recurrent layers, all steps in one call: LSTM, GRU, and tanh or relu of a sum.
 *
 * x holds the input's part of the gates, (rows, gates * n): one product for all steps, made outside. What is left to a step
 * is a product of the state with weight (gates * n, n) and one pass over the gates (kernel/recur.h). rows are steps * batch,
 * or, where sequences differ in length, the counts of a packed sequence. The gradient is one op as well, and where it is to
 * be differentiated itself, formulas over ops. */
#include "ops/recur.h"
#include "base/blas.h"
#include "kernel/kernel.h"
#include "kernel/ordered.h"
#include "ops/dispatch.h"
#include <string.h>

static const char *shown(const array *a, char *buffer) { return layout_text(a->ndim, array_size(a), buffer, 200); }
static bool is_matrix(const array *a, int64_t rows, int64_t columns) { return a->ndim == 2 && array_size(a)[0] == rows && array_size(a)[1] == columns; }

/* counts[]: positive, never growing, from the batch's size, x's rows together. */
static int check_counts(const call *c, const array *counts, int64_t batch, int64_t rows)
{
    int64_t total = 0, before = batch;
    const int64_t *count = (const int64_t *)array_data(counts);
    bool fits = counts->dtype == DT_I64 && counts->ndim == 1 && counts->numel > 0 && count[0] == batch;
    for (int64_t t = 0; fits && t < counts->numel; t++) {
        fits = count[t] > 0 && count[t] <= before;
        before = count[t];
        total += count[t];
    }
    return fits && total == rows ? 0 : ct_fail(CT_RUNTIME, "%s(): counts must fall from the batch size %lld and sum to %lld rows", c->op->name, (long long)batch, (long long)rows);
}
/* x: the gates, or in the gradient the states: `columns` sizes of the state wide. */
static int read_shape(call *c, const array *x, int64_t columns, const array *h0, const array *w, const array *counts, int64_t kind, bool reverse, recur_shape *r)
{
    if (kind < RECUR_LSTM || kind > RECUR_RELU || x->ndim != 2 || h0->ndim != 2 || w->ndim != 2)
        return ct_fail(CT_RUNTIME, "%s(): rows, h0 and weight are matrices, got %d, %d and %d dimensions (kind %lld)", c->op->name, x->ndim, h0->ndim, w->ndim, (long long)kind);
    int64_t batch = array_size(h0)[0], n = array_size(h0)[1], rows = array_size(x)[0];
    if (!is_matrix(w, k_recur_gates((k_recur_kind)kind) * n, n) || array_size(x)[1] != columns * n || (!counts && rows % (batch ? batch : 1)))
        return ct_fail(CT_RUNTIME, "%s(): rows of shape %s, h0 of shape %s and weight of shape %s are not those of one layer", c->op->name, shown(x, (char[200]){0}),
                       shown(h0, (char[200]){0}), shown(w, (char[200]){0}));
    if (!dtype_is_float(x->dtype) || dtype_is_half(x->dtype) || h0->dtype != x->dtype || w->dtype != x->dtype)
        return ct_fail(CT_RUNTIME, "%s(): rows, h0 and weight must have one dtype of float32 and float64, got %s, %s and %s", c->op->name, dtype_name(x->dtype), dtype_name(h0->dtype), dtype_name(w->dtype));
    if (counts && check_counts(c, counts, batch, rows) < 0)
        return -1;
    *r = (recur_shape){.kind = kind, .reverse = reverse, .steps = counts ? counts->numel : batch ? rows / batch : 0, .batch = batch, .n = n, .counted = counts != NULL};
    memcpy(c->param, r, sizeof *r);
    c->n_param = RECUR_PARAMS;
    return 0;
}
/* The end of scratch holds the counts where no tensor does. */
static void set_counts(k_recur *k, const recur_shape *r, const array *counts, int64_t *scratch)
{
    k->count = counts ? (const int64_t *)array_data(counts) : scratch;
    for (int64_t t = 0; !counts && t < r->steps; t++)
        scratch[t] = r->batch;
}
static k_recur described(const recur_shape *r, ct_dtype dtype, int64_t rows)
{
    return (k_recur){.kind = (k_recur_kind)r->kind, .dtype = dtype, .reverse = r->reverse, .steps = r->steps, .batch = r->batch, .rows = rows, .n = r->n};
}
static int plan(call *c, const recur_shape *r, ct_dtype dtype, int64_t rows, const array *counts)
{
    k_recur k = described(r, dtype, rows);
    int64_t *some = ct_alloc((size_t)(r->steps + 1) * sizeof *some);
    if (!some)
        return -1;
    set_counts(&k, r, counts, some);
    c->scratch_bytes = (k_recur_scratch(&k) + 63) / 64 * 64 + (r->steps + 1) * (int64_t)sizeof *some;
    double steps = (double)rows * (double)(k_recur_gates((k_recur_kind)r->kind) * r->n) * (double)(r->n + 8);
    c->work = steps < 9e18 ? (int64_t)steps : INT64_MAX;
    if (k_recur_wants_blas(&k))
        ct_blas_wanted();
    ct_free(some, (size_t)(r->steps + 1) * sizeof *some);
    return 0;
}
static k_recur prepared(call *c, recur_shape *r, ct_dtype dtype, int64_t rows, const array *counts)
{
    memcpy(r, c->param, sizeof *r);
    k_recur k = described(r, dtype, rows);
    k.scratch = c->scratch;
    set_counts(&k, r, counts, (int64_t *)((char *)c->scratch + c->scratch_bytes) - (r->steps + 1));
    return k;
}

/* ---- recur: args x, h0, extra (LSTM: c0; else the bias of the state's product), weight, counts, kind, reverse ------------- */
static int recur_rule(call *c)
{
    const array *x = c->in[RECUR_X]->a, *extra = c->in[RECUR_EXTRA] ? c->in[RECUR_EXTRA]->a : NULL, *counts = c->n_in > RECUR_COUNTS ? c->in[RECUR_COUNTS]->a : NULL;
    int64_t kind = c->args[5].i, none = 0;
    recur_shape r;
    if (counts && in_contiguous(c, RECUR_COUNTS) < 0)
        return -1;
    counts = counts ? c->ia[RECUR_COUNTS] : NULL;
    if (read_shape(c, x, kind >= 0 && kind <= RECUR_RELU ? k_recur_gates((k_recur_kind)kind) : 0, c->in[RECUR_H0]->a, c->in[RECUR_W]->a, counts, kind, arg_bool(&c->args[6]), &r) < 0)
        return -1;
    bool fits = kind == RECUR_LSTM ? extra && is_matrix(extra, r.batch, r.n) : !extra || (extra->ndim == 1 && extra->numel == array_size(x)[1]);
    if (!fits || (extra && extra->dtype != x->dtype))
        return ct_fail(CT_RUNTIME, "recur(): %s", kind == RECUR_LSTM ? "c0 must have h0's shape and dtype" : "the bias must have the size and dtype of x's rows");
    for (uint32_t i = 0; i < 4; i++)
        if (c->in[i] && in_contiguous(c, i) < 0)
            return -1;
    int64_t size[2] = {array_size(x)[0], r.n}, acts[2] = {size[0], k_recur_acts((k_recur_kind)kind) * r.n};
    c->declared[2].undifferentiable = true;
    c->declared[1].undifferentiable = kind != RECUR_LSTM;
    if (out_new(c, 0, x->dtype, 2, size) < 0 || (kind == RECUR_LSTM ? out_new(c, 1, x->dtype, 2, size) : out_new(c, 1, x->dtype, 1, &none)) < 0 || out_new(c, 2, x->dtype, 2, acts) < 0)
        return -1;
    return plan(c, &r, x->dtype, size[0], counts);
}
static void recur_kernel(call *c)
{
    recur_shape r;
    k_recur k = prepared(c, &r, c->oa[0]->dtype, array_size(c->oa[0])[0], c->n_in > RECUR_COUNTS ? c->ia[RECUR_COUNTS] : NULL);
    k.x = array_data(c->ia[RECUR_X]);
    k.h0 = array_data(c->ia[RECUR_H0]);
    k.w = array_data(c->ia[RECUR_W]);
    k.c0 = r.kind == RECUR_LSTM ? array_data(c->ia[RECUR_EXTRA]) : NULL;
    k.b = r.kind != RECUR_LSTM && c->ia[RECUR_EXTRA] ? array_data(c->ia[RECUR_EXTRA]) : NULL;
    k.y = array_data(c->oa[0]);
    k.c = r.kind == RECUR_LSTM ? array_data(c->oa[1]) : NULL;
    k.acts = array_data(c->oa[2]);
    k_recur_forward(&k);
}

/* Row of cat(h0, y) that the state before each row stands in. */
static T rows_before(scope *s, const recur_shape *r, const int64_t *counts, int64_t rows)
{
    array *a = array_new(DT_I64, 1, &rows);
    if (!a)
        return scope_fail(s), NULL;
    int64_t *to = (int64_t *)array_data(a), begin = 0;
    for (int64_t t = 0; t < r->steps; t++) {
        int64_t n = recur_count(r, counts, t), other = r->reverse ? t + 1 : t - 1;
        int64_t from = r->reverse ? begin + n : t > 0 ? begin - recur_count(r, counts, t - 1) : 0;
        int64_t before = other < 0 || other >= r->steps ? 0 : recur_count(r, counts, other);
        for (int64_t j = 0; j < n; j++)
            to[begin + j] = j < before ? r->batch + from + j : j;
        begin += n;
    }
    return scope_array(s, a);
}
/* The state before each row: h0 and y, moved on by one step. */
static T states_before(scope *s, const recur_shape *r, const int64_t *counts, T h0, T y)
{
    int64_t rows = y ? array_size(y->a)[0] : 0, rest = rows - r->batch;
    if (!y || rest < 0)
        return y;
    if (counts) {
        T all = f_call(s, &op_cat, 2, (arg[]){a_ts(2, (T[]){h0, y}), a_i(0)});
        return f_call(s, &op_index_select, 3, (arg[]){a_t(all), a_i(0), a_t(rows_before(s, r, counts, rows))});
    }
    T kept = f_call(s, &op_narrow, 4, (arg[]){a_t(y), a_i(0), a_i(r->reverse ? r->batch : 0), a_i(rest)});
    return f_call(s, &op_cat, 2, (arg[]){a_ts(2, r->reverse ? (T[]){kept, h0} : (T[]){h0, kept}), a_i(0)});
}

static int fused(scope *s, node *n, const recur_shape *r, T counts, T const *g, recur_grads *out)
{
    T extra = r->kind == RECUR_LSTM ? node_kept_in(s, n, RECUR_EXTRA) : NULL, results[3];
    arg args[11] = {a_t(node_kept_in(s, n, RECUR_W)), a_t(node_kept_in(s, n, RECUR_H0)), extra ? a_t(extra) : a_none(), a_t(node_kept_out(s, n, 0)), a_t(node_kept_out(s, n, 1)),
                    a_t(node_kept_out(s, n, 2)), g[0] ? a_t(g[0]) : a_none(), g[1] ? a_t(g[1]) : a_none(), a_ts(counts ? 1 : 0, &counts), a_i(r->kind), a_b(r->reverse)};
    if (f_call_many(s, &op_recur_backward, 11, args, 3, results) < 0)
        return -1;
    *out = (recur_grads){results[0], r->kind == RECUR_GRU ? results[2] : results[0], results[1], results[2]};
    return 0;
}
/* What a step gives: the weight's product, or without states the bias' sum. */
static bool add_step(array *sum, T gh, T states, int64_t begin, int64_t n)
{
    int64_t rows = 0;
    scope s;
    scope_open(&s);
    T g = f_call(&s, &op_narrow, 4, (arg[]){a_t(gh), a_i(0), a_i(begin), a_i(n)});
    T h = states ? f_call(&s, &op_narrow, 4, (arg[]){a_t(states), a_i(0), a_i(begin), a_i(n)}) : NULL;
    T part = states ? f_mm(&s, f_transpose(&s, g, 0, 1), h) : f_sum_dims(&s, g, 1, &rows, false);
    part = f_in_full(&s, f_contiguous(&s, part));
    bool done = !s.failed;
    if (done)
        K->cells[sum->dtype].arrive(array_data(sum), array_data(part->a), sum->numel);
    scope_close(&s);
    return done;
}
/* Added step by step from the last one taken on, as PyTorch's node of each step delivers it. */
static T by_steps(scope *s, const recur_shape *r, const int64_t *counts, T gh, T states)
{
    int64_t size[2] = {gh ? array_size(gh->a)[1] : 0, r->n}, begin = r->reverse || !gh ? 0 : array_size(gh->a)[0];
    array *sum = s->failed ? NULL : array_new(gh->a->dtype, states ? 2 : 1, size);
    if (!sum)
        return scope_fail(s);
    memset(array_data(sum), 0, (size_t)(sum->numel * dtype_bytes(sum->dtype)));
    T total = scope_array(s, sum);
    for (int64_t k = 0; total && k < r->steps; k++) {
        int64_t n = recur_count(r, counts, r->reverse ? k : r->steps - 1 - k);
        begin -= r->reverse ? 0 : n;
        if (!add_step(sum, gh, states, begin, n))
            return scope_fail(s);
        begin += r->reverse ? n : 0;
    }
    return total;
}
static T weight_gradient(scope *s, const recur_shape *r, const int64_t *counts, bool steps, T gh, T states)
{
    return steps ? by_steps(s, r, counts, gh, states) : f_mm(s, f_transpose(s, gh, 0, 1), states);
}

static int recur_grad(scope *s, node *n, T const *g, T *out)
{
    recur_shape r;
    recur_grads d = {NULL};
    memcpy(&r, node_params(n), sizeof r);
    T kept = r.counted ? f_in_full(s, f_contiguous(s, node_kept_in(s, n, RECUR_COUNTS))) : NULL;
    const int64_t *counts = kept ? (const int64_t *)array_data(kept->a) : NULL;
    int64_t rows = 0;
    if (s->failed || (!g[0] && !g[1]))
        return s->failed ? -1 : 0;
    double products = (double)r.batch * (double)(k_recur_gates((k_recur_kind)r.kind) * r.n) * (double)r.n;
    T w = node_kept_in(s, n, RECUR_W);
    bool steps = !tape_now.grad && r.kind != RECUR_LSTM && r.steps > 1 && w && w->a->dtype == DT_F32 && products <= ORDERED_MOST;
    if ((tape_now.grad ? recur_formula(s, n, &r, counts, g, &d) : fused(s, n, &r, kept, g, &d)) < 0)
        return -1;
    if (node_needs(n, RECUR_X))
        out[RECUR_X] = d.gx;
    if (node_needs(n, RECUR_H0))
        out[RECUR_H0] = d.gh0;
    if (node_needs(n, RECUR_EXTRA))
        out[RECUR_EXTRA] = r.kind == RECUR_LSTM ? d.gc0 : steps ? by_steps(s, &r, counts, d.gh, NULL) : f_sum_dims(s, d.gh, 1, &rows, false);
    if (node_needs(n, RECUR_W))
        out[RECUR_W] = weight_gradient(s, &r, counts, steps, d.gh, states_before(s, &r, counts, node_kept_in(s, n, RECUR_H0), node_kept_out(s, n, 0)));
    return s->failed ? -1 : 0;
}
const op op_recur = {.name = "recur", .sig = "(Tensor x, Tensor h0, Tensor? extra, Tensor weight, Tensor[] counts, int kind, bool reverse=False)",
    .flags = OP_FUNCTION | OP_HIDDEN, .run = op_block, .shape = recur_rule, .kernel = recur_kernel, .kind = {"RecurBackward0", recur_grad},
    .keep = {0xff, 0xff, 0xff, 0xff}, .keep_list = 1 << RECUR_COUNTS, .keep_out = 0xff, .n_out = 3,
    .doc = "A recurrent layer over all steps: states (rows, n), LSTM's cells, and what the gradient reads. x (rows, gates * n), h0 (batch, n); kind 0 LSTM, 1 GRU, 2 tanh, 3 relu."};

/* ---- recur_backward: args weight, h0, c0, y, c, acts, gy, gc, counts, kind, reverse --------------------------------------------- */
static int backward_rule(call *c)
{
    enum { W, H0, C0, Y, C, ACTS, GY, GC, COUNTS };
    const array *y = c->in[Y]->a, *w = c->in[W]->a, *counts = c->n_in > COUNTS && c->args[8].n ? c->in[COUNTS]->a : NULL;
    int64_t kind = c->args[9].i, none = 0;
    recur_shape r;
    if (counts && in_contiguous(c, COUNTS) < 0)
        return -1;
    counts = counts ? c->ia[COUNTS] : NULL;
    if (read_shape(c, y, 1, c->in[H0]->a, w, counts, kind, arg_bool(&c->args[10]), &r) < 0)
        return -1;
    int64_t rows = array_size(y)[0], x_size[2] = {rows, array_size(w)[0]}, state[2] = {r.batch, r.n};
    bool fits = is_matrix(c->in[ACTS]->a, rows, k_recur_acts((k_recur_kind)kind) * r.n);
    for (uint32_t i = 0; fits && i < COUNTS && i < c->n_in; i++)
        fits = !c->in[i] || (c->in[i]->a->dtype == w->dtype && (i < GY || is_matrix(c->in[i]->a, rows, r.n)));
    if (fits && kind == RECUR_LSTM)
        fits = c->in[C0] && is_matrix(c->in[C0]->a, r.batch, r.n) && is_matrix(c->in[C]->a, rows, r.n);
    if (!fits)
        return ct_fail(CT_RUNTIME, "recur_backward(): the shapes are not those of one layer");
    for (uint32_t i = 0; i < COUNTS && i < c->n_in; i++)
        if (c->in[i] && in_contiguous(c, i) < 0)
            return -1;
    bool third = kind == RECUR_LSTM || kind == RECUR_GRU;
    if (out_new(c, 0, w->dtype, 2, x_size) < 0 || out_new(c, 1, w->dtype, 2, state) < 0 || out_new(c, 2, w->dtype, third ? 2 : 1, kind == RECUR_LSTM ? state : third ? x_size : &none) < 0)
        return -1;
    return plan(c, &r, w->dtype, rows, counts);
}
static const char *data_or_null(const call *c, uint32_t i) { return i < c->n_in && c->ia[i] ? array_data(c->ia[i]) : NULL; }
static void backward_kernel(call *c)
{
    recur_shape r;
    k_recur k = prepared(c, &r, c->oa[0]->dtype, array_size(c->oa[0])[0], c->n_in > 8 && c->args[8].n ? c->ia[8] : NULL);
    k.w = data_or_null(c, 0);
    k.h0 = data_or_null(c, 1);
    k.c0 = data_or_null(c, 2);
    k.y = array_data(c->ia[3]);
    k.c = r.kind == RECUR_LSTM ? array_data(c->ia[4]) : NULL;
    k.acts = array_data(c->ia[5]);
    k.gy = data_or_null(c, 6);
    k.gc = r.kind == RECUR_LSTM ? data_or_null(c, 7) : NULL;
    k.gx = array_data(c->oa[0]);
    k.gh0 = array_data(c->oa[1]);
    k.gh = r.kind == RECUR_GRU ? array_data(c->oa[2]) : NULL;
    k.gc0 = r.kind == RECUR_LSTM ? array_data(c->oa[2]) : NULL;
    k_recur_backward(&k);
}
const op op_recur_backward = {.name = "recur_backward", .flags = OP_FUNCTION | OP_HIDDEN | OP_NO_GRAD, .run = op_block, .shape = backward_rule, .kernel = backward_kernel, .n_out = 3,
    .sig = "(Tensor weight, Tensor h0, Tensor? c0, Tensor y, Tensor c, Tensor acts, Tensor? gy, Tensor? gc, Tensor[] counts, int kind, bool reverse=False)",
    .doc = "Gradients of recur in x, h0 and c0 (GRU: in the state's product), from those of states and cells. Not differentiable itself."};
