/*
 * Findings of sign-ins as alerts; see auth_alert.h.
 */
#include "watch/auth_alert.h"

#include "model/alert.h"

#include <stdlib.h>

#define SHOWN 512 /* bytes of a text */

static const struct {
	enum severity severity;
	enum outcome outcome;
} judged[AUTH_FINDING_KINDS] = {
	[AUTH_GUESSING] = { SEVERITY_MEDIUM, OUTCOME_FAILED },
	[AUTH_SPRAYING] = { SEVERITY_MEDIUM, OUTCOME_FAILED },
	[AUTH_DISTRIBUTED] = { SEVERITY_MEDIUM, OUTCOME_FAILED },
	[AUTH_COMPROMISE] = { SEVERITY_CRITICAL, OUTCOME_SUCCEEDED },
	[AUTH_FIRST_ACCESS] = { SEVERITY_LOW, OUTCOME_SUCCEEDED },
	[AUTH_CLOSED_AGAIN] = { SEVERITY_MEDIUM, OUTCOME_UNKNOWN },
	[AUTH_NEVER_OPENED] = { SEVERITY_LOW, OUTCOME_UNKNOWN },
	[AUTH_NO_SESSION] = { SEVERITY_HIGH, OUTCOME_SUCCEEDED },
	[AUTH_TIME_BACKWARDS] = { SEVERITY_MEDIUM, OUTCOME_UNKNOWN },
	[AUTH_SILENCE] = { SEVERITY_MEDIUM, OUTCOME_UNKNOWN },
	[AUTH_MISSING] = { SEVERITY_LOW, OUTCOME_UNKNOWN },
	[AUTH_LOG_CLEARED] = { SEVERITY_HIGH, OUTCOME_SUCCEEDED },
};

/* A field of RFC 4180 on one line, a comma before it. */
static void field(struct builder *to, struct text value)
{
	char shown[3 * SHOWN + 1];
	if (value.size > SHOWN)
		value.size = SHOWN;
	text_make_printable(value, shown);
	build_text(to, TEXT(",\""));
	for (const char *c = shown; *c; c++) {
		if (*c == '"')
			build_char(to, '"');
		build_char(to, *c == '\n' || *c == '\t' ? ' ' : *c);
	}
	build_char(to, '"');
}

static void put_tactics(uint16_t tactics, const char *before, const char *after, struct builder *to)
{
	bool some = false;
	for (unsigned tactic = 0; tactic < TACTIC_COUNT; tactic++)
		if (tactics >> tactic & 1) {
			build_format(to, "%s%s%s%s", some ? "," : "", before, tactic_id((enum tactic)tactic), after);
			some = true;
		}
}

/* Of a command only its program: arguments do not leave a member (docs/capture-policy.md). */
static struct text without_arguments(struct text object)
{
	ptrdiff_t blank = text_find(object, TEXT(" "));
	return blank < 0 ? object : (struct text){ object.at, (size_t)blank };
}

void auth_alert_write(const struct auth_finding *finding, struct builder *to)
{
	char last[TIME_TEXT], first[TIME_TEXT], address[ADDRESS_TEXT];
	enum outcome outcome = judged[finding->kind].outcome;
	build_format(to, "%s,Noroshi authlog", time_format(finding->last, last));
	field(to, text_of(auth_finding_words(finding->kind)));
	build_format(to, ",%s,%s,%s,%s,\"", auth_finding_code(finding->kind), auth_finding_technique(finding->kind),
	    severity_code(judged[finding->kind].severity), outcome ? outcome_code(outcome) : "");
	put_tactics(auth_finding_tactics(finding->kind), "", "", to);
	build_format(to, "\",%s", address_format(finding->source, address));
	field(to, finding->host);
	field(to, finding->account);
	field(to, finding->service);
	field(to, without_arguments(finding->object));
	build_format(to, ",%u,%s", finding->count ? finding->count : 1, time_format(finding->first, first));
	field(to, text_of(finding->words));
	build_char(to, '\n');
}

static void member(struct builder *to, const char *name, struct text value)
{
	if (!value.size)
		return;
	build_format(to, ",\"%s\":", name);
	build_json_string(to, value);
}

void auth_finding_write(const struct auth_finding *finding, struct builder *to)
{
	char last[TIME_TEXT], first[TIME_TEXT], address[ADDRESS_TEXT];
	build_format(to, "{\"time\":\"%s\",\"since\":\"%s\",\"finding\":\"%s\",\"technique\":\"%s\",\"tactics\":[",
	    time_format(finding->last, last), time_format(finding->first, first), auth_finding_code(finding->kind),
	    auth_finding_technique(finding->kind));
	put_tactics(auth_finding_tactics(finding->kind), "\"", "\"", to);
	build_format(to, "],\"severity\":\"%s\"", severity_code(judged[finding->kind].severity));
	member(to, "host", finding->host);
	member(to, "account", finding->account);
	member(to, "service", finding->service);
	member(to, "source", text_of(address_format(finding->source, address)));
	member(to, "object", finding->object);
	build_format(to, ",\"count\":%u", finding->count);
	member(to, "facts", text_of(finding->words));
	build_text(to, TEXT("}\n"));
}
