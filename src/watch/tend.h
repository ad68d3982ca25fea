/*
 * The agent's state, and what becomes of files that end: shared by agent.c (batches), tend.c (ends) and again.c
 * (refused batches). Inside watch/
 * only.
 */
#ifndef NOROSHI_WATCH_TEND_H
#define NOROSHI_WATCH_TEND_H

#include "watch/agent.h"
#include "watch/loss.h"
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
	bool asked_again;     /* a person wants the refused batches to be sent again */
	char sent_again[128]; /* the name of the last one that was */
	struct agent_counts counts;
};

/* No more comes into the file: rotated away, gone, compressed, or the agent's work is to end. */
bool follow_has_ended(const struct agent *agent, const struct follow *follow, nanoseconds now);
/* Says that content is lost for good, and counts it; nothing for 0 bytes. False: it must be said later. */
bool agent_say_lost(struct agent *agent, const struct loss *loss);
/* The batch under way is nowhere: its loss is said, and its file ends. */
void agent_give_up_pending(struct agent *agent, struct follow *follow);
/* The same for what follow_cut() noted. */
void agent_say_cut(struct agent *agent, struct follow *follow);
/* The batch of `current` was refused: aside with it. An error when the disk does not take it: then it must wait. */
enum error agent_keep_refused(struct agent *agent, const struct delivery_answer *answer, struct failure *failure);
/* Sends the next one of the batches kept aside again, if a person asked for it; AGENT_IDLE when there is none. */
enum agent_next agent_send_again(struct agent *agent, nanoseconds now);

/* A file that the agent wrote itself, of what it received. */
bool agent_owns(const struct agent *agent, const struct follow *follow);
/* The format, unless it is told already. */
void agent_tell_format(struct agent *agent, struct follow *follow, const struct batch *batch);
/* The agent's batch, of this file, was taken. */
void agent_taken(struct agent *agent, struct follow *follow, const struct delivery_answer *answer);
/* The centre cannot be asked before some time. */
enum agent_next agent_put_off(
    struct agent *agent, enum delivery what, const struct delivery_answer *answer, nanoseconds now);
void agent_reached(struct agent *agent); /* it answered */
/* Delivered or given up: nothing of it is kept but who it was. */
void agent_end_follow(struct agent *agent, struct follow *follow);
/* The batch under way is in memory: when its file goes, the spool takes it. */
void agent_rescue(struct agent *agent);
/* After each scan: spools what would vanish, closes what rests, ends what is over. */
void agent_tend(struct agent *agent, nanoseconds now);
/* Ended files beyond the bound are forgotten, the oldest first. */
void agent_forget(struct agent *agent);

#endif
