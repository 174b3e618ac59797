/* conv_direct: convolutions without columns, a block of channels by two vectors of a line's places in registers. */
#ifndef CT_CONV_DIRECT_H
#define CT_CONV_DIRECT_H
#include "kernel/conv.h"

enum { DIRECT_CHANNELS = 8, DIRECT_SLACK = 64 /* items that vectors may read behind the last line */ };
/* A line fills most of the vectors it takes. */
bool k_direct_suits(const k_conv *c);
/* The adjoint in x as a convolution of y: with it, weights are read turned over and their channels exchanged. */
k_conv k_direct_adjoint(const k_conv *c);
int64_t k_direct_scratch(const k_conv *c);
void k_direct_run(const k_conv *c, bool adjoint);
#endif
