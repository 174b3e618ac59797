/* Steps of recurrent layers. The cells are in recur.inc. */
#include "kernel/recur.h"
#include "base/pool.h"
#include "kernel/kernel.h"
#include "kernel/ordered.h"
#include <string.h>

int64_t k_recur_gates(k_recur_kind kind) { return kind == RECUR_LSTM ? 4 : kind == RECUR_GRU ? 3 : 1; }
int64_t k_recur_acts(k_recur_kind kind) { return kind == RECUR_LSTM ? 5 : kind == RECUR_GRU ? 4 : 0; }

/* ---- products of a step ------------------------------------------------------------------------------------------- */
/* w transposed; the state's sums of a step (LSTM: in acts); states, or what a product sends back to them; for the product. */
typedef struct space { char *turned, *sums, *states, *products; } space;
static int64_t round_up(int64_t n) { return (n + 63) / 64 * 64; }
static space space_of(const k_recur *r)
{
    int64_t item = dtype_bytes(r->dtype), gates = k_recur_gates(r->kind) * r->n;
    char *sums = r->scratch + round_up(gates * r->n * item);
    char *states = sums + round_up(r->batch * gates * item);
    return (space){r->scratch, sums, states, states + round_up(r->batch * r->n * item)};
}
/* (rows, n) by (n, G n), and back. */
static k_gemm gates_product(const k_recur *r, int64_t rows, int64_t c_row)
{
    int64_t gates = k_recur_gates(r->kind) * r->n;
    return (k_gemm){.m = rows, .n = gates, .k = r->n, .a_row = r->n, .a_col = 1, .b_row = gates, .b_col = 1, .c_row = c_row, .add = true};
}
static k_gemm state_product(const k_recur *r, int64_t rows)
{
    int64_t gates = k_recur_gates(r->kind) * r->n;
    return (k_gemm){.m = rows, .n = r->n, .k = gates, .a_row = gates, .a_col = 1, .b_row = r->n, .b_col = 1, .c_row = r->n};
}
/* The weight where it is, not turned. */
static void as_given(const k_recur *r, k_gemm *g)
{
    g->b_row = 1;
    g->b_col = r->n;
}
static int64_t c_row_of(const k_recur *r)
{
    return (r->kind == RECUR_LSTM ? 5 : k_recur_gates(r->kind)) * r->n;
}
int64_t k_recur_scratch(const k_recur *r)
{
    space s = space_of(r);
    int64_t most = 0;
    for (int64_t t = 0; t < r->steps; t++) {
        k_gemm g[3] = {gates_product(r, r->count[t], c_row_of(r)), state_product(r, r->count[t]), gates_product(r, r->count[t], c_row_of(r))};
        as_given(r, &g[2]);
        for (int i = 0; i < 3 && (t == 0 || r->count[t] != r->count[t - 1]); i++) {
            int64_t bytes = k_gemm_scratch(r->dtype, &g[i]);
            most = bytes > most ? bytes : most;
        }
    }
    return (s.products - r->scratch) + most + 64;
}
bool k_recur_wants_blas(const k_recur *r)
{
    k_gemm g[2] = {gates_product(r, r->batch, c_row_of(r)), state_product(r, r->batch)};
    return k_gemm_wants_blas(r->dtype, &g[0]) || k_gemm_wants_blas(r->dtype, &g[1]);
}
static void run_product(const k_recur *r, const space *s, k_gemm g, const char *a, const char *b, char *c)
{
    g.a = a;
    g.b = b;
    g.c = c;
    g.scratch = s->products;
    k_gemm_run(r->dtype, &g);
}
/* In PyTorch's order where it has one: its LSTM goes another way. b: its rows where it is contiguous, else its columns. */
static bool ran_ordered(const k_recur *r, const space *s, k_gemm g, const char *a, const char *b, char *c)
{
    g.a = a;
    g.b = b;
    g.c = c;
    g.scratch = s->products;
    return r->dtype == DT_F32 && r->kind != RECUR_LSTM && k_ordered(&g);
}

/* ---- steps ----------------------------------------------------------------------------------------------------------- */
/* Step t begins at row `begin`; `before` rows of it continue from row `from`, the others from the initial state. */
typedef struct step { int64_t t, begin, rows, from, before; } step;
static step step_at(const k_recur *r, int64_t t, int64_t begin)
{
    step s = {.t = t, .begin = begin, .rows = r->count[t]};
    if (r->reverse ? t + 1 < r->steps : t > 0) {
        int64_t neighbour = r->reverse ? t + 1 : t - 1;
        s.from = r->reverse ? begin + r->count[t] : begin - r->count[t - 1];
        s.before = r->count[neighbour] < s.rows ? r->count[neighbour] : s.rows;
    }
    return s;
}
/* Row j of the state that step s starts from. */
static const char *state_before(const k_recur *r, const step *s, const char *rows, const char *initial, int64_t j)
{
    int64_t bytes = r->n * dtype_bytes(r->dtype);
    return j < s->before ? rows + (s->from + j) * bytes : initial + j * bytes;
}
/* All rows of it; at a whole 16 bytes, as those of a new tensor are. */
static const char *states_before(const k_recur *r, const space *w, const step *s)
{
    int64_t bytes = r->n * dtype_bytes(r->dtype);
    const char *from = state_before(r, s, r->y, r->h0, 0);
    if (s->before == 0 || (s->before == s->rows && (uintptr_t)from % 16 == 0))
        return from;
    memcpy(w->states, from, (size_t)(s->before * bytes));
    memcpy(w->states + s->before * bytes, r->h0 + s->before * bytes, (size_t)((s->rows - s->before) * bytes));
    return w->states;
}

static void transpose(const k_recur *r, char *to)
{
    int64_t gates = k_recur_gates(r->kind) * r->n, n = r->n;
    for (int64_t g = 0; g < gates; g++)
        for (int64_t i = 0; i < n; i++)
            if (r->dtype == DT_F32)
                ((float *)to)[i * gates + g] = ((const float *)r->w)[g * n + i];
            else
                ((double *)to)[i * gates + g] = ((const double *)r->w)[g * n + i];
}

/* The sums of the step's gates: where they start, and where the product adds. */
static char *start_sums(const k_recur *r, const space *w, const step *s, int64_t *row_bytes)
{
    int64_t item = dtype_bytes(r->dtype), gates = k_recur_gates(r->kind) * r->n;
    *row_bytes = c_row_of(r) * item;
    char *to = r->kind == RECUR_LSTM ? r->acts + s->begin * *row_bytes : w->sums;
    for (int64_t j = 0; j < s->rows; j++) {
        const char *from = r->kind == RECUR_LSTM ? r->x + (s->begin + j) * gates * item : r->b;
        if (from)
            memcpy(to + j * *row_bytes, from, (size_t)(gates * item));
        else
            memset(to + j * *row_bytes, 0, (size_t)(gates * item));
    }
    return to;
}
static void take_step(const k_recur *r, const space *w, const step *s, k_cell_f *f)
{
    int64_t item = dtype_bytes(r->dtype), bytes = r->n * item, gates = k_recur_gates(r->kind) * bytes, acts = k_recur_acts(r->kind) * bytes, row;
    char *sums = start_sums(r, w, s, &row);
    k_gemm product = gates_product(r, s->rows, row / item), given = product;
    as_given(r, &given);
    const char *states = states_before(r, w, s);
    if (!ran_ordered(r, w, given, states, r->w, sums))
        run_product(r, w, product, states, w->turned, sums);
    for (int64_t j = 0; j < s->rows; j++) {
        int64_t at = s->begin + j;
        f(&(k_cell){r->n, acts ? r->acts + at * acts : NULL, sums + j * row, r->x + at * gates, state_before(r, s, r->y, r->h0, j),
                  r->c ? state_before(r, s, r->c, r->c0, j) : NULL, r->y + at * bytes, r->c ? r->c + at * bytes : NULL});
    }
}
void k_recur_forward(const k_recur *r)
{
    space w = space_of(r);
    k_cell_f *f = K->cells[r->dtype].forward[r->kind];
    transpose(r, w.turned);
    int64_t begin = r->reverse ? r->rows : 0;
    for (int64_t k = 0; k < r->steps && !ct_watch_stopped(); k++) {
        int64_t t = r->reverse ? r->steps - 1 - k : k;
        begin -= r->reverse ? r->count[t] : 0;
        step s = step_at(r, t, begin);
        take_step(r, &w, &s, f);
        begin += r->reverse ? 0 : r->count[t];
    }
}

/* gh0 and gc0 carry what the steps taken back so far send to the state before them, but for the product's part. */
static void step_back(const k_recur *r, const space *w, const step *s, k_cell_back_f *f)
{
    int64_t bytes = r->n * dtype_bytes(r->dtype), gates = k_recur_gates(r->kind) * bytes, acts = k_recur_acts(r->kind) * bytes;
    for (int64_t j = 0; j < s->rows; j++) {
        int64_t at = s->begin + j;
        f(&(k_cell_back){r->n, acts ? r->acts + at * acts : NULL, r->y + at * bytes, state_before(r, s, r->y, r->h0, j),
                       r->c ? state_before(r, s, r->c, r->c0, j) : NULL, r->gy ? r->gy + at * bytes : NULL, r->gc ? r->gc + at * bytes : NULL, w->states + j * bytes,
                       r->gx + at * gates, r->gh ? r->gh + at * gates : NULL, r->gh0 + j * bytes, r->gc0 ? r->gc0 + j * bytes : NULL});
    }
    const char *sums = (r->gh ? r->gh : r->gx) + s->begin * gates;
    if (!ran_ordered(r, w, state_product(r, s->rows), sums, r->w, w->states))
        run_product(r, w, state_product(r, s->rows), sums, r->w, w->states);
}
void k_recur_backward(const k_recur *r)
{
    space w = space_of(r);
    k_cell_back_f *f = K->cells[r->dtype].backward[r->kind];
    size_t bytes = (size_t)(r->batch * r->n * dtype_bytes(r->dtype));
    memset(r->gh0, 0, bytes);
    memset(w.states, 0, bytes);
    if (r->gc0)
        memset(r->gc0, 0, bytes);
    int64_t begin = r->reverse ? 0 : r->rows;
    for (int64_t k = 0; k < r->steps && !ct_watch_stopped(); k++) {
        int64_t t = r->reverse ? k : r->steps - 1 - k;
        begin -= r->reverse ? 0 : r->count[t];
        step s = step_at(r, t, begin);
        step_back(r, &w, &s, f);
        begin += r->reverse ? r->count[t] : 0;
    }
    K->cells[r->dtype].arrive(r->gh0, w.states, r->batch * r->n);
}
