/*
 * systemd's journal as `journalctl -o json` writes it: one object a message, every value a text; bytes that are no text
 * stand as an array of numbers, and what is too long as null. Source: systemd's "Journal Export Formats", the fields in
 * systemd.journal-fields(7). See syslog.h.
 */
#include "formats/syslog_inner.h"

static struct text first_of(struct json_value root, const char *const *names)
{
	for (; *names; names++) {
		struct text value = json_text(json_get(root, *names));
		if (value.size)
			return value;
	}
	return TEXT_NONE;
}

/* The message, which is an array when it is no UTF-8: then it is decoded as any other. */
static struct text message_of(struct syslog_reader *reader, struct json_value value)
{
	struct json_walk walk = { 0 };
	uint64_t byte;
	if (json_kind(value) != JSON_IS_ARRAY)
		return json_text(value);
	builder_clear(&reader->bytes);
	while (json_next(value, &walk))
		if (json_to_u64(walk.value, &byte) && byte <= UINT8_MAX)
			build_char(&reader->bytes, (char)(unsigned char)byte);
	return (struct text){ reader->bytes.at, reader->bytes.size };
}

static bool number_of(struct json_value root, const char *name, uint64_t most, uint64_t *number)
{
	return text_to_u64(json_text(json_get(root, name)), number) && *number <= most;
}

enum error syslog_read_journal(
    struct syslog_reader *reader, struct text bytes, struct syslog_message *message, struct failure *failure)
{
	static const char *const applications[] = { "SYSLOG_IDENTIFIER", "_COMM", NULL };
	static const char *const processes[] = { "SYSLOG_PID", "_PID", NULL };
	struct json_value root;
	uint64_t number;
	enum error error = json_parse(reader->parser, bytes, &root, failure);
	if (error)
		return error;
	if (!number_of(root, "__REALTIME_TIMESTAMP", INT64_MAX / MICROSECOND, &number))
		return fail(failure, ERROR_INPUT, "__REALTIME_TIMESTAMP: microseconds since 1970 were expected");
	message->form = SYSLOG_JOURNAL;
	message->occurred = (nanoseconds)number * MICROSECOND;
	message->has_priority = number_of(root, "PRIORITY", 7, &number);
	if (message->has_priority)
		message->severity = (uint8_t)number;
	if (number_of(root, "SYSLOG_FACILITY", 23, &number))
		message->facility = (uint8_t)number;
	message->has_sequence = number_of(root, "__SEQNUM", UINT64_MAX, &message->sequence);
	message->host = json_text(json_get(root, "_HOSTNAME"));
	message->application = first_of(root, applications);
	message->process = first_of(root, processes);
	message->message = message_of(reader, json_get(root, "MESSAGE"));
	return OK;
}
