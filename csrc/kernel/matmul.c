/* Sizes that the product's instruction sets agree on. */
#include "kernel/matmul.h"
#include "kernel/matmul_sizes.h"

static int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

int64_t k_gemm_scratch(ct_dtype dtype, int64_t m, int64_t n, int64_t k)
{
    if (!dtype_is_float(dtype) || !gemm_packs(m, n, k))
        return 0;
    int64_t depth = k < GEMM_KC ? k : GEMM_KC, rows = m < GEMM_MC ? m : GEMM_MC, columns = n < GEMM_NC ? n : GEMM_NC;
    return (round_up(rows, GEMM_MAX_MR) + round_up(columns, GEMM_MAX_NR)) * depth * dtype_bytes(dtype) + 128;
}
