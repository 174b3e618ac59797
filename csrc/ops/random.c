/* Random ops: which draws an op makes; the numbers come from kernel/random.h. A generator argument is a ct_rng.
 * OP_DRAWS: the lock stays held, and threads that share a generator take turns. */
#include "array/odometer.h"
#include "base/pool.h"
#include "kernel/random.h"
#include "ops/create.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BLOCKS = 1 << 14 /* of 16 normal numbers, between two questions to the host */ };
ct_rng *op_default_rng;

static ct_rng *rng_of(const arg *a) { return a->kind == ARG_OBJECT ? a->obj : op_default_rng; }

/* ---- drawing into an array ---------------------------------------------------------------------------------- */
static void draw(array *out, k_loop *loop, const k_draw *d)
{
    k_nd nd;
    if (out->numel == 0)
        return;
    array_operands(&nd, 1, out->ndim, array_size(out), (const array *[]){out});
    k_draw_order(&nd);
    k_walk_in_order(&nd, loop, d);
}

/* Blocks of 16, begin .. end - 1; the last takes the numbers left over. */
typedef struct normal_blocks { array *out; ct_rng *rng; double mean, std; } normal_blocks;
static void normal_piece(void *work, int64_t begin, int64_t end)
{
    const normal_blocks *w = work;
    ct_dtype d = (ct_dtype)w->out->dtype;
    int64_t n = end == w->out->numel / 16 ? w->out->numel - 16 * begin : 16 * (end - begin);
    char *at = array_data(w->out) + 16 * begin * dtype_bytes(d);
    if (dtype_is_half(d))
        k_normal_half(w->rng, d, at, n, w->mean, w->std);
    else if (d == DT_F32)
        k_normal_f32(w->rng, (float *)at, n, w->mean, w->std);
    else
        k_normal_f64(w->rng, (double *)at, n, w->mean, w->std);
}

static void draw_normal(array *out, ct_rng *rng, double mean, double std)
{
    if (out->numel < 16 || !array_is_contiguous(out))
        draw(out, k_normal[out->dtype], &(k_draw){.rng = rng, .a = mean, .b = std});
    else
        ct_share(out->numel / 16, BLOCKS, 1, normal_piece, &(normal_blocks){out, rng, mean, std});
}

static void draw_range(array *out, ct_rng *rng, int64_t low, int64_t high)
{
    k_draw d = k_draw_between(rng, k_random_from(out->dtype, low), k_random_to(out->dtype, high) - 1);
    draw(out, k_random_range[out->dtype], &d);
}

/* What has no elements is drawn in any dtype, but for a uniform draw, whose bounds are looked at first. */
static int offered(const call *c, k_loop *const *table, ct_dtype dtype, int64_t numel)
{
    return table[dtype] || (numel == 0 && table != k_uniform) ? 0 : ct_fail(CT_NOTIMPL, "\"%s\" not implemented for '%s'", c->op->name, dtype_title(dtype));
}

/* ---- in place: self is oa[0]; numbers from args 1 and 2, the generator from arg 3 ------------------------------- */
static int in_place_rule(call *c, k_loop *const *table)
{
    return offered(c, table, c->in[0]->a->dtype, c->in[0]->a->numel);
}
static int zero_grad(scope *s, node *n, T const *g, T *out)
{
    for (uint32_t i = 0; i < n->n_in; i++)
        if (node_needs(n, i))
            out[i] = f_zeros_like(s, g[0]);
    return s->failed ? -1 : 0;
}

static int uniform_rule(call *c)
{
    double low = arg_double(&c->args[1]), high = arg_double(&c->args[2]);
    if (!dtype_is_float((ct_dtype)c->in[0]->a->dtype))
        return in_place_rule(c, k_uniform); /* which is not offered: told before what is wrong with the bounds */
    if (!(low <= high))
        return ct_fail(CT_RUNTIME, "uniform_ expects to return a [from, to) range, but found from=%g > to=%g", low, high);
    ct_dtype d = (ct_dtype)c->in[0]->a->dtype;
    if (dtype_is_half(d) && (!(fabs(low) <= dtype_largest(d)) || !(fabs(high) <= dtype_largest(d))))
        return ct_fail(CT_RUNTIME, "%s is out of bounds for c10::%s", fabs(low) <= dtype_largest(d) ? "to" : "from", dtype_title(d));
    if (!(high - low <= dtype_largest(d)))
        return ct_fail(CT_RUNTIME, "uniform_ expects to-from <= std::numeric_limits<%s>::max(), but found to=%g and from=%g which result in to-from to exceed the limit",
                       dtype_name(c->in[0]->a->dtype), high, low);
    return in_place_rule(c, k_uniform);
}
static void uniform_kernel(call *c)
{
    draw(c->oa[0], k_uniform[c->oa[0]->dtype], &(k_draw){.rng = rng_of(&c->args[3]), .a = arg_double(&c->args[1]), .b = arg_double(&c->args[2])});
}

static int normal_rule(call *c)
{
    double std = arg_double(&c->args[2]);
    if (!(std >= 0))
        return ct_fail(CT_RUNTIME, "normal_ expects std >= 0.0, but found std=%g", std);
    return in_place_rule(c, k_normal);
}
static void normal_kernel(call *c) { draw_normal(c->oa[0], rng_of(&c->args[3]), arg_double(&c->args[1]), arg_double(&c->args[2])); }

static int exponential_rule(call *c)
{
    if (!(arg_double(&c->args[1]) > 0))
        return ct_fail(CT_RUNTIME, "exponential_ expects lambda > 0.0, but found lambda=%g", arg_double(&c->args[1]));
    if (!dtype_is_float(c->in[0]->a->dtype))
        return ct_fail(CT_RUNTIME, "Exponential distribution is a continuous probability distribution. dtype must be a floating point but you specified %s", dtype_title(c->in[0]->a->dtype));
    return in_place_rule(c, k_exponential);
}
static void exponential_kernel(call *c) { draw(c->oa[0], k_exponential[c->oa[0]->dtype], &(k_draw){.rng = rng_of(&c->args[2]), .a = arg_double(&c->args[1])}); }

static int check_p(const arg *a)
{
    double p = arg_double(a);
    return p >= 0 && p <= 1 ? 0 : ct_fail(CT_RUNTIME, "bernoulli_ expects p to be in [0, 1], but got p=%g", p);
}
static int bernoulli_p_rule(call *c) { return check_p(&c->args[1]) < 0 ? -1 : in_place_rule(c, k_bernoulli); }
static void bernoulli_p_kernel(call *c) { draw(c->oa[0], k_bernoulli[c->oa[0]->dtype], &(k_draw){.rng = rng_of(&c->args[2]), .a = arg_double(&c->args[1])}); }

/* Bounds beyond which the dtype holds some whole numbers only. */
static int warn_of_gaps(const call *c, ct_dtype d, const char *what, int64_t bound)
{
    static const struct { int bits; const char *name; } exact[DT_COUNT] = {[DT_F16] = {11, "c10::Half"}, [DT_BF16] = {8, "c10::BFloat16"}, [DT_F32] = {24, "float"}, [DT_F64] = {53, "double"}};
    char text[320];
    int64_t most = (int64_t)1 << exact[d].bits;
    if (!exact[d].name || (bound >= -most && bound <= most))
        return 0;
    snprintf(text, sizeof text, "%s is out of bounds [-(2^%d), 2^%d]. Due to precision limitations %s can support discrete uniform distribution only within "
             "this range. This warning will become an error in version 1.7 release, please fix the code in advance", what, exact[d].bits, exact[d].bits, exact[d].name);
    return call_warn(c, NULL, text);
}
/* Bounds that the dtype cannot hold are refused (those of wider floats are rounded); high is included. */
static int check_bounds(const call *c, ct_dtype d, int64_t low, int64_t high)
{
    int64_t least = d == DT_F16 ? -65504 : d == DT_I32 ? INT32_MIN : d == DT_U8 || d == DT_BOOL ? 0 : INT64_MIN;
    int64_t most = d == DT_F16 ? 65504 : d == DT_I32 ? INT32_MAX : d == DT_U8 ? 255 : d == DT_BOOL ? 1 : INT64_MAX;
    if (low < least || low > most)
        return ct_fail(CT_RUNTIME, "from is out of bounds for %s", dtype_cxx(d));
    if (high < least || high > most)
        return ct_fail(CT_RUNTIME, "to - 1 is out of bounds for %s", dtype_cxx(d));
    return warn_of_gaps(c, d, "from", low) < 0 || warn_of_gaps(c, d, "to - 1", high) < 0 ? -1 : 0;
}
/* From low up to the last number before which all are exact: is there any? */
static int check_from(const call *c, ct_dtype d, int64_t low)
{
    int64_t from = k_random_from(d, low), top = k_random_top(d);
    if (low == INT64_MIN)
        return 0;
    return from < top || !dtype_is_float(d) ? check_bounds(c, d, from, top) :
           ct_fail(CT_RUNTIME, "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' casted to dtype, but got from=%lld > to_inc=%lld",
                   (long long)from, (long long)top);
}

static int random_rule(call *c) { return in_place_rule(c, k_random_range); }
static void random_kernel(call *c)
{
    array *out = c->oa[0];
    k_draw d = k_draw_any(rng_of(&c->args[1]), out->dtype);
    draw(out, k_random_range[out->dtype], &d);
}
static int random_from_rule(call *c)
{
    int64_t low = c->args[1].i, high = arg_int(&c->args[2], 0);
    ct_dtype d = (ct_dtype)c->in[0]->a->dtype;
    if (arg_given(&c->args[2]) && low >= high)
        return ct_fail(CT_RUNTIME, "random_ expects 'from' to be less than 'to', but got from=%lld >= to=%lld", (long long)low, (long long)high);
    if ((arg_given(&c->args[2]) ? check_bounds(c, d, low, high - 1) : check_from(c, d, low)) < 0)
        return -1;
    return in_place_rule(c, k_random_range);
}
static void random_from_kernel(call *c)
{
    array *out = c->oa[0];
    ct_rng *rng = rng_of(&c->args[3]);
    int64_t low = c->args[1].i;
    if (arg_given(&c->args[2]))
        draw_range(out, rng, low, c->args[2].i);
    else {
        k_draw d = low == INT64_MIN ? k_draw_between(rng, low, INT64_MAX)
                 : k_draw_between(rng, k_random_from(out->dtype, low), k_random_top(out->dtype));
        draw(out, k_random_range[out->dtype], &d);
    }
}
static int random_to_rule(call *c)
{
    if (c->args[1].i <= 0)
        return ct_fail(CT_RUNTIME, "random_ expects 'from' to be less than 'to', but got from=0 >= to=%lld", (long long)c->args[1].i);
    return check_bounds(c, (ct_dtype)c->in[0]->a->dtype, 0, c->args[1].i - 1) < 0 ? -1 : in_place_rule(c, k_random_range);
}
static void random_to_kernel(call *c) { draw_range(c->oa[0], rng_of(&c->args[2]), 0, c->args[1].i); }

#define DRAW(id, public, signature, rule, fill, node_name, text)                                                                  \
    const op op_##id = {.name = public, .sig = signature, .doc = text, .flags = OP_METHOD | OP_ONLY_INPLACE | OP_IN_WRITES_SELF,   \
                        .run = op_block, .shape = rule, .kernel = fill, .kind = {node_name, zero_grad}};
DRAW(uniform_, "uniform_", "(Tensor self, float from=0, float to=1, *, Generator? generator=None)", uniform_rule, uniform_kernel, "UniformBackward0",
     "Fills self from the uniform distribution over [from, to).")
DRAW(normal_, "normal_", "(Tensor self, float mean=0, float std=1, *, Generator? generator=None)", normal_rule, normal_kernel, "NormalBackward0",
     "Fills self from the normal distribution.")
DRAW(exponential_, "exponential_", "(Tensor self, float lambd=1, *, Generator? generator=None)", exponential_rule, exponential_kernel, "ExponentialBackward0",
     "Fills self from the exponential distribution of rate lambd.")
DRAW(bernoulli_, "bernoulli_", "(Tensor self, float p=0.5, *, Generator? generator=None)", bernoulli_p_rule, bernoulli_p_kernel, "BernoulliBackward2",
     "Fills self with ones of probability p and zeros.")
DRAW(random_to_, "random_.to", "(Tensor self, int to, *, Generator? generator=None)", random_to_rule, random_to_kernel, "RandomBackward1",
     "Fills self with integers from 0 to to - 1.")
DRAW(random_from_, "random_.from", "(Tensor self, int from, int? to, *, Generator? generator=None)", random_from_rule, random_from_kernel, "RandomBackward0",
     "Fills self with integers from from to to - 1; to None: up to all that the dtype holds exactly.")
DRAW(random_, "random_", "(Tensor self, *, Generator? generator=None)", random_rule, random_kernel, "RandomBackward2",
     "Fills self with integers from from to to - 1; without bounds, with all that the dtype holds exactly.")

/* ---- fresh: rand, randn: args size, generator, dtype ----------------------------------------------------------------- */
static int float_dtype(const call *c, ct_dtype d, int64_t numel) { return dtype_is_float(d) ? 0 : offered(c, k_normal, d, numel); }
static int rand_rule(call *c)
{
    int64_t numel = 1;
    for (uint32_t i = 0; c->op == &op_randn && i < c->args[0].n; i++)
        numel = c->args[0].ints[i] ? numel : 0;
    return float_dtype(c, made_dtype(c, &c->args[2], dtype_default()), numel) < 0 ? -1 : sized(c, c->op->name, &c->args[0], &c->args[2], dtype_default());
}
static void rand_kernel(call *c) { draw(c->oa[0], k_uniform[c->oa[0]->dtype], &(k_draw){.rng = rng_of(&c->args[1]), .b = 1}); }
static void randn_kernel(call *c) { draw_normal(c->oa[0], rng_of(&c->args[1]), 0, 1); }

#define FRESH_AS(id, public, signature, rule, fill, text, out)                                                          \
    const op op_##id = {.name = public, .sig = signature, .doc = text, .flags = OP_FUNCTION | OP_NO_GRAD | OP_DRAWS | (out), \
                        .run = op_block, .shape = rule, .kernel = fill};
#define FRESH(id, public, signature, rule, fill, text) FRESH_AS(id, public, signature, rule, fill, text, OP_OUT)
#define FRESH_LIKE(id, public, signature, rule, fill, text) FRESH_AS(id, public, signature, rule, fill, text, 0)
FRESH(rand, "rand", "(int... size, *, Generator? generator=None, " HOST ")", rand_rule, rand_kernel, "Uniform numbers of [0, 1).")
FRESH(randn, "randn", "(int... size, *, Generator? generator=None, " HOST ")", rand_rule, randn_kernel, "Normal numbers of mean 0 and variance 1.")

static int rand_like_rule(call *c)
{
    const array *a = c->in[0]->a;
    ct_dtype d = arg_dtype(&c->args[1], a->dtype);
    return float_dtype(c, d, c->op == &op_randn_like ? a->numel : 1) < 0 ? -1 : out_format(c, a, d, arg_int(&c->args[2], FORMAT_PRESERVE));
}
static void rand_like_kernel(call *c) { draw(c->oa[0], k_uniform[c->oa[0]->dtype], &(k_draw){.rng = op_default_rng, .b = 1}); }
static void randn_like_kernel(call *c) { draw_normal(c->oa[0], op_default_rng, 0, 1); }
FRESH_LIKE(rand_like, "rand_like", "(Tensor self, *, " HOST_LIKE ")", rand_like_rule, rand_like_kernel, "Uniform numbers of [0, 1) in self's shape.")
FRESH_LIKE(randn_like, "randn_like", "(Tensor self, *, " HOST_LIKE ")", rand_like_rule, randn_like_kernel, "Normal numbers in self's shape.")

/* ---- randint: args low, high, size, generator, dtype -------------------------------------------------------------------- */
static int check_range(const call *c, const char *name, ct_dtype d, int64_t low, int64_t high)
{
    if (low < high)
        return check_bounds(c, d, low, high - 1);
    return ct_fail(CT_RUNTIME, "random_ expects 'from' to be less than 'to', but got from=%lld >= to=%lld (%s)", (long long)low, (long long)high, name);
}
static int randint_rule(call *c)
{
    return check_range(c, "randint", made_dtype(c, &c->args[4], DT_I64), c->args[0].i, c->args[1].i) < 0 ? -1 : sized(c, "randint", &c->args[2], &c->args[4], DT_I64);
}
static void randint_kernel(call *c) { draw_range(c->oa[0], rng_of(&c->args[3]), c->args[0].i, c->args[1].i); }
static int randint_high_rule(call *c)
{
    return check_range(c, "randint", made_dtype(c, &c->args[3], DT_I64), 0, c->args[0].i) < 0 ? -1 : sized(c, "randint", &c->args[1], &c->args[3], DT_I64);
}
static void randint_high_kernel(call *c) { draw_range(c->oa[0], rng_of(&c->args[2]), 0, c->args[0].i); }
FRESH(randint_high, "randint.high", "(int high, int[] size, *, Generator? generator=None, " HOST ")", randint_high_rule, randint_high_kernel, "Integers from 0 to high - 1.")
FRESH(randint, "randint", "(int low, int high, int[] size, *, Generator? generator=None, " HOST ")", randint_rule, randint_kernel, "Integers from low to high - 1.")

/* Of the bounds that are given: from low up to, but without, high. One alone, under either name, is high. */
static void like_bounds(call *c, int64_t *low, int64_t *high)
{
    const arg *one = arg_given(&c->args[1]) ? &c->args[1] : &c->args[2];
    bool two = one == &c->args[1] && arg_given(&c->args[2]);
    *low = two ? one->i : 0;
    *high = two ? c->args[2].i : one->i;
}
static int randint_like_rule(call *c)
{
    const array *a = c->in[0]->a;
    int64_t low, high;
    if (!arg_given(&c->args[1]) && !arg_given(&c->args[2]))
        return ct_fail(CT_TYPE, "randint_like() missing 1 required positional arguments: \"high\"");
    like_bounds(c, &low, &high);
    if (check_range(c, "randint_like", arg_dtype(&c->args[3], (ct_dtype)a->dtype), low, high) < 0)
        return -1;
    return out_format(c, a, arg_dtype(&c->args[3], a->dtype), arg_int(&c->args[4], FORMAT_PRESERVE));
}
static void randint_like_kernel(call *c)
{
    int64_t low, high;
    like_bounds(c, &low, &high);
    draw_range(c->oa[0], op_default_rng, low, high);
}
FRESH_LIKE(randint_like, "randint_like", "(Tensor self, int? low=None, int? high=None, *, " HOST_LIKE ")", randint_like_rule, randint_like_kernel,
      "Integers from low to high - 1 (one bound: from 0) in self's shape.")

/* args self, high, dtype, memory_format: high is read as a number, whatever its dtype. */
static int randint_like_of(scope *s, call *c, T *out)
{
    arg high = a_i(0);
    const arg *a = c->args;
    if (a[1].t->a->ndim)
        return ct_fail(CT_RUNTIME, "high must be a scalar tensor and on CPU");
    if (tensor_number(a[1].t, &high) && high.kind == ARG_FLOAT && !(fabs(high.f) < 0x1p63))
        return ct_fail(CT_RUNTIME, "value cannot be converted to type int64_t without overflow");
    out[0] = f_call(s, &op_randint_like, 5, (arg[]){a[0], a_none(), a_i(high.kind == ARG_FLOAT ? (int64_t)high.f : high.i), a[2], a[3]});
    return 0;
}
const op op_randint_like_of = {.name = "randint_like.Tensor", .sig = "(Tensor self, Tensor high, *, " HOST_LIKE ")", .flags = OP_FUNCTION | OP_NO_GRAD | OP_DRAWS,
    .run = op_compose, .compose = randint_like_of, .doc = "Integers from 0 to high - 1 in self's shape, high a 0-d tensor."};

/* ---- randperm: args n, generator, dtype ------------------------------------------------------------------------------------ */
static int randperm_rule(call *c)
{
    int64_t n = c->args[0].i;
    ct_dtype d = made_dtype(c, &c->args[2], DT_I64);
    if (n < 0)
        return ct_fail(CT_RUNTIME, "n must be non-negative, got %lld", (long long)n);
    if (d == DT_BOOL)
        return ct_fail(CT_NOTIMPL, "\"randperm\" not implemented for 'Bool'");
    if (d == DT_F16 && n > 2049)
        return ct_fail(CT_RUNTIME, "n cannot be greater than 2049 for Half type.");
    if (d == DT_F32 && n > (1 << 24) + 1)
        return ct_fail(CT_RUNTIME, "n cannot be greater than 2^24+1 for Float type.");
    if (d == DT_F64 && n > ((int64_t)1 << 53) + 1)
        return ct_fail(CT_RUNTIME, "n cannot be greater than 2^53+1 for Double type.");
    if (d == DT_U8 && n > 256)
        return ct_fail(CT_RUNTIME, "n is too large for result tensor type: randperm of %lld in uint8", (long long)n);
    return out_new(c, 0, d, 1, &n);
}
static void randperm_kernel(call *c)
{
    array *out = c->oa[0];
    k_randperm(rng_of(&c->args[1]), out->dtype, array_data(out), dtype_bytes(out->dtype), out->numel);
}
FRESH(randperm, "randperm", "(int n, *, Generator? generator=None, " HOST ")", randperm_rule, randperm_kernel, "The integers 0 … n - 1 in random order.")

/* ---- bernoulli of a tensor of probabilities: args self, generator; in place: args self, p, generator -------------------------- */
static int check_probabilities(const array *a)
{
    if (!dtype_is_float((ct_dtype)a->dtype))
        return ct_fail(CT_NOTIMPL, "\"bernoulli_tensor_cpu_p_\" not implemented for '%s'", dtype_title((ct_dtype)a->dtype));
    odometer o;
    for (odometer_start(&o, a->ndim, array_size(a), array_stride(a)); o.left; odometer_next(&o)) {
        double p = dtype_load(array_data(a) + o.place * dtype_bytes((ct_dtype)a->dtype), (ct_dtype)a->dtype);
        if (!(p >= 0 && p <= 1))
            return ct_fail(CT_RUNTIME, "Expected p_in >= 0 && p_in <= 1 to be true, but got false: bernoulli() was given the probability %g", p);
    }
    return 0;
}
static void draw_of(array *out, const array *p, k_loop *loop, const arg *generator)
{
    k_nd nd;
    array_operands(&nd, 2, out->ndim, array_size(out), (const array *[]){out, p});
    k_draw_order(&nd);
    k_walk_in_order(&nd, loop, &(k_draw){.rng = rng_of(generator)});
}
static void bernoulli_of(array *out, const array *p, const arg *generator) { draw_of(out, p, k_bernoulli_of[p->dtype][out->dtype], generator); }
/* Draws fall in the order of the memory: out='s, or a new tensor's. */
static int bernoulli_rule(call *c)
{
    const array *a = c->in[0]->a, *out = c->mode == CALL_OUT ? c->out_given[0]->a : NULL;
    if (check_probabilities(a) < 0)
        return -1;
    ct_dtype d = made_dtype(c, &(arg){.kind = ARG_NONE}, a->dtype);
    return out && array_same_size(out, a) ? out_like(c, 0, out, d) : out_new(c, 0, d, a->ndim, array_size(a));
}
static void bernoulli_kernel(call *c) { bernoulli_of(c->oa[0], c->ia[0], &c->args[1]); }
const op op_bernoulli = {.name = "bernoulli", .sig = "(Tensor self, *, Generator? generator=None)", .flags = OP_OUT | OP_OUT_WHOLE | OP_DRAWS, .run = op_block, .shape = bernoulli_rule,
    .kernel = bernoulli_kernel, .kind = {"BernoulliBackward0", zero_grad}, .doc = "Ones where a draw falls below self's element, a probability; else zeros."};

/* The history tells what was done; it has no gradient, as in PyTorch. */
static int no_derivative(scope *s, node *n, T const *g, T *out)
{
    (void)n, (void)g, (void)out;
    ct_fail(CT_RUNTIME, "derivative for aten::bernoulli is not implemented");
    return scope_fail(s), -1;
}
static int bernoulli_like_rule(call *c)
{
    const array *a = c->in[0]->a;
    return check_p(&c->args[1]) < 0 ? -1 : out_new(c, 0, a->dtype, a->ndim, array_size(a));
}
const op op_bernoulli_like = {.name = "bernoulli.p", .sig = "(Tensor self, float p, *, Generator? generator=None)", .flags = OP_DRAWS, .run = op_block, .shape = bernoulli_like_rule,
    .kernel = bernoulli_p_kernel, .kind = {"torch::autograd::NotImplemented", no_derivative, .flags = NK_UNTOLD}, .doc = "Ones of probability p and zeros in self's shape and dtype."};

static int bernoulli_by_rule(call *c)
{
    const array *self = c->in[0]->a;
    layout p, wide;
    array_layout(c->in[1]->a, &p);
    if (view_expand(&p, self->ndim, array_size(self), &wide) < 0)
        return -1;
    return check_probabilities(c->in[1]->a) < 0 ? -1 : in_expand(c, 1, self->ndim, array_size(self));
}
static void bernoulli_by_kernel(call *c) { bernoulli_of(c->oa[0], c->ia[1], &c->args[2]); }
DRAW(bernoulli_by, "bernoulli_.tensor", "(Tensor self, Tensor p, *, Generator? generator=None)", bernoulli_by_rule, bernoulli_by_kernel, "BernoulliBackward1",
     "Fills self with ones where a draw falls below p's element, broadcast to self, and zeros.")

/* ---- poisson: args self, generator ------------------------------------------------------------------------------------------ */
static int poisson_rule(call *c)
{
    const array *a = c->in[0]->a;
    if (!k_poisson_of[a->dtype])
        return ct_fail(CT_NOTIMPL, "\"poisson_cpu\" not implemented for '%s'", dtype_title((ct_dtype)a->dtype));
    odometer o;
    for (odometer_start(&o, a->ndim, array_size(a), array_stride(a)); o.left; odometer_next(&o))
        if (!(dtype_load(array_data(a) + o.place * dtype_bytes((ct_dtype)a->dtype), (ct_dtype)a->dtype) >= 0))
            return ct_fail(CT_RUNTIME, "invalid Poisson rate, expected rate to be non-negative");
    return out_new(c, 0, (ct_dtype)a->dtype, a->ndim, array_size(a));
}
static void poisson_kernel(call *c) { draw_of(c->oa[0], c->ia[0], k_poisson_of[c->ia[0]->dtype], &c->args[1]); }
const op op_poisson = {.name = "poisson", .sig = "(Tensor self, Generator? generator=None)", .flags = OP_FUNCTION | OP_DRAWS, .run = op_block, .shape = poisson_rule,
    .kernel = poisson_kernel, .kind = {"PoissonBackward0", zero_grad}, .doc = "Numbers from the Poisson distributions whose rates are self's elements."};
