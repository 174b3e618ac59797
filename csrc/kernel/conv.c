/* Slices of columns, and the three products with them. */
#include "base/pool.h"
#include "kernel/conv.h"
#include "kernel/conv_direct.h"
#include "kernel/conv_weight.h"
#include "kernel/kernel.h"
#include <string.h>

enum { LARGE_WEIGHTS = 1 << 19 /* numbers */ };
typedef struct plan {
    int64_t item, places, depth;  /* places of the output of one image; elements of a column */
    int64_t slice;                /* columns at a time */
    bool direct;                  /* the input itself is the matrix of columns */
    int64_t sum;                  /* bytes of a number that is added to */
    bool turned;                  /* weight gradients: (depth, channels) is what is summed, from `sums` */
    char *columns, *packed, *sums, *products; /* sums: of halves, the weights or the input of one image, of one group */
} plan;

static int64_t volume(const int64_t *size) { return size[0] * size[1] * size[2]; }
static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

static bool is_direct(const k_conv *c)
{
    bool all = true;
    for (int d = 0; d < 3; d++)
        all &= c->kernel[d] == 1 && c->stride[d] == 1 && c->pad[d] == 0 && c->in[d] == c->out[d]; /* an output padding makes room for more */
    return all;
}

/* The product's second operand is turned around by the piece: better the one with fewer columns, unless vectors then stay half empty. */
static bool turns(const k_conv *c, int64_t depth)
{
    int64_t lanes = 64 / dtype_bytes(c->dtype), filled = round_up(c->out_c, lanes) * depth, plain = round_up(depth, lanes) * c->out_c;
    return c->out_c < depth && 8 * filled <= 9 * plain;
}

/* Images of many places are cut into equal slices, images of few share one. */
static plan plan_of(const k_conv *c)
{
    plan p = {.item = dtype_bytes(c->dtype), .places = volume(c->out), .depth = c->in_c * volume(c->kernel), .direct = is_direct(c)};
    p.sum = dtype_bytes(dtype_computed(c->dtype));
    /* Large weights are turned into scratch once a slice. */
    int64_t most = CONV_SLICE / p.item / (p.depth ? p.depth : 1), least = p.depth * c->out_c > LARGE_WEIGHTS ? 256 : 64, cuts;
    most = most < least ? least : most;
    if (p.direct)
        p.slice = p.places;
    else if (p.places > most) {
        cuts = (p.places + most - 1) / most;
        p.slice = round_up((p.places + cuts - 1) / cuts, 16);
    } else
        p.slice = p.places >= 64 || p.places == 0 ? p.places : p.places * smaller(c->batch, most / p.places);
    p.columns = c->scratch;
    p.turned = dtype_is_float(c->dtype) && !dtype_is_half(c->dtype) && turns(c, p.depth);
    p.packed = p.columns + (p.direct ? 0 : round_up(p.depth * p.slice * p.sum, 64));
    p.sums = p.packed + round_up(c->out_c * p.slice * p.item, 64);
    int64_t weights = c->out_c * p.depth, image = c->in_c * volume(c->in), summed = p.turned || weights > image ? weights : image;
    p.products = p.sums + (p.turned || dtype_is_half(c->dtype) ? round_up(summed * p.sum, 64) : 0);
    return p;
}

/* out: (channels, columns) from (channels, depth); in: (depth, columns); weight: (channels, depth), or turned. */
static k_gemm out_product(const k_conv *c, const plan *p, int64_t n)
{
    return (k_gemm){.m = c->out_c, .n = n, .k = p->depth, .a_row = p->depth, .a_col = 1, .b_row = n, .b_col = 1, .c_row = n, .scratch = p->products, .threads = c->threads};
}
static k_gemm in_product(const k_conv *c, const plan *p, int64_t n)
{
    return (k_gemm){.m = p->depth, .n = n, .k = c->out_c, .a_row = 1, .a_col = p->depth, .b_row = n, .b_col = 1, .c_row = n, .scratch = p->products, .threads = c->threads};
}
static k_gemm weight_product(const k_conv *c, const plan *p, int64_t n)
{
    if (p->turned)
        return (k_gemm){.m = p->depth, .n = c->out_c, .k = n, .a_row = n, .a_col = 1, .b_row = 1, .b_col = p->places, .c_row = c->out_c, .scratch = p->products, .threads = c->threads, .add = true};
    return (k_gemm){.m = c->out_c, .n = p->depth, .k = n, .a_row = n, .a_col = 1, .b_row = 1, .b_col = n, .c_row = p->depth, .scratch = p->products, .threads = c->threads, .add = true};
}

int64_t k_conv_scratch(const k_conv *c)
{
    plan p = plan_of(c);
    int64_t most = 0;
    for (int64_t n = p.slice, k = 0; k < 2 && n > 0; k++, n = p.places % p.slice) {
        k_gemm g[3] = {out_product(c, &p, n), in_product(c, &p, n), weight_product(c, &p, n)};
        for (int i = 0; i < 3; i++) {
            int64_t bytes = k_gemm_scratch(c->dtype, &g[i]);
            most = bytes > most ? bytes : most;
        }
    }
    int64_t bytes = (p.products - c->scratch) + most + 64;
    k_conv back = k_direct_adjoint(c);
    int64_t direct[3] = {k_direct_suits(c, false) ? k_direct_scratch(c, false) : 0, k_direct_suits(&back, true) ? k_direct_scratch(&back, true) : 0,
                         k_weight_suits(c) ? k_weight_scratch(c) : 0};
    for (int i = 0; i < 3; i++)
        bytes = direct[i] > bytes ? direct[i] : bytes;
    return bytes;
}

bool k_conv_wants_blas(const k_conv *c)
{
    plan p = plan_of(c);
    k_gemm g[3] = {out_product(c, &p, p.slice), in_product(c, &p, p.slice), weight_product(c, &p, p.slice)};
    return k_gemm_wants_blas(c->dtype, &g[0]) || k_gemm_wants_blas(c->dtype, &g[1]) || k_gemm_wants_blas(c->dtype, &g[2]);
}

/* Places `from` … `to` - 1 of a line of the output that read inside the input, at offset `shift`. */
static void inside(const k_conv *c, int d, int64_t shift, int64_t *from, int64_t *to)
{
    int64_t s = c->stride[d], first = c->pad[d] - shift, last = c->in[d] - 1 + c->pad[d] - shift;
    *from = first <= 0 ? 0 : (first + s - 1) / s;
    *to = last < 0 ? 0 : smaller(last / s + 1, c->out[d]);
}

/* A run of adjacent places of one line of the output. */
typedef struct run { int64_t plane, line, from, to; } run;
static run run_at(const k_conv *c, int64_t place, int64_t end)
{
    int64_t w = c->out[2], line = place / w, from = place % w;
    return (run){line / c->out[1], line % c->out[1], from, smaller(w, from + end - place)};
}

/* The run after p, of at most `left` places. */
static inline void next_run(const k_conv *c, run *p, int64_t left)
{
    p->from = 0;
    p->to = smaller(c->out[2], left);
    if (++p->line == c->out[1]) {
        p->line = 0;
        p->plane++;
    }
}
/* A row of columns: a channel, and an offset in the kernel, in places of the input. */
typedef struct offset { int64_t channel, at[3]; } offset;
static inline void next_offset(const k_conv *c, offset *o)
{
    for (int d = 2; d >= 0; d--) {
        o->at[d] += c->dilation[d];
        if (o->at[d] < c->kernel[d] * c->dilation[d])
            return;
        o->at[d] = 0;
    }
    o->channel++;
}

#define NAME(f) f##_1
#define ITEM uint8_t
#include "kernel/conv.inc"
#undef NAME
#undef ITEM
#define NAME(f) f##_2
#define ITEM uint16_t
#include "kernel/conv.inc"
#undef NAME
#undef ITEM
#define NAME(f) f##_4
#define ITEM uint32_t
#include "kernel/conv.inc"
#undef NAME
#undef ITEM
#define NAME(f) f##_8
#define ITEM uint64_t
#include "kernel/conv.inc"
#undef NAME
#undef ITEM
#define ADDS
#define NAME(f) f##_I64
#define ITEM int64_t
#include "kernel/conv.inc"
#undef NAME
#undef ITEM
#define NAME(f) f##_F32
#define ITEM float
#include "kernel/conv.inc"
#undef NAME
#undef ITEM
#define NAME(f) f##_F64
#define ITEM double
#include "kernel/conv.inc"
#undef NAME
#undef ITEM
#undef ADDS

/* One slice: columns q … q + n - 1 of all images' places. Within one image the operands are read and written in place. */
typedef struct slice { int64_t q, n; } slice;
static bool next_slice(const k_conv *c, const plan *p, slice *s)
{
    s->q += s->n;
    int64_t total = c->batch * p->places, left = p->slice <= p->places ? p->places - s->q % p->places : total - s->q;
    s->n = smaller(p->slice, left);
    return s->q < total && s->n > 0;
}
static char *x_of(const k_conv *c, const plan *p, int64_t image, int64_t group)
{
    return c->x + (image * c->x_batch + group * c->in_c * volume(c->in)) * p->item;
}
static char *y_of(const k_conv *c, const plan *p, int64_t image, int64_t group)
{
    return c->y + (image * c->y_batch + group * c->out_c * p->places) * p->item;
}
static char *w_of(const k_conv *c, const plan *p, int64_t group) { return c->w + group * c->out_c * p->depth * p->item; }
static bool shared(const plan *p, const slice *s) { return s->n > p->places; }

/* One line of numbers as another dtype. */
static void convert(ct_dtype from_dtype, const char *from, ct_dtype to_dtype, char *to, int64_t n)
{
    K->cast[from_dtype][to_dtype]((char *[]){to, (char *)from}, (int64_t[]){dtype_bytes(to_dtype), dtype_bytes(from_dtype)}, n, NULL);
}

/* Calls f for the part of the slice in each image: the image, its first place, how many, and the first column. */
typedef void each_image(const k_conv *c, char *x, char *columns, int64_t row, int64_t place, int64_t n);
static void over_images(const k_conv *c, const plan *p, const slice *s, int64_t group, int64_t item, each_image *f)
{
    for (int64_t done = 0; done < s->n;) {
        int64_t image = (s->q + done) / p->places, place = (s->q + done) % p->places, n = smaller(s->n - done, p->places - place);
        f(c, x_of(c, p, image, group), p->columns + done * item, s->n, place, n);
        done += n;
    }
}
static void gather_columns(const k_conv *c, const plan *p, const slice *s, int64_t group)
{
    each_image *const gather[] = {[1] = gather_1, [2] = gather_2, [4] = gather_4, [8] = gather_8};
    over_images(c, p, s, group, p->item, gather[p->item]);
}
/* An image's sums are widened before its first places are added, and rounded after its last. */
static void scatter_half(const k_conv *c, char *x, char *columns, int64_t row, int64_t place, int64_t n)
{
    plan p = plan_of(c);
    int64_t numbers = c->in_c * volume(c->in);
    if (place == 0)
        convert(c->dtype, x, DT_F32, p.sums, numbers);
    scatter_F32(c, p.sums, columns, row, place, n);
    if (place + n == p.places)
        convert(DT_F32, p.sums, c->dtype, x, numbers);
}
static void scatter_columns(const k_conv *c, const plan *p, const slice *s, int64_t group)
{
    each_image *const scatter[DT_COUNT] = {[DT_I64] = scatter_I64, [DT_F16] = scatter_half, [DT_BF16] = scatter_half, [DT_F32] = scatter_F32, [DT_F64] = scatter_F64};
    over_images(c, p, s, group, p->sum, scatter[c->dtype]);
}

/* Between y and its slice in `packed`, where the slice spans images. */
static void move_packed(const k_conv *c, const plan *p, const slice *s, int64_t group, bool into_packed)
{
    int64_t bytes = p->places * p->item;
    for (int64_t done = 0; done < s->n; done += p->places)
        for (int64_t k = 0; k < c->out_c; k++) {
            char *y = y_of(c, p, (s->q + done) / p->places, group) + k * bytes, *packed = p->packed + (k * s->n + done) * p->item;
            memcpy(into_packed ? packed : y, into_packed ? y : packed, (size_t)bytes);
        }
}
/* The slice of y as an operand. */
static char *y_slice(const k_conv *c, const plan *p, const slice *s, int64_t group, int64_t *row)
{
    *row = shared(p, s) ? s->n : p->places;
    return shared(p, s) ? p->packed : y_of(c, p, s->q / p->places, group) + s->q % p->places * p->item;
}
static const char *column_slice(const k_conv *c, const plan *p, const slice *s, int64_t group)
{
    if (p->direct)
        return x_of(c, p, s->q / p->places, group);
    gather_columns(c, p, s, group);
    return p->columns;
}

static void fill_channels(const k_conv *c, char *to, int64_t channels, int64_t places, int64_t batch, int64_t apart)
{
    int64_t item = dtype_bytes(c->dtype);
    for (int64_t i = 0; i < batch; i++)
        for (int64_t k = 0; k < channels; k++)
            K->fill[c->dtype]((char *[]){to + (i * apart + k * places) * item}, (int64_t[]){item}, places, c->bias + k * item);
}
/* A row's value is there before its products are added. */
static void fill_packed(const k_conv *c, const plan *p, const slice *s, int64_t group)
{
    for (int64_t k = 0; k < c->out_c; k++)
        K->fill[c->dtype]((char *[]){p->packed + k * s->n * p->item}, (int64_t[]){p->item}, s->n, c->bias + (group * c->out_c + k) * p->item);
}

void k_conv_out(const k_conv *c)
{
    if (k_direct_suits(c, false)) {
        k_direct_run(c, false);
        return;
    }
    plan p = plan_of(c);
    if (c->bias && p.slice <= p.places)
        fill_channels(c, c->y, c->groups * c->out_c, p.places, c->batch, c->y_batch);
    for (int64_t group = 0; group < c->groups; group++)
        for (slice s = {0, 0}; next_slice(c, &p, &s) && !ct_watch_stopped();) {
            k_gemm g = out_product(c, &p, s.n);
            g.a = w_of(c, &p, group);
            g.b = column_slice(c, &p, &s, group);
            g.c = y_slice(c, &p, &s, group, &g.c_row);
            g.add = c->bias != NULL;
            if (g.add && p.slice > p.places && shared(&p, &s))
                fill_packed(c, &p, &s, group);
            else if (g.add && p.slice > p.places)
                fill_channels(&(k_conv){.dtype = c->dtype, .bias = c->bias + group * c->out_c * p.item}, g.c, c->out_c, p.places, 1, 0);
            k_gemm_run(c->dtype, &g);
            if (shared(&p, &s))
                move_packed(c, &p, &s, group, false);
        }
}

void k_conv_in(const k_conv *c)
{
    k_conv back = k_direct_adjoint(c);
    if (k_direct_suits(&back, true)) {
        k_direct_run(&back, true);
        return;
    }
    plan p = plan_of(c);
    int64_t channels = c->groups * c->in_c;
    if (c->bias)
        fill_channels(c, c->x, channels, volume(c->in), c->batch, c->x_batch);
    else if (!p.direct || c->out_c == 0)
        for (int64_t i = 0; i < c->batch; i++)
            memset(c->x + i * c->x_batch * p.item, 0, (size_t)(channels * volume(c->in) * p.item));
    for (int64_t group = 0; group < c->groups; group++)
        for (slice s = {0, 0}; next_slice(c, &p, &s) && !ct_watch_stopped();) {
            k_gemm g = in_product(c, &p, s.n);
            if (shared(&p, &s))
                move_packed(c, &p, &s, group, true);
            g.a = w_of(c, &p, group);
            g.b = y_slice(c, &p, &s, group, &g.b_row);
            g.c = p.direct ? x_of(c, &p, s.q / p.places, group) : p.columns;
            g.add = p.direct && c->bias;
            g.single = p.direct || !dtype_is_half(c->dtype) ? 0 : 4;
            k_gemm_run(c->dtype, &g);
            if (!p.direct)
                scatter_columns(c, &p, &s, group);
        }
}

static void transpose(const plan *p, int64_t channels, char *w)
{
    for (int64_t k = 0; k < channels; k++)
        for (int64_t i = 0; i < p->depth; i++)
            if (p->item == 4)
                ((float *)w)[k * p->depth + i] = ((const float *)p->sums)[i * channels + k];
            else
                ((double *)w)[k * p->depth + i] = ((const double *)p->sums)[i * channels + k];
}
void k_conv_weight(const k_conv *c)
{
    if (k_weight_suits(c)) {
        k_weight_run(c);
        return;
    }
    plan p = plan_of(c);
    bool half = dtype_is_half(c->dtype);
    int64_t numbers = c->out_c * p.depth;
    for (int64_t group = 0; group < c->groups; group++) {
        char *sums = half || p.turned ? p.sums : w_of(c, &p, group);
        memset(sums, 0, (size_t)(numbers * p.sum));
        for (slice s = {0, 0}; next_slice(c, &p, &s) && !ct_watch_stopped();) {
            k_gemm g = weight_product(c, &p, s.n);
            int64_t row;
            if (shared(&p, &s))
                move_packed(c, &p, &s, group, true);
            char *y = y_slice(c, &p, &s, group, &row);
            const char *columns = column_slice(c, &p, &s, group);
            g.a = p.turned ? columns : y;
            g.b = p.turned ? y : columns;
            *(p.turned ? &g.b_col : &g.a_row) = row;
            g.c = sums;
            g.single = half ? 4 : 0;
            k_gemm_run(c->dtype, &g);
        }
        if (p.turned)
            transpose(&p, c->out_c, w_of(c, &p, group));
        if (half)
            convert(DT_F32, sums, c->dtype, w_of(c, &p, group), numbers);
    }
}
