/* conv_weight: the gradient of a convolution in its weight without columns. */
#ifndef CT_CONV_WEIGHT_H
#define CT_CONV_WEIGHT_H
#include "kernel/conv.h"

bool k_weight_suits(const k_conv *c); /* floats that are no halves, kernels of more than one place */
int64_t k_weight_scratch(const k_conv *c);
void k_weight_run(const k_conv *c);
#endif
