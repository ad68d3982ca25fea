/*
 * The agent's state, and what becomes of files that end: shared by agent.c (batches) and tend.c (ends). Inside watch/
 * only.
 */
#ifndef NOROSHI_WATCH_TEND_H
#define NOROSHI_WATCH_TEND_H

#include "watch/agent.h"
#include "watch/recognise.h"

struct agent {
	const struct agent_settings *settings;
	struct follows follows;
	struct spool *spool;
	struct json_parser *parser; /* to tell formats */
	char *positions;            /* path */
	int lock;
	bool unsaved, rescan;
	struct follow *current; /* whose batch waits for its answer; NULL = none */
	struct batch batch;     /* of `current`; its room serves every read */
	size_t turn;            /* the follow that is asked first */
	nanoseconds wake;       /* not before; 0 = at once */
	unsigned attempts;      /* failed in a row */
	bool denied;
	struct agent_counts counts;
};

/* No more comes into the file: rotated away, gone, compressed, or the agent's work is to end. */
bool follow_has_ended(const struct agent *agent, const struct follow *follow, nanoseconds now);
/* Says, once for each file, that content is lost, and counts it; nothing for 0 bytes. */
void agent_say_lost(struct agent *agent, struct follow *follow, uint64_t bytes, const char *why);
/* Delivered or given up: nothing of it is kept but who it was. */
void agent_end_follow(struct agent *agent, struct follow *follow);
/* The batch under way is in memory: when its file goes, the spool takes it. */
void agent_rescue(struct agent *agent);
/* After each scan: spools what would vanish, closes what rests, ends what is over. */
void agent_tend(struct agent *agent, nanoseconds now);
/* Ended files beyond the bound are forgotten, the oldest first. */
void agent_forget(struct agent *agent);

#endif
