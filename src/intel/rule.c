/*
 * The release rule; see rule.h. A table says how far each reason caps; the rest finds the reasons.
 */
#include "intel/rule.h"

#include "base/catalog.h"
#include "base/character.h"
#include "match/name.h"

#include <string.h>

#define HEARD 1u /* the least trust of a source that counts as one of two */

/* Networks from which on one is broad: shorter than /24 of IPv4, /48 of IPv6. */
#define BROAD_V4 (96 + 24)
#define BROAD_V6 48

static const struct effect {
	const char *code, *words;
	int alone, by_person; /* caps */
} effects[RULE_WHYS] = {
	[RULE_MALFORMED] = { "malformed", N_("A value cannot be compared, or there is none"), RULE_NOTHING,
	    RULE_NOTHING },
	[RULE_PATTERN] = { "pattern", N_("It says more than single values, which sensors cannot decide"), RULE_NOTHING,
	    RULE_NOTHING },
	[RULE_REVOKED] = { "revoked", N_("It was revoked"), RULE_NOTHING, RULE_NOTHING },
	[RULE_FALSE_POSITIVE] = { "false-positive", N_("It is marked as a false positive"), RULE_NOTHING,
	    RULE_NOTHING },
	[RULE_EXPIRED] = { "expired", N_("Its time is over"), RULE_NOTHING, RULE_NOTHING },
	[RULE_NOT_YET] = { "not-yet", N_("Its time has not begun"), RULE_NOTHING, RULE_NOTHING },
	[RULE_KILLED] = { "source-killed", N_("Everything of its source is withdrawn"), RULE_NOTHING, RULE_NOTHING },
	[RULE_RED] = { "tlp-red", N_("TLP:RED is for people who are named, not for machines"), RULE_NOTHING,
	    RULE_NOTHING },
	[RULE_OWN] = { "members-own", N_("It is an address or name of a member"), RULE_NOTHING, ITEM_ALERT },
	[RULE_OWN_NEAR] = { "members-own-within", N_("Addresses or names of a member lie within it"), RULE_NOTHING,
	    ITEM_ALERT },
	[RULE_LISTED] = { "warning-listed", N_("A warning list knows it"), RULE_NOTHING, ITEM_ALERT },
	[RULE_LISTED_NEAR] = { "warning-listed-within", N_("Something that a warning list knows lies within it"),
	    RULE_NOTHING, ITEM_ALERT },
	[RULE_BROAD] = { "broad", N_("It is a network or name that holds very many"), RULE_NOTHING, ITEM_ALERT },
	[RULE_DISGUISED] = { "disguised", N_("Some programs read its host as another address"), RULE_NOTHING,
	    ITEM_ALERT },
	[RULE_NETWORK] = { "network", N_("It is more than one address"), ITEM_ALERT, ITEM_BLOCK },
	[RULE_GENERAL] = { "general", N_("Harmless ones may have the same fingerprint or subject"), ITEM_ALERT,
	    ITEM_ALERT },
	[RULE_RATE] = { "rate", N_("Its source gave more than its rate"), RULE_NOTHING, ITEM_BLOCK },
	[RULE_TRUST] = { "trust", N_("Its source is not trusted enough here"), RULE_NOTHING, ITEM_BLOCK },
	[RULE_COMMUNITY] = { "community", N_("The community lets no more travel by itself"), ITEM_BLOCK, ITEM_BLOCK },
	[RULE_PAP] = { "pap", N_("PAP: it may be looked for, and not acted upon"), ITEM_ALERT, ITEM_ALERT },
	[RULE_UNCONFIRMED] = { "unconfirmed", N_("Blocking needs two people or two independent sources"), ITEM_ALERT,
	    ITEM_ALERT },
	[RULE_HELD] = { "withdrawn", N_("Somebody else than its owner withdrew it before"), RULE_NOTHING, ITEM_BLOCK },
};

const char *rule_why_code(enum rule_why why)
{
	return effects[why].code;
}

const char *rule_why_words(enum rule_why why)
{
	return effects[why].words;
}

/* ── values as people write them ─ */

/* "evil[.]example", "hxxp://", "user[at]example": what is written so that nobody follows it. */
static size_t undo_defanging(struct text value, char *to, size_t room)
{
	static const struct {
		const char *from, *to;
	} forms[] = { { "[.]", "." }, { "(.)", "." }, { "{.}", "." }, { "[dot]", "." }, { "(dot)", "." },
		{ "[:]", ":" }, { "[://]", "://" }, { "[@]", "@" }, { "[at]", "@" }, { "(at)", "@" }, { "\\.", "." } };
	size_t size = 0;
	for (size_t i = 0; i < value.size;) {
		struct text rest = { value.at + i, value.size - i }, put = { value.at + i, 1 };
		size_t taken = 1;
		for (size_t k = 0; k < sizeof forms / sizeof *forms && taken == 1; k++) {
			struct text from = text_of(forms[k].from);
			if (rest.size >= from.size && text_equal_nocase((struct text){ rest.at, from.size }, from)) {
				put = text_of(forms[k].to);
				taken = from.size;
			}
		}
		if (size + put.size > room)
			return 0;
		memcpy(to + size, put.at, put.size);
		size += put.size;
		i += taken;
	}
	if (size > 4 && text_equal_nocase((struct text){ to, 4 }, TEXT("hxxp")))
		memcpy(to, "http", 4);
	return size;
}

size_t rule_value_form(enum indicator_kind kind, struct text value, uint8_t to[static INDICATOR_VALUE])
{
	char plain[INDICATOR_VALUE], name[NAME_LONGEST + 1];
	bool text = kind == INDICATOR_SUBJECT;
	size_t size = indicator_normalize(kind, value, to);
	if (size > 0 && (text || !memchr(value.at, '[', value.size)))
		return size;
	value = text_trim(value);
	size = text ? 0 : undo_defanging(value, plain, sizeof plain);
	if (size == 0)
		return 0;
	value = (struct text){ plain, size };
	if ((kind == INDICATOR_DOMAIN || kind == INDICATOR_HOSTNAME) && ground_name_form(value, name))
		value = text_of(name);
	return indicator_normalize(kind, value, to);
}

/* ── reasons ─ */

static void add(struct rule_decision *decision, enum rule_why why, size_t value)
{
	if (!(decision->whys >> why & 1))
		decision->value[why] = value;
	decision->whys |= 1u << why;
}

static void add_answer(struct rule_decision *decision, struct ground_answer answer, size_t value)
{
	if (answer.of == GROUND_OWN)
		add(decision, answer.above ? RULE_OWN_NEAR : RULE_OWN, value);
	if (answer.of == GROUND_LISTED)
		add(decision, answer.above ? RULE_LISTED_NEAR : RULE_LISTED, value);
}

/* What many programs take for IPv4: the last label is a number (WHATWG URL, "ends in a number"). */
static bool ends_in_a_number(struct text name)
{
	size_t from = name.size;
	while (from > 0 && name.at[from - 1] != '.')
		from--;
	struct text last = { name.at + from, name.size - from };
	bool hex = last.size >= 2 && last.at[0] == '0' && (last.at[1] == 'x' || last.at[1] == 'X');
	for (size_t i = hex ? 2 : 0; i < last.size; i++)
		if (hex ? char_hex(last.at[i]) < 0 : !char_is_digit(last.at[i]))
			return false;
	return last.size > 0;
}

static void judge_prefix(
    struct rule_decision *decision, const struct ground *ground, struct prefix prefix, size_t value)
{
	bool v4 = prefix.length >= 96 && address_is_v4(prefix.address);
	add_answer(decision, ground_prefix(ground, prefix), value);
	if (prefix.length < (v4 ? BROAD_V4 : BROAD_V6))
		add(decision, RULE_BROAD, value);
	if (prefix.length < 128)
		add(decision, RULE_NETWORK, value);
	if (address_is_private(prefix.address)) /* everybody has them */
		add(decision, RULE_BROAD, value);
}

static void judge_name(struct rule_decision *decision, const struct ground *ground, struct text name, size_t value)
{
	char form[NAME_LONGEST + 1];
	if (!ground_name_form(name, form)) {
		add(decision, RULE_MALFORMED, value);
		return;
	}
	add_answer(decision, ground_name(ground, text_of(form)), value);
	if (!strchr(form, '.'))
		add(decision, RULE_BROAD, value);
	if (ends_in_a_number(text_of(form)))
		add(decision, RULE_DISGUISED, value);
}

static void judge_host(struct rule_decision *decision, const struct ground *ground, struct text host, size_t value)
{
	struct address address;
	if (host.size > 2 && host.at[0] == '[' && host.at[host.size - 1] == ']')
		host = (struct text){ host.at + 1, host.size - 2 };
	if (address_parse(host, &address))
		judge_prefix(decision, ground, prefix_of(address, 128), value);
	else
		judge_name(decision, ground, host, value);
}

/* The host of a URL in its compared form: behind the scheme, before port and path. */
static struct text url_host(struct text url)
{
	const char *slash = memchr(url.at, '/', url.size);
	if (slash && slash > url.at && slash[-1] == ':' && slash + 1 < url.at + url.size && slash[1] == '/')
		url = (struct text){ slash + 2, (size_t)(url.at + url.size - slash - 2) };
	size_t end = 0;
	while (end < url.size && !strchr("/?#", url.at[end]))
		end++;
	for (size_t i = end; i > 0; i--) /* a user that is still there */
		if (url.at[i - 1] == '@') {
			url = (struct text){ url.at + i, url.size - i };
			end -= i;
			break;
		}
	size_t port = end;
	while (port > 0 && char_is_digit(url.at[port - 1]))
		port--;
	if (port > 0 && url.at[port - 1] == ':' && (port < 2 || url.at[0] == '[' || !memchr(url.at, ':', port - 1)))
		end = port - 1;
	return (struct text){ url.at, end };
}

static void judge_value(
    struct rule_decision *decision, const struct ground *ground, const struct rule_value *value, size_t number)
{
	char words[INDICATOR_TEXT];
	struct prefix prefix;
	struct text text = text_of(indicator_format(value->kind, value->form, value->size, words));
	switch (value->kind) {
	case INDICATOR_ADDRESS:
		if (prefix_parse(text, &prefix))
			judge_prefix(decision, ground, prefix, number);
		else
			add(decision, RULE_MALFORMED, number);
		break;
	case INDICATOR_DOMAIN:
	case INDICATOR_HOSTNAME:
		judge_name(decision, ground, text, number);
		break;
	case INDICATOR_URL:
		judge_host(decision, ground, url_host(text), number);
		break;
	case INDICATOR_MAIL:
		text_cut(&text, '@');
		judge_host(decision, ground, text, number);
		break;
	case INDICATOR_MD5:
	case INDICATOR_SHA1:
	case INDICATOR_SHA256:
	case INDICATOR_CERTIFICATE_SHA1:
	case INDICATOR_CERTIFICATE_SHA256:
		break;
	default:
		add(decision, RULE_GENERAL, number);
	}
}

static void judge_values(
    struct rule_decision *decision, const struct rule_indicator *indicator, const struct ground *ground)
{
	uint8_t again[INDICATOR_VALUE];
	if (indicator->value_count == 0 || indicator->value_count > RULE_VALUES)
		add(decision, RULE_MALFORMED, 0);
	for (size_t i = 0; i < indicator->value_count && i < RULE_VALUES; i++) {
		const struct rule_value *value = &indicator->values[i];
		char words[INDICATOR_TEXT];
		/* what is written from a form must be read as that form again: no second meaning */
		bool sound = value->kind < INDICATOR_KINDS && value->size > 0 && value->size <= INDICATOR_VALUE;
		if (sound) {
			indicator_format(value->kind, value->form, value->size, words);
			sound = indicator_normalize(value->kind, text_of(words), again) == value->size &&
				memcmp(again, value->form, value->size) == 0;
		}
		if (sound)
			judge_value(decision, ground, value, i);
		else
			add(decision, RULE_MALFORMED, i);
	}
}

static void judge_state(struct rule_decision *decision, const struct rule_indicator *indicator, nanoseconds now)
{
	const struct {
		bool holds;
		enum rule_why why;
	} states[] = { { !indicator->comparable, RULE_PATTERN }, { indicator->revoked, RULE_REVOKED },
		{ indicator->false_positive, RULE_FALSE_POSITIVE },
		{ indicator->until && indicator->until <= now, RULE_EXPIRED },
		{ indicator->from && indicator->from > now, RULE_NOT_YET }, { indicator->tlp == TLP_RED, RULE_RED },
		{ indicator->held, RULE_HELD },
		{ indicator->pap == PAP_AMBER || indicator->pap == PAP_RED, RULE_PAP } };
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		if (states[i].holds)
			add(decision, states[i].why, 0);
}

/* ── who vouches ─ */

/* The people of a source that is not heard do not count either. */
static bool two_people(const struct rule_voice *voices, size_t count)
{
	const struct uuid *first = NULL;
	for (size_t i = 0; i < count; i++) {
		if (uuid_is_nil(voices[i].account) || (voices[i].source && voices[i].trust < HEARD))
			continue;
		if (first && !uuid_equal(*first, voices[i].account))
			return true;
		first = first ? first : &voices[i].account;
	}
	return false;
}

static bool two_sources(const struct rule_voice *voices, size_t count)
{
	uint32_t first = 0;
	for (size_t i = 0; i < count; i++) {
		if (voices[i].source == 0 || voices[i].trust < HEARD)
			continue;
		if (first && first != voices[i].source)
			return true;
		first = voices[i].source;
	}
	return false;
}

/* ── the decision ─ */

static int lower(int a, int b)
{
	return a < b ? a : b;
}

struct rule_decision rule_decide(const struct rule_indicator *indicator, const struct rule_source *source,
    const struct rule_community *community, const struct rule_voice *voices, size_t voice_count,
    const struct ground *ground, nanoseconds now)
{
	struct rule_decision decision = { .alone = indicator->asked, .by_person = indicator->asked };
	judge_state(&decision, indicator, now);
	judge_values(&decision, indicator, ground);
	if (source->killed)
		add(&decision, RULE_KILLED, 0);
	if (source->trust < community->trust)
		add(&decision, RULE_TRUST, 0);
	if (source->released >= source->most)
		add(&decision, RULE_RATE, 0);
	if (indicator->asked > community->alone)
		add(&decision, RULE_COMMUNITY, 0);
	if (indicator->asked == ITEM_BLOCK && !two_people(voices, voice_count) && !two_sources(voices, voice_count))
		add(&decision, RULE_UNCONFIRMED, 0);
	for (int why = 0; why < RULE_WHYS; why++) {
		if (!(decision.whys >> why & 1))
			continue;
		decision.alone = lower(decision.alone, effects[why].alone);
		decision.by_person = lower(decision.by_person, effects[why].by_person);
	}
	decision.alone = lower(decision.alone, community->alone);
	decision.waits = decision.alone < decision.by_person;
	return decision;
}
