/* Padded images, and gradients turned around, stand in scratch, as many images at a time as a slice of columns may take. Each number
 * of the result adds up its terms in one order, whoever does it: threads share the numbers. */
#include "base/pool.h"
#include "kernel/conv_weight.h"
#include "kernel/kernel.h"
#include <string.h>

typedef struct weights {
    const k_conv *c;
    int64_t item, padded[3], volume, places, depth, kernel_lines, width; /* width: channels of a turned place */
    int64_t at_once, group, first, images;                              /* of these images: */
    const char *x;
    int64_t x_image;
    int64_t *line;
    char *turned, *sums, *images_of;
} weights;

static int64_t product(const int64_t *size) { return size[0] * size[1] * size[2]; }
static int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }
static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

bool k_weight_suits(const k_conv *c)
{
    bool suits = dtype_is_float(c->dtype) && !dtype_is_half(c->dtype) && product(c->kernel) > 1;
    for (int i = 0; i < 3; i++)
        suits &= c->pad[i] >= 0;
    return suits;
}
/* Vectors of places, where those of channels would be half empty. */
static bool by_places(const k_conv *c)
{
    int64_t lanes = 64 / dtype_bytes(c->dtype);
    return c->stride[2] == 1 && 2 * c->out_c <= lanes && 4 * c->out[2] >= 3 * round_up(c->out[2], lanes);
}
static bool pads(const weights *w) { return w->volume != product(w->c->in); }

static weights weights_of(const k_conv *c)
{
    weights w = {.c = c, .item = dtype_bytes(c->dtype), .places = product(c->out), .depth = c->in_c * product(c->kernel), .kernel_lines = c->in_c * c->kernel[0] * c->kernel[1]};
    for (int i = 0; i < 3; i++)
        w.padded[i] = c->in[i] + 2 * c->pad[i];
    w.volume = product(w.padded);
    w.width = by_places(c) ? 0 : round_up(c->out_c, MET_WIDTH / 2);
    int64_t turned = w.places * w.width * w.item, image = pads(&w) ? c->in_c * w.volume * w.item : 0, both = turned + image;
    w.at_once = both * c->batch <= CONV_SLICE ? c->batch : CONV_SLICE / both;
    w.at_once = w.at_once < 1 ? 1 : w.at_once;
    w.line = (int64_t *)c->scratch;
    w.sums = c->scratch + round_up(w.kernel_lines * (int64_t)sizeof *w.line, 64);
    w.turned = w.sums + w.depth * w.width * w.item;
    w.images_of = w.turned + turned * w.at_once;
    return w;
}
int64_t k_weight_scratch(const k_conv *c)
{
    weights w = weights_of(c);
    return (w.images_of - c->scratch) + (pads(&w) ? w.at_once * c->in_c * w.volume * w.item : 0);
}

static void set_lines(const weights *w)
{
    const k_conv *c = w->c;
    for (int64_t at = 0; at < w->kernel_lines; at++) {
        int64_t channel = at / (c->kernel[0] * c->kernel[1]), plane = at / c->kernel[1] % c->kernel[0], line = at % c->kernel[1];
        w->line[at] = channel * w->volume + (plane * c->dilation[0] * w->padded[1] + line * c->dilation[1]) * w->padded[2];
    }
}
static void pad_image(const weights *w, const char *from, char *to)
{
    const k_conv *c = w->c;
    int64_t bytes = c->in[2] * w->item;
    memset(to, 0, (size_t)(c->in_c * w->volume * w->item));
    for (int64_t channel = 0; channel < c->in_c; channel++)
        for (int64_t z = 0; z < c->in[0]; z++)
            for (int64_t y = 0; y < c->in[1]; y++, from += bytes)
                memcpy(to + (channel * w->volume + ((z + c->pad[0]) * w->padded[1] + y + c->pad[1]) * w->padded[2] + c->pad[2]) * w->item, from, (size_t)bytes);
}

/* Lines of the kernel from `at` on. */
static void piece(void *work, int64_t at, int64_t end)
{
    const weights *w = work;
    const k_conv *c = w->c;
    const int64_t x_plane = c->stride[0] * w->padded[1] * w->padded[2], x_line = c->stride[1] * w->padded[2], offsets = c->kernel[2];
    if (w->width) {
        K->slides[c->dtype].met(&(k_met){.x = w->x, .y = w->turned, .sums = w->sums + at * offsets * w->width * w->item, .line = w->line + at, .images = w->images,
            .planes = c->out[0], .lines = c->out[1], .n = c->out[2], .kernel_lines = end - at, .offsets = offsets, .apart = c->dilation[2], .step = c->stride[2],
            .x_image = w->x_image, .x_plane = x_plane, .x_line = x_line, .width = w->width});
        return;
    }
    for (; at < end; at++)
        K->slides[c->dtype].slid(&(k_slid){.x = w->x + w->line[at] * w->item, .y = c->y + (w->first * c->y_batch + w->group * c->out_c * w->places) * w->item,
            .sums = c->w + (w->group * c->out_c * w->depth + at * offsets) * w->item, .images = w->images, .planes = c->out[0], .lines = c->out[1], .n = c->out[2],
            .x_image = w->x_image, .x_plane = x_plane, .x_line = x_line, .y_image = c->y_batch, .y_channel = w->places, .channels = c->out_c, .offsets = offsets,
            .apart = c->dilation[2], .sum_channel = w->depth});
}

static void turn_block(const weights *w, int64_t v, int64_t width)
{
    const k_conv *c = w->c;
    for (int64_t i = 0; i < w->images; i++)
        K->slides[c->dtype].turned(c->y + ((w->first + i) * c->y_batch + (w->group * c->out_c + v) * w->places) * w->item, smaller(c->out_c - v, width), w->places, width,
                                   w->turned + (v * w->images + i * width) * w->places * w->item);
}

/* Multiply-adds below which threads are not worth waking; lines of the kernel that go together. */
static const double SHARE_FROM = 5e5;
enum { TOGETHER = 12 };
static void add_images(weights *w, int64_t first, int64_t images)
{
    const k_conv *c = w->c;
    w->first = first;
    w->images = images;
    w->x = c->x + (first * c->x_batch + w->group * c->in_c * product(c->in)) * w->item;
    w->x_image = c->x_batch;
    for (int64_t v = 0; v < w->width; v += MET_WIDTH)
        turn_block(w, v, smaller(w->width - v, MET_WIDTH));
    for (int64_t i = 0; i < images && pads(w); i++)
        pad_image(w, w->x + i * c->x_batch * w->item, w->images_of + i * c->in_c * w->volume * w->item);
    if (pads(w)) {
        w->x = w->images_of;
        w->x_image = c->in_c * w->volume;
    }
    double steps = (double)images * (double)c->out_c * (double)w->depth * (double)w->places;
    int64_t together = !w->width ? 1 : steps < SHARE_FROM ? w->kernel_lines : TOGETHER;
    ct_share(w->kernel_lines, together, steps < SHARE_FROM ? 1 : c->threads, piece, w);
}
static void store_sums(const weights *w)
{
    char *to = w->c->w + w->group * w->c->out_c * w->depth * w->item;
    for (int64_t k = 0; k < w->c->out_c; k++)
        for (int64_t i = 0; i < w->depth; i++)
            if (w->item == 4)
                ((float *)to)[k * w->depth + i] = ((const float *)w->sums)[i * w->width + k];
            else
                ((double *)to)[k * w->depth + i] = ((const double *)w->sums)[i * w->width + k];
}
void k_weight_run(const k_conv *c)
{
    weights w = weights_of(c);
    set_lines(&w);
    if (!w.width)
        memset(c->w, 0, (size_t)(c->groups * c->out_c * w.depth * w.item));
    for (w.group = 0; w.group < c->groups; w.group++) {
        if (w.width)
            memset(w.sums, 0, (size_t)(w.depth * w.width * w.item));
        for (int64_t i = 0; i < c->batch && !ct_watch_stopped(); i += w.at_once)
            add_images(&w, i, smaller(w.at_once, c->batch - i));
        if (w.width)
            store_sums(&w);
    }
}
