/* One node for a composition.
 *
 * A composition is recorded as its parts are, over operands that come through passages: nodes that lead on to where each operand comes from.
 * The node of the whole has edges to these passages, which users see as if they were not there, and behind them edges to the parts that made
 * the results. In a run it hands its gradients to these parts, and takes what they take: what travels reduced or recorded through them does so
 * through the whole. Asked by itself, or by a hook that is to see the gradients of all operands, it runs its parts.
 */
#include "tape/engine.h"
#include <string.h>

static int passage_grad(scope *s, node *n, tensor *const *g, tensor **grads)
{
    (void)s, (void)n;
    grads[0] = g[0];
    return 0;
}
static uint64_t passage_takes(node *n) { return node_takes(n, 0) | node_takes_slid(n, 0); }
const node_kind passage_kind = {"Passage", passage_grad, .flags = NK_HOMOGENEOUS, .takes = passage_takes};

node *passage_node(node *to, uint32_t nr, const array *a)
{
    node *n = node_new(&passage_kind, (node_shape){.n_in = 1, .n_out = 1, .out_ndim = a->ndim});
    if (!n)
        return NULL;
    node_set_out(n, 0, a);
    node_edges(n)[0] = (edge){node_keep(to), nr};
    return n;
}

/* Edges to parts come behind those to the operands, one for each output. */
static uint32_t first_part(const node *n) { return n->n_in - n->n_out; }

/* The gradients of the operands by a run of their own; root, roots and given: room for a part each. */
static int run_from(scope *s, node *n, tensor *const *g, tensor **grads, tensor *root, tensor **roots, tensor **given)
{
    tensor input[CLOSED_MANY], found[CLOSED_MANY], *inputs[CLOSED_MANY];
    uint32_t place[CLOSED_MANY], operands = first_part(n), n_roots = 0, n_inputs = 0;
    edge *e = node_edges(n);
    for (uint32_t k = 0; k < n->n_out; k++)
        if (g[k]) {
            root[n_roots] = (tensor){.fn = e[operands + k].fn, .nr = e[operands + k].nr};
            roots[n_roots] = &root[n_roots];
            given[n_roots++] = g[k];
        }
    for (uint32_t i = 0; i < operands; i++)
        if (e[i].fn) {
            place[n_inputs] = i;
            input[n_inputs] = (tensor){.fn = e[i].fn};
            found[n_inputs] = (tensor){0};
            inputs[n_inputs] = &input[n_inputs];
            n_inputs++;
        }
    int result = tape_backward(&(backward){.n_roots = n_roots, .roots = roots, .grads = given, .retain_graph = true, .create_graph = tape_now.grad,
                                           .n_inputs = n_inputs, .inputs = inputs, .found = found});
    for (uint32_t i = 0; i < n_inputs; i++) {
        if (result == 0 && found[i].a && (grads[place[i]] = scope_new(s)))
            tensor_copy(grads[place[i]], &found[i]);
        tensor_clear(&found[i]);
    }
    return result;
}

static int run_parts(scope *s, node *n, tensor *const *g, tensor **grads)
{
    size_t bytes = n->n_out * (sizeof(tensor) + 2 * sizeof(tensor *));
    tensor *root = ct_alloc(bytes), **roots = (tensor **)(root + n->n_out);
    bool formula = tape_now.formula;
    struct passing *passing = tape_now.passing;
    tape_now.formula = false;
    tape_now.passing = NULL;
    int result = root ? run_from(s, n, g, grads, root, roots, roots + n->n_out) : -1;
    tape_now.formula = formula;
    tape_now.passing = passing;
    ct_free(root, bytes);
    return result;
}

static int closed_grad(scope *s, node *n, tensor *const *g, tensor **grads)
{
    if (tape_now.passing || !node_is_run(n) || (n->extra && n->extra->post))
        return run_parts(s, n, g, grads);
    for (uint32_t k = 0; k < n->n_out; k++)
        grads[first_part(n) + k] = g[k];
    return 0;
}

static uint64_t closed_takes(node *n)
{
    uint32_t part = first_part(n);
    uint64_t dims = ~(uint64_t)0;
    for (uint32_t k = 0; k < n->n_out; k++)
        dims &= node_takes(n, part + k);
    return n->n_out == 1 ? dims | node_takes_slid(n, part) : dims;
}
const node_kind closed_kind = {"Closed", closed_grad, .takes = closed_takes};

static int pack_inputs(node *n)
{
    for (uint32_t i = 0; i < ct_bits(n->keep_in); i++)
        if (node_pack(n, i, NULL) < 0)
            return -1;
    return 0;
}

/* The parts of a composition, which were recorded after the passages to them, keep what they do through a run. */
static void let_parts_last(node *closed, uint32_t n_in, tensor *const *in)
{
    node *part[CLOSED_MANY];
    uint64_t first = UINT64_MAX;
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_in; i++)
        first = in[i]->fn && in[i]->fn->seq < first ? in[i]->fn->seq : first;
    for (uint32_t at = 0; at <= n; at++) {
        node *of = at ? part[at - 1] : closed;
        for (uint32_t i = at ? 0 : n_in; i < of->n_in; i++) {
            node *to = node_edges(of)[i].fn;
            if (!to || to->flags & N_LASTS || to->kind == &passage_kind || to->kind->flags & NK_LEAF || to->seq < first || n == CLOSED_MANY)
                continue;
            to->flags |= N_LASTS;
            part[n++] = to;
        }
    }
}

node *closed_node(closed_names names, uint32_t n_in, tensor *const *in, uint32_t n_made, tensor *const *made, uint64_t keep, uint64_t keep_made, bool lasts)
{
    uint32_t n_out = 0, held = 0, k = n_in;
    int ndim = 0;
    for (uint32_t i = 0; i < n_made; i++) {
        n_out += made[i]->fn != NULL;
        ndim = made[i]->a->ndim > ndim ? made[i]->a->ndim : ndim;
    }
    keep_made &= ((uint64_t)1 << (n_made < 63 ? n_made : 63)) - 1;
    keep &= n_in < 64 ? ((uint64_t)1 << n_in) - 1 : ~(uint64_t)0;
    node *n = node_new(&closed_kind, (node_shape){.n_in = n_in + n_out, .n_out = n_out, .n_kept = (uint16_t)(ct_bits(keep) + ct_bits(keep_made)), .n_param = 1, .out_ndim = (uint8_t)ndim});
    if (!n)
        return NULL;
    n->payload = (void *)names.name;
    node_params(n)[0] = (int64_t)names.again;
    n->keep_in = keep;
    edge *e = node_edges(n);
    for (uint32_t i = 0; i < n_in; i++) {
        if (in[i]->fn)
            e[i] = (edge){node_keep(in[i]->fn), in[i]->nr};
        if (keep >> i & 1)
            node_kept(n)[held++] = (kept){array_keep(in[i]->a), {.version = in[i]->a->ver->count}};
    }
    for (uint32_t i = 0; i < n_made && i < 63; i++)
        if (keep_made >> i & 1)
            node_kept(n)[held++] = (kept){array_keep(made[i]->a), {.version = made[i]->a->ver->count}};
    for (uint32_t i = 0; i < n_made; i++)
        if (made[i]->fn) {
            node_set_out(n, k - n_in, made[i]->a);
            e[k++] = (edge){node_keep(made[i]->fn), made[i]->nr};
        }
    if (lasts)
        let_parts_last(n, n_in, in);
    if (CT_UNLIKELY(tape_now.anomaly && tape_trace))
        tape_trace(n);
    if (tape_now.packs && pack_inputs(n) < 0) {
        node_drop(n);
        return NULL;
    }
    return n;
}

/* ---- a gradient that is recorded as one node ------------------------------------------------------------------------- */
enum { PASSING_MANY = 24 }; /* gradients and kept values of one node; what more there are is recorded without a passage */
typedef struct passing { uint32_t n; edge from[PASSING_MANY]; tensor through[PASSING_MANY]; } passing;

void passing_through(scope *s, tensor *t)
{
    passing *p = tape_now.passing;
    uint32_t i = 0;
    while (i < p->n && (p->from[i].fn != t->fn || p->from[i].nr != t->nr || (!t->fn && p->through[i].a != t->a)))
        i++;
    if (i == PASSING_MANY || !dtype_is_float((ct_dtype)t->a->dtype))
        return;
    if (!t->fn) { /* a constant, in whose place users see None */
        if (i == p->n)
            tensor_init(&p->through[p->n++], array_keep(t->a));
        return;
    }
    if (i == p->n) {
        node *n = passage_node(t->fn, t->nr, t->a);
        if (!n) {
            scope_fail(s);
            return;
        }
        p->from[i] = (edge){t->fn, t->nr};
        tensor_init(&p->through[i], array_keep(t->a));
        tensor_set_history(&p->through[i], n, 0);
        node_drop(n);
        p->n++;
    }
    node_set(&t->fn, node_keep(p->through[i].fn));
    t->nr = 0;
}

/* What the formula made, as the results of one node over what came through passages. */
static int close_over(scope *s, const char *name, passing *p, uint32_t n_made, tensor **made)
{
    tensor *in[PASSING_MANY], *own[PASSING_MANY];
    uint32_t n_own = 0, nr = 0;
    for (uint32_t i = 0; i < p->n; i++)
        in[i] = &p->through[i];
    for (uint32_t i = 0; i < n_made && n_own < PASSING_MANY; i++)
        if (made[i] && made[i]->fn)
            own[n_own++] = made[i];
    node *n = n_own ? closed_node((closed_names){name, NULL}, p->n, in, n_own, own, 0, 0, false) : NULL;
    for (uint32_t i = 0; n && i < n_made && nr < n_own; i++)
        if (made[i] && made[i]->fn) {
            tensor *t = scope_array(s, array_keep(made[i]->a));
            if (t)
                tensor_set_history(t, n, nr++);
            made[i] = t;
        }
    node_drop(n);
    return s->failed || (n_own && !n) ? -1 : 0;
}

static const char *again(const node *n) { return n->kind == &closed_kind ? (const char *)node_params((node *)n)[0] : n->kind->again; }

/* What broadcast is summed inside the node, as PyTorch's formulas do. */
static tensor *summed(scope *s, tensor *g, edge to)
{
    int ndim;
    ct_dtype dtype;
    const int64_t *size = node_out_size(to.fn, to.nr, &ndim, &dtype);
    bool lead = g->a->ndim >= ndim;
    for (int d = 0; lead && d < ndim; d++)
        lead = size[d] == 1 || size[d] == array_size(g->a)[g->a->ndim - ndim + d];
    bool same = g->a->ndim == ndim && layout_same(array_size(g->a), size, ndim);
    return lead && !same ? tape_algebra.sum_to(s, g, ndim, size) : g;
}

static int as_one(scope *s, node *n, tensor *const *g, tensor **grads)
{
    passing p = {.n = n->kind->flags & NK_PUTS ? 1 : 0}, *outer = tape_now.passing;
    tensor *given[PASSING_MANY];
    tape_now.passing = &p;
    for (uint32_t i = 0; i < n->n_out && !s->failed; i++) {
        given[i] = g[i] ? scope_array(s, array_keep(g[i]->a)) : NULL;
        if (given[i] && g[i]->fn)
            tensor_set_history(given[i], g[i]->fn, g[i]->nr);
        if (given[i])
            passing_through(s, given[i]);
    }
    int result = s->failed ? -1 : n->kind->grad(s, n, given, grads);
    tape_now.passing = outer;
    bool inside = strstr(again(n), "BackwardBackward") != NULL; /* the formula is one op; what is an op of its own is summed after it */
    for (uint32_t i = 0; inside && result == 0 && i < n->n_in; i++)
        if (grads[i] && node_edges(n)[i].fn && !node_takes(n, i) && !node_takes_slid(n, i))
            grads[i] = summed(s, grads[i], node_edges(n)[i]);
    if (n->kind == &closed_kind) /* its parts read the operands themselves, which came through passages */
        for (uint32_t i = 0; i < first_part(n) && p.n < PASSING_MANY; i++)
            if (node_edges(n)[i].fn)
                tensor_set_history(&p.through[p.n++], node_edges(n)[i].fn, node_edges(n)[i].nr);
    if (result == 0 && !s->failed)
        result = close_over(s, again(n), &p, n->kind == &closed_kind ? first_part(n) : n->n_in, grads);
    for (uint32_t i = 0; i < p.n; i++)
        tensor_clear(&p.through[i]);
    return result;
}

int node_gradient(scope *s, node *n, tensor *const *g, tensor **grads)
{
    bool one = tape_now.grad && again(n) && n->n_out <= PASSING_MANY / 2;
    return CT_UNLIKELY(one) ? as_one(s, n, g, grads) : n->kind->grad(s, n, g, grads);
}
