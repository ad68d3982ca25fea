/*
 * UDP for the decoy. The sockets are here, in the process that trusts no parser: datagrams go to the process that
 * parses, an answer comes back with the number of its question, and is sent once, to where the question came from, when
 * it has no more bytes than the question. Whoever takes over the parser can send nothing to anybody else.
 */
#ifndef NOROSHI_DECOY_HATCH_H
#define NOROSHI_DECOY_HATCH_H

#include "base/loop.h"
#include "decoy/options.h"
#include "decoy/report.h"

struct hatch;

struct hatch_settings {
	const struct decoy_options *options;
	struct loop *loop;
	int front;          /* the pair's end: what does not fit is dropped, and counted */
	const int *sockets; /* by service; -1: over TCP */
};

enum error hatch_new(const struct hatch_settings *settings, struct hatch **hatch, struct failure *failure);
void hatch_free(struct hatch *hatch);
/* No further datagrams are taken. */
void hatch_stop(struct hatch *hatch);

/* Of the datagram that `report` is about: fills in whose it was, sends the answer. False: there is no such question. */
bool hatch_answer(struct hatch *hatch, struct report *report);
uint64_t hatch_refused(struct hatch *hatch); /* datagrams since the last call */

/* Whether an answer may be sent: the one rule, for tests. */
bool hatch_may_send(const struct service *service, size_t question, size_t answer);

#endif
