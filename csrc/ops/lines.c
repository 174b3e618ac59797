/* Gradients of parts of what slides, as lines (tape/engine.h, TAKES_SLID): what a part got is put at its place on the line of the whole. */
#include "ops/takes.h"
#include <string.h>

static bool is_slid(uint64_t slid, int64_t d) { return slid_dims(slid) >> d & 1; }

static int line_size(node *n, uint64_t slid, int64_t *size)
{
    int ndim;
    ct_dtype dtype;
    const int64_t *in = node_in_size(n, 0, &ndim, &dtype);
    return slid_size(slid, ndim, in, size);
}
static int64_t in_size(node *n, int64_t dim)
{
    int ndim;
    ct_dtype dtype;
    return node_in_size(n, 0, &ndim, &dtype)[dim];
}

/* g at [start, start + step, ...] of dim `at` among zeros of this size. */
static T among_zeros(scope *s, T g, int lines, const int64_t *size, int at, int64_t start, int64_t step)
{
    int64_t many = g ? array_size(g->a)[at] : 0, end = many ? start + (many - 1) * step + 1 : start;
    return f_call(s, &op_slice_backward, 6, (arg[]){a_t(g), a_ints((uint32_t)lines, size), a_i(at), a_i(start), a_i(end), a_i(step)});
}

static T f_flip_last(scope *s, T g)
{
    int64_t last = -1;
    return f_call(s, &op_flip, 2, (arg[]){a_t(g), a_ints(1, &last)});
}

/* The kept dims in order, then dim `along` of g: what else g has is summed. Dim d of g is dim of[d] of the whole. */
static T kept_and_one(scope *s, T g, uint64_t slid, int along, const int *of)
{
    int64_t summed[CT_MAXDIM], order[CT_MAXDIM];
    int n = 0, at = 0, lines = __builtin_popcountll(slid_kept(slid)), place = -1;
    for (int d = 0; d < g->a->ndim; d++)
        if (d == along)
            place = at++;
        else if (slid_kept(slid) >> of[d] & 1)
            at++;
        else
            summed[n++] = d;
    g = n ? f_sum_dims(s, g, n, summed, false) : g;
    for (int d = 0; d < lines; d++)
        order[d] = d < place ? d : d + 1;
    order[lines] = place;
    return place == lines ? g : f_permute(s, g, lines + 1, order);
}

static T rows_as_lines(scope *s, node *n, T g, uint64_t slid, int64_t dim, int64_t index)
{
    int64_t size[CT_MAXDIM], other = dim == slid_row(slid) ? slid_column(slid) : slid_row(slid);
    int of[CT_MAXDIM], lines = line_size(n, slid, size);
    for (int d = 0; d < g->a->ndim; d++)
        of[d] = d < dim ? d : d + 1;
    index += index < 0 ? in_size(n, dim) : 0;
    g = kept_and_one(s, g, slid, (int)(other < dim ? other : other - 1), of);
    g = slid_back(slid) >> other & 1 ? f_flip_last(s, g) : g;
    return among_zeros(s, g, lines, size, lines - 1, slid_back(slid) >> dim & 1 ? in_size(n, dim) - 1 - index : index, 1);
}

uint64_t slid_without(uint64_t slid, int ndim, int64_t dim)
{
    return is_slid(slid, dim) ? 0 : slid_of(ndim, dims_without(slid_dims(slid), dim), dims_without(slid_back(slid), dim), dims_without(slid_kept(slid), dim));
}
uint64_t dims_summed(uint64_t slid) { return ~(slid_kept(slid) | slid_dims(slid)) & (((uint64_t)1 << SLID_NDIM) - 1); }

T select_as_lines(scope *s, node *n, T g, int64_t dim, int64_t index)
{
    int64_t size[CT_MAXDIM];
    uint64_t slid = node_takes_slid(n, 0);
    if (is_slid(slid, dim))
        return rows_as_lines(s, n, g, slid, dim, index);
    if (!node_got_slid(n))
        g = slide(s, g, slid_without(slid, g->a->ndim, dim));
    int lines = line_size(n, slid, size);
    return !(slid_kept(slid) >> dim & 1) ? g :
           f_call(s, &op_select_backward, 4, (arg[]){a_t(g), a_ints((uint32_t)lines, size), a_i(slid_place(slid, dim)), a_i(index)});
}

T slice_as_lines(scope *s, node *n, T g, int64_t dim, const int64_t *p)
{
    uint64_t slid = node_takes_slid(n, 0);
    int ndim, lines, at = slid_place(slid, dim);
    ct_dtype dtype;
    int64_t size[CT_MAXDIM], start = p[0], many = node_out_size(n, 0, &ndim, &dtype)[dim];
    lines = line_size(n, slid, size);
    if (!node_got_slid(n))
        g = slide(s, g, slid);
    if (is_slid(slid, dim)) { /* the part of each line that the matrix showed */
        layout all = {.ndim = 1, .size = {in_size(n, dim)}, .stride = {1}}, part;
        if (view_slice(&all, 0, start, p[1], 1, &part) < 0)
            return scope_fail(s);
        return among_zeros(s, g, lines, size, lines - 1, slid_back(slid) >> dim & 1 ? all.size[0] - part.offset - many : part.offset, 1);
    }
    if (!(slid_kept(slid) >> dim & 1))
        return g;
    int64_t part[CT_MAXDIM]; /* a part of one index may have no dim of its own in g */
    memcpy(part, size, (size_t)lines * sizeof *part);
    part[at] = many;
    g = f_reshape(s, g, lines, part);
    return f_call(s, &op_slice_backward, 6, (arg[]){a_t(g), a_ints((uint32_t)lines, size), a_i(at), a_i(start), a_i(p[1]), a_i(p[2])});
}

/* Of the dims that slide: every second number of the line, or one. */
T diagonal_as_lines(scope *s, node *n, T g, uint64_t slid, int64_t offset)
{
    int64_t size[CT_MAXDIM], row = slid_row(slid), column = slid_column(slid), many = array_size(g->a)[g->a->ndim - 1], last = __builtin_popcountll(slid_kept(slid));
    int of[CT_MAXDIM], lines = line_size(n, slid, size);
    int64_t i = offset < 0 ? -offset : 0, j = offset > 0 ? offset : 0;
    bool rows_back = slid_back(slid) >> row & 1, columns_back = slid_back(slid) >> column & 1;
    for (int d = 0, at = 0; d < g->a->ndim; d++, at++) {
        at += at == row;
        at += at == column;
        of[d] = at;
    }
    g = kept_and_one(s, g, slid, g->a->ndim - 1, of);
    i = rows_back ? in_size(n, row) - 1 - i : i;
    j = columns_back ? in_size(n, column) - 1 - j : j;
    if (rows_back != columns_back)
        return among_zeros(s, f_sum_dims(s, g, 1, &last, true), lines, size, lines - 1, i + j, 1);
    g = rows_back ? f_flip_last(s, g) : g;
    return among_zeros(s, g, lines, size, lines - 1, rows_back ? i + j - 2 * (many - 1) : i + j, 2);
}
