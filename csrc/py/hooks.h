/* Hooks of tensors and nodes, and the context objects of user Functions. */
#ifndef CT_HOOKS_H
#define CT_HOOKS_H
#include "py/tensor_type.h"

enum { HOOK_PRE, HOOK_POST };
PyObject *py_node_hook(node *n, PyObject *hook, int when);  /* new handle with remove() */
PyObject *py_function_context(node *n);                     /* borrowed: the ctx of a user Function's node, or NULL */
PyObject *py_function_spread(node *n, PyObject *tied);       /* takes a tuple, one an output of the Function's node: one a result, None for what is no Tensor */
PyObject *py_function_gather(node *n, PyObject *results);    /* the other way round, a new tuple; what is no tuple as it is */
PyObject *py_node_next_functions(node *n);
PyObject *py_node_metadata(node *n);                        /* a dict of the user's, which lives as long as the node */
int py_hooks_setup(PyObject *module);
#endif
