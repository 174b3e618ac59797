/* Creation: tensors from sizes, and like other tensors. Random ones stand in random.c. */
#include "ops/create.h"
#include <math.h>
#include <string.h>

/* ---- filling ------------------------------------------------------------------------------------------------ */
void array_fill(array *a, const void *element)
{
    k_nd nd;
    array_operands(&nd, 1, a->ndim, array_size(a), (const array *[]){a});
    k_walk(&nd, K->fill[a->dtype], element);
}

void array_fill_number(array *a, const arg *number)
{
    double element;
    if (number->kind == ARG_FLOAT)
        dtype_store_f(&element, a->dtype, number->f);
    else
        dtype_store_i(&element, a->dtype, number->i);
    array_fill(a, &element);
}

/* ---- sizes and dtypes ------------------------------------------------------------------------------------------ */

ct_dtype made_dtype(const call *c, const arg *dtype, ct_dtype otherwise)
{
    return arg_dtype(dtype, c->mode == CALL_OUT ? (ct_dtype)c->out_given[0]->a->dtype : otherwise);
}

int sized(call *c, const char *name, const arg *size, const arg *dtype, ct_dtype otherwise)
{
    int64_t numel;
    if (layout_check_numel(name, (int)size->n, size->ints, &numel) < 0)
        return -1;
    c->work = numel;
    return out_new(c, 0, made_dtype(c, dtype, otherwise), (int)size->n, size->ints);
}

/* n numbers in a row; out= of as many keeps its shape. */
static int counted(call *c, int64_t n, ct_dtype dtype)
{
    const array *out = c->mode == CALL_OUT ? c->out_given[0]->a : NULL;
    c->work = n;
    return out && out->numel == n ? out_new(c, 0, dtype, out->ndim, array_size(out)) : out_new(c, 0, dtype, 1, &n);
}

static ct_dtype number_dtype(const arg *a)
{
    return a->kind == ARG_FLOAT && !arg_is_unsigned(a) ? dtype_default() : a->kind == ARG_BOOL ? DT_BOOL : DT_I64;
}

static void kernel_nothing(call *c) { (void)c; }
static void kernel_zeros(call *c) { array_fill_number(c->oa[0], &(arg){.kind = ARG_INT, .i = 0}); }
static void kernel_ones(call *c) { array_fill_number(c->oa[0], &(arg){.kind = ARG_INT, .i = 1}); }
static void kernel_fill(call *c) { array_fill_number(c->oa[0], &c->args[1]); }
static void kernel_new_fill(call *c) { array_fill_number(c->oa[0], &c->args[2]); }

/* What these kernels write is compressed to one element. */
#define CONSTANT(fill) (is_constant(#fill) ? OP_CONSTANT : 0)
#define is_constant(name) (__builtin_strcmp(name, "kernel_zeros") == 0 || __builtin_strcmp(name, "kernel_ones") == 0 || \
                           __builtin_strcmp(name, "kernel_fill") == 0 || __builtin_strcmp(name, "kernel_new_fill") == 0)
#define CREATE(id, public, signature, rule, fill, text)                                                                \
    const op op_##id = {.name = public, .sig = signature, .doc = text, .flags = OP_FUNCTION | OP_OUT | OP_NO_GRAD | CONSTANT(fill), \
                        .run = op_block, .shape = rule, .kernel = fill};
#define CREATE_LIKE(id, public, signature, rule, fill, text)                                                           \
    const op op_##id = {.name = public, .sig = signature, .doc = text, .flags = OP_FUNCTION | OP_NO_GRAD | CONSTANT(fill), \
                        .run = op_block, .shape = rule, .kernel = fill};
#define CREATE_METHOD(id, public, signature, rule, fill, text)                                                         \
    const op op_##id = {.name = public, .sig = signature, .doc = text, .flags = OP_METHOD | OP_NO_GRAD | CONSTANT(fill), \
                        .run = op_block, .shape = rule, .kernel = fill};

/* ---- from sizes: args size, dtype --------------------------------------------------------------------------------- */
static int sized_rule(call *c) { return sized(c, c->op->name, &c->args[0], &c->args[1], dtype_default()); }
static int empty_rule(call *c)
{
    const arg *size = &c->args[0];
    int64_t format = arg_int(&c->args[2], FORMAT_CONTIGUOUS), numel;
    layout l = {.ndim = (int)size->n};
    if (format == FORMAT_CONTIGUOUS)
        return sized_rule(c);
    if (format == FORMAT_PRESERVE)
        return ct_fail(CT_RUNTIME, "unsupported memory format option Preserve");
    if (layout_check_numel("empty", l.ndim, size->ints, &numel) < 0)
        return -1;
    layout_take(l.size, size->ints, l.ndim);
    if (layout_channels_last("empty", format == FORMAT_CHANNELS_LAST ? 4 : 5, l.ndim, l.size, l.stride) < 0)
        return -1;
    return out_strided(c, 0, made_dtype(c, &c->args[1], dtype_default()), &l);
}
CREATE(empty, "empty", "(int... size, *, " HOST_LIKE ")", empty_rule, kernel_nothing, "Uninitialised tensor of the given sizes.")
CREATE(zeros, "zeros", "(int... size, *, " HOST ")", sized_rule, kernel_zeros, "Zeros of the given sizes; default dtype unless dtype is given.")
CREATE(ones, "ones", "(int... size, *, " HOST ")", sized_rule, kernel_ones, "Ones of the given sizes; default dtype unless dtype is given.")

static int full_rule(call *c)
{
    ct_dtype otherwise = number_dtype(&c->args[1]);
    return sized(c, "full", &c->args[0], &c->args[2], otherwise) < 0 ? -1 : number_fills(&c->args[1], made_dtype(c, &c->args[2], otherwise), c->work);
}
CREATE(full, "full", "(int[] size, Scalar fill_value, *, " HOST ")", full_rule, kernel_fill,
       "fill_value everywhere; its category decides the dtype unless dtype is given.")

static int empty_strided_rule(call *c)
{
    const arg *size = &c->args[0], *stride = &c->args[1];
    int64_t low, high, numel;
    layout l;
    l.ndim = (int)size->n;
    l.offset = 0;
    if (size->n != stride->n)
        return ct_fail(CT_RUNTIME, "dimensionality of sizes (%u) must match dimensionality of strides (%u)", size->n, stride->n);
    if (layout_check_numel("empty_strided", l.ndim, size->ints, &numel) < 0)
        return -1;
    if (view_as_strided(l.ndim, size->ints, stride->ints, 0, INT64_MAX, 1, &l) < 0)
        return -1;
    layout_extent(l.ndim, l.size, l.stride, &low, &high);
    array *whole = array_new(arg_dtype(&c->args[2], dtype_default()), 1, (int64_t[]){numel ? high + 1 : 0});
    if (!whole)
        return -1;
    c->oa[0] = array_alias(whole, l.ndim, l.size, l.stride, 0);
    array_drop(whole);
    return c->oa[0] ? 0 : -1;
}
const op op_empty_strided = {.name = "empty_strided", .sig = "(int[] size, int[] stride, *, " HOST ")", .flags = OP_FUNCTION | OP_NO_GRAD, .run = op_block,
    .shape = empty_strided_rule, .kernel = kernel_nothing, .doc = "Uninitialised tensor of the given sizes and strides."};

/* ---- like another: args self, dtype, memory_format ---------------------------------------------------------------------------------- */
/* given: dtype, memory_format. */
static int like(call *c, const arg *given)
{
    const array *a = c->in[0]->a;
    return out_format(c, a, arg_dtype(&given[0], a->dtype), arg_int(&given[1], FORMAT_PRESERVE));
}
static int like_rule(call *c) { return like(c, &c->args[1]); }
CREATE_LIKE(empty_like, "empty_like", "(Tensor self, *, " HOST_LIKE ")", like_rule, kernel_nothing, "Uninitialised tensor of self's shape, dtype and memory order.")
CREATE_LIKE(zeros_like, "zeros_like", "(Tensor self, *, " HOST_LIKE ")", like_rule, kernel_zeros, "Zeros of self's shape and, unless dtype is given, dtype.")
CREATE_LIKE(ones_like, "ones_like", "(Tensor self, *, " HOST_LIKE ")", like_rule, kernel_ones, "Ones of self's shape and, unless dtype is given, dtype.")
static int full_like_rule(call *c) { return number_fills(&c->args[1], arg_dtype(&c->args[2], c->in[0]->a->dtype), c->in[0]->a->numel) < 0 ? -1 : like(c, &c->args[2]); }
CREATE_LIKE(full_like, "full_like", "(Tensor self, Scalar fill_value, *, " HOST_LIKE ")", full_like_rule, kernel_fill, "fill_value in self's shape and, unless dtype is given, dtype.")

static int new_rule(call *c) { return sized(c, c->op->name, &c->args[1], &c->args[2], c->in[0]->a->dtype); }
CREATE_METHOD(new_empty, "new_empty", "(Tensor self, int... size, *, " HOST ")", new_rule, kernel_nothing, "Uninitialised tensor of the given sizes and self's dtype.")
CREATE_METHOD(new_zeros, "new_zeros", "(Tensor self, int... size, *, " HOST ")", new_rule, kernel_zeros, "Zeros of the given sizes and self's dtype.")
CREATE_METHOD(new_ones, "new_ones", "(Tensor self, int... size, *, " HOST ")", new_rule, kernel_ones, "Ones of the given sizes and self's dtype.")
static int new_full_rule(call *c)
{
    if (sized(c, "new_full", &c->args[1], &c->args[3], c->in[0]->a->dtype) < 0)
        return -1;
    return number_fills(&c->args[2], arg_dtype(&c->args[3], c->in[0]->a->dtype), c->work);
}
CREATE_METHOD(new_full, "new_full", "(Tensor self, int[] size, Scalar fill_value, *, " HOST ")", new_full_rule, kernel_new_fill, "fill_value in the given sizes and self's dtype.")

/* ---- arange: args start, end, step, dtype ------------------------------------------------------------------------------ */
/* ceil((end - start) / step) elements; in integers exactly, in floats in double as PyTorch counts them. */
static int arange_count(const arg *start, const arg *end, const arg *step, bool whole, int64_t *n)
{
    double s = arg_double(start), e = arg_double(end), d = arg_double(step);
    if (!(d > 0) && !(d < 0))
        return ct_fail(CT_RUNTIME, "step must be nonzero");
    if (!isfinite(s) || !isfinite(e))
        return ct_fail(CT_RUNTIME, "unsupported range: %g -> %g", s, e);
    if ((d > 0 && s > e) || (d < 0 && s < e))
        return ct_fail(CT_RUNTIME, "upper bound and lower bound inconsistent with step sign: arange from %g to %g by %g", s, e, d);
    double count = ceil((e - s) / d);
    if (whole) {
        __int128 span = (__int128)end->i - start->i, by = step->i;
        __int128 exact = (span + by - (by > 0 ? 1 : -1)) / by;
        count = exact > INT64_MAX / 16 ? 1e300 : (double)exact;
        *n = (int64_t)(exact > INT64_MAX / 16 ? 0 : exact);
    } else
        *n = (int64_t)(count < 9e17 ? count : 0);
    return count > 9e17 ? ct_fail(CT_RUNTIME, "invalid size, possible overflow: arange from %g to %g by %g", s, e, d) : 0;
}

/* As int64 reads a bound. */
static arg cut(const arg *a) { return a->kind == ARG_FLOAT ? (arg){.kind = ARG_INT, .i = (int64_t)a->f} : *a; }

static int refuse_unsigned(const arg *start, const arg *end, const arg *step, const arg *dtype)
{
    const arg *bound[3] = {start, end, step};
    ct_dtype d = number_dtype(start);
    for (int i = 1; i < 3; i++)
        d = dtype_promote(d, number_dtype(bound[i]));
    for (int i = 0; i < 3; i++)
        if (CT_UNLIKELY(arg_is_unsigned(bound[i])) && !dtype_is_float(arg_dtype(dtype, d)) && number_fits(bound[i], DT_I64) < 0)
            return -1;
    return 0;
}

static int arange_of(call *c, const arg *start, const arg *end, const arg *step, const arg *dtype)
{
    if (refuse_unsigned(start, end, step, dtype) < 0)
        return -1;
    arg cut_start, cut_end, cut_step;
    if (made_dtype(c, dtype, DT_F32) == DT_I64) {
        if (arg_double(step) == 0)
            return ct_fail(CT_RUNTIME, "step must be nonzero");
        cut_start = cut(start), cut_end = cut(end), cut_step = cut(step);
        start = &cut_start, end = &cut_end, step = &cut_step;
        if (arg_double(step) == 0)
            return ct_fail(CT_VALUE, "step must be nonzero");
    }
    bool whole = start->kind != ARG_FLOAT && end->kind != ARG_FLOAT && step->kind != ARG_FLOAT;
    int64_t n = 0;
    if (arange_count(start, end, step, whole, &n) < 0)
        return -1;
    ct_dtype d = made_dtype(c, dtype, whole ? DT_I64 : dtype_default());
    if (d == DT_BOOL)
        return ct_fail(CT_NOTIMPL, "\"arange_cpu\" not implemented for 'Bool'");
    return counted(c, n, d);
}
static int64_t whole_of(const arg *a) { return a->kind == ARG_FLOAT ? (int64_t)a->f : a->i; }
static void arange_fill(array *out, const arg *start, const arg *step)
{
    double real[2] = {arg_double(start), arg_double(step)};
    int64_t whole[2] = {whole_of(start), whole_of(step)}, stride = dtype_bytes(out->dtype);
    char *data = array_data(out);
    K->arange[out->dtype](&data, &stride, out->numel, dtype_is_float(out->dtype) ? (void *)real : (void *)whole);
}
static const arg zero = {.kind = ARG_INT, .i = 0}, one = {.kind = ARG_INT, .i = 1};
static int arange_end_rule(call *c) { return arange_of(c, &zero, &c->args[0], &one, &c->args[1]); }
static void arange_end_kernel(call *c) { arange_fill(c->oa[0], &zero, &one); }
static int arange_rule(call *c) { return arange_of(c, &c->args[0], &c->args[1], &c->args[2], &c->args[3]); }
static void arange_kernel(call *c) { arange_fill(c->oa[0], &c->args[0], &c->args[2]); }
CREATE(arange_end, "arange.end", "(Scalar end, *, " HOST ")", arange_end_rule, arange_end_kernel, "0, 1, … below end; int64 for integers, else the default dtype.")
CREATE(arange, "arange", "(Scalar start, Scalar end, Scalar step=1, *, " HOST ")", arange_rule, arange_kernel,
       "start, start + step, … up to but not including end. RuntimeError for a step of 0 or of the wrong sign.")

/* ---- linspace: args start, end, steps, dtype ------------------------------------------------------------------------------ */
static int linspace_rule(call *c)
{
    int64_t n = c->args[2].i;
    for (int i = 0; i < 2; i++)
        if (c->args[i].kind == ARG_TENSOR && c->args[i].t->a->ndim)
            return ct_fail(CT_RUNTIME, "linspace only supports 0-dimensional start and end tensors, but got %s with %d dimension(s).", i ? "end" : "start",
                           c->args[i].t->a->ndim);
    if (n < 0)
        return ct_fail(CT_RUNTIME, "number of steps must be non-negative: linspace got %lld", (long long)n);
    if (made_dtype(c, &c->args[3], dtype_default()) == DT_BOOL)
        return ct_fail(CT_NOTIMPL, "\"linspace_cpu\" not implemented for 'Bool'");
    return counted(c, n, made_dtype(c, &c->args[3], dtype_default()));
}
/* Counted from both ends towards the middle, one fused multiply-add a value, as PyTorch's build has it. */
#define LINSPACE(ctype)                                                                                              \
    {                                                                                                                \
        double first = (double)(ctype)start, last = (double)(ctype)end;                                              \
        double step = ((double)(int64_t)end - (double)(int64_t)start) / (double)(n - 1);                             \
        for (int64_t i = 0; i < n; i++)                                                                              \
            ((ctype *)data)[i] = (ctype)(i < n / 2 ? fma(step, (double)i, first) : fma(-step, (double)(n - 1 - i), last)); \
    }
/* Every step is rounded, as PyTorch's arithmetic of single halves does it. */
static float rounded(ct_dtype half, float x) { return (float)dtype_rounded(half, x); }
static void linspace_half(ct_dtype half, double start, double end, int64_t n, char *data)
{
    float first = rounded(half, (float)start), last = rounded(half, (float)end);
    float step = rounded(half, rounded(half, last - first) / rounded(half, (float)(n - 1)));
    for (int64_t i = 0; i < n; i++) {
        int64_t steps = i < n / 2 ? i : n - 1 - i;
        float far = rounded(half, step * rounded(half, (float)steps));
        dtype_store_f(data + 2 * i, half, i < n / 2 ? first + far : last - far);
    }
}
static void linspace_float(ct_dtype dtype, double start, double end, int64_t n, char *data)
{
    double single = (double)(((float)end - (float)start) / (float)(n - 1)), param[3] = {start, end, dtype == DT_F32 ? single : (end - start) / (double)(n - 1)};
    K->linspace[dtype](&data, &(int64_t){dtype_bytes(dtype)}, n, param);
}
static double bound_of(const call *c, uint32_t i)
{
    arg number = c->args[i];
    if (number.kind == ARG_TENSOR)
        tensor_number(c->args[i].t, &number);
    return arg_double(&number);
}
static void linspace_kernel(call *c)
{
    double start = bound_of(c, 0), end = bound_of(c, 1);
    array *out = c->oa[0];
    char *data = array_data(out);
    int64_t n = out->numel;
    if (n == 1) {
        dtype_store_f(data, out->dtype, start);
        return;
    }
    switch (out->dtype) {
    case DT_F16: case DT_BF16: linspace_half((ct_dtype)out->dtype, start, end, n, data); break;
    case DT_F32: case DT_F64: linspace_float((ct_dtype)out->dtype, start, end, n, data); break;
    case DT_I64: LINSPACE(int64_t) break;
    case DT_I32: LINSPACE(int32_t) break;
    default: LINSPACE(uint8_t) break;
    }
}
CREATE(linspace, "linspace", "(Operand start, Operand end, int steps, *, " HOST ")", linspace_rule, linspace_kernel,
       "steps values from start to end, both included, equally spaced.")

/* ---- eye: args n, m, dtype ---------------------------------------------------------------------------------------------------- */
static int eye_rule(call *c)
{
    int64_t n = c->args[0].i, m = arg_int(&c->args[1], n);
    if (n < 0 || m < 0)
        return ct_fail(CT_RUNTIME, "n must be greater or equal to 0, got %lld by %lld", (long long)n, (long long)m);
    return out_new(c, 0, made_dtype(c, &c->args[2], dtype_default()), 2, (int64_t[]){n, m});
}
static void eye_kernel(call *c)
{
    array *out = c->oa[0];
    int64_t n = array_size(out)[0], m = array_size(out)[1], item = dtype_bytes(out->dtype);
    memset(array_data(out), 0, (size_t)(out->numel * item));
    for (int64_t i = 0; i < n && i < m; i++)
        dtype_store_i(array_data(out) + i * (m + 1) * item, out->dtype, 1);
}
CREATE(eye, "eye", "(int n, int? m=None, *, " HOST ")", eye_rule, eye_kernel, "Matrix with ones on the diagonal; n by m, m = n unless given.")

/* ---- triangle_places (hidden): args row, col, offset, lower. Rows, then columns, of a triangle's places, in row-major order ---------------- */
/* How many columns of each row lie before the diagonal or on it, for all rows: a ramp between 0 and col. */
static int64_t below(int64_t row, int64_t col, int64_t offset)
{
    int64_t first = offset < 0 ? -offset : 0, full = col - 1 - offset; /* first row with any; first row with all */
    first = first < row ? first : row;
    full = full < first ? first : full < row ? full : row;
    int64_t from = first + offset + 1, ramp = full - first;
    return ramp * from + ramp * (ramp - 1) / 2 + (row - full) * col;
}
static int triangle_places_rule(call *c)
{
    int64_t row = c->args[0].i, col = c->args[1].i, all, limit, offset = arg_int(&c->args[2], 0);
    if (row < 0 || col < 0)
        return ct_fail(CT_RUNTIME, "row and col must be non-negative, got %lld and %lld", (long long)row, (long long)col);
    if (!ct_mul(row, col, &all) || !ct_add(row, col, &limit))
        return ct_fail(CT_RUNTIME, "a triangle of %lld by %lld places is too large", (long long)row, (long long)col);
    bool lower = arg_bool(&c->args[3]);
    offset = offset < -row ? -row : offset > col ? col : offset;
    keep_param(c, offset);
    int64_t size[2] = {2, col == 0 ? 0 : lower ? below(row, col, offset) : all - below(row, col, offset - 1)};
    c->work = 2 * size[1];
    return out_new(c, 0, DT_I64, 2, size);
}
static void triangle_places_kernel(call *c)
{
    int64_t n = array_size(c->oa[0])[1], col = c->args[1].i, offset = c->param[0], *rows = (int64_t *)array_data(c->oa[0]), *end = rows + n;
    bool lower = arg_bool(&c->args[3]);
    for (int64_t row = 0; rows < end; row++) {
        int64_t edge = row + offset + lower, from, count;
        edge = edge < 0 ? 0 : edge > col ? col : edge;
        from = lower ? 0 : edge;
        count = lower ? edge : col - edge;
        for (int64_t i = 0; i < count; i++) {
            rows[i] = row;
            rows[i + n] = from + i;
        }
        rows += count;
    }
}
const op op_triangle_places = {.name = "_triangle_places", .sig = "(int row, int col, int offset, bool lower)", .flags = OP_HIDDEN | OP_FUNCTION | OP_NO_GRAD, .run = op_block,
    .shape = triangle_places_rule, .kernel = triangle_places_kernel, .doc = "Rows and columns of the places on and below, or above, a diagonal: (2, n), int64."};
