/* bind: what the binder's three sources share. bind_parse.c reads signatures, bind.c binds, bind_text.c explains and shows. */
#ifndef CT_BIND_H
#define CT_BIND_H
#include "py/py.h"

enum { MAX_SIG = 24 /* room in bound.args */, MAX_ALIAS = 3, MAX_DEFAULT_INTS = 4 };

typedef enum param_kind {
    P_TENSOR, P_OPERAND /* these two take any tensor */, P_TENSORS, P_TENSORS_APART, P_SCALAR, P_NUMBER /* no 0-d tensor */, P_INT, P_INTS, P_INTS_APART, P_FLOAT, P_BOOL, P_STR, P_DTYPE,
    P_GENERATOR, P_FORMAT, P_OBJECT,
    /* of the host only: no arg is made */
    P_OUT, P_OUTS, P_DEVICE, P_LAYOUT, P_MEMORY_FORMAT, P_PIN_MEMORY, P_REQUIRES_GRAD,
} param_kind;

typedef struct param {
    PyObject *name;              /* interned, owned; `self` is shown as `input` */
    PyObject *alias[MAX_ALIAS];  /* other accepted keywords, interned, owned */
    uint8_t kind;
    bool none_ok, keyword_only, required;
    bool indexed;                /* an int that may be anything with __index__: PyTorch's symbolic ones */
    bool without_dims;           /* of tensors those without dims alone: an overload is for others (narrow's start) */
    int8_t arg;                  /* place in the op's args, -1 for host parameters */
    uint8_t spread;              /* int[N]: one int stands for N of them */
    const struct param_type *type;
    PyObject *shown_default;     /* as written, owned; NULL when required */
    arg otherwise;               /* the default */
    int64_t ints[MAX_DEFAULT_INTS];
} param;

typedef struct param_type {
    const char *text;            /* in signatures */
    uint8_t kind;
    const char *shown;           /* in messages, as PyTorch writes it */
    const char *annotation;      /* in inspect.Signature */
} param_type;

struct signature {
    PyObject *name;              /* of the function, for messages */
    const char *text;            /* as written; static */
    uint32_t how, n_outputs;
    uint32_t n_params, n_positional, n_required, n_args;
    uint32_t least;              /* positional arguments of a call without keywords: up to the last required one */
    int apart;                   /* place of the parameter that takes all remaining positional arguments, or -1 */
    param params[];              /* in positional order: a method's self comes first wherever it was written */
};

/* Parameters that callers do not see: a method's self. */
static inline uint32_t sig_hidden(const signature *s) { return s->how & SIG_METHOD ? 1 : 0; }
/* 1 bound, 0 of another type, -1 exception. */
int bind_value(const param *p, PyObject *o, bound *b);
int bind_element(PyObject *o, int64_t *out);              /* of a sequence of ints; as above */
int bind_apart(const param *p, PyObject *const *items, Py_ssize_t n, bound *b);
int bind_find(const signature *s, PyObject *keyword);     /* place of the parameter, or -1 */
void bind_start(const signature *s, bound *b);
static inline bool bind_is_sequence(PyObject *o) { return PyTuple_Check(o) || PyList_Check(o); }
#endif
