/* tensor: an array with its place in the history; what ops take and return below py/.
 *
 * A leaf that requires grad has its leaf node in fn; any other tensor with fn set is the result of a recorded op;
 * fn == NULL is a constant. Tensors that share memory as differentiable views share one viewbase: it holds the
 * history of the base, and every in-place write through any of them moves it on (gen); each member brings its own
 * fn up to date when asked (tensor_sync), so no list of views is kept.
 */
#ifndef CT_TENSOR_H
#define CT_TENSOR_H
#include "array/array.h"

typedef struct node node;
typedef struct tensor tensor;

typedef struct viewbase {
    int64_t refs;
    array *a;         /* the base's geometry, owned */
    node *fn;         /* the base's history, owned; NULL while constant */
    uint32_t nr, gen; /* gen counts changes of fn by in-place writes */
    void *obj;        /* borrowed by py/: the base's object while it lives */
} viewbase;

/* Where .grad lives: shared by a tensor and its node, since the graph may outlive either. */
typedef struct gradbox {
    int64_t refs;
    tensor *grad;     /* owned, NULL when None */
    void *obj;        /* owned by py/: the Tensor object shown for grad, or NULL */
    void *owner;      /* borrowed by py/: the object of the leaf while it lives */
    bool idle;        /* the leaf wants no gradient any more: what was recorded before adds none */
    uint8_t dtype;    /* what gradients become that arrive at the leaf (grad_dtype): GRAD_OWN, the leaf's; GRAD_ANY, none; or 2 + the dtype */
} gradbox;
enum { GRAD_OWN, GRAD_ANY, GRAD_FIRST };

struct tensor {
    array *a;         /* owned */
    node *fn;         /* owned */
    viewbase *base;   /* owned; NULL until the first view */
    gradbox *box;     /* owned; NULL until a gradient may be kept */
    uint32_t nr;      /* which output of fn */
    uint32_t gen;     /* base->gen that fn belongs to */
    uint32_t flags;
};
enum {
    T_VIEW = 1,            /* member of base, not the base itself */
    T_MULTI_VIEW = 2,      /* from split, unbind ...: may not be written in place while recorded */
    T_NO_GRAD_VIEW = 4,    /* made under no_grad */
    T_FUNCTION_VIEW = 8,   /* returned as a view by a user's Function */
    T_INFERENCE_VIEW = 16, /* under inference_mode, which is no_grad as well */
    T_RETAINS = 32,        /* retain_grad() was called */
    T_SCALAR = 64,         /* stands for a Python number (weak), not for an argument that can be recorded */
};
static inline bool tensor_is_view(const tensor *t) { return t->flags & T_VIEW; }

/* tensor_init takes (steals) the array; the rest is empty. tensor_clear drops all. */
static inline void tensor_init(tensor *t, array *a) { *t = (tensor){.a = a}; }
void tensor_clear(tensor *t);
void tensor_copy(tensor *to, const tensor *from);  /* counts everything; `to` is blank memory */
/* t, which stands in an object, is at home in its array no more: before it shows another, and before the object's end runs any code. */
static inline void tensor_leave(const tensor *t)
{
    if (t->a && t->a->home == t)
        t->a->home = NULL;
}
/* t shows `a` (taken) from now on; returns what it showed. */
static inline array *tensor_show(tensor *t, array *a)
{
    array *was = t->a;
    if (was->home == t && !a->home)
        a->home = t;
    tensor_leave(t);
    t->a = a;
    return was;
}
int tensor_sync_slow(tensor *t);
/* Brings fn up to date with the base; -1 when memory fails. Call before reading fn or nr. */
static inline int tensor_sync(tensor *t) { return CT_UNLIKELY(t->base && t->base->gen != t->gen) ? tensor_sync_slow(t) : 0; }
bool tensor_requires_grad(tensor *t);
/* What users are shown: also true of a view made under no_grad of a tensor that has a history, although no edge leads there. */
bool tensor_wants_grad(tensor *t);
bool tensor_is_leaf(tensor *t);
int tensor_set_requires_grad(tensor *t, bool wanted);
viewbase *tensor_viewbase(tensor *t);              /* made on demand; borrowed */
void viewbase_drop(viewbase *b);
gradbox *gradbox_new(void);
ct_dtype gradbox_dtype(const gradbox *b, ct_dtype own, ct_dtype arrives); /* of a gradient, for a leaf of dtype own; b may be NULL */
void gradbox_drop(gradbox *b);
int gradbox_set(gradbox *b, const tensor *g, void *obj); /* a copy of g becomes .grad, shown as obj (taken; NULL: made when asked for); NULL empties it */
extern void (*gradbox_release_obj)(void *obj);     /* set by py/ */
/* Views whose part in the history cannot be told anew after a write: one of several outputs, made under no_grad or by a user's Function. */
static inline bool tensor_view_broken(const tensor *t) { return t->flags & (T_MULTI_VIEW | T_NO_GRAD_VIEW | T_FUNCTION_VIEW); }
int tensor_refuse_view(const tensor *t, const char *what);  /* CT_RUNTIME: `what` happens to such a view */
/* Counts a write to t's memory. In a shared family every member's history is told anew, even if the write is not recorded (as in PyTorch). */
static inline void tensor_wrote(tensor *t, const char *writer)
{
    array_wrote(t->a, writer);
    if (CT_LIKELY(!t->base))
        return;
    bool current = t->gen == t->base->gen++;
    if (current && !tensor_is_view(t))
        t->gen = t->base->gen;
}
/* Replaces the tensor's history after an in-place write whose result is output nr of fn (fn NULL: constant). slices (taken): of a view, the
 * node of its base, which memory was had for before the write; NULL: made here. */
int tensor_rebase(tensor *t, node *fn, uint32_t nr, node *slices);
/* t shows `a` from now on (taken, even on failure), another geometry of its memory: node fn's output 0, or NULL when that was not recorded. */
int tensor_restride(tensor *t, array *a, node *fn);
/* The same outside the history, over the memory of `source`, with t's version going on: a leaf's gradient has its shape and dtype from now on. */
int tensor_set_data(tensor *t, const array *source);
void tensor_set_history(tensor *t, node *fn, uint32_t nr); /* fresh result; keeps fn */
#endif
