/*
 * What the readers share: taking addresses, ports, times and tactics out of what detectors write, and saying what was
 * wrong.
 */
#include "formats/fields.h"
#include "base/memory.h"

#include <string.h>

#define QUOTED_BYTES 48 /* of the text; printable it may take three times as much */

char *field_quote(struct text text, char to[static QUOTED])
{
	bool cut = text.size > QUOTED_BYTES;
	to[0] = '"';
	size_t size = text_make_printable((struct text){ text.at, cut ? QUOTED_BYTES : text.size }, to + 1);
	memcpy(to + 1 + size, cut ? "…\"" : "\"", cut ? sizeof "…\"" : sizeof "\"");
	return to;
}

struct text field_concat(struct format_reader *reader, const struct text *pieces, size_t count)
{
	return arena_concat(reader->arena, pieces, count);
}

enum error field_root(struct format_reader *reader, struct text line, struct json_value *root, struct failure *failure)
{
	struct text trimmed = text_trim(line);
	if (text_equal(trimmed, TEXT("{")) || text_equal(trimmed, TEXT("[")))
		return fail(failure, ERROR_INPUT,
		    "the JSON is spread over several lines: one object on each line was expected (in AMiner set "
		    "pretty: false)");
	reader->parsed = true;
	enum error error = json_parse(reader->parser, line, root, failure);
	if (error)
		return error;
	if (json_kind(*root) != JSON_IS_OBJECT)
		return fail(failure, ERROR_INPUT, "the line is JSON but no object: an object, { … }, was expected");
	return OK;
}

static struct text text_of_value(struct json_value value)
{
	if (json_kind(value) == JSON_IS_ARRAY) {
		struct json_walk walk = { 0 };
		return json_next(value, &walk) ? json_text(walk.value) : TEXT_NONE;
	}
	return json_text(value);
}

struct text field_text(struct json_value object, const char *dotted)
{
	return text_of_value(json_at(object, dotted));
}

static size_t joined_size(struct json_value array)
{
	size_t size = 0;
	for (struct json_walk walk = { 0 }; json_next(array, &walk);)
		size += json_text(walk.value).size + 2;
	return size;
}

struct text field_join(struct format_reader *reader, struct json_value value)
{
	if (json_kind(value) != JSON_IS_ARRAY)
		return json_text(value);
	char *at = arena_take(reader->arena, joined_size(value) + 1);
	if (!at)
		return TEXT_NONE;
	size_t size = 0;
	for (struct json_walk walk = { 0 }; json_next(value, &walk);) {
		struct text item = json_text(walk.value);
		if (!item.size)
			continue;
		if (size) {
			memcpy(at + size, ", ", 2);
			size += 2;
		}
		memcpy(at + size, item.at, item.size);
		size += item.size;
	}
	return (struct text){ at, size };
}

static bool says_nothing(struct text text)
{
	return text.size == 0 || (text.size == 1 && text.at[0] == '-');
}

enum error field_address(struct text text, const char *name, struct address *address, struct failure *failure)
{
	char quoted[QUOTED];
	if (says_nothing(text) || address_parse(text, address))
		return OK;
	return fail(failure, ERROR_INPUT, "%s: %s is no IPv4 or IPv6 address", name, field_quote(text, quoted));
}

enum error field_port(struct text text, const char *name, uint16_t *port, struct failure *failure)
{
	char quoted[QUOTED];
	uint64_t number;
	if (says_nothing(text))
		return OK;
	if (!text_to_u64(text, &number) || number > UINT16_MAX)
		return fail(failure, ERROR_INPUT, "%s: %s is no port: a number of 0 to 65535 was expected", name,
		    field_quote(text, quoted));
	*port = (uint16_t)number;
	return OK;
}

void field_try_address(struct text text, struct address *address)
{
	if (text.size)
		address_parse(text, address);
}

void field_try_port(struct text text, uint16_t *port)
{
	uint64_t number;
	if (text.size && text_to_u64(text, &number) && number <= UINT16_MAX)
		*port = (uint16_t)number;
}

enum error field_time(
    struct format_reader *reader, struct text text, const char *name, struct alert *alert, struct failure *failure)
{
	char quoted[QUOTED];
	alert->zone_assumed = false;
	if (!text.size)
		return fail(failure, ERROR_INPUT, "%s: there is none; the time when it happened was expected", name);
	if (time_parse_epoch(text, &alert->occurred) ||
	    time_parse(text, reader->settings->zone, &alert->occurred, &alert->zone_assumed))
		return OK;
	return fail(failure, ERROR_INPUT,
	    "%s: %s is no time: seconds since 1970 or a form as 2026-04-01T12:00:00.5+09:00 was expected", name,
	    field_quote(text, quoted));
}

uint16_t field_tactics_list(struct text list)
{
	uint16_t bits = 0;
	while (list.size)
		bits |= tactic_bit(text_cut(&list, ','));
	return bits;
}

uint16_t field_tactics(struct json_value value)
{
	if (json_kind(value) != JSON_IS_ARRAY)
		return field_tactics_list(json_text(value));
	uint16_t bits = 0;
	for (struct json_walk walk = { 0 }; json_next(value, &walk);)
		bits |= field_tactics_list(json_text(walk.value));
	return bits;
}

enum outcome field_outcome(struct text words)
{
	static const char *const failed[] = { "fail", "failed", "failure", "block", "blocked", "deny", "denied", "drop",
		"dropped", "reject", "rejected", "refused", "prevented", "quarantined", "no", NULL };
	static const char *const succeeded[] = { "succeeded", "success", "successful", "yes", NULL };
	words = text_trim(words);
	for (size_t i = 0; failed[i]; i++)
		if (text_equal_nocase(words, text_of(failed[i])))
			return OUTCOME_FAILED;
	for (size_t i = 0; succeeded[i]; i++)
		if (text_equal_nocase(words, text_of(succeeded[i])))
			return OUTCOME_SUCCEEDED;
	return OUTCOME_UNKNOWN;
}

enum outcome field_http_outcome(struct text status)
{
	return status.size == 3 && status.at[0] == '4' ? OUTCOME_FAILED : OUTCOME_UNKNOWN;
}

static bool is_one_host(struct address address)
{
	if (!address_exists(address))
		return false;
	if (address_is_v4(address))
		return address.bytes[12] < 224; /* RFC 1112: 224.0.0.0/4; above it reserved and 255.255.255.255 */
	return address.bytes[0] != 0xff;        /* RFC 4291, 2.7 */
}

bool field_concern(struct alert *alert)
{
	bool source = is_one_host(alert->source), target = is_one_host(alert->target);
	bool outward = source && target && address_is_private(alert->source) && !address_is_private(alert->target);
	bool is_target = target && !outward;
	if (is_target)
		alert->host_address = alert->target;
	else if (source && address_is_private(alert->source))
		alert->host_address = alert->source;
	return is_target;
}

#define RECOGNISE_BYTES 16384
#define RECOGNISE_LINES 8

enum error field_beginning(struct stream *stream, struct text *beginning, struct failure *failure)
{
	enum error error = stream_peek(stream, RECOGNISE_BYTES, beginning, failure);
	if (error || text_trim(*beginning).size || beginning->size == RECOGNISE_BYTES)
		return error;
	struct line empty;
	while ((error = stream_line(stream, RECOGNISE_BYTES, &empty, failure)) == OK)
		;
	return error; /* nothing came, or it broke before anything did */
}

int field_recognise(struct text beginning, struct json_parser *parser, bool (*looks)(struct json_value root),
    const char *const *keys, int certain)
{
	struct text rest = beginning;
	if (beginning.size && !memchr(beginning.at, '\n', beginning.size)) {
		size_t i = 0;
		while (keys[i] && text_find(beginning, text_of(keys[i])) >= 0)
			i++;
		if (beginning.at[0] == '{' && !keys[i])
			return certain - 10;
	}
	for (int i = 0; rest.size && i < RECOGNISE_LINES; i++) {
		struct json_value root;
		struct text line = text_trim(text_cut(&rest, '\n'));
		if (line.size && line.at[0] == '{' && !json_parse(parser, line, &root, NULL) && looks(root))
			return certain;
	}
	return 0;
}
