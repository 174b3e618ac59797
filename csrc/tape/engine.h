/* engine: modes, and the backward run. */
#ifndef CT_ENGINE_H
#define CT_ENGINE_H
#include "tape/node.h"

/* Per thread. */
extern int64_t tape_reduces_from; /* bytes of a value from which its gradient may travel reduced, smaller ones being summed in PyTorch's order; INT64_MAX: never (CTGRAD_REDUCE=0) */
/* Elements from which the order of a sum is free: of fewer, the last bits are PyTorch's. */
static inline int64_t tape_many(void) { return tape_reduces_from > INT64_MAX / 4 ? INT64_MAX : 4 * tape_reduces_from; }
typedef struct tape_mode { bool grad, inference, anomaly, anomaly_nan, packs /* hooks on what is kept are in force */, partial /* a run is at work that was asked for certain gradients */, formula /* an op's gradient is being computed: no user code runs */; uint32_t depth;
                           struct passing *passing; /* a gradient that is recorded as one node is being computed */ } tape_mode;
extern _Thread_local tape_mode tape_now __attribute__((tls_model("initial-exec")));

/* What the tape must do with gradients, handed over by ops/ so that it is recorded under create_graph. */
typedef struct algebra {
    tensor *(*add)(scope *s, tensor *a, tensor *b);
    int (*add_into)(tensor *into, tensor *g);                                  /* in place, not recorded */
    tensor *(*sum_to)(scope *s, tensor *g, int ndim, const int64_t *size);
    bool (*sums_both)(scope *s, tensor *g, tensor **rows, tensor **columns);   /* of a matrix (m, n), to (m, 1) and (n), where one pass does; else false */
    tensor *(*slide)(scope *s, tensor *g, uint64_t slid);                      /* matrices summed along their (anti-)diagonals; slid: TAKES_SLID and its like */
    tensor *(*cast)(scope *s, tensor *g, ct_dtype dtype);
    tensor *(*scale)(scope *s, tensor *g, double by);
    tensor *(*ones_like)(scope *s, tensor *t);
    tensor *(*detached_copy)(scope *s, tensor *g, const int64_t *stride);      /* a copy that nothing else holds; NULL: row-major */
    tensor *(*recorded_copy)(scope *s, tensor *g, const int64_t *stride);      /* the same, recorded */
    tensor *(*view_of_base)(scope *s, tensor *base, const array *view);        /* as_strided, for tensor_sync */
    node *(*copy_slices)(const viewbase *base, const array *view, node *fn, uint32_t nr); /* owned */
    bool (*has_nan)(const tensor *t);
    tensor *(*row_major)(scope *s, tensor *g);                                 /* a copy */
    tensor *(*narrow)(scope *s, tensor *t, uint64_t dims);                     /* to the first index of each */
    tensor *(*line)(scope *s, tensor *t, uint64_t slid);                       /* the numbers of what is the same along these, as its gradient */
} algebra;
extern algebra tape_algebra;

/* ---- gradients that travel reduced ----
 * The adjoint of expand is a sum. Where nobody observes the expanded tensor, its gradient may arrive summed already, of size 1 along
 * the dims that its node takes; an elementwise node in between takes what all its inputs take, if what it kept is the same along that
 * dim. Decided once a run, from the leaves towards the roots; a formula that cannot reduce delivers in full and the engine sums. */
uint64_t node_takes(node *n, uint32_t i);      /* dims of input i in which its gradient may be delivered summed (kept as size 1) */
uint64_t node_got(const node *n);              /* dims of output 0 in which the gradient that n's formula is given is summed */
/* A matrix that slides over one line of numbers (as_strided, unfold, what is transposed, flipped or computed element by element of
 * these) may get its gradient summed along the anti-diagonals instead: of m + n - 1 elements. Its node says so by TAKES_SLID with the
 * numbers of its two dims. Element (i, j) goes to place i + j, i counted from the last row with TAKES_BACK_0, j from the last column with
 * TAKES_BACK_1. Of its other dims the lowest bits name those that are kept, a line for each index; all others are summed. Such a
 * gradient has the kept dims, in order, and the line after them: fewer dims than the matrix. */
#define TAKES_SLID ((uint64_t)1 << 63)
#define TAKES_BACK_0 ((uint64_t)1 << 62)
#define TAKES_BACK_1 ((uint64_t)1 << 61)
enum { SLID_NDIM = 49 /* dims that leave room for these bits */, SLID_ROW = 55, SLID_COLUMN = 49 };
static inline int slid_row(uint64_t slid) { return (int)(slid >> SLID_ROW & 63); }
static inline int slid_column(uint64_t slid) { return (int)(slid >> SLID_COLUMN & 63); }
static inline uint64_t dims_both(int64_t d0, int64_t d1) { return (uint64_t)1 << d0 | (uint64_t)1 << d1; }
static inline uint64_t slid_dims(uint64_t slid) { return dims_both(slid_row(slid), slid_column(slid)); }
static inline uint64_t slid_kept(uint64_t slid) { return slid & (((uint64_t)1 << SLID_NDIM) - 1); }
static inline int slid_place(uint64_t slid, int64_t dim) { return __builtin_popcountll(slid_kept(slid) & (((uint64_t)1 << dim) - 1)); } /* which of the kept dims it is */
/* The dims that run backwards, and what says so. */
static inline uint64_t slid_back(uint64_t slid)
{
    return (slid & TAKES_BACK_0 ? (uint64_t)1 << slid_row(slid) : 0) | (slid & TAKES_BACK_1 ? (uint64_t)1 << slid_column(slid) : 0);
}
/* dims: the two that slide; `back` of them run backwards. */
static inline uint64_t slid_of(int ndim, uint64_t dims, uint64_t back, uint64_t kept)
{
    if (!dims || ndim > SLID_NDIM)
        return 0;
    int row = __builtin_ctzll(dims), column = 63 - __builtin_clzll(dims);
    return TAKES_SLID | (uint64_t)row << SLID_ROW | (uint64_t)column << SLID_COLUMN | (back >> row & 1 ? TAKES_BACK_0 : 0) |
           (back >> column & 1 ? TAKES_BACK_1 : 0) | (kept & ~dims);
}
/* Of a value of this size: the size of its gradient. Returns the number of dims. */
int slid_size(uint64_t slid, int ndim, const int64_t *size, int64_t *out);
uint64_t node_takes_slid(node *n, uint32_t i); /* these bits, or 0 */
uint64_t node_got_slid(const node *n);
/* Bits of the dims of a shape of `from` dims, for one of `to` dims aligned at the last. None of 0-d: a shift by 64 is not defined. */
static inline uint64_t dims_align(uint64_t dims, int from, int to)
{
    if (!from || !to)
        return 0;
    uint64_t all = to >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << to) - 1;
    return to >= from ? dims << (to - from) : dims >> (from - to) & all;
}

/* Is the gradient of input i asked for? In a run for certain gradients, those that lead to none of them are not. */
bool node_leads_on(const node *to);
static inline bool node_needs(node *n, uint32_t i)
{
    const node *to = node_edges(n)[i].fn;
    return to && (CT_LIKELY(!tape_now.partial) || n->flags & N_PACKED || node_leads_on(to));
}

bool node_is_run(const node *n); /* by a run, whose formula is at work: not asked by itself */
/* Is n's formula at work, and the last to read what n kept? The graph is freed, nothing is recorded, no hook looks on. */
bool node_is_last(const node *n);

/* Of a formula at work: may its gradients, all of them, lack a factor that is given beside them? Then it is given once. */
bool tape_defers(const node *n);
void tape_factor(double factor); /* finite, not 0 */

typedef struct backward {
    uint32_t n_roots;
    tensor **roots, **grads;      /* grads[i] NULL: ones, for one-element roots only */
    bool retain_graph, create_graph;
    uint32_t n_inputs;            /* 0: every leaf accumulates into .grad */
    tensor **inputs;
    bool accumulate;              /* with inputs: into their .grad, which others than leaves must retain; else the gradients go to `found` */
    tensor *found;                /* n_inputs blank tensors, filled (a NULL where unused) */
} backward;
int tape_backward(const backward *b);
/* The formula of one node, outside a run: g[n_out] as the node's outputs, grads[n_in] blank (owned by the scope). Not of a leaf. */
int tape_call_node(scope *s, node *n, tensor *const *g, tensor **grads);
int tape_will_run(const node *n);    /* of the innermost run; -1: a leaf whose gradient is asked for, of which nobody can tell */
int64_t tape_task(void);             /* number of the innermost run, -1 outside of one */
node *tape_running(void);            /* borrowed: the node whose hooks or formula run now, in the innermost run; NULL outside */
/* py/ may ask to be called between nodes (Ctrl-C); -1 stops the run. */
extern int (*tape_interrupted)(void);
extern void (*tape_trace)(node *n);   /* py/: notes where n is recorded, in anomaly mode */
/* py/: decorates the pending error with where `n` was recorded (anomaly mode). */
extern void (*tape_explain)(node *n);
#endif
