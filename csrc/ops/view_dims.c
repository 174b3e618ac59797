/* Views that reorder, insert or drop dimensions. */
#include "ops/dispatch.h"
#include "ops/takes.h"
#include <string.h>

/* PyTorch numbers the node of an in-place form on its own. */
static void kind_in_place(call *c, const node_kind *kind)
{
    if (c->mode == CALL_INPLACE)
        c->kind = kind;
}

/* ---- transpose ------------------------------------------------------------------------------------------- */
static int exchange(call *c, int64_t d0, int64_t d1)
{
    layout in, out;
    array_layout(c->in[0]->a, &in);
    if (view_transpose(&in, d0, d1, &out) < 0)
        return -1;
    keep_param(c, d0);
    keep_param(c, d1);
    return out_view(c, 0, &out);
}
static int transpose_grad(scope *s, node *n, T const *g, T *out)
{
    int64_t back[CT_MAXDIM], d0 = node_params(n)[0], d1 = node_params(n)[1];
    if (!node_got_slid(n))
        return (out[0] = f_transpose(s, g[0], d0, d1)) ? 0 : -1;
    for (int d = 0; d < n->out_ndim; d++)
        back[d] = d;
    d0 += d0 < 0 ? n->out_ndim : 0;
    d1 += d1 < 0 ? n->out_ndim : 0;
    back[d0] = d1;
    back[d1] = d0;
    return (out[0] = lines_ordered(s, n, g[0], back)) ? 0 : -1;
}
static const node_kind transpose_in_place = {"TransposeBackward1", transpose_grad, .takes = transpose_takes};
static int transpose_shape(call *c)
{
    kind_in_place(c, &transpose_in_place);
    return exchange(c, c->args[1].i, c->args[2].i);
}
#define TRANSPOSE(id, public_name, d0, d1)                                                                                          \
    const op op_##id = {.name = public_name, .sig = "(Tensor self, int " d0 ", int " d1 ")", .flags = OP_VIEW | OP_INPLACE,         \
        .run = op_view, .shape = transpose_shape, .kind = {"TransposeBackward0", transpose_grad, .takes = transpose_takes},                                   \
        .doc = "View of self with two dimensions exchanged. IndexError for a dimension that self does not have."};
TRANSPOSE(transpose, "transpose", "dim0", "dim1")
/* What transpose_ makes of a tensor over memory that nothing else shows. */
const op op_turned_view = {.name = "_turned_view", .sig = "(Tensor self, int dim0, int dim1)", .flags = OP_HIDDEN | OP_FUNCTION, .run = op_view, .shape = transpose_shape,
    .kind = {"TransposeBackward1", transpose_grad, .takes = transpose_takes}, .doc = "transpose of a tensor that is thrown away."};
TRANSPOSE(swapaxes, "swapaxes", "axis0", "axis1")
TRANSPOSE(swapdims, "swapdims", "dim0", "dim1")

/* As PyTorch's formulas say it, where what they record is seen. */
static int t_grad(scope *s, node *n, T const *g, T *out)
{
    if (!tape_now.grad || node_got_slid(n))
        return transpose_grad(s, n, g, out);
    return (out[0] = f_turned(s, g[0])) ? 0 : -1;
}
static const node_kind t_in_place = {"TBackward1", t_grad, .takes = transpose_takes};
static int t_shape(call *c)
{
    int ndim = c->in[0]->a->ndim;
    if (ndim > 2)
        return ct_fail(CT_RUNTIME, "t() expects a tensor with <= 2 dimensions, but self is %dD", ndim);
    kind_in_place(c, &t_in_place);
    return exchange(c, 0, ndim < 2 ? 0 : 1);
}
const op op_t = {.name = "t", .sig = "(Tensor self)", .flags = OP_VIEW | OP_INPLACE, .run = op_view, .shape = t_shape, .kind = {"TBackward0", t_grad, .takes = transpose_takes},
    .doc = "The transpose of a matrix, as a view; a 1-d or 0-d tensor as it is."};

static int adjoint_compose(scope *s, call *c, T *out)
{
    int ndim = c->in[0]->a->ndim;
    if (ndim == 1)
        return ct_fail(CT_RUNTIME, "tensor.adjoint() is only supported on matrices or batches of matrices. Got 1-D tensor.");
    out[0] = ndim ? f_transpose(s, c->in[0], -2, -1) : f_call(s, &op_alias, 1, (arg[]){a_t(c->in[0])});
    return 0;
}
const op op_adjoint = {.name = "adjoint", .sig = "(Tensor self)", .flags = OP_VIEW, .run = op_compose, .compose = adjoint_compose,
    .doc = "View with the last two dimensions exchanged (there are no complex dtypes to conjugate)."};

/* ---- permute ---------------------------------------------------------------------------------------------- */
static int permute_shape(call *c)
{
    layout in, out;
    const arg *dims = &c->args[1];
    array_layout(c->in[0]->a, &in);
    if (view_permute(&in, (int)dims->n, dims->ints, &out) < 0)
        return -1;
    for (uint32_t d = 0; d < dims->n; d++)
        keep_param(c, dims->ints[d] < 0 ? dims->ints[d] + dims->n : dims->ints[d]);
    return out_view(c, 0, &out);
}
static int permute_grad(scope *s, node *n, T const *g, T *out)
{
    int64_t back[CT_MAXDIM];
    for (int d = 0; d < n->n_param; d++)
        back[node_params(n)[d]] = d;
    return (out[0] = node_got_slid(n) ? lines_ordered(s, n, g[0], back) : f_permute(s, g[0], n->n_param, back)) ? 0 : -1;
}
const op op_permute = {.name = "permute", .sig = "(Tensor self, int... dims)", .flags = OP_VIEW, .run = op_view, .shape = permute_shape,
    .kind = {"PermuteBackward0", permute_grad, .takes = permute_takes}, .doc = "View of self with its dimensions in the order of dims, each named once."};

static int movedim_dims(const char *what, int n, const int64_t *dims, int ndim, int *wrapped, bool *taken)
{
    char text[300];
    memset(taken, 0, (size_t)ndim * sizeof *taken);
    for (int i = 0; i < n; i++) {
        if (layout_wrap_dim("movedim", dims[i], ndim, &wrapped[i]) < 0)
            return -1;
        if (ndim && taken[wrapped[i]])
            return ct_fail(CT_RUNTIME, "movedim: repeated dim in `%s` (%s)", what, layout_text(n, dims, text, sizeof text));
        if (ndim)
            taken[wrapped[i]] = true;
    }
    return 0;
}

/* The dimensions in `from` go to the places in `to`; the others fill the rest in order. */
static int movedim_order(int ndim, int n, const int64_t *source, const int64_t *destination, int64_t *order)
{
    int from[CT_MAXDIM], to[CT_MAXDIM], next = 0;
    bool moved[CT_MAXDIM], filled[CT_MAXDIM];
    if (movedim_dims("source", n, source, ndim, from, moved) < 0 || movedim_dims("destination", n, destination, ndim, to, filled) < 0)
        return -1;
    for (int i = 0; i < n && ndim; i++)
        order[to[i]] = from[i];
    for (int d = 0; d < ndim; d++) {
        if (moved[d])
            continue;
        while (filled[next])
            next++;
        order[next++] = d;
    }
    return 0;
}

static int movedim_compose(scope *s, call *c, T *out)
{
    char one[300], two[300];
    int64_t order[CT_MAXDIM];
    const arg *from = &c->args[1], *to = &c->args[2];
    const int64_t *source = from->kind == ARG_INT ? &from->i : from->ints, *destination = to->kind == ARG_INT ? &to->i : to->ints;
    int n = from->kind == ARG_INT ? 1 : (int)from->n, m = to->kind == ARG_INT ? 1 : (int)to->n, ndim = c->in[0]->a->ndim;
    if (n != m || n > CT_MAXDIM)
        return ct_fail(CT_RUNTIME, "movedim: Invalid source or destination dims: source (%s dims) should contain the same number of dims as destination (%s dims)",
                       layout_text(n, source, one, sizeof one), layout_text(m, destination, two, sizeof two));
    if (movedim_order(ndim, n, source, destination, order) < 0)
        return -1;
    out[0] = ndim ? f_permute(s, c->in[0], ndim, order) : f_call(s, &op_alias, 1, (arg[]){a_t(c->in[0])});
    return 0;
}
#define MOVEDIM(id, public_name, sig_text)                                                                            \
    const op op_##id = {.name = public_name, .sig = sig_text, .flags = OP_VIEW, .run = op_compose,                   \
        .compose = movedim_compose, .doc = "View of self with the dimensions source at the places destination, the others in order around them."};
MOVEDIM(movedim_int, "movedim.int", "(Tensor self, int source, int destination)")
MOVEDIM(movedim, "movedim.intlist", "(Tensor self, int[] source, int[] destination)")
MOVEDIM(moveaxis_int, "moveaxis.int", "(Tensor self, int source, int destination)")
MOVEDIM(moveaxis, "moveaxis.intlist", "(Tensor self, int[] source, int[] destination)")

/* ---- dimensions of size 1 ------------------------------------------------------------------------------------ */
static bool as_a_whole(node *n) { return !tape_now.grad || node_got(n) || node_got_slid(n); }
/* Parameter: the dim as it was given. */
static int unsqueeze_grad(scope *s, node *n, T const *g, T *out)
{
    if (as_a_whole(n))
        return reshape_grad(s, n, g, out);
    return (out[0] = f_call(s, &op_squeeze_dim, 2, (arg[]){a_t(g[0]), a_i(node_params(n)[0])})) ? 0 : -1;
}
static const node_kind unsqueeze_in_place = {"UnsqueezeBackward1", unsqueeze_grad, .takes = reshape_takes};
static int unsqueeze_shape(call *c)
{
    layout in, out;
    array_layout(c->in[0]->a, &in);
    kind_in_place(c, &unsqueeze_in_place);
    keep_param(c, c->args[1].i);
    return view_unsqueeze(&in, c->args[1].i, &out) < 0 ? -1 : out_view(c, 0, &out);
}
const op op_unsqueeze = {.name = "unsqueeze", .sig = "(Tensor self, int dim)", .flags = OP_VIEW | OP_INPLACE, .run = op_view, .shape = unsqueeze_shape,
    .kind = {"UnsqueezeBackward0", unsqueeze_grad, .takes = reshape_takes}, .doc = "View of self with a dimension of size 1 inserted at dim."};

static int squeeze(call *c, int n, const int64_t *dims, bool all)
{
    layout in, out;
    array_layout(c->in[0]->a, &in);
    if (view_squeeze(&in, n, dims, all, &out) < 0)
        return -1;
    for (int i = 0; i < n; i++) /* each dim once: no more than there is room for */
        keep_param(c, dims[i]);
    return out_view(c, 0, &out);
}
/* Parameters: the dims that were named; none: all. Those of size 1 come back one after the other. */
static int squeeze_grad(scope *s, node *n, T const *g, T *out)
{
    int ndim;
    ct_dtype dtype;
    const int64_t *size = node_in_size(n, 0, &ndim, &dtype);
    if (as_a_whole(n))
        return reshape_grad(s, n, g, out);
    out[0] = g[0];
    for (int d = 0; d < ndim && g[0]->a->ndim < ndim; d++) {
        bool named = !n->n_param;
        for (int i = 0; i < n->n_param; i++)
            named |= node_params(n)[i] == d || node_params(n)[i] + ndim == d;
        if (named && size[d] == 1)
            out[0] = f_unsqueeze(s, out[0], d);
    }
    return out[0] ? 0 : -1;
}
static const node_kind squeeze_in_place = {"SqueezeBackward3", squeeze_grad, .takes = reshape_takes};
static const node_kind squeeze_dim_in_place = {"SqueezeBackward4", squeeze_grad, .takes = reshape_takes};
static const node_kind squeeze_dims_in_place = {"SqueezeBackward5", squeeze_grad, .takes = reshape_takes};
static int squeeze_shape(call *c)
{
    kind_in_place(c, &squeeze_in_place);
    return squeeze(c, 0, NULL, true);
}
static int squeeze_dim_shape(call *c)
{
    kind_in_place(c, &squeeze_dim_in_place);
    return squeeze(c, 1, &c->args[1].i, false);
}
static int squeeze_dims_shape(call *c)
{
    kind_in_place(c, &squeeze_dims_in_place);
    return squeeze(c, (int)c->args[1].n, c->args[1].ints, false);
}
#define SQUEEZE_DOC "View of self without its dimensions of size 1: all of them, or those named that have that size."
const op op_squeeze = {.name = "squeeze", .sig = "(Tensor self)", .flags = OP_VIEW | OP_INPLACE, .run = op_view, .shape = squeeze_shape,
    .kind = {"SqueezeBackward0", squeeze_grad, .takes = reshape_takes}, .doc = SQUEEZE_DOC};
const op op_squeeze_dim = {.name = "squeeze.dim", .sig = "(Tensor self, int dim)", .flags = OP_VIEW | OP_INPLACE, .run = op_view,
    .shape = squeeze_dim_shape, .kind = {"SqueezeBackward1", squeeze_grad, .takes = reshape_takes}, .doc = SQUEEZE_DOC};
const op op_squeeze_dims = {.name = "squeeze.dims", .sig = "(Tensor self, int[] dim)", .flags = OP_VIEW | OP_INPLACE, .run = op_view,
    .shape = squeeze_dims_shape, .kind = {"SqueezeBackward2", squeeze_grad, .takes = reshape_takes}, .doc = SQUEEZE_DOC};
