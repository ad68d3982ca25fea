/*
 * The steps of a dispatch's life. See work.h.
 */
#include "reach/work.h"

#include "mail/link.h"
#include "reach/tree.h"

#include <stdlib.h>
#include <string.h>

#define RECORDS_AT_ONCE 500

/* ── whom it goes to ─ */

struct contacts {
	struct dispatch_contact *list;
	size_t count, room;
	bool failed;
};

static void take_contact(void *context, const struct dispatch_contact *contact)
{
	struct contacts *contacts = context;
	if (contacts->count == contacts->room) {
		void *grown = array_grow(contacts->list, &contacts->room, 256, sizeof *contacts->list);
		contacts->failed |= !grown;
		if (!grown)
			return;
		contacts->list = grown;
	}
	contacts->list[contacts->count++] = *contact;
}

/* The members of a community at this time, as contacts of one tier; to be one is to have agreed. */
static enum error load_members(
    struct reach_work *work, const struct dispatch *dispatch, struct contacts *contacts, struct failure *failure)
{
	struct policy_snapshot snapshot;
	enum error error = store_snapshot(work->store, work->now, work->arena, &snapshot, failure);
	for (size_t i = 0; error == OK && i < snapshot.organisation_count; i++) {
		struct organisation organisation;
		uint32_t number = snapshot.organisations[i].organisation;
		if (policy_standing(&snapshot, number, dispatch->community) < STANDING_READS)
			continue;
		error = store_organisation_get(work->store, work->scope, number, &organisation, failure);
		if (error != OK)
			break;
		struct dispatch_contact contact = {
			.tier = "member", .organisation = number, .language = organisation.language, .agreed = true
		};
		bool japanese = organisation.language == LANGUAGE_JAPANESE;
		text_copy(text_of(organisation.name), contact.name, sizeof contact.name);
		text_copy(text_of(japanese ? organisation.title_ja : organisation.title_en), contact.title,
		    sizeof contact.title);
		take_contact(contacts, &contact);
	}
	return error == OK && contacts->count == 0
		   ? fail(failure, ERROR_INPUT, "community: nobody is a member of it now")
		   : error;
}

static enum error load_list(
    struct reach_work *work, const struct dispatch *dispatch, struct contacts *contacts, struct failure *failure)
{
	enum error error =
	    store_contact_each(work->store, work->all, dispatch->list, false, take_contact, contacts, failure);
	return error == OK && contacts->count == 0
		   ? fail(failure, ERROR_INPUT, "list: the directory has no list \"%s\"", dispatch->list)
		   : error;
}

/* The contacts, on the heap, and the tree they make. */
static enum error load_tree(struct reach_work *work, const struct dispatch *dispatch, struct contacts *contacts,
    struct tree *tree, struct failure *failure)
{
	enum error error = dispatch->community ? load_members(work, dispatch, contacts, failure)
					       : load_list(work, dispatch, contacts, failure);
	if (error == OK && contacts->failed)
		error = fail(failure, ERROR_MEMORY, "no memory for the directory");
	if (error == OK)
		error = tree_make(contacts->list, (uint32_t)contacts->count, dispatch->kind == DISPATCH_WARNING,
		    work->arena, tree, failure);
	return error;
}

enum error reach_count(
    struct reach_work *work, const struct dispatch *dispatch, uint32_t *recipients, struct failure *failure)
{
	struct contacts contacts = { 0 };
	struct tree tree;
	enum error error = load_tree(work, dispatch, &contacts, &tree, failure);
	*recipients = error == OK ? tree.included : 0;
	free(contacts.list);
	return error;
}

/* ── two people ─ */

static enum error refuse(const struct dispatch *dispatch, const char *step, struct failure *failure)
{
	return fail(failure, ERROR_CONFLICT, "it is %s and cannot be %s", dispatch_state_code(dispatch->state), step);
}

static enum error check_seen(
    struct reach_work *work, const struct dispatch *dispatch, uint32_t seen, struct failure *failure)
{
	uint32_t now;
	enum error error = reach_count(work, dispatch, &now, failure);
	if (error == OK && now != seen)
		error = fail(
		    failure, ERROR_CONFLICT, "recipients: it would go to %u now, not to %u: look again", now, seen);
	if (error == OK && now == 0)
		error = fail(failure, ERROR_CONFLICT, "recipients: nobody of the list may get it");
	return error;
}

enum error reach_propose(
    struct reach_work *work, struct dispatch *dispatch, struct uuid account, uint32_t seen, struct failure *failure)
{
	if (dispatch->state != DISPATCH_DRAFT && dispatch->state != DISPATCH_PROPOSED)
		return refuse(dispatch, "proposed", failure);
	enum error error = check_seen(work, dispatch, seen, failure);
	if (error != OK)
		return error;
	dispatch->state = DISPATCH_PROPOSED;
	dispatch->proposed_by = account;
	dispatch->recipients = seen;
	return store_dispatch_put(work->store, work->scope, dispatch, failure);
}

static void fill(const struct tree *tree, uint32_t index, struct recipient *recipient)
{
	const struct dispatch_contact *contact = &tree->contacts[index], *body = tree_body(tree, index);
	recipient->tier_level = tree->levels[index];
	recipient->organisation = contact->organisation;
	recipient->language = contact->language;
	text_copy(text_of(contact->name), recipient->name, sizeof recipient->name);
	text_copy(text_of(*contact->title ? contact->title : contact->name), recipient->title, sizeof recipient->title);
	text_copy(text_of(contact->tier), recipient->tier, sizeof recipient->tier);
	text_copy(text_of(contact->person), recipient->person, sizeof recipient->person);
	text_copy(text_of(contact->mail), recipient->mail, sizeof recipient->mail);
	if (body)
		text_copy(text_of(*body->title ? body->title : body->name), recipient->body, sizeof recipient->body);
}

/* An organisation's own contact stands where the directory names no address. */
static enum error fill_organisation(struct reach_work *work, struct recipient *recipient, struct failure *failure)
{
	struct organisation organisation;
	if (recipient->organisation == 0 || recipient->mail[0])
		return OK;
	enum error error =
	    store_organisation_get(work->store, work->scope, recipient->organisation, &organisation, failure);
	if (error == OK) {
		text_copy(text_of(organisation.contacts[0].mail), recipient->mail, sizeof recipient->mail);
		text_copy(text_of(organisation.contacts[0].name), recipient->person, sizeof recipient->person);
		recipient->language = organisation.language;
	}
	return error == ERROR_NOT_FOUND ? OK : error;
}

/* The list as it is now becomes the recipients, the upper tiers first. */
static enum error make_recipients(
    struct reach_work *work, const struct dispatch *dispatch, const struct tree *tree, struct failure *failure)
{
	struct link_key key;
	uint64_t *numbers = arena_take(work->arena, tree->count * sizeof *numbers);
	enum error error = numbers ? link_key_load(work->center->folder, &key, failure)
				   : fail(failure, ERROR_MEMORY, "no memory for the recipients");
	for (uint32_t level = 0; level <= tree->deepest; level++) {
		for (uint32_t i = 0; i < tree->count && error == OK; i++) {
			char secret[LINK_SECRET_SIZE];
			uint32_t above = tree_above(tree, i);
			if (tree->levels[i] != level || tree->left_out[i])
				continue;
			struct recipient recipient = { .id = uuid_random(),
				.dispatch = dispatch->number,
				.parent = above == TREE_NONE ? 0 : numbers[above] };
			fill(tree, i, &recipient);
			link_secret(&key, recipient.id, secret);
			link_digest(text_of(secret), recipient.link_digest);
			error = fill_organisation(work, &recipient, failure);
			if (error == OK)
				error = store_recipient_put(work->store, work->all, &recipient, failure);
			numbers[i] = recipient.number;
		}
	}
	return error;
}

struct titles {
	struct reach_work *work;
	struct builder *to;
	bool japanese;
};

static void name_signatory(void *context, const struct dispatch_signatory *signatory)
{
	struct titles *titles = context;
	struct organisation organisation;
	if (store_organisation_get(
		titles->work->store, titles->work->all, signatory->organisation, &organisation, NULL) != OK)
		return;
	const char *title = titles->japanese ? organisation.title_ja : organisation.title_en;
	build_text(titles->to, titles->to->size > 0 ? titles->japanese ? TEXT("、") : TEXT(", ") : TEXT_NONE);
	build_text(titles->to, text_of(*title ? title : organisation.name));
}

enum error reach_signatories(struct reach_work *work, const struct dispatch *dispatch, bool japanese,
    struct builder *to, struct failure *failure)
{
	struct titles titles = { work, to, japanese };
	return store_signatory_each(work->store, work->all, dispatch->number, name_signatory, &titles, failure);
}

static void count_missing(void *context, const struct dispatch_signatory *signatory)
{
	uint32_t *missing = context;
	*missing += signatory->agreed == 0;
}

static enum error check_signatories(struct reach_work *work, const struct dispatch *dispatch, struct failure *failure)
{
	uint32_t missing = 0;
	enum error error =
	    store_signatory_each(work->store, work->all, dispatch->number, count_missing, &missing, failure);
	return error == OK && missing > 0
		   ? fail(failure, ERROR_CONFLICT, "%u of those who issue it together have not agreed yet", missing)
		   : error;
}

enum error reach_start(
    struct reach_work *work, struct dispatch *dispatch, struct uuid account, uint32_t seen, struct failure *failure)
{
	struct contacts contacts = { 0 };
	struct tree tree;
	if (dispatch->state != DISPATCH_PROPOSED)
		return refuse(dispatch, "started", failure);
	if (uuid_equal(dispatch->proposed_by, account))
		return fail(failure, ERROR_CONFLICT, "who proposed it cannot start it: that takes a second person");
	if (dispatch->recipients != seen)
		return fail(failure, ERROR_CONFLICT, "recipients: it was proposed for %u", dispatch->recipients);
	enum error error = check_signatories(work, dispatch, failure);
	if (error == OK)
		error = check_seen(work, dispatch, seen, failure);
	if (error == OK) {
		dispatch->state = DISPATCH_RUNNING;
		dispatch->approved_by = account;
		dispatch->started = work->now;
		error = store_dispatch_put(work->store, work->scope, dispatch, failure);
	}
	if (error == OK)
		error = load_tree(work, dispatch, &contacts, &tree, failure);
	if (error == OK)
		error = make_recipients(work, dispatch, &tree, failure);
	free(contacts.list);
	return error == OK ? store_recipient_pass(work->store, work->all, dispatch, NULL, work->now, failure) : error;
}

/* ── answers ─ */

bool reach_takes_answers(const struct dispatch *dispatch)
{
	return dispatch->state == DISPATCH_RUNNING;
}

enum error reach_answered(struct reach_work *work, const struct dispatch *dispatch, struct recipient *recipient,
    const struct reach_answer *answer, struct failure *failure)
{
	if (!reach_takes_answers(dispatch))
		return refuse(dispatch, "answered", failure);
	if (recipient->reached)
		return OK;
	recipient->reached = work->now;
	recipient->way = answer->way;
	recipient->another = answer->another;
	recipient->answers = arena_string(work->arena, answer->answers);
	text_copy(answer->by, recipient->by, sizeof recipient->by);
	enum error error = store_recipient_put(work->store, work->all, recipient, failure);
	if (error == OK && dispatch->pass == PASS_ACKNOWLEDGED && work->now <= dispatch_deadline(dispatch))
		error = store_recipient_pass(work->store, work->all, dispatch, recipient, work->now, failure);
	return error;
}

enum error reach_bounced(struct reach_work *work, const struct dispatch *dispatch, struct recipient *recipient,
    struct text status, struct text words, struct failure *failure)
{
	if (!reach_takes_answers(dispatch) || recipient->bounced)
		return OK;
	recipient->bounced = work->now;
	text_copy(status, recipient->status, sizeof recipient->status);
	text_copy(words, recipient->answer, sizeof recipient->answer);
	return store_recipient_put(work->store, work->all, recipient, failure);
}

/* ── records ─ */

struct batch {
	struct recipient recipients[RECORDS_AT_ONCE];
	size_t count;
};

static void take_recipient(void *context, const struct recipient *recipient)
{
	struct batch *batch = context;
	batch->recipients[batch->count++] = *recipient;
}

static struct reach_record record_of(
    const struct dispatch *dispatch, const struct recipient *recipient, const char *drill, nanoseconds now)
{
	enum reach_reason reason = recipient_reason(dispatch, recipient, now);
	return (struct reach_record){ .drill = text_of(drill),
		.year = fiscal_year(dispatch->started),
		.direction = dispatch->direction,
		.tier = text_of(recipient->tier),
		.body = text_of(recipient->body),
		.recipient = text_of(recipient->title),
		.contact = text_of(recipient->mail),
		.sent = recipient->sent,
		.reached = recipient->reached,
		.acknowledged = reason == REACH_REACHED,
		.checked = recipient->answers && recipient->answers[0],
		.reason = reason };
}

enum error reach_records(struct reach_work *work, const struct dispatch *dispatch,
    void (*each)(void *, const struct recipient *, const struct reach_record *), void *context, struct failure *failure)
{
	struct arena *arena = arena_new(64u << 20);
	struct batch *batch = malloc(sizeof *batch);
	enum error error = arena && batch ? OK : fail(failure, ERROR_MEMORY, "no memory for records");
	const char *drill = dispatch->subject_ja[0] ? dispatch->subject_ja : dispatch->subject_en;
	uint64_t after = 0;
	while (error == OK) {
		batch->count = 0;
		arena_clear(arena);
		error = store_recipient_each(work->store, work->all, dispatch->number, RECIPIENTS_ALL, after,
		    RECORDS_AT_ONCE, arena, take_recipient, batch, failure);
		const struct recipient *end = batch->recipients + batch->count;
		for (const struct recipient *at = batch->recipients; at < end && error == OK; at++) {
			struct reach_record record = record_of(dispatch, at, drill, work->now);
			each(context, at, &record);
			after = at->number;
		}
		if (batch->count < RECORDS_AT_ONCE)
			break;
	}
	free(batch);
	arena_free(arena);
	return error;
}

/* ── its end ─ */

struct closing {
	struct reach_work *work;
	const struct dispatch *dispatch;
	struct reach_table table;
	enum error error;
	struct failure failure;
};

static void note(void *context, const struct recipient *recipient, const struct reach_record *record)
{
	struct closing *closing = context;
	enum reach_reason reason = record->reason;
	if (closing->error == OK)
		closing->error = reach_table_add(&closing->table, record, &closing->failure);
	if (closing->error != OK || reason == REACH_NOT_PASSED || reason == REACH_WAITING)
		return; /* says nothing about the contact */
	bool fine = reason == REACH_REACHED || reason == REACH_LATE;
	struct dispatch_contact contact = { .verified = fine ? recipient->reached : 0,
		.trouble_since = fine ? 0 : closing->work->now };
	text_copy(text_of(closing->dispatch->list), contact.list, sizeof contact.list);
	text_copy(text_of(recipient->name), contact.name, sizeof contact.name);
	text_copy(text_of(recipient->mail), contact.mail, sizeof contact.mail);
	text_copy(text_of(fine ? "" : reach_reason_code(reason)), contact.trouble, sizeof contact.trouble);
	closing->error = store_contact_found(closing->work->store, closing->work->all, &contact, &closing->failure);
}

/* What the test adds to its year: each tier's sums, from the rows of its bodies. */
static enum error add_year(struct closing *closing)
{
	enum error error = OK;
	for (size_t i = 0; i < closing->table.count && error == OK; i++) {
		const struct reach_row *row = &closing->table.rows[i];
		struct reach_year year = { .year = row->year,
			.direction = row->direction,
			.addressed = row->addressed,
			.reached = row->reached };
		text_copy(text_of(row->tier), year.tier, sizeof year.tier);
		error = store_reach_year_put(closing->work->store, closing->work->all, &year, true, &closing->failure);
	}
	return error;
}

enum error reach_close(struct reach_work *work, struct dispatch *dispatch, struct failure *failure)
{
	if (dispatch->state != DISPATCH_RUNNING)
		return refuse(dispatch, "closed", failure);
	struct closing closing = { .work = work, .dispatch = dispatch };
	dispatch->state = DISPATCH_CLOSED;
	dispatch->closed = work->now;
	enum error error = store_dispatch_put(work->store, work->scope, dispatch, failure);
	if (error == OK)
		error = reach_records(work, dispatch, note, &closing, failure);
	if (error == OK && closing.error == OK && dispatch->kind == DISPATCH_REACH_TEST)
		closing.error = add_year(&closing);
	reach_table_free(&closing.table);
	if (error == OK && closing.error != OK && failure)
		*failure = closing.failure;
	return error == OK ? closing.error : error;
}

enum error reach_withdraw(struct reach_work *work, struct dispatch *dispatch, struct failure *failure)
{
	if (dispatch->state == DISPATCH_CLOSED || dispatch->state == DISPATCH_WITHDRAWN)
		return refuse(dispatch, "withdrawn", failure);
	dispatch->state = DISPATCH_WITHDRAWN;
	dispatch->closed = work->now;
	return store_dispatch_put(work->store, work->scope, dispatch, failure);
}
