/* Windows of images: unfold_windows, (*, height, width) to (*, kernel rows, kernel columns, windows down, windows across), and its adjoint,
 * fold_windows, which adds each element where it was read, offset by offset of the kernel, as PyTorch's columns do. Args of both: self, size
 * (of the image), kernel, dilation, padding, stride, two numbers each. */
#include "ops/dispatch.h"
#include "ops/formula.h"
#include "ops/spread.h"
#include "ops/takes.h"
#include <string.h>

enum { N_ARGS = 5, MOST = 1 << 30 };
typedef struct windows { int64_t size[2], kernel[2], dilation[2], pad[2], step[2], n[2]; } windows;

static void windows_of(const int64_t *p, windows *w)
{
    memcpy(w, p, 2 * N_ARGS * sizeof *p);
    for (int d = 0; d < 2; d++)
        w->n[d] = (w->size[d] + 2 * w->pad[d] - w->dilation[d] * (w->kernel[d] - 1) - 1) / w->step[d] + 1;
}
static int keep_windows(call *c, windows *w)
{
    for (uint32_t i = 0; i < N_ARGS; i++) {
        const arg *a = &c->args[1 + i];
        if (a->n != 2)
            return ct_fail(CT_RUNTIME, "%s: two numbers a setting, not %u", c->op->name, a->n);
        for (int d = 0; d < 2; d++) {
            int64_t least = i == 0 || i == 3 ? 0 : 1; /* sizes and paddings may be 0 */
            if (a->ints[d] < least || a->ints[d] > MOST)
                return ct_fail(CT_RUNTIME, "%s should be %s than zero, but got %lld", i == 0 ? "size" : i == 1 ? "kernel size" : i == 2 ? "dilation" : i == 3 ? "padding" : "stride",
                               least ? "greater" : "not less", (long long)a->ints[d]);
            keep_param(c, a->ints[d]);
        }
    }
    windows_of(c->param, w);
    for (int d = 0; d < 2; d++)
        if (w->size[d] + 2 * w->pad[d] <= w->dilation[d] * (w->kernel[d] - 1))
            return ct_fail(CT_RUNTIME, "%s: windows do not fit into an image of size (%lld, %lld)", c->op->name, (long long)w->size[0], (long long)w->size[1]);
    return 0;
}

/* Windows from .. to - 1 read inside of the image at offset i of the kernel. */
static void inside(const windows *w, int d, int64_t i, int64_t *from, int64_t *to)
{
    int64_t s = w->step[d], first = w->pad[d] - i * w->dilation[d], last = w->size[d] - 1 + first;
    *from = first <= 0 ? 0 : (first + s - 1) / s;
    *to = last < 0 ? 0 : last / s + 1 < w->n[d] ? last / s + 1 : w->n[d];
}
/* Operands of a walk over what all windows read at offset `at` of the kernel, in the image and in the windows. False: nothing. */
static bool at_offset(const windows *w, const array *image, const array *made, const int64_t *at, k_nd *nd, int in_image, int in_made)
{
    int lead = image->ndim - 2;
    int64_t item = dtype_bytes(image->dtype), place = 0, window = 0;
    nd->ndim = image->ndim;
    for (int d = 0; d < image->ndim; d++) {
        int64_t from = 0, to = array_size(image)[d], step = 1, stride = array_stride(image)[d];
        const int64_t *made_stride = array_stride(made) + d;
        if (d >= lead) {
            inside(w, d - lead, at[d - lead], &from, &to);
            step = w->step[d - lead];
            place += (from * step + at[d - lead] * w->dilation[d - lead] - w->pad[d - lead]) * stride;
            window += at[d - lead] * made_stride[0] + from * made_stride[2];
            made_stride += 2;
        }
        if (to <= from)
            return false;
        nd->size[d] = to - from;
        nd->stride[in_image][d] = stride * step * item;
        nd->stride[in_made][d] = *made_stride * item;
    }
    nd->data[in_image] = array_data(image) + place * item;
    nd->data[in_made] = array_data(made) + window * item;
    return true;
}

static int unfold_rule(call *c)
{
    windows w;
    const array *a = c->in[0]->a;
    int64_t size[CT_MAXDIM];
    if (keep_windows(c, &w) < 0)
        return -1;
    int lead = a->ndim - 2;
    if (lead < 0 || lead + 4 > CT_MAXDIM || memcmp(array_size(a) + lead, w.size, sizeof w.size))
        return ct_fail(CT_RUNTIME, "%s: self has to be images of the size that is named", c->op->name);
    layout_take(size, array_size(a), lead);
    memcpy(size + lead, w.kernel, sizeof w.kernel);
    memcpy(size + lead + 2, w.n, sizeof w.n);
    call_once(c, (uint64_t)3 << lead);
    if (out_new(c, 0, a->dtype, lead + 4, size) < 0)
        return -1;
    c->effective = layout_numel(lead + 4, size);
    c->work = array_held(c->oa[0]);
    return 0;
}
static void unfold_kernel(call *c)
{
    windows w;
    k_nd nd = {.nop = 2};
    const array *a = c->ia[0], *y = c->oa[0];
    int64_t zero = 0, item = dtype_bytes(a->dtype), at[2];
    windows_of(c->param, &w);
    if (w.pad[0] || w.pad[1])
        K->fill[y->dtype]((char *[]){array_data(y)}, (int64_t[]){item}, y->numel, &zero);
    for (at[0] = 0; at[0] < w.kernel[0]; at[0]++)
        for (at[1] = 0; at[1] < w.kernel[1]; at[1]++) {
            nd.nop = 2;
            if (at_offset(&w, a, y, at, &nd, 1, 0))
                k_walk(&nd, K->cast[a->dtype][a->dtype], NULL);
        }
}
static int fold_rule(call *c)
{
    windows w;
    const array *a = c->in[0]->a;
    int64_t size[CT_MAXDIM];
    if (keep_windows(c, &w) < 0)
        return -1;
    int lead = a->ndim - 4;
    if (lead < 0 || memcmp(array_size(a) + lead, w.kernel, sizeof w.kernel) || memcmp(array_size(a) + lead + 2, w.n, sizeof w.n))
        return ct_fail(CT_RUNTIME, "%s: self has to be windows of the sizes that are named", c->op->name);
    layout_take(size, array_size(a), lead);
    memcpy(size + lead, w.size, sizeof w.size);
    call_once(c, (uint64_t)15 << lead);
    c->effective = a->numel;
    c->work = array_held(a);
    return out_new(c, 0, a->dtype, lead + 2, size);
}
static void fold_kernel(call *c)
{
    windows w;
    k_nd nd = {.nop = 3};
    const array *a = c->ia[0], *y = c->oa[0];
    int64_t at[2];
    windows_of(c->param, &w);
    memset(array_data(y), 0, (size_t)(y->numel * dtype_bytes(y->dtype)));
    for (at[0] = 0; at[0] < w.kernel[0]; at[0]++)
        for (at[1] = 0; at[1] < w.kernel[1]; at[1]++)
            if (at_offset(&w, y, a, at, &nd, 0, 2)) {
                nd.data[1] = nd.data[0];
                memcpy(nd.stride[1], nd.stride[0], (size_t)nd.ndim * sizeof **nd.stride);
                k_walk(&nd, K->binary[B_add][a->dtype], NULL);
            }
}

static T other_way(scope *s, node *n, const op *o, T g)
{
    const int64_t *p = node_params(n);
    return f_call(s, o, 1 + N_ARGS, (arg[]){a_t(g), a_ints(2, p), a_ints(2, p + 2), a_ints(2, p + 4), a_ints(2, p + 6), a_ints(2, p + 8)});
}
static int unfold_grad(scope *s, node *n, T const *g, T *out) { return (out[0] = other_way(s, n, &op_fold_windows, g[0])) ? 0 : -1; }
static int fold_grad(scope *s, node *n, T const *g, T *out) { return (out[0] = other_way(s, n, &op_unfold_windows, g[0])) ? 0 : -1; }
static uint64_t unfold_takes(node *n) { return aside_takes(n, (uint64_t)15 << (n->out_ndim - 4)); }
static uint64_t fold_takes(node *n) { return aside_takes(n, (uint64_t)15 << (n->out_ndim - 2)); }
#define SETTINGS "int[] size, int[] kernel, int[] dilation, int[] padding, int[] stride)"
const op op_unfold_windows = {.name = "_unfold_windows", .sig = "(Tensor self, " SETTINGS, .flags = OP_HIDDEN | OP_FUNCTION, .run = op_block, .shape = unfold_rule,
    .kernel = unfold_kernel, .kind = {"Im2ColBackward0", unfold_grad, .takes = unfold_takes},
    .doc = "All windows of images: (*, height, width) to (*, kernel rows, kernel columns, windows down, windows across); zeros around."};
const op op_fold_windows = {.name = "_fold_windows", .sig = "(Tensor self, " SETTINGS, .flags = OP_HIDDEN | OP_FUNCTION, .run = op_block, .shape = fold_rule,
    .kernel = fold_kernel, .kind = {"Col2ImBackward0", fold_grad, .takes = fold_takes},
    .doc = "Windows added up where _unfold_windows reads them: (*, kernel rows, kernel columns, windows down, windows across) to (*, height, width)."};
