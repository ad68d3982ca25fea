/*
 * An hour of a synthetic year as packets: what activity.h says of each activity a telescope reads off its packets
 * again.
 *
 * Of TCP the shape stands in the MSS and the window, 32 bits of it; of UDP in the payload's size and the hops, some 11
 * bits: different shapes may look alike. A shape of 0 ("several") is another one in each packet. UDP has no header of a
 * system or of Mirai: that is `unknown`.
 */
#ifndef NOROSHI_TESTS_DARKNET_CAPTURE_HOUR_H
#define NOROSHI_TESTS_DARKNET_CAPTURE_HOUR_H

#include "places.h"

#include <stdio.h>

#define CAPTURE_NET "198.18.0.0/20"
#define CAPTURE_ADDRESSES 4096u

struct capture_row {
	struct activity activity;
	uint32_t source; /* of its packets */
};

/* What the header of the row's first packet says of its shape and tool, put into `activity`. */
struct capture_look;
struct capture_look *capture_look_new(void); /* NULL without memory */
void capture_look_free(struct capture_look *look);
void capture_seen(struct capture_look *look, const struct capture_row *row, struct activity *activity);

/* Nanosecond pcap, Ethernet. */
void capture_begin(FILE *file);
/* All packets of the rows, in order of time; how many. */
uint64_t capture_hour(FILE *file, const struct capture_row *rows, size_t count);

#endif
