/* step: what an optimizer does to one parameter, in one pass over it and its state; rounded as PyTorch's chain of ops rounds.
 *
 * Loops of kernel.h whose operands are read and written in place:
 *   STEP_SGD       param, grad
 *   STEP_MOMENTUM  param, grad, buffer
 *   STEP_ADAM      param, grad, mean, mean of squares
 *   STEP_AMSGRAD   the same, the largest mean of squares
 * grad is only read. Floats only. */
#ifndef CT_KERNEL_STEP_H
#define CT_KERNEL_STEP_H
#include <stdbool.h>

typedef enum k_step_kind { STEP_SGD, STEP_MOMENTUM, STEP_ADAM, STEP_AMSGRAD, STEP_COUNT } k_step_kind;
/* param of the loops. */
typedef struct k_sgd { double lr, momentum, dampening, decay; bool nesterov, maximize; } k_sgd;
typedef struct k_adam {
    double lr, beta1, beta2, eps, decay;
    double correction1, root2;       /* 1 - beta1^step, sqrt(1 - beta2^step) */
    bool decoupled, maximize;        /* decay multiplies the parameter first, instead of being added to the gradient */
} k_adam;
#endif
