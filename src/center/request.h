/*
 * One request in the keeper, from MESSAGE_CALL to MESSAGE_ANSWER. Inside center/ only: requests.c moves it along,
 * request_run.c does what its route says, request_password.c lets the password thread work in between.
 */
#ifndef NOROSHI_CENTER_REQUEST_H
#define NOROSHI_CENTER_REQUEST_H

#include "center/keeper.h"

struct request {
	struct request *next;
	struct keeper *keeper;
	uint64_t correlation, generation; /* of the front that asked */
	struct work work;
	const struct route *route;
	json_t *input;
	uint8_t session[32], token[32], form[32], certificate[32]; /* digests; zero when absent */
	char basic_name[64], basic_password[256]; /* RFC 7617; the password is wiped once it was looked at */
	struct uuid basic_account;                /* whose they are, with by_basic */
	char key[65], language[3], client[46];
	uint64_t version;
	struct subject subject; /* role NONE: a stranger */
	bool by_session, by_basic;
	struct session standing; /* of the session, when by_session */
	struct call call;
	nanoseconds asked;    /* when it came; 0 = it was not run yet */
	nanoseconds due;      /* monotonic: when it is called again */
	struct log_line line; /* to be written at the end of the round when `what` is set */
	/* the answer */
	uint16_t status;
	uint32_t retry_after;
	char problem[480];
};

/* Reads MESSAGE_CALL into a request of which only `keeper` (with its router) is set. False: the body fits no route. */
bool request_decode(struct request *request, struct text body, struct failure *failure);
/* Finds who asks, for `subject`; false when it was refused: nobody known on a route that strangers may not call, or a
 * form whose token is not the session's. */
bool request_identify(struct request *request);
/* Runs the handler with everything around it (scope, transaction, idempotency, log). The answer is in the request then.
 */
void request_run(struct request *request);
void request_free(struct request *request);
/* An answer without the handler. */
void request_refuse(struct request *request, uint16_t status, const char *words);
/* Puts who looks at a page into its data (page_frame.c). */
void request_frame(struct request *request);
void request_log(struct request *request, const char *outcome, const char *detail);

/* Idempotency-Key (request_again.c). The key as it is stored, of this route only; empty when there is none to keep. */
#define ANSWER_KEY 160
struct text answer_key(const struct request *request, char to[static ANSWER_KEY]);
/* True when this request was answered before, or its key belongs to another request: the answer is in it then. */
bool answer_again(struct request *request, struct text key);
/* Inside the transaction of the change. */
enum error answer_keep(struct request *request, struct text key, struct failure *failure);

/* Takes the seal off the request's cursor; false when it is not one that this account was given for this question. */
bool cursors_open(struct request *request);
/* Seals the cursors of the answer; false without memory. */
bool cursors_seal(struct request *request);

/* True when the route needs the password thread: then request_resume() follows later, or the request was refused. */
bool request_asks_password(struct request *request);
void request_resume(struct request *request); /* requests.c */

/* True when a name and a password came that are not known yet: request_resume() follows when they were looked at, or
 * the request was refused (request_basic.c). */
bool request_asks_basic(struct request *request);
/* Names and passwords that were right a moment ago, as digests under a key of this process: bounded. free() ends it. */
struct known_passwords;
struct known_passwords *known_passwords_new(void);
struct known_passwords *requests_known(struct requests *requests);

/* Tries at signing in, slowed down by name and by address: bounded, in memory. */
struct throttle;
struct throttle *throttle_new(void);
void throttle_free(struct throttle *throttle);
nanoseconds throttle_wait(const struct throttle *throttle, const char *kind, const char *name, nanoseconds now);
void throttle_failed(struct throttle *throttle, const char *kind, const char *name, nanoseconds now);
void throttle_passed(struct throttle *throttle, const char *kind, const char *name);
/* How long after this many wrong tries, of which the first so many are free, the next has to wait. */
nanoseconds throttle_penalty(uint32_t failures, uint32_t free_tries);
/* By name, by address, and by both together. `not_before`: what the account itself says (0 = nothing). */
nanoseconds throttle_sign_in_wait(
    struct throttle *throttle, const char *name, const char *client, nanoseconds not_before, nanoseconds now);
void throttle_sign_in_failed(struct throttle *throttle, const char *name, const char *client, nanoseconds now);
void throttle_sign_in_passed(struct throttle *throttle, const char *name, const char *client, nanoseconds now);
struct throttle *requests_throttle(struct requests *requests);

/* The keeper's time, shared out among those who ask (share.c). Times are monotonic. */
struct shares;
struct shares *shares_new(void);
void shares_free(struct shares *shares);
nanoseconds shares_wait(struct shares *shares, const struct subject *subject, nanoseconds now); /* 0 = now */
void shares_charge(struct shares *shares, const struct subject *subject, nanoseconds used, nanoseconds now);
struct shares *requests_shares(struct requests *requests);
nanoseconds processor_time(void); /* that this thread has used */

#endif
