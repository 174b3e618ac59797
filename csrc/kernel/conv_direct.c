/* Images with their padding and weights by blocks of channels, in scratch; the tiles of three instruction sets. */
#include "base/pool.h"
#include "kernel/conv_direct.h"
#include "kernel/kernel.h"
#include <string.h>

/* DIRECT_DEPTH: weights of a channel before the sums of a group's blocks are put aside. */
enum { DIRECT_CHANNELS = 4, DIRECT_WIDE = 3, DIRECT_DEPTH = 256, DIRECT_GROUP = 8, DIRECT_PARTS = 16, DIRECT_DEEPEST = 8192, DIRECT_SLACK = 64 };

#if defined(__clang__)
#pragma clang fp contract(fast)
#else
#pragma GCC optimize("fp-contract=fast")
#endif

/* Of a line with its padding every stride-th place stands together: the places 0, s, 2 s ..., then 1, s + 1 ..., `phase` of each. */
typedef struct direct {
    int64_t left[3], padded[3], s, phase, which, at, volume, depth, item; /* s: of a line; which, at: the phase and place of the input's first number */
    int64_t *offset;
    char *weights, *image;
} direct;
/* A plain convolution of the padded image: all there is, or of an adjoint the places that are alike modulo its strides. */
typedef struct part {
    int64_t depth, *offset, *source;         /* of what each weight meets, from the place of the output; of the weight in its channel */
    char *weights;
    int64_t out[3], start, step[2];          /* places; of the image: where the first one reads, and how far planes and lines are apart */
    int64_t width, pitch;                    /* where lines end that follow one another so far apart, with what is between them, as one */
    int64_t to, apart[3], plane;             /* of the result: the first place, how far they are apart, numbers of a channel */
} part;
/* A group's channels in blocks, of which the first ones are larger by one; and the results of one image. */
typedef struct channels { int64_t size, larger, first, last; const char *bias; char *y, *sums; bool ask; } channels;
static inline int64_t block_start(const channels *c, int64_t block) { return block * c->size + (block < c->larger ? block : c->larger); }

static int64_t product(const int64_t *size) { return size[0] * size[1] * size[2]; }
static int64_t rounded(int64_t n, int64_t to) { return (n + to - 1) / to * to; }
static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t vector_bytes(void) { return strcmp(K->name, "avx512") == 0 ? 64 : strcmp(K->name, "avx2") == 0 ? 32 : 16; }

/* Of one dimension, what phase r of an adjoint reads: place first + j of the input without padding, less 0 … reach, for count places j. */
typedef struct span { int64_t taps, reach, first, count; } span;
static span span_of(const k_conv *c, int i, int64_t r)
{
    int64_t s = c->stride[i], taps = r < c->kernel[i] ? (c->kernel[i] - r + s - 1) / s : 0, ahead = c->pad[i] - r;
    int64_t first = ahead > 0 ? (ahead + s - 1) / s : 0, end = c->out[i] - 1 + ahead < 0 ? 0 : (c->out[i] - 1 + ahead) / s + 1;
    return (span){taps, taps ? (taps - 1) * c->dilation[i] : 0, first, larger(end - first, 0)};
}
static direct direct_of(const k_conv *c, bool adjoint)
{
    direct d = {.s = adjoint ? 1 : c->stride[2], .depth = c->in_c * product(c->kernel), .item = dtype_bytes(c->dtype)};
    for (int i = 0; i < 3; i++) {
        int64_t right = d.left[i] = adjoint ? 0 : c->pad[i];
        for (int64_t r = 0; adjoint && r < c->stride[i]; r++) {
            span p = span_of(c, i, r);
            d.left[i] = larger(d.left[i], p.reach - p.first);
            right = larger(right, p.first + p.count - c->in[i]);
        }
        d.padded[i] = c->in[i] + d.left[i] + right;
    }
    d.padded[2] = rounded(d.padded[2], d.s);
    d.phase = d.padded[2] / d.s;
    d.which = d.left[2] % d.s;
    d.at = d.left[2] / d.s;
    d.volume = product(d.padded);
    d.offset = (int64_t *)c->scratch;
    d.weights = c->scratch + rounded(2 * d.depth * (int64_t)sizeof *d.offset, 64);
    d.image = d.weights + rounded(rounded(c->out_c, DIRECT_CHANNELS) * d.depth * d.item, 64);
    return d;
}
/* One for each thread: a padded image, and the sums that wait. */
static int64_t image_bytes(const k_conv *c, const direct *d) { return rounded((c->in_c * d->volume + DIRECT_SLACK) * d->item, 64); }
static int64_t sums_bytes(const k_conv *c, const direct *d)
{
    const int64_t tile = DIRECT_CHANNELS * DIRECT_WIDE * 64, lanes = vector_bytes() / d->item;
    const int64_t tiles = c->out[0] * c->out[1] * ((c->out[2] + lanes - 1) / lanes) / DIRECT_WIDE + 2;
    return d->depth > DIRECT_DEPTH ? tiles * DIRECT_GROUP * tile : tile;
}
int64_t k_direct_scratch(const k_conv *c, bool adjoint)
{
    direct d = direct_of(c, adjoint);
    return (d.image - c->scratch) + (image_bytes(c, &d) + sums_bytes(c, &d)) * (c->threads > 1 ? c->threads : 1);
}

/* Columns of strided convolutions are slow to gather, but serve as many products as there are channels; and fewer than the numbers of the image
 * they may be where strides are long. */
static bool fills_vectors(const k_conv *c, bool adjoint)
{
    int64_t lanes = vector_bytes() / dtype_bytes(c->dtype), w = adjoint ? c->out[2] / c->stride[2] : c->out[2], taken = rounded(w, lanes);
    if (product(c->stride) == 1)
        return 2 * w > taken;
    if (adjoint)
        return 8 * w >= (w < lanes ? 6 : 4) * taken;
    return (8 * w >= 5 * taken || w * (c->out_c + 16) >= taken * c->out_c) && product(c->out) * product(c->kernel) > product(c->in);
}
bool k_direct_suits(const k_conv *c, bool adjoint)
{
    bool suits = c->out_c >= 2 && c->out[2] >= 4 && fills_vectors(c, adjoint) && product(c->kernel) > 1 && (!adjoint || product(c->stride) <= DIRECT_PARTS);
    for (int i = 0; i < 3; i++)
        suits &= c->pad[i] >= 0 && (!adjoint || c->stride[i] == 1 || c->dilation[i] == 1);
    return suits && dtype_is_float(c->dtype) && !dtype_is_half(c->dtype) && c->in_c * product(c->kernel) <= DIRECT_DEEPEST;
}
k_conv k_direct_adjoint(const k_conv *c)
{
    k_conv a = *c;
    a.in_c = c->out_c;
    a.out_c = c->in_c;
    a.x = c->y;
    a.y = c->x;
    a.x_batch = c->y_batch;
    a.y_batch = c->x_batch;
    for (int i = 0; i < 3; i++) {
        a.in[i] = c->out[i];
        a.out[i] = c->in[i];
    }
    return a;
}

/* What weight `at` of a channel meets there, and which of all weights of the kernel it is; they come in the order of what they meet. */
static int64_t meets(const k_conv *c, const direct *d, const span *n, const int64_t *r, bool adjoint, int64_t at, int64_t *weight)
{
    int64_t k[3] = {at / n[2].taps / n[1].taps, at / n[2].taps % n[1].taps, at % n[2].taps}, along = k[2] * c->dilation[2];
    int64_t meets = (k[0] * c->dilation[0] * d->padded[1] + k[1] * c->dilation[1]) * d->padded[2] + along % d->s * d->phase + along / d->s;
    for (int i = 0; i < 3; i++)
        k[i] = adjoint ? r[i] + c->stride[i] * (n[i].taps - 1 - k[i]) : k[i];
    *weight = (k[0] * c->kernel[1] + k[1]) * c->kernel[2] + k[2];
    return meets;
}
static int64_t blocks_of(const k_conv *c) { return (c->out_c + DIRECT_CHANNELS - 1) / DIRECT_CHANNELS; }
/* Blocks of DIRECT_CHANNELS weights that meet the same number; those a smaller block lacks are read by nobody. */
#define PACK(T)                                                                                                    \
    static void pack_##T(const T *w, T *to, int64_t blocks, const channels *c, const part *p, int64_t next)        \
    {                                                                                                              \
        for (int64_t b = 0; b < blocks; b++, to += p->depth * DIRECT_CHANNELS)                                     \
            for (int64_t o = block_start(c, b), end = block_start(c, b + 1), m = 0; o < end; o++, m++)             \
                for (int64_t k = 0; k < p->depth; k++)                                                             \
                    to[k * DIRECT_CHANNELS + m] = w[o * next + p->source[k]];                                      \
    }
PACK(float)
PACK(double)
/* Short lines leave lanes empty. As one line they are spread by single numbers, which many weights are worth. */
static void join_lines(part *p, int64_t lanes)
{
    const int64_t all = (p->out[1] - 1) * p->step[1] + p->out[2];
    p->width = p->out[2];
    p->pitch = INT64_MAX / 2;
    if (p->depth < 128 || 8 * rounded(all, lanes) > 7 * p->out[1] * rounded(p->out[2], lanes))
        return;
    p->pitch = p->step[1];
    p->out[1] = 1;
    p->out[2] = all;
}
/* Phase r of an adjoint; offsets and weights go behind those of the phases before. */
static part part_of(const k_conv *c, const direct *d, const int64_t *r, int64_t group, bool adjoint, int64_t depth_before)
{
    const int64_t rows = d->padded[1] * d->padded[2], one[3] = {1, 1, 1}, *s = adjoint ? c->stride : one, blocks = blocks_of(c), item = d->item;
    span n[3];
    part p = {.step = {adjoint ? rows : c->stride[0] * rows, adjoint ? d->padded[2] : c->stride[1] * d->padded[2]}, .plane = product(c->out),
              .apart = {s[0] * c->out[1] * c->out[2], s[1] * c->out[2], s[2]}, .offset = d->offset + depth_before, .source = d->offset + d->depth + depth_before};
    for (int i = 0; i < 3; i++) {
        n[i] = adjoint ? span_of(c, i, r[i]) : (span){.taps = c->kernel[i], .count = c->out[i]};
        p.out[i] = n[i].count;
        p.start = p.start * d->padded[i] + (adjoint ? d->left[i] + n[i].first - n[i].reach : 0);
        p.to = p.to * c->out[i] + (adjoint ? n[i].first * s[i] + r[i] - c->pad[i] : 0);
    }
    const int64_t taps = n[0].taps * n[1].taps * n[2].taps;
    p.depth = c->in_c * taps;
    join_lines(&p, vector_bytes() / item);
    p.weights = d->weights + depth_before * blocks * DIRECT_CHANNELS * item;
    const int64_t kernel = product(c->kernel), next = adjoint ? kernel : d->depth, from_channel = adjoint ? c->out_c * kernel : kernel;
    for (int64_t at = 0, weight; at < taps; at++) {
        const int64_t offset = meets(c, d, n, r, adjoint, at, &weight);
        for (int64_t channel = 0, k = at; channel < c->in_c; channel++, k += taps) {
            p.offset[k] = channel * d->volume + offset;
            p.source[k] = channel * from_channel + weight;
        }
    }
    const channels all = {.size = c->out_c / blocks, .larger = c->out_c % blocks};
    const char *w = c->w + group * c->out_c * d->depth * item;
    if (c->dtype == DT_F32)
        pack_float((const float *)w, (float *)p.weights, blocks, &all, &p, next);
    else
        pack_double((const double *)w, (double *)p.weights, blocks, &all, &p, next);
    return p;
}
/* One line of the input, in phases; the first number goes to place `at` of phase `which`. */
#define SPREAD(T)                                                                                                  \
    static inline __attribute__((always_inline)) void every_##T(const T *restrict from, int64_t n, int64_t s, T *restrict to) \
    {                                                                                                              \
        for (int64_t i = 0; i < n; i++)                                                                            \
            to[i] = from[i * s];                                                                                   \
    }                                                                                                              \
    static void spread_##T(const T *restrict from, int64_t n, int64_t s, int64_t which, int64_t at, int64_t phase, T *restrict to) \
    {                                                                                                              \
        const int64_t whole = n / s, more = n % s;                                                                 \
        if (s == 2) {                                                                                              \
            T *even = to + which * phase + at, *odd = which ? to + at + 1 : to + phase + at;                       \
            for (int64_t i = 0; i < whole; i++)                                                                    \
                even[i] = from[2 * i], odd[i] = from[2 * i + 1];                                                   \
            if (more)                                                                                              \
                even[whole] = from[n - 1];                                                                         \
            return;                                                                                                \
        }                                                                                                          \
        for (int64_t i = 0; i < s; i++, which = which + 1 == s ? at++, 0 : which + 1)                              \
            if (s == 3)                                                                                            \
                every_##T(from + i, whole + (i < more), 3, to + which * phase + at);                               \
            else                                                                                                   \
                every_##T(from + i, whole + (i < more), s, to + which * phase + at);                               \
    }
SPREAD(float)
SPREAD(double)
static void put_line(const k_conv *c, const direct *d, const char *from, char *line)
{
    if (d->s == 1)
        memcpy(line + d->left[2] * d->item, from, (size_t)(c->in[2] * d->item));
    else if (c->dtype == DT_F32)
        spread_float((const float *)from, c->in[2], d->s, d->which, d->at, d->phase, (float *)line);
    else
        spread_double((const double *)from, c->in[2], d->s, d->which, d->at, d->phase, (double *)line);
}
enum { LONG_IMAGE = 1 << 20 /* numbers, of which each channel is followed by a question to the host */ };
static void pad_image(const k_conv *c, const direct *d, int64_t image, int64_t group)
{
    const char *from = c->x + (image * c->x_batch + group * c->in_c * product(c->in)) * d->item;
    int64_t line = c->in[2] * d->item;
    bool as_is = d->volume == product(c->in) && d->s == 1, ask = c->in_c * d->volume > LONG_IMAGE;
    if (as_is && !ask) {
        memcpy(d->image, from, (size_t)(c->in_c * d->volume * d->item));
        return;
    }
    memset(d->image, 0, ask ? 0 : (size_t)(c->in_c * d->volume * d->item));
    for (int64_t channel = 0; channel < c->in_c && !(ask && ct_watch_stopped()); channel++) {
        memset(d->image + channel * d->volume * d->item, 0, ask && !as_is ? (size_t)(d->volume * d->item) : 0);
        for (int64_t z = 0; z < c->in[0]; z++)
            for (int64_t y = 0; y < c->in[1]; y++, from += line)
                put_line(c, d, from, d->image + (channel * d->volume + ((z + d->left[0]) * d->padded[1] + y + d->left[1]) * d->padded[2]) * d->item);
    }
}

typedef void group_f(const part *p, const char *image, const channels *c);

#define VECTOR_BYTES 16
#define WIDE 2
#define NAME(f) base_##f
#include "kernel/conv_direct.inc"
#undef NAME
#undef WIDE
#undef VECTOR_BYTES
#define WIDE DIRECT_WIDE
#if defined(__x86_64__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define VECTOR_BYTES 32
#define NAME(f) avx2_##f
#include "kernel/conv_direct.inc"
#undef NAME
#undef VECTOR_BYTES
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")
#define VECTOR_BYTES 64
#define NAME(f) avx512_##f
#include "kernel/conv_direct.inc"
#undef NAME
#undef VECTOR_BYTES
#pragma GCC pop_options
#else
#define avx2_groups base_groups
#define avx512_groups base_groups
#endif

typedef struct images { const k_conv *c; const direct *d; const part *parts; int64_t count, group; } images;
/* Multiply-adds of an image before the host is asked: some milliseconds. */
static const double ASKED_AFTER = 2e8;
static void images_piece(void *work, int64_t image, int64_t end)
{
    const images *w = work;
    const k_conv *c = w->c;
    direct d = *w->d;
    group_f *run = (vector_bytes() == 64 ? avx512_groups : vector_bytes() == 32 ? avx2_groups : base_groups)[c->dtype == DT_F64];
    d.image += ct_place() * (image_bytes(c, &d) + sums_bytes(c, &d));
    const int64_t blocks = blocks_of(c);
    channels o = {.size = c->out_c / blocks, .larger = c->out_c % blocks, .sums = d.image + image_bytes(c, &d)};
    memset(d.image + c->in_c * d.volume * d.item, 0, (size_t)(DIRECT_SLACK * d.item));
    o.ask = (double)c->out_c * (double)d.depth * (double)product(c->out) > ASKED_AFTER;
    o.bias = c->bias ? c->bias + w->group * c->out_c * d.item : NULL;
    for (; image < end; image++) {
        pad_image(c, &d, image, w->group);
        o.y = c->y + (image * c->y_batch + w->group * c->out_c * product(c->out)) * d.item;
        for (o.first = 0; o.first < blocks && !(o.ask && ct_watch_stopped()); o.first = o.last) {
            o.last = o.first + DIRECT_GROUP < blocks ? o.first + DIRECT_GROUP : blocks;
            for (int64_t p = 0; p < w->count; p++)
                run(&w->parts[p], d.image, &o);
        }
    }
}

/* Multiply-adds below which threads are not worth waking. */
static const double SHARE_FROM = 5e5;
void k_direct_run(const k_conv *c, bool adjoint)
{
    direct d = direct_of(c, adjoint);
    const double steps = (double)c->batch * (double)c->out_c * (double)d.depth * (double)product(adjoint ? c->in : c->out);
    const int64_t count = adjoint ? product(c->stride) : 1;
    part parts[DIRECT_PARTS];
    for (int64_t group = 0; group < c->groups; group++) {
        for (int64_t i = 0, depth = 0; i < count; depth += parts[i++].depth) {
            int64_t r[3] = {i / c->stride[2] / c->stride[1], i / c->stride[2] % c->stride[1], i % c->stride[2]};
            parts[i] = part_of(c, &d, r, group, adjoint, depth);
        }
        ct_share(c->batch, 1, steps < SHARE_FROM ? 1 : c->threads, images_piece, &(images){c, &d, parts, count, group});
    }
}
