#ifndef CT_KERNEL_TURN_H
#define CT_KERNEL_TURN_H
#include <stdint.h>
enum { TURN_ROWS = 16 };                                /* a line of the cache, of 4 bytes each */
typedef struct k_turn { int64_t rows, out; } k_turn;    /* param of k_isa.turn */
#endif
