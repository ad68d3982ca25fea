/*
 * Routes, declared: one table for each capability. Front uses it to check requests before anybody else sees them;
 * keeper uses it to call the handler; `noroshi help routes`, the OpenAPI document and the fuzz targets are made from
 * it.
 *
 *   browser, program → front: parse, limits, fields by type → keeper: subject, scope, handler → JSON
 *                    → front: as JSON for /v1/…, or through the page's template as HTML
 */
#ifndef NOROSHI_HTTP_ROUTE_H
#define NOROSHI_HTTP_ROUTE_H

#include "base/error.h"
#include "base/memory.h"
#include "model/policy.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct center;
struct store;
struct history;
struct record_store;

enum field_type {
	FIELD_TEXT,
	FIELD_LINES, /* text that may hold line breaks */
	FIELD_INTEGER,
	FIELD_REAL,
	FIELD_BOOLEAN,
	FIELD_UUID,
	FIELD_TIME, /* RFC 3339 or YYYY-MM-DD */
	FIELD_CHOICE,
	FIELD_ADDRESS,
	FIELD_PREFIX,
	FIELD_CURSOR,
	FIELD_SECRET,          /* never logged */
	FIELD_LIST,            /* of texts */
	FIELD_SIGNING_REQUEST, /* net/signing_request.h, in PEM; its value is the hex of the public key in it */
};
enum field_place { IN_PATH, IN_QUERY, IN_BODY };

struct field {
	const char *name; /* NULL ends the table */
	enum field_type type;
	enum field_place place;
	bool required;
	uint32_t largest;           /* bytes of a text (0 = 256), items of a list */
	int64_t least, most;        /* of an integer; both 0 = any */
	const char *const *choices; /* of FIELD_CHOICE; NULL ends */
	const char *summary;
};

/* Where a route is open: to people and programs with tokens, or to machines with certificates (server.h). What is open
 * to machines is all that a stolen one can ask for. */
enum route_door { DOOR_PEOPLE, DOOR_MACHINES, DOOR_EITHER };

enum route_kind {
	ROUTE_JSON,   /* an API route under /v1/: answers JSON */
	ROUTE_PAGE,   /* a page: the same handler, answered through the template `page` */
	ROUTE_FORM,   /* POST from a page's form: CSRF-checked; answers 303 to `location` that the handler
			gives; or, where the route names a `page`, with that page (what is shown once and never again) */
	ROUTE_STREAM, /* body is streamed to a parser in front; `handle` says who may, before it is read (NULL for POST
			 /v1/alerts, which asks otherwise) */
	ROUTE_EVENTS, /* GET of server-sent events (/v1/stream): `handle` says whose changes the caller may see */
};

struct route_limits {
	uint32_t body;       /* bytes; 0 = 64 KiB */
	uint32_t per_minute; /* requests of one subject (or address, for strangers); 0 = 600 */
};

/* A request as the handler sees it: in the keeper. */
struct call {
	const struct route *route;
	const struct subject *subject; /* role NONE: a stranger */
	const struct scope *scope;     /* for route->action; NULL only on routes that are open to strangers */
	json_t *input;                 /* object: the typed fields; absent optional ones are missing */
	json_t *output;                /* object: the handler fills it */
	uint16_t status;               /* 200 unless the handler changes it */
	char location[256];            /* for ROUTE_FORM and 201 */
	uint64_t version;              /* in: If-Match (0 = none); out: ETag (0 = none) */
	struct text language;          /* "ja" or "en" */
	char client[46];               /* address of the client, for the log and limits */
	uint8_t session[32];           /* digest of the session cookie; zero without one */
	uint8_t certificate[32];       /* digest of a machine's certificate; zero without one */
	char idempotency_key[65];      /* "" without one */
	const char *type;              /* out: instead of JSON or a page these bytes as this type; both in the arena */
	struct text body;
	/* Out, with `taxii`: the output's member of this name is the list that has `body` between its brackets; and
	 * what X-TAXII-Date-Added-First and -Last say ("" = not there). */
	const char *list;
	char added_first[36], added_last[36];
	nanoseconds modified; /* out: Last-Modified; 0 = none */
	/* Out, of a read: it is not done yet. The handler is called again after others had their turn, with a scope
	 * made anew; what it has so far it keeps by itself, or in `kept`. Not before `rest` has passed: while somebody
	 * else works for it there is nothing to do. */
	bool again;
	nanoseconds rest;
	/* What a read that is called again keeps until it is answered, bytes of `body` among it, and who frees it. */
	void *kept;
	void (*forget)(void *kept);
	char *cookie; /* out: a new session cookie's value (arena), "" = remove it, NULL = leave it */
	struct arena *arena;
	struct center *center; /* model/capability.h */
	struct store *store;
	struct history *history;
	struct record_store *records;
	nanoseconds now;
	nanoseconds asked; /* when the request came; `now` when it is called again */
};

struct route {
	enum route_kind kind;
	const char *method; /* "GET", "POST", "PUT", "PATCH", "DELETE" */
	const char *path;   /* "/v1/events/{id}" */
	const char *name;   /* operation id, unique: "event-read"; NULL ends the table */
	const char *summary;
	const struct field
	    *fields; /* may be NULL; where "format" has the choice "csv", `Accept: text/csv` chooses it */
	enum action action;
	enum route_door door;
	bool watched;  /* a stranger who is refused here stands in the log, too */
	bool stranger; /* may be called without signing in (sign-in, acknowledgement by link, health) */
	bool hidden;   /* those who may not do this are told that there is no such thing (404), not that they may not */
	bool changes;  /* runs inside a store transaction; logged as such */
	bool versioned; /* changes a thing that has a version: If-Match is heeded. Elsewhere it is refused with a change
			 */
	bool taxii;     /* an endpoint of TAXII 2.1: its media type, its errors, HTTP Basic too, and unknown filters are
			   passed     over */
	bool deferrable; /* can be asked again later: put off (503) while the centre is overloaded */
	struct route_limits limits;
	const char *page; /* template for ROUTE_PAGE (a ROUTE_FORM may have one): "event" → web/pages/event.html */
	/* Returns OK, or an error that becomes an RFC 9457 answer: INPUT 400, DENIED 403, NOT_FOUND 404, CONFLICT 409
	 * (412 with If-Match), LIMIT 429, SYSTEM/CORRUPT 503. The failure's words are shown to the caller.
	 * NULL for ROUTE_JSON and ROUTE_STREAM: the front process itself answers (/metrics, /v1/alerts). */
	enum error (*handle)(struct call *call, struct failure *failure);
};

/* What a hidden route says to those who may not use it; its handler says the same of what does not exist. */
#define ROUTE_HIDDEN_WORDS "there is no such thing"

/* Words on what is wrong with the tables (a name twice, two routes for one path, a path that does not start with "/", a
 * field in the path that the table lacks, …), or OK. `tables`: ended by NULL. */
enum error routes_check(const struct route *const *tables, struct failure *failure);

/* Routes compiled for look-up. */
struct router;
enum error router_new(const struct route *const *tables, struct router **router, struct failure *failure);
void router_free(struct router *router);

#define ROUTE_VALUES 8 /* {names} in one path */
struct route_match {
	const struct route *route;                             /* NULL: none with this method */
	bool path_exists;                                      /* another method has this path: 405 */
	char allow[64];                                        /* "GET, POST": methods that this path has */
	struct text names[ROUTE_VALUES], values[ROUTE_VALUES]; /* of {name} in the path */
	size_t count;
};
/* HEAD finds the route of GET. Fixed segments win over {names}. `path` is decoded, without the query. */
void route_find(const struct router *router, struct text method, struct text path, struct route_match *match);
/* Whether answers to it are kept under an Idempotency-Key: a change by a program, without a secret in each request. */
bool route_takes_key(const struct route *route);
const struct route *route_by_name(const struct router *router, struct text name);

#endif
