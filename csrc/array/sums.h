/* sums: exact questions about { step[0]·x[0] + … + step[n-1]·x[n-1] : 0 <= x[k] <= last[k] }, the set of
 * addresses that a strided walk reaches. Private to overlap.c.
 *
 * The largest sum is below 2^63 for one layout; twice that, or two layouts together, still fits into uint64_t.
 */
#ifndef CT_SUMS_H
#define CT_SUMS_H
#include "array/layout.h"

enum { SUM_TERMS = 2 * CT_MAXDIM + 2 }; /* two layouts and the bytes of an item of each */

typedef struct sum {
    int n, merges;
    uint64_t step[SUM_TERMS], last[SUM_TERMS]; /* steps ascending, none 0; lasts at least 1 */
    uint64_t reach[SUM_TERMS];                 /* largest sum of terms 0..k */
    uint64_t gcd[SUM_TERMS];                   /* of steps 0..k */
    uint64_t inverse[SUM_TERMS];               /* of step[k] / gcd[k] modulo gcd[k-1] / gcd[k] */
    int source[SUM_TERMS];                     /* which added term this one is */
    struct { int into, from; uint64_t ratio; } merge[SUM_TERMS]; /* sources; in the order done */
} sum;

uint64_t sum_gcd(uint64_t a, uint64_t b);
/* Build: clear, add every term, merge or not, then ready. Terms of step 0 or last 0 are left out. */
void sum_clear(sum *s);
void sum_add(sum *s, uint64_t step, uint64_t last, int source);
/* Joins terms where the one's step is a multiple of the other's and leaves no gap: the same set in fewer terms.
 * `one_to_one`: only where no sum is reached twice, so that the choices of x stay as many and sum_unmerge holds. */
void sum_merge(sum *s, bool one_to_one);
void sum_ready(sum *s);
/* Values of the terms as added, from those of the merged terms; sources not added keep their value. */
void sum_unmerge(const sum *s, const uint64_t *x, uint64_t *by_source);

/* Is `target` a sum? 1 and x filled, 0, or -1 when `budget` tries, which it counts down, are used up. With `differences` every last is twice some u,
 * the target is the sum of all u, and the solution x = u does not count. */
int sum_find(const sum *s, uint64_t target, bool differences, int64_t *budget, uint64_t *x);

/* Tries that overlap.c spends on a search before it sieves: a few milliseconds. Tests set it to 0. */
extern int64_t sum_budget;

/* A window of sums, one bit for each. */
enum { SIEVE_BITS = 1 << 18 };
typedef struct sieve {
    uint64_t low;    /* the sum that bit 0 stands for */
    uint64_t fresh;  /* bits set by SIEVE_MARK */
    uint64_t target; /* of SIEVE_FIND; where the last walk stopped */
    uint64_t x[SUM_TERMS];
    uint64_t bit[SIEVE_BITS / 64];
} sieve;
typedef enum sieve_mode {
    SIEVE_MARK, /* sets bits and counts those that were clear */
    SIEVE_ONCE, /* sets bits, stops at one that is set */
    SIEVE_TEST, /* stops at a bit that is set */
    SIEVE_FIND, /* stops at the sum `target` */
} sieve_mode;
void sieve_move(sieve *v, uint64_t low);
uint64_t sieve_count(sieve *v, const sum *s); /* how many sums; all must be below SIEVE_BITS */
/* Visits base + every sum that lies in the window; true when it stopped, at v->target with v->x. */
bool sieve_walk(sieve *v, const sum *s, uint64_t base, sieve_mode mode);
#endif
