/*
 * Every route of the table inside one process (tests/lib/inside.h): who is let in at all, what a stranger is told, and
 * that a refused request leaves nothing behind but its line in the log.
 */
#include "inside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int begin(void **state)
{
	*state = inside_open(false);
	return 0;
}

static int end(void **state)
{
	inside_close(*state);
	return 0;
}

/* A path of the route with values that fit their types and name nothing. */
static void path_of(const struct route *route, char *to, size_t room)
{
	size_t used = 0;
	for (const char *at = route->path; *at && used + 40 < room; at++) {
		if (*at != '{') {
			to[used++] = *at;
			continue;
		}
		const struct field *field = route->fields;
		size_t size = strcspn(at + 1, "}");
		while (strlen(field->name) != size || strncmp(field->name, at + 1, size) != 0)
			field++;
		used += (size_t)snprintf(to + used, room - used, "%s",
		    field->type == FIELD_UUID ? "00000000-0000-4000-8000-000000000001" : "4000000");
		at += size + 1;
	}
	to[used] = 0;
}

static void each_route(struct inside *inside, const struct key *key,
    void (*check)(struct inside *, const struct route *, const struct reply *))
{
	for (size_t i = 0; inside->keeper.tables[i]; i++)
		for (const struct route *route = inside->keeper.tables[i]; route->name; route++) {
			char path[256];
			path_of(route, path, sizeof path);
			struct visit visit = { .key = key, .method = route->method, .target = text_of(path) };
			struct reply reply = inside_visit(inside, &visit);
			assert_ptr_equal(reply.route, route);
			check(inside, route, &reply);
			reply_free(&reply);
		}
}

static void check_stranger(struct inside *inside, const struct route *route, const struct reply *reply)
{
	if (route->stranger || route->kind == ROUTE_STREAM)
		return;
	uint16_t shown = route->kind == ROUTE_PAGE ? 303 : 401;
	if (reply->status != shown && reply->status != 400) /* 400: a body that is needed is missing */
		fail_msg("%s answers a stranger with %u", route->name, reply->status);
	assert_int_equal(inside_changed_tables(inside), 0);
}

/* A sensor with a certificate can do what one with a token can, and the door of machines leads nowhere else. */
static void test_what_sensors_may_do_is_what_stands_open_to_machines(void **state)
{
	struct inside *inside = *state;
	for (size_t i = 0; inside->keeper.tables[i]; i++)
		for (const struct route *route = inside->keeper.tables[i]; route->name; route++) {
			bool may = policy_reach(ROLE_SENSOR, route->action) != 0;
			bool health = strcmp(route->name, "health") == 0;
			if (may != (route->door != DOOR_PEOPLE) && !health)
				fail_msg("%s: .door does not fit what sensors may do", route->name);
		}
}

static void test_a_stranger_is_let_in_nowhere_but_where_the_table_says(void **state)
{
	each_route(*state, NULL, check_stranger);
}

static void check_unchanged(struct inside *inside, const struct route *route, const struct reply *reply)
{
	for (unsigned bit = 0; inside_table(bit); bit++)
		if (inside_changed_tables(inside) >> bit & 1 && reply->status >= 400 &&
		    strcmp(inside_table(bit), "log") != 0)
			fail_msg("%s was refused (%u), and changed %s", route->name, reply->status, inside_table(bit));
	assert_true(reply->status < 500);
}

static void test_what_is_refused_leaves_nothing_but_a_line_in_the_log(void **state)
{
	struct inside *inside = *state;
	for (enum role role = ROLE_ADMINISTRATOR; role <= ROLE_AUDITOR; role++) {
		struct organisation organisation = { .active = true, .title_en = "One" };
		struct account account = { .role = role, .title = "Somebody" };
		snprintf(organisation.name, sizeof organisation.name, "one-%d", role);
		snprintf(account.name, sizeof account.name, "somebody-%d", role);
		uint32_t number = inside_add_organisation(inside, &organisation);
		account.organisation = role == ROLE_MEMBER ? number : 0;
		struct key key = inside_add_account(inside, &account);
		each_route(inside, &key, check_unchanged);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_sensors_may_do_is_what_stands_open_to_machines, begin, end),
		cmocka_unit_test_setup_teardown(test_a_stranger_is_let_in_nowhere_but_where_the_table_says, begin, end),
		cmocka_unit_test_setup_teardown(test_what_is_refused_leaves_nothing_but_a_line_in_the_log, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
