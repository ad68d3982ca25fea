/*
 * Remotes from the command line. See remotes_make.h.
 */
#include "center/remotes_make.h"

#include "center/command_store.h"
#include "intel/remote_course.h"
#include "intel/remotes.h"
#include "intel/settings.h"
#include "store/items.h"
#include "store/remotes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ── showing ─ */

struct showing {
	struct command_store *place;
	bool json;
};

static void print_course(const struct remote *remote, enum remote_way way)
{
	const struct remote_course *course = &remote->course[way];
	char last[TIME_TEXT];
	if (!remote->does[way])
		return;
	printf("  %s: %s, %llu taken, %llu refused", remote_way_code(way),
	    course->last ? time_format(course->last, last) : "not yet", (unsigned long long)course->good,
	    (unsigned long long)course->bad);
	if (course->failures)
		printf("; failed %u times: %s", course->failures, course->words);
	putchar('\n');
}

static void print_remote(void *context, const struct remote *remote)
{
	const struct showing *showing = context;
	if (showing->json) {
		json_t *object = remote_describe(showing->place->store, showing->place->work.scope, remote);
		char *text = json_dumps(object, JSON_COMPACT);
		puts(text ? text : "{}");
		free(text);
		json_decref(object);
		return;
	}
	printf("%s: %s%s, %s%s%s\n", remote->name, remote->url, remote->active ? "" : " (paused)",
	    remote->kind == REMOTE_FEED ? "a feed" : "collection ", remote->there,
	    remote->does[REMOTE_POLL] || remote->does[REMOTE_PUSH] ? "" : "; neither polls nor pushes");
	for (unsigned way = 0; way < REMOTE_WAYS; way++)
		print_course(remote, (enum remote_way)way);
}

static void print_failure(void *context, const struct remote_failure *failed)
{
	const struct showing *showing = context;
	char when[TIME_TEXT];
	if (showing->json) {
		json_t *object = json_pack("{s:s,s:s,s:s%,s:s%,s:s%}", "way", remote_way_code(failed->way), "when",
		    time_format(failed->when, when), "object", failed->object.at, failed->object.size, "version",
		    failed->version.at, failed->version.size, "message", failed->message.at, failed->message.size);
		char *text = json_dumps(object, JSON_COMPACT);
		puts(text ? text : "{}");
		free(text);
		json_decref(object);
		return;
	}
	printf("  refused (%s, %s): %.*s: %.*s\n", remote_way_code(failed->way), time_format(failed->when, when),
	    (int)failed->object.size, failed->object.at, (int)failed->message.size, failed->message.at);
}

/* ── changing ─ */

static enum error copy(const char *option, const char *value, char *to, size_t size, struct failure *failure)
{
	if (value && !text_copy(text_of(value), to, size))
		return fail(failure, ERROR_USAGE, "%s: it is too long", option);
	return OK;
}

static enum error fill(
    struct command_store *place, const struct remotes_wish *wish, struct remote *remote, struct failure *failure)
{
	struct collection collection;
	struct organisation organisation;
	const struct {
		const char *option, *value;
		char *to;
		size_t size;
	} texts[] = { { "NAME", wish->name, remote->name, sizeof remote->name },
		{ "--url", wish->url, remote->url, sizeof remote->url },
		{ "--there", wish->there, remote->there, sizeof remote->there },
		{ "--user", wish->user, remote->user, sizeof remote->user },
		{ "--credential", wish->credential, remote->credential, sizeof remote->credential },
		{ "--authorities", wish->authorities, remote->authorities, sizeof remote->authorities } };
	enum error error = OK;
	for (size_t i = 0; i < sizeof texts / sizeof *texts && !error; i++)
		error = copy(texts[i].option, texts[i].value, texts[i].to, texts[i].size, failure);
	if (!error && wish->tlp && !tlp_parse(text_of(wish->tlp), &remote->tlp))
		return fail(failure, ERROR_USAGE, "--tlp: expected CLEAR, GREEN, AMBER, AMBER+STRICT or RED");
	if (!error && wish->every && !duration_parse(text_of(wish->every), &remote->every))
		return fail(failure, ERROR_USAGE, "--every: expected a time such as 5 min or 1 h");
	if (!error)
		error = store_collection_find(
		    place->store, place->work.scope, text_of(wish->collection), &collection, failure);
	if (error == ERROR_NOT_FOUND)
		return fail(failure, error, "there is no collection \"%s\"", wish->collection);
	if (!error)
		error = store_organisation_find(
		    place->store, place->work.scope, text_of(wish->organisation), &organisation, failure);
	if (error == ERROR_NOT_FOUND)
		return fail(failure, error, "there is no organisation \"%s\"", wish->organisation);
	if (error)
		return error;
	remote->collection = collection.number;
	remote->organisation = organisation.number;
	error = remote_check(remote, failure);
	struct text host = remote_host(remote);
	if (!error && !intel_remote_allowed(host))
		return fail(failure, ERROR_USAGE, "--url: the configuration does not name \"%.*s\" in intel.remotes",
		    (int)host.size, host.at);
	return error;
}

static enum error add(
    struct command_store *place, const struct remotes_wish *wish, struct remote *remote, struct failure *failure)
{
	*remote = remote_new(time_now());
	if (wish->kind && !remote_kind_parse(text_of(wish->kind), &remote->kind))
		return fail(failure, ERROR_USAGE, "--kind: expected taxii or feed");
	bool feed = remote->kind == REMOTE_FEED;
	if (!wish->url || (!wish->there && !feed) || !wish->collection || !wish->organisation)
		return fail(failure, ERROR_USAGE, "add needs --url, --collection, --organisation%s",
		    feed ? "" : " and --there (or --kind feed)");
	remote->does[REMOTE_POLL] = wish->poll || feed;
	remote->does[REMOTE_PUSH] = wish->push;
	enum error error = fill(place, wish, remote, failure);
	return error ? error : store_remote_put(place->store, place->work.scope, remote, failure);
}

static enum error change(struct command_store *place, const char *verb, const struct remotes_wish *wish,
    struct remote *remote, struct failure *failure)
{
	enum error error = store_remote_find(place->store, place->work.scope, text_of(wish->name), remote, failure);
	if (error == ERROR_NOT_FOUND)
		return fail(failure, error, "there is no remote \"%s\"", wish->name);
	if (error)
		return error;
	if (strcmp(verb, "remove") == 0)
		return store_remote_remove(place->store, place->work.scope, remote, failure);
	if (strcmp(verb, "run") != 0)
		remote->active = strcmp(verb, "resume") == 0;
	for (unsigned way = 0; way < REMOTE_WAYS && strcmp(verb, "pause") != 0; way++)
		remote->course[way].due = 0;
	return store_remote_put(place->store, place->work.scope, remote, failure);
}

/* The change and its line in the log are one transaction. */
static enum error in_transaction(
    struct command_store *place, const char *verb, const struct remotes_wish *wish, struct failure *failure)
{
	struct remote remote = { 0 };
	struct log_line line;
	char what[32], id[UUID_TEXT];
	enum error error = store_begin(place->store, failure);
	if (!error)
		error = strcmp(verb, "add") == 0 ? add(place, wish, &remote, failure)
						 : change(place, verb, wish, &remote, failure);
	snprintf(what, sizeof what, "remote-%s", verb);
	command_store_line(&line, what, uuid_format(remote.id, id), remote.organisation);
	if (!error)
		error = store_log_append(place->store, &line, failure);
	if (!error)
		error = store_commit(place->store, failure);
	if (error)
		store_rollback(place->store);
	return error;
}

/* ── both ─ */

static enum error run_verb(
    struct command_store *place, const char *verb, const struct remotes_wish *wish, struct failure *failure)
{
	struct showing showing = { place, wish->json };
	struct remote remote;
	if (strcmp(verb, "list") == 0)
		return store_remote_each(place->store, place->work.scope, print_remote, &showing, failure);
	if (strcmp(verb, "show") != 0)
		return in_transaction(place, verb, wish, failure);
	enum error error = store_remote_find(place->store, place->work.scope, text_of(wish->name), &remote, failure);
	if (error == ERROR_NOT_FOUND)
		return fail(failure, error, "there is no remote \"%s\"", wish->name);
	if (error)
		return error;
	print_remote(&showing, &remote);
	return store_remote_failure_each(
	    place->store, place->work.scope, remote.number, print_failure, &showing, failure);
}

enum error remotes_do(const char *verb, const struct remotes_wish *wish, struct failure *failure)
{
	struct command_store place;
	enum error error = command_store_open(wish->config, &place, failure);
	if (!error)
		error = run_verb(&place, verb, wish, failure);
	command_store_close(&place);
	return error;
}
