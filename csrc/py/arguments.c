/* Arguments of the few callables that no op record describes: names and counts in one table each. */
#include "py/py.h"
#include <string.h>

static int too_many(const py_params *p, Py_ssize_t n)
{
    PyErr_Format(PyExc_TypeError, "%s() takes %d positional argument%s but %zd %s given", p->function, p->positional,
                 p->positional == 1 ? "" : "s", n, n == 1 ? "was" : "were");
    return -1;
}

static int place_named(const py_params *p, PyObject *name, PyObject *value, PyObject **given)
{
    for (int i = 0; i < p->n; i++)
        if (PyUnicode_CompareWithASCIIString(name, p->names[i]) == 0) {
            if (given[i]) {
                PyErr_Format(PyExc_TypeError, "%s() got multiple values for argument '%s'", p->function, p->names[i]);
                return -1;
            }
            given[i] = value;
            return 0;
        }
    PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'", p->function, name);
    return -1;
}

int py_take(const py_params *p, PyObject *const *args, Py_ssize_t n, PyObject *names, PyObject **given)
{
    memset(given, 0, (size_t)p->n * sizeof *given);
    if (n > p->positional)
        return too_many(p, n);
    for (Py_ssize_t i = 0; i < n; i++)
        given[i] = args[i];
    for (Py_ssize_t k = 0; names && k < PyTuple_GET_SIZE(names); k++)
        if (place_named(p, PyTuple_GET_ITEM(names, k), args[n + k], given) < 0)
            return -1;
    for (int i = 0; i < p->required; i++)
        if (!given[i]) {
            PyErr_Format(PyExc_TypeError, "%s() missing 1 required positional arguments: \"%s\"", p->function, p->names[i]);
            return -1;
        }
    return 0;
}

static int wrong_type(const py_params *p, int i, const char *wanted, PyObject *o)
{
    PyErr_Format(PyExc_TypeError, "%s(): argument '%s' must be %s, not %s", p->function, p->names[i], wanted, Py_TYPE(o)->tp_name);
    return -1;
}

int py_take_bool(const py_params *p, int i, PyObject *const *given, bool *value)
{
    if (!given[i])
        return 0;
    if (!PyBool_Check(given[i]))
        return wrong_type(p, i, "bool", given[i]);
    *value = given[i] == Py_True;
    return 0;
}

int py_take_dtype(const py_params *p, int i, PyObject *const *given, ct_dtype *value)
{
    if (!given[i] || given[i] == Py_None || py_dtype_from(given[i], value) == 0)
        return 0;
    PyErr_Clear();
    return wrong_type(p, i, "torch.dtype", given[i]);
}

int py_take_int(const py_params *p, int i, PyObject *const *given, int64_t *value)
{
    if (!given[i])
        return 0;
    if (!PyIndex_Check(given[i]) || PyBool_Check(given[i]))
        return wrong_type(p, i, "int", given[i]);
    *value = PyNumber_AsSsize_t(given[i], PyExc_OverflowError);
    return *value == -1 && PyErr_Occurred() ? -1 : 0;
}
