/*
 * Advisories out of feeds; see feed_item.h. What an entry is known by travels in the item as its external reference, so
 * that keeper and courier say the same of it.
 */
#include "intel/feed_item.h"

#include "formats/stix.h"
#include "intel/item_make.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define TYPE "x-noroshi-advisory"

/* Any would do; it keeps our ids apart from everybody's. */
static const struct uuid space = { { 0x3e, 0x0a, 0x52, 0x9c, 0x77, 0x41, 0x4b, 0x0d, 0x9a, 0x16, 0x5c, 0xe2, 0x08, 0xb4,
    0x61, 0xdf } };

/* ── links ─ */

static bool is_tracking(struct text name)
{
	static const char *const names[] = { "gclid", "dclid", "fbclid", "msclkid", "yclid", "twclid", "igshid",
		"mc_cid", "mc_eid", "_ga", "_gl", "mkt_tok", "_hsenc", "_hsmi" };
	if (name.size > 4 && strncasecmp(name.at, "utm_", 4) == 0)
		return true;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (text_equal_nocase(name, text_of(names[i])))
			return true;
	return false;
}

static void build_lower(struct builder *to, struct text text)
{
	for (size_t i = 0; i < text.size; i++)
		build_char(to, text.at[i] >= 'A' && text.at[i] <= 'Z' ? (char)(text.at[i] - 'A' + 'a') : text.at[i]);
}

static void build_query(struct builder *to, struct text query)
{
	char before = '?';
	while (query.size) {
		struct text parameter = text_cut(&query, '&'), rest = parameter;
		if (is_tracking(text_cut(&rest, '=')))
			continue;
		build_char(to, before);
		build_text(to, parameter);
		before = '&';
	}
}

void feed_link(struct text link, struct builder *to)
{
	size_t scheme = link.size > 8 && strncasecmp(link.at, "https://", 8) == 0  ? 8
			: link.size > 7 && strncasecmp(link.at, "http://", 7) == 0 ? 7
										   : 0;
	if (!scheme)
		return;
	struct text address = { link.at + scheme, link.size - scheme };
	struct text rest = address, before = text_cut(&rest, '#'), fragment = rest;
	struct text query = before, way = text_cut(&query, '?');
	struct text path = way, host = text_cut(&path, '/');
	if (text_ends(host, TEXT(":443")))
		host.size -= 4;
	else if (text_ends(host, TEXT(":80")))
		host.size -= 3;
	build_lower(to, host);
	while (text_ends(path, TEXT("/")))
		path.size--;
	if (path.size)
		build_char(to, '/');
	build_text(to, path);
	build_query(to, query);
	if (fragment.size) { /* many entries stand on one page */
		build_char(to, '#');
		build_text(to, fragment);
	}
}

/* ── what it is known by ─ */

/* An address; a URI, which is a name for everybody; anything else, a name within its feed. */
static bool key_of(struct text id, struct text feed, uint8_t key[static 32])
{
	struct builder text = { 0 };
	feed_link(id, &text);
	if (text.size == 0 && id.size) {
		build_text(&text, text_find(id, TEXT(":")) > 0 ? TEXT_NONE : feed);
		build_char(&text, '\n');
		build_text(&text, id);
	}
	bool made = text.size > 0 && !text.failed;
	if (made)
		sha256(text.at, text.size, key);
	builder_free(&text);
	return made;
}

static void keys_of(struct text id, struct text link, struct text feed, struct entry_keys *keys)
{
	*keys = (struct entry_keys){ 0 };
	keys->count = key_of(id, feed, keys->keys[0]);
	keys->named = keys->count > 0;
	if (key_of(link, feed, keys->keys[keys->count]))
		keys->count += keys->count == 0 || memcmp(keys->keys[0], keys->keys[1], sizeof keys->keys[0]) != 0;
}

static void add(struct sha256 *hash, struct text text)
{
	sha256_add(hash, text.at ? text.at : "", text.size);
	sha256_add(hash, "", 1);
}

static void digest_of(const struct item *item, struct text link, uint8_t digest[static 32])
{
	char when[TIME_TEXT];
	struct sha256 *hash = sha256_begin();
	add(hash, item->name);
	add(hash, item->description);
	add(hash, link);
	if (item->published.when) { /* else the dates are those of when we looked */
		add(hash, text_of(time_format(item->published.when, when)));
		add(hash, text_of(time_format(item->modified.when, when)));
	}
	sha256_end(hash, digest);
}

static struct text string_of(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	return json_is_string(value) ? (struct text){ json_string_value(value), json_string_length(value) } : TEXT_NONE;
}

bool feed_item_keys(const struct item *item, struct text feed, struct entry_keys *keys)
{
	*keys = (struct entry_keys){ 0 };
	json_t *kept = item->kept.size ? json_loadb(item->kept.at, item->kept.size, JSON_ALLOW_NUL, NULL) : NULL;
	const json_t *reference = json_array_get(json_object_get(kept, "external_references"), 0);
	struct text id = string_of(reference, "external_id"), link = string_of(reference, "url");
	keys_of(id, link, feed, keys);
	digest_of(item, link, keys->digest);
	json_decref(kept);
	return keys->count > 0;
}

/* ── the item ─ */

static void put(json_t *object, const char *name, struct text text)
{
	if (text.size)
		json_object_set_new(object, name, json_stringn(text.at, text.size));
}

static void put_time(json_t *object, const char *name, nanoseconds when)
{
	char written[TIME_TEXT];
	const struct item_time time = { .when = when / MILLISECOND * MILLISECOND };
	put(object, name, item_time_text(&time, written));
}

static nanoseconds sane(nanoseconds when, nanoseconds now)
{
	return when > 0 && when <= now + DAY ? when : 0;
}

static void put_times(json_t *object, const struct feed_entry *entry, nanoseconds now)
{
	nanoseconds published = sane(entry->published, now), updated = sane(entry->updated, now);
	nanoseconds first = published ? published : updated, last = updated > published ? updated : published;
	put_time(object, "created", first ? first : now);
	put_time(object, "modified", last ? last : now);
	if (first)
		put_time(object, "published", first);
}

static json_t *object_of(
    const struct feed_entry *entry, struct text id, struct text feed, enum tlp tlp, nanoseconds now)
{
	struct text marking = stix_tlp_marking(tlp, ITEM_STIX_21);
	json_t *object = json_object(), *reference = json_object(), *references = json_array();
	put(object, "type", TEXT(TYPE));
	put(object, "spec_version", TEXT("2.1"));
	put(object, "id", id);
	put_times(object, entry, now);
	put(object, "name", entry->title.size ? entry->title : entry->link.size ? entry->link : entry->id);
	put(object, "description", entry->summary);
	json_object_set_new(object, "object_marking_refs", json_pack("[s%]", marking.at, marking.size));
	put(reference, "source_name", entry->source.size ? entry->source : feed);
	put(reference, "url", entry->link);
	put(reference, "external_id", entry->id);
	json_array_append_new(references, reference);
	json_object_set_new(object, "external_references", references);
	return object;
}

enum error feed_item_make(const struct feed_entry *entry, struct text feed, enum tlp tlp, nanoseconds now,
    struct arena *arena, struct item *item, struct failure *failure)
{
	struct entry_keys keys;
	char id[ITEM_ID], uuid[UUID_TEXT];
	keys_of(entry->id, entry->link, feed, &keys);
	if (keys.count == 0)
		return fail(failure, ERROR_INPUT, "an entry has neither an id nor a link");
	snprintf(id, sizeof id, TYPE "--%s", uuid_format(uuid_derived(space, keys.keys[0], sizeof keys.keys[0]), uuid));
	json_t *object = object_of(entry, text_of(id), feed, tlp, now);
	enum error error = item_of_object(object, arena, item, failure);
	json_decref(object);
	return error;
}
