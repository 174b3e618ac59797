/* Generator: the engine of base/random.h as an object, and the module functions of the default one. */
#include "base/random.h"
#include "py/py.h"
#include <string.h>

typedef struct { PyObject_HEAD ct_rng rng; } PyGenerator;
PyTypeObject *py_generator_type;
static PyObject *default_generator;
static const uint64_t FIRST_SEED = 67280421310721; /* PyTorch's, of a new Generator; the default one starts from entropy */

struct ct_rng *py_generator_rng(PyObject *o) { return &((PyGenerator *)(o ? o : default_generator))->rng; }

static PyObject *generator_blank(void)
{
    PyGenerator *self = PyObject_New(PyGenerator, py_generator_type);
    if (self)
        ct_rng_seed(&self->rng, FIRST_SEED);
    return (PyObject *)self;
}

static PyObject *generator_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"device", NULL};
    PyObject *device = NULL;
    (void)type;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:Generator", names, &device))
        return NULL;
    if (py_check_device(device) < 0) {
        if (PyErr_ExceptionMatches(PyExc_AssertionError))
            PyErr_SetString(PyExc_RuntimeError, "Generator(): numbers are drawn on the CPU, there is no generator of another device; leave out device");
        return NULL;
    }
    return generator_blank();
}

/* ---- seeds ---------------------------------------------------------------------------------------- */
/* Ints of -2^63 ... 2^64 - 1; negative ones count from 2^64 down. */
static int seed_from(PyObject *o, uint64_t *seed)
{
    int overflow;
    long long value = PyLong_AsLongLongAndOverflow(o, &overflow);
    *seed = (uint64_t)value;
    if (overflow > 0) {
        *seed = PyLong_AsUnsignedLongLong(o);
        overflow = PyErr_Occurred() != NULL;
        PyErr_Clear();
    }
    if (overflow)
        PyErr_SetString(PyExc_ValueError, "Overflow when unpacking long long");
    return overflow ? -1 : 0;
}

static PyObject *generator_manual_seed(PyObject *self, PyObject *o)
{
    uint64_t seed;
    if (!PyLong_Check(o) || PyBool_Check(o))
        return PyErr_Format(PyExc_RuntimeError, "manual_seed expected a long, but got %s", py_type_name(o));
    if (seed_from(o, &seed) < 0)
        return NULL;
    ct_rng_seed(py_generator_rng(self), seed);
    return Py_NewRef(self);
}

static int entropy(uint64_t *seed)
{
    PyObject *os = PyImport_ImportModule("os");
    PyObject *bytes = os ? PyObject_CallMethod(os, "urandom", "i", (int)sizeof *seed) : NULL;
    bool got = bytes && PyBytes_Check(bytes) && PyBytes_GET_SIZE(bytes) == sizeof *seed;
    if (got)
        memcpy(seed, PyBytes_AS_STRING(bytes), sizeof *seed);
    Py_XDECREF(os);
    Py_XDECREF(bytes);
    return got ? 0 : -1;
}

static PyObject *generator_seed(PyObject *self, PyObject *none)
{
    uint64_t seed = 0;
    (void)none;
    if (entropy(&seed) < 0)
        return NULL;
    ct_rng_seed(py_generator_rng(self), seed);
    return PyLong_FromUnsignedLongLong(seed);
}

static PyObject *generator_initial_seed(PyObject *self, PyObject *none)
{
    (void)none;
    return PyLong_FromUnsignedLongLong(ct_rng_initial_seed(py_generator_rng(self)));
}

/* ---- state -------------------------------------------------------------------------------------------- */
static PyObject *generator_get_state(PyObject *self, PyObject *none)
{
    int64_t size = CT_RNG_STATE_BYTES;
    array *a = array_new(DT_U8, 1, &size);
    (void)none;
    if (a)
        ct_rng_get_state(py_generator_rng(self), (uint8_t *)array_data(a));
    return py_wrap_array(a);
}

/* The bytes of a state tensor; NULL and exception. */
static const uint8_t *state_bytes(PyObject *o)
{
    if (!py_is_tensor(o))
        return (void *)PyErr_Format(PyExc_TypeError, "expected a torch.ByteTensor, but got %s", py_type_name(o));
    array *a = py_t(o)->a;
    if (a->dtype != DT_U8)
        PyErr_SetString(PyExc_TypeError, "RNG state must be a torch.ByteTensor");
    else if (!array_shows_contiguous(a))
        PyErr_SetString(PyExc_RuntimeError, "RNG state must be contiguous");
    else if (a->numel != CT_RNG_STATE_BYTES)
        PyErr_Format(PyExc_RuntimeError, "Expected a CPUGeneratorImplState of size %d but found the input RNG state size to be %lld",
                     CT_RNG_STATE_BYTES, (long long)a->numel);
    else if (!(a = tensor_written_out(py_t(o))))
        py_raise();
    else {
        bool same = a == py_t(o)->a;
        array_drop(a);
        if (same)
            return (const uint8_t *)array_data(a);
        PyErr_SetString(PyExc_RuntimeError, "the RNG state was given other memory by another thread");
    }
    return NULL;
}

static PyObject *generator_set_state(PyObject *self, PyObject *state)
{
    const uint8_t *bytes = state_bytes(state);
    if (!bytes)
        return NULL;
    if (ct_rng_set_state(py_generator_rng(self), bytes) < 0)
        return PyErr_Format(PyExc_RuntimeError, "Invalid mt19937 state");
    return Py_NewRef(self);
}

static PyObject *generator_clone_state(PyObject *self, PyObject *none)
{
    PyObject *copy = generator_blank();
    (void)none;
    if (copy)
        *py_generator_rng(copy) = *py_generator_rng(self);
    return copy;
}
static PyObject *generator_deepcopy(PyObject *self, PyObject *memo) { (void)memo; return generator_clone_state(self, NULL); }

/* Pickled as Generator() and the state tensor. */
static PyObject *generator_reduce(PyObject *self, PyObject *none)
{
    PyObject *state = generator_get_state(self, none);
    return state ? Py_BuildValue("(O()N)", Py_TYPE(self), state) : NULL;
}
static PyObject *generator_setstate(PyObject *self, PyObject *state)
{
    PyObject *done = generator_set_state(self, state);
    Py_XDECREF(done);
    return done ? Py_NewRef(Py_None) : NULL;
}

static PyObject *generator_device(PyObject *self, void *none) { (void)self, (void)none; return Py_NewRef(py_device_cpu()); }

static PyMethodDef generator_methods[] = {
    {"manual_seed", generator_manual_seed, METH_O, "manual_seed($self, seed, /)\n--\n\nStarts the stream of an int seed, -2^63 ... 2^64 - 1; returns self."},
    {"seed", generator_seed, METH_NOARGS, "seed($self, /)\n--\n\nStarts a stream that nobody can foretell; returns its seed."},
    {"initial_seed", generator_initial_seed, METH_NOARGS, "initial_seed($self, /)\n--\n\nThe seed last set."},
    {"get_state", generator_get_state, METH_NOARGS, "get_state($self, /)\n--\n\nThe state as 5056 bytes, a uint8 tensor; the same bytes as PyTorch's."},
    {"set_state", generator_set_state, METH_O, "set_state($self, state, /)\n--\n\nGoes on from a state of get_state(). TypeError or RuntimeError for bytes that are none."},
    {"clone_state", generator_clone_state, METH_NOARGS, "clone_state($self, /)\n--\n\nAnother Generator at the same place of the stream."},
    {"__deepcopy__", generator_deepcopy, METH_O, NULL},
    {"__reduce__", generator_reduce, METH_NOARGS, NULL},
    {"__setstate__", generator_setstate, METH_O, NULL},
    {0},
};
static PyGetSetDef generator_getset[] = {
    {"device", generator_device, NULL, "device(type='cpu').", NULL},
    {0},
};
static PyType_Slot generator_slots[] = {
    {Py_tp_doc, (char *)"Generator(device='cpu')\n--\n\nA stream of random numbers: PyTorch's on the CPU, bit for bit, for the same seed."},
    {Py_tp_new, generator_new},
    {Py_tp_methods, generator_methods},
    {Py_tp_getset, generator_getset},
    {0},
};
static PyType_Spec generator_spec = {"ctgrad._C.Generator", sizeof(PyGenerator), 0, Py_TPFLAGS_DEFAULT, generator_slots};

/* ---- functions of the default generator ------------------------------------------------------------------- */
/* Anything that int() takes, as in PyTorch: floats and digits in a str too. */
static PyObject *manual_seed(PyObject *module, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    static py_sig sig = {"manual_seed", "(object seed)", NULL};
    bound b;
    (void)module;
    if (py_bind(&sig, args, n, names, &b) < 0)
        return NULL;
    PyObject *seed = PyObject_CallOneArg((PyObject *)&PyLong_Type, b.first);
    PyObject *done = seed ? generator_manual_seed(default_generator, seed) : NULL;
    Py_XDECREF(seed);
    return done;
}
static PyObject *seed_now(PyObject *module, PyObject *none) { (void)module; return generator_seed(default_generator, none); }
static PyObject *initial_seed(PyObject *module, PyObject *none) { (void)module; return generator_initial_seed(default_generator, none); }
static PyObject *get_rng_state(PyObject *module, PyObject *none) { (void)module; return generator_get_state(default_generator, none); }
static PyObject *set_rng_state(PyObject *module, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    static py_sig sig = {"set_rng_state", "(object new_state)", NULL};
    bound b;
    (void)module;
    return py_bind(&sig, args, n, names, &b) < 0 ? NULL : generator_setstate(default_generator, b.first);
}

#define FAST(name, f, doc) {name, (PyCFunction)(void (*)(void))f, METH_FASTCALL | METH_KEYWORDS, doc}
static PyMethodDef functions[] = {
    FAST("manual_seed", manual_seed, "manual_seed(seed)\n--\n\nStarts the default generator's stream of a seed; returns that generator."),
    {"seed", seed_now, METH_NOARGS, "seed()\n--\n\nStarts a stream that nobody can foretell; returns its seed."},
    {"initial_seed", initial_seed, METH_NOARGS, "initial_seed()\n--\n\nThe default generator's seed."},
    {"get_rng_state", get_rng_state, METH_NOARGS, "get_rng_state()\n--\n\nThe default generator's state: 5056 bytes, a uint8 tensor."},
    FAST("set_rng_state", set_rng_state, "set_rng_state(new_state)\n--\n\nMakes the default generator go on from a state of get_rng_state()."),
    {0},
};

int py_generator_setup(PyObject *module)
{
    if (!(py_generator_type = py_add_type(module, &generator_spec, NULL, "torch._C.Generator")))
        return -1;
    Py_XSETREF(default_generator, generator_blank());
    PyObject *seed = default_generator ? generator_seed(default_generator, NULL) : NULL;
    Py_XDECREF(seed);
    if (!seed || PyModule_AddObjectRef(module, "default_generator", default_generator) < 0)
        return -1;
    op_default_rng = py_generator_rng(NULL);
    return PyModule_AddFunctions(module, functions);
}
