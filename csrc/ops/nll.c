/* nll_loss: args self (C), (N, C) or (N, C, d1, ...), target of that shape without C, weight (C) or None, reduction, ignore_index.
 * nn/_losses.py checks shapes and dtypes. Results: the loss, and the sum of the weights used. */
#include "array/odometer.h"
#include "kernel/loss.h"
#include "ops/index.h"
#include "ops/loss.h"
#include <string.h>

static int class_dim(int ndim) { return ndim == 1 ? 0 : 1; }

static int check_targets(const array *target, int64_t classes, int64_t ignore)
{
    odometer o;
    int64_t wrong;
    if (index_within(target, 0, classes, &wrong))
        return 0;
    for (odometer_start(&o, target->ndim, array_size(target), array_stride(target)); o.left; odometer_next(&o)) {
        int64_t class = ((const int64_t *)array_data(target))[o.place];
        if (class != ignore && (class < 0 || class >= classes))
            return ct_fail(CT_INDEX, "Target %lld is out of bounds.", (long long)class);
    }
    return 0;
}

/* self as (batch, classes, places) where it lies, if strides can tell it; else a copy. */
static int in_three(call *c)
{
    layout l, three;
    const array *self = c->ia[0];
    int dim = class_dim(self->ndim);
    int64_t places = layout_numel(self->ndim - dim - 1, array_size(self) + dim + 1), size[3] = {dim ? array_size(self)[0] : 1, array_size(self)[dim], places};
    array_held_layout(self, &l);
    int told = self->numel ? view_reshape(&l, 3, size, &three) : 0;
    if (told == 1)
        return in_view(c, 0, &three);
    three = (layout){.ndim = 3};
    memcpy(three.size, size, sizeof size);
    layout_row_major(3, size, three.stride);
    return in_copy(c, 0) < 0 ? -1 : in_view(c, 0, &three);
}

static const node_kind nll_2d;
static int nll_rule(call *c)
{
    const array *self = c->in[0]->a;
    int64_t how = c->args[3].i, ignore = c->args[4].i, classes = array_size(self)[class_dim(self->ndim)];
    for (uint32_t i = 0; i < c->n_in; i++)
        if (c->in[i] && ((i == 1 && in_cast(c, i, DT_I64) < 0) || (i ? in_contiguous(c, i) : in_three(c)) < 0))
            return -1;
    if (c->ia[1]->numel != array_size(c->ia[0])[0] * array_size(c->ia[0])[2])
        return ct_fail(CT_RUNTIME, "nll_loss(): input and target must be of one shape but for the classes");
    if (check_targets(c->ia[1], classes, ignore) < 0)
        return -1;
    if (self->ndim > 2)
        c->kind = &nll_2d;
    keep_param(c, how);
    keep_param(c, ignore);
    keep_param(c, self->ndim);
    c->work = c->ia[1]->numel;
    c->declared[1].undifferentiable = true;
    bool each = how == REDUCE_NONE && self->ndim > 1;
    if (out_new(c, 0, self->dtype, each ? c->ia[1]->ndim : 0, array_size(c->ia[1])) < 0)
        return -1;
    return out_new(c, 1, self->dtype, 0, NULL);
}
static void nll_kernel(call *c)
{
    const array *self = c->ia[0], *target = c->ia[1], *weight = c->n_in > 2 ? c->ia[2] : NULL;
    const int64_t *size = array_size(self), *stride = array_stride(self);
    k_nll n = {.batch = size[0], .classes = size[1], .places = size[2], .row = stride[0], .class = stride[1], .place = stride[2], .ignore = c->args[4].i,
               .input = array_data(self), .weight = weight ? array_data(weight) : NULL, .target = (const int64_t *)array_data(target)};
    if (c->args[3].i == REDUCE_NONE && c->oa[0]->ndim) {
        k_nll_each(self->dtype, &n, array_data(c->oa[0]));
        memset(array_data(c->oa[1]), 0, (size_t)dtype_bytes(self->dtype));
    } else
        k_nll_sum(self->dtype, &n, c->args[3].i == REDUCE_MEAN, array_data(c->oa[0]), array_data(c->oa[1]));
}

/* What belongs to each target at its class, summed along the dims that are taken. */
static T at_classes_summed(scope *s, T class, T each, int ndim, const int64_t *size, uint64_t takes)
{
    int64_t dims[CT_MAXDIM];
    int dim = class_dim(ndim), n = 0;
    T there = f_unsqueeze(s, class, dim), values = f_unsqueeze(s, f_expand(s, each, class->a->ndim, array_size(class->a)), dim);
    if (!(takes >> dim & 1))
        return f_added_along(s, there, values, dim, ndim, size, takes);
    for (int d = 0; d < ndim; d++)
        if (takes >> d & 1)
            dims[n++] = d;
    return f_sum_dims(s, values, n, dims, true);
}

/* -g, shared by the targets that count, written at their classes. */
static int nll_grad(scope *s, node *n, T const *g, T *out)
{
    int ndim;
    ct_dtype dtype;
    const int64_t *size = node_in_size(n, 0, &ndim, &dtype), *p = node_params(n);
    int dim = class_dim(ndim);
    T target = f_cast(s, node_kept_in(s, n, 1), DT_I64), weight = n->keep_in >> 2 & 1 ? node_kept_in(s, n, 2) : NULL;
    if (!g[0] || !target)
        return g[0] ? -1 : 0;
    T up = f_neg(s, p[0] == REDUCE_MEAN ? f_div(s, g[0], node_kept_out(s, n, 1)) : g[0]);
    if (ndim == 1)
        target = f_reshape(s, target, 0, NULL);
    T used = f_binary(s, &op_ne, target, f_weak_int(s, p[1])), class = f_where(s, used, target, f_weak_int(s, 0));
    if (weight)
        up = f_mul(s, f_call(s, &op_take, 2, (arg[]){a_t(weight), a_t(class)}), up);
    T each = class ? f_where(s, used, up, f_zeros(s, dtype, 0, NULL)) : NULL;
    if (!each)
        return -1;
    uint64_t takes = node_takes(n, 0);
    out[0] = takes ? at_classes_summed(s, class, each, ndim, size, takes) :
             f_call(s, &op_scatter, 4, (arg[]){a_t(f_zeros(s, dtype, ndim, size)), a_i(dim), a_t(f_unsqueeze(s, class, dim)), a_t(f_unsqueeze(s, each, dim))});
    return out[0] ? 0 : -1;
}
static const node_kind nll_2d = {"NllLoss2DBackward0", nll_grad, .flags = NK_SHOWS(1), .again = "NllLoss2DBackwardBackward0"};
const op op_nll_loss = {.name = "nll_loss", .sig = "(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, int ignore_index=-100)",
    .flags = OP_HIDDEN | OP_FUNCTION, .run = op_block, .shape = nll_rule, .kernel = nll_kernel, .n_out = 2, .kind = {"NllLossBackward0", nll_grad, .flags = NK_SHOWS(1), .again = "NllLossBackwardBackward0"},
    .keep = {1, 1, 1}, .keep_out = 1, .reads_out = 2,
    .doc = "-self[n, target[n]] times the class's weight, reduced (the mean divides by the weights used), and the sum of the weights used. IndexError for a class out of range."};
