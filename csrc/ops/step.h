/* step: an optimizer's step on one parameter, outside of any history. */
#ifndef CT_STEP_H
#define CT_STEP_H
#include "kernel/step.h"
#include "ops/op.h"

/* 1: done. 0: these tensors need the ops one by one (recording is on, other dtypes or shapes, memory in common); nothing was
 * written. -1: failed, nothing was written. */
int step_sgd(tensor *param, tensor *grad, tensor *buffer, const k_sgd *how);                   /* buffer NULL: no momentum */
/* Counts `step`, from which the corrections in *how are made. most NULL: not amsgrad. */
int step_adam(tensor *param, tensor *grad, tensor *step, tensor *mean, tensor *square, tensor *most, k_adam *how);
#endif
