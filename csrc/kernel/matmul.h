/* matmul: C = A·B for matrices of any strides. */
#ifndef CT_KERNEL_MATMUL_H
#define CT_KERNEL_MATMUL_H
#include <stdint.h>
#include "base/dtype.h"

/* Strides in elements (0 and negative are fine); C is row-major with rows c_row apart, and is overwritten. */
typedef struct k_gemm {
    int64_t m, n, k;
    const void *a, *b;
    void *c;
    int64_t a_row, a_col, b_row, b_col, c_row;
    void *scratch; /* k_gemm_scratch bytes, aligned to 64 */
} k_gemm;
typedef void k_gemm_f(const k_gemm *g);

/* Bytes of scratch that a product of this size needs; 0 below the packing threshold. The same for every instruction set. */
int64_t k_gemm_scratch(ct_dtype dtype, int64_t m, int64_t n, int64_t k);
#endif
