/*
 * Flagged requests as lines of JSON, and as alerts in our CSV. See weblog_report.h.
 */
#include "watch/weblog_report.h"
#include "watch/weblog_text.h"

#include <inttypes.h>
#include <string.h>

void weblog_report_begin(struct weblog_report *report)
{
	if (report->alerts)
		fputs("time,detector,signature,signature_id,category,severity,outcome,tactics,source,host,address,"
		      "account,"
		      "protocol,object,repeats,file,line,why\n",
		    report->alerts);
}

/* A field of RFC 4180, always in quotation marks. */
static void field(struct builder *to, struct text value)
{
	char shown[4 * EXAMPLE_MOST];
	weblog_shown(value, shown, sizeof shown);
	build_text(to, TEXT(",\""));
	for (const char *c = shown; *c; c++) {
		if (*c == '"')
			build_char(to, '"');
		build_char(to, *c);
	}
	build_char(to, '"');
}

static const char *severity_of(const struct flagged *flagged)
{
	bool runs = flagged->attack == ATTACK_WEB_SHELL || flagged->attack == ATTACK_COMMAND ||
		    flagged->attack == ATTACK_EXPLOIT;
	bool light = flagged->attack == ATTACK_SCANNER || flagged->attack == ATTACK_XSS;
	switch (flagged->judgement.success) {
	case SUCCESS_LIKELY:
		return runs ? "critical" : "high";
	case SUCCESS_POSSIBLE:
		return "high";
	case SUCCESS_UNKNOWN:
		return light ? "low" : "medium";
	default:
		return light ? "info" : "low";
	}
}

static const char *outcome_of(enum success success)
{
	return success == SUCCESS_LIKELY ? "succeeded" : success == SUCCESS_NO ? "failed" : "";
}

static const char *tactic_of(enum attack attack)
{
	return attack == ATTACK_SCANNER ? "TA0043" : attack == ATTACK_WEB_SHELL ? "TA0003" : "TA0001";
}

/* Whom it concerns: triage bundles by host, so there is always one. */
static struct text host_of(const struct weblog_report *report, const struct flagged *flagged)
{
	if (flagged->request->server.size)
		return flagged->request->server;
	if (report->host)
		return text_of(report->host);
	if (address_exists(flagged->request->server_address))
		return TEXT_NONE;
	const char *slash = strrchr(report->files[flagged->file], '/');
	return text_of(slash ? slash + 1 : report->files[flagged->file]);
}

static void write_alert(struct weblog_report *report, const struct flagged *flagged)
{
	struct builder *out = &report->out, signature = { 0 }, why = { 0 };
	char time[TIME_TEXT], address[ADDRESS_TEXT];
	const struct weblog_request *request = flagged->request;
	builder_clear(out);
	build_format(&signature, "%s: %s", attack_title(flagged->attack), flagged->words);
	weblog_judgement(NULL, &flagged->judgement, &why);
	build_format(out, "%s,Noroshi weblog", time_format(request->occurred, time));
	field(out, (struct text){ signature.at, signature.size });
	build_format(out, ",weblog:%u,%s,%s,%s,%s", flagged->pattern_id, attack_code(flagged->attack),
	    severity_of(flagged), outcome_of(flagged->judgement.success), tactic_of(flagged->attack));
	build_format(out, ",%s", address_format(request->client, address));
	field(out, host_of(report, flagged));
	build_format(out, ",%s", address_format(request->server_address, address));
	field(out, request->account);
	build_text(out, TEXT(",http"));
	field(out, request->target);
	build_format(out, ",%u", flagged->repeats);
	field(out, text_of(report->files[flagged->file]));
	build_format(out, ",%" PRIu64, flagged->line);
	field(out, (struct text){ why.at, why.size });
	build_char(out, '\n');
	fwrite(out->at, 1, out->size, report->alerts);
	builder_free(&signature);
	builder_free(&why);
}

static void write_line(struct weblog_report *report, const struct flagged *flagged)
{
	struct builder *out = &report->out;
	char time[TIME_TEXT], shown[4 * EXAMPLE_MOST];
	builder_clear(out);
	build_text(out, TEXT("{\"file\":"));
	build_json_string(out, text_of(report->files[flagged->file]));
	build_format(out, ",\"line\":%" PRIu64 ",\"time\":\"%s\",\"client\":", flagged->line,
	    time_format(flagged->request->occurred, time));
	build_json_string(out, flagged->request->client_name);
	build_format(
	    out, ",\"attack\":\"%s\",\"pattern\":%u,\"words\":", attack_code(flagged->attack), flagged->pattern_id);
	build_json_string(out, text_of(flagged->words));
	weblog_shown(flagged->decoded, shown, sizeof shown);
	build_text(out, TEXT(",\"decoded\":"));
	build_json_string(out, text_of(shown));
	weblog_judgement_json(&flagged->judgement, out);
	build_text(out, TEXT("}\n"));
	fwrite(out->at, 1, out->size, report->lines);
}

void weblog_report_flagged(void *context, const struct flagged *flagged)
{
	struct weblog_report *report = context;
	if (report->lines)
		write_line(report, flagged);
	if (report->alerts && flagged->tell)
		write_alert(report, flagged);
}
