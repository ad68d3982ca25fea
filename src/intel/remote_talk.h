/*
 * One turn with another server: a page of a collection of TAXII 2.1, objects given to one, or a publisher's feed. Runs
 * in the courier, on a thread of its own; knows no store.
 *
 * Whatever the server says is taken as a stranger's word: the whole turn is bounded in time and bytes, redirects are
 * refused, and a page is read only when it is an envelope as a whole. Addresses are checked when they are connected to:
 * public ones, and private ones within `networks`.
 */
#ifndef NOROSHI_INTEL_REMOTE_TALK_H
#define NOROSHI_INTEL_REMOTE_TALK_H

#include "base/memory.h"
#include "model/item.h"
#include "model/remote.h"
#include "net/address.h"

struct remote_turn {
	const char *url, *there;       /* as in struct remote */
	const char *user, *credential; /* credential: the path of its file; "" = none */
	const char *authorities;       /* a path; "" = the system's */
	const struct prefix *networks; /* private ones that may be connected to */
	size_t network_count;
	uint32_t objects;
	uint64_t bytes;
	nanoseconds within;
	const char *after, *next; /* poll */
	/* a feed: the remote's name, and what remote_answer said of the last one that was whole; "" = nothing */
	const char *name, *etag, *changed;
	enum tlp tlp; /* of its entries */
	/* push: the resource that is followed; "" = `envelope` (JSON) is given first */
	const char *status;
	struct text envelope;
	struct text gone; /* instead: ids, each with a line feed behind it, that are deleted there */
};

/* Who takes what is on a page. Either ends the turn when it returns anything but OK. */
struct remote_reader {
	enum error (*item)(void *context, const struct item *item, struct arena *arena);
	enum error (*refused)(
	    void *context, const char *words); /* an object that is none; words as stix_stream_next() */
	void *context;
};

struct remote_answer {
	uint16_t http; /* of the last answer; 0 = there was none */
	uint32_t retry_after;
	/* poll */
	uint64_t objects; /* on the page, bad ones too */
	bool more;
	char next[REMOTE_CURSOR], reached[TIME_TEXT]; /* "" = the server did not say */
	/* a feed: as the server wrote them, and what is wrong behind the entries that came ("" = nothing) */
	char etag[REMOTE_ETAG], changed[REMOTE_CHANGED], problem[REMOTE_WORDS];
	/* push */
	char status[64];
	bool complete;
	uint64_t good, bad;
	struct builder
	    failures; /* JSON list of {"id","version","message"}, the first REMOTE_FAILURES; builder_free() */
};

/* OK, or why not, in words that hold nothing secret. */
enum error remote_poll(const struct remote_turn *turn, const struct remote_reader *reader, struct remote_answer *answer,
    struct failure *failure);
/* The same of a publisher's feed. Redirects are followed within its host. */
enum error remote_feed(const struct remote_turn *turn, const struct remote_reader *reader, struct remote_answer *answer,
    struct failure *failure);
enum error remote_push(const struct remote_turn *turn, struct remote_answer *answer, struct failure *failure);
/* Deletes what `gone` names. What is not there any more is fine; what the server refuses (it is another's, or it
 * deletes nothing) is `bad`, with its failures. */
enum error remote_delete(const struct remote_turn *turn, struct remote_answer *answer, struct failure *failure);

/* What the two read, for tests and fuzzing. A page: its objects to the reader, `objects`, `more` and `next`. */
enum error remote_page_read(struct text body, uint32_t most, const struct remote_reader *reader,
    struct remote_answer *answer, struct failure *failure);
/* A feed: `objects`, `problem`; of the turn are `objects`, `name` and `tlp`. */
enum error remote_feed_read(struct text body, const struct remote_turn *turn, const struct remote_reader *reader,
    struct remote_answer *answer, struct failure *failure);
/* A status resource (4.3.1): `status`, `complete`, `good`, `bad`, `failures`. */
enum error remote_status_read(struct text body, struct remote_answer *answer, struct failure *failure);

#endif
