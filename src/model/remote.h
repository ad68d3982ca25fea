/*
 * Remotes: collections at other servers of TAXII 2.1 that the centre asks for what is new, gives to, or both; and feeds
 * of other publishers, which it asks alone. An administrator makes one; the courier talks to it, the keeper decides
 * when and remembers how far it came. Decisions 0083 and 0086.
 */
#ifndef NOROSHI_MODEL_REMOTE_H
#define NOROSHI_MODEL_REMOTE_H

#include "base/error.h"
#include "base/hash.h"
#include "base/time.h"
#include "model/notice.h"       /* enum tlp */
#include "model/organisation.h" /* NAME_SIZE */

#define REMOTE_URL 512
#define REMOTE_CURSOR 1024 /* bytes with the NUL of the longest `next` that is taken from a server */
#define REMOTE_ETAG 96
#define REMOTE_CHANGED 64
#define REMOTE_WORDS 256
#define REMOTE_FAILURES 200 /* kept of each way of each remote, the latest */
#define REMOTES_MOST 64

enum remote_kind { REMOTE_TAXII, REMOTE_FEED, REMOTE_KINDS };
const char *remote_kind_code(enum remote_kind kind); /* "taxii", "feed" */
bool remote_kind_parse(struct text code, enum remote_kind *kind);

enum remote_way { REMOTE_POLL, REMOTE_PUSH, REMOTE_WAYS };
const char *remote_way_code(enum remote_way way); /* "poll", "push" */

/* How it went so far. */
struct remote_course {
	nanoseconds due, last;    /* the next turn; the end of the last one, 0 = none yet */
	uint32_t failures;        /* since the last turn that went well */
	char words[REMOTE_WORDS]; /* of the last failure; "" when the last turn went well */
	uint64_t good, bad;       /* objects: taken or given; refused */
};

struct remote {
	uint32_t number;       /* 1 …; stable */
	struct uuid id;        /* what its objects were given by (struct item's account) */
	enum remote_kind kind; /* for ever */
	char name[64];         /* unique; a-z 0-9 - . _ */
	char url[REMOTE_URL];  /* of the API root, https, with "/" at its end; of the feed, https */
	char there[128];       /* the collection there: its id or alias; of a feed "" */
	uint32_t collection;   /* ours */
	uint32_t organisation; /* whose become the objects that come; nothing of it is given back */
	bool does[REMOTE_WAYS];
	char user[128];       /* with HTTP Basic; "" = the credential is a token */
	char credential[64];  /* name of a file in intel.remotes_folder; "" = none */
	char authorities[64]; /* the same: certificates (PEM) that the server's must descend from; "" = the system's */
	nanoseconds every;    /* 5 s … 7 days */
	enum tlp tlp;         /* of a feed's entries */
	uint32_t objects;     /* of a page, 1 … 1000 */
	uint64_t bytes;       /* of a page, 64 KiB … 32 MiB */
	nanoseconds within;   /* for a turn: 1 s … 5 min */
	bool active;
	nanoseconds created;
	uint64_t version; /* for If-Match */

	struct remote_course course[REMOTE_WAYS];
	/* Where polling stands: `after` is what added_after says, `next` goes on within that question, `reached` is the
	 * latest date that a page of it told. As the server wrote them. */
	char after[TIME_TEXT], next[REMOTE_CURSOR], reached[TIME_TEXT];
	/* Of a feed that was taken whole: what the next request says. As the server wrote them; "" = nothing. */
	char etag[REMOTE_ETAG], changed[REMOTE_CHANGED];
	int64_t given;        /* `added` (microseconds) up to which the collection was given */
	char status[64];      /* of the objects given last, while the server is not done with them; "" = none */
	int64_t status_given; /* what `given` becomes with it */
	/* What was withdrawn here up to then, and of that very moment up to this `added`, was deleted there. */
	nanoseconds removed;
	int64_t removed_added;
};

/* ERROR_INPUT with the field and what was expected. */
enum error remote_check(const struct remote *remote, struct failure *failure);
/* Whether its URL may be a feed's: https, a host, a path and perhaps a query, no user, no fragment. */
bool remote_feed_url(const struct remote *remote);
/* The host that its URL names, with the port when there is one: "taxii.example:8443", "[2001:db8::1]:443". */
struct text remote_host(const struct remote *remote);
/* How long to wait after the n-th failure (1 …): doubles from 30 s or `every`, to 4 h. `random` (any) takes up to a
 * quarter away, so that many do not come back together. */
nanoseconds remote_wait(const struct remote *remote, uint32_t failures, uint64_t random);

#endif
