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
#include "ops/spread.h"

/* ---- raise.c ---- */
PyObject *py_raise(void);                       /* NULL; sets the exception for the pending status and clears it */
int py_raise_int(void);                         /* the same, returns -1 */
int py_warn_once(bool *warned, const char *text); /* UserWarning, once in a process unless set_warn_always(True); -1: it became an exception */
void py_note_foreign(void);                     /* a Python exception is pending: becomes CT_FOREIGN below */
/* The end of what a failed call held may run Python code, whose own failures, and those of threads that it lets in, are others. */
typedef struct py_told { ct_status status; char *message; /* owned; NULL where there was no memory for it */ } py_told; /* small: releases nest, on short stacks */
void py_set_aside(py_told *told);               /* what the call failed by, if it did */
void py_put_back(const py_told *told);
void py_drop(PyObject *o);                      /* Py_XDECREF between these two: for what the rooms below hold */
int py_raise_setup(PyObject *module);           /* OutOfMemoryError, _LinAlgError */

/* ---- tensor_type.c ---- */
typedef struct PyTensor {
    PyObject_HEAD
    tensor t;
    PyObject *dict, *weak;
} PyTensor;
extern PyTypeObject *py_tensor_type;            /* Tensor; subclasses (Parameter) are Python classes */
static inline bool py_is_exact_tensor(PyObject *o) { return Py_TYPE(o) == py_tensor_type; }
static inline bool py_is_tensor(PyObject *o) /* the commonest others are known without a walk through their bases */
{
    return Py_TYPE(o) == py_tensor_type || (!PyFloat_CheckExact(o) && !PyLong_CheckExact(o) && PyType_IsSubtype(Py_TYPE(o), py_tensor_type));
}
static inline tensor *py_t(PyObject *o) { return &((PyTensor *)o)->t; }
/* The value of an int, most of which have one digit; PyLong_AsLongLongAndOverflow of the others. */
static inline int64_t py_long(PyObject *o, int *overflow)
{
    *overflow = 0;
#if PY_VERSION_HEX >= 0x030C0000
    if (CT_LIKELY(PyUnstable_Long_IsCompact((PyLongObject *)o)))
        return PyUnstable_Long_CompactValue((PyLongObject *)o);
#else
    Py_ssize_t digits = Py_SIZE(o); /* negative for negative values */
    if (CT_LIKELY(digits >= -1 && digits <= 1))
        return digits * (int64_t)((PyLongObject *)o)->ob_digit[0];
#endif
    return PyLong_AsLongLongAndOverflow(o, overflow);
}
/* subclass.c: the result (taken) of a call with these arguments, in the class of the first that is of a user's own. */
extern int64_t py_custom_live;                    /* tensors of such classes that live: while none does, nobody asks */
extern PyTypeObject *py_unshaped;                  /* what nn's uninitialized parameters inherit; NULL before the first is made */
int py_refuse_unshaped(PyObject *name, PyObject *const *args, Py_ssize_t n, int depth);
PyObject *py_recast(PyObject *result, PyObject *const *args, Py_ssize_t n);
static inline PyObject *py_kept_class(PyObject *result, PyObject *const *args, Py_ssize_t n) { return CT_LIKELY(!py_custom_live) ? result : py_recast(result, args, n); }
PyObject *py_wrap(tensor *t);                   /* new Tensor that takes the contents of *t (which is left blank), also on failure */
PyObject *py_shown_by(const tensor *t);       /* borrowed: the object of this very tensor, NULL where there is none */
PyObject *py_wrap_array(array *a);              /* new Tensor; takes a (NULL: raises) */

/* ---- small_types.c: dtype and the named constants; size.c; device.c; generator.c ---- */
PyObject *py_dtype(ct_dtype d);                 /* borrowed, one object a dtype */
bool py_is_dtype(PyObject *o);
ct_dtype py_dtype_value(PyObject *o);
/* A dtype argument: dtype object, or the Python types float, int, bool. -1 and TypeError otherwise. */
int py_dtype_from(PyObject *o, ct_dtype *d);
PyObject *py_size(int ndim, const int64_t *size); /* new torch.Size */
PyObject *py_ints(int n, const int64_t *values);  /* new tuple, of CT_MAXDIM ints at most */
bool py_is_size(PyObject *o);
extern PyTypeObject *py_size_type, *py_generator_type, *py_device_type, *py_dtype_type;
struct ct_rng *py_generator_rng(PyObject *o);   /* of a Generator; NULL object: the default generator */
PyTypeObject *py_add_type(PyObject *module, PyType_Spec *spec, PyTypeObject *base, const char *shown); /* new type, added to the module */
int py_check_device(PyObject *o);               /* NULL, None, "cpu", device: 0; else -1 and AssertionError (cuda, xpu), NotImplementedError, RuntimeError or TypeError */
PyObject *py_device_cpu(void);                  /* borrowed */

/* ---- convert.c: Python data to arrays and back ---- */
/* Scalars: Python bool, int, float (with subclasses) and NumPy scalars; no 0-d ndarrays, which are no numbers in PyTorch either.
 * kind is ARG_BOOL, ARG_INT or ARG_FLOAT, which ints of 2^63 ... 2^64 - 1 become (whole). False if it is none, and false with OverflowError
 * or TypeError set for an int beyond 64 bits. */
bool py_number(PyObject *o, arg *out);
int py_format(PyObject *o, int64_t *format);    /* a memory_format as one of FORMAT_...: 1, 0 another object, -1 exception */
PyObject *py_element(const array *a, const char *at); /* new Python number for one element */
int py_store(PyObject *o, ct_dtype d, char *at);      /* one Python number written as dtype d; -1 when it does not fit or is no number */
int py_store_number(const arg *n, ct_dtype d, char *at); /* the same for a number that is read already */
/* New: nested sequences, numbers, ndarrays and NumPy scalars, Tensors, lists of these, objects with __dlpack__. wanted DT_NONE: inferred.
 * share: memory of an ndarray, a Tensor or a __dlpack__ object is not copied where the dtype is the wanted one. NULL and exception. */
array *py_array_from_data(PyObject *data, ct_dtype wanted, bool share);
PyObject *py_of_storage(PyObject *object, ct_dtype dtype);  /* NULL without an exception: it is none */
array *py_array_copy(const array *a, ct_dtype dtype); /* new, dense, memory order as a's; NULL and exception */
PyObject *py_tolist(const array *a);
PyObject *py_item(const array *a);
int py_warn_tensor_to_number(tensor *t);        /* the warning, once, when a tensor that requires grad becomes a Python number */

/* ---- numpy.c: the NumPy C API (the only file that includes it) ---- */
typedef enum numpy_use {
    NUMPY_READ,       /* the result is only read from, before anybody else runs: other dtypes are converted where lossless */
    NUMPY_SHARE,      /* as_tensor: shares where it can, converts else; a read-only ndarray warns */
    NUMPY_ONLY_SHARE, /* from_numpy: shares or raises */
} numpy_use;
array *numpy_to_array(PyObject *ndarray, numpy_use use); /* new; keeps the ndarray alive */
PyObject *numpy_from_tensor(PyObject *t);       /* new ndarray over the same memory */
bool numpy_is_array(PyObject *o);
bool numpy_is_scalar(PyObject *o);              /* np.float32(1), np.str_('a') ... */
bool numpy_is_bool(PyObject *o);                /* np.bool_ */
bool numpy_is_number(PyObject *o);              /* scalars that count as numbers; then numpy_number reads it: 0, or -1 and exception */
int numpy_number(PyObject *o, arg *out);
int numpy_dtype(PyObject *o, ct_dtype *d);      /* of an ndarray or NumPy scalar, widened where lossless; -1 and TypeError */
int numpy_setup(void);                          /* imports NumPy, once */

/* ---- exchange.c, dlpack.c: shared memory ---- */
array *py_array_from_buffer(PyObject *o, ct_dtype dtype, int64_t count, int64_t offset); /* new, 1-d; NULL and exception */
array *py_dlpack_import(PyObject *o);           /* of a capsule, or an object with __dlpack__ */
bool py_offers_dlpack(PyObject *o);             /* its class has __dlpack__ */
PyObject *py_from_numpy(PyObject *module, PyObject *ndarray);
#define PY_FAST(f) PyObject *f(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
PY_FAST(py_tensor_numpy);
PY_FAST(py_tensor_array);
PY_FAST(py_tensor_array_wrap);
PY_FAST(py_tensor_dlpack);
PyObject *py_tensor_dlpack_device(PyObject *self, PyObject *none);

/* ---- bind.c: a signature parsed once, arguments bound on every call ---- */
typedef struct signature signature;
enum { SIG_METHOD = 1 /* self comes first, and is not counted in messages */, SIG_OUT = 2 /* takes out= */ };
signature *signature_parse(const char *name, const char *text, uint32_t how, uint32_t n_outputs); /* PyMem; NULL and SystemError on a malformed text */
void signature_free(signature *s);
typedef struct bound {
    arg args[24];
    uint32_t n_args;
    PyObject *first;                            /* borrowed: what was given for the first parameter */
    PyObject *requires_grad, *out, *device;     /* borrowed; parameters of the host only, NULL when absent or None */
    /* room for what the args point to; freed by bound_clear */
    uint32_t n_ints, n_tensors, n_heap, n_owned;
    int64_t ints[128];
    tensor *tensors[16];
    void *heap[24];
    PyObject *owned[24];
} bound;
/* 1 bound, 0 these arguments do not fit this signature (no exception set), -1 exception. bound_clear after 1 only. */
int signature_bind(const signature *s, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, bound *b);
void bound_free(bound *b);
static inline void bound_clear(bound *b) { if (CT_UNLIKELY(b->n_heap | b->n_owned)) bound_free(b); }
/* Sets PyTorch's TypeError for arguments that fit none of the n signatures; returns -1. */
int signature_refuse(const signature *const *s, uint32_t n, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
uint32_t signature_required(const signature *s); /* how many parameters have no default */
PyObject *signature_line(const signature *s);   /* new str "(input, dim=None, *, out=None)" */
PyObject *signature_inspect(const signature *const *s, uint32_t n); /* new inspect.Signature; of several: what they share, then *args, **kwargs */

/* A callable that is no op: its signature is parsed at the first call. py_bind: 0 bound (then bound_clear), -1 and exception. */
typedef struct py_sig { const char *name, *text; signature *parsed; } py_sig;
int py_bind(py_sig *s, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, bound *b);
const char *py_type_name(PyObject *o);          /* of o's class as PyTorch shows it, good until the next call */

/* ---- op_type.c: the callable of every op; results.c: what it returns; outs.c: or writes into out= ---- */
int py_ops_setup(PyObject *module, PyTypeObject *tensor_type);
PyObject *py_op_object(const char *name);                         /* borrowed; the function, or the method where there is none; NULL without exception */
PyObject *py_call_op(const op *o, uint32_t n_args, arg *args);    /* new result; for slots */
PyObject *py_call_with_out(call *c, const bound *b);                /* new: what b->out is, or holds */
PyObject *py_results(call *c);                                    /* new: a Tensor, a named tuple or a tuple; empties the call */
/* A tuple class with named fields ("values indices"), shown as torch.return_types.NAME and found in ctgrad.return_types; borrowed. */
PyTypeObject *py_return_type(const char *name, const char *fields);
PyTypeObject *py_return_type_of(const op *o, bool out);           /* of an op with several outputs; borrowed, NULL and exception */
int py_results_setup(PyObject *module);

/* ---- each file's part of the module ---- */
void py_blas_setup(void);                       /* blas.c: how a BLAS is found, when one is first wanted */
void *py_blas_symbol(const char *name);         /* of the library, which is loaded for it; NULL without exception */
int py_lapack_setup(PyObject *module);           /* lapack.c */
void py_fft_setup(void);                        /* fft.c */
int py_small_types_setup(PyObject *module);
int py_size_setup(PyObject *module);
int py_device_setup(PyObject *module);
int py_generator_setup(PyObject *module);
int py_legacy_setup(PyObject *module);
int py_create_setup(PyObject *module);
int py_exchange_setup(PyObject *module);

/* ---- debug.c ---- */
int py_debug_setup(PyObject *module);
int py_threads_setup(PyObject *module);
int py_step_setup(PyObject *module);             /* step.c: what optimizers call */
void py_switches_from_environment(void);
#endif
