/* Products of small float32 matrices summed in the order, and with the roundings, of the BLAS that PyTorch is built with. */
#ifndef CT_ORDERED_H
#define CT_ORDERED_H
#include <stdbool.h>
#include "kernel/matmul.h"

/* From so many rows and columns on each number is one chain of fused multiply-adds, as the other loops compute it. */
enum { ORDERED_ROWS = 4, ORDERED_COLUMNS = 12 };
static const double ORDERED_MOST = 1e6; /* multiply-adds: less than what threads share */
static const double ORDERED_BLOCKS_MOST = 1e9;
static const double ORDERED_LOOP_BELOW = 400;
static const double ORDERED_TURNED_MOST = 32768; /* those taken a few at a time */
enum { ORDERED_COPIED_MOST = 4096 /* whose B is copied, two rows of A at least */ };
static const double ORDERED_DOT_MOST = 8000; /* more are shared by threads there */

typedef enum ordered_form {
    ORDERED_NOT,     /* stored in a way that PyTorch would copy first, or not tried */
    ORDERED_DOTS,    /* lines of a matrix by one vector: a is the matrix */
    ORDERED_LINES,   /* rows of A by columns of B, both contiguous */
    ORDERED_CHAINS,  /* B's rows are contiguous or copied so: products are added to what C holds */
    ORDERED_ROW,     /* the same of one row, and of a batch of few products */
    ORDERED_TURNED,  /* columns of A are contiguous, and those of B */
    ORDERED_COPIED,  /* chains, of a B that stands still along a dim or is strided along both */
} ordered_form;

/* Multiplied in that order, of float32, where PyTorch does so and it is known how: else false, and nothing was written. */
bool k_ordered(const k_gemm *g);
/* The same of one of a batch: those of few products PyTorch multiplies in a loop of its own, one chain for each number. */
bool k_ordered_of_batch(const k_gemm *g);
/* The same of two vectors, where both begin at the same place between two 16 bytes. */
bool k_ordered_dot(const k_gemm *g);

void k_ordered_base(const k_gemm *g, ordered_form form);
#if defined(__x86_64__)
void k_ordered_avx2(const k_gemm *g, ordered_form form);
void k_ordered_avx512(const k_gemm *g, ordered_form form);
/* Where PyTorch has Intel's BLAS: false if that form is not known there. A dot's numbers may begin anywhere. */
enum { ORDERED_BLOCK = 384 }; /* products of a line that it takes at a time; of a longer rest that is less than two blocks, half */
static inline int64_t k_block_of(int64_t left) { return left >= 2 * ORDERED_BLOCK ? ORDERED_BLOCK : left > ORDERED_BLOCK ? (left + 1) / 2 : left; }
/* To the first block; and, of float32, from one to the next, whose sums are added to C. How many products are left behind it, or -1. */
static inline int64_t k_first_block(k_gemm *g)
{
    int64_t all = g->k;
    g->k = k_block_of(all);
    return all - g->k;
}
static inline int64_t k_next_block(k_gemm *g, int64_t left)
{
    g->a = (const float *)g->a + g->k * g->a_col;
    g->b = (const float *)g->b + g->k * g->b_row;
    g->k = k_block_of(left);
    g->add = true;
    return left ? left - g->k : -1;
}
/* Is each number a chain of fused multiply-adds in the other loops, too? */
static inline bool k_chained_anyway(const k_gemm *g) { return g->m >= ORDERED_ROWS && g->n >= ORDERED_COLUMNS && g->k > 1; }
bool k_ordered_intel(const k_gemm *g, ordered_form form);
float k_dot_intel(const float *a, const float *b, int64_t k);
#endif
#endif
