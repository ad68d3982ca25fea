/*
 * An event as one JSON object, for people and programs: `noroshi triage --json`, the API, the pages.
 */
#include "model/event.h"

#include <inttypes.h>
#include <math.h>

static void write_string(struct builder *to, const char *name, const char *value)
{
	build_format(to, ",\"%s\":", name);
	build_json_string(to, text_of(value));
}

static void write_time(struct builder *to, const char *name, nanoseconds time)
{
	char text[TIME_TEXT];
	write_string(to, name, time_format(time, text));
}

/* With `decimals` digits, and always with a point: printf's depends on the locale. */
static void write_real(struct builder *to, const char *name, double value, int decimals)
{
	long long scale = 1;
	for (int i = 0; i < decimals; i++)
		scale *= 10;
	double limited = isfinite(value) ? fmin(fmax(value, -1e9), 1e9) : 0;
	long long scaled = llround(fabs(limited) * (double)scale);
	build_format(to, ",\"%s\":%s%lld.%0*lld", name, limited < 0 && scaled ? "-" : "", scaled / scale, decimals,
	    scaled % scale);
}

static void write_names(
    struct builder *to, const char *name, const struct event_name *names, uint32_t count, uint32_t all)
{
	build_format(to, ",\"%s\":{\"all\":%" PRIu32 ",\"listed\":[", name, all);
	for (uint32_t i = 0; i < count; i++) {
		build_text(to, i ? TEXT(",{\"name\":") : TEXT("{\"name\":"));
		build_json_string(to, text_of(names[i].name));
		build_format(to, ",\"alerts\":%" PRIu64 "}", names[i].alerts);
	}
	build_text(to, TEXT("]}"));
}

static void write_reason(struct builder *to, const struct reason *reason)
{
	struct builder sentence = { 0 };
	reason_write(reason, reason->words, &sentence);
	build_text(to, TEXT("{\"code\":"));
	build_json_string(to, text_of(reason->code));
	build_text(to, TEXT(",\"words\":"));
	build_json_string(to, (struct text){ sentence.at, sentence.size });
	to->failed |= sentence.failed;
	builder_free(&sentence);
	build_text(to, TEXT(",\"parameters\":["));
	for (size_t i = 0; i < REASON_PARAMETERS && *reason->parameter[i]; i++) {
		if (i)
			build_char(to, ',');
		build_json_string(to, text_of(reason->parameter[i]));
	}
	build_char(to, ']');
	write_real(to, "weight", reason->weight, 4);
	build_char(to, '}');
}

static void write_reasons(struct builder *to, const struct event *event)
{
	build_text(to, TEXT(",\"reasons\":["));
	for (uint32_t i = 0; i < event->reason_count; i++) {
		if (i)
			build_char(to, ',');
		write_reason(to, &event->reasons[i]);
	}
	build_char(to, ']');
}

static void write_tactics(struct builder *to, uint16_t tactics)
{
	build_text(to, TEXT(",\"tactics\":["));
	const char *between = "";
	for (unsigned i = 0; i < TACTIC_COUNT; i++)
		if (tactics & 1u << i) {
			build_format(to, "%s{\"id\":\"%s\",\"name\":\"%s\"}", between, tactic_id((enum tactic)i),
			    tactic_name((enum tactic)i));
			between = ",";
		}
	build_char(to, ']');
}

static void write_when(struct builder *to, const struct event *event)
{
	write_time(to, "first", event->first);
	write_time(to, "last", event->last);
	if (event->opened)
		write_time(to, "opened", event->opened);
	if (event->updated)
		write_time(to, "updated", event->updated);
}

void event_write_json(const struct event *event, struct builder *to)
{
	char uuid[UUID_TEXT], id[FACT_ID_TEXT], title[400];
	build_format(to, "{\"id\":\"%s\",\"organisation\":%" PRIu32, uuid_format(event->id, uuid), event->organisation);
	if (!uuid_is_nil(event->campaign))
		write_string(to, "campaign", uuid_format(event->campaign, uuid));
	event_title(event, title, sizeof title);
	write_string(to, "title", title);
	build_format(to, ",\"provisional\":%s", event->provisional ? "true" : "false");
	write_when(to, event);
	write_real(to, "rank", event->rank, 2);
	build_format(to, ",\"alerts\":%" PRIu64 ",\"context\":%" PRIu64, event->alerts, event->context);
	write_tactics(to, event->tactics);
	write_string(to, "severity", severity_code(event->severity));
	write_string(to, "outcome", outcome_code(event->outcome));
	write_real(to, "coverage", event->coverage, 3);
	write_reasons(to, event);
	write_names(to, "hosts", event->hosts, event->host_count, event->hosts_all);
	write_names(to, "sources", event->sources, event->source_count, event->sources_all);
	write_names(to, "signatures", event->signatures, event->signature_count, event->signatures_all);
	write_names(to, "detectors", event->detectors, event->detector_count, event->detectors_all);
	write_names(to, "accounts", event->accounts, event->account_count, event->accounts_all);
	write_string(to, "first_alert", fact_id_format(&event->first_alert, id));
	build_char(to, '}');
}
