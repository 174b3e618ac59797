/* Random fills. Each distribution makes a chunk of values of one type (int64, float or double) from the words of the
 * engine; the loops store the chunk in their dtype and stride. Values and generator states were compared with PyTorch
 * 2.13 (CPU, x86-64 without MKL's generators) on some 10^8 draws: no bit differs.
 *
 * Who draws what, besides the table names:
 *   rand, rand_like            uniform_(0, 1)
 *   randn, randn_like          normal_(0, 1); float64 of 16 contiguous elements and more: the same blocks as
 *                              float32, a 64-bit draw for each uniform, log, sin and cos from libm
 *   randint                    random_(low, high), in every dtype
 *   torch.normal(mean, std)    out is contiguous. Scalar std: normal_(0, std) + mean; tensor std, whatever mean is:
 *                              normal_(0, 1) * std + mean, each step rounded
 *   dropout                    bernoulli_(1 - p) in the dtype of the input, then / (1 - p)
 *   torch.bernoulli(t)         bernoulli_(t); torch.bernoulli(t, p) is bernoulli_(p)
 *   torch.poisson(t)           kernel/poisson.c
 *   multinomial(w, n)          n = 1, or without replacement: q = exponential_(1) in the dtype and layout of w, then
 *                              argmax(w / q), or the indices of topk(w / q, n); the rest: k_multinomial_*
 */
#include "base/half.h"
#include "base/pool.h"
#include "kernel/random.h"
#include "kernel/half.h"
#include "kernel/number.h"
#include "kernel/scalar.h"
#include <math.h>
#include <string.h>

/* ---- one text, three instruction sets -------------------------------------------------------- */
struct twin {
    void (*twist)(uint32_t *word);
    void (*temper)(uint32_t *out, const uint32_t *raw, int64_t n);
    void (*uniform)(float *restrict out, const uint32_t *restrict raw, int64_t n, float a, float b);
    void (*uniform64)(double *restrict out, const uint32_t *restrict words, int64_t n, double a, double b);
    void (*normal16)(float *x, int64_t blocks, float mean, float std);
    void (*remainders)(int64_t *restrict out, const uint32_t *restrict raw, int64_t n, uint32_t range, int64_t low);
    void (*places)(uint32_t *restrict out, const uint32_t *restrict raw, int64_t n, uint32_t left);
    void (*below)(int32_t *restrict out, const uint32_t *restrict words, int64_t n, uint64_t limit);
};

#define TWIN(name) name##_base
#define TWIN_TARGET
#include "kernel/random.inc"
#undef TWIN
#undef TWIN_TARGET

#if defined(__x86_64__)
#define TWIN(name) name##_avx2
#define TWIN_TARGET __attribute__((target("avx2,fma")))
#include "kernel/random.inc"
#undef TWIN
#undef TWIN_TARGET
#if defined(__clang__)
#define WIDE
#else
#define WIDE ",prefer-vector-width=512"
#endif
#define TWIN(name) name##_avx512
#define TWIN_TARGET __attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl" WIDE)))
#include "kernel/random.inc"
#undef TWIN
#undef TWIN_TARGET
#else
#define twin_avx2 twin_base
#define twin_avx512 twin_base
#endif

extern const k_isa k_isa_base, k_isa_avx2;
static inline const struct twin *twin(void) { return K == &k_isa_base ? &twin_base : K == &k_isa_avx2 ? &twin_avx2 : &twin_avx512; }

void k_choose_random(void) { ct_rng_twist = twin()->twist; }

/* ---- draws --------------------------------------------------------------------------------------- */
enum { CHUNK = 256, AHEAD = 16 };
static inline int64_t chunk(int64_t n) { return n < CHUNK ? n : CHUNK; }

static void draw_words(ct_rng *g, uint32_t *w, int64_t n)
{
    for (int64_t got; n > 0; n -= got, w += got) {
        const uint32_t *raw = ct_rng_take(g, n, &got);
        twin()->temper(w, raw, got);
    }
}

/* Words reduced to less than left, left - 1, ... */
static void draw_places(ct_rng *g, uint32_t *w, int64_t n, uint32_t left)
{
    for (int64_t got; n > 0; n -= got, w += got, left -= (uint32_t)got) {
        const uint32_t *raw = ct_rng_take(g, n, &got);
        twin()->places(w, raw, got, left);
    }
}

/* At most CHUNK values. */
static void draw_u64(ct_rng *g, uint64_t *v, int64_t n)
{
    uint32_t w[2 * CHUNK];
    draw_words(g, w, 2 * n);
    for (int64_t i = 0; i < n; i++)
        v[i] = (uint64_t)w[2 * i] << 32 | w[2 * i + 1];
}

static void uniform_f32(ct_rng *g, float *out, int64_t n, float a, float b)
{
    for (int64_t got; n > 0; n -= got, out += got) {
        const uint32_t *raw = ct_rng_take(g, n, &got);
        twin()->uniform(out, raw, got, a, b);
    }
}

static void uniform_f64(ct_rng *g, double *out, int64_t n, double a, double b)
{
    uint32_t w[2 * CHUNK];
    for (int64_t m; n > 0; n -= m, out += m) {
        m = chunk(n);
        draw_words(g, w, 2 * m);
        twin()->uniform64(out, w, m, a, b);
    }
}

/* Chunks of doubles; 'draw' hands over the parameters. */
static void make_uniform(const k_draw *d, double *v, int64_t n) { uniform_f64(d->rng, v, n, d->a, d->b); }

static const double TWO_PI = 6.28318530717958647692, PI = 3.14159265358979323846;

/* Box-Muller by pairs: the cosine is given out, the sine kept in the generator for the next call. */
static double standard_normal(ct_rng *g)
{
    if (g->has_normal) {
        g->has_normal = false;
        return g->normal;
    }
    double u1 = draw_unit(g), u2 = draw_unit(g);
    double radius = sqrt(-2 * log1p(-u2)), theta = TWO_PI * u1;
    g->normal = radius * sin(theta);
    g->has_normal = true;
    return radius * cos(theta);
}

static void make_normal(const k_draw *d, double *v, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        v[i] = fma(standard_normal(d->rng), d->b, d->a);
}
static void make_log_normal(const k_draw *d, double *v, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        v[i] = exp(fma(standard_normal(d->rng), d->b, d->a));
}
static void make_exponential(const k_draw *d, double *v, int64_t n)
{
    double scale = -1 / d->a;
    for (int64_t i = 0; i < n; i++)
        v[i] = scale * log1p(-draw_unit(d->rng));
}
static void make_cauchy(const k_draw *d, double *v, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        v[i] = fma(d->b, tan(PI * (draw_unit(d->rng) - 0.5)), d->a);
}
static void make_geometric(const k_draw *d, double *v, int64_t n)
{
    double scale = log1p(-d->a);
    for (int64_t i = 0; i < n; i++)
        v[i] = ceil(log(draw_unit(d->rng)) / scale);
}

static void make_range(const k_draw *d, int64_t *v, int64_t n)
{
    if (!d->wide) {
        for (int64_t got; n > 0; n -= got, v += got) {
            const uint32_t *raw = ct_rng_take(d->rng, n, &got);
            twin()->remainders(v, raw, got, (uint32_t)d->range, d->low);
        }
        return;
    }
    uint64_t u[CHUNK];
    for (int64_t m; n > 0; n -= m, v += m) {
        m = chunk(n);
        draw_u64(d->rng, u, m);
        for (int64_t i = 0; i < m; i++)
            v[i] = (int64_t)((uint64_t)d->low + (d->range ? u[i] % d->range : u[i]));
    }
}

/* unit < p, compared as integers: x·2^-53 < p where x < p·2^53, which is exact. */
static void make_bernoulli(const k_draw *d, int32_t *v, int64_t n)
{
    uint32_t w[2 * CHUNK];
    for (int64_t m; n > 0; n -= m, v += m) {
        m = chunk(n);
        draw_words(d->rng, w, 2 * m);
        twin()->below(v, w, m, (uint64_t)ceil(d->a * 0x1p53));
    }
}

/* ---- loops ----------------------------------------------------------------------------------------
 * STRIDED(loop, type of the chunk, maker, type stored, value stored): where the types are one, so is the value. */
#define STRIDED(name, from, make, to, value)                                                     \
    static void name(char *const *p, const int64_t *stride, int64_t n, const void *draw)         \
    {                                                                                            \
        from chunk_of[CHUNK];                                                                    \
        char *out = p[0];                                                                        \
        if (stride[0] == sizeof(to) && __builtin_types_compatible_p(from, to)) {                 \
            make(draw, (from *)out, n);                                                          \
            return;                                                                              \
        }                                                                                        \
        for (int64_t m; n > 0; n -= m) {                                                         \
            m = chunk(n);                                                                        \
            make(draw, chunk_of, m);                                                             \
            if (stride[0] == sizeof(to))                                                         \
                for (int64_t i = 0; i < m; i++) {                                                \
                    from v = chunk_of[i];                                                        \
                    ((to *)out)[i] = (to)(value);                                                \
                }                                                                                \
            else                                                                                 \
                for (int64_t i = 0; i < m; i++) {                                                \
                    from v = chunk_of[i];                                                        \
                    *(to *)(out + i * stride[0]) = (to)(value);                                  \
                }                                                                                \
            out += m * stride[0];                                                                \
        }                                                                                        \
    }
#define HALVES(name, from)                                                                       \
    STRIDED(name##_f16, from, make_##name, uint16_t, half_from_float((float)v))                  \
    STRIDED(name##_bf16, from, make_##name, uint16_t, bfloat_from_float((float)v))
#define FLOATS(name)                                                                             \
    STRIDED(name##_f32, double, make_##name, float, v)                                           \
    STRIDED(name##_f64, double, make_##name, double, v)                                          \
    HALVES(name, double)                                                                         \
    k_loop *const k_##name[DT_COUNT] = {[DT_F16] = name##_f16, [DT_BF16] = name##_bf16, [DT_F32] = name##_f32, [DT_F64] = name##_f64};
#define ALL(name, from)                                                                          \
    STRIDED(name##_bool, from, make_##name, uint8_t, v != 0)                                     \
    STRIDED(name##_u8, from, make_##name, uint8_t, v)                                            \
    STRIDED(name##_i32, from, make_##name, int32_t, v)                                           \
    STRIDED(name##_i64, from, make_##name, int64_t, v)                                           \
    STRIDED(name##_f32, from, make_##name, float, v)                                             \
    STRIDED(name##_f64, from, make_##name, double, v)                                            \
    HALVES(name, from)
#define TABLE(name)                                                                              \
    {[DT_BOOL] = name##_bool, [DT_U8] = name##_u8,   [DT_I32] = name##_i32,                      \
     [DT_I64] = name##_i64,   [DT_F16] = name##_f16, [DT_BF16] = name##_bf16,                    \
     [DT_F32] = name##_f32,   [DT_F64] = name##_f64}

FLOATS(normal)
FLOATS(log_normal)
FLOATS(exponential)
FLOATS(cauchy)
ALL(range, int64_t)
ALL(bernoulli, int32_t)
k_loop *const k_random_range[DT_COUNT] = TABLE(range);
k_loop *const k_bernoulli[DT_COUNT] = TABLE(bernoulli);

/* Numbers on their way through a chunk. */
#define PASS(D)                                                                                  \
    static void take_##D(const char *from, int64_t stride, int64_t n, number_##D *to)            \
    {                                                                                            \
        if (stride == sizeof *to)                                                                \
            memcpy(to, from, (size_t)n * sizeof *to);                                            \
        else                                                                                     \
            for (int64_t i = 0; i < n; i++)                                                      \
                to[i] = *(const number_##D *)(from + i * stride);                                \
    }                                                                                            \
    static void give_##D(const number_##D *from, char *to, int64_t stride, int64_t n)            \
    {                                                                                            \
        if (stride == sizeof *from)                                                              \
            memcpy(to, from, (size_t)n * sizeof *from);                                          \
        else                                                                                     \
            for (int64_t i = 0; i < n; i++)                                                      \
                *(number_##D *)(to + i * stride) = from[i];                                      \
    }
PASS(F32)
PASS(F64)
#define take_F16(...) half_widen(DT_F16, __VA_ARGS__)
#define give_F16(...) half_narrow(DT_F16, __VA_ARGS__)
#define take_BF16(...) half_widen(DT_BF16, __VA_ARGS__)
#define give_BF16(...) half_narrow(DT_BF16, __VA_ARGS__)
static void note(const int32_t *kept, int64_t n, char *to, int64_t stride)
{
    if (stride == 1)
        for (int64_t i = 0; i < n; i++)
            to[i] = (char)kept[i];
    else
        for (int64_t i = 0; i < n; i++)
            to[i * stride] = (char)kept[i];
}
#define DROPOUT(D)                                                                               \
    static void dropout_##D(char *const *p, const int64_t *s, int64_t n, const void *draw)       \
    {                                                                                            \
        const k_draw *d = draw;                                                                  \
        const number_##D scale = (number_##D)d->b;                                               \
        int32_t kept[CHUNK];                                                                     \
        number_##D x[CHUNK];                                                                     \
        for (int64_t at = 0, m; at < n; at += m) {                                               \
            m = chunk(n - at);                                                                   \
            make_bernoulli(d, kept, m);                                                          \
            take_##D(p[1] + at * s[1], s[1], m, x);                                              \
            for (int64_t i = 0; i < m; i++)                                                      \
                x[i] *= (number_##D)kept[i] * scale;                                             \
            give_##D(x, p[0] + at * s[0], s[0], m);                                              \
            if (d->noted)                                                                        \
                note(kept, m, p[2] + at * s[2], s[2]);                                           \
        }                                                                                        \
    }
DROPOUT(F16)
DROPOUT(BF16)
DROPOUT(F32)
DROPOUT(F64)
k_loop *const k_dropout[DT_COUNT] = {[DT_F16] = dropout_F16, [DT_BF16] = dropout_BF16, [DT_F32] = dropout_F32, [DT_F64] = dropout_F64};

STRIDED(geometric_u8, double, make_geometric, uint8_t, to_i32_F64(v))
STRIDED(geometric_i32, double, make_geometric, int32_t, to_i32_F64(v))
STRIDED(geometric_i64, double, make_geometric, int64_t, to_i64_F64(v))
STRIDED(geometric_f32, double, make_geometric, float, v)
STRIDED(geometric_f64, double, make_geometric, double, v)
HALVES(geometric, double)
k_loop *const k_geometric[DT_COUNT] = {
    [DT_F16] = geometric_f16, [DT_BF16] = geometric_bf16,
    [DT_U8] = geometric_u8,   [DT_I32] = geometric_i32, [DT_I64] = geometric_i64,
    [DT_F32] = geometric_f32, [DT_F64] = geometric_f64};

static void make_uniform_f32(const k_draw *d, float *v, int64_t n)
{
    uniform_f32(d->rng, v, n, (float)d->a, (float)d->b);
}
STRIDED(uniform_of_f32, float, make_uniform_f32, float, v)
STRIDED(uniform_of_f64, double, make_uniform, double, v)
/* Rounded; what rounding brings to the upper bound becomes the lower one. */
#define UNIFORM_HALF(name, D)                                                                    \
    static uint16_t rounded_##D(const k_draw *d, float v)                                        \
    {                                                                                            \
        uint16_t x = store_##D(v);                                                               \
        return load_##D(x) == load_##D(store_##D((float)d->b)) ? store_##D((float)d->a) : x;     \
    }                                                                                            \
    STRIDED(name, float, make_uniform_f32, uint16_t, rounded_##D(draw, v))
UNIFORM_HALF(uniform_f16, F16)
UNIFORM_HALF(uniform_bf16, BF16)
k_loop *const k_uniform[DT_COUNT] = {[DT_F16] = uniform_f16, [DT_BF16] = uniform_bf16, [DT_F32] = uniform_of_f32, [DT_F64] = uniform_of_f64};

/* Probabilities from a second operand, in their own precision (halves': float32). */
#define BERNOULLI_OF(name, D, P, draw_value)                                                     \
    static void name(char *const *p, const int64_t *stride, int64_t n, const void *draw)         \
    {                                                                                            \
        ct_rng *g = ((const k_draw *)draw)->rng;                                                 \
        for (int64_t i = 0; i < n; i++)                                                          \
            *(stored_##D *)(p[0] + i * stride[0]) =                                              \
                store_##D(draw_value < load_##P(*(const stored_##P *)(p[1] + i * stride[1])));   \
    }
#define BERNOULLI_OF_ALL(name, P, draw_value)                                                    \
    BERNOULLI_OF(name##_bool, BOOL, P, draw_value)                                               \
    BERNOULLI_OF(name##_u8, U8, P, draw_value)                                                   \
    BERNOULLI_OF(name##_i32, I32, P, draw_value)                                                 \
    BERNOULLI_OF(name##_i64, I64, P, draw_value)                                                 \
    BERNOULLI_OF(name##_f16, F16, P, draw_value)                                                 \
    BERNOULLI_OF(name##_bf16, BF16, P, draw_value)                                               \
    BERNOULLI_OF(name##_f32, F32, P, draw_value)                                                 \
    BERNOULLI_OF(name##_f64, F64, P, draw_value)
#define DRAW_F32 ((float)(int32_t)(ct_rng_u32(g) & 0xffffffu) * 0x1p-24f)
BERNOULLI_OF_ALL(of_f16, F16, DRAW_F32)
BERNOULLI_OF_ALL(of_bf16, BF16, DRAW_F32)
BERNOULLI_OF_ALL(of_f32, F32, DRAW_F32)
BERNOULLI_OF_ALL(of_f64, F64, draw_unit(g))
k_loop *const k_bernoulli_of[DT_COUNT][DT_COUNT] = {
    [DT_F16] = TABLE(of_f16), [DT_BF16] = TABLE(of_bf16), [DT_F32] = TABLE(of_f32), [DT_F64] = TABLE(of_f64)};

/* ---- normals in blocks of 16 ------------------------------------------------------------------- */
/* What is left over after whole blocks is not drawn short: the last 16 places are drawn afresh. */
void k_normal_f32(ct_rng *g, float *out, int64_t n, double mean, double std)
{
    uniform_f32(g, out, n, 0, 1);
    twin()->normal16(out, n / 16, (float)mean, (float)std);
    if (n % 16) {
        uniform_f32(g, out + n - 16, 16, 0, 1);
        twin()->normal16(out + n - 16, 1, (float)mean, (float)std);
    }
}

/* Blocks in float32, each rounded; places behind whole blocks are not drawn before the last 16 are. */
void k_normal_half(ct_rng *g, ct_dtype half, char *out, int64_t n, double mean, double std)
{
    float block[16];
    for (int64_t i = 0; i < n; i += 16) {
        int64_t at = i + 16 <= n ? i : n - 16;
        k_normal_f32(g, block, 16, mean, std);
        half_narrow(half, block, out + at * 2, 2, 16);
    }
}

static void normal16_f64(double *x, int64_t blocks, double mean, double std)
{
    for (; blocks > 0; blocks--, x += 16)
        for (int i = 0; i < 8; i++) {
            double radius = sqrt(-2 * log(1 - x[i])), theta = TWO_PI * x[i + 8];
            x[i] = fma(radius * cos(theta), std, mean);
            x[i + 8] = fma(radius * sin(theta), std, mean);
        }
}

void k_normal_f64(ct_rng *g, double *out, int64_t n, double mean, double std)
{
    uniform_f64(g, out, n, 0, 1);
    normal16_f64(out, n / 16, mean, std);
    if (n % 16) {
        uniform_f64(g, out + n - 16, 16, 0, 1);
        normal16_f64(out + n - 16, 1, mean, std);
    }
}

/* ---- permutations, weighted choice --------------------------------------------------------------- */
/* Fisher-Yates from the front with 32-bit draws; from (2^32 - 1) / 20 elements on, the inside-out form with 64. Where to
 * exchange is known a block ahead, so that memory is asked in time. */
#define EXCHANGE(type, at, with)                                                                 \
    do {                                                                                         \
        type *x = (type *)(out + (at) * stride), *y = (type *)(out + (with) * stride), held = *x; \
        *x = *y;                                                                                 \
        *y = held;                                                                               \
    } while (0)
typedef struct permutation { ct_rng *rng; char *out; int64_t stride, n; } permutation;
#define PERMUTE(D, type, as_number)                                                              \
    static void count_##D(void *work, int64_t begin, int64_t end)                                \
    {                                                                                            \
        const permutation *p = work;                                                             \
        for (int64_t i = begin; i < end; i++)                                                    \
            *(type *)(p->out + i * p->stride) = (type)as_number(i);                              \
    }                                                                                            \
    static void permute_##D(void *work, int64_t begin, int64_t end)                              \
    {                                                                                            \
        const permutation *p = work;                                                             \
        char *out = p->out;                                                                      \
        const int64_t stride = p->stride, n = p->n, last = end < n ? end : n - 1;                \
        if (n >= UINT32_MAX / 20)                                                                \
            for (int64_t i = begin; i < end; i++)                                                \
                EXCHANGE(type, i, (int64_t)(ct_rng_u64(p->rng) % (uint64_t)(i + 1)));            \
        else                                                                                     \
            for (int64_t i = begin, m; i < last; i += m) {                                       \
                uint32_t ahead[CHUNK + AHEAD] = {0};                                             \
                m = chunk(last - i);                                                             \
                draw_places(p->rng, ahead, m, (uint32_t)(n - i));                                \
                for (int64_t k = 0; k < m; k++) {                                                \
                    __builtin_prefetch(out + (i + k + AHEAD + ahead[k + AHEAD]) * stride, 1);    \
                    EXCHANGE(type, i + k, i + k + ahead[k]);                                     \
                }                                                                                \
            }                                                                                    \
    }
PERMUTE(U8, uint8_t, )
PERMUTE(I32, int32_t, )
PERMUTE(I64, int64_t, )
PERMUTE(F16, uint16_t, half_from_float)
PERMUTE(BF16, uint16_t, bfloat_from_float)
PERMUTE(F32, float, )
PERMUTE(F64, double, )
#define EACH(name) {[DT_U8] = name##_U8, [DT_I32] = name##_I32, [DT_I64] = name##_I64, [DT_F16] = name##_F16, [DT_BF16] = name##_BF16, [DT_F32] = name##_F32, [DT_F64] = name##_F64}
static ct_piece *const count[DT_COUNT] = EACH(count), *const permute[DT_COUNT] = EACH(permute);

void k_randperm(ct_rng *g, ct_dtype dtype, char *out, int64_t stride, int64_t n)
{
    enum { PIECE = 1 << 16 };
    permutation p = {g, out, stride, n};
    ct_share(n, PIECE, 1, count[dtype], &p);
    ct_share(n, PIECE, 1, permute[dtype], &p);
}

/* Running sums in the weights' own precision, divided by the total; the last is 1 by decree. The first sum not below
 * the draw wins. */
#define MULTINOMIAL(name, type)                                                                  \
    void name(ct_rng *g, const k_weights *w, char *out, int64_t stride, int64_t samples)         \
    {                                                                                            \
        type *sums = w->sums, total = 0;                                                         \
        for (int64_t i = 0; i < w->categories; i++)                                              \
            sums[i] = total += *(const type *)(w->data + i * w->stride);                         \
        for (int64_t i = 0; i < w->categories; i++)                                              \
            sums[i] /= total;                                                                    \
        sums[w->categories - 1] = 1;                                                             \
        for (int64_t s = 0; s < samples; s++, out += stride) {                                   \
            double u = draw_unit(g);                                                             \
            int64_t low = 0, high = w->categories;                                               \
            while (low < high) {                                                                 \
                int64_t middle = low + (high - low) / 2;                                         \
                if (sums[middle] < u)                                                            \
                    low = middle + 1;                                                            \
                else                                                                             \
                    high = middle;                                                               \
            }                                                                                    \
            *(int64_t *)out = low;                                                               \
        }                                                                                        \
    }
MULTINOMIAL(k_multinomial_f32, float)
MULTINOMIAL(k_multinomial_f64, double)
