/* dispatch: what the notations (blocks, rows, views) share. For ops/ only. */
#ifndef CT_DISPATCH_H
#define CT_DISPATCH_H
#include "kernel/kernel.h"
#include "ops/op.h"
#include <string.h>

/* Operands of one shape for k_walk; arrays of fewer dims or size 1 are repeated by stride 0. arrays[0] is the output. */
void array_operands(k_nd *nd, int n, int ndim, const int64_t *size, const array *const *arrays);
/* l->stride of a fresh elementwise result of shape l->size, by the strides of the call's inputs. */
void iterator_strides(const call *c, int operands, layout *l); /* operands that are no tensors are numbers; at most 4 */
/* The same for parts of two arrays' memory, of one shape; of all of `from`, broadcast, into a part; adding, where the part may reach elements twice
 * (but not along one dimension). */
void array_convert_between(const array *from, const layout *source, array *to, const layout *part);
void array_convert_at(const array *from, array *to, const layout *part);
void array_add_at(const array *from, array *to, const layout *part);
/* Runs the kernel. -1: the host ended it; then its outputs, new ones, hold anything. */
int call_long(call *c, void (*kernel)(call *c));
/* array_write_out_for self of a call in place, which may wait for a kernel: CT_RUNTIME where another thread gave self another array meanwhile. */
int write_out_self(const call *c, uint32_t n, const array *const *with);
/* Of one thread: counts that keep memory under a kernel, and tell that one is at work there. `held` may have NULLs and outlives the holder. */
typedef struct holder { struct holder *next; const void *thread; array *const *held; uint32_t n; } holder;
void hold(holder *h, array *const *held, uint32_t n);
void let_go(holder *h);
extern int writers_waiting; /* threads in wait for kernels to end; changed with the lock held */
void let_writers_in(void);    /* after let_go: lets them have the lock, if there are any */
static inline int call_unlocked(call *c, void (*kernel)(call *c))
{
    if (CT_UNLIKELY(c->work >= WORK_TO_UNLOCK || c->op->flags & OP_DRAWS))
        return call_long(c, kernel);
    kernel(c);
    return 0;
}
overlap array_overlap(const array *a, const array *b);

enum { HOW_SAME = 1 /* declared by out_same */ };
static inline void blank_output(call *c, uint32_t i)
{
    c->out[i] = (tensor){0};
    c->oa[i] = NULL;
    c->declared[i] = (struct declared){0};
}

/* Ops that PyTorch's tape does not see: they write into leaves, and histories stay. */
static inline bool is_unseen(const call *c) { return c->op->flags & OP_NO_GRAD && strncmp(c->op->name, "logical_", 8) == 0; }
int check_writable(const char *op, const array *a);     /* CT_RUNTIME when two indices share an element */
bool array_shares(const array *a);                      /* do two indices share an element? */
int check_expanded(const char *op, const array *a);     /* CT_RUNTIME where they do by stride 0: for writes of one number, whose order does not show */
int check_apart(const call *c, uint32_t i, const array *written); /* CT_RUNTIME when input i shares some, not all, of its elements with it */
int check_inputs_apart(const call *c, const array *written);      /* the same for every input */
int call_warn(const call *c, bool *once, const char *text); /* op_warn, where somebody listens; -1 also where the listener gave operands other memory */
int check_no_overlap(const call *c, const array *written);  /* not even SAME: what is read may be overwritten first */
int check_history(const call *c, tensor *t);            /* may t be written in place as far as the tape is concerned? */
/* Is t, or what it is a view of, a leaf that requires grad? */
static inline bool tensor_of_leaf(const tensor *t)
{
    if (!t->fn || t->fn->kind == &leaf_kind)
        return t->fn;
    return tensor_is_view(t) && (!t->base->fn /* of a leaf that is a view itself */ || t->base->fn->kind == &leaf_kind);
}
int check_rewrite(tensor *t, bool recorded);            /* the same outside a call, while recording; recorded: by a node with an edge */
int view_in_place(call *c);
int refuse_out_history(const call *c);                   /* CT_RUNTIME: out= and recording do not go together */
int target_in_place(call *c, ct_dtype dtype, int ndim, const int64_t *size);
int refuse_shared(const call *c, uint32_t n);            /* CT_RUNTIME where self, written in place, shares memory with another of the first n inputs */
/* stride: of out= where it is resized; NULL: row-major. */
int target_out(call *c, uint32_t i, ct_dtype dtype, int ndim, const int64_t *size, const int64_t *stride);
int target_out_elementwise(call *c, ct_dtype dtype, const layout *l); /* the one out=, of which no input may share a part */
void target_forget_before(call *c);
static inline void target_drop_before(call *c)
{
    if (CT_UNLIKELY(c->before != NULL))
        target_forget_before(c);
}
array *tensor_resized(tensor *t, int ndim, const int64_t *size, const int64_t *stride); /* owned; t is not touched; stride NULL: row-major */
int tensor_join(tensor *view, tensor *of, uint32_t flags);

/* ---- scalar.c: a loop run into a new result of shape l->size, into self or out=, and recorded ---- */
typedef struct elementwise {
    k_loop *loop;
    const void *param;
    const array *operand[K_MAXOP];   /* [0] the output */
    int n;
} elementwise;
int run_elementwise(call *c, elementwise *e, ct_dtype result, layout *l);
/* activation.c: a table's loop over the first n inputs, which broadcast, in the dtype of the first, a float: else CT_NOTIMPL, naming `kernel`. */
int run_floats(call *c, k_loop *const *table, int n, const void *param, const char *kernel);
/* Over the incoming gradient and one operand more; number: three, or NULL. */
int run_slopes(call *c, k_loop *const *table, const double *number, const char *kernel);
/* pair.c: the short way, computed in one dtype; -2: not this way, nothing done. */
int run_short(call *c, k_loop *loop, const void *param, ct_dtype compute, ct_dtype result, int operands);
int deliver_short(call *c, array *out);      /* a new result, taken, is the call's; recorded if it has to be */
/* A result made by a short way, taken, as the output of a recorded call of o on `args`, at most FEW_IN. 1; -1: it was dropped. */
int record_short(const op *o, arg *args, uint32_t n, const int64_t *param, uint32_t n_param, array *made, tensor *out);
/* ---- numbered.c ---- */
int op_numbered(call *c); /* op_binary, of rows whose node differs with the kind of an operand */
#define BINARY(name, ...) int op_grad_##name(scope *s, node *n, T const *g, T *out);
#include "table/binary.def"
#undef BINARY
const node_kind *op_kind_by_number(const op *o, const arg *args); /* of a row: its own, or that where an operand is a number of C's */
/* 1: has a history that is up to date; 0: is a constant; -1: it has to be asked. */
static inline int tensor_past(const tensor *t)
{
    if (CT_UNLIKELY(t->base && (t->base->gen != t->gen || (t->base->fn && !t->fn))))
        return -1;
    return t->fn != NULL;
}
int refuse_bool_difference(const call *c);   /* -1 where sub is asked for bools */

/* ---- view.c ---- */
int view_short(call *c);                     /* op_call of a new view where little has to be asked. 1; 0: not this way; -1: failed */

/* ---- record.c ---- */
bool call_needs_grad(const call *c);        /* will this call be recorded? */
int check_differentiable(const call *c, ct_dtype d); /* CT_RUNTIME where a recorded call was asked for integers or bools */
array *call_copy_of(const array *a);        /* new, row-major */
node *call_node(call *c);                   /* edges and kept inputs; before anything is written. NULL on failure */
void call_keep_asides(call *c, node *n);    /* they are no outputs of the call any more */
/* The history of self, written in place, becomes fn's output nr; call_slices has had memory for it, before the write. */
int call_slices(call *c, node *fn, uint32_t nr);
int call_rebase(call *c, node *fn, uint32_t nr);
int call_attach(call *c, node *n);          /* outputs get the node (may be NULL), kept outputs are added; takes n */
/* The same for calls that return c->list: every member is an output of n. */
int call_attach_list(call *c, node *n);
#endif
