/*
 * A day's counts as a file (docs/formats/day-table.md), written whole, read with every line checked.
 */
#include "darknet/day/day_inside.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/stream.h"
#include "darknet/packet/arrival.h"
#include "darknet/packet/header.h"
#include "darknet/packet/method.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LINE_LONGEST 1024
#define VERSION 1

/* ── writing ─ */

static int compare_rows(const void *a, const void *b)
{
	const struct day_row *one = a, *other = b;

	return (one->key > other->key) - (one->key < other->key);
}

static void write_head(struct builder *to, const struct day_about *about)
{
	build_format(to, "{\"day_table\":%d,\"sensor\":", VERSION);
	build_json_string(to, text_of(about->sensor));
	build_text(to, TEXT(",\"part\":"));
	build_json_string(to, text_of(about->part));
	build_format(to, ",\"day\":%" PRId64 ",\"zone\":%d,\"addresses\":%" PRIu64 ",\"seconds\":%" PRIu32 "}\n",
	    about->day, about->zone, about->addresses, about->seconds);
}

static void write_row(struct builder *to, const struct day_row *row)
{
	struct day_key key = day_key_unpack(row->key);

	build_format(to, "%s,%u,%u,%.2s,%s,%d,%" PRIu64 "\n", arrival_kind_name(key.kind), key.protocol, key.port,
	    key.country, method_name(key.method), key.research, row->packets);
}

enum error day_table_write(
    const struct day_table *table, const struct day_about *about, const char *path, struct failure *failure)
{
	struct day_row *sorted = malloc((table->count + 1) * sizeof *sorted);
	struct builder text = { 0 };
	size_t count = 0;

	if (!sorted)
		return fail(failure, ERROR_MEMORY, "%s: no memory", path);
	for (size_t i = 0; i < table->room; i++)
		if (table->rows[i].packets)
			sorted[count++] = table->rows[i];
	qsort(sorted, count, sizeof *sorted, compare_rows);
	write_head(&text, about);
	for (size_t i = 0; i < count; i++)
		write_row(&text, &sorted[i]);
	if (!text.failed)
		build_format(
		    &text, "end,%zu,%" PRIu64 ",%08x\n", count, table->packets, checksum(0, text.at, text.size));
	free(sorted);
	enum error error = text.failed ? fail(failure, ERROR_MEMORY, "%s: no memory", path)
				       : file_replace(path, (struct text){ text.at, text.size }, 0640, failure);
	builder_free(&text);
	return error;
}

/* ── reading ─ */

struct reading {
	const char *path;
	struct day_about *about;
	day_visitor visit;
	void *context;
	struct failure *failure;
	uint64_t rows, packets, last; /* key */
	uint32_t sum;                 /* of all lines so far */
	bool ended;
};

static enum error wrong(const struct reading *reading, uint64_t line, const char *expected)
{
	return fail(
	    reading->failure, ERROR_CORRUPT, "%s: line %" PRIu64 ": %s was expected", reading->path, line, expected);
}

static bool take_head(struct json_value head, struct day_about *about)
{
	int64_t zone;
	uint64_t seconds;
	bool taken = text_copy(json_text(json_get(head, "sensor")), about->sensor, sizeof about->sensor) &&
		     text_copy(json_text(json_get(head, "part")), about->part, sizeof about->part) &&
		     json_to_i64(json_get(head, "day"), &about->day) && json_to_i64(json_get(head, "zone"), &zone) &&
		     json_to_u64(json_get(head, "addresses"), &about->addresses) &&
		     json_to_u64(json_get(head, "seconds"), &seconds);

	if (!taken || zone <= -86400 || zone >= 86400 || seconds > 86400 || about->day < -1 || about->day > 106752 ||
	    about->sensor[0] == '\0')
		return false;
	about->zone = (int)zone;
	about->seconds = (uint32_t)seconds;
	return true;
}

static enum error read_head(struct reading *reading, struct text line)
{
	struct json_parser *parser = json_parser_new(4);
	struct json_value head;
	int64_t version = 0;
	enum error error;

	if (!parser)
		return fail(reading->failure, ERROR_MEMORY, "%s: no memory", reading->path);
	if (json_parse(parser, line, &head, NULL) != OK || !json_to_i64(json_get(head, "day_table"), &version))
		error = wrong(reading, 1, "the beginning of a day table");
	else if (version != VERSION)
		error = fail(reading->failure, ERROR_VERSION,
		    "%s: a day table of version %" PRId64 "; this program reads %d", reading->path, version, VERSION);
	else
		error = take_head(head, reading->about)
			    ? OK
			    : wrong(reading, 1, "sensor, part, day, zone, addresses and seconds");
	json_parser_free(parser);
	return error;
}

static bool named_kind(struct text name, uint8_t *kind)
{
	for (uint8_t i = 0; i < ARRIVAL_KINDS; i++)
		if (text_equal(name, text_of(arrival_kind_name(i)))) {
			*kind = i;
			return true;
		}
	return false;
}

static bool take_number(struct text *rest, uint64_t most, uint64_t *number)
{
	return text_to_u64(text_cut(rest, ','), number) && *number <= most;
}

static bool take_row(struct text rest, struct day_key *key, uint64_t *packets)
{
	uint64_t protocol, port, research;
	enum arrival_method method = METHOD_NONE;

	*key = (struct day_key){ 0 };
	if (!named_kind(text_cut(&rest, ','), &key->kind) || !take_number(&rest, 255, &protocol) ||
	    !take_number(&rest, 65535, &port))
		return false;
	struct text country = text_cut(&rest, ','), name = text_cut(&rest, ',');
	if ((country.size != 0 && country.size != 2) || (name.size && !method_named(name, &method)) ||
	    !take_number(&rest, 1, &research) || !text_to_u64(rest, packets) || *packets == 0)
		return false;
	for (size_t i = 0; i < country.size; i++) {
		if (country.at[i] < 'A' || country.at[i] > 'Z')
			return false;
		key->country[i] = country.at[i];
	}
	key->protocol = (uint8_t)protocol;
	key->port = (uint16_t)port;
	key->method = (uint8_t)method;
	key->research = research;
	return true;
}

static enum error read_end(struct reading *reading, uint64_t number, struct text text)
{
	struct builder expected = { 0 };

	build_format(&expected, "end,%" PRIu64 ",%" PRIu64 ",%08x", reading->rows, reading->packets, reading->sum);
	reading->ended = !expected.failed && text_equal(text, (struct text){ expected.at, expected.size });
	builder_free(&expected);
	return reading->ended ? OK
			      : wrong(reading, number, "the number of lines and packets before it, and their checksum");
}

static void add_to_sum(struct reading *reading, struct text line)
{
	reading->sum = checksum(checksum(reading->sum, line.at, line.size), "\n", 1);
}

static enum error read_line(struct reading *reading, const struct line *line)
{
	struct day_key key;
	uint64_t packets;

	if (reading->ended)
		return wrong(reading, line->number, "nothing behind the end");
	if (text_starts(line->text, TEXT("end,")))
		return read_end(reading, line->number, line->text);
	add_to_sum(reading, line->text);
	if (line->number == 1)
		return read_head(reading, line->text);
	if (!take_row(line->text, &key, &packets))
		return wrong(reading, line->number, "kind,protocol,port,country,method,research,packets");
	uint64_t packed = day_key_pack(&key);
	if ((reading->rows && packed <= reading->last) || reading->packets + packets < packets)
		return wrong(reading, line->number, "a key behind the one before it");
	reading->last = packed;
	reading->rows++;
	reading->packets += packets;
	return reading->visit ? reading->visit(reading->context, reading->about, &key, packets, reading->failure) : OK;
}

enum error day_table_read(
    const char *path, struct day_about *about, day_visitor visit, void *context, struct failure *failure)
{
	struct reading reading = {
		.path = path, .about = about, .visit = visit, .context = context, .failure = failure
	};
	struct stream *stream;
	struct line line;
	enum error error = stream_open(path, &stream, failure);

	if (error)
		return error;
	while (!error && (error = stream_line(stream, LINE_LONGEST, &line, failure)) == OK)
		error = line.unterminated || line.cut ? wrong(&reading, line.number, "a whole line")
						      : read_line(&reading, &line);
	stream_close(stream);
	if (error != ERROR_END)
		return error;
	return reading.ended ? OK : fail(failure, ERROR_CORRUPT, "%s: it ends before its last line", path);
}
