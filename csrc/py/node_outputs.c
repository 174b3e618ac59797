/* grad_fn._input_metadata: what a node wants its incoming gradients to be, one a float output. */
#include "py/hooks.h"

static PyTypeObject *metadata_type;
static PyStructSequence_Field fields[] = {{"shape", NULL}, {"dtype", NULL}, {"device", NULL}, {"is_nested_tensor", NULL}, {"is_cpp_nested_tensor", NULL}, {NULL}};
static PyStructSequence_Desc described = {"ctgrad._C._autograd._InputMetadata", "Shape, dtype and device of a gradient that a node takes.", fields, 5};

static PyObject *of_output(const int64_t *size, int ndim, ct_dtype dtype)
{
    PyObject *sizes = py_ints(ndim, size), *shape = sizes ? PySequence_List(sizes) : NULL, *one = shape ? PyStructSequence_New(metadata_type) : NULL;
    Py_XDECREF(sizes);
    if (!one) {
        Py_XDECREF(shape);
        return NULL;
    }
    PyObject *all[] = {shape, Py_NewRef(py_dtype(dtype)), Py_NewRef(py_device_cpu()), Py_NewRef(Py_False), Py_NewRef(Py_False)};
    for (int i = 0; i < 5; i++)
        PyStructSequence_SET_ITEM(one, i, all[i]);
    return one;
}

PyObject *py_node_outputs(node *n)
{
    PyObject *all = PyList_New(0), *tuple = NULL;
    bool ok = all;
    for (uint32_t i = 0; ok && i < n->n_out; i++) {
        int ndim;
        ct_dtype dtype;
        const int64_t *size = node_out_size(n, i, &ndim, &dtype);
        PyObject *one = dtype_is_float(dtype) ? of_output(size, ndim, dtype) : Py_NewRef(Py_None);
        ok = one && (one == Py_None || PyList_Append(all, one) == 0);
        Py_XDECREF(one);
    }
    if (ok)
        tuple = PyList_AsTuple(all);
    Py_XDECREF(all);
    return tuple;
}

int py_node_outputs_setup(void) { return (metadata_type = PyStructSequence_NewType(&described)) ? 0 : -1; }
