/*
 * What telescopes counted, what was published of it, and which members' addresses appeared in them: a part of the state
 * store (store.h). darknet/center/counting.h and darknet/center/owners_routes.h fill it.
 */
#ifndef NOROSHI_STORE_DARKNET_H
#define NOROSHI_STORE_DARKNET_H

#include "net/address.h"
#include "store/store.h"

/* ── tables ─ */

/* What one telescope saw on one day, or in one hour of it. A day is one of the zone of telescope.zone. */
#define DARKNET_WHOLE_DAY (-1)
struct darknet_table {
	uint32_t organisation, sensor;
	int64_t day; /* since 1970-01-01 */
	int hour;    /* 0-23, or DARKNET_WHOLE_DAY */
	double awake, address_seconds;
	uint64_t addresses; /* IPv4 addresses of the telescope, the most that it said */
	uint64_t frames, packets, bytes, dropped;
	uint64_t folded; /* of the packets: without their port, because the table had too many rows */
	uint32_t rows;
	struct text body; /* darknet/day/day_code.h; borrowed */
};

/* For background work, in a transaction: replaces the table of that sensor, day and hour. */
enum error store_darknet_put(struct store *, const struct scope *, const struct darknet_table *, struct failure *);
/* The body is in the arena. */
enum error store_darknet_get(struct store *, const struct scope *, uint32_t sensor, int64_t day, int hour,
    struct arena *, struct darknet_table *, struct failure *);

struct darknet_query {
	uint32_t organisation, sensor; /* 0 = all in the scope */
	int64_t from, to;              /* days, both within */
	bool hours;                    /* tables of hours, else of days */
};
/* By sensor, day and hour; without bodies. */
enum error store_darknet_each(struct store *, const struct scope *, const struct darknet_query *,
    void (*each)(void *, const struct darknet_table *), void *context, struct failure *);
/* Tables of days and of hours before these days go. For background work, in a transaction. */
enum error store_darknet_expire(
    struct store *, const struct scope *, int64_t before_day, int64_t hours_before_day, struct failure *);

/* How far the records of an organisation were counted (record_store.h); in the transaction of what they became. For
 * background work. */
enum error store_darknet_counted_put(
    struct store *, const struct scope *, uint32_t organisation, uint64_t position, struct failure *);
enum error store_darknet_counted_each(struct store *, const struct scope *,
    void (*each)(void *, uint32_t organisation, uint64_t position), void *context, struct failure *);

/* ── publications ─ */

struct darknet_publication {
	struct uuid id; /* made when nil */
	nanoseconds created;
	char author[NAME_SIZE];
	char title[256];
	char period[48];
	struct text body; /* the JSON object as it was known then */
};
/* Never changed. For those who write decisions about the whole (scopes that cover all). */
enum error store_darknet_publish(struct store *, const struct scope *, struct darknet_publication *, struct failure *);
enum error store_darknet_publication_get(struct store *, const struct scope *, struct uuid id, struct arena *,
    struct darknet_publication *, struct failure *);
/* The newest 500 first, without bodies. */
enum error store_darknet_publication_each(struct store *, const struct scope *,
    void (*each)(void *, const struct darknet_publication *), void *context, struct failure *);

/* ── notes ─ */

/* What is said of a period: why it is unlike others. darknet/view/views_notes.h has what the parts mean. */
#define DARKNET_NOTES_MOST 1000
struct darknet_note {
	struct uuid id; /* made when nil */
	nanoseconds created;
	char author[NAME_SIZE];
	char period[48];
	struct text japanese, english; /* borrowed */
	bool left_out;
};
/* For those who write decisions about the whole. ERROR_LIMIT beyond DARKNET_NOTES_MOST. */
enum error store_darknet_note_add(struct store *, const struct scope *, struct darknet_note *, struct failure *);
enum error store_darknet_note_remove(struct store *, const struct scope *, struct uuid id, struct failure *);
/* For everybody who reads what telescopes counted; in the order in which they were written. */
enum error store_darknet_note_each(struct store *, const struct scope *,
    void (*each)(void *, const struct darknet_note *), void *context, struct failure *);

/* ── clean-up ─ */

enum cleanup_state { CLEANUP_OPEN, CLEANUP_CLEANED, CLEANUP_EXPLAINED, CLEANUP_STATES };
const char *cleanup_state_code(enum cleanup_state state); /* "open" */
bool cleanup_state_parse(struct text code, enum cleanup_state *state);

/* What a member says became of an address of its own that appeared in telescopes. */
struct cleanup {
	uint32_t organisation;
	struct address address; /* IPv6: its /64 */
	enum cleanup_state state;
	char note[256];
	char who[NAME_SIZE];
	nanoseconds changed; /* 0 = nothing was said */
};
enum error store_cleanup_put(struct store *, const struct scope *, const struct cleanup *, struct failure *);

/* One row of the clean-up list: what appeared (store.h keeps it), and what is said of it. */
struct cleanup_row {
	struct appearance seen;
	struct cleanup said;
	/* As it is now. What was cleaned is open again when it is seen later than that was said; what was explained,
	 * when it begins anew, or does something of another kind. */
	enum cleanup_state state;
};
struct cleanup_query {
	bool standing;     /* only what has not stopped */
	bool of_one_state; /* only what is in this state now */
	enum cleanup_state state;
};
/* The last seen first. What is seen while somebody turns pages goes to the front. */
enum error store_cleanup_each(struct store *, const struct scope *, const struct cleanup_query *, struct page *,
    void (*each)(void *, const struct cleanup_row *), void *context, struct failure *);
/* All of them, in the order of their numbers: that in which they first appeared. Each call tells those of the next
 * 2,000 numbers, so that it takes a bounded time; what comes after the first call is not among them, and what is seen
 * again meanwhile keeps its place. Until walk->done. */
struct cleanup_walk {
	uint64_t next, last; /* numbers */
	bool begun, done;
};
enum error store_cleanup_walk(struct store *, const struct scope *, const struct cleanup_query *, struct cleanup_walk *,
    void (*each)(void *, const struct cleanup_row *), void *context, struct failure *);
/* What was said before goes. For background work. */
enum error store_cleanup_expire(struct store *, const struct scope *, nanoseconds before, struct failure *);

#endif
