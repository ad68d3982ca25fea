/*
 * The front: the only process that strangers reach. It reads HTTP and every outside format, opens no store file, and
 * asks the keeper for everything.
 *
 *   browsers, programs, agents ─► http/server.h ─► front.c: requests ─► keeper ─► answers
 *                                              └─► ingest.c: bodies of alerts ─► formats/ ─► parts ─► keeper ─► answers
 */
#ifndef NOROSHI_CENTER_FRONT_H
#define NOROSHI_CENTER_FRONT_H

#include "center/process.h"
#include "http/server.h"

struct ingests;
struct overload;
struct pushes;

#define FRONT_ASKED 4096

struct front {
	struct process *process;
	struct server *server;
	struct assets *assets;
	struct catalog *catalog;
	struct templates *templates;
	struct channel *keeper; /* NULL while it is away */
	struct ingests *ingests;
	struct overload *overload;
	struct pushes *pushes;
	uint64_t asked[FRONT_ASKED]; /* exchanges that wait for the keeper */
	size_t asked_count;
	char *keeper_counters; /* OpenMetrics, as it sent them last */
	const struct route *tables[32];
};

/* The stream of alerts (ingest.c). */
enum error ingests_new(struct front *front, struct ingests **ingests, struct failure *failure);
void ingests_begin(struct front *front, struct exchange *exchange);
void ingests_data(struct front *front, struct exchange *exchange, struct text bytes);
void ingests_end(struct front *front, struct exchange *exchange);
void ingests_gone(struct front *front, struct exchange *exchange);
void ingests_admitted(struct front *front, const struct message *message);
void ingests_territory(struct front *front, const struct message *message);
void ingests_stored(struct front *front, const struct message *message);
void ingests_keeper_gone(struct front *front); /* who waits for it is told to come again */

/* Items that somebody gives (pushes.c). */
enum error pushes_new(struct front *front, struct pushes **pushes, struct failure *failure);
void pushes_begin(struct front *front, struct exchange *exchange);
void pushes_admitted(struct front *front, struct exchange *exchange, const struct answer *answer);
void pushes_data(struct front *front, struct exchange *exchange, struct text bytes);
void pushes_end(struct front *front, struct exchange *exchange);
void pushes_gone(struct front *front, struct exchange *exchange);
void pushes_stored(struct front *front, const struct message *message);
void pushes_keeper_gone(struct front *front);

/* Asks the keeper; the exchange is answered at once when that cannot be. */
void front_ask(struct front *front, struct exchange *exchange);

void answer_problem(struct exchange *exchange, uint16_t status, const char *words, uint32_t retry_after);

#endif
