/* nonzero: the places of what is not 0. Two passes: the elements are counted, then told. Args self, as_tuple. */
#include "array/odometer.h"
#include "base/pool.h"
#include "kernel/kernel.h"
#include "ops/dispatch.h"
#include "ops/formula.h"
#include <string.h>

/* Lines along the last dimension, in tiles whose truth is told byte by byte. */
enum { TILE = 1024, ELEMENTS_A_PIECE = 1 << 18 };
typedef struct finding {
    const array *a;
    odometer line;
    int64_t length, step;       /* of a line: elements, bytes from one to the next */
    int64_t found, *columns[CT_MAXDIM], room;
} finding;

static finding finding_of(const array *a)
{
    finding f = {.a = a, .length = a->ndim ? array_size(a)[a->ndim - 1] : 1, .step = a->ndim ? array_stride(a)[a->ndim - 1] * dtype_bytes(a->dtype) : 0};
    odometer_start(&f.line, a->ndim ? a->ndim - 1 : 0, array_size(a), array_stride(a));
    return f;
}
/* true_at[i]: 1 where element i of n is not 0. */
static void tile_truth(const finding *f, int64_t from, int64_t n, uint8_t *true_at)
{
    const array *a = f->a;
    char *in = array_data(a) + f->line.place * dtype_bytes(a->dtype) + from * f->step;
    K->cast[a->dtype][DT_BOOL]((char *[]){(char *)true_at, in}, (int64_t[]){1, f->step}, n, NULL);
}
static int64_t count_line(const finding *f)
{
    uint8_t truth[TILE];
    int64_t count = 0;
    for (int64_t from = 0, end = 0; ct_next_part(&from, &end, f->length);)
        for (int64_t n; from < end; from += n) {
            n = end - from < TILE ? end - from : TILE;
            tile_truth(f, from, n, truth);
            int sum = 0;
            for (int i = 0; i < n; i++)
                sum += truth[i];
            count += sum;
        }
    return count;
}
/* The places of a tile without branches; what follows the last is overwritten. */
static int places_in(const uint8_t *truth, int64_t n, uint16_t *places)
{
    int count = 0;
    for (int i = 0; i < n; i++) {
        places[count] = (uint16_t)i;
        count += truth[i];
    }
    return count;
}
static void tell_tile(finding *f, int64_t from, int64_t n)
{
    uint8_t truth[TILE];
    uint16_t places[TILE];
    int last = f->a->ndim - 1;
    tile_truth(f, from, n, truth);
    int64_t count = places_in(truth, n, places), left = f->room - f->found;
    count = count < left ? count : left; /* more only where somebody wrote meanwhile */
    for (int64_t i = 0; i < count && last >= 0; i++)
        f->columns[last][f->found + i] = from + places[i];
    for (int d = 0; d < last; d++)
        for (int64_t i = 0, at = f->line.at[d]; i < count; i++)
            f->columns[d][f->found + i] = at;
    f->found += count;
}
static void tell_line(finding *f)
{
    for (int64_t from = 0, end = 0; ct_next_part(&from, &end, f->length);)
        for (; from < end; from += TILE)
            tell_tile(f, from, end - from < TILE ? end - from : TILE);
}
/* Pieces come in order, from one thread. */
static void count_piece(void *work, int64_t begin, int64_t end)
{
    finding *f = work;
    for (; begin < end; begin++, odometer_next(&f->line))
        f->found += count_line(f);
}
static void tell_piece(void *work, int64_t begin, int64_t end)
{
    finding *f = work;
    for (; begin < end; begin++, odometer_next(&f->line))
        tell_line(f);
}
static void each_line(finding *f, ct_piece *piece)
{
    int64_t lines = f->length ? f->a->numel / f->length : 0, step = f->length ? ELEMENTS_A_PIECE / f->length + 1 : 1;
    ct_share(lines, step, 1, piece, f);
}

static void count_kernel(call *c)
{
    finding f = finding_of(c->ia[0]);
    each_line(&f, count_piece);
    c->param[0] = f.found;
}
/* Columns one after the other, as PyTorch lays them out. */
static int nonzero_rule(call *c)
{
    const array *a = c->in[0]->a;
    c->work = a->numel;
    if (call_unlocked(c, count_kernel) < 0)
        return -1;
    int64_t n = c->param[0];
    layout l = {.ndim = 2, .size = {n, a->ndim}, .stride = {1, n}};
    return out_strided(c, 0, DT_I64, &l);
}
static void nonzero_kernel(call *c)
{
    array *out = c->oa[0];
    finding f = finding_of(c->ia[0]);
    f.room = array_size(out)[0];
    for (int d = 0; d < f.a->ndim; d++)
        f.columns[d] = (int64_t *)array_data(out) + d * array_stride(out)[1];
    each_line(&f, tell_piece);
    for (int d = 0; d < f.a->ndim && !ct_watch_stopped(); d++)
        memset(f.columns[d] + f.found, 0, (size_t)(f.room - f.found) * sizeof(int64_t));
}
/* One index tensor a dimension; of a 0-d tensor as if it had one. */
static int run_places(call *c)
{
    scope s;
    scope_open(&s);
    T self = c->in[0]->a->ndim ? c->in[0] : f_unsqueeze(&s, c->in[0], 0), places = f_unary(&s, &op_nonzero, self);
    if (places && (c->list = ct_alloc(self->a->ndim * sizeof *c->list))) {
        c->n_list = self->a->ndim;
        memset(c->list, 0, c->n_list * sizeof *c->list);
    }
    for (uint32_t d = 0; d < c->n_list && !s.failed; d++) {
        T column = f_call(&s, &op_select, 3, (arg[]){a_t(places), a_i(1), a_i(d)});
        if (column)
            tensor_init(&c->list[d], array_keep(column->a));
    }
    bool failed = s.failed || !c->list;
    scope_close(&s);
    return failed ? -1 : 0;
}
static int run_nonzero(call *c)
{
    const tensor *out = c->mode == CALL_OUT ? c->out_given[0] : NULL;
    if (c->n_args < 2 || !arg_bool(&c->args[1]))
        return out && out->a->dtype != DT_I64 ? ct_fail(CT_RUNTIME, "nonzero: Expected out tensor to have scalar type Long but got scalar type %s", dtype_title(out->a->dtype)) : op_block(c);
    return out ? ct_fail(CT_RUNTIME, "nonzero does not support the out kwarg when as_tuple is True") : run_places(c);
}
const op op_where_places = {.name = "where.places", .sig = "(Tensor condition)", .flags = OP_FUNCTION | OP_NO_GRAD, .run = run_places,
    .doc = "nonzero(condition, as_tuple=True)."};
const op op_nonzero = {.name = "nonzero", .sig = "(Tensor self, *, bool as_tuple=False)", .flags = OP_OUT | OP_OUT_EXACT | OP_NO_GRAD, .run = run_nonzero, .shape = nonzero_rule, .kernel = nonzero_kernel,
    .doc = "Indices of the elements that are not 0, one row an element: int64 of shape (n, ndim), in row-major order. "
           "With as_tuple a tuple of index tensors, one a dimension, as x[...] takes them."};
