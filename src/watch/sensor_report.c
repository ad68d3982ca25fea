/*
 * Counters for people, or as one line of JSON.
 */
#include "watch/sensor_report.h"

#include <stdio.h>
#include <string.h>

static void add(struct builder *to, const char *name, uint64_t value)
{
	build_format(to, "%s\"%s\":%llu", to->size > 1 ? "," : "", name, (unsigned long long)value);
}

static void add_live(struct builder *to, const struct eve_capture *capture)
{
	add(to, "kernel_packets", capture->packets);
	add(to, "kernel_drops", capture->drops);
	add(to, "records_written", capture->output_records);
	add(to, "records_dropped", capture->output_dropped);
	add(to, "sets_taken", capture->sets_taken);
	add(to, "sets_refused", capture->sets_refused);
	add(to, "changes_taken", capture->changes_taken);
	add(to, "changes_refused", capture->changes_refused);
	add(to, "longest_away_ns", (uint64_t)capture->longest_away);
	build_text(to, TEXT(",\"workers\":["));
	for (size_t i = 0; i < capture->worker_count; i++)
		build_format(to, "%s{\"packets\":%llu,\"drops\":%llu}", i ? "," : "",
		    (unsigned long long)capture->workers[i].packets, (unsigned long long)capture->workers[i].drops);
	build_char(to, ']');
}

static void as_json(struct builder *to, const struct sensor_totals *totals)
{
	const struct observer_counts *seen = &totals->counts.observer;

	build_char(to, '{');
	if (!totals->capture.live) {
		add(to, "files", totals->files);
		add(to, "unread", totals->unread);
		add(to, "truncated", totals->truncated);
	}
	add(to, "packets", seen->frames);
	add(to, "bytes", seen->bytes);
	add(to, "not_ip", seen->not_ip);
	add(to, "malformed", seen->malformed);
	add(to, "flows", seen->flows);
	add(to, "flows_forced", seen->flows_forced);
	add(to, "records", totals->counts.records);
	add(to, "anomalies", totals->counts.anomalies);
	add(to, "alerts", totals->counts.alerts);
	add(to, "forgotten", totals->forgotten);
	if (totals->capture.live)
		add_live(to, &totals->capture);
	build_text(to, TEXT("}\n"));
}

static void as_words(struct builder *to, const struct sensor_totals *totals)
{
	const struct observer_counts *seen = &totals->counts.observer;

	build_format(to, "%llu packets, %llu flows, %llu records, %llu alerts; %llu malformed, %llu not IP",
	    (unsigned long long)seen->frames, (unsigned long long)seen->flows,
	    (unsigned long long)totals->counts.records, (unsigned long long)totals->counts.alerts,
	    (unsigned long long)seen->malformed, (unsigned long long)seen->not_ip);
	if (totals->capture.live)
		build_format(to, "; dropped: %llu packets, %llu records", (unsigned long long)totals->capture.drops,
		    (unsigned long long)totals->capture.output_dropped);
	build_char(to, '\n');
}

void sensor_report(const struct sensor_options *options, const struct sensor_totals *totals)
{
	struct builder text = { 0 };
	FILE *to = options->eve && strcmp(options->eve, "-") == 0 ? stderr : stdout;

	if (options->json)
		as_json(&text, totals);
	else
		as_words(&text, totals);
	if (!text.failed)
		fwrite(text.at, 1, text.size, to);
	fflush(to);
	builder_free(&text);
}
