/*
 * Requests that front passed on: decoded and checked again, run, and answered at the end of the round of the loop, when
 * the lines of the log about what was seen are durable: one transaction for all reads of a round.
 */
#include "base/log.h"
#include "bus/channel.h"
#include "center/message.h"
#include "center/request.h"
#include "http/fields.h"

#include <stdlib.h>
#include <string.h>

#define TOUCHED_MOST 64

struct requests {
	struct request *first, **last; /* to be answered at the end of the round */
	struct request *unfinished;    /* whose handlers want to be called again, in no order */
	struct watch *turn;            /* NULL: nobody's */
	nanoseconds turn_due;          /* monotonic */
	struct session touched[TOUCHED_MOST];
	unsigned touched_count;
	struct throttle *throttle;
	struct shares *shares;
	struct known_passwords *known;
	struct counter *answered, *refused;
};

enum error requests_new(struct requests **to, struct counters *counters, struct failure *failure)
{
	struct requests *requests = calloc(1, sizeof *requests);
	if (requests) {
		requests->throttle = throttle_new();
		requests->shares = shares_new();
		requests->known = known_passwords_new();
		requests->last = &requests->first;
	}
	if (!requests || !requests->throttle || !requests->shares || !requests->known) {
		throttle_free(requests ? requests->throttle : NULL);
		shares_free(requests ? requests->shares : NULL);
		free(requests ? requests->known : NULL);
		free(requests);
		return fail(failure, ERROR_MEMORY, "no memory for requests");
	}
	requests->answered = counter_get(counters, COUNTER_TOTAL, "noroshi_keeper_requests",
	    "Requests that the keeper answered.", "result", TEXT("answered"));
	requests->refused = counter_get(counters, COUNTER_TOTAL, "noroshi_keeper_requests",
	    "Requests that the keeper answered.", "result", TEXT("refused"));
	*to = requests;
	return OK;
}

struct throttle *requests_throttle(struct requests *requests)
{
	return requests->throttle;
}

struct known_passwords *requests_known(struct requests *requests)
{
	return requests->known;
}

struct shares *requests_shares(struct requests *requests)
{
	return requests->shares;
}

void request_free(struct request *request)
{
	json_decref(request->input);
	json_decref(request->call.output);
	if (request->call.forget)
		request->call.forget(request->call.kept);
	work_end(&request->work);
	explicit_bzero(request->basic_password, sizeof request->basic_password);
	free(request);
}

static bool get_digest(struct reader *from, uint8_t digest[32])
{
	const void *at = get_bytes(from, 32);
	if (at)
		memcpy(digest, at, 32);
	return at != NULL;
}

bool request_decode(struct request *request, struct text body, struct failure *failure)
{
	struct reader from = reader_of(body.at, body.size);
	request->route = route_by_name(request->keeper->router, get_text(&from));
	get_digest(&from, request->session);
	get_digest(&from, request->token);
	get_digest(&from, request->form);
	get_digest(&from, request->certificate);
	bool fits = text_copy(get_text(&from), request->basic_name, sizeof request->basic_name);
	fits &= text_copy(get_text(&from), request->basic_password, sizeof request->basic_password);
	request->version = get_u64(&from);
	fits &= text_copy(get_text(&from), request->key, sizeof request->key);
	fits &= text_copy(get_text(&from), request->language, sizeof request->language);
	fits &= text_copy(get_text(&from), request->client, sizeof request->client);
	/* A batch of alerts is no request: its route has no handler here, whatever front says. */
	bool batch = request->route && request->route->kind == ROUTE_STREAM && !request->route->handle;
	if (from.failed || !fits || !request->route || batch || (*request->basic_name && !request->route->taxii))
		return false;
	if (fields_decode(request->route, &from, &request->input, failure) != OK)
		return false;
	return reader_done(&from);
}

static bool is_zero(const uint8_t digest[32])
{
	static const uint8_t zero[32];
	return memcmp(digest, zero, 32) == 0;
}

/* What is open to machines is so by their certificates alone, and nothing else is: front saw to it, and so do we. */
static bool door_fits(const struct request *request)
{
	if (!is_zero(request->certificate))
		return request->route->door != DOOR_PEOPLE;
	return request->route->door != DOOR_MACHINES || (is_zero(request->token) && is_zero(request->session));
}

/* Words for somebody unknown. */
static const char *why_unknown(const struct request *request, const struct failure *failure)
{
	if (!is_zero(request->certificate))
		return failure->words;
	if (request->route->door == DOOR_MACHINES)
		return "Show the certificate of an enrolled machine.";
	return is_zero(request->token) ? "Sign in first, or show a token."
				       : "This token is not known, or no longer valid.";
}

bool request_identify(struct request *request)
{
	struct keeper *keeper = request->keeper;
	struct requests *requests = keeper->requests;
	struct failure failure = { 0 };
	enum error error = OK;
	if (!door_fits(request)) {
		request_refuse(request, 404, ROUTE_HIDDEN_WORDS);
		return false;
	}
	if (!is_zero(request->certificate))
		error =
		    subject_of_certificate(keeper, &request->work, request->certificate, &request->subject, &failure);
	else if (request->by_basic)
		error = subject_of_account(keeper, &request->work, request->basic_account, &request->subject, &failure);
	else if (!is_zero(request->token))
		error = subject_of_token(keeper, &request->work, request->token, &request->subject, &failure);
	else if (!is_zero(request->session)) {
		error = subject_of_session(
		    keeper, &request->work, request->session, &request->subject, &request->standing, &failure);
		request->by_session = error == OK;
		nanoseconds now = keeper->center.now();
		if (error == OK && now - request->standing.last_used > MINUTE &&
		    requests->touched_count < TOUCHED_MOST) {
			request->standing.last_used = now;
			requests->touched[requests->touched_count++] = request->standing;
		}
	}
	if (error != OK && error != ERROR_NOT_FOUND) {
		request_refuse(request, 503, failure.words);
		return false;
	}
	if (request->subject.role == ROLE_NONE && !request->route->stranger) {
		request_refuse(request, 401, why_unknown(request, &failure));
		return false;
	}
	/* A browser sends its cookie along with what another site made it send: the form's token it cannot know. Front
	 * refuses other requests of other sites by their Origin. */
	if (request->by_session && request->route->kind == ROUTE_FORM &&
	    !bytes_equal_secret(request->form, request->standing.form_digest, 32)) {
		request_log(request, "denied", "the form's token is missing or wrong");
		request_refuse(request, 403, "The form is out of date: load the page again.");
		return false;
	}
	return true;
}

static void request_ready(struct request *request)
{
	struct requests *requests = request->keeper->requests;
	request->next = NULL;
	*requests->last = request;
	requests->last = &request->next;
}

static void take_turns(void *context);

/* The next turn is then at the latest. False without memory. */
static bool call_again(struct keeper *keeper, nanoseconds due)
{
	struct requests *requests = keeper->requests;
	if (requests->turn && requests->turn_due <= due)
		return true;
	struct watch *turn = loop_timer(keeper->center.loop, due - time_monotonic(), 0, take_turns, keeper);
	if (!turn)
		return requests->turn != NULL;
	watch_stop(requests->turn);
	requests->turn = turn;
	requests->turn_due = due;
	return true;
}

/* Runs it; one that is not done comes again once others had their turn. */
static void run(struct request *request)
{
	struct keeper *keeper = request->keeper;
	struct requests *requests = keeper->requests;
	request_run(request);
	if (!request->call.again || request->status) {
		request_ready(request);
		return;
	}
	request->due = time_monotonic() + (request->call.rest > MILLISECOND ? request->call.rest : MILLISECOND);
	if (call_again(keeper, request->due)) {
		request->next = requests->unfinished;
		requests->unfinished = request;
		return;
	}
	request_refuse(request, 503, "The centre has no memory for this just now.");
	request_ready(request);
}

static void take_turns(void *context)
{
	struct keeper *keeper = context;
	struct requests *requests = keeper->requests;
	struct request *request = requests->unfinished;
	nanoseconds now = time_monotonic();
	watch_stop(requests->turn);
	requests->turn = NULL;
	requests->unfinished = NULL;
	while (request) {
		struct request *next = request->next;
		if (request->due <= now) {
			run(request);
		} else if (call_again(keeper, request->due)) {
			request->next = requests->unfinished;
			requests->unfinished = request;
		} else {
			request_refuse(request, 503, "The centre has no memory for this just now.");
			request_ready(request);
		}
		request = next;
	}
}

void request_resume(struct request *request)
{
	run(request);
}

void requests_receive(struct keeper *keeper, const struct message *message)
{
	struct failure failure = { 0 };
	struct request *request = calloc(1, sizeof *request);
	if (!request || work_begin(&request->work, "sign-in", &failure) != OK) {
		free(request);
		return; /* front gives up waiting and says 503 */
	}
	request->keeper = keeper;
	request->correlation = message->correlation;
	request->generation = keeper->front_generation;
	if (!request_decode(request, message->body, &failure))
		request_refuse(request, 400, *failure.words ? failure.words : "The request does not fit its route.");
	else if (request_asks_basic(request))
		return; /* the same */
	else if (request_identify(request)) {
		if (request_asks_password(request))
			return; /* it is the password thread's now, or already answered */
		run(request);
		return;
	}
	request_ready(request);
}

static void request_answer(struct request *request)
{
	struct keeper *keeper = request->keeper;
	struct call *call = &request->call;
	struct builder body = { 0 };
	char *output = NULL;
	if (call->output && (request->status < 400 || json_object_size(call->output) > 0))
		output = json_dumps(call->output, JSON_COMPACT | JSON_ENSURE_ASCII);
	put_u16(&body, request->status);
	put_u64(&body, request->status < 400 ? call->version : 0);
	put_text(&body, text_of(call->location));
	put_u8(&body, !call->cookie ? 0 : *call->cookie ? 1 : 2);
	put_text(&body, text_of(call->cookie));
	put_u32(&body, (uint32_t)(keeper->process->settings.session_longest / SECOND));
	put_u32(&body, request->retry_after);
	put_text(&body, text_of(request->problem));
	put_text(&body, text_of(output));
	put_text(&body, text_of(request->status < 400 ? call->type : NULL));
	put_text(&body, request->status < 400 ? call->body : TEXT_NONE);
	put_text(&body, text_of(call->list));
	put_text(&body, text_of(call->added_first));
	put_text(&body, text_of(call->added_last));
	put_i64(&body, request->status < 400 ? call->modified : 0);
	if (!body.failed && keeper->front && request->generation == keeper->front_generation)
		channel_send(keeper->front, MESSAGE_ANSWER, request->correlation, (struct text){ body.at, body.size });
	builder_free(&body);
	free(output);
	counter_add(request->status < 400 ? keeper->requests->answered : keeper->requests->refused, 1);
}

/* The lines of the log and the sessions that were used, in one transaction. */
static enum error round_commit(struct keeper *keeper, const struct work *work, struct failure *failure)
{
	struct requests *requests = keeper->requests;
	enum error error = store_begin(keeper->store, failure);
	for (struct request *each = requests->first; each && error == OK; each = each->next)
		if (*each->line.what)
			error = store_log_append(keeper->store, &each->line, failure);
	for (unsigned i = 0; i < requests->touched_count && error == OK; i++) {
		struct session session; /* a sign-out may have removed it in this very round */
		if (store_session_find(keeper->store, work->scope, requests->touched[i].digest, &session, failure) ==
		    OK)
			error = store_session_put(keeper->store, work->scope, &requests->touched[i], failure);
	}
	if (error == OK)
		error = store_commit(keeper->store, failure);
	if (error != OK)
		store_rollback(keeper->store);
	return error;
}

void requests_round(struct keeper *keeper)
{
	struct requests *requests = keeper->requests;
	bool lines = requests->touched_count > 0;
	for (struct request *each = requests->first; each; each = each->next)
		lines |= *each->line.what != 0;
	struct failure failure = { 0 };
	struct work work = { 0 };
	enum error error = OK;
	if (lines) {
		error = work_begin(&work, "log", &failure);
		if (error == OK)
			error = round_commit(keeper, &work, &failure);
		work_end(&work);
	}
	requests->touched_count = 0;
	if (error != OK)
		log_write(
		    LOG_ERROR, "the log cannot be written: nothing is shown", LOG_FIELD_STRING("why", failure.words));
	struct request *request = requests->first;
	requests->first = NULL;
	requests->last = &requests->first;
	while (request) {
		struct request *next = request->next;
		/* What cannot be written down was not seen. */
		if (error != OK && *request->line.what)
			request_refuse(request, 503, "The centre cannot write its log just now.");
		request_answer(request);
		request_free(request);
		request = next;
	}
}
