/*
 * What a telescope tells. See eve_darknet.h.
 */
#include "formats/eve_darknet.h"

#include "model/appearance.h"

#include <stdint.h>

static const struct kind {
	enum appearance_kind kind;
	const char *id, *signature, *category;
	enum severity severity;
} kinds[] = {
	{ APPEARANCE_PROBE, "darknet:probe", "Darknet: probe", "Outbound scan", SEVERITY_MEDIUM },
	{ APPEARANCE_WORM, "darknet:worm", "Darknet: worm", "Outbound scan", SEVERITY_HIGH },
	{ APPEARANCE_ANSWER, "darknet:answer", "Darknet: answer", "Denial of service", SEVERITY_MEDIUM },
	{ APPEARANCE_MISCONFIGURATION, "darknet:misconfiguration", "Darknet: misconfiguration", "Misconfiguration",
	    SEVERITY_INFO },
	{ APPEARANCE_RESEARCH, "darknet:research", "Darknet: research scanner", "Research scan", SEVERITY_INFO },
	{ APPEARANCE_ATTEMPT, "darknet:attempt", "Decoy: attempt", "Attempted intrusion", SEVERITY_HIGH },
};

bool eve_is_darknet(struct json_value event)
{
	return json_kind(json_get(event, "darknet")) == JSON_IS_OBJECT ||
	       json_kind(json_get(event, "decoy")) == JSON_IS_OBJECT;
}

/* Ports, tools and the like are short words; whatever else a stranger writes there is left out. */
static bool is_word(struct text value)
{
	bool fits = value.size > 0 && value.size < APPEARANCE_WORD;
	for (size_t i = 0; i < value.size && fits; i++) {
		char c = value.at[i];
		fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
		       c == '.' || c == '-' || c == '_';
	}
	return fits;
}

/* When the event of a line that goes on began, so that nobody adds its packets up; else nothing. */
static struct text since_of(struct json_value darknet, char words[static TIME_TEXT])
{
	nanoseconds since;
	bool assumed;
	if (json_kind(json_get(darknet, "again")) != JSON_IS_TRUE ||
	    !time_parse(field_text(darknet, "first"), 0, &since, &assumed))
		return TEXT_NONE;
	return text_of(time_format_micro(since, words));
}

static void take_object(struct format_reader *reader, struct json_value darknet, struct alert *alert)
{
	static const char *const names[] = { "port", "tool", "worm", "method", "targets", "addresses" };
	struct text pieces[4 * sizeof names / sizeof *names + 2];
	char words[TIME_TEXT];
	struct text since = since_of(darknet, words);
	size_t count = 0;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct text value = field_text(darknet, names[i]);
		if (!is_word(value))
			continue;
		if (count > 0)
			pieces[count++] = TEXT(" ");
		pieces[count++] = text_of(names[i]);
		pieces[count++] = TEXT("=");
		pieces[count++] = value;
	}
	if (since.size) {
		pieces[count] = count ? TEXT(" since=") : TEXT("since=");
		pieces[count + 1] = since;
		count += 2;
	}
	alert->object = count ? field_concat(reader, pieces, count) : TEXT_NONE;
}

static bool kind_of(struct json_value darknet, enum appearance_kind *is)
{
	struct text kind = field_text(darknet, "kind");
	if (json_kind(json_get(darknet, "research")) == JSON_IS_TRUE)
		*is = APPEARANCE_RESEARCH;
	else if (field_text(darknet, "worm").size)
		*is = APPEARANCE_WORM;
	else if (text_equal(kind, TEXT("probe")))
		*is = APPEARANCE_PROBE;
	else if (text_equal(kind, TEXT("backscatter")))
		*is = APPEARANCE_ANSWER;
	else if (text_equal(kind, TEXT("other")))
		*is = APPEARANCE_MISCONFIGURATION;
	else
		return false;
	return true;
}

static enum error take_kind(enum appearance_kind is, struct alert *alert, struct failure *failure)
{
	const struct kind *kind = &kinds[is];
	if (!address_exists(alert->source))
		return fail(failure, ERROR_INPUT, "src_ip: there is none; a source that appeared has one");
	alert->signature_id = text_of(kind->id);
	alert->signature = text_of(kind->signature);
	alert->category = text_of(kind->category);
	alert->severity = kind->severity;
	return OK;
}

static enum error take_source(
    struct format_reader *reader, struct json_value darknet, struct alert *alert, struct failure *failure)
{
	enum appearance_kind kind;
	uint64_t packets;
	if (!kind_of(darknet, &kind))
		return fail(failure, ERROR_INPUT, "darknet.kind: probe, backscatter or other is expected of a source");
	enum error error = take_kind(kind, alert, failure);
	if (error)
		return error;
	if (text_to_u64(field_text(darknet, "packets"), &packets) && packets > 0)
		alert->repeats = packets > UINT32_MAX ? UINT32_MAX : (uint32_t)packets;
	take_object(reader, darknet, alert);
	return OK;
}

/* What a decoy was sent (docs/formats/decoy-lines.md). Only a connection says that the address is the sender's own. */
static enum error take_decoy(
    struct format_reader *reader, struct json_value event, struct alert *alert, struct failure *failure)
{
	struct text port = field_text(event, "dest_port"), received = field_text(json_get(event, "decoy"), "received");
	bool over_tcp = text_equal(alert->protocol, TEXT("TCP"));
	bool tried = over_tcp && received.size && !text_equal(received, TEXT("0"));
	if (is_word(port)) {
		const struct text pieces[] = { TEXT("port="), port, over_tcp ? TEXT("/tcp") : TEXT("/udp") };
		alert->object = field_concat(reader, pieces, sizeof pieces / sizeof *pieces);
	}
	return take_kind(tried ? APPEARANCE_ATTEMPT : APPEARANCE_PROBE, alert, failure);
}

/* Of what many do together the words are the telescope's own. */
static enum error take_other(
    struct format_reader *reader, struct json_value event, struct alert *alert, struct failure *failure)
{
	struct json_value rule = json_get(event, "alert"), darknet = json_get(event, "darknet");
	struct text what = field_text(darknet, "what");
	uint64_t severity;
	if (!is_word(what))
		return fail(failure, ERROR_INPUT, "darknet.what: there is none");
	const struct text pieces[] = { TEXT("darknet:"), what };
	alert->signature_id = field_concat(reader, pieces, sizeof pieces / sizeof *pieces);
	alert->signature = field_text(rule, "signature");
	if (!alert->signature.size)
		alert->signature = alert->signature_id;
	alert->category = field_text(rule, "category");
	if (text_to_u64(field_text(rule, "severity"), &severity))
		alert->severity = severity == 1   ? SEVERITY_HIGH
				  : severity == 2 ? SEVERITY_MEDIUM
				  : severity == 3 ? SEVERITY_LOW
						  : SEVERITY_INFO;
	take_object(reader, darknet, alert);
	return OK;
}

enum error eve_darknet(
    struct format_reader *reader, struct json_value event, struct alert *alert, struct failure *failure)
{
	struct json_value darknet = json_get(event, "darknet");
	alert->detector = TEXT(APPEARANCE_DETECTOR);
	alert->protocol = field_text(event, "proto");
	if (json_kind(darknet) != JSON_IS_OBJECT)
		return take_decoy(reader, event, alert, failure);
	return text_equal(field_text(darknet, "what"), TEXT("source")) ? take_source(reader, darknet, alert, failure)
								       : take_other(reader, event, alert, failure);
}
