/*
 * Renderings (render.h): one walk over the object takes out what the table of victims' facts and the secrets say, a
 * second one over what is left makes sure of it.
 */
#include "intel/render.h"

#include "base/catalog.h"
#include "base/hash.h"
#include "intel/victim.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define PATH 512
#define DEEPEST 64

struct walk {
	const struct render_rule *rule;
	struct text type;
	struct text id;    /* as it came */
	struct text giver; /* the identity that the centre's takes the place of */
	json_t *removed;
	bool refused;
	char path[PATH]; /* of what was refused */
};

/* What an object may not be without: taking it out would break it (STIX 2.1, the required properties). */
static bool is_needed(struct text type, const char *property, int depth)
{
	static const char *const always[] = { "type", "id", "spec_version", "created", "modified", "pattern",
		"pattern_type", "valid_from", "relationship_type", "source_ref", "target_ref", "sighting_of_ref",
		"object_refs", "value", "number_observed", "opinion", "definition", "definition_type", "product",
		"published", "context", "report_types", "path", "key", "account_login", "first_observed",
		"last_observed", "protocols" };
	static const char *const named[] = { "attack-pattern", "campaign", "course-of-action", "identity",
		"infrastructure", "intrusion-set", "report", "software", "threat-actor", "tool", "vulnerability",
		"extension-definition", "mutex" };
	if (depth > 0)
		return false;
	for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
		if (strcmp(property, always[i]) == 0)
			return true;
	if (strcmp(property, "content") == 0)
		return text_equal(type, TEXT("note"));
	for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
		if (strcmp(property, "name") == 0 && text_equal(type, text_of(named[i])))
			return true;
	return false;
}

static bool is_secret(const struct walk *walk, struct text text)
{
	const struct render_rule *rule = walk->rule;
	if (walk->giver.size && text_find_nocase(text, walk->giver) >= 0)
		return true;
	return rule->secrets && secrets_found(rule->secrets, text);
}

/* Over several properties, or in our own writing of it: what was decoded of each was looked through. */
static bool stands_over(const struct walk *walk, struct text text)
{
	const struct render_rule *rule = walk->rule;
	return (walk->giver.size && text_find_nocase(text, walk->giver) >= 0) ||
	       (rule->secrets && secrets_stand_in(rule->secrets, text));
}

static void took_out(struct walk *walk, const char *path, const char *why)
{
	json_array_append_new(walk->removed, json_pack("{s:s,s:s}", "path", path, "why", why));
}

static void refuse(struct walk *walk, const char *path)
{
	if (!walk->refused)
		snprintf(walk->path, sizeof walk->path, "%s", path);
	walk->refused = true;
}

/* ── identifiers ─ */

static bool is_from_contents(const char *text, size_t *at)
{
	const char *dashes = strstr(text, "--");
	struct uuid uuid;
	if (!dashes || strlen(dashes + 2) != UUID_TEXT - 1 ||
	    !uuid_parse((struct text){ dashes + 2, UUID_TEXT - 1 }, &uuid))
		return false;
	*at = (size_t)(dashes + 2 - text);
	unsigned version = uuid.bytes[6] >> 4;
	return version == 5 || version == 3 || version == 1; /* 1 tells of a machine and a time */
}

static json_t *made_anew(const struct render_rule *rule, const char *text, size_t at)
{
	struct builder said = { 0 };
	struct uuid uuid;
	uint8_t digest[32];
	char shown[UUID_TEXT];
	build_format(&said, "%u:%s", rule->community, text);
	hmac_sha256(rule->key, sizeof rule->key, said.at, said.size, digest);
	builder_clear(&said);
	memcpy(uuid.bytes, digest, sizeof uuid.bytes);
	uuid.bytes[6] = (uint8_t)((uuid.bytes[6] & 0x0f) | 0x40);
	uuid.bytes[8] = (uint8_t)((uuid.bytes[8] & 0x3f) | 0x80);
	build_text(&said, (struct text){ text, at });
	build_text(&said, text_of(uuid_format(uuid, shown)));
	json_t *made = said.failed ? NULL : json_stringn(said.at, said.size);
	builder_free(&said);
	return made;
}

/* ── the walk ─ */

enum fate { STAYS, GOES };

static enum fate look(struct walk *walk, json_t *value, const char *path, int depth);

static void look_at_members(struct walk *walk, json_t *object, const char *path, int depth)
{
	const char *name;
	json_t *member;
	void *next;
	json_object_foreach_safe(object, next, name, member)
	{
		char below[PATH];
		bool secret_name = is_secret(walk, text_of(name));
		snprintf(below, sizeof below, "%s%s%s", path, *path ? "." : "", secret_name ? "?" : name);
		const char *why = "name";
		enum fate fate = secret_name ? GOES : STAYS;
		if (depth == 0 && walk->rule->split && victim_fact(walk->type, text_of(name))) {
			fate = GOES;
			why = "victim";
		}
		if (fate == STAYS)
			fate = look(walk, member, below, depth + 1);
		if (fate != GOES)
			continue;
		if (is_needed(walk->type, name, depth))
			refuse(walk, below);
		took_out(walk, below, why);
		json_object_del(object, name);
	}
}

static enum fate look_at_list(struct walk *walk, json_t *list, const char *path, int depth)
{
	size_t before = json_array_size(list);
	for (size_t i = before; i-- > 0;) {
		char below[PATH];
		snprintf(below, sizeof below, "%s[%zu]", path, i);
		if (look(walk, json_array_get(list, i), below, depth + 1) == GOES) {
			took_out(walk, below, "name");
			json_array_remove(list, i);
		}
	}
	return before && json_array_size(list) == 0 ? GOES : STAYS;
}

static enum fate look(struct walk *walk, json_t *value, const char *path, int depth)
{
	if (depth > DEEPEST)
		return GOES;
	if (json_is_string(value))
		return is_secret(walk, (struct text){ json_string_value(value), json_string_length(value) }) ? GOES
													     : STAYS;
	if (json_is_integer(value) || json_is_real(value)) { /* an address as a number */
		char *text = json_dumps(value, JSON_ENCODE_ANY);
		bool secret = !text || is_secret(walk, text_of(text));
		free(text);
		return secret ? GOES : STAYS;
	}
	if (json_is_object(value)) {
		size_t before = json_object_size(value);
		look_at_members(walk, value, path, depth);
		return before && depth > 0 && json_object_size(value) == 0 ? GOES : STAYS;
	}
	return json_is_array(value) ? look_at_list(walk, value, path, depth) : STAYS;
}

/* Puts new identifiers in the place of those that were made from contents; true when there was one. */
static bool rename_ids(const struct render_rule *rule, json_t *value, bool *failed)
{
	const char *name;
	json_t *member;
	size_t index;
	bool any = false;
	size_t at = 0;
	if (json_is_object(value)) {
		json_object_foreach(value, name, member)
		{
			if (json_is_string(member) && is_from_contents(json_string_value(member), &at)) {
				json_t *made = made_anew(rule, json_string_value(member), at);
				*failed = *failed || !made || json_object_set_new(value, name, made) != 0;
				any = true;
			} else
				any = rename_ids(rule, member, failed) || any;
		}
	}
	json_array_foreach(value, index, member)
	{
		if (json_is_string(member) && is_from_contents(json_string_value(member), &at)) {
			json_t *made = made_anew(rule, json_string_value(member), at);
			*failed = *failed || !made || json_array_set_new(value, index, made) != 0;
			any = true;
		} else
			any = rename_ids(rule, member, failed) || any;
	}
	return any;
}

/* The centre vouches for the giver, whose own identity goes wherever else it stands. */
static bool vouch(struct walk *walk, json_t *object, struct arena *arena)
{
	const char *giver = json_string_value(json_object_get(object, "created_by_ref"));
	if (!walk->rule->centre.size || !giver || text_equal(text_of(giver), walk->rule->centre))
		return true;
	walk->giver = text_of(arena_string(arena, text_of(giver)));
	took_out(walk, "created_by_ref", "name");
	json_object_set_new(object, "created_by_ref", json_stringn(walk->rule->centre.at, walk->rule->centre.size));
	return walk->giver.at != NULL;
}

/* Markings of parts refer to them by path: with a part gone they would hold for another. */
static void drop_part_markings(struct walk *walk, json_t *object)
{
	if (json_array_size(walk->removed) && json_object_get(object, "granular_markings")) {
		took_out(walk, "granular_markings", "name");
		json_object_del(object, "granular_markings");
	}
}

static struct text new_id(const struct walk *walk, const json_t *object, struct arena *arena)
{
	struct text id = text_of(json_string_value(json_object_get(object, "id")));
	return text_equal(id, walk->id) ? TEXT_NONE : arena_text(arena, id);
}

static enum error give(
    struct walk *walk, json_t *object, struct arena *arena, struct rendering *rendering, struct failure *failure)
{
	char *bytes = json_dumps(object, JSON_COMPACT);
	char *removed = json_dumps(walk->removed, JSON_COMPACT);
	enum error error = OK;
	if (bytes && removed) {
		rendering->bytes = text_of(arena_string(arena, text_of(bytes)));
		rendering->removed = text_of(arena_string(arena, text_of(removed)));
		rendering->taken_out = (uint32_t)json_array_size(walk->removed);
		rendering->id = new_id(walk, object, arena);
	}
	if (!bytes || !removed || !rendering->bytes.at || !rendering->removed.at)
		error = fail(failure, ERROR_MEMORY, "rendering: no memory");
	else if (stands_over(walk, rendering->bytes))
		error = fail(
		    failure, ERROR_DENIED, "%s", N_("It cannot be told here: what may not be told is all over it."));
	free(bytes);
	free(removed);
	return error;
}

static enum error render(
    struct walk *walk, json_t *object, struct arena *arena, struct rendering *rendering, struct failure *failure)
{
	const struct render_rule *rule = walk->rule;
	bool failed = false, hides = rule->secrets || rule->centre.size;
	if (rule->split && victim_object(walk->type))
		return fail(
		    failure, ERROR_DENIED, "type: %s", N_("such an object is a fact about the victim as a whole."));
	if (!vouch(walk, object, arena))
		return fail(failure, ERROR_MEMORY, "rendering: no memory");
	look_at_members(walk, object, "", 0);
	if (walk->refused)
		return fail(failure, ERROR_DENIED, "%.300s: %s", walk->path,
		    N_("it cannot be told here, and without it the object would be broken."));
	drop_part_markings(walk, object);
	if ((hides || rule->split) && rename_ids(rule, object, &failed))
		took_out(walk, "id", "identifier");
	return failed ? fail(failure, ERROR_MEMORY, "rendering: no memory")
		      : give(walk, object, arena, rendering, failure);
}

enum error render_item(const struct render_rule *rule, struct text json, struct arena *arena,
    struct rendering *rendering, struct failure *failure)
{
	json_error_t why;
	json_t *object = json_loadb(json.at, json.size, JSON_REJECT_DUPLICATES, &why);
	const char *type = json_string_value(json_object_get(object, "type"));
	struct walk walk = { .rule = rule, .type = text_of(arena_string(arena, text_of(type))) };
	*rendering = (struct rendering){ 0 };
	if (!type) {
		json_decref(object);
		return fail(failure, ERROR_INPUT, "an object of STIX has a type");
	}
	walk.removed = json_array();
	walk.id = text_of(arena_string(arena, text_of(json_string_value(json_object_get(object, "id")))));
	enum error error = render(&walk, object, arena, rendering, failure);
	json_decref(walk.removed);
	json_decref(object);
	return error;
}
