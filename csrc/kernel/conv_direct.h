/* conv_direct: convolutions without columns, a tile of four channels by vectors of places in registers. A strided adjoint is a convolution for each
 * phase of its strides. */
#ifndef CT_CONV_DIRECT_H
#define CT_CONV_DIRECT_H
#include "kernel/conv.h"

/* The adjoint in x with its operands exchanged, x from y; `adjoint` goes with it below. */
k_conv k_direct_adjoint(const k_conv *c);
/* Lines fill most of the vectors they take. */
bool k_direct_suits(const k_conv *c, bool adjoint);
int64_t k_direct_scratch(const k_conv *c, bool adjoint);
void k_direct_run(const k_conv *c, bool adjoint);
#endif
