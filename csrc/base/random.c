/* MT19937: seeding, the twist, and the state as bytes. Formulas: see random.h. */
#include "base/random.h"
#include <string.h>

enum { N = CT_RNG_WORDS };

void ct_rng_seed(ct_rng *g, uint64_t seed)
{
    *g = (ct_rng){.seed = seed, .left = 1};
    g->word[0] = (uint32_t)seed;
    for (uint32_t i = 1; i < N; i++)
        g->word[i] = 1812433253u * (g->word[i - 1] ^ g->word[i - 1] >> 30) + i;
}

static void twist(uint32_t *w) { ct_rng_twist_words(w); }
void (*ct_rng_twist)(uint32_t *word) = twist;

const uint32_t *ct_rng_take(ct_rng *g, int64_t wanted, int64_t *got)
{
    if (g->left == 1) {
        ct_rng_twist(g->word);
        g->next = 0;
        g->left = N + 1;
    }
    int32_t n = wanted < g->left - 1 ? (int32_t)wanted : g->left - 1;
    const uint32_t *words = g->word + g->next;
    g->next += (uint32_t)n;
    g->left -= n;
    *got = n;
    return words;
}

/* PyTorch's CPUGeneratorImplState, field by field; the natural padding of a 64-bit machine is part of it. */
typedef struct state_bytes {
    uint64_t seed;
    int32_t left, seeded;
    uint64_t next, word[N];
    double normal_x, normal, normal_rho; /* x and rho are always 0 */
    int32_t has_normal, pad;
    float normal_f32;
    uint8_t has_normal_f32, pad_f32[3];
} state_bytes;
_Static_assert(sizeof(state_bytes) == CT_RNG_STATE_BYTES, "layout of torch.get_rng_state()");

void ct_rng_get_state(const ct_rng *g, uint8_t out[CT_RNG_STATE_BYTES])
{
    state_bytes s = {.seed = g->seed, .left = g->left, .seeded = 1, .next = g->next,
                     .has_normal = g->has_normal, .has_normal_f32 = g->has_normal_f32};
    for (int i = 0; i < N; i++)
        s.word[i] = g->word[i];
    if (g->has_normal)
        s.normal = g->normal;
    if (g->has_normal_f32)
        s.normal_f32 = g->normal_f32;
    memcpy(out, &s, sizeof s);
}

int ct_rng_set_state(ct_rng *g, const uint8_t in[CT_RNG_STATE_BYTES])
{
    state_bytes s;
    memcpy(&s, in, sizeof s);
    uint32_t next = (uint32_t)s.next;
    if (s.seeded == 0 || s.left < 1 || s.left > N || next > N || (uint32_t)s.left - 1 > N - next)
        return -1;
    *g = (ct_rng){.seed = s.seed, .left = s.left, .next = next, .normal = s.normal, .normal_f32 = s.normal_f32,
                  .has_normal = s.has_normal != 0, .has_normal_f32 = s.has_normal_f32 != 0};
    for (int i = 0; i < N; i++)
        g->word[i] = (uint32_t)s.word[i];
    return 0;
}
