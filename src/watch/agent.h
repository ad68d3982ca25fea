/*
 * The agent: follows files at a member and ships what is appended to them to the centre, each byte once, whatever
 * happens to the files, the centre, or the agent.
 *
 *   files → scan, recognise → follow → batch → deliver (ship.c: HTTPS) → positions on disk
 *
 * One thread. command.c drives it from an event loop; tests drive it step by step.
 */
#ifndef NOROSHI_WATCH_AGENT_H
#define NOROSHI_WATCH_AGENT_H

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "watch/follow.h"

#include <stdint.h>

struct agent;

/* What came of sending one batch. */
enum delivery {
	DELIVERED, /* durable at the centre */
	REFUSED,   /* the centre will never take these bytes */
	DENIED,    /* the centre does not accept who we are */
	LATER,     /* no answer, or "not now" */
};
struct delivery_answer {
	nanoseconds wait;           /* with LATER: as the centre asked; 0 = it did not say */
	bool repeated;              /* with DELIVERED: it had this batch already */
	uint64_t alerts, malformed; /* as the centre read it */
	uint64_t doubtful;          /* lines that it took and complains about: duplicate keys, an implausible time */
	uint64_t withheld;          /* fields that did not leave, by the capture policy */
	uint64_t place;             /* of the first line that it complains about: byte in the file */
	char words[256];            /* why, unless DELIVERED; else what is wrong with that line, if any */
};
/* `follow` has epoch, format and preamble. Waits for the answer. */
typedef enum delivery (*deliver_callback)(
    void *context, const struct follow *follow, const struct batch *batch, struct delivery_answer *answer);

struct agent_settings {
	const char *const *patterns; /* paths of files, with * ? [ ] */
	size_t pattern_count;
	const char
	    *own; /* files below are the agent's own (received.h): removed once delivered; NULL = there are none */
	const char *folder;     /* for positions, spool and refused batches; one agent at a time */
	const char *format;     /* of every file; NULL = told by content, file by file */
	uint64_t spool_limit;   /* bytes */
	uint64_t refused_limit; /* bytes */
	nanoseconds linger;     /* so long a rotated or deleted file must be quiet to have ended */
	nanoseconds settle;     /* a compressed file is looked at when nobody wrote to it for so long */
	bool finished;          /* nobody writes to the files any more: a last line without a line break goes at once */
	nanoseconds give_up;    /* so long content that has gone is looked for in copies */
	nanoseconds retry_least, retry_most; /* between attempts while the centre is away */
	deliver_callback deliver;
	void *context;
};

struct agent_counts {
	uint64_t batches, lines, bytes; /* delivered */
	uint64_t alerts, malformed;     /* of them, as the centre read them */
	uint64_t withheld;              /* fields of them that did not leave, by the capture policy */
	uint64_t doubtful;              /* taken, but with duplicate keys or an implausible time */
	uint64_t repeated;              /* batches that the centre had already */
	uint64_t refused, refused_lines;
	uint64_t resent;                 /* batches refused before, sent again and taken */
	uint64_t too_long;               /* lines longer than a batch, left out */
	uint64_t broken;                 /* compressed files whose stream broke off */
	uint64_t lost_files, lost_bytes; /* ranges of files known to have existed, and their bytes: gone for good */
	uint64_t failures;               /* attempts without success */
	uint64_t spool_full;             /* times that something did not fit into the spool */
	uint64_t files, waiting_files;   /* followed; with something to deliver */
	uint64_t spooled;                /* bytes */
};

/* Takes the folder's lock and loads positions. The settings stay the caller's and must live on. */
enum error agent_new(const struct agent_settings *settings, struct agent **agent, struct failure *failure);
void agent_free(struct agent *agent); /* saves positions */

/* Looks which files there are. `now` is monotonic. Call about every few seconds, and when something happens in the
 * folders. */
enum error agent_scan(struct agent *agent, nanoseconds now, struct failure *failure);

enum agent_next {
	AGENT_MORE, /* a batch went, or reading moved on: call again */
	AGENT_IDLE, /* everything readable is delivered */
	AGENT_WAIT, /* not before agent_wake() */
};
/* Delivers at most one batch. */
enum agent_next agent_work(struct agent *agent, nanoseconds now);
bool agent_denied(const struct agent *agent);      /* the centre does not accept who we are */
nanoseconds agent_wake(const struct agent *agent); /* monotonic: when to try again after AGENT_WAIT */

/* Something changed that only a scan can tell. */
bool agent_wants_scan(const struct agent *agent);
/* Each folder that a followed file stands in (some more than once): for inotify. */
void agent_folders(const struct agent *agent, void (*each)(void *context, const char *folder), void *context);

void agent_count(const struct agent *agent, struct agent_counts *counts);

void agent_counts_write(const struct agent_counts *counts, struct builder *to); /* a JSON object */
/* Writes the counters into the agent's folder, where agent_status() finds them. */
enum error agent_save_counts(const char *folder, const struct agent_counts *counts, struct failure *failure);

/* One JSON object on what the agent whose folder this is knows: files, places, spool. Reads only. */
enum error agent_status(const char *folder, struct builder *to, struct failure *failure);

#endif
