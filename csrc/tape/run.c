/* Slots, the nodes that must run, and the heap of ready ones. */
#include "tape/run.h"
#include <string.h>

/* ---- slots ------------------------------------------------------------------------------------------- */
static uint32_t hash_of(const node *n) { return (uint32_t)(((uintptr_t)n >> 4) * 2654435761u); }

static struct foreign *table_find(const run *r, const node *n)
{
    if (!r->table_size)
        return NULL;
    for (uint32_t i = hash_of(n) & (r->table_size - 1);; i = (i + 1) & (r->table_size - 1))
        if (!r->table[i].fn || r->table[i].fn == n)
            return &r->table[i];
}

static int table_add(run *r, node *n, uint32_t at)
{
    if (r->table_used * 2 >= r->table_size) {
        uint32_t old_size = r->table_size, size = old_size ? old_size * 2 : 64;
        struct foreign *old = r->table, *table = ct_alloc_zero(size * sizeof *table);
        if (!table)
            return -1;
        r->table = table;
        r->table_size = size;
        for (uint32_t i = 0; i < old_size; i++)
            if (old[i].fn)
                *table_find(r, old[i].fn) = old[i];
        ct_free(old, old_size * sizeof *old);
    }
    *table_find(r, n) = (struct foreign){n, at};
    r->table_used++;
    return 0;
}

slot *slot_of(const run *r, const node *n)
{
    if (CT_LIKELY(n->run == r->id))
        return &r->slots[n->slot];
    struct foreign *f = table_find(r, n);
    return f && f->fn ? &r->slots[f->slot] : NULL;
}

/* Many slots are followed by as many as there are nodes, at the most: room that is not used is not touched either, and copying stops. */
enum { MANY_SLOTS = 1 << 16 };
static int grow(run *r)
{
    uint32_t capacity = r->capacity ? r->capacity * 2 : 32;
    int64_t nodes = node_live();
    if (r->capacity == MANY_SLOTS && nodes > capacity && nodes <= UINT32_MAX)
        capacity = (uint32_t)nodes;
    slot *slots = ct_alloc(capacity * sizeof *slots);
    uint32_t *ready = slots ? ct_alloc(capacity * sizeof *ready) : NULL;
    if (!ready) {
        ct_free(slots, capacity * sizeof *slots);
        return -1;
    }
    if (r->n)
        memcpy(slots, r->slots, r->n * sizeof *slots);
    ct_free(r->slots, r->capacity * sizeof *r->slots);
    ct_free(r->ready, r->capacity * sizeof *r->ready);
    r->slots = slots;
    r->ready = ready;
    r->capacity = capacity;
    return 0;
}

static slot *slot_add(run *r, node *n)
{
    if (r->n == r->capacity && grow(r) < 0)
        return NULL;
    if (n->run == 0) {
        n->run = r->id;
        n->slot = r->n;
    } else if (table_add(r, n, r->n) < 0)
        return NULL;
    r->slots[r->n] = (slot){.fn = node_keep(n)};
    return &r->slots[r->n++];
}

/* A small value's gradients are not summed ahead, so that their last bits are PyTorch's. */
static bool is_large(node *n)
{
    int ndim;
    ct_dtype dtype;
    const int64_t *size = node_out_size(n, 0, &ndim, &dtype);
    return layout_numel(ndim, size) >= tape_reduces_from / dtype_bytes(dtype);
}

/* Every node reachable from the roots gets a slot; each edge counts as one delivery to wait for. Slots double as the work list. */
int run_discover(run *r)
{
    const backward *b = r->task;
    for (uint32_t i = 0; i < b->n_roots; i++)
        if (!slot_of(r, b->roots[i]->fn) && !slot_add(r, b->roots[i]->fn))
            return -1;
    for (uint32_t at = 0; at < r->n; at++) {
        node *n = r->slots[at].fn;
        edge *e = node_edges(n);
        r->spreads |= n->kind->flags & NK_SPREADS && is_large(n);
        for (uint32_t i = 0; i < n->n_in; i++) {
            if (!e[i].fn)
                continue;
            slot *to = slot_of(r, e[i].fn);
            if (!to && !(to = slot_add(r, e[i].fn)))
                return -1;
            to->waits++;
        }
    }
    return 0;
}

/* ---- which nodes must run ------------------------------------------------------------------------------- */
static int by_age(const run *r, uint32_t a, uint32_t b)
{
    uint64_t x = r->slots[a].fn->seq, y = r->slots[b].fn->seq;
    return x < y ? -1 : x > y;
}

static void sift(const run *r, uint32_t *v, uint32_t at, uint32_t n)
{
    for (uint32_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && by_age(r, v[child + 1], v[child]) > 0)
            child++;
        if (by_age(r, v[child], v[at]) <= 0)
            return;
        uint32_t t = v[at];
        v[at] = v[child];
        v[child] = t;
    }
}

enum { FEW_SLOTS = 32 };
static void insert(const run *r, uint32_t *v, uint32_t i)
{
    uint32_t item = v[i];
    for (; i && by_age(r, v[i - 1], item) > 0; i--)
        v[i] = v[i - 1];
    v[i] = item;
}

/* Slots from the oldest node to the newest, in r->ready. They were found from the newest on, so that little is out of order. */
static void sort_by_age(run *r)
{
    uint32_t *v = r->ready;
    for (uint32_t i = 0; i < r->n; i++)
        v[i] = r->n - 1 - i;
    if (r->n <= FEW_SLOTS) {
        for (uint32_t i = 1; i < r->n; i++)
            insert(r, v, i);
        return;
    }
    for (uint32_t i = r->n / 2; i-- > 0;)
        sift(r, v, i, r->n);
    for (uint32_t i = r->n; i-- > 1;) {
        uint32_t t = v[0];
        v[0] = v[i];
        v[i] = t;
        sift(r, v, 0, i);
    }
}

int run_mark_needed(run *r)
{
    const backward *b = r->task;
    for (uint32_t i = 0; i < r->n; i++)
        r->slots[i].needed = b->n_inputs == 0;
    if (b->n_inputs == 0)
        return 0;
    if (!(r->asked = ct_alloc(b->n_inputs * sizeof *r->asked)))
        return -1;
    for (uint32_t i = 0; i < b->n_inputs; i++) {
        node *n = node_keep(b->inputs[i]->fn);
        r->asked[i] = (edge){n, b->inputs[i]->nr};
        slot *s = slot_of(r, n);
        if (s)
            s->captured = true;
        for (uint32_t k = 0; n->extra && n->extra->refs > 1 && k < r->n; k++)
            r->slots[k].captured |= node_same(r->slots[k].fn, n);
    }
    sort_by_age(r); /* edges point to older nodes, so what an edge leads to is decided first */
    for (uint32_t i = 0; i < r->n; i++) {
        slot *s = &r->slots[r->ready[i]];
        edge *e = node_edges(s->fn);
        for (uint32_t k = 0; k < s->fn->n_in && !s->needed; k++)
            if (e[k].fn) {
                slot *to = slot_of(r, e[k].fn);
                s->needed = to->needed || to->captured;
            }
    }
    return 0;
}

/* Dims that can be summed ahead: those of more than one element; none where there are no elements, since the sum of none is 0
 * whatever it is multiplied with, and has to come last. */
static uint64_t where_wide(node *n, uint64_t takes)
{
    int ndim;
    ct_dtype dtype;
    const int64_t *size = node_out_size(n, 0, &ndim, &dtype);
    uint64_t wide = 0;
    if (!takes || !layout_numel(ndim, size))
        return 0;
    for (int d = 0; d < ndim; d++)
        wide |= (uint64_t)(size[d] > 1) << d;
    if (!(takes & TAKES_SLID) || ndim > SLID_NDIM)
        return takes & wide;
    return slid_dims(takes) & ~wide ? 0 : (takes & ~slid_kept(takes)) | (slid_kept(takes) & wide);
}

/* A value reshaped outside the history is not what its node says of it: nothing is decided by such shapes. */
static bool is_told(node *n)
{
    edge *e = node_edges(n);
    bool told = !(n->flags & (N_RESHAPED | N_PACKED)) && node_leads(n);
    for (uint32_t i = 0; i < n->n_in && told; i++)
        told = !e[i].fn || !(e[i].fn->flags & N_RESHAPED);
    return told;
}

/* When gradients are recorded, a tensor that is still there may be asked for its own by a later run, through what this run leaves: it
 * must find there what it would in full. Held by edges (and this run) alone, nobody can ask. */
static bool is_forgotten(const run *r, const slot *s) { return !r->task->create_graph || s->fn->refs <= (int64_t)s->waits + 1; }

/* Nor may an operand that this run leaves out (inputs=) but that has a history, and so may be asked for its own gradient by a later run: what
 * is kept of it would be read at one place for all, which is right of its values alone. */
static bool leaves_out_a_variable(const run *r, node *n)
{
    edge *e = node_edges(n);
    for (uint32_t i = 0; r->task->create_graph && i < n->n_in; i++)
        if (e[i].fn && !node_needs(n, i) && (i >= 8 * sizeof n->keep_in || n->keep_in >> i & 1))
            return true;
    return false;
}

/* Where gradients would begin to be summed ahead. */
static bool is_small_origin(const run *r, node *n)
{
    edge *e = node_edges(n);
    if (is_large(n))
        return false;
    for (uint32_t i = 0; i < n->n_in; i++)
        if (e[i].fn && slot_of(r, e[i].fn)->takes)
            return false;
    return true;
}

/* After run_mark_needed: a node whose output somebody looks at (a hook, retain_grad, inputs=) takes none. */
void run_mark_takes(run *r)
{
    if (!r->spreads || tape_reduces_from == INT64_MAX)
        return;
    sort_by_age(r);
    for (uint32_t i = 0; i < r->n; i++) {
        slot *s = &r->slots[r->ready[i]];
        if (s->fn->kind->takes && is_told(s->fn) && is_forgotten(r, s) && !leaves_out_a_variable(r, s->fn) && !node_watched(s->fn) && !s->captured)
            s->takes = where_wide(s->fn, s->fn->kind->takes(s->fn));
        if (s->takes && is_small_origin(r, s->fn))
            s->takes = 0;
    }
}

/* ---- factors that wait ---------------------------------------------------------------------------------------- */
/* A formula of a homogeneous node may be given a gradient that lacks a factor; what it makes of it lacks the same. So a number that every
 * element would be multiplied with (the 2 / n of a mean of squares) waits until sums have made few of many. */
enum { SHRINKS = 4 /* few: less than this part */, STEPS = 4 };

/* Elements of the gradient of input i, as it is delivered. */
static int64_t delivered(node *n, uint32_t i, uint64_t takes)
{
    int ndim;
    ct_dtype dtype;
    const int64_t *size = node_in_size(n, i, &ndim, &dtype);
    int64_t lines[CT_MAXDIM];
    if (takes & TAKES_SLID && ndim <= SLID_NDIM)
        return layout_numel(slid_size(takes, ndim, size, lines), lines);
    for (int d = 0; d < ndim; d++)
        lines[d] = takes >> d & 1 ? 1 : size[d];
    return layout_numel(ndim, lines);
}

/* Through `steps` nodes at the most. */
static bool defers(const run *r, const slot *to, int steps)
{
    node *n = to->fn;
    int ndim;
    ct_dtype dtype;
    bool plain = !n->extra && n->n_out == 1 && !to->captured && !to->takes && to->waits == 1 && !to->one.a && !(n->flags & (N_RESHAPED | N_PACKED));
    if (!(n->kind->flags & NK_HOMOGENEOUS) || !plain || !steps)
        return false;
    const int64_t *size = node_out_size(n, 0, &ndim, &dtype);
    int64_t numel = layout_numel(ndim, size);
    if (numel < tape_many())
        return false;
    edge *e = node_edges(n);
    for (uint32_t i = 0; i < n->n_in; i++) {
        const slot *next = e[i].fn ? slot_of(r, e[i].fn) : NULL;
        if (next && (next->needed || next->captured) && delivered(n, i, e[i].nr ? 0 : next->takes) > numel / SHRINKS && !defers(r, next, steps - 1))
            return false;
    }
    return true;
}
bool run_defers(const run *r, const slot *to) { return defers(r, to, STEPS); }

/* ---- the ready heap: leaves first, then what has no derivative, then the newest node ---------------------- */
static bool before(const run *r, uint32_t a, uint32_t b)
{
    const node *x = r->slots[a].fn, *y = r->slots[b].fn;
    bool x_first = x->kind->flags & (NK_LEAF | NK_UNTOLD), y_first = y->kind->flags & (NK_LEAF | NK_UNTOLD);
    return x_first != y_first ? x_first : x->seq > y->seq;
}

void run_push(run *r, uint32_t item)
{
    uint32_t at = r->n_ready++;
    r->slots[item].queued = true;
    while (at && before(r, item, r->ready[(at - 1) / 2])) {
        r->ready[at] = r->ready[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    r->ready[at] = item;
}

uint32_t run_pop(run *r)
{
    uint32_t top = r->ready[0], item = r->ready[--r->n_ready], at = 0;
    for (uint32_t child; (child = 2 * at + 1) < r->n_ready; at = child) {
        if (child + 1 < r->n_ready && before(r, r->ready[child + 1], r->ready[child]))
            child++;
        if (!before(r, r->ready[child], item))
            break;
        r->ready[at] = r->ready[child];
    }
    r->ready[at] = item;
    return top;
}

/* What the formula does not read must be as it was nevertheless: every kept input, all that a composition or an NK_KEEPS_ALL node keeps, and where some
 * gradients are not asked for, what they would read. */
int run_check_unread(node *n)
{
    edge *e = node_edges(n);
    bool all = n->kind == &closed_kind || n->kind->flags & NK_KEEPS_ALL;
    for (uint32_t i = 0; tape_now.partial && i < n->n_in; i++)
        all |= e[i].fn && !node_leads_on(e[i].fn);
    return node_check_kept(n, all ? n->n_kept : ct_bits(n->keep_in));
}
