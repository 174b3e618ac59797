/* Block sizes of the packed product (Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008): a
 * GEMM_KC × NR sliver of B stays in the first cache, a GEMM_MC × GEMM_KC block of A in the second. */
#ifndef CT_MATMUL_SIZES_H
#define CT_MATMUL_SIZES_H
#include <stdbool.h>
#include <stdint.h>

enum { GEMM_KC = 256, GEMM_MC = 144, GEMM_NC = 2048, GEMM_MAX_MR = 12, GEMM_MAX_NR = 64 };

/* Below this much work, or for thin matrices, packing costs more than it saves. */
static inline bool gemm_packs(int64_t m, int64_t n, int64_t k) { return m >= 4 && n >= 8 && k >= 8 && m * n >= 4096 / k * 8 && (double)m * n * k >= 32768; }
#endif
