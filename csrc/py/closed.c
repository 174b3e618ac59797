/* One node for a composition in Python (tape/closed.c): what composed/closed.py is made of. */
#include "py/tensor_type.h"
#include <string.h>

static PyObject *names; /* for as long as nodes may have them */

/* The composition is said over these: the operand, which another version counts where it may be written to. */
static PyObject *passage(PyObject *module, PyObject *args)
{
    PyObject *of;
    int kept;
    (void)module;
    if (!PyArg_ParseTuple(args, "O!p", py_tensor_type, &of, &kept))
        return NULL;
    tensor *t = py_t(of), made;
    if (tensor_sync(t) < 0)
        return py_raise();
    array *a = kept ? array_keep(t->a) : array_alias_unversioned(t->a);
    if (!a)
        return py_raise();
    tensor_init(&made, a);
    if (tensor_requires_grad(t)) {
        node *n = passage_node(t->fn, t->nr, a);
        if (!n) {
            tensor_clear(&made);
            return py_raise();
        }
        tensor_set_history(&made, n, 0);
        node_drop(n);
    }
    return py_kept_class(py_wrap(&made), &of, 1);
}

static const char *static_name(PyObject *name)
{
    if (!names && !(names = PyDict_New()))
        return NULL;
    PyObject *held = PyDict_SetDefault(names, name, name);
    return held ? PyUnicode_AsUTF8(held) : NULL;
}

/* New, of PyMem: the tensors of a tuple, their history brought up to date. */
static tensor **tensors_of(PyObject *tuple, Py_ssize_t most)
{
    Py_ssize_t n = PyTuple_GET_SIZE(tuple);
    tensor **t = PyMem_Calloc((size_t)n + 1, sizeof *t);
    if (!t)
        return (void)PyErr_NoMemory(), NULL;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *o = PyTuple_GET_ITEM(tuple, i);
        t[i] = py_is_tensor(o) ? py_t(o) : NULL;
        if (n > most || !t[i])
            PyErr_Format(PyExc_TypeError, "a composition of one node has Tensors alone, and no more than %zd, got %zd with a %s", most, n, Py_TYPE(o)->tp_name);
        else if (tensor_sync(t[i]) == 0)
            continue;
        else
            py_raise();
        PyMem_Free(t);
        return NULL;
    }
    return t;
}

/* A result, output *nr of the node if it has a gradient. */
static PyObject *tied(PyObject *made, node *n, uint32_t *nr, bool apart)
{
    tensor t;
    array *a = apart ? array_alias_unversioned(py_t(made)->a) : array_keep(py_t(made)->a);
    if (!a)
        return py_raise();
    tensor_init(&t, a);
    if (py_t(made)->fn)
        tensor_set_history(&t, n, (*nr)++);
    return py_kept_class(py_wrap(&t), &made, 1);
}

static PyObject *all_tied(PyObject *made, node *n, bool apart)
{
    uint32_t nr = 0;
    PyObject *all = PyTuple_New(PyTuple_GET_SIZE(made));
    for (Py_ssize_t i = 0; all && i < PyTuple_GET_SIZE(made); i++) {
        PyObject *one = tied(PyTuple_GET_ITEM(made, i), n, &nr, apart);
        PyTuple_SET_ITEM(all, i, one);
        if (!one)
            Py_CLEAR(all);
    }
    return all;
}

static bool has_history(tensor *const *t, Py_ssize_t n)
{
    while (n-- > 0)
        if (t[n]->fn)
            return true;
    return false;
}

static PyObject *closed(PyObject *module, PyObject *args)
{
    PyObject *name, *again, *given, *operands;
    unsigned long long keep, keep_made;
    int apart, lasts;
    (void)module;
    if (!PyArg_ParseTuple(args, "UOOO!KKpp", &name, &again, &given, &PyTuple_Type, &operands, &keep, &keep_made, &apart, &lasts))
        return NULL;
    PyObject *made = PyTuple_Check(given) ? Py_NewRef(given) : PyTuple_Pack(1, given);
    const char *held = made ? static_name(name) : NULL, *held_again = held && again != Py_None ? static_name(again) : NULL;
    tensor **in = held && (held_again || again == Py_None) ? tensors_of(operands, CLOSED_MANY) : NULL, **out = in ? tensors_of(made, UINT16_MAX) : NULL;
    bool recorded = out && has_history(out, PyTuple_GET_SIZE(made));
    node *n = recorded ? closed_node((closed_names){held, held_again}, (uint32_t)PyTuple_GET_SIZE(operands), in, (uint32_t)PyTuple_GET_SIZE(made), out, keep, keep_made, lasts) : NULL;
    if (recorded && !n)
        py_raise();
    PyObject *all = out && (n || !recorded) ? all_tied(made, n, apart) : NULL;
    if (all && !PyTuple_Check(given))
        Py_SETREF(all, Py_NewRef(PyTuple_GET_ITEM(all, 0)));
    node_drop(n);
    PyMem_Free(in);
    PyMem_Free(out);
    Py_XDECREF(made);
    return all;
}

static PyMethodDef functions[] = {
    {"_passage", passage, METH_VARARGS, "_passage(operand, kept, /)\n--\n\nThe operand as a composition of one node is said over it."},
    {"_closed", closed, METH_VARARGS, "_closed(name, again, made, operands, keep, keep_made, apart, lasts, /)\n--\n\nThe results as those of one node; operands: passages, of which the mask `keep` says which must stay as they are, and keep_made which results; apart: writes to a result are counted by itself; lasts: what parts keep are constants, which a run leaves."},
    {NULL},
};

int py_closed_setup(PyObject *module) { return PyModule_AddFunctions(module, functions); }
