/*
 * Where the records of a sensor that ships to a centre rest at the member: files of lines in one folder, begun anew at
 * a size and each day, removed by age and size, the oldest first. An agent follows them (agent.h).
 *
 *   lines of EVE ─► what the capture policy lets be recorded ─► FOLDER/NNNNNNNN.json
 */
#ifndef NOROSHI_WATCH_RECORDER_H
#define NOROSHI_WATCH_RECORDER_H

#include "base/error.h"
#include "formats/capture.h"

struct recorder;

struct recorder_settings {
	const char *folder;      /* made when it is not there */
	const char *policy_file; /* where the agent writes the capture policy in force; read again when it changes */
	struct capture_policy policy; /* until there is one */
	uint64_t limit;               /* bytes of all files; the newest may go beyond it */
};

enum error recorder_new(const struct recorder_settings *settings, struct recorder **recorder, struct failure *failure);
/* Any bytes; what is behind the last line break waits for the rest of its line. A full disk is no error: what was
 * written waits in memory for room, and the caller should wait with more as long as recorder_waits(). */
enum error recorder_write(struct recorder *recorder, struct text bytes, struct failure *failure);
/* Makes durable what was written, looks for a changed policy, removes what is too old or too much, and tries again when
 * there was no room. Call it about every second. */
enum error recorder_tend(struct recorder *recorder, struct failure *failure);
/* Whether the disk is full. Said in the log once, and when it is over. */
bool recorder_waits(const struct recorder *recorder);
/* There will be no more time to wait: what has no room from here on is dropped, and counted. */
void recorder_hurry(struct recorder *recorder);
uint64_t recorder_dropped(const struct recorder *recorder); /* lines */
void recorder_free(struct recorder *recorder); /* makes durable, without saying what went wrong; NULL is fine */

#endif
