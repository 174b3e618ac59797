/* Views taken in place: the tensor itself shows its memory otherwise from now on; and resize_. */
#include "ops/dispatch.h"
#include "ops/formula.h"
#include <string.h>

/* For op_view: c->oa[0] becomes self's array. */
int view_in_place(call *c)
{
    tensor *t = c->args[0].t;
    node *n = NULL;
    array *a = c->oa[0];
    c->oa[0] = NULL;
    int result = check_history(c, t);
    if (result == 0 && call_needs_grad(c)) {
        c->oa[0] = a; /* call_node asks it for the number of dimensions */
        result = (n = call_node(c)) ? 0 : -1;
        c->oa[0] = NULL;
    }
    if (result < 0) {
        array_drop(a);
        return -1;
    }
    if (n)
        node_set_out(n, 0, a);
    result = tensor_restride(t, a, n);
    bool recorded = n != NULL;
    node_drop(n);
    if (result < 0)
        return -1;
    tensor_wrote(t, c->op->name);
    if (recorded && t->base)
        t->gen = t->base->gen; /* no value changed: the node just made is this tensor's history */
    return 0;
}

/* ---- resize_ ------------------------------------------------------------------------------------------------- */
/* format: of a given memory_format; none: row-major. */
static int resize(call *c, int ndim, const int64_t *size, const arg *format)
{
    int64_t stride[CT_MAXDIM];
    bool last = arg_given(format) && format->i != FORMAT_CONTIGUOUS;
    if (last && layout_channels_last(c->op->name, format->i == FORMAT_CHANNELS_LAST ? 4 : 5, ndim, size, stride) < 0)
        return -1;
    tensor *t = c->args[0].t;
    if (tensor_requires_grad(t) && !tape_now.inference)
        return ct_fail(CT_RUNTIME, "cannot resize variables that require grad");
    if (!arg_given(format) && t->a->ndim == ndim && layout_same(array_size(t->a), size, ndim))
        return 0;
    array *a = tensor_resized(t, ndim, size, last ? stride : NULL);
    if (!a || tensor_restride(t, a, NULL) < 0)
        return -1;
    tensor_wrote(t, c->op->name);
    return 0;
}
static int run_resize(call *c)
{
    const arg *format = &c->args[2];
    if (arg_given(format) && format->i == FORMAT_PRESERVE)
        return ct_fail(CT_RUNTIME, "resize_(): Unsupported memory format Preserve");
    return resize(c, (int)c->args[1].n, c->args[1].ints, format);
}
static int run_resize_as(call *c)
{
    const array *a = c->in[1]->a;
    arg format = c->args[2];
    bool last = !array_shows_contiguous(a) && layout_is_channels_last(a->ndim, array_size(a), array_visible_stride(a));
    if (arg_given(&format) && format.i == FORMAT_PRESERVE)
        format.i = !last ? FORMAT_CONTIGUOUS : a->ndim == 4 ? FORMAT_CHANNELS_LAST : FORMAT_CHANNELS_LAST_3D;
    return resize(c, a->ndim, array_size(a), &format);
}

const op op_resize_ = {.name = "resize_", .sig = "(Tensor self, int... size, *, format? memory_format=None)", .flags = OP_METHOD | OP_ONLY_INPLACE, .run = run_resize,
    .doc = "Gives self another shape over the same storage, row-major unless memory_format is given; the storage grows where needed, and what is new is undefined. RuntimeError for "
           "tensors that require grad and for memory that belongs to another library."};
const op op_resize_as_ = {.name = "resize_as_", .sig = "(Tensor self, Tensor the_template, *, format? memory_format=None)", .flags = OP_ONLY_INPLACE, .run = run_resize_as,
    .doc = "self.resize_(the_template.size()); memory_format=preserve_format takes its memory order too."};
