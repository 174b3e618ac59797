/* matmul: C = A·B, or C += A·B, for matrices of any strides. */
#ifndef CT_KERNEL_MATMUL_H
#define CT_KERNEL_MATMUL_H
#include <stdbool.h>
#include <stdint.h>
#include "base/dtype.h"

/* Strides in elements (0 and negative are fine). C's columns are adjacent, its rows c_row apart; it overlaps neither operand. */
typedef struct k_gemm {
    int64_t m, n, k;
    const void *a, *b;
    void *c;
    int64_t a_row, a_col, b_row, b_col, c_row;
    bool add;      /* to what C holds; else C is overwritten, with zeros when k is 0 */
    void *scratch; /* k_gemm_scratch bytes */
    int threads;   /* that may share it, and have room in scratch; 0: one */
    int64_t m_all, n_all; /* of a part: the sizes of the whole, by which the way is chosen that all parts take */
    uint8_t single; /* products of halves: bits 0, 1, 2: a, b, c holds float32 instead */
} k_gemm;
typedef void k_gemm_f(const k_gemm *g);

/* sums[channel][offset] += the products of y's lines with x's, read `offset` places of x (`apart` items each) further on. Strides
 * in items; y's lines lie one behind the other. float32 and float64. */
typedef struct k_slid {
    const void *x, *y;
    void *sums;
    int64_t images, planes, lines, n;                 /* n places of y in a line */
    int64_t x_image, x_plane, x_line, y_image, y_channel;
    int64_t channels, offsets, apart, sum_channel;
} k_slid;
/* sums[kernel line, offset][channel] += x where the line and the offset (`apart` items each) are seen from a place, times the channel at
 * the place: y is (blocks of MET_WIDTH channels, images, planes, lines, n places, channels), x's places are `step` items apart. The
 * width is a multiple of MET_WIDTH / 2; of the last block only what there is of it is stored. */
enum { MET_WIDTH = 32 };
typedef struct k_met {
    const void *x, *y;
    void *sums;
    const int64_t *line;                              /* kernel_lines: where in x each is, from a place */
    int64_t images, planes, lines, n, kernel_lines, offsets, apart, step;
    int64_t x_image, x_plane, x_line, width;
} k_met;
typedef struct k_slides {
    void (*slid)(const k_slid *s);
    void (*met)(const k_met *s);
    void (*turned)(const void *from, int64_t rows, int64_t n, int64_t width, void *to);
} k_slides;

/* By the BLAS or by the own loops, whichever is faster at this size. Not for bool. */
void k_gemm_run(ct_dtype dtype, const k_gemm *g);
/* The same `batches` times, the operands so many bytes apart; the results do not overlap. */
void k_gemm_batch(ct_dtype dtype, const k_gemm *g, int64_t batches, int64_t a, int64_t b, int64_t c);
/* Bytes of scratch of a product of these sizes, strides and threads; the pointers are not read. The same for every instruction set. */
int64_t k_gemm_scratch(ct_dtype dtype, const k_gemm *g);
/* Would a BLAS be called? Whoever plans products has it loaded then (base/blas.h). */
bool k_gemm_wants_blas(ct_dtype dtype, const k_gemm *g);
#endif
