/* Small products, built for the instructions every machine of the kind has. */
#define ORDERED_RUN k_ordered_base
#include "kernel/ordered.inc"
