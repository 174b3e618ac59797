/* What the files of the Tensor type share. */
#ifndef CT_TENSOR_TYPE_H
#define CT_TENSOR_TYPE_H
#include "ops/formula.h"
#include "py/py.h"

int py_tensor_setup(PyObject *module);
int py_by_name_setup(void);                               /* by_name.c: operators by name */
bool py_is_custom_class(PyTypeObject *type);               /* subclass.c */
PyObject *py_set_unshaped(PyObject *module, PyObject *cls);
PyObject *py_tensor_as_subclass(PyObject *self, PyObject *cls);
PyObject *py_wrap_as(PyTypeObject *type, tensor *t);     /* new object of a subclass; takes *t */
/* tensor_set_requires_grad that also lets the leaf's node find its object. -1: a status of the tape is pending. */
int py_set_requires_grad(PyObject *self, bool wanted);
int py_settle_grad(PyObject *out, bool wanted, bool is_made);
int py_born_with_grad(PyObject *made);           /* the same of a tensor that is being made */
/* Called after a view of `first` may have been made: a base that has no object yet is shown by this one. */
static inline void py_note_base(PyObject *first)
{
    viewbase *b = first && py_is_tensor(first) ? py_t(first)->base : NULL;
    if (b && !b->obj && !tensor_is_view(py_t(first)))
        b->obj = first;
}
void py_tensor_track(PyObject *self);                    /* the object can be part of a cycle from now on */
int64_t py_tensor_live(void);

/* attributes.c, methods.c */
extern PyGetSetDef py_tensor_getset[];
extern PyMethodDef py_tensor_methods[];
PyObject *py_tensor_iter(PyObject *self);
PyObject *py_tensor_retain_grad(PyObject *self, PyObject *unused);

/* index.c */
PyObject *py_index_get(PyObject *self, PyObject *index);
int py_index_set(PyObject *self, PyObject *index, PyObject *value);

/* exchange.c */
int py_tensor_getbuffer(PyObject *self, Py_buffer *view, int flags);
void py_tensor_releasebuffer(PyObject *self, Py_buffer *view);
int py_tensor_legacy_new(ct_dtype dtype, PyObject *args, PyObject *kwargs, tensor *made); /* legacy.c: Tensor(sizes), Tensor(data) or Tensor(tensor) */

/* node_type.c, function_type.c */
node *py_node_of(PyObject *o);                           /* borrowed: what a grad_fn shows; NULL if it is none or its node is gone */
PyObject *py_node_object(node *n);                       /* new: the object of a grad_fn */
int py_node_traverse(node *n, visitproc visit, void *arg);
void py_node_clear(node *n);
int py_node_setup(PyObject *module);
int py_function_setup(PyObject *module);
int py_closed_setup(PyObject *module);

/* autograd.c: backward, grad, modes */
PyObject *py_tensor_backward(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *kwnames);
PyObject *py_tensor_register_hook(PyObject *self, PyObject *hook);
PyObject *py_tensor_register_post_accumulate_grad_hook(PyObject *self, PyObject *hook);
int py_autograd_setup(PyObject *module);
int py_run_backward(const backward *b);                                  /* -1 with a Python exception */
PyObject *py_tensor_hooks(PyObject *module, PyObject *o);
PyObject *py_queue_callback(PyObject *module, PyObject *callback);
void py_trace_setup(void);                               /* trace.c: anomaly mode */
int py_module_setup(PyObject *module);             /* module_type.c: ModuleBase */
#endif
