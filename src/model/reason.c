/*
 * The words behind verdicts and reasons. Words are gettext msgids: the pages and mails show their translation.
 */
#include "model/reason.h"

#include <string.h>

static const struct {
	const char *code, *words;
} verdicts[VERDICT_COUNT] = {
	[VERDICT_PENDING] = { "pending", "Not judged yet: alerts that belong before it may still arrive." },
	[VERDICT_EVENT] = { "event", "Belongs to an event that needs confirmation." },
	[VERDICT_CONTEXT] = { "context", "Weak by itself; kept as context of an event near it." },
	[VERDICT_BACKGROUND] = { "background", "Recurring background of this sensor." },
	[VERDICT_FAILED] = { "failed", "Failed against a measure that is already in place." },
	[VERDICT_RECONNAISSANCE] = { "reconnaissance", "Reconnaissance that needs no action by itself." },
	[VERDICT_DUPLICATE] = { "duplicate", "Another detector's alert says the same." },
	[VERDICT_KNOWN_SOURCE] = { "known-source", "Comes from a known scanner or service on a warning list." },
	[VERDICT_DECISION] = { "decision", "Covered by a standing decision." },
	[VERDICT_UNREMARKABLE] = { "unremarkable", "Nothing unusual for this organisation, and no step of an attack." },
	[VERDICT_FOREIGN] = { "foreign", "A telescope saw an address that no organisation here holds." },
};

const char *verdict_code(enum verdict verdict)
{
	return verdict < VERDICT_COUNT ? verdicts[verdict].code : "unknown";
}

const char *verdict_words(enum verdict verdict)
{
	return verdict < VERDICT_COUNT ? verdicts[verdict].words : "";
}

bool verdict_is_noise(enum verdict verdict)
{
	return verdict >= VERDICT_BACKGROUND && verdict < VERDICT_COUNT;
}

bool verdict_parse(struct text code, enum verdict *verdict)
{
	for (unsigned i = 0; i < VERDICT_COUNT; i++)
		if (text_equal(code, text_of(verdicts[i].code))) {
			*verdict = (enum verdict)i;
			return true;
		}
	return false;
}

const struct reason_kind reason_kinds[] = {
	{ "compromise", "Usually happens only after an attack worked: “{0}” on {1}; seen {2} times lately." },
	{ "change",
	    "Rights, accounts or services changed in a way that is rare here: “{0}” on {1}; seen {2} times lately." },
	{ "attempt", "An attack is said to be tried: “{0}” on {1}; seen {2} times lately." },
	{ "rare", "“{0}” on {1} is rare here: seen {2} times lately." },
	{ "rare-reconnaissance",
	    "Somebody looks around in a way that is rare here: “{0}” on {1}; seen {2} times lately." },
	{ "rare-failure", "Failures of this kind are rare here: “{0}” on {1}; seen {2} times lately." },
	{ "rare-routine", "Routine elsewhere, rare here: “{0}” on {1}; seen {2} times lately." },
	{ "together", "{0} unusual things came together within {1} minutes, on {2} hosts." },
	{ "steps", "It goes through {0} steps of an attack." },
	{ "earlier", "Reconnaissance or failed attempts came before it: {0} alerts." },
	{ "unlisted", "A reason that this version does not know: {0}." },
	{ NULL, NULL },
};

const struct reason_kind *reason_kind_named(struct text code)
{
	for (const struct reason_kind *kind = reason_kinds; kind->code; kind++)
		if (text_equal(code, text_of(kind->code)))
			return kind;
	return NULL;
}

void reason_write(const struct reason *reason, const char *words, struct builder *to)
{
	struct text rest = text_of(words);
	while (rest.size) {
		const char *at = rest.at;
		if (rest.size >= 3 && at[0] == '{' && at[2] == '}' && at[1] >= '0' && at[1] < '0' + REASON_PARAMETERS) {
			build_text(to, text_of(reason->parameter[at[1] - '0']));
			rest = (struct text){ at + 3, rest.size - 3 };
			continue;
		}
		const char *next = memchr(at + 1, '{', rest.size - 1);
		size_t plain = next ? (size_t)(next - at) : rest.size;
		build_text(to, (struct text){ at, plain });
		rest = (struct text){ at + plain, rest.size - plain };
	}
}
