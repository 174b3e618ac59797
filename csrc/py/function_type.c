/* autograd.Function. */
#include "py/hooks.h"

PyObject *py_function_context(node *n) { (void)n; return NULL; }
int py_function_setup(PyObject *module) { (void)module; return 0; }
