/* Kernels that may take long: the host's lock is dropped meanwhile, and Ctrl-C ends them between pieces. */
#include "base/pool.h"
#include "ops/dispatch.h"

static array *operand_at(const call *c, uint32_t i) { return i < c->n_in ? (array *)c->ia[i] : c->oa[i - c->n_in]; }

/* The one place where the host's lock is dropped. Counts on every operand keep memory under the kernel meanwhile. Draws keep the
 * lock, for threads that share a generator take turns; what a draw that was ended has taken of its stream is gone. */
static int run_watched(call *c, void (*kernel)(call *c), bool unlocked)
{
    ct_watch watch;
    for (uint32_t i = 0; i < c->n_in + c->n_out; i++)
        if (operand_at(c, i))
            array_keep(operand_at(c, i))->st->busy++;
    ct_watch_begin(&watch, c->mode == CALL_NEW, unlocked);
    kernel(c);
    bool stopped = ct_watch_end(&watch);
    for (uint32_t i = 0; i < c->n_in + c->n_out; i++)
        if (operand_at(c, i)) {
            operand_at(c, i)->st->busy--;
            array_drop(operand_at(c, i));
        }
    return stopped ? -1 : 0;
}

int call_long(call *c, void (*kernel)(call *c))
{
    bool draws = c->op->flags & OP_DRAWS;
    if (ct_host_lock.release && (!draws || c->oa[0]->numel >= WORK_TO_UNLOCK))
        return run_watched(c, kernel, !draws);
    kernel(c);
    return 0;
}
