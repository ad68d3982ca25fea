/*
 * Notices over a real store: what a letter holds and what it must not, reminders and escalation by an injected clock,
 * receipts, links, and that a step which fails leaves nothing behind.
 */
#include "base/data.h"
#include "mail/envelope.h"
#include "notify/notify.h"
#include "notify/reminder.h"
#include "notify/routes.h"
#include "notify/work.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START (20000 * DAY)

struct place {
	char folder[64];
	struct store *store;
	struct arena *arena;
	const struct scope *work; /* background */
	struct subject analyst, member;
	struct organisation harbour, kitahama;
	struct event event, other; /* one campaign */
	struct center center;
	struct catalog *japanese;
	struct notify_settings settings;
	struct failure failure;
};

static const struct scope *scope_of(struct place *place, const struct subject *subject, enum action action)
{
	struct policy_snapshot snapshot;
	assert_int_equal(store_snapshot(place->store, time_now(), place->arena, &snapshot, &place->failure), OK);
	const struct scope *scope = policy_scope(&snapshot, subject, action, place->arena);
	assert_non_null(scope);
	return scope;
}

static void ok(struct place *place, enum error error)
{
	if (error != OK)
		fail_msg("%s: %s", error_name(error), place->failure.words);
}

static struct organisation put_organisation(
    struct place *place, const char *name, const char *ja, const char *en, enum language language)
{
	struct organisation organisation = { .language = language, .active = true };
	text_copy(text_of(name), organisation.name, NAME_SIZE);
	text_copy(text_of(ja), organisation.title_ja, NAME_SIZE);
	text_copy(text_of(en), organisation.title_en, NAME_SIZE);
	text_copy(TEXT("First Contact"), organisation.contacts[0].name, NAME_SIZE);
	text_copy(TEXT("Second Contact"), organisation.contacts[1].name, NAME_SIZE);
	snprintf(organisation.contacts[0].mail, MAIL_SIZE, "first@%s.example", name);
	snprintf(organisation.contacts[1].mail, MAIL_SIZE, "second@%s.example", name);
	ok(place, store_organisation_put(place->store, place->work, &organisation, &place->failure));
	return organisation;
}

static void add_name(struct event_name *names, uint32_t *count, uint32_t *all, const char *name)
{
	text_copy(text_of(name), names[*count].name, sizeof names->name);
	names[*count].alerts = 7;
	++*count;
	++*all;
}

static struct event put_event(
    struct place *place, uint32_t organisation, const char *host, const char *source, const char *account)
{
	static const struct uuid campaign = { { 0xca, 0x3b, 0x41, 6 } };
	struct event event = { .id = uuid_random(),
		.organisation = organisation,
		.campaign = campaign,
		.first = START - HOUR,
		.last = START - MINUTE,
		.opened = START - HOUR,
		.updated = START,
		.rank = 61.25,
		.alerts = 14,
		.severity = SEVERITY_HIGH,
		.outcome = OUTCOME_SUCCEEDED,
		.tactics = 1 << TACTIC_INITIAL_ACCESS,
		.coverage = 1 };
	add_name(event.hosts, &event.host_count, &event.hosts_all, host);
	add_name(event.sources, &event.source_count, &event.sources_all, source);
	add_name(event.accounts, &event.account_count, &event.accounts_all, account);
	add_name(event.signatures, &event.signature_count, &event.signatures_all, "Web shell answered");
	add_name(event.detectors, &event.detector_count, &event.detectors_all, "Suricata");
	ok(place, store_begin(place->store, &place->failure));
	ok(place, store_event_put(place->store, place->work, &event, &place->failure));
	ok(place, store_event_decide(place->store, scope_of(place, &place->analyst, ACTION_EVENT_DECIDE), event.id,
		      EVENT_CONFIRMED, (struct uuid){ 0 }, TEXT("seen"), 0, START, &place->failure));
	ok(place, store_commit(place->store, &place->failure));
	return event;
}

static struct subject put_account(struct place *place, const char *name, enum role role, uint32_t organisation)
{
	struct account account = { .role = role, .organisation = organisation, .created = START };
	text_copy(text_of(name), account.name, NAME_SIZE);
	text_copy(text_of(name), account.title, NAME_SIZE);
	ok(place, store_account_put(place->store, place->work, &account, &place->failure));
	struct subject subject = { .account = account.id, .role = role, .organisation = organisation };
	text_copy(text_of(name), subject.name, sizeof subject.name);
	return subject;
}

static int begin(void **state)
{
	static char server[] = "smtp://127.0.0.1:1", from[] = "centre@noroshi.example", ja[] = "サイバー防御センター",
		    en[] = "Cyber Defence Centre";
	struct place *place = calloc(1, sizeof *place);
	char location[96];
	strcpy(place->folder, "/tmp/noroshi-test-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	snprintf(location, sizeof location, "sqlite:%s/state.db", place->folder);
	ok(place, store_open(location, &place->store, &place->failure));
	place->arena = arena_new(0);
	place->work = policy_background("test", place->arena);
	ok(place, store_begin(place->store, &place->failure));
	place->harbour = put_organisation(place, "harbour", "港湾市", "Harbour City", LANGUAGE_JAPANESE);
	place->kitahama = put_organisation(place, "kitahama", "北浜大学", "Kitahama University", LANGUAGE_ENGLISH);
	place->analyst = put_account(place, "mori", ROLE_ANALYST, 0);
	place->member = put_account(place, "sato", ROLE_MEMBER, place->harbour.number);
	struct organisation_space space = { .organisation = place->kitahama.number, .from = START };
	assert_true(prefix_parse(TEXT("198.51.100.0/24"), &space.prefix));
	ok(place, store_space_put(place->store, place->work, &space, &place->failure));
	ok(place, store_commit(place->store, &place->failure));
	place->event = put_event(place, place->harbour.number, "portal-01", "203.0.113.77", "svc-harbour");
	place->other = put_event(place, place->kitahama.number, "lab-77", "203.0.113.77", "svc-lab");
	place->center =
	    (struct center){ .store = place->store, .folder = place->folder, .public_url = "https://noroshi.example" };
	place->settings = (struct notify_settings){ .centre_ja = ja,
		.centre_en = en,
		.deadline_critical = 8 * HOUR,
		.deadline_high = 24 * HOUR,
		.deadline_medium = 72 * HOUR,
		.deadline_other = 168 * HOUR,
		.deadline_strict = 24 * HOUR,
		.reminder_lead = 4 * HOUR,
		.reminder_interval = 24 * HOUR,
		.reminder_maximum = 3,
		.link_lifetime = 30 * DAY,
		.smtp_server = server,
		.smtp_from = from };
	char path[4096];
	ok(place, data_find_catalog("ja", path, sizeof path, &place->failure));
	ok(place, catalog_open(path, &place->japanese, &place->failure));
	place->center.japanese = place->japanese;
	*state = place;
	return 0;
}

static int end(void **state)
{
	struct place *place = *state;
	char command[128];
	catalog_free(place->japanese);
	store_close(place->store);
	arena_free(place->arena);
	snprintf(command, sizeof command, "rm -rf '%s'", place->folder);
	int code = system(command);
	free(place);
	return code;
}

static struct work work_of(struct place *place, nanoseconds now)
{
	return (struct work){ .center = &place->center,
		.store = place->store,
		.arena = place->arena,
		.settings = &place->settings,
		.scope = scope_of(place, &place->analyst, ACTION_NOTICE_WRITE),
		.now = now };
}

static struct notice send_notice(struct place *place, const struct event *event, enum tlp tlp, const char *advice)
{
	struct work work = work_of(place, START);
	struct draft draft = {
		.event = event->id, .tlp = tlp, .advice = text_of(advice), .author = place->analyst.account
	};
	struct notice notice;
	ok(place, store_begin(place->store, &place->failure));
	ok(place, work_draft(&work, &draft, &notice, &place->failure));
	ok(place, work_send(&work, &notice, &place->failure));
	ok(place, store_commit(place->store, &place->failure));
	return notice;
}

struct mails {
	struct text body[16];
	uint64_t number[16];
	size_t count;
	struct arena *arena;
};

static void each_mail(void *context, const struct outbox_message *message)
{
	struct mails *mails = context;
	assert_string_equal(message->topic, "mail");
	assert_true(mails->count < 16);
	mails->number[mails->count] = message->number;
	mails->body[mails->count++] = arena_text(mails->arena, message->body);
}

static struct mails mails_of(struct place *place)
{
	struct mails mails = { .arena = place->arena };
	ok(place, store_outbox_due(place->store, place->work, START + 1000 * DAY, 100, place->arena, each_mail, &mails,
		      &place->failure));
	return mails;
}

/* Header and decoded body of the message in an outbox entry, as one text. */
static struct text read_mail(struct place *place, struct text encoded, char recipient[static 64])
{
	struct envelope envelope;
	ok(place, envelope_decode(encoded.at, encoded.size, &envelope, &place->failure));
	text_copy(envelope.recipient, recipient, 64);
	ptrdiff_t split = text_find(envelope.message, TEXT("\r\n\r\n"));
	assert_true(split > 0);
	char *whole = arena_take(place->arena, envelope.message.size * 2);
	memcpy(whole, envelope.message.at, (size_t)split);
	size_t size = (size_t)split;
	struct text rest = { envelope.message.at + split + 4, envelope.message.size - (size_t)split - 4 };
	while (rest.size > 0) {
		struct text line = text_trim(text_cut(&rest, '\n'));
		int decoded =
		    EVP_DecodeBlock((unsigned char *)whole + size, (const unsigned char *)line.at, (int)line.size);
		assert_true(decoded >= 0 || line.size == 0);
		size += (size_t)decoded;
		while (line.size > 0 && line.at[line.size - 1] == '=') {
			line.size--;
			size--;
		}
	}
	return (struct text){ whole, size };
}

static void assert_holds(struct text text, const char *part, bool wanted)
{
	if ((text_find(text, text_of(part)) >= 0) != wanted)
		fail_msg("\"%s\" is %sin: %.*s", part, wanted ? "not " : "", (int)text.size, text.at);
}

static void test_open_mail_tells_the_organisation_its_own_evidence_and_nothing_of_others(void **state)
{
	struct place *place = *state;
	char recipient[64];
	struct notice notice = send_notice(place, &place->event, TLP_GREEN, "隔離してください。");
	struct mails mails = mails_of(place);
	assert_int_equal(mails.count, 1);
	struct text mail = read_mail(place, mails.body[0], recipient);
	assert_string_equal(recipient, "first@harbour.example");
	static const char *const own[] = { "TLP:GREEN", "港湾市 御中", "portal-01", "203.0.113.77", "svc-harbour",
		"Web shell answered", "隔離してください。", "2024-10-04 08:00 JST (2024-10-03 23:00 UTC)",
		"https://noroshi.example/n/", "期限", "Auto-Submitted: auto-generated" };
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		assert_holds(mail, own[i], true);
	assert_holds(mail, notice.number, true);
	static const char *const foreign[] = { "kitahama", "Kitahama", "北浜", "lab-77", "svc-lab", "ca3b4106",
		"campaign", "61.25" };
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
		assert_holds(mail, foreign[i], false);
}

static void test_mail_above_green_holds_no_fact_of_the_event(void **state)
{
	struct place *place = *state;
	char recipient[64];
	for (enum tlp tlp = TLP_AMBER; tlp <= TLP_RED; tlp++)
		send_notice(place, &place->other, tlp, "Disconnect the host.");
	struct mails mails = mails_of(place);
	assert_int_equal(mails.count, 3);
	for (size_t i = 0; i < mails.count; i++) {
		struct text mail = read_mail(place, mails.body[i], recipient);
		static const char *const facts[] = { "lab-77", "203.0.113.77", "svc-lab", "Web shell", "Disconnect",
			"suspicious activity (", "UTC)", "High", "Initial Access", "Suricata", "14" };
		for (size_t f = 0; f + 1 < sizeof facts / sizeof *facts; f++)
			assert_holds(mail, facts[f], false);
		assert_holds(mail, "https://noroshi.example/n/", true);
		assert_holds(mail, "TLP:", true);
	}
}

static void test_no_mail_is_made_until_a_server_is_configured(void **state)
{
	struct place *place = *state;
	place->settings.smtp_server = NULL;
	send_notice(place, &place->event, TLP_GREEN, "");
	assert_int_equal(mails_of(place).count, 0);
}

struct receipts {
	unsigned inbox, mail, reminders, escalations;
	struct delivery last_mail;
};

static void each_receipt(void *context, const struct delivery *delivery)
{
	struct receipts *receipts = context;
	bool mail = strcmp(delivery->channel, "mail") == 0;
	receipts->inbox += !mail;
	receipts->mail += mail;
	receipts->reminders += mail && strcmp(delivery->purpose, "reminder") == 0;
	receipts->escalations += mail && strcmp(delivery->purpose, "escalation") == 0;
	if (mail)
		receipts->last_mail = *delivery;
	if (mail && strcmp(delivery->purpose, "escalation") == 0)
		assert_string_equal(delivery->recipient, "second@harbour.example");
	else if (mail)
		assert_string_equal(delivery->recipient, "first@harbour.example");
}

static struct receipts receipts_of(struct place *place, const struct notice *notice)
{
	struct receipts receipts = { 0 };
	ok(place, store_delivery_each(place->store, place->work, notice->id, each_receipt, &receipts, &place->failure));
	return receipts;
}

static void test_reminders_and_escalation_go_out_exactly_once_each(void **state)
{
	struct place *place = *state;
	struct notice notice = send_notice(place, &place->event, TLP_AMBER, "");
	assert_int_equal(notice.deadline, START + 24 * HOUR);
	for (nanoseconds now = START; now < START + 200 * HOUR; now += 30 * MINUTE)
		for (int twice = 0; twice < 2; twice++)
			ok(place, reminders_run(&place->center, &place->settings, now, &place->failure));
	struct receipts receipts = receipts_of(place, &notice);
	assert_int_equal(receipts.reminders, 3);
	assert_int_equal(receipts.escalations, 1);
	assert_int_equal(receipts.mail, 5);
	assert_int_equal(receipts.inbox, 5);
	assert_int_equal(mails_of(place).count, 5);
}

static void test_nothing_follows_an_acknowledgement(void **state)
{
	struct place *place = *state;
	struct notice notice = send_notice(place, &place->event, TLP_AMBER, "");
	struct work work = work_of(place, START + HOUR);
	work.scope = scope_of(place, &place->member, ACTION_NOTICE_ACKNOWLEDGE);
	ok(place, store_begin(place->store, &place->failure));
	ok(place, work_acknowledge(&work, &notice, place->member.account, TEXT("sato"), &place->failure));
	ok(place, store_commit(place->store, &place->failure));
	for (nanoseconds now = START; now < START + 200 * HOUR; now += HOUR)
		ok(place, reminders_run(&place->center, &place->settings, now, &place->failure));
	assert_int_equal(mails_of(place).count, 1);
}

static void test_a_step_that_fails_leaves_nothing_behind(void **state)
{
	struct place *place = *state;
	struct work work = work_of(place, START);
	struct draft draft = { .event = place->event.id, .tlp = TLP_AMBER, .author = place->analyst.account };
	struct notice notice;
	char odd[] = "not an address";
	place->settings.smtp_from = odd; /* the mail cannot be written */
	ok(place, store_begin(place->store, &place->failure));
	ok(place, work_draft(&work, &draft, &notice, &place->failure));
	assert_int_equal(work_send(&work, &notice, &place->failure), ERROR_INPUT);
	store_rollback(place->store);
	assert_int_equal(mails_of(place).count, 0);
	assert_int_equal(
	    store_notice_get(place->store, place->work, notice.id, place->arena, &notice, NULL), ERROR_NOT_FOUND);
}

static void test_advice_that_names_another_organisation_is_refused(void **state)
{
	struct place *place = *state;
	static const char *const told[] = { "As at Kitahama University.", "北浜大学でも同様です。", "see KITAHAMA.",
		"from 198.51.100.9:443" };
	static const char *const fine[] = { "Harbour City only", "kitahamas", "198.51.101.9", "" };
	struct work work = work_of(place, START);
	struct notice notice;
	ok(place, store_begin(place->store, &place->failure));
	for (size_t i = 0; i < 4; i++) {
		struct draft draft = { .event = place->event.id,
			.tlp = TLP_AMBER,
			.advice = text_of(told[i]),
			.author = place->analyst.account };
		assert_int_equal(work_draft(&work, &draft, &notice, &place->failure), ERROR_INPUT);
		draft.advice = text_of(fine[i]);
		ok(place, work_draft(&work, &draft, &notice, &place->failure));
	}
	store_rollback(place->store);
}

static void test_an_event_that_nobody_confirmed_is_not_told(void **state)
{
	struct place *place = *state;
	struct work work = work_of(place, START);
	struct draft draft = { .event = place->event.id, .tlp = TLP_AMBER, .author = place->analyst.account };
	struct notice notice;
	ok(place, store_begin(place->store, &place->failure));
	ok(place, store_event_decide(place->store, scope_of(place, &place->analyst, ACTION_EVENT_DECIDE),
		      place->event.id, EVENT_OPEN, (struct uuid){ 0 }, TEXT("again"), 0, START, &place->failure));
	assert_int_equal(work_draft(&work, &draft, &notice, &place->failure), ERROR_CONFLICT);
	store_rollback(place->store);
}

static struct call link_call(struct place *place, const char *secret, nanoseconds now)
{
	static const struct subject stranger;
	return (struct call){ .route = &notify_routes[0],
		.subject = &stranger,
		.input = json_pack("{s:s}", "secret", secret),
		.output = json_object(),
		.language = TEXT("en"),
		.arena = place->arena,
		.center = &place->center,
		.store = place->store,
		.now = now };
}

static enum error try_link(struct place *place, const char *secret, nanoseconds now, json_t **output)
{
	struct call call = link_call(place, secret, now);
	enum error error = link_show(&call, &place->failure);
	json_decref(call.input);
	if (output)
		*output = call.output;
	else
		json_decref(call.output);
	return error;
}

static void read_secret(struct place *place, char secret[static 65])
{
	char recipient[64];
	struct text mail = read_mail(place, mails_of(place).body[0], recipient);
	ptrdiff_t at = text_find(mail, TEXT("/n/"));
	assert_true(at > 0);
	snprintf(secret, 65, "%.64s", mail.at + at + 3);
}

static void test_opening_the_link_changes_nothing_and_shows_little(void **state)
{
	struct place *place = *state;
	char secret[65];
	json_t *output;
	struct notice notice = send_notice(place, &place->event, TLP_AMBER, ""), again;
	read_secret(place, secret);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(try_link(place, secret, START + HOUR, &output), OK);
		assert_string_equal(json_string_value(json_object_get(output, "number")), notice.number);
		assert_string_equal(json_string_value(json_object_get(output, "organisation_title")), "Harbour City");
		assert_null(json_object_get(output, "subject"));
		assert_int_equal(json_object_size(output), 5);
		json_decref(output);
	}
	ok(place, store_notice_get(place->store, place->work, notice.id, place->arena, &again, &place->failure));
	assert_int_equal(again.state, NOTICE_SENT);
	assert_int_equal(again.version, notice.version);
}

static void test_wrong_used_and_expired_links_answer_alike(void **state)
{
	struct place *place = *state;
	char secret[65], wrong[65], words[4][480];
	struct notice notice = send_notice(place, &place->event, TLP_AMBER, "");
	read_secret(place, secret);
	memset(wrong, 'a', 64);
	wrong[64] = '\0';
	place->settings = *notify_settings(); /* what the routes use: unset, so a link ends with its deadline */
	assert_int_equal(try_link(place, wrong, START, NULL), ERROR_NOT_FOUND);
	strcpy(words[0], place->failure.words);
	assert_int_equal(try_link(place, "short", START, NULL), ERROR_NOT_FOUND);
	strcpy(words[1], place->failure.words);
	assert_int_equal(try_link(place, secret, notice.deadline, NULL), ERROR_NOT_FOUND);
	strcpy(words[2], place->failure.words);
	struct call call = link_call(place, secret, START + HOUR);
	json_object_set_new(call.input, "name", json_string("Hana Sato"));
	ok(place, store_begin(place->store, &place->failure));
	ok(place, link_acknowledge(&call, &place->failure));
	ok(place, store_commit(place->store, &place->failure));
	json_decref(call.input);
	json_decref(call.output);
	assert_int_equal(try_link(place, secret, START + HOUR, NULL), ERROR_NOT_FOUND);
	strcpy(words[3], place->failure.words);
	for (int i = 1; i < 4; i++)
		assert_string_equal(words[i], words[0]);
	ok(place, store_notice_get(place->store, place->work, notice.id, place->arena, &notice, &place->failure));
	assert_int_equal(notice.state, NOTICE_ACKNOWLEDGED);
	assert_string_equal(notice.acknowledged_name, "Hana Sato");
}

static void test_receipts_say_what_became_of_each_mail(void **state)
{
	struct place *place = *state;
	static const struct {
		enum error result;
		enum delivery_state state;
	} cases[] = { { ERROR_AGAIN, DELIVERY_WAITING }, { ERROR_INPUT, DELIVERY_FAILED },
		{ ERROR_LIMIT, DELIVERY_GIVEN_UP }, { OK, DELIVERY_DONE } };
	struct notice notice = send_notice(place, &place->event, TLP_AMBER, "");
	struct mails mails = mails_of(place);
	for (unsigned i = 0; i < 4; i++) {
		ok(place, store_begin(place->store, &place->failure));
		ok(place, notify_capability.delivered(&place->center, "mail", mails.body[0].at, mails.body[0].size,
			      cases[i].result, "what the server said", START + i, &place->failure));
		ok(place, store_commit(place->store, &place->failure));
		struct receipts receipts = receipts_of(place, &notice);
		assert_int_equal(receipts.last_mail.state, cases[i].state);
		assert_int_equal(receipts.last_mail.tries, i + 1);
		assert_string_equal(receipts.last_mail.answer, "what the server said");
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_open_mail_tells_the_organisation_its_own_evidence_and_nothing_of_others),
		TEST(test_mail_above_green_holds_no_fact_of_the_event),
		TEST(test_no_mail_is_made_until_a_server_is_configured),
		TEST(test_reminders_and_escalation_go_out_exactly_once_each),
		TEST(test_nothing_follows_an_acknowledgement),
		TEST(test_a_step_that_fails_leaves_nothing_behind),
		TEST(test_advice_that_names_another_organisation_is_refused),
		TEST(test_an_event_that_nobody_confirmed_is_not_told),
		TEST(test_opening_the_link_changes_nothing_and_shows_little),
		TEST(test_wrong_used_and_expired_links_answer_alike),
		TEST(test_receipts_say_what_became_of_each_mail),
	};
	return cmocka_run_group_tests_name("notify work", tests, NULL, NULL);
}
