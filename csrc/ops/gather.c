/* gather: one index an element along a dimension. Its kin that write: ops/scatter.c. */
#include "ops/index.h"
#include "kernel/places.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <string.h>

static int64_t size_along(const array *a, int d) { return a->ndim ? array_size(a)[d] : 1; } /* a scalar counts as a vector of one */

int check_places(call *c, const array *self, uint32_t index_at, int dim, const array *src)
{
    char one[200], two[200];
    const array *index = c->ia[index_at];
    if (index->dtype != DT_I64 && index->dtype != DT_I32 && index->numel)
        return ct_fail(CT_RUNTIME, "%s(): Expected dtype int32/int64 for index", c->op->name);
    if (in_cast(c, index_at, DT_I64) < 0)
        return -1;
    index = c->ia[index_at];
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
    int64_t size = size_along(self, dim), wrong;
    return index_within(index, 0, size, &wrong) ? 0 :
           ct_fail(CT_RUNTIME, "index %lld is out of bounds for dimension %d with size %lld", (long long)wrong, dim, (long long)size);
}

void along_places(const array *self, int dim, const array *index, char *values, const int64_t *stride, bool read, k_loop *loop, k_loop *join)
{
    if (!index->numel) /* of any number of dimensions, as PyTorch takes it */
        return;
    k_nd nd = {.ndim = index->ndim, .nop = 3};
    int64_t item = dtype_bytes(self->dtype);
    const k_places k = {.n = 1, .stride = {self->ndim ? array_stride(self)[dim] * item : 0}, .join = join};
    nd.data[read] = array_data(self);
    nd.data[!read] = values;
    nd.data[2] = array_data(index);
    for (int d = 0; d < index->ndim; d++) {
        nd.size[d] = array_size(index)[d];
        nd.stride[read][d] = d == dim ? 0 : array_stride(self)[d] * item;
        nd.stride[!read][d] = stride ? stride[d] : 0;
        nd.stride[2][d] = array_stride(index)[d] * (int64_t)sizeof(int64_t);
    }
    (read ? k_walk : k_walk_in_order)(&nd, loop, &k);
}

/* Byte address in `a` for the index at `at`, whose place along dim is given. */
char *place_of(const array *a, const int64_t *at, int dim, int64_t along)
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
    if (layout_wrap_dim("gather", c->args[1].i, self->ndim, &dim) < 0 || check_places(c, self, 2, dim, NULL) < 0)
        return -1;
    keep_param(c, dim);
    uint64_t still = still_dims(self, index->ndim), along = (uint64_t)1 << dim;
    if (spread_worth((ct_dtype)self->dtype, index->numel)) /* of equal elements any may be picked */
        c->once = c->once_out = still & along ? still : still_dims(index, index->ndim) & (still | along);
    if (out_new(c, 0, self->dtype, index->ndim, array_size(index)) < 0)
        return -1;
    c->work = array_held(c->oa[0]);
    return 0;
}
static void gather_kernel(call *c)
{
    const array *self = c->ia[0], *index = c->ia[2];
    int64_t item = dtype_bytes(self->dtype);
    int64_t stride[CT_MAXDIM];
    for (int d = 0; d < index->ndim; d++)
        stride[d] = array_stride(c->oa[0])[d] * item;
    along_places(self, (int)c->param[0], index, array_data(c->oa[0]), stride, true, k_places_read(item), NULL);
}
/* The dims that input 0 takes; that which is picked from with them if nothing else is cut off. */
static uint64_t whole_takes(node *n)
{
    int ndim;
    ct_dtype dtype;
    const int64_t *in = node_in_size(n, 0, &ndim, &dtype), *size = node_out_row(n, 0) + 1;
    uint64_t takes = node_takes(n, 0), dim = (uint64_t)1 << node_params(n)[0];
    for (int d = 0; d < ndim && ndim == n->out_ndim; d++)
        if (d != node_params(n)[0] && in[d] != size[d])
            takes &= ~((uint64_t)1 << d | dim);
    return ndim == n->out_ndim ? takes : 0;
}
/* Of these, where places repeat, and the one that is picked from. */
static uint64_t gather_takes(node *n)
{
    const kept *places = node_kept(n) + n->n_kept - 1;
    if (!node_needs(n, 0) || !places->a || places->a->ndim != n->out_ndim)
        return 0;
    return whole_takes(n) & (still_dims(places->a, n->out_ndim) | (uint64_t)1 << node_params(n)[0]);
}
T f_added_along(scope *s, T places, T values, int64_t dim, int ndim, const int64_t *size, uint64_t taken)
{
    int64_t order[CT_MAXDIM], back[CT_MAXDIM], lines[CT_MAXDIM], left[CT_MAXDIM], shown[CT_MAXDIM], line = 1;
    int n = 0, at = 0;
    if (!places)
        return NULL;
    uint64_t alike = still_dims(places->a, ndim) & (taken | (uint64_t)1 << dim); /* what goes to one place is summed first */
    for (int d = 0; d < ndim; d++)
        if (alike >> d & 1 && array_size(places->a)[d] > 1)
            order[n++] = d;
    if (n) {
        values = f_sum_dims(s, values, n, order, true);
        places = tape_algebra.narrow(s, places, alike);
        n = 0;
        if (s->failed)
            return NULL;
    }
    for (int part = 0; part < 3; part++) /* what is kept, what is summed, and dim */
        for (int d = 0; d < ndim; d++)
            if (part == (d == dim ? 2 : (int)(taken >> d & 1))) {
                int64_t here = array_size(places->a)[d];
                shown[at] = part == 1 ? 1 : size[d];
                back[d] = at;
                order[at++] = d;
                if (part)
                    line *= here;
                else {
                    left[n] = size[d];
                    lines[n++] = here;
                }
            }
    lines[n] = line;
    left[n] = size[dim];
    T there = f_reshape(s, f_permute(s, places, ndim, order), n + 1, lines), what = f_reshape(s, f_permute(s, values, ndim, order), n + 1, lines);
    T zeros = what ? f_zeros(s, (ct_dtype)what->a->dtype, n + 1, left) : NULL;
    T sums = f_call(s, &op_scatter_add, 4, (arg[]){a_t(zeros), a_i(n), a_t(there), a_t(what)});
    return f_contiguous(s, f_permute(s, f_reshape(s, sums, ndim, shown), ndim, back));
}
static int gather_grad(scope *s, node *n, T const *g, T *out)
{
    int64_t size[CT_MAXDIM], dim = node_params(n)[0];
    uint64_t got = node_got(n);
    T places = node_kept_in(s, n, 2);
    if (!places)
        return -1;
    if (whole_takes(n) >> dim & 1) /* wherever it belongs, the sum is it */
        return (out[0] = got >> dim & 1 ? g[0] : f_sum_dims(s, g[0], 1, &dim, true)) ? 0 : -1;
    int ndim = summed_size(n, got, size);
    uint64_t taken = node_takes(n, 0);
    places = got ? tape_algebra.narrow(s, places, got) : places;
    if (taken && places && places->a->ndim == ndim && ndim) {
        if (taken >> dim & 1) { /* all places are one */
            places = f_zeros_like(s, places);
            size[dim] = 1;
        }
        return (out[0] = f_added_along(s, places, g[0], dim, ndim, size, taken)) ? 0 : -1;
    }
    out[0] = f_call(s, &op_scatter_add, 4, (arg[]){a_t(f_zeros(s, g[0]->a->dtype, ndim, size)), a_i(dim), a_t(places), a_t(g[0])});
    return out[0] ? 0 : -1;
}
const op op_gather = {.name = "gather", .sig = "(Tensor self, int dim, Tensor index, *, bool sparse_grad=False)", .flags = OP_OUT | OP_OUT_EXACT | OP_OUT_APART, .run = op_block, .shape = gather_rule,
    .kernel = gather_kernel, .kind = {"GatherBackward0", gather_grad, .flags = NK_SHOWS(1), .takes = gather_takes}, .keep = {1, 0, 1},
    .doc = "Elements of self picked along dim by index (int64, as many dims as self): out[i][j] = self[index[i][j]][j] for dim 0. RuntimeError for an index out of range."};
