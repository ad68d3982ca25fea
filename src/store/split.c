/*
 * Splits: hosts that a person took out of an event into one of their own. Kept as an instruction (event, host → new
 * event) that is applied to each later put of the event, since triage goes on seeing one.
 *
 * What an event says of its hosts is exact for the listed ones, so the parts' alerts are the sums over their hosts.
 * Signatures, sources, accounts, detectors, times and reasons are not known by host: the parts share them as they are.
 */
#include "store/event.h"

#include <string.h>

struct splits {
	size_t count;
	struct {
		char host[sizeof((struct event_name *)0)->name];
		struct uuid new_event;
	} rows[4 * EVENT_NAMES];
};

static enum error read_splits(
    struct store *store, const struct scope *scope, struct uuid id, struct splits *splits, struct failure *failure)
{
	struct query query;
	splits->count = 0;
	enum error error = query_read(store, scope, NOUN_EVENT,
	    "SELECT host, new_event FROM (SELECT s.*, e.organisation FROM event_split s JOIN event e ON e.id = s.event)"
	    " WHERE {scope} AND event = :event LIMIT :limit",
	    &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":event", &id);
	bind_integer(&query, ":limit", 4 * EVENT_NAMES);
	while (splits->count < 4 * EVENT_NAMES && (error = query_step(&query)) == OK) {
		column_string(&query, 0, splits->rows[splits->count].host, sizeof splits->rows[0].host);
		splits->rows[splits->count++].new_event = column_uuid(&query, 1);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

/* Where a host's alerts go: the new event, or nil when they stay. */
static struct uuid destination(const struct splits *splits, const char *host)
{
	for (size_t i = 0; i < splits->count; i++)
		if (strcmp(splits->rows[i].host, host) == 0)
			return splits->rows[i].new_event;
	return (struct uuid){ 0 };
}

/* The part of `whole` that goes to `id` (nil = what stays). */
static void make_part(const struct event *whole, const struct splits *splits, struct uuid id, struct event *part)
{
	bool stays = uuid_is_nil(id);
	uint64_t taken = 0, others = 0;
	uint32_t gone = 0;
	*part = *whole;
	part->host_count = 0;
	for (uint32_t i = 0; i < whole->host_count; i++) {
		if (uuid_equal(destination(splits, whole->hosts[i].name), id)) {
			part->hosts[part->host_count++] = whole->hosts[i];
			taken += whole->hosts[i].alerts;
		} else {
			others += whole->hosts[i].alerts;
			gone++;
		}
	}
	memset(&part->hosts[part->host_count], 0, (EVENT_NAMES - part->host_count) * sizeof part->hosts[0]);
	if (stays) {
		part->alerts = whole->alerts > others ? whole->alerts - others : taken;
		part->hosts_all = whole->hosts_all > gone ? whole->hosts_all - gone : part->host_count;
		if (part->context > part->alerts)
			part->context = part->alerts;
	} else {
		part->id = id;
		part->alerts = taken;
		part->hosts_all = part->host_count;
		part->context = 0; /* which alerts are context is not known by host */
	}
}

static enum error write_parts(struct store *store, const struct scope *scope, const struct event *whole,
    const struct splits *splits, struct event *part, struct failure *failure)
{
	static const struct uuid nothing;
	make_part(whole, splits, nothing, part);
	enum error error = event_write(store, scope, part, &nothing, failure);
	for (size_t i = 0; i < splits->count && !error; i++) {
		bool again = false;
		for (size_t j = 0; j < i; j++)
			again |= uuid_equal(splits->rows[j].new_event, splits->rows[i].new_event);
		if (again)
			continue;
		make_part(whole, splits, splits->rows[i].new_event, part);
		if (part->host_count) /* else the host is not listed any more: the part keeps what it last was */
			error = event_write(store, scope, part, &whole->id, failure);
	}
	return error;
}

enum error event_put_split(
    struct store *store, const struct scope *scope, const struct event *event, bool *is_split, struct failure *failure)
{
	struct splits splits;
	*is_split = false;
	enum error error = read_splits(store, scope, event->id, &splits, failure);
	if (error || splits.count == 0)
		return error;
	struct arena *arena = arena_new(0);
	struct event *part = arena ? arena_take(arena, sizeof *part) : NULL;
	error = part ? write_parts(store, scope, event, &splits, part, failure)
		     : fail(failure, ERROR_MEMORY, "event: no memory");
	arena_free(arena);
	*is_split = true;
	return error;
}

static bool lists_host(const struct event *event, struct text host)
{
	for (uint32_t i = 0; i < event->host_count; i++)
		if (text_equal(text_of(event->hosts[i].name), host))
			return true;
	return false;
}

static enum error check_hosts(const struct event *event, const struct event_standing *standing,
    const struct text *hosts, size_t count, struct failure *failure)
{
	if (standing->state == EVENT_MERGED)
		return fail(failure, ERROR_CONFLICT, "the event is part of another one: reopen it first");
	if (!uuid_is_nil(standing->split_from))
		return fail(failure, ERROR_CONFLICT, "the event was itself split off: split the one that it came from");
	if (count == 0)
		return fail(failure, ERROR_INPUT, "hosts: name at least one");
	for (size_t i = 0; i < count; i++) {
		if (!lists_host(event, hosts[i]))
			return fail(failure, ERROR_INPUT, "hosts: %.*s is not among those listed for the event",
			    (int)hosts[i].size, hosts[i].at);
		for (size_t j = 0; j < i; j++)
			if (text_equal(hosts[i], hosts[j]))
				return fail(failure, ERROR_INPUT, "hosts: %.*s is named twice", (int)hosts[i].size,
				    hosts[i].at);
	}
	if (count >= event->host_count && event->hosts_all <= event->host_count)
		return fail(failure, ERROR_INPUT, "hosts: one at least has to stay");
	return OK;
}

static enum error add_split(struct store *store, const struct scope *scope, const struct event *event, struct text host,
    const struct uuid *new_event, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_EVENT, event->organisation,
	    "INSERT INTO event_split (event, host, new_event) VALUES (:event, :host, :new_event)", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":event", &event->id);
	bind_text(&query, ":host", host);
	bind_uuid(&query, ":new_event", new_event);
	return query_run(&query, NULL);
}

static enum error apply(struct store *store, const struct scope *scope, const struct event *event,
    const struct text *hosts, size_t count, struct text reason, nanoseconds now, struct uuid *new_event,
    struct failure *failure)
{
	/* The id derives from the event and its hosts, so that a repeated request makes the same one. */
	struct builder name = { 0 };
	for (size_t i = 0; i < count; i++)
		put_text(&name, hosts[i]);
	*new_event = uuid_derived(event->id, name.at, name.size);
	enum error error = name.failed ? fail(failure, ERROR_MEMORY, "event: no memory") : OK;
	builder_free(&name);
	for (size_t i = 0; i < count && !error; i++)
		error = add_split(store, scope, event, hosts[i], new_event, failure);
	bool is_split = false;
	if (!error)
		error = event_put_split(store, scope, event, &is_split, failure);
	if (!error)
		error = event_step(store, scope, event->id, event->organisation, "split", reason, now, failure);
	if (!error)
		error = event_step(store, scope, *new_event, event->organisation, "split-off", reason, now, failure);
	struct query query;
	if (!error)
		error = query_write(store, scope, NOUN_EVENT, event->organisation,
		    "UPDATE event SET version = version + 1 WHERE id = :id", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &event->id);
	return query_run(&query, NULL);
}

enum error store_event_split(struct store *store, const struct scope *scope, struct uuid id, const struct text *hosts,
    size_t host_count, struct text reason, uint64_t version, nanoseconds now, struct uuid *new_event,
    struct failure *failure)
{
	struct arena *arena = arena_new(0);
	struct event *event = NULL;
	struct event_standing standing;
	enum error error = event_read_version(store, scope, id, version, arena, &event, &standing, failure);
	if (!error && text_trim(reason).size == 0)
		error = fail(failure, ERROR_INPUT, "reason: it is needed to split an event");
	if (!error)
		error = check_hosts(event, &standing, hosts, host_count, failure);
	if (!error)
		error = apply(store, scope, event, hosts, host_count, reason, now, new_event, failure);
	arena_free(arena);
	return error;
}

enum error store_event_part(struct store *store, const struct scope *scope, struct uuid id, struct uuid *origin,
    void (*each)(void *, const char *host, bool stays), void *context, struct failure *failure)
{
	struct query query;
	*origin = id;
	/* Of the event that was split, or of the part: each host with whether it is found under `id`. */
	enum error error = query_read(store, scope, NOUN_EVENT,
	    "SELECT event, host, new_event = :id FROM (SELECT s.*, e.organisation FROM event_split s JOIN event e ON "
	    "e.id = s.event)"
	    " WHERE {scope} AND (event = :id OR new_event = :id)",
	    &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &id);
	while ((error = query_step(&query)) == OK) {
		char host[sizeof((struct event_name *)0)->name];
		*origin = column_uuid(&query, 0);
		column_string(&query, 1, host, sizeof host);
		each(context, host, column_integer(&query, 2) != 0);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}
