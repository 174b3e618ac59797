/* Binding: what was given to the parameters of one signature. No memory is taken for ordinary calls; what is known
 * by identity (exact types, interned keywords) is asked first. */
#include "py/bind.h"
#include <string.h>

void bind_start(const signature *s, bound *b)
{
    b->n_args = s->n_args;
    b->first = b->requires_grad = b->out = b->device = NULL;
    b->n_ints = b->n_tensors = b->n_heap = b->n_owned = 0;
}

void bound_free(bound *b)
{
    while (b->n_heap)
        PyMem_Free(b->heap[--b->n_heap]);
    while (b->n_owned)
        Py_DECREF(b->owned[--b->n_owned]);
}

/* At most one block and one object for each parameter, so the room in `heap` and `owned` suffices. */
static void *room(bound *b, void *inlined, uint32_t *used, uint32_t capacity, size_t n)
{
    if (n <= capacity - *used) {
        void *found = (char *)inlined + *used * sizeof(int64_t);
        *used += (uint32_t)n;
        return found;
    }
    void *block = n < PY_SSIZE_T_MAX / sizeof(int64_t) ? PyMem_Malloc(n * sizeof(int64_t)) : NULL;
    if (!block)
        return PyErr_NoMemory();
    return b->heap[b->n_heap++] = block;
}
static int64_t *room_ints(bound *b, size_t n) { return room(b, b->ints, &b->n_ints, sizeof b->ints / sizeof *b->ints, n); }
static tensor **room_tensors(bound *b, size_t n) { return room(b, b->tensors, &b->n_tensors, sizeof b->tensors / sizeof *b->tensors, n); }

/* ---- numbers ----------------------------------------------------------------------------------------------- */
/* A tensor that may stand for a number: 0-d, and its history would not be lost. */
static bool read_scalar_tensor(PyObject *o, arg *out)
{
    tensor *t = py_t(o);
    return t->a && t->a->ndim == 0 && !tensor_requires_grad(t) && tensor_number(t, out);
}

/* Of one bool, PyTorch makes no symbolic int; a dim it does. */
static bool is_truth(PyObject *o) { return py_is_tensor(o) && py_t(o)->a && py_t(o)->a->dtype == DT_BOOL && py_t(o)->a->numel == 1; }

static int refuse_truth(void)
{
    PyErr_SetString(PyExc_RuntimeError, "Expected an integer, but got a tensor of bools");
    return -1;
}

static int take_number(PyObject *o, arg *out) { return py_number(o, out) ? 1 : PyErr_Occurred() ? -1 : 0; }

static int take_scalar(PyObject *o, arg *out)
{
    return py_is_tensor(o) ? read_scalar_tensor(o, out) : take_number(o, out);
}

static int take_int(const param *p, PyObject *o, arg *out)
{
    if (CT_LIKELY(PyLong_CheckExact(o)) || (PyLong_Check(o) && !PyBool_Check(o))) {
        int overflow;
        long long value = py_long(o, &overflow);
        if (CT_UNLIKELY(overflow)) {
            PyErr_SetString(PyExc_ValueError, "Overflow when unpacking long long");
            return -1;
        }
        *out = (arg){.kind = ARG_INT, .i = value};
        return 1;
    }
    if (PyFloat_Check(o) || PyBool_Check(o))
        return 0;
    if (p->indexed && is_truth(o))
        return refuse_truth();
    int taken = take_scalar(o, out);
    if (taken == 1 && out->kind == ARG_INT)
        return 1;
    out->kind = ARG_INT;
    if (taken == 0 && p->without_dims && py_is_tensor(o))
        return 0;
    return taken < 0 ? -1 : p->indexed ? bind_element(o, &out->i) : 0;
}

static int take_float(PyObject *o, arg *out)
{
    if (PyLong_Check(o)) {
        double value = PyLong_AsDouble(o);
        if (value == -1 && PyErr_Occurred())
            return -1;
        *out = (arg){.kind = ARG_FLOAT, .f = value};
        return 1;
    }
    int taken = take_scalar(o, out);
    if (taken == 1 && out->kind != ARG_FLOAT)
        *out = (arg){.kind = ARG_FLOAT, .f = (double)out->i};
    return taken;
}

/* ---- sequences ----------------------------------------------------------------------------------------------- */
/* An element of a sequence of ints. Wider than an int parameter, as in PyTorch: __index__ counts, and bools after the first. */
int bind_element(PyObject *o, int64_t *out)
{
    arg number;
    if (CT_LIKELY(PyLong_CheckExact(o))) {
        int overflow;
        *out = py_long(o, &overflow);
        if (CT_LIKELY(!overflow))
            return 1;
        PyErr_SetString(PyExc_TypeError, "failed to unpack the object as a tuple of ints: Overflow when unpacking long long");
        return -1;
    }
    if (py_is_tensor(o)) {
        const array *a = py_t(o)->a;
        if (!a || a->numel != 1 || !tensor_number(py_t(o), &number) || number.kind == ARG_FLOAT)
            return 0;
        *out = number.i;
        return 1;
    }
    if (!PyIndex_Check(o))
        return 0;
    PyObject *index = PyNumber_Index(o);
    if (!index) {
        if (!PyErr_ExceptionMatches(PyExc_TypeError))
            return -1;
        PyErr_Clear();
        return 0;
    }
    int taken = PyLong_CheckExact(index) ? bind_element(index, out) : 0;
    Py_DECREF(index);
    return taken;
}

static int take_elements(const param *p, PyObject *const *items, Py_ssize_t n, bound *b, arg *out)
{
    if (n > 0 && PyBool_Check(items[0]))
        return 0;
    int64_t *ints = room_ints(b, (size_t)n);
    if (!ints)
        return -1;
    for (Py_ssize_t i = 0; i < n; i++) {
        int overflow = 1, taken;
        if (CT_LIKELY(PyLong_CheckExact(items[i])))
            ints[i] = py_long(items[i], &overflow);
        if (CT_UNLIKELY(overflow) && p->indexed && is_truth(items[i]))
            return refuse_truth();
        if (CT_UNLIKELY(overflow) && (taken = bind_element(items[i], &ints[i])) != 1)
            return taken;
    }
    *out = (arg){.kind = ARG_INTS, .n = (uint32_t)n, .ints = ints};
    return 1;
}

/* A list may change while an element's __index__ runs, or while an op runs without the lock: a tuple cannot. */
static PyObject *const *frozen_items(PyObject *o, bound *b, Py_ssize_t *n)
{
    if (PyList_Check(o)) {
        if (!(o = PyList_AsTuple(o)))
            return NULL;
        b->owned[b->n_owned++] = o;
    }
    *n = PyTuple_GET_SIZE(o);
    return ((PyTupleObject *)o)->ob_item;
}

static bool plain_ints(PyObject *list)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++)
        if (!PyLong_CheckExact(PyList_GET_ITEM(list, i)))
            return false;
    return true;
}

static int take_ints(const param *p, PyObject *o, bound *b, arg *out)
{
    if (PyList_Check(o) && plain_ints(o))
        return take_elements(p, ((PyListObject *)o)->ob_item, PyList_GET_SIZE(o), b, out);
    if (bind_is_sequence(o)) {
        Py_ssize_t n;
        PyObject *const *items = frozen_items(o, b, &n);
        return items ? take_elements(p, items, n, b, out) : -1;
    }
    if (!p->spread)
        return 0;
    arg one = {.kind = ARG_INT};
    int taken = py_is_tensor(o) ? bind_element(o, &one.i) : take_int(p, o, &one);
    if (taken != 1)
        return taken;
    int64_t *ints = room_ints(b, p->spread);
    if (!ints)
        return -1;
    for (uint32_t i = 0; i < p->spread; i++)
        ints[i] = one.i;
    *out = (arg){.kind = ARG_INTS, .n = p->spread, .ints = ints};
    return 1;
}

static int take_tensor_items(PyObject *const *items, Py_ssize_t n, bound *b, arg *out)
{
    tensor **ts = room_tensors(b, (size_t)n);
    if (!ts)
        return -1;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (!py_is_tensor(items[i]))
            return 0;
        ts[i] = py_t(items[i]);
    }
    *out = (arg){.kind = ARG_TENSORS, .n = (uint32_t)n, .ts = ts};
    return 1;
}

static int take_tensors(PyObject *o, bound *b, arg *out)
{
    if (!bind_is_sequence(o))
        return 0;
    Py_ssize_t n;
    PyObject *const *items = frozen_items(o, b, &n);
    return items ? take_tensor_items(items, n, b, out) : -1;
}

int bind_apart(const param *p, PyObject *const *items, Py_ssize_t n, bound *b)
{
    arg *out = &b->args[p->arg];
    if (p->kind == P_TENSORS_APART)
        return take_tensor_items(items, n, b, out);
    return take_elements(p, items, n, b, out);
}

/* ---- one value ------------------------------------------------------------------------------------------------- */
static int take_str(PyObject *o, arg *out)
{
    if (!PyUnicode_Check(o))
        return 0;
    const char *text = PyUnicode_AsUTF8(o);
    if (!text)
        return -1;
    *out = (arg){.kind = ARG_STR, .str = text};
    return 1;
}

static int take_dtype(PyObject *o, arg *out)
{
    ct_dtype d;
    if (!py_is_dtype(o) && o != (PyObject *)&PyFloat_Type && o != (PyObject *)&PyLong_Type && o != (PyObject *)&PyBool_Type)
        return 0;
    if (py_dtype_from(o, &d) < 0)
        return -1;
    *out = (arg){.kind = ARG_DTYPE, .i = d};
    return 1;
}

static int take_generator(PyObject *o, arg *out)
{
    if (!PyObject_TypeCheck(o, py_generator_type))
        return 0;
    *out = (arg){.kind = ARG_OBJECT, .obj = py_generator_rng(o)};
    return 1;
}

static bool is_out_tuple(PyObject *o)
{
    if (!bind_is_sequence(o))
        return false;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(o); i++)
        if (!py_is_tensor(PySequence_Fast_GET_ITEM(o, i)))
            return false;
    return true;
}

/* layout and memory_format objects carry nothing here: any object of a class of that name will do. */
static bool is_named(PyObject *o, const char *name)
{
    const char *full = Py_TYPE(o)->tp_name, *dot = strrchr(full, '.');
    return strcmp(dot ? dot + 1 : full, name) == 0;
}

/* A memory_format that an op wants to know: its name, as the object shows it, becomes one of op.h's FORMAT_ numbers. */
int py_format(PyObject *o, int64_t *format)
{
    static const char *const names[] = {[FORMAT_CONTIGUOUS] = "torch.contiguous_format", [FORMAT_PRESERVE] = "torch.preserve_format",
                                        [FORMAT_CHANNELS_LAST] = "torch.channels_last", [FORMAT_CHANNELS_LAST_3D] = "torch.channels_last_3d"};
    if (!is_named(o, "memory_format"))
        return 0;
    PyObject *name = PyObject_Repr(o);
    if (!name)
        return -1;
    for (int64_t i = 0; i < 4; i++)
        if (PyUnicode_CompareWithASCIIString(name, names[i]) == 0)
            *format = i;
    Py_DECREF(name);
    return 1;
}

static int take_host(const param *p, PyObject *o, bound *b)
{
    switch (p->kind) {
    case P_OUT: b->out = o; return py_is_tensor(o);
    case P_OUTS: b->out = o; return is_out_tuple(o);
    case P_DEVICE:
        b->device = o;
        return PyUnicode_Check(o) || (PyLong_Check(o) && !PyBool_Check(o)) || PyObject_TypeCheck(o, py_device_type);
    case P_LAYOUT: return is_named(o, "layout");
    case P_MEMORY_FORMAT: return is_named(o, "memory_format");
    case P_PIN_MEMORY:
        if (o != Py_True)
            return o == Py_False;
        PyErr_SetString(PyExc_RuntimeError, "pin_memory=True requires a CUDA or other accelerator backend; tensors here are in ordinary memory.");
        return -1;
    default: b->requires_grad = o; return PyBool_Check(o);
    }
}

int bind_value(const param *p, PyObject *o, bound *b)
{
    arg *out = &b->args[p->arg < 0 ? 0 : p->arg]; /* host parameters do not write it */
    if (CT_LIKELY(p->kind <= P_OPERAND && py_is_tensor(o))) {
        *out = (arg){.kind = ARG_TENSOR, .t = py_t(o)};
        return 1;
    }
    if (o == Py_None && p->none_ok) {
        if (p->arg >= 0)
            *out = p->otherwise.kind == ARG_INTS && !p->otherwise.n ? p->otherwise : (arg){.kind = ARG_NONE};
        return 1;
    }
    switch (p->kind) {
    case P_TENSOR: return 0;
    case P_TENSORS: case P_TENSORS_APART: return take_tensors(o, b, out);
    case P_OPERAND: return take_number(o, out);
    case P_SCALAR: return take_scalar(o, out);
    case P_NUMBER: return take_number(o, out);
    case P_INT: return take_int(p, o, out);
    case P_INTS: case P_INTS_APART: return take_ints(p, o, b, out);
    case P_FLOAT: return take_float(o, out);
    case P_BOOL: *out = (arg){.kind = ARG_BOOL, .i = o == Py_True}; return PyBool_Check(o);
    case P_STR: return take_str(o, out);
    case P_DTYPE: return take_dtype(o, out);
    case P_GENERATOR: return take_generator(o, out);
    case P_FORMAT: out->kind = ARG_INT; return py_format(o, &out->i);
    case P_OBJECT: *out = (arg){.kind = ARG_OBJECT, .obj = o}; return 1;
    default: return take_host(p, o, b);
    }
}

/* ---- a call ------------------------------------------------------------------------------------------------------ */
static bool is_keyword(const param *p, PyObject *keyword, bool by_value)
{
    if (p->name == keyword || (by_value && PyUnicode_Compare(p->name, keyword) == 0))
        return true;
    for (int k = 0; k < MAX_ALIAS && p->alias[k]; k++)
        if (p->alias[k] == keyword || (by_value && PyUnicode_Compare(p->alias[k], keyword) == 0))
            return true;
    return false;
}

/* Keywords written in a program are interned; those made at run time, as in f(**{"d" + "im": 0}), are not. */
int bind_find(const signature *s, PyObject *keyword)
{
    for (uint32_t i = sig_hidden(s); i < s->n_params; i++)
        if (is_keyword(&s->params[i], keyword, false))
            return (int)i;
    for (uint32_t i = sig_hidden(s); i < s->n_params && !PyUnicode_CHECK_INTERNED(keyword); i++)
        if (is_keyword(&s->params[i], keyword, true))
            return (int)i;
    return -1;
}

static inline int bind_default(const param *p, bound *b)
{
    if (CT_UNLIKELY(p->required))
        return 0;
    if (p->arg >= 0)
        b->args[p->arg] = p->otherwise;
    return 1;
}

/* How many of the positional arguments go one to one to parameters; the others, if any, belong to the one at `apart`. */
static Py_ssize_t one_to_one(const signature *s, PyObject *const *args, Py_ssize_t nargs)
{
    if (s->apart < 0 || nargs < s->apart)
        return nargs;
    if (nargs == s->apart + 1 && (bind_is_sequence(args[s->apart]) || (args[s->apart] == Py_None && s->params[s->apart].none_ok)))
        return nargs;
    return nargs > s->apart || s->params[s->apart].kind == P_TENSORS_APART ? s->apart : nargs;
}

static int bind_keywords(const signature *s, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, PyObject **given)
{
    memset(given, 0, s->n_params * sizeof *given);
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(kwnames); k++) {
        int at = bind_find(s, PyTuple_GET_ITEM(kwnames, k));
        if (at < 0 || given[at])
            return 0;
        given[at] = args[nargs + k];
    }
    return 1;
}

/* What most calls are: positional, `single` of them one to one, the others sizes or tensors of one parameter. */
static int bind_positional(const signature *s, PyObject *const *args, Py_ssize_t nargs, Py_ssize_t single, bound *b)
{
    const param *p = s->params, *end = p + s->n_params;
    bool apart = single == s->apart && (single < nargs || p[single].kind == P_TENSORS_APART); /* tensors may be none */
    if (single > (Py_ssize_t)s->n_positional || nargs + apart < (Py_ssize_t)s->least)
        return 0;
    bind_start(s, b);
    b->first = nargs ? *args : NULL;
    for (const param *last = p + single; p < last; p++, args++) {
        if (CT_LIKELY(p->kind <= P_OPERAND && py_is_exact_tensor(*args))) {
            b->args[p->arg] = (arg){.kind = ARG_TENSOR, .t = py_t(*args)};
            continue;
        }
        int fits = bind_value(p, *args, b);
        if (CT_UNLIKELY(fits != 1)) {
            bound_clear(b);
            return fits;
        }
    }
    if (apart) {
        int fits = bind_apart(p++, args, nargs - single, b);
        if (CT_UNLIKELY(fits != 1)) {
            bound_clear(b);
            return fits;
        }
    }
    for (; p < end; p++)
        if (p->arg >= 0)
            b->args[p->arg] = p->otherwise;
    return 1;
}

int signature_bind(const signature *s, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, bound *b)
{
    PyObject *given[MAX_SIG];
    bool keywords = kwnames && PyTuple_GET_SIZE(kwnames);
    Py_ssize_t single = s->apart < 0 ? nargs : one_to_one(s, args, nargs);
    if (CT_LIKELY(!keywords))
        return bind_positional(s, args, nargs, single, b);
    if (!bind_keywords(s, args, nargs, kwnames, given))
        return 0;
    if (single > (Py_ssize_t)s->n_positional)
        return 0;
    bind_start(s, b);
    int fits = 1;
    for (Py_ssize_t i = 0; i < (Py_ssize_t)s->n_params && fits == 1; i++) {
        const param *p = &s->params[i];
        PyObject *o = i < single ? args[i] : given[i];
        if (i < nargs && i < (Py_ssize_t)s->n_positional && given[i])
            fits = 0;
        else if (o)
            fits = bind_value(p, o, b);
        else if (i == single && i == s->apart && (nargs > i || p->kind == P_TENSORS_APART))
            fits = bind_apart(p, args + i, nargs - i, b);
        else
            fits = bind_default(p, b);
        if (i == 0)
            b->first = o;
    }
    if (CT_UNLIKELY(fits != 1))
        bound_clear(b);
    return fits;
}

int py_bind(py_sig *s, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, bound *b)
{
    if (!s->parsed && !(s->parsed = signature_parse(s->name, s->text, 0, 1)))
        return -1;
    int fits = signature_bind(s->parsed, args, nargs, kwnames, b);
    return fits == 0 ? signature_refuse((const signature *const *)&s->parsed, 1, args, nargs, kwnames) : fits < 0 ? -1 : 0;
}
