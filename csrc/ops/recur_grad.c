/* The gradient of a recurrent layer as formulas over ops: what a second derivative goes through. */
#include "ops/recur.h"
#include <string.h>

/* The walk back: states and cells are the node's results, tied to it. carry: what later steps send to the states before them. */
typedef struct walk {
    scope *s;
    const recur_shape *r;
    T x, h0, extra, w, turned, y, c;
    T carry, c_carry;
} walk;
typedef struct place { int64_t begin, rows, from, before; } place;

static T narrow(scope *s, T x, int64_t dim, int64_t start, int64_t n)
{
    return !x || (start == 0 && array_size(x->a)[dim] == n) ? x : f_call(s, &op_narrow, 4, (arg[]){a_t(x), a_i(dim), a_i(start), a_i(n)});
}
static T join(scope *s, T a, T b, int64_t dim) { return f_call(s, &op_cat, 2, (arg[]){a_ts(2, (T[]){a, b}), a_i(dim)}); }
static T part(const walk *k, T gates, int64_t i) { return narrow(k->s, gates, 1, i * k->r->n, k->r->n); }
static T one_minus(scope *s, T x) { return f_sub(s, f_number(s, 1), x); }

/* The state (or cell) that a step starts from. */
static T before(const walk *k, const place *p, T rows, T initial)
{
    T head = p->before ? narrow(k->s, rows, 0, p->from, p->before) : NULL, tail = p->before < p->rows ? narrow(k->s, initial, 0, p->before, p->rows - p->before) : NULL;
    return !head ? tail : !tail ? head : join(k->s, head, tail, 0);
}
/* What arrives at a step's results: from outside, and carried back. */
static T arriving(const walk *k, const place *p, T g, T carry)
{
    T carried = narrow(k->s, carry, 0, 0, p->rows);
    return g ? f_add(k->s, narrow(k->s, g, 0, p->begin, p->rows), carried) : carried;
}
static T carried(const walk *k, const place *p, T now, T carry)
{
    return p->rows == k->r->batch ? now : join(k->s, now, narrow(k->s, carry, 0, p->rows, k->r->batch - p->rows), 0);
}
static T slope(scope *s, T y) { return f_mul(s, y, one_minus(s, y)); }                  /* of a sigmoid */
static T tanh_slope(scope *s, T y) { return one_minus(s, f_mul(s, y, y)); }

static T lstm_step(walk *k, const place *p, T const *g)
{
    scope *s = k->s;
    T h = before(k, p, k->y, k->h0), c = before(k, p, k->c, k->extra), sums = f_add(s, narrow(s, k->x, 0, p->begin, p->rows), f_mm(s, h, k->turned));
    T i = f_unary(s, &op_sigmoid, part(k, sums, 0)), f = f_unary(s, &op_sigmoid, part(k, sums, 1));
    T m = f_unary(s, &op_tanh, part(k, sums, 2)), o = f_unary(s, &op_sigmoid, part(k, sums, 3));
    T now = f_unary(s, &op_tanh, narrow(s, k->c, 0, p->begin, p->rows)), dh = arriving(k, p, g[0], k->carry);
    T dc = f_add(s, arriving(k, p, g[1], k->c_carry), f_mul(s, f_mul(s, dh, o), tanh_slope(s, now)));
    T parts[4] = {f_mul(s, f_mul(s, dc, m), slope(s, i)), f_mul(s, f_mul(s, dc, c), slope(s, f)), f_mul(s, f_mul(s, dc, i), tanh_slope(s, m)), f_mul(s, f_mul(s, dh, now), slope(s, o))};
    T gx = f_call(s, &op_cat, 2, (arg[]){a_ts(4, parts), a_i(1)});
    k->c_carry = carried(k, p, f_mul(s, dc, f), k->c_carry);
    k->carry = carried(k, p, f_mm(s, gx, k->w), k->carry);
    return gx;
}
static T gru_step(walk *k, const place *p, T const *g, T *gh)
{
    scope *s = k->s;
    T h = before(k, p, k->y, k->h0), x = narrow(s, k->x, 0, p->begin, p->rows), own = f_mm(s, h, k->turned);
    own = k->extra ? f_add(s, own, k->extra) : own;
    T r = f_unary(s, &op_sigmoid, f_add(s, part(k, x, 0), part(k, own, 0))), z = f_unary(s, &op_sigmoid, f_add(s, part(k, x, 1), part(k, own, 1)));
    T m = f_unary(s, &op_tanh, f_add(s, part(k, x, 2), f_mul(s, r, part(k, own, 2)))), dh = arriving(k, p, g[0], k->carry);
    T dm = f_mul(s, f_mul(s, dh, one_minus(s, z)), tanh_slope(s, m)), dr = f_mul(s, f_mul(s, dm, part(k, own, 2)), slope(s, r));
    T dz = f_mul(s, f_mul(s, dh, f_sub(s, h, m)), slope(s, z));
    *gh = f_call(s, &op_cat, 2, (arg[]){a_ts(3, (T[]){dr, dz, f_mul(s, dm, r)}), a_i(1)});
    k->carry = carried(k, p, f_add(s, f_mul(s, dh, z), f_mm(s, *gh, k->w)), k->carry);
    return f_call(s, &op_cat, 2, (arg[]){a_ts(3, (T[]){dr, dz, dm}), a_i(1)});
}
static T plain_step(walk *k, const place *p, T const *g)
{
    scope *s = k->s;
    T y = narrow(s, k->y, 0, p->begin, p->rows), dh = arriving(k, p, g[0], k->carry);
    T gx = k->r->kind == RECUR_TANH ? f_mul(s, dh, tanh_slope(s, y)) : f_binary(s, &op_threshold_backward, dh, y);
    k->carry = carried(k, p, f_mm(s, gx, k->w), k->carry);
    return gx;
}

static T whole(scope *s, int64_t steps, T *pieces) { return f_call(s, &op_cat, 2, (arg[]){a_ts((uint32_t)steps, pieces), a_i(0)}); }

/* pieces: of gx by step, then of gh. */
static void walk_back(walk *k, const int64_t *counts, int64_t rows, T const *g, T *pieces)
{
    const recur_shape *r = k->r;
    int64_t begin = r->reverse ? 0 : rows;
    for (int64_t i = 0; i < r->steps && !k->s->failed; i++) {
        int64_t t = r->reverse ? i : r->steps - 1 - i, other = r->reverse ? t + 1 : t - 1;
        place p = {.rows = recur_count(r, counts, t)};
        begin -= r->reverse ? 0 : p.rows;
        p.begin = begin;
        if (other >= 0 && other < r->steps) {
            int64_t n = recur_count(r, counts, other);
            p.from = r->reverse ? begin + p.rows : begin - n;
            p.before = n < p.rows ? n : p.rows;
        }
        pieces[t] = r->kind == RECUR_LSTM ? lstm_step(k, &p, g) : r->kind == RECUR_GRU ? gru_step(k, &p, g, &pieces[r->steps + t]) : plain_step(k, &p, g);
        begin += r->reverse ? p.rows : 0;
    }
}

int recur_formula(scope *s, node *n, const recur_shape *r, const int64_t *counts, T const *g, recur_grads *out)
{
    bool lstm = r->kind == RECUR_LSTM, has_extra = n->keep_in >> RECUR_EXTRA & 1;
    walk k = {.s = s, .r = r, .x = node_kept_in(s, n, RECUR_X), .h0 = node_kept_in(s, n, RECUR_H0), .extra = has_extra ? node_kept_in(s, n, RECUR_EXTRA) : NULL,
              .w = node_kept_in(s, n, RECUR_W), .y = node_kept_out(s, n, 0), .c = lstm ? node_kept_out(s, n, 1) : NULL};
    size_t bytes = (size_t)(2 * r->steps + 1) * sizeof(T);
    T *pieces = ct_alloc_zero(bytes);
    if (!pieces)
        return scope_fail(s), -1;
    k.turned = f_transpose(s, k.w, 0, 1);
    k.carry = f_zeros_like(s, k.h0);
    k.c_carry = lstm ? f_zeros_like(s, k.h0) : NULL;
    if (!s->failed)
        walk_back(&k, counts, array_size(k.x->a)[0], g, pieces);
    if (!s->failed) {
        out->gx = whole(s, r->steps, pieces);
        out->gh = r->kind == RECUR_GRU ? whole(s, r->steps, pieces + r->steps) : out->gx;
        out->gh0 = k.carry;
        out->gc0 = k.c_carry;
    }
    ct_free(pieces, bytes);
    return s->failed ? -1 : 0;
}
