/*
 * Writing a feed of MISP; see misp_feed.h. Called by convert.c.
 */
#include "intel/misp_feed.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/memory.h"
#include "formats/misp.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PATH_ROOM 4400
#define MANIFEST_LONGEST (64u << 20)
#define DEEPEST (MISP_DEEPEST + 4)

struct listed {
	struct uuid uuid;
	struct text manifest; /* what stands behind its name */
	struct text hashes;   /* lines */
};

struct misp_feed {
	char folder[4200];
	struct json_parser *parser;
	struct arena *arena;
	struct listed *listed;
	size_t count, room;
};

enum error misp_feed_open(const char *folder, struct misp_feed **opened, struct failure *failure)
{
	struct misp_feed *feed = calloc(1, sizeof *feed);
	enum error error = OK;
	if (!feed || !(feed->parser = json_parser_new(DEEPEST)) || !(feed->arena = arena_new(0)))
		error = fail(failure, ERROR_MEMORY, "no memory for a feed");
	if (!error)
		error = directory_make(folder, 0755, failure);
	if (error) {
		misp_feed_free(feed);
		return error;
	}
	snprintf(feed->folder, sizeof feed->folder, "%.4100s", folder);
	*opened = feed;
	return OK;
}

void misp_feed_free(struct misp_feed *feed)
{
	if (!feed)
		return;
	json_parser_free(feed->parser);
	arena_free(feed->arena);
	free(feed->listed);
	free(feed);
}

unsigned misp_feed_count(const struct misp_feed *feed)
{
	return (unsigned)feed->count;
}

static void path_of(const struct misp_feed *feed, const char *name, char to[static PATH_ROOM])
{
	snprintf(to, PATH_ROOM, "%s/%s", feed->folder, name);
}

/* ── hashes ─ */

static void hash_part(struct builder *to, struct text value, const char *uuid)
{
	uint8_t digest[16];
	char hex[HEX_SIZE(16)];
	md5(value.at, value.size, digest);
	build_format(to, "%s,%s\n", hex_format(digest, sizeof digest, hex), uuid);
}

/* Of "filename|md5" and the like each part. */
static void hash_attributes(struct builder *to, struct json_value attributes, const char *uuid)
{
	struct json_walk walk = { 0 };
	while (json_next(attributes, &walk)) {
		struct text value = json_text(json_get(walk.value, "value")),
			    type = json_text(json_get(walk.value, "type"));
		bool parts = text_find(type, TEXT("|")) >= 0 || text_equal(type, TEXT("malware-sample"));
		while (parts && value.size)
			hash_part(to, text_cut(&value, '|'), uuid);
		if (value.size)
			hash_part(to, value, uuid);
	}
}

/* ── an event ─ */

static void build_manifest(struct builder *to, struct json_value event)
{
	static const char *const members[] = { "info", "date", "analysis", "threat_level_id", "timestamp",
		"publish_timestamp", "Orgc", NULL };
	struct json_walk walk = { 0 };
	bool more = false;
	build_char(to, '{');
	for (size_t i = 0; members[i]; i++) {
		struct json_value value = json_get(event, members[i]);
		if (!json_exists(value))
			continue;
		build_format(to, "\"%s\":", members[i]);
		build_json_value(to, value);
		build_char(to, ',');
	}
	build_text(to, TEXT("\"Tag\":["));
	while (json_next(json_get(event, "Tag"), &walk)) {
		if (more)
			build_char(to, ',');
		build_json_value(to, walk.value);
		more = true;
	}
	build_text(to, TEXT("]}"));
}

static struct listed *place_of(struct misp_feed *feed, struct uuid uuid)
{
	for (size_t i = 0; i < feed->count; i++)
		if (uuid_equal(feed->listed[i].uuid, uuid))
			return &feed->listed[i];
	if (feed->count == feed->room) {
		struct listed *more = array_grow(feed->listed, &feed->room, 256, sizeof *more);
		if (!more)
			return NULL;
		feed->listed = more;
	}
	feed->listed[feed->count] = (struct listed){ .uuid = uuid };
	return &feed->listed[feed->count++];
}

static enum error note(struct misp_feed *feed, struct json_value event, struct uuid uuid, struct failure *failure)
{
	struct builder manifest = { 0 }, hashes = { 0 };
	struct json_walk walk = { 0 };
	char name[UUID_TEXT];
	struct listed *listed = place_of(feed, uuid);
	uuid_format(uuid, name);
	build_manifest(&manifest, event);
	hash_attributes(&hashes, json_get(event, "Attribute"), name);
	while (json_next(json_get(event, "Object"), &walk))
		hash_attributes(&hashes, json_get(walk.value, "Attribute"), name);
	bool noted = listed && !manifest.failed && !hashes.failed;
	if (noted) {
		listed->manifest = arena_text(feed->arena, (struct text){ manifest.at, manifest.size });
		listed->hashes = arena_text(feed->arena, (struct text){ hashes.at, hashes.size });
		noted = listed->manifest.at && listed->hashes.at;
	}
	builder_free(&manifest);
	builder_free(&hashes);
	return noted ? OK : fail(failure, ERROR_MEMORY, "no memory for a feed");
}

static enum error put_event(struct misp_feed *feed, struct json_value entry, struct failure *failure)
{
	char id[UUID_TEXT], name[UUID_TEXT + 8], path[PATH_ROOM];
	struct uuid uuid;
	struct builder text = { 0 };
	struct json_value event = json_get(entry, "Event");
	if (!uuid_parse(json_text(json_get(event, "uuid")), &uuid))
		return fail(failure, ERROR_INPUT, "an event without a UUID has no place in a feed");
	snprintf(name, sizeof name, "%s.json", uuid_format(uuid, id));
	path_of(feed, name, path);
	build_json_value(&text, entry);
	enum error error = text.failed ? fail(failure, ERROR_MEMORY, "no memory for an event")
				       : file_replace(path, (struct text){ text.at, text.size }, 0644, failure);
	builder_free(&text);
	return error ? error : note(feed, event, uuid, failure);
}

enum error misp_feed_event(struct misp_feed *feed, struct text json, struct failure *failure)
{
	struct json_value root;
	enum error error = json_parse(feed->parser, json, &root, failure);
	return error ? error : put_event(feed, root, failure);
}

enum error misp_feed_events(struct misp_feed *feed, struct text json, struct failure *failure)
{
	struct json_value root;
	struct json_walk walk = { 0 };
	enum error error = json_parse(feed->parser, json, &root, failure);
	while (!error && json_next(json_get(root, "response"), &walk))
		if (json_exists(json_get(walk.value, "Event")))
			error = put_event(feed, walk.value, failure);
	return error;
}

/* ── the whole ─ */

static enum error remove_event(const struct misp_feed *feed, struct uuid uuid, struct failure *failure)
{
	char name[UUID_TEXT], path[PATH_ROOM], file[UUID_TEXT + 8];
	for (size_t i = 0; i < feed->count; i++)
		if (uuid_equal(feed->listed[i].uuid, uuid))
			return OK;
	snprintf(file, sizeof file, "%s.json", uuid_format(uuid, name));
	path_of(feed, file, path);
	return access(path, F_OK) == 0 ? file_remove(path, failure) : OK;
}

/* What the feed before had and this one has not. A manifest that is none of MISP's names nothing. */
static enum error remove_old(struct misp_feed *feed, struct text before, struct failure *failure)
{
	struct failure ignored;
	struct json_value root;
	struct json_walk walk = { 0 };
	enum error error = OK;
	if (!before.size || json_parse(feed->parser, before, &root, &ignored) != OK)
		return OK;
	while (!error && json_next(root, &walk)) {
		struct uuid uuid;
		if (uuid_parse(walk.key, &uuid))
			error = remove_event(feed, uuid, failure);
	}
	return error;
}

static enum error write_lists(struct misp_feed *feed, const char *manifest_path, struct failure *failure)
{
	char hashes_path[PATH_ROOM], name[UUID_TEXT];
	struct builder manifest = { 0 }, hashes = { 0 };
	build_char(&manifest, '{');
	for (size_t i = 0; i < feed->count; i++) {
		build_format(&manifest, "%s\"%s\":", i ? ",\n" : "", uuid_format(feed->listed[i].uuid, name));
		build_text(&manifest, feed->listed[i].manifest);
		build_text(&hashes, feed->listed[i].hashes);
	}
	build_text(&manifest, TEXT("}\n"));
	path_of(feed, "hashes.csv", hashes_path);
	enum error error = manifest.failed || hashes.failed
			       ? fail(failure, ERROR_MEMORY, "no memory for a feed")
			       : file_replace(hashes_path, (struct text){ hashes.at, hashes.size }, 0644, failure);
	if (!error)
		error = file_replace(manifest_path, (struct text){ manifest.at, manifest.size }, 0644, failure);
	builder_free(&manifest);
	builder_free(&hashes);
	return error;
}

enum error misp_feed_commit(struct misp_feed *feed, struct failure *failure)
{
	char path[PATH_ROOM];
	char *before = NULL;
	size_t size = 0;
	path_of(feed, "manifest.json", path);
	enum error error = file_read(path, MANIFEST_LONGEST, &before, &size, failure);
	if (error == ERROR_NOT_FOUND)
		error = OK;
	if (!error)
		error = write_lists(feed, path, failure);
	if (!error)
		error = remove_old(feed, (struct text){ before, size }, failure);
	free(before);
	return error;
}
