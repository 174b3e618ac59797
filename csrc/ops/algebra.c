/* What the tape needs of ops: sums of gradients, shapes, ones, and the history of views. */
#include "array/odometer.h"
#include "ops/dispatch.h"
#include "ops/formula.h"
#include "ops/slide.h"
#include "ops/spread.h"
#include <math.h>

node *copy_slices_node(const viewbase *base, const array *view, node *fn, uint32_t nr);
T view_of_base(scope *s, T base, const array *view);
T slide(scope *s, T g, uint64_t slid);

static T ones_like(scope *s, T t) { return f_unary(s, &op_ones_like, t); }

static int add_into(T into, T g)
{
    call c;
    arg args[2] = {a_t(into), a_t(g)};
    c.op = &op_add;
    c.args = args;
    c.n_args = 2;
    c.mode = CALL_INPLACE;
    tape_mode before = tape_now;
    tape_now.grad = false;
    int result = op_call(&c);
    tape_now.grad = before.grad;
    return result;
}

static T detached_copy(scope *s, T g, const int64_t *stride)
{
    if (!stride)
        return f_row_major(s, g);
    const array *a = g->a;
    T copy = scope_new(s);
    storage *st = copy ? storage_new(a->numel * dtype_bytes(a->dtype)) : NULL;
    array *made = st ? array_new_over(st, a->dtype, a->ndim, array_size(a), stride, 0) : NULL;
    storage_drop(st);
    if (!made)
        return scope_fail(s);
    array_convert(a, made);
    tensor_init(copy, made);
    return copy;
}

/* The same with a history: what g came from, by a node of copy_. */
static T recorded_copy(scope *s, T g, const int64_t *stride)
{
    tape_mode before = tape_now;
    tape_now.grad = false;
    T copy = detached_copy(s, g, stride);
    tape_now.grad = before.grad;
    if (!copy || !g->fn)
        return copy;
    node *n = node_new(&op_copy_.kind, (node_shape){.n_in = 2, .n_out = 1, .out_ndim = copy->a->ndim});
    if (!n)
        return scope_fail(s);
    node_edges(n)[1] = (edge){node_keep(g->fn), g->nr};
    node_set_out(n, 0, copy->a);
    tensor_set_history(copy, n, 0);
    node_drop(n);
    return copy;
}

static bool has_nan(const tensor *t)
{
    const array *a = t->a;
    odometer o;
    if (!dtype_is_float(a->dtype))
        return false;
    const char *data = array_data(a);
    int64_t item = dtype_bytes((ct_dtype)a->dtype);
    for (odometer_start(&o, a->ndim, array_size(a), array_stride(a)); o.left; odometer_next(&o))
        if (isnan(dtype_load(data + o.place * item, (ct_dtype)a->dtype)))
            return true;
    return false;
}

/* Outside recording a plain view will do. */
static T narrow(scope *s, T t, uint64_t dims)
{
    if (!tape_now.grad)
        return scope_array(s, array_narrow(t->a, dims));
    for (int d = 0; d < CT_MAXDIM && t; d++)
        if (dims >> d & 1)
            t = f_call(s, &op_slice, 4, (arg[]){a_t(t), a_i(d), a_i(0), a_i(1)});
    return t;
}

/* Its first row, with 0 the place of the line's first number, and its last column after that: recorded. */
static T line_by_ops(scope *s, T t, uint64_t back)
{
    for (int64_t d = 0; d < 2; d++)
        if (back >> d & 1)
            t = f_call(s, &op_flip, 2, (arg[]){a_t(t), a_ints(1, &d)});
    if (!t)
        return NULL;
    int64_t rows = array_size(t->a)[0], columns = array_size(t->a)[1];
    T last = f_call(s, &op_select, 3, (arg[]){a_t(t), a_i(1), a_i(columns - 1)});
    T piece[2] = {f_call(s, &op_select, 3, (arg[]){a_t(t), a_i(0), a_i(0)}), f_call(s, &op_slice, 4, (arg[]){a_t(last), a_i(0), a_i(1), a_i(rows)})};
    return s->failed ? NULL : f_call(s, &op_cat, 2, (arg[]){a_ts(2, piece), a_i(0)});
}

/* A copy: the matrix may be written out before the formula is done with its numbers. */
static T line_of(scope *s, T t, uint64_t slid)
{
    uint64_t back = slid_back(slid);
    if (t->a->ndim != 2)
        return t;
    if (tape_now.grad || !array_slides(t->a, back))
        return line_by_ops(s, t, back);
    array *line = array_line(t->a, 2, 3, back), *made = line ? array_new(t->a->dtype, 1, &array_size(line)[0]) : NULL;
    if (made)
        array_convert_between(line, &(layout){.ndim = 1, .size = {made->numel}, .stride = {array_stride(line)[0]}, .offset = array_offset(line)}, made,
                              &(layout){.ndim = 1, .size = {made->numel}, .stride = {1}});
    array_drop(line);
    return scope_array(s, made);
}

void ops_setup(void)
{
    tape_algebra = (algebra){.add = f_add, .add_into = add_into, .sum_to = f_sum_to, .slide = slide, .cast = f_cast, .ones_like = ones_like,
                             .detached_copy = detached_copy, .recorded_copy = recorded_copy, .view_of_base = view_of_base, .copy_slices = copy_slices_node, .has_nan = has_nan, .narrow = narrow, .line = line_of, .row_major = f_row_major};
}
