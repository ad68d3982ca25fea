/*
 * Items on their way into the store: parts of imports from the front, in the order in which they came.
 *
 *   MESSAGE_CALL of a push: its handler says who may, and makes the import ─► MESSAGE_PUSH parts ─► a queue
 *   each round of the loop: a slice of the queue, one transaction ─► MESSAGE_PUSHED for each part
 *
 * A slice is bounded by time, not by count: however large an import is, alerts and requests come in between. What is
 * answered is durable. When the front dies, or this process, what an import lacks has failed: its status says so.
 */
#include "base/file_journal.h"
#include "base/log.h"
#include "bus/channel.h"
#include "center/keeper.h"
#include "center/message.h"
#include "formats/stix.h"
#include "intel/loop.h"
#include "intel/values.h"
#include "model/item_code.h"
#include "store/items.h"

#include <stdlib.h>
#include <string.h>

#define SLICE (10 * MILLISECOND) /* of one round; at least one part */
#define KEPT (7 * DAY)           /* of an import that ended */
#define IMPORTS_MOST 256u        /* under way */

struct part_of_import {
	struct part_of_import *next;
	uint64_t correlation, generation;
	uint16_t status; /* 0 = not yet taken */
	bool finished;
	uint64_t total, good, bad;
	char *failures; /* JSON list */
	size_t size;
	char body[];
};

/* An import under way: what its row says, and what is not in it. */
struct under_way {
	struct under_way *next;
	struct import import;
	struct collection collection; /* number 0 = none */
	struct builder failures;      /* members of the list */
	unsigned failure_count;
	bool changed;
};

struct imports {
	struct part_of_import *first, **last;
	struct under_way *under_way;
	unsigned under_way_count;
	struct watch *again;
	bool cut_off;        /* the front that sent the parts is gone */
	nanoseconds expired; /* monotonic */
	struct counter *good, *bad, *seconds;
};

enum error imports_new(struct imports **to, struct counters *counters, struct failure *failure)
{
	struct imports *imports = calloc(1, sizeof *imports);
	if (!imports)
		return fail(failure, ERROR_MEMORY, "no memory for imports");
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

static struct under_way *under_way_of(
    struct keeper *keeper, const struct work *work, struct uuid id, struct failure *failure)
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
	enum error error = store_import_get(keeper->store, work->scope, id, work->arena, &made->import, failure);
	if (error == OK && made->import.finished)
		error = fail(failure, ERROR_NOT_FOUND, "there is no such import");
	if (error == OK && made->import.collection)
		error = store_collection_get(
		    keeper->store, work->scope, made->import.collection, &made->collection, failure);
	if (error != OK) {
		free(made);
		return NULL;
	}
	made->next = imports->under_way;
	imports->under_way = made;
	imports->under_way_count++;
	return made;
}

static void add_failure(struct under_way *import, struct text member)
{
	if (member.size == 0 || import->failure_count >= IMPORT_FAILURES)
		return;
	import->failure_count++;
	if (import->failures.size)
		build_char(&import->failures, ',');
	build_text(&import->failures, member);
}

static void item_failed(struct under_way *import, const struct item *item, const char *words)
{
	struct builder member = { 0 };
	char written[TIME_TEXT];
	import->import.bad++;
	build_text(&member, TEXT("{\"id\":"));
	build_json_string(&member, item->id);
	build_text(&member, TEXT(",\"version\":"));
	build_json_string(&member, item_time_text(&item->modified, written));
	build_text(&member, TEXT(",\"message\":"));
	build_json_string(&member, text_of(words));
	build_char(&member, '}');
	if (!member.failed)
		add_failure(import, (struct text){ member.at, member.size });
	builder_free(&member);
}

/* ── one item ─ */

/* Of objects without any time of their own (STIX cyber observables, whose ids come from their contents) there is one
 * version. */
static void complete(const struct under_way *import, struct item *item, nanoseconds now)
{
	item->organisation = import->import.organisation;
	item->account = import->import.account;
	item->received = now;
	if (item->modified.when == 0)
		item->modified = item->created;
	if (item->modified.when == 0)
		item->modified.when = 1;
	if (!item->tlp_marked)
		item->tlp = import->collection.number ? import->collection.tlp : TLP_AMBER;
}

static enum error enter(struct keeper *keeper, const struct work *work, struct under_way *import,
    const struct item *item, uint64_t number, struct arena *arena, struct failure *failure)
{
	struct builder rendering = { 0 };
	char written[TIME_TEXT];
	bool added;
	item_to_stix(item, &rendering);
	struct entry entry = { .item = number,
		.organisation = item->organisation,
		.id = item->id,
		.type = item->type,
		.version = { item->modified.when, item_time_text(&item->modified, written) },
		.spec = item->form == ITEM_STIX_20 ? 20 : 21,
		.rendering = { rendering.at, rendering.size } };
	enum error error = rendering.failed ? fail(failure, ERROR_MEMORY, "no memory for an item")
					    : store_entry_put(keeper->store, work->scope, &import->collection, &entry,
						  keeper->center.now(), &added, failure);
	builder_free(&rendering);
	return error || !added ? error
			       : loop_released(&keeper->center, item, import->collection.community,
				     import->collection.tlp, arena, failure);
}

static enum error take_item(struct keeper *keeper, const struct work *work, struct under_way *import, struct item *item,
    const struct item_values *values, struct arena *arena, struct failure *failure)
{
	uint64_t number;
	complete(import, item, keeper->center.now());
	if (item->form > ITEM_STIX_20) {
		item_failed(import, item, "it is no object of STIX");
		return OK;
	}
	if (import->collection.number && item->tlp > import->collection.tlp) {
		item_failed(import, item, "its TLP is stricter than the collection's");
		return OK;
	}
	enum error error = store_item_put(keeper->store, work->scope, item, values, &number, NULL, failure);
	if (error == OK && import->collection.number)
		error = enter(keeper, work, import, item, number, arena, failure);
	if (error == OK)
		import->import.good++;
	return error;
}

/* ── parts ─ */

static enum error take_items(
    struct keeper *keeper, struct under_way *import, struct reader *from, struct failure *failure)
{
	struct work work;
	uint32_t count = get_u32(from);
	enum error error = work_begin(&work, "imports", failure);
	struct arena *arena = error ? NULL : arena_new(256u << 20);
	if (error == OK && !arena)
		error = fail(failure, ERROR_MEMORY, "no memory for an import");
	for (uint32_t i = 0; i < count && error == OK && !from->failed; i++) {
		struct item item;
		struct text values[ITEM_VALUES];
		error = item_decode(from, arena, &item, failure);
		uint32_t value_count = get_u32(from);
		if (error == OK && value_count > ITEM_VALUES)
			error = fail(failure, ERROR_CORRUPT, "a part of an import does not hold what it says");
		for (uint32_t v = 0; v < value_count && error == OK; v++)
			values[v] = get_text(from);
		if (error == OK && from->failed)
			error = fail(failure, ERROR_CORRUPT, "a part of an import does not hold what it says");
		if (error == OK)
			error = take_item(
			    keeper, &work, import, &item, &(struct item_values){ values, value_count }, arena, failure);
		arena_clear(arena);
	}
	arena_free(arena);
	work_end(&work);
	if (error == OK && !reader_done(from))
		error = fail(failure, ERROR_CORRUPT, "a part of an import does not hold what it says");
	return error;
}

static enum error take_part(struct keeper *keeper, const struct work *work, struct part_of_import *part,
    struct under_way **of, struct failure *failure)
{
	struct reader from = reader_of(part->body, part->size);
	struct uuid id = get_uuid(&from);
	bool last = get_u8(&from) != 0;
	uint64_t total = get_u64(&from), bad = get_u64(&from);
	struct text failures = get_text(&from);
	struct under_way *import = from.failed ? NULL : under_way_of(keeper, work, id, failure);
	*of = import;
	if (!import)
		return from.failed ? fail(failure, ERROR_CORRUPT, "a part of an import cannot be read") : failure->code;
	uint64_t before = import->import.bad;
	import->changed = true;
	import->import.total = total;
	import->import.bad += bad;
	add_failure(import, failures);
	enum error error = take_items(keeper, import, &from, failure);
	if (error != OK)
		return error;
	counter_add(keeper->imports->bad, import->import.bad - before);
	if (last)
		import->import.finished = keeper->center.now();
	part->finished = last;
	part->total = total;
	part->good = import->import.good;
	part->bad = import->import.bad;
	return OK;
}

static enum error write_row(
    struct keeper *keeper, const struct work *work, struct under_way *import, char **list, struct failure *failure)
{
	struct builder failures = { 0 };
	build_char(&failures, '[');
	build_text(&failures, (struct text){ import->failures.at, import->failures.size });
	build_char(&failures, ']');
	if (failures.failed || import->failures.failed) {
		builder_free(&failures);
		return fail(failure, ERROR_MEMORY, "no memory for an import");
	}
	import->import.failures = (struct text){ failures.at, failures.size };
	enum error error = store_import_put(keeper->store, work->scope, &import->import, failure);
	import->import.failures = TEXT_NONE;
	*list = failures.at;
	return error;
}

/* As many parts as fit the slice. *end: behind the last one. */
static enum error take_slice(
    struct keeper *keeper, const struct work *work, struct part_of_import **end, struct failure *failure)
{
	nanoseconds began = time_monotonic();
	enum error error = OK;
	struct part_of_import *part = keeper->imports->first;
	for (; part && error == OK && (part == keeper->imports->first || time_monotonic() - began < SLICE);
	     part = part->next) {
		struct under_way *import;
		error = take_part(keeper, work, part, &import, failure);
		if (error == OK)
			error = write_row(keeper, work, import, &part->failures, failure);
		if (error == ERROR_NOT_FOUND) {
			part->status = 404;
			error = OK;
		}
	}
	*end = part;
	return error;
}

static void answer(struct keeper *keeper, const struct part_of_import *part, const char *words)
{
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

/* The rows say what is durable: what was counted since is not true. */
static void abandon(struct imports *imports)
{
	while (imports->under_way)
		forget(imports, imports->under_way);
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
		abandon(imports);
	expire(keeper);
	work_end(&work);
	counter_observe(imports->seconds, (double)(time_monotonic() - began) / (double)SECOND);
	if (imports->first && !imports->again) /* others first, then the next slice */
		imports->again = loop_timer(keeper->process->loop, 0, 0, go_on, keeper);
}

void imports_receive(struct keeper *keeper, const struct message *message)
{
	struct part_of_import *part = calloc(1, sizeof *part + message->body.size);
	if (!part)
		return; /* front gives up waiting and says 503 */
	part->correlation = message->correlation;
	part->generation = keeper->front_generation;
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
	for (unsigned i = 0; i < IMPORTS_MOST && keeper->imports->first; i++)
		take_parts(keeper);
	abandon(keeper->imports);
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
