/*
 * How the kernel spreads frames over workers: a small program that it runs for each (packet(7), PACKET_FANOUT_CBPF).
 */
#ifndef NOROSHI_NET_CAPTURE_SPREAD_H
#define NOROSHI_NET_CAPTURE_SPREAD_H

#include <linux/filter.h>

#define SPREAD_MOST 256 /* instructions */

/* Writes the program, and gives the number of its instructions. */
unsigned short capture_spread(struct sock_filter program[static SPREAD_MOST]);

#endif
