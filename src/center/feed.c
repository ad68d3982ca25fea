/*
 * The feed of what is shared, keeper's side; see feed.h.
 */
#include "center/feed.h"

#include "base/codec.h"
#include "base/log.h"
#include "bus/channel.h"
#include "center/message.h"
#include "http/call.h"
#include "store/shared.h"

#include <stdio.h>
#include <string.h>

#define AT_ONCE 1000      /* changes of one round */
#define LINES_BYTES 32768 /* of one message */
#define PAGE 2000u        /* changes in front of a feed; with more the machine asks again */
#define PAGE_BYTES 800000 /* and their bytes */
#define PAGE_HOLDS (5 * SECOND)
#define EPOCH_ROOM 64
#define EPOCH_KEY "shared.epoch"

/* ── to the front ─ */

/* Lines of one community after the other are one message: encoded once, however many follow. */
struct telling {
	struct keeper *keeper;
	struct builder lines;
	uint32_t community;
	uint64_t last; /* number of the last line */
	bool full;
};

static void send_lines(struct telling *telling)
{
	struct builder body = { 0 };
	if (telling->lines.size == 0 || telling->full)
		return;
	put_u32(&body, telling->community);
	put_text(&body, (struct text){ telling->lines.at, telling->lines.size });
	telling->full =
	    body.failed || telling->lines.failed || channel_waiting(telling->keeper->front) > CHANNEL_LARGEST / 4 ||
	    channel_send(telling->keeper->front, MESSAGE_SHARED, 0, (struct text){ body.at, body.size }) != OK;
	if (!telling->full)
		telling->keeper->fed = telling->last;
	builder_free(&body);
	builder_clear(&telling->lines);
}

static void tell(void *context, const struct shared *row)
{
	struct telling *telling = context;
	if (telling->community != row->community || telling->lines.size > LINES_BYTES)
		send_lines(telling);
	telling->community = row->community;
	telling->last = row->number;
	shared_write_line(row, &telling->lines);
}

void feed_round(struct keeper *keeper)
{
	struct failure failure = { 0 };
	struct work work;
	uint64_t last;
	if (!keeper->front || !keeper->store || store_shared_last(keeper->store, &last, &failure) != OK)
		return;
	if (keeper->recheck && channel_send(keeper->front, MESSAGE_RECHECK, 0, TEXT_NONE) == OK)
		keeper->recheck = false;
	if (!keeper->fed_known || last <= keeper->fed) {
		keeper->fed = last; /* a machine asks for what was before */
		keeper->fed_known = true;
		return;
	}
	if (work_begin(&work, "feed", &failure) != OK)
		return;
	struct telling telling = { .keeper = keeper };
	if (store_shared_since(keeper->store, work.scope, keeper->fed, AT_ONCE, tell, &telling, &failure) != OK)
		log_write(LOG_ERROR, "what is shared cannot be read", LOG_FIELD_STRING("why", failure.words));
	send_lines(&telling);
	builder_free(&telling.lines);
	work_end(&work);
}

void feed_changed(struct keeper *keeper, enum action action)
{
	static const enum action concerning[] = { ACTION_COMMUNITY_WRITE, ACTION_MEMBERSHIP_WRITE,
		ACTION_ORGANISATION_WRITE, ACTION_SENSOR_WRITE };
	for (size_t i = 0; i < sizeof concerning / sizeof *concerning; i++)
		keeper->recheck |= action == concerning[i];
	keeper->center.spaces_changed |= action == ACTION_ORGANISATION_WRITE;
}

/* ── a machine comes ─ */

static enum error make_epoch(struct store *store, char epoch[static 17], struct failure *failure)
{
	uint8_t bytes[8];
	random_bytes(bytes, sizeof bytes);
	hex_format(bytes, sizeof bytes, epoch);
	return store_value_put(store, EPOCH_KEY, text_of(epoch), failure);
}

enum error feed_begin_anew(struct store *store, struct failure *failure)
{
	char epoch[17];
	return make_epoch(store, epoch, failure);
}

/* The store's own part of an epoch; made once, and again when a backup is restored. */
static enum error store_epoch(struct call *call, char epoch[static 17], struct failure *failure)
{
	struct text value;
	enum error error = store_value_get(call->store, EPOCH_KEY, call->arena, &value, failure);
	if (error == ERROR_NOT_FOUND)
		return make_epoch(call->store, epoch, failure);
	if (!error)
		text_copy(value, epoch, 17);
	return error;
}

/* Numbers mean something only within one store and one set of communities: with others the machine begins anew. */
static enum error epoch_of(struct call *call, char epoch[static 33], struct failure *failure)
{
	size_t count;
	char own[17];
	uint8_t digest[32];
	const uint32_t *communities = scope_communities(call->scope, &count);
	struct builder all = { 0 };
	enum error error = store_epoch(call, own, failure);
	if (error)
		return error;
	build_text(&all, text_of(own));
	for (size_t i = 0; i < count; i++)
		put_u32(&all, communities[i]);
	sha256(all.at, all.size, digest);
	builder_free(&all);
	hex_format(digest, 16, epoch);
	return OK;
}

/* What was withdrawn long ago is told to nobody any more, so whoever may have it begins anew: then the epoch says
 * behind which number that was ("…p4711"). Whoever began there, or has heard of all that went, goes on. */
static enum error go_on(struct call *call, char epoch[static EPOCH_ROOM], uint64_t *since, struct failure *failure)
{
	char own[33];
	uint64_t gone, begun = 0;
	struct text given = input_text(call, "epoch"), base = given;
	enum error error = epoch_of(call, own, failure);
	if (!error)
		error = store_shared_purged(call->store, call->scope, &gone, failure);
	if (error)
		return error;
	bool plain = text_equal(given, text_of(own));
	bool marked = !plain && text_equal(text_cut(&base, 'p'), text_of(own)) && text_to_u64(base, &begun);
	if ((plain || marked) && (*since >= gone || begun == gone) && text_copy(given, epoch, EPOCH_ROOM))
		return OK;
	*since = 0;
	if (gone)
		snprintf(epoch, EPOCH_ROOM, "%sp%llu", own, (unsigned long long)gone);
	else
		snprintf(epoch, EPOCH_ROOM, "%s", own);
	return OK;
}

struct page_made {
	struct builder lines;
	unsigned count;
	bool cut;
};

static void add_line(void *context, const struct shared *row)
{
	struct page_made *made = context;
	made->cut |= made->lines.size > PAGE_BYTES;
	if (made->cut)
		return;
	shared_write_line(row, &made->lines);
	made->count++;
}

/* ── pages that many ask for ─
 *
 * Who was away for long takes page after page; after a change of memberships all sensors of an organisation do, and
 * after a restore everybody. A full page is the same for all whose epoch is the same. What changed since it was made
 * has a greater number, and comes behind. */

static const struct feed_page *page_kept(struct keeper *keeper, const char *epoch, uint64_t since)
{
	for (size_t i = 0; i < FEED_PAGES; i++) {
		const struct feed_page *page = &keeper->pages[i];
		if (page->made && page->since == since && strcmp(page->epoch, epoch) == 0 &&
		    time_monotonic() - page->made < PAGE_HOLDS)
			return page;
	}
	return NULL;
}

static void page_keep(struct keeper *keeper, const char *epoch, uint64_t since, struct text lines)
{
	struct feed_page *page = &keeper->pages[0];
	for (size_t i = 1; i < FEED_PAGES; i++)
		if (keeper->pages[i].made < page->made)
			page = &keeper->pages[i];
	builder_clear(&page->lines);
	build_text(&page->lines, lines);
	text_copy(text_of(epoch), page->epoch, sizeof page->epoch);
	page->since = since;
	page->made = page->lines.failed ? 0 : time_monotonic();
}

void feed_end(struct keeper *keeper)
{
	for (size_t i = 0; i < FEED_PAGES; i++)
		builder_free(&keeper->pages[i].lines);
}

static enum error answer_kept(struct call *call, const struct feed_page *page, struct failure *failure)
{
	call->type = "application/x-ndjson";
	call->body = arena_text(call->arena, (struct text){ page->lines.at, page->lines.size });
	return call->body.at ? OK : fail(failure, ERROR_MEMORY, "no memory for what changed");
}

static enum error feed_open(struct call *call, struct failure *failure)
{
	struct page_made made = { 0 };
	char epoch[EPOCH_ROOM];
	uint64_t since = (uint64_t)input_integer(call, "since", 0);
	enum error error = go_on(call, epoch, &since, failure);
	if (error)
		return error;
	const struct feed_page *page = page_kept(call->center->keeper, epoch, since);
	if (page)
		return answer_kept(call, page, failure);
	build_format(&made.lines, "{\"epoch\":\"%s\",\"since\":%llu}\n", epoch, (unsigned long long)since);
	error = store_shared_since(call->store, call->scope, since, PAGE, add_line, &made, failure);
	struct text lines = arena_text(call->arena, (struct text){ made.lines.at, made.lines.size });
	bool more = made.cut || made.count == PAGE, failed = made.lines.failed || !lines.at;
	builder_free(&made.lines);
	if (!error && failed)
		error = fail(failure, ERROR_MEMORY, "no memory for what changed");
	if (error)
		return error;
	call->type = "application/x-ndjson";
	call->body = lines;
	if (more) { /* a page of its own; the machine asks for the next */
		page_keep(call->center->keeper, epoch, since, lines);
		return OK;
	}
	size_t count;
	const uint32_t *communities = scope_communities(call->scope, &count);
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_integer(communities[i]));
	json_object_set_new(call->output, "feed", list);
	return OK;
}

static const struct field feed_fields[] = {
	{ "epoch", FIELD_TEXT, IN_QUERY, false, 64, .summary = "Of the numbers that you have." },
	{ "since", FIELD_INTEGER, IN_QUERY, false, .least = 0, .most = INT64_MAX,
	    .summary = "The last number that you have." },
	{ NULL },
};

const struct route feed_routes[] = {
	{ ROUTE_EVENTS, "GET", "/v1/sensor/indicators", "shared-keep",
	    "What is shared with this sensor's organisation, and then every change of it, as lines of JSON.",
	    feed_fields, ACTION_SHARED_KEEP, .door = DOOR_EITHER, .limits = { .per_minute = 6000 },
	    .handle = feed_open },
	{ 0 },
};
