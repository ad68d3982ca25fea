/*
 * Addresses that appeared in telescopes, and the alerts that say so. See appearance.h.
 */
#include "model/appearance.h"

#include "base/catalog.h"

#include <string.h>

static const struct {
	const char *code, *words;
} kinds[APPEARANCE_KINDS] = {
	[APPEARANCE_PROBE] = { "probe", N_("It looks for open ports at addresses that nobody uses.") },
	[APPEARANCE_WORM] = { "worm", N_("It spreads as a known worm does.") },
	[APPEARANCE_ANSWER] = { "answer",
	    N_("It answers packets that were sent in forged names: it is being attacked, or used to attack others.") },
	[APPEARANCE_MISCONFIGURATION] = { "misconfiguration",
	    N_("It sends to addresses that nobody uses, as a wrong setting does.") },
	[APPEARANCE_RESEARCH] = { "research", N_("It scans as a known research scanner does.") },
	[APPEARANCE_ATTEMPT] = { "attempt", N_("It connected to a decoy and tried to get in.") },
};

const char *appearance_kind_code(enum appearance_kind kind)
{
	return kind < APPEARANCE_KINDS ? kinds[kind].code : "unknown";
}

const char *appearance_kind_words(enum appearance_kind kind)
{
	return kind < APPEARANCE_KINDS ? kinds[kind].words : "";
}

bool appearance_kind_parse(struct text code, enum appearance_kind *kind)
{
	for (unsigned i = 0; i < APPEARANCE_KINDS; i++)
		if (text_equal(code, text_of(kinds[i].code))) {
			*kind = (enum appearance_kind)i;
			return true;
		}
	return false;
}

bool appearance_of(const struct alert *alert, enum appearance_kind *kind)
{
	struct text id = alert->signature_id;
	if (!text_equal(alert->detector, TEXT(APPEARANCE_DETECTOR)) || !address_exists(alert->source) ||
	    !text_starts(id, TEXT("darknet:")))
		return false;
	text_cut(&id, ':');
	return appearance_kind_parse(id, kind);
}

bool appearance_is_foreign(const struct alert *alert)
{
	enum appearance_kind kind;
	return appearance_of(alert, &kind) && !address_exists(alert->host_address);
}

static uint32_t number_of(struct text value)
{
	uint64_t number;
	return text_to_u64(value, &number) && number <= UINT32_MAX ? (uint32_t)number : 0;
}

bool appeared_read(const struct alert *alert, struct appeared *to)
{
	*to = (struct appeared){ .address = address_group(alert->source),
		.sensor = alert->id.sensor,
		.when = alert->occurred,
		.packets = alert->repeats };
	if (!appearance_of(alert, &to->kind))
		return false;
	struct text rest = alert->object;
	while (rest.size > 0) {
		struct text value = text_cut(&rest, ' '), name = text_cut(&value, '=');
		if (text_equal(name, TEXT("port")))
			text_copy(value, to->port, sizeof to->port);
		else if (text_equal(name, TEXT("tool")))
			text_copy(value, to->tool, sizeof to->tool);
		else if (text_equal(name, TEXT("worm")))
			text_copy(value, to->worm, sizeof to->worm);
		else if (text_equal(name, TEXT("method")))
			text_copy(value, to->method, sizeof to->method);
		else if (text_equal(name, TEXT("targets")))
			to->targets = number_of(value);
		else if (text_equal(name, TEXT("addresses")))
			to->addresses = number_of(value);
		else if (text_equal(name, TEXT("since")) && !time_parse(value, 0, &to->since, &(bool){ 0 }))
			to->since = 0;
	}
	return true;
}
