/* Images with their padding and weights by blocks of channels, in scratch; the loops for three instruction sets. */
#include "base/pool.h"
#include "kernel/conv_direct.h"
#include "kernel/kernel.h"
#include <string.h>

#if defined(__clang__)
#pragma clang fp contract(fast)
#else
#pragma GCC optimize("fp-contract=fast")
#endif

/* Of a line with its padding every stride-th place stands together: the places 0, s, 2 s ..., then 1, s + 1 ..., `phase` of each. */
typedef struct direct {
    int64_t padded[3], phase, which, at, volume, depth, places, item; /* which, at: the phase and place of the input's first number */
    int64_t *offset;      /* depth: of what each weight meets, from the place of the output */
    char *weights, *image;
} direct;

static int64_t product(const int64_t *size) { return size[0] * size[1] * size[2]; }
static int64_t rounded(int64_t n, int64_t to) { return (n + to - 1) / to * to; }
static direct direct_of(const k_conv *c)
{
    direct d = {.places = product(c->out), .depth = c->in_c * product(c->kernel), .item = dtype_bytes(c->dtype)};
    for (int i = 0; i < 3; i++)
        d.padded[i] = c->in[i] + 2 * c->pad[i];
    d.padded[2] = rounded(d.padded[2], c->stride[2]);
    d.phase = d.padded[2] / c->stride[2];
    d.which = c->pad[2] % c->stride[2];
    d.at = c->pad[2] / c->stride[2];
    d.volume = product(d.padded);
    d.offset = (int64_t *)c->scratch;
    d.weights = c->scratch + rounded(d.depth * (int64_t)sizeof *d.offset, 64);
    d.image = d.weights + rounded(rounded(c->out_c, DIRECT_CHANNELS) * d.depth * d.item, 64);
    return d;
}
/* A padded image, one for each thread. */
static int64_t image_bytes(const k_conv *c, const direct *d) { return rounded((c->in_c * d->volume + DIRECT_SLACK) * d->item, 64); }
int64_t k_direct_scratch(const k_conv *c)
{
    direct d = direct_of(c);
    return (d.image - c->scratch) + image_bytes(c, &d) * (c->threads > 1 ? c->threads : 1);
}

/* Columns of strided convolutions are slow to gather, but serve as many products as there are channels; and fewer than the numbers of the image
 * they may be where strides are long. */
static bool fills_vectors(const k_conv *c)
{
    int64_t lanes = (strcmp(K->name, "avx512") == 0 ? 64 : strcmp(K->name, "avx2") == 0 ? 32 : 16) / dtype_bytes(c->dtype), taken = rounded(c->out[2], lanes);
    if (product(c->stride) == 1)
        return 8 * c->out[2] >= 5 * taken;
    return c->out[2] * (c->out_c + 16) >= taken * c->out_c && product(c->out) * product(c->kernel) > product(c->in);
}
bool k_direct_suits(const k_conv *c)
{
    bool suits = c->out_c >= 2 && c->out[2] >= 4 && fills_vectors(c) && product(c->kernel) > 1;
    for (int i = 0; i < 3; i++)
        suits &= c->pad[i] >= 0;
    return suits && dtype_is_float(c->dtype) && !dtype_is_half(c->dtype) && c->in_c * product(c->kernel) <= 1024;
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
        a.pad[i] = c->dilation[i] * (c->kernel[i] - 1) - c->pad[i];
        if (c->stride[i] > 1 || a.in[i] + 2 * a.pad[i] - c->dilation[i] * (c->kernel[i] - 1) != a.out[i])
            a.pad[i] = -1; /* gaps between places, or an output padding: no plain convolution */
    }
    return a;
}

static void set_offsets(const k_conv *c, const direct *d)
{
    int64_t at = 0;
    for (int64_t channel = 0; channel < c->in_c; channel++)
        for (int64_t i = 0; i < c->kernel[0]; i++)
            for (int64_t j = 0; j < c->kernel[1]; j++)
                for (int64_t k = 0; k < c->kernel[2]; k++) {
                    int64_t along = k * c->dilation[2], s = c->stride[2];
                    d->offset[at++] = channel * d->volume + (i * c->dilation[0] * d->padded[1] + j * c->dilation[1]) * d->padded[2] + along % s * d->phase + along / s;
                }
}
/* Blocks of DIRECT_CHANNELS weights that meet the same input; 0 for channels that are none. */
static void pack_weights(const k_conv *c, const direct *d, int64_t group, bool adjoint)
{
    int64_t kernel = product(c->kernel), item = d->item;
    const char *w = c->w + group * c->out_c * d->depth * item;
    char *to = d->weights;
    for (int64_t o = 0; o < rounded(c->out_c, DIRECT_CHANNELS); o += DIRECT_CHANNELS)
        for (int64_t k = 0; k < d->depth; k++)
            for (int64_t m = o; m < o + DIRECT_CHANNELS; m++, to += item) {
                int64_t channel = k / kernel, at = k % kernel;
                int64_t from = adjoint ? (channel * c->out_c + m) * kernel + kernel - 1 - at : (m * c->in_c + channel) * kernel + at;
                if (m < c->out_c)
                    memcpy(to, w + from * item, (size_t)item);
                else
                    memset(to, 0, (size_t)item);
            }
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
    if (c->stride[2] == 1)
        memcpy(line + c->pad[2] * d->item, from, (size_t)(c->in[2] * d->item));
    else if (c->dtype == DT_F32)
        spread_float((const float *)from, c->in[2], c->stride[2], d->which, d->at, d->phase, (float *)line);
    else
        spread_double((const double *)from, c->in[2], c->stride[2], d->which, d->at, d->phase, (double *)line);
}
enum { LONG_IMAGE = 1 << 20 /* numbers, of which each channel is followed by a question to the host */ };
static void pad_image(const k_conv *c, const direct *d, int64_t image, int64_t group)
{
    const char *from = c->x + (image * c->x_batch + group * c->in_c * product(c->in)) * d->item;
    int64_t line = c->in[2] * d->item;
    bool as_is = d->volume == product(c->in) && c->stride[2] == 1, ask = c->in_c * d->volume > LONG_IMAGE;
    if (as_is && !ask) {
        memcpy(d->image, from, (size_t)(c->in_c * d->volume * d->item));
        return;
    }
    memset(d->image, 0, ask ? 0 : (size_t)(c->in_c * d->volume * d->item));
    for (int64_t channel = 0; channel < c->in_c && !(ask && ct_watch_stopped()); channel++) {
        memset(d->image + channel * d->volume * d->item, 0, ask && !as_is ? (size_t)(d->volume * d->item) : 0);
        for (int64_t z = 0; z < c->in[0]; z++)
            for (int64_t y = 0; y < c->in[1]; y++, from += line)
                put_line(c, d, from, d->image + (channel * d->volume + ((z + c->pad[0]) * d->padded[1] + y + c->pad[1]) * d->padded[2]) * d->item);
    }
}

/* All places of one image for a block of channels. */
typedef void block_f(const k_conv *c, const direct *d, const char *weights, const char *bias, char *y, int64_t channels);

#define VECTOR_BYTES 16
#define NAME(f) base_##f
#include "kernel/conv_direct.inc"
#undef NAME
#undef VECTOR_BYTES
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
#define avx2_blocks base_blocks
#define avx512_blocks base_blocks
#endif

typedef struct images { const k_conv *c; const direct *d; int64_t group; } images;
/* Multiply-adds between questions to the host: a few milliseconds. */
static const double ASKED_AFTER = 1e8;
/* All places of one image, some lines at a time, or parts of a line where there is one. */
static void block_in_parts(const k_conv *c, direct d, block_f *block, const char *weights, const char *bias, char *y, int64_t channels)
{
    const int64_t lines = c->out[0] * c->out[1], rows = c->out[1], item = d.item;
    const double steps = (double)DIRECT_CHANNELS * (double)d.depth;
    const int64_t n = lines > 1 ? c->out[2] : (int64_t)(ASKED_AFTER / steps) / 64 * 64 + 64, many = lines > 1 ? (int64_t)(ASKED_AFTER / steps / (double)n) / 2 * 2 + 2 : 1;
    const char *image = d.image;
    k_conv part = *c;
    part.out[0] = 1;
    for (int64_t line = 0; line < lines; line += part.out[1])
        for (int64_t i = 0; i < c->out[2]; i += n) {
            if (line + i && ct_watch_stopped())
                return;
            part.out[1] = many < rows - line % rows ? many : rows - line % rows;
            part.out[2] = n < c->out[2] - i ? n : c->out[2] - i;
            d.image = (char *)image + ((line / rows * c->stride[0] * d.padded[1] + line % rows * c->stride[1]) * d.padded[2] + i) * item;
            block(&part, &d, weights, bias, y + (line * c->out[2] + i) * item, channels);
        }
}
static void images_piece(void *work, int64_t image, int64_t end)
{
    const images *w = work;
    const k_conv *c = w->c;
    direct d = *w->d;
    block_f *block = (strcmp(K->name, "avx512") == 0 ? avx512_blocks : strcmp(K->name, "avx2") == 0 ? avx2_blocks : base_blocks)[c->dtype == DT_F64];
    d.image += ct_place() * image_bytes(c, &d);
    memset(d.image + c->in_c * d.volume * d.item, 0, (size_t)(DIRECT_SLACK * d.item));
    const bool ask = (double)c->out_c * (double)d.depth * (double)d.places > 2 * ASKED_AFTER;
    for (; image < end; image++) {
        pad_image(c, &d, image, w->group);
        for (int64_t o = 0; o < c->out_c && !(ask && ct_watch_stopped()); o += DIRECT_CHANNELS) {
            int64_t channel = w->group * c->out_c + o, left = c->out_c - o;
            const char *bias = c->bias ? c->bias + channel * d.item : NULL;
            char *y = c->y + (image * c->y_batch + channel * d.places) * d.item;
            const int64_t channels = left < DIRECT_CHANNELS ? left : DIRECT_CHANNELS;
            if (ask)
                block_in_parts(c, d, block, d.weights + o * d.depth * d.item, bias, y, channels);
            else
                block(c, &d, d.weights + o * d.depth * d.item, bias, y, channels);
        }
    }
}

/* Multiply-adds below which threads are not worth waking. */
static const double SHARE_FROM = 5e5;
void k_direct_run(const k_conv *c, bool adjoint)
{
    direct d = direct_of(c);
    double steps = (double)c->batch * (double)c->out_c * (double)d.depth * (double)d.places;
    set_offsets(c, &d);
    for (int64_t group = 0; group < c->groups; group++) {
        pack_weights(c, &d, group, adjoint);
        ct_share(c->batch, 1, steps < SHARE_FROM ? 1 : c->threads, images_piece, &(images){c, &d, group});
    }
}
