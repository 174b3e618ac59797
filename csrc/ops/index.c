/* Indexing by tensors: index, index_put_. What py/index.c makes of x[i, j] once views are done.
 *
 * Index tensors (int64, broadcast to one shape B) apply to the dims named in `dims`, in order. Result shape: where
 * those dims are neighbours, B takes their place; else B comes first. Args: self, dims, indices (index); self, values,
 * dims, indices, accumulate (index_put_). */
#include "ops/index.h"
#include "kernel/places.h"
#include "ops/spread.h"
#include <string.h>

/* ---- the plan ------------------------------------------------------------------------------------------------- */
typedef struct plan {
    int n_index, n_rest, n_b, lead;            /* lead: dims of the result before B */
    int64_t b_size[CT_MAXDIM], b_numel;
    int64_t rest_size[CT_MAXDIM], rest_stride[CT_MAXDIM]; /* of self, elements */
    int64_t indexed_size[CT_MAXDIM], indexed_stride[CT_MAXDIM];
    const array *index[CT_MAXDIM];
} plan;

/* Which dims the indices are of, in order: dispatch.py and formulas pass such, the ops can be called by hand. */
static int check_dims(const call *c, const array *self, const arg *dims, uint32_t n_index)
{
    for (uint32_t i = 0; i < dims->n; i++)
        if (dims->ints[i] < 0 || dims->ints[i] >= self->ndim || (i && dims->ints[i] <= dims->ints[i - 1]))
            return ct_fail(CT_RUNTIME, "%s(): dims must be from 0 to %d and in order, got %lld at place %u", c->op->name, self->ndim - 1, (long long)dims->ints[i], i);
    return dims->n == n_index ? 0 : ct_fail(CT_RUNTIME, "%s(): %u dims for %u index tensors", c->op->name, dims->n, n_index);
}
static void plan_dims(const array *self, const arg *dims, plan *p)
{
    bool taken[CT_MAXDIM] = {0};
    p->n_index = (int)dims->n;
    p->n_rest = p->lead = 0;
    for (int i = 0; i < p->n_index; i++) {
        taken[dims->ints[i]] = true;
        p->indexed_size[i] = array_size(self)[dims->ints[i]];
        p->indexed_stride[i] = array_stride(self)[dims->ints[i]];
    }
    bool neighbours = true;
    for (int i = 1; i < p->n_index; i++)
        neighbours &= dims->ints[i] == dims->ints[i - 1] + 1;
    for (int d = 0; d < self->ndim; d++)
        if (!taken[d]) {
            p->rest_size[p->n_rest] = array_size(self)[d];
            p->rest_stride[p->n_rest++] = array_stride(self)[d];
        }
    p->lead = neighbours && p->n_index ? (int)dims->ints[0] : 0;
}

/* Joins the index tensors (inputs from `first` on). */
static int plan_indices(call *c, uint32_t first, plan *p)
{
    p->n_b = 0;
    for (int i = 0; i < p->n_index; i++) {
        const array *a = p->index[i] = c->ia[first + (uint32_t)i];
        if (i == 0) {
            p->n_b = a->ndim;
            layout_take(p->b_size, array_size(a), a->ndim);
        } else if (layout_broadcast("index", &p->n_b, p->b_size, a->ndim, array_size(a)) < 0) {
            char one[200], two[200];
            return ct_fail(CT_INDEX, "shape mismatch: indexing tensors could not be broadcast together with shapes %s, %s",
                           layout_text(p->index[0]->ndim, array_size(p->index[0]), one, sizeof one), layout_text(a->ndim, array_size(a), two, sizeof two));
        }
    }
    p->b_numel = layout_numel(p->n_b, p->b_size);
    return 0;
}
int check_index(const char *op, const array *index, int64_t size, int dim)
{
    int64_t wrong;
    if (index_within(index, -size, size, &wrong))
        return 0;
    return size == 0 ? ct_fail(CT_INDEX, "index is out of bounds for dimension with size 0 (dimension %d of %s)", dim, op) :
           ct_fail(CT_INDEX, "index %lld is out of bounds for dimension %d with size %lld (%s)", (long long)wrong, dim, (long long)size, op);
}

bool index_within(const array *index, int64_t low, int64_t high, int64_t *wrong)
{
    k_nd nd;
    odometer o;
    bool wide = index->dtype == DT_I64;
    array_operands(&nd, 1, index->ndim, array_size(index), (const array *[]){index});
    if (k_places_within(&nd, (ct_dtype)index->dtype, low, high))
        return true;
    for (odometer_start(&o, index->ndim, array_size(index), array_stride(index)); o.left; odometer_next(&o)) {
        int64_t at = *wrong = wide ? ((const int64_t *)array_data(index))[o.place] : ((const int32_t *)array_data(index))[o.place];
        if (at < low || at >= high)
            return false;
    }
    return true;
}

static int result_shape(const plan *p, int64_t *size)
{
    int n = 0;
    for (int d = 0; d < p->lead; d++)
        size[n++] = p->rest_size[d];
    for (int d = 0; d < p->n_b; d++)
        size[n++] = p->b_size[d];
    for (int d = p->lead; d < p->n_rest; d++)
        size[n++] = p->rest_size[d];
    return n;
}
/* Where nothing is read or written no place is looked at, but for dims that have none. */
static int check_indices(const plan *p)
{
    int64_t size[CT_MAXDIM];
    bool nothing = layout_numel(result_shape(p, size), size) == 0;
    for (int i = 0; i < p->n_index; i++)
        if (p->index[i]->numel == 0)
            return 0;
    for (int i = 0; i < p->n_index; i++)
        if ((!nothing || p->indexed_size[i] == 0) && check_index("index", p->index[i], p->indexed_size[i], i) < 0)
            return -1;
    return 0;
}

/* ---- the loop: for every place of B the element offset in self, then all of the rest ---------------------------- */
static int64_t self_offset(const plan *p, const int64_t *at)
{
    int64_t offset = 0;
    for (int i = 0; i < p->n_index; i++) {
        const array *a = p->index[i];
        int64_t place = 0, value;
        for (int d = 0; d < a->ndim; d++)
            if (array_size(a)[d] != 1)
                place += at[p->n_b - a->ndim + d] * array_stride(a)[d];
        value = ((const int64_t *)array_data(a))[place];
        offset += (value < 0 ? value + p->indexed_size[i] : value) * p->indexed_stride[i];
    }
    return offset;
}

typedef enum move { READ, WRITE, ADD } move;

/* One place's rest: operand roles are (values, self), (self, values) or (self, self, values). */
static void move_rest(const plan *p, move how, char *self, char *values, const int64_t *value_stride, ct_dtype dtype)
{
    k_nd nd;
    int64_t item = dtype_bytes(dtype);
    int v = how == READ ? 0 : how == WRITE ? 1 : 2;
    nd.ndim = p->n_rest;
    nd.nop = how == ADD ? 3 : 2;
    memcpy(nd.size, p->rest_size, (size_t)p->n_rest * sizeof *nd.size);
    for (int k = 0; k < nd.nop; k++) {
        nd.data[k] = k == v ? values : self;
        for (int d = 0; d < p->n_rest; d++)
            nd.stride[k][d] = item * (k == v ? value_stride[d < p->lead ? d : d + p->n_b] : p->rest_stride[d]);
    }
    k_walk(&nd, how == ADD ? K->binary[B_add][dtype] : K->cast[dtype][dtype], NULL);
}

/* Of an index that was checked. Worth a pass where it is read again and again. */
static bool has_negative(const array *index, int64_t size)
{
    k_nd nd;
    array_operands(&nd, 1, index->ndim, array_size(index), (const array *[]){index});
    return !k_places_within(&nd, DT_I64, 0, size);
}
/* All in one walk. */
static void walk_places(const plan *p, const array *self, const array *values, move how)
{
    k_nd nd = {.ndim = values->ndim, .nop = 2 + p->n_index};
    k_places k = {.n = p->n_index, .join = K->binary[B_add][self->dtype]};
    int64_t item = dtype_bytes(self->dtype);
    int v = how != READ, s = !v;
    nd.data[v] = array_data(values);
    nd.data[s] = array_data(self);
    for (int d = 0; d < nd.ndim; d++) {
        int rest = d < p->lead ? d : d - p->n_b;
        bool place = d >= p->lead && d < p->lead + p->n_b;
        nd.size[d] = place ? p->b_size[d - p->lead] : p->rest_size[rest];
        nd.stride[v][d] = array_stride(values)[d] * item;
        nd.stride[s][d] = place ? 0 : p->rest_stride[rest] * item;
    }
    for (int i = 0; i < p->n_index; i++) {
        const array *a = p->index[i];
        nd.data[2 + i] = array_data(a);
        memset(nd.stride[2 + i], 0, (size_t)nd.ndim * sizeof **nd.stride);
        for (int d = 0; d < a->ndim; d++)
            nd.stride[2 + i][p->lead + p->n_b - a->ndim + d] = array_size(a)[d] != 1 ? array_stride(a)[d] * (int64_t)sizeof(int64_t) : 0;
        k.size[i] = 2 * a->numel <= values->numel && !has_negative(a, p->indexed_size[i]) ? 0 : p->indexed_size[i];
        k.stride[i] = p->indexed_stride[i] * item;
    }
    if (how == READ)
        k_walk(&nd, k_places_read(item), &k);
    else
        k_walk_in_order(&nd, how == ADD ? k_places_add((ct_dtype)self->dtype) : k_places_write(item), &k);
}

/* `values` has the result's shape. */
static void each_place(const plan *p, const array *self, const array *values, move how)
{
    if (p->n_index <= PLACES_INDICES) {
        walk_places(p, self, values, how);
        return;
    }
    int64_t item = dtype_bytes(self->dtype), b_stride[CT_MAXDIM];
    const int64_t *stride = array_stride(values);
    for (int d = 0; d < p->n_b; d++)
        b_stride[d] = stride[p->lead + d];
    odometer o;
    for (odometer_start(&o, p->n_b, p->b_size, b_stride); o.left; odometer_next(&o))
        move_rest(p, how, array_data(self) + self_offset(p, o.at) * item, array_data(values) + o.place * item, stride, self->dtype);
}

/* Does self repeat along all dims that are indexed? */
static bool one_place(const plan *p)
{
    bool one = p->n_index > 0;
    for (int i = 0; i < p->n_index; i++)
        one &= p->indexed_stride[i] == 0 || p->indexed_size[i] == 1;
    return one;
}
/* ---- index ------------------------------------------------------------------------------------------------------- */
/* The result's memory order is that of PyTorch's iterator over self, which stands still along places, and indices, which do along the rest
 * (but for dims of size 1, where they have strides as after a reshape). */
static void index_strides(const call *c, const plan *p, layout *l)
{
    enum { TOLD = 3 }; /* more indices decide nothing that these have not */
    int64_t stride[1 + TOLD][CT_MAXDIM] = {{0}};
    geometry operand[1 + TOLD];
    const array *self = c->in[0]->a;
    const arg *dims = &c->args[1];
    int told = p->n_index < TOLD ? p->n_index : TOLD;
    for (int d = 0, at = 0, i = 0; d < self->ndim; d++)
        if (i < p->n_index && dims->ints[i] == d)
            i++;
        else {
            stride[0][at < p->lead ? at : at + p->n_b] = array_visible_stride(self)[d];
            at++;
        }
    for (int i = 0; i < told; i++) {
        const array *a = p->index[i];
        for (int d = 0; d < l->ndim; d++)
            stride[1 + i][d] = l->size[d] != 1 ? 0 : d < p->lead ? p->b_numel : 1;
        layout_broadcast_stride(p->n_b, p->b_size, a->ndim, array_size(a), array_visible_stride(a), stride[1 + i] + p->lead);
    }
    for (int i = 0; i <= told; i++)
        operand[i] = (geometry){l->ndim, l->size, stride[i]};
    layout_elementwise(l->ndim, l->size, 1 + told, operand, l->stride);
}

static int index_out(call *c, const plan *p, int n, const int64_t *size)
{
    layout l;
    bool plain = array_shows_contiguous(c->in[0]->a);
    for (int i = 0; i < p->n_index; i++)
        plain &= array_shows_contiguous(p->index[i]);
    if (plain)
        return out_new(c, 0, c->ia[0]->dtype, n, size);
    l.ndim = n;
    layout_take(l.size, size, n);
    index_strides(c, p, &l);
    return out_strided(c, 0, c->ia[0]->dtype, &l);
}

static int index_rule(call *c)
{
    plan p;
    int64_t size[CT_MAXDIM];
    const array *self = c->ia[0];
    if (check_dims(c, self, &c->args[1], c->args[2].n) < 0)
        return -1;
    plan_dims(self, &c->args[1], &p);
    for (int i = 0; i < p.n_index; i++)
        if (in_cast(c, 2 + (uint32_t)i, DT_I64) < 0)
            return -1;
    if (plan_indices(c, 2, &p) < 0 || check_indices(&p) < 0)
        return -1;
    for (int i = 0; i < p.n_index; i++)
        keep_param(c, c->args[1].ints[i]);
    int n = result_shape(&p, size);
    if (n > CT_MAXDIM)
        return ct_fail(CT_RUNTIME, "index: a result of %d dimensions is more than %d", n, CT_MAXDIM);
    for (int d = 0; d < p.n_rest; d++)
        c->once_out |= (uint64_t)(p.rest_stride[d] == 0) << (d < p.lead ? d : d + p.n_b);
    if (one_place(&p)) /* read at the first index */
        c->once_out |= (((uint64_t)1 << p.n_b) - 1) << p.lead;
    c->effective = layout_numel(n, size);
    if (index_out(c, &p, n, size) < 0)
        return -1;
    c->work = array_held(c->oa[0]);
    return 0;
}
static void index_kernel(call *c)
{
    plan p;
    plan_dims(c->ia[0], &c->args[1], &p);
    plan_indices(c, 2, &p);
    for (int d = 0; d < p.n_b; d++)
        p.b_size[d] = array_size(c->oa[0])[p.lead + d];
    each_place(&p, c->ia[0], c->oa[0], READ);
}

/* For each dim of the input the dim of the result that it is; of indexed ones, -1. *b: the dims of the result that are places. */
static void index_places(node *n, int ndim, int *of, uint64_t *b)
{
    const int64_t *dims = node_params(n);
    int n_index = n->n_param, rest = 0, n_b, lead = (int)dims[0];
    for (int i = 1; i < n_index; i++)
        lead = dims[i] == dims[i - 1] + 1 ? lead : 0;
    n_b = n->out_ndim - (ndim - n_index);
    for (int d = 0; d < ndim; d++) {
        of[d] = 0;
        for (int i = 0; i < n_index; i++)
            of[d] = dims[i] == d ? -1 : of[d];
        if (of[d] == 0) {
            of[d] = rest < lead ? rest : rest + n_b;
            rest++;
        }
    }
    *b = (((uint64_t)1 << n_b) - 1) << lead;
}
/* What the input takes of the dims that are not indexed; all places, where it takes all that are. */
static uint64_t index_takes(node *n)
{
    int ndim, of[CT_MAXDIM];
    ct_dtype dtype;
    uint64_t takes = node_takes(n, 0), out = 0, places;
    if (!takes || !n->n_param || n->out_ndim > 60)
        return 0;
    node_in_size(n, 0, &ndim, &dtype);
    index_places(n, ndim, of, &places);
    bool all = true;
    for (int d = 0; d < ndim; d++)
        if (of[d] < 0)
            all &= takes >> d & 1;
        else
            out |= (takes >> d & 1) << of[d];
    return all ? out | places : out;
}
/* All places are one: the sum of what belongs to any. */
static T index_sum(scope *s, T g, int ndim, const int64_t *size, uint64_t places)
{
    int64_t dims[CT_MAXDIM];
    int count = 0;
    for (int d = 0; g && d < g->a->ndim; d++)
        if (places >> d & 1)
            dims[count++] = d;
    return f_reshape(s, count ? f_sum_dims(s, g, count, dims, false) : g, ndim, size);
}

static int index_grad(scope *s, node *n, T const *g, T *out)
{
    int ndim, of[CT_MAXDIM];
    ct_dtype dtype;
    int64_t size[CT_MAXDIM];
    uint64_t places = 0, got = node_got(n);
    const int64_t *in = node_in_size(n, 0, &ndim, &dtype);
    layout_take(size, in, ndim);
    bool all = n->n_param && node_takes(n, 0);
    if (n->n_param)
        index_places(n, ndim, of, &places);
    for (int d = 0; d < ndim && n->n_param; d++) {
        all &= of[d] >= 0 || node_takes(n, 0) >> d & 1;
        size[d] = of[d] >= 0 && got >> of[d] & 1 ? 1 : in[d];
    }
    T index[CT_MAXDIM];
    for (int i = 0; i < n->n_param; i++) {
        index[i] = node_kept_in(s, n, 2 + (uint32_t)i);
        if (!all && node_takes(n, 0) >> node_params(n)[i] & 1 && size[node_params(n)[i]]) { /* one place for all of them */
            size[node_params(n)[i]] = 1;
            index[i] = index[i] ? f_zeros(s, DT_I64, index[i]->a->ndim, array_size(index[i]->a)) : NULL;
        }
    }
    if (s->failed)
        return -1;
    if (all) {
        for (int d = 0; d < ndim; d++)
            size[d] = of[d] < 0 ? 1 : size[d];
        return (out[0] = index_sum(s, g[0], ndim, size, places)) ? 0 : -1;
    }
    arg args[] = {a_t(f_zeros(s, dtype, ndim, size)), a_t(g[0]), a_ints(n->n_param, node_params(n)), a_ts(n->n_param, index), a_b(true)};
    return (out[0] = f_call(s, &op_index_put, 5, args)) ? 0 : -1;
}
const op op_index = {.name = "index", .sig = "(Tensor self, int[] dims, Tensor[] indices)", .flags = OP_HIDDEN | OP_FUNCTION, .run = op_block,
    .shape = index_rule, .kernel = index_kernel, .kind = {"IndexBackward0", index_grad, .flags = NK_SHOWS(1) | NK_PUTS, .takes = index_takes, .again = "IndexPutImplBackward0"}, .keep_list = 1 << 2,
    .doc = "Elements of self where the index tensors, broadcast together, point in the named dims. IndexError for an index out of range."};

/* ---- index_put: self with values written (or added) at the places that index would read -------------------------------- */
/* Dims of self that are not indexed and along which it and the values repeat. */
static uint64_t put_once(const call *c, const array *self, const plan *p)
{
    uint64_t once = 0, indexed = 0;
    for (int i = 0; i < p->n_index; i++)
        indexed |= (uint64_t)1 << c->args[2].ints[i];
    for (int d = 0, r = 0; d < self->ndim; d++) {
        if (indexed >> d & 1)
            continue;
        bool still = p->rest_stride[r] == 0 && array_size(self)[d] > 1 && array_stride(c->ia[1])[r < p->lead ? r : r + p->n_b] == 0;
        once |= (uint64_t)still << d;
        r++;
    }
    return once;
}
static int index_put_rule(call *c)
{
    plan p;
    layout wide;
    const array *self = c->in[0]->a, *v = c->in[1]->a;
    int64_t size[CT_MAXDIM];
    if (refuse_shared(c, c->n_in) < 0 || check_dims(c, self, &c->args[2], c->args[3].n) < 0)
        return -1;
    plan_dims(self, &c->args[2], &p);
    uint32_t first = 3;
    for (int i = 0; i < p.n_index; i++)
        if (in_cast(c, first + (uint32_t)i, DT_I64) < 0)
            return -1;
    if (plan_indices(c, first, &p) < 0)
        return -1;
    wide.ndim = result_shape(&p, size);
    if (!layout_is_expandable_to(v->ndim, array_size(v), wide.ndim, size)) {
        char one[200], two[200];
        return ct_fail(CT_RUNTIME, "shape mismatch: value tensor of shape %s cannot be broadcast to indexing result of shape %s",
                       layout_text(v->ndim, array_size(v), one, sizeof one), layout_text(wide.ndim, size, two, sizeof two));
    }
    if (v->dtype != self->dtype)
        return ct_fail(CT_RUNTIME, "Index put requires the source and destination dtypes match, got %s for the destination and %s for the source.", dtype_name(self->dtype), dtype_name(v->dtype));
    if (check_indices(&p) < 0)
        return -1;
    for (int i = 0; i < p.n_index; i++)
        keep_param(c, c->args[2].ints[i]);
    keep_param(c, arg_bool(&c->args[4]));
    c->effective = c->work = layout_numel(wide.ndim, size);
    if (in_expand(c, 1, wide.ndim, size) < 0)
        return -1;
    if (c->mode == CALL_NEW && spread_worth((ct_dtype)self->dtype, self->numel))
        c->once_out = put_once(c, self, &p);
    for (int d = 0; d < self->ndim && c->once_out; d++)
        c->work /= c->once_out >> d & 1 ? array_size(self)[d] : 1;
    return 0;
}
static void index_put_kernel(call *c)
{
    plan p;
    array *self = c->oa[0];
    plan_dims(self, &c->args[2], &p);
    plan_indices(c, 3, &p);
    each_place(&p, self, c->ia[1], arg_bool(&c->args[4]) ? ADD : WRITE);
}
static int index_put_grad(scope *s, node *n, T const *g, T *out)
{
    uint32_t n_index = (uint32_t)n->n_param - 1;
    bool add = node_params(n)[n_index];
    T index[CT_MAXDIM];
    for (uint32_t i = 0; i < n_index; i++)
        index[i] = node_kept_in(s, n, 3 + i);
    if (s->failed)
        return -1;
    arg dims = a_ints(n_index, node_params(n)), indices = a_ts(n_index, index);
    if (node_needs(n, 1))
        out[1] = f_call(s, &op_index, 3, (arg[]){a_t(g[0]), dims, indices});
    if (node_needs(n, 0))
        out[0] = add ? g[0] : f_call(s, &op_index_put, 5, (arg[]){a_t(g[0]), a_t(f_zeros(s, g[0]->a->dtype, 0, NULL)), dims, indices, a_b(false)});
    return s->failed ? -1 : 0;
}
const op op_index_put = {.name = "_index_put", .sig = "(Tensor self, Tensor values, int[] dims, Tensor[] indices, bool accumulate=False)",
    .flags = OP_HIDDEN | OP_FUNCTION | OP_INPLACE | OP_IN_WRITES_SELF | OP_SHARES | OP_WARNS, .run = op_block, .shape = index_put_rule, .kernel = index_put_kernel,
    .kind = {"IndexPutBackward0", index_put_grad, .flags = NK_SHOWS(3)}, .keep_list = 1 << 3,
    .doc = "self with values written, or added, where index would read."};
