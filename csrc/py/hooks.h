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
PyObject *py_node_outputs(node *n);                         /* node_outputs.c: a tuple, one a float output: the shape and dtype of its gradient */
int py_node_outputs_setup(void);
bool py_handle_node(PyObject *o, node **n);                 /* is it a handle? *n: borrowed, the node that its hook is on, NULL once it is off */
int py_hooks_setup(PyObject *module);

/* saved.c: hooks on what is kept. */
typedef struct py_saved_hooks { PyObject *pairs /* list of (pack, unpack) in force */, *refusal /* why there may be none */; } py_saved_hooks;
extern _Thread_local py_saved_hooks py_saved_now;
void py_note_saved_hooks(void);                             /* after a change of these: tape_now.packs */
const op *py_op_of(const node *n);                          /* whose call the node records; NULL: of none */
PyObject *py_show_kept(tensor *t, bool anew);               /* new; takes the contents of t */
PyObject *py_node_saved(node *n, const char *name);         /* new: "_saved_self", "_raw_saved_self"; NULL without exception where there is none */
int py_node_kept_row(node *n, const char *name);         /* place of a kept value that table/saved.def names; -1 where it does not */
PyObject *py_node_number(node *n, const char *name);        /* new: of table/saved.def; NULL without exception where there is none */
int py_node_number_names(node *n, PyObject *names);
int py_node_saved_names(node *n, PyObject *names);          /* appended to a list */
PyObject *py_saved_tensor(node *n, PyObject *context, uint32_t i); /* new SavedTensor of a node or of a Function's context */
int py_check_unpacked(bool released, bool is_packed);       /* -1 with an exception where hooks can no longer be registered */
int py_packed_traverse(void *packed_value, visitproc visit, void *arg);
int py_saved_setup(PyObject *module);
#endif
