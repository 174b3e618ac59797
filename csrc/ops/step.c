/* Steps of optimizers: what may be updated in one pass, and the pass. */
#include "ops/step.h"
#include "ops/dispatch.h"
#include "ops/spread.h"
#include <math.h>

/* The parameter, its gradient, then the state. All but the gradient are written, as often as PyTorch's ops write them. */
typedef struct update { tensor *t[K_MAXOP]; int n, writes[K_MAXOP]; } update;

static bool may_write(const array *a)
{
    return !(a->st->flags & (ST_INFERENCE | ST_READONLY)) && (array_shows_contiguous(a) || layout_is_dense(a->ndim, array_size(a), array_visible_stride(a)));
}
static bool suits(const update *u)
{
    const array *p = u->t[0]->a;
    if (tape_now.grad || !dtype_is_float(p->dtype) || dtype_is_half(p->dtype))
        return false;
    for (int i = 0; i < u->n; i++) {
        const array *a = u->t[i]->a;
        if (a->dtype != p->dtype || !array_same_size(a, p) || (i != 1 && !may_write(a)))
            return false;
        for (int k = 0; k < i; k++)
            if (array_overlap(a, u->t[k]->a) != OVERLAP_NONE)
                return false;
    }
    return true;
}
/* 1: written out, and as it was: another thread that was let in meanwhile may have given a tensor another array. */
static int write_out(const update *u, tensor *step)
{
    for (int i = 0; i < u->n; i++)
        if (i != 1 && array_write_out(u->t[i]->a) < 0)
            return -1;
    if (step && array_write_out(step->a) < 0)
        return -1;
    for (int i = 0; i < u->n; i++)
        if (i != 1 && array_is_compressed(u->t[i]->a))
            return 0;
    return suits(u) && !(step && array_is_compressed(step->a));
}

/* Long ones without the host's lock: counts keep memory under the loop. */
static void run(const update *u, k_step_kind kind, const void *how)
{
    array *a[K_MAXOP] = {0};
    holder under;
    const array *p = u->t[0]->a;
    k_nd nd;
    bool free = p->numel * 8 >= WORK_TO_UNLOCK && ct_host_lock.release;
    for (int i = 0; i < u->n; i++) {
        a[i] = u->t[i]->a;
        for (int k = 0; k < u->writes[i]; k++)
            tensor_wrote(u->t[i], "step");
    }
    array_operands(&nd, u->n, p->ndim, array_size(p), (const array *const *)a);
    hold(&under, a, (uint32_t)u->n);
    void *state = free ? ct_host_lock.release() : NULL;
    k_walk(&nd, K->step[kind][p->dtype], how);
    if (free)
        ct_host_lock.take(state);
    let_go(&under);
    if (free)
        let_writers_in();
}

int step_sgd(tensor *param, tensor *grad, tensor *buffer, const k_sgd *how)
{
    update u = {.t = {param, grad, buffer}, .n = buffer ? 3 : 2, .writes = {1, 0, 2}};
    if (!suits(&u))
        return 0;
    int written = write_out(&u, NULL);
    if (written <= 0)
        return written;
    run(&u, buffer ? STEP_MOMENTUM : STEP_SGD, how);
    return 1;
}

static bool counts(const array *a) { return a->numel == 1 && dtype_is_float(a->dtype) && !dtype_is_half(a->dtype) && may_write(a); }
static double count_one(tensor *step)
{
    char *at = array_data(step->a);
    tensor_wrote(step, "step");
    return step->a->dtype == DT_F32 ? ++*(float *)at : ++*(double *)at;
}
int step_adam(tensor *param, tensor *grad, tensor *step, tensor *mean, tensor *square, tensor *most, k_adam *how)
{
    update u = {.t = {param, grad, mean, square, most}, .n = most ? 5 : 4, .writes = {how->decoupled && how->decay != 0 ? 2 : 1, 0, 1, 2, 1}};
    if (!counts(step->a) || !suits(&u))
        return 0;
    int written = write_out(&u, step);
    if (written <= 0 || !counts(step->a))
        return written < 0 ? -1 : 0;
    double t = count_one(step);
    how->correction1 = 1 - pow(how->beta1, t);
    how->root2 = pow(1 - pow(how->beta2, t), 0.5);
    run(&u, most ? STEP_AMSGRAD : STEP_ADAM, how);
    return 1;
}
