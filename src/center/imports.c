/*
 * Items on their way into the store: parts of imports from the front, in the order in which they came.
 *
 *   MESSAGE_CALL of a push: its handler says who may, and makes the import ─► MESSAGE_PUSH parts ─► a queue
 *   each round of the loop: a slice of the queue, one transaction ─► MESSAGE_PUSHED for each part
 *
 * What goes into a collection is released to its community at its TLP, by whoever pushes it and as the policy lets them
 * (intel/releasing.h): there is no other way in. A slice is bounded by time, not by count, and ends between two
 * objects: however large an import is, alerts and requests come in between. What is answered is durable. When the front
 * dies, or this process, what an import lacks has failed: its status says so.
 */
#include "center/imports.h"
#include "base/file_journal.h"
#include "base/log.h"
#include "bus/channel.h"
#include "center/importing.h"
#include "center/message.h"
#include "store/handover.h"

#include <stdlib.h>
#include <string.h>

#define KEPT (7 * DAY)    /* of an import that ended */
#define IMPORTS_MOST 256u /* under way */

enum error imports_new(struct imports **to, struct counters *counters, struct failure *failure)
{
	struct imports *imports = calloc(1, sizeof *imports);
	if (!imports || !(imports->people = arena_new(0))) {
		free(imports);
		return fail(failure, ERROR_MEMORY, "no memory for imports");
	}
	imports->last = &imports->first;
	imports->good = counter_get(
	    counters, COUNTER_TOTAL, "noroshi_items", "Items that somebody gave.", "result", TEXT("stored"));
	imports->bad = counter_get(
	    counters, COUNTER_TOTAL, "noroshi_items", "Items that somebody gave.", "result", TEXT("refused"));
	imports->seconds = counter_get(counters, COUNTER_HISTOGRAM, "noroshi_import_seconds",
	    "Time that one slice of imports held the keeper.", NULL, TEXT_NONE);
	*to = imports;
	return OK;
}

enum error imports_start(struct keeper *keeper, struct failure *failure)
{
	struct work work;
	enum error error = work_begin(&work, "imports", failure);
	if (error == OK)
		error = store_begin(keeper->store, failure);
	if (error == OK && (error = store_import_end(keeper->store, work.scope, time_now(), failure)) == OK)
		error = store_commit(keeper->store, failure);
	if (error != OK)
		store_rollback(keeper->store);
	work_end(&work);
	return error;
}

/* ── imports under way ─ */

static void forget(struct imports *imports, struct under_way *gone)
{
	struct under_way **place = &imports->under_way;
	while (*place != gone)
		place = &(*place)->next;
	*place = gone->next;
	imports->under_way_count--;
	builder_free(&gone->failures);
	free(gone);
}

void imports_drop(struct keeper *keeper, struct uuid id)
{
	for (struct under_way *each = keeper->imports->under_way; each; each = each->next)
		if (uuid_equal(each->import.id, id)) {
			forget(keeper->imports, each);
			return;
		}
}

static enum error load(struct keeper *keeper, const struct work *work, const struct part_of_import *part,
    struct uuid id, struct under_way *made, struct failure *failure)
{
	enum error error = OK;
	if (!part->remote)
		error = store_import_get(keeper->store, work->scope, id, work->arena, &made->import, failure);
	else if (remotes_import(keeper, part->correlation, id, &made->import, made->feed, &made->entries))
		made->turn = part->correlation;
	else
		error = fail(failure, ERROR_NOT_FOUND, "the turn is over");
	if (error == OK && made->import.finished)
		error = fail(failure, ERROR_NOT_FOUND, "there is no such import");
	if (error == OK && made->import.collection)
		error = store_collection_get(
		    keeper->store, work->scope, made->import.collection, &made->collection, failure);
	return error;
}

static struct under_way *under_way_of(struct keeper *keeper, const struct work *work, const struct part_of_import *part,
    struct uuid id, struct failure *failure)
{
	struct imports *imports = keeper->imports;
	for (struct under_way *each = imports->under_way; each; each = each->next)
		if (uuid_equal(each->import.id, id))
			return each;
	if (imports->under_way_count == IMPORTS_MOST)
		return fail(failure, ERROR_LIMIT, "Too many imports are under way."), NULL;
	struct under_way *made = calloc(1, sizeof *made);
	if (!made)
		return fail(failure, ERROR_MEMORY, "no memory for an import"), NULL;
	enum error error = load(keeper, work, part, id, made, failure);
	if (error != OK) {
		free(made);
		return NULL;
	}
	made->next = imports->under_way;
	imports->under_way = made;
	imports->under_way_count++;
	return made;
}

/* ── parts ─ */

/* What the part says before its items. */
static enum error open_part(struct part_of_import *part, struct under_way *import, struct failure *failure)
{
	struct reader *from = &part->from;
	part->last = get_u8(from) != 0;
	part->total = get_u64(from);
	uint64_t bad = get_u64(from);
	struct text failures = get_text(from);
	part->left = get_u32(from);
	if (from->failed)
		return import_corrupt(failure);
	import->import.total = part->total;
	import->import.bad += bad;
	import_add_failure(import, failures);
	part->open = true;
	return OK;
}

static enum error take_part(struct keeper *keeper, const struct work *work, struct part_of_import *part,
    nanoseconds began, struct under_way **of, struct failure *failure)
{
	struct reader from = reader_of(part->body, part->size);
	struct uuid id = get_uuid(&from);
	struct under_way *import = from.failed ? NULL : under_way_of(keeper, work, part, id, failure);
	*of = import;
	if (!import)
		return from.failed ? import_corrupt(failure) : failure->code;
	if (!part->open)
		part->from = from;
	uint64_t before = import->import.bad;
	enum error error = import_who_gives(keeper, work, import, failure);
	if (error == OK && !part->open)
		error = open_part(part, import, failure);
	if (error == OK)
		error = import_take_items(keeper, import, part, began, failure);
	if (error != OK)
		return error;
	counter_add(keeper->imports->bad, import->import.bad - before);
	if (part->last && !part->left)
		import->import.finished = keeper->center.now();
	part->finished = part->last;
	part->good = import->import.good;
	part->bad = import->import.bad;
	return OK;
}

static enum error count_it(
    struct keeper *keeper, const struct import *import, uint32_t community, struct failure *failure)
{
	struct store *store = keeper->store;
	enum error error = store_handover_add(
	    store, import->organisation, community, HANDOVER_GIVEN, import->good, import->finished, failure);
	return error ? error
		     : store_handover_add(store, import->organisation, community, HANDOVER_REFUSED, import->bad,
			   import->finished, failure);
}

/* Of a remote the last part alone is noted, with how far it came. */
static enum error write_row(
    struct keeper *keeper, const struct work *work, struct under_way *import, char **list, struct failure *failure)
{
	enum error error = OK;
	struct builder failures = { 0 };
	build_char(&failures, '[');
	build_text(&failures, (struct text){ import->failures.at, import->failures.size });
	build_char(&failures, ']');
	if (failures.failed || import->failures.failed) {
		builder_free(&failures);
		return fail(failure, ERROR_MEMORY, "no memory for an import");
	}
	import->import.failures = (struct text){ failures.at, failures.size };
	if (!import->turn)
		error = store_import_put(keeper->store, work->scope, &import->import, failure);
	else if (import->import.finished)
		error = remotes_last(keeper, work, import->turn, &import->import, import->import.failures, failure);
	import->import.failures = TEXT_NONE;
	*list = failures.at;
	return !error && import->import.finished
		   ? count_it(keeper, &import->import, import->collection.community, failure)
		   : error;
}

/* As many parts as fit the slice. *end: behind the last one that is done. */
static enum error take_slice(
    struct keeper *keeper, const struct work *work, struct part_of_import **end, struct failure *failure)
{
	nanoseconds began = time_monotonic();
	struct part_of_import *part = keeper->imports->first;
	enum error error = import_people_load(keeper, failure);
	*end = part;
	while (part && error == OK && (part == keeper->imports->first || time_monotonic() - began < SLICE)) {
		struct under_way *import;
		error = take_part(keeper, work, part, began, &import, failure);
		free(part->failures);
		part->failures = NULL;
		if (error == OK)
			error = write_row(keeper, work, import, &part->failures, failure);
		if (error == ERROR_NOT_FOUND) {
			part->status = 404;
			part->left = 0;
			error = OK;
		}
		if (error != OK || part->left)
			break;
		part = part->next;
		*end = part;
	}
	/* What failed is given up with its part, and the parts before it, which are rolled back. */
	if (error != OK)
		*end = part ? part->next : NULL;
	return error;
}

static void answer(struct keeper *keeper, const struct part_of_import *part, const char *words)
{
	if (part->remote) {
		remotes_kept(keeper, part->correlation, part->status == 200, part->finished);
		return;
	}
	struct builder body = { 0 };
	put_u16(&body, part->status);
	put_u8(&body, part->finished);
	put_u64(&body, part->total);
	put_u64(&body, part->good);
	put_u64(&body, part->bad);
	put_text(&body, text_of(part->failures));
	put_text(&body, text_of(part->status == 200 ? "" : words));
	if (part->status == 200)
		file_mark(TEXT("acknowledged"));
	if (!body.failed && keeper->front && part->generation == keeper->front_generation)
		channel_send(keeper->front, MESSAGE_PUSHED, part->correlation, (struct text){ body.at, body.size });
	builder_free(&body);
}

/* The rows say what is durable: what was counted since is not true. `all`: what comes from remotes, too. */
static void abandon(struct imports *imports, bool all)
{
	for (struct under_way *each = imports->under_way, *next; each; each = next) {
		next = each->next;
		if (all || !each->turn)
			forget(imports, each);
	}
}

static void finish_slice(struct keeper *keeper, struct part_of_import *end, enum error error, const char *words)
{
	struct imports *imports = keeper->imports;
	while (imports->first != end) {
		struct part_of_import *part = imports->first;
		imports->first = part->next;
		if (!part->status)
			part->status = error == OK ? 200 : 503;
		answer(keeper, part, words);
		free(part->failures);
		free(part);
	}
	if (!imports->first)
		imports->last = &imports->first;
	for (struct under_way *each = imports->under_way, *next; each; each = next) {
		next = each->next;
		if (each->import.finished)
			forget(imports, each);
	}
}

static void go_on(void *context)
{
	struct keeper *keeper = context;
	watch_stop(keeper->imports->again);
	keeper->imports->again = NULL;
}

static void expire(struct keeper *keeper)
{
	struct failure failure = { 0 };
	struct work work;
	nanoseconds now = time_monotonic();
	if (now - keeper->imports->expired < HOUR || work_begin(&work, "imports", &failure) != OK)
		return;
	keeper->imports->expired = now;
	if (store_begin(keeper->store, &failure) == OK &&
	    (store_import_expire(keeper->store, work.scope, keeper->center.now() - KEPT, &failure) != OK ||
		store_commit(keeper->store, &failure) != OK))
		store_rollback(keeper->store);
	work_end(&work);
}

static void take_parts(struct keeper *keeper)
{
	struct imports *imports = keeper->imports;
	struct failure failure = { 0 };
	struct work work;
	if (!imports->first || work_begin(&work, "imports", &failure) != OK)
		return;
	nanoseconds began = time_monotonic();
	struct part_of_import *end = imports->first->next;
	enum error error = store_begin(keeper->store, &failure);
	uint64_t before = 0, after = 0;
	for (const struct under_way *each = imports->under_way; each; each = each->next)
		before += each->import.good;
	if (error == OK)
		error = take_slice(keeper, &work, &end, &failure);
	if (error == OK)
		error = store_commit(keeper->store, &failure);
	for (const struct under_way *each = imports->under_way; each; each = each->next)
		after += each->import.good;
	if (error != OK && end && end->open) /* what was taken of it is rolled back, too */
		end = end->next;
	if (error == OK) {
		counter_add(imports->good, after > before ? after - before : 0);
	} else {
		store_rollback(keeper->store);
		log_write(LOG_ERROR, "items cannot be stored", LOG_FIELD_STRING("why", failure.words));
	}
	finish_slice(keeper, end, error,
	    error == ERROR_LIMIT ? "The centre's disk is full: try again later."
				 : "The centre cannot store items just now.");
	if (error != OK)
		abandon(imports, true);
	expire(keeper);
	work_end(&work);
	counter_observe(imports->seconds, (double)(time_monotonic() - began) / (double)SECOND);
	if (imports->first && !imports->again) /* others first, then the next slice */
		imports->again = loop_timer(keeper->process->loop, 0, 0, go_on, keeper);
}

void imports_receive(struct keeper *keeper, const struct message *message, bool remote)
{
	struct part_of_import *part = calloc(1, sizeof *part + message->body.size);
	if (!part)
		return; /* front gives up waiting and says 503 */
	part->correlation = message->correlation;
	part->generation = keeper->front_generation;
	part->remote = remote;
	part->size = message->body.size;
	if (part->size)
		memcpy(part->body, message->body.at, part->size);
	*keeper->imports->last = part;
	keeper->imports->last = &part->next;
}

/* What the front that is gone had begun. Its parts that came are taken all the same: they are whole. */
static void end_what_was_cut_off(struct keeper *keeper)
{
	struct failure failure = { 0 };
	for (unsigned i = 0; i < 2 * IMPORTS_MOST && keeper->imports->first; i++)
		take_parts(keeper);
	abandon(keeper->imports, false);
	keeper->imports->cut_off = false;
	if (imports_start(keeper, &failure) != OK)
		log_write(
		    LOG_ERROR, "imports that were cut off cannot be ended", LOG_FIELD_STRING("why", failure.words));
}

void imports_round(struct keeper *keeper)
{
	if (keeper->imports->cut_off)
		end_what_was_cut_off(keeper);
	take_parts(keeper);
}

/* Done at the end of the round: who notices that the front is gone may have a transaction open. */
void imports_forget(struct keeper *keeper)
{
	if (keeper->imports)
		keeper->imports->cut_off = true;
}
