/* Copies and conversions: clone, contiguous, to and its short forms, copy_, fill_, zero_, where. */
#include "ops/dispatch.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <string.h>

static int same_grad(scope *s, node *n, T const *g, T *out)
{
    (void)s, (void)n;
    out[0] = g[0];
    return 0;
}

static void copy_kernel(call *c) { array_convert(c->ia[0], c->oa[0]); }

/* ---- memory formats ------------------------------------------------------------------------------------------ */
static int64_t format_of(const arg *a, int64_t otherwise) { return arg_int(a, otherwise); }

int out_format(call *c, const array *a, ct_dtype dtype, int64_t format)
{
    layout l;
    array_layout(a, &l);
    c->work = a->numel;
    if (format == FORMAT_PRESERVE && array_is_plain(a))
        return out_new(c, 0, dtype, a->ndim, l.size);
    if (format == FORMAT_PRESERVE)
        layout_preserve(a->ndim, l.size, array_visible_stride(a), l.stride);
    else if (format == FORMAT_CONTIGUOUS)
        return out_new(c, 0, dtype, a->ndim, l.size);
    else if (layout_channels_last(c->op->name, format == FORMAT_CHANNELS_LAST ? 4 : 5, l.ndim, l.size, l.stride) < 0)
        return -1;
    return out_strided(c, 0, dtype, &l);
}

static bool has_format(const array *a, int64_t format)
{
    if (format == FORMAT_CONTIGUOUS)
        return array_shows_contiguous(a);
    layout l;
    array_layout(a, &l);
    int rank = format == FORMAT_CHANNELS_LAST ? 4 : 5;
    return a->ndim == rank && layout_is_channels_last(l.ndim, l.size, l.stride);
}

/* ---- clone, contiguous ----------------------------------------------------------------------------------------- */
static int clone_shape(call *c)
{
    const array *a = c->in[0]->a;
    return out_format(c, a, a->dtype, format_of(&c->args[1], FORMAT_PRESERVE));
}
const op op_clone = {.name = "clone", .sig = "(Tensor self, *, format? memory_format=None)", .flags = OP_POINTWISE, .run = op_block, .shape = clone_shape,
    .kernel = copy_kernel, .kind = {"CloneBackward0", same_grad, .takes = copy_takes},
    .doc = "A copy of self with memory of its own, in self's memory order unless memory_format says otherwise; gradients flow through it."};

static int contiguous_shape(call *c)
{
    const array *a = c->in[0]->a;
    int64_t format = format_of(&c->args[1], FORMAT_CONTIGUOUS);
    if (format == FORMAT_PRESERVE && !array_shows_contiguous(a))
        return ct_fail(CT_RUNTIME, "preserve memory format is unsupported by the contiguous operator");
    return format == FORMAT_PRESERVE || has_format(a, format) ? out_same(c, 0) : out_format(c, a, a->dtype, format);
}
const op op_contiguous = {.name = "contiguous", .sig = "(Tensor self, *, format memory_format=None)", .flags = OP_METHOD | OP_MAY_VIEW | OP_POINTWISE, .run = op_block,
    .shape = contiguous_shape, .kernel = copy_kernel, .kind = {"CloneBackward0", same_grad, .takes = copy_takes}, .doc = "self where it is row-major without gaps, else such a copy."};

/* The format that PyTorch takes a's to be, whether it is without gaps or not. */
static int64_t suggested_format(const array *a)
{
    if (!layout_like_channels_last(a->ndim, array_size(a), array_visible_stride(a)))
        return FORMAT_CONTIGUOUS;
    return a->ndim == 4 ? FORMAT_CHANNELS_LAST : FORMAT_CHANNELS_LAST_3D;
}

/* Here, not where it arrives: a leaf may take gradients of any dtype. */
static int cast_back(scope *s, node *n, T const *g, T *out)
{
    int ndim;
    ct_dtype dtype;
    node_in_size(n, 0, &ndim, &dtype);
    return (out[0] = g[0]->a->dtype == dtype ? g[0] : f_cast(s, g[0], dtype)) ? 0 : -1;
}

/* ---- to -------------------------------------------------------------------------------------------------------- */
static int convert_to(call *c, ct_dtype dtype, bool copy, const arg *format)
{
    const array *a = c->in[0]->a;
    int64_t wanted = format_of(format, FORMAT_PRESERVE);
    if (dtype == a->dtype && !copy && (wanted == FORMAT_PRESERVE || wanted == suggested_format(a)))
        return out_same(c, 0);
    c->unrecorded = !dtype_is_float(dtype) || !dtype_is_float(a->dtype);
    return out_format(c, a, dtype, wanted);
}
static int to_shape(call *c) { return convert_to(c, arg_dtype(&c->args[1], c->in[0]->a->dtype), arg_bool(&c->args[3]), &c->args[4]); }
#define TO_DOC "self as another dtype (and device: there is one), self itself where nothing changes and copy is False. Gradients are cast back."
#define TO(id, full_name, sig_text)                                                                                       \
    const op op_##id = {.name = full_name, .sig = sig_text, .flags = OP_METHOD | OP_MAY_VIEW | OP_POINTWISE, .run = op_block, .shape = to_shape, \
        .kernel = copy_kernel, .kind = {"ToCopyBackward0", cast_back, .takes = copy_takes}, .doc = TO_DOC};
TO(to, "to.dtype", "(Tensor self, dtype dtype, bool non_blocking=False, bool copy=False, *, format? memory_format=None)")
TO(to_device, "to.device", "(Tensor self, host device=None, dtype? dtype=None, bool non_blocking=False, bool copy=False, *, format? memory_format=None)")

static int to_other_compose(scope *s, call *c, T *out)
{
    const arg *a = c->args;
    ct_dtype d = a[1].kind == ARG_TENSOR ? (ct_dtype)a[1].t->a->dtype : a[1].kind == ARG_FLOAT ? DT_F64 : a[1].kind == ARG_BOOL ? DT_BOOL : DT_I64;
    out[0] = f_call(s, &op_to, 5, (arg[]){a[0], a_dtype(d), a[2], a[3], a[4]});
    return 0;
}
/* A number stands for a tensor of its own dtype, as in PyTorch: x.to(0.5) is double. */
const op op_to_other = {.name = "to.other", .sig = "(Tensor self, Operand other, bool non_blocking=False, bool copy=False, *, format? memory_format=None)",
    .flags = OP_METHOD | OP_MAY_VIEW, .run = op_compose, .compose = to_other_compose, .doc = TO_DOC};

static int type_as_compose(scope *s, call *c, T *out)
{
    out[0] = f_call(s, &op_to, 2, (arg[]){c->args[0], a_dtype(c->in[1]->a->dtype)});
    return 0;
}
const op op_type_as = {.name = "type_as", .sig = "(Tensor self, Tensor other)", .flags = OP_METHOD | OP_MAY_VIEW, .run = op_compose,
    .compose = type_as_compose, .doc = "self.to(other.dtype)."};

#define SHORT_FORM(id, dtype)                                                                                            \
    static int to_##id(call *c) { return convert_to(c, dtype, false, &c->args[1]); }                                     \
    const op op_to_##id = {.name = #id, .sig = "(Tensor self, *, format? memory_format=None)", .flags = OP_METHOD | OP_MAY_VIEW | OP_POINTWISE, \
        .run = op_block, .shape = to_##id, .kernel = copy_kernel, .kind = {"ToCopyBackward0", cast_back, .takes = copy_takes}, .doc = "self.to(" #id ")."};
SHORT_FORM(half, DT_F16)
SHORT_FORM(bfloat16, DT_BF16)
SHORT_FORM(float, DT_F32)
SHORT_FORM(double, DT_F64)
SHORT_FORM(int, DT_I32)
SHORT_FORM(long, DT_I64)
SHORT_FORM(bool, DT_BOOL)
SHORT_FORM(byte, DT_U8)

/* ---- copy_ ------------------------------------------------------------------------------------------------------- */
static int copy_into_shape(call *c)
{
    layout l;
    const array *self = c->in[0]->a, *from = c->in[1]->a;
    array_layout(self, &l);
    c->work = self->numel;
    c->unrecorded = !dtype_is_float(self->dtype);
    if (layout_broadcast("copy_", &l.ndim, l.size, from->ndim, array_size(from)) < 0)
        return -1;
    if (target_in_place(c, self->dtype, l.ndim, l.size) < 0 || check_inputs_apart(c, self) < 0)
        return -1;
    return array_overlap(self, from) == OVERLAP_SAME ? 0 : check_writable("copy_", self); /* onto itself nothing is written */
}
static void copy_into_kernel(call *c) { array_convert(c->ia[1], c->oa[0]); }
static int copy_into_grad(scope *s, node *n, T const *g, T *out)
{
    if (node_needs(n, 0))
        out[0] = f_zeros_like(s, g[0]);
    if (n->n_in > 1 && node_needs(n, 1))
        out[1] = g[0];
    return s->failed ? -1 : 0;
}
static int run_fill(call *c);
static int run_copy(call *c) { return c->args[1].kind == ARG_TENSOR ? op_block(c) : run_fill(c); }
const op op_copy_ = {.name = "copy_", .sig = "(Tensor self, Operand other, bool non_blocking=False)", .flags = OP_METHOD | OP_ONLY_INPLACE | OP_IN_WRITES_SELF | OP_SHARES | OP_POINTWISE,
    .run = run_copy, .shape = copy_into_shape, .kernel = copy_into_kernel, .kind = {"torch::autograd::CopyBackwards", copy_into_grad},
    .doc = "Writes other, a tensor or number, broadcast and converted to self's dtype, into self. RuntimeError when they overlap in part."};

/* ---- _become_: how compositions write into self: their result's numbers and history become self's ------------------ */
static int become_compose(scope *s, call *c, T *out) { (void)s; return (out[0] = c->in[1]) ? 0 : -1; }
const op op_become = {.name = "_become_", .sig = "(Tensor self, Tensor result)", .flags = OP_HIDDEN | OP_METHOD | OP_ONLY_INPLACE, .run = op_compose, .compose = become_compose,
    .doc = "result, of self's shape, in place of self, under the node that made it."};

/* ---- fill, zero_ ------------------------------------------------------------------------------------------------- */
static int fill_value(const call *c, ct_dtype dtype, double *value)
{
    const arg *a = &c->args[1];
    if (a->kind == ARG_TENSOR) {
        array *one = array_new(dtype, 0, NULL);
        if (!one)
            return -1;
        array_convert(a->t->a, one);
        memcpy(value, array_data(one), (size_t)dtype_bytes(dtype));
        array_drop(one);
        return 0;
    }
    if (a->kind != ARG_NONE && c->op != &op_copy_ && number_fills(a, dtype, c->args[0].t->a->numel) < 0) /* a copy converts as C does */
        return -1;
    if (a->kind == ARG_FLOAT)
        dtype_store_f(value, dtype, a->f);
    else
        dtype_store_i(value, dtype, a->kind == ARG_NONE ? 0 : a->i);
    return 0;
}

static void fill_array(array *out, const void *value)
{
    k_nd nd;
    array_operands(&nd, 1, out->ndim, array_size(out), (const array *[]){out});
    k_walk(&nd, K->fill[out->dtype], value);
}

static void fill_kernel(call *c) { fill_array(c->oa[0], c->scratch); }

/* Repeated elements may be filled: all get one value, so that no order shows. PyTorch takes a tensor's value for a copy, which is not allowed there. */
static int run_fill(call *c)
{
    double value;
    const array *a = c->in[0]->a;
    bool fresh = c->mode == CALL_NEW;
    if (c->args[1].kind == ARG_TENSOR && c->args[1].t->a->ndim)
        return ct_fail(CT_RUNTIME, "fill_ only supports 0-dimension value tensor but got tensor with %d dimensions.", c->args[1].t->a->ndim);
    c->unrecorded = !dtype_is_float(a->dtype);
    if (!fresh && (c->args[1].kind == ARG_TENSOR || c->op == &op_copy_) && check_expanded("copy_", a) < 0)
        return -1;
    if (fill_value(c, a->dtype, &value) < 0 || (!fresh && (check_history(c, c->in[0]) < 0 || write_out_self(c, 0, NULL) < 0)) || (fresh && out_like(c, 0, a, a->dtype) < 0))
        return -1;
    if (!fresh)
        c->oa[0] = array_keep(c->in[0]->a);
    array *out = c->oa[0];
    node *n = NULL;
    if (call_needs_grad(c) && !(n = call_node(c))) {
        array_drop(out);
        return -1;
    }
    c->effective = out->numel;
    c->work = array_held(out);
    c->scratch = &value;
    int result = call_unlocked(c, fill_kernel);
    c->oa[0] = NULL;
    if (result < 0) {
        array_drop(out);
        node_drop(n);
        return -1;
    }
    if (fresh)
        tensor_init(&c->out[0], out);
    else {
        array_drop(out);
        tensor_wrote(c->in[0], c->op->name);
    }
    return call_attach(c, n);
}

static int fill_grad(scope *s, node *n, T const *g, T *out)
{
    if (node_needs(n, 0))
        out[0] = f_zeros_like(s, g[0]);
    if (n->n_in > 1 && node_needs(n, 1))
        out[1] = g[0];
    return s->failed ? -1 : 0;
}
static const node_kind fill_in_place[2] = {{"FillBackward2", fill_grad}, {"FillBackward3", fill_grad}};
static const node_kind fill_tensor = {"FillBackward1", fill_grad};
static int run_fill_named(call *c)
{
    bool tensor_value = c->args[1].kind == ARG_TENSOR;
    if (c->mode == CALL_INPLACE)
        c->kind = &fill_in_place[tensor_value];
    else if (tensor_value)
        c->kind = &fill_tensor;
    return run_fill(c);
}
const op op_fill = {.name = "fill", .sig = "(Tensor self, Operand value)", .flags = OP_FUNCTION | OP_INPLACE | OP_CONSTANT, .run = run_fill_named,
    .kind = {"FillBackward0", fill_grad}, .doc = "self's shape and dtype with every element equal to value, a number or a 0-d tensor."};

static int run_zero(call *c)
{
    arg both[2] = {c->args[0], a_none()};
    c->args = both;
    c->n_args = 2;
    return run_fill(c);
}
const op op_zero_ = {.name = "zero_", .sig = "(Tensor self)", .flags = OP_ONLY_INPLACE | OP_CONSTANT, .run = run_zero, .kind = {"ZeroBackward0", fill_grad},
    .doc = "Sets every element to 0."};

/* ---- where ----------------------------------------------------------------------------------------------------- */
static int where_operands(call *c, layout *l)
{
    promotion p = promotion_start();
    for (uint32_t i = 1; i < 3; i++) {
        promotion_add_arg(&p, &c->args[i]);
        if (i < c->n_in && c->in[i] && layout_broadcast("where", &l->ndim, l->size, c->ia[i]->ndim, array_size(c->ia[i])) < 0)
            return -1;
    }
    ct_dtype dtype = promotion_result(&p);
    for (uint32_t i = 1; i < 3; i++)
        if (arg_is_number(&c->args[i]) && number_rounds(&c->args[i], dtype) < 0)
            return -1;
    for (uint32_t i = 1; i < 3 && i < c->n_in; i++)
        if (c->in[i] && in_cast(c, i, dtype) < 0)
            return -1;
    iterator_strides(c, 3, l);
    return out_strided(c, 0, dtype, l);
}

static int where_shape(call *c)
{
    layout l;
    const array *condition = c->in[0]->a;
    array_layout(condition, &l);
    static bool warned;
    if (condition->dtype == DT_U8 && (call_warn(c, &warned, "where received a uint8 condition tensor. This behavior is deprecated and will be removed in a future version "
                                                         "of PyTorch. Use a boolean condition instead.") < 0 || in_cast(c, 0, DT_BOOL) < 0))
        return -1;
    if (condition->dtype != DT_BOOL && condition->dtype != DT_U8)
        return ct_fail(CT_RUNTIME, "where expected condition to be a boolean tensor, but got a tensor with dtype %s", dtype_title(condition->dtype));
    if (where_operands(c, &l) < 0)
        return -1;
    c->work = c->oa[0]->numel;
    return 0;
}
static void where_kernel(call *c)
{
    array *out = c->oa[0];
    k_nd nd;
    double number[2]; /* room for one element of any dtype each */
    const array *operands[4] = {out, c->ia[0], c->ia[0], c->ia[0]};
    for (uint32_t i = 1; i < 3; i++)
        if (i < c->n_in && c->in[i])
            operands[i + 1] = c->ia[i];
    array_operands(&nd, 4, out->ndim, array_size(out), operands);
    for (uint32_t i = 1; i < 3; i++) {
        const arg *a = &c->args[i];
        if (!arg_is_number(a))
            continue;
        if (a->kind == ARG_FLOAT)
            dtype_store_f(&number[i - 1], out->dtype, a->f);
        else
            dtype_store_i(&number[i - 1], out->dtype, a->i);
        nd.data[i + 1] = (char *)&number[i - 1];
        memset(nd.stride[i + 1], 0, (size_t)out->ndim * sizeof(int64_t));
    }
    k_walk(&nd, K->where[out->dtype], NULL);
}
static int where_grad(scope *s, node *n, T const *g, T *out)
{
    T condition = node_kept_in(s, n, 0), zero = f_number(s, 0);
    if (node_needs(n, 1))
        out[1] = f_where(s, condition, g[0], zero);
    if (n->n_in > 2 && node_needs(n, 2))
        out[2] = f_where(s, condition, zero, g[0]);
    return s->failed ? -1 : 0;
}
#define WHERE(id, full_name, sig_text, where_flags)                                                                              \
    const op op_##id = {.name = full_name, .sig = sig_text, .flags = where_flags, .run = op_block, .shape = where_shape,         \
        .kernel = where_kernel, .kind = {"WhereBackward0", where_grad, .flags = NK_POINTWISE | NK_SHOWS(6), .takes = pointwise_takes}, .keep = {2 | 4},                                         \
        .doc = "Elements of self where condition (bool) is True, of other elsewhere; all three broadcast, dtypes promote."};
WHERE(where, "where", "(Tensor condition, Tensor self, Tensor other)", OP_FUNCTION | OP_OUT | OP_OUT_EXACT | OP_POINTWISE)
WHERE(where_numbers, "where.numbers", "(Tensor condition, Operand self, Operand other)", OP_FUNCTION | OP_POINTWISE) /* which has no out= */
WHERE(where_method, "where.method", "(Tensor condition, Tensor self, Operand other)", OP_METHOD | OP_POINTWISE)
