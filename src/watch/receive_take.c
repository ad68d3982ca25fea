/*
 * What becomes of a message: it is read, shown to the detectors, and written as a record where it is to be shipped. See
 * receive_inner.h.
 */
#include "watch/receive_inner.h"

#include "formats/eve_syslog.h"
#include "watch/auth_alert.h"

#include <string.h>

bool receive_allowed(const struct receiving *receiving, struct address sender)
{
	const struct receive_source *source = receiving->source;
	for (size_t i = 0; i < source->from_count; i++)
		if (prefix_contains(source->from[i], sender))
			return true;
	return source->from_count == 0;
}

struct rate {
	int64_t second;
	uint32_t count;
};

bool receive_rate(struct receiving *receiving, struct address sender)
{
	struct address group = address_group(sender);
	nanoseconds now = time_monotonic();
	if (!receiving->rates)
		return true;
	struct rate *rate = table_take(receiving->rates, group.bytes, now, NULL);
	if (rate->second != now / SECOND)
		*rate = (struct rate){ .second = now / SECOND };
	return ++rate->count <= receiving->source->rate;
}

void receive_finding(void *context, const struct auth_finding *finding)
{
	struct receive *receive = context;
	struct builder line = { 0 };
	receive->findings++;
	auth_alert_write(finding, &line);
	if (!line.failed)
		received_add(receive->alerts, (struct text){ line.at, line.size });
	builder_free(&line);
}

/* The line of another program that the message carries, on one line whatever it holds. CEF is read with the header of
 * its message, which says host and time. */
static void write_content(struct receiving *receiving, struct text bytes, const struct syslog_message *message)
{
	struct builder *line = &receiving->receive->line;
	struct text content = strcmp(receiving->source->content, "cef") == 0 ? bytes : message->message;
	builder_clear(line);
	build_text(line, text_trim(content));
	for (size_t i = 0; i < line->size; i++)
		if (line->at[i] == '\n' || line->at[i] == '\r' || line->at[i] == 0)
			line->at[i] = ' ';
	build_char(line, '\n');
	if (!line->failed)
		received_add(receiving->records, (struct text){ line->at, line->size });
}

static void write_record(struct receiving *receiving, const struct syslog_message *message,
    const struct auth_fact *fact, const struct eve_syslog *came)
{
	struct receive *receive = receiving->receive;
	struct text kept;
	builder_clear(&receive->line);
	eve_syslog(&receive->line, message, fact, came);
	if (receive->line.failed ||
	    !capture_reduce(receive->reducer, &receive->settings->policy, CAPTURE_FOR_RECORD, format_named("eve"), NULL,
		(struct text){ receive->line.at, receive->line.size - 1 }, &receive->withheld, &kept))
		return;
	received_add(receiving->records, kept);
	received_add(receiving->records, TEXT("\n"));
}

void receive_message(struct receiving *receiving, struct text bytes, const struct receive_from *from)
{
	const struct receive_source *source = receiving->source;
	struct receive_counts *counts = &receiving->counts;
	struct syslog_message message;
	struct auth_fact fact;
	struct failure failure;
	char sender[ADDRESS_TEXT];
	address_format(from->sender, sender);
	const struct auth_origin origin = { .host = *sender ? text_of(sender) : text_of(source->name),
		.stream = from->stream,
		.received = time_now() };
	if (bytes.size > source->longest) {
		bytes.size = source->longest;
		counts->cut++;
	}
	enum error error =
	    auth_feed(&receiving->receive->feed, receiving->reader, bytes, &origin, &message, &fact, &failure);
	counts->messages++;
	counts->bytes += bytes.size;
	counts->malformed += error != OK;
	counts->decoded += message.decoded;
	counts->facts += fact.kind != AUTH_NONE;
	const struct eve_syslog came = { .source = text_of(source->name),
		.transport = text_of(receive_transport_name(source->transport)),
		.sender = from->sender,
		.peer = from->peer,
		.received = origin.received,
		.malformed = error ? failure.words : NULL };
	if (!receiving->records || (!source->content && source->send == RECEIVE_FACTS && fact.kind == AUTH_NONE))
		return;
	counts->records++;
	if (source->content)
		write_content(receiving, bytes, &message);
	else
		write_record(receiving, &message, &fact, &came);
}
