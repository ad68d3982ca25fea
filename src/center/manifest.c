/*
 * The manifest of a backup: written as JSON, and read as what a stranger may have made. See manifest.h.
 */
#include "center/manifest.h"

#include "base/file.h"
#include "base/memory.h"
#include "store/store.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST ((size_t)64 << 20)

enum error manifest_add(
    struct manifest *manifest, const char *name, uint64_t size, const uint8_t digest[32], struct failure *failure)
{
	if (manifest->count == MANIFEST_FILES)
		return fail(failure, ERROR_LIMIT, "more than %d files in one backup", MANIFEST_FILES);
	if (manifest->count == manifest->room) {
		void *more = array_grow(manifest->files, &manifest->room, 64, sizeof *manifest->files);
		if (!more)
			return fail(failure, ERROR_MEMORY, "no memory for the list of files");
		manifest->files = more;
	}
	struct manifest_file *file = &manifest->files[manifest->count];
	*file = (struct manifest_file){ .size = size };
	if (!text_copy(text_of(name), file->name, sizeof file->name))
		return fail(failure, ERROR_LIMIT, "%s: the name is too long", name);
	memcpy(file->digest, digest, 32);
	manifest->count++;
	return OK;
}

uint64_t manifest_bytes(const struct manifest *manifest)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < manifest->count; i++)
		bytes += manifest->files[i].size;
	return bytes;
}

void manifest_free(struct manifest *manifest)
{
	free(manifest->files);
	*manifest = (struct manifest){ 0 };
}

/* ── writing ─ */

static json_t *time_json(nanoseconds time)
{
	char text[TIME_TEXT];
	return json_string(time_format(time, text));
}

static json_t *files_json(const struct manifest *manifest)
{
	json_t *list = json_array();
	for (size_t i = 0; i < manifest->count; i++) {
		const struct manifest_file *file = &manifest->files[i];
		char hex[HEX_SIZE(32)];
		json_array_append_new(list, json_pack("{s:s,s:I,s:s}", "name", file->name, "size",
						(json_int_t)file->size, "sha256", hex_format(file->digest, 32, hex)));
	}
	return list;
}

static char *manifest_text(const struct manifest *manifest)
{
	char hex[HEX_SIZE(32)];
	json_t *json = json_pack("{s:i,s:s,s:s,s:o,s:o,s:{s:i},s:{s:I,s:s},s:I,s:b,s:o}", "format", MANIFEST_FORMAT,
	    "program", manifest->program, "user", manifest->user, "point", time_json(manifest->point), "made",
	    time_json(manifest->made), "versions", "state", (int)manifest->schema, "log", "lines",
	    (json_int_t)manifest->log_lines, "hash", hex_format(manifest->log_hash, 32, hex), "history_end",
	    (json_int_t)manifest->history_end, "secrets", (int)manifest->secrets, "files", files_json(manifest));
	char *text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
	json_decref(json);
	return text;
}

enum error manifest_write(
    const struct manifest *manifest, const char *folder, uint8_t digest[32], struct failure *failure)
{
	char path[4400], hex[HEX_SIZE(32)], line[128];
	char *text = manifest_text(manifest);
	if (!text)
		return fail(failure, ERROR_MEMORY, "no memory for the manifest");
	sha256(text, strlen(text), digest);
	snprintf(path, sizeof path, "%s/manifest.json", folder);
	enum error error = file_replace(path, text_of(text), 0600, failure);
	free(text);
	snprintf(path, sizeof path, "%s/manifest.sha256", folder);
	snprintf(line, sizeof line, "%s  manifest.json\n", hex_format(digest, 32, hex));
	return error ? error : file_replace(path, text_of(line), 0600, failure);
}

/* ── reading ─ */

/* "folder/name" of letters, digits, "-", "_" and ".", neither part beginning with a point. */
static bool name_is_safe(const char *name)
{
	const char *slash = strchr(name, '/');
	size_t size = strlen(name);
	return slash && slash != name && slash[1] && name[0] != '.' && slash[1] != '.' && size < MANIFEST_NAME &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./") == size &&
	       !strchr(slash + 1, '/');
}

static bool digest_get(const json_t *json, const char *name, uint8_t digest[32])
{
	const char *hex = json_string_value(json_object_get(json, name));
	return hex && hex_parse(text_of(hex), digest, 32);
}

static bool count_get(const json_t *json, const char *name, uint64_t *value)
{
	const json_t *number = json_object_get(json, name);
	*value = (uint64_t)json_integer_value(number);
	return json_is_integer(number) && json_integer_value(number) >= 0;
}

static bool time_get(const json_t *json, const char *name, nanoseconds *value)
{
	const char *text = json_string_value(json_object_get(json, name));
	return text && time_parse(text_of(text), 0, value, NULL);
}

static bool text_get(const json_t *json, const char *name, char *to, size_t size)
{
	const char *text = json_string_value(json_object_get(json, name));
	return text && text_copy(text_of(text), to, size);
}

static enum error files_get(const json_t *list, struct manifest *manifest, struct failure *failure)
{
	size_t index;
	const json_t *item;
	json_array_foreach(list, index, item)
	{
		const char *name = json_string_value(json_object_get(item, "name"));
		uint64_t size;
		uint8_t digest[32];
		if (!name || !name_is_safe(name) || !count_get(item, "size", &size) ||
		    !digest_get(item, "sha256", digest))
			return fail(failure, ERROR_CORRUPT, "the manifest's entry %zu is no file of a backup", index);
		enum error error = manifest_add(manifest, name, size, digest, failure);
		if (error)
			return error;
	}
	return json_is_array(list) && manifest->count ? OK
						      : fail(failure, ERROR_CORRUPT, "the manifest lists no files");
}

static enum error versions_check(const json_t *json, struct manifest *manifest, struct failure *failure)
{
	uint64_t format, schema;
	if (!count_get(json, "format", &format))
		return fail(failure, ERROR_CORRUPT, "the manifest names no format");
	if (format > MANIFEST_FORMAT)
		return fail(failure, ERROR_VERSION,
		    "the backup was made by a newer version (its format is %llu, this program reads up to %d): install "
		    "that version",
		    (unsigned long long)format, MANIFEST_FORMAT);
	if (!count_get(json_object_get(json, "versions"), "state", &schema))
		return fail(failure, ERROR_CORRUPT, "the manifest names no version of the state store");
	if (schema > (uint64_t)store_schema_newest())
		return fail(failure, ERROR_VERSION,
		    "the backup was made by a newer version (the schema of its state store is %llu, this program reads "
		    "up "
		    "to %d): install that version",
		    (unsigned long long)schema, store_schema_newest());
	manifest->schema = (uint32_t)schema;
	return OK;
}

static enum error fields_get(const json_t *json, struct manifest *manifest, struct failure *failure)
{
	const json_t *log = json_object_get(json, "log");
	enum error error = versions_check(json, manifest, failure);
	if (error)
		return error;
	if (!text_get(json, "program", manifest->program, sizeof manifest->program) ||
	    !text_get(json, "user", manifest->user, sizeof manifest->user) ||
	    !time_get(json, "point", &manifest->point) || !time_get(json, "made", &manifest->made) ||
	    !count_get(log, "lines", &manifest->log_lines) || !digest_get(log, "hash", manifest->log_hash) ||
	    !count_get(json, "history_end", &manifest->history_end))
		return fail(failure, ERROR_CORRUPT, "the manifest is not complete");
	manifest->secrets = json_is_true(json_object_get(json, "secrets"));
	return files_get(json_object_get(json, "files"), manifest, failure);
}

enum error manifest_parse(struct text text, struct manifest *manifest, struct failure *failure)
{
	json_error_t why;
	*manifest = (struct manifest){ 0 };
	json_t *json = json_loadb(text.at, text.size, JSON_REJECT_DUPLICATES, &why);
	if (!json_is_object(json)) {
		json_decref(json);
		return fail(failure, ERROR_CORRUPT, "the manifest is damaged (line %d)", why.line);
	}
	enum error error = fields_get(json, manifest, failure);
	json_decref(json);
	if (error)
		manifest_free(manifest);
	return error;
}

enum error manifest_read(const char *folder, struct manifest *manifest, uint8_t digest[32], struct failure *failure)
{
	char path[4400], *text, *line = NULL;
	uint8_t noted[32];
	size_t size, line_size = 0;
	*manifest = (struct manifest){ 0 };
	snprintf(path, sizeof path, "%s/manifest.json", folder);
	enum error error = file_read(path, LARGEST, &text, &size, failure);
	if (error == ERROR_NOT_FOUND)
		return fail(failure, ERROR_NOT_FOUND, "%s is no backup: it has no manifest.json", folder);
	if (error)
		return error;
	sha256(text, size, digest);
	error = manifest_parse((struct text){ text, size }, manifest, failure);
	free(text);
	snprintf(path, sizeof path, "%s/manifest.sha256", folder);
	if (!error)
		error = file_read(path, 4096, &line, &line_size, failure);
	if (!error && (line_size < 64 || !hex_parse((struct text){ line, 64 }, noted, 32) || memcmp(noted, digest, 32)))
		error =
		    fail(failure, ERROR_CORRUPT, "the manifest was changed or damaged: manifest.sha256 does not fit");
	free(line);
	if (error)
		manifest_free(manifest);
	return error;
}
