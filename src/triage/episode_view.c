/*
 * An episode as people see it: the event with its names, counts, reasons and rank. Called by triage.c when an event is
 * told.
 */
#include "triage/episode.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RANK_SCALE 20.0 /* decades of evidence at which the rank is 63 of 100 */

static struct text name_of(const struct names *names, struct address key)
{
	uint32_t number;
	memcpy(&number, key.bytes + 12, sizeof number);
	return names_text(names, number);
}

/* Equal counts go by name: the numbers of names depend on the order in which alerts arrived (rule 6). Addresses have
 * none. */
static int more_alerts(const void *a, const void *b, void *names)
{
	const struct tally_entry *x = a, *y = b;
	if (x->alerts != y->alerts)
		return x->alerts < y->alerts ? 1 : -1;
	return names ? text_compare(name_of(names, x->key), name_of(names, y->key)) : address_compare(x->key, y->key);
}

/* The entries with the most alerts; returns how many there are, up to EVENT_NAMES. */
static uint32_t most_alerts(const struct tally *tally, const struct names *names, struct tally_entry top[EVENT_NAMES])
{
	struct tally_entry *sorted = tally->count ? malloc(tally->count * sizeof *sorted) : NULL;
	uint32_t count = 0;
	if (!sorted)
		return 0;
	for (uint32_t i = 0; i <= tally->mask; i++)
		if (tally->entries[i].alerts)
			sorted[count++] = tally->entries[i];
	qsort_r(sorted, count, sizeof *sorted, more_alerts, (void *)names);
	if (count > EVENT_NAMES)
		count = EVENT_NAMES;
	memcpy(top, sorted, count * sizeof *sorted);
	free(sorted);
	return count;
}

static void printable(struct text text, char *to, size_t size)
{
	char whole[3 * 512 + 1];
	if (text.size > 512)
		text.size = 512;
	size_t written = text_make_printable(text, whole);
	text_copy((struct text){ whole, written }, to, size);
}

static uint32_t show_names(const struct tally *tally, const struct names *names, struct event_name shown[EVENT_NAMES])
{
	struct tally_entry top[EVENT_NAMES];
	uint32_t count = most_alerts(tally, names, top);
	for (uint32_t i = 0; i < count; i++) {
		printable(name_of(names, top[i].key), shown[i].name, sizeof shown[i].name);
		shown[i].alerts = top[i].alerts;
	}
	return count;
}

static uint32_t show_addresses(const struct tally *tally, struct event_name shown[EVENT_NAMES])
{
	struct tally_entry top[EVENT_NAMES];
	uint32_t count = most_alerts(tally, NULL, top);
	for (uint32_t i = 0; i < count; i++) {
		char text[ADDRESS_TEXT];
		snprintf(shown[i].name, sizeof shown[i].name, "%s", address_format(top[i].key, text));
		shown[i].alerts = top[i].alerts;
	}
	return count;
}

static struct reason *add_reason(struct event *event, const char *code, double weight)
{
	if (event->reason_count == EVENT_REASONS)
		return NULL;
	struct reason *reason = &event->reasons[event->reason_count++];
	*reason = (struct reason){ .code = code, .words = reason_kind_named(text_of(code))->words, .weight = weight };
	return reason;
}

static void evidence_reason(struct event *event, const struct evidence *piece, const struct names *names, double total)
{
	static const char *const code_of[CLAIM_COUNT] = {
		[CLAIM_ROUTINE] = "rare-routine",
		[CLAIM_FAILED] = "rare-failure",
		[CLAIM_RECONNAISSANCE] = "rare-reconnaissance",
		[CLAIM_ANOMALY] = "rare",
		[CLAIM_ATTEMPT] = "attempt",
		[CLAIM_CHANGE] = "change",
		[CLAIM_COMPROMISE] = "compromise",
	};
	struct reason *reason = add_reason(event, code_of[piece->kind], piece->value / total);
	if (!reason)
		return;
	printable(names_text(names, piece->signature), reason->parameter[0], sizeof reason->parameter[0]);
	if (piece->host)
		printable(names_text(names, piece->host), reason->parameter[1], sizeof reason->parameter[1]);
	else
		snprintf(reason->parameter[1], sizeof reason->parameter[1], "?");
	snprintf(reason->parameter[2], sizeof reason->parameter[2], "%.0f", (double)piece->count);
}

static int more_value(const void *a, const void *b)
{
	const struct evidence *x = a, *y = b;
	if (x->value > y->value || x->value < y->value)
		return x->value < y->value ? 1 : -1;
	return (x->key > y->key) - (x->key < y->key);
}

static void add_reasons(struct event *event, const struct episode *episode, const struct names *names)
{
	struct evidence sorted[EPISODE_EVIDENCE];
	double total = 0;
	for (uint32_t i = 0; i < episode->evidence_count; i++)
		sorted[i] = episode->evidence[i];
	qsort(sorted, episode->evidence_count, sizeof *sorted, more_value);
	for (uint32_t i = 0; i < episode->evidence_count; i++)
		total += sorted[i].value;
	for (uint32_t i = 0; i < episode->evidence_count && i < EVENT_REASONS - 3; i++)
		evidence_reason(event, &sorted[i], names, total);
	struct reason *reason;
	if (episode->evidence_count > 1 && (reason = add_reason(event, "together", 0)) != NULL) {
		snprintf(reason->parameter[0], sizeof reason->parameter[0], "%u", episode->evidence_count);
		snprintf(reason->parameter[1], sizeof reason->parameter[1], "%lld",
		    (long long)((episode->last - episode->first + MINUTE - 1) / MINUTE));
		snprintf(reason->parameter[2], sizeof reason->parameter[2], "%u", episode->hosts.count);
	}
	if (__builtin_popcount(episode->tactics) > 1 && (reason = add_reason(event, "steps", 0)) != NULL)
		snprintf(reason->parameter[0], sizeof reason->parameter[0], "%d", __builtin_popcount(episode->tactics));
	if (episode->earlier && (reason = add_reason(event, "earlier", 0)) != NULL)
		snprintf(
		    reason->parameter[0], sizeof reason->parameter[0], "%llu", (unsigned long long)episode->earlier);
}

void episode_event(const struct episode *episode, const struct names *names, uint32_t organisation, struct event *event)
{
	*event = (struct event){
		.id = episode->id,
		.organisation = organisation,
		.first = episode->first,
		.last = episode->last,
		.opened = episode->opened,
		.updated = episode->updated,
		.rank = 100 * (1 - exp(-episode->peak / RANK_SCALE)),
		.alerts = episode->alerts,
		.context = episode->context,
		.tactics = episode->tactics,
		.severity = (enum severity)episode->severity,
		.outcome = (enum outcome)episode->outcome,
		.coverage = 1,
		.first_alert = episode->first_id,
	};
	event->host_count = show_names(&episode->hosts, names, event->hosts);
	event->signature_count = show_names(&episode->signatures, names, event->signatures);
	event->detector_count = show_names(&episode->detectors, names, event->detectors);
	event->account_count = show_names(&episode->accounts, names, event->accounts);
	event->source_count = show_addresses(&episode->sources, event->sources);
	event->hosts_all = episode->hosts.count;
	event->signatures_all = episode->signatures.count;
	event->detectors_all = episode->detectors.count;
	event->accounts_all = episode->accounts.count;
	event->sources_all = episode->sources.count;
	add_reasons(event, episode, names);
}
