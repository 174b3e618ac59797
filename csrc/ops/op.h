/* op: one record an op, and the call that passes through dispatch.
 *
 * Three notations (DESIGN: one op, one place):
 *   row          table/unary.def, binary.def, compare.def: an elementwise op whose value is one expression.
 *   block        a file in ops/: shape rule, kernel, gradient, record. Below is a whole one:
 *
 *     static int flip_shape(call *c) { ... checks everything; out_like(c, 0, c->in[0]->a); return 0; }
 *     static void flip_kernel(call *c) { ... reads c->ia[], writes c->oa[]; cannot fail, may run without the lock }
 *     static int flip_grad(scope *s, node *n, T const *g, T *out) { out[0] = flip(s, g[0], params); return 0; }
 *     const op op_flip = {.name = "flip", .sig = "(Tensor self, int[] dims)", .doc = "...", .run = op_block,
 *                         .shape = flip_shape, .kernel = flip_kernel, .kind = {"FlipBackward0", flip_grad}};
 *   composition  a Python function in python/ctgrad/composed/.
 * A block is listed in table/index.def; an unlisted one does not reach Python, a listed but missing one does not link.
 *
 * Failure: the shape rule alone may fail (-1 and status); it must not write to any operand. Dispatch allocates.
 */
#ifndef CT_OP_H
#define CT_OP_H
#include "tape/engine.h"

typedef tensor *T; /* in formulas: owned by the scope */

/* ---- arguments --------------------------------------------------------------------------------------- */
typedef enum arg_kind {
    ARG_NONE,    /* absent or None */
    ARG_TENSOR,  /* t; never a number: see ARG_FLOAT ... */
    ARG_TENSORS, /* list[n] of t */
    ARG_INT, ARG_FLOAT, ARG_BOOL,   /* i; f; i: what a Scalar or an int, float, bool parameter may hold */
    ARG_INTS,    /* ints[n] */
    ARG_DTYPE,   /* i is a ct_dtype */
    ARG_STR,     /* str */
    ARG_OBJECT,  /* obj: a host object that only py/ and Generator know */
} arg_kind;

typedef struct arg {
    uint8_t kind;
    bool truthy;         /* ARG_NONE: the default was taken */
    bool whole;          /* ARG_FLOAT: an int of 2^63 ... 2^64 - 1, whose lower half is n */
    uint32_t n;
    union { tensor *t; tensor **ts; int64_t i; double f; const int64_t *ints; const char *str; void *obj; };
} arg;

/* What a memory_format argument holds, as ARG_INT. */
enum { FORMAT_CONTIGUOUS, FORMAT_PRESERVE, FORMAT_CHANNELS_LAST, FORMAT_CHANNELS_LAST_3D };

static inline bool arg_given(const arg *a) { return a->kind != ARG_NONE; }
static inline bool arg_is_number(const arg *a) { return a->kind >= ARG_INT && a->kind <= ARG_BOOL; }
static inline bool arg_bool(const arg *a) { return a->kind == ARG_BOOL && a->i; }
static inline int64_t arg_int(const arg *a, int64_t otherwise) { return a->kind == ARG_NONE ? otherwise : a->i; }
static inline double arg_double(const arg *a) { return a->kind == ARG_FLOAT ? a->f : (double)a->i; }
static inline ct_dtype arg_dtype(const arg *a, ct_dtype otherwise) { return a->kind == ARG_DTYPE ? (ct_dtype)a->i : otherwise; }

/* ---- the record ---------------------------------------------------------------------------------------- */
typedef struct call call;
typedef struct op {
    const char *name;   /* public name; after a dot the overload's ("max.dim"): overloads are tried in the order of index.def */
    const char *sig;    /* "(Tensor self, int[1]? dim=None, bool keepdim=False, *, dtype? dtype=None)"; see py/bind.c */
    const char *doc;    /* shapes, dtypes, errors, source of the formula */
    uint32_t flags;
    int (*run)(call *c);                /* op_block, op_unary ...: how the notation is carried out */
    int (*shape)(call *c);              /* checks, and declares outputs: out_new, out_like or out_view */
    void (*kernel)(call *c);
    node_kind kind;     /* {"FlipBackward0", flip_grad}: PyTorch's name of the node, and the formula; blank: no gradient */
    int (*compose)(scope *s, call *c, T *out); /* run = op_compose: outputs as formulas over ops, which record themselves; op_closed: `kind` is recorded */
    const char *ret;    /* field names of a tuple result: "values indices" */
    uint8_t keep[4];    /* bit j of keep[i]: the gradient of input j reads input i (lists: no keeping) */
    uint8_t keep_list;  /* bit i: argument i is a list of tensors, all kept when any gradient is wanted */
    uint8_t keep_out;   /* bit j: the gradient of input j reads the outputs */
    uint8_t reads_out;  /* which of them, as a mask; 0: all */
    uint8_t n_out;      /* 0 means 1 */
    uint8_t n_aside;    /* outputs behind these that the gradient alone reads: declared and computed only if the call is recorded, kept, shown to nobody */
    int16_t row;        /* of the kernel table, for rows */
    uint8_t dtypes;     /* rows: FLOATS, NUMBERS, ALL */
    const char *domain; /* rows: bounds for the tests, and the NumPy reference */
    const char *reference;
} op;
enum {
    OP_FUNCTION = 1, OP_METHOD = 2,     /* where it is offered; neither means both */
    OP_INPLACE = 4,                     /* has name_ */
    OP_OUT = 8,                         /* has out= */
    OP_IN_WRITES_SELF = 16,             /* kernel updates oa[0], which starts as a copy of (or is) self: index_add, masked_fill */
    OP_VIEW = 32,                       /* result shares self's memory */
    OP_MULTI_VIEW = 64,                 /* a tuple of views */
    OP_NO_GRAD = 128,                   /* results never require grad (argmax, comparisons) */
    OP_HIDDEN = 256,                    /* not under a public name: formulas only (and ctgrad._C.ops) */
    OP_MAY_VIEW = 512,                  /* may return self or a view of it (contiguous, reshape, to) */
    OP_LIST = 1024,                     /* a list of results even if there is one */
    OP_ONLY_INPLACE = 2048,             /* the name itself ends with _ (uniform_, zero_, copy_) */
    OP_POINTWISE = 4096,                /* element i of the output depends on element i of the operands, broadcast, alone */
    OP_CONSTANT = 8192,                 /* every element of the output is the same */
    OP_ABSOLUTE = 16384,                /* a view whose strides are not made of self's */
    OP_OUT_EXACT = 1 << 15,             /* out= has the result's very dtype, */
    OP_OUT_APART = 1 << 16,             /* and shares no memory with the inputs */
    OP_OUT_WHOLE = 1 << 22,             /* or is an input, all of it; OP_POINTWISE ones too */
    OP_OUT_SELF = 1 << 23,              /* the same, of self alone */
    OP_KEEPS_ORDER = 1 << 18,           /* computed row-major; channels_last where an operand of the result's rank is */
    OP_DRAWS = 1 << 19,                 /* takes random numbers: the host's lock stays held */
    OP_SHARES = 1 << 20,                /* in place, elements of self may share memory: they are written one after the other, as PyTorch does */
    OP_WARNS = 1 << 21,                 /* with its warning, where self is expanded */
    OP_TELLS_GIVEN = 1 << 24,           /* its node tells users the ints that were given, whatever they are */
    OP_OLD = 1 << 17,                   /* a deprecated form: taken, but not told of in signatures, docs and messages */
};
/* NULL loops refuse what INTS and REALS leave out. */
enum { FLOATS, NUMBERS, ALL, INTS, REALS, DTYPES_MASK = 7, TENSORS = 8 /* the second operand is no number */, NO_INPLACE = 16,
       NUMBER_FIRST = 32 /* as a function, both may be numbers */, NUMBER_WIDE = 64 /* beside halves, the second is a float32 if it is a number */ };

/* ---- the call --------------------------------------------------------------------------------------------- */
enum { CALL_NEW, CALL_INPLACE, CALL_OUT };
enum { MAX_OUT = 3, MAX_PARAM = 4 * CT_MAXDIM + 8, FEW_IN = 6 };

struct call {
    const op *op;
    arg *args;           /* in the order of the signature, defaults filled in */
    uint32_t n_args;
    uint32_t mode;       /* CALL_INPLACE: out[0] is args[0].t; CALL_OUT: out_given */
    tensor *out_given[MAX_OUT];
    /* Input i is argument i (NULL where that is no tensor), up to the last tensor argument; a list of tensors takes
     * as many places as it has members. op.keep, node edges and grad's out[] count the same way. */
    uint32_t n_in;
    tensor **in;
    tensor *before;      /* owned, at most MAX_OUT: inputs that are out= as well, as they were before it took the result's shape */
    /* What kernels read: the operands' arrays, replaced by in_cast/in_contiguous where the rule asks; oa[] the outputs'. */
    const array **ia;
    array *oa[MAX_OUT];
    void *scratch;       /* scratch_bytes, asked for by the shape rule */
    int64_t scratch_bytes;
    int threads;         /* that scratch has room for: of products and convolutions */
    int64_t work;        /* elementary steps of the kernel: above a threshold the host's lock is dropped */
    int64_t effective;   /* what they would be if nothing were computed once; 0: as many */
    int64_t began;       /* nanoseconds, of a clock that only a profile reads */
    /* Declared by the shape rule. */
    struct declared { uint8_t how; uint8_t dtype; bool undifferentiable; array *made; } declared[MAX_OUT];
    uint32_t n_out;      /* op->n_aside of them, at the end, until a block has kept these */
    uint32_t n_param;
    int64_t param[MAX_PARAM];   /* kept in the node: node_params() */
    node *slices;               /* of a recorded write into a view: the node of its base, made by call_node before a byte is written */
    const node_kind *kind;      /* of the node to record; op_call sets &op->kind, the rule may choose another */
    bool unrecorded;            /* the shape rule decided that this call is not differentiable */
    bool row_major;             /* and that OP_KEEPS_ORDER does not hold for it */
    uint64_t once, once_out;    /* dims of in[0], and of the outputs, along which everything is computed once; see spread.h */
    uint64_t slide, slide_back, slide_out; /* dims of the output that slide over one line; those in which inputs, and the output, run backwards; see slide.h */
    /* Results: blank tensors when the call starts. Lists of views come in `list`, owned by the caller (ct_free, n_list). */
    tensor out[MAX_OUT];
    tensor *list;
    uint32_t n_list;
    /* Space for small calls. */
    tensor *in_few[FEW_IN];
    const array *ia_few[FEW_IN];
};

/* The short way of a binary op on args[2], plain tensors of one shape and floating dtype or one of these and a number. 1: done;
 * 0: not this way, op_call it; -1: failed. */
int op_pair(const op *o, arg *args, tensor *out);
/* The short way of a view whose layout a view_* function has told, of a tensor whose bytes are as shown; o and param as its rule would
 * record it. Returns as op_pair does. */
int op_view_short(const op *o, tensor *of, const layout *l, uint32_t n_param, const int64_t *param, tensor *out);
/* The short way of x's rows by w, or by its transpose (of constants alone), plus bias unless NULL: as mm or addmm. Returns as op_pair does. */
int op_product_short(tensor *bias, tensor *x, tensor *w, bool turned, tensor *out);
/* py/: a UserWarning, where `once` is given only the first time; -1: it became an exception, and nothing may be written. NULL: nobody listens. */
extern int (*op_warn)(bool *once, const char *text);
/* Runs an op on bound arguments: fills c->out (or c->list). Arguments are borrowed. -1: nothing was written, results blank. */
int op_call(call *c);
void call_clear_results(call *c);
extern void (*op_profiled)(call *c, bool done); /* py/: called before every op, and after it unless it failed, while a profile is taken; else NULL */

/* ---- for shape rules ---------------------------------------------------------------------------------------- */
int out_new(call *c, uint32_t i, ct_dtype dtype, int ndim, const int64_t *size);      /* fresh, contiguous */
int out_strided(call *c, uint32_t i, ct_dtype dtype, const layout *l);                /* fresh, with the given (dense) strides */
int out_like(call *c, uint32_t i, const array *a, ct_dtype dtype);                    /* a's shape and, if dense, its memory order */
int out_format(call *c, const array *a, ct_dtype dtype, int64_t format);              /* a's shape, in the memory order of a FORMAT_... */
int out_view(call *c, uint32_t i, const layout *l);                                   /* over in[0]'s storage */
int out_same(call *c, uint32_t i);                                                    /* in[0] itself (contiguous() of a contiguous one) */
int in_cast(call *c, uint32_t i, ct_dtype dtype);                                     /* ia[i] becomes a converted copy if needed */
int in_expand(call *c, uint32_t i, int ndim, const int64_t *size);                    /* ia[i] becomes a view at a wider shape */
int in_copy(call *c, uint32_t i);                                                     /* ia[i] becomes a row-major copy */
int in_view(call *c, uint32_t i, const layout *l);                                    /* ia[i] becomes a view of its bytes */
int in_contiguous(call *c, uint32_t i);                                               /* ia[i] becomes a row-major copy if needed */
int in_once(call *c, uint32_t i, uint64_t dims);                                      /* ia[i] becomes its first index along these dims */
void keep_param(call *c, int64_t value);
void keep_double(call *c, double value);                                             /* as its bits */
double read_double(const int64_t *param);
/* Result dtype of the operands by PyTorch's three categories (dimensioned, 0-d, numbers). */
typedef struct promotion { int dim, zero, number; } promotion; /* each a ct_dtype, or -1 */
static inline promotion promotion_start(void) { return (promotion){-1, -1, -1}; }
void promotion_add(promotion *p, const array *a);
void promotion_add_arg(promotion *p, const arg *a);
ct_dtype promotion_result(const promotion *p);
static inline bool arg_is_unsigned(const arg *a) { return a->kind == ARG_FLOAT && a->whole; }
int64_t arg_wrapped(const arg *a);                         /* of an unsigned one: its 64 bits */
/* The next parameter's name in a signature's text, from *at on; its length, 0 at the end. *list: it takes a list of tensors. */
size_t op_next_name(const char **at, const char **name, bool *list);
array *number_array(const arg *a, ct_dtype dtype);         /* new, 0-d and weak; whole numbers wrap around in integer dtypes */
bool tensor_number(const tensor *t, arg *out);             /* the first element as an argument */
int number_fits(const arg *a, ct_dtype dtype);             /* CT_RUNTIME "value cannot be converted to type ... without overflow" */
int number_rounds(const arg *a, ct_dtype dtype);           /* the same where a half takes any number, infinite beyond its range */
int number_fills(const arg *a, ct_dtype dtype, int64_t numel); /* of so many elements: one alone is rounded */
int operand_fits(const arg *a, ct_dtype dtype);              /* the same of a number or a 0-d tensor */
int number_cut_fits(const arg *a, ct_dtype dtype);         /* where a factor is cut to a whole number: ints of 2^63 and more do not fit */
int require_float(const call *c, const array *a);       /* "mean(): could not infer output dtype. Input dtype must be ..." family */
const char *op_public_name(const op *o, char *buffer, size_t capacity); /* "max" of "max.dim" */

/* ---- notations ------------------------------------------------------------------------------------------------ */
int op_block(call *c);
int op_view(call *c);
int op_compose(call *c);
int op_closed(call *c);
int op_unary(call *c);
int op_binary(call *c);
int op_test(call *c);
int op_compare(call *c);

/* Steps below which a kernel is not worth dropping the lock for (dropping and taking it costs about 100 ns). */
enum { WORK_TO_UNLOCK = 32768 };

void array_convert(const array *from, array *to);       /* casts and copies, elementwise; from broadcasts to `to` */
extern struct ct_rng *op_default_rng;  /* where no generator is given; set by the host */

/* ---- registry ---------------------------------------------------------------------------------------------------- */
extern const op *const op_table[];     /* every op, in the order of index.def; NULL at the end */
#endif
