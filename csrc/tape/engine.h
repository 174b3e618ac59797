/* engine: modes, and the backward run. */
#ifndef CT_ENGINE_H
#define CT_ENGINE_H
#include "tape/node.h"

/* Per thread. */
typedef struct tape_mode { bool grad, inference, anomaly, anomaly_nan; uint32_t depth; } tape_mode;
extern _Thread_local tape_mode tape_now __attribute__((tls_model("initial-exec")));

/* What the tape must do with gradients, handed over by ops/ so that it is recorded under create_graph. */
typedef struct algebra {
    tensor *(*add)(scope *s, tensor *a, tensor *b);
    int (*add_into)(tensor *into, tensor *g);                                  /* in place, not recorded */
    tensor *(*sum_to)(scope *s, tensor *g, int ndim, const int64_t *size);
    tensor *(*cast)(scope *s, tensor *g, ct_dtype dtype);
    tensor *(*ones_like)(scope *s, tensor *t);
    tensor *(*detached_copy)(scope *s, tensor *g, const int64_t *stride);      /* a copy that nothing else holds; NULL: row-major */
    tensor *(*view_of_base)(scope *s, tensor *base, const array *view);        /* as_strided, for tensor_sync */
    node *(*copy_slices)(const viewbase *base, const array *view, node *fn, uint32_t nr); /* owned */
    bool (*has_nan)(const tensor *t);
} algebra;
extern algebra tape_algebra;

typedef struct backward {
    uint32_t n_roots;
    tensor **roots, **grads;      /* grads[i] NULL: ones, for one-element roots only */
    bool retain_graph, create_graph;
    uint32_t n_inputs;            /* 0: every leaf accumulates into .grad */
    tensor **inputs;
    bool accumulate;              /* with inputs: into their .grad; else the gradients go to `found` */
    tensor *found;                /* n_inputs blank tensors, filled (a NULL where unused) */
} backward;
int tape_backward(const backward *b);
node *tape_running(void);            /* borrowed: the node whose hooks or formula run now, in the innermost run */
/* py/ may ask to be called between nodes (Ctrl-C); -1 stops the run. */
extern int (*tape_interrupted)(void);
/* py/: decorates the pending error with where `n` was recorded (anomaly mode). */
extern void (*tape_explain)(node *n);
#endif
