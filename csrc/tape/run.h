/* The state of one backward run: its slots, and the heap of those that are ready. For tape/ only. */
#ifndef CT_RUN_H
#define CT_RUN_H
#include "tape/engine.h"

typedef struct slot {
    node *fn;          /* counted */
    uint32_t waits;    /* consumers that have not delivered yet */
    bool needed, queued, captured;
    uint64_t takes;    /* dims of output 0 in which gradients are summed on arrival at the latest */
    tensor one;        /* gradient of output 0 (most nodes have one) */
    union {
        tensor *many;  /* n_out gradients when n_out > 1 */
        double factor; /* of a single output: its gradient is `one` times this; 0: `one` */
    };
} slot;

typedef struct run {
    uint32_t id;
    slot *slots;
    uint32_t n, capacity;
    uint32_t *ready;   /* heap of slots */
    uint32_t n_ready;
    struct foreign { node *fn; uint32_t slot; } *table; /* open addressing; nodes that another run has claimed */
    uint32_t table_size, table_used;
    const backward *task;
    edge *asked;       /* owned: the task's inputs as they were at the start, whatever hooks do to those */
    node *at;          /* being run, for explanations */
    uint32_t input;    /* whose gradient is being delivered */
    double factor;     /* what the gradients of `at` are yet to be multiplied with; 0: nothing */
    bool spreads;      /* some node's gradient is a sum */
} run;

static inline double slot_factor(const slot *s) { return s->fn->n_out == 1 ? s->factor : 0; }
slot *slot_of(const run *r, const node *n);   /* NULL for a node that the run has not met */
/* Every node reachable from the roots gets a slot; each edge counts as one delivery to wait for. */
int run_discover(run *r);
void run_mark_takes(run *r);
int run_mark_needed(run *r);                  /* which slots must run for the inputs asked for */
bool run_defers(const run *r, const slot *to); /* may a factor of its gradient wait until that is small? */
int leaf_add(const run *r, node *leaf, tensor *g);
tensor *leaf_grad_now(scope *s, const gradbox *box); /* another thread may take .grad away while it is added to */
void run_push(run *r, uint32_t item);         /* onto the heap of ready slots: leaves first, then the newest node */
uint32_t run_pop(run *r);
int run_check_unread(node *n); /* of what the formula will not read, what PyTorch's reads all the same: -1 where it was freed or written to */
#endif
