/*
 * The one-line alerts of Snort ("alert_fast") and Suricata (fast.log).
 *
 *   03/04/2020-13:55:05.224939  [**] [1:2221028:1] Words [**] [Classification: Class] [Priority: 3]
 * {TCP} 10.0.0.1:41334 -> 10.0.0.2:80
 *
 * In: lines. Out: alerts. Between the time and the first [**] may stand [Drop] (it was blocked) or [wDrop] (it would
 * have been). Snort 3 puts the words between quotation marks; Snort leaves out the year unless started with -y.
 */
#include "formats/dates.h"
#include "formats/eve.h"
#include "formats/fields.h"

static bool skip_to(struct text *rest, struct text mark)
{
	ptrdiff_t at = text_find(*rest, mark);
	if (at < 0)
		return false;
	size_t behind = (size_t)at + mark.size;
	*rest = (struct text){ rest->at + behind, rest->size - behind };
	return true;
}

/* What stands before `mark`; `*rest` moves behind it. */
static bool take_until(struct text *rest, struct text mark, struct text *taken)
{
	const char *start = rest->at;
	if (!skip_to(rest, mark))
		return false;
	*taken = text_trim((struct text){ start, (size_t)(rest->at - start) - mark.size });
	return true;
}

/* "10.0.0.1:80"; IPv6 with its port behind a last colon ("2001:0db8:…:0001:80"), as both programs write it. */
static void set_end(struct text text, bool has_port, struct address *address, uint16_t *port)
{
	size_t colon = text.size;
	while (colon > 0 && text.at[colon - 1] != ':')
		colon--;
	struct text before = { text.at, colon ? colon - 1 : 0 };
	struct text after = { text.at + colon, text.size - colon };
	if (has_port && before.size && address_parse(before, address)) {
		field_try_port(after, port);
		return;
	}
	if (address_parse(text, address))
		return;
	uint16_t type = 0; /* of ICMP: it stands where others have the port */
	address_parse_port(text, address, has_port ? port : &type);
}

static void set_traffic(struct text rest, struct alert *alert)
{
	struct text source, protocol;
	if (!skip_to(&rest, TEXT("{")) || !take_until(&rest, TEXT("}"), &protocol))
		return;
	alert->protocol = protocol;
	if (!take_until(&rest, TEXT(" -> "), &source))
		return; /* an event of the decoder: "[Raw pkt: …]" */
	struct text target = text_trim(rest);
	target = text_cut(&target, ' ');
	bool has_port = text_equal_nocase(protocol, TEXT("TCP")) || text_equal_nocase(protocol, TEXT("UDP")) ||
			text_equal_nocase(protocol, TEXT("SCTP"));
	set_end(source, has_port, &alert->source, &alert->source_port);
	set_end(target, has_port, &alert->target, &alert->target_port);
}

static void set_grade(struct text rest, struct alert *alert)
{
	struct text class = TEXT_NONE, priority = TEXT_NONE, after = rest;
	if (skip_to(&after, TEXT("[Classification:")) && take_until(&after, TEXT("]"), &class) &&
	    !text_equal(class, TEXT("(null)")))
		alert->category = class;
	after = rest;
	if (skip_to(&after, TEXT("[Priority:")) && take_until(&after, TEXT("]"), &priority))
		alert->severity = eve_severity(priority);
}

static enum error fast_line(
    struct format_reader *reader, struct text line, struct alert *alert, struct failure *failure)
{
	char quoted[QUOTED];
	struct text rest = text_trim(line), before, id, words;
	struct text when = text_cut(&rest, ' ');
	if (!date_parse_slashes(when, reader->settings, &alert->occurred))
		return fail(failure, ERROR_INPUT, "time: %s is none; a form as 03/04/2020-13:55:05.224939 was expected",
		    field_quote(when, quoted));
	alert->zone_assumed = true;
	if (!take_until(&rest, TEXT("[**]"), &before) || !skip_to(&rest, TEXT("[")) ||
	    !take_until(&rest, TEXT("]"), &id))
		return fail(failure, ERROR_INPUT, "rule: [**] [generator:rule:revision] was expected behind the time");
	if (!take_until(&rest, TEXT("[**]"), &words))
		return fail(failure, ERROR_INPUT, "rule: its words are not closed by [**]");
	if (words.size >= 2 && words.at[0] == '"' && words.at[words.size - 1] == '"')
		words = (struct text){ words.at + 1, words.size - 2 };
	if (text_find_nocase(before, TEXT("[drop]")) >= 0 || text_find_nocase(before, TEXT("[block]")) >= 0 ||
	    text_find_nocase(before, TEXT("[reject]")) >= 0)
		alert->outcome = OUTCOME_FAILED;
	/* Both programs write the same line; only Suricata always writes the year with four digits. */
	alert->detector = when.size > 10 && when.at[10] == '-' ? TEXT("Suricata") : TEXT("Snort");
	alert->signature_id = id;
	alert->signature = words.size ? words : id;
	set_grade(rest, alert);
	set_traffic(rest, alert);
	field_concern(alert);
	return OK;
}

static int fast_recognise(struct text beginning, struct json_parser *parser)
{
	(void)parser;
	struct text rest = beginning;
	for (int i = 0; rest.size && i < 8; i++) {
		struct text line = text_cut(&rest, '\n');
		if (line.size > 5 && line.at[2] == '/' && text_find(line, TEXT("[**] [")) > 0)
			return 90;
	}
	return 0;
}

const struct format format_fast = {
	.name = "fast",
	.title = "fast.log of Suricata and Snort",
	.proven = true,
	.recognise = fast_recognise,
	.line = fast_line,
};
