/*
 * A state store in a folder of its own under /tmp, organisations and scopes in it: shared by the tests of the store.
 */
#ifndef NOROSHI_TESTS_STORE_PLACE_H
#define NOROSHI_TESTS_STORE_PLACE_H

#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct place {
	char folder[64], file[96], location[112];
	struct store *store;
	struct arena *arena;
	const struct scope *work;
	struct failure failure;
};

static inline void reopen(struct place *place)
{
	store_close(place->store);
	place->store = NULL;
	if (store_open(place->location, &place->store, &place->failure))
		fail_msg("%s", place->failure.words);
}

static inline int begin(void **state)
{
	struct place *place = calloc(1, sizeof *place);
	strcpy(place->folder, "/tmp/noroshi-test-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	snprintf(place->file, sizeof place->file, "%s/state.db", place->folder);
	snprintf(place->location, sizeof place->location, "sqlite:%s", place->file);
	place->arena = arena_new(0);
	place->work = policy_background("test", place->arena);
	reopen(place);
	*state = place;
	return 0;
}

static inline int end(void **state)
{
	struct place *place = *state;
	char command[128];
	store_close(place->store);
	arena_free(place->arena);
	snprintf(command, sizeof command, "rm -rf '%s'", place->folder);
	int code = system(command);
	free(place);
	return code;
}

static inline void done(struct place *place, enum error error)
{
	if (error)
		fail_msg("%s: %s", error_name(error), place->failure.words);
}

static inline uint32_t add_organisation(struct place *place, const char *name)
{
	struct organisation organisation = { .active = true };
	snprintf(organisation.name, sizeof organisation.name, "%s", name);
	snprintf(organisation.title_en, sizeof organisation.title_en, "Title of %s", name);
	done(place, store_begin(place->store, &place->failure));
	done(place, store_organisation_put(place->store, place->work, &organisation, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	return organisation.number;
}

static inline const struct scope *scope_of(
    struct place *place, enum role role, uint32_t organisation, enum action action)
{
	struct policy_snapshot snapshot;
	struct subject subject = { .account = { { 5, (uint8_t)role } }, .role = role, .organisation = organisation };
	snprintf(subject.name, sizeof subject.name, "test-%s", role_code(role));
	done(place, store_snapshot(place->store, time_now(), place->arena, &snapshot, &place->failure));
	return policy_scope(&snapshot, &subject, action, place->arena);
}

#endif
