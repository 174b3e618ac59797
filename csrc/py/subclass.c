/* Subclasses of Tensor made by users: what is computed of one is of its class, as PyTorch's default __torch_function__ has it.
 * Parameter and Buffer, whose class has a metaclass of its own, and their subclasses give plain Tensors. */
#include "py/tensor_type.h"

int64_t py_custom_live;
PyTypeObject *py_unshaped;

bool py_is_custom_class(PyTypeObject *type) { return type != py_tensor_type && Py_IS_TYPE(type, &PyType_Type); }

/* The first of them, or the first that is derived from it. */
static PyTypeObject *class_among(PyObject *const *args, Py_ssize_t n, int depth, PyTypeObject *found)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        PyTypeObject *type = Py_TYPE(args[i]);
        if (py_is_tensor(args[i]) && py_is_custom_class(type) && (!found || PyType_IsSubtype(type, found)))
            found = type;
        else if (depth == 0 && (PyTuple_Check(args[i]) || PyList_Check(args[i])))
            found = class_among(PySequence_Fast_ITEMS(args[i]), PySequence_Fast_GET_SIZE(args[i]), 1, found);
    }
    return found;
}

/* An object that nobody else holds yet, as one of the class; takes it. What has a history is seen through an alias, as in PyTorch. */
static PyObject *recast(PyObject *made, PyTypeObject *type)
{
    if (!py_is_exact_tensor(made) || Py_REFCNT(made) != 1)
        return made;
    tensor *t = py_t(made);
    bool leaf = t->box && t->box->owner == made;
    PyObject *other = t->fn && !leaf ? py_tensor_as_subclass(made, (PyObject *)type) : py_wrap_as(type, t);
    Py_DECREF(made);
    if (other && leaf)
        py_t(other)->box->owner = other;
    return other;
}

/* What may be done with a tensor whose shape is not known yet, as PyTorch's UninitializedTensorMixin lists it. */
static bool needs_no_shape(PyObject *name)
{
    static const char *const names[] = {"copy_", "to", "half", "float", "double", "int", "long", "cpu", "alias"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (PyUnicode_CompareWithASCIIString(name, names[i]) == 0)
            return true;
    return false;
}

int py_refuse_unshaped(PyObject *name, PyObject *const *args, Py_ssize_t n, int depth)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        bool many = depth == 0 && (PyTuple_Check(args[i]) || PyList_Check(args[i]));
        if (many && py_refuse_unshaped(name, PySequence_Fast_ITEMS(args[i]), PySequence_Fast_GET_SIZE(args[i]), 1) < 0)
            return -1;
        if (PyType_IsSubtype(Py_TYPE(args[i]), py_unshaped) && !needs_no_shape(name)) {
            PyErr_Format(PyExc_ValueError, "Attempted to use an uninitialized parameter in %U(). Call forward() of its module with a batch first, or materialize(shape).", name);
            return -1;
        }
    }
    return 0;
}

/* _unshaped(cls): ops refuse its instances from now on. */
PyObject *py_set_unshaped(PyObject *module, PyObject *cls)
{
    (void)module;
    if (!PyType_Check(cls))
        return PyErr_Format(PyExc_TypeError, "_unshaped: expected a class, got %s", Py_TYPE(cls)->tp_name);
    Py_INCREF(cls);
    Py_XSETREF(py_unshaped, (PyTypeObject *)cls);
    Py_RETURN_NONE;
}

PyObject *py_recast(PyObject *result, PyObject *const *args, Py_ssize_t n)
{
    PyTypeObject *type = result ? class_among(args, n, 0, NULL) : NULL;
    if (!type)
        return result;
    if (!PyTuple_Check(result))
        return recast(result, type);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(result); i++) {
        PyObject *one = recast(PyTuple_GET_ITEM(result, i), type);
        PyTuple_SET_ITEM(result, i, one);
        if (!one) {
            Py_DECREF(result);
            return NULL;
        }
    }
    return result;
}

PyObject *py_tensor_as_subclass(PyObject *self, PyObject *cls)
{
    if (!PyType_Check(cls))
        return PyErr_Format(PyExc_TypeError, "as_subclass(): cls must be a type (got %s)", Py_TYPE(cls)->tp_name);
    if (!PyType_IsSubtype((PyTypeObject *)cls, py_tensor_type))
        return PyErr_Format(PyExc_TypeError, "as_subclass(): a Tensor cannot be seen as %s, which does not inherit from Tensor", ((PyTypeObject *)cls)->tp_name);
    call c = {.op = &op_alias, .args = (arg[]){a_t(py_t(self))}, .n_args = 1, .mode = CALL_NEW};
    if (op_call(&c) < 0)
        return py_raise();
    py_note_base(self);
    return py_wrap_as((PyTypeObject *)cls, &c.out[0]);
}
