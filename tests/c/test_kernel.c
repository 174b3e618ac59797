/* kernel: every loop in every form against its general form and across instruction sets; the walk against indexing. */
#include "base/half.h"
#include "kernel/half.h"
#include "check.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

extern const k_isa k_isa_base;
static const k_isa *isas[3];
static int n_isa;

static uint64_t draw_bits(void)
{
    draw(0, 0);
    return seed;
}

/* ---- operands: a buffer big enough for any stride used here, filled with ordinary and special values ---- */
enum { N = 67, ROOM = 3 * N * 8 + 64 };
static void fill_values(char *p, ct_dtype d)
{
    static const double special[] = {0.0, -0.0, 1, -1, INFINITY, -INFINITY, NAN, 1e-40, 0.5, 1.5, 2.5, -2.5, 3e9, -3e9, 1e19, 255.5};
    for (int i = 0; i < ROOM / 8; i++) {
        uint64_t r = draw_bits();
        double x = r & 1 ? special[(r >> 8) % 16] : (double)(int64_t)(r >> 11) * 0x1p-52 * 16 - 8;
        float f = (float)x;
        int64_t z = r & 2 ? (int64_t)(r >> 3) % 9 - 4 : r & 4 ? INT64_MIN : r & 8 ? INT32_MIN : (int64_t)r;
        int32_t w = (int32_t)(r & 16 ? z : z >> 32);
        char *q = p + i * 8;
        switch (d) {
        case DT_BOOL: for (int k = 0; k < 8; k++) q[k] = (char)(r >> k & 1); break;
        case DT_U8: memcpy(q, &z, 8); break;
        case DT_I32: memcpy(q, &w, 4); memcpy(q + 4, &z, 4); break;
        case DT_I64: memcpy(q, &z, 8); break;
        case DT_F16: case DT_BF16:
            for (int k = 0; k < 4; k++) {
                uint16_t half = r & 1 ? d == DT_F16 ? half_from_float(f) : bfloat_from_float(f) : (uint16_t)(r >> 16 * k);
                memcpy(q + 2 * k, &half, 2);
            }
            break;
        case DT_F32: memcpy(q, &f, 4); f = -f * 0.75f; memcpy(q + 4, &f, 4); break;
        default: memcpy(q, &x, 8);
        }
    }
}

/* ---- one loop in many forms. Item sizes are those of output and inputs; every form is also computed one
 * element at a time by the base loop with odd strides, which is the general body. ---- */
typedef struct form { int64_t step[4]; } form; /* in items: 1 contiguous, 0 standing, 2 strided, -1 reversed */
static const form forms[] = {
    {{1, 1, 1, 1}}, {{1, 0, 1, 1}}, {{1, 1, 0, 1}}, {{1, 1, 1, 0}}, {{1, 1, 0, 0}}, {{1, 0, 0, 0}}, {{2, 1, 1, 1}}, {{1, 2, 1, 1}},
    {{1, 1, 2, 1}}, {{-1, 1, 1, 1}}, {{1, -1, 1, 1}}, {{1, 1, -1, 2}}, {{2, -2, 0, -1}}, {{3, 2, 3, 2}}, {{-1, -1, -1, -1}}};

static void reference(k_loop *loop, char **p, const int64_t *stride, int nop, int64_t n, const void *param)
{
    static const int64_t none[K_MAXOP] = {8, 24, 24, 24, 24}; /* no fast body: neither 0 nor an item */
    for (int64_t i = 0; i < n; i++) {
        char *q[K_MAXOP];
        for (int k = 0; k < nop; k++)
            q[k] = p[k] + i * stride[k];
        loop(q, none, 1, param);
    }
}

/* Rows that evaluate each 128 contiguous bytes otherwise than single elements (FORM_OF of isa.inc). */
static int64_t block_of(const char *what, const ct_dtype *types, int nop, const int64_t *stride)
{
    static const char *const names[] = {"exp2", "sinh", "cosh", "atanh", "sigmoid", "pow", "atan2", "pow_scalar", "logaddexp", "hypot"};
    int64_t item = dtype_bytes(types[0]);
    bool moves = false;
    if (!dtype_is_float(types[0]) || stride[0] != item)
        return 0;
    for (int k = 1; k < nop; k++) {
        if (stride[k] != item && (stride[k] != 0 || nop == 2))
            return 0;
        moves |= stride[k] != 0;
    }
    for (size_t i = 0; moves && i < sizeof names / sizeof *names; i++)
        if (!strcmp(what, names[i]))
            return 128 / item;
    return 0;
}

/* The same bytes, where any NaN equals any other: their signs are the hardware's choice. */
static bool same(const char *a, const char *b, ct_dtype d)
{
    if (d == DT_F32)
        for (int i = 0; i < ROOM / 4; i++) {
            const float *x = (const float *)a + i, *y = (const float *)b + i;
            if (memcmp(x, y, 4) && !(*x != *x && *y != *y))
                return false;
        }
    if (dtype_is_half(d))
        for (int i = 0; i < ROOM / 2; i++) {
            float x = half_load(d, a + 2 * i), y = half_load(d, b + 2 * i);
            if (memcmp(a + 2 * i, b + 2 * i, 2) && !(x != x && y != y))
                return false;
        }
    if (d == DT_F64)
        for (int i = 0; i < ROOM / 8; i++) {
            const double *x = (const double *)a + i, *y = (const double *)b + i;
            if (memcmp(x, y, 8) && !(*x != *x && *y != *y))
                return false;
        }
    return dtype_is_float(d) || !memcmp(a, b, ROOM);
}

static void check_loop(const char *what, const ct_dtype *types, int nop, k_loop *const *loops, const void *param)
{
    static _Alignas(64) char in[K_MAXOP][ROOM], want[ROOM], got[ROOM];
    for (int k = 1; k < nop; k++)
        fill_values(in[k], types[k]);
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++)
        for (int64_t n = 0; n <= N; n += n < 20 ? 1 : 47) {
            char *p[K_MAXOP];
            int64_t stride[K_MAXOP];
            for (int k = 0; k < nop; k++) {
                int64_t item = dtype_bytes(types[k]), step = forms[f].step[k];
                stride[k] = step * item;
                p[k] = (k ? in[k] : want) + (step < 0 ? (N - 1) * -step * item : 0);
            }
            memset(want, 0x5a, ROOM);
            char *q[K_MAXOP];
            int64_t block = block_of(what, types, nop, stride), i0 = 0;
            memcpy(q, p, sizeof p);
            for (; block && i0 + block <= n; i0 += block) {
                loops[0](q, stride, block, param);
                for (int k = 0; k < nop; k++)
                    q[k] += block * stride[k];
            }
            reference(loops[0], q, stride, nop, n - i0, param);
            for (int i = 0; i < n_isa; i++) {
                memset(got, 0x5a, ROOM);
                p[0] = got + (p[0] - (i ? got : want));
                loops[i](p, stride, n, param);
                CHECK(same(got, want, types[0]), "%s %s: form %zu, n %d: differs from the scalar loop", isas[i]->name, what, f, (int)n);
            }
        }
}

#define COLLECT(field)                             \
    k_loop *loops[3];                              \
    for (int i = 0; i < n_isa; i++)                \
        loops[i] = isas[i]->field;                 \
    if (!loops[0])                                 \
        continue

static void test_rows(void)
{
    static const char *const unary[] = {
#define UNARY(name, ...) #name,
#include "table/unary.def"
#undef UNARY
    }, *const binary[] = {
#define BINARY(name, ...) #name,
#include "table/binary.def"
#undef BINARY
    };
    for (ct_dtype d = 0; d < DT_COUNT; d++) {
        for (int u = 0; u < U_COUNT; u++) {
            COLLECT(unary[u][d]);
            check_loop(unary[u], (ct_dtype[]){d, d}, 2, loops, NULL);
        }
        for (int b = 0; b < B_COUNT; b++) {
            COLLECT(binary[b][d]);
            check_loop(binary[b], (ct_dtype[]){d, d, d}, 3, loops, NULL);
        }
        for (int t = 0; t < T_COUNT; t++) {
            COLLECT(test[t][d]);
            check_loop("test", (ct_dtype[]){DT_BOOL, d}, 2, loops, NULL);
        }
        for (int c = 0; c < C_COUNT; c++) {
            COLLECT(compare[c][d]);
            check_loop("compare", (ct_dtype[]){DT_BOOL, d, d}, 3, loops, NULL);
        }
    }
}

/* Loops over lines: the same bits as the loop of each line, and nothing written beside it. */
static void test_lines(void)
{
    enum { LINES = 5, WIDE = N + 3 };
    static char in[2][LINES * WIDE * 8 + 8 * 3 * N], got[LINES * WIDE * 8], want[LINES * WIDE * 8];
    static const int64_t moves[][2] = {{1, 1}, {1, 0}, {0, 1}};
    for (int op = 0; op < K_ROWS; op++)
        for (int f = 0; f < 2; f++)
            for (int trial = 0; trial < 60; trial++) {
                ct_dtype d = f ? DT_F64 : DT_F32;
                int64_t item = dtype_bytes(d), n = 1 + (int64_t)draw(0, N - 1), t[3] = {WIDE * item, draw(0, 1) ? WIDE * item : 0, draw(0, 1) ? WIDE * item : 0};
                int64_t s[3] = {item, moves[trial % 3][0] * item, moves[trial % 3][1] * item};
                for (size_t at = 0; at + ROOM <= sizeof *in; at += ROOM)
                    fill_values(in[0] + at, d), fill_values(in[1] + at, d);
                char *p[3] = {got, in[0], in[1]};
                memset(got, 0x55, sizeof got);
                memset(want, 0x55, sizeof want);
                CHECK(K->rows[op][d](p, s, t, n, LINES), "rows of op %d refused", op);
                for (int r = 0; r < LINES; r++)
                    K->binary[op][d]((char *[]){want + r * t[0], p[1] + r * t[1], p[2] + r * t[2]}, s, n, NULL);
                CHECK(!memcmp(got, want, sizeof got), "rows of op %d, %s: differ from lines", op, K->name);
                CHECK(!K->rows[op][d](p, (int64_t[]){item, 2 * item, item}, t, n, LINES), "rows of op %d took strides", op);
            }
}

static void test_others(void)
{
    for (ct_dtype d = 0; d < DT_COUNT; d++) {
        for (ct_dtype to = 0; to < DT_COUNT; to++) {
            COLLECT(cast[d][to]);
            check_loop("cast", (ct_dtype[]){to, d}, 2, loops, NULL);
        }
        { COLLECT(where[d]); check_loop("where", (ct_dtype[]){d, DT_BOOL, d, d}, 4, loops, NULL); }
        { COLLECT(clamp[d]); check_loop("clamp", (ct_dtype[]){d, d, d, d}, 4, loops, NULL); }
        static const double powers[] = {2, 3, 0.5, -0.5, -1, -2, 1, 0, 1.7, -2.5, 7};
        for (size_t i = 0; i < sizeof powers / sizeof *powers; i++)
            if (dtype_is_float(d) || (powers[i] >= 0 && powers[i] == floor(powers[i]))) {
                COLLECT(pow_scalar[d]);
                check_loop("pow_scalar", (ct_dtype[]){d, d}, 2, loops, &powers[i]);
            }
        for (int64_t order = 1; dtype_is_float(d) && order < 6; order++) {
            COLLECT(polygamma[d]);
            check_loop("polygamma", (ct_dtype[]){d, d}, 2, loops, &order);
        }
        { COLLECT(fill[d]); double x = 1.7; check_loop("fill", (ct_dtype[]){d}, 1, loops, &x); }
    }
}

/* ---- halves: every pattern, by each instruction set as by arithmetic, bit for bit ---- */
static void test_halves(void)
{
    static uint16_t bits[1 << 16], back[1 << 16];
    static float wide[1 << 16];
    for (int i = 0; i < 1 << 16; i++)
        bits[i] = (uint16_t)i;
    for (int isa = 0; isa < n_isa; isa++)
        for (ct_dtype d = DT_F16; d <= DT_BF16; d++) {
            isas[isa]->cast[d][DT_F32]((char *[]){(char *)wide, (char *)bits}, (int64_t[]){4, 2}, 1 << 16, NULL);
            for (int i = 0; i < 1 << 16; i++) {
                float want = half_load(d, &bits[i]);
                CHECK(!memcmp(&want, &wide[i], 4), "%s: half %04x widens to %a, not %a", isas[isa]->name, i, wide[i], want);
            }
            for (uint32_t low = 0; low < 0x20000; low += 0xfff) { /* between halves, at both sides of the middle */
                for (int i = 0; i < 1 << 16; i++) {
                    uint32_t word;
                    memcpy(&word, &wide[i], 4);
                    word += low;
                    memcpy(&wide[i], &word, 4);
                }
                isas[isa]->cast[DT_F32][d]((char *[]){(char *)back, (char *)wide}, (int64_t[]){2, 4}, 1 << 16, NULL);
                for (int i = 0; i < 1 << 16; i++) {
                    uint16_t want;
                    half_store(d, &want, wide[i]);
                    CHECK(want == back[i], "%s: %a rounds to %04x, not %04x", isas[isa]->name, wide[i], back[i], want);
                }
            }
        }
}

/* ---- values that PyTorch fixes ---- */
static void test_values(void)
{
    float f[] = {-1.f, 300.7f, NAN, -0.f, 3e9f, INFINITY};
    uint8_t u[6], b[6];
    int32_t w[6];
    int64_t z[6], to_u8[] = {1, 4}, to_i32[] = {4, 4}, to_i64[] = {8, 4};
    K->cast[DT_F32][DT_U8]((char *[]){(char *)u, (char *)f}, to_u8, 6, NULL);
    K->cast[DT_F32][DT_BOOL]((char *[]){(char *)b, (char *)f}, to_u8, 6, NULL);
    K->cast[DT_F32][DT_I32]((char *[]){(char *)w, (char *)f}, to_i32, 6, NULL);
    K->cast[DT_F32][DT_I64]((char *[]){(char *)z, (char *)f}, to_i64, 6, NULL);
    CHECK(u[0] == 255 && u[1] == 44 && u[2] == 0, "float to uint8 wraps through int64: %d %d %d", u[0], u[1], u[2]);
    CHECK(b[0] == 1 && b[2] == 1 && b[3] == 0, "float to bool is != 0");
    CHECK(w[1] == 300 && w[2] == INT32_MIN && w[4] == INT32_MIN, "float to int32 out of range");
    CHECK(z[4] == 3000000000 && z[5] == INT64_MIN, "float to int64 out of range");
}

static int64_t ulps(float a, float b)
{
    int32_t i, j;
    memcpy(&i, &a, 4);
    memcpy(&j, &b, 4);
    return llabs((int64_t)i - j);
}

/* Both evaluations of a row, and every other float32 function, stay within 2 units in the last place of libm's double. */
static void test_accuracy(void)
{
    enum { COUNT = 4096 };
    static const struct { int row; double (*f)(double); double low, high; } cases[] = {
        {U_exp, exp, -80, 80}, {U_exp2, exp2, -100, 100}, {U_expm1, expm1, -10, 10}, {U_log, log, 0, 10}, {U_log1p, log1p, -1, 1e6},
        {U_sin, sin, -9e3, 9e3}, {U_cos, cos, -9e3, 9e3}, {U_sinh, sinh, -10, 10}, {U_cosh, cosh, -10, 10}, {U_tanh, tanh, -9, 9},
        {U_atanh, atanh, -1, 1}, {U_sqrt, sqrt, 0, 1e9}, {U_erf, erf, -3, 3}};
    static float x[COUNT], y[COUNT];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t worst = 0;
        for (int k = 0; k < COUNT; k++)
            x[k] = (float)(cases[i].low + (cases[i].high - cases[i].low) * (double)(draw_bits() >> 11) * 0x1p-53);
        K->unary[cases[i].row][DT_F32]((char *[]){(char *)y, (char *)x}, (int64_t[]){4, 4}, COUNT - 1, NULL);
        for (int k = 0; k < COUNT - 1; k++) {
            int64_t d = ulps(y[k], (float)cases[i].f(x[k]));
            worst = d > worst ? d : worst;
        }
        CHECK(worst <= 2, "row %d: %d units in the last place", cases[i].row, (int)worst);
    }
}

static void divide_i64(int row, int64_t x, int64_t y, int64_t want, bool zero)
{
    int64_t got = 77;
    k_zero_division = false;
    K->binary[row][DT_I64]((char *[]){(char *)&got, (char *)&x, (char *)&y}, (int64_t[]){8, 8, 8}, 1, NULL);
    CHECK(got == want && k_zero_division == zero, "division %d of %lld by %lld gives %lld", row, (long long)x, (long long)y, (long long)got);
}

static void test_division(void)
{
    static const int64_t table[][6] = { /* x, y, //, %, fmod, trunc */
        {7, 3, 2, 1, 1, 2}, {-7, 3, -3, 2, -1, -2}, {7, -3, -3, -2, 1, -2}, {-7, -3, 2, -1, -1, 2}, {6, -3, -2, 0, 0, -2},
        {INT64_MIN, -1, INT64_MIN, 0, 0, INT64_MIN}, {INT64_MIN, 1, INT64_MIN, 0, 0, INT64_MIN}, {INT64_MAX, INT64_MIN, -1, -1, INT64_MAX, 0}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const int64_t *t = table[i];
        divide_i64(B_floor_divide, t[0], t[1], t[2], false);
        divide_i64(B_remainder, t[0], t[1], t[3], false);
        divide_i64(B_fmod, t[0], t[1], t[4], false);
        divide_i64(B_div_trunc, t[0], t[1], t[5], false);
    }
    divide_i64(B_floor_divide, 5, 0, 0, true);
    divide_i64(B_remainder, -5, 0, 0, true);
    divide_i64(B_fmod, 5, 0, 0, true);
    divide_i64(B_pow, 3, 5, 243, false);
    divide_i64(B_pow, -1, -3, -1, false);
    divide_i64(B_pow, 2, -1, 0, false);
    divide_i64(B_pow, 3, 64, 8733086111712066817, false); /* 3^64 modulo 2^64 */
    k_zero_division = false;
}

/* ---- the walk ---- */
static void count_index(char *const *p, const int64_t *s, int64_t n, const void *param)
{
    (void)param;
    for (int64_t i = 0; i < n; i++)
        *(int64_t *)(p[0] + i * s[0]) = *(const int64_t *)(p[1] + i * s[1]) * 3 + *(const int64_t *)(p[2] + i * s[2]);
}

enum { BIG = 4096 };
static int64_t walk_in[2][BIG], walk_got[BIG], walk_want[BIG];

/* Random strides of one operand over the shape: a permuted dense layout, some dimensions standing, some reversed. */
static void random_layout(k_nd *nd, int k, int64_t *base)
{
    int perm[K_MAXDIM];
    int64_t step = 1 + (int64_t)(draw_bits() % 2), offset = 0;
    for (int d = 0; d < nd->ndim; d++)
        perm[d] = d;
    if (draw_bits() % 2)
        for (int d = nd->ndim - 1; d > 0; d--) {
            int e = (int)(draw_bits() % (uint64_t)(d + 1)), t = perm[d];
            perm[d] = perm[e];
            perm[e] = t;
        }
    for (int i = nd->ndim - 1; i >= 0; i--) {
        int d = perm[i];
        bool stands = k > 0 && draw_bits() % 4 == 0, back = draw_bits() % 8 == 0;
        nd->stride[k][d] = stands ? 0 : (back ? -step : step) * 8;
        if (!stands && nd->size[d]) {
            offset += back ? step * (nd->size[d] - 1) : 0;
            step *= nd->size[d];
        }
    }
    nd->data[k] = (char *)(base + offset);
}

static void naive(const k_nd *nd, k_loop *loop)
{
    static const int64_t none[K_MAXOP];
    int64_t total = 1;
    for (int d = 0; d < nd->ndim; d++)
        total *= nd->size[d];
    for (int64_t i = 0; i < total; i++) {
        char *p[K_MAXOP];
        for (int k = 0; k < nd->nop; k++) {
            int64_t left = i;
            p[k] = nd->data[k];
            for (int d = nd->ndim - 1; d >= 0; d--) {
                p[k] += left % nd->size[d] * nd->stride[k][d];
                left /= nd->size[d];
            }
        }
        loop(p, none, 1, NULL);
    }
}

static int64_t visits;
static void number_visits(char *const *p, const int64_t *s, int64_t n, const void *param)
{
    (void)param;
    for (int64_t i = 0; i < n; i++)
        *(int64_t *)(p[0] + i * s[0]) = visits++;
}

static void test_walk(void)
{
    for (int i = 0; i < BIG; i++) {
        walk_in[0][i] = (int64_t)(draw_bits() >> 8);
        walk_in[1][i] = i;
    }
    for (int trial = 0; trial < 5000; trial++) {
        k_nd nd = {.ndim = (int)(draw_bits() % 6), .nop = 3};
        for (int d = 0; d < nd.ndim; d++)
            nd.size[d] = trial % 10 == 0 ? (int64_t)(draw_bits() % 4) : 1 + (int64_t)(draw_bits() % 4);
        random_layout(&nd, 0, walk_want);
        random_layout(&nd, 1, walk_in[0]);
        random_layout(&nd, 2, walk_in[1]);
        memset(walk_got, 0, sizeof walk_got);
        memset(walk_want, 0, sizeof walk_want);
        naive(&nd, count_index);
        nd.data[0] = (char *)walk_got + (nd.data[0] - (char *)walk_want);
        k_nd kept = nd;
        k_walk(&nd, count_index, NULL);
        CHECK(!memcmp(walk_got, walk_want, sizeof walk_got), "walk %d differs from indexing", trial);
        memset(walk_want, 0, sizeof walk_want);
        memset(walk_got, 0, sizeof walk_got);
        nd = kept;
        nd.nop = 1;
        visits = 0;
        k_walk_in_order(&nd, number_visits, NULL);
        kept.data[0] = (char *)walk_want + (kept.data[0] - (char *)walk_got);
        kept.nop = 1;
        visits = 0;
        naive(&kept, number_visits);
        CHECK(!memcmp(walk_got, walk_want, sizeof walk_got), "walk in order %d differs from indexing", trial);
    }
}

int main(void)
{
    static const char *const names[] = {"base", "avx2", "avx512"};
    for (int i = 0; i < 3; i++) {
        k_choose(names[i]);
        if (i == 0 || K != &k_isa_base)
            isas[n_isa++] = K;
    }
    test_rows();
    test_others();
    test_halves();
    for (int i = 0; i < n_isa; i++) {
        k_choose(isas[i]->name);
        test_values();
        test_accuracy();
        test_division();
        test_lines();
    }
    test_walk();
    printf("kernel: %d checks, %d failures, instruction sets up to %s\n", checks, failures, isas[n_isa - 1]->name);
    return failures != 0;
}
