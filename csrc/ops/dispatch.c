/* Dispatch: every op passes here. Collects inputs, asks the shape rule, allocates, runs the kernel without the lock when
 * it is long, writes into `self` or `out=` when asked, and records. */
#include "base/pool.h"
#include "kernel/kernel.h"
#include "ops/dispatch.h"
#include "ops/formula.h"
#include "ops/spread.h"
#include <string.h>

/* ---- inputs ------------------------------------------------------------------------------------------- */
/* The call counts what it reads: while it waits or works without the lock, another thread may give a tensor another array. */
static int place_inputs(call *c, uint32_t n)
{
    c->n_in = n;
    c->in = c->in_few;
    c->ia = c->ia_few;
    if (CT_UNLIKELY(n > FEW_IN)) {
        c->in = ct_alloc(n * (sizeof *c->in + sizeof *c->ia));
        if (!c->in)
            return -1;
        c->ia = (const array **)(c->in + n);
    }
    return 0;
}

/* Few arguments and no lists among them: one pass. */
static bool collect_few(call *c)
{
    uint32_t last = 0;
    if (c->n_args > FEW_IN)
        return false;
    for (uint32_t i = 0; i < c->n_args; i++) {
        const arg *a = &c->args[i];
        if (a->kind == ARG_TENSORS) {
            while (i)
                array_drop((array *)c->ia_few[--i]);
            return false;
        }
        tensor *t = a->kind == ARG_TENSOR ? a->t : NULL;
        c->in_few[i] = t;
        c->ia_few[i] = t ? array_keep(t->a) : NULL;
        if (t)
            last = i + 1;
    }
    c->n_in = last;
    c->in = c->in_few;
    c->ia = c->ia_few;
    return true;
}

static int collect_inputs(call *c)
{
    uint32_t n = 0, last = 0;
    if (CT_LIKELY(collect_few(c)))
        return 0;
    for (uint32_t i = 0; i < c->n_args; i++) {
        const arg *a = &c->args[i];
        n += a->kind == ARG_TENSORS ? a->n : 1;
        if (a->kind == ARG_TENSOR || a->kind == ARG_TENSORS)
            last = n;
    }
    if (place_inputs(c, last) < 0)
        return -1;
    n = 0;
    for (uint32_t i = 0; i < c->n_args && n < last; i++) {
        const arg *a = &c->args[i];
        for (uint32_t k = 0; k < (a->kind == ARG_TENSORS ? a->n : 1); k++) {
            tensor *t = a->kind == ARG_TENSORS ? a->ts[k] : a->kind == ARG_TENSOR ? a->t : NULL;
            c->in[n] = t;
            c->ia[n++] = t ? array_keep(t->a) : NULL;
        }
    }
    return 0;
}

static void drop_inputs(call *c)
{
    for (uint32_t i = 0; i < c->n_in; i++)
        array_drop((array *)c->ia[i]);
    if (c->in != c->in_few)
        ct_free(c->in, c->n_in * (sizeof *c->in + sizeof *c->ia));
}

/* A view whose history cannot be told any more must not be read as a constant: here it is refused. */
static int sync_inputs(const call *c)
{
    for (uint32_t i = 0; tape_now.grad && i < c->n_in; i++)
        if (CT_UNLIKELY(c->in[i] && c->in[i]->base) && !(c->op->flags & OP_NO_GRAD) && tensor_sync(c->in[i]) < 0)
            return -1;
    return 0;
}

/* So it is with out= where the op has a gradient. */
static int check_out_leaf(const call *c)
{
    bool wanted = call_needs_grad(c);
    for (uint32_t i = 0; i < c->n_out - c->op->n_aside && !wanted; i++)
        wanted = c->kind->grad && !(c->op->flags & OP_NO_GRAD) && c->out_given[i] && tensor_requires_grad(c->out_given[i]);
    return wanted ? refuse_out_history(c) : 0;
}

/* A leaf may not be written in place while recorded: said before anything else is looked at. Ops of a name of their own (detach_) say for themselves. */
static int check_leaf(const call *c)
{
    if (CT_LIKELY(c->mode == CALL_NEW) || (!c->op->shape && c->op->flags & OP_ONLY_INPLACE))
        return 0;
    if (c->mode == CALL_OUT)
        return tape_now.grad ? check_out_leaf(c) : 0;
    if (c->args[0].kind != ARG_TENSOR) /* an old form, whose numbers come first: it calls another */
        return 0;
    tensor *t = c->args[0].t;
    if (c->op->domain && check_expanded(c->op->name, t->a) < 0) /* rows: before shapes and dtypes */
        return -1;
    return tape_now.grad && tensor_of_leaf(t) && !is_unseen(c) ? check_rewrite(t, true) : 0;
}

void (*op_profiled)(call *c, bool done);

int op_call(call *c)
{
    int viewed = c->op->run == op_view ? view_short(c) : 0;
    if (viewed)
        return viewed < 0 ? -1 : 0;
    c->n_out = (c->op->n_out ? c->op->n_out : 1u) + c->op->n_aside;
    c->kind = &c->op->kind;
    c->n_param = 0;
    c->scratch_bytes = c->work = c->effective = 0;
    c->unrecorded = c->row_major = false;
    c->once = c->once_out = c->slide = 0;
    c->list = NULL, c->n_list = 0;
    c->slices = NULL, c->before = NULL;
    if (CT_UNLIKELY(op_profiled != NULL))
        op_profiled(c, false);
    blank_output(c, 0); /* by itself: a loop would be calls of memset */
    for (uint32_t i = 1; i < c->n_out; i++)
        blank_output(c, i);
    if (CT_UNLIKELY(c->mode != CALL_NEW) && call_write_out(c) < 0)
        return -1;
    if (collect_inputs(c) < 0)
        return -1;
    int result = sync_inputs(c) < 0 || check_leaf(c) < 0 ? -1 : c->op->run(c);
    drop_inputs(c);
    node_drop(c->slices);
    target_drop_before(c);
    if (CT_UNLIKELY(result < 0))
        call_clear_results(c);
    if (CT_UNLIKELY(op_profiled != NULL) && result == 0 && c->op->run != op_compose)
        op_profiled(c, true);
    return result;
}

void call_clear_results(call *c)
{
    for (uint32_t i = 0; i < c->n_out; i++)
        tensor_clear(&c->out[i]);
    for (uint32_t i = 0; i < c->n_list; i++)
        tensor_clear(&c->list[i]);
    ct_free(c->list, c->n_list * sizeof *c->list);
    c->list = NULL;
    c->n_list = 0;
}

/* ---- copies of operands --------------------------------------------------------------------------------- */
/* Takes `with`, which kernels read in place of operand i from now on. */
static int in_take(call *c, uint32_t i, array *with)
{
    if (!with)
        return -1;
    array_drop((array *)c->ia[i]);
    c->ia[i] = with;
    return 0;
}

static int in_replace(call *c, uint32_t i, array *copy)
{
    if (copy)
        array_convert(c->ia[i], copy);
    return in_take(c, i, copy);
}

int in_expand(call *c, uint32_t i, int ndim, const int64_t *size)
{
    const array *a = c->ia[i];
    int64_t stride[CT_MAXDIM];
    layout_broadcast_stride(ndim, size, a->ndim, array_size(a), array_stride(a), stride);
    return in_take(c, i, array_alias(a, ndim, size, stride, array_offset(a)));
}

int in_view(call *c, uint32_t i, const layout *l)
{
    return in_take(c, i, array_alias(c->ia[i], l->ndim, l->size, l->stride, l->offset));
}

int in_cast(call *c, uint32_t i, ct_dtype dtype)
{
    const array *a = c->ia[i];
    return a->dtype == dtype ? 0 : in_replace(c, i, array_new_held(a, dtype, still_dims(a, a->ndim)));
}

int in_copy(call *c, uint32_t i)
{
    return in_replace(c, i, array_new_held(c->ia[i], c->ia[i]->dtype, call_once_in(c, i) & still_dims(c->ia[i], c->ia[i]->ndim)));
}

int in_contiguous(call *c, uint32_t i)
{
    const array *a = c->ia[i];
    int64_t size[CT_MAXDIM];
    if (array_is_contiguous(a))
        return 0;
    for (int d = 0; d < a->ndim; d++)
        size[d] = call_once_in(c, i) >> d & 1 ? 1 : array_size(a)[d];
    return c->once && layout_is_contiguous(a->ndim, size, array_stride(a)) ? 0 : in_copy(c, i);
}

/* ---- declarations ------------------------------------------------------------------------------------------ */
int out_new(call *c, uint32_t i, ct_dtype dtype, int ndim, const int64_t *size)
{
    array *made;
    if (out_once(c, dtype, ndim, size, NULL, &made) < 0)
        return -1;
    c->oa[i] = made ? made : array_new(dtype, ndim, size);
    return c->oa[i] ? 0 : -1;
}

static array *strided_new(ct_dtype dtype, const layout *l)
{
    array *whole = array_new(dtype, l->ndim, l->size);
    if (!whole)
        return NULL;
    if (!layout_same(array_stride(whole), l->stride, l->ndim)) { /* sizes 0 and 1 keep theirs too */
        array *strided = array_alias(whole, l->ndim, l->size, l->stride, 0);
        array_drop(whole);
        whole = strided;
    }
    return whole;
}

int out_strided(call *c, uint32_t i, ct_dtype dtype, const layout *l)
{
    if (out_once(c, dtype, l->ndim, l->size, l->stride, &c->oa[i]) < 0 || c->oa[i])
        return c->oa[i] ? 0 : -1;
    c->oa[i] = strided_new(dtype, l);
    return c->oa[i] ? 0 : -1;
}

int out_like(call *c, uint32_t i, const array *a, ct_dtype dtype)
{
    if (array_is_plain(a))
        return out_new(c, i, dtype, a->ndim, array_size(a));
    layout l;
    l.ndim = a->ndim;
    l.offset = 0;
    layout_take(l.size, array_size(a), a->ndim);
    layout_preserve(a->ndim, l.size, array_visible_stride(a), l.stride);
    return out_strided(c, i, dtype, &l);
}

int out_view(call *c, uint32_t i, const layout *l)
{
    c->oa[i] = array_alias(c->in[0]->a, l->ndim, l->size, l->stride, l->offset);
    return c->oa[i] ? 0 : -1;
}

int out_same(call *c, uint32_t i) { return c->declared[i].how = HOW_SAME, 0; }

/* ---- the block notation ------------------------------------------------------------------------------------------ */
static int run_kernel(call *c)
{
    if (c->scratch_bytes && !(c->scratch = ct_alloc((size_t)c->scratch_bytes)))
        return -1;
    narrowed was;
    int result = call_narrow(c, &was);
    if (result == 0) {
        result = c->op->kernel ? call_unlocked(c, c->op->kernel) : 0;
        call_widen(c, &was);
    }
    if (c->scratch_bytes)
        ct_free(c->scratch, (size_t)c->scratch_bytes);
    return result;
}

/* Moves a computed result into self or out=. The target was checked. */
static void deliver_into(call *c, tensor *target, array *result)
{
    array_convert(result, target->a);
    tensor_wrote(target, c->op->name);
    array_drop(result);
}

static int targets(call *c)
{
    for (uint32_t i = 0; i < c->n_out - c->op->n_aside && c->mode != CALL_NEW; i++) {
        const array *r = c->oa[i] ? c->oa[i] : c->in[0]->a;
        const int64_t *stride = c->op->flags & OP_POINTWISE ? array_visible_stride(r) : NULL;
        int result = c->mode == CALL_INPLACE ? target_in_place(c, r->dtype, r->ndim, array_size(r)) : target_out(c, i, r->dtype, r->ndim, array_size(r), stride);
        if (result < 0)
            return -1;
    }
    return 0;
}

/* OP_IN_WRITES_SELF: oa[0] is self itself, or starts as a copy of it: row-major where there is an out=, as PyTorch has it. */
static int start_as_self(call *c)
{
    array *self = c->in[0]->a;
    if (c->mode == CALL_INPLACE) {
        const array *told = c->oa[0] ? c->oa[0] : self; /* a rule that declares may have broadcast */
        if (target_in_place(c, self->dtype, told->ndim, array_size(told)) < 0)
            return -1;
        for (uint32_t i = 1; i < c->n_in; i++)
            if (c->ia[i] && (write_out_self(c, 1, c->ia + i) < 0 || (array_overlap(self, c->ia[i]) != OVERLAP_NONE &&
                in_replace(c, i, array_new(c->ia[i]->dtype, c->ia[i]->ndim, array_size(c->ia[i]))) < 0)))
                return -1;
        array_drop(c->oa[0]);
        c->oa[0] = array_keep(self);
        return 0;
    }
    if ((c->op->flags & OP_OUT ? out_new(c, 0, self->dtype, self->ndim, array_size(self)) : out_like(c, 0, self, self->dtype)) < 0)
        return -1;
    if (array_start_as(self, c->oa[0]) < 0)
        return -1;
    return c->mode == CALL_OUT ? target_out(c, 0, self->dtype, self->ndim, array_size(self), NULL) : 0;
}

/* Where elements of self share memory a result would write back what the op leaves alone, too: kernels are told to write where self is. */
static bool writes_self(const call *c)
{
    return c->op->flags & OP_IN_WRITES_SELF || (c->mode == CALL_INPLACE && c->op->flags & OP_SHARES && array_shares(c->in[0]->a));
}

static int finish_outputs(call *c)
{
    for (uint32_t i = 0; i < c->n_out; i++) {
        array *result = c->oa[i];
        c->oa[i] = NULL;
        if (c->mode == CALL_NEW) {
            tensor_init(&c->out[i], result);
            continue;
        }
        tensor *target = c->mode == CALL_INPLACE ? c->args[0].t : c->out_given[i];
        if (result == target->a) {
            tensor_wrote(target, c->op->name);
            array_drop(result);
        } else
            deliver_into(c, target, result);
    }
    return 0;
}

static void drop_outputs(call *c)
{
    for (uint32_t i = 0; i < c->n_out; i++) {
        array_drop(c->oa[i]);
        c->oa[i] = NULL;
    }
}

/* OP_KEEPS_ORDER: results become channels_last where an operand of their rank is; what is compressed is written out. */
static int keep_order(call *c)
{
    bool wanted = false;
    int ndim = c->oa[0]->ndim;
    for (uint32_t i = 0; i < c->n_in && i < 2 && !wanted; i++) {
        const array *a = c->in[i] ? c->in[i]->a : NULL;
        wanted = a && a->ndim == ndim && layout_like_channels_last(ndim, array_size(a), array_visible_stride(a));
    }
    for (uint32_t i = 0; i < c->n_out - c->op->n_aside && wanted; i++) {
        array *result = c->oa[i];
        layout l = {.ndim = ndim};
        if (result->ndim != ndim)
            continue;
        layout_take(l.size, array_size(result), ndim);
        if (layout_channels_last(c->op->name, ndim, ndim, l.size, l.stride) < 0 || !(c->oa[i] = strided_new(result->dtype, &l))) {
            c->oa[i] = result;
            return -1;
        }
        array_convert(result, c->oa[i]);
        array_drop(result);
    }
    return 0;
}

int op_block(call *c)
{
    if (c->mode == CALL_OUT)
        for (uint32_t i = 0; i < c->n_out - c->op->n_aside; i++)
            if (!c->out_given[i])
                return ct_fail(CT_TYPE, "%s(): out= takes %u tensors", c->op->name, c->n_out);
    if (c->op->shape(c) < 0 || (writes_self(c) ? start_as_self(c) : targets(c)) < 0) {
        drop_outputs(c);
        return -1;
    }
    if (c->declared[0].how == HOW_SAME)
        return tensor_copy(&c->out[0], c->in[0]), 0;
    node *n = NULL;
    if (call_needs_grad(c) && !(n = call_node(c))) {
        drop_outputs(c);
        return -1;
    }
    if (run_kernel(c) < 0 || (c->op->flags & OP_KEEPS_ORDER && !c->row_major && c->mode == CALL_NEW && keep_order(c) < 0) ||
        (c->mode == CALL_INPLACE && write_out_self(c, 1, (const array *const *)c->oa) < 0)) {
        drop_outputs(c);
        node_drop(n);
        return -1;
    }
    call_keep_asides(c, n);
    finish_outputs(c);
    return call_attach(c, n);
}

/* Makes `view` a member of `of`'s family; inference tensors have none. */
int tensor_join(tensor *view, tensor *of, uint32_t flags)
{
    if (CT_UNLIKELY(view->a->st->flags & ST_INFERENCE))
        return 0;
    viewbase *b = tensor_viewbase(of);
    if (!b)
        return -1;
    b->refs++;
    view->base = b;
    view->gen = b->gen;
    view->flags |= T_VIEW | flags | (of->flags & (T_MULTI_VIEW | T_NO_GRAD_VIEW | T_INFERENCE_VIEW | T_FUNCTION_VIEW)) | (tape_now.grad ? 0 : T_NO_GRAD_VIEW) |
                   (tape_now.inference ? T_INFERENCE_VIEW : 0);
    return 0;
}

/* A composed result written into self: bytes, version and history become the result's. */
static int assign_in_place(scope *s, call *c, T result)
{
    tensor *self = c->args[0].t;
    if (target_in_place(c, result->a->dtype, result->a->ndim, array_size(result->a)) < 0 || !(result = f_cast(s, result, self->a->dtype)) ||
        write_out_self(c, 1, (const array *const *)&result->a) < 0)
        return -1;
    bool recorded = tape_now.grad && (result->fn || self->fn);
    if (recorded && call_slices(c, result->fn, result->nr) < 0)
        return -1;
    array_convert(result->a, self->a);
    tensor_wrote(self, c->op->name);
    return recorded ? call_rebase(c, result->fn, result->nr) : 0;
}

static int compose_into(call *c, T const *out)
{
    for (uint32_t i = 0; i < c->n_out; i++) {
        const array *r = out[i]->a;
        if (tape_now.grad && tensor_requires_grad(out[i]))
            return refuse_out_history(c);
        if (target_out(c, i, r->dtype, r->ndim, array_size(r), NULL) < 0)
            return -1;
    }
    for (uint32_t i = 0; i < c->n_out; i++)
        deliver_into(c, c->out_given[i], array_keep(out[i]->a));
    return 0;
}

/* The formulas of a recorded call in place see a copy of self under its history: they may keep it, and self is about to
 * be written. */
static int compose(scope *s, call *c, T *out)
{
    tensor *self = c->args[0].t;
    if (c->mode != CALL_INPLACE || !call_needs_grad(c))
        return c->op->compose(s, c, out);
    tensor *twin = scope_new(s);
    array *copy = twin ? call_copy_of(self->a) : NULL;
    if (!copy)
        return -1;
    tensor_copy(twin, self);
    array_drop(twin->a);
    twin->a = copy;
    c->args[0].t = c->in[0] = twin;
    int result = c->op->compose(s, c, out);
    c->args[0].t = c->in[0] = self;
    return result;
}

/* Compositions in C: the outputs are formulas; what they record is their own. */
int op_compose(call *c)
{
    T out[MAX_OUT] = {0};
    scope s;
    scope_open(&s);
    int result = compose(&s, c, out);
    for (uint32_t i = 0; result == 0 && !s.failed && c->mode != CALL_OUT && i < c->n_out && out[i]; i++) {
        if (c->mode == CALL_NEW)
            tensor_copy(&c->out[i], out[i]);
        else
            result = assign_in_place(&s, c, out[i]);
    }
    if (result == 0 && !s.failed && c->mode == CALL_OUT)
        result = compose_into(c, out);
    result = s.failed ? -1 : result;
    scope_close(&s);
    return result;
}
