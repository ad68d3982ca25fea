/*
 * Writes the evidence as plain text: one fact a line, lists with counts, and how many more there are.
 */
#include "notify/letter_evidence.h"

#include "http/codes.h"
#include "mail/mail.h"
#include "notify/letter.h"

#include <inttypes.h>
#include <stdio.h>

static void heading(const struct catalog *catalog, const char *msgid, struct builder *to)
{
	build_text(to, catalog_text(catalog, text_of(msgid)));
	build_char(to, '\n');
}

static void fact(const struct catalog *catalog, const char *msgid, struct text value, struct builder *to)
{
	build_text(to, TEXT("  "));
	catalog_build(catalog, text_of(msgid), &value, 1, to);
	build_char(to, '\n');
}

static void fact_time(const struct catalog *catalog, const char *msgid, nanoseconds time, struct builder *to)
{
	struct builder words = { 0 };
	mail_time(time, &words);
	fact(catalog, msgid, (struct text){ words.at, words.size }, to);
	to->failed |= words.failed;
	builder_free(&words);
}

static void fact_code(
    const struct catalog *catalog, const char *msgid, const char *group, const char *code, struct builder *to)
{
	const char *words = code_words(text_of(group), text_of(code));
	fact(catalog, msgid, catalog_text(catalog, text_of(words ? words : code)), to);
}

static void write_summary(const struct event *event, const struct catalog *catalog, struct builder *to)
{
	char count[32];
	heading(catalog, N_("Summary"), to);
	fact_time(catalog, N_("First seen: {0}"), event->first, to);
	fact_time(catalog, N_("Last seen: {0}"), event->last, to);
	fact_code(catalog, N_("Severity: {0}"), "severity", severity_code(event->severity), to);
	fact_code(catalog, N_("Outcome: {0}"), "outcome", outcome_code(event->outcome), to);
	snprintf(count, sizeof count, "%" PRIu64, event->alerts);
	fact(catalog, N_("Alerts: {0}"), text_of(count), to);
	build_char(to, '\n');
}

static void write_tactics(const struct event *event, const struct catalog *catalog, struct builder *to)
{
	if (event->tactics == 0)
		return;
	heading(catalog, N_("Steps of the attack (MITRE ATT&CK)"), to);
	for (unsigned i = 0; i < TACTIC_COUNT; i++) {
		if (!(event->tactics & 1u << i))
			continue;
		struct text name = catalog_text(catalog, text_of(tactic_name((enum tactic)i)));
		build_format(to, "  - %.*s (%s)\n", (int)name.size, name.at, tactic_id((enum tactic)i));
	}
	build_char(to, '\n');
}

static void write_reasons(const struct event *event, const struct catalog *catalog, struct builder *to)
{
	if (event->reason_count == 0)
		return;
	heading(catalog, N_("Why it needs confirmation"), to);
	for (uint32_t i = 0; i < event->reason_count; i++) {
		build_text(to, TEXT("  - "));
		reason_write(&event->reasons[i], catalog_string(catalog, event->reasons[i].words), to);
		build_char(to, '\n');
	}
	build_char(to, '\n');
}

static void write_names(const struct catalog *catalog, const char *msgid, const struct event_name *names,
    uint32_t count, uint32_t all, struct builder *to)
{
	char number[32];
	if (count == 0)
		return;
	heading(catalog, msgid, to);
	for (uint32_t i = 0; i < count; i++) {
		snprintf(number, sizeof number, "%" PRIu64, names[i].alerts);
		const struct text parameters[] = { text_of(names[i].name), text_of(number) };
		build_text(to, TEXT("  - "));
		catalog_build(catalog, text_of(N_("{0} ({1} alerts)")), parameters, 2, to);
		build_char(to, '\n');
	}
	if (all > count) {
		snprintf(number, sizeof number, "%" PRIu32, all - count);
		fact(catalog, N_("and {0} more"), text_of(number), to);
	}
	build_char(to, '\n');
}

void letter_evidence(const struct event *event, const struct catalog *catalog, struct builder *to)
{
	write_summary(event, catalog, to);
	write_reasons(event, catalog, to);
	write_tactics(event, catalog, to);
	write_names(catalog, N_("Hosts concerned"), event->hosts, event->host_count, event->hosts_all, to);
	write_names(catalog, N_("Sources"), event->sources, event->source_count, event->sources_all, to);
	write_names(catalog, N_("Accounts concerned"), event->accounts, event->account_count, event->accounts_all, to);
	write_names(catalog, N_("Detections"), event->signatures, event->signature_count, event->signatures_all, to);
}

void letter_coverage(const struct coverage *coverage, const struct catalog *catalog, struct builder *to)
{
	heading(catalog, N_("How much was watched at that time"), to);
	build_text(to, TEXT("  "));
	coverage_write(coverage, catalog, to);
	build_char(to, '\n');
	for (uint32_t i = 0; i < coverage->gap_count; i++) {
		build_text(to, TEXT("  - "));
		gap_write(&coverage->gaps[i].gap, coverage->gaps[i].sensor, catalog, to);
		build_char(to, '\n');
	}
	if (coverage->gaps_all > coverage->gap_count) {
		char number[32];
		snprintf(number, sizeof number, "%" PRIu32, coverage->gaps_all - coverage->gap_count);
		fact(catalog, N_("and {0} more"), text_of(number), to);
	}
	build_char(to, '\n');
}
