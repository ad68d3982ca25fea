/*
 * Every route of the table, in a real store and history (tests/lib/world.h): `--route=NAME` says which one, `--routes`
 * lists them. The bytes are up to three requests, one after the other: who asks and how, then for each field that the
 * route declares whether it is there, with a value that fits (an id of the world, a value that an answer held) or with
 * any bytes. Whatever comes, the answer is whole: a status of HTTP that is no 5xx, headers of one line each, a body
 * that is what its type says, and a refusal says why and changes nothing but the log.
 *
 * Sources: center/account_routes.c, center/front_routes.c, center/log_routes.c, center/organisation_routes.c,
 * center/page_frame.c, center/request_run.c, center/routes.c, center/sensor_routes.c, center/sign_in.c,
 * notify/link_routes.c, notify/notice_json.c, notify/notice_routes.c, notify/routes.c, triage/analysis.c,
 * triage/analysis_json.c, triage/routes.c, triage/routes_alert.c, triage/routes_campaign.c, triage/routes_decide.c,
 * triage/routes_decision.c, triage/routes_event.c, triage/routes_funnel.c, triage/routes_json.c,
 * triage/routes_record.c,
 * triage/routes_statistics.c, triage/statistics.c, triage/statistics_form.c.
 */
#include "fuzz.h"
#include "random_visit.h"
#include "store/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUESTS 3
#define REFRESH 64 /* inputs that changed nothing but the log, before it is taken back too */

static struct world *world;
static sqlite3 *untouched; /* the store as it was */
static const struct route *chosen;
static unsigned unrestored;

struct input {
	const uint8_t *at, *end;
};

static uint8_t take(struct input *input)
{
	return input->at < input->end ? *input->at++ : 0;
}

/* ── the world ─ */

static void copy_store(sqlite3 *to, sqlite3 *from)
{
	sqlite3_backup *copy = sqlite3_backup_init(to, "main", from, "main");
	CHECK(copy && sqlite3_backup_step(copy, -1) == SQLITE_DONE);
	CHECK(sqlite3_backup_finish(copy) == SQLITE_OK);
}

/* What answers hold is what later requests are made of. */
static void learn(void)
{
	for (unsigned i = 0; i < 400; i++) {
		struct random_visit random;
		random_visit(world, &random);
		if (strcmp(random.route->method, "GET") != 0)
			continue;
		struct reply reply = inside_visit(world->inside, &random.visit);
		if (reply.output)
			world_learn(world, reply.output);
		reply_free(&reply);
	}
}

static void remove_world(void)
{
	sqlite3_close(untouched);
	world_free(world);
}

static void make_world(void)
{
	if (world)
		return;
	atexit(remove_world);
	world = world_new(3, true);
	learn();
	CHECK(sqlite3_open(":memory:", &untouched) == SQLITE_OK);
	copy_store(untouched, world->inside->store->database);
}

static bool only_log_changed(void)
{
	uint64_t changed = inside_changed_tables(world->inside);
	for (unsigned bit = 0; inside_table(bit); bit++)
		if (changed >> bit & 1 && strcmp(inside_table(bit), "log") != 0)
			return false;
	return true;
}

/* ── requests ─ */

static void take_text(struct input *input, struct value *value)
{
	size_t size = take(input) % (sizeof value->text - 1);
	for (size_t i = 0; i < size && input->at < input->end; i++)
		value->text[i] = (char)take(input);
}

static void take_field(struct input *input, struct random_visit *random, const struct field *field)
{
	uint8_t how = take(input) % 4;
	struct value *value = &random->values[random->count];
	if (how == 0 && !field->required && field->place != IN_PATH)
		return;
	CHECK(random->count < VISIT_VALUES);
	value->field = field;
	if (how == 3) {
		take_text(input, value);
	} else {
		world->dice.state = (take(input) + 1u) * 0x9e3779b97f4a7c15u;
		random_value(world, random, value);
	}
	random->count++;
}

static void take_key(struct input *input, struct random_visit *random)
{
	random->visit.idempotency_key = random->key_text;
	snprintf(random->key_text, sizeof random->key_text, "key-%u", take(input) % 4);
}

static void take_request(struct input *input, const struct route *route, struct random_visit *random)
{
	unsigned who = take(input) % (world->people_count + 1), how = take(input);
	*random = (struct random_visit){ .route = route };
	struct visit *visit = &random->visit;
	visit->method = route->method;
	visit->key = who < world->people_count ? &world->people[who] : NULL;
	/* Forms come from pages, pages from sessions; the other way round is a quarter. */
	bool page = route->kind == ROUTE_PAGE || route->kind == ROUTE_FORM;
	visit->by_session = visit->key && !visit->key->sensor && page == ((how & 3) != 3);
	visit->language = how & 4 ? "ja" : "en";
	visit->password_matches = how & 8;
	if (how & 16)
		visit->version = take(input) % 8;
	if (how & 32)
		take_key(input, random);
	for (const struct field *field = route->fields; field && field->name; field++)
		take_field(input, random, field);
	random_visit_write(random);
	if ((how & 0xc0) == 0xc0) { /* a body of any bytes */
		size_t size = take(input) * 4u, left = (size_t)(input->end - input->at);
		visit->body = (struct text){ (const char *)input->at, size < left ? size : left };
		input->at += visit->body.size;
	}
}

/* ── what has to hold ─ */

static void check_words(const char *words)
{
	CHECK(text_utf8_valid(text_of(words)) == strlen(words));
	for (; *words; words++)
		CHECK((unsigned char)*words >= 0x20);
}

/* Cuts the headers off; `type` becomes the content type. */
static void check_headers(struct text *wire, struct text *type)
{
	*type = TEXT_NONE;
	for (;;) {
		CHECK(wire->size > 0);
		struct text line = text_cut(wire, '\n'), name = line;
		if (line.size == 0)
			return;
		CHECK(text_find(line, TEXT(": ")) > 0 && text_utf8_valid(line) == line.size);
		for (size_t i = 0; i < line.size; i++)
			CHECK((unsigned char)line.at[i] >= 0x20 && line.at[i] != 0x7f);
		if (text_equal(text_cut(&name, ':'), TEXT("content-type")))
			*type = text_trim(name);
	}
}

static void check_json(const struct reply *reply, struct text body)
{
	json_t *json = json_loadb(body.at, body.size, JSON_REJECT_DUPLICATES, NULL);
	CHECK(json_is_object(json));
	if (reply->status >= 400) {
		CHECK(json_integer_value(json_object_get(json, "status")) == reply->status);
		CHECK(json_string_length(json_object_get(json, "title")) > 0);
	}
	json_decref(json);
}

static void check_reply(const struct reply *reply)
{
	struct text wire = { reply->wire.at, reply->wire.size }, type;
	CHECK(reply->status >= 200 && reply->status < 500);
	CHECK(!reply->location[0] || (reply->location[0] == '/' && reply->location[1] != '/'));
	check_words(reply->problem);
	check_headers(&wire, &type);
	if (text_starts(type, TEXT("application/x-ndjson")))
		while (wire.size)
			check_json(reply, text_cut(&wire, '\n'));
	else if (text_starts(type, TEXT("application/")) && text_find(type, TEXT("json")) > 0)
		check_json(reply, wire);
	else
		CHECK(text_utf8_valid(wire) == wire.size);
}

static bool has_password(const struct route *route)
{
	for (const struct field *field = route->fields; field && field->name; field++)
		if (field->type == FIELD_SECRET && field->place == IN_BODY)
			return true;
	return false;
}

static bool visit(struct input *input, const struct route *route)
{
	struct random_visit random;
	take_request(input, route, &random);
	struct reply reply = inside_visit(world->inside, &random.visit);
	check_reply(&reply);
	bool log_only = only_log_changed();
	if (reply.status >= 400 && !log_only)
		CHECK(has_password(route)); /* a wrong one is noted with the account, and is refused */
	reply_free(&reply);
	return log_only;
}

static void try_route(const uint8_t *data, size_t size, const struct route *route)
{
	struct input input = { data, data + size };
	bool log_only = true;
	inside_set_randomness(2);
	for (unsigned i = 0; i < REQUESTS && (i == 0 || input.at < input.end); i++)
		log_only &= visit(&input, route);
	if (log_only && ++unrestored < REFRESH)
		return;
	copy_store(world->inside->store->database, untouched);
	unrestored = 0;
}

/* ── which route ─ */

static void each_route(void (*call)(const struct route *route, const void *context), const void *context)
{
	const struct route *tables[ROUTE_TABLES];
	route_tables(tables);
	for (size_t i = 0; tables[i]; i++)
		for (const struct route *route = tables[i]; route->name; route++)
			if (route->kind != ROUTE_STREAM) /* its body is for fuzz_ingest.c */
				call(route, context);
}

static void print(const struct route *route, const void *context)
{
	(void)context;
	puts(route->name);
}

static void choose(const struct route *route, const void *name)
{
	if (strcmp(route->name, name) == 0)
		chosen = route;
}

static void try_any(const struct route *route, const void *context)
{
	const struct input *input = context;
	try_route(input->at, (size_t)(input->end - input->at), route);
}

/* The route of a folder of seeds; those of the folder "any" are for each. */
void fuzz_folder(const char *name)
{
	chosen = NULL;
	each_route(choose, name);
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
	for (int i = 1; i < *count; i++) {
		const char *argument = (*arguments)[i];
		if (strcmp(argument, "--routes") == 0) {
			each_route(print, NULL);
			exit(0);
		}
		if (strncmp(argument, "--route=", 8) == 0)
			each_route(choose, argument + 8);
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, data + size };
	make_world();
	if (chosen)
		try_route(data, size, chosen);
	else
		each_route(try_any, &input);
	return 0;
}
