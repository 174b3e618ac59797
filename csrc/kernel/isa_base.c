/* The loops built for the instructions every machine of the kind has. */
#define K_ISA k_isa_base
#define K_ISA_NAME "base"
#include "kernel/isa.inc"
