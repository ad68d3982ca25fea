/*
 * The release rule: what each reason caps; and a poisoner, who gives random hostile indicators as fast as he can, in
 * every spelling he knows, about members' own, what warning lists know, and anything else. Whatever he does, nothing of
 * a member's, nothing listed, nothing over the rate and nothing that only he vouches for is ever a block.
 */
#include "intel/rule.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW (1000 * DAY)

static struct warninglists *lists;
static struct ground *ground;

static void list(const char *name, const char *type, const char *entries)
{
	char document[1024];
	struct failure failure;
	snprintf(document, sizeof document,
	    "{\"name\":\"%s\",\"description\":\"\",\"version\":1,\"type\":\"%s\",\"matching_attributes\":[\"%s\"],"
	    "\"list\":[%s]}",
	    name, type, strcmp(type, "cidr") == 0 ? "ip-dst" : "domain", entries);
	assert_int_equal(warninglists_add(lists, name, text_of(document), &failure), OK);
}

static struct organisation_space space(const char *prefix, const char *domain)
{
	struct organisation_space made = { .organisation = 1 };
	if (prefix)
		assert_true(prefix_parse(text_of(prefix), &made.prefix));
	if (domain)
		snprintf(made.domain, sizeof made.domain, "%s", domain);
	return made;
}

static int set_up(void **state)
{
	(void)state;
	struct failure failure = { 0 };
	lists = warninglists_new(NULL, NULL);
	list("resolvers", "cidr", "\"9.9.9.9\",\"2620:fe::/48\"");
	list("much visited", "hostname", "\"search.example\"");
	list("suffixes", "string", "\"co.jp\"");
	assert_int_equal(warninglists_compile(lists, &failure), OK);
	struct organisation_space spaces[] = { space("203.0.113.0/24", NULL), space("198.51.100.64/26", NULL),
		space("2001:db8:aaaa::/48", NULL), space(NULL, "harbour.lg.jp"), space(NULL, "Mizu.Example."),
		space(NULL, "みなと.jp"), space("192.0.2.0/24", NULL) };
	spaces[6].to = NOW - DAY; /* was a member's once */
	if (ground_new(spaces, sizeof spaces / sizeof *spaces, NOW, lists, &ground, &failure) != OK)
		fail_msg("%s", failure.words);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	ground_free(ground);
	warninglists_free(lists);
	return 0;
}

static const struct rule_voice two[] = { { .account = { { 1 } }, .source = 1, .trust = 2 },
	{ .account = { { 2 } }, .source = 2, .trust = 2 } };

struct asking {
	struct rule_indicator indicator;
	struct rule_source source;
	struct rule_community community;
	const struct rule_voice *voices;
	size_t voice_count;
	struct rule_value value;
	uint8_t form[INDICATOR_VALUE];
};

/* Everything in order for a block of it. */
static void ask_for_block(struct asking *asking, enum indicator_kind kind, const char *value)
{
	*asking = (struct asking){ .indicator = { .value_count = 1, .comparable = true, .asked = ITEM_BLOCK },
		.source = { .trust = 2, .most = 100 },
		.community = { .alone = ITEM_BLOCK, .trust = 1 },
		.voices = two,
		.voice_count = 2 };
	asking->value = (struct rule_value){ kind, asking->form, rule_value_form(kind, text_of(value), asking->form) };
	asking->indicator.values = &asking->value;
}

static struct rule_decision decide(const struct asking *asking)
{
	return rule_decide(
	    &asking->indicator, &asking->source, &asking->community, asking->voices, asking->voice_count, ground, NOW);
}

static struct rule_decision block(enum indicator_kind kind, const char *value)
{
	struct asking asking;
	ask_for_block(&asking, kind, value);
	return decide(&asking);
}

static void test_what_is_in_order_is_blocked(void **state)
{
	(void)state;
	static const struct {
		enum indicator_kind kind;
		const char *value;
	} good[] = { { INDICATOR_ADDRESS, "8.8.4.4" }, { INDICATOR_ADDRESS, "2001:db8:bbbb::1" },
		{ INDICATOR_ADDRESS, "198.51.100.63" }, { INDICATOR_ADDRESS, "192[.]0[.]2[.]1" },
		{ INDICATOR_DOMAIN, "evil.example" }, { INDICATOR_HOSTNAME, "xmizu.example" },
		{ INDICATOR_DOMAIN, "evil[.]co.jp" }, { INDICATOR_DOMAIN, "悪い.example" },
		{ INDICATOR_URL, "hxxps://evil.example/a?b=http://www.harbour.lg.jp/" },
		{ INDICATOR_MAIL, "bad[at]evil.example" }, { INDICATOR_MD5, "d41d8cd98f00b204e9800998ecf8427e" } };
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct rule_decision decision = block(good[i].kind, good[i].value);
		if (decision.alone != ITEM_BLOCK || decision.whys || decision.waits)
			fail_msg("%s: %d, whys %" PRIx32, good[i].value, decision.alone, decision.whys);
	}
}

static void test_what_is_protected_is_never_a_block(void **state)
{
	(void)state;
	static const struct {
		enum indicator_kind kind;
		const char *value;
		enum rule_why why;
	} bad[] = { { INDICATOR_ADDRESS, "203.0.113.7", RULE_OWN },
		{ INDICATOR_ADDRESS, "203.0.112.0/23", RULE_OWN_NEAR },
		{ INDICATOR_ADDRESS, "203.0.113.128/25", RULE_OWN }, { INDICATOR_ADDRESS, "::/0", RULE_OWN_NEAR },
		{ INDICATOR_ADDRESS, "::ffff:203.0.113.7", RULE_OWN },
		{ INDICATOR_ADDRESS, "2002:cb00:7107::1", RULE_OWN },
		{ INDICATOR_ADDRESS, "64:ff9b::203.0.113.7", RULE_OWN },
		{ INDICATOR_ADDRESS, "2001:db8:aaaa:1::9", RULE_OWN },
		{ INDICATOR_ADDRESS, "203[.]0[.]113[.]7", RULE_OWN }, { INDICATOR_ADDRESS, "9.9.9.9", RULE_LISTED },
		{ INDICATOR_ADDRESS, "9.9.9.0/24", RULE_LISTED_NEAR }, { INDICATOR_ADDRESS, "10.1.2.3", RULE_BROAD },
		{ INDICATOR_DOMAIN, "jp", RULE_OWN_NEAR }, { INDICATOR_DOMAIN, "LG.JP.", RULE_OWN_NEAR },
		{ INDICATOR_DOMAIN, "www.Harbour.lg.jp", RULE_OWN },
		{ INDICATOR_HOSTNAME, "harbour[.]lg[.]jp", RULE_OWN }, { INDICATOR_DOMAIN, "mizu.example", RULE_OWN },
		{ INDICATOR_DOMAIN, "xn--o9jd6d.jp", RULE_OWN }, { INDICATOR_DOMAIN, "www.みなと.jp", RULE_OWN },
		{ INDICATOR_URL, "hxxp://user@www.mizu.example:8080/x", RULE_OWN },
		{ INDICATOR_URL, "203.0.113.7/a", RULE_OWN },
		{ INDICATOR_URL, "http://[2001:db8:aaaa::1]:8443/", RULE_OWN },
		{ INDICATOR_URL, "http://3405803783/", RULE_DISGUISED },
		{ INDICATOR_URL, "http://0xcb.0x71.0x7/", RULE_DISGUISED },
		{ INDICATOR_MAIL, "info@harbour.lg.jp", RULE_OWN }, { INDICATOR_DOMAIN, "co.jp", RULE_LISTED },
		{ INDICATOR_DOMAIN, "www.search.example", RULE_LISTED }, { INDICATOR_DOMAIN, "example", RULE_OWN_NEAR },
		{ INDICATOR_DOMAIN, "test", RULE_BROAD },
		{ INDICATOR_JA4, "t13d1516h2_8daaf6152771_b186095e22b6", RULE_GENERAL },
		{ INDICATOR_SUBJECT, "Invoice", RULE_GENERAL } };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct rule_decision decision = block(bad[i].kind, bad[i].value);
		if (decision.alone == ITEM_BLOCK || decision.by_person == ITEM_BLOCK ||
		    !(decision.whys >> bad[i].why & 1))
			fail_msg("%s: %d, by a person %d, whys %" PRIx32, bad[i].value, decision.alone,
			    decision.by_person, decision.whys);
	}
}

static void expect(const struct asking *asking, enum rule_why why, int alone, int by_person, bool waits)
{
	struct rule_decision decision = decide(asking);
	if (decision.whys != 1u << why || decision.alone != alone || decision.by_person != by_person ||
	    decision.waits != waits)
		fail_msg("%s: whys %" PRIx32 ", %d, by a person %d, waits %d", rule_why_code(why), decision.whys,
		    decision.alone, decision.by_person, decision.waits);
}

static void test_each_other_reason_caps(void **state)
{
	(void)state;
	struct asking asking, plain;
	ask_for_block(&plain, INDICATOR_DOMAIN, "evil.example");
	plain.indicator.values = &plain.value;
#define ASK(change, why, alone, by_person, waits)                                                                      \
	asking = plain;                                                                                                \
	change;                                                                                                        \
	expect(&asking, why, alone, by_person, waits)
	ASK(asking.indicator.comparable = false, RULE_PATTERN, RULE_NOTHING, RULE_NOTHING, false);
	ASK(asking.indicator.revoked = true, RULE_REVOKED, RULE_NOTHING, RULE_NOTHING, false);
	ASK(asking.indicator.false_positive = true, RULE_FALSE_POSITIVE, RULE_NOTHING, RULE_NOTHING, false);
	ASK(asking.indicator.until = NOW, RULE_EXPIRED, RULE_NOTHING, RULE_NOTHING, false);
	ASK(asking.indicator.from = NOW + 1, RULE_NOT_YET, RULE_NOTHING, RULE_NOTHING, false);
	ASK(asking.indicator.tlp = TLP_RED, RULE_RED, RULE_NOTHING, RULE_NOTHING, false);
	ASK(asking.indicator.pap = PAP_AMBER, RULE_PAP, ITEM_ALERT, ITEM_ALERT, false);
	ASK(asking.source.killed = true, RULE_KILLED, RULE_NOTHING, RULE_NOTHING, false);
	ASK(asking.source.released = 100, RULE_RATE, RULE_NOTHING, ITEM_BLOCK, true);
	ASK(asking.source.trust = 0, RULE_TRUST, RULE_NOTHING, ITEM_BLOCK, true);
	ASK(asking.community.alone = ITEM_ALERT, RULE_COMMUNITY, ITEM_ALERT, ITEM_BLOCK, true);
	ASK(asking.indicator.held = true, RULE_HELD, RULE_NOTHING, ITEM_BLOCK, true);
	ASK(asking.voice_count = 1, RULE_UNCONFIRMED, ITEM_ALERT, ITEM_ALERT, false);
	ASK(asking.indicator.value_count = 0, RULE_MALFORMED, RULE_NOTHING, RULE_NOTHING, false);
	asking = plain;
	asking.indicator.until = NOW + 1;
	asking.indicator.from = NOW;
	asking.source.released = 99;
	assert_int_equal(decide(&asking).alone, ITEM_BLOCK);
}

static void test_observe_is_what_travels_unless_more_is_asked_for(void **state)
{
	(void)state;
	struct asking asking;
	ask_for_block(&asking, INDICATOR_ADDRESS, "8.8.4.4");
	asking.indicator.asked = ITEM_OBSERVE;
	asking.voice_count = 0;
	assert_int_equal(decide(&asking).alone, ITEM_OBSERVE);
	asking.indicator.asked = ITEM_ALERT;
	assert_int_equal(decide(&asking).alone, ITEM_ALERT);
	asking.community.alone = ITEM_OBSERVE;
	assert_int_equal(decide(&asking).alone, ITEM_OBSERVE);
	assert_true(decide(&asking).waits);
}

static void test_two_people_or_two_independent_sources(void **state)
{
	(void)state;
	const struct {
		struct rule_voice voices[2];
		bool good;
	} cases[] = { { { { { { 1 } }, 0, 0 }, { { { 2 } }, 0, 0 } }, true }, /* two people */
		{ { { { { 1 } }, 0, 0 }, { { { 1 } }, 0, 0 } }, false },      /* one, twice */
		{ { { { { 0 } }, 1, 1 }, { { { 0 } }, 2, 1 } }, true },       /* two sources */
		{ { { { { 0 } }, 1, 1 }, { { { 0 } }, 1, 2 } }, false },      /* that depend on each other */
		{ { { { { 0 } }, 1, 1 }, { { { 0 } }, 2, 0 } }, false },      /* one is not trusted */
		{ { { { { 1 } }, 1, 0 }, { { { 2 } }, 1, 0 } }, false },      /* two people of a source that is not */
		{ { { { { 1 } }, 1, 2 }, { { { 0 } }, 0, 2 } }, false } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct asking asking;
		ask_for_block(&asking, INDICATOR_ADDRESS, "8.8.4.4");
		asking.voices = cases[i].voices;
		if ((decide(&asking).alone == ITEM_BLOCK) != cases[i].good)
			fail_msg("case %zu", i);
	}
}

static void test_a_form_has_one_meaning(void **state)
{
	(void)state;
	struct asking asking;
	ask_for_block(&asking, INDICATOR_DOMAIN, "evil.example");
	asking.form[0] = 'E'; /* not as it is compared */
	assert_int_equal(decide(&asking).by_person, RULE_NOTHING);
	ask_for_block(&asking, INDICATOR_ADDRESS, "8.8.0.0/16");
	asking.form[4] = 1; /* a bit beyond the length */
	assert_int_equal(decide(&asking).by_person, RULE_NOTHING);
}

/* ── the poisoner ─ */

static const char *pick(const char *const *from, size_t count)
{
	return from[(size_t)rand() % count];
}
#define PICK(from) pick(from, sizeof from / sizeof *from)

/* A name of ground, one below, or one above. */
static void hostile_name(char *to, size_t room)
{
	static const char *const names[] = { "harbour.lg.jp", "mizu.example", "xn--o9jd6d.jp", "みなと.jp",
		"search.example", "co.jp" };
	static const char *const below[] = { "", "www.", "a.b.c.", "_dmarc.", "xn--p8j9a0d.", "*." };
	const char *name = PICK(names);
	if (rand() % 5 == 0)
		snprintf(to, room, "%s", strchr(name, '.') + 1);
	else /* what lies below a public suffix is somebody's own */
		snprintf(to, room, "%s%s", strcmp(name, "co.jp") ? PICK(below) : "", name);
}

/* An address of ground, a network in it or around it, also as IPv6 that carries IPv4. */
static void hostile_address(char *to, size_t room)
{
	unsigned last = (unsigned)rand() % 256, length = (unsigned)rand() % 33;
	switch (rand() % 6) {
	case 0:
		snprintf(to, room, "203.0.113.%u", last);
		break;
	case 1:
		snprintf(to, room, "203.0.113.%u/%u", last, length);
		break;
	case 2:
		snprintf(to, room, "2002:cb00:71%02x::%x/%u", last, last, (unsigned)rand() % 129);
		break;
	case 3:
		snprintf(to, room, "2001:db8:aaaa:%x::/%u", last, (unsigned)rand() % 129);
		break;
	case 4:
		snprintf(to, room, "::ffff:198.51.100.%u", 64 + last % 64);
		break;
	default:
		snprintf(to, room, "%s", rand() % 2 ? "9.9.9.9" : "2620:fe:0:1::9");
	}
}

static void harmless_name(char *to, size_t room)
{
	snprintf(to, room, "h%d.evil%d.example", rand() % 100, rand() % 1000);
}

static void harmless_address(char *to, size_t room)
{
	snprintf(to, room, "45.%d.%d.%d", rand() % 256, rand() % 256, rand() % 256);
}

/* As it is, in capitals, defanged, with a dot at its end. */
static void disguise(const char *from, char *to, size_t room)
{
	size_t size = 0;
	bool capitals = rand() % 3 == 0, defanged = rand() % 3 == 0;
	for (; *from && size + 8 < room; from++) {
		char c = *from;
		if (capitals && c >= 'a' && c <= 'z' && rand() % 2)
			c = (char)(c - 32);
		if (defanged && c == '.' && rand() % 2)
			size += (size_t)snprintf(to + size, room - size, "%s", rand() % 2 ? "[.]" : "(dot)");
		else
			to[size++] = c;
	}
	to[size] = '\0';
}

static enum indicator_kind compose(const char *host, bool address, char *to, size_t room)
{
	static const char *const schemes[] = { "", "http://", "hxxps://", "HTTP://", "http://a@", "ftp://u:p@" };
	static const char *const paths[] = { "", "/", "/a/b?c=d", ":8080/x", "#f" };
	char bracketed[256];
	switch (rand() % 4) {
	case 0:
		snprintf(bracketed, sizeof bracketed, address && strchr(host, ':') ? "[%s]" : "%s", host);
		snprintf(to, room, "%s%s%s", PICK(schemes), bracketed, PICK(paths));
		return INDICATOR_URL;
	case 1:
		snprintf(to, room, address ? "%s" : "x@%s", host);
		return address ? INDICATOR_ADDRESS : INDICATOR_MAIL;
	default:
		snprintf(to, room, "%s", host);
		return address ? INDICATOR_ADDRESS : rand() % 2 ? INDICATOR_DOMAIN : INDICATOR_HOSTNAME;
	}
}

struct tally {
	unsigned given, comparable, blocked, harmless_blocked;
};

static void poison(struct tally *tally, uint64_t *released)
{
	char plain[200], disguised[400], value[1200];
	bool ours = rand() % 4, address = rand() % 2;
	/* he has one account and one source; sometimes somebody else confirms what he gives */
	const struct rule_voice voices[] = { { { { 7 } }, 7, 2 }, { { { 7 } }, 7, 2 },
		{ { { (uint8_t)(rand() % 8 ? 7 : 8) } }, rand() % 8 ? 7 : 8, 2 } };
	bool confirmed = voices[2].account.bytes[0] != 7 || voices[2].source != 7;
	struct asking asking;
	(ours         ? address ? hostile_address : hostile_name
	    : address ? harmless_address
		      : harmless_name)(plain, sizeof plain);
	disguise(plain, disguised, sizeof disguised);
	enum indicator_kind kind = compose(disguised, address, value, sizeof value);
	ask_for_block(&asking, kind, value);
	asking.voices = voices;
	asking.voice_count = 1 + (size_t)rand() % 3;
	confirmed &= asking.voice_count == 3;
	asking.source = (struct rule_source){ .trust = 2, .released = *released, .most = 50 };
	struct rule_decision decision = decide(&asking);
	tally->given++;
	tally->comparable += asking.value.size > 0;
	if (decision.alone == ITEM_BLOCK) {
		tally->blocked++;
		tally->harmless_blocked += !ours;
		if (ours || !confirmed || *released >= 50 || asking.value.size == 0)
			fail_msg("blocked: %s", value);
	}
	if (ours && decision.by_person == ITEM_BLOCK)
		fail_msg("a person may block: %s", value);
	*released += decision.alone != RULE_NOTHING;
	if (rand() % 400 == 0)
		*released = 0; /* the time of the rate is over */
}

static void test_poisoner(void **state)
{
	(void)state;
	struct tally tally = { 0 };
	uint64_t released = 0;
	unsigned rounds = getenv("NOROSHI_LONG") ? 5000000 : 200000;
	srand(7);
	for (unsigned i = 0; i < rounds; i++)
		poison(&tally, &released);
	print_message(
	    "# %u given, %u comparable, %u blocked (all harmless)\n", tally.given, tally.comparable, tally.blocked);
	assert_true(tally.comparable > rounds / 2);          /* the spellings are read */
	assert_true(tally.harmless_blocked > rounds / 2000); /* and the rule lets through what is in order */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_in_order_is_blocked),
		cmocka_unit_test(test_what_is_protected_is_never_a_block),
		cmocka_unit_test(test_each_other_reason_caps),
		cmocka_unit_test(test_observe_is_what_travels_unless_more_is_asked_for),
		cmocka_unit_test(test_two_people_or_two_independent_sources),
		cmocka_unit_test(test_a_form_has_one_meaning),
		cmocka_unit_test(test_poisoner),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
