/* Dispatch: every op passes here. Collects inputs, asks the shape rule, allocates, runs the kernel without the lock when
 * it is long, writes into `self` or `out=` when asked, and records. */
#include "kernel/kernel.h"
#include "ops/dispatch.h"
#include "ops/formula.h"
#include <string.h>

/* ---- inputs ------------------------------------------------------------------------------------------- */
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
        if (a->kind == ARG_TENSORS)
            return false;
        tensor *t = a->kind == ARG_TENSOR ? a->t : NULL;
        c->in_few[i] = t;
        c->ia_few[i] = t ? t->a : NULL;
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
            c->ia[n++] = t ? t->a : NULL;
        }
    }
    return 0;
}

static void drop_inputs(call *c)
{
    for (uint32_t i = 0; c->temps && i < c->n_in; i++)
        array_drop(c->temps[i]);
    if (c->temps && c->temps != c->temps_few)
        ct_free(c->temps, c->n_in * sizeof *c->temps);
    if (c->in != c->in_few)
        ct_free(c->in, c->n_in * (sizeof *c->in + sizeof *c->ia));
}

int op_call(call *c)
{
    c->n_out = c->op->n_out ? c->op->n_out : 1;
    c->kind = &c->op->kind;
    c->n_param = 0;
    c->scratch_bytes = c->work = 0;
    c->unrecorded = false;
    c->list = NULL;
    c->n_list = 0;
    c->temps = NULL;
    for (uint32_t i = 0; i < c->n_out; i++) {
        c->out[i] = (tensor){0};
        c->oa[i] = NULL;
        c->declared[i] = (struct declared){0};
    }
    if (collect_inputs(c) < 0)
        return -1;
    int result = c->op->run(c);
    drop_inputs(c);
    if (CT_UNLIKELY(result < 0))
        call_clear_results(c);
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
void array_convert(const array *from, array *to)
{
    k_nd nd;
    array_operands(&nd, 2, to->ndim, array_size(to), (const array *[]){to, from});
    k_walk(&nd, K->cast[from->dtype][to->dtype], NULL);
}

/* ia[i] becomes `a`, which the call owns from now on. */
static int in_take(call *c, uint32_t i, array *copy)
{
    if (!copy)
        return -1;
    if (!c->temps) {
        c->temps = c->n_in <= FEW_IN ? c->temps_few : ct_alloc(c->n_in * sizeof *c->temps);
        if (!c->temps) {
            array_drop(copy);
            return -1;
        }
        memset(c->temps, 0, c->n_in * sizeof *c->temps);
    }
    array_drop(c->temps[i]);
    c->temps[i] = copy;
    c->ia[i] = copy;
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
    return in_take(c, i, array_alias(a, ndim, size, stride, a->offset));
}

int in_cast(call *c, uint32_t i, ct_dtype dtype)
{
    const array *a = c->ia[i];
    return a->dtype == dtype ? 0 : in_replace(c, i, array_new(dtype, a->ndim, array_size(a)));
}

int in_copy(call *c, uint32_t i) { return in_replace(c, i, array_new(c->ia[i]->dtype, c->ia[i]->ndim, array_size(c->ia[i]))); }

int in_contiguous(call *c, uint32_t i) { return array_is_contiguous(c->ia[i]) ? 0 : in_copy(c, i); }

/* ---- declarations ------------------------------------------------------------------------------------------ */
int out_new(call *c, uint32_t i, ct_dtype dtype, int ndim, const int64_t *size)
{
    c->oa[i] = array_new(dtype, ndim, size);
    return c->oa[i] ? 0 : -1;
}

int out_strided(call *c, uint32_t i, ct_dtype dtype, const layout *l)
{
    array *whole = array_new(dtype, l->ndim, l->size);
    if (!whole)
        return -1;
    if (!layout_is_contiguous(l->ndim, l->size, l->stride)) {
        array *strided = array_alias(whole, l->ndim, l->size, l->stride, 0);
        array_drop(whole);
        whole = strided;
    }
    c->oa[i] = whole;
    return whole ? 0 : -1;
}

int out_like(call *c, uint32_t i, const array *a, ct_dtype dtype)
{
    if (array_is_contiguous(a))
        return out_new(c, i, dtype, a->ndim, array_size(a));
    layout l = {.ndim = a->ndim};
    memcpy(l.size, array_size(a), a->ndim * sizeof *l.size);
    layout_dense_like(a->ndim, l.size, array_visible_stride(a), l.stride);
    return out_strided(c, i, dtype, &l);
}

int out_view(call *c, uint32_t i, const layout *l)
{
    c->oa[i] = array_alias(c->in[0]->a, l->ndim, l->size, l->stride, l->offset);
    return c->oa[i] ? 0 : -1;
}

enum { HOW_SAME = 1 };
int out_same(call *c, uint32_t i)
{
    c->declared[i].how = HOW_SAME;
    return 0;
}

void keep_param(call *c, int64_t value) { c->param[c->n_param++] = value; }

void array_layout(const array *a, layout *l)
{
    l->ndim = a->ndim;
    l->offset = a->offset;
    memcpy(l->size, array_size(a), a->ndim * sizeof *l->size);
    memcpy(l->stride, array_visible_stride(a), a->ndim * sizeof *l->stride);
}

/* ---- the lock ------------------------------------------------------------------------------------------------ */
/* The one place where the host's lock is dropped. Counts on every operand keep memory under the kernel meanwhile. */
void call_unlocked(call *c, void (*kernel)(call *c))
{
    if (CT_LIKELY(c->work < WORK_TO_UNLOCK || !ct_host_lock.release)) {
        kernel(c);
        return;
    }
    for (uint32_t i = 0; i < c->n_in; i++)
        if (c->ia[i])
            array_keep((array *)c->ia[i])->st->busy++;
    for (uint32_t i = 0; i < c->n_out; i++)
        if (c->oa[i])
            array_keep(c->oa[i])->st->busy++;
    void *state = ct_host_lock.release();
    kernel(c);
    ct_host_lock.take(state);
    for (uint32_t i = 0; i < c->n_in; i++)
        if (c->ia[i]) {
            c->ia[i]->st->busy--;
            array_drop((array *)c->ia[i]);
        }
    for (uint32_t i = 0; i < c->n_out; i++)
        if (c->oa[i]) {
            c->oa[i]->st->busy--;
            array_drop(c->oa[i]);
        }
}

/* ---- writing in place ------------------------------------------------------------------------------------------ */
static int check_in_place_history(const call *c, tensor *t)
{
    if (!tape_now.grad)
        return 0;
    bool recorded = call_needs_grad(c);
    if (tensor_sync(t) < 0)
        return -1;
    if (t->fn && t->fn->kind == &leaf_kind)
        return ct_fail(CT_RUNTIME, tensor_is_view(t) ? "a view of a leaf Variable that requires grad is being used in an in-place operation."
                       : "a leaf Variable that requires grad is being used in an in-place operation.");
    if (!tensor_is_view(t) || (!recorded && !t->fn))
        return 0;
    if (t->base->fn && t->base->fn->kind == &leaf_kind)
        return ct_fail(CT_RUNTIME, "a view of a leaf Variable that requires grad is being used in an in-place operation.");
    const char *what = t->flags & T_MULTI_VIEW ? "is the output of a function that returns multiple views. Such functions do not allow the output views to be modified inplace. You should replace the inplace operation by an out-of-place one."
                     : t->flags & T_NO_GRAD_VIEW ? "was created in no_grad mode and is being modified inplace with grad mode enabled. Make it outside the no_grad block, or write inside one."
                     : t->flags & T_FUNCTION_VIEW ? "was created inside a custom Function (or because an input was returned as-is) and the autograd logic to handle view+inplace would override the custom backward. Clone the output of the Function first." : NULL;
    return what ? ct_fail(CT_RUNTIME, "Output %u of %s is a view and is being modified inplace. This view %s", t->nr, t->fn ? node_name(t->fn) : "a view", what) : 0;
}

int check_writable(const char *op, const array *a)
{
    int64_t first[CT_MAXDIM], second[CT_MAXDIM];
    char one[300], two[300];
    if (array_is_contiguous(a) || !layout_self_overlap(a->ndim, array_size(a), array_visible_stride(a), first, second))
        return 0;
    return ct_fail(CT_RUNTIME, "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
                   "Please clone() the tensor before performing the operation. (%s: indices %s and %s share one element)", op,
                   layout_text(a->ndim, first, one, sizeof one), layout_text(a->ndim, second, two, sizeof two));
}

overlap array_overlap(const array *a, const array *b)
{
    if (a->st != b->st && !a->st->release && !b->st->release)
        return OVERLAP_NONE;
    if (a == b)
        return OVERLAP_SAME;
    int64_t item_a = dtype_bytes(a->dtype), item_b = dtype_bytes(b->dtype);
    return layout_overlap(a->ndim, array_size(a), array_stride(a), (int64_t)(intptr_t)array_data(a), item_a,
                          b->ndim, array_size(b), array_stride(b), (int64_t)(intptr_t)array_data(b), item_b);
}

int check_inputs_apart(const call *c, const array *written)
{
    for (uint32_t i = 0; i < c->n_in; i++)
        if (c->in[i] && array_overlap(written, c->in[i]->a) == OVERLAP_SOME)
            return ct_fail(CT_RUNTIME, "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
                           "location. Please clone() the tensor before performing the operation. (%s, input %u)", c->op->name, i);
    return 0;
}

static const char *dtype_title(ct_dtype d)
{
    static const char *const titles[DT_COUNT] = {"Bool", "Byte", "Int", "Long", "Float", "Double"};
    return titles[d];
}

static int check_target(const array *target, ct_dtype dtype, int ndim, const int64_t *size)
{
    char got[300], want[300];
    if (target->ndim != ndim || memcmp(array_size(target), size, (size_t)ndim * sizeof *size))
        return ct_fail(CT_RUNTIME, "output with shape %s doesn't match the broadcast shape %s", layout_text(target->ndim, array_size(target), got, sizeof got),
                       layout_text(ndim, size, want, sizeof want));
    if (!dtype_can_cast(dtype, target->dtype))
        return ct_fail(CT_RUNTIME, "result type %s can't be cast to the desired output type %s", dtype_title(dtype), dtype_title(target->dtype));
    return 0;
}

/* Output 0 of an in-place call is self; checks everything that can be wrong before a byte is written. */
int target_in_place(call *c, ct_dtype dtype, int ndim, const int64_t *size)
{
    tensor *self = c->args[0].t;
    if (check_target(self->a, dtype, ndim, size) < 0 || check_in_place_history(c, self) < 0 || check_writable(c->op->name, self->a) < 0)
        return -1;
    return 0;
}

/* out= takes the result's shape: resized if it is empty or of another shape (with PyTorch's warning left to py/). */
int target_out(call *c, uint32_t i, ct_dtype dtype, int ndim, const int64_t *size)
{
    tensor *out = c->out_given[i];
    if (tape_now.grad && (call_needs_grad(c) || tensor_requires_grad(out)))
        return ct_fail(CT_RUNTIME, "%s(): functions with out=... arguments don't support automatic differentiation, but one of the arguments requires grad.", c->op->name);
    if (!dtype_can_cast(dtype, out->a->dtype))
        return check_target(out->a, dtype, out->a->ndim, array_size(out->a));
    if (out->a->ndim == ndim && memcmp(array_size(out->a), size, (size_t)ndim * sizeof *size) == 0)
        return check_writable(c->op->name, out->a);
    array *fresh = tensor_resized(out, ndim, size);
    if (!fresh)
        return -1;
    array_drop(out->a);
    out->a = fresh;
    return 0;
}

/* A new shape over the tensor's own storage, which grows if needed. */
array *tensor_resized(tensor *t, int ndim, const int64_t *size)
{
    int64_t numel, nbytes, stride[CT_MAXDIM];
    if (layout_check_numel("resize_", ndim, size, &numel) < 0)
        return NULL;
    if (!ct_add(numel, t->a->offset, &nbytes) || !ct_mul(nbytes, dtype_bytes(t->a->dtype), &nbytes)) {
        ct_fail(CT_RUNTIME, "Storage size calculation overflowed");
        return NULL;
    }
    layout_row_major(ndim, size, stride);
    if (nbytes <= t->a->st->nbytes || storage_resize(t->a->st, nbytes) == 0)
        return array_alias(t->a, ndim, size, stride, t->a->offset);
    if (t->a->st->refs > 1 || t->a->st->release)
        return NULL;
    ct_clear();
    array *fresh = array_new(t->a->dtype, ndim, size);
    if (fresh)
        memcpy(fresh->st->data, t->a->st->data, (size_t)t->a->st->nbytes);
    return fresh;
}

/* ---- the block notation ------------------------------------------------------------------------------------------ */
static int run_kernel(call *c)
{
    if (c->scratch_bytes && !(c->scratch = ct_alloc((size_t)c->scratch_bytes)))
        return -1;
    if (c->op->kernel)
        call_unlocked(c, c->op->kernel);
    if (c->scratch_bytes)
        ct_free(c->scratch, (size_t)c->scratch_bytes);
    return 0;
}

/* Moves a computed result into self or out=. The target was checked. */
static void deliver_into(call *c, tensor *target, array *result)
{
    array_convert(result, target->a);
    array_wrote(target->a, c->op->name);
    array_drop(result);
}

static int targets(call *c)
{
    for (uint32_t i = 0; i < c->n_out && c->mode != CALL_NEW; i++) {
        const array *r = c->oa[i] ? c->oa[i] : c->in[0]->a;
        int result = c->mode == CALL_INPLACE ? target_in_place(c, r->dtype, r->ndim, array_size(r)) : target_out(c, i, r->dtype, r->ndim, array_size(r));
        if (result < 0)
            return -1;
    }
    return 0;
}

/* OP_IN_WRITES_SELF: oa[0] is self itself, or starts as a copy of it. */
static int start_as_self(call *c)
{
    array *self = c->in[0]->a;
    if (c->mode == CALL_INPLACE) {
        if (target_in_place(c, self->dtype, self->ndim, array_size(self)) < 0)
            return -1;
        for (uint32_t i = 1; i < c->n_in; i++)
            if (c->ia[i] && array_overlap(self, c->ia[i]) != OVERLAP_NONE &&
                in_replace(c, i, array_new(c->ia[i]->dtype, c->ia[i]->ndim, array_size(c->ia[i]))) < 0)
                return -1;
        c->oa[0] = array_keep(self);
        return 0;
    }
    if (out_like(c, 0, self, self->dtype) < 0)
        return -1;
    array_convert(self, c->oa[0]);
    return c->mode == CALL_OUT ? target_out(c, 0, self->dtype, self->ndim, array_size(self)) : 0;
}

static int finish_outputs(call *c)
{
    bool direct = c->op->flags & OP_IN_WRITES_SELF;
    for (uint32_t i = 0; i < c->n_out; i++) {
        array *result = c->oa[i];
        c->oa[i] = NULL;
        if (c->mode == CALL_NEW) {
            tensor_init(&c->out[i], result);
            continue;
        }
        tensor *target = c->mode == CALL_INPLACE ? c->args[0].t : c->out_given[i];
        if (direct && c->mode == CALL_INPLACE) {
            array_wrote(target->a, c->op->name);
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

int op_block(call *c)
{
    if (c->mode == CALL_OUT)
        for (uint32_t i = 0; i < c->n_out; i++)
            if (!c->out_given[i])
                return ct_fail(CT_TYPE, "%s(): out= takes %u tensors", c->op->name, c->n_out);
    bool direct = c->op->flags & OP_IN_WRITES_SELF;
    if (c->op->shape(c) < 0 || (direct ? start_as_self(c) : targets(c)) < 0) {
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
    if (run_kernel(c) < 0) {
        drop_outputs(c);
        node_drop(n);
        return -1;
    }
    finish_outputs(c);
    return call_attach(c, n);
}

/* Views: one output over in[0]'s storage, joined to its family. */
int op_view(call *c)
{
    if (c->op->shape(c) < 0) {
        drop_outputs(c);
        return -1;
    }
    if (c->declared[0].how == HOW_SAME)
        return tensor_copy(&c->out[0], c->in[0]), 0;
    tensor_init(&c->out[0], c->oa[0]);
    c->oa[0] = NULL;
    node *n = NULL;
    if (call_needs_grad(c) && !(n = call_node(c)))
        return -1;
    if (call_attach(c, n) < 0)
        return -1;
    return tensor_join(&c->out[0], c->in[0], 0);
}

/* Makes `view` a member of `of`'s family. */
int tensor_join(tensor *view, tensor *of, uint32_t flags)
{
    viewbase *b = tensor_viewbase(of);
    if (!b)
        return -1;
    b->refs++;
    view->base = b;
    view->gen = b->gen;
    view->flags |= T_VIEW | flags | (of->flags & (T_MULTI_VIEW | T_NO_GRAD_VIEW | T_FUNCTION_VIEW)) | (tape_now.grad ? 0 : T_NO_GRAD_VIEW);
    return 0;
}

/* A composed result written into self: bytes, version and history become the result's. */
static int assign_in_place(scope *s, call *c, T result)
{
    tensor *self = c->args[0].t;
    if (target_in_place(c, result->a->dtype, result->a->ndim, array_size(result->a)) < 0 || !(result = f_cast(s, result, self->a->dtype)))
        return -1;
    array_convert(result->a, self->a);
    array_wrote(self->a, c->op->name);
    return result->fn || self->fn ? tensor_rebase(self, result->fn, result->nr) : 0;
}

static int assign_out(call *c, uint32_t i, T result)
{
    if (!c->out_given[i])
        return ct_fail(CT_TYPE, "%s(): out= takes %u tensors", c->op->name, c->n_out);
    if (target_out(c, i, result->a->dtype, result->a->ndim, array_size(result->a)) < 0)
        return -1;
    array_convert(result->a, c->out_given[i]->a);
    array_wrote(c->out_given[i]->a, c->op->name);
    return 0;
}

/* Compositions in C: the outputs are formulas; what they record is their own. */
int op_compose(call *c)
{
    T out[MAX_OUT] = {0};
    scope s;
    scope_open(&s);
    int result = c->op->compose(&s, c, out);
    for (uint32_t i = 0; result == 0 && !s.failed && i < c->n_out && out[i]; i++) {
        if (c->mode == CALL_NEW)
            tensor_copy(&c->out[i], out[i]);
        else
            result = c->mode == CALL_OUT ? assign_out(c, i, out[i]) : assign_in_place(&s, c, out[i]);
    }
    result = s.failed ? -1 : result;
    scope_close(&s);
    return result;
}
