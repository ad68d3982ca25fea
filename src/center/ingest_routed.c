/*
 * Capture policies on what a sensor sends that watches many organisations (a network operator's; routed.h): each line
 * is reduced by the sensor's own organisation's policy, and by those of the organisations whose addresses it concerns,
 * before it is read to be stored. Of two the stricter holds, kind by kind. What is no alert, and an alert of private or
 * disputed addresses alone, could be anybody's: there every organisation's policy holds.
 *
 *   keeper ─ MESSAGE_TERRITORY ─► routing: whose addresses, which policies
 *   line ─► reduced by the own policy ─► read: whose is it? ─► reduced by theirs ─► format_read() goes on with it
 */
#include "center/ingest.h"

#include "base/codec.h"
#include "base/log.h"
#include "bus/channel.h"
#include "match/territory.h"

#include <stdlib.h>
#include <string.h>

#define SPACE_BYTES 37u /* of a space in the message */

struct routing {
	struct territory *territory;
	struct capture_policy strictest; /* all of them together */
	uint32_t count;
	struct owner {
		uint32_t organisation;
		struct capture_policy policy;
	} owners[];
};

/* ── what the keeper says ─ */

static bool take_owners(struct reader *from, struct routing *routing, struct failure *failure)
{
	capture_policy_loosest(&routing->strictest);
	for (uint32_t i = 0; i < routing->count; i++) {
		struct owner *owner = &routing->owners[i];
		owner->organisation = get_u32(from);
		owner->policy = capture_policy_default;
		if (capture_policy_read(get_text(from), &owner->policy, failure) != OK)
			return false;
		capture_policy_meet(&routing->strictest, &owner->policy, &routing->strictest);
	}
	return true;
}

static void take_space(struct reader *from, struct organisation_space *space)
{
	space->organisation = get_u32(from);
	const void *address = get_bytes(from, sizeof space->prefix.address.bytes);
	if (address)
		memcpy(space->prefix.address.bytes, address, sizeof space->prefix.address.bytes);
	space->prefix.length = get_u8(from);
	from->failed |= space->prefix.length > 128;
	space->from = get_i64(from);
	space->to = get_i64(from);
}

static enum error take_spaces(struct reader *from, struct routing *routing, struct failure *failure)
{
	uint32_t count = get_u32(from);
	struct organisation_space *spaces =
	    count <= CHANNEL_LARGEST / SPACE_BYTES ? calloc(count + 1, sizeof *spaces) : NULL;
	if (!spaces)
		return fail(failure, ERROR_MEMORY, "no memory for %u address spaces", count);
	for (uint32_t i = 0; i < count; i++)
		take_space(from, &spaces[i]);
	enum error error = reader_done(from) ? territory_new(spaces, count, &routing->territory, failure)
					     : fail(failure, ERROR_CORRUPT, "the message does not fit its kind");
	free(spaces);
	return error;
}

static void routing_free(struct routing *routing)
{
	if (routing)
		territory_free(routing->territory);
	free(routing);
}

/* What cannot be read leaves none: no batch of such a sensor is taken then. */
void ingests_territory(struct front *front, const struct message *message)
{
	struct failure failure = { 0 };
	struct reader from = reader_of(message->body.at, message->body.size);
	uint32_t count = get_u32(&from);
	struct routing *routing =
	    count <= message->body.size ? calloc(1, sizeof *routing + count * sizeof *routing->owners) : NULL;
	routing_free(front->ingests->routing);
	front->ingests->routing = NULL;
	if (!routing) {
		log_write(LOG_ERROR,
		    "sensors that watch many organisations are not let in: no memory for whose addresses are whose");
		return;
	}
	routing->count = count;
	if (take_owners(&from, routing, &failure) && take_spaces(&from, routing, &failure) == OK) {
		front->ingests->routing = routing;
		return;
	}
	log_write(
	    LOG_ERROR, "sensors that watch many organisations are not let in", LOG_FIELD_STRING("why", failure.words));
	routing_free(routing);
}

/* ── lines ─ */

static const struct capture_policy *policy_of(const struct routing *routing, uint32_t organisation)
{
	for (uint32_t i = 0; i < routing->count; i++)
		if (routing->owners[i].organisation == organisation)
			return &routing->owners[i].policy;
	return &routing->strictest;
}

/* A reader of its own: it sees what the line's real reader will see, headers too. */
static struct format_reader *reader_for(struct ingest *ingest, const struct format *format)
{
	struct failure ignored;
	if (ingest->whose)
		return ingest->whose;
	ingest->whose_settings = ingest->settings;
	ingest->whose_settings.reduce = NULL;
	return format_reader_new(format, &ingest->whose_settings, &ingest->whose, &ignored) == OK ? ingest->whose
												  : NULL;
}

/* Whether an alert that concerns no organisation could be one's all the same. */
static bool could_be_anybodys(const struct territory *territory, const struct alert *alert)
{
	const struct address sides[] = { alert->source, alert->target, alert->host_address };
	bool some = false;
	for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
		if (address_exists(sides[i]) && territory_claimed(territory, sides[i]))
			return true;
		some |= address_exists(sides[i]);
	}
	return !some;
}

static struct capture_policy policy_for(struct ingest *ingest, const struct format *format, struct text line)
{
	const struct routing *routing = ingest->front->ingests->routing;
	struct capture_policy policy = ingest->policy;
	struct format_reader *reader = reader_for(ingest, format);
	uint32_t organisations[TERRITORY_CONCERNED];
	struct failure ignored;
	struct alert alert;
	size_t count = 0;
	bool read = reader && format_read_line(reader, line, &alert, &ignored) == OK;
	if (read)
		count = territory_concerned(routing->territory, &alert, organisations);
	for (size_t i = 0; i < count; i++)
		capture_policy_meet(&policy, policy_of(routing, organisations[i]), &policy);
	if (!read || (count == 0 && could_be_anybodys(routing->territory, &alert)))
		capture_policy_meet(&policy, &routing->strictest, &policy);
	return policy;
}

bool ingest_reduce_routed(void *context, const struct format *format, struct text line, struct text *to)
{
	struct ingest *ingest = context;
	if (!ingest->front->ingests->routing ||
	    !ingest_reduce_by(ingest, &ingest->policy, &ingest->captured, format, line, to))
		return false;
	const struct capture_policy policy = policy_for(ingest, format, *to);
	return !capture_policy_loosens(&policy, &ingest->policy) ||
	       ingest_reduce_by(ingest, &policy, &ingest->captured_for, format, line, to);
}
