/* random: golden draws of PyTorch (tests/golden/make_random.py says what a cell is), states, order of draws; the
 * base and the wide loops alike. */
#include "kernel/random.h"
#include "check.h"
#include <math.h>
#include <string.h>

typedef struct golden_row {
    const char *kind;
    int exact_from, seed; /* size from which cells are hashes; index of the seed */
    uint64_t cell[16];
} golden_row;
#include "../golden/random.h"

static const uint64_t seeds[] = {GOLDEN_SEEDS};
static const int sizes[] = {GOLDEN_SIZES};
enum { N_SIZES = sizeof sizes / sizeof *sizes, LARGEST = 1000, STEP = 2 };

static _Alignas(64) char out[LARGEST * STEP * 8], packed[LARGEST * 8], weights[LARGEST * 8], sums[LARGEST * 8];

/* ---- one draw of each kind, into out; returns how many values it made ---- */
static int strided(k_loop *loop, k_draw d, int64_t stride, int n)
{
    char *p[] = {out, weights};
    loop(p, (int64_t[]){stride, 0}, n, &d);
    return n;
}

static int uniform(ct_rng *g, ct_dtype t, double a, double b, int step, int n)
{
    return strided(k_uniform[t], (k_draw){.rng = g, .a = a, .b = b}, step * dtype_bytes(t), n);
}

static int normal(ct_rng *g, ct_dtype t, double mean, double std, int step, int n)
{
    if (n < 16 || step > 1)
        return strided(k_normal[t], (k_draw){.rng = g, .a = mean, .b = std}, step * dtype_bytes(t), n);
    if (t == DT_F32)
        k_normal_f32(g, (float *)out, n, mean, std);
    else
        k_normal_f64(g, (double *)out, n, mean, std);
    return n;
}

static int range(k_draw d, ct_dtype t, int n) { return strided(k_random_range[t], d, dtype_bytes(t), n); }

static int bernoulli_of(ct_rng *g, ct_dtype t, int n)
{
    for (int i = 0; i < n; i++)
        if (t == DT_F32)
            ((float *)weights)[i] = (float)(i % 8) / 8;
        else
            ((double *)weights)[i] = i % 8 / 8.0;
    char *p[] = {out, weights};
    k_bernoulli_of[t][DT_F32](p, (int64_t[]){4, dtype_bytes(t)}, n, &(k_draw){.rng = g});
    return n;
}

static int multinomial(ct_rng *g, ct_dtype t, int n)
{
    for (int i = 0; i < n; i++)
        if (t == DT_F32)
            ((float *)weights)[i] = (float)(1 + i % 5);
        else
            ((double *)weights)[i] = 1 + i % 5;
    k_weights w = {weights, dtype_bytes(t), n, sums};
    if (n)
        (t == DT_F32 ? k_multinomial_f32 : k_multinomial_f64)(g, &w, out, 8, 40);
    return n ? 40 : 0;
}

static int randperm(ct_rng *g, int n)
{
    k_randperm(g, DT_I64, out, 8, n);
    return n;
}

#define KINDS                                                                                       \
    KIND(uniform_f32, F32, 1, uniform(g, t, 0, 1, 1, n))                                            \
    KIND(uniform_f32_ab, F32, 1, uniform(g, t, -0.3, 2.5, 1, n))                                    \
    KIND(uniform_f32_strided, F32, STEP, uniform(g, t, -0.3, 2.5, STEP, n))                         \
    KIND(uniform_f64, F64, 1, uniform(g, t, 0, 1, 1, n))                                            \
    KIND(uniform_f64_ab, F64, 1, uniform(g, t, -3, 1e3, 1, n))                                      \
    KIND(normal_f32, F32, 1, normal(g, t, 0, 1, 1, n))                                              \
    KIND(normal_f32_ms, F32, 1, normal(g, t, 1.5, 0.02, 1, n))                                      \
    KIND(normal_f32_strided, F32, STEP, normal(g, t, 1.5, 0.5, STEP, n))                            \
    KIND(normal_f64, F64, 1, normal(g, t, 1.5, 0.5, 1, n))                                          \
    KIND(normal_f64_strided, F64, STEP, normal(g, t, 0, 1, STEP, n))                                \
    KIND(log_normal_f64, F64, 1, strided(k_log_normal[t], (k_draw){.rng = g, .a = 0.25, .b = 0.5}, 8, n)) \
    KIND(exponential_f64, F64, 1, strided(k_exponential[t], (k_draw){.rng = g, .a = 2.5}, 8, n))    \
    KIND(cauchy_f64, F64, 1, strided(k_cauchy[t], (k_draw){.rng = g, .a = 0.25, .b = 2}, 8, n))     \
    KIND(geometric_f64, F64, 1, strided(k_geometric[t], (k_draw){.rng = g, .a = 0.3}, 8, n))        \
    KIND(bernoulli_u8, U8, 1, strided(k_bernoulli[t], (k_draw){.rng = g, .a = 0.3}, 1, n))          \
    KIND(bernoulli_of_f32, F32, 1, bernoulli_of(g, DT_F32, n))                                      \
    KIND(bernoulli_of_f64, F32, 1, bernoulli_of(g, DT_F64, n))                                      \
    KIND(range_i64, I64, 1, range(k_draw_between(g, -5, 4), t, n))                                  \
    KIND(range_i64_wide, I64, 1, range(k_draw_between(g, -(1ll << 40), (1ll << 35) + 6), t, n))     \
    KIND(range_i32, I32, 1, range(k_draw_between(g, 0, (1 << 28) - 1), t, n))                       \
    KIND(any_bool, BOOL, 1, range(k_draw_any(g, t), t, n))                                          \
    KIND(any_i32, I32, 1, range(k_draw_any(g, t), t, n))                                            \
    KIND(any_i64, I64, 1, range(k_draw_any(g, t), t, n))                                            \
    KIND(any_f32, F32, 1, range(k_draw_any(g, t), t, n))                                            \
    KIND(any_f64, F64, 1, range(k_draw_any(g, t), t, n))                                            \
    KIND(all_i64, I64, 1, range(k_draw_between(g, INT64_MIN, INT64_MAX), t, n))                     \
    KIND(randperm, I64, 1, randperm(g, n))                                                          \
    KIND(multinomial_f32, I64, 1, multinomial(g, DT_F32, n))                                        \
    KIND(multinomial_f64, I64, 1, multinomial(g, DT_F64, n))

#define KIND(name, dtype, step, draw)                       \
    static int draw_##name(ct_rng *g, int n)                \
    {                                                       \
        const ct_dtype t = DT_##dtype;                      \
        (void)t;                                            \
        return draw;                                        \
    }
KINDS
#undef KIND

static const struct kind {
    const char *name;
    ct_dtype dtype; /* of out */
    int step;
    int (*draw)(ct_rng *g, int n);
} kinds[] = {
#define KIND(name, dtype, step, draw) {#name, DT_##dtype, step, draw_##name},
    KINDS
#undef KIND
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

/* ---- cells ---- */
static uint64_t fnv(const void *data, size_t n, uint64_t hash)
{
    for (const uint8_t *p = data; n > 0; n--)
        hash = (hash ^ *p++) * 0x100000001b3u;
    return hash;
}
static const uint64_t FNV = 0xcbf29ce484222325u;

static uint64_t exact_cell(const struct kind *k, int made, uint32_t after)
{
    size_t bytes = (size_t)dtype_bytes(k->dtype);
    for (int i = 0; i < made; i++)
        memcpy(packed + i * bytes, out + i * bytes * (size_t)k->step, bytes);
    return fnv(&after, sizeof after, fnv(packed, made * bytes, FNV));
}

/* libm differs by an ulp or two from one system to another, so sums are compared within rounding. */
static bool near_cell(const struct kind *k, int made, uint32_t after, uint64_t cell)
{
    bool single = k->dtype == DT_F32;
    double want, total = (double)after / GOLDEN_MODULUS, size = 1;
    memcpy(&want, &cell, sizeof want);
    for (int i = 0; i < made; i++) {
        double x = single ? ((float *)out)[i * k->step] : ((double *)out)[i * k->step];
        total += (i % 7 + 1) * x;
        size += (i % 7 + 1) * fabs(x);
    }
    return fabs(total - want) <= size * (single ? 1e-7 : 1e-14);
}

static void test_row(const struct kind *k, const golden_row *row)
{
    for (int s = 0; s < N_SIZES; s++) {
        ct_rng g;
        ct_rng_seed(&g, seeds[row->seed]);
        int made = k->draw(&g, sizes[s]);
        uint32_t after = ct_rng_u32(&g) % GOLDEN_MODULUS;
        bool exact = sizes[s] >= row->exact_from;
        CHECK(exact ? exact_cell(k, made, after) == row->cell[s] : near_cell(k, made, after, row->cell[s]),
              "%s, %s loops: %d values of seed %llu differ from PyTorch's", k->name, K->name, sizes[s],
              (unsigned long long)seeds[row->seed]);
    }
}

static void test_golden(void)
{
    size_t rows = sizeof golden_rows / sizeof *golden_rows;
    CHECK(rows == N_KINDS * (sizeof seeds / sizeof *seeds), "kinds of draws without golden rows, or the reverse");
    for (size_t r = 0; r < rows; r++) {
        int k = 0;
        while (k < N_KINDS && strcmp(kinds[k].name, golden_rows[r].kind))
            k++;
        CHECK(k < N_KINDS, "no draw is called %s", golden_rows[r].kind);
        if (k < N_KINDS)
            test_row(&kinds[k], &golden_rows[r]);
    }
}

/* ---- engine and state ---- */
static void test_engine(void)
{
    ct_rng g;
    uint32_t last = 0;
    ct_rng_seed(&g, 5489); /* the known answer of the C++ standard, [rand.predef] */
    for (int i = 0; i < 10000; i++)
        last = ct_rng_u32(&g);
    CHECK(last == 4123659995u, "draw 10000 of the default seed is %u", last);
    ct_rng h;
    ct_rng_seed(&h, 1);
    ct_rng_seed(&g, (1ull << 32) + 1);
    CHECK(ct_rng_u64(&h) == ct_rng_u64(&g) && ct_rng_initial_seed(&g) == (1ull << 32) + 1, "seed beyond 32 bits");

    ct_rng_seed(&g, 0);
    uniform(&g, DT_F32, 0, 1, 1, 3);
    float *x = (float *)out;
    CHECK(fabsf(x[0] - 0.4963f) < 1e-4f && fabsf(x[1] - 0.7682f) < 1e-4f && fabsf(x[2] - 0.0885f) < 1e-4f, "rand(3) of seed 0");
}

static uint64_t state_hash(const ct_rng *g)
{
    uint8_t state[CT_RNG_STATE_BYTES];
    ct_rng_get_state(g, state);
    return fnv(state, sizeof state, FNV);
}

static void test_state(void)
{
    ct_rng g, h;
    uint8_t state[CT_RNG_STATE_BYTES], again[CT_RNG_STATE_BYTES];
    ct_rng_seed(&g, 42);
    CHECK(state_hash(&g) == GOLDEN_SEEDED, "state after seeding");
    uniform(&g, DT_F32, 0, 1, 1, 10);
    CHECK(state_hash(&g) == GOLDEN_DRAWN, "state after 10 words");
    uniform(&g, DT_F32, 0, 1, 1, 614);
    CHECK(state_hash(&g) == GOLDEN_SPENT, "state after 624 words");

    normal(&g, DT_F64, 0, 1, 1, 3); /* leaves a cached normal */
    ct_rng_get_state(&g, state);
    CHECK(g.has_normal && state[5040] == 1 && !memcmp(state + 5024, &g.normal, 8), "the cached normal is not in the state");
    CHECK(ct_rng_set_state(&h, state) == 0, "own state refused");
    ct_rng_get_state(&h, again);
    CHECK(!memcmp(state, again, sizeof state), "state changed by a round trip");
    normal(&g, DT_F64, 0, 1, 1, 5);
    memcpy(packed, out, 40);
    normal(&h, DT_F64, 0, 1, 1, 5);
    CHECK(!memcmp(packed, out, 40) && ct_rng_u32(&g) == ct_rng_u32(&h), "draws differ after a round trip");

    state[5048] = 0xff, state[5052] = 1; /* a cached single-precision normal is carried along */
    CHECK(ct_rng_set_state(&h, state) == 0, "state with two cached normals refused");
    ct_rng_get_state(&h, again);
    CHECK(!memcmp(state, again, sizeof state), "cached single-precision normal lost");
}

static void refuse(const ct_rng *g, int at, int32_t value, const char *what)
{
    uint8_t state[CT_RNG_STATE_BYTES];
    ct_rng h = *g;
    ct_rng_get_state(g, state);
    memcpy(state + at, &value, 4);
    CHECK(ct_rng_set_state(&h, state) == -1, "%s = %d accepted", what, (int)value);
    CHECK(state_hash(&h) == state_hash(g), "a refused state changed the generator");
}

static void test_malformed(void)
{
    ct_rng g;
    ct_rng_seed(&g, 1);
    ct_rng_u32(&g);
    for (int32_t left = -1; left <= 0; left++)
        refuse(&g, 8, left, "left");
    refuse(&g, 8, 625, "left");
    refuse(&g, 12, 0, "seeded");
    refuse(&g, 16, 625, "next");
    refuse(&g, 16, 2, "next"); /* left = 624 words from there would end past the vector */
    refuse(&g, 16, -1, "next");
}

/* ---- the rest ---- */
static void test_edges(void)
{
    ct_rng g;
    ct_rng_seed(&g, 3);
    uniform(&g, DT_F32, 1, 1 + 0x1p-23, 1, LARGEST);
    for (int i = 0; i < LARGEST; i++)
        CHECK(((float *)out)[i] == 1, "uniform_ gave its upper bound");
    uniform(&g, DT_F64, 1e16, 1e16 + 2, 1, LARGEST);
    for (int i = 0; i < LARGEST; i++)
        CHECK(((double *)out)[i] == 1e16, "uniform_ gave its upper bound");
    normal(&g, DT_F32, 3, 0, 1, LARGEST);
    for (int i = 0; i < LARGEST; i++)
        CHECK(((float *)out)[i] == 3, "normal_ with std 0");
    CHECK(k_random_from(DT_F32, (1 << 25) + 1) == (1 << 25) + 4 && k_random_to(DT_F32, (1 << 26) - 1) == (1 << 26) - 4,
          "bounds of random_ in float32");
    CHECK(k_random_from(DT_F64, INT64_MIN) == INT64_MIN && k_random_to(DT_I64, INT64_MIN) == INT64_MIN, "bounds at INT64_MIN");
    CHECK(k_random_top(DT_U8) == 255 && k_random_top(DT_F64) == 1ll << 53 && k_random_top(DT_I64) == INT64_MAX, "tops");
}

static void test_order(void)
{
    k_nd nd = {.ndim = 3, .nop = 2, .size = {3, 1, 4}, .stride = {{4, 999, 12}, {0, 0, 8}}};
    k_draw_order(&nd);
    CHECK(nd.size[2] == 3 && nd.stride[0][2] == 4 && nd.stride[1][2] == 0, "the output's smallest stride is not innermost");
    k_nd tie = {.ndim = 2, .nop = 1, .size = {2, 5}, .stride = {{4, 4}}};
    k_draw_order(&tie);
    CHECK(tie.size[0] == 5 && tie.size[1] == 2, "of equal strides the shorter dimension is not innermost");
}

int main(void)
{
    static const char *const names[] = {"base", "avx2", "avx512"};
    test_engine();
    test_state();
    test_malformed();
    for (int i = 0; i < 3; i++) {
        k_choose(names[i]);
        if (i > 0 && strcmp(K->name, names[i]))
            continue;
        test_golden();
        test_edges();
    }
    test_order();
    printf("random: %d checks, %d failures\n", checks, failures);
    return failures != 0;
}
