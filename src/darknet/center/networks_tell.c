/*
 * What telescopes saw of addresses that are no member's: gathered for the contact of their network, and told at its
 * interval as a mail with a CSV file. Whose telescopes they were, and which addresses they watch, stands in none.
 */
#include "darknet/center/networks_tell.h"

#include "base/log.h"
#include "darknet/center/networks.h"
#include "darknet/center/settings.h"
#include "mail/envelope.h"
#include "mail/mail.h"
#include "store/networks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ── gathering ─ */

/* What telling needs of a contact; where its networks are is read into `networks` at once. */
struct told_contact {
	uint32_t number;
	struct uuid id;
	char name[NAME_SIZE], mail[MAIL_SIZE];
	enum language language;
	nanoseconds every, told, due;
};

struct contacts {
	struct told_contact *at;
	size_t count, room;
	struct networks networks;
	bool failed;
};

static void take_contact(void *context, const struct network_contact *contact)
{
	struct contacts *contacts = context;
	if (!contact->active || contacts->failed)
		return;
	if (contacts->count == contacts->room) {
		struct told_contact *more = array_grow(contacts->at, &contacts->room, 64, sizeof *contacts->at);
		contacts->failed = !more;
		if (!more)
			return;
		contacts->at = more;
	}
	struct told_contact *to = &contacts->at[contacts->count];
	*to = (struct told_contact){ .number = contact->number,
		.id = contact->id,
		.language = contact->language,
		.every = contact->every,
		.told = contact->told,
		.due = contact->due };
	text_copy(text_of(contact->name), to->name, sizeof to->name);
	text_copy(text_of(contact->mail), to->mail, sizeof to->mail);
	contacts->failed = !networks_add(&contacts->networks, text_of(contact->prefixes), contacts->count) ||
			   !networks_add_systems(&contacts->networks, text_of(contact->systems), contacts->count);
	contacts->count++;
}

static enum error read_contacts(struct darknet_work *work, struct contacts *contacts, struct failure *failure)
{
	enum error error = store_network_each(work->store, work->scope, take_contact, contacts, failure);
	networks_sort(&contacts->networks);
	return error == OK && contacts->failed ? fail(failure, ERROR_MEMORY, "no memory for contacts") : error;
}

static enum error note(struct darknet_work *work, const struct told_contact *contact, struct failure *failure)
{
	const struct network_contact noted = { .number = contact->number, .told = contact->told, .due = contact->due };
	return store_network_note(work->store, work->scope, &noted, failure);
}

const struct origins *networks_origins(struct darknet_state *state)
{
	const char *path = darknet_configured()->locations;
	struct failure failure = { 0 };
	if (state->origins_asked || !*path)
		return state->origins;
	state->origins_asked = true;
	if (origins_load(&path, 1, &state->origins, &failure) != OK)
		log_write(LOG_WARNING, "contacts by autonomous system are told nothing until the next start",
		    LOG_FIELD_STRING("why", failure.words));
	return state->origins;
}

/* By the longest prefix; what none holds by its autonomous system. */
static size_t place_of(struct darknet_work *work, const struct networks *networks, struct address address)
{
	size_t place = networks_find(networks, address);
	if (place != NETWORKS_NONE || networks->system_count == 0)
		return place;
	return networks_find_system(networks, origins_of(networks_origins(work->state), address).network);
}

static enum error take_line(struct darknet_work *work, struct told_contact *contact, const struct appeared *line,
    uint64_t *kept, struct failure *failure)
{
	const struct darknet_settings *settings = darknet_configured();
	struct appearance sighting;
	enum error error = store_sighting_find(
	    work->store, work->scope, contact->number, line->address, line->kind, &sighting, failure);
	if (error == ERROR_NOT_FOUND) {
		if (*kept >= (uint64_t)settings->sightings_most) {
			counter_add(work->state->beyond_sightings, 1);
			return OK;
		}
		++*kept;
		sighting = (struct appearance){
			.organisation = contact->number, .address = line->address, .kind = line->kind
		};
		error = OK;
	}
	if (error != OK)
		return error;
	networks_take(&sighting, line, work->now);
	error = store_sighting_put(work->store, work->scope, &sighting, failure);
	if (error != OK || contact->due)
		return error;
	contact->due = networks_due(contact->told, contact->every, settings->owners.digest, work->now);
	return note(work, contact, failure);
}

static bool is_for_others(const struct darknet_line *line)
{
	return line->organisation == 0 && line->what.kind != APPEARANCE_RESEARCH;
}

static enum error take_lines(struct darknet_work *work, struct contacts *contacts, struct failure *failure)
{
	uint64_t kept = 0;
	enum error error = store_sighting_count(work->store, work->scope, 0, &kept, failure);
	for (size_t i = 0; i < work->state->waiting_count && error == OK; i++) {
		const struct darknet_line *line = &work->state->waiting[i];
		if (!is_for_others(line))
			continue;
		size_t place = place_of(work, &contacts->networks, line->what.address);
		work->without_contact += place == NETWORKS_NONE;
		if (place != NETWORKS_NONE)
			error = take_line(work, &contacts->at[place], &line->what, &kept, failure);
	}
	return error;
}

/* ── the mail ─ */

struct part {
	struct darknet_work *work;
	const struct told_contact *contact;
	const struct catalog *catalog; /* of the contact's language */
	const struct appearance *rows;
	struct network_batch batch;
};

static void line(const struct part *part, struct builder *to, const char *msgid, const char *first, const char *second)
{
	const struct text parameters[] = { text_of(first), text_of(second) };
	catalog_build(part->catalog, text_of(msgid), parameters, 2, to);
	build_char(to, '\n');
}

static void write_body(const struct part *part, const char *centre, struct builder *to)
{
	char count[24], number[24], parts[24];
	snprintf(count, sizeof count, "%" PRIu32, part->batch.rows);
	snprintf(number, sizeof number, "%" PRIu32, part->batch.part);
	snprintf(parts, sizeof parts, "%" PRIu32, part->batch.parts);
	line(part, to, N_("To {0}"), part->contact->name, "");
	line(part, to, N_("From {0}"), centre, "");
	build_char(to, '\n');
	line(part, to,
	    N_("Addresses of your network sent packets to unused addresses (darknets), where nobody has anything to "
	       "ask. "
	       "The attached file lists them: {0} rows, one for each address and kind."),
	    count, "");
	if (part->batch.parts > 1)
		line(part, to, N_("This is part {0} of {1}."), number, parts);
	build_char(to, '\n');
	line(part, to,
	    N_("Such an address is most often a device that somebody else controls, or one that is attacked in forged "
	       "names (kind \"answer\"). Please find the device behind each address at that time and have it cleaned."),
	    "", "");
	build_char(to, '\n');
	line(part, to,
	    N_("Columns: address (of IPv6 the /64), kind, first and last (UTC), packets, ports, tool, worm, and how "
	       "many "
	       "telescopes saw it."),
	    "", "");
	line(part, to,
	    N_("Kinds: probe (it scans), worm (it spreads as a worm), answer (it answers packets that somebody "
	       "sent it with forged sources: it is attacked, or used against others), misconfiguration (it sends to a "
	       "wrong "
	       "destination), attempt (it tried to get in at a decoy). Ports are those that it asked for; of answers "
	       "its own."),
	    "", "");
	build_char(to, '\n');
	line(part, to, N_("This message was generated automatically."), "", "");
}

static void write_subject(const struct part *part, struct builder *to)
{
	char count[24];
	snprintf(count, sizeof count, "%" PRIu32, part->batch.rows);
	const struct text parameters[] = { text_of(count) };
	catalog_build(part->catalog, text_of(N_("Addresses of your network appeared in telescopes: {0} rows")),
	    parameters, 1, to);
}

static enum error write_mail(
    const struct part *part, const struct mail_sender *sender, struct builder *message, struct failure *failure)
{
	char id[UUID_TEXT], identity[64], file[64];
	struct builder subject = { 0 }, body = { 0 }, csv = { 0 };
	const char *centre = part->contact->language == LANGUAGE_JAPANESE ? sender->centre_ja : sender->centre_en;
	write_subject(part, &subject);
	write_body(part, centre, &body);
	networks_csv(part->rows, part->batch.rows, &csv);
	snprintf(identity, sizeof identity, "network.%s", uuid_format(part->batch.id, id));
	snprintf(file, sizeof file, "telescopes-%" PRIu32 ".csv", part->batch.part);
	struct mail mail = { .from = { text_of(centre), text_of(sender->from) },
		.to = { text_of(part->contact->name), text_of(part->contact->mail) },
		.subject = { subject.at, subject.size },
		.identity = text_of(identity),
		.date = part->work->now,
		.body = { body.at, body.size },
		.attachment = {
		    text_of(file), TEXT("text/csv; charset=utf-8; header=present"), { csv.at, csv.size } } };
	enum error error = subject.failed || body.failed || csv.failed
			       ? fail(failure, ERROR_MEMORY, "no memory for a batch")
			       : mail_write(&mail, message, failure);
	builder_free(&subject);
	builder_free(&body);
	builder_free(&csv);
	return error;
}

static enum error log_batch(const struct part *part, struct failure *failure)
{
	char id[UUID_TEXT];
	struct log_line entry = { .when = part->work->now };
	text_copy(text_of(scope_name(part->work->scope)), entry.who, sizeof entry.who);
	text_copy(TEXT("network.batch"), entry.what, sizeof entry.what);
	text_copy(text_of(uuid_format(part->batch.id, id)), entry.object, sizeof entry.object);
	text_copy(TEXT("done"), entry.outcome, sizeof entry.outcome);
	snprintf(entry.detail, sizeof entry.detail, "%s: %" PRIu32 " rows", part->contact->name, part->batch.rows);
	return store_log_append(part->work->store, &entry, failure);
}

static enum error put_part(struct part *part, const struct mail_sender *sender, struct failure *failure)
{
	struct builder message = { 0 }, body = { 0 };
	part->batch.id = uuid_random();
	enum error error = write_mail(part, sender, &message, failure);
	if (error == OK) {
		envelope_encode(&(struct envelope){ .notice = part->batch.id,
				    .created = part->work->now,
				    .recipient = text_of(part->contact->mail),
				    .message = { message.at, message.size } },
		    &body);
		error = body.failed ? fail(failure, ERROR_MEMORY, "no memory for a batch")
				    : store_outbox_put(part->work->store, "mail", (struct text){ body.at, body.size },
					  part->work->now, failure);
	}
	builder_free(&message);
	builder_free(&body);
	if (error == OK)
		error = store_network_batch_put(part->work->store, part->work->scope, &part->batch, failure);
	return error == OK ? log_batch(part, failure) : error;
}

/* ── what is due ─ */

struct rows {
	struct appearance *at;
	size_t count, room;
	bool failed;
};

static void take_row(void *context, const struct appearance *sighting)
{
	struct rows *rows = context;
	if (rows->count == rows->room) {
		struct appearance *more = array_grow(rows->at, &rows->room, 256, sizeof *rows->at);
		rows->failed |= !more;
		if (!more)
			return;
		rows->at = more;
	}
	rows->at[rows->count++] = *sighting;
}

static enum error put_parts(struct darknet_work *work, const struct told_contact *contact, const struct rows *rows,
    const struct mail_sender *sender, struct failure *failure)
{
	size_t most = (size_t)darknet_configured()->batch_rows;
	bool japanese = contact->language == LANGUAGE_JAPANESE;
	enum error error = OK;
	for (size_t done = 0; done < rows->count && error == OK; done += most) {
		size_t left = rows->count - done;
		struct part part = { .work = work,
			.contact = contact,
			.catalog = japanese ? work->state->center->japanese : NULL,
			.rows = rows->at + done,
			.batch = { .contact = contact->id,
			    .created = work->now,
			    .rows = (uint32_t)(left < most ? left : most),
			    .part = (uint32_t)(done / most + 1),
			    .parts = (uint32_t)((rows->count + most - 1) / most) } };
		text_copy(text_of(contact->mail), part.batch.recipient, sizeof part.batch.recipient);
		error = put_part(&part, sender, failure);
	}
	return error;
}

static enum error tell_contact(
    struct darknet_work *work, struct told_contact *contact, const struct mail_sender *sender, struct failure *failure)
{
	struct rows rows = { 0 };
	enum error error =
	    store_sighting_each(work->store, work->scope, contact->number, UINT32_MAX, take_row, &rows, failure);
	if (error == OK && rows.failed)
		error = fail(failure, ERROR_MEMORY, "no memory for a batch");
	if (error == OK && rows.count > 0)
		error = put_parts(work, contact, &rows, sender, failure);
	if (error == OK && rows.count > 0) {
		error = store_sighting_remove(work->store, work->scope, contact->number, INT64_MAX, failure);
		contact->told = work->now;
	}
	contact->due = 0;
	if (error == ERROR_INPUT) { /* such as a sender's address that is none: it waits, and holds up nobody else */
		log_write(LOG_ERROR, "a contact of a network cannot be told: it is tried again",
		    LOG_FIELD_STRING("why", failure->words));
		contact->due = work->now + contact->every;
		error = OK;
	}
	if (error == OK)
		error = note(work, contact, failure);
	free(rows.at);
	return error;
}

enum error networks_tell(struct darknet_work *work, struct failure *failure)
{
	struct contacts contacts = { 0 };
	struct mail_sender sender = { 0 };
	enum error error = read_contacts(work, &contacts, failure);
	if (error == OK && work->state->waiting_count > 0)
		error = take_lines(work, &contacts, failure);
	if (work->state->center->sender)
		work->state->center->sender(&sender);
	for (size_t i = 0; i < contacts.count && error == OK && sender.on; i++)
		if (contacts.at[i].due && contacts.at[i].due <= work->now)
			error = tell_contact(work, &contacts.at[i], &sender, failure);
	networks_free(&contacts.networks);
	free(contacts.at);
	return error;
}

/* ── the receipt ─ */

enum error networks_delivered(struct center *center, const char *topic, const void *body, size_t size,
    enum error result, const char *words, nanoseconds now, struct failure *failure)
{
	struct envelope envelope;
	struct network_batch batch;
	if (strcmp(topic, "mail") != 0)
		return OK;
	enum error error = envelope_decode(body, size, &envelope, failure);
	if (error != OK || envelope.delivery != 0)
		return error;
	struct arena *arena = arena_new(0);
	/* Nobody asks: the courier says what became of a mail. */
	const struct scope *scope = arena ? policy_background("delivery", arena) : NULL;
	error = scope ? store_network_batch_get(center->store, scope, envelope.notice, &batch, failure)
		      : fail(failure, ERROR_MEMORY, "delivery: no memory");
	if (error == OK) {
		batch.state = delivery_state_after(result);
		batch.tries++;
		batch.last_try = now;
		text_copy(text_of(words), batch.answer, sizeof batch.answer);
		error = store_network_batch_put(center->store, scope, &batch, failure);
	}
	arena_free(arena);
	return error == ERROR_NOT_FOUND ? OK : error; /* a bulletin's */
}
