/*
 * What an analyst does elsewhere: a pair of keys; samples and passwords opened; lines of sessions as indicators.
 */
#include "base/base64.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/stream.h"
#include "decoy/command.h"
#include "decoy/vault.h"
#include "net/address.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SEALED_MOST (64u << 20)
#define LONGEST_LINE (1u << 20)
#define DEEPEST 16
#define PAYLOAD_LEAST 64 /* bytes whose hash tells something */

static int complain(const char *path, const struct failure *failure)
{
	fprintf(stderr, "noroshi decoy: %s%s%s\n", path, *path ? ": " : "", failure->words);
	return 2;
}

int decoy_key(const char *path)
{
	struct builder line = { 0 };
	struct failure failure;
	if (vault_key_make(path, &line, &failure) != OK)
		return complain("", &failure);
	bool written = !line.failed && fwrite(line.at, 1, line.size, stdout) == line.size && fflush(stdout) == 0;
	builder_free(&line);
	return written ? 0 : 2;
}

/* ── opening ─ */

/* A line of passwords: the same with "password" in the place of "sealed". */
static enum error open_line(
    const uint8_t *key, struct json_parser *parser, struct text line, struct builder *to, struct failure *failure)
{
	struct json_value root;
	struct base64_decoder decoder = { 0 };
	struct builder password = { 0 };
	uint64_t number;
	enum error error = json_parse(parser, line, &root, failure);
	struct text sealed = error ? TEXT_NONE : json_text(json_get(root, "sealed"));
	struct text session = error ? TEXT_NONE : json_text(json_get(root, "session"));
	if (error)
		return error;
	if (!sealed.size || !session.size || !json_to_u64(json_get(root, "number"), &number))
		return fail(failure, ERROR_INPUT, "expected a sealed sample, or lines of sealed passwords");
	uint8_t *bytes = malloc(sealed.size + 3);
	if (!bytes)
		return fail(failure, ERROR_MEMORY, "no memory to open it");
	size_t size = base64_decode(&decoder, sealed.at, sealed.size, bytes);
	error = vault_open(key, (struct text){ (const char *)bytes, size }, &password, failure);
	free(bytes);
	if (!error) {
		build_text(to, TEXT("{\"session\":"));
		build_json_string(to, session);
		build_format(to, ",\"number\":%" PRIu64 ",\"password\":", number);
		build_json_string(to, (struct text){ password.at, password.size });
		build_text(to, TEXT("}\n"));
	}
	builder_free(&password);
	return error;
}

static enum error open_bytes(const uint8_t *key, struct text bytes, struct builder *to, struct failure *failure)
{
	if (text_starts(bytes, TEXT(VAULT_SAMPLE))) {
		size_t before = sizeof VAULT_SAMPLE - 1;
		return vault_open(key, (struct text){ bytes.at + before, bytes.size - before }, to, failure);
	}
	struct json_parser *parser = json_parser_new(DEEPEST);
	enum error error = parser ? OK : fail(failure, ERROR_MEMORY, "no memory to read");
	while (!error && bytes.size) {
		struct text line = text_cut(&bytes, '\n');
		if (line.size)
			error = open_line(key, parser, line, to, failure);
	}
	json_parser_free(parser);
	return error;
}

static enum error open_file(const uint8_t *key, const char *path, struct failure *failure)
{
	struct builder opened = { 0 };
	char *at;
	size_t size;
	enum error error = file_read(path, SEALED_MOST, &at, &size, failure);
	if (error)
		return error;
	error = open_bytes(key, (struct text){ at, size }, &opened, failure);
	free(at);
	if (!error && opened.failed)
		error = fail(failure, ERROR_MEMORY, "no memory to open it");
	if (!error && opened.size && fwrite(opened.at, 1, opened.size, stdout) != opened.size)
		error = fail(failure, ERROR_SYSTEM, "cannot write to standard output");
	builder_free(&opened);
	return error;
}

int decoy_open(const char *path, char **paths, int count)
{
	uint8_t key[VAULT_KEY];
	struct failure failure;
	int status = 0;
	if (isatty(STDOUT_FILENO)) {
		fputs("noroshi decoy: what strangers brought is not shown on a terminal: redirect it\n", stderr);
		return 2;
	}
	if (vault_key_read(path, key, &failure) != OK)
		return complain("", &failure);
	for (int i = 0; i < count; i++)
		if (open_file(key, paths[i], &failure) != OK)
			status = complain(paths[i], &failure);
	sodium_memzero(key, sizeof key);
	return fflush(stdout) == 0 ? status : 2;
}

/* ── indicators ─ */

struct listed {
	uint64_t *hashes; /* of what was printed; 0 = free */
	size_t room, count;
};

static bool put_hash(struct listed *listed, uint64_t hash)
{
	size_t at = hash & (listed->room - 1);
	while (listed->hashes[at] && listed->hashes[at] != hash)
		at = (at + 1) & (listed->room - 1);
	bool fresh = !listed->hashes[at];
	listed->hashes[at] = hash;
	listed->count += fresh;
	return fresh;
}

/* Whether it was not printed before; without memory it is printed again. */
static bool is_new(struct listed *listed, const char *type, struct text value)
{
	if (2 * listed->count >= listed->room) {
		struct listed more = { .room = listed->room ? 2 * listed->room : 1024 };
		if (!(more.hashes = calloc(more.room, sizeof *more.hashes)))
			return true;
		for (size_t i = 0; i < listed->room; i++)
			if (listed->hashes[i])
				put_hash(&more, listed->hashes[i]);
		free(listed->hashes);
		*listed = more;
	}
	return put_hash(listed, hash_text(value, hash_text(text_of(type), 0)) | 1);
}

static void print_value(struct listed *listed, const char *type, struct text value, const char *action)
{
	if (!value.size || !is_new(listed, type, value))
		return;
	printf("%s,\"", type);
	for (size_t i = 0; i < value.size; i++) {
		if (value.at[i] == '"')
			putchar('"');
		putchar(value.at[i]);
	}
	printf("\",%s\n", action);
}

/* Sources are for watching only: many are victims themselves, and addresses change hands. */
static bool print_session(struct listed *listed, struct json_value root)
{
	struct json_value decoy = json_get(root, "decoy"), urls = json_get(decoy, "urls");
	struct json_walk walk = { 0 };
	struct address source;
	uint64_t size;
	if (!text_equal(json_text(json_get(decoy, "what")), TEXT("session")))
		return false;
	if (address_parse(json_text(json_get(root, "src_ip")), &source) && !address_is_private(source))
		print_value(listed, "address", json_text(json_get(root, "src_ip")), "observe");
	print_value(listed, "hassh", json_text(json_get(decoy, "hassh")), "observe");
	if (json_to_u64(json_get(decoy, "payload_size"), &size) && size >= PAYLOAD_LEAST)
		print_value(listed, "sha256", json_text(json_get(decoy, "payload_sha256")), "alert");
	while (json_next(urls, &walk))
		print_value(listed, "url", json_text(walk.value), "alert");
	return true;
}

static enum error print_file(
    const char *path, struct json_parser *parser, struct listed *listed, uint64_t *malformed, struct failure *failure)
{
	struct stream *stream;
	struct line line;
	struct json_value root;
	enum error error = stream_open(path, &stream, failure);
	if (error)
		return error;
	while ((error = stream_line(stream, LONGEST_LINE, &line, failure)) == OK)
		if (line.text.size &&
		    (line.cut || json_parse(parser, line.text, &root, NULL) != OK || !print_session(listed, root)))
			++*malformed;
	stream_close(stream);
	return error == ERROR_END ? OK : error;
}

int decoy_indicators(char **paths, int count)
{
	struct json_parser *parser = json_parser_new(DEEPEST);
	struct failure failure;
	struct listed listed = { .count = 0 };
	uint64_t malformed = 0;
	int status = parser ? 0 : 2;
	for (int i = 0; i < count && parser; i++)
		if (print_file(paths[i], parser, &listed, &malformed, &failure) != OK)
			status = complain(paths[i], &failure);
	json_parser_free(parser);
	free(listed.hashes);
	if (malformed)
		fprintf(
		    stderr, "noroshi decoy: %" PRIu64 " lines are no sessions of a decoy: passed over\n", malformed);
	return fflush(stdout) == 0 && !malformed ? status : 2;
}
