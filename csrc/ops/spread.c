/* Compressed results: which dimensions are computed once, and writing out in full. */
#include "base/pool.h"
#include "ops/spread.h"
#include "ops/dispatch.h"
#include "ops/slide.h"
#include <sched.h>
#include <stdlib.h>
#include <string.h>

static const int64_t spread_to = (int64_t)1 << 46; /* bytes: what no machine could write out is refused as any such size is */
int64_t spread_from = SPREAD_FROM;

void spread_choose(const char *setting)
{
    spread_from = !setting || !*setting ? SPREAD_FROM : strcmp(setting, "0") == 0 ? INT64_MAX : strcmp(setting, "all") == 0 ? 0 : SPREAD_FROM;
}

/* ---- which dimensions ------------------------------------------------------------------------------------- */
uint64_t still_dims(const array *a, int ndim)
{
    uint64_t still = 0;
    const int64_t *size = array_size(a), *stride = array_stride(a);
    int lead = ndim - a->ndim;
    for (int d = 0; d < ndim; d++)
        if (d < lead || size[d - lead] == 1 || stride[d - lead] == 0)
            still |= (uint64_t)1 << d;
    return still;
}

uint64_t repeated_dims(uint32_t n, const array *const *operand, int ndim, const int64_t *size)
{
    uint64_t still = ~(uint64_t)0, wide = 0;
    for (uint32_t i = 0; i < n && still; i++)
        if (operand[i])
            still &= still_dims(operand[i], ndim);
    for (int d = 0; d < ndim; d++)
        wide |= (uint64_t)(size[d] > 1) << d;
    return still & wide;
}

bool spread_worth(ct_dtype dtype, int64_t numel)
{
    return spread_saves(dtype, numel) && numel <= spread_to / dtype_bytes(dtype);
}
bool spread_saves(ct_dtype dtype, int64_t numel) { return numel && numel >= spread_from / dtype_bytes(dtype); }

void call_once(call *c, uint64_t mixed)
{
    const array *a = c->ia[0];
    if (spread_worth((ct_dtype)a->dtype, a->numel))
        c->once = repeated_dims(c->n_in, c->ia, a->ndim, array_size(a)) & ~mixed;
    c->once_out = c->once;
}

uint64_t call_once_in(const call *c, uint32_t i)
{
    int lead = c->in[0] ? c->in[0]->a->ndim - c->ia[i]->ndim : 0;
    return lead >= 0 ? c->once >> lead : c->once << -lead;
}

int in_once(call *c, uint32_t i, uint64_t dims)
{
    layout l;
    array_held_layout(c->ia[i], &l);
    for (int d = 0; d < l.ndim; d++)
        l.size[d] = dims >> d & 1 && l.size[d] ? 1 : l.size[d];
    return dims ? in_view(c, i, &l) : 0;
}

static array *array_new_once(const call *c, ct_dtype dtype, int ndim, const int64_t *size, const int64_t *stride, uint64_t once)
{
    layout shown;
    shown.ndim = ndim;
    shown.offset = 0;
    layout_take(shown.size, size, ndim);
    if (stride)
        layout_take(shown.stride, stride, ndim);
    else
        layout_row_major(ndim, size, shown.stride);
    return c->slide ? array_new_slid(dtype, &shown, once, c->slide, c->slide_out) : array_new_spread(dtype, &shown, once);
}

/* What is small is held once only as a reduction, or the like, of something that was worth it: what is made of it is too, if that is anything. */
static bool goes_on(const call *c, int64_t numel)
{
    bool held = false;
    for (uint32_t i = 0; numel && spread_from != INT64_MAX && i < c->n_in && !held; i++)
        held = c->ia[i] && array_is_compressed(c->ia[i]);
    return held;
}
/* Outputs of a rule that asked call_once are as it was told; others are compressed where their own size is worth it. */
int out_once(call *c, ct_dtype dtype, int ndim, const int64_t *size, const int64_t *stride, array **made)
{
    *made = NULL;
    uint64_t once = c->op->flags & OP_CONSTANT ? ~(uint64_t)0 : c->op->flags & OP_POINTWISE ? repeated_dims(c->n_in, c->ia, ndim, size) : c->once_out;
    int64_t numel;
    if (c->op->flags & OP_POINTWISE && !c->slide)
        call_slides(c, ndim, size);
    if (CT_LIKELY(!once && !c->slide) || layout_check_numel(c->op->name, ndim, size, &numel) < 0 || (!c->once && !spread_worth(dtype, numel) && !goes_on(c, numel))) {
        c->slide = 0;
        return 0;
    }
    bool shared = c->slide;
    for (int d = 0; d < ndim; d++)
        shared |= once >> d & 1 && size[d] > 1;
    if (shared)
        *made = array_new_once(c, dtype, ndim, size, stride, once);
    return !shared || *made ? 0 : -1;
}

array *array_new_held(const array *a, ct_dtype dtype, uint64_t still)
{
    int64_t size[CT_MAXDIM], stride[CT_MAXDIM];
    if (!still || !a->numel)
        return array_new(dtype, a->ndim, array_size(a));
    for (int d = 0; d < a->ndim; d++)
        size[d] = still >> d & 1 ? 1 : array_size(a)[d];
    array *narrow = array_new(dtype, a->ndim, size);
    if (!narrow)
        return NULL;
    for (int d = 0; d < a->ndim; d++)
        stride[d] = still >> d & 1 ? 0 : array_stride(narrow)[d];
    array *wide = array_alias(narrow, a->ndim, array_size(a), stride, 0);
    array_drop(narrow);
    return wide;
}

array *array_repeat(const array *one, int ndim, const int64_t *size)
{
    layout shown;
    shown.ndim = ndim;
    shown.offset = 0;
    int64_t numel, item = dtype_bytes((ct_dtype)one->dtype);
    if (layout_check_numel("expand", ndim, size, &numel) < 0)
        return NULL;
    layout_take(shown.size, size, ndim);
    layout_row_major(ndim, size, shown.stride);
    bool once = numel > 1 && spread_worth((ct_dtype)one->dtype, numel);
    array *a = once ? array_new_spread((ct_dtype)one->dtype, &shown, ~(uint64_t)0) : array_new((ct_dtype)one->dtype, ndim, size);
    if (!a)
        return NULL;
    int64_t step[1] = {item};
    char *data[1] = {array_data(a)};
    K->fill[one->dtype](data, step, once ? 1 : numel, array_data(one));
    return a;
}

/* ---- in full ------------------------------------------------------------------------------------------------- */
/* A kernel may be reading the bytes held without the lock: it is let finish. */
static void wait_for_kernels(const storage *s)
{
    writers_waiting++;
    while (s->busy && ct_host_lock.release) {
        void *state = ct_host_lock.release();
        sched_yield();
        ct_host_lock.take(state);
    }
    writers_waiting--;
}

static void copy_out(const storage *s, char *full)
{
    const spread *p = storage_spread(s);
    int64_t item = dtype_bytes((ct_dtype)p->dtype);
    k_nd nd;
    nd.ndim = p->ndim;
    nd.nop = 2;
    nd.data[0] = full;
    nd.data[1] = s->data + p->dim[3 * p->ndim] * item;
    for (int d = 0; d < p->ndim; d++) {
        nd.size[d] = p->dim[d];
        nd.stride[0][d] = p->dim[p->ndim + d] * item;
        nd.stride[1][d] = p->dim[2 * p->ndim + d] * item;
    }
    k_walk(&nd, K->cast[p->dtype][p->dtype], NULL);
}

static int storage_write_out(storage *s)
{
    if (s->busy && ct_watch_asking())
        return ct_fail(CT_RUNTIME, "a signal handler writes to memory that an op of its own thread is in the middle of reading");
    storage_keep(s);
    wait_for_kernels(s);
    int result = 0;
    if (storage_is_compressed(s)) { /* still */
        char *full = ct_alloc((size_t)s->nbytes);
        if (full) {
            copy_out(s, full);
            storage_take_full(s, full);
        }
        result = full ? 0 : -1;
    }
    storage_drop(s);
    return result;
}

int array_write_out_slow(array *a)
{
    array_keep(a); /* its tensor may be given another while a kernel is waited for */
    int result = storage_is_compressed(a->st) ? storage_write_out(a->st) : 0;
    if (result == 0 && a->flags & A_SHOWN_CONTIGUOUS) /* one layout is left: this array's own flags tell it */
        a->flags |= layout_is_row_major(a->ndim, array_size(a), array_visible_stride(a)) ? A_CONTIGUOUS | A_PLAIN : A_CONTIGUOUS;
    array_drop(a);
    return result;
}

array *tensor_written_out(tensor *t)
{
    array *a = array_keep(t->a); /* t may be given another while a kernel is waited for */
    if (array_write_out(a) == 0)
        return a;
    array_drop(a);
    return NULL;
}

int array_export(array *a)
{
    array_keep(a);
    int result = array_write_out(a);
    if (result == 0)
        a->st->flags |= ST_PINNED;
    array_drop(a);
    return result;
}

/* How many elements of a compressed storage each one held stands for; 0 where that differs: in lines. */
static int64_t shown_by_each(const storage *st)
{
    const spread *p = storage_spread(st);
    const int64_t *size = p->dim, *held = size + 2 * p->ndim;
    int64_t each = 1, apart = dtype_bytes((ct_dtype)p->dtype);
    for (int d = 0; d < p->ndim; d++)
        *(held[d] ? &apart : &each) *= size[d];
    return apart == p->held ? each : 0;
}
/* `still`: the dims along which numbers repeat. Can they be written to the bytes held of a, which shows all elements of its storage that these
 * stand for, and repeats along no other? */
static bool fits_held(const array *a, uint64_t still)
{
    return a->dtype == storage_spread(a->st)->dtype && a->numel && a->numel == array_held(a) * shown_by_each(a->st) && !(still_dims(a, a->ndim) & ~still) && !array_shares(a);
}
int array_write_out_for_slow(array *a, uint32_t n, const array *const *with)
{
    uint64_t still = ~(uint64_t)0;
    for (uint32_t i = 0; i < n; i++)
        if (with[i] != a)
            still &= with[i]->st != a->st && with[i]->ndim <= a->ndim ? still_dims(with[i], a->ndim) : 0;
    return fits_held(a, still) ? 0 : array_write_out(a);
}
/* Does the call see to it itself, once it has the numbers? Not where elements are shown more than once, which are written one after the other, nor
 * where another operand lies in the same storage: whether they overlap is told in what is shown. */
static bool writes_out_late(const call *c)
{
    const op *o = c->op;
    if (c->mode != CALL_INPLACE || o->flags & (OP_VIEW | OP_MULTI_VIEW | OP_MAY_VIEW) || (o->flags & OP_SHARES && array_shares(c->args[0].t->a)))
        return false;
    for (uint32_t i = 1; i < c->n_args; i++)
        if (c->args[i].kind == ARG_TENSOR && c->args[i].t->a != c->args[0].t->a && c->args[i].t->a->st == c->args[0].t->a->st)
            return false;
    return o->flags & (OP_POINTWISE | OP_CONSTANT) || o->run == op_compose || o->run == op_closed || !(o->flags & (OP_IN_WRITES_SELF | OP_SHARES | OP_ONLY_INPLACE));
}

int call_write_out(call *c)
{
    bool in_place = c->op->run != op_view && (c->mode == CALL_INPLACE || c->op->flags & OP_ONLY_INPLACE); /* a view writes nothing: views_of_both */
    if (in_place && c->n_args && c->args[0].kind == ARG_TENSOR && array_is_compressed(c->args[0].t->a) && !writes_out_late(c) && array_write_out(c->args[0].t->a) < 0)
        return -1;
    for (uint32_t i = 0; c->mode == CALL_OUT && i < c->n_out; i++)
        if (c->out_given[i] && array_write_out(c->out_given[i]->a) < 0)
            return -1;
    return 0;
}

/* ---- views ----------------------------------------------------------------------------------------------------- */
/* The rule of the view op, run once more on self's bytes as they are held: its outputs replace c->oa[0] or c->list. */
static int run_on_held(call *c, tensor *stand_in)
{
    const array *a = c->in[0]->a;
    tensor *self = c->in[0];
    arg first = c->args[0];
    uint32_t n_param = c->n_param;
    *stand_in = (tensor){.a = array_alias(a, a->ndim, array_size(a), array_stride(a), array_offset(a))};
    if (!stand_in->a)
        return -1;
    c->in[0] = c->args[0].t = stand_in;
    int result = c->op->shape(c);
    c->n_param = n_param;
    c->in[0] = self;
    c->args[0] = first;
    array_drop(stand_in->a);
    return result;
}

static int join_layouts(const array *self, array **shown, const array *held)
{
    layout s, h;
    array_layout(*shown, &s);
    array_layout(held, &h);
    array *both = array_view(self, &s, &h);
    if (!both)
        return -1;
    array_drop(*shown);
    *shown = both;
    return 0;
}

static int join_outputs(call *c, const array *self, array *shown, tensor *list)
{
    int result = 0;
    if (shown)
        result = join_layouts(self, &shown, c->oa[0]);
    for (uint32_t i = 0; i < c->n_list && result == 0; i++)
        result = join_layouts(self, &list[i].a, c->list[i].a);
    array_drop(c->oa[0]);
    c->oa[0] = shown;
    return result;
}

static void drop_list(tensor *list, uint32_t n)
{
    for (uint32_t i = 0; list && i < n; i++)
        array_drop(list[i].a);
    ct_free(list, n * sizeof *list);
}

int views_of_both(call *c)
{
    array *self = c->in[0]->a, *shown = c->oa[0];
    tensor *list = c->list, stand_in;
    uint32_t n_list = c->n_list;
    if (CT_LIKELY(!array_is_compressed(self)) || (!shown && !list))
        return 0;
    if (c->op->flags & OP_ABSOLUTE)
        return array_write_out(self);
    c->oa[0] = NULL;
    c->list = NULL;
    c->n_list = 0;
    int told = run_on_held(c, &stand_in);
    if (told < 0)
        ct_clear();
    bool whole = told == 0 && c->n_list == n_list && !c->oa[0] == !shown;
    int result = whole ? join_outputs(c, self, shown, list) : array_write_out(self);
    if (!whole) {
        array_drop(c->oa[0]);
        c->oa[0] = shown;
    }
    drop_list(c->list, c->n_list);
    c->list = list;
    c->n_list = n_list;
    return result;
}

/* ---- for kernels ------------------------------------------------------------------------------------------------ */
static array *on_line(const call *c, const array *a, uint64_t back) { return array_line(a, c->oa[0]->ndim, c->slide, back); }

static const array *as_held(const array *a, uint64_t once)
{
    int64_t size[CT_MAXDIM];
    for (int d = 0; d < a->ndim; d++)
        size[d] = once >> d & 1 && array_size(a)[d] ? 1 : array_size(a)[d];
    return array_alias(a, a->ndim, size, array_stride(a), array_offset(a));
}

static uint64_t own_once(const array *y)
{
    uint64_t once = 0;
    for (int d = 0; d < y->ndim; d++)
        once |= (uint64_t)(array_stride(y)[d] == 0) << d;
    return once;
}

int array_start_as(const array *x, array *y)
{
    if (!array_is_compressed(y)) {
        array_convert(x, y);
        return 0;
    }
    array *from = (array *)as_held(x, own_once(y)), *to = (array *)as_held(y, own_once(y));
    if (from && to)
        array_convert(from, to);
    int result = from && to ? 0 : -1;
    array_drop(from);
    array_drop(to);
    return result;
}

int call_narrow(call *c, narrowed *was)
{
    bool any = c->once != 0;
    for (uint32_t i = 0; i < c->n_in; i++)
        any |= c->ia[i] && array_is_compressed(c->ia[i]);
    for (uint32_t i = 0; i < c->n_out; i++)
        any |= c->oa[i] && array_is_compressed(c->oa[i]);
    was->all = NULL;
    if (CT_LIKELY(!any))
        return 0;
    was->all = c->n_in <= FEW_IN ? was->ia : ct_alloc(c->n_in * sizeof *was->all);
    if (!was->all)
        return -1;
    bool failed = false;
    for (uint32_t i = 0; i < c->n_in; i++) {
        was->all[i] = c->ia[i];
        if (c->ia[i])
            failed |= !(c->ia[i] = c->slide ? on_line(c, c->ia[i], c->slide_back) : as_held(c->ia[i], call_once_in(c, i)));
    }
    for (uint32_t i = 0; i < c->n_out; i++) {
        was->oa[i] = c->oa[i];
        if (c->oa[i])
            failed |= !(c->oa[i] = c->slide ? on_line(c, c->oa[i], c->slide_out) : (array *)as_held(c->oa[i], array_is_compressed(c->oa[i]) ? own_once(c->oa[i]) : 0));
    }
    if (!failed && (c->slide || c->op->flags & (OP_POINTWISE | OP_CONSTANT)) && c->n_out && was->oa[0] && array_is_compressed(was->oa[0])) {
        c->effective = was->oa[0]->numel;
        c->work = c->oa[0]->numel;
    }
    if (failed)
        call_widen(c, was);
    return failed ? -1 : 0;
}

void call_widen(call *c, narrowed *was)
{
    if (CT_LIKELY(!was->all))
        return;
    for (uint32_t i = 0; i < c->n_in; i++) {
        array_drop((array *)c->ia[i]);
        c->ia[i] = was->all[i];
    }
    for (uint32_t i = 0; i < c->n_out; i++) {
        array_drop(c->oa[i]);
        c->oa[i] = was->oa[i];
    }
    if (was->all != was->ia)
        ct_free(was->all, c->n_in * sizeof *was->all);
}
