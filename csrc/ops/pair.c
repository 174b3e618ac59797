/* The short way of elementwise ops: plain operands of one shape and dtype, or numbers, and a new result. Nothing is left to decide,
 * so no call is set up where none is recorded. */
#include "kernel/kernel.h"
#include "ops/dispatch.h"
#include "ops/formula.h"
#include "ops/spread.h"

/* Shape, order of memory and dtype are those of `like`, so nothing is left to decide. [0] is the output. An operand that repeats one
 * element over that shape is read as a number. */
typedef struct pair { k_loop *loop; const void *param; const array *like, *repeated; char *data[3]; int64_t step[3]; double number; } pair;
static inline void pair_start(pair *p, k_loop *loop, const void *param)
{
    p->loop = loop;
    p->param = param;
    p->like = p->repeated = NULL;
}
static inline bool pair_fits(const pair *p) { return p->like && (!p->repeated || array_same_size(p->like, p->repeated)); }

static inline bool pair_number(pair *p, int k, const arg *x, ct_dtype compute)
{
    const array *weak = x->kind == ARG_TENSOR ? x->t->a : NULL;
    if (dtype_is_half(compute) || (arg_is_unsigned(x) && !dtype_is_float(compute))) /* beside halves numbers are read as float32 */
        return false;
    if (weak ? weak->dtype == DT_F64 : x->kind == ARG_FLOAT)
        dtype_store_f(&p->number, compute, weak ? *(double *)array_data(weak) : x->f);
    else if (weak ? weak->dtype == DT_I64 : arg_is_number(x))
        dtype_store_i(&p->number, compute, weak ? *(int64_t *)array_data(weak) : x->i);
    else
        return false;
    p->data[k] = (char *)&p->number;
    p->step[k] = 0;
    return true;
}

#define INLINE static inline __attribute__((always_inline))
INLINE bool pair_operand(pair *p, int k, const arg *x, ct_dtype compute)
{
    const array *a = x->kind == ARG_TENSOR ? x->t->a : NULL;
    if (CT_UNLIKELY(!a || array_is_weak(a)))
        return pair_number(p, k, x, compute);
    bool plain = array_is_plain(a);
    if (a->dtype != compute || !(plain || array_is_repeated(a)))
        return false;
    if (CT_LIKELY(plain)) {
        if (p->like ? !array_same_size(p->like, a) : !a->numel || a->numel >= WORK_TO_UNLOCK)
            return false;
        p->like = a;
    } else
        p->repeated = a;
    p->data[k] = array_data(a);
    p->step[k] = plain ? dtype_bytes(compute) : 0;
    return true;
}

INLINE array *pair_result(pair *p, ct_dtype result)
{
    array *out = array_new_like(p->like, result);
    if (CT_UNLIKELY(!out))
        return NULL;
    p->data[0] = out->st->data;
    p->step[0] = dtype_bytes(result);
    p->loop(p->data, p->step, out->numel, p->param);
    return out;
}

/* Records the call whose result is `out`, taken; -1: it was dropped. */
static int record_made(call *c, array *out)
{
    c->oa[0] = out;
    node *n = call_node(c);
    c->oa[0] = NULL;
    if (CT_UNLIKELY(!n)) {
        array_drop(out);
        return -1;
    }
    tensor_init(&c->out[0], out);
    return call_attach(c, n);
}

int deliver_short(call *c, array *out)
{
    if (CT_UNLIKELY(call_needs_grad(c)))
        return record_made(c, out);
    tensor_init(&c->out[0], out);
    return 0;
}

int run_short(call *c, k_loop *loop, const void *param, ct_dtype compute, ct_dtype result, int operands)
{
    pair p;
    pair_start(&p, loop, param);
    if (c->mode != CALL_NEW || !pair_operand(&p, 1, &c->args[0], compute) || (operands > 1 && !pair_operand(&p, 2, &c->args[1], compute)) || !pair_fits(&p))
        return -2;
    array *out = pair_result(&p, result);
    if (CT_UNLIKELY(!out))
        return -1;
    c->work = out->numel;
    return deliver_short(c, out);
}

int record_short(const op *o, arg *args, uint32_t n, const int64_t *param, uint32_t n_param, array *made, tensor *out)
{
    call c;
    c.op = o;
    c.kind = o->run == op_binary ? op_kind_by_number(o, args) : &o->kind;
    c.args = args;
    c.n_args = n;
    c.mode = CALL_NEW;
    c.n_list = 0;
    c.n_out = 1;
    c.in = c.in_few;
    c.n_in = 0;
    for (uint32_t i = 0; i < n; i++) {
        c.in[i] = args[i].kind == ARG_TENSOR ? args[i].t : NULL;
        c.n_in = c.in[i] ? i + 1 : c.n_in;
    }
    c.n_param = n_param;
    for (uint32_t i = 0; i < n_param; i++)
        c.param[i] = param[i];
    c.declared[0].undifferentiable = false;
    if (record_made(&c, made) < 0)
        return -1;
    *out = c.out[0];
    return 1;
}

static inline int past_of(const arg *x) { return x->kind == ARG_TENSOR ? tensor_past(x->t) : 0; }

int op_pair(const op *o, arg *args, tensor *out)
{
    bool compares = o->run == op_compare;
    const arg *first = args[0].kind == ARG_TENSOR && !array_is_weak(args[0].t->a) ? &args[0] : &args[1];
    if ((!compares && o->run != op_binary) || op_profiled || first->kind != ARG_TENSOR || args[1].kind == ARG_BOOL)
        return 0;
    ct_dtype dtype = (ct_dtype)first->t->a->dtype;
    int past = compares || !tape_now.grad ? 0 : past_of(&args[0]) | past_of(&args[1]);
    if (past < 0 || !dtype_is_float(dtype))
        return 0;
    pair p;
    pair_start(&p, (compares ? K->compare : K->binary)[o->row][dtype], NULL);
    if (!p.loop || !pair_operand(&p, 1, &args[0], dtype) || !pair_operand(&p, 2, &args[1], dtype) || !pair_fits(&p))
        return 0;
    array *made = pair_result(&p, compares ? DT_BOOL : dtype);
    if (CT_UNLIKELY(!made))
        return -1;
    if (past)
        return record_short(o, args, 2, NULL, 0, made, out);
    tensor_init(out, made);
    return 1;
}

enum { SHORT_TO_LOCK = 1 << 20 }; /* elements from which a loop gives the lock away */

/* Do `holders` counts and nobody else hold a, and its memory with it? */
static bool is_own(const array *a, int64_t holders)
{
    return a->refs == holders && a->st->refs == 1 && !(a->st->flags & ~ST_OWN_BLOCK) && !a->st->busy;
}

T f_last(scope *s, node *n, const op *o, T g, T kept)
{
    const array *x = kept ? kept->a : NULL;
    ct_dtype dtype = x ? (ct_dtype)x->dtype : DT_BOOL;
    bool plain = g && x && !s->failed && !op_profiled && node_is_last(n) && (dtype == DT_F32 || dtype == DT_F64) && g->a->dtype == x->dtype &&
                 array_same_size(g->a, x) && array_is_plain(x) && x->numel && x->numel < SHORT_TO_LOCK;
    bool whole = plain && array_is_plain(g->a);
    array *into = whole && is_own(g->a, 1) ? g->a : plain && (whole || array_is_repeated(g->a)) && is_own(x, 2) ? kept->a : NULL;
    if (!into)
        return f_binary(s, o, g, kept);
    int64_t item = dtype_bytes(dtype);
    char *const p[3] = {array_data(into), array_data(g->a), array_data(x)};
    if (into == x)
        node_release_kept(n);
    k_run_line(K->binary[o->row][dtype], 3, p, (const int64_t[]){item, whole ? item : 0, item}, x->numel, NULL);
    return scope_array(s, array_keep(into));
}
