/* Python data to arrays and back: numbers, elements, nested lists.
 *
 * Reading nested sequences takes three passes, as in PyTorch: the shape by following first items, the dtype by looking at
 * every item, the values. User code may run in each (__len__, __getitem__, __float__ ...), so items are held while they
 * are read and lengths are looked at again; depth is bounded by CT_MAXDIM in all three.
 */
#include "py/py.h"
#include <string.h>

/* ---- numbers ------------------------------------------------------------------------------------ */
/* PyTorch takes ints up to 2^64 - 1 as numbers. */
static bool number_from_long(PyObject *o, arg *out)
{
    int overflow;
    *out = (arg){.kind = ARG_INT, .i = PyLong_AsLongLongAndOverflow(o, &overflow)};
    if (CT_LIKELY(!overflow))
        return true;
    unsigned long long value = overflow > 0 ? PyLong_AsUnsignedLongLong(o) : 0;
    *out = (arg){.kind = ARG_FLOAT, .whole = true, .n = (uint32_t)value, .f = (double)value};
    if (overflow < 0 || PyErr_Occurred())
        PyErr_SetString(PyExc_OverflowError, "int too big to convert");
    return !PyErr_Occurred();
}

bool py_number(PyObject *o, arg *out)
{
    if (PyFloat_Check(o))
        *out = (arg){.kind = ARG_FLOAT, .f = PyFloat_AS_DOUBLE(o)};
    else if (PyBool_Check(o))
        *out = (arg){.kind = ARG_BOOL, .i = o == Py_True};
    else if (PyLong_Check(o))
        return number_from_long(o, out);
    else
        return numpy_is_number(o) && numpy_number(o, out) == 0;
    return true;
}

PyObject *py_element(const array *a, const char *at)
{
    switch (a->dtype) {
    case DT_BOOL: return PyBool_FromLong(*(const uint8_t *)at);
    case DT_U8: return PyLong_FromLong(*(const uint8_t *)at);
    case DT_I32: return PyLong_FromLong(*(const int32_t *)at);
    case DT_I64: return PyLong_FromLongLong(*(const int64_t *)at);
    case DT_F32: return PyFloat_FromDouble(*(const float *)at);
    default: return PyFloat_FromDouble(dtype_load(at, (ct_dtype)a->dtype));
    }
}

PyObject *py_item(const array *a)
{
    if (a->numel == 1)
        return py_element(a, array_data(a));
    return PyErr_Format(PyExc_RuntimeError, "a Tensor with %lld elements cannot be converted to Scalar", (long long)a->numel);
}

/* Ctrl-C: the host is asked every few thousand items, which takes less than a millisecond. -1: it raised. */
static inline int let_through(void)
{
    static unsigned items;
    return ++items % 8192 ? 0 : PyErr_CheckSignals();
}

enum { LONG_LIST = 1 << 15, FREED_AT_ONCE = 1 << 12 };

/* Items of a list from its end on; of lists in it first what is in the last one. */
static Py_ssize_t drop_items(PyObject *list, Py_ssize_t most)
{
    PyObject *item;
    Py_ssize_t n, few = 0;
    while ((n = PyList_GET_SIZE(list)) && (item = PyList_GET_ITEM(list, n - 1)) && PyList_CheckExact(item) && PyList_GET_SIZE(item) && Py_REFCNT(item) == 1)
        list = item;
    for (; few < most && few < n; few++) {
        item = PyList_GET_ITEM(list, n - 1 - few);
        if (few && item && PyList_CheckExact(item) && PyList_GET_SIZE(item))
            break;
    }
    return PyList_SetSlice(list, n - few, n, NULL) < 0 ? most : few + 1;
}
/* Freeing 10^7 numbers takes the host a third of a second: a list that Ctrl-C left begun goes in parts, between what the host does next. */
static int drop_later(void *list)
{
    for (Py_ssize_t left = FREED_AT_ONCE; left > 0 && PyList_GET_SIZE(list);)
        left -= drop_items(list, left);
    if (!PyList_GET_SIZE(list) || Py_AddPendingCall(drop_later, list) < 0)
        Py_DECREF((PyObject *)list);
    return 0;
}

/* A list is shown to the collector once it is full. */
static PyObject *list_from(const array *a, const char *at, int d)
{
    if (d == a->ndim)
        return py_element(a, at);
    int64_t n = array_size(a)[d], step = array_stride(a)[d] * dtype_bytes(a->dtype);
    PyObject *list = PyList_New((Py_ssize_t)n);
    if (!list)
        return NULL;
    PyObject_GC_UnTrack(list);
    bool last = d + 1 == a->ndim, ask = last && a->numel >= LONG_LIST;
    for (int64_t i = 0; i < n; i++, at += step) {
        PyObject *item = ask && let_through() < 0 ? NULL : last ? py_element(a, at) : list_from(a, at, d + 1);
        if (!item) {
            if (a->numel < LONG_LIST || PyErr_ExceptionMatches(PyExc_MemoryError) || Py_AddPendingCall(drop_later, list) < 0)
                Py_DECREF(list);
            return NULL;
        }
        PyList_SET_ITEM(list, (Py_ssize_t)i, item);
    }
    PyObject_GC_Track(list);
    return list;
}

/* What handlers and finalizers of the host's may write to, resize or free meanwhile is read from a copy. */
PyObject *py_tolist(const array *a)
{
    if (a->ndim == 0)
        return list_from(a, array_data(a), 0);
    array *own = py_array_copy(a, (ct_dtype)a->dtype);
    PyObject *list = own ? list_from(own, array_data(own), 0) : NULL;
    array_drop(own);
    return list;
}

/* ---- shape ------------------------------------------------------------------------------------------ */
static bool is_sequence(PyObject *o) { return !py_is_tensor(o) && PySequence_Check(o); }
static bool is_text(PyObject *o) { return PyUnicode_Check(o) || PyBytes_Check(o); }

static int too_deep(PyObject *o)
{
    PyErr_Format(PyExc_ValueError, "too many dimensions '%s'", py_type_name(o));
    return -1;
}

static PyObject *first_item(PyObject *sequence)
{
    PyObject *item = PySequence_GetItem(sequence, 0);
    if (!item)
        PyErr_Format(PyExc_ValueError, "could not determine the shape of object type '%s'", py_type_name(sequence));
    return item;
}

static int shape_of(PyObject *data, int64_t *size, int *ndim)
{
    PyObject *o = Py_NewRef(data);
    int failed = 0;
    *ndim = 0;
    while (!failed && is_sequence(o)) {
        Py_ssize_t n = *ndim == CT_MAXDIM ? too_deep(o) : PySequence_Length(o);
        failed = n < 0;
        if (failed)
            break;
        size[(*ndim)++] = n;
        if (n == 0)
            break;
        Py_SETREF(o, first_item(o));
        if (!o)
            return -1;
    }
    Py_DECREF(o);
    return failed ? -1 : 0;
}

/* ---- dtype ------------------------------------------------------------------------------------------- */
static int infer(PyObject *o, int depth, ct_dtype *d);

static int infer_sequence(PyObject *o, int depth, ct_dtype *d)
{
    if (depth > CT_MAXDIM)
        return too_deep(o);
    PyObject *items = PySequence_Fast(o, "not a sequence");
    if (!items)
        return -1;
    int failed = 0;
    ct_dtype all = PySequence_Fast_GET_SIZE(items) ? DT_BOOL : dtype_default();
    for (Py_ssize_t i = 0; !failed && i < PySequence_Fast_GET_SIZE(items); i++) {
        PyObject *item = Py_NewRef(PySequence_Fast_GET_ITEM(items, i));
        ct_dtype one = DT_BOOL;
        if (item == o) {
            PyErr_SetString(PyExc_TypeError, "new(): self-referential lists are incompatible");
            failed = -1;
        } else
            failed = infer(item, depth + 1, &one) < 0 || let_through() < 0 ? -1 : 0;
        all = dtype_promote(all, one);
        Py_DECREF(item);
    }
    Py_DECREF(items);
    *d = all;
    return failed;
}

static int infer_other(PyObject *o, int depth, ct_dtype *d)
{
    if (numpy_is_array(o) || numpy_is_scalar(o))
        return numpy_dtype(o, d);
    if (PyFloat_Check(o))
        *d = dtype_default();
    else if (PyLong_Check(o))
        *d = DT_I64;
    else if (is_text(o)) {
        PyErr_Format(PyExc_TypeError, "new(): invalid data type '%s'", Py_TYPE(o)->tp_name);
        return -1;
    } else if (PySequence_Check(o))
        return infer_sequence(o, depth, d);
    else {
        PyErr_Format(PyExc_RuntimeError, "Could not infer dtype of %s", py_type_name(o));
        return -1;
    }
    return 0;
}

/* What torch.tensor(o) would have: bool < int64 < the default float; NumPy values and tensors keep theirs. */
static int infer(PyObject *o, int depth, ct_dtype *d)
{
    if (PyFloat_CheckExact(o))
        *d = dtype_default();
    else if (PyLong_CheckExact(o))
        *d = DT_I64;
    else if (PyBool_Check(o))
        *d = DT_BOOL;
    else if (py_is_tensor(o))
        *d = (ct_dtype)py_t(o)->a->dtype;
    else
        return infer_other(o, depth, d);
    return 0;
}

/* ---- values ------------------------------------------------------------------------------------------- */
int py_warn_tensor_to_number(tensor *t)
{
    static bool warned;
    return !tape_now.grad || !tensor_requires_grad(t) ? 0 :
           py_warn_once(&warned, "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
                        "Consider using tensor.detach() first.");
}

static int no_room(ct_dtype d)
{
    PyErr_Format(PyExc_RuntimeError, "value cannot be converted to type %s without overflow", dtype_name(d));
    return -1;
}

/* uint8 takes -255 ... 255 (negative ints wrap), as PyTorch. */
static int store_checked_int(int64_t v, ct_dtype d, char *p)
{
    if (d == DT_U8 ? v < -255 || v > 255 : d == DT_I32 && (v < INT32_MIN || v > INT32_MAX))
        return no_room(d);
    dtype_store_i(p, d, v);
    return 0;
}

/* Floats truncate towards zero; 2^63 itself passes as PyTorch's comparison in double lets it, and becomes the lowest int64. */
static int store_checked_double(double v, ct_dtype d, char *p)
{
    double low = d == DT_U8 ? 0 : d == DT_I32 ? INT32_MIN : -0x1p63;
    double high = d == DT_U8 ? 255 : d == DT_I32 ? INT32_MAX : 0x1p63;
    if (!(v >= low && v <= high))
        return no_room(d);
    dtype_store_i(p, d, v >= 0x1p63 ? INT64_MIN : (int64_t)v);
    return 0;
}

int py_store_number(const arg *n, ct_dtype d, char *p)
{
    bool is_float = n->kind == ARG_FLOAT;
    if (ct_dtypes[d].cls == C_INT)
        return is_float ? store_checked_double(n->f, d, p) : store_checked_int(n->i, d, p);
    if (is_float)
        dtype_store_f(p, d, n->f);
    else
        dtype_store_i(p, d, n->i);
    return 0;
}

static int store_tensor(tensor *t, ct_dtype d, char *p)
{
    if (dtype_is_float(d) && t->a->numel == 1 && py_warn_tensor_to_number(t) < 0)
        return -1;
    const array *a = t->a; /* the warning may have changed it */
    if (dtype_is_float(d)) {
        if (a->numel != 1) {
            PyErr_SetString(PyExc_ValueError, "only one element tensors can be converted to Python scalars");
            return -1;
        }
    } else if (a->numel != 1 || dtype_is_float(a->dtype)) {
        PyErr_SetString(PyExc_TypeError, "only integer tensors of a single element can be converted to an index");
        return -1;
    }
    PyObject *value = py_element(a, array_data(a));
    int failed = value ? py_store(value, d, p) : -1;
    Py_XDECREF(value);
    return failed;
}

static int store_float(PyObject *o, ct_dtype d, char *p)
{
    double v = PyFloat_Check(o) ? PyFloat_AS_DOUBLE(o) : PyFloat_AsDouble(o);
    if (v == -1 && PyErr_Occurred())
        return -1;
    dtype_store_f(p, d, v);
    return 0;
}

static int store_int(PyObject *o, ct_dtype d, char *p)
{
    if (PyFloat_Check(o))
        return store_checked_double(PyFloat_AS_DOUBLE(o), d, p);
    PyObject *index = PyNumber_Index(o);
    if (!index)
        return -1;
    int overflow;
    int64_t v = PyLong_AsLongLongAndOverflow(index, &overflow);
    Py_DECREF(index);
    if (overflow) {
        PyErr_SetString(PyExc_ValueError, "Overflow when unpacking long long");
        return -1;
    }
    return store_checked_int(v, d, p);
}

static int store_bool(PyObject *o, char *p)
{
    PyObject *number = PyFloat_Check(o) || numpy_is_bool(o) ? Py_NewRef(o) : PyNumber_Index(o);
    int truth = number ? PyObject_IsTrue(number) : -1;
    Py_XDECREF(number);
    *(uint8_t *)p = truth > 0;
    return truth < 0 ? -1 : 0;
}

int py_store(PyObject *o, ct_dtype d, char *p)
{
    if (d == DT_F32 && PyFloat_CheckExact(o))
        *(float *)p = (float)PyFloat_AS_DOUBLE(o);
    else if (py_is_tensor(o))
        return store_tensor(py_t(o), d, p);
    else
        return dtype_is_float(d) ? store_float(o, d, p) : d == DT_BOOL ? store_bool(o, p) : store_int(o, d, p);
    return 0;
}

static int wrong_length(int64_t wanted, int d, Py_ssize_t n)
{
    PyErr_Format(PyExc_ValueError, "expected sequence of length %lld at dim %d (got %zd)", (long long)wanted, d, n);
    return -1;
}

static int warn_list_of_arrays(void)
{
    static bool warned;
    return py_warn_once(&warned, "Creating a tensor from a list of numpy.ndarrays is extremely slow. "
                        "Join them by numpy.array() first, then convert the one array.");
}

/* May values of `from` be written as `to` without looking at each? bool to int is refused item by item, as in PyTorch. */
static bool needs_no_check(ct_dtype from, ct_dtype to)
{
    return from == to || (dtype_promote(from, to) == to && (from != DT_BOOL || dtype_is_float(to)));
}

/* An ndarray that fills the dimensions from d on, copied at once. 1 done, 0 read it item by item, -1 exception. */
static int store_ndarray(PyObject *o, const array *a, int d, const char *p)
{
    array *from = numpy_to_array(o, NUMPY_READ);
    if (!from) {
        PyErr_Clear();
        return 0;
    }
    int done = from->ndim == a->ndim - d && !memcmp(array_size(from), array_size(a) + d, from->ndim * sizeof(int64_t))
               && needs_no_check((ct_dtype)from->dtype, (ct_dtype)a->dtype);
    if (done) {
        int64_t offset = (p - a->st->data) / dtype_bytes((ct_dtype)a->dtype);
        array *part = array_alias(a, from->ndim, array_size(a) + d, array_stride(a) + d, offset);
        done = part ? 1 : py_raise_int();
        if (part)
            array_convert(from, part);
        array_drop(part);
    }
    array_drop(from);
    return done;
}

static int store_nested(PyObject *o, const array *a, int d, char *p)
{
    if (d == a->ndim)
        return py_store(o, (ct_dtype)a->dtype, p);
    int done = numpy_is_array(o) ? store_ndarray(o, a, d, p) : 0;
    if (done)
        return done < 0 ? -1 : 0;
    PyObject *items = PySequence_Fast(o, "not a sequence");
    if (!items)
        return -1;
    int64_t n = array_size(a)[d], step = array_stride(a)[d] * dtype_bytes(a->dtype);
    int failed = PySequence_Fast_GET_SIZE(items) == n ? 0 : wrong_length(n, d, PySequence_Fast_GET_SIZE(items));
    if (!failed && n > 0 && numpy_is_array(PySequence_Fast_GET_ITEM(items, n - 1)))
        failed = warn_list_of_arrays();
    for (int64_t i = 0; !failed && i < n; i++) {
        if (i >= PySequence_Fast_GET_SIZE(items)) {
            failed = wrong_length(n, d, PySequence_Fast_GET_SIZE(items));
            break;
        }
        PyObject *item = Py_NewRef(PySequence_Fast_GET_ITEM(items, i));
        failed = store_nested(item, a, d + 1, p + i * step) < 0 || let_through() < 0 ? -1 : 0;
        Py_DECREF(item);
    }
    Py_DECREF(items);
    return failed;
}

/* ---- everything ------------------------------------------------------------------------------------------- */
/* What fills its memory keeps its very strides, those of dimensions of size 1 too, as in PyTorch. */
static void copy_strides(const array *a, int64_t *stride)
{
    const int64_t *given = array_visible_stride(a);
    if (a->numel && !layout_is_dense(a->ndim, array_size(a), given))
        layout_dense_like(a->ndim, array_size(a), given, stride);
    else
        layout_take(stride, given, a->ndim);
}

array *py_array_copy(const array *a, ct_dtype dtype)
{
    int64_t stride[CT_MAXDIM];
    array *whole = array_new(dtype, a->ndim, array_size(a));
    copy_strides(a, stride);
    if (whole && !layout_same(stride, array_stride(whole), a->ndim)) {
        array *ordered = array_alias(whole, a->ndim, array_size(a), stride, 0);
        array_drop(whole);
        whole = ordered;
    }
    if (whole)
        array_convert(a, whole);
    else
        py_raise();
    return whole;
}

static array *from_nested(PyObject *data, ct_dtype wanted)
{
    int64_t size[CT_MAXDIM];
    int ndim;
    if (shape_of(data, size, &ndim) < 0 || (wanted == DT_NONE && infer(data, 0, &wanted) < 0))
        return NULL;
    array *a = array_new(wanted, ndim, size);
    if (!a) {
        py_raise();
        return NULL;
    }
    if (a->numel > 0 && store_nested(data, a, 0, array_data(a)) < 0) {
        array_drop(a);
        return NULL;
    }
    return a;
}

/* Lists and numbers are not asked. */
static bool is_plain(PyObject *o)
{
    return PyList_CheckExact(o) || PyTuple_CheckExact(o) || PyFloat_CheckExact(o) || PyLong_CheckExact(o) || PyBool_Check(o);
}

array *py_array_from_data(PyObject *data, ct_dtype wanted, bool share)
{
    array *a;
    if (is_plain(data))
        return from_nested(data, wanted);
    if (is_text(data)) {
        PyErr_Format(PyExc_TypeError, "new(): invalid data type '%s'", Py_TYPE(data)->tp_name);
        return NULL;
    }
    if (py_is_tensor(data))
        a = array_keep(py_t(data)->a);
    else if (numpy_is_array(data))
        a = numpy_to_array(data, share ? NUMPY_SHARE : NUMPY_READ);
    else if (!numpy_is_scalar(data) && py_offers_dlpack(data))
        a = py_dlpack_import(data);
    else {
        PyObject *shown = numpy_is_scalar(data) ? NULL : py_of_storage(data, wanted);
        a = shown ? array_keep(py_t(shown)->a) : PyErr_Occurred() ? NULL : from_nested(data, wanted);
        Py_XDECREF(shown);
        return a;
    }
    if (!a || (share && (wanted == DT_NONE || wanted == a->dtype)))
        return a;
    array *copy = py_array_copy(a, wanted == DT_NONE ? (ct_dtype)a->dtype : wanted);
    array_drop(a);
    return copy;
}
