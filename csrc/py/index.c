/* x[...] and x[...] = v. An index is taken apart item by item: ints, slices, None, Ellipsis and bools make views; tensors and
 * sequences are collected, each with the dimension it applies to, and handed to the ops index and index_put_ at the end. */
#include "ops/dispatch.h"
#include "py/tensor_type.h"
#include <string.h>

typedef struct indexing {
    PyObject *view;                 /* owned: what the views so far have made of the tensor */
    int dim;                        /* next dimension of view that an item applies to */
    int at;                         /* place of the item in the index, which errors name as PyTorch's do */
    bool written;                   /* x[...] = v: before a mask is refused, the leaf is */
    int n, masks;                   /* advanced indices; how many of them stand for masks */
    int64_t dims[CT_MAXDIM];
    PyObject *index[CT_MAXDIM];     /* owned int64 (or other integer) tensors */
} indexing;

static void indexing_clear(indexing *x)
{
    Py_XDECREF(x->view);
    for (int i = 0; i < x->n; i++)
        Py_DECREF(x->index[i]);
}

static int take_view(indexing *x, PyObject *view)
{
    if (!view)
        return -1;
    Py_SETREF(x->view, view);
    return 0;
}

static int view_of(const indexing *x) { return py_t(x->view)->a->ndim; }

static int too_many(const indexing *x, int ndim)
{
    (void)x;
    PyErr_Format(PyExc_IndexError, "too many indices for tensor of dimension %d", ndim);
    return -1;
}

/* An int that does not fit 64 bits: PyTorch's class for it, where one was raised. NULL. */
static PyObject *too_large(void)
{
    if (!PyErr_ExceptionMatches(PyExc_OverflowError))
        return NULL;
    PyErr_Clear();
    return PyErr_Format(PyExc_ValueError, "Overflow when unpacking long long: indices and values hold 64 bits");
}

/* ---- views ------------------------------------------------------------------------------------------------------ */
static int item_int(indexing *x, int64_t index)
{
    const array *a = py_t(x->view)->a;
    int64_t size = array_size(a)[x->dim];
    if (index < -size || index >= size) {
        PyErr_Format(PyExc_IndexError, "index %lld is out of bounds for dimension %d with size %lld", (long long)index, x->at, (long long)size);
        return -1;
    }
    return take_view(x, py_call_op(&op_select, 3, (arg[]){a_t(py_t(x->view)), a_i(x->dim), a_i(index)}));
}

static int item_slice(indexing *x, PyObject *slice)
{
    Py_ssize_t start, stop, step;
    if (((PySliceObject *)slice)->step != Py_None && PyIndex_Check(((PySliceObject *)slice)->step)) {
        Py_ssize_t asked = PyNumber_AsSsize_t(((PySliceObject *)slice)->step, NULL);
        if (asked <= 0 && !PyErr_Occurred())
            return PyErr_SetString(PyExc_ValueError, "step must be greater than zero"), -1;
    }
    if (PySlice_Unpack(slice, &start, &stop, &step) < 0)
        return -1;
    if (x->dim >= view_of(x)) /* by now: what the slice holds is the user's code */
        return too_many(x, view_of(x));
    const array *a = py_t(x->view)->a;
    bool whole = start == 0 && stop >= array_size(a)[x->dim] && step == 1; /* as it was written: x[-3:] of 3 is a slice */
    PySlice_AdjustIndices((Py_ssize_t)array_size(a)[x->dim], &start, &stop, step);
    if (!whole &&
        take_view(x, py_call_op(&op_slice, 5, (arg[]){a_t(py_t(x->view)), a_i(x->dim), a_i(start), a_i(stop), a_i(step)})) < 0)
        return -1;
    x->dim++;
    return 0;
}

static int item_none(indexing *x)
{
    int result = take_view(x, py_call_op(&op_unsqueeze, 2, (arg[]){a_t(py_t(x->view)), a_i(x->dim)}));
    x->dim++;
    return result;
}

/* ---- advanced indices -------------------------------------------------------------------------------------------- */
static int add_index(indexing *x, PyObject *tensor)
{
    if (!tensor)
        return -1;
    if (x->n == CT_MAXDIM) {
        Py_DECREF(tensor);
        return too_many(x, view_of(x));
    }
    x->dims[x->n] = x->dim++;
    x->index[x->n++] = tensor;
    return 0;
}

static int check_mask(const indexing *x, const array *mask)
{
    char shape[300], self[300];
    const array *a = py_t(x->view)->a;
    for (int d = 0; d < mask->ndim; d++)
        if (x->dim + d >= a->ndim || array_size(mask)[d] != array_size(a)[x->dim + d]) {
            if (x->dim + mask->ndim > a->ndim)
                return too_many(x, a->ndim);
            if (x->written && tape_now.grad && check_rewrite(py_t(x->view), true) < 0)
                return py_raise_int();
            PyErr_Format(PyExc_IndexError, "The shape of the mask %s at index %d does not match the shape of the indexed tensor %s at index %d",
                         layout_text(mask->ndim, array_size(mask), shape, sizeof shape), d,
                         layout_text(a->ndim, array_size(a), self, sizeof self), x->dim + d);
            return -1;
        }
    return 0;
}

/* A mask over k dims becomes k index tensors: the columns of its nonzero elements. */
static int item_mask(indexing *x, PyObject *mask)
{
    if (check_mask(x, py_t(mask)->a) < 0)
        return -1;
    PyObject *places = py_call_op(&op_nonzero, 1, (arg[]){a_t(py_t(mask))});
    int result = places ? 0 : -1, columns = places ? (int)array_size(py_t(places)->a)[1] : 0;
    for (int d = 0; result == 0 && d < columns; d++)
        result = add_index(x, py_call_op(&op_select, 3, (arg[]){a_t(py_t(places)), a_i(1), a_i(d)}));
    x->masks += columns;
    Py_XDECREF(places);
    return result;
}

/* True and False add a dimension of size 1 and keep or drop it. */
static int item_bool(indexing *x, bool truth)
{
    int64_t n = truth;
    if (take_view(x, py_call_op(&op_unsqueeze, 2, (arg[]){a_t(py_t(x->view)), a_i(x->dim)})) < 0)
        return -1;
    array *a = array_new(DT_I64, 1, &n);
    if (a)
        memset(array_data(a), 0, (size_t)n * sizeof(int64_t));
    return add_index(x, py_wrap_array(a));
}

static int item_tensor(indexing *x, PyObject *t)
{
    if (py_t(t)->a->dtype == DT_U8 && PyErr_WarnEx(PyExc_UserWarning, "indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.", 1) < 0)
        return -1;
    const array *a = py_t(t)->a; /* the warning may have changed it */
    if (dtype_is_float(a->dtype))
        return PyErr_SetString(PyExc_IndexError, "tensors used as indices must be long, int, byte or bool tensors"), -1;
    bool mask = a->dtype == DT_BOOL || a->dtype == DT_U8;
    if (a->ndim)
        return mask ? item_mask(x, t) : x->dim < view_of(x) ? add_index(x, Py_NewRef(t)) : too_many(x, view_of(x));
    PyObject *item = py_item(a);
    int64_t value = item ? PyLong_AsLongLong(item) : -1;
    Py_XDECREF(item);
    if (value == -1 && PyErr_Occurred())
        return -1;
    return mask ? item_bool(x, value != 0) : x->dim < view_of(x) ? item_int(x, value) : too_many(x, view_of(x));
}

static int item_sequence(indexing *x, PyObject *sequence)
{
    array *a = py_array_from_data(sequence, DT_NONE, false);
    if (!a)
        return -1;
    if (dtype_is_float(a->dtype)) { /* numbers in a list are read as whole ones, as PyTorch does */
        array_drop(a);
        a = py_array_from_data(sequence, DT_I64, false);
    }
    if (!a)
        return -1;
    PyObject *t = py_wrap_array(a);
    int result = t ? item_tensor(x, t) : -1;
    Py_XDECREF(t);
    return result;
}

/* ---- items --------------------------------------------------------------------------------------------------------- */
/* Dimensions of the tensor that an item uses up. */
static int consumes(PyObject *item)
{
    if (item == Py_None || item == Py_Ellipsis || PyBool_Check(item))
        return 0;
    if (py_is_tensor(item)) {
        const array *a = py_t(item)->a;
        return a->dtype == DT_BOOL || a->dtype == DT_U8 ? a->ndim : 1;
    }
    if (numpy_is_array(item)) {
        PyObject *kind = PyObject_GetAttrString(item, "dtype"), *name = kind ? PyObject_Str(kind) : NULL, *n = PyObject_GetAttrString(item, "ndim");
        int dims = name && n && PyUnicode_CompareWithASCIIString(name, "bool") == 0 ? (int)PyLong_AsLong(n) : 1;
        Py_XDECREF(kind);
        Py_XDECREF(name);
        Py_XDECREF(n);
        PyErr_Clear();
        return dims;
    }
    return 1;
}

static int wrong_item(PyObject *item)
{
    PyErr_Format(PyExc_IndexError, "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got %s)", Py_TYPE(item)->tp_name);
    return -1;
}

/* skip: the dims that an Ellipsis stands for. A second one counts them again, as PyTorch's does: what follows lies beyond, where only a slice does nothing. */
static int one_item(indexing *x, PyObject *item, int skip)
{
    if (item == Py_None)
        return item_none(x);
    if (item == Py_Ellipsis) {
        x->dim += skip;
        return 0;
    }
    if (PyBool_Check(item))
        return item_bool(x, item == Py_True);
    if (py_is_tensor(item))
        return item_tensor(x, item);
    if (PySlice_Check(item))
        return x->dim < view_of(x) ? item_slice(x, item) : 0;
    if (PyUnicode_Check(item)) {
        PyErr_SetString(PyExc_TypeError, "new(): invalid data type 'str'");
        return -1;
    }
    if (PySequence_Check(item) && !numpy_is_number(item))
        return item_sequence(x, item);
    if (!PyIndex_Check(item))
        return wrong_item(item);
    int64_t value = PyNumber_AsSsize_t(item, PyExc_OverflowError);
    if (value == -1 && PyErr_Occurred())
        return too_large(), -1;
    return x->dim < view_of(x) ? item_int(x, value) : too_many(x, view_of(x));
}

/* A short list that holds slices, tensors, sequences, None or Ellipsis means the tuple of its items (PyTorch's old rule). */
static bool means_tuple(PyObject *index)
{
    if (PyTuple_Check(index))
        return true;
    if (!PyList_Check(index) || PyList_GET_SIZE(index) >= 32)
        return false;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(index); i++) {
        PyObject *item = PyList_GET_ITEM(index, i);
        if (py_is_tensor(item) || PySlice_Check(item) || item == Py_None || item == Py_Ellipsis || (PySequence_Check(item) && !PyUnicode_Check(item)))
            return true;
    }
    return false;
}

static int start(indexing *x, PyObject *self)
{
    x->view = Py_NewRef(self);
    x->dim = x->n = x->masks = 0;
    return 0;
}

/* On failure everything is released. */
static int take_apart(indexing *x, PyObject *self, PyObject *index, bool written)
{
    array *as_was = array_keep(py_t(self)->a);
    int ndim = as_was->ndim, used = 0, result = start(x, self);
    x->written = written;
    bool many = means_tuple(index);
    if (many && PyList_Check(index) &&
        PyErr_WarnEx(PyExc_UserWarning, "Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in pytorch 2.9; use "
                     "x[tuple(seq)] instead of x[seq].", 1) < 0)
        result = -1;
    PyObject *items = result < 0 ? NULL : many ? PySequence_Tuple(index) : PyTuple_Pack(1, index);
    if (!items)
        result = -1;
    for (Py_ssize_t i = 0; items && i < PyTuple_GET_SIZE(items); i++)
        used += consumes(PyTuple_GET_ITEM(items, i));
    if (items && used > ndim) {
        if (ndim == 0 && !many)
            PyErr_SetString(PyExc_IndexError, PySlice_Check(index) ? "slice() cannot be applied to a 0-dim tensor." : "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim tensor to a number");
        else
            too_many(x, ndim);
        result = -1;
    }
    for (Py_ssize_t i = 0; result == 0 && i < PyTuple_GET_SIZE(items); i++) {
        x->at = (int)i;
        result = one_item(x, PyTuple_GET_ITEM(items, i), ndim - used);
    }
    Py_XDECREF(items);
    if (result == 0 && py_t(self)->a != as_was) {
        PyErr_SetString(PyExc_RuntimeError, "the tensor took another shape or memory while its index was read");
        result = -1;
    }
    array_drop(as_was);
    if (result < 0)
        indexing_clear(x);
    return result;
}

static void index_args(const indexing *x, tensor **t, arg *dims, arg *indices)
{
    for (int i = 0; i < x->n; i++)
        t[i] = py_t(x->index[i]);
    *dims = a_ints((uint32_t)x->n, x->dims);
    *indices = a_ts((uint32_t)x->n, t);
}

/* ---- reading ----------------------------------------------------------------------------------------------------------- */
/* x[int], along the first dimension, where nothing needs asking; else op_view_short's 0 or -1. */
static int index_short(PyObject *self, PyObject *index, tensor *made)
{
    tensor *t = py_t(self);
    layout in, out;
    int overflow;
    if (!PyLong_CheckExact(index) || !t->a->ndim)
        return 0;
    int64_t i = py_long(index, &overflow);
    if (overflow || i >= array_size(t->a)[0] || i < -array_size(t->a)[0])
        return 0;
    array_layout(t->a, &in);
    int64_t param[2] = {0, i};
    return view_select(&in, 0, i, &out) < 0 ? -1 : op_view_short(&op_select, t, &out, 2, param, made);
}

PyObject *py_index_get(PyObject *self, PyObject *index)
{
    indexing x;
    tensor made;
    int done = index_short(self, index, &made);
    if (CT_LIKELY(done)) {
        if (done < 0)
            return py_raise();
        PyObject *found = py_wrap(&made);
        py_note_base(self);
        return found;
    }
    tensor *t[CT_MAXDIM];
    arg args[3];
    if (take_apart(&x, self, index, false) < 0)
        return NULL;
    PyObject *result;
    if (x.n) {
        args[0] = a_t(py_t(x.view));
        index_args(&x, t, &args[1], &args[2]);
        result = py_call_op(&op_index, 3, args);
    } else
        result = x.view != self ? Py_NewRef(x.view)
            : PySlice_Check(index) ? py_call_op(&op_slice, 5, (arg[]){a_t(py_t(self)), a_i(0), {0}, {0}, a_i(1)})
                                   : py_call_op(&op_alias, 1, (arg[]){a_t(py_t(self))});
    indexing_clear(&x);
    py_note_base(self);
    return result;
}

/* ---- writing ----------------------------------------------------------------------------------------------------------- */
/* The value as a Tensor: itself, or a number in self's dtype. New reference. */
static PyObject *value_tensor(PyObject *self, PyObject *value)
{
    arg number;
    ct_dtype dtype = py_t(self)->a->dtype;
    if (py_is_tensor(value))
        return Py_NewRef(value);
    if (PyComplex_Check(value))
        return PyErr_Format(PyExc_RuntimeError, "value cannot be converted to type %s without overflow: it is complex", dtype_name(dtype));
    if (PyLong_Check(value) && PyLong_AsLongLong(value) == -1 && PyErr_Occurred())
        return too_large();
    if (py_number(value, &number))
        return number_rounds(&number, dtype) < 0 ? py_raise() : py_wrap_array(number.kind == ARG_FLOAT ? array_scalar_f(number.f, dtype, false) : array_scalar_i(number.i, dtype, false));
    if (PyErr_Occurred())
        return too_large();
    return PyErr_Format(PyExc_TypeError, "can't assign a %s to a torch.%sTensor", Py_TYPE(value)->tp_name, dtype_title(dtype));
}

/* At the shape of the target, so that what is the very target is seen to be so. New reference. */
static PyObject *spread_over(PyObject *fitting, const array *target)
{
    const array *a = fitting ? py_t(fitting)->a : NULL;
    if (!a || a->ndim == target->ndim || !layout_is_expandable_to(a->ndim, array_size(a), target->ndim, array_size(target)))
        return fitting;
    PyObject *wide = py_call_op(&op_expand, 2, (arg[]){a_t(py_t(fitting)), a_ints((uint32_t)target->ndim, array_size(target))});
    Py_DECREF(fitting);
    return wide;
}

/* Leading dims of size 1 of a value do not count against the target. */
static PyObject *without_leading_ones(PyObject *value, int ndim)
{
    const array *a = py_t(value)->a;
    int drop = 0;
    while (a->ndim - drop > ndim && array_size(a)[drop] == 1)
        drop++;
    if (drop == 0)
        return Py_NewRef(value);
    return py_call_op(&op_reshape, 2, (arg[]){a_t(py_t(value)), a_ints((uint32_t)(a->ndim - drop), array_size(a) + drop)});
}

static int call_in_place(const op *o, uint32_t n_args, arg *args)
{
    call c;
    c.op = o;
    c.args = args;
    c.n_args = n_args;
    c.mode = CALL_INPLACE;
    if (op_call(&c) < 0)
        return py_raise_int();
    return 0;
}

/* Where masks alone tell the places, one value is a number, whatever its dtype and wherever it stands. */
static int assign_one(indexing *x, PyObject *value, int (*assign)(indexing *x, PyObject *value))
{
    PyObject *cast = py_call_op(&op_type_as, 2, (arg[]){a_t(py_t(value)), a_t(py_t(x->view))});
    PyObject *alone = cast ? py_call_op(&op_clone, 2, (arg[]){a_t(py_t(cast)), a_none()}) : NULL;
    int result = alone ? assign(x, alone) : -1;
    Py_XDECREF(cast);
    Py_XDECREF(alone);
    return result;
}
static int assign(indexing *x, PyObject *value)
{
    const array *v = py_t(value)->a;
    if (x->masks && x->masks == x->n && v->numel == 1 && (v->dtype != py_t(x->view)->a->dtype || v->st == py_t(x->view)->a->st))
        return assign_one(x, value, assign);
    tensor *t[CT_MAXDIM];
    if (x->n == 0 && v->ndim == 0 && py_t(x->view)->a->ndim)
        return call_in_place(&op_fill, 2, (arg[]){a_t(py_t(x->view)), a_t(py_t(value))});
    if (x->n == 0) {
        PyObject *fitting = spread_over(without_leading_ones(value, view_of(x)), py_t(x->view)->a);
        int result = fitting ? call_in_place(&op_copy_, 2, (arg[]){a_t(py_t(x->view)), a_t(py_t(fitting))}) : -1;
        Py_XDECREF(fitting);
        return result;
    }
    PyObject *fitting = without_leading_ones(value, 0);
    if (!fitting)
        return -1;
    arg args[5] = {a_t(py_t(x->view)), a_t(py_t(fitting))};
    index_args(x, t, &args[2], &args[3]);
    args[4] = a_b(false);
    int result = call_in_place(&op_index_put, 5, args);
    Py_DECREF(fitting);
    return result;
}

int py_index_set(PyObject *self, PyObject *index, PyObject *value)
{
    indexing x;
    if (!value)
        return PyErr_SetString(PyExc_TypeError, "Tensor does not support deleting items"), -1;
    PyObject *v = value_tensor(self, value);
    if (!v)
        return -1;
    int result = take_apart(&x, self, index == Py_True ? Py_None : index, true);
    if (result == 0) {
        result = assign(&x, v);
        indexing_clear(&x);
    }
    Py_DECREF(v);
    return result;
}
