/* device: a kind of machine and an index. Any may be named; tensors live on the CPU. */
#include "py/py.h"
#include <string.h>

typedef struct { PyObject_HEAD int kind; int index; /* -1: none */ } PyDevice;
PyTypeObject *py_device_type;
static PyObject *cpu;

static const char *const kinds[] = {
    "cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia", "xla", "lazy", "vulkan",
    "mps", "meta", "hpu", "mtia", "privateuseone",
};
enum { CPU = 0, CUDA = 1, XPU = 3, N_KINDS = sizeof kinds / sizeof *kinds };
static const char EXPECTED[] = "Expected one of cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, "
    "lazy, vulkan, mps, meta, hpu, mtia, privateuseone device type at start of device string: ";

PyObject *py_device_cpu(void) { return cpu; }

static PyObject *device_make(int kind, int index)
{
    PyDevice *self = PyObject_New(PyDevice, py_device_type);
    if (self) {
        self->kind = kind;
        self->index = index;
    }
    return (PyObject *)self;
}

/* ---- reading "cuda:1" ------------------------------------------------------------------------------- */
static int kind_named(const char *text, size_t n)
{
    for (int k = 0; k < N_KINDS; k++)
        if (strlen(kinds[k]) == n && memcmp(kinds[k], text, n) == 0)
            return k;
    return -1;
}

/* Up to five digits without a leading zero; -1 otherwise. */
static int index_in(const char *digits)
{
    size_t n = strlen(digits);
    if (n == 0 || n > 5 || (n > 1 && digits[0] == '0') || strspn(digits, "0123456789") != n)
        return -1;
    int value = 0;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + digits[i] - '0';
    return value;
}

static int device_read(const char *text, int *kind, int *index)
{
    const char *colon = strchr(text, ':');
    *index = -1;
    if (!*text) {
        PyErr_SetString(PyExc_RuntimeError, "Device string must not be empty");
        return -1;
    }
    *kind = kind_named(text, colon ? (size_t)(colon - text) : strlen(text));
    if (*kind < 0) {
        PyErr_Format(PyExc_RuntimeError, "%s%s", EXPECTED, text);
        return -1;
    }
    if (colon && (*index = index_in(colon + 1)) < 0) {
        PyErr_Format(PyExc_RuntimeError, "Invalid device string: '%s'", text);
        return -1;
    }
    return 0;
}

static int no_accelerator(void)
{
    PyErr_SetString(PyExc_RuntimeError, "Cannot access accelerator device when none is available.");
    return -1;
}

/* kind and index of anything that names a device */
static int device_from(PyObject *o, int *kind, int *index)
{
    if (Py_IS_TYPE(o, py_device_type)) {
        *kind = ((PyDevice *)o)->kind;
        *index = ((PyDevice *)o)->index;
        return 0;
    }
    if (PyUnicode_Check(o)) {
        const char *text = PyUnicode_AsUTF8(o);
        return text ? device_read(text, kind, index) : -1;
    }
    if (PyLong_Check(o))
        return no_accelerator();
    PyErr_Format(PyExc_TypeError, "device must be a torch.device or a str such as 'cpu', not %s", py_type_name(o));
    return -1;
}

int py_check_device(PyObject *o)
{
    int kind, index;
    if (!o || o == Py_None || o == cpu)
        return 0;
    if (device_from(o, &kind, &index) < 0)
        return -1;
    if (kind == CPU)
        return 0;
    if (kind == CUDA || kind == XPU)
        PyErr_Format(PyExc_AssertionError, "Torch not compiled with %s enabled", kind == CUDA ? "CUDA" : "XPU");
    else
        PyErr_Format(PyExc_NotImplementedError, "device '%s' is not available: ctgrad computes on the CPU, use device='cpu'", kinds[kind]);
    return -1;
}

/* ---- the type -------------------------------------------------------------------------------------------- */
static int explicit_index(PyObject *type, PyObject *o, int *index)
{
    int overflow;
    long long value = PyLong_Check(o) ? PyLong_AsLongLongAndOverflow(o, &overflow) : -2;
    if (!PyLong_Check(o)) {
        PyErr_Format(PyExc_TypeError, "device(): argument 'index' must be int, not %s", Py_TYPE(o)->tp_name);
        return -1;
    }
    if (*index >= 0) {
        PyErr_Format(PyExc_RuntimeError, "type (string) must not include an index because index was passed explicitly: %S", type);
        return -1;
    }
    if (overflow || value < 0 || value > 127) {
        PyErr_SetString(PyExc_RuntimeError, overflow <= 0 && value < 0 ? "Device index must not be negative" : "Device index must be at most 127");
        return -1;
    }
    *index = (int)value;
    return 0;
}

static PyObject *device_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"type", "index", NULL};
    PyObject *what, *number = Py_None;
    int kind, index;
    (void)type;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O:device", names, &what, &number) || device_from(what, &kind, &index) < 0)
        return NULL;
    if (number != Py_None && explicit_index(what, number, &index) < 0)
        return NULL;
    return device_make(kind, index);
}

static PyObject *device_repr(PyObject *self)
{
    PyDevice *d = (PyDevice *)self;
    return d->index < 0 ? PyUnicode_FromFormat("device(type='%s')", kinds[d->kind])
                        : PyUnicode_FromFormat("device(type='%s', index=%d)", kinds[d->kind], d->index);
}

static PyObject *device_str(PyObject *self)
{
    PyDevice *d = (PyDevice *)self;
    return d->index < 0 ? PyUnicode_FromString(kinds[d->kind]) : PyUnicode_FromFormat("%s:%d", kinds[d->kind], d->index);
}

static Py_hash_t device_hash(PyObject *self) { return ((PyDevice *)self)->kind * 131 + ((PyDevice *)self)->index + 1; }

static PyObject *device_compare(PyObject *a, PyObject *b, int how)
{
    if (!Py_IS_TYPE(a, py_device_type) || !Py_IS_TYPE(b, py_device_type))
        Py_RETURN_NOTIMPLEMENTED;
    if (how != Py_EQ && how != Py_NE) {
        PyErr_SetString(PyExc_TypeError, "comparison not implemented");
        return NULL;
    }
    PyDevice *x = (PyDevice *)a, *y = (PyDevice *)b;
    return PyBool_FromLong((x->kind == y->kind && x->index == y->index) == (how == Py_EQ));
}

static PyObject *device_get_type(PyObject *self, void *none) { (void)none; return PyUnicode_FromString(kinds[((PyDevice *)self)->kind]); }

static PyObject *device_get_index(PyObject *self, void *none)
{
    (void)none;
    int index = ((PyDevice *)self)->index;
    return index < 0 ? Py_NewRef(Py_None) : PyLong_FromLong(index);
}

static PyObject *device_reduce(PyObject *self, PyObject *none)
{
    (void)none;
    PyDevice *d = (PyDevice *)self;
    return d->index < 0 ? Py_BuildValue("(O(s))", Py_TYPE(self), kinds[d->kind])
                        : Py_BuildValue("(O(si))", Py_TYPE(self), kinds[d->kind], d->index);
}

/* `with torch.device('cpu'):` is where everything is anyway. */
static PyObject *device_enter(PyObject *self, PyObject *none)
{
    (void)none;
    return py_check_device(self) < 0 ? NULL : Py_NewRef(self);
}
static PyObject *device_exit(PyObject *self, PyObject *args) { (void)self, (void)args; Py_RETURN_NONE; }

static PyMethodDef device_methods[] = {
    {"__reduce__", device_reduce, METH_NOARGS, NULL},
    {"__enter__", device_enter, METH_NOARGS, NULL},
    {"__exit__", device_exit, METH_VARARGS, NULL},
    {0},
};
static PyGetSetDef device_getset[] = {
    {"type", device_get_type, NULL, "Kind of machine: 'cpu'.", NULL},
    {"index", device_get_index, NULL, "Its number, or None.", NULL},
    {0},
};
static PyType_Slot device_slots[] = {
    {Py_tp_doc, (char *)"device(type, index=None)\n--\n\nWhere a tensor lives. type: 'cpu', 'cpu:0' ... Other kinds can be named; making a tensor there fails."},
    {Py_tp_new, device_new},
    {Py_tp_repr, device_repr},
    {Py_tp_str, device_str},
    {Py_tp_hash, device_hash},
    {Py_tp_richcompare, device_compare},
    {Py_tp_methods, device_methods},
    {Py_tp_getset, device_getset},
    {0},
};
static PyType_Spec device_spec = {"ctgrad.device", sizeof(PyDevice), 0, Py_TPFLAGS_DEFAULT, device_slots};

int py_device_setup(PyObject *module)
{
    if (!(py_device_type = py_add_type(module, &device_spec, NULL, "torch.device")))
        return -1;
    Py_XSETREF(cpu, device_make(CPU, -1));
    return cpu ? 0 : -1;
}
