/* trace: the sum of a matrix's diagonal, one node. */
#include "ops/dispatch.h"
#include "ops/takes.h"
#include <string.h>

static int trace_compose(scope *s, call *c, T *out)
{
    const array *a = c->in[0]->a;
    if (a->dtype == DT_BOOL)
        return ct_fail(CT_NOTIMPL, "\"trace\" not implemented for 'Bool'");
    if (a->ndim != 2)
        return ct_fail(CT_RUNTIME, "trace: expected a matrix, but got tensor with dim %d", a->ndim);
    if (a->dtype == DT_BOOL)
        return ct_fail(CT_NOTIMPL, "\"trace\" not implemented for 'Bool'");
    out[0] = f_unary(s, &op_sum, f_call(s, &op_diagonal, 4, (arg[]){a_t(c->in[0]), a_i(0), a_i(0), a_i(1)}));
    return out[0] ? 0 : -1;
}
/* Summed along one dim the diagonal is a row, or a column, of ones, and zeros after them. */
static int trace_grad(scope *s, node *n, T const *g, T *out)
{
    int ndim;
    ct_dtype dtype;
    int64_t size[2];
    uint64_t takes = node_takes(n, 0) & 3;
    layout_take(size, node_in_size(n, 0, &ndim, &dtype), 2);
    int64_t few = size[0] < size[1] ? size[0] : size[1], ones[2] = {takes & 1 ? 1 : few, takes & 2 ? 1 : few}, dim = takes & 1;
    if (node_takes_slid(n, 0))
        return (out[0] = diagonal_as_lines(s, n, f_expand(s, g[0], 1, &few), node_takes_slid(n, 0), 0)) ? 0 : -1;
    if (!takes) {
        out[0] = f_call(s, &op_diagonal_backward, 5, (arg[]){a_t(f_expand(s, g[0], 1, &few)), a_ints(2, size), a_i(0), a_i(0), a_i(1)});
        return out[0] ? 0 : -1;
    }
    if (takes == 3)
        out[0] = f_reshape(s, f_mul(s, g[0], f_number(s, (double)few)), 2, ones);
    else {
        out[0] = f_expand(s, g[0], 2, ones);
        size[!dim] = 1;
        if (size[dim] > few)
            out[0] = f_call(s, &op_slice_backward, 6, (arg[]){a_t(out[0]), a_ints(2, size), a_i(dim), a_i(0), a_i(few), a_i(1)});
    }
    return out[0] ? 0 : -1;
}
const op op_trace = {.name = "trace", .sig = "(Tensor self)", .flags = 0, .run = op_closed, .compose = trace_compose,
    .kind = {"TraceBackward0", trace_grad}, .doc = "The sum of a matrix's diagonal."};
