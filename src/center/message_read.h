/*
 * The messages between the processes of a centre (message.h) as structs: a body that does not fit its kind is refused
 * whole. Texts that are copied are cut at a character; others point into the body. Inside center/ only.
 */
#ifndef NOROSHI_CENTER_MESSAGE_READ_H
#define NOROSHI_CENTER_MESSAGE_READ_H

#include "base/memory.h"
#include "http/server.h"

struct admitted {
	uint16_t status;
	uint32_t organisation, sensor;
	bool routes, telescope;
	uint64_t quota; /* thousandths of an alert a second; 0 = the configured default */
	uint64_t policy_version;
	struct text policy; /* in the body */
	char words[256];
};
bool admitted_read(struct text body, struct admitted *admitted);

struct ingested {
	uint16_t status;
	bool repeated;
	uint32_t lines, alerts, records, skipped, malformed;
	char words[256];
};
bool ingested_read(struct text body, struct ingested *ingested);

/* MESSAGE_ANSWER but for its output, which is JSON to be parsed (may be empty). What the answer points to lives in the
 * arena and in the body. */
bool answer_read(struct text body, struct arena *arena, struct answer *answer, struct text *output);

struct pushed {
	uint16_t status;
	bool finished;
	uint64_t total, good, bad;
	struct text failures; /* JSON list; in the body */
	char words[256];
};
bool pushed_read(struct text body, struct pushed *pushed);

struct changed {
	uint32_t organisation;
	char noun[64], id[64];
};
bool changed_read(struct text body, struct changed *changed);

struct deliver {
	uint64_t number;
	uint32_t tries;
	char topic[32];
	struct text letter;
};
bool deliver_read(struct text body, struct deliver *deliver);

struct delivered {
	uint64_t number;
	enum error result;
	char words[256];
};
bool delivered_read(struct text body, struct delivered *delivered);

#endif
