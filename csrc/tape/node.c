/* Nodes: making, reading, releasing. */
#include "tape/engine.h"
#include <string.h>

static uint64_t next_seq = 1;
static int64_t live_nodes;
int64_t node_live(void) { return live_nodes; }

node *node_new(const node_kind *kind, node_shape shape)
{
    size_t bytes = sizeof(node) + shape.n_in * sizeof(edge) + shape.n_kept * sizeof(kept)
                 + ((1 + (size_t)shape.out_ndim) * shape.n_out + shape.n_param + shape.n_given) * sizeof(int64_t);
    if (bytes > UINT32_MAX) {
        ct_fail(CT_MEMORY, "%s: an op with %u inputs and %u outputs is too large to record", kind->name, shape.n_in, shape.n_out);
        return NULL;
    }
    node *n = ct_alloc_zero(bytes);
    if (!n)
        return NULL;
    n->kind = kind;
    n->refs = 1;
    n->seq = kind->flags & NK_LEAF ? UINT64_MAX : next_seq++;
    n->n_in = shape.n_in;
    n->n_out = shape.n_out;
    n->bytes = (uint32_t)bytes;
    n->n_kept = shape.n_kept;
    n->n_param = shape.n_param;
    n->out_ndim = shape.out_ndim;
    live_nodes++;
    return n;
}

void node_set_out(node *n, uint32_t i, const array *a)
{
    int64_t *row = node_out_row(n, i);
    row[0] = (int64_t)a->dtype << 8 | a->ndim;
    layout_take(row + 1, array_size(a), a->ndim);
}

const int64_t *node_in_size(node *n, uint32_t i, int *ndim, ct_dtype *dtype)
{
    edge e = node_edges(n)[i];
    return node_out_size(e.fn, e.nr, ndim, dtype);
}

/* "log1p" becomes "Log1PBackward0", as PyTorch writes it; two names may be in one message. */
static const char *row_name(const char *name, bool second)
{
    static char shown[2][96];
    static int turn;
    char *out = shown[turn ^= 1], *end = out + 80;
    bool upper = true;
    for (; *name && out < end; name++) {
        if (*name == '_')
            upper = true;
        else {
            *out++ = upper && *name >= 'a' && *name <= 'z' ? (char)(*name - 32) : *name;
            upper = *name >= '0' && *name <= '9';
        }
    }
    strcpy(out, second ? "Backward1" : "Backward0");
    return shown[turn];
}

uint32_t node_shown_place(const node *n, uint32_t k)
{
    uint32_t mask = node_shows(n);
    for (uint32_t left = k; mask && left; left--)
        mask &= mask - 1;
    return mask ? (uint32_t)__builtin_ctz(mask) : k;
}

const char *node_name(const node *n)
{
    if (n->extra && n->extra->label)
        return n->extra->label;
    if (n->kind == &closed_kind)
        return n->payload;
    return n->kind->flags & NK_ROW ? row_name(n->kind->name, n->kind->flags & NK_ROW_1) : n->kind->name;
}

/* ---- release: a list in place of recursion ------------------------------------------------------------ */
static node *dying;        /* nodes without owners, linked through seq */
static bool releasing;     /* a loop is at work further up the stack */

void hook_drop(hook *h)
{
    if (--h->refs)
        return;
    if (h->release)
        h->release(h->obj);
    ct_free(h, sizeof *h);
}

/* What one hook's end runs may take others off. */
static void drop_hooks(hook **list)
{
    while (*list) {
        hook *gone = *list;
        *list = gone->next;
        gone->next = NULL;
        hook_drop(gone);
    }
}

static void drop_extra(node_extra *x, const node *of)
{
    if (x->of == of)
        x->of = NULL;
    if (--x->refs)
        return;
    drop_hooks(&x->hooks);
    drop_hooks(&x->pre);
    drop_hooks(&x->post);
    drop_hooks(&x->after);
    drop_hooks(&x->notes);
    while (x->retains) {
        struct retain *next = x->retains->next;
        gradbox_drop(x->retains->box);
        ct_free(x->retains, sizeof *x->retains);
        x->retains = next;
    }
    if (x->trace && x->release_trace)
        x->release_trace(x->trace);
    ct_free(x, sizeof *x);
}

static void drop_kept(node *n)
{
    kept *k = node_kept(n);
    for (int i = 0; i < n->n_kept; i++) {
        kept gone = k[i];
        k[i].a = NULL;
        if (KEPT_IS_ARRAY(&gone))
            array_drop(gone.a);
        else if (gone.a == KEPT_PACKED)
            tape_packing.drop(gone.u.packed);
    }
}

static void release_one(node *n)
{
    drop_kept(n);
    edge *e = node_edges(n);
    for (uint32_t i = 0; i < n->n_in; i++)
        node_drop(e[i].fn); /* lands on the list */
    if (n->kind->release)
        n->kind->release(n);
    if (n->extra)
        drop_extra(n->extra, n);
    live_nodes--;
    ct_free(n, n->bytes);
}

void node_free(node *n)
{
    n->seq = (uint64_t)(uintptr_t)dying;
    dying = n;
    if (releasing)
        return;
    releasing = true;
    while (dying) {
        node *next = dying;
        dying = (node *)(uintptr_t)next->seq;
        release_one(next);
    }
    releasing = false;
}

void node_release_kept(node *n)
{
    if (n->flags & (N_RELEASED | N_LASTS) || n->kind->flags & NK_LASTS)
        return;
    if (n->n_kept || n->kind->forget || n->kind->flags & NK_SHOWS_WRITE)
        n->flags |= N_RELEASED;
    drop_kept(n);
    if (n->kind->forget)
        n->kind->forget(n);
}

/* ---- extras ------------------------------------------------------------------------------------------- */
node_extra *node_extras(node *n)
{
    if (!n->extra)
        n->extra = ct_alloc_zero(sizeof *n->extra);
    if (n->extra && !n->extra->refs) {
        n->extra->refs = 1;
        n->extra->of = n;
    }
    return n->extra;
}

int node_add_hook(hook **list, hook h)
{
    hook *own = ct_alloc(sizeof *own);
    if (!own)
        return -1;
    *own = h;
    own->next = NULL;
    own->refs = 1;
    while (*list)
        list = &(*list)->next;
    *list = own;
    return 0;
}

void node_remove_hook(hook **list, uint32_t id)
{
    for (; *list; list = &(*list)->next)
        if ((*list)->id == id) {
            hook *gone = *list;
            *list = gone->next;
            gone->next = NULL;
            hook_drop(gone);
            return;
        }
}

/* ---- kept values -------------------------------------------------------------------------------------- */
static uint32_t kept_place(uint64_t mask, uint32_t i) { return ct_bits(mask & (((uint64_t)1 << i) - 1)); }

static int refuse_kept(const node *n, const kept *k)
{
    if (n->flags & N_RELEASED || !k->a)
        return ct_fail(CT_RUNTIME, "Trying to backward through the graph a second time (or directly access saved tensors after they have "
                       "already been freed): the values that %s kept were freed by the first backward(). Specify retain_graph=True "
                       "there if you need to backward through the graph a second time.", node_name(n));
    return kept_is_as_it_was(node_name(n), k->a, k->u.version);
}

/* Names are looked for where there is something to tell: a lookup takes as long as a small product. */
static inline int check_kept(const node *n, const kept *k)
{
    bool there = !(n->flags & N_RELEASED) && k->a;
    return CT_LIKELY(there && (!KEPT_IS_ARRAY(k) || k->a->ver->count == k->u.version)) ? 0 : refuse_kept(n, k);
}

int kept_is_as_it_was(const char *keeper, const array *a, int64_t then)
{
    char text[256];
    const version *v = a->ver;
    if (v->count == then)
        return 0;
    return ct_fail(CT_RUNTIME, "one of the variables needed for gradient computation has been modified by an inplace operation: "
                   "[torch.%sTensor %s], which %s kept at version %lld, is at version %lld now; expected version %lld instead; "
                   "the last write was by %s. Remedy: clone() the tensor before that write, or use the op without the underscore.",
                   dtype_title((ct_dtype)a->dtype), layout_text(a->ndim, array_size(a), text, sizeof text), keeper, (long long)then,
                   (long long)v->count, (long long)then, v->writer ? v->writer : "memory shared with another object");
}

int node_check_released(const node *n) { return n->flags & N_RELEASED ? refuse_kept(n, NULL) : 0; }

int node_check_kept(node *n, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if ((node_kept(n)[i].a || n->flags & N_RELEASED) && check_kept(n, node_kept(n) + i) < 0)
            return -1;
    return 0;
}

static tensor *number(scope *s, const kept *k)
{
    tensor *t = scope_array(s, k->a == KEPT_FLOAT ? array_scalar_f(k->u.f, DT_F64, true)
                             : array_scalar_i(k->u.i, k->a == KEPT_INT ? DT_I64 : DT_BOOL, true));
    if (t)
        t->flags |= T_SCALAR;
    return t;
}

/* The gradient arrived summed in these dims of the output: what was kept is the same along them, one index of it will do. */
static tensor *narrowed(scope *s, node *n, tensor *t, uint64_t got)
{
    int ndim;
    ct_dtype dtype;
    node_out_size(n, 0, &ndim, &dtype);
    uint64_t dims = dims_align(got, ndim, t->a->ndim), wide = 0;
    for (int d = 0; d < t->a->ndim; d++)
        wide |= (uint64_t)(array_size(t->a)[d] > 1) << d;
    return dims & wide ? tape_algebra.narrow(s, t, dims & wide) : t;
}

enum { ASIDE = UINT32_MAX }; /* in place of an output's number: of what users do not see */
static tensor *kept_tensor(scope *s, node *n, const kept *k, node *fn, uint32_t nr)
{
    if (s->failed || check_kept(n, k) < 0)
        return scope_fail(s);
    if (KEPT_IS_NUMBER(k))
        return number(s, k);
    tensor *t = scope_array(s, k->a == KEPT_PACKED ? tape_packing.unpack(k->u.packed) : array_keep(k->a));
    if (t && fn && dtype_is_float((ct_dtype)t->a->dtype)) /* places have none */
        tensor_set_history(t, fn, nr);
    if (CT_UNLIKELY(tape_now.passing != NULL) && t && nr != ASIDE)
        passing_through(s, t);
    if (!t || !(n->kind->flags & NK_POINTWISE))
        return t;
    uint64_t got = node_got(n), slid = node_got_slid(n);
    return CT_UNLIKELY(slid) ? tape_algebra.line(s, t, slid) : CT_UNLIKELY(got) ? narrowed(s, n, t, got) : t;
}

tensor *node_kept_in(scope *s, node *n, uint32_t i)
{
    edge e = node_edges(n)[i];
    return kept_tensor(s, n, node_kept(n) + kept_place(n->keep_in, i), e.fn, e.nr);
}

tensor *node_kept_out(scope *s, node *n, uint32_t i)
{
    uint32_t place = ct_bits(n->keep_in) + kept_place(n->keep_out, i);
    return kept_tensor(s, n, node_kept(n) + place, n, i);
}

tensor *node_kept_aside(scope *s, node *n, uint32_t i)
{
    return kept_tensor(s, n, node_kept(n) + ct_bits(n->keep_in) + ct_bits(n->keep_out) + i, NULL, ASIDE);
}

/* Input or output i stands at kept place k: found by counting bits. */
static uint32_t nth_bit(uint64_t mask, uint32_t k)
{
    while (k--)
        mask &= mask - 1;
    return (uint32_t)__builtin_ctzll(mask);
}

/* Where kept value i comes from in the history; nowhere: a constant. */
static edge kept_edge(node *n, uint32_t i)
{
    uint32_t ins = ct_bits(n->keep_in), outs = ct_bits(n->keep_out);
    return i < ins ? node_edges(n)[nth_bit(n->keep_in, i)] : i < ins + outs ? (edge){n, nth_bit(n->keep_out, i - ins)} : (edge){0};
}

tensor *node_kept_at(scope *s, node *n, uint32_t i)
{
    edge e = kept_edge(n, i);
    return kept_tensor(s, n, node_kept(n) + i, e.fn, e.nr);
}

/* ---- packed values -------------------------------------------------------------------------------------- */
packing tape_packing;

int node_pack(node *n, uint32_t i, void *hooks)
{
    kept *k = node_kept(n) + i;
    if (!KEPT_IS_ARRAY(k))
        return 0;
    if (array_is_weak(k->a))
        return 0; /* a number: PyTorch's hooks are not shown any */
    edge e = kept_edge(n, i);
    array *a = array_keep(k->a);
    tensor t;
    tensor_init(&t, array_keep(a));
    if (e.fn && dtype_is_float((ct_dtype)a->dtype))
        tensor_set_history(&t, e.fn, e.nr);
    int64_t version = a->ver->count;
    void *packed = tape_packing.pack(&t, hooks);
    if (packed && a->ver->count != version) {
        tape_packing.drop(packed);
        packed = NULL;
        ct_fail(CT_RUNTIME, PACK_WRITES);
    }
    if (packed && k->a == a) { /* what the hook did may have released the node's values */
        *k = (kept){KEPT_PACKED, {.packed = packed}};
        n->flags |= N_PACKED;
        array_drop(a);
    } else if (packed)
        tape_packing.drop(packed);
    array_drop(a);
    return packed ? 0 : -1;
}

int node_unpack(node *n)
{
    for (uint32_t i = 0; i < n->n_kept; i++) {
        array *a = node_kept(n)[i].a == KEPT_PACKED ? tape_packing.unpack(node_kept(n)[i].u.packed) : NULL;
        if (!a && node_kept(n)[i].a == KEPT_PACKED)
            return -1;
        array_drop(a);
    }
    return 0;
}

void node_forget_unpacked(node *n)
{
    for (uint32_t i = 0; i < n->n_kept; i++)
        if (node_kept(n)[i].a == KEPT_PACKED)
            tape_packing.forget(node_kept(n)[i].u.packed);
}

/* ---- leaves ------------------------------------------------------------------------------------------- */
static void release_leaf(node *n) { gradbox_drop(n->payload); }
const node_kind leaf_kind = {.name = "torch::autograd::AccumulateGrad", .release = release_leaf, .flags = NK_LEAF};

node *leaf_node(gradbox *box, const array *a)
{
    bool own_order = !array_shows_contiguous(a) && layout_is_dense(a->ndim, array_size(a), array_visible_stride(a));
    node *n = node_new(&leaf_kind, (node_shape){.n_out = 1, .out_ndim = a->ndim, .n_param = own_order ? a->ndim : 0});
    if (!n)
        return NULL;
    node_set_out(n, 0, a);
    for (int d = 0; d < n->n_param; d++)
        node_params(n)[d] = array_visible_stride(a)[d];
    n->payload = box;
    box->refs++;
    return n;
}

node *leaf_renewed(node *leaf, const array *a)
{
    node_extra *x = node_extras(leaf); /* hooks that come later are on both too */
    node *n = x ? leaf_node(leaf_box(leaf), a) : NULL;
    if (n) {
        n->extra = x;
        x->of = n;
        x->refs++;
    }
    return n;
}
