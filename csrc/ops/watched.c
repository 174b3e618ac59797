/* Kernels that may take long: the host's lock is dropped meanwhile, and Ctrl-C ends them between pieces. */
#include "base/pool.h"
#include "ops/dispatch.h"

static array *operand_at(const call *c, uint32_t i) { return i < c->n_in ? (array *)c->ia[i] : c->oa[i - c->n_in]; }

/* Other threads, signal handlers and listeners to warnings may give a tensor another array while a call is under way, which goes on with the
 * old one: a count on it keeps it and its address. Told by the tensors that the call reads again. */
static int refuse_changed(const call *c)
{
    return ct_fail(CT_RUNTIME, "%s(): a tensor was given another shape or other memory while the op was at work on it", c->op->name);
}
static array *array_of(const tensor *t) { return t ? array_keep(t->a) : NULL; }
static bool is_other(const tensor *t, array *was)
{
    bool other = t && t->a != was;
    array_drop(was);
    return other;
}

/* What is looked at after a kernel: where the results go and, where a rule runs one of its own before it declares outputs, what it reads. */
static const tensor *read_again(const call *c, uint32_t i)
{
    if (c->mode == CALL_OUT)
        return i < c->n_out - c->op->n_aside ? c->out_given[i] : NULL;
    return i == 0 && c->n_in && (c->mode == CALL_INPLACE || !c->oa[0]) ? c->in[0] : NULL;
}

int (*op_warn)(bool *once, const char *text);
int call_warn(const call *c, bool *once, const char *text)
{
    array *few[FEW_IN], **was = c->n_in <= FEW_IN ? few : ct_alloc(c->n_in * sizeof *was);
    bool changed = false;
    if (!was)
        return -1;
    for (uint32_t i = 0; i < c->n_in; i++)
        was[i] = array_of(c->in[i]);
    int result = op_warn ? op_warn(once, text) : 0;
    for (uint32_t i = 0; i < c->n_in; i++)
        changed |= is_other(c->in[i], was[i]);
    if (was != few)
        ct_free(was, c->n_in * sizeof *was);
    return result == 0 && changed ? refuse_changed(c) : result;
}

/* The one place where the host's lock is dropped. Counts on every operand keep memory under the kernel meanwhile. Draws keep the
 * lock, for threads that share a generator take turns; what a draw that was ended has taken of its stream is gone. */
static int run_watched(call *c, void (*kernel)(call *c), bool unlocked)
{
    ct_watch watch;
    array *was[MAX_OUT];
    const tensor *again[MAX_OUT];
    bool changed = false;
    for (uint32_t i = 0; i < MAX_OUT; i++)
        was[i] = array_of(again[i] = read_again(c, i));
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
    for (uint32_t i = 0; i < MAX_OUT; i++)
        changed |= is_other(again[i], was[i]);
    return stopped ? -1 : changed ? refuse_changed(c) : 0;
}

int call_long(call *c, void (*kernel)(call *c))
{
    bool draws = c->op->flags & OP_DRAWS;
    if (ct_host_lock.release && (!draws || c->oa[0]->numel >= WORK_TO_UNLOCK))
        return run_watched(c, kernel, !draws);
    kernel(c);
    return 0;
}
