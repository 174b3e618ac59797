/* Views of another shape: expand, view, reshape and their kin. Shape rules are layout.h's; each adjoint is one formula. */
#include "ops/dispatch.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <stdio.h>

/* The engine sums to the input's shape: the adjoint of expand is the adjoint of broadcasting. */
static int same_grad(scope *s, node *n, T const *g, T *out)
{
    (void)s, (void)n;
    out[0] = g[0];
    return 0;
}

/* ---- the short way ------------------------------------------------------------------------------------------- */
int op_view_short(const op *o, tensor *of, const layout *l, uint32_t n_param, const int64_t *param, tensor *out)
{
    int past = tensor_past(of);
    if (past < 0 || array_is_compressed(of->a) || op_profiled)
        return 0;
    array *a = array_alias(of->a, l->ndim, l->size, l->stride, l->offset);
    if (CT_UNLIKELY(!a))
        return -1;
    if (!past || !tape_now.grad || CT_UNLIKELY(a->st->flags & ST_INFERENCE))
        tensor_init(out, a);
    else if (record_short(o, &(arg){.kind = ARG_TENSOR, .t = of}, 1, param, n_param, a, out) < 0)
        return -1;
    if (CT_LIKELY(tensor_join(out, of, 0) == 0))
        return 1;
    tensor_clear(out);
    return -1;
}

/* ---- the call of a view --------------------------------------------------------------------------------------- */
/* c->oa[0] becomes the one output, over in[0]'s storage, joined to its family if the record says OP_VIEW. */
static int deliver_view(call *c, bool recorded)
{
    node *n = NULL;
    tensor_init(&c->out[0], c->oa[0]);
    c->oa[0] = NULL;
    if (recorded && (!(n = call_node(c)) || call_attach(c, n) < 0))
        return -1;
    return c->op->flags & OP_VIEW ? tensor_join(&c->out[0], c->in[0], 0) : 0;
}

static int refuse_shape(call *c)
{
    array_drop(c->oa[0]);
    c->oa[0] = NULL;
    return -1;
}

int op_view(call *c)
{
    if (c->op->shape(c) < 0 || views_of_both(c) < 0)
        return refuse_shape(c);
    if (c->declared[0].how == HOW_SAME)
        return tensor_copy(&c->out[0], c->in[0]), 0;
    return CT_UNLIKELY(c->mode == CALL_INPLACE) ? view_in_place(c) : deliver_view(c, call_needs_grad(c));
}

int view_short(call *c)
{
    tensor *self = c->args[0].t;
    int past = tensor_past(self);
    if (c->mode != CALL_NEW || past < 0 || array_is_compressed(self->a) || op_profiled || (c->n_args > 1 && c->args[1].kind == ARG_TENSOR))
        return 0;
    c->n_out = c->n_in = 1;
    c->kind = &c->op->kind;
    c->n_param = c->n_list = 0;
    c->unrecorded = false;
    c->list = NULL;
    c->in = c->in_few;
    c->ia = c->ia_few;
    c->in_few[0] = self;
    c->ia_few[0] = self->a; /* not counted: nobody waits on this way */
    blank_output(c, 0);
    if (c->op->shape(c) < 0)
        return refuse_shape(c);
    if (c->declared[0].how == HOW_SAME)
        return tensor_copy(&c->out[0], self), 1;
    if (CT_LIKELY(deliver_view(c, past && tape_now.grad && CT_LIKELY(!(self->a->st->flags & ST_INFERENCE)) && c->kind->grad && !c->unrecorded && !(c->op->flags & OP_NO_GRAD)) == 0))
        return 1;
    tensor_clear(&c->out[0]);
    return -1;
}

/* ---- expand ---------------------------------------------------------------------------------------------- */
static int expand_to(call *c, int ndim, const int64_t *size)
{
    layout in, out;
    array_layout(c->in[0]->a, &in);
    return view_expand(&in, ndim, size, &out) < 0 ? -1 : out_view(c, 0, &out);
}
static int expand_shape(call *c) { return expand_to(c, (int)c->args[1].n, c->args[1].ints); }
const op op_expand = {.name = "expand", .sig = "(Tensor self, int... size, *, bool implicit=False)", .flags = OP_METHOD | OP_VIEW, .run = op_view,
    .shape = expand_shape, .kind = {"ExpandBackward0", same_grad, .flags = NK_SPREADS, .takes = expand_takes},
    .doc = "View of self at a wider shape: dimensions of size 1 are repeated by stride 0, new ones come first; -1 keeps a size. No memory is copied. "
           "RuntimeError where a size other than 1 would change."};
const op op_broadcast_to = {.name = "broadcast_to", .sig = "(Tensor self, int... size)", .flags = OP_VIEW, .run = op_view, .shape = expand_shape,
    .kind = {"ExpandBackward0", same_grad, .flags = NK_SPREADS, .takes = expand_takes}, .doc = "self.expand(size)."};

/* Node edges follow self alone: what `other` holds is not read. */
static int expand_as_compose(scope *s, call *c, T *out)
{
    const array *other = c->in[1]->a;
    out[0] = f_expand(s, c->in[0], other->ndim, array_size(other));
    return 0;
}
const op op_expand_as = {.name = "expand_as", .sig = "(Tensor self, Tensor other)", .flags = OP_METHOD | OP_VIEW, .run = op_compose,
    .compose = expand_as_compose, .doc = "self.expand(other.size())."};

/* ---- view -------------------------------------------------------------------------------------------------- */
static int refuse_view(void)
{
    return ct_fail(CT_RUNTIME, "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
                   "contiguous subspaces). Use .reshape(...) instead.");
}

static int view_shape(call *c)
{
    layout in, out;
    int64_t size[CT_MAXDIM];
    const array *a = c->in[0]->a;
    int ndim = (int)c->args[1].n;
    if (layout_infer_size("view", a->numel, ndim, c->args[1].ints, size) < 0)
        return -1;
    array_layout(a, &in);
    int fits = view_reshape(&in, ndim, size, &out);
    return fits < 0 ? -1 : fits ? out_view(c, 0, &out) : refuse_view();
}
const op op_view_size = {.name = "view", .sig = "(Tensor self, int... size)", .flags = OP_METHOD | OP_VIEW, .run = op_view, .shape = view_shape,
    .kind = {"ViewBackward0", reshape_grad, .takes = reshape_takes},
    .doc = "View of self at another shape with as many elements; one size may be -1. RuntimeError where the strides cannot express it."};
/* Over memory that nothing else shows: no family is made. What recurrent layers return has the names of PyTorch's last ops. */
#define UNSEEN(id, node_name)                                                                                                                       \
    const op op_##id = {.name = "_" #id, .sig = "(Tensor self, int[] size)", .flags = OP_HIDDEN | OP_FUNCTION, .run = op_view, .shape = view_shape, \
        .kind = {node_name, reshape_grad, .takes = reshape_takes}, .doc = "view of a tensor that is thrown away."};
UNSEEN(unsafe_view, "UnsafeViewBackward0")
UNSEEN(stacked_view, "StackBackward0")
UNSEEN(joined_view, "CatBackward0")
UNSEEN(layer_view, "MkldnnRnnLayerBackward0")
UNSEEN(tanh_view, "TanhBackward0")
UNSEEN(relu_view, "ReluBackward0")
UNSEEN(mul_view, "MulBackward0")
UNSEEN(add_view, "AddBackward0")

static int view_as_compose(scope *s, call *c, T *out)
{
    const array *other = c->in[1]->a;
    out[0] = f_view(s, c->in[0], other->ndim, array_size(other));
    return 0;
}
const op op_view_as = {.name = "view_as", .sig = "(Tensor self, Tensor other)", .flags = OP_METHOD | OP_VIEW, .run = op_compose,
    .compose = view_as_compose, .doc = "self.view(other.size())."};

/* ---- view as another dtype ----------------------------------------------------------------------------------- */
/* `fault`: what must be so, but is `got`. */
static int refuse_bits(const array *a, ct_dtype to, const char *fault, int64_t got)
{
    return ct_fail(CT_RUNTIME, "self.%s to view %s as %s (different element sizes), but got %lld", fault, dtype_title(a->dtype), dtype_title(to), (long long)got);
}
static int refuse_rest(const array *a, ct_dtype to, const char *what, int64_t ratio, int64_t got)
{
    char fault[80];
    snprintf(fault, sizeof fault, "%s must be divisible by %lld", what, (long long)ratio);
    return refuse_bits(a, to, fault, got);
}

/* The last dimension, and with it everything counted in elements, shrinks by `ratio`. */
static int widen(const array *a, ct_dtype to, int64_t ratio, layout *l)
{
    int last = l->ndim - 1;
    if (l->size[last] % ratio)
        return refuse_rest(a, to, "size(-1)", ratio, l->size[last]);
    if (l->offset % ratio)
        return refuse_rest(a, to, "storage_offset()", ratio, l->offset);
    for (int d = 0; d < last; d++) {
        char which[20];
        snprintf(which, sizeof which, "stride(%d)", d);
        if (l->stride[d] % ratio)
            return refuse_rest(a, to, which, ratio, l->stride[d]);
        l->stride[d] /= ratio;
    }
    l->size[last] /= ratio;
    l->offset /= ratio;
    return 0;
}

static int narrow_items(int64_t ratio, layout *l)
{
    int last = l->ndim - 1;
    for (int d = 0; d < last; d++)
        if (!ct_mul(l->stride[d], ratio, &l->stride[d]))
            return ct_fail(CT_RUNTIME, "Stride calculation overflowed: view as a smaller dtype");
    if (!ct_mul(l->size[last], ratio, &l->size[last]) || !ct_mul(l->offset, ratio, &l->offset))
        return ct_fail(CT_RUNTIME, "Size calculation overflowed: view as a smaller dtype");
    return 0;
}

static int view_dtype_shape(call *c)
{
    layout l;
    const array *a = c->in[0]->a;
    ct_dtype to = (ct_dtype)c->args[1].i;
    int64_t was = dtype_bytes(a->dtype), is = dtype_bytes(to);
    array_layout(a, &l);
    if (was != is) {
        if (l.ndim == 0)
            return refuse_bits(a, to, "dim() cannot be 0", 0);
        if (l.stride[l.ndim - 1] != 1)
            return refuse_bits(a, to, "stride(-1) must be 1", l.stride[l.ndim - 1]);
        if ((was < is ? widen(a, to, is / was, &l) : narrow_items(was / is, &l)) < 0)
            return -1;
    }
    if (out_view(c, 0, &l) < 0)
        return -1;
    c->oa[0]->dtype = (uint8_t)to;
    return 0;
}
const op op_view_dtype = {.name = "view.dtype", .sig = "(Tensor self, dtype dtype)", .flags = OP_METHOD | OP_NO_GRAD | OP_ABSOLUTE, .run = op_view,
    .shape = view_dtype_shape, .doc = "The same bytes read as another dtype: the last dimension takes the change of element size. Outside the history."};

/* ---- reshape --------------------------------------------------------------------------------------------- */
static int reshape_copy(scope *s, call *c, T *out)
{
    out[0] = f_call(s, &op_unsafe_view, 2, (arg[]){a_t(f_row_major(s, c->in[0])), c->args[1]});
    return 0;
}

static const node_kind reshape_alias = {"ReshapeAliasBackward0", reshape_grad, .takes = reshape_takes};
static int run_reshape(call *c)
{
    layout in, out;
    int64_t size[CT_MAXDIM];
    const array *a = c->in[0]->a;
    if (layout_infer_size("reshape", a->numel, (int)c->args[1].n, c->args[1].ints, size) < 0)
        return -1;
    array_layout(a, &in);
    int fits = view_reshape(&in, (int)c->args[1].n, size, &out);
    if (!array_shows_contiguous(a))
        c->kind = &reshape_alias;
    return fits < 0 ? -1 : fits ? op_view(c) : op_compose(c);
}
const op op_reshape = {.name = "reshape", .sig = "(Tensor self, int... shape)", .flags = OP_VIEW | OP_MAY_VIEW, .run = run_reshape,
    .shape = view_shape, .compose = reshape_copy, .kind = {"ViewBackward0", reshape_grad, .takes = reshape_takes},
    .doc = "self at another shape with as many elements; one size may be -1. A view where the strides allow it, else a copy."};

static int reshape_as_compose(scope *s, call *c, T *out)
{
    const array *other = c->in[1]->a;
    out[0] = f_reshape(s, c->in[0], other->ndim, array_size(other));
    return 0;
}
const op op_reshape_as = {.name = "reshape_as", .sig = "(Tensor self, Tensor other)", .flags = OP_METHOD | OP_VIEW | OP_MAY_VIEW, .run = op_compose,
    .compose = reshape_as_compose, .doc = "self.reshape(other.size())."};

static int flatten_compose(scope *s, call *c, T *out)
{
    layout in;
    int ndim;
    int64_t size[CT_MAXDIM];
    array_layout(c->in[0]->a, &in);
    if (view_flatten_size(&in, c->args[1].i, c->args[2].i, &ndim, size) < 0)
        return -1;
    out[0] = in.ndim && in.ndim == ndim ? c->in[0] : f_reshape(s, c->in[0], ndim, size);
    return 0;
}
const op op_flatten = {.name = "flatten", .sig = "(Tensor self, int start_dim=0, int end_dim=-1)", .flags = OP_VIEW | OP_MAY_VIEW, .run = op_compose,
    .compose = flatten_compose,
    .doc = "self with the dimensions start_dim to end_dim merged into one; a 0-d tensor becomes 1-d. A view where possible; self where nothing changes."};

static int unflatten_compose(scope *s, call *c, T *out)
{
    layout in;
    int ndim;
    int64_t size[CT_MAXDIM];
    array_layout(c->in[0]->a, &in);
    if (view_unflatten_size(&in, c->args[1].i, (int)c->args[2].n, c->args[2].ints, &ndim, size) < 0)
        return -1;
    out[0] = f_view(s, c->in[0], ndim, size);
    return 0;
}
const op op_unflatten = {.name = "unflatten", .sig = "(Tensor self, int dim, int[] sizes)", .flags = OP_VIEW, .run = op_compose,
    .compose = unflatten_compose, .doc = "View of self with one dimension cut into several whose sizes multiply up to it; one size may be -1."};

static int ravel_compose(scope *s, call *c, T *out)
{
    T x = c->in[0]; /* itself where it can be: a copy of the handle would start a family of views of its own */
    out[0] = f_view(s, array_shows_contiguous(x->a) ? x : f_contiguous(s, x), 1, (int64_t[]){-1});
    return 0;
}
const op op_ravel = {.name = "ravel", .sig = "(Tensor self)", .flags = OP_VIEW | OP_MAY_VIEW, .run = op_compose, .compose = ravel_compose,
    .doc = "self in one dimension, in row-major order; a view where self is contiguous."};

/* ---- the same elements ------------------------------------------------------------------------------------- */
static int alias_shape(call *c)
{
    layout l;
    array_layout(c->in[0]->a, &l);
    return out_view(c, 0, &l);
}
const op op_alias = {.name = "alias", .sig = "(Tensor self)", .flags = OP_HIDDEN | OP_FUNCTION | OP_VIEW, .run = op_view, .shape = alias_shape,
    .kind = {"AliasBackward0", same_grad, .takes = copy_takes}, .doc = "View of all of self: x[...]."};

static int run_detach(call *c)
{
    tensor_init(&c->out[0], array_keep(c->in[0]->a));
    return 0;
}
const op op_detach = {.name = "detach", .sig = "(Tensor self)", .flags = OP_FUNCTION | OP_NO_GRAD, .run = run_detach,
    .doc = "The same memory without history; writes are seen, and counted, by both."};
