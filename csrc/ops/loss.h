/* What the losses share: the reduction argument. */
#ifndef CT_OPS_LOSS_H
#define CT_OPS_LOSS_H
#include "ops/dispatch.h"
#include "ops/formula.h"

enum { REDUCE_NONE, REDUCE_MEAN, REDUCE_SUM }; /* as PyTorch numbers them */
T f_reduced(scope *s, T losses, int64_t how);
#endif
