/*
 * What one delivery of a sensor tells about the sensor itself: a part of a batch that was stored, that was here before,
 * or that held no alert; or an agent that had nothing to deliver and says that it is there.
 */
#ifndef NOROSHI_MODEL_HEARD_H
#define NOROSHI_MODEL_HEARD_H

#include "base/time.h"

#include <stdbool.h>
#include <stdint.h>

struct heard {
	uint32_t organisation, sensor;
	nanoseconds received;
	nanoseconds oldest, newest; /* occurred, of its alerts; 0 = it held none */
	uint32_t lines;             /* records of every kind; 0 of one that was here before */
	/* What the sensor says of itself; the counters since its start. */
	bool counted;
	uint64_t packets, drops; /* EVE stats: capture.kernel_packets (with those dropped), kernel_drops */
	uint32_t sampling;       /* EVE netflow: one packet in so many; 0 = not said */
	bool agent;              /* its agent said the two below */
	nanoseconds clock;       /* of the agent, when it sent this */
	/* Of a telescope, by its lines of counts: packets that came and that were lost since it was heard before; when
	 * it wrote the newest of them, by its own clock. 0 = it is none. */
	uint64_t arrived, lost;
	nanoseconds written;
	uint64_t content; /* bytes of files that it lost for good */
};

#endif
