/*
 * Reads and writes records of reach tests. See record.h.
 */
#include "reach/record.h"

#include <string.h>

enum column {
	DRILL,
	YEAR,
	DIRECTION,
	TIER,
	BODY,
	RECIPIENT,
	CONTACT,
	SENT,
	REACHED,
	ACKNOWLEDGED,
	REASON,
	CHECK,
	ADDRESSED,
	COLUMN_COUNT
};
/* Where "addressed" holds a number, the line is a whole tier, and "reached" holds one too. */
static const char *const names[] = { "drill", "year", "direction", "tier", "body", "recipient", "contact", "sent",
	"reached", "acknowledged", "reason", "check", "addressed", NULL };

static enum error wrong(enum column column, const char *expected, struct failure *failure)
{
	return fail(failure, ERROR_INPUT, "%s: %s was expected", names[column], expected);
}

static bool take_yes(struct text value, bool *yes)
{
	static const char *const words[][2] = { { "no", "yes" }, { "0", "1" }, { "false", "true" }, { "", "はい" },
		{ "いいえ", "○" }, { "×", "済" } };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		for (int side = 0; side < 2; side++) {
			if (text_equal_nocase(value, text_of(words[i][side]))) {
				*yes = side;
				return true;
			}
		}
	}
	return false;
}

static bool take_time(struct text value, nanoseconds *time)
{
	return value.size == 0 || time_parse(value, 9 * 3600, time, NULL);
}

/* What a record without a reason says about itself. */
static enum reach_reason reason_of(const struct reach_record *record)
{
	return record->acknowledged ? REACH_REACHED : REACH_UNKNOWN;
}

static enum error take_counts(const struct text *values, struct reach_record *record, struct failure *failure)
{
	if (!text_to_u64(values[ADDRESSED], &record->count) || record->count == 0)
		return wrong(ADDRESSED, "a number of recipients, at least 1,", failure);
	if (!text_to_u64(values[REACHED], &record->count_reached) || record->count_reached > record->count)
		return wrong(REACHED, "a number, not larger than \"addressed\",", failure);
	return OK;
}

static enum error take_one(const struct text *values, struct reach_record *record, struct failure *failure)
{
	record->recipient = values[RECIPIENT];
	record->contact = values[CONTACT];
	if (record->recipient.size == 0)
		return wrong(RECIPIENT, "the recipient's name", failure);
	if (!take_time(values[SENT], &record->sent))
		return wrong(SENT, "a time (RFC 3339)", failure);
	if (!take_time(values[REACHED], &record->reached))
		return wrong(REACHED, "a time (RFC 3339)", failure);
	if (!take_yes(values[ACKNOWLEDGED], &record->acknowledged))
		return wrong(ACKNOWLEDGED, "yes or no", failure);
	if (!take_yes(values[CHECK], &record->checked))
		return wrong(CHECK, "yes or no", failure);
	if (values[REASON].size == 0)
		record->reason = reason_of(record);
	else if (!reach_reason_parse(values[REASON], &record->reason))
		return wrong(REASON, "a code of a reason", failure);
	if (record->reason == REACH_REACHED && !record->acknowledged)
		return wrong(REASON, "why it was not reached, for it is not acknowledged,", failure);
	return OK;
}

static enum error take(const struct text *values, struct reach_record *record, struct failure *failure)
{
	uint64_t year = 0;
	*record = (struct reach_record){ .drill = values[DRILL], .tier = values[TIER], .body = values[BODY] };
	if (record->tier.size == 0 || record->tier.size >= TIER_SIZE)
		return wrong(TIER, "a name of up to 63 bytes", failure);
	if (values[YEAR].size > 0 && (!text_to_u64(values[YEAR], &year) || year < 1970 || year > 2261))
		return wrong(YEAR, "a year", failure);
	if (values[DIRECTION].size > 0 && !dispatch_direction_parse(values[DIRECTION], &record->direction))
		return wrong(DIRECTION, "down or up", failure);
	if (record->drill.size >= NAME_SIZE || record->body.size >= NAME_SIZE)
		return fail(failure, ERROR_INPUT, "drill, body: at most %d bytes", NAME_SIZE - 1);
	enum error error =
	    values[ADDRESSED].size > 0 ? take_counts(values, record, failure) : take_one(values, record, failure);
	record->year = year > 0 ? (int)year : record->sent ? fiscal_year(record->sent) : 0;
	return error;
}

/* A member of the object as the field of CSV that it stands for. */
static enum error json_field(
    json_t *object, const char *name, struct arena *arena, struct text *value, struct failure *failure)
{
	json_t *member = json_object_get(object, name);
	struct builder number = { 0 };
	*value = TEXT_NONE;
	if (!member || json_is_null(member))
		return OK;
	if (json_is_string(member))
		*value = arena_text(arena, (struct text){ json_string_value(member), json_string_length(member) });
	else if (json_is_boolean(member))
		*value = json_is_true(member) ? TEXT("yes") : TEXT("no");
	else if (json_is_integer(member)) {
		build_format(&number, "%lld", (long long)json_integer_value(member));
		*value = arena_text(arena, (struct text){ number.at, number.size });
		builder_free(&number);
	} else
		return fail(failure, ERROR_INPUT, "%s: text, a number, true or false was expected", name);
	*value = text_trim(*value);
	return OK;
}

static enum error read_json(
    struct reach_reader *reader, struct text line, struct reach_record *record, struct failure *failure)
{
	json_error_t broken;
	struct text values[COLUMN_COUNT];
	enum error error = OK;
	json_t *object = json_loadb(line.at, line.size, JSON_REJECT_DUPLICATES, &broken);
	if (!json_is_object(object)) {
		json_decref(object);
		return fail(
		    failure, ERROR_INPUT, "no JSON object: %.100s", object ? "it is something else" : broken.text);
	}
	for (int i = 0; i < COLUMN_COUNT && error == OK; i++)
		error = json_field(object, names[i], reader->arena, &values[i], failure);
	json_decref(object);
	return error == OK ? take(values, record, failure) : error;
}

enum error reach_record_read(
    struct reach_reader *reader, struct text line, struct reach_record *record, struct failure *failure)
{
	struct text values[COLUMN_COUNT];
	struct text trimmed = text_trim(line);
	if (trimmed.size == 0)
		return ERROR_END;
	if (text_utf8_valid(trimmed) < trimmed.size)
		return fail(failure, ERROR_INPUT, "not UTF-8 at byte %zu", text_utf8_valid(trimmed) + 1);
	if (trimmed.at[0] == '{')
		return read_json(reader, trimmed, record, failure);
	enum error error;
	if (reader->columns.count == 0) {
		error = columns_header(&reader->columns, names, trimmed, reader->arena, failure);
		return error == OK ? ERROR_END : error;
	}
	error = columns_line(&reader->columns, trimmed, reader->arena, values, failure);
	return error == OK ? take(values, record, failure) : error;
}

void reach_record_write_header(struct builder *to)
{
	for (int i = 0; i <= CHECK; i++)
		build_format(to, "%s%s", i > 0 ? "," : "", names[i]);
	build_char(to, '\n');
}

static void write_time(struct builder *to, nanoseconds time)
{
	char words[TIME_TEXT];
	build_text(to, time ? text_of(time_format(time, words)) : TEXT_NONE);
	build_char(to, ',');
}

void reach_record_write(struct builder *to, const struct reach_record *record)
{
	const struct text texts[] = { record->tier, record->body, record->recipient, record->contact };
	columns_write(to, record->drill);
	build_format(to, ",%d,%s,", record->year, dispatch_direction_code(record->direction));
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		columns_write(to, texts[i]);
		build_char(to, ',');
	}
	write_time(to, record->sent);
	write_time(to, record->reached);
	build_format(to, "%s,%s,%s\n", record->acknowledged ? "yes" : "no", reach_reason_code(record->reason),
	    record->checked ? "yes" : "no");
}

static void set_text(json_t *object, const char *name, struct text value)
{
	json_object_set_new(object, name, json_stringn(value.at ? value.at : "", value.size));
}

static void set_time(json_t *object, const char *name, nanoseconds time)
{
	char words[TIME_TEXT];
	if (time)
		json_object_set_new(object, name, json_string(time_format(time, words)));
}

json_t *reach_record_json(const struct reach_record *record)
{
	json_t *object = json_object();
	set_text(object, "drill", record->drill);
	json_object_set_new(object, "year", json_integer(record->year));
	json_object_set_new(object, "direction", json_string(dispatch_direction_code(record->direction)));
	set_text(object, "tier", record->tier);
	set_text(object, "body", record->body);
	set_text(object, "recipient", record->recipient);
	set_text(object, "contact", record->contact);
	set_time(object, "sent", record->sent);
	set_time(object, "reached", record->reached);
	json_object_set_new(object, "acknowledged", json_boolean(record->acknowledged));
	json_object_set_new(object, "reason", json_string(reach_reason_code(record->reason)));
	json_object_set_new(object, "check", json_boolean(record->checked));
	return object;
}
