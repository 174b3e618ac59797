/* Indexing. */
#include "py/tensor_type.h"

PyObject *py_index_get(PyObject *self, PyObject *index) { return PyObject_CallMethod(self, "select", "iO", 0, index); }
int py_index_set(PyObject *self, PyObject *index, PyObject *value) { (void)self, (void)index, (void)value; return PyErr_SetString(PyExc_TypeError, "no"), -1; }
