/* contract: the product of two arrays that broadcast, summed where the result has size 1. What batched products and einsum are made of. */
#include "ops/formula.h"
#include "ops/product.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <string.h>

/* `want`: the size asked for. (A kernel sees y narrowed along what is computed once, which is not summed.) */
static void contraction(product *p, const array *a, const array *b, const array *y, const int64_t *want)
{
    const int64_t *sa = array_stride(a), *sb = array_stride(b), *sy = array_stride(y), *na = array_size(a), *nb = array_size(b);
    product_start(p, a, b, y);
    for (int d = 0; d < y->ndim; d++) {
        int64_t size = na[d] == 1 ? nb[d] : na[d];
        bool summed = want[d] == 1 && size != 1;
        product_axis(p, size, na[d] == 1 ? 0 : sa[d], nb[d] == 1 ? 0 : sb[d], summed ? 0 : sy[d], summed);
    }
}

/* Is input i, as a matrix whose columns (of the first) or rows (of the second) are the summed dims, shown stored by columns? */
static bool by_columns(const array *a, const int64_t *want, uint32_t i)
{
    int64_t step = 1;
    bool some[2] = {false, false};
    for (int side = 0; side < 2; side++) /* the inner dims, then the outer ones */
        for (int d = a->ndim - 1; d >= 0; d--) {
            int64_t size = array_size(a)[d];
            if (size == 1 || (want[d] == 1) != (side != (int)i))
                continue;
            if (array_visible_stride(a)[d] != step)
                return false;
            step *= size;
            some[side] = true;
        }
    return some[0] && some[1];
}

static int contract_shape(call *c)
{
    const array *a = c->in[0]->a, *b = c->in[1]->a;
    const arg *size = &c->args[2];
    int64_t wide[CT_MAXDIM];
    int n = a->ndim;
    layout_take(wide, array_size(a), n);
    if (layout_broadcast("contract", &n, wide, b->ndim, array_size(b)) < 0)
        return -1;
    bool fits = n == a->ndim && n == b->ndim && (int)size->n == n;
    for (int d = 0; d < n && fits; d++)
        fits = size->ints[d] == wide[d] || size->ints[d] == 1;
    if (!fits || a->dtype != b->dtype || a->dtype == DT_BOOL)
        return ct_fail(CT_RUNTIME, "contract: takes two tensors of one dtype and as many dimensions as the result, which sums whole dimensions");
    c->once_out = still_dims(a, n) & still_dims(b, n);
    bool matrices = c->n_args > 3 && arg_bool(&c->args[3]);
    keep_param(c, matrices ? by_columns(a, size->ints, 0) | by_columns(b, size->ints, 1) << 1 : 0);
    if (out_new(c, 0, a->dtype, n, size->ints) < 0)
        return -1;
    product p;
    contraction(&p, a, b, c->oa[0], size->ints);
    return product_plan(c, &p);
}

static void contract_kernel(call *c)
{
    product p;
    contraction(&p, c->ia[0], c->ia[1], c->oa[0], c->args[2].ints);
    product_run(c, &p);
}

/* Of size `size`; dims that neither a nor b has repeat. */
static T contract(scope *s, T a, T b, int n, const int64_t *size)
{
    int64_t least[CT_MAXDIM];
    if (!a || !b)
        return NULL;
    for (int d = 0; d < n; d++)
        least[d] = array_size(a->a)[d] == 1 && array_size(b->a)[d] == 1 ? 1 : size[d];
    T y = f_call(s, &op_contract, 3, (arg[]){a_t(a), a_t(b), a_ints((uint32_t)n, least)});
    return !layout_same(least, size, n) ? f_expand(s, y, n, size) : y;
}

/* The same for input i, stored by columns, in its memory order. The dims that are 1 in `all` are summed in the result. */
static T contract_by_columns(scope *s, T a, T b, int n, const int64_t *size, uint32_t i, const int64_t *in, const int64_t *all)
{
    int64_t order[CT_MAXDIM], back[CT_MAXDIM], moved[CT_MAXDIM];
    int count = 0;
    for (int side = 0; side < 2; side++)
        for (int d = 0; d < n; d++)
            if ((in[d] != 1 && all[d] == 1) == (side == (int)i))
                order[count++] = d;
    for (int d = 0; d < n; d++) {
        back[order[d]] = d;
        moved[d] = size[order[d]];
    }
    return f_permute(s, contract(s, f_permute(s, a, n, order), f_permute(s, b, n, order), n, moved), n, back);
}

/* One row for every index but that of `dim` and of `kept`: (kept as one, rows, size of dim). */
static T rows_of(scope *s, T x, int dim, uint64_t kept)
{
    int64_t order[CT_MAXDIM], n = array_size(x->a)[dim], batch = 1;
    int count = 0;
    for (int d = 0; d < x->a->ndim; d++)
        if (kept >> d & 1) {
            batch *= array_size(x->a)[d];
            order[count++] = d;
        }
    for (int d = 0; d < x->a->ndim; d++)
        if (d != dim && !(kept >> d & 1))
            order[count++] = d;
    order[count++] = dim;
    return f_reshape(s, f_permute(s, x, count, order), 3, (int64_t[]){batch, x->a->numel / n / batch, n});
}

/* Summed over what `other` does not have, but for the dims `keep`. */
static T summed_beside(scope *s, T x, T other, uint64_t keep)
{
    int64_t dims[CT_MAXDIM];
    int count = 0;
    for (int d = 0; d < x->a->ndim; d++)
        if (!(keep >> d & 1) && array_size(x->a)[d] > 1 && array_size(other->a)[d] == 1)
            dims[count++] = d;
    return count ? f_sum_dims(s, x, count, dims, true) : x;
}

/* At the kept dims' whole size, and summed over what the other does not have: rows of `dim`. */
static T slid_side(scope *s, T x, T other, int dim, uint64_t kept, const int64_t *in)
{
    int64_t size[CT_MAXDIM];
    T y = summed_beside(s, x, other, (uint64_t)1 << dim | kept);
    for (int d = 0; y && d < y->a->ndim; d++)
        size[d] = kept >> d & 1 ? in[d] : array_size(y->a)[d];
    return y ? rows_of(s, kept ? f_expand(s, y, y->a->ndim, size) : y, dim, kept) : NULL;
}

/* The gradient of an input that slides along two dims, of which either factor has one. *done: it was so. */
static T slid_grad(scope *s, node *n, uint32_t i, T g, T other, bool *done)
{
    uint64_t slid = node_takes_slid(n, i);
    int ndim, row = slid ? slid_row(slid) : 0, column = slid ? slid_column(slid) : 0;
    ct_dtype dtype;
    const int64_t *in = node_in_size(n, i, &ndim, &dtype);
    bool turned = slid && other && array_size(g->a)[row] == 1;
    T a = turned ? other : g, b = turned ? g : other;
    *done = slid && other && array_size(b->a)[row] == 1 && array_size(a->a)[column] == 1 && array_size(a->a)[row] > 1 && array_size(b->a)[column] > 1;
    if (!*done)
        return NULL;
    double times = 1;
    int64_t lines[CT_MAXDIM];
    uint64_t kept = slid_kept(slid), got = node_got(n);
    for (int d = 0; d < ndim; d++)
        times *= array_size(a->a)[d] == 1 && array_size(b->a)[d] == 1 && !((kept | got) >> d & 1) ? (double)in[d] : 1;
    T left = slid_side(s, a, b, row, kept, in), right = slid_side(s, b, a, column, kept, in);
    T y = left && right ? antidiagonals_of(s, left, right, slid) : NULL;
    y = f_reshape(s, y, slid_size(slid, ndim, in, lines), lines);
    return y && times != 1 ? f_scale(s, y, times) : y;
}

static int contract_grad(scope *s, node *n, T const *g, T *out)
{
    uint64_t got = node_got(n);
    for (int i = 0; i < 2; i++) {
        int ndim;
        ct_dtype dtype;
        const int64_t *all = node_out_size(n, 0, &ndim, &dtype);
        if (node_needs(n, (uint32_t)i)) {
            const int64_t *in = node_in_size(n, (uint32_t)i, &ndim, &dtype);
            uint64_t takes = node_takes(n, (uint32_t)i);
            int64_t size[CT_MAXDIM];
            T other = node_kept_in(s, n, (uint32_t)(1 - i));
            bool done;
            out[i] = slid_grad(s, n, (uint32_t)i, g[0], other, &done);
            if (done)
                continue;
            /* along a dim that neither has, the sum is a multiple: repeated here, taken by the engine */
            for (int d = 0; d < ndim && other; d++)
                size[d] = takes >> d & 1 && ((got >> d & 1) || array_size(g[0]->a)[d] != 1 || array_size(other->a)[d] != 1) ? 1 : in[d];
            bool columns = node_params(n)[0] >> i & 1;
            out[i] = columns ? contract_by_columns(s, g[0], other, ndim, size, (uint32_t)i, in, all) : contract(s, g[0], other, ndim, size);
        }
    }
    return 0;
}
const op op_contract = {.name = "contract", .sig = "(Tensor self, Tensor other, int[] size, bool matrices=False)", .flags = OP_HIDDEN | OP_FUNCTION, .run = op_block,
    .shape = contract_shape, .kernel = contract_kernel, .kind = {"BmmBackward0", contract_grad, .flags = NK_MIXES | NK_POINTWISE, .takes = pointwise_dims}, .keep = {2, 1},
    .doc = "self * other, which broadcast, summed over the dimensions where `size` is 1 and theirs is not. matrices: the gradient of one stored by columns is, as that of mm."};
