/*
 * The keeper: the only process that opens store and history, and that decides who may do what. It talks to no stranger.
 *
 *   front ─► batches, requests ─► keeper ─► store, history, the capabilities' hooks ─► outbox ─► courier
 *
 * One loop, one thread (and one for passwords). What one round of the loop gathers becomes durable together at its end.
 */
#ifndef NOROSHI_CENTER_KEEPER_H
#define NOROSHI_CENTER_KEEPER_H

#include "base/memory.h"
#include "center/credential.h"
#include "center/passwords.h"
#include "center/process.h"
#include "http/route.h"
#include "model/capability.h"
#include "model/policy.h"
#include "store/history.h"
#include "store/store.h"

struct authority;
struct batches;
struct deliveries;
struct imports;
struct record_store;
struct remotes;
struct requests;
struct tallies;
struct territory;

#define TOKENS_USED 256 /* of one tick; further ones are noted by a later use */
#define CERTIFICATES_USED 256
#define TOKEN_USED_EVERY (5 * MINUTE) /* how exact `last_used` of a token is */

#define FEED_PAGES 16u

struct keeper {
	struct process *process;
	struct center center; /* what the capabilities see of us */
	struct store *store;
	struct history *history;      /* NULL while it cannot be opened: a full disk */
	enum error history_away;      /* why it is NULL */
	struct history_repair repair; /* at its last opening */
	struct record_store *records; /* of organisations, beside the alerts */
	char history_folder[4352];
	char public_url[256];
	char machines_url[256];          /* of the machines' door; "" = there is none */
	struct authority *authority;     /* signs machines' certificates */
	struct channel *front, *courier; /* NULL while that process is away */
	uint64_t front_generation;       /* grows with each front: what an earlier one asked is answered to nobody */
	struct passwords *passwords;
	struct router *router;
	struct catalog *japanese; /* words for letters; NULL when they cannot be read */
	const struct route *tables[32];
	struct batches *batches;       /* batches.c */
	struct tallies *tallies;       /* tally.c */
	struct territory *territory;   /* routed.c: whose addresses are whose; NULL = not needed yet */
	nanoseconds territory_loaded;  /* monotonic */
	uint64_t territory_generation; /* of the front that was there then */
	uint64_t territory_version;    /* of what it was made from (store_spaces_version()) */
	struct hash128 territory_told; /* to that front */
	struct requests *requests;     /* requests.c */
	struct deliveries *deliveries; /* deliveries.c */
	struct imports *imports;       /* imports.c */
	struct remotes *remotes;       /* remotes.c */
	struct counter *denied;
	struct token_use {
		struct uuid token;
		bool device; /* else a token of a program */
		nanoseconds when;
	} used[TOKENS_USED]; /* not yet in the store; the next tick puts them there */
	size_t used_count;
	struct uuid certificates_used[CERTIFICATES_USED]; /* for the first time; the same */
	size_t certificates_used_count;
	uint64_t fed;            /* feed.c: the number of the last change that the front was told */
	bool fed_known, recheck; /* the front is told that machines should come again */
	struct feed_page {       /* of those who take much: made once for all who stand at the same place */
		char epoch[64];
		uint64_t since;
		nanoseconds made; /* monotonic; 0 = none */
		struct builder lines;
	} pages[FEED_PAGES];
	uint8_t cursor_key[32];             /* cursors.c */
	nanoseconds opened_last, hour_last; /* monotonic */
	unsigned ticks;
};

/* Background work with a scope and an arena of its own, which is cleared when it ends. */
struct work {
	struct arena *arena;
	const struct scope *scope;
};
enum error work_begin(struct work *work, const char *name, struct failure *failure);
void work_end(struct work *work);

/* Who a token or a session's cookie is. ERROR_NOT_FOUND: nobody (unknown, expired, revoked, disabled). A session that
 * is found gives its form digest too. */
enum error subject_of_token(struct keeper *keeper, const struct work *work, const uint8_t digest[32],
    struct subject *subject, struct failure *failure);
/* A machine by its certificate: a sensor, as by its token. The words say why it is nobody. */
enum error subject_of_certificate(struct keeper *keeper, const struct work *work, const uint8_t digest[32],
    struct subject *subject, struct failure *failure);
enum error subject_of_credential(struct keeper *keeper, const struct work *work, const struct credential *credential,
    struct subject *subject, struct failure *failure);
enum error subject_of_account(
    struct keeper *keeper, const struct work *work, struct uuid id, struct subject *subject, struct failure *failure);
void subjects_tick(struct keeper *keeper); /* when tokens and certificates were used goes into the store */
enum error subject_of_session(struct keeper *keeper, const struct work *work, const uint8_t digest[32],
    struct subject *subject, struct session *session, struct failure *failure);

/* Batches of alerts (batches.c). */
enum error batches_new(struct batches **batches, struct counters *counters, struct failure *failure);
void batches_admit(struct keeper *keeper, const struct message *message);
void batches_receive(struct keeper *keeper, const struct message *message);
void batches_dropped(struct keeper *keeper, const struct message *message);
/* What a sensor sent against the capture policy: into the store, and once for each sensor to its organisation. */
enum error capture_note_dropped(
    struct keeper *keeper, const struct work *work, const struct capture_dropped *dropped, struct failure *failure);
void batches_round(struct keeper *keeper); /* sync, answer, hand on */
void batches_tick(struct keeper *keeper);  /* what sensors sent goes into the store */
/* At the start: what was stored and not yet counted when the process before was killed. */
enum error batches_recount(struct keeper *keeper, const struct work *work, struct failure *failure);

/* Requests (requests.c). */
enum error requests_new(struct requests **requests, struct counters *counters, struct failure *failure);
void requests_receive(struct keeper *keeper, const struct message *message);
void requests_round(struct keeper *keeper); /* log lines of what was read become durable, then the answers go */

/* Items on their way into the store (imports.c). */
enum error imports_new(struct imports **imports, struct counters *counters, struct failure *failure);
enum error imports_start(struct keeper *keeper, struct failure *failure); /* what a process before left unfinished */
/* `remote`: from the courier, of a turn with a remote. */
void imports_receive(struct keeper *keeper, const struct message *message, bool remote);
void imports_round(struct keeper *keeper);  /* a slice of what waits, in one transaction; then the answers */
void imports_forget(struct keeper *keeper); /* the front is gone: what it had begun ends */

/* Turns with other servers of TAXII (remotes.c). */
enum error remotes_new(struct remotes **remotes, struct counters *counters, struct failure *failure);
void remotes_tick(struct keeper *keeper);
void remotes_turned(struct keeper *keeper, const struct message *message);
void remotes_round(struct keeper *keeper);  /* what came of turns becomes durable */
void remotes_forget(struct keeper *keeper); /* the courier died: what it was asked for is asked for again */

/* The key that cursors are sealed with; made when there is none (cursors.c). */
enum error cursors_key_load(struct keeper *keeper, struct arena *arena, struct failure *failure);

/* Machines (machines.c): the key of their authority; the front learns whose certificates it takes; the address of their
 * door becomes machines_url, by the name that people reach the pages by and with its own port. */
enum error machines_open(struct keeper *keeper, struct failure *failure);
void machines_close(struct keeper *keeper);
void machines_let_in(struct keeper *keeper);
void machines_address(struct keeper *keeper, struct text address);

/* The outbox (deliveries.c). */
enum error deliveries_new(struct deliveries **deliveries, struct counters *counters, struct failure *failure);
void deliveries_tick(struct keeper *keeper);
void deliveries_result(struct keeper *keeper, const struct message *message);
void deliveries_forget(struct keeper *keeper); /* the courier died: what it had is asked for again */

/* An ephemeral centre's accounts and organisations; appends what they are as a JSON object. */
enum error bootstrap(struct keeper *keeper, struct builder *facts, struct failure *failure);

/* Makes a token's secret ("nrs_…" for sensors, "nra_…" for accounts) and its digest. */
#define SECRET_TEXT 48
void secret_make(const char *prefix, char text[static SECRET_TEXT], uint8_t digest[static 32]);

#endif
