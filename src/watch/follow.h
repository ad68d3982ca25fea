/*
 * One followed file: where reading stands in it, and the next batch of whole lines from there.
 *
 *   source or spool → follow_read() → batch → (delivered) → follow_done() → next
 *
 * A batch that may have reached the centre is sent again with the same bounds and bytes, whatever happens between: the
 * bounds and a hash of the bytes are durable before it is sent.
 */
#ifndef NOROSHI_WATCH_FOLLOW_H
#define NOROSHI_WATCH_FOLLOW_H

#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"
#include "watch/identity.h"
#include "watch/spool.h"

#define BATCH_BYTES (1u << 20) /* of content; also the longest line */
#define BATCH_LINES 1000
#define PREAMBLE_BYTES 8192
#define RECENT_BYTES 16384 /* between a copy and a truncation a program may write on, and the agent read it */

enum follow_state {
	FOLLOW_HERE = 1, /* a file at `path` holds its content */
	FOLLOW_GONE = 2, /* no name leads to its content: an open descriptor, the spool, or a copy that may turn up */
	FOLLOW_DONE = 3, /* nothing more comes; kept for a while to know its compressed copy again */
};

struct follow {
	struct hash128 epoch; /* random: the file's identity for the centre */
	char *path;           /* where its content was last found */
	char *home;           /* the name under which it is followed while it lives: rotated siblings stand beside it */
	enum follow_state state;
	struct identity identity; /* identity.place: everything before it is done with */
	uint64_t pending_end;     /* a batch [place, pending_end) may have been sent; 0 = none */
	struct hash128 pending_hash;
	bool skipping;       /* inside a line that is longer than a batch */
	bool preamble_whole; /* the header lines are all known */
	char *preamble;      /* header lines, to be repeated with each batch; may be NULL */
	uint32_t preamble_size;
	char format[32]; /* as the reader is named; empty = not told yet */
	struct spool_range spooled;
	uint64_t seen;          /* the largest size of its content seen */
	uint64_t stored;        /* of a compressed file: its size on disk when it was looked at */
	bool complete;          /* of a compressed file: read to its end */
	uint64_t lines, bytes;  /* delivered */
	nanoseconds ended;      /* wall clock, when it became DONE */
	nanoseconds written;    /* wall clock, the last change of its content as last seen: no copy of it is older */
	struct spool_range cut; /* seen, but in no copy: to be said as lost; equal = nothing */

	/* not kept over a restart */
	struct source *source; /* open while HERE or GONE; may be NULL */
	nanoseconds changed;   /* monotonic, when it was last seen to grow, or was renamed */
	nanoseconds missing;   /* monotonic, since when its content is nowhere; 0 = it is somewhere */
	bool spool_full;       /* said already */
	bool broken_said;      /* that its compressed stream breaks off */
	bool own;              /* below the agent's own folder */
	bool claimed;          /* of a scan: found under some name */
	uint8_t *recent;       /* the last bytes before `place`, RECENT_BYTES of room; NULL = none */
	uint32_t recent_size;
};

struct batch {
	uint64_t begin, end; /* in the file's content */
	uint32_t lines;
	uint8_t *content; /* room for BATCH_BYTES; end - begin bytes of it are the batch */
};

enum follow_step {
	STEP_BATCH,   /* there is one to deliver */
	STEP_NOTHING, /* no whole line now */
	STEP_SKIPPED, /* moved on without a batch (over a line that is too long): call again */
	STEP_CHANGED, /* the source does not hold our content any more */
};

/* What happened beside, to be counted and said. */
struct follow_notes {
	uint64_t too_long; /* lines left out because they are longer than a batch */
	uint64_t skipped;  /* their bytes */
	uint64_t at;       /* where the last of them begins */
};

struct follow *follow_new(const char *path); /* a new epoch; NULL without memory */
void follow_free(struct follow *follow);     /* NULL is fine */

/* The next batch. `last`: the file has ended, so a last line without a line break goes too. */
enum error follow_read(struct follow *follow, struct spool *spool, bool last, struct batch *batch,
    enum follow_step *step, struct follow_notes *notes, struct failure *failure);
/* From now on the batch may have been sent: make this durable before sending. */
void follow_pending(struct follow *follow, const struct batch *batch);
/* The batch was taken or refused for good: reading stands behind it. */
void follow_done(struct follow *follow, const struct batch *batch);

/* Is there nothing that we know of and have not delivered? */
bool follow_drained(const struct follow *follow);

/* Does the spool hold the next batch? Part of one that may have been sent is none: other bounds could double it. */
bool follow_in_spool(const struct follow *follow);

/* Is nothing known by which its content could be recognised? */
bool follow_unknown(const struct follow *follow);

/* Does the source, which has at least `size` bytes, begin as what was delivered or spooled does? */
bool follow_begins_same(const struct follow *follow, struct spool *spool, struct source *source, uint64_t size);

/* Is the content of `source` the one that we follow, as far as it was read or spooled? */
enum error follow_check(
    struct follow *follow, struct spool *spool, struct source *source, bool *same, struct failure *failure);

/* The same for another file, which may hold a copy of our content: also the batch under way must stand in it. */
enum error follow_check_copy(
    struct follow *follow, struct spool *spool, struct source *source, bool *same, struct failure *failure);

/* Is the content of `source`, which ends at `size`, ours, and delivered or spooled so far? So is a copy after which the
 * original was written and read on before it was truncated. */
bool follow_knows(const struct follow *follow, struct spool *spool, struct source *source, uint64_t size);

/* What holds the content now ends at `size`: notes what was seen behind it. */
void follow_cut(struct follow *follow, uint64_t size);

/* Puts what the source holds behind what is delivered and spooled into the spool. ERROR_LIMIT: it is full. */
enum error follow_spool(struct follow *follow, struct spool *spool, uint8_t *room, bool *same, struct failure *failure);

#endif
