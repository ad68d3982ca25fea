/*
 * A store and a history in a folder of their own, and requests to triage's routes as the keeper runs them: scope by the
 * policy, a transaction for a change. Shared by the tests of routes, campaigns and statistics.
 */
#ifndef NOROSHI_TESTS_TRIAGE_CALLER_H
#define NOROSHI_TESTS_TRIAGE_CALLER_H

#include "model/capability.h"
#include "triage/routes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct place {
	char folder[64];
	struct store *store;
	struct history *history;
	struct arena *arena;
	const struct scope *work;
	struct center center;
	struct failure failure;
};

static inline void fine(struct place *place, enum error error)
{
	if (error)
		fail_msg("%s: %s", error_name(error), place->failure.words);
}

static inline void place_open(struct place *place)
{
	char path[128];
	strcpy(place->folder, "/tmp/noroshi-test-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	place->arena = arena_new(0);
	place->work = policy_background("test", place->arena);
	snprintf(path, sizeof path, "sqlite:%s/state.db", place->folder);
	fine(place, store_open(path, &place->store, &place->failure));
	snprintf(path, sizeof path, "%s/history", place->folder);
	fine(place, history_open(path, &place->history, NULL, &place->failure));
}

static inline int place_close(struct place *place)
{
	char command[128];
	store_close(place->store);
	history_close(place->history);
	arena_free(place->arena);
	snprintf(command, sizeof command, "rm -rf '%s'", place->folder);
	return system(command);
}

static inline uint32_t add_organisation(struct place *place, const char *name, const char *title, const char *sector)
{
	struct organisation organisation = { .active = true };
	snprintf(organisation.name, sizeof organisation.name, "%s", name);
	snprintf(organisation.title_en, sizeof organisation.title_en, "%s", title);
	snprintf(organisation.sector, sizeof organisation.sector, "%s", sector);
	fine(place, store_organisation_put(place->store, place->work, &organisation, &place->failure));
	return organisation.number;
}

struct answer {
	enum error error; /* ERROR_DENIED also when the policy gives no scope */
	const struct route *route;
	uint16_t status;
	uint64_t version;
	char location[256];
	json_t *output;
	struct text csv;
};

/* `organisation`: of a member, else 0. `input` is taken over; the caller frees the output. */
static inline struct answer ask(
    struct place *place, enum role role, uint32_t organisation, const char *name, json_t *input, uint64_t version)
{
	const struct route *route = triage_routes;
	struct policy_snapshot snapshot;
	struct subject subject = {
		.account = { { 9, (uint8_t)role } }, .role = role, .organisation = organisation, .name = "tester"
	};
	while (route->name && strcmp(route->name, name) != 0)
		route++;
	assert_non_null(route->name);
	fine(place, store_snapshot(place->store, time_now(), place->arena, &snapshot, &place->failure));
	struct call call = { .route = route,
		.subject = &subject,
		.scope = policy_scope(&snapshot, &subject, route->action, place->arena),
		.input = input,
		.output = json_object(),
		.status = 200,
		.version = version,
		.language = TEXT("en"),
		.arena = place->arena,
		.center = &place->center,
		.store = place->store,
		.history = place->history,
		.now = time_now() };
	struct answer answer = { .error = ERROR_DENIED, .route = route, .output = call.output };
	if (call.scope) {
		if (route->changes)
			fine(place, store_begin(place->store, &place->failure));
		answer.error = route->handle(&call, &place->failure);
		if (route->changes && answer.error)
			store_rollback(place->store);
		else if (route->changes)
			fine(place, store_commit(place->store, &place->failure));
	}
	answer.status = call.status;
	answer.version = call.version;
	memcpy(answer.location, call.location, sizeof answer.location);
	answer.csv = call.type ? call.body : TEXT_NONE;
	json_decref(input);
	return answer;
}

#endif
