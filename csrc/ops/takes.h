/* takes: node_kind.takes of the ops, the dims of a node's output in which its gradient may arrive summed (tape/engine.h says why),
 * and the formulas that these dims change. A formula whose node takes any sees gradients of size 1 there, and node_got tells which. */
#ifndef CT_TAKES_H
#define CT_TAKES_H
#include "ops/formula.h"

uint64_t broadcast_dims(node *n, uint32_t i, int ndim, const int64_t *size); /* of a shape: those that input i takes, lacks, or has as 1 while `size` is wider */
uint64_t pointwise_takes(node *n);          /* what every needed input takes or lacks, where what was kept repeats or slides; with NK_POINTWISE */
uint64_t pointwise_dims(node *n);           /* the same, but never slid */
uint64_t along_takes(node *n);              /* these but for the dim that is the node's first parameter */
uint64_t dims_exchanged(uint64_t dims, int64_t d0, int64_t d1);
uint64_t dims_insert(uint64_t dims, int64_t dim);  /* dims of the input for those of an output that lacks `dim` */
uint64_t dims_without(uint64_t dims, int64_t dim); /* and back */
uint64_t same_takes(node *n);               /* what input 0 takes, dim for dim */
uint64_t aside_takes(node *n, uint64_t mixed); /* what input 0 takes, but for these dims, of ops that keep the places of the others */
uint64_t copy_takes(node *n);               /* the same, and slid: of what has input 0's shape, and passes its gradient on as it is */
uint64_t expand_takes(node *n);             /* the expanded dims, and what input 0 takes */
uint64_t transpose_takes(node *n);          /* parameters: the two dims */
uint64_t permute_takes(node *n);            /* parameters: the dims */
/* The gradient of lines of a view whose dims stand in another order; dim d of the input is dim back[d] of the view. */
T lines_ordered(scope *s, node *n, T g, const int64_t *back);
T slide(scope *s, T g, uint64_t slid); /* ops/strided.c: a gradient in full as the lines that are taken */
/* ops/lines.c: of parts of what slides. `dim` and diagonals are the input's; g as it arrived, slid (node_got_slid) or not. */
uint64_t slid_without(uint64_t slid, int ndim, int64_t dim); /* what `ndim` dims without that one take */
uint64_t dims_summed(uint64_t slid);
T select_as_lines(scope *s, node *n, T g, int64_t dim, int64_t index);
T slice_as_lines(scope *s, node *n, T g, int64_t dim, const int64_t *start_end_step);
T diagonal_as_lines(scope *s, node *n, T g, uint64_t slid, int64_t offset); /* of the two dims that slide */
uint64_t reshape_takes(node *n);
int reshape_grad(scope *s, node *n, T const *g, T *out); /* of every view that only cuts and joins dims */
/* Size of input 0 with 1 in the dims of `summed`; returns the number of dims. */
int summed_size(node *n, uint64_t summed, int64_t *size);
#endif
