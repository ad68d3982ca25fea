/*
 * Who may know what, over random worlds and every route of the table. For each random request:
 *
 *   - no answer holds a mark or an id of what its reader may not know: JSON, CSV, pages, headers, words of errors
 *   - a request about another's thing is answered as one about a thing that does not exist, byte for byte
 *   - what happens at other organisations changes nothing in what a member is answered: no count, order or cursor tells
 *   - what is refused leaves nothing behind but a line in the log; what only reads, too
 *
 * 25,000 requests; 1,000,000 with NOROSHI_LONG=1. NOROSHI_SEED repeats a run; a failed request is printed whole.
 */
#include "knowledge.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OF_ONE_WORLD 500

static unsigned met[4], done_by[ROLE_COUNT], twins, stirred; /* what was tried, so that nothing passes untried */
static uint64_t ran[512]; /* routes that succeeded, by place among those that are no streams */

static void wrong(const struct trial *trial, const struct reply *reply, const struct reply *other, const char *words)
{
	fprintf(stderr, "# world %llu, request %u: %s\n", (unsigned long long)trial->seed, trial->number, words);
	random_visit_print(trial->world, &trial->random);
	fprintf(stderr, "# answer:\n%s\n", reply->wire.at);
	if (other)
		fprintf(stderr, "# the other answer:\n%s\n", other->wire.at);
	fail_msg("%s", words);
}

/* ── what the reader may not know ─ */

/* What the client itself sent is no news to it. */
static bool was_sent(const struct trial *trial, const char *at, size_t size)
{
	char part[UUID_TEXT + 1];
	snprintf(part, sizeof part, "%.*s", (int)size, at);
	return strstr(trial->random.target, part) || strstr(trial->random.body, part);
}

static void check_marks(const struct trial *trial, const struct reply *reply)
{
	for (const char *at = reply->wire.at; (at = strstr(at, "zq")); at += 2) {
		if (!islower((unsigned char)at[2]) || strspn(at + 3, "0123456789") < 3 || strncmp(at + 6, "qz", 2) != 0)
			continue;
		unsigned owner = (unsigned)(at[3] - '0') * 100 + (unsigned)(at[4] - '0') * 10 + (unsigned)(at[5] - '0');
		met[0]++;
		if (!may_know(trial, (enum mark)at[2], owner) && !was_sent(trial, at, 8)) {
			char words[80];
			snprintf(words, sizeof words, "the answer tells of %.8s", at);
			wrong(trial, reply, NULL, words);
		}
	}
}

static void check_ids(const struct trial *trial, const struct reply *reply)
{
	if (trial->asker.role == ROLE_AUDITOR) /* the log names every thing by its id */
		return;
	for (const char *at = reply->wire.at; (at = strchr(at, '-')); at++) {
		struct uuid id;
		if (at - reply->wire.at < 8 || strnlen(at, 28) < 28 ||
		    !uuid_parse((struct text){ at - 8, UUID_TEXT - 1 }, &id))
			continue;
		const struct owned *owned = world_owner(trial->world, id);
		met[1] += owned != NULL;
		/* An account's id stands where the person's name does: beside what was done. */
		enum mark kind = owned && owned->kind == MARK_ACCOUNT ? MARK_TITLE : owned ? owned->kind : 0;
		if (owned && !may_know(trial, kind, owned->owner) && !was_sent(trial, at - 8, UUID_TEXT - 1))
			wrong(trial, reply, NULL, "the answer holds an id of another's thing");
	}
}

static bool has_value(const struct random_visit *random, long long number)
{
	char text[24];
	snprintf(text, sizeof text, "%lld", number);
	for (unsigned i = 0; i < random->count; i++)
		if (strcmp(random->values[i].text, text) == 0)
			return true;
	return false;
}

/* Numbers of organisations in a member's answers are its own, or those that it asked about. */
static void check_numbers(const struct trial *trial, const struct reply *reply, const json_t *value)
{
	const char *name;
	json_t *member;
	size_t index;
	json_object_foreach((json_t *)value, name, member)
	{
		if (strcmp(name, "organisation") == 0 && json_is_integer(member) &&
		    json_integer_value(member) != trial->world->numbers[trial->asker.place] &&
		    !has_value(&trial->random, json_integer_value(member)))
			wrong(trial, reply, NULL, "the answer names another organisation's number");
		check_numbers(trial, reply, member);
	}
	json_array_foreach(value, index, member) check_numbers(trial, reply, member);
}

/* ── the form of every answer ─ */

static void check_problem(const struct trial *trial, const struct reply *reply)
{
	const char *body = strstr(reply->wire.at, "\n\n");
	if (!strstr(reply->wire.at, "application/problem+json"))
		return;
	json_t *problem = json_loads(body, 0, NULL);
	if (!json_is_string(json_object_get(problem, "title")) ||
	    json_integer_value(json_object_get(problem, "status")) != reply->status)
		wrong(trial, reply, NULL, "the error is no problem of RFC 9457");
	json_decref(problem);
}

/* Whoever reads a message that was sent to its organisation, or opens the link of its mail, is noted to have done so.
 */
static bool is_note(const struct trial *trial, const struct reply *reply, const char *table)
{
	static const char *const routes[] = { "publication-read", "publication-read-page", "dispatch-link-page" };
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
		if (strcmp(trial->random.route->name, routes[i]) == 0)
			return reply->status < 400 && strcmp(table, "recipient") == 0;
	return false;
}

static void check_form(const struct trial *trial, const struct reply *reply)
{
	if (reply->status >= 500 || reply->status < 200)
		wrong(trial, reply, NULL, "the answer has a status that no request may bring about");
	if (reply->status >= 400)
		check_problem(trial, reply);
	bool reads = strcmp(trial->random.visit.method, "GET") == 0;
	if (trial->random.visit.version == VISIT_NO_VERSION && reply->status < 400 && !reads)
		wrong(trial, reply, NULL, "a change was made over a version that never was");
	for (unsigned bit = 0; inside_table(bit); bit++)
		if (inside_changed_tables(trial->world->inside) >> bit & 1 && (reply->status >= 400 || reads) &&
		    strcmp(inside_table(bit), "log") != 0 && !is_note(trial, reply, inside_table(bit)))
			wrong(trial, reply, NULL, "a request that was refused, or only reads, changed something");
}

/* ── a thing of another's is one that does not exist ─ */

static void make_absent(struct value *value, unsigned dice)
{
	if (value->field->type == FIELD_UUID)
		snprintf(value->text, sizeof value->text, "fefefefe-fefe-4efe-8efe-%012x", dice);
	else if (uuid_of_item(value->text))
		snprintf(value->text, sizeof value->text, "indicator--fefefefe-fefe-4efe-8efe-%012x", dice);
	else if (value->field->type == FIELD_INTEGER)
		snprintf(value->text, sizeof value->text, "%u", 4000000000u + dice % 1000);
	else
		snprintf(value->text, sizeof value->text, "%u0000000000%05u", 1 + dice % 9, dice % 100000);
}

/* How many hexadecimal digits a cursor at the beginning of the text has before its seal; 0: it is none. The seal is
 * made of the question, and so of what the client sent. */
static size_t before_seal(struct text text)
{
	size_t size = 0;
	while (size < text.size && isxdigit((unsigned char)text.at[size]))
		size++;
	return size >= 24 + 32 ? size - 32 : 0;
}

/* The answer without what the client itself sent. */
static char *without(const struct reply *reply, const struct random_visit *random, const struct value *value)
{
	struct builder to = { 0 };
	struct text path = text_of(random->target), sent = text_cut(&path, '?'), id = text_of(value->text);
	for (struct text rest = { reply->wire.at, reply->wire.size }; rest.size;) {
		bool is_path = sent.size > 8 && text_starts(rest, sent), is_id = id.size > 12 && text_starts(rest, id);
		size_t cursor = before_seal(rest);
		if (cursor) {
			build_text(&to, (struct text){ rest.at, cursor });
			rest = (struct text){ rest.at + cursor + 32, rest.size - cursor - 32 };
			continue;
		}
		build_char(&to, is_path ? 'P' : is_id ? 'I' : rest.at[0]);
		size_t step = is_path ? sent.size : is_id ? id.size : 1;
		rest = (struct text){ rest.at + step, rest.size - step };
	}
	return to.at;
}

static void check_twin(struct trial *trial, const struct reply *reply)
{
	struct random_visit *random = &trial->random;
	for (unsigned i = 0; i < random->count; i++) {
		struct value *value = &random->values[i], before = *value;
		if (!trial->anothers[i])
			continue;
		char *shown = without(reply, random, value);
		make_absent(value, dice_below(&trial->world->dice, UINT32_MAX / 4));
		if (*random->key_text)
			random->key_text[0]++; /* the same key with another body is a mistake of its own */
		random_visit_write(random);
		struct reply twin = inside_visit(trial->world->inside, &random->visit);
		char *absent = without(&twin, random, value);
		if (strcmp(shown, absent) != 0)
			wrong(trial, reply, &twin, "what is another's answers otherwise than what does not exist");
		twins++;
		reply_free(&twin);
		free(shown);
		free(absent);
		*value = before;
		random_visit_write(random);
	}
}

/* ── what happens elsewhere does not show ─ */

/* Members of a community read each other's titles: on its page, and where something is released to it. */
static bool is_fellow(const struct trial *trial, unsigned place)
{
	static const char *const telling[] = { "community-page", "release-", "shared-page", "item-releases",
		"had-page" };
	struct inside *inside = trial->world->inside;
	const uint32_t *numbers = trial->world->numbers;
	bool tells = false;
	for (size_t i = 0; i < sizeof telling / sizeof *telling; i++)
		tells = tells || text_starts(text_of(trial->random.route->name), text_of(telling[i]));
	if (!place || !tells)
		return false;
	struct arena *arena = arena_new(0);
	struct policy_snapshot snapshot;
	inside_fine(inside, store_snapshot(inside->store, inside_clock(), arena, &snapshot, &inside->failure));
	bool fellow = policy_knows_organisation(&snapshot, numbers[trial->asker.place], numbers[place]);
	arena_free(arena);
	return fellow;
}

static void check_stirred(struct trial *trial, const struct reply *reply)
{
	nanoseconds now = inside_clock();
	bool reads = strcmp(trial->random.visit.method, "GET") == 0;
	/* A link in a mail belongs to whoever has it, of whatever organisation. */
	if (trial->asker.role != ROLE_MEMBER || !reads || trial->random.route->stranger ||
	    dice_below(&trial->world->dice, 4))
		return;
	unsigned renamed = world_stir(trial->world, trial->asker.place);
	inside_set_clock(now);
	struct reply again = inside_visit(trial->world->inside, &trial->random.visit);
	if (strcmp(reply->wire.at, again.wire.at) != 0 && !is_fellow(trial, renamed))
		wrong(trial, reply, &again, "what happened at another organisation shows");
	stirred++;
	reply_free(&again);
}

/* ── the run ─ */

static struct asker asker_of(struct world *world, const struct key *key)
{
	struct asker asker = { 0 };
	if (!key)
		return asker;
	bool stands = world_stands(world, key, &asker.role, &asker.home);
	return (struct asker){ stands ? asker.role : ROLE_NONE, stands ? asker.home : 0, asker.home };
}

static void note_success(const struct trial *trial, const struct reply *reply)
{
	unsigned at = 0;
	const struct route *const *tables = trial->world->inside->keeper.tables;
	for (size_t i = 0; tables[i]; i++)
		for (const struct route *route = tables[i]; route->name; route++)
			if (route->kind != ROUTE_STREAM) {
				assert_true(at < sizeof ran / sizeof *ran);
				ran[at++] += route == reply->route;
			}
	done_by[trial->asker.role]++;
}

/* A draft that was sent is the organisation's from then on. */
static void note_sent(struct trial *trial)
{
	struct world *world = trial->world;
	struct inside *inside = world->inside;
	for (unsigned i = 0; i < trial->random.count; i++) {
		struct notice notice;
		struct uuid id;
		const struct value *value = &trial->random.values[i];
		const struct owned *owned = value->field->type == FIELD_UUID && uuid_parse(text_of(value->text), &id)
						? world_owner(world, id)
						: NULL;
		struct arena *arena = owned && owned->kind == MARK_DRAFT ? arena_new(0) : NULL;
		if (arena && store_notice_get(inside->store, inside->work, id, arena, &notice, NULL) == OK &&
		    notice.sent) {
			world->draft_sent[owned->owner] = true;
			world_own(world, id, MARK_NOTICE, owned->owner);
		}
		arena_free(arena);
	}
}

static void run_one(struct trial *trial)
{
	inside_set_clock(inside_clock() + SECOND);
	random_visit(trial->world, &trial->random);
	trial->asker = asker_of(trial->world, trial->random.visit.key);
	for (unsigned i = 0; i < trial->random.count; i++)
		trial->anothers[i] = is_anothers(trial, &trial->random.values[i]);
	struct reply reply = inside_visit(trial->world->inside, &trial->random.visit);
	check_form(trial, &reply);
	check_marks(trial, &reply);
	check_ids(trial, &reply);
	bool is_machine = strcmp(trial->random.route->name, "machine-enrol") == 0; /* it is told whose it is */
	if (trial->asker.role == ROLE_MEMBER && trial->asker.place && reply.output && !is_machine)
		check_numbers(trial, &reply, reply.output);
	if (reply.status < 400 && strcmp(trial->random.visit.method, "GET") != 0) {
		note_sent(trial);
		if (text_starts(text_of(trial->random.route->name), TEXT("release-")) && reply.output)
			world_note_release(trial->world, reply.output);
	}
	if (reply.output)
		note_success(trial, &reply);
	if (reply.output && trial->asker.role != ROLE_NONE)
		world_learn(trial->world, reply.output);
	check_stirred(trial, &reply);
	check_twin(trial, &reply);
	reply_free(&reply);
}

static void check_coverage(struct world *world, unsigned cases)
{
	unsigned at = 0, never = 0;
	const struct route *const *tables = world->inside->keeper.tables;
	print_message("# %u requests: %u marks and %u ids of the world met, %u twins, %u stirred\n", cases, met[0],
	    met[1], twins, stirred);
	for (size_t i = 0; tables[i]; i++)
		for (const struct route *route = tables[i]; route->name; route++)
			if (route->kind != ROUTE_STREAM && !ran[at++]) {
				print_message("# never succeeded: %s\n", route->name);
				never++;
			}
	if (cases < 10000)
		return;               /* a part, for tests/model/mutate_policy.py */
	assert_true(never * 20 < at); /* else the requests no longer fit the routes */
	assert_true(met[0] > cases && met[1] > cases / 4 && twins > cases / 20 && stirred > cases / 100);
	for (unsigned role = ROLE_NONE; role < ROLE_SENSOR; role++)
		assert_true(done_by[role] > cases / 200);
}

static void test_nobody_learns_what_is_anothers(void **unused)
{
	(void)unused;
	const char *given = getenv("NOROSHI_SEED"), *most = getenv("NOROSHI_CASES");
	unsigned cases = most ? (unsigned)strtoul(most, NULL, 10) : getenv("NOROSHI_LONG") ? 1000000 : 25000;
	uint64_t first = given ? strtoull(given, NULL, 10) : 1;
	print_message("# NOROSHI_SEED=%llu\n", (unsigned long long)first);
	struct trial *trial = calloc(1, sizeof *trial);
	for (unsigned i = 0; i < cases; i++) {
		if (i % OF_ONE_WORLD == 0) {
			if (trial->world)
				world_free(trial->world);
			trial->seed = first + i / OF_ONE_WORLD;
			trial->world = world_new(trial->seed, true);
			trial->world->succeeded = ran;
		}
		trial->number = i % OF_ONE_WORLD;
		run_one(trial);
	}
	check_coverage(trial->world, cases);
	world_free(trial->world);
	free(trial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_learns_what_is_anothers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
