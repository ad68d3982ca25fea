/*
 * A centre inside one process, without sockets: a real state store and history in a folder of their own, the policy,
 * every route of the table, and around each handler what the keeper does (who asks, scope, transaction,
 * Idempotency-Key, log). A request goes in as a client writes it (path with query, JSON or form) or as typed fields;
 * out comes the answer as front would send it. Some 100 µs each.
 *
 * For property tests, hostile requests and fuzz targets. What only front and its library do (framing, Host, Origin,
 * rates) is not here; tests/e2e drives that over sockets. One at a time in a process: the clock is shared.
 */
#ifndef NOROSHI_TESTS_LIB_INSIDE_H
#define NOROSHI_TESTS_LIB_INSIDE_H

#include "center/center.h"
#include "center/keeper.h"
#include "http/template.h"

struct inside {
	char folder[80];
	struct store *store;
	struct history *history;
	struct record_store *records;
	struct arena *arena;      /* the test's own; lives as long as this */
	const struct scope *work; /* background: sees and changes everything */
	struct failure failure;
	struct process process;
	struct keeper keeper;
	struct templates *templates; /* NULL: pages are answered by their data as JSON */
	struct assets *assets;
	unsigned changes; /* how often a handler told that something changed */
};

/* With `pages` pages are rendered, else answered by their data as JSON. Ends the process with words when it cannot be
 * made. */
struct inside *inside_open(bool pages);
void inside_close(struct inside *inside);
/* The clock of all; it stands until it is set again. Begins at 2027-01-15T08:00:00Z. */
void inside_set_clock(nanoseconds now);
nanoseconds inside_clock(void);
/* Ids and secrets of all that links this are numbers from a seed (1 unless set): never use it outside tests. */
void inside_set_randomness(uint64_t seed);
/* Ends the process with the words of inside->failure unless `error` is OK: for steps that cannot fail. */
void inside_fine(struct inside *inside, enum error error);

/* An account or a sensor with a token of its own, and a session (accounts). */
#define INSIDE_SECRET "a long enough secret %u" /* of a sensor's open enrolment, by its number */
#define INSIDE_REMOTE "taxii.example"           /* the host that the configuration lets remotes name */
struct key {
	struct uuid account; /* of the account, or of the sensor */
	enum role role;
	uint32_t organisation, sensor;
	uint8_t token[32], session[32], form[32]; /* digests, as front gives them on; all zeros for a stranger */
	uint8_t certificate[32];                  /* of a sensor: a good one */
	struct uuid serial, enrolment;            /* of that */
};
uint32_t inside_add_organisation(struct inside *inside, struct organisation *organisation);
struct key inside_add_account(struct inside *inside, struct account *account);
struct key inside_add_sensor(struct inside *inside, struct sensor *sensor);
struct key inside_add_device(struct inside *inside, struct device *device);

/* What a client sends. */
struct visit {
	const struct key *key; /* NULL: a stranger */
	bool by_session;       /* else by token */
	const char *method;
	struct text target;                     /* path and query, percent-encoded: "/v1/events?limit=3" */
	struct text body;                       /* JSON, or a form for the routes of forms (without form_token) */
	uint64_t version;                       /* If-Match; 0 = none */
	const char *idempotency_key, *language; /* may be NULL */
	bool password_matches;                  /* what the password thread would say of `password` */
};

struct reply {
	const struct route *route; /* NULL: none fits */
	uint16_t status;
	uint64_t version; /* ETag; 0 = none */
	json_t *output;   /* what the handler filled; NULL when refused */
	char location[256];
	char problem[480];   /* words */
	struct builder wire; /* the answer as text: status and headers a line each, an empty one, the body */
};
struct reply inside_visit(struct inside *inside, const struct visit *visit);
/* The same from the name of a route and its typed fields, which are taken over and checked as the keeper does. */
struct reply inside_call(struct inside *inside, const struct visit *visit, const struct route *route, json_t *fields);
void reply_free(struct reply *reply);

const struct route *inside_route(const struct inside *inside, const char *name); /* NULL: there is none */

/* The tables of the state store that the last request changed and committed, as bits in the order of their names being
 * met; names by inside_table(). For "a refused request changes nothing": only the log may grow. */
uint64_t inside_changed_tables(const struct inside *inside);
const char *inside_table(unsigned bit); /* NULL beyond the last */
void inside_forget_changes(void);       /* each request begins with it */

#endif
