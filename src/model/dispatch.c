/*
 * Dispatches: codes, what a contact of the directory must have, and what became of a recipient.
 */
#include "model/dispatch.h"

#include "base/catalog.h"

#include <string.h>
#include <time.h>

static bool find_code(struct text code, const char *const *codes, unsigned count, unsigned *found)
{
	for (unsigned i = 0; i < count; i++) {
		if (text_equal(code, text_of(codes[i]))) {
			*found = i;
			return true;
		}
	}
	return false;
}

/* A table of codes with its two functions. */
#define CODES(noun_, enum_, ...)                                                                                       \
	static const char *const noun_##_codes[] = { __VA_ARGS__ };                                                    \
	const char *noun_##_code(enum enum_ value)                                                                     \
	{                                                                                                              \
		size_t count = sizeof noun_##_codes / sizeof *noun_##_codes;                                           \
		return (size_t)value < count ? noun_##_codes[value] : noun_##_codes[0];                                \
	}
#define PARSED_CODES(noun_, enum_, ...)                                                                                \
	CODES(noun_, enum_, __VA_ARGS__)                                                                               \
	bool noun_##_parse(struct text code, enum enum_ *value)                                                        \
	{                                                                                                              \
		unsigned found;                                                                                        \
		if (!find_code(code, noun_##_codes, sizeof noun_##_codes / sizeof *noun_##_codes, &found))             \
			return false;                                                                                  \
		*value = (enum enum_)found;                                                                            \
		return true;                                                                                           \
	}

PARSED_CODES(dispatch_kind, dispatch_kind, "reach-test", "warning", "advisory", "newsletter")
PARSED_CODES(dispatch_direction, dispatch_direction, "down", "up")
PARSED_CODES(dispatch_pass, dispatch_pass, "at-once", "acknowledged")
PARSED_CODES(dispatch_timing, dispatch_timing, "none", "short", "middle", "long")
CODES(dispatch_state, dispatch_state, "draft", "proposed", "running", "closed", "withdrawn")
CODES(reach_way, reach_way, "", "link", "mail", "account")
PARSED_CODES(reach_reason, reach_reason, "reached", "waiting", "not-passed-on", "no-address", "stale-contact",
    "bounced", "no-answer", "late", "answered-by-another", "unknown")

const char *reach_reason_words(enum reach_reason reason)
{
	static const char *const words[REACH_REASONS] = {
		[REACH_REACHED] = N_("Reached"),
		[REACH_WAITING] = N_("Still waiting"),
		[REACH_NOT_PASSED] = N_("The tier before did not pass it on"),
		[REACH_NO_ADDRESS] = N_("No address is known"),
		[REACH_STALE] = N_("Contact out of date: there is no such address"),
		[REACH_BOUNCED] = N_("The mail came back"),
		[REACH_NO_ANSWER] = N_("No answer"),
		[REACH_LATE] = N_("Answered after the deadline"),
		[REACH_ANOTHER] = N_("Somebody else than the contact answered"),
		[REACH_UNKNOWN] = N_("No reason was recorded"),
	};
	return (unsigned)reason < REACH_REASONS ? words[reason] : words[REACH_UNKNOWN];
}

nanoseconds dispatch_deadline(const struct dispatch *dispatch)
{
	return dispatch->started ? dispatch->started + dispatch->within : 0;
}

int fiscal_year(nanoseconds when)
{
	time_t seconds = (time_t)(when / SECOND) + 9 * 3600; /* JST */
	struct tm tm;
	gmtime_r(&seconds, &tm);
	return tm.tm_year + 1900 - (tm.tm_mon < 3);
}

static bool is_printable(const char *text)
{
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return false;
	return text_utf8_valid(text_of(text)) == strlen(text);
}

enum error dispatch_contact_check(const struct dispatch_contact *contact, struct failure *failure)
{
	const struct {
		const char *name, *value;
		bool required;
	} texts[] = { { "list", contact->list, true }, { "name", contact->name, true }, { "tier", contact->tier, true },
		{ "title", contact->title, false }, { "parent", contact->parent, false },
		{ "contact", contact->person, false } };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		if (texts[i].required && !texts[i].value[0])
			return fail(failure, ERROR_INPUT, "%s: it is missing", texts[i].name);
		if (!is_printable(texts[i].value))
			return fail(
			    failure, ERROR_INPUT, "%s: printable UTF-8 on one line was expected", texts[i].name);
	}
	if (contact->mail[0] && !mail_is_plausible(text_of(contact->mail)))
		return fail(failure, ERROR_INPUT, "mail: local@domain was expected");
	if (strcmp(contact->name, contact->parent) == 0)
		return fail(failure, ERROR_INPUT, "parent: \"%s\" cannot be its own", contact->name);
	return OK;
}

bool mail_status_is_stale(struct text status)
{
	/* RFC 3463, 3.2: no such mailbox, system or syntax; moved without forwarding; null MX (RFC 7505) */
	static const char *const stale[] = { "5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1" };
	for (size_t i = 0; i < sizeof stale / sizeof *stale; i++)
		if (text_equal(status, text_of(stale[i])))
			return true;
	return false;
}

enum reach_reason recipient_reason(const struct dispatch *dispatch, const struct recipient *recipient, nanoseconds now)
{
	nanoseconds deadline = dispatch_deadline(dispatch);
	if (recipient->reached)
		return recipient->another ? REACH_ANOTHER : recipient->reached > deadline ? REACH_LATE : REACH_REACHED;
	if (!recipient->mail[0] && !recipient->organisation)
		return REACH_NO_ADDRESS;
	if (recipient->bounced)
		return mail_status_is_stale(text_of(recipient->status)) ? REACH_STALE : REACH_BOUNCED;
	if (dispatch->state == DISPATCH_RUNNING && now <= deadline)
		return REACH_WAITING;
	return recipient->sent ? REACH_NO_ANSWER : REACH_NOT_PASSED;
}
