/* half_gemm: products of halves. Blocks of both operands are widened into scratch and multiplied by the float32 product; a block of
 * C is summed there over all of k and rounded once. */
#ifndef CT_HALF_GEMM_H
#define CT_HALF_GEMM_H
#include "kernel/kernel.h"

void half_gemm_run(ct_dtype half, const k_gemm *g);
int64_t half_gemm_scratch(const k_gemm *g);
bool half_gemm_wants_blas(const k_gemm *g);
#endif
