/* gather and scatter_add: one index an element along a dimension. */
#include "ops/index.h"
#include "ops/spread.h"
#include <string.h>

static int64_t size_along(const array *a, int d) { return a->ndim ? array_size(a)[d] : 1; } /* a scalar counts as a vector of one */

int check_places(const call *c, const array *self, const array *index, int dim, const array *src)
{
    char one[200], two[200];
    if (index->dtype != DT_I64)
        return ct_fail(CT_RUNTIME, "%s(): Expected dtype int64 for index", c->op->name);
    if (index->numel == 0) /* of any number of dimensions: it names no place */
        return 0;
    int ndim = self->ndim ? self->ndim : 1, index_ndim = index->ndim ? index->ndim : 1;
    if (ndim != index_ndim || (src && (src->ndim ? src->ndim : 1) != index_ndim))
        return ct_fail(CT_RUNTIME, "Index tensor must have the same number of dimensions as %s tensor", ndim != index_ndim ? (src ? "self" : "input") : "src");
    for (int d = 0; d < ndim; d++) {
        int64_t n = size_along(index, d);
        if ((d != dim && n > size_along(self, d)) || (src && n > size_along(src, d)))
            return ct_fail(CT_RUNTIME, "Size does not match at dimension %d expected index %s to be no larger than self %s apart from dimension %d%s", d,
                           layout_text(index->ndim, array_size(index), one, sizeof one), layout_text(self->ndim, array_size(self), two, sizeof two), dim,
                           src ? " and to be no larger size than src" : "");
    }
    odometer o;
    int64_t size = size_along(self, dim);
    for (odometer_start(&o, index->ndim, array_size(index), array_stride(index)); o.left; odometer_next(&o)) {
        int64_t at = ((const int64_t *)array_data(index))[o.place];
        if (at < 0 || at >= size)
            return ct_fail(CT_RUNTIME, "index %lld is out of bounds for dimension %d with size %lld", (long long)at, dim, (long long)size);
    }
    return 0;
}

/* Byte address in `a` for the index at `at`, whose place along dim is given. */
static char *address(const array *a, const int64_t *at, int dim, int64_t along)
{
    int64_t place = 0;
    for (int d = 0; d < a->ndim; d++)
        place += (d == dim ? along : at[d]) * array_stride(a)[d];
    return array_data(a) + place * dtype_bytes(a->dtype);
}

/* ---- gather: args self, dim, index -------------------------------------------------------------------------------- */
static int gather_rule(call *c)
{
    int dim = 0;
    const array *self = c->in[0]->a, *index = c->in[2]->a;
    if (layout_wrap_dim("gather", c->args[1].i, self->ndim, &dim) < 0 || check_places(c, self, index, dim, NULL) < 0)
        return -1;
    keep_param(c, dim);
    c->once = c->once_out = still_dims(index, index->ndim) & (still_dims(self, index->ndim) | (uint64_t)1 << dim);
    c->work = array_held(index);
    return out_new(c, 0, self->dtype, index->ndim, array_size(index));
}
static void gather_kernel(call *c)
{
    const array *self = c->ia[0], *index = c->ia[2];
    int64_t item = dtype_bytes(self->dtype);
    char *out = array_data(c->oa[0]);
    odometer o;
    for (odometer_start(&o, index->ndim, array_size(index), array_stride(index)); o.left; odometer_next(&o), out += item)
        memcpy(out, address(self, o.at, (int)c->param[0], ((const int64_t *)array_data(index))[o.place]), (size_t)item);
}
static int gather_grad(scope *s, node *n, T const *g, T *out)
{
    int ndim;
    ct_dtype dtype;
    const int64_t *size = node_in_size(n, 0, &ndim, &dtype);
    out[0] = f_call(s, &op_scatter_add, 4, (arg[]){a_t(f_zeros(s, dtype, ndim, size)), a_i(node_params(n)[0]), a_t(node_kept_in(s, n, 2)), a_t(g[0])});
    return out[0] ? 0 : -1;
}
const op op_gather = {.name = "gather", .sig = "(Tensor self, int dim, Tensor index, *, bool sparse_grad=False)", .flags = OP_OUT, .run = op_block, .shape = gather_rule,
    .kernel = gather_kernel, .kind = {"GatherBackward0", gather_grad}, .keep = {0, 0, 1},
    .doc = "Elements of self picked along dim by index (int64, as many dims as self): out[i][j] = self[index[i][j]][j] for dim 0. RuntimeError for an index out of range."};

/* ---- scatter_add: args self, dim, index, src ------------------------------------------------------------------------- */
static int scatter_add_rule(call *c)
{
    int dim = 0;
    const array *self = c->in[0]->a, *index = c->in[2]->a, *src = c->in[3]->a;
    if (self->dtype != src->dtype)
        return ct_fail(CT_RUNTIME, "scatter(): Expected self.dtype to be equal to src.dtype");
    if (layout_wrap_dim("scatter_add", c->args[1].i, self->ndim, &dim) < 0 || check_places(c, self, index, dim, src) < 0)
        return -1;
    keep_param(c, dim);
    c->work = index->numel;
    return 0;
}
static void scatter_add_kernel(call *c)
{
    const array *index = c->ia[2], *src = c->ia[3];
    array *self = c->oa[0];
    k_loop *add = K->binary[B_add][self->dtype];
    odometer o;
    for (odometer_start(&o, index->ndim, array_size(index), array_stride(index)); o.left; odometer_next(&o)) {
        char *to = address(self, o.at, (int)c->param[0], ((const int64_t *)array_data(index))[o.place]);
        add((char *[3]){to, to, address(src, o.at, -1, 0)}, (int64_t[3]){0, 0, 0}, 1, NULL);
    }
}
static int scatter_add_grad(scope *s, node *n, T const *g, T *out)
{
    if (node_needs(n, 0))
        out[0] = g[0];
    if (node_needs(n, 3)) {
        T index = node_kept_in(s, n, 2), picked = f_call(s, &op_gather, 3, (arg[]){a_t(g[0]), a_i(node_params(n)[0]), a_t(index)});
        int ndim;
        ct_dtype dtype;
        const int64_t *size = node_in_size(n, 3, &ndim, &dtype);
        if (picked && picked->a->numel == 0)
            picked = f_zeros(s, dtype, ndim, size);
        if (picked && picked->a->ndim == 0)
            picked = f_unsqueeze(s, picked, 0);
        /* src may be larger than index: what was not read gets 0 */
        for (int d = 0; d < ndim && picked; d++)
            if (array_size(picked->a)[d] != size[d]) {
                int64_t rest[CT_MAXDIM];
                memcpy(rest, array_size(picked->a), (size_t)ndim * sizeof *rest);
                rest[d] = size[d] - rest[d];
                picked = f_call(s, &op_cat, 2, (arg[]){a_ts(2, (T[]){picked, f_zeros(s, dtype, ndim, rest)}), a_i(d)});
            }
        out[3] = picked;
    }
    return s->failed ? -1 : 0;
}
const op op_scatter_add = {.name = "scatter_add", .sig = "(Tensor self, int dim, Tensor index, Tensor src)", .flags = OP_INPLACE | OP_OUT | OP_IN_WRITES_SELF, .run = op_block,
    .shape = scatter_add_rule, .kernel = scatter_add_kernel, .kind = {"ScatterAddBackward0", scatter_add_grad}, .keep = {0, 0, 8},
    .doc = "self with src added at the places that gather would read. RuntimeError for an index out of range or different dtypes."};
