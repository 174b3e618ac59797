/* Tensor methods that are no ops: what a tensor is, its bytes, its place in the history. */
#include "ops/dispatch.h"
#include "ops/product_host.h"
#include "py/tensor_type.h"
#include <stdlib.h>

#define METHOD(name) static PyObject *name(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *kw)
#define PLAIN(name) static PyObject *name(PyObject *self, PyObject *unused)

/* The dim argument, positional or by name, of size() and stride(): 1 given, 0 absent, -1 exception. */
static int dim_argument(const char *op, PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *kw, int *dim)
{
    Py_ssize_t named = kw ? PyTuple_GET_SIZE(kw) : 0;
    if (n + named > 1 || (named && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(kw, 0), "dim") && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(kw, 0), "axis"))) {
        PyErr_Format(PyExc_TypeError, "%s() takes one argument, dim", op);
        return -1;
    }
    if (n + named == 0 || args[0] == Py_None)
        return 0;
    if (PyBool_Check(args[0]) || (py_is_tensor(args[0]) && py_t(args[0])->a->ndim)) {
        PyErr_Format(PyExc_TypeError, "%s(): argument 'dim' must be int, not %s", op, PyBool_Check(args[0]) ? "bool" : "a Tensor of dimensions");
        return -1;
    }
    int64_t value = PyLong_AsLongLong(args[0]);
    if (value == -1 && PyErr_Occurred())
        return -1;
    int ndim = py_t(self)->a->ndim; /* which the argument's __index__ may have changed */
    if (ndim == 0)
        return layout_wrap_dim(op, value, 0, dim) < 0 ? py_raise_int() : (PyErr_Format(PyExc_IndexError, "dimension specified as %lld but tensor has no dimensions", (long long)value), -1);
    return layout_wrap_dim(op, value, ndim, dim) < 0 ? py_raise_int() : 1;
}

METHOD(tensor_size)
{
    int dim, given = dim_argument("size", self, args, n, kw, &dim);
    const array *a = py_t(self)->a;
    return given < 0 ? NULL : given ? PyLong_FromLongLong(array_size(a)[dim]) : py_size(a->ndim, array_size(a));
}

METHOD(tensor_stride)
{
    int dim, given = dim_argument("stride", self, args, n, kw, &dim);
    const array *a = py_t(self)->a;
    const int64_t *stride = array_visible_stride(a);
    return given < 0 ? NULL : given ? PyLong_FromLongLong(stride[dim]) : py_ints(a->ndim, stride);
}

PLAIN(tensor_dim) { (void)unused; return PyLong_FromLong(py_t(self)->a->ndim); }
PLAIN(tensor_numel) { (void)unused; return PyLong_FromLongLong(py_t(self)->a->numel); }
PLAIN(tensor_element_size) { (void)unused; return PyLong_FromLongLong(dtype_bytes(py_t(self)->a->dtype)); }
PLAIN(tensor_storage_offset) { (void)unused; return PyLong_FromLongLong(py_t(self)->a->offset); }
PLAIN(tensor_data_ptr)
{
    (void)unused;
    array *a = tensor_written_out(py_t(self));
    void *at = a && a->numel && a->st->nbytes ? array_data(a) : NULL;
    array_drop(a);
    return a ? PyLong_FromVoidPtr(at) : py_raise();
}
PLAIN(tensor_storage_bytes) { (void)unused; return PyLong_FromLongLong(py_t(self)->a->st->nbytes); }
PLAIN(tensor_storage_ptr)
{
    (void)unused;
    array *a = tensor_written_out(py_t(self));
    void *at = a ? a->st->data : NULL;
    array_drop(a);
    return a ? PyLong_FromVoidPtr(at) : py_raise();
}

METHOD(tensor_is_contiguous)
{
    const array *a = py_t(self)->a;
    int64_t format = FORMAT_CONTIGUOUS;
    Py_ssize_t named = kw ? PyTuple_GET_SIZE(kw) : 0;
    int known = n + named == 0 ? 1 : n || named > 1 || PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(kw, 0), "memory_format") ? 0 : py_format(args[0], &format);
    if (known < 1)
        return known < 0 ? NULL : PyErr_Format(PyExc_TypeError, "is_contiguous() takes one argument by keyword, memory_format");
    if (format == FORMAT_CONTIGUOUS || format == FORMAT_PRESERVE)
        return PyBool_FromLong(array_shows_contiguous(a));
    return PyBool_FromLong(a->ndim == (format == FORMAT_CHANNELS_LAST ? 4 : 5) && layout_is_channels_last(a->ndim, array_size(a), array_visible_stride(a)));
}

PLAIN(tensor_is_floating_point) { (void)unused; return PyBool_FromLong(dtype_is_float(py_t(self)->a->dtype)); }
PLAIN(tensor_is_false) { (void)self, (void)unused; Py_RETURN_FALSE; }
PLAIN(tensor_is_signed) { (void)unused; return PyBool_FromLong(py_t(self)->a->dtype > DT_U8); }
PLAIN(tensor_item) { (void)unused; return py_item(py_t(self)->a); }
PLAIN(tensor_tolist) { (void)unused; return py_tolist(py_t(self)->a); }
PLAIN(tensor_self) { (void)unused; return Py_NewRef(self); }

/* ---- history ------------------------------------------------------------------------------------------------- */
/* The same array: writes are seen and counted by both. */
PLAIN(tensor_detach)
{
    (void)unused;
    return py_kept_class(py_wrap_array(array_keep(py_t(self)->a)), &self, 1);
}

PLAIN(tensor_detach_)
{
    (void)unused;
    tensor *t = py_t(self);
    if (tensor_is_view(t) && !tape_now.inference)
        return PyErr_Format(PyExc_RuntimeError, "Can't detach views in-place. Use detach() instead.");
    if (t->box)
        t->box->idle = true;
    if (t->base)
        node_set(&t->base->fn, NULL);
    node_set(&t->fn, NULL);
    return Py_NewRef(self);
}

METHOD(tensor_requires_grad_)
{
    bool wanted = true;
    Py_ssize_t named = kw ? PyTuple_GET_SIZE(kw) : 0;
    if (n + named > 1)
        return PyErr_Format(PyExc_TypeError, "requires_grad_() takes one argument, requires_grad");
    if (n + named == 1) {
        if (!PyBool_Check(args[0]))
            return PyErr_Format(PyExc_TypeError, "requires_grad_(): argument 'requires_grad'%s must be bool, not %s", n ? " (position 1)" : "", Py_TYPE(args[0])->tp_name);
        wanted = args[0] == Py_True;
    }
    if (wanted && !dtype_is_float(py_t(self)->a->dtype))
        return PyErr_Format(PyExc_RuntimeError, "only Tensors of floating point dtype can require gradients");
    return py_set_requires_grad(self, wanted) < 0 ? py_raise() : Py_NewRef(self);
}

PyObject *py_tensor_retain_grad(PyObject *self, PyObject *unused)
{
    (void)unused;
    tensor *t = py_t(self);
    if (!tensor_requires_grad(t))
        return PyErr_Format(PyExc_RuntimeError, "can't retain_grad on Tensor that has requires_grad=False");
    if (t->fn->kind == &leaf_kind || (t->flags & T_RETAINS))
        Py_RETURN_NONE;
    node_extra *x = node_extras(t->fn);
    struct retain *keep = x ? ct_alloc(sizeof *keep) : NULL;
    if (!keep || (!t->box && !(t->box = gradbox_new()))) {
        ct_free(keep, sizeof *keep);
        return py_raise();
    }
    *keep = (struct retain){x->retains, t->box, t->nr};
    t->box->refs++;
    x->retains = keep;
    t->flags |= T_RETAINS;
    Py_RETURN_NONE;
}

/* _make_subclass(cls, data, requires_grad=False): a cls over the same memory, outside the history. */
static PyObject *tensor_make_subclass(PyObject *unused, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"cls", "data", "require_grad", NULL};
    PyTypeObject *cls;
    PyObject *data;
    PyObject *requires_grad = Py_False;
    (void)unused;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!O!|O!", names, &PyType_Type, &cls, py_tensor_type, &data, &PyBool_Type, &requires_grad))
        return NULL;
    if (!PyType_IsSubtype(cls, py_tensor_type))
        return PyErr_Format(PyExc_TypeError, "_make_subclass: %s is no subclass of Tensor", cls->tp_name);
    tensor t;
    tensor_init(&t, array_keep(py_t(data)->a));
    PyObject *made = py_wrap_as(cls, &t);
    if (made && requires_grad == Py_True && py_born_with_grad(made) < 0) {
        Py_DECREF(made);
        return py_raise();
    }
    return made;
}

/* set_ of a tensor: this object shows the source's memory from now on. */
PLAIN(tensor_set_)
{
    if (!py_is_tensor(unused))
        return PyErr_Format(PyExc_TypeError, "set_(): argument 'source' must be Tensor, not %s", Py_TYPE(unused)->tp_name);
    if (tensor_set_data(py_t(self), py_t(unused)->a) < 0)
        return py_raise();
    tensor_wrote(py_t(self), "set_");
    return Py_NewRef(self);
}

static PyObject *tensor_iterate(PyObject *self, PyObject *unused) { (void)unused; return py_tensor_iter(self); }

PyObject *py_tensor_iter(PyObject *self)
{
    if (py_t(self)->a->ndim == 0)
        return PyErr_Format(PyExc_TypeError, "iteration over a 0-d tensor");
    PyObject *parts = PyObject_CallMethod(self, "unbind", "i", 0);
    PyObject *iterator = parts ? PyObject_GetIter(parts) : NULL;
    Py_XDECREF(parts);
    return iterator;
}

/* ---- shared numbers ----------------------------------------------------------------------------------------- */
PLAIN(tensor_distinct)
{
    (void)unused;
    const array *a = py_t(self)->a;
    return PyLong_FromLongLong(array_is_contiguous(a) ? a->numel : layout_distinct(a->ndim, array_size(a), array_stride(a)));
}

/* What follows goes by the visible layout, which is what a write through a tensor reaches. */
PLAIN(tensor_places)
{
    (void)unused;
    const array *a = py_t(self)->a;
    return PyLong_FromLongLong(array_shows_contiguous(a) ? a->numel : layout_distinct(a->ndim, array_size(a), array_visible_stride(a)));
}

METHOD(tensor_reshapes)
{
    int64_t size[CT_MAXDIM];
    if (n > CT_MAXDIM || kw)
        return PyErr_Format(PyExc_TypeError, "_reshapes() takes at most %d sizes", CT_MAXDIM);
    for (Py_ssize_t i = 0; i < n; i++)
        if ((size[i] = PyLong_AsLongLong(args[i])) == -1 && PyErr_Occurred())
            return NULL;
    int way = product_reshape(py_t(self)->a, (int)n, size);
    return way < 0 ? py_raise() : PyLong_FromLong(way);
}

/* The bytes of a compressed storage are not where elements will be, once they are written out: the header stands for it. */
static uintptr_t storage_place(const storage *s) { return storage_is_compressed(s) ? (uintptr_t)s : (uintptr_t)s->data; }
PLAIN(tensor_storage_place) { (void)unused; return PyLong_FromVoidPtr((void *)storage_place(py_t(self)->a->st)); }

/* Within one storage offsets are compared, not addresses: they hold wherever the bytes are. */
static PyObject *tensor_overlaps(PyObject *self, PyObject *other)
{
    if (!py_is_tensor(other))
        return PyErr_Format(PyExc_TypeError, "_overlaps(): argument 'other' must be Tensor, not %s", Py_TYPE(other)->tp_name);
    const array *a = py_t(self)->a, *b = py_t(other)->a;
    if (a->st != b->st)
        return PyBool_FromLong(array_overlap(a, b) != OVERLAP_NONE);
    int64_t item_a = dtype_bytes(a->dtype), item_b = dtype_bytes(b->dtype);
    return PyBool_FromLong(layout_overlap(a->ndim, array_size(a), array_visible_stride(a), a->offset * item_a, item_a,
                                          b->ndim, array_size(b), array_visible_stride(b), b->offset * item_b, item_b) != OVERLAP_NONE);
}

typedef struct span { uintptr_t low, high; } span; /* bytes, high excluded */

static int by_low(const void *a, const void *b)
{
    const span *x = a, *y = b;
    return (x->low > y->low) - (x->low < y->low);
}

/* The bytes from an array's lowest to its highest element, by storage_place; one byte for all of a compressed storage. */
static span span_of(const array *a)
{
    int64_t low, high, item = dtype_bytes(a->dtype);
    uintptr_t place = storage_place(a->st);
    if (storage_is_compressed(a->st))
        return (span){place, place + 1};
    layout_extent(a->ndim, array_size(a), array_visible_stride(a), &low, &high);
    return (span){place + (uintptr_t)((a->offset + low) * item), place + (uintptr_t)((a->offset + high + 1) * item)};
}

static bool any_meet(span *spans, int64_t n)
{
    int64_t rising = 1;
    while (rising < n && spans[rising - 1].low <= spans[rising].low)
        rising++;
    if (rising < n)
        qsort(spans, (size_t)n, sizeof *spans, by_low);
    uintptr_t reached = 0;
    for (int64_t i = 0; i < n; i++) {
        if (spans[i].low < reached)
            return true;
        reached = spans[i].high;
    }
    return false;
}

/* 1 if a tensor in items has gaps or overlaps or two have a byte range in common, 0 if not, -1 with an exception. */
static int may_tie(PyObject *const *items, Py_ssize_t n, span *spans)
{
    int64_t used = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (!py_is_tensor(items[i])) {
            PyErr_Format(PyExc_TypeError, "_may_tie(): expected Tensors, got %s", Py_TYPE(items[i])->tp_name);
            return -1;
        }
        const array *a = py_t(items[i])->a;
        if (a->numel == 0)
            continue;
        if (!array_shows_contiguous(a) && !layout_is_dense(a->ndim, array_size(a), array_visible_stride(a)))
            return 1;
        spans[used++] = span_of(a);
    }
    return any_meet(spans, used);
}

static PyObject *tensor_may_tie(PyObject *unused, PyObject *tensors)
{
    (void)unused;
    PyObject *list = PySequence_Fast(tensors, "_may_tie(): expected a sequence of Tensors");
    if (!list)
        return NULL;
    Py_ssize_t n = PySequence_Fast_GET_SIZE(list);
    span small[64], *spans = n <= 64 ? small : ct_alloc(n * (int64_t)sizeof *spans);
    int answer = spans ? may_tie(PySequence_Fast_ITEMS(list), n, spans) : (py_raise(), -1);
    if (spans != small)
        ct_free(spans, n * (int64_t)sizeof *spans);
    Py_DECREF(list);
    return answer < 0 ? NULL : PyBool_FromLong(answer);
}

PLAIN(tensor_is_inference) { (void)unused; return PyBool_FromLong(py_t(self)->a->st->flags & ST_INFERENCE); }
PLAIN(tensor__is_view) { (void)unused; return PyBool_FromLong(tensor_is_view(py_t(self))); }

#define FAST(name, f, doc) {name, (PyCFunction)(void (*)(void))f, METH_FASTCALL | METH_KEYWORDS, doc}
#define NOARGS(name, f, doc) {name, f, METH_NOARGS, doc}
PyMethodDef py_tensor_methods[] = {
    FAST("size", tensor_size, "size(dim=None): all sizes as a Size, or one of them. IndexError for a dim out of range."),
    FAST("stride", tensor_stride, "stride(dim=None): steps in elements between neighbours, of every dimension or one."),
    NOARGS("dim", tensor_dim, "Number of dimensions."),
    NOARGS("ndimension", tensor_dim, "Number of dimensions."),
    NOARGS("numel", tensor_numel, "Number of elements as shown."),
    NOARGS("nelement", tensor_numel, "Number of elements as shown."),
    NOARGS("distinct", tensor_distinct, "Number of different elements that are stored for the elements of self, exactly: numel() where nothing repeats one."),
    NOARGS("_places", tensor_places, "distinct() by the visible strides: how many elements a write to self would reach."),
    NOARGS("element_size", tensor_element_size, "Bytes of one element."),
    NOARGS("storage_offset", tensor_storage_offset, "Place of the first element in the storage, in elements."),
    NOARGS("data_ptr", tensor_data_ptr, "Address of the first element; 0 where there is none."),
    NOARGS("_storage_nbytes", tensor_storage_bytes, "Bytes that the storage holds."),
    NOARGS("_storage_place", tensor_storage_place, "As _storage_ptr, but does not write a compressed storage out, which changes it."),
    NOARGS("_storage_ptr", tensor_storage_ptr, "Address of the storage: equal for tensors that share memory."),
    FAST("_reshapes", tensor_reshapes, "_reshapes(*size): what reshape(size) would do, as bits: 1, it writes out what repeats or slides in memory; 2, it copies what self shows."),
    {"_overlaps", tensor_overlaps, METH_O, "_overlaps(other): True when self and other have an element in common, exactly."},
    {"_may_tie", tensor_may_tie, METH_O | METH_STATIC,
     "_may_tie(tensors): False when they surely share no element, nor one of them an element with itself. Quick, not exact."},
    FAST("is_contiguous", tensor_is_contiguous, "True when the elements lie in row-major order without gaps."),
    NOARGS("is_floating_point", tensor_is_floating_point, "True for float32 and float64."),
    NOARGS("is_complex", tensor_is_false, "False: no dtype is complex."),
    NOARGS("is_conj", tensor_is_false, "False."),
    NOARGS("is_neg", tensor_is_false, "False."),
    NOARGS("is_signed", tensor_is_signed, "True for dtypes with negative values."),
    NOARGS("item", tensor_item, "The only element as a Python number; RuntimeError if there are more."),
    NOARGS("tolist", tensor_tolist, "Nested lists of Python numbers; a number for a 0-d tensor."),
    NOARGS("cpu", tensor_self, "self: all memory is on the CPU."),
    NOARGS("resolve_conj", tensor_self, "self."),
    NOARGS("resolve_neg", tensor_self, "self."),
    NOARGS("detach", tensor_detach, "The same memory without history."),
    NOARGS("detach_", tensor_detach_, "Takes self out of the history."),
    FAST("requires_grad_", tensor_requires_grad_, "requires_grad_(requires_grad=True): sets the flag in place and returns self."),
    NOARGS("retain_grad", py_tensor_retain_grad, "Makes backward() fill .grad of this non-leaf too."),
    NOARGS("is_inference", tensor_is_inference, "True for tensors made in inference_mode, and views of them."),
    NOARGS("_is_view", tensor__is_view, "True for a view that shares its history with a base."),
    {"_set", tensor_set_, METH_O, "_set($self, source, /)\n--\n\nself shows source's memory from now on."},
    {"__iter__", tensor_iterate, METH_NOARGS, "Iterates over the first dimension."},
    FAST("backward", py_tensor_backward, "backward(gradient=None, retain_graph=None, create_graph=False, inputs=None): adds the derivatives of self to "
         ".grad of the leaves. RuntimeError for more than one element without gradient."),
    {"register_hook", py_tensor_register_hook, METH_O, "register_hook(hook): hook(grad) is called with the gradient and may return another."},
    {"register_post_accumulate_grad_hook", py_tensor_register_post_accumulate_grad_hook, METH_O,
     "register_post_accumulate_grad_hook(hook): hook(leaf) is called when a backward run has added to .grad."},
    {"as_subclass", py_tensor_as_subclass, METH_O, "as_subclass(cls): self as a tensor of a subclass, in the same memory and history; what is computed of it is of that class."},
    {"_make_subclass", (PyCFunction)(void (*)(void))tensor_make_subclass, METH_VARARGS | METH_KEYWORDS | METH_STATIC,
     "_make_subclass(cls, data, require_grad=False): a cls over data's memory."},
    {NULL},
};
