/* What reductions share: the dims argument, the plan for the kernel, gradients taken back to the input's shape. */
#ifndef CT_OPS_REDUCE_H
#define CT_OPS_REDUCE_H
#include "ops/dispatch.h"
#include "ops/formula.h"

/* A dims argument (None, an int or a list) as a flag for each dimension of a; empty_is_all: [] means all. Kept in the node's
 * params as ndim flags and keepdim. */
int reduce_dims(call *c, const arg *dims, const arg *keepdim, bool empty_is_all);
/* The same when exactly one dim is meant. */
int reduce_dim(call *c, const arg *dim, const arg *keepdim);
/* Sizes of the result; returns ndim. */
int reduced_size(const call *c, const array *a, int64_t *size);
int64_t reduced_count(const call *c, const array *a);   /* elements that go into one result */
void fold_plan(const call *c, const array *a, array *out, array *out2, k_fold *f);
void fold_planes(const call *c, k_plane_kind kind);      /* ia[0] into oa[0] */
/* For a rule after reduce_dims: of what repeats along a reduced dim one is reduced; fold_times tells the kernel how many stand for it. */
int fold_still(call *c);
int64_t fold_times(const call *c);
void fold_terms(const k_fold *f, k_plane_kind kind, ct_dtype from, ct_dtype to);
void fold_distinct(const call *c, k_plane_kind kind);    /* ia[0] into oa[0], each term once */
void scale_results(array *y, enum k_binary loop, double number); /* y = y loop number */
void scale_results_by(array *y, const arg *number);              /* y = y * number; whole numbers of integers unrounded */
ct_dtype total_dtype(const call *c, const arg *dtype);    /* of sums and products: dtype where it is given, int64 for integers and bools */
int fold_out(call *c, ct_dtype dtype);                   /* declares a fresh output of the result's shape */
/* Sizes of the places that reduce_dims marked: n dims, for formulas. */
int reduced_dims(node *n, int ndim, int64_t *dims);
int64_t reduced_node_count(node *n);
/* A tensor of the result's shape seen at the input's (unsqueezed and expanded). */
T widen(scope *s, node *n, T x);
T widen_only(scope *s, node *n, T x);                    /* unsqueezed, not expanded */
T widen_some(scope *s, node *n, T x);                    /* the same, but for what has no dims: it meets any shape */
/* For formulas whose node has reduce_takes: the kept input and outputs as the gradient arrived, and the input's dims in which it is summed. */
uint64_t reduce_takes(node *n);
uint64_t reduced_got(node *n);
T reduced_in(scope *s, node *n);
T reduced_out(scope *s, node *n, uint32_t i);
#endif
