/*
 * Notices: drafted and sent in one transaction with their deliveries and the mail in the outbox (rule 7), by what the
 * routes call. After the cut every notice that was acknowledged is there, each notice has its deliveries and its mail,
 * and the link in the mail works: the key it was made with is there too. Then the mails are delivered: the result is at
 * the delivery and the message out of the outbox, both or neither.
 */
#include "kinds.h"

#include "mail/link.h"
#include "notify/notify.h"
#include "notify/work.h"
#include "store/recording_vfs.h"

#define NOTICES 3

struct office {
	struct store *store;
	struct arena *arena;
	const struct scope *scope;
	struct center center;
	struct failure failure;
	uint32_t messages, deliveries, delivered, notices;
	char folder[200];
};

static enum error office_open(struct office *office, const char *folder)
{
	char path[240];
	struct failure *failure = &office->failure;
	recording_vfs_use();
	snprintf(office->folder, sizeof office->folder, "%s", folder);
	snprintf(path, sizeof path, "sqlite:%s/state.db", folder);
	enum error error = prepared_store(path + strlen("sqlite:"), failure);
	if (!error)
		error = store_open(path, &office->store, failure);
	office->arena = arena_new(0);
	office->scope = policy_background("test", office->arena);
	office->center = (struct center){
		.store = office->store, .folder = office->folder, .public_url = "https://noroshi.example"
	};
	return error;
}

static void office_close(struct office *office)
{
	store_close(office->store);
	arena_free(office->arena);
}

static struct uuid event_id(int number)
{
	return (struct uuid){ { 1, (uint8_t)number } };
}

static enum error put_event(struct office *office, uint32_t organisation, int number)
{
	struct event event = { .id = event_id(number),
		.organisation = organisation,
		.first = START - HOUR,
		.last = START,
		.opened = START,
		.updated = START,
		.alerts = 3,
		.severity = SEVERITY_HIGH,
		.outcome = OUTCOME_SUCCEEDED,
		.coverage = 1 };
	enum error error = store_event_put(office->store, office->scope, &event, &office->failure);
	return error ? error
		     : store_event_decide(office->store, office->scope, event.id, EVENT_CONFIRMED, (struct uuid){ 0 },
			   TEXT("seen"), 0, START, &office->failure);
}

/* One transaction: an earlier process has done all of it or nothing. */
static enum error prepare(struct office *office)
{
	struct event *event = arena_take(office->arena, sizeof *event);
	struct event_standing standing;
	struct organisation organisation = {
		.active = true, .name = "harbour", .title_en = "Harbour", .language = LANGUAGE_ENGLISH
	};
	strcpy(organisation.contacts[0].mail, "first@harbour.example");
	enum error error = store_event_get(
	    office->store, office->scope, event_id(1), office->arena, event, &standing, &office->failure);
	if (error != ERROR_NOT_FOUND)
		return error;
	error = store_begin(office->store, &office->failure);
	if (!error)
		error = store_organisation_put(office->store, office->scope, &organisation, &office->failure);
	for (int number = 1; number <= NOTICES && !error; number++)
		error = put_event(office, organisation.number, number);
	return error ? error : store_commit(office->store, &office->failure);
}

static enum error send(struct office *office, int number)
{
	static char server[] = "smtp://127.0.0.1:1", from[] = "centre@noroshi.example", words[] = "Centre";
	struct notify_settings settings = { .centre_ja = words,
		.centre_en = words,
		.deadline_high = DAY,
		.deadline_strict = DAY,
		.link_lifetime = 30 * DAY,
		.smtp_server = server,
		.smtp_from = from };
	struct work work = { .center = &office->center,
		.store = office->store,
		.arena = office->arena,
		.settings = &settings,
		.scope = office->scope,
		.now = START };
	struct draft draft = {
		.event = event_id(number), .tlp = TLP_AMBER, .advice = TEXT("Look."), .author = { { 9 } }
	};
	struct notice notice;
	enum error error = store_begin(office->store, &office->failure);
	if (!error)
		error = work_draft(&work, &draft, &notice, &office->failure);
	if (!error)
		error = work_send(&work, &notice, &office->failure);
	if (!error)
		error = store_commit(office->store, &office->failure);
	if (error)
		store_rollback(office->store);
	return error;
}

static void count_delivery(void *context, const struct delivery *delivery)
{
	struct office *office = context;
	bool mail = strcmp(delivery->channel, "mail") == 0, done = delivery->state == DELIVERY_DONE;
	office->deliveries++;
	office->delivered += mail && done;
}

static void look_at_notice(void *context, const struct notice *notice)
{
	struct office *office = context;
	struct link_key key;
	char secret[LINK_SECRET_SIZE];
	uint8_t digest[32];
	assert_int_equal(notice->state, NOTICE_SENT);
	FINE(link_key_load(office->folder, &key, &failure));
	link_secret(&key, notice->id, secret);
	assert_true(link_digest(text_of(secret), digest));
	assert_memory_equal(digest, notice->link_digest, sizeof digest);
	uint32_t before = office->deliveries;
	FINE(store_delivery_each(office->store, office->scope, notice->id, count_delivery, office, &failure));
	assert_int_equal(office->deliveries, before + 2); /* the inbox and the mail */
	office->notices++;
}

static void count_message(void *context, const struct outbox_message *message)
{
	assert_string_equal(message->topic, "mail");
	((struct office *)context)->messages++;
}

static uint32_t look(struct office *office)
{
	struct page page = { .limit = 100 };
	office->notices = office->messages = office->deliveries = office->delivered = 0;
	FINE(store_notice_each(office->store, office->scope, (struct uuid){ 0 }, 0, &page, office->arena,
	    look_at_notice, office, &failure));
	FINE(store_outbox_due(
	    office->store, office->scope, START + DAY, 100, office->arena, count_message, office, &failure));
	assert_int_equal(office->messages + office->delivered, office->notices);
	return office->notices;
}

struct mail {
	uint64_t number;
	struct text body;
};

static void take_mail(void *context, const struct outbox_message *message)
{
	struct mail *mail = context;
	*mail = (struct mail){ message->number, message->body };
}

/* As center/deliveries.c notes a result; mail number 0: there is none left. */
static enum error deliver(struct office *office, struct mail *mail)
{
	struct failure *failure = &office->failure;
	*mail = (struct mail){ 0 };
	enum error error =
	    store_outbox_due(office->store, office->scope, START + DAY, 1, office->arena, take_mail, mail, failure);
	if (error || !mail->number)
		return error;
	error = store_begin(office->store, failure);
	if (!error)
		error = notify_capability.delivered(
		    &office->center, "mail", mail->body.at, mail->body.size, OK, "250 taken", START, failure);
	if (!error)
		error = store_outbox_done(office->store, office->scope, mail->number, failure);
	if (!error)
		error = store_commit(office->store, failure);
	if (error)
		store_rollback(office->store);
	return error;
}

static enum error deliver_all(struct office *office)
{
	struct mail mail = { 1 };
	enum error error = OK;
	while (!error && mail.number) {
		error = deliver(office, &mail);
		if (!error && mail.number)
			mark("delivered %d", (int)++office->delivered);
	}
	return error;
}

static bool work(const char *folder)
{
	struct office office = { 0 };
	enum error error = office_open(&office, folder);
	if (!error)
		error = prepare(&office);
	for (int number = error ? NOTICES : (int)look(&office); number < NOTICES && !error; number++) {
		error = send(&office, number + 1);
		if (!error)
			mark("sent %d", number + 1);
	}
	if (!error)
		error = deliver_all(&office);
	office_close(&office);
	return error == OK;
}

static void check(const char *folder, const struct marks *marks)
{
	struct office office = { 0 };
	if (office_open(&office, folder) != OK)
		fail_msg("%s: %s", powercut_where(), office.failure.words);
	assert_true(look(&office) >= marked_number(marks, "sent "));
	assert_true(office.delivered >= marked_number(marks, "delivered "));
	office_close(&office);
}

const struct powercut_kind kind_notice = { "notice", work, check, .prepare = prepare_store };
