/*
 * Records in the files that the agent follows (docs/formats/records.md): looked through at the member, so that the
 * alerts about them leave, and not the records.
 *
 *   batch → records → detection, behaviour, rules (records.h) → lines of EVE → ship.c
 *
 * One thread. What the detectors remember goes on from batch to batch, and is gone when the agent ends.
 */
#ifndef NOROSHI_WATCH_RECORD_FEED_H
#define NOROSHI_WATCH_RECORD_FEED_H

#include "formats/record.h"
#include "watch/detection_options.h"
#include "watch/follow.h"

struct record_feed_settings {
	struct detection_options detection;
	bool rules;
	char **texts; /* the options' values */
	size_t text_count;
};
void record_feed_settings_free(struct record_feed_settings *settings);

struct record_feed;
/* The settings stay the caller's and must live on. */
enum error record_feed_new(
    const struct record_feed_settings *settings, struct record_feed **feed, struct failure *failure);
void record_feed_free(struct record_feed *feed); /* NULL is fine */

/* A follow's format is one of records when it has this before its name: "record-zeek". NULL: it is none. */
#define RECORD_FEED_PREFIX "record-"
const struct record_format *record_feed_format(const char *format);
/* The name of the record format that this is for certain, or at least more than `sure`; NULL = none. */
const char *record_feed_recognise(struct text beginning, struct json_parser *parser, int sure);

struct record_batch {
	struct text alerts; /* lines of EVE; live until the next call */
	uint64_t records, malformed;
	uint64_t place;  /* of the first malformed line: byte in the file */
	char words[256]; /* what is wrong with it */
};
/* Looks through a batch. The same batch again, until another one comes, gives the same: what was not taken by the
 * centre is asked for again, and must not count twice. */
enum error record_feed_take(struct record_feed *feed, const struct follow *follow, const struct batch *batch,
    struct record_batch *found, struct failure *failure);

#endif
