/* The products built for the instructions every machine of the kind has. */
#define GEMM_TABLE k_isa_base_gemm
#include "kernel/matmul_isa.inc"
