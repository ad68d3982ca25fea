/*
 * Remotes in the keeper: which is due, what it is given, and what came of it.
 *
 *   tick ─► due ─► MESSAGE_TURN ─► courier ─► MESSAGE_TURNED ─► the position, in the transaction that keeps what came
 *
 * The page of a poll follows its MESSAGE_TURNED as parts of an import (imports.c); the last part and the position
 * become durable together. So whoever is killed, the next turn asks for what was not kept, and what was kept by an
 * earlier part is there already. What is given is remembered when the server said what became of it; given once more,
 * it is the same version of the same object.
 */
#include "store/remotes.h"
#include "base/log.h"
#include "bus/channel.h"
#include "center/imports.h"
#include "center/keeper.h"
#include "center/message.h"
#include "center/remotes_give.h"
#include "center/turn.h"
#include "intel/remote_course.h"
#include "store/handover.h"
#include "store/items.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURNS_MOST 8u
#define PATIENCE (2 * MINUTE) /* beyond what the remote may take: then the courier has lost it */

struct turn_under_way {
	uint64_t number; /* random; 0 = free */
	uint32_t remote;
	uint64_t version; /* of the remote: a turn for what it was before a change counts for nothing */
	enum remote_kind kind;
	enum remote_way way;
	struct uuid import;
	uint32_t collection, organisation;
	struct uuid account;
	char name[64];
	nanoseconds until;     /* monotonic */
	int64_t given;         /* push: up to here … */
	bool more;             /* … and there are others */
	nanoseconds removed;   /* push: not 0: it deletes; what was withdrawn up to here … */
	int64_t removed_added; /* … and this, as in struct remote */
	bool told, waits;      /* MESSAGE_TURNED came; for the parts of the page */
	struct turned turned;
	char *failures;
};

struct remotes {
	struct turn_under_way under_way[TURNS_MOST];
	bool again; /* a turn ended: others may be due */
	struct counter *done, *failed;
};

enum error remotes_new(struct remotes **to, struct counters *counters, struct failure *failure)
{
	struct remotes *remotes = calloc(1, sizeof *remotes);
	if (!remotes)
		return fail(failure, ERROR_MEMORY, "no memory for remotes");
	const char *name = "noroshi_remote_turns", *help = "Turns with other servers of TAXII, and with feeds.";
	remotes->done = counter_get(counters, COUNTER_TOTAL, name, help, "result", TEXT("done"));
	remotes->failed = counter_get(counters, COUNTER_TOTAL, name, help, "result", TEXT("failed"));
	*to = remotes;
	return OK;
}

static void forget(struct keeper *keeper, struct turn_under_way *turn)
{
	if (turn->number && turn->way == REMOTE_POLL)
		imports_drop(keeper, turn->import);
	free(turn->failures);
	*turn = (struct turn_under_way){ 0 };
	keeper->remotes->again = true;
}

void remotes_forget(struct keeper *keeper)
{
	for (unsigned i = 0; keeper->remotes && i < TURNS_MOST; i++)
		forget(keeper, &keeper->remotes->under_way[i]);
}

static struct turn_under_way *find(struct remotes *remotes, uint64_t number)
{
	for (unsigned i = 0; i < TURNS_MOST; i++)
		if (remotes->under_way[i].number == number)
			return &remotes->under_way[i];
	return NULL;
}

static bool is_under_way(const struct remotes *remotes, uint32_t remote, enum remote_way way)
{
	for (unsigned i = 0; i < TURNS_MOST; i++)
		if (remotes->under_way[i].number && remotes->under_way[i].remote == remote &&
		    remotes->under_way[i].way == way)
			return true;
	return false;
}

static uint64_t random_number(void)
{
	uint64_t number;
	do
		random_bytes(&number, sizeof number);
	while (number == 0);
	return number;
}

/* ── what came of a turn ─ */

static enum error keep_failures(struct keeper *keeper, const struct work *work, const struct turn_under_way *turn,
    struct text list, struct failure *failure)
{
	json_t *failures = list.size ? json_loadb(list.at, list.size, 0, NULL) : NULL;
	enum error error = OK;
	for (size_t i = 0; i < json_array_size(failures) && i < REMOTE_FAILURES && error == OK; i++) {
		const json_t *each = json_array_get(failures, i);
		const struct remote_failure failed = { .way = turn->way,
			.when = keeper->center.now(),
			.object = text_of(json_string_value(json_object_get(each, "id"))),
			.version = text_of(json_string_value(json_object_get(each, "version"))),
			.message = text_of(json_string_value(json_object_get(each, "message"))) };
		error = store_remote_failure_put(keeper->store, work->scope, turn->remote, &failed, failure);
	}
	json_decref(failures);
	return error;
}

static enum error log_turn(struct keeper *keeper, const struct remote *remote, const struct turn_under_way *turn,
    uint64_t good, uint64_t bad, bool failed, struct failure *failure)
{
	struct log_line line = { .when = keeper->center.now(), .organisation = remote->organisation };
	snprintf(line.who, sizeof line.who, "remote %.50s", remote->name);
	snprintf(line.what, sizeof line.what, "remote.%s", remote_way_code(turn->way));
	uuid_format(remote->id, line.object);
	text_copy(text_of(failed ? "failed" : "done"), line.outcome, sizeof line.outcome);
	if (failed)
		text_copy(text_of(remote->course[turn->way].words), line.detail, sizeof line.detail);
	else
		snprintf(line.detail, sizeof line.detail, "%llu objects, %llu refused", (unsigned long long)good,
		    (unsigned long long)bad);
	return store_log_append(keeper->store, &line, failure);
}

static enum error count_sent(struct keeper *keeper, const struct work *work, const struct remote *remote, uint64_t good,
    uint64_t bad, struct failure *failure)
{
	struct collection collection;
	enum error error = store_collection_get(keeper->store, work->scope, remote->collection, &collection, failure);
	if (!error)
		error = store_handover_add(keeper->store, remote->organisation, collection.community, HANDOVER_SENT,
		    good, keeper->center.now(), failure);
	return error ? error
		     : store_handover_add(keeper->store, remote->organisation, collection.community, HANDOVER_NOT_TAKEN,
			   bad, keeper->center.now(), failure);
}

/* Within a transaction. good, bad: of a poll. */
static enum error settle(struct keeper *keeper, const struct work *work, const struct turn_under_way *turn,
    uint64_t good, uint64_t bad, struct text failures, struct failure *failure)
{
	struct remote remote;
	const struct remote_answer *answer = &turn->turned.answer;
	enum error error = store_remote_get(keeper->store, work->scope, turn->remote, &remote, failure);
	if (error == ERROR_NOT_FOUND || (error == OK && remote.version != turn->version))
		return OK; /* somebody changed it meanwhile: it begins anew */
	if (error != OK)
		return error;
	struct remote_course *course = &remote.course[turn->way];
	bool failed_before = course->failures > 0, failed = turn->turned.result != OK;
	nanoseconds now = keeper->center.now();
	if (failed) {
		remote_failed(&remote, turn->way, turn->turned.words, answer, now, random_number());
	} else if (turn->way == REMOTE_POLL) {
		failed = remote_polled(&remote, answer, now, random_number()) != OK;
		course->good += good;
		course->bad += bad;
	} else {
		if (turn->removed) {
			remote.removed = turn->removed;
			remote.removed_added = turn->removed_added;
		}
		remote_pushed(&remote, answer, turn->given, turn->more, now, random_number());
		good = answer->complete ? answer->good : 0;
		bad = answer->complete ? answer->bad : 0;
	}
	error = store_remote_note(keeper->store, work->scope, &remote, failure);
	if (error == OK && turn->way == REMOTE_PUSH)
		error = count_sent(keeper, work, &remote, good, bad, failure);
	if (error == OK && bad > 0)
		error = keep_failures(keeper, work, turn, failures, failure);
	if (error == OK && (failed || failed_before || good || bad))
		error = log_turn(keeper, &remote, turn, good, bad, failed, failure);
	counter_add(failed ? keeper->remotes->failed : keeper->remotes->done, 1);
	return error;
}

/* Turns without objects. False: a transaction is open; in a later round. */
static bool settle_now(struct keeper *keeper, struct turn_under_way *turn)
{
	struct failure failure = { 0 };
	struct work work;
	enum error error = work_begin(&work, "remotes", &failure);
	if (error == OK)
		error = store_begin(keeper->store, &failure);
	if (error != OK) {
		work_end(&work);
		return false;
	}
	error = settle(keeper, &work, turn, 0, 0, text_of(turn->failures), &failure);
	if (error == OK)
		error = store_commit(keeper->store, &failure);
	if (error != OK) {
		store_rollback(keeper->store);
		log_write(LOG_ERROR, "what came of a turn with a remote cannot be noted: it is done again",
		    LOG_FIELD_STRING("why", failure.words));
	}
	work_end(&work);
	forget(keeper, turn);
	return true;
}

void remotes_turned(struct keeper *keeper, const struct message *message)
{
	struct turn_under_way *turn = message->correlation ? find(keeper->remotes, message->correlation) : NULL;
	if (!turn || turn->told || !turned_read(message->body, &turn->turned))
		return;
	turn->told = true;
	turn->failures = strndup(turn->turned.failures.at ? turn->turned.failures.at : "", turn->turned.failures.size);
	turn->turned.failures = TEXT_NONE;
	turn->waits = turn->way == REMOTE_POLL && turn->turned.result == OK && turn->turned.answer.objects > 0;
}

/* ── the page of a poll, for imports.c ─ */

bool remotes_import(
    struct keeper *keeper, uint64_t number, struct uuid id, struct import *import, char feed[static 64], bool *entries)
{
	struct turn_under_way *turn = number ? find(keeper->remotes, number) : NULL;
	if (!turn || !turn->waits || !uuid_equal(turn->import, id))
		return false;
	*import = (struct import){ .id = id,
		.organisation = turn->organisation,
		.account = turn->account,
		.collection = turn->collection,
		.received = keeper->center.now() };
	text_copy(text_of(turn->name), feed, 64);
	*entries = turn->kind == REMOTE_FEED;
	return true;
}

enum error remotes_last(struct keeper *keeper, const struct work *work, uint64_t number, const struct import *import,
    struct text failures, struct failure *failure)
{
	struct turn_under_way *turn = find(keeper->remotes, number);
	return turn ? settle(keeper, work, turn, import->good, import->bad, failures, failure)
		    : fail(failure, ERROR_NOT_FOUND, "the turn is over");
}

void remotes_kept(struct keeper *keeper, uint64_t number, bool kept, bool last)
{
	struct turn_under_way *turn = find(keeper->remotes, number);
	if (turn && kept && last) {
		forget(keeper, turn);
	} else if (turn && !kept) { /* the rest of the page finds no turn */
		turn->waits = false;
		turn->turned.result = ERROR_SYSTEM;
		text_copy(
		    TEXT("the centre cannot store items just now"), turn->turned.words, sizeof turn->turned.words);
	}
}

/* ── beginning ─ */

static void send_turn(struct keeper *keeper, struct turn_under_way *place, const struct remote *remote,
    enum remote_way way, struct text envelope, const struct removing *removing, int64_t given, bool more)
{
	struct turn turn = { .way = way,
		.import = uuid_random(),
		.remote = *remote,
		.envelope = envelope,
		.gone = { removing->ids.at, removing->ids.size } };
	struct builder body = { 0 };
	*place = (struct turn_under_way){ .number = random_number(),
		.remote = remote->number,
		.version = remote->version,
		.kind = remote->kind,
		.way = way,
		.import = turn.import,
		.collection = remote->collection,
		.organisation = remote->organisation,
		.account = remote->id,
		.until = time_monotonic() + remote->within + PATIENCE,
		.given = given,
		.more = more,
		.removed = removing->ids.size ? removing->withdrawn : 0,
		.removed_added = removing->added };
	text_copy(text_of(remote->name), place->name, sizeof place->name);
	turn_write(&turn, &body);
	if (body.failed ||
	    channel_send(keeper->courier, MESSAGE_TURN, place->number, (struct text){ body.at, body.size }) != OK)
		*place = (struct turn_under_way){ 0 };
	builder_free(&body);
}

/* Nobody needs to be asked for it. */
static void note(struct keeper *keeper, const struct work *work, const struct remote *remote)
{
	struct failure failure = { 0 };
	if (store_begin(keeper->store, &failure) != OK)
		return;
	if (store_remote_note(keeper->store, work->scope, remote, &failure) != OK ||
	    store_commit(keeper->store, &failure) != OK)
		store_rollback(keeper->store);
}

/* What comes is given by its organisation, and what goes is read by it: in that community it must be allowed to. */
static enum error allowed(struct keeper *keeper, const struct work *work, const struct remote *remote,
    enum remote_way way, bool *is_allowed, struct failure *failure)
{
	struct collection collection;
	struct policy_snapshot snapshot;
	enum error error = store_collection_get(keeper->store, work->scope, remote->collection, &collection, failure);
	if (error == OK)
		error = store_snapshot(keeper->store, keeper->center.now(), work->arena, &snapshot, failure);
	if (error == OK)
		*is_allowed =
		    collection.active && policy_standing(&snapshot, remote->organisation, collection.community) >=
					     (way == REMOTE_POLL ? STANDING_GIVES : STANDING_READS);
	return error;
}

static void refuse(struct keeper *keeper, const struct work *work, struct remote *remote, enum remote_way way)
{
	const struct remote_answer none = { 0 };
	remote_failed(remote, way,
	    way == REMOTE_POLL ? "its organisation may not give to the community of the collection"
			       : "its organisation may not read in the community of the collection",
	    &none, keeper->center.now(), random_number());
	counter_add(keeper->remotes->failed, 1);
	note(keeper, work, remote);
}

static enum error begin(struct keeper *keeper, const struct work *work, struct turn_under_way *place, uint32_t number,
    enum remote_way way, struct failure *failure)
{
	struct remote remote;
	struct giving giving = { &remote, { 0 } };
	struct removing removing = { .remote = &remote, .arena = work->arena };
	int64_t given = 0;
	bool more = false, is_allowed = false;
	enum error error = store_remote_get(keeper->store, work->scope, number, &remote, failure);
	if (error == OK)
		error = allowed(keeper, work, &remote, way, &is_allowed, failure);
	if (error == OK && !is_allowed) {
		refuse(keeper, work, &remote, way);
		return OK;
	}
	if (error == OK && way == REMOTE_PUSH) {
		error = remotes_given(keeper, work, &remote, &giving, &given, &more, failure);
		if (error == OK && *remote.status) { /* first what is with the server already */
			builder_clear(&giving.list);
			given = remote.status_given;
			more = true;
		} else if (error == OK && !giving.list.size) {
			/* all that is here is there: now what is not here any more */
			error = remotes_gone(keeper, work, &remote, &removing, failure);
			more |= removing.looked == REMOVED_MOST;
		}
		if (error == OK && !*remote.status && !giving.list.size && !removing.ids.size) {
			if (removing.looked) {
				remote.removed = removing.withdrawn;
				remote.removed_added = removing.added;
			}
			remote_pushed(&remote, &(struct remote_answer){ .complete = true }, given, more,
			    keeper->center.now(), random_number());
			note(keeper, work, &remote);
			builder_free(&giving.list);
			return OK;
		}
	}
	if (error == OK)
		send_turn(keeper, place, &remote, way, (struct text){ giving.list.at, giving.list.size }, &removing,
		    given, more);
	builder_free(&giving.list);
	builder_free(&removing.ids);
	return error;
}

static void begin_due(struct keeper *keeper, const struct work *work, enum remote_way way)
{
	struct failure failure = { 0 };
	uint32_t due[REMOTES_MOST];
	size_t count;
	enum error error = store_remote_due(
	    keeper->store, work->scope, way, keeper->center.now(), due, REMOTES_MOST, &count, &failure);
	for (size_t i = 0; i < count && error == OK; i++) {
		struct turn_under_way *place = find(keeper->remotes, 0);
		if (place && !is_under_way(keeper->remotes, due[i], way))
			error = begin(keeper, work, place, due[i], way, &failure);
	}
	if (error != OK)
		log_write(LOG_ERROR, "remotes cannot be read", LOG_FIELD_STRING("why", failure.words));
}

static void begin_all(struct keeper *keeper)
{
	struct work work;
	struct failure failure = { 0 };
	keeper->remotes->again = false;
	if (!keeper->courier || work_begin(&work, "remotes", &failure) != OK)
		return;
	for (unsigned way = 0; way < REMOTE_WAYS; way++)
		begin_due(keeper, &work, (enum remote_way)way);
	work_end(&work);
}

void remotes_tick(struct keeper *keeper)
{
	for (unsigned i = 0; i < TURNS_MOST; i++) {
		struct turn_under_way *turn = &keeper->remotes->under_way[i];
		if (turn->number && time_monotonic() > turn->until)
			forget(keeper, turn);
	}
	begin_all(keeper);
}

void remotes_round(struct keeper *keeper)
{
	for (unsigned i = 0; i < TURNS_MOST; i++) {
		struct turn_under_way *turn = &keeper->remotes->under_way[i];
		if (turn->number && turn->told && !turn->waits && !settle_now(keeper, turn))
			return;
	}
	if (keeper->remotes->again)
		begin_all(keeper);
}
