/* Kernels that may take long: the host's lock is dropped meanwhile, and Ctrl-C ends them between pieces. */
#include "base/pool.h"
#include "ops/dispatch.h"
#include "ops/spread.h"
#include <pthread.h>
#include <time.h>

/* ---- memory under kernels that run without the lock ---- */
static holder *holders; /* of all threads; changed with the lock held */
static _Thread_local char this_thread;

int writers_waiting;

/* In a child the other threads' kernels never end: what they held is free, and nobody waits for it. */
static void forget_others(void)
{
    writers_waiting = 0;
    for (holder **at = &holders; *at;) {
        holder *h = *at;
        if (h->thread == &this_thread) {
            at = &h->next;
            continue;
        }
        *at = h->next;
        for (uint32_t i = 0; i < h->n; i++)
            if (h->held[i])
                h->held[i]->st->busy--;
    }
}

void hold(holder *h, array *const *held, uint32_t n)
{
    static bool prepared;
    if (!prepared)
        prepared = pthread_atfork(NULL, NULL, forget_others) == 0;
    for (uint32_t i = 0; i < n; i++)
        if (held[i])
            array_keep(held[i])->st->busy++;
    *h = (holder){holders, &this_thread, held, n};
    holders = h;
}

void let_go(holder *h)
{
    holder **at = &holders;
    while (*at != h)
        at = &(*at)->next;
    *at = h->next;
    for (uint32_t i = 0; i < h->n; i++)
        if (h->held[i]) {
            h->held[i]->st->busy--;
            array_drop(h->held[i]);
        }
}

/* A thread that runs one kernel after the other drops the lock inside kernels alone: whoever waits for them to end would never see it. */
void let_writers_in(void)
{
    if (CT_LIKELY(!writers_waiting))
        return;
    void *state = ct_host_lock.release();
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    ct_host_lock.take(state);
}

/* ---- calls ---- */
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

int write_out_self(const call *c, uint32_t n, const array *const *with)
{
    tensor *self = c->args[0].t;
    array *was = array_of(self);
    int result = array_write_out_for(was, n, with);
    return is_other(self, was) && result == 0 ? refuse_changed(c) : result;
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

/* Kernels ask inputs for the sizes of what repeats, too: they see tensors of the call's own, which nobody gives another array. (Those of lists
 * do not ask.) */
typedef struct stand_ins { tensor own[FEW_IN], *given[FEW_IN]; uint32_t n; } stand_ins;
static void stand_in(call *c, stand_ins *s)
{
    s->n = c->n_in <= FEW_IN ? c->n_in : 0;
    for (uint32_t i = 0; i < s->n; i++) {
        if (!(s->given[i] = c->in[i]))
            continue;
        s->own[i] = *c->in[i];
        array_keep(s->own[i].a);
        c->in[i] = &s->own[i];
    }
}
static void stand_back(call *c, stand_ins *s)
{
    for (uint32_t i = 0; i < s->n; i++)
        if ((c->in[i] = s->given[i]))
            array_drop(s->own[i].a);
}

/* The one place where the host's lock is dropped. Counts on every operand keep memory under the kernel meanwhile. Draws keep the
 * lock, for threads that share a generator take turns; what a draw that was ended has taken of its stream is gone. */
static int run_watched(call *c, void (*kernel)(call *c), bool unlocked)
{
    ct_watch watch;
    stand_ins inputs;
    array *was[MAX_OUT];
    const tensor *again[MAX_OUT];
    bool changed = false;
    for (uint32_t i = 0; i < MAX_OUT; i++)
        was[i] = array_of(again[i] = read_again(c, i));
    holder read, written;
    hold(&read, (array *const *)c->ia, c->n_in);
    hold(&written, c->oa, c->n_out);
    stand_in(c, &inputs);
    ct_watch_begin(&watch, c->mode == CALL_NEW, unlocked);
    kernel(c);
    bool stopped = ct_watch_end(&watch);
    stand_back(c, &inputs);
    let_go(&written);
    let_go(&read);
    if (unlocked)
        let_writers_in();
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
