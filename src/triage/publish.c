/*
 * What triage says of events, on its way into the store: gathered, written in one transaction, then told to who looks
 * on.
 */
#include "triage/adapter.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static struct news *news_of(struct adapter *adapter, struct uuid id, uint32_t organisation)
{
	for (size_t i = adapter->news_count; i--;)
		if (uuid_equal(adapter->news[i].id, id))
			return &adapter->news[i];
	if (adapter->news_count == adapter->news_room) {
		void *more = array_grow(adapter->news, &adapter->news_room, 16, sizeof *adapter->news);
		if (!more)
			return NULL;
		adapter->news = more;
	}
	struct news *news = &adapter->news[adapter->news_count++];
	*news = (struct news){ .id = id, .organisation = organisation };
	return news;
}

static void provisional_heard(struct adapter *adapter, struct uuid id)
{
	for (size_t i = 0; i < adapter->provisional_count; i++)
		if (uuid_equal(adapter->provisional[i], id))
			adapter->provisional[i--] = adapter->provisional[--adapter->provisional_count];
}

void news_event(struct adapter *adapter, const struct event *event)
{
	struct news *news = news_of(adapter, event->id, event->organisation);
	if (!news)
		return;
	provisional_heard(adapter, event->id);
	builder_clear(&news->encoded);
	news->campaign = (struct uuid){ 0 };
	if (event->alerts)
		event_encode(event, &news->encoded);
}

void news_campaign(struct adapter *adapter, struct uuid event, uint32_t organisation, struct uuid campaign)
{
	struct news *news = news_of(adapter, event, organisation);
	if (news)
		news->campaign = campaign;
}

/* ── writing ─ */

static enum error put_event(
    struct adapter *adapter, const struct news *news, struct event *event, struct failure *failure)
{
	struct reader from = reader_of(news->encoded.at, news->encoded.size);
	enum error error = event_decode(&from, event, failure);
	if (error)
		return error;
	if (!uuid_is_nil(news->campaign))
		event->campaign = news->campaign;
	return store_event_put(adapter->center->store, adapter->scope, event, failure);
}

static enum error put_campaign(
    struct adapter *adapter, const struct news *news, struct event *event, struct failure *failure)
{
	struct arena *arena = arena_new(1 << 20);
	struct event_standing standing;
	if (!arena)
		return fail(failure, ERROR_MEMORY, "no memory for an event");
	enum error error =
	    store_event_get(adapter->center->store, adapter->scope, news->id, arena, event, &standing, failure);
	event->campaign = news->campaign;
	if (!error)
		error = store_event_put(adapter->center->store, adapter->scope, event, failure);
	arena_free(arena);
	return error == ERROR_NOT_FOUND ? OK : error;
}

static enum error put_news(
    struct adapter *adapter, const struct news *news, struct event *event, struct failure *failure)
{
	if (news->encoded.size)
		return put_event(adapter, news, event, failure);
	if (!uuid_is_nil(news->campaign))
		return put_campaign(adapter, news, event, failure);
	enum error error = store_event_remove(adapter->center->store, adapter->scope, news->id, failure);
	return error == ERROR_NOT_FOUND ? OK : error;
}

static void tell_changes(struct adapter *adapter)
{
	for (size_t i = 0; i < adapter->news_count; i++) {
		char id[UUID_TEXT];
		adapter->center->changed(
		    adapter->center, adapter->news[i].organisation, "event", uuid_format(adapter->news[i].id, id));
		builder_free(&adapter->news[i].encoded);
	}
	adapter->news_count = 0;
}

enum error news_publish(struct adapter *adapter, struct failure *failure)
{
	if (!adapter->news_count)
		return OK;
	struct event *event = malloc(sizeof *event);
	enum error error = event ? store_begin(adapter->center->store, failure)
				 : fail(failure, ERROR_MEMORY, "no memory for an event");
	if (error) {
		free(event);
		return error;
	}
	for (size_t i = 0; i < adapter->news_count && !error; i++)
		error = put_news(adapter, &adapter->news[i], event, failure);
	free(event);
	if (!error)
		error = store_commit(adapter->center->store, failure);
	if (error) {
		store_rollback(adapter->center->store);
		return error; /* the news stay and are tried again */
	}
	tell_changes(adapter);
	return OK;
}

/* ── provisional events that a crash left behind ─ */

static void note_provisional(void *context, const struct event *event, const struct event_standing *standing)
{
	struct adapter *adapter = context;
	(void)standing;
	if (!event->provisional)
		return;
	struct uuid *larger = realloc(adapter->provisional, (adapter->provisional_count + 1) * sizeof *larger);
	if (!larger)
		return;
	adapter->provisional = larger;
	adapter->provisional[adapter->provisional_count++] = event->id;
}

enum error provisional_note(struct adapter *adapter, struct failure *failure)
{
	struct event_query query = { .order = EVENT_BY_TIME };
	struct page page = { .limit = 500 };
	char after[sizeof page.next];
	enum error error;
	do {
		struct arena *arena = arena_new(64 << 20);
		if (!arena)
			return fail(failure, ERROR_MEMORY, "no memory for events");
		error = store_event_each(
		    adapter->center->store, adapter->scope, &query, &page, arena, note_provisional, adapter, failure);
		memcpy(after, page.next, sizeof after);
		page.after = text_of(after);
		arena_free(arena);
	} while (!error && *page.next);
	return error;
}

enum error provisional_forget(struct adapter *adapter, struct failure *failure)
{
	enum error error = store_begin(adapter->center->store, failure);
	if (error)
		return error;
	for (size_t i = 0; i < adapter->provisional_count && !error; i++) {
		error = store_event_remove(adapter->center->store, adapter->scope, adapter->provisional[i], failure);
		if (error == ERROR_NOT_FOUND)
			error = OK;
	}
	if (!error)
		error = store_commit(adapter->center->store, failure);
	if (error)
		store_rollback(adapter->center->store);
	else
		adapter->provisional_count = 0;
	return error;
}
