/* Sums of bounded multiples: a depth-first search for one of them, and a sieve over a window of them.
 *
 * The search takes the terms from the largest step down. A value is tried only if the smaller terms can still
 * reach the rest and their greatest common divisor divides it; so the last two terms are solved, not searched
 * (as in NumPy's solver of the same problem, numpy/core/src/common/mem_overlap.c, whose idea this follows).
 * The number of tries can grow with the product of all but the two smallest terms' lasts; `budget` limits it. The sieve
 * visits every choice of x once, whatever the steps.
 */
#include "array/sums.h"
#include "base/base.h"
#include <string.h>

/* ---- number theory ----------------------------------------------------------------------------- */
uint64_t sum_gcd(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

/* a·b modulo m < 2^63 */
static uint64_t multiply_mod(uint64_t a, uint64_t b, uint64_t m)
{
    uint64_t product, result = 0;
    if (!__builtin_mul_overflow(a, b, &product))
        return product % m;
    for (a %= m; b; b >>= 1, a = 2 * a % m)
        if (b & 1)
            result = (result + a) % m;
    return result;
}

/* Of a, prime to m, modulo m < 2^63; 0 for m = 1. Extended Euclid. */
static uint64_t inverse_mod(uint64_t a, uint64_t m)
{
    int64_t r = (int64_t)m, next = (int64_t)(a % m), t = 0, t_next = 1;
    while (next) {
        int64_t q = r / next, keep = next;
        next = r - q * next;
        r = keep;
        keep = t_next;
        t_next = t - q * t_next;
        t = keep;
    }
    return (uint64_t)(t < 0 ? t + (int64_t)m : t) % m;
}

/* ---- building ------------------------------------------------------------------------------------ */
void sum_clear(sum *s) { s->n = s->merges = 0; }

void sum_add(sum *s, uint64_t step, uint64_t last, int source)
{
    if (!step || !last)
        return;
    int at = s->n++;
    for (; at > 0 && s->step[at - 1] > step; at--) {
        s->step[at] = s->step[at - 1];
        s->last[at] = s->last[at - 1];
        s->source[at] = s->source[at - 1];
    }
    s->step[at] = step;
    s->last[at] = last;
    s->source[at] = source;
}

static void remove_term(sum *s, int at)
{
    s->n--;
    for (; at < s->n; at++) {
        s->step[at] = s->step[at + 1];
        s->last[at] = s->last[at + 1];
        s->source[at] = s->source[at + 1];
    }
}

void sum_merge(sum *s, bool one_to_one)
{
    for (int i = 0; i < s->n; i++)
        for (int j = i + 1; j < s->n; j++) {
            uint64_t ratio = s->step[j] / s->step[i];
            if (ratio > s->last[i] + 1 || (one_to_one && ratio <= s->last[i]) || s->step[j] % s->step[i])
                continue;
            s->last[i] += ratio * s->last[j];
            s->merge[s->merges].into = s->source[i];
            s->merge[s->merges].from = s->source[j];
            s->merge[s->merges++].ratio = ratio;
            remove_term(s, j);
            j = i; /* a longer term takes more */
        }
}

void sum_unmerge(const sum *s, const uint64_t *x, uint64_t *by_source)
{
    for (int k = 0; k < s->n; k++)
        by_source[s->source[k]] = x[k];
    for (int i = s->merges - 1; i >= 0; i--) {
        uint64_t *into = &by_source[s->merge[i].into];
        by_source[s->merge[i].from] = *into / s->merge[i].ratio;
        *into %= s->merge[i].ratio;
    }
}

void sum_ready(sum *s)
{
    uint64_t reach = 0, gcd = 0;
    for (int k = 0; k < s->n; k++) {
        uint64_t below = gcd;
        s->reach[k] = reach += s->step[k] * s->last[k];
        s->gcd[k] = gcd = sum_gcd(below, s->step[k]);
        s->inverse[k] = k ? inverse_mod(s->step[k] / gcd, below / gcd) : 0;
    }
}

/* ---- search --------------------------------------------------------------------------------------- */
typedef struct search { const sum *s; int64_t *budget; uint64_t *x; } search;

/* Terms 0..k to make `rest`, which is a multiple of gcd[k] and at most reach[k]. `centred`: all terms above took the
 * middle of their range, so by symmetry this one may be taken from the middle up. */
static int search_from(search *q, int k, uint64_t rest, bool centred)
{
    const sum *s = q->s;
    if (k == 0) {
        q->x[0] = rest / s->step[0];
        return !centred || q->x[0] != s->last[0] / 2;
    }
    uint64_t step = s->step[k], below = s->reach[k - 1], every = s->gcd[k - 1] / s->gcd[k];
    uint64_t from = rest > below ? (rest - below - 1) / step + 1 : 0, to = rest / step;
    if (centred && from < s->last[k] / 2)
        from = s->last[k] / 2;
    if (to > s->last[k])
        to = s->last[k];
    uint64_t residue = multiply_mod(rest / s->gcd[k] % every, s->inverse[k], every), skip = residue + every - from % every;
    for (uint64_t x = from + (skip >= every ? skip - every : skip); x <= to; x += every) {
        if (--*q->budget < 0)
            return -1;
        q->x[k] = x;
        int found = search_from(q, k - 1, rest - step * x, centred && x == s->last[k] / 2);
        if (found)
            return found;
        if (to - x < every)
            break;
    }
    return 0;
}

int sum_find(const sum *s, uint64_t target, bool differences, int64_t *budget, uint64_t *x)
{
    search q = {s, budget, x};
    if (s->n == 0)
        return target == 0 && !differences;
    if (target > s->reach[s->n - 1] || target % s->gcd[s->n - 1])
        return 0;
    return search_from(&q, s->n - 1, target, differences);
}

/* ---- sieve ------------------------------------------------------------------------------------------ */
void sieve_move(sieve *v, uint64_t low)
{
    v->low = low;
    memset(v->bit, 0, sizeof v->bit);
}

static bool visit(sieve *v, uint64_t at, sieve_mode mode)
{
    uint64_t *word = &v->bit[(at - v->low) / 64], mask = (uint64_t)1 << (at - v->low) % 64;
    bool was = *word & mask;
    if (mode == SIEVE_FIND)
        return at == v->target;
    if (mode == SIEVE_TEST)
        return was;
    *word |= mask;
    v->fresh += !was;
    return was && mode == SIEVE_ONCE;
}

static void or_shifted(uint64_t *bit, uint64_t by)
{
    uint64_t words = by / 64, bits = by % 64;
    for (uint64_t w = SIEVE_BITS / 64; w-- > words;) {
        uint64_t low = bits && w > words ? bit[w - words - 1] >> (64 - bits) : 0;
        bit[w] |= bit[w - words] << bits | low;
    }
}

uint64_t sieve_count(sieve *v, const sum *s)
{
    uint64_t count = 0;
    sieve_move(v, 0);
    v->bit[0] = 1;
    for (int k = 0; k < s->n; k++)
        for (uint64_t done = 0; done < s->last[k];) { /* multiples 0..done are in: doubled, they reach 2·done + 1 */
            uint64_t more = done + 1 < s->last[k] - done ? done + 1 : s->last[k] - done;
            or_shifted(v->bit, more * s->step[k]);
            done += more;
        }
    for (int w = 0; w < SIEVE_BITS / 64; w++)
        count += (uint64_t)__builtin_popcountll(v->bit[w]);
    return count;
}

/* Adds terms 0..k to `base` wherever that leads into the window. */
static bool walk_from(sieve *v, const sum *s, int k, uint64_t base, sieve_mode mode)
{
    uint64_t end = v->low + (SIEVE_BITS - 1), below = k > 0 ? s->reach[k - 1] : 0;
    if (base > end)
        return false;
    if (k < 0) {
        if (base < v->low || !visit(v, base, mode))
            return false;
        v->target = base;
        return true;
    }
    uint64_t step = s->step[k], to = (end - base) / step;
    uint64_t from = v->low > base + below ? (v->low - base - below - 1) / step + 1 : 0;
    if (to > s->last[k])
        to = s->last[k];
    for (uint64_t x = from; x <= to; x++) {
        v->x[k] = x;
        if (walk_from(v, s, k - 1, base + step * x, mode))
            return true;
    }
    return false;
}

bool sieve_walk(sieve *v, const sum *s, uint64_t base, sieve_mode mode) { return walk_from(v, s, s->n - 1, base, mode); }
