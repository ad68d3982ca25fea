/*
 * Lines of `noroshi probe`. See probe_record.h.
 */
#include "watch/probe_record.h"

#include "base/hash.h"

#include <inttypes.h>
#include <string.h>

static void build_member(struct builder *to, const char *name, const char *value)
{
	build_format(to, ",\"%s\":", name);
	build_json_string(to, text_of(value));
}

static void build_seconds(struct builder *to, const char *name, nanoseconds value)
{
	if (value)
		build_format(to, ",\"%s\":%.6f", name, (double)value / (double)SECOND);
}

static void build_site(struct builder *to, const struct probe_site *site)
{
	build_member(to, "site", site->name);
	if (*site->organisation)
		build_member(to, "organisation", site->organisation);
	if (*site->sector)
		build_member(to, "sector", site->sector);
	build_member(to, "url", site->url);
}

/* ── measurements ─ */

void probe_record_write(const struct probe_options *options, const struct measurement *measurement,
    enum site_state state, struct builder *to)
{
	char time[TIME_TEXT];
	build_format(to, "{\"time\":\"%s\",\"type\":\"measurement\"", time_format(measurement->time, time));
	build_site(to, &options->sites[measurement->site]);
	build_member(to, "outcome", site_outcome_code(measurement->outcome));
	if (measurement->status)
		build_format(to, ",\"status\":%u", measurement->status);
	build_seconds(to, "resolved", measurement->resolve);
	build_seconds(to, "connected", measurement->connect);
	build_seconds(to, "secured", measurement->tls);
	build_seconds(to, "first_byte", measurement->first);
	build_seconds(to, "total", measurement->total);
	if (measurement->size)
		build_format(to, ",\"size\":%" PRIu64, measurement->size);
	if (measurement->content)
		build_format(to, ",\"content\":\"%016" PRIx64 "\"", measurement->content);
	build_member(to, "state", site_state_code(state));
	build_text(to, TEXT("}\n"));
}

static bool read_seconds(struct json_value root, const char *name, nanoseconds *value)
{
	double seconds = 0;
	struct json_value member = json_get(root, name);
	*value = 0;
	if (!json_exists(member))
		return true;
	if (!json_to_double(member, &seconds) || !(seconds >= 0) || seconds > 1e6)
		return false;
	*value = (nanoseconds)(seconds * (double)SECOND);
	return true;
}

static enum error read_numbers(struct json_value root, struct measurement *measurement, struct failure *failure)
{
	const struct {
		const char *name;
		nanoseconds *value;
	} times[] = {
		{ "resolved", &measurement->resolve },
		{ "connected", &measurement->connect },
		{ "secured", &measurement->tls },
		{ "first_byte", &measurement->first },
		{ "total", &measurement->total },
	};
	for (size_t i = 0; i < sizeof times / sizeof *times; i++)
		if (!read_seconds(root, times[i].name, times[i].value))
			return fail(failure, ERROR_INPUT, "%s: expected seconds", times[i].name);
	uint64_t status = 0;
	uint8_t content[8] = { 0 };
	struct json_value member = json_get(root, "status"), hash = json_get(root, "content");
	if (json_exists(member) && (!json_to_u64(member, &status) || status > 999))
		return fail(failure, ERROR_INPUT, "status: expected an HTTP status");
	measurement->status = (uint16_t)status;
	if (json_exists(json_get(root, "size")) && !json_to_u64(json_get(root, "size"), &measurement->size))
		return fail(failure, ERROR_INPUT, "size: expected bytes");
	if (json_exists(hash) && !hex_parse(json_text(hash), content, sizeof content))
		return fail(failure, ERROR_INPUT, "content: expected 16 hexadecimal digits");
	for (size_t i = 0; i < sizeof content; i++)
		measurement->content = measurement->content << 8 | content[i];
	return OK;
}

enum error probe_record_read(const struct probe_options *options, struct json_parser *parser, struct text line,
    struct measurement *measurement, struct failure *failure)
{
	struct json_value root;
	char outcome[16];
	*measurement = (struct measurement){ 0 };
	enum error error = json_parse(parser, line, &root, failure);
	if (error)
		return error;
	if (!time_parse(json_text(json_get(root, "time")), 0, &measurement->time, NULL))
		return fail(failure, ERROR_INPUT, "time: expected one such as 2026-11-21T09:00:00Z");
	text_copy(json_text(json_get(root, "outcome")), outcome, sizeof outcome);
	if (!site_outcome_parse(outcome, &measurement->outcome))
		return fail(failure, ERROR_INPUT, "outcome: expected answered, error, timeout or no-answer");
	size_t site = probe_site_named(options, json_text(json_get(root, "site")));
	if (site == options->site_count)
		return fail(failure, ERROR_NOT_FOUND, "site: none of the configuration's sites has this name");
	measurement->site = (uint32_t)site;
	return read_numbers(root, measurement, failure);
}

/* ── what was found ─ */

void probe_signal_json(const struct probe_options *options, const struct signal *signal, struct builder *to)
{
	char time[TIME_TEXT], since[TIME_TEXT];
	build_format(to, "{\"time\":\"%s\",\"type\":\"signal\",\"signal\":\"%s\",\"since\":\"%s\"",
	    time_format(signal->time, time), signal_kind_code(signal->kind), time_format(signal->since, since));
	build_site(to, &options->sites[signal->site]);
	build_seconds(to, "usual", signal->usual);
	build_seconds(to, "now", signal->now);
	if (signal->kind == SIGNAL_CHANGED)
		build_format(to, ",\"changed_bits\":%u", signal->bits);
	if (signal->disturbance)
		build_format(to, ",\"disturbance\":%" PRIu64 ",\"sites\":%u,\"sectors\":%u,\"widespread\":%s",
		    signal->disturbance, signal->sites, signal->sectors, signal->widespread ? "true" : "false");
	build_text(to, TEXT("}\n"));
}

void probe_signal_text(const struct probe_options *options, const struct signal *signal, struct builder *to)
{
	static const char *const words[] = {
		[SIGNAL_SLOW] = "answers slowly",
		[SIGNAL_DOWN] = "does not answer",
		[SIGNAL_UP] = "answers as usual again",
		[SIGNAL_CHANGED] = "shows another content",
	};
	char time[TIME_TEXT], since[TIME_TEXT];
	build_format(to, "%s %s %s since %s", time_format(signal->time, time), options->sites[signal->site].name,
	    words[signal->kind], time_format(signal->since, since));
	if (signal->kind == SIGNAL_SLOW)
		build_format(to, ": %.2f s, usually %.2f s", (double)signal->now / (double)SECOND,
		    (double)signal->usual / (double)SECOND);
	if (signal->kind == SIGNAL_CHANGED)
		build_format(to, ": %u of 64 bits of its fingerprint differ", signal->bits);
	if (signal->sites > 1)
		build_format(to, "; disturbance %" PRIu64 ": %u sites of %u sectors%s", signal->disturbance,
		    signal->sites, signal->sectors, signal->widespread ? ", widespread" : "");
	build_char(to, '\n');
}

/* ── alerts ─ */

const char probe_alert_header[] = "time,detector,signature_id,signature,category,severity,tactics,host,object\n";

/* RFC 4180: in quotes, which are doubled inside. */
static void build_field(struct builder *to, const char *value)
{
	build_text(to, TEXT(",\""));
	for (; *value; value++) {
		if (*value == '"')
			build_char(to, '"');
		build_char(to, *value);
	}
	build_char(to, '"');
}

void probe_signal_alert(const struct probe_options *options, const struct signal *signal, struct builder *to)
{
	static const char *const words[] = {
		[SIGNAL_SLOW] = "Web site answers slowly",
		[SIGNAL_DOWN] = "Web site does not answer",
		[SIGNAL_UP] = "Web site answers as usual again",
		[SIGNAL_CHANGED] = "Content of a web page was changed",
	};
	bool up = signal->kind == SIGNAL_UP; /* nothing is wrong: for who was told that something is */
	const struct probe_site *site = &options->sites[signal->site];
	char time[TIME_TEXT];
	build_format(to, "%s,Noroshi probe,probe:%s%s", time_format(signal->time, time), signal_kind_code(signal->kind),
	    signal->widespread ? ":widespread" : "");
	build_format(to, ",%s%s,%s,%s,%s", words[signal->kind],
	    signal->widespread ? " with others of several sectors" : "", up ? "health" : "availability",
	    up                                                   ? "info"
	    : signal->kind == SIGNAL_SLOW && !signal->widespread ? "medium"
								 : "high",
	    up ? "" : "TA0040");
	build_field(to, site->name);
	build_field(to, site->url);
	build_char(to, '\n');
}
