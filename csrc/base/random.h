/* The random engine: MT19937 and PyTorch's generator state around it. Knows libc only; kernel/random.c makes
 * distributions of its words.
 *
 * Source: M. Matsumoto, T. Nishimura, "Mersenne Twister", ACM TOMACS 8 (1998), with the initialisation of 2002
 * (init_genrand). The state vector, the counters and the cached normal are those of PyTorch's CPU generator, so
 * that a state can be carried over both ways. A generator belongs to its caller; two threads need a lock.
 */
#ifndef CT_RANDOM_H
#define CT_RANDOM_H
#include <stdbool.h>
#include <stdint.h>

enum { CT_RNG_WORDS = 624, CT_RNG_STATE_BYTES = 5056 };

typedef struct ct_rng {
    uint32_t word[CT_RNG_WORDS]; /* raw; tempered when drawn */
    uint32_t next;               /* index of the next word */
    int32_t left;                /* words before the next twist, plus one; next + left - 1 <= CT_RNG_WORDS */
    uint64_t seed;               /* as given; only its low 32 bits reach the engine */
    double normal;               /* second value of the last pair of per-element normals, while has_normal */
    float normal_f32;            /* PyTorch's states carry one; no CPU draw reads or makes it */
    bool has_normal, has_normal_f32;
} ct_rng;

void ct_rng_seed(ct_rng *g, uint64_t seed); /* forgets the cached normal */
static inline uint64_t ct_rng_initial_seed(const ct_rng *g) { return g->seed; }

/* Hands out 1 ... wanted raw words in a row (*got of them), valid until the next call. wanted > 0. */
const uint32_t *ct_rng_take(ct_rng *g, int64_t wanted, int64_t *got);

/* The twist, in place; a word is read by the words N - M ahead of it at the nearest, so the loops vectorise. ct_rng_twist is
 * this text, built for the instruction set in use. */
extern void (*ct_rng_twist)(uint32_t *word);
static inline uint32_t ct_rng_twisted(uint32_t far, uint32_t upper, uint32_t lower)
{
    uint32_t mixed = (upper & 0x80000000u) | (lower & 0x7fffffffu);
    return far ^ mixed >> 1 ^ (0x9908b0dfu & -(lower & 1u));
}
static inline void ct_rng_twist_words(uint32_t *w)
{
    enum { N = CT_RNG_WORDS, M = 397 };
    int i;
    for (i = 0; i < N - M; i++)
        w[i] = ct_rng_twisted(w[i + M], w[i], w[i + 1]);
    for (; i < N - 1; i++)
        w[i] = ct_rng_twisted(w[i + M - N], w[i], w[i + 1]);
    w[N - 1] = ct_rng_twisted(w[M - 1], w[N - 1], w[0]);
}

static inline uint32_t ct_rng_temper(uint32_t y)
{
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}
static inline uint32_t ct_rng_u32(ct_rng *g)
{
    int64_t one;
    return ct_rng_temper(*ct_rng_take(g, 1, &one));
}
static inline uint64_t ct_rng_u64(ct_rng *g) /* the high word is drawn first */
{
    uint64_t high = ct_rng_u32(g);
    return high << 32 | ct_rng_u32(g);
}

/* The bytes of torch.get_rng_state() on a 64-bit machine, in its byte order. set returns -1 and leaves g alone
 * when the counters are impossible (PyTorch: "Invalid mt19937 state"). It also refuses those that PyTorch takes
 * although they read past the vector's end: next + left - 1 > 624. */
void ct_rng_get_state(const ct_rng *g, uint8_t out[CT_RNG_STATE_BYTES]);
int ct_rng_set_state(ct_rng *g, const uint8_t in[CT_RNG_STATE_BYTES]);
#endif
