/*
 * The judge of one organisation: takes its alerts in order, says of each whether it is noise (and of which kind) or
 * evidence, and bundles evidence into episodes. Pure: no clock, no store; the same items in the same order give the
 * same result.
 */
#ifndef NOROSHI_TRIAGE_JUDGE_H
#define NOROSHI_TRIAGE_JUDGE_H

#include "triage/episode.h"
#include "triage/normal.h"
#include "triage/triage.h"

#define JUDGE_EPISODES 64     /* active at once; beyond, the weakest is forgotten */
#define JUDGE_REMEMBERED 1024 /* recent noise alerts that a later step may join to an event */
#define JUDGE_LEVELS 16       /* of evidence, 0.25 apart */

/* Settings of the method. Their meaning and grounds are in docs/triage.md; none is fitted to a data set. */
struct judge_settings {
	nanoseconds learning; /* newness counts nothing in the first half of it, fully after it */
	nanoseconds join; /* evidence of the same kind on the same host continues an event that closed this long ago */
	nanoseconds longest; /* no event is longer */
	double open;         /* telling evidence that opens an event, in decades */
	double open_any;     /* evidence of any kind that does */
};

struct echo { /* how often a signature comes together with another detector's alert on the same host */
	uint32_t all, accompanied;
};

struct lately { /* the newest alert of a host */
	nanoseconds occurred;
	uint32_t detector;
};

struct remembered {
	struct item item;
	uint8_t verdict;
};

struct met { /* the newest alert's surprises: the next one often says the same in the same second */
	uint64_t signature_key, host_key;
	nanoseconds occurred;
	struct surprise general, here; /* of the signature; of the signature on the host */
};

struct judge {
	struct normal normal;
	struct met met;
	struct episode *episodes[JUDGE_EPISODES];
	uint32_t episode_count;
	struct remembered *remembered; /* a ring */
	uint32_t remembered_next, remembered_count, remembered_room;
	struct echo *echoes; /* by signature number */
	uint32_t echo_room;
	struct lately *lately; /* by host number */
	uint32_t lately_room;
	double levels[JUDGE_LEVELS]; /* minutes with evidence of this level, weighted by age */
	nanoseconds level_minute[JUDGE_LEVELS];
	nanoseconds levels_at;
	uint64_t forgotten;
};

struct judge_sink {
	void *context;
	/* A verdict. `episode` is NULL unless it is EVENT or CONTEXT. `before`: the earlier verdict that it replaces,
	 * PENDING if there was none. */
	void (*judged)(void *context, const struct pending *alert, enum verdict verdict, const struct episode *episode,
	    uint32_t rule, enum verdict before);
	/* An episode that is open changed, or closed for good (then it is freed after the call). */
	void (*told)(void *context, struct episode *episode, bool final);
};

enum error judge_init(struct judge *judge, uint32_t habits);
void judge_free(struct judge *judge);
void judge_item(struct judge *judge, const struct judge_settings *settings, const struct item *item, struct uuid space,
    const struct judge_sink *sink);
/* Nothing earlier than `time` will come: closes what has faded, makes final what cannot be continued. */
void judge_advance(
    struct judge *judge, const struct judge_settings *settings, nanoseconds time, const struct judge_sink *sink);
/* The end: everything becomes final. */
void judge_finish(struct judge *judge, const struct judge_sink *sink);
size_t judge_memory(const struct judge *judge);

void judge_save(const struct judge *judge, struct builder *to);
enum error judge_load(struct judge *judge, struct reader *from);

#endif
