/* activation: gelu, silu and their gradients. Loops of kernel.h, floats only. */
#ifndef CT_ACTIVATION_H
#define CT_ACTIVATION_H

typedef enum k_activation {
    ACT_GELU, ACT_GELU_TANH, ACT_SILU,                             /* out, x */
    ACT_GELU_BACKWARD, ACT_GELU_TANH_BACKWARD, ACT_SILU_BACKWARD,  /* out, g, x */
    ACT_COUNT
} k_activation;
#endif
