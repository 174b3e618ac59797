/* What may be written: the tape's rules for in-place calls, overlaps, the shape and dtype of self and out=. All is checked
 * before a byte is changed. */
#include "ops/dispatch.h"
#include "ops/formula.h"
#include "ops/spread.h"
#include <stdio.h>
#include <string.h>

static int check_storage(const call *c, const array *a)
{
    if (CT_LIKELY(!(a->st->flags & (ST_INFERENCE | ST_READONLY))))
        return 0;
    if (a->st->flags & ST_READONLY)
        return ct_fail(CT_RUNTIME, "%s: this tensor shares memory that is read-only to its owner; write to a clone() of it", c->op->name);
    if (tape_now.inference)
        return 0;
    return ct_fail(CT_RUNTIME, "Inplace update to inference tensor outside InferenceMode is not allowed. Clone it for a normal tensor before the update.");
}

int check_rewrite(tensor *t, bool recorded)
{
    if (tensor_sync(t) < 0)
        return -1;
    if (t->fn && t->fn->kind == &leaf_kind)
        return ct_fail(CT_RUNTIME, tensor_is_view(t) ? "a view of a leaf Variable that requires grad is being used in an in-place operation."
                       : "a leaf Variable that requires grad is being used in an in-place operation.");
    bool hidden = tensor_is_view(t) && t->base->fn; /* perhaps a view without history of a tensor that has one */
    if (!tensor_is_view(t) || (!recorded && !t->fn && !hidden))
        return 0;
    bool of_leaf = t->base->fn && t->base->fn->kind == &leaf_kind;
    if (tensor_view_broken(t) && !(t->fn && of_leaf))
        return tensor_refuse_view(t, "is being modified inplace");
    of_leaf = of_leaf || (!t->base->fn && t->fn);    /* of one that is a view itself */
    return of_leaf ? ct_fail(CT_RUNTIME, "a view of a leaf Variable that requires grad is being used in an in-place operation.") : 0;
}

int check_history(const call *c, tensor *t)
{
    if (check_storage(c, t->a) < 0)
        return -1;
    return tape_now.grad && !is_unseen(c) ? check_rewrite(t, call_needs_grad(c)) : 0;
}

static bool meets_itself(const array *a, int64_t *first, int64_t *second)
{
    return !array_is_contiguous(a) && layout_self_overlap(a->ndim, array_size(a), array_visible_stride(a), first, second);
}

bool array_shares(const array *a)
{
    int64_t first[CT_MAXDIM], second[CT_MAXDIM];
    return meets_itself(a, first, second);
}

int check_expanded(const char *op, const array *a) { return CT_UNLIKELY(!array_is_contiguous(a) && strides_repeat(a, array_visible_stride(a))) ? check_writable(op, a) : 0; }

/* Where a gradient is wanted elements stand alone: PyTorch refuses in backward. */
static int check_elements(const call *c, const array *a)
{
    char text[240];
    if (CT_LIKELY(array_is_contiguous(a)))
        return 0;
    if (!(c->op->flags & OP_SHARES) || call_needs_grad(c))
        return check_writable(c->op->name, a);
    if (!(c->op->flags & OP_WARNS) || !strides_repeat(a, array_visible_stride(a)))
        return 0;
    const char *name = c->op->name + (c->op->name[0] == '_');
    snprintf(text, sizeof text, "Use of %s_ on expanded tensors is deprecated. Please clone() the tensor before performing this operation.%s", name,
             c->op == &op_index_put ? " This also applies to advanced indexing e.g. tensor[indices] = tensor" : "");
    return call_warn(c, NULL, text);
}

int check_writable(const char *op, const array *a)
{
    int64_t first[CT_MAXDIM], second[CT_MAXDIM];
    char one[300], two[300];
    if (!meets_itself(a, first, second))
        return 0;
    return ct_fail(CT_RUNTIME, "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
                   "Please clone() the tensor before performing the operation. (%s: indices %s and %s share one element)", op,
                   layout_text(a->ndim, first, one, sizeof one), layout_text(a->ndim, second, two, sizeof two));
}

/* The same elements in the same order, but for dimensions of size 1? */
static bool shows_same(const array *a, const array *b)
{
    int i = 0, j = 0;
    while (true) {
        while (i < a->ndim && array_size(a)[i] == 1)
            i++;
        while (j < b->ndim && array_size(b)[j] == 1)
            j++;
        if (i == a->ndim || j == b->ndim)
            return i == a->ndim && j == b->ndim;
        if (array_size(a)[i] != array_size(b)[j] || array_stride(a)[i] != array_stride(b)[j])
            return false;
        i++, j++;
    }
}

/* x[None] is not x to PyTorch, where it can tell: where both are dense. */
static bool same_strides(const array *a, const array *b)
{
    return a->ndim == b->ndim && !memcmp(array_stride(a), array_stride(b), (size_t)a->ndim * sizeof(int64_t));
}

overlap array_overlap(const array *a, const array *b)
{
    if (a->st != b->st && !((a->st->flags | b->st->flags) & ST_FOREIGN))
        return OVERLAP_NONE;
    if (a == b || (array_data(a) == array_data(b) && a->dtype == b->dtype && a->numel && shows_same(a, b)))
        return a == b || same_strides(a, b) || !layout_is_dense(a->ndim, array_size(a), array_stride(a)) ? OVERLAP_SAME : OVERLAP_SOME;
    int64_t item_a = dtype_bytes(a->dtype), item_b = dtype_bytes(b->dtype);
    return layout_overlap(a->ndim, array_size(a), array_stride(a), (int64_t)(intptr_t)array_data(a), item_a,
                          b->ndim, array_size(b), array_stride(b), (int64_t)(intptr_t)array_data(b), item_b);
}

int check_apart(const call *c, uint32_t i, const array *written)
{
    if (!c->in[i] || array_overlap(written, c->in[i]->a) != OVERLAP_SOME)
        return 0;
    return ct_fail(CT_RUNTIME, "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
                   "location. Please clone() the tensor before performing the operation. (%s, input %u)", c->op->name, i);
}

int check_inputs_apart(const call *c, const array *written)
{
    for (uint32_t i = 0; i < c->n_in; i++)
        if (check_apart(c, i, written) < 0)
            return -1;
    return 0;
}

int check_differentiable(const call *c, ct_dtype d)
{
    return dtype_is_float(d) || !call_needs_grad(c) ? 0 : ct_fail(CT_RUNTIME, "Autograd not support dtype: %s (%s of what requires grad)", dtype_title(d), c->op->name);
}

static bool is_dense(const array *a) { return layout_is_dense(a->ndim, array_size(a), array_visible_stride(a)); }

/* PyTorch's rule for what writes here and there: between tensors that are not both dense it does not look. Such an operand is read as it was. */
int refuse_shared(const call *c, uint32_t n)
{
    for (uint32_t i = 1; i < n && i < c->n_in && c->mode == CALL_INPLACE; i++)
        if (c->in[i] && c->in[i]->a->numel && is_dense(c->in[0]->a) && is_dense(c->in[i]->a) && array_overlap(c->in[0]->a, c->in[i]->a) != OVERLAP_NONE)
            return ct_fail(CT_RUNTIME, "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
                           "location. Please clone() the tensor before performing the operation. (%s_, input %u)", c->op->name, i);
    return 0;
}

int check_no_overlap(const call *c, const array *written)
{
    for (uint32_t i = 0; i < c->n_in; i++)
        if (c->in[i] && array_overlap(written, c->in[i]->a) != OVERLAP_NONE)
            return ct_fail(CT_RUNTIME, "unsupported operation: the input tensors cannot refer to any of the output memory locations. "
                           "Found overlap in input tensor %u (%s)", i, c->op->name);
    return 0;
}

static int check_target(const array *target, ct_dtype dtype, int ndim, const int64_t *size)
{
    char got[300], want[300];
    if (target->ndim != ndim || !layout_same(array_size(target), size, ndim))
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
    if (check_target(self->a, dtype, ndim, size) < 0 || check_history(c, self) < 0 || check_elements(c, self->a) < 0)
        return -1;
    return 0;
}

int refuse_out_history(const call *c)
{
    return ct_fail(CT_RUNTIME, "%s(): functions with out=... arguments don't support automatic differentiation, but one of the arguments requires grad.", c->op->name);
}

static bool dtype_was_given(const call *c)
{
    for (uint32_t i = 0; i < c->n_args; i++)
        if (c->args[i].kind == ARG_DTYPE)
            return true;
    return false;
}

/* Of what may be out= itself, no part may be. */
static int check_parts(const call *c, const array *out)
{
    if (c->op->flags & OP_OUT_SELF)
        return check_apart(c, 0, out);
    return c->op->flags & (OP_OUT_WHOLE | OP_POINTWISE) ? check_inputs_apart(c, out) : 0;
}

/* An input that is out= itself is still what it was when the kernel asks how large it is. */
static int keep_before(call *c, uint32_t i)
{
    bool found = false;
    for (uint32_t k = 0; k < c->n_in && !found; k++)
        found = c->in[k] == c->out_given[i];
    if (!found)
        return 0;
    if (!c->before && !(c->before = ct_alloc_zero(MAX_OUT * sizeof *c->before)))
        return -1;
    if (!c->before[i].a)
        tensor_init(&c->before[i], array_keep(c->out_given[i]->a));
    for (uint32_t k = 0; k < c->n_in; k++)
        if (c->in[k] == c->out_given[i])
            c->in[k] = &c->before[i];
    return 0;
}
void target_forget_before(call *c)
{
    for (uint32_t i = 0; i < MAX_OUT; i++)
        tensor_clear(&c->before[i]);
    ct_free(c->before, MAX_OUT * sizeof *c->before);
    c->before = NULL;
}

/* out= takes the result's shape: resized if it is empty or of another shape (with PyTorch's warning left to py/). Elementwise: what would be
 * refused of it in its new shape is refused before it has that. */
static int target_shaped(call *c, uint32_t i, ct_dtype dtype, int ndim, const int64_t *size, const int64_t *stride, bool elementwise)
{
    tensor *out = c->out_given[i];
    if (check_storage(c, out->a) < 0)
        return -1;
    if (tape_now.grad && (call_needs_grad(c) || (tensor_requires_grad(out) && c->op->run != op_compare)))
        return refuse_out_history(c);
    char name[64];
    if (dtype != out->a->dtype && ((c->op->flags & OP_OUT_EXACT) || dtype_was_given(c)))
        return ct_fail(CT_RUNTIME, "%s(): Expected out tensor to have dtype %s, but got %s instead", op_public_name(c->op, name, sizeof name), dtype_name(dtype), dtype_name(out->a->dtype));
    if (c->op->flags & OP_OUT_APART && (check_no_overlap(c, out->a) < 0 || check_writable(c->op->name, out->a) < 0))
        return -1;
    if (!dtype_can_cast(dtype, out->a->dtype))
        return check_target(out->a, dtype, out->a->ndim, array_size(out->a));
    if (out->a->ndim == ndim && layout_same(array_size(out->a), size, ndim))
        return c->op->flags & OP_CONSTANT ? 0 : check_writable(c->op->name, out->a) < 0 ? -1 : check_parts(c, out->a);
    for (uint32_t k = 0; k < c->n_in && elementwise; k++)
        if (c->in[k] == out) /* it would lose what is to be read */
            return check_target(out->a, dtype, ndim, size);
    array *fresh = keep_before(c, i) < 0 ? NULL : tensor_resized(out, ndim, size, stride);
    if (!fresh)
        return -1;
    if ((elementwise && check_inputs_apart(c, fresh) < 0) || (c->op->flags & OP_OUT_APART && check_no_overlap(c, fresh) < 0)) {
        array_drop(fresh);
        return -1;
    }
    array_drop(tensor_show(out, fresh));
    return 0;
}

int target_out(call *c, uint32_t i, ct_dtype dtype, int ndim, const int64_t *size, const int64_t *stride)
{
    return target_shaped(c, i, dtype, ndim, size, stride, c->op->domain || c->op->flags & OP_POINTWISE);
}
int target_out_elementwise(call *c, ct_dtype dtype, const layout *l)
{
    return target_shaped(c, 0, dtype, l->ndim, l->size, l->stride, true) < 0 ? -1 : check_inputs_apart(c, c->out_given[0]->a);
}

/* A new shape over the tensor's own storage, which grows if needed. */
array *tensor_resized(tensor *t, int ndim, const int64_t *size, const int64_t *stride)
{
    int64_t numel, nbytes, row_major[CT_MAXDIM];
    if (layout_check_numel("resize_", ndim, size, &numel) < 0)
        return NULL;
    if (!ct_add(numel, t->a->offset, &nbytes) || !ct_mul(nbytes, dtype_bytes(t->a->dtype), &nbytes)) {
        ct_fail(CT_RUNTIME, "Storage size calculation overflowed");
        return NULL;
    }
    layout_row_major(ndim, size, row_major);
    if (storage_resize(t->a->st, nbytes) < 0)
        return NULL;
    return array_alias(t->a, ndim, size, stride ? stride : row_major, t->a->offset);
}
