/* The closed notation: a composition whose history is one node with a formula of its own, as a block's is. Nothing of what
 * it is composed of is recorded. Its `compose` declares nothing: it may keep_param, and choose c->kind. */
#include "ops/dispatch.h"
#include "ops/formula.h"
#include "ops/spread.h"

static int deliver_new(call *c, T const *out)
{
    for (uint32_t i = 0; i < c->n_out - c->op->n_aside; i++)
        tensor_init(&c->out[i], array_keep(out[i]->a)); /* without the family of a view that compose may have made */
    node *n = NULL;
    if (call_needs_grad(c) && !(n = call_node(c)))
        return -1;
    call_keep_asides(c, n);
    return call_attach(c, n);
}

static int deliver_in_place(call *c, T result)
{
    tensor *self = c->args[0].t;
    const array *r = result->a;
    node *n = NULL;
    bool written = r == self->a; /* by its compose, where elements share memory */
    if ((!written && (target_in_place(c, r->dtype, r->ndim, array_size(r)) < 0 || write_out_self(c, 1, &r) < 0)) || (call_needs_grad(c) && !(n = call_node(c))))
        return -1;
    if (!written)
        array_convert(r, self->a);
    tensor_wrote(self, c->op->name);
    return call_attach(c, n);
}

static int deliver_out(call *c, T const *out)
{
    for (uint32_t i = 0; i < c->n_out; i++)
        if (target_out(c, i, out[i]->a->dtype, out[i]->a->ndim, array_size(out[i]->a), NULL) < 0)
            return -1;
    for (uint32_t i = 0; i < c->n_out; i++) {
        array_convert(out[i]->a, c->out_given[i]->a);
        tensor_wrote(c->out_given[i], c->op->name);
    }
    return 0;
}

int op_closed(call *c)
{
    T out[MAX_OUT] = {0};
    scope s;
    bool grad = tape_now.grad;
    const array *self = c->mode == CALL_INPLACE && c->op->flags & OP_SHARES ? c->in[0]->a : NULL;
    if (self && array_shares(self) && target_in_place(c, (ct_dtype)self->dtype, self->ndim, array_size(self)) < 0)
        return -1;
    scope_open(&s);
    tape_now.grad = false;
    int result = c->op->compose(&s, c, out);
    tape_now.grad = grad;
    if (result == 0 && !s.failed)
        result = c->mode == CALL_NEW ? deliver_new(c, out) : c->mode == CALL_INPLACE ? deliver_in_place(c, out[0]) : deliver_out(c, out);
    result = s.failed ? -1 : result;
    scope_close(&s);
    return result;
}
