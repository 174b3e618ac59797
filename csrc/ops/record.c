/* Recording: the node of a call. Inputs are kept only where a gradient that is wanted reads them. */
#include "ops/dispatch.h"
#include "ops/spread.h"
#include <string.h>

/* op_call has brought the history of every input up to date. */
bool call_needs_grad(const call *c)
{
    if (!tape_now.grad || !c->kind->grad || c->unrecorded || ((c->op->flags & OP_NO_GRAD) && c->mode != CALL_INPLACE))
        return false;
    if (CT_UNLIKELY(c->op->flags & (OP_VIEW | OP_MULTI_VIEW)) && c->in[0]->a->st->flags & ST_INFERENCE)
        return false; /* its views have no history */
    for (uint32_t i = 0; i < c->n_in; i++)
        if (c->in[i] && (c->in[i]->fn || c->in[i]->base) && tensor_wants_grad(c->in[i]))
            return true;
    return false;
}

static uint8_t wanted_mask(const call *c)
{
    uint8_t wanted = 0;
    for (uint32_t i = 0; i < c->n_in && i < 8; i++)
        if (c->in[i] && c->in[i]->fn)
            wanted |= (uint8_t)(1u << i);
    return wanted;
}

static void keep_number(kept *k, const arg *a)
{
    k->a = a->kind == ARG_FLOAT ? KEPT_FLOAT : a->kind == ARG_INT ? KEPT_INT : KEPT_BOOL;
    if (a->kind == ARG_FLOAT)
        k->u.f = a->f;
    else
        k->u.i = a->i;
}

static int check_kept(const array *a)
{
    if (CT_LIKELY(!(a->st->flags & ST_INFERENCE)))
        return 0;
    return ct_fail(CT_RUNTIME, "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in computation "
                   "tracked by autograd. To work around this, clone the tensor outside of inference mode.");
}

static void keep_array(kept *k, array *a)
{
    k->a = array_keep(a);
    k->u.version = a->ver->count;
}

static int out_ndim(const call *c)
{
    int most = 0;
    if (CT_LIKELY(c->n_out == 1 && !c->n_list && c->oa[0]))
        return c->oa[0]->ndim;
    for (uint32_t i = 0; i < c->n_out && !c->n_list; i++) {
        const array *a = c->oa[i] ? c->oa[i] : c->mode == CALL_INPLACE ? c->args[0].t->a : c->out[i].a;
        most = a && a->ndim > most ? a->ndim : most;
    }
    for (uint32_t i = 0; i < c->n_list; i++)
        most = c->list[i].a->ndim > most ? c->list[i].a->ndim : most;
    return most;
}

/* Inputs that the lists named by keep_list hold, as a mask. */
static uint64_t kept_lists(const call *c)
{
    uint64_t mask = 0;
    uint32_t at = 0;
    for (uint32_t i = 0; i < c->n_args; i++) {
        uint32_t n = c->args[i].kind == ARG_TENSORS ? c->args[i].n : 1;
        if (i < 8 && (c->op->keep_list >> i & 1) && c->args[i].kind == ARG_TENSORS)
            for (uint32_t k = 0; k < n && at + k < 64; k++)
                mask |= (uint64_t)1 << (at + k);
        at += n;
    }
    return mask;
}

/* Row-major, and once where a is held once. */
static array *copy_to_hold(const array *a)
{
    layout shown = {.ndim = a->ndim};
    layout_take(shown.size, array_size(a), a->ndim);
    layout_row_major(a->ndim, shown.size, shown.stride);
    return array_new_spread((ct_dtype)a->dtype, &shown, still_dims(a, a->ndim));
}
array *call_copy_of(const array *a)
{
    array *copy = array_is_compressed(a) && array_repeats(a) ? copy_to_hold(a) : array_new(a->dtype, a->ndim, array_size(a));
    if (copy && array_start_as(a, copy) < 0) {
        array_drop(copy);
        return NULL;
    }
    return copy;
}

/* Inputs that a wanted gradient reads, as a mask. */
static uint64_t kept_inputs(const call *c, uint8_t wanted)
{
    const op *o = c->op;
    uint64_t keep = o->keep_list ? kept_lists(c) : 0;
    uint32_t any;
    memcpy(&any, o->keep, sizeof any);
    for (uint32_t i = 0; any && i < 4 && i < c->n_args; i++)
        if ((o->keep[i] & wanted) && ((i < c->n_in && c->in[i]) || arg_is_number(&c->args[i])))
            keep |= (uint64_t)1 << i;
    return keep;
}

/* Fills the places of kept inputs. What the formula reads of self is its value before the call: a call in place, which is about
 * to write over it, keeps a copy. -1: nothing was kept from there on. */
static int keep_inputs(const call *c, node *n)
{
    kept *k = node_kept(n);
    for (uint64_t left = n->keep_in; left; left &= left - 1, k++) {
        uint32_t i = (uint32_t)__builtin_ctzll(left);
        array *a = i < c->n_in && c->in[i] ? c->in[i]->a : NULL;
        if (!a) {
            keep_number(k, &c->args[i]);
            continue;
        }
        if (check_kept(a) < 0)
            return -1;
        if (CT_LIKELY(i || c->mode != CALL_INPLACE))
            keep_array(k, a);
        else if ((k->a = call_copy_of(a)))
            k->u.version = k->a->ver->count;
        else
            return -1;
    }
    return 0;
}

/* Of the outputs at the end that the gradient alone reads, those that were declared. */
static uint32_t count_asides(const call *c)
{
    uint32_t n = 0;
    for (uint32_t i = c->n_out - c->op->n_aside; i < c->n_out && c->op->n_aside; i++)
        n += c->oa[i] != NULL;
    return n;
}

void keep_param(call *c, int64_t value) { c->param[c->n_param++] = value; }
void keep_double(call *c, double value)
{
    int64_t bits;
    memcpy(&bits, &value, sizeof bits);
    keep_param(c, bits);
}
double read_double(const int64_t *param)
{
    double value;
    memcpy(&value, param, sizeof value);
    return value;
}

int call_slices(call *c, node *fn, uint32_t nr)
{
    const tensor *self = c->args[0].t;
    if (!tensor_is_view(self))
        return 0;
    c->slices = tape_algebra.copy_slices(self->base, self->a, fn, nr);
    return c->slices ? 0 : -1;
}

int call_rebase(call *c, node *fn, uint32_t nr)
{
    node *slices = c->slices;
    c->slices = NULL;
    return tensor_rebase(c->args[0].t, fn, nr, slices);
}

/* Ints that the params tell as well: from 0 on, and growing. */
static bool is_told(const call *c, const arg *a)
{
    if (c->op->flags & OP_TELLS_GIVEN && (a->kind == ARG_INT || a->kind == ARG_INTS))
        return false;
    bool told = a->kind == ARG_INT ? a->i >= 0 : a->kind != ARG_INTS || a->n;
    for (uint32_t i = 0; a->kind == ARG_INTS && i < a->n; i++)
        told &= a->ints[i] >= 0 && (!i || a->ints[i] > a->ints[i - 1]);
    return told;
}

/* The others, for users to see: in `to`, or counted. */
static uint32_t keep_given(const call *c, int64_t *to)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->n_args; i++) {
        const arg *a = &c->args[i];
        if (is_told(c, a))
            continue;
        uint32_t count = a->kind == ARG_INT ? 1 : a->n;
        if (to) {
            to[n] = (int64_t)i << 32 | count;
            layout_take(to + n + 1, a->kind == ARG_INT ? &a->i : a->ints, (int)count);
        }
        n += 1 + count;
    }
    return n;
}

node *call_node(call *c)
{
    uint32_t n_given = CT_LIKELY(c->op->domain != NULL) ? 0 : keep_given(c, NULL);
    uint8_t wanted = wanted_mask(c);
    uint64_t keep_in = kept_inputs(c, wanted);
    uint32_t n_out = c->n_list ? c->n_list : c->n_out - c->op->n_aside;
    uint64_t keep_out = c->op->keep_out & wanted ? (1u << n_out) - 1 : 0;
    if (c->op->reads_out)
        keep_out &= c->op->reads_out;
    uint32_t n_kept = ct_bits(keep_in) + ct_bits(keep_out) + count_asides(c);
    node *n = node_new(c->kind, (node_shape){.n_in = c->n_in, .n_out = n_out, .n_kept = (uint16_t)n_kept, .n_param = (uint16_t)c->n_param,
                       .out_ndim = (uint8_t)out_ndim(c), .n_given = (uint16_t)n_given});
    if (!n)
        return NULL;
    if (n_given) {
        n->flags |= N_GIVEN;
        keep_given(c, node_given(n));
    }
    n->keep_in = keep_in;
    n->keep_out = (uint16_t)keep_out;
    edge *e = node_edges(n);
    for (uint32_t i = 0; i < c->n_in; i++)
        if (c->in[i] && c->in[i]->fn)
            e[i] = (edge){node_keep(c->in[i]->fn), c->in[i]->nr};
    for (uint32_t i = 0; i < c->n_param; i++)
        node_params(n)[i] = c->param[i];
    if ((c->mode == CALL_INPLACE && call_slices(c, n, 0) < 0) || (keep_in && keep_inputs(c, n) < 0)) {
        node_drop(n);
        return NULL;
    }
    if (CT_UNLIKELY(tape_now.anomaly && tape_trace))
        tape_trace(n);
    return n;
}

/* ---- what the host packs ---------------------------------------------------------------------------------------- */
size_t op_next_name(const char **at, const char **name, bool *list)
{
    const char *p = *at + strspn(*at, "(, *"), *start = p, *last = p;
    int depth = 0;
    for (; *p && *p != '=' && (depth || (*p != ',' && *p != ')')); p++) {
        depth += *p == '[' || *p == '(' ? 1 : *p == ']' || *p == ')' ? -1 : 0;
        last = *p == ' ' ? p + 1 : last;
    }
    *name = last;
    *list = !strncmp(start, "Tensor[", 7);
    size_t length = (size_t)(p - last);
    for (; *p && (depth || *p != ',') ; p++)
        depth += *p == '[' || *p == '(' ? 1 : *p == ']' || (*p == ')' && p[1]) ? -1 : 0;
    *at = p;
    return length;
}

typedef struct named { const char *name; size_t length; uint32_t at; } named;

static bool comes_before(const named *a, const named *b)
{
    int order = strncmp(a->name, b->name, a->length < b->length ? a->length : b->length);
    return order ? order < 0 : a->length < b->length;
}

/* Hooks get what was kept as PyTorch's do: the inputs of what takes `self` in the order of their names (mul: other, self), then the rest. */
static int pack_in_order(const op *o, node *n)
{
    named inputs[4], next = {0};
    uint32_t count = 0, placed = 0;
    const char *at = o->sig;
    bool list;
    for (uint32_t i = 0; i < 4 && (next.length = op_next_name(&at, &next.name, &list)) && !list; i++) {
        if (!i && (next.length != 4 || strncmp(next.name, "self", 4)))
            break;
        if (!(n->keep_in >> i & 1))
            continue;
        next.at = placed++;
        uint32_t k = count++;
        for (; k && comes_before(&next, &inputs[k - 1]); k--)
            inputs[k] = inputs[k - 1];
        inputs[k] = next;
    }
    for (uint32_t i = 0; i < n->n_kept; i++)
        if (node_pack(n, i < count ? inputs[i].at : i, NULL) < 0)
            return -1;
    return 0;
}

/* The host's hooks get what was kept once the outputs have their history. -1: new outputs are blank again. */
static int pack_kept(call *c, node *n)
{
    if (CT_LIKELY(!tape_now.packs) || pack_in_order(c->op, n) == 0)
        return 0;
    for (uint32_t i = 0; c->mode == CALL_NEW && i < c->n_out; i++)
        tensor_clear(&c->out[i]);
    return -1;
}

static void attach_one(call *c, node *n, uint32_t i, array *a, bool differentiable)
{
    node_set_out(n, i, a);
    if (n->keep_out >> i & 1)
        keep_array(node_kept(n) + ct_bits(n->keep_in) + ct_bits(n->keep_out & ((1u << i) - 1)), a);
    if (c->mode == CALL_NEW && differentiable)
        tensor_set_history(&c->out[i], n, i);
}

void call_keep_asides(call *c, node *n)
{
    uint32_t first = c->n_out - c->op->n_aside;
    kept *k = n ? node_kept(n) + ct_bits(n->keep_in) + ct_bits(n->keep_out) : NULL;
    for (uint32_t i = first; i < c->n_out; i++) {
        if (k && c->oa[i])
            keep_array(k++, c->oa[i]);
        array_drop(c->oa[i]);
        c->oa[i] = NULL;
    }
    c->n_out = first;
}

int call_attach(call *c, node *n)
{
    if (!n)
        return 0;
    int result = 0;
    for (uint32_t i = 0; i < c->n_out; i++) {
        array *a = c->mode == CALL_INPLACE ? c->args[0].t->a : c->out[i].a;
        attach_one(c, n, i, a, dtype_is_float(a->dtype) && !c->declared[i].undifferentiable);
    }
    if (c->mode == CALL_INPLACE)
        result = call_rebase(c, n, 0);
    if (result == 0)
        result = pack_kept(c, n);
    node_drop(n);
    return result;
}

int call_attach_list(call *c, node *n)
{
    for (uint32_t i = 0; n && i < c->n_list; i++) {
        node_set_out(n, i, c->list[i].a);
        tensor_set_history(&c->list[i], n, i);
    }
    node_drop(n);
    return 0;
}
