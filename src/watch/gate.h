/*
 * What leaves this member: the gate that every batch passes before it is sent (docs/capture-policy.md).
 *
 * The policy in force is the stricter of the two: the one that the centre keeps for the organisation, and the limit
 * that the member's own configuration file sets. A centre that keeps none (an older one) leaves it to the file, over
 * the default.
 */
#ifndef NOROSHI_WATCH_GATE_H
#define NOROSHI_WATCH_GATE_H

#include "base/time.h"
#include "formats/capture.h"

struct gate_settings {
	struct capture_policy alone; /* in force when the centre keeps no policy */
	struct capture_policy limit; /* in force whatever the centre's policy allows */
};

struct gate {
	const struct gate_settings *settings;
	struct capture_policy policy; /* in force */
	struct capture_reducer *reducer;
	bool known;        /* the centre was asked, and what it said holds */
	uint64_t version;  /* of the centre's policy; 0 = it keeps none */
	nanoseconds asked; /* monotonic */
	struct capture_counts counts;
};

enum error gate_init(struct gate *gate, const struct gate_settings *settings, struct failure *failure);
void gate_free(struct gate *gate);

/* Whether the centre should be asked (again) before anything leaves. */
bool gate_wants_policy(const struct gate *gate, nanoseconds now);
/* What it said: a line of capture_policy_read(); empty = it keeps none. Of what the line does not name the default
 * counts. */
enum error gate_take_policy(
    struct gate *gate, struct text line, uint64_t version, nanoseconds now, struct failure *failure);

/* What an answer of the centre said in passing: when it is not the version that was taken, the centre is asked again.
 */
void gate_note_version(struct gate *gate, uint64_t version);

/* Lines of one file, one behind the other. */
struct gate_lines {
	const char *format;   /* as a reader is named, "" = not told */
	const char *map;      /* field map of CSV; NULL = none */
	struct text preamble; /* header lines in front of them, which are there already */
	char *bytes;
	size_t size;
};
/* Reduces them in place; *stayed: how many fields stayed behind. On an error nothing of them may leave. */
enum error gate_pass(struct gate *gate, const struct gate_lines *lines, uint64_t *stayed, struct failure *failure);

#endif
