/* recur: what the op and its differentiable gradient (ops/recur_grad.c) share. */
#ifndef CT_OPS_RECUR_H
#define CT_OPS_RECUR_H
#include "kernel/recur.h"
#include "ops/formula.h"

/* Parameters of the node; counts are the last kept input, none where all are `batch`. */
typedef struct recur_shape { int64_t kind, reverse, steps, batch, n, counted; } recur_shape;
enum { RECUR_PARAMS = sizeof(recur_shape) / sizeof(int64_t) };
enum { RECUR_X, RECUR_H0, RECUR_EXTRA, RECUR_W, RECUR_COUNTS }; /* inputs of the node */

static inline int64_t recur_count(const recur_shape *r, const int64_t *counts, int64_t t) { return counts ? counts[t] : r->batch; }

/* The gradient in terms of ops, where it is to be differentiated again: gx (rows, gates), gh (GRU's second, else gx), gh0, gc0. */
typedef struct recur_grads { T gx, gh, gh0, gc0; } recur_grads;
int recur_formula(scope *s, node *n, const recur_shape *r, const int64_t *counts, T const *g, recur_grads *out);
#endif
