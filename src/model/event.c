/*
 * Events that need confirmation: their title, and the bytes in which they are stored and cross between processes.
 *
 * In: events as triage made them, or bytes that event_encode() wrote. Out: bytes, or events that own all they hold.
 * Called by triage/, store/ and notify/. The JSON form is in event_json.c.
 */
#include "model/event.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define EVENT_VERSION 1

static const char *const state_codes[] = { "open", "confirmed", "dismissed", "merged" };

const char *event_state_code(enum event_state state)
{
	return state <= EVENT_MERGED ? state_codes[state] : "unknown";
}

/* The weightiest piece of evidence names the event: a flood of small things beside it does not. */
static const struct reason *weightiest_evidence(const struct event *event)
{
	const struct reason *reason = event->reason_count ? &event->reasons[0] : NULL;
	return reason && reason->weight > 0 && *reason->parameter[0] && *reason->parameter[1] ? reason : NULL;
}

void event_title(const struct event *event, char *to, size_t size)
{
	char whole[2 * sizeof event->signatures[0].name + 32];
	const struct reason *evidence = weightiest_evidence(event);
	const char *signature = evidence                 ? evidence->parameter[0]
				: event->signature_count ? event->signatures[0].name
							 : "";
	const char *host = evidence ? evidence->parameter[1] : event->host_count ? event->hosts[0].name : "";
	int length = snprintf(whole, sizeof whole, "%s%s%s", signature, *signature && *host ? " · " : "", host);
	if (*host && event->hosts_all > 1)
		length += snprintf(whole + length, sizeof whole - (size_t)length, " +%" PRIu32, event->hosts_all - 1);
	if (!length)
		length = snprintf(whole, sizeof whole, "%" PRIu64 " alerts", event->alerts);
	text_copy((struct text){ whole, (size_t)length }, to, size);
}

static void put_fact_id(struct builder *to, const struct fact_id *id)
{
	put_u32(to, id->sensor);
	put_u64(to, id->epoch.high);
	put_u64(to, id->epoch.low);
	put_u64(to, id->sequence);
}

static struct fact_id get_fact_id(struct reader *from)
{
	struct fact_id id = { .sensor = get_u32(from) };
	id.epoch.high = get_u64(from);
	id.epoch.low = get_u64(from);
	id.sequence = get_u64(from);
	return id;
}

static void put_names(struct builder *to, const struct event_name *names, uint32_t count, uint32_t all)
{
	put_u32(to, all);
	put_u8(to, (uint8_t)count);
	for (uint32_t i = 0; i < count; i++) {
		put_text(to, text_of(names[i].name));
		put_u64(to, names[i].alerts);
	}
}

static void get_name(struct reader *from, char *to, size_t size)
{
	struct text text = get_text(from);
	if (text.size >= size || (text.size && memchr(text.at, 0, text.size)))
		from->failed = true;
	if (!from->failed && text.size)
		memcpy(to, text.at, text.size);
}

static void get_names(struct reader *from, struct event_name *names, uint32_t *count, uint32_t *all)
{
	*all = get_u32(from);
	*count = get_u8(from);
	if (*count > EVENT_NAMES)
		from->failed = true;
	for (uint32_t i = 0; i < *count && !from->failed; i++) {
		get_name(from, names[i].name, sizeof names[i].name);
		names[i].alerts = get_u64(from);
	}
}

static void put_reason(struct builder *to, const struct reason *reason)
{
	put_text(to, text_of(reason->code));
	for (size_t i = 0; i < REASON_PARAMETERS; i++)
		put_text(to, text_of(reason->parameter[i]));
	put_real(to, reason->weight);
}

static void get_reason(struct reader *from, struct reason *reason)
{
	struct text code = get_text(from);
	for (size_t i = 0; i < REASON_PARAMETERS; i++)
		get_name(from, reason->parameter[i], sizeof reason->parameter[i]);
	reason->weight = get_real(from);
	const struct reason_kind *kind = reason_kind_named(code);
	if (!kind) {
		kind = reason_kind_named(TEXT("unlisted"));
		memset(reason->parameter, 0, sizeof reason->parameter);
		text_copy(code, reason->parameter[0], sizeof reason->parameter[0]);
	}
	reason->code = kind->code;
	reason->words = kind->words;
}

void event_encode(const struct event *event, struct builder *to)
{
	put_u8(to, EVENT_VERSION);
	put_uuid(to, event->id);
	put_u32(to, event->organisation);
	put_uuid(to, event->campaign);
	put_u8(to, event->provisional);
	put_i64(to, event->first);
	put_i64(to, event->last);
	put_i64(to, event->opened);
	put_i64(to, event->updated);
	put_real(to, event->rank);
	put_u64(to, event->alerts);
	put_u64(to, event->context);
	put_u16(to, event->tactics);
	put_u8(to, (uint8_t)event->severity);
	put_u8(to, (uint8_t)event->outcome);
	put_real(to, event->coverage);
	put_u8(to, (uint8_t)event->reason_count);
	for (uint32_t i = 0; i < event->reason_count; i++)
		put_reason(to, &event->reasons[i]);
	put_names(to, event->hosts, event->host_count, event->hosts_all);
	put_names(to, event->sources, event->source_count, event->sources_all);
	put_names(to, event->signatures, event->signature_count, event->signatures_all);
	put_names(to, event->detectors, event->detector_count, event->detectors_all);
	put_names(to, event->accounts, event->account_count, event->accounts_all);
	put_fact_id(to, &event->first_alert);
}

static void get_head(struct reader *from, struct event *event)
{
	event->id = get_uuid(from);
	event->organisation = get_u32(from);
	event->campaign = get_uuid(from);
	uint8_t provisional = get_u8(from);
	event->provisional = provisional;
	event->first = get_i64(from);
	event->last = get_i64(from);
	event->opened = get_i64(from);
	event->updated = get_i64(from);
	event->rank = get_real(from);
	event->alerts = get_u64(from);
	event->context = get_u64(from);
	event->tactics = get_u16(from);
	event->severity = (enum severity)get_u8(from);
	event->outcome = (enum outcome)get_u8(from);
	event->coverage = get_real(from);
	event->reason_count = get_u8(from);
	if (provisional > 1 || event->tactics >> TACTIC_COUNT || event->severity > SEVERITY_CRITICAL ||
	    event->outcome > OUTCOME_SUCCEEDED || event->reason_count > EVENT_REASONS)
		from->failed = true;
}

enum error event_decode(struct reader *from, struct event *event, struct failure *failure)
{
	memset(event, 0, sizeof *event);
	uint8_t version = get_u8(from);
	if (!from->failed && version != EVENT_VERSION)
		return fail(failure, ERROR_VERSION, "a stored event has version %u, this program reads version %u",
		    version, EVENT_VERSION);
	get_head(from, event);
	for (uint32_t i = 0; i < event->reason_count && !from->failed; i++)
		get_reason(from, &event->reasons[i]);
	get_names(from, event->hosts, &event->host_count, &event->hosts_all);
	get_names(from, event->sources, &event->source_count, &event->sources_all);
	get_names(from, event->signatures, &event->signature_count, &event->signatures_all);
	get_names(from, event->detectors, &event->detector_count, &event->detectors_all);
	get_names(from, event->accounts, &event->account_count, &event->accounts_all);
	event->first_alert = get_fact_id(from);
	if (from->failed) {
		memset(event, 0, sizeof *event); /* counts of a broken one must not lead a caller beyond the arrays */
		return fail(
		    failure, ERROR_CORRUPT, "a stored event ends in its middle or holds what an event cannot hold");
	}
	return OK;
}

void event_watched(const struct event *event, nanoseconds *from, nanoseconds *to)
{
	bool late = event->opened && event->opened - event->last > DAY;
	*from = late ? event->opened : event->first;
	*to = late && event->updated > event->opened ? event->updated : late ? event->opened : event->last;
	*to += 1;
}
