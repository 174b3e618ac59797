/* A call whose results are written into tensors that the caller gave as out=. */
#include "py/tensor_type.h"

/* Tensors given as out=, and their arrays before the call: a resized one is told to the user. */
typedef struct outs { PyObject *given[MAX_OUT]; array *before[MAX_OUT]; uint32_t n; } outs;

static int set_outs(call *c, PyObject *out, outs *o)
{
    uint32_t wanted = c->op->n_out > 1 ? c->op->n_out : 1;
    o->n = 0;
    if (wanted > 1 && PySequence_Fast_GET_SIZE(out) != (Py_ssize_t)wanted) {
        PyErr_Format(PyExc_TypeError, "expected tuple of %u elements but got %zd", wanted, PySequence_Fast_GET_SIZE(out));
        return -1;
    }
    for (uint32_t i = 0; i < wanted; i++) {
        o->given[i] = Py_NewRef(wanted > 1 ? PySequence_Fast_GET_ITEM(out, i) : out);
        o->before[i] = array_keep(py_t(o->given[i])->a);
        c->out_given[i] = py_t(o->given[i]);
    }
    o->n = wanted;
    c->mode = CALL_OUT;
    return 0;
}

static void drop_outs(outs *o)
{
    for (uint32_t i = 0; i < o->n; i++) {
        Py_DECREF(o->given[i]);
        array_drop(o->before[i]);
    }
    o->n = 0;
}

static int warn_resized(const op *op, const outs *o)
{
    char was[300], is[300];
    for (uint32_t i = 0; i < o->n; i++) {
        const array *before = o->before[i], *now = py_t(o->given[i])->a;
        if (before == now || before->numel == 0 || array_same_size(before, now))
            continue;
        if ((op == &op_arange || op == &op_arange_end) && before->numel != now->numel) {
            if (PyErr_WarnFormat(PyExc_UserWarning, 1, "The number of elements in the out tensor of shape %s is %lld which does not match the computed number of elements "
                                 "%lld. Note that this may occur as a result of rounding error. The out tensor will be resized to a tensor of shape (%lld,).",
                                 layout_text(before->ndim, array_size(before), was, sizeof was), (long long)before->numel, (long long)now->numel, (long long)now->numel) < 0)
                return -1;
        } else if (PyErr_WarnFormat(PyExc_UserWarning, 1, "An output with one or more elements was resized since it had shape %s, which does not match the "
                             "required output shape %s. To reuse a tensor on purpose, empty it first with t.resize_(0).",
                             layout_text(before->ndim, array_size(before), was, sizeof was), layout_text(now->ndim, array_size(now), is, sizeof is)) < 0)
            return -1;
    }
    return 0;
}

/* The very objects that were given. */
static PyObject *outs_result(const call *c, const outs *o)
{
    bool made = (!c->n_in && c->op != &op_arange && c->op != &op_arange_end) || c->op->flags & OP_DRAWS; /* or drawn: PyTorch says nothing there */
    if (!made && warn_resized(c->op, o) < 0)
        return NULL;
    if (o->n == 1)
        return Py_NewRef(o->given[0]);
    PyTypeObject *type = c->op->ret ? py_return_type_of(c->op, true) : NULL;
    PyObject *all = type ? PyStructSequence_New(type) : PyErr_Occurred() ? NULL : PyTuple_New(o->n);
    for (uint32_t i = 0; all && i < o->n; i++)
        if (type)
            PyStructSequence_SET_ITEM(all, i, Py_NewRef(o->given[i]));
        else
            PyTuple_SET_ITEM(all, i, Py_NewRef(o->given[i]));
    return all;
}

PyObject *py_call_with_out(call *c, const bound *b)
{
    outs o;
    if (set_outs(c, b->out, &o) < 0)
        return NULL;
    PyObject *result = NULL;
    if (op_call(c) < 0)
        py_raise();
    else {
        call_clear_results(c);
        result = outs_result(c, &o);
    }
    drop_outs(&o);
    if (result && py_is_tensor(result) && py_settle_grad(result, b->requires_grad == Py_True, c->op->flags & OP_NO_GRAD && !c->n_in) < 0) {
        Py_DECREF(result);
        return py_raise();
    }
    return result;
}
