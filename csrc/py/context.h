/* ctx: what forward and backward of a user's Function share. For function_type.c and context.c. */
#ifndef CT_CONTEXT_H
#define CT_CONTEXT_H
#include "py/hooks.h"

/* One saved tensor: an input carries its edge, an output its number (re-tied when read, so that it makes no cycle). */
typedef struct saved {
    array *a;            /* NULL: None was saved */
    node *fn;            /* owned; of an input */
    uint32_t nr;
    int64_t version;
    bool is_output;
    void *packed;        /* by hooks, in place of `a` */
    PyObject *obj;       /* of an input: what was given, which is given back */
} saved;

typedef struct FunctionContext {
    PyObject_HEAD
    node *n;             /* borrowed while the node lives */
    PyObject *dict, *weak;
    PyObject *to_save, *dirty, *plain;   /* tuples given in forward */
    PyObject *needs;     /* tuple of bools, one an argument */
    PyObject *is_tensor; /* tuple of bools, one an argument */
    PyObject *output_at; /* tuple: number of the node's output for each result, or None; -1 - number where it is not differentiable */
    saved *kept;
    Py_ssize_t n_kept;
    int ndim;            /* of the first argument */
    bool materialize, none_for_plain, released, alone, separate /* setup_context was given */;
} FunctionContext;

extern PyTypeObject *py_context_type;
/* Of Functions whose class says by `_mixes` how many of the last dims of the first argument its formula mixes: the dims before them are a batch, of all
 * that has a gradient or is saved. 0: all is computed element by element, and broadcasts. Where a batch repeats, its gradient may arrive summed; then
 * what was saved, and zeros, are of size 1 there. */
uint64_t context_takes(node *n);
PyObject *context_zeros(node *n, uint32_t nr); /* new: in place of a gradient that did not arrive */
void context_forget(FunctionContext *c);   /* drops the saved tensors */
int context_check_marks(const FunctionContext *c); /* that mark_dirty and mark_non_differentiable were given tensors; -1 with an exception */
int context_save(FunctionContext *c);      /* takes over what save_for_backward was given, once the outputs have their node */
int context_pack(FunctionContext *c, uint32_t i, PyObject *hooks); /* saved tensor i by these hooks; NULL: those in force. -1 with an exception */
/* Arguments by name, and with `separate` defaults, which setup_context is to see: a new tuple of all. */
PyObject *context_bind(PyObject *cls, bool separate, PyObject *const *args, Py_ssize_t n, PyObject *kwnames);
int py_context_setup(PyObject *module);
#endif
