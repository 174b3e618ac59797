/* Blocks of a product of halves. */
#include "kernel/half_gemm.h"
#include "kernel/half.h"
#include <string.h>

/* Each widened number of A serves HALF_NC multiply-adds, of B HALF_MC; A and B stay in the second cache. */
enum { HALF_MC = 256, HALF_NC = 512, HALF_KC = 256, ALIGN = 16 /* floats */ };

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t round_up(int64_t n) { return (n + ALIGN - 1) / ALIGN * ALIGN; }

/* A block of m × n × k: operands lie with their nearer dimension adjacent, as in memory. */
static bool by_rows(int64_t row, int64_t col) { return (col < 0 ? -col : col) <= (row < 0 ? -row : row); }
static k_gemm block_of(const k_gemm *g, int64_t m, int64_t n, int64_t k)
{
    bool a = by_rows(g->a_row, g->a_col), b = by_rows(g->b_row, g->b_col);
    return (k_gemm){.m = m, .n = n, .k = k, .a_row = a ? k : 1, .a_col = a ? 1 : m, .b_row = b ? n : 1, .b_col = b ? 1 : k, .c_row = n};
}

/* Where the blocks of A (at 0), B and C and the scratch of their product start, in floats. */
typedef struct room { int64_t b, c, scratch; } room;
static room room_of(const k_gemm *g)
{
    int64_t m = least(g->m, HALF_MC), n = least(g->n, HALF_NC), k = least(g->k, HALF_KC);
    int64_t b = round_up(m * k), c = b + round_up(k * n);
    return (room){b, c, c + round_up(m * n)};
}

int64_t half_gemm_scratch(const k_gemm *g)
{
    int64_t most = 0;
    for (int corner = 0; corner < 8; corner++) {
        int64_t m = corner & 1 ? g->m % HALF_MC : least(g->m, HALF_MC), n = corner & 2 ? g->n % HALF_NC : least(g->n, HALF_NC);
        k_gemm block = block_of(g, m, n, corner & 4 ? g->k % HALF_KC : least(g->k, HALF_KC));
        int64_t bytes = m && n && block.k ? k_gemm_scratch(DT_F32, &block) : 0;
        most = bytes > most ? bytes : most;
    }
    return room_of(g).scratch * (int64_t)sizeof(float) + most + 64;
}

bool half_gemm_wants_blas(const k_gemm *g)
{
    k_gemm block = block_of(g, least(g->m, HALF_MC), least(g->n, HALF_NC), least(g->k, HALF_KC));
    return k_gemm_wants_blas(DT_F32, &block);
}

/* rows × columns of a matrix at `from`, strides in elements, to adjacent lines in the order that block_of tells. */
static void widen_block(ct_dtype half, bool single, const char *from, int64_t row, int64_t col, int64_t rows, int64_t columns, float *to)
{
    bool straight = by_rows(row, col);
    int64_t item = single ? (int64_t)sizeof(float) : dtype_bytes(half), lines = straight ? rows : columns, n = straight ? columns : rows;
    int64_t apart = (straight ? row : col) * item, step = (straight ? col : row) * item;
    for (int64_t i = 0; i < lines; i++, to += n)
        K->cast[single ? DT_F32 : half][DT_F32]((char *[]){(char *)to, (char *)from + i * apart}, (int64_t[]){sizeof(float), step}, n, NULL);
}

static void round_block(ct_dtype half, bool single, const float *from, int64_t rows, int64_t columns, char *to, int64_t row)
{
    int64_t item = single ? (int64_t)sizeof(float) : dtype_bytes(half);
    for (int64_t i = 0; i < rows; i++, from += columns)
        K->cast[DT_F32][single ? DT_F32 : half]((char *[]){to + i * row * item, (char *)from}, (int64_t[]){item, sizeof(float)}, columns, NULL);
}

enum { SINGLE_A = 1, SINGLE_B = 2, SINGLE_C = 4 };
static const char *element(ct_dtype half, bool single, const void *base, int64_t at)
{
    return (const char *)base + at * (single ? (int64_t)sizeof(float) : dtype_bytes(half));
}

/* Rows i … i + m - 1 and columns j … j + n - 1 of C. */
static void run_block(ct_dtype half, const k_gemm *g, float *at, int64_t i, int64_t m, int64_t j, int64_t n)
{
    room r = room_of(g);
    float *sums = at + r.c;
    char *c = (char *)element(half, g->single & SINGLE_C, g->c, i * g->c_row + j);
    if (g->add)
        widen_block(half, g->single & SINGLE_C, c, g->c_row, 1, m, n, sums);
    else
        memset(sums, 0, (size_t)(m * n) * sizeof *sums);
    for (int64_t p = 0, k; p < g->k; p += k) {
        k = least(g->k - p, HALF_KC);
        k_gemm block = block_of(g, m, n, k);
        widen_block(half, g->single & SINGLE_A, element(half, g->single & SINGLE_A, g->a, i * g->a_row + p * g->a_col), g->a_row, g->a_col, m, k, at);
        widen_block(half, g->single & SINGLE_B, element(half, g->single & SINGLE_B, g->b, p * g->b_row + j * g->b_col), g->b_row, g->b_col, k, n, at + r.b);
        block.a = at;
        block.b = at + r.b;
        block.c = sums;
        block.add = true;
        block.scratch = at + r.scratch;
        k_gemm_run(DT_F32, &block);
    }
    round_block(half, g->single & SINGLE_C, sums, m, n, c, g->c_row);
}

void half_gemm_run(ct_dtype half, const k_gemm *g)
{
    float *at = (float *)(((uintptr_t)g->scratch + 63) / 64 * 64);
    for (int64_t i = 0; i < g->m; i += HALF_MC)
        for (int64_t j = 0; j < g->n; j += HALF_NC)
            run_block(half, g, at, i, least(g->m - i, HALF_MC), j, least(g->n - j, HALF_NC));
}
