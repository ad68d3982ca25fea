/*
 * Victims: attacks that are seen because the attacked answer to forged senders, some of which are of the telescope.
 *
 *   struct source_event (of backscatter) → victim_judge() → struct victim
 *
 * An attack is `least_answers` of one victim (25 unless configured, as in Moore et al., ACM TOCS 24(2), 2006) to at
 * least 3 different questions. Its rate: estimate.h. Answers over UDP whose service is known for large answers show a
 * reflector: somebody asked it in the name of the telescope's addresses.
 */
#ifndef NOROSHI_DARKNET_VICTIMS_H
#define NOROSHI_DARKNET_VICTIMS_H

#include "darknet/event/estimate.h"
#include "darknet/event/sources.h"

struct victim_settings {
	const struct space *space;
	uint32_t least_answers; /* 0 = 25 */
};

struct victim {
	struct address victim;
	nanoseconds first, last;
	uint32_t packets; /* answers that arrived */
	double attacked;  /* distinct questions among them; relative standard error `error` */
	double error;
	struct estimate rate; /* packets/s at the victim */
	double peak;          /* the same of the busiest minute, without an interval; NaN = not followed */
	struct source_port ports[SOURCE_PORTS]; /* of the victim, in order */
	uint32_t port_listed, port_count;
	bool port_least;
	uint8_t marks;     /* enum source_mark: the vectors */
	uint8_t reflector; /* enum arrival_payload whose answers are larger than the questions; PAYLOAD_NONE: none */
	double answer;     /* bytes of an answer, on average; NaN = not followed */
};

/* False: no attack. */
bool victim_judge(const struct victim_settings *settings, const struct source_event *event, struct victim *victim);

#define VICTIM_VECTORS 7
/* Name of the vector of bit `index` of `marks`: "syn", "tcp", "udp", "icmp", "other", "sctp", "other". */
const char *victim_vector(unsigned index);

#endif
