/* py: types, binder, exchange with NumPy, buffers and DLPack, exceptions. The only room that includes Python.h.
 *
 * Fails by NULL or -1 with a Python exception set; py_raise() turns the status of the rooms below into one.
 * Ownership: PyObject references as usual in the C API ("new", "borrowed" in the comments).
 */
#ifndef CT_PY_H
#define CT_PY_H
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include "ops/op.h"

/* ---- raise.c ---- */
PyObject *py_raise(void);                       /* NULL; sets the exception for the pending status and clears it */
int py_raise_int(void);                         /* the same, returns -1 */
void py_note_foreign(void);                     /* a Python exception is pending: becomes CT_FOREIGN below */

/* ---- tensor_type.c ---- */
typedef struct PyTensor {
    PyObject_HEAD
    tensor t;
    PyObject *dict, *weak;
} PyTensor;
extern PyTypeObject *py_tensor_type;            /* Tensor; subclasses (Parameter) are Python classes */
static inline bool py_is_exact_tensor(PyObject *o) { return Py_TYPE(o) == py_tensor_type; }
static inline bool py_is_tensor(PyObject *o) { return Py_TYPE(o) == py_tensor_type || PyType_IsSubtype(Py_TYPE(o), py_tensor_type); }
static inline tensor *py_t(PyObject *o) { return &((PyTensor *)o)->t; }
PyObject *py_wrap(tensor *t);                   /* new Tensor that takes the contents of *t (which is left blank), also on failure */
PyObject *py_wrap_array(array *a);              /* new Tensor; takes a (NULL: raises) */

/* ---- small_types.c: dtype, Size, device, Generator ---- */
PyObject *py_dtype(ct_dtype d);                 /* borrowed, one object a dtype */
bool py_is_dtype(PyObject *o);
ct_dtype py_dtype_value(PyObject *o);
/* A dtype argument: dtype object, or the Python types float, int, bool. -1 and TypeError otherwise. */
int py_dtype_from(PyObject *o, ct_dtype *d);
PyObject *py_size(int ndim, const int64_t *size); /* new torch.Size */
bool py_is_size(PyObject *o);
extern PyTypeObject *py_size_type, *py_generator_type, *py_device_type, *py_dtype_type;
struct ct_rng *py_generator_rng(PyObject *o);   /* of a Generator; NULL object: the default generator */
int py_check_device(PyObject *o);               /* None, "cpu", device: 0; else -1 and RuntimeError */

/* ---- convert.c: Python data to arrays and back; numpy.c: the NumPy C API (the only file that includes it) ---- */
/* Scalars: Python bool, int, float, and NumPy scalars, 0-d NumPy arrays. kind is ARG_BOOL, ARG_INT or ARG_FLOAT; false if it is none. */
bool py_number(PyObject *o, arg *out);
PyObject *py_element(const array *a, const char *at); /* new Python number for one element */
array *py_array_from_data(PyObject *data, ct_dtype wanted /* DT_NONE: inferred */, bool share_numpy); /* new; nested sequences, numbers, NumPy arrays, buffers, Tensors inside lists */
PyObject *py_tolist(const array *a);
PyObject *py_item(const array *a);
array *numpy_to_array(PyObject *ndarray, bool share); /* new; share: keeps the ndarray alive, read-only ones warn */
PyObject *numpy_from_tensor(PyObject *t);       /* new ndarray over the same memory */
bool numpy_is_array(PyObject *o);
bool numpy_is_number(PyObject *o);
int numpy_setup(void);

/* ---- bind.c: a signature parsed once, arguments bound on every call ---- */
typedef struct signature signature;
signature *signature_parse(const char *op_name, const char *text);  /* PyMem; NULL and exception on a malformed text */
void signature_free(signature *s);
typedef struct bound {
    arg args[24];
    uint32_t n_args;
    PyObject *requires_grad, *out, *device;     /* borrowed; parameters of the host only, NULL when absent */
    /* room for what the args point to; freed by bound_clear */
    int64_t ints[128];
    uint32_t n_ints;
    void *heap[8];
    uint32_t n_heap;
    PyObject *owned[8];
    uint32_t n_owned;
} bound;
/* 1 bound, 0 these arguments do not fit this signature (no exception set; `why` gets a short reason), -1 exception. */
int signature_bind(const signature *s, PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, bound *b, char *why, size_t capacity);
void bound_clear(bound *b);
const char *signature_text(const signature *s);
PyObject *signature_inspect(const signature *s, bool method); /* new inspect.Signature */

/* ---- op_type.c: the callable that is function and method at once ---- */
PyObject *py_op_new(const op *const *overloads, int n, uint32_t mode, const char *name); /* CALL_NEW or CALL_INPLACE */
int py_ops_setup(PyObject *module, PyTypeObject *tensor_type);
PyObject *py_call_op(const op *o, uint32_t n_args, arg *args);    /* new result; for slots */
PyObject *py_results(call *c);                                    /* new: a Tensor, a named tuple or a tuple; empties the call */

/* ---- each file's part of the module ---- */
int py_small_types_setup(PyObject *module);
int py_create_setup(PyObject *module);
int py_exchange_setup(PyObject *module);
#endif
