/*
 * Random requests: see random_visit.h. In: the route table and the world. Out: target, body and headers as a client
 * writes them.
 */
#include "random_visit.h"

#include "http/fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAY(...) snprintf(value->text, sizeof value->text, __VA_ARGS__)

static uint32_t roll(struct world *world, uint32_t limit)
{
	return dice_below(&world->dice, limit);
}

/* ── values by type ─ */

/* A path names its noun before the id. Only so that more requests meet their thing: others come too. */
static bool fits(const struct owned *owned, const struct random_visit *random)
{
	static const struct {
		const char *noun;
		enum mark kind;
	} nouns[] = { { "/events/{", MARK_EVENT }, { "/notices/{", MARK_NOTICE }, { "/notices/{", MARK_DRAFT },
		{ "/decisions/{", MARK_DECISION }, { "/campaigns/{", MARK_CAMPAIGN }, { "/accounts/{", MARK_ACCOUNT },
		{ "/certificates/{", MARK_SENSOR }, { "/enrolments/{", MARK_SENSOR },
		{ "/dispatches/{", MARK_DISPATCH }, { "/dispatches/{", MARK_PUBLICATION },
		{ "/publications/{", MARK_PUBLICATION }, { "/signatures/{", MARK_PUBLICATION },
		{ "/darknet/contacts/{", MARK_NETWORK } };
	bool known = false;
	for (size_t i = 0; i < sizeof nouns / sizeof *nouns; i++) {
		bool named = strstr(random->route->path, nouns[i].noun) != NULL;
		known |= named;
		if (named && owned->kind == nouns[i].kind)
			return true;
	}
	return !known;
}

static void pick_uuid(struct world *world, const struct random_visit *random, struct value *value)
{
	struct uuid id = { { 0xfe, (uint8_t)roll(world, 256), (uint8_t)roll(world, 256) } };
	const char *met = roll(world, 4) ? NULL : world_word(world, value->field->name);
	const struct key *key = random->visit.key;
	unsigned place = key ? world_place(world, key->organisation) : 0, tries = roll(world, 4) ? 32 : 1;
	bool of_made = value->field->place == IN_BODY && strcmp(value->field->name, "id") == 0;
	if (!of_made && met && strlen(met) == UUID_TEXT - 1) {
		SAY("%s", met);
		return;
	}
	bool own = place && roll(world, 2);
	if (!of_made && roll(world, 12))
		do {
			const struct owned *owned = &world->ids[roll(world, world->id_count)];
			id = owned->id;
			if (fits(owned, random) && (!own || owned->owner == place))
				break;
		} while (--tries);
	uuid_format(id, value->text);
}

static void pick_integer(struct world *world, const struct random_visit *random, struct value *value)
{
	const struct field *field = value->field;
	const char *met = roll(world, 3) ? NULL : world_word(world, field->name);
	int64_t number;
	if (met && !text_to_i64(text_of(met), &number)) /* another answer's text of this name */
		met = NULL;
	if (world_names_community(random->route, field) && roll(world, 8))
		SAY("%u", 1 + roll(world, WORLD_COMMUNITIES));
	else if (text_starts(text_of(random->route->name), TEXT("shared-")) && strcmp(field->name, "id") == 0 &&
		 roll(world, 8))
		SAY("%u", 1 + roll(world, world->shared_last));
	else if (strcmp(field->name, "recipients") == 0 && roll(world, 8))
		SAY("2"); /* of each list */
	else if (met)
		SAY("%s", met);
	else if (field->most >= UINT32_MAX && roll(world, 4))
		SAY("%u", roll(world, 2) ? world->numbers[1 + roll(world, world->organisations)]
					 : world->sensors[1 + roll(world, world->organisations)]);
	else
		SAY("%lld", (long long)(field->least + roll(world, 5)));
}

/* What a person writes says whom it is about, when that can be told from the other values. */
static bool about(struct world *world, const struct random_visit *random, enum mark *kind, unsigned *owner)
{
	enum role role = random->visit.key ? random->visit.key->role : ROLE_NONE;
	const char *path = random->route->path;
	for (unsigned i = 0; i < random->count; i++) {
		const struct value *value = &random->values[i];
		const struct owned *owned = NULL;
		struct uuid id;
		if (value->field->type == FIELD_UUID && uuid_parse(text_of(value->text), &id))
			owned = world_owner(world, id);
		if (owned && owned->kind != MARK_ACCOUNT && role != ROLE_ADMINISTRATOR) {
			*kind = owned->kind == MARK_CAMPAIGN ? MARK_CAMPAIGN : MARK_WRITTEN;
			*owner = owned->owner;
			return true;
		}
		if (value->field->type != FIELD_INTEGER)
			continue;
		uint32_t number = (uint32_t)strtoul(value->text, NULL, 10);
		if (strcmp(value->field->name, "organisation") == 0 && role == ROLE_ANALYST)
			return *kind = MARK_WRITTEN, (*owner = world_place(world, number)) != 0;
		if (strstr(path, "/organisations/{") && role == ROLE_ADMINISTRATOR)
			return *kind = MARK_ORGANISATION, (*owner = world_place(world, number)) != 0;
	}
	return false;
}

/* What of the exchange the world has. */
static bool pick_shared(struct world *world, struct value *value)
{
	static const struct {
		const char *field, *name;
	} shared[] = {
		{ "collection", WORLD_CIRCLE },
		{ "item", WORLD_ITEM },
		{ "item", WORLD_APART },
		{ "object", WORLD_ITEM },
		{ "object", WORLD_APART },
		{ "remote", WORLD_CIRCLE },
		{ "status", WORLD_IMPORT },
		{ "url", "https://" WORLD_REMOTE "/root/" },
	};
	for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
		if (strcmp(value->field->name, shared[i].field) == 0 && roll(world, 4)) {
			SAY("%s", shared[i].name);
			return true;
		}
	return false;
}

/* What takes more than some text. */
static bool pick_sample(struct world *world, const char *path, struct value *value)
{
	static const struct {
		const char *field, *text;
	} samples[] = {
		{ "list", WORLD_LIST },
		{ "community", WORLD_CIRCLE },
		{ "contacts", "name,tier\nsomebody-%u,operator\n" }, /* of the directory; the next of networks */
		{ "contacts", "name,prefixes,mail,signed_for_by\nisp-%u,192.0.2.0/24,a@b.example,x\n,\n" },
		{ "prefixes", "192.0.2.%u/32" },
		{ "autonomous_systems", "AS6450%u" },
		{ "mail", "abuse@isp-%u.example" },
		{ "years", "year,tier,addressed,reached\n202%u,operator,10,5\n" },
		{ "period", "202%u" },
		{ "type", "domain" },
		{ "value", "beacon-%u.example" },
		{ "tag", "tag" },
		{ "tags", "tag" },
	};
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		if (strcmp(value->field->name, samples[i].field) == 0 && roll(world, 8)) {
			if (i == 2 && strstr(path, "/darknet/"))
				continue;
			if (i == 0 && strstr(path, "/contacts")) /* the lists of the world stay as they are */
				SAY("other");
			else
				SAY(samples[i].text, 1 + roll(world, world->organisations));
			return true;
		}
	return false;
}

static void pick_text(struct world *world, const struct random_visit *random, struct value *value)
{
	char mark[MARK_TEXT];
	enum mark kind;
	unsigned owner;
	const char *met = world_word(world, value->field->name);
	if (value->field->place == IN_PATH && strcmp(value->field->name, "position") == 0 && world->position_count) {
		SAY("%s", world->positions[roll(world, world->position_count)].text);
		return;
	}
	struct text route = text_of(random->route->name);
	bool named = value->field->place != IN_BODY || text_starts(route, TEXT("remote-")) ||
		     text_starts(route, TEXT("release-"));
	if (named && pick_shared(world, value))
		return;
	if (value->field->place == IN_BODY && pick_sample(world, random->route->path, value))
		return;
	if (value->field->place == IN_BODY && about(world, random, &kind, &owner))
		SAY("%s-%u", mark_text(kind, owner, mark), roll(world, 1000));
	else if (value->field->place != IN_BODY && met && roll(world, 2))
		SAY("%s", met);
	else
		SAY("text-%u", roll(world, 1000));
	if (value->field->largest && strlen(value->text) > value->field->largest)
		value->text[value->field->largest] = 0;
}

static void pick_cursor(struct world *world, struct value *value)
{
	const char *met = world_word(world, roll(world, 2) ? "next" : "alerts_next");
	SAY("%s", met && roll(world, 4) ? met : "00aa");
}

static void pick_time(struct world *world, struct value *value)
{
	uint32_t range = roll(world, 2) ? 200 : 20;
	nanoseconds time = inside_clock() + ((nanoseconds)roll(world, 2 * range) - range) * DAY;
	char text[TIME_TEXT];
	SAY("%s", time_format(time - time % SECOND, text));
}

static void pick_secret(struct world *world, const struct random_visit *random, struct value *value)
{
	struct owned owned;
	unsigned tries = 32;
	if (strcmp(random->route->name, "dispatch-mail") == 0 && roll(world, 3)) { /* the recipient's id */
		do
			owned = world->ids[roll(world, world->id_count)];
		while (owned.kind != MARK_PUBLICATION && --tries);
		uuid_format(owned.id, value->text);
	} else if (value->field->place == IN_PATH && world->link_count && roll(world, 3)) {
		enum world_link kind = strstr(random->route->path, "/feeds/") ? LINK_FEED
				       : strstr(random->route->path, "/d/")   ? LINK_MESSAGE
									      : LINK_NOTICE;
		unsigned link;
		do
			link = roll(world, world->link_count);
		while (world->link_kind[link] != kind && --tries);
		SAY("%s", world->links[link]);
	} else
		SAY(INSIDE_SECRET, roll(world, 20));
}

static void pick_list(struct world *world, struct value *value)
{
	unsigned count = 1 + roll(world, 3), used = 0;
	for (unsigned i = 0; i < count; i++) {
		const char *met = world_word(world, "name");
		used += (unsigned)snprintf(
		    value->text + used, sizeof value->text - used, "%s%.60s", i ? "\n" : "", met ? met : "host");
	}
}

void random_value(struct world *world, const struct random_visit *random, struct value *value)
{
	const struct field *field = value->field;
	unsigned choices = 0;
	switch (field->type) {
	case FIELD_UUID:
		pick_uuid(world, random, value);
		break;
	case FIELD_INTEGER:
		pick_integer(world, random, value);
		break;
	case FIELD_TEXT:
	case FIELD_LINES:
		pick_text(world, random, value);
		break;
	case FIELD_REAL:
		SAY("%u.5", roll(world, 100));
		break;
	case FIELD_BOOLEAN:
		SAY("%s", roll(world, 2) ? "true" : "false");
		break;
	case FIELD_TIME:
		pick_time(world, value);
		break;
	case FIELD_CHOICE:
		while (field->choices[choices])
			choices++;
		SAY("%s", field->choices[roll(world, choices)]);
		break;
	case FIELD_ADDRESS:
		SAY("%s", roll(world, 2) ? "192.0.2.7" : "2001:db8::7");
		break;
	case FIELD_PREFIX:
		SAY("%s", roll(world, 2) ? "192.0.2.0/24" : "2001:db8::/48");
		break;
	case FIELD_CURSOR:
		pick_cursor(world, value);
		break;
	case FIELD_SECRET:
		pick_secret(world, random, value);
		break;
	case FIELD_LIST:
		if (strcmp(value->field->name, "labels") == 0) /* these stay; hosts are looked for */
			SAY("label-%u", roll(world, 10));
		else if (!pick_sample(world, random->route->path, value))
			pick_list(world, value);
		break;
	case FIELD_SIGNING_REQUEST:
		SAY("%s", RANDOM_VISIT_REQUEST);
		break;
	}
}

/* ── as a client writes it ─ */

static void write_target(struct random_visit *random)
{
	struct builder to = { 0 };
	for (const char *at = random->route->path; *at; at++) {
		if (*at != '{') {
			build_char(&to, *at);
			continue;
		}
		size_t size = strcspn(at + 1, "}");
		for (unsigned i = 0; i < random->count; i++) {
			const struct field *field = random->values[i].field;
			if (strlen(field->name) == size && strncmp(field->name, at + 1, size) == 0)
				percent_encode(text_of(random->values[i].text), &to);
		}
		at += size + 1;
	}
	char separator = '?';
	for (unsigned i = 0; i < random->count; i++) {
		if (random->values[i].field->place != IN_QUERY)
			continue;
		build_char(&to, separator);
		build_format(&to, "%s=", random->values[i].field->name);
		percent_encode(text_of(random->values[i].text), &to);
		separator = '&';
	}
	text_copy((struct text){ to.at, to.size }, random->target, sizeof random->target);
	builder_free(&to);
}

static void write_json_value(struct builder *to, const struct value *value)
{
	struct text rest = text_of(value->text);
	switch (value->field->type) {
	case FIELD_INTEGER:
	case FIELD_REAL:
	case FIELD_BOOLEAN:
		build_text(to, rest);
		break;
	case FIELD_LIST:
		build_char(to, '[');
		while (rest.size) {
			build_json_string(to, text_cut(&rest, '\n'));
			if (rest.size)
				build_char(to, ',');
		}
		build_char(to, ']');
		break;
	default:
		build_json_string(to, rest);
	}
}

static void write_form_value(struct builder *to, const struct value *value)
{
	struct text rest = text_of(value->text);
	do {
		struct text item = value->field->type == FIELD_LIST ? text_cut(&rest, '\n') : rest;
		build_format(to, "%s%s=", to->size ? "&" : "", value->field->name);
		percent_encode(item, to);
	} while (value->field->type == FIELD_LIST && rest.size);
}

static void write_body(struct random_visit *random)
{
	struct builder to = { 0 };
	bool form = random->route->kind == ROUTE_FORM;
	for (unsigned i = 0; i < random->count; i++) {
		const struct value *value = &random->values[i];
		if (value->field->place != IN_BODY)
			continue;
		if (form) {
			write_form_value(&to, value);
			continue;
		}
		build_text(&to, to.size ? TEXT(",") : TEXT("{"));
		build_json_string(&to, text_of(value->field->name));
		build_char(&to, ':');
		write_json_value(&to, value);
	}
	if (!form && to.size)
		build_char(&to, '}');
	text_copy((struct text){ to.at, to.size }, random->body, sizeof random->body);
	builder_free(&to);
}

void random_visit_write(struct random_visit *random)
{
	write_target(random);
	write_body(random);
	random->visit.target = text_of(random->target);
	random->visit.body = text_of(random->body);
}

static const struct route *draw_route(struct world *world)
{
	const struct route *const *tables = world->inside->keeper.tables;
	unsigned count = 0;
	for (size_t i = 0; tables[i]; i++)
		for (const struct route *route = tables[i]; route->name; route++)
			count += route->kind != ROUTE_STREAM;
	unsigned chosen = roll(world, count);
	for (unsigned tries = 3; world->succeeded && world->succeeded[chosen] && tries; tries--)
		chosen = roll(world, count); /* rather one that never succeeded yet */
	for (size_t i = 0; tables[i]; i++)
		for (const struct route *route = tables[i]; route->name; route++)
			if (route->kind != ROUTE_STREAM && chosen-- == 0)
				return route;
	return NULL;
}

/* Often one of those whom the route is for. */
static const struct key *pick_person(struct world *world, const struct route *route)
{
	const struct key *key = NULL;
	unsigned tries = roll(world, 5) ? 20 : 1;
	if (route->stranger && roll(world, 2))
		return NULL;
	do {
		unsigned who = roll(world, world->people_count + 1);
		key = who < world->people_count ? &world->people[who] : NULL;
	} while (--tries && (key ? policy_reach(key->role, route->action) == 0 : !route->stranger));
	return key;
}

void random_visit(struct world *world, struct random_visit *random)
{
	*random = (struct random_visit){ .route = draw_route(world) };
	struct visit *visit = &random->visit;
	visit->method = random->route->method;
	visit->key = pick_person(world, random->route);
	bool program = visit->key && (visit->key->sensor || visit->key->role == ROLE_DEVICE);
	visit->by_session = visit->key && !program && roll(world, 2);
	visit->language = roll(world, 2) ? "ja" : "en";
	visit->password_matches = roll(world, 2);
	if (roll(world, 5) == 0)
		visit->version = roll(world, 3) ? 1 + roll(world, 4) : VISIT_NO_VERSION;
	if (roll(world, 5) == 0) {
		snprintf(random->key_text, sizeof random->key_text, "key-%u-%u", roll(world, UINT32_MAX / 2),
		    roll(world, 9));
		visit->idempotency_key = random->key_text;
	}
	for (const struct field *field = random->route->fields; field && field->name; field++) {
		if (!field->required && field->place != IN_PATH && roll(world, 3))
			continue;
		if (random->count == VISIT_VALUES)
			abort();
		random->values[random->count].field = field;
		random_value(world, random, &random->values[random->count]);
		random->count++;
	}
	random_visit_write(random);
}

void random_visit_print(const struct world *world, const struct random_visit *random)
{
	const struct visit *visit = &random->visit;
	const struct key *key = visit->key;
	fprintf(stderr, "# %s %s\n#   by %s", visit->method, random->target, key ? role_code(key->role) : "a stranger");
	if (key)
		fprintf(stderr, " %ld of organisation %u, by %s", (long)(key - world->people), key->organisation,
		    visit->by_session ? "session" : "token");
	fprintf(stderr, ", language %s, If-Match %llu, Idempotency-Key %s, password %s\n#   body: %s\n",
	    visit->language, (unsigned long long)visit->version, visit->idempotency_key ? visit->idempotency_key : "-",
	    visit->password_matches ? "right" : "wrong", random->body);
}
