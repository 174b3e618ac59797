/* DLPack: exchange of memory with other array libraries through capsules.
 *
 * Source: the DLPack specification (dmlc/dlpack, version 1.0) for the layout of the structs, and the Python array API
 * standard for the protocol. Old capsules are called "dltensor", those with a version "dltensor_versioned"; the
 * consumer renames a capsule to "used_..." and calls its deleter once, maybe from another thread.
 */
#include "py/py.h"
#include <string.h>

enum { DL_CPU = 1 };
enum { DL_INT, DL_UINT, DL_FLOAT, DL_BFLOAT = 4, DL_BOOL = 6 };
enum { DL_READ_ONLY = 1, DL_COPIED = 2, DL_MAJOR = 1 };

typedef struct { int32_t type, id; } dl_device;
typedef struct { uint8_t code, bits; uint16_t lanes; } dl_dtype;
typedef struct {
    void *data;
    dl_device device;
    int32_t ndim;
    dl_dtype dtype;
    int64_t *size, *stride; /* stride in elements; NULL: row-major */
    uint64_t byte_offset;
} dl_tensor;
typedef struct dl_managed {
    dl_tensor t;
    void *context;
    void (*deleter)(struct dl_managed *);
} dl_managed;
typedef struct dl_versioned {
    uint32_t major, minor;
    void *context;
    void (*deleter)(struct dl_versioned *);
    uint64_t flags;
    dl_tensor t;
} dl_versioned;

static const char OLD[] = "dltensor", NEW[] = "dltensor_versioned";

static dl_dtype dl_dtype_of(ct_dtype d)
{
    uint8_t kind = d == DT_BOOL ? DL_BOOL : d == DT_U8 ? DL_UINT : d == DT_BF16 ? DL_BFLOAT : dtype_is_float(d) ? DL_FLOAT : DL_INT;
    return (dl_dtype){kind, (uint8_t)(8 * dtype_bytes(d)), 1};
}

static ct_dtype dtype_of(dl_dtype t)
{
    for (int d = 0; d < DT_COUNT; d++) {
        dl_dtype mine = dl_dtype_of((ct_dtype)d);
        if (mine.code == t.code && mine.bits == t.bits && t.lanes == 1)
            return (ct_dtype)d;
    }
    return DT_NONE;
}

/* ---- out -------------------------------------------------------------------------------------------- */
typedef struct sent {
    union { dl_managed old; dl_versioned new; };
    array *a;
    int64_t size[CT_MAXDIM], stride[CT_MAXDIM];
} sent;

static void sent_free(sent *s)
{
    if (!Py_IsInitialized())
        return;
    PyGILState_STATE lock = PyGILState_Ensure();
    array_drop(s->a);
    PyMem_Free(s);
    PyGILState_Release(lock);
}
static void delete_old(dl_managed *m) { sent_free(m->context); }
static void delete_new(dl_versioned *m) { sent_free(m->context); }

/* Destructor of a capsule that nobody consumed. */
static void capsule_dropped(PyObject *capsule)
{
    if (PyCapsule_IsValid(capsule, OLD))
        delete_old(PyCapsule_GetPointer(capsule, OLD));
    else if (PyCapsule_IsValid(capsule, NEW))
        delete_new(PyCapsule_GetPointer(capsule, NEW));
}

/* takes a; strides of dimensions without a step are 1, as readers of the format like them */
static sent *sent_new(array *a)
{
    sent *s = PyMem_Calloc(1, sizeof *s);
    if (!s || array_export(a) < 0) {
        PyMem_Free(s);
        ct_clear();
        array_drop(a);
        PyErr_NoMemory();
        return NULL;
    }
    s->a = a;
    for (int d = 0; d < a->ndim; d++) {
        s->size[d] = array_size(a)[d];
        s->stride[d] = s->size[d] == 1 ? 1 : array_visible_stride(a)[d];
    }
    return s;
}

static dl_tensor describe(sent *s)
{
    return (dl_tensor){.data = array_data(s->a), .device = {DL_CPU, 0}, .ndim = s->a->ndim, .dtype = dl_dtype_of((ct_dtype)s->a->dtype),
                       .size = s->size, .stride = s->stride};
}

/* takes a */
static PyObject *send(array *a, bool versioned, bool copied)
{
    sent *s = sent_new(a);
    if (!s)
        return NULL;
    uint64_t flags = (a->st->flags & ST_READONLY ? DL_READ_ONLY : 0) | (copied ? DL_COPIED : 0);
    if (versioned)
        s->new = (dl_versioned){.major = DL_MAJOR, .context = s, .deleter = delete_new, .flags = flags, .t = describe(s)};
    else
        s->old = (dl_managed){.t = describe(s), .context = s, .deleter = delete_old};
    PyObject *capsule = PyCapsule_New(s, versioned ? NEW : OLD, capsule_dropped);
    if (!capsule)
        sent_free(s);
    return capsule;
}

static int check_stream(const arg *stream)
{
    if (!arg_given(stream))
        return 0;
    if (PyLong_Check(stream->obj))
        PyErr_SetString(PyExc_AssertionError, "stream should be None on cpu.");
    else
        PyErr_SetString(PyExc_TypeError, "stream must be ``int`` or ``none``");
    return -1;
}

static int check_dl_device(const arg *device)
{
    int type, id;
    if (!arg_given(device))
        return 0;
    if (!PyTuple_Check(device->obj) || !PyArg_ParseTuple(device->obj, "ii", &type, &id)) {
        PyErr_SetString(PyExc_TypeError, "__dlpack__(): dl_device must be None or a pair (device type, device id)");
        return -1;
    }
    if (type == DL_CPU)
        return 0;
    PyErr_Format(PyExc_BufferError, "__dlpack__(): device type %d was asked for; tensors live on the CPU (type %d)", type, DL_CPU);
    return -1;
}

/* 1 when the consumer reads versioned capsules */
static int wants_versioned(const arg *max_version)
{
    int major, minor;
    if (!arg_given(max_version))
        return 0;
    if (PyTuple_Check(max_version->obj) && PyArg_ParseTuple(max_version->obj, "ii", &major, &minor))
        return major >= DL_MAJOR;
    PyErr_SetString(PyExc_TypeError, "__dlpack__(): max_version must be None or a pair (major, minor)");
    return -1;
}

PyObject *py_tensor_dlpack(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    static py_sig sig = {"__dlpack__", "(*, object stream=None, object max_version=None, object dl_device=None, bool? copy=None)", NULL};
    bound b;
    if (py_bind(&sig, args, n, names, &b) < 0 || check_stream(&b.args[0]) < 0 || check_dl_device(&b.args[2]) < 0)
        return NULL;
    int versioned = wants_versioned(&b.args[1]);
    if (versioned < 0)
        return NULL;
    if (tensor_requires_grad(py_t(self))) {
        PyErr_SetString(PyExc_BufferError, "Can't export tensors that require gradient, use tensor.detach()");
        return NULL;
    }
    array *a = py_t(self)->a;
    bool copy = arg_bool(&b.args[3]);
    if (!copy && !versioned && a->st->flags & ST_READONLY) {
        PyErr_SetString(PyExc_BufferError, "read-only memory needs a versioned capsule: pass max_version=(1, 0), or copy=True");
        return NULL;
    }
    a = copy ? py_array_copy(a, (ct_dtype)a->dtype) : array_keep(a);
    return a ? send(a, versioned, copy) : NULL;
}

PyObject *py_tensor_dlpack_device(PyObject *self, PyObject *none)
{
    (void)self, (void)none;
    return Py_BuildValue("(ii)", DL_CPU, 0);
}

/* ---- in ------------------------------------------------------------------------------------------------ */
static void release_old(void *owner, void *data)
{
    dl_managed *m = owner;
    py_told told;
    (void)data;
    py_set_aside(&told);
    if (m->deleter)
        m->deleter(m);
    py_put_back(&told);
}
static void release_new(void *owner, void *data)
{
    dl_versioned *m = owner;
    py_told told;
    (void)data;
    py_set_aside(&told);
    if (m->deleter)
        m->deleter(m);
    py_put_back(&told);
}

static int refuse(const char *why)
{
    PyErr_Format(PyExc_BufferError, "from_dlpack: %s", why);
    return -1;
}

/* Sizes and strides of a received tensor, checked; *extent elements are reached. */
static int check_geometry(const dl_tensor *t, int64_t *stride, int64_t *extent)
{
    int64_t numel, reach = 1;
    if (t->ndim < 0 || t->ndim > CT_MAXDIM)
        return refuse("more than 64 dimensions");
    if (t->ndim > 0 && !t->size)
        return refuse("the shape is missing");
    if (layout_check_numel("from_dlpack", t->ndim, t->size, &numel) < 0)
        return py_raise_int();
    layout_row_major(t->ndim, t->size, stride);
    for (int d = 0; d < t->ndim; d++) {
        int64_t step;
        if (t->stride)
            stride[d] = t->stride[d];
        if (stride[d] < 0)
            return refuse("negative strides are not supported; copy the array first");
        if (numel && (!ct_mul(t->size[d] - 1, stride[d], &step) || !ct_add(reach, step, &reach)))
            return refuse("sizes and strides overflow");
    }
    *extent = numel ? reach : 0;
    return *extent && !t->data ? refuse("the memory is missing") : 0;
}

static int check_content(const dl_tensor *t, ct_dtype *d)
{
    *d = dtype_of(t->dtype);
    if (t->device.type != DL_CPU)
        return refuse("the memory is not on the CPU");
    if (*d == DT_NONE) {
        PyErr_Format(PyExc_BufferError, "from_dlpack: dtype (code %d, %d bits, %d lanes) is not supported; supported are bool, uint8, int32, int64, float32, float64",
                     t->dtype.code, t->dtype.bits, t->dtype.lanes);
        return -1;
    }
    return ((uintptr_t)t->data + t->byte_offset) % (uintptr_t)dtype_bytes(*d) ? refuse("the memory is not aligned to its element size") : 0;
}

/* An array over the memory of `owner`, which is released with it, or stays the caller's on failure. */
static array *receive(const dl_tensor *t, void *owner, void (*release)(void *, void *), bool read_only)
{
    int64_t stride[CT_MAXDIM], extent = 0, nbytes;
    ct_dtype d;
    if (check_content(t, &d) < 0 || check_geometry(t, stride, &extent) < 0)
        return NULL;
    if (!ct_mul(extent, dtype_bytes(d), &nbytes)) {
        refuse("sizes and strides overflow");
        return NULL;
    }
    storage *s = storage_new_foreign((char *)t->data + t->byte_offset, nbytes, NULL, NULL);
    array *a = s ? array_new_over(s, d, t->ndim, t->size, stride, 0) : NULL;
    if (a) {
        storage_set_owner(s, release, owner);
        s->flags |= read_only ? ST_READONLY : 0;
    } else
        py_raise();
    storage_drop(s);
    return a;
}

static array *receive_capsule(PyObject *capsule)
{
    array *a;
    if (PyCapsule_IsValid(capsule, NEW)) {
        dl_versioned *m = PyCapsule_GetPointer(capsule, NEW);
        if (m->major != DL_MAJOR) {
            refuse("the capsule's major version is not 1");
            return NULL;
        }
        a = receive(&m->t, m, release_new, m->flags & DL_READ_ONLY);
    } else if (PyCapsule_IsValid(capsule, OLD)) {
        dl_managed *m = PyCapsule_GetPointer(capsule, OLD);
        a = receive(&m->t, m, release_old, false);
    } else {
        PyErr_SetString(PyExc_RuntimeError, "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, "
                        "so you might have already constructed a tensor from it once.");
        return NULL;
    }
    if (a)
        PyCapsule_SetName(capsule, PyCapsule_IsValid(capsule, NEW) ? "used_dltensor_versioned" : "used_dltensor");
    return a;
}

bool py_offers_dlpack(PyObject *o)
{
    PyObject *method = PyObject_GetAttrString((PyObject *)Py_TYPE(o), "__dlpack__");
    if (!method)
        PyErr_Clear();
    Py_XDECREF(method);
    return method != NULL;
}

/* o.__dlpack__(max_version=(1, 0)), or without it where it is not known */
static PyObject *ask_capsule(PyObject *o)
{
    PyObject *method = PyObject_GetAttrString(o, "__dlpack__");
    PyObject *none = method ? PyTuple_New(0) : NULL, *named = none ? Py_BuildValue("{s(ii)}", "max_version", DL_MAJOR, 0) : NULL;
    PyObject *capsule = named ? PyObject_Call(method, none, named) : NULL;
    if (named && !capsule && PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        capsule = PyObject_CallNoArgs(method);
    }
    Py_XDECREF(method);
    Py_XDECREF(none);
    Py_XDECREF(named);
    return capsule;
}

array *py_dlpack_import(PyObject *o)
{
    PyObject *capsule = py_offers_dlpack(o) ? ask_capsule(o) : Py_NewRef(o);
    array *a = capsule ? receive_capsule(capsule) : NULL;
    Py_XDECREF(capsule);
    return a;
}
