/* Views: shapes and strides over the same memory. Shape rules are layout.h's; each adjoint is one formula. */
#include "ops/dispatch.h"
#include "ops/formula.h"
#include <string.h>

static const int64_t *in_size(node *n, int *ndim)
{
    ct_dtype dtype;
    return node_in_size(n, 0, ndim, &dtype);
}

/* ---- expand ---------------------------------------------------------------------------------------------- */
static int expand_shape(call *c)
{
    layout in, out;
    array_layout(c->in[0]->a, &in);
    if (view_expand(&in, (int)c->args[1].n, c->args[1].ints, &out) < 0)
        return -1;
    return out_view(c, 0, &out);
}
/* The engine sums to the input's shape: the adjoint of expand is the adjoint of broadcasting. */
static int same_grad(scope *s, node *n, T const *g, T *out)
{
    (void)s, (void)n;
    out[0] = g[0];
    return 0;
}
const op op_expand = {.name = "expand", .sig = "(Tensor self, int... size)", .flags = OP_METHOD | OP_VIEW, .run = op_view,
    .shape = expand_shape, .kind = {"ExpandBackward0", same_grad},
    .doc = "View of self at a wider shape: dimensions of size 1 are repeated by stride 0, new ones come first; -1 keeps a size. No memory is copied."};

/* ---- reshape --------------------------------------------------------------------------------------------- */
static int reshape_shape(call *c)
{
    layout in, out;
    int64_t size[CT_MAXDIM];
    const array *a = c->in[0]->a;
    if (layout_infer_size("reshape", a->numel, (int)c->args[1].n, c->args[1].ints, size) < 0)
        return -1;
    array_layout(a, &in);
    int fits = view_reshape(&in, (int)c->args[1].n, size, &out);
    return fits < 0 ? -1 : fits ? out_view(c, 0, &out) : ct_fail(CT_RUNTIME, "internal: reshape_shape");
}
static int reshape_grad(scope *s, node *n, T const *g, T *out)
{
    int ndim;
    const int64_t *size = in_size(n, &ndim);
    return (out[0] = f_reshape(s, g[0], ndim, size)) ? 0 : -1;
}
const op op_reshape = {.name = "reshape", .sig = "(Tensor self, int... shape)", .flags = OP_VIEW | OP_MAY_VIEW, .run = op_view,
    .shape = reshape_shape, .kind = {"ViewBackward0", reshape_grad},
    .doc = "self at another shape with as many elements; one size may be -1. A view where the strides allow it, else a copy."};

/* ---- transpose ------------------------------------------------------------------------------------------- */
static int transpose_shape(call *c)
{
    layout in, out;
    array_layout(c->in[0]->a, &in);
    if (view_transpose(&in, c->args[1].i, c->args[2].i, &out) < 0)
        return -1;
    keep_param(c, c->args[1].i);
    keep_param(c, c->args[2].i);
    return out_view(c, 0, &out);
}
static int transpose_grad(scope *s, node *n, T const *g, T *out)
{
    return (out[0] = f_transpose(s, g[0], node_params(n)[0], node_params(n)[1])) ? 0 : -1;
}
const op op_transpose = {.name = "transpose", .sig = "(Tensor self, int dim0, int dim1)", .flags = OP_VIEW, .run = op_view,
    .shape = transpose_shape, .kind = {"TransposeBackward0", transpose_grad}, .doc = "View of self with two dimensions exchanged."};

/* ---- unsqueeze ------------------------------------------------------------------------------------------- */
static int unsqueeze_shape(call *c)
{
    layout in, out;
    array_layout(c->in[0]->a, &in);
    return view_unsqueeze(&in, c->args[1].i, &out) < 0 ? -1 : out_view(c, 0, &out);
}
const op op_unsqueeze = {.name = "unsqueeze", .sig = "(Tensor self, int dim)", .flags = OP_VIEW, .run = op_view, .shape = unsqueeze_shape,
    .kind = {"UnsqueezeBackward0", reshape_grad}, .doc = "View of self with a dimension of size 1 inserted at dim."};
