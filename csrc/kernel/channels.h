/* channels: normalisation of each channel of row-major (batch, channels, places) over batch and places. One floating dtype; weight, bias
 * and what is told of a channel are rows of `channels`; weight and bias may be NULL. */
#ifndef CT_CHANNELS_H
#define CT_CHANNELS_H
#include <stdbool.h>
#include <stdint.h>

/* alike: of each channel x has one number, which stands for whole_batch * whole_places of them. */
typedef struct k_channels { int64_t batch, channels, places, whole_batch, whole_places; double eps, times /* that each element stands for */; bool training, alike; } k_channels;
typedef struct k_channel_norms {
    void (*moments)(const k_channels *k, const void *x, void *mean, void *scale, void *var); /* scale: 1 / sqrt(var + eps); var counts one less */
    void (*forward)(const k_channels *k, const void *x, const void *mean, const void *scale, const void *weight, const void *bias, void *y);
    /* mean and scale depend on x in training only. All three results are written. */
    void (*backward)(const k_channels *k, const void *g, const void *x, const void *mean, const void *scale, const void *weight, void *gx, void *gweight, void *gbias);
} k_channel_norms;
#endif
