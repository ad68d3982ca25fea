/*
 * A member's log folder and a centre's memory, for the tests of the agent: files that are appended to, rotated, copied,
 * truncated, compressed; and a receiver that keeps what was delivered by (epoch, offset), loses answers, or is away.
 */
#ifndef NOROSHI_TESTS_WATCH_MEMBER_H
#define NOROSHI_TESTS_WATCH_MEMBER_H

#include "watch/agent.h"

#include <stdbool.h>
#include <stddef.h>

/* What one file really contained from its creation to its end. */
struct generation {
	char name[128]; /* where it is now; empty = its name is gone */
	char *content;
	size_t size;
};

struct received {
	struct hash128 epoch;
	char *content;
	size_t size;
	unsigned batches, preambles;
	char format[32];
};

enum centre_mood { CENTRE_FINE, CENTRE_AWAY, CENTRE_LOSES_ANSWER, CENTRE_REFUSES, CENTRE_DENIES };

struct member {
	char folder[256]; /* logs below logs/, the agent's own below state/ */
	struct generation generations[512];
	size_t generation_count;
	struct received received[1024];
	size_t received_count;
	enum centre_mood mood;
	unsigned overlaps;   /* batches that arrived again */
	unsigned mismatches; /* that arrived again with other bytes, or with a gap before them */
	const char *patterns[4];
	struct agent_settings settings;
	struct agent *agent;
	nanoseconds now;
};

void member_begin(struct member *member, const char *pattern);
void member_end(struct member *member);

void agent_start(struct member *member);
void agent_stop(struct member *member);
void agent_crash(struct member *member); /* as if killed here: nothing more is written */
/* Scans, works until nothing more goes, `rounds` times, the clock moved on by `step` between. */
void agent_run(struct member *member, unsigned rounds, nanoseconds step);

void log_append(struct member *member, const char *name, const char *text);
void log_append_bytes(struct member *member, const char *name, const void *at, size_t size);
void log_rename(struct member *member, const char *from, const char *to);
void log_copy_truncate(struct member *member, const char *name, const char *copy);
void log_compress(struct member *member, const char *name); /* name → name.gz */
void log_delete(struct member *member, const char *name);

/* Every generation was received once, byte for byte, and nothing else was. */
void assert_all_received(struct member *member);

#endif
