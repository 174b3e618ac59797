/* gelu and its gradient. Loops of kernel.h, floats only. */
#ifndef CT_GELU_H
#define CT_GELU_H

typedef enum k_gelu { GELU_EXACT, GELU_TANH, /* out, x */ GELU_EXACT_BACKWARD, GELU_TANH_BACKWARD, /* out, g, x */ GELU_COUNT } k_gelu;
#endif
