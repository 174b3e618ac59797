/* node: one recorded op. Sized to what it keeps: edges, kept values, the shapes of its outputs, a few numbers.
 *
 * A node owns a count on each node it points to. A kept input carries its edge (edge i of the node); a kept output
 * is re-tied to the node when the formula asks for it, so that it makes no cycle. Nodes are released by a loop.
 * The tape does not know ops: a node points to a node_kind (an op record contains one, a user's Function brings its own).
 */
#ifndef CT_NODE_H
#define CT_NODE_H
#include "tape/scope.h"
#include "tape/tensor.h"

typedef struct node_kind {
    const char *name;   /* "MulBackward0" */
    /* Formula. g[n_out]: incoming gradients, NULL where none arrived. Writes grads[n_in] (owned by the scope), leaving
     * NULL where node_needs is false or the gradient is zero. Broadcasting is not its business. -1 on failure. */
    int (*grad)(scope *s, node *n, tensor *const *g, tensor **grads);
    void (*release)(node *n);          /* drops `payload`; NULL when there is none */
    uint32_t flags;
    void (*forget)(node *n);           /* drops what the payload keeps for the formula; NULL when nothing */
    uint64_t (*takes)(node *n);        /* dims of output 0 in which the gradient may arrive summed to size 1; NULL: none. Gradients of other outputs, where there are any, in these of their dims too. See engine.h */
    const char *again;         /* name of the one node that its gradient is recorded as; NULL: as the ops of the formula are */
} node_kind;
enum {
    NK_LEAF = 1,
    NK_WANTS_UNDEFINED = 2, /* call grad even if no gradient arrived */
    NK_ROW = 4,             /* `name` is the row's ("log_softmax"): shown as LogSoftmaxBackward0 */
    NK_SPREADS = 8,         /* its gradient is a sum (expand, repeat): a graph without such a node has nothing to reduce */
    NK_SHOWS_WRITE = 128,   /* its second input is a write, which users see through; it holds that, and so is freed by backward, whatever it keeps */
    NK_HOST = 64,           /* the formula is code of the host language */
    NK_MIXES = 32,          /* what it takes summed goes to inputs that take it summed too (products): no sum is due on the way to any other */
    NK_POINTWISE = 16,      /* kept values are narrowed to size 1 in the dims in which the gradient arrived summed, to lines where it arrived slid */
    NK_ROW_1 = 1 << 16,     /* beside NK_ROW: Backward1 */
    NK_HOMOGENEOUS = 1 << 17, /* its formula serves a gradient that lacks a factor (run_defers) */
    NK_KEEPS_ALL = 1 << 19, /* PyTorch's node keeps the results too, whichever are read: they may not be written to */
    NK_LASTS = 1 << 21,     /* keeps nothing but numbers, which PyTorch's node does not let go: a run may be repeated */
    NK_PUTS = 1 << 20,      /* its gradient puts what arrives among zeros: as one node, these stand first */
    NK_UNTOLD = 1 << 18,    /* has no derivative: its turn to say so comes before that of nodes recorded later, as a leaf's does */
};
/* Bits 8 to 15 of flags: the inputs that users see (next_functions, hooks), as a mask; none given: all of them. */
#define NK_SHOWS(mask) ((uint32_t)(mask) << 8)

typedef struct edge { node *fn; uint32_t nr; } edge;

/* A kept value: an array and the version at which it was kept, a Python number, or what the host packed it into (tag in `a`). */
typedef struct kept { array *a; union { int64_t version; double f; int64_t i; void *packed; } u; } kept;
#define KEPT_FLOAT ((array *)1)
#define KEPT_INT ((array *)2)
#define KEPT_BOOL ((array *)3)
#define KEPT_IS_NUMBER(k) ((uintptr_t)(k)->a - 1 < 3)
#define KEPT_PACKED ((array *)4)
#define KEPT_IS_ARRAY(k) ((uintptr_t)(k)->a > 4)

/* Called with the gradient of output nr; may replace it (owned by the scope). Counted, since a hook may take itself off while it is called. */
typedef struct hook {
    struct hook *next;
    int64_t refs;
    int (*call)(scope *s, void *obj, tensor **g);
    void (*release)(void *obj);
    void *obj;
    uint32_t nr;
    uint32_t id;
} hook;

/* What few nodes have. */
typedef struct node_extra {
    uint32_t refs;              /* the nodes of one leaf before and after its data was replaced */
    node *of;                   /* borrowed: the newest of these nodes, NULL once it is gone */
    hook *hooks;                /* on outputs (tensor hooks), in order of registration */
    hook *pre, *post;           /* on the whole node: obj's call gets all gradients (py/ only) */
    hook *after;                /* of a leaf: called before post, once the gradient is in place */
    hook *notes;                /* py/: what a user keeps beside the node; never called */
    struct retain { struct retain *next; gradbox *box; uint32_t nr; } *retains;
    void *trace;                /* py/: where the op was recorded (anomaly mode) */
    void (*release_trace)(void *);
    const char *label;          /* name that differs from the kind's, static */
} node_extra;

struct node {
    const node_kind *kind;
    uint64_t seq;               /* grows with every node: an edge always points to a smaller one; links the release list at the end */
    node_extra *extra;          /* NULL for most */
    void *payload;              /* of the kind: gradbox of a leaf, context of a Function */
    void *obj;                  /* borrowed by py/: the object that shows this node */
    uint64_t keep_in;           /* bit i: input i is among the kept values */
    uint32_t refs;              /* what counts it takes 16 bytes and more: memory ends before this does */
    uint32_t run, slot;         /* claimed by a backward run (0 = none) and its place there */
    uint32_t n_in, n_out, bytes;
    uint16_t keep_out;          /* bit i: output i is */
    uint16_t n_kept, n_param;
    uint8_t out_ndim;           /* most dimensions of any output */
    uint8_t flags;
};
enum {
    N_RELEASED = 1,
    N_RESHAPED = 2,     /* its output was given another shape outside the history (t_() under no_grad): takes nothing summed */
    N_GIVEN = 8,        /* behind the params stand arguments as they were given, where these tell something else: place << 32 | count, then count ints, each */
    N_LASTS = 16,       /* what it keeps are constants of a composition of which nothing is kept: a run leaves them */
    N_PACKED = 4,       /* the host has packed some of what it keeps: takes nothing summed, since nobody can look at these */
};

/* The tail behind the header: edges, kept values, a row of dtype, ndim and sizes an output, params. */
static inline edge *node_edges(node *n) { return (edge *)(n + 1); }                  /* n_in */
static inline kept *node_kept(node *n) { return (kept *)(node_edges(n) + n->n_in); } /* n_kept: kept inputs in order, then kept outputs, then what was computed for the formula */
static inline int64_t *node_out_row(node *n, uint32_t i) { return (int64_t *)(node_kept(n) + n->n_kept) + i * (1 + (size_t)n->out_ndim); }
static inline int64_t *node_params(node *n) { return node_out_row(n, n->n_out); }    /* n_param */
static inline int64_t *node_given(node *n) { return node_params(n) + n->n_param; }   /* to the node's end */
/* Shape and dtype of output i (what its gradient must have). */
static inline const int64_t *node_out_size(node *n, uint32_t i, int *ndim, ct_dtype *dtype)
{
    const int64_t *row = node_out_row(n, i);
    *ndim = (int)(row[0] & 0xff);
    *dtype = (ct_dtype)(row[0] >> 8);
    return row + 1;
}
/* Does any input want a gradient? (Not where what was read is a view made while nothing was recorded.) Formulas run only then. */
static inline bool node_leads(node *n)
{
    edge *e = node_edges(n);
    for (uint32_t i = 0; i < n->n_in; i++)
        if (e[i].fn)
            return true;
    return false;
}
/* Shape and dtype of input i, which must be needed. */
const int64_t *node_in_size(node *n, uint32_t i, int *ndim, ct_dtype *dtype);

/* closed.c: one node for a composition (payload: its name), and what its operands come through. */
extern const node_kind closed_kind, passage_kind;
enum { CLOSED_MANY = 64 /* operands */ };
node *passage_node(node *to, uint32_t nr, const array *a);
/* in: tensors over the operands, which come through passages where they want a gradient; made: the results by the composition's own history, of which
 * one has some; they are its outputs. The names are static. keep: the operands that must be as they are when the gradient comes, as a mask. lasts: the
 * composition keeps constants alone, and may be run again. */
typedef struct closed_names { const char *name, *again; /* of its gradient, or NULL */ } closed_names;
node *closed_node(closed_names names, uint32_t n_in, tensor *const *in, uint32_t n_made, tensor *const *made, uint64_t keep, uint64_t keep_made, bool lasts);

/* The formula of n; where it is recorded and the kind says so, as one node (`again`). */
int node_gradient(scope *s, node *n, tensor *const *g, tensor **grads);
void passing_through(scope *s, tensor *t); /* a gradient or value that the formula reads, while tape_now.passing */
/* The inputs that users see, as a mask (0: all). How many these are, and the place of the k-th of them: n_in or above where a number stands for it. */
static inline uint32_t node_shows(const node *n) { return n->kind->flags >> 8 & 255; }
static inline uint32_t node_shown(const node *n) { return node_shows(n) ? (uint32_t)__builtin_popcount(node_shows(n)) : n->kind == &closed_kind ? n->n_in - n->n_out : n->n_in; }
uint32_t node_shown_place(const node *n, uint32_t k);

/* Does anybody look at gradients on their way through it? */
static inline bool node_watched(const node *n)
{
    const node_extra *x = n->extra;
    return x && (x->hooks || x->pre || x->post || x->after || x->notes || x->retains || x->trace);
}

typedef struct node_shape { uint32_t n_in, n_out; uint16_t n_kept, n_param; uint8_t out_ndim; uint16_t n_given; } node_shape;
node *node_new(const node_kind *kind, node_shape shape);        /* edges and kept values blank */
void node_set_out(node *n, uint32_t i, const array *a);
void node_free(node *n);
static inline node *node_keep(node *n) { n->refs++; return n; }
static inline void node_drop(node *n) { if (n && --n->refs == 0) node_free(n); }
/* Takes `with`. What is dropped may run the host's code, which may look at the very place: it is filled before. */
static inline void node_set(node **place, node *with)
{
    node *was = *place;
    *place = with;
    node_drop(was);
}
node_extra *node_extras(node *n);              /* made on demand, NULL when memory fails */
const char *node_name(const node *n);
int node_check_kept(node *n, uint32_t count);  /* as reading each of the first kept values would: -1 where one was freed or written to since */
int node_check_released(const node *n);        /* -1 where backward has freed n */
void node_release_kept(node *n);               /* after backward without retain_graph */

/* Kept values as tensors of the scope: CT_RUNTIME when changed since (naming both ops, both versions and the remedy)
 * or when already released. */
tensor *node_kept_in(scope *s, node *n, uint32_t i);
tensor *node_kept_out(scope *s, node *n, uint32_t i);
tensor *node_kept_aside(scope *s, node *n, uint32_t i); /* what is kept behind these, constants */

int kept_is_as_it_was(const char *keeper, const array *a, int64_t then); /* -1: written since that version, said as above */

/* What the host puts in place of kept arrays while tape_now.packs (saved_tensors_hooks). Errors are the host's (CT_FOREIGN). */
typedef struct packing {
    void *(*pack)(tensor *t, void *hooks);  /* takes the contents of t; hooks NULL: those in force. Owned */
    array *(*unpack)(void *packed);         /* owned, kept at hand until `forget`; of the packed array's shape and dtype, and row-major if it was */
    void (*forget)(void *packed);           /* a formula has run: what was unpacked for it */
    void (*drop)(void *packed);
} packing;
#define PACK_WRITES "A saved tensor pack hook is modifying its input in place, which can lead to unexpected side-effects. " \
                    "Let the hook work on a clone() of its input."
extern packing tape_packing;
int node_pack(node *n, uint32_t i, void *hooks); /* kept value i, where it is an array */
void node_forget_unpacked(node *n);
int node_unpack(node *n); /* all that was packed, as PyTorch's nodes do before their formula, whatever it reads; -1 with a status */
tensor *node_kept_at(scope *s, node *n, uint32_t i); /* kept value i, of inputs, outputs and those behind in order */

/* A new leaf node over the box. Its parameters are the strides of a leaf whose memory is dense but not row-major: .grad takes them. */
node *leaf_node(gradbox *box, const array *a);
node *leaf_renewed(node *leaf, const array *a);  /* of the same leaf over other data: its hooks are on both nodes */
extern const node_kind leaf_kind;
static inline gradbox *leaf_box(node *n) { return n->payload; }
/* One leaf's, before and after its data was replaced? */
static inline bool node_same(const node *a, const node *b) { return a == b || (a->extra && a->extra == b->extra); }
int node_add_hook(hook **list, hook h);        /* copies h to the end; returns -1 on failure */
void node_remove_hook(hook **list, uint32_t id);
void hook_drop(hook *h);

int64_t node_live(void);
#endif
