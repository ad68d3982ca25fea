/*
 * What makes a request conditional, over every route that has it: Idempotency-Key (the same request again, another one
 * with its key) and the seals of cursors (changed, somebody else's, of another list or question). If-Match is tried by
 * test_knowledge.c on every change.
 */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int begin(void **state)
{
	*state = world_new(7, false);
	return 0;
}

static int end(void **state)
{
	world_free(*state);
	return 0;
}

/* The n-th person of a role that is not disabled. */
static const struct key *person(struct world *world, enum role role, unsigned n)
{
	for (unsigned i = 0; i < world->people_count; i++) {
		enum role now;
		unsigned place;
		if (world->people[i].role == role && world_stands(world, &world->people[i], &now, &place) && n-- == 0)
			return &world->people[i];
	}
	return NULL;
}

static struct reply post(
    struct world *world, const struct key *key, const char *target, const char *body, const char *idempotency_key)
{
	struct visit visit = { .key = key,
		.method = "POST",
		.target = text_of(target),
		.body = text_of(body),
		.idempotency_key = idempotency_key };
	return inside_visit(world->inside, &visit);
}

static struct reply get(struct world *world, const struct key *key, const char *format, ...)
{
	char target[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(target, sizeof target, format, arguments);
	va_end(arguments);
	struct visit visit = { .key = key, .method = "GET", .target = text_of(target) };
	return inside_visit(world->inside, &visit);
}

#define DELTA "{\"name\":\"delta\",\"title_en\":\"Delta\",\"quota\":3.5}"

static void test_the_same_request_again_is_answered_as_it_was(void **state)
{
	struct world *world = *state;
	const struct key *administrator = person(world, ROLE_ADMINISTRATOR, 0);
	struct reply first = post(world, administrator, "/v1/organisations", DELTA, "k1");
	struct reply again = post(world, administrator, "/v1/organisations",
	    "{\"quota\":3.5, \"title_en\":\"Delta\", \"name\":\"delta\"}", "k1");
	assert_int_equal(first.status, 201);
	assert_string_equal(first.wire.at, again.wire.at); /* with its Location and ETag */
	assert_int_equal(inside_changed_tables(world->inside), 0);
	reply_free(&first);
	reply_free(&again);
}

static void test_a_key_that_comes_with_another_request_is_refused_and_nothing_changes(void **state)
{
	struct world *world = *state;
	const struct key *administrator = person(world, ROLE_ADMINISTRATOR, 0),
			 *analyst = person(world, ROLE_ANALYST, 0);
	static const char decision[] = "{\"reason\":\"a reason\",\"signature\":\"s\"}";
	struct reply first = post(world, administrator, "/v1/organisations", DELTA, "k1");
	static const char *const others[] = { "{\"name\":\"epsilon\",\"title_en\":\"Delta\",\"quota\":3.5}",
		"{\"name\":\"delta\",\"title_en\":\"Delta\"}",
		"{\"name\":\"delta\",\"title_en\":\"Delta\",\"quota\":3}" };
	for (size_t i = 0; i < 3; i++) {
		struct reply other = post(world, administrator, "/v1/organisations", others[i], "k1");
		assert_int_equal(other.status, 422);
		for (unsigned bit = 0; inside_table(bit); bit++)
			assert_true(!(inside_changed_tables(world->inside) >> bit & 1) ||
				    strcmp(inside_table(bit), "log") == 0);
		reply_free(&other);
	}
	/* Keys are each account's own, and each route's. */
	struct reply route = post(world, administrator, "/v1/accounts", "{\"name\":\"z\",\"role\":\"auditor\"}", "k1");
	struct reply account = post(world, analyst, "/v1/decisions", decision, "k1");
	struct reply gone = post(world, administrator, "/v1/organisations", DELTA, "k2");
	assert_int_equal(route.status, 201);
	assert_int_equal(account.status, 201);
	assert_int_equal(gone.status, 409);
	reply_free(&first), reply_free(&route), reply_free(&account), reply_free(&gone);
}

static void test_a_request_with_a_secret_in_it_is_not_kept(void **state)
{
	struct world *world = *state;
	const struct key *administrator = person(world, ROLE_ADMINISTRATOR, 0);
	static const char body[] = "{\"name\":\"eta\",\"role\":\"auditor\",\"new_password\":\"a long enough secret\"}";
	struct reply first = post(world, administrator, "/v1/accounts", body, "k1");
	struct reply again = post(world, administrator, "/v1/accounts", body, "k1");
	assert_int_equal(first.status, 201);
	assert_int_equal(again.status, 409); /* it is there already: nothing was kept to answer from */
	reply_free(&first);
	reply_free(&again);
}

/* A cursor of the list at `path`, asked with a limit of 1; false when it has no second page. */
static bool cursor_of(struct world *world, const struct key *key, const char *path, char to[static 256])
{
	struct reply reply = get(world, key, "%s?limit=1", path);
	const char *next = json_string_value(json_object_get(reply.output, "next"));
	bool more = next && *next;
	if (more)
		snprintf(to, 256, "%s", next);
	reply_free(&reply);
	return more;
}

static void refused(struct world *world, const struct key *key, const char *target)
{
	struct reply reply = get(world, key, "%s", target);
	if (reply.status != 400)
		fail_msg("%s is answered %u: %s", target, reply.status, reply.wire.at);
	reply_free(&reply);
}

static unsigned try_list(struct world *world, const struct route *route)
{
	const struct key *mine = NULL, *other = NULL;
	char cursor[256], target[1024];
	for (enum role role = ROLE_ADMINISTRATOR; role < ROLE_SENSOR && !mine; role++) {
		mine = person(world, role, 0);
		if (!mine || policy_reach(role, route->action) != 2 || !cursor_of(world, mine, route->path, cursor))
			mine = NULL;
		else
			other = person(world, role, 1);
	}
	if (!mine)
		return 0;
	struct reply goes_on = get(world, mine, "%s?limit=2&after=%s", route->path, cursor);
	assert_int_equal(goes_on.status, 200);
	reply_free(&goes_on);
	for (size_t i = 0; cursor[i]; i++) {
		char before = cursor[i];
		cursor[i] = before == '0' ? '1' : '0';
		snprintf(target, sizeof target, "%s?limit=1&after=%s", route->path, cursor);
		refused(world, mine, target);
		cursor[i] = before;
	}
	snprintf(target, sizeof target, "%s?limit=1&after=%s", route->path, cursor);
	if (other)
		refused(world, other, target);
	target[strlen(target) - 1] = 0; /* cut, and lengthened */
	refused(world, mine, target);
	snprintf(target, sizeof target, "%s?limit=1&after=%s00", route->path, cursor);
	refused(world, mine, target);
	return 1;
}

static void test_a_cursor_is_only_good_for_whom_and_what_it_was_given(void **state)
{
	struct world *world = *state;
	const struct route *const *tables = world->inside->keeper.tables;
	unsigned tried = 0;
	for (size_t i = 0; tables[i]; i++)
		for (const struct route *route = tables[i]; route->name; route++)
			for (const struct field *field = route->fields; field && field->name; field++)
				if (field->type == FIELD_CURSOR && !strchr(route->path, '{'))
					tried += try_list(world, route);
	assert_true(tried >= 14); /* seven lists, as JSON and as pages */
	const struct key *analyst = person(world, ROLE_ANALYST, 0);
	char cursor[256], target[512];
	assert_true(cursor_of(world, analyst, "/v1/events", cursor));
	static const char *const others[] = { "/v1/events?order=time&after=%s", "/v1/events?state=open&after=%s",
		"/v1/alerts?after=%s", "/v1/notices?after=%s", "/queue?after=%s" };
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		struct builder built = { 0 };
		struct text format = text_of(others[i]), head = text_cut(&format, '%');
		build_text(&built, head);
		build_text(&built, text_of(cursor));
		text_copy((struct text){ built.at, built.size }, target, sizeof target);
		refused(world, analyst, target);
		builder_free(&built);
	}
}

static void test_a_version_in_the_body_does_not_outweigh_if_match(void **state)
{
	struct world *world = *state;
	const struct key *analyst = person(world, ROLE_ANALYST, 0);
	char target[128], id[UUID_TEXT];
	for (size_t i = 0; i < 2; i++) { /* a campaign of nobody's answers 404 */
		snprintf(target, sizeof target, "/v1/campaigns/%s/analysis", uuid_format(world->campaigns[i], id));
		struct reply now = get(world, analyst, "/v1/campaigns/%s", id);
		struct visit visit = { .key = analyst,
			.method = "POST",
			.target = text_of(target),
			.body = TEXT("{\"text\":\"x\",\"seen\":1}"),
			.version = 9 };
		struct reply reply = inside_visit(world->inside, &visit);
		assert_int_equal(reply.status, now.status == 200 ? 412 : 404);
		reply_free(&now), reply_free(&reply);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_the_same_request_again_is_answered_as_it_was),
		TEST(test_a_key_that_comes_with_another_request_is_refused_and_nothing_changes),
		TEST(test_a_request_with_a_secret_in_it_is_not_kept),
		TEST(test_a_version_in_the_body_does_not_outweigh_if_match),
		TEST(test_a_cursor_is_only_good_for_whom_and_what_it_was_given),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
