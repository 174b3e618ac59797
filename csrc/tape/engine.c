/* The backward run: a loop over ready nodes, the newest first (PyTorch's order, so sums round alike).
 *
 * A run claims each node it meets by writing its number and the node's slot into it; a node claimed by another run
 * that is still at work (a hook called backward, another thread walks the same graph) is found through a table of
 * the run's own. All of a run's state is its own, so runs nest and interleave freely.
 */
#include "tape/run.h"
#include <string.h>

_Thread_local tape_mode tape_now = {.grad = true};
algebra tape_algebra;
int (*tape_interrupted)(void);
void (*tape_explain)(node *n);
void (*tape_trace)(node *n);

enum { MAX_DEPTH = 10000 }; /* backward inside backward: an endless chain of hooks is an error, not a crash */

static uint32_t last_run;
static _Thread_local node *running __attribute__((tls_model("initial-exec")));
node *tape_running(void) { return running; }

/* ---- gradients that travel reduced ----------------------------------------------------------------------------- */
int64_t tape_reduces_from;
static _Thread_local run *now __attribute__((tls_model("initial-exec")));

int tape_will_run(const node *n)
{
    slot *s = now ? slot_of(now, n) : NULL;
    if (s && s->captured && !now->task->accumulate && n->kind->flags & NK_LEAF)
        return -1;
    return s && (s->needed || s->captured);
}

int64_t tape_task(void) { return now ? (int64_t)now->id : -1; }

static const slot *slot_to(node *n, uint32_t i)
{
    edge e = node_edges(n)[i];
    return now && e.fn && e.nr == 0 ? slot_of(now, e.fn) : NULL;
}
static const slot *slot_at(const node *n) { return now && now->spreads && now->at == n ? slot_of(now, n) : NULL; }
static uint64_t slid(const slot *s) { return s && s->takes & TAKES_SLID && s->fn->out_ndim <= SLID_NDIM ? s->takes : 0; }
static uint64_t dims_taken(const slot *s) { return s && !slid(s) ? s->takes : 0; }

uint64_t node_takes(node *n, uint32_t i)
{
    const node *to = node_edges(n)[i].fn;
    return dims_taken(now && to ? slot_of(now, to) : NULL);
}
uint64_t node_takes_slid(node *n, uint32_t i) { return slid(slot_to(n, i)); }
uint64_t node_got(const node *n) { return dims_taken(slot_at(n)); }
uint64_t node_got_slid(const node *n) { return slid(slot_at(n)); }

bool node_leads_on(const node *to)
{
    const slot *s = now ? slot_of(now, to) : NULL;
    return !s || s->needed || s->captured;
}

bool node_is_run(const node *n) { return now && now->at == n; }
bool node_is_last(const node *n) { return node_is_run(n) && !now->task->retain_graph && !tape_now.grad && !n->extra && !(n->flags & N_PACKED); }

bool tape_defers(const node *n)
{
    if (!now || now->at != n || !now->spreads || tape_now.grad || tape_now.anomaly || n->extra || n->n_in != 1)
        return false;
    const slot *to = slot_to((node *)n, 0);
    return to && run_defers(now, to);
}
void tape_factor(double factor) { now->factor = factor; }

int slid_size(uint64_t bits, int ndim, const int64_t *size, int64_t *out)
{
    int n = 0;
    for (int d = 0; d < ndim; d++)
        if (slid_kept(bits) >> d & 1)
            out[n++] = size[d];
    out[n++] = size[slid_row(bits)] + size[slid_column(bits)] - 1;
    return n;
}

/* ---- delivering gradients ---------------------------------------------------------------------------------- */
static tensor *place(slot *s, uint32_t nr)
{
    if (s->fn->n_out == 1)
        return &s->one;
    if (!s->many)
        s->many = ct_alloc_zero(s->fn->n_out * sizeof *s->many);
    return s->many ? &s->many[nr] : NULL;
}

/* Does g have the shape `full`, of size 1 perhaps in the dims that may be summed already, or one that broadcasting made of it? */
static bool may_be_summed(const array *g, int ndim, const int64_t *full, uint64_t takes)
{
    int64_t want[CT_MAXDIM];
    int lead = g->ndim - ndim;
    for (int d = 0; d < ndim; d++)
        want[d] = takes >> d & 1 && lead >= 0 && array_size(g)[d + lead] == 1 ? 1 : full[d];
    return layout_is_expandable_to(ndim, want, g->ndim, array_size(g));
}

static tensor *as_dtype(scope *s, tensor *g, node *to, ct_dtype dtype)
{
    if (CT_UNLIKELY(to->kind == &leaf_kind && leaf_box(to)->dtype != GRAD_OWN))
        dtype = gradbox_dtype(leaf_box(to), dtype, (ct_dtype)g->a->dtype);
    return g->a->dtype == dtype ? g : tape_algebra.cast(s, g, dtype);
}

/* The one place where a gradient takes the shape and dtype of the value it belongs to, of size 1 in the dims that the node takes
 * summed: the adjoint of broadcasting. */
static tensor *fit(scope *s, tensor *g, node *to, uint32_t nr, uint64_t takes)
{
    int ndim;
    ct_dtype dtype;
    int64_t reduced[CT_MAXDIM];
    const int64_t *full = node_out_size(to, nr, &ndim, &dtype), *size = full;
    if (takes) {
        for (int d = 0; d < ndim; d++)
            reduced[d] = takes >> d & 1 ? 1 : full[d];
        size = reduced;
    }
    bool same = g->a->ndim == ndim && layout_same(array_size(g->a), size, ndim);
    if (!same && !may_be_summed(g->a, ndim, full, takes)) {
        char got[200], want[200];
        const node *by = now && now->at ? now->at : !now && running ? running : to;
        ct_fail(CT_RUNTIME, "Function %s returned an invalid gradient at index %u - got %s but expected shape compatible with %s", node_name(by),
                now ? now->input : 0, layout_text(g->a->ndim, array_size(g->a), got, sizeof got), layout_text(ndim, full, want, sizeof want));
        return scope_fail(s);
    }
    if (!same)
        g = tape_algebra.sum_to(s, g, ndim, size);
    return g ? as_dtype(s, g, to, dtype) : NULL;
}

/* A gradient that arrived summed leaves row-major where it would have been summed, as sums are. */
static tensor *as_summed(scope *s, const slot *from, const slot *to, tensor *g)
{
    bool summed = from && from->takes && !to->takes && !(from->fn->kind->flags & NK_MIXES);
    bool fresh = g->a->offset == 0 && layout_is_row_major(g->a->ndim, array_size(g->a), array_visible_stride(g->a));
    return summed && !fresh ? tape_algebra.row_major(s, g) : g;
}

/* Gradients that a node takes slid arrive so, or are summed here. */
static tensor *fit_slid(scope *s, tensor *g, node *to, uint64_t bits)
{
    int ndim;
    ct_dtype dtype;
    const int64_t *size = node_out_size(to, 0, &ndim, &dtype);
    int64_t lines[CT_MAXDIM];
    int n = slid_size(bits, ndim, size, lines);
    if (g->a->ndim == n && layout_same(array_size(g->a), lines, n))
        return as_dtype(s, g, to, dtype);
    return (g = fit(s, g, to, 0, ~(slid_dims(bits) | slid_kept(bits)))) ? tape_algebra.slide(s, g, bits) : NULL;
}

static int add_to_slot(scope *s, const slot *from, slot *to, uint32_t nr, tensor *g)
{
    tensor *have = place(to, nr);
    tensor *arrived = g;
    if (!have || !(g = CT_UNLIKELY(slid(to)) ? fit_slid(s, g, to->fn, slid(to)) : fit(s, g, to->fn, nr, to->takes)))
        return -1;
    if (g == arrived && !(g = as_summed(s, from, to, g)))
        return -1;
    if (CT_UNLIKELY(now->factor != 0) && !slot_factor(to) && !(g = tape_algebra.scale(s, g, now->factor)))
        return -1;
    if (have->a && !(g = tape_algebra.add(s, have, g)))
        return -1;
    tensor sum;
    tensor_copy(&sum, g);
    tensor_clear(have);
    *have = sum;
    return 0;
}

static int deliver(scope *s, const slot *from, slot *to, uint32_t nr, tensor *g)
{
    tape_now.formula = true;
    int result = add_to_slot(s, from, to, nr, g);
    tape_now.formula = false;
    return result;
}

/* ---- hooks ---------------------------------------------------------------------------------------------------- */
/* Calls the hooks that are on the list now, whatever they do to it. With each: one output's gradient (NULL where none arrived), which it may replace; else all. */
static int call_hooks(scope *s, hook *list, tensor **g, bool each)
{
    hook *few[8], **held = few;
    uint32_t n = 0, i = 0;
    int result = 0;
    for (hook *h = list; h; h = h->next, n++) {}
    if (n > 8 && !(held = ct_alloc(n * sizeof *held)))
        return -1;
    for (hook *h = list; h; h = h->next, i++) {
        held[i] = h;
        h->refs++;
    }
    for (i = 0; i < n && result == 0; i++)
        result = held[i]->call(s, held[i]->obj, each ? &g[held[i]->nr] : g);
    for (i = 0; i < n; i++)
        hook_drop(held[i]);
    if (held != few)
        ct_free(held, n * sizeof *held);
    return result;
}

/* A leaf's hooks on the whole node see .grad as it is after this run's share, which may be none. */
static int accumulate(run *r, node *leaf, tensor *g)
{
    if (leaf_box(leaf)->idle)
        return 0;
    if (g && leaf_add(r, leaf, g) < 0)
        return -1;
    running = leaf;
    if (!leaf->extra)
        return 0;
    tensor *all[1] = {g}; /* no inputs; the gradients of the outputs stand before them */
    scope s;
    scope_open(&s);
    int result = call_hooks(&s, leaf->extra->after, all + 1, false);
    if (result == 0)
        result = call_hooks(&s, leaf->extra->post, all + 1, false);
    scope_close(&s);
    return result;
}

/* Retained gradients of several runs add up; the first is a copy, so that writing to .grad changes no other gradient. */
static int retain(const run *r, scope *s, gradbox *box, tensor *g)
{
    const array *a = g->a;
    const int64_t *stride = layout_is_dense(a->ndim, array_size(a), array_visible_stride(a)) ? array_visible_stride(a) : NULL;
    tensor *(*copy)(scope *, tensor *, const int64_t *) = r->task->create_graph ? tape_algebra.recorded_copy : tape_algebra.detached_copy;
    g = box->grad ? tape_algebra.add(s, leaf_grad_now(s, box), g) : copy(s, g, array_shows_contiguous(a) ? NULL : stride);
    return g ? gradbox_set(box, g, NULL) : -1;
}

/* What is seen of a gradient before its node runs, even if it does not: hooks on the outputs, retain_grad(). */
static int run_hooks(const run *r, scope *s, node *n, tensor **g)
{
    if (call_hooks(s, n->extra->hooks, g, true) < 0)
        return -1;
    running = n;
    for (struct retain *k = n->extra->retains; k; k = k->next)
        if (g[k->nr] && retain(r, s, k->box, g[k->nr]) < 0)
            return -1;
    return 0;
}

static void capture(run *r, node *n, tensor **g)
{
    const backward *b = r->task;
    for (uint32_t i = 0; i < b->n_inputs; i++) {
        edge in = r->asked[i];
        if (!node_same(in.fn, n) || !g[in.nr])
            continue;
        if (!b->accumulate) /* else a leaf's accumulates when it runs, another's is retained */
            tensor_copy(&b->found[i], g[in.nr]);
    }
}

/* ---- one node -------------------------------------------------------------------------------------------------- */
static int check_nan(node *n, tensor **grads)
{
    for (uint32_t i = 0; i < n->n_in; i++)
        if (grads[i] && tape_algebra.has_nan(grads[i])) {
            return ct_fail(CT_RUNTIME, "Function '%s' returned nan values in its %uth output.", node_name(n), i);
        }
    return 0;
}

/* One matrix for both inputs, of which one takes it summed along its rows and the other is a row: one pass for both sums. */
static void sum_for_both(scope *s, node *n, tensor **grads)
{
    for (uint32_t i = 0; i < 2; i++) {
        const slot *to = slot_to(n, i), *row = slot_to(n, 1 - i);
        int ndim[2];
        ct_dtype dtype;
        if (!to || !row || to->takes != 2 || row->takes)
            continue;
        node_out_size(to->fn, 0, &ndim[0], &dtype);
        const int64_t *size = node_out_size(row->fn, 0, &ndim[1], &dtype);
        if (ndim[0] == 2 && ndim[1] == 1 && size[0] > 1)
            tape_algebra.sums_both(s, grads[i], &grads[i], &grads[1 - i]);
        return;
    }
}

/* As hooks on the node and callers of it see them. */
static int fit_all(scope *s, node *n, tensor **grads)
{
    edge *e = node_edges(n);
    tape_now.formula = true;
    for (uint32_t i = 0; i < n->n_in && !s->failed; i++) {
        if (now)
            now->input = i;
        grads[i] = e[i].fn && grads[i] ? fit(s, grads[i], e[i].fn, e[i].nr, 0) : grads[i];
    }
    tape_now.formula = false;
    return s->failed ? -1 : 0;
}

static int formula(run *r, scope *s, slot *at, tensor **g, tensor **grads)
{
    node *n = at->fn;
    bool any = n->kind->flags & NK_WANTS_UNDEFINED;
    for (uint32_t i = 0; i < n->n_out; i++)
        any |= g[i] != NULL;
    if (any && (n->kind->flags & NK_HOST || node_leads(n))) {
        tape_now.formula = !(n->kind->flags & NK_HOST);
        r->factor = slot_factor(at);
        int result = run_check_unread(n) < 0 || (n->flags & N_PACKED && node_unpack(n) < 0) ? -1 : node_gradient(s, n, g, grads);
        tape_now.formula = false;
        if (CT_UNLIKELY(n->flags & N_PACKED))
            node_forget_unpacked(n);
        if (result < 0 || s->failed)
            return -1;
    }
    if (tape_now.anomaly && tape_now.anomaly_nan && check_nan(n, grads) < 0)
        return -1;
    running = n;
    if (n->extra && n->extra->post && (fit_all(s, n, grads) < 0 || call_hooks(s, n->extra->post, grads, false) < 0))
        return -1;
    edge *e = node_edges(n);
    if (r->spreads && n->n_in == 2 && grads[0] && grads[0] == grads[1])
        sum_for_both(s, n, grads);
    for (uint32_t i = 0; i < n->n_in; i++) {
        if (!e[i].fn)
            continue;
        slot *to = slot_of(r, e[i].fn);
        r->input = i;
        if (CT_UNLIKELY(r->factor != 0) && run_defers(r, to))
            to->factor = r->factor;
        if (grads[i] && (to->needed || to->captured) && deliver(s, at, to, e[i].nr, grads[i]) < 0)
            return -1;
    }
    r->factor = 0;
    return 0;
}

int tape_call_node(scope *s, node *n, tensor *const *g, tensor **grads)
{
    run *outer = now;
    node *before = running;
    now = NULL;
    running = n;
    tape_now.formula = !(n->kind->flags & NK_HOST);
    int result = node_gradient(s, n, g, grads);
    tape_now.formula = false;
    result = result < 0 ? -1 : fit_all(s, n, grads);
    if (n->flags & N_PACKED)
        node_forget_unpacked(n);
    running = before;
    now = outer;
    return s->failed ? -1 : result;
}

static void arrived(run *r, slot *at)
{
    edge *e = node_edges(at->fn);
    for (uint32_t i = 0; i < at->fn->n_in; i++)
        if (e[i].fn) {
            slot *to = slot_of(r, e[i].fn);
            if (--to->waits == 0)
                run_push(r, (uint32_t)(to - r->slots));
        }
}

static void drop_gradients(slot *at)
{
    if (at->one.a)
        tensor_clear(&at->one);
    tensor *many = at->fn->n_out > 1 ? at->many : NULL;
    for (uint32_t i = 0; many && i < at->fn->n_out; i++)
        tensor_clear(&many[i]);
    ct_free(many, many ? at->fn->n_out * sizeof *many : 0);
    at->many = NULL;
}

enum { FEW = 16 };

/* g: one pointer an output, taken from the slot; grads: one an input. Both live here when few. */
static int run_slot(run *r, uint32_t index)
{
    slot *at = &r->slots[index];
    node *n = at->fn;
    r->at = running = n;
    size_t words = (size_t)n->n_out + n->n_in;
    tensor *few[FEW], **g = words <= FEW ? few : ct_alloc(words * sizeof *g);
    if (!g)
        return -1;
    for (size_t i = 0; i < words; i++)
        g[i] = NULL;
    for (uint32_t i = 0; i < n->n_out; i++) {
        tensor *t = n->n_out == 1 ? &at->one : at->many ? &at->many[i] : NULL;
        if (t && t->a)
            g[i] = t;
    }
    scope s;
    scope_open(&s);
    bool runs = at->needed || (at->captured && r->task->accumulate);
    int result = n->extra && (runs || at->captured) ? run_hooks(r, &s, n, g) : 0;
    if (result == 0 && at->captured)
        capture(r, n, g);
    if (result == 0 && runs && n->extra)
        result = call_hooks(&s, n->extra->pre, g, false);
    if (result == 0 && runs) {
        if (n->kind->flags & NK_LEAF)
            result = accumulate(r, n, g[0]);
        else
            result = formula(r, &s, at, g, g + n->n_out);
        if (!r->task->retain_graph && result == 0)
            node_release_kept(n);
    }
    drop_gradients(at);
    scope_close(&s);
    if (g != few)
        ct_free(g, words * sizeof *g);
    if (result == 0)
        arrived(r, &r->slots[index]);
    return result;
}

/* ---- the run ---------------------------------------------------------------------------------------------------- */
static int seed(run *r)
{
    const backward *b = r->task;
    int result = 0;
    for (uint32_t i = 0; i < b->n_roots && result == 0; i++) {
        scope s;
        scope_open(&s);
        tensor *g = b->grads && b->grads[i] ? b->grads[i] : tape_algebra.ones_like(&s, b->roots[i]);
        result = g ? deliver(&s, NULL, slot_of(r, b->roots[i]->fn), b->roots[i]->nr, g) : -1;
        scope_close(&s);
    }
    for (uint32_t i = 0; i < b->n_roots; i++) {
        slot *s = slot_of(r, b->roots[i]->fn);
        if (s->waits == 0 && !s->queued)
            run_push(r, (uint32_t)(s - r->slots));
    }
    return result;
}

static void finish(run *r)
{
    for (uint32_t i = 0; i < r->n; i++) {
        slot *s = &r->slots[i];
        drop_gradients(s);
        if (s->fn->run == r->id)
            s->fn->run = 0;
    }
    for (uint32_t i = 0; i < r->n; i++)
        node_drop(r->slots[i].fn);
    for (uint32_t i = 0; r->asked && i < r->task->n_inputs; i++)
        node_drop(r->asked[i].fn);
    if (r->asked)
        ct_free(r->asked, r->task->n_inputs * sizeof *r->asked);
    ct_free(r->slots, r->capacity * sizeof *r->slots);
    ct_free(r->ready, r->capacity * sizeof *r->ready);
    ct_free(r->table, r->table_size * sizeof *r->table);
}

static int walk(run *r)
{
    if (run_discover(r) < 0 || run_mark_needed(r) < 0)
        return -1;
    run_mark_takes(r);
    if (seed(r) < 0)
        return -1;
    for (uint32_t steps = 1; r->n_ready; steps++) {
        if ((steps & 255) == 0 && tape_interrupted && tape_interrupted() < 0)
            return -1;
        if (run_slot(r, run_pop(r)) < 0)
            return -1;
    }
    return 0;
}

int tape_backward(const backward *b)
{
    if (tape_now.depth >= MAX_DEPTH)
        return ct_fail(CT_RUNTIME, "backward: %d backward runs are nested in one another; a hook or Function calls backward() without end", MAX_DEPTH);
    run r = {.id = ++last_run ? last_run : ++last_run, .task = b};
    tape_mode mode = tape_now;
    run *outer = now;
    node *before = running;
    now = &r;
    tape_now.grad = b->create_graph;
    tape_now.partial |= b->n_inputs != 0;
    tape_now.depth++;
    int result = walk(&r);
    now = outer;
    running = before;
    if (result < 0 && tape_now.anomaly && r.at && tape_explain)
        tape_explain(r.at);
    tape_now.grad = mode.grad;
    tape_now.partial = mode.partial;
    tape_now.depth--;
    finish(&r);
    return result;
}
