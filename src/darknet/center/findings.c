/*
 * Groups as indicator sets. See findings.h.
 */
#include "darknet/center/findings.h"

#include "base/memory.h"
#include "formats/stix.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define REFERENCE "noroshi-group" /* source_name of the reference to the group */

struct uuid finding_id(const struct alert *alert, const json_t *finding)
{
	static const struct uuid space = { { 0x6e, 0x6f, 0x72, 0x6f, 0x73, 0x68, 0x69, 0x2d, 0x67, 0x72, 0x6f, 0x75,
	    0x70, 0x2d, 0x69, 0x64 } };
	char words[96];
	const char *what = json_string_value(json_object_get(finding, "what"));
	const json_t *number = json_object_get(finding, "number");
	if (!what || (strcmp(what, "group") != 0 && strcmp(what, "group-sources") != 0) || !json_is_integer(number))
		return (struct uuid){ 0 };
	/* A telescope that lost what it had learnt counts anew: so when it was noticed, too. */
	int size = snprintf(words, sizeof words, "%" PRIu32 " %" JSON_INTEGER_FORMAT " %" PRId64, alert->id.sensor,
	    json_integer_value(number), alert->occurred);
	return uuid_derived(space, words, (size_t)size);
}

struct uuid finding_item(struct uuid group, unsigned part)
{
	static const struct uuid space = { { 0x6e, 0x6f, 0x72, 0x6f, 0x73, 0x68, 0x69, 0x2d, 0x67, 0x72, 0x6f, 0x75,
	    0x70, 0x2d, 0x69, 0x74 } };
	char id[UUID_TEXT], words[UUID_TEXT + 16];
	int size = snprintf(words, sizeof words, "%s %u", uuid_format(group, id), part);
	return part ? uuid_derived(space, words, (size_t)size) : group;
}

/* ── the sources ─ */

struct prefix group_source(struct address source)
{
	return prefix_of(source, address_is_v4(source) ? 128 : 64);
}

static struct text source_text(struct address source, struct arena *arena)
{
	char words[PREFIX_TEXT];
	const char *text =
	    address_is_v4(source) ? address_format(source, words) : prefix_format(group_source(source), words);
	return arena_text(arena, text_of(text));
}

enum error group_set_add(struct group_set *set, struct address source, struct failure *failure)
{
	struct text value = source_text(source, set->arena);
	if (set->count == set->room) {
		uint32_t room = set->room ? 2 * set->room : 64;
		struct text *values = arena_take(set->arena, room * sizeof *values);
		if (!values)
			return fail(failure, ERROR_MEMORY, "no memory for an indicator set");
		if (set->count)
			memcpy(values, set->values, set->count * sizeof *values);
		set->values = values;
		set->room = room;
	}
	for (uint32_t i = 0; i < set->count; i++) /* two of one /64 */
		if (text_equal(set->values[i], value))
			return OK;
	build_format(&set->pattern, "%s%s:value = '%.*s'", set->count ? " OR " : "[",
	    address_is_v4(source) ? "ipv4-addr" : "ipv6-addr", (int)value.size, value.at);
	if (!value.at || set->pattern.failed)
		return fail(failure, ERROR_MEMORY, "no memory for an indicator set");
	set->values[set->count++] = value;
	return OK;
}

void group_set_free(struct group_set *set)
{
	builder_free(&set->pattern);
}

/* ── the item ─ */

static void put_time(json_t *object, const char *name, nanoseconds when)
{
	char written[TIME_TEXT];
	const struct item_time time = { .when = when };
	struct text text = item_time_text(&time, written);
	json_object_set_new(object, name, json_stringn(text.at, text.size));
}

static const char *string_of(const json_t *finding, const char *name)
{
	const char *value = json_string_value(json_object_get(finding, name));
	return value ? value : "";
}

static void ports_of(const json_t *finding, char *to, size_t room)
{
	size_t place, size = 0;
	json_t *port;
	*to = 0;
	json_array_foreach(json_object_get(finding, "ports"), place, port)
	{
		const char *words = json_string_value(port);
		if (!words || size + strlen(words) + 2 > room)
			break;
		size += (size_t)snprintf(to + size, room - size, "%s%s", size ? " " : "", words);
	}
}

/* The evidence, for whoever reads the item: it names neither the telescope nor whose it is. */
static void put_words(json_t *object, const struct group_wish *wish, const json_t *finding)
{
	char ports[256], words[1024], name[352], part[64] = "";
	json_int_t sources = json_integer_value(json_object_get(finding, "sources"));
	const char *tool = string_of(finding, "tool");
	ports_of(finding, ports, sizeof ports);
	if (wish->part)
		snprintf(part, sizeof part, ", part %u", wish->part + 1);
	snprintf(name, sizeof name, "Group of %" JSON_INTEGER_FORMAT " sources: %s%s", sources, ports, part);
	snprintf(words, sizeof words,
	    "%" JSON_INTEGER_FORMAT " sources that began to act together at unused addresses (a darknet), from %.40s "
	    "to %.40s: ports %s%s%.60s, %" JSON_INTEGER_FORMAT
	    " packets; noticed %.40s, when %.1f new sources were seen and %.2f were expected.",
	    sources, string_of(finding, "first"), string_of(finding, "last"), ports, *tool ? ", tool " : "", tool,
	    json_integer_value(json_object_get(finding, "packets")), string_of(finding, "noticed"),
	    json_number_value(json_object_get(finding, "observed")),
	    json_number_value(json_object_get(finding, "expected")));
	json_object_set_new(object, "name", json_string(name));
	json_object_set_new(object, "description", json_string(words));
}

json_t *group_object(const struct group_wish *wish, const struct group_set *set, const json_t *finding)
{
	char id[UUID_TEXT], whole[ITEM_ID], reference[64];
	struct text marking = stix_tlp_marking(wish->tlp, ITEM_STIX_21);
	json_t *object = json_pack("{s:s,s:s}", "type", "indicator", "spec_version", "2.1");
	uuid_format(finding_item(wish->group, wish->part), id);
	snprintf(whole, sizeof whole, "indicator--%s", id);
	uuid_format(wish->group, id);
	snprintf(reference, sizeof reference, "%s/%" JSON_INTEGER_FORMAT, id,
	    json_integer_value(json_object_get(finding, "sources")));
	json_object_set_new(object, "id", json_string(whole));
	put_time(object, "created", wish->created);
	put_time(object, "modified", wish->modified);
	put_words(object, wish, finding);
	json_object_set_new(object, "indicator_types", json_pack("[s]", "anomalous-activity"));
	json_object_set_new(object, "pattern", json_sprintf("%.*s]", (int)set->pattern.size, set->pattern.at));
	json_object_set_new(object, "pattern_type", json_string("stix"));
	put_time(object, "valid_from", wish->modified);
	if (wish->until)
		put_time(object, "valid_until", wish->until);
	json_object_set_new(object, "confidence", json_integer(wish->confidence));
	json_object_set_new(object, "object_marking_refs", json_pack("[s%]", marking.at, marking.size));
	json_object_set_new(object, "external_references",
	    json_pack("[{s:s,s:s,s:s}]", "source_name", REFERENCE, "external_id", reference, "description",
		"The group that a telescope found, and how many sources it had."));
	return object;
}

uint64_t group_sources_of(const struct item *item)
{
	json_t *kept = json_loadb(item->kept.at ? item->kept.at : "", item->kept.size, 0, NULL), *each;
	uint64_t sources = 0;
	size_t place;
	json_array_foreach(json_object_get(kept, "external_references"), place, each)
	{
		const char *id = json_string_value(json_object_get(each, "external_id"));
		const char *slash = id ? strchr(id, '/') : NULL;
		if (slash && strcmp(string_of(each, "source_name"), REFERENCE) == 0)
			text_to_u64(text_of(slash + 1), &sources);
	}
	json_decref(kept);
	return sources;
}
