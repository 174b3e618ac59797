/* Results of a call as Python objects: a Tensor, a tuple, or a tuple with named fields. */
#include "py/py.h"
#include <structmember.h>
#include <string.h>

/* ---- tuples with named fields ----------------------------------------------------------------------------- */
static PyObject *return_types; /* the module ctgrad.return_types: pickles find the classes there */

/* torch.return_types.max(
 * values=tensor([...]),
 * indices=tensor([...])) */
static PyObject *named_repr(PyObject *self)
{
    const PyMemberDef *field = Py_TYPE(self)->tp_members;
    PyObject *text = PyUnicode_FromFormat("torch.return_types.%s(\n", strrchr(Py_TYPE(self)->tp_name, '.') ? strrchr(Py_TYPE(self)->tp_name, '.') + 1 : Py_TYPE(self)->tp_name);
    for (Py_ssize_t i = 0; text && i < PyTuple_GET_SIZE(self); i++) {
        PyObject *more = PyUnicode_FromFormat(i ? ",\n%s=%R" : "%s=%R", field[i].name, PyTuple_GET_ITEM(self, i));
        if (more)
            PyUnicode_AppendAndDel(&text, more);
        else
            Py_CLEAR(text);
    }
    if (text)
        PyUnicode_AppendAndDel(&text, PyUnicode_FromString(")"));
    return text;
}

/* Names of fields live as long as the class: for ever. */
static PyStructSequence_Field *split_fields(const char *names, int *n)
{
    size_t most = 2;
    for (const char *at = names; *at; at++)
        most += *at == ' ';
    PyStructSequence_Field *fields = PyMem_Calloc(most, sizeof *fields);
    char *copy = PyMem_Malloc(strlen(names) + 1);
    if (!fields || !copy) {
        PyMem_Free(fields);
        PyMem_Free(copy);
        PyErr_NoMemory();
        return NULL;
    }
    strcpy(copy, names);
    for (char *at = copy; *at;) {
        fields[(*n)++].name = at;
        at += strcspn(at, " ");
        if (*at)
            *at++ = 0;
    }
    return fields;
}

static PyTypeObject *new_return_type(const char *name, const char *field_names)
{
    int n = 0;
    char full[160];
    PyStructSequence_Field *fields = split_fields(field_names, &n);
    if (!fields)
        return NULL;
    PyOS_snprintf(full, sizeof full, "ctgrad.return_types.%s", name);
    PyStructSequence_Desc desc = {.name = full, .doc = "Result of an op: a tuple whose members have names.", .fields = fields, .n_in_sequence = n};
    PyTypeObject *type = PyStructSequence_NewType(&desc);
    if (!type)
        return NULL;
    type->tp_repr = named_repr;
    return type;
}

PyTypeObject *py_return_type(const char *name, const char *fields)
{
    PyObject *found = PyObject_GetAttrString(return_types, name);
    if (!found && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        found = (PyObject *)new_return_type(name, fields);
        if (found && PyModule_AddObjectRef(return_types, name, found) < 0)
            Py_CLEAR(found);
    }
    Py_XDECREF(found); /* the module keeps it */
    return (PyTypeObject *)found;
}

/* Few ops have several outputs, so their classes are found by walking a list. */
static struct known { const op *o; PyTypeObject *type, *out_type; } known[128];
static int n_known;

PyTypeObject *py_return_type_of(const op *o, bool out)
{
    char name[80], out_name[96];
    for (int i = 0; i < n_known; i++)
        if (known[i].o == o)
            return out ? known[i].out_type : known[i].type;
    if (n_known == sizeof known / sizeof *known) {
        PyErr_SetString(PyExc_SystemError, "results.c: more ops with several outputs than room for them");
        return NULL;
    }
    op_public_name(o, name, sizeof name);
    PyOS_snprintf(out_name, sizeof out_name, "%s_out", name);
    struct known k = {o, py_return_type(name, o->ret), o->flags & OP_OUT ? py_return_type(out_name, o->ret) : NULL};
    if (!k.type || (o->flags & OP_OUT && !k.out_type))
        return NULL;
    known[n_known++] = k;
    return out ? k.out_type : k.type;
}

/* _return_type(name, fields) for ops written in Python. */
static PyObject *return_type_function(PyObject *module, PyObject *args)
{
    const char *name, *fields;
    (void)module;
    return PyArg_ParseTuple(args, "ss", &name, &fields) ? Py_XNewRef((PyObject *)py_return_type(name, fields)) : NULL;
}

int py_results_setup(PyObject *module)
{
    static PyMethodDef function = {"_return_type", return_type_function, METH_VARARGS, "_return_type(name, fields) -> class of a result with named fields"};
    return_types = PyImport_AddModule("ctgrad.return_types");
    if (!return_types || PyModule_AddObjectRef(module, "return_types", return_types) < 0)
        return -1;
    PyObject *made = PyCFunction_New(&function, NULL);
    int result = made ? PyModule_AddObjectRef(module, "_return_type", made) : -1;
    Py_XDECREF(made);
    return result;
}

/* ---- results ------------------------------------------------------------------------------------------------ */
static PyObject *list_result(call *c)
{
    PyObject *all = PyTuple_New(c->n_list);
    for (uint32_t i = 0; all && i < c->n_list; i++) {
        PyObject *one = py_wrap(&c->list[i]);
        if (one)
            PyTuple_SET_ITEM(all, i, one);
        else
            Py_CLEAR(all);
    }
    call_clear_results(c);
    return all;
}

static PyObject *many_results(call *c)
{
    PyTypeObject *type = c->op->ret ? py_return_type_of(c->op, false) : NULL;
    PyObject *all = type ? PyStructSequence_New(type) : PyErr_Occurred() ? NULL : PyTuple_New(c->n_out);
    for (uint32_t i = 0; all && i < c->n_out; i++) {
        PyObject *one = py_wrap(&c->out[i]);
        if (!one)
            Py_CLEAR(all);
        else if (type)
            PyStructSequence_SET_ITEM(all, i, one);
        else
            PyTuple_SET_ITEM(all, i, one);
    }
    call_clear_results(c);
    return all;
}

PyObject *py_results(call *c)
{
    if (c->list || c->op->flags & (OP_LIST | OP_MULTI_VIEW))
        return list_result(c);
    return CT_LIKELY(c->n_out == 1) ? py_wrap(&c->out[0]) : many_results(c);
}

PyObject *py_call_op(const op *o, uint32_t n_args, arg *args)
{
    call c;
    c.op = o;
    c.args = args;
    c.n_args = n_args;
    c.mode = CALL_NEW;
    return CT_UNLIKELY(op_call(&c) < 0) ? py_raise() : py_results(&c);
}
