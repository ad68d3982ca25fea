/*
 * A member's log folder and a centre's memory, for the tests of the agent: files that are appended to, rotated, copied,
 * truncated, compressed, swapped, deleted; and a receiver that keeps what was delivered by (epoch, offset), loses
 * answers, or is away. At the end both are compared, byte for byte, together with what the agent says is lost.
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
	size_t known; /* of them the agent has seen: what is lost of these it must say */
	size_t saved; /* known, and on the agent's disk */
	bool held;    /* removed while the agent had it open: it may have seen all of it since */
	size_t
	    copied; /* so much stands in the only copy, when a program wrote on between copy and truncation; 0 = all */
	bool lossy; /* it was truncated or deleted so that nobody could be sure to read it */
};

#define WAITING 512

struct received {
	struct hash128 epoch;
	char *content;
	size_t size;
	size_t answered; /* so many the agent knows to have arrived, */
	size_t saved;    /* and so many also after a crash */
	unsigned batches, preambles;
	char format[32];
	struct batch waiting[WAITING]; /* came, but something before them was refused so far */
};

enum centre_mood {
	CENTRE_FINE,
	CENTRE_AWAY,
	CENTRE_LOSES_ANSWER,
	CENTRE_REFUSES,
	CENTRE_DENIES,
	CENTRE_KILLS,       /* the agent is killed before the batch arrives */
	CENTRE_KILLS_LATER, /* the agent is killed after the batch arrived */
};

struct member {
	char folder[256]; /* logs below logs/, the agent's own below state/ */
	struct generation generations[512];
	size_t generation_count;
	struct received received[1024];
	size_t received_count;
	enum centre_mood mood;
	unsigned overlaps;   /* batches that arrived again */
	unsigned mismatches; /* that arrived again with other bytes, or with a gap before them */
	unsigned refusals;
	bool mounted, killed;
	const char *patterns[4];
	struct agent_settings settings;
	struct agent *agent;
	nanoseconds now;
};

void member_begin(struct member *member, const char *pattern);
/* The agent's folder on a file system of its own of `size` bytes. False when this process may not mount. */
bool member_mount_state(struct member *member, size_t size);
void member_fill_state(struct member *member, size_t leave); /* nothing more fits but about `leave` bytes */
void member_free_state(struct member *member);
void member_end(struct member *member);
void member_set_pattern(struct member *member, unsigned index, const char *pattern);

void agent_start(struct member *member);
void agent_stop(struct member *member);
void agent_crash(struct member *member); /* as if killed here: nothing more is written */
/* Scans, works until nothing more goes, `rounds` times, the clock moved on by `step` between. */
void agent_run(struct member *member, unsigned rounds, nanoseconds step);
void agent_look(struct member *member); /* scans only */

char *log_path(struct member *member, const char *name, char path[static 512]);
struct generation *generation_at(struct member *member, const char *name); /* NULL when there is none */
void log_append(struct member *member, const char *name, const char *text);
void log_lines(struct member *member, const char *name, unsigned from, unsigned to); /* numbered */
void log_append_bytes(struct member *member, const char *name, const void *at, size_t size);
void log_rename(struct member *member, const char *from, const char *to);
void log_swap(struct member *member, const char *one, const char *other);
void log_copy_truncate(struct member *member, const char *name, const char *copy);
/* The two halves of it: what is appended between them stands in no copy. */
void log_copy(struct member *member, const char *name, const char *copy);
void log_truncate_copied(struct member *member, const char *name, const char *copy);
void log_truncate(struct member *member, const char *name);      /* without a copy; the next bytes are another file's */
void log_compress(struct member *member, const char *name);      /* name → name.gz */
void log_compress_zstd(struct member *member, const char *name); /* name → name.zst */
void log_delete(struct member *member, const char *name);

/* Every generation was received once, byte for byte, and nothing else was; of those that nobody could be sure to read a
 * beginning was, and what the agent had seen of the rest is said to be lost, exactly. */
void assert_all_received(struct member *member);

#endif
