/* What the tape needs of ops: sums of gradients, shapes, ones, and the history of views. */
#include "array/odometer.h"
#include "ops/dispatch.h"
#include "ops/formula.h"
#include "ops/spread.h"
#include <math.h>

node *copy_slices_node(const viewbase *base, const array *view, node *fn, uint32_t nr);
T view_of_base(scope *s, T base, const array *view);

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

static bool has_nan(const tensor *t)
{
    const array *a = t->a;
    odometer o;
    if (!dtype_is_float(a->dtype))
        return false;
    const char *data = array_data(a);
    for (odometer_start(&o, a->ndim, array_size(a), array_stride(a)); o.left; odometer_next(&o))
        if (a->dtype == DT_F32 ? isnan(((const float *)data)[o.place]) : isnan(((const double *)data)[o.place]))
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

void ops_setup(void)
{
    tape_algebra = (algebra){.add = f_add, .add_into = add_into, .sum_to = f_sum_to, .cast = f_cast, .ones_like = ones_like,
                             .detached_copy = detached_copy, .view_of_base = view_of_base, .copy_slices = copy_slices_node, .has_nan = has_nan, .narrow = narrow};
}
