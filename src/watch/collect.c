/*
 * Datagrams to EVE records. See collect.h.
 */
#include "watch/collect.h"

#include "base/log.h"
#include "formats/eve_netflow.h"
#include "net/capture_file.h"
#include "net/packet.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define COMPLAINTS 10 /* that are said; all are counted */
#define FRAMES 64
#define WRITE_BYTES ((size_t)1 << 16)

static void on_record(void *context, const struct flow_record *record)
{
	struct collector *collector = context;
	if (collector->behaviour)
		collect_behaviour_record(collector->behaviour, record, collector->received);
	if (!collector->eve)
		return;
	eve_netflow(&collector->out, record);
	if (collector->out.size > WRITE_BYTES)
		collector_flush(collector);
}

enum error collector_init(
    struct collector *collector, const struct flow_export_settings *settings, struct failure *failure)
{
	const struct flow_listener listener = { on_record, collector };
	collector->export = flow_export_new(settings, &listener);
	return collector->export ? OK : fail(failure, ERROR_MEMORY, "no memory for %u exporters", settings->exporters);
}

void collector_free(struct collector *collector)
{
	flow_export_free(collector->export);
	collect_behaviour_free(collector->behaviour);
	builder_free(&collector->out);
}

void collector_time(struct collector *collector, nanoseconds now)
{
	if (collector->behaviour)
		collect_behaviour_time(collector->behaviour, now);
}

void collector_finish(struct collector *collector)
{
	if (collector->behaviour)
		collect_behaviour_finish(collector->behaviour);
}

bool collector_flush(struct collector *collector)
{
	struct builder *out = &collector->out;
	if (collector->eve && out->size &&
	    (out->failed || fwrite(out->at, 1, out->size, collector->eve) != out->size || fflush(collector->eve)))
		collector->failed = true;
	builder_clear(out);
	return !collector->failed;
}

static bool is_allowed(const struct collector *collector, struct address exporter)
{
	for (size_t i = 0; i < collector->from_count; i++)
		if (prefix_contains(collector->from[i], exporter))
			return true;
	return collector->from_count == 0;
}

static void complain(struct collector *collector, struct address exporter, const struct failure *failure)
{
	char text[ADDRESS_TEXT];
	if (++collector->complaints <= COMPLAINTS)
		log_write(LOG_WARNING, "datagram not understood",
		    LOG_FIELD_STRING("exporter", address_format(exporter, text)),
		    LOG_FIELD_STRING("why", failure->words));
	if (collector->complaints == COMPLAINTS + 1)
		log_write(LOG_WARNING, "further datagrams that are not understood are only counted");
}

void collector_datagram(
    struct collector *collector, struct address exporter, nanoseconds received, const void *bytes, size_t size)
{
	struct failure failure;
	if (!is_allowed(collector, exporter)) {
		collector->counts.refused++;
		return;
	}
	collector->received = received;
	enum error error = flow_export_datagram(collector->export, exporter, received, bytes, size, &failure);
	if (!error)
		return;
	collector->counts.unknown += error == ERROR_USAGE;
	complain(collector, exporter, &failure);
}

static void take_frame(struct collector *collector, const struct frame *frame, uint16_t port)
{
	struct packet packet;
	collector->counts.frames++;
	if (packet_decode(frame, &packet) != PACKET_WHOLE || packet.ip_protocol != IPPROTO_UDP || packet.damaged ||
	    packet.not_captured || (port && packet.ports[1] != port)) {
		collector->counts.frames_other++;
		return;
	}
	collector_datagram(collector, packet.source, frame->time, packet.at, packet.size);
}

enum error collector_capture(struct collector *collector, const char *path, uint16_t port, struct failure *failure)
{
	struct capture_file *file;
	struct frame frames[FRAMES];
	size_t count;
	enum error error = capture_file_open(path, &file, failure);
	if (error)
		return error;
	while (!(error = capture_file_read(file, frames, FRAMES, &count, failure)))
		for (size_t i = 0; i < count; i++)
			take_frame(collector, &frames[i], port);
	capture_file_close(file);
	return error == ERROR_END ? OK : error;
}

void collector_report(const struct collector *collector, FILE *to)
{
	const struct collect_counts *counts = &collector->counts;
	fprintf(to,
	    "{\"refused\":%" PRIu64 ",\"unknown\":%" PRIu64 ",\"dropped\":%" PRIu64 ",\"frames\":%" PRIu64
	    ",\"frames_other\":%" PRIu64,
	    counts->refused, counts->unknown, counts->dropped, counts->frames, counts->frames_other);
	for (size_t i = 0; i < FLOW_FORMAT_COUNT; i++) {
		const struct flow_export_counts *one = flow_export_count(collector->export, (enum flow_format)i);
		if (!one->datagrams)
			continue;
		fprintf(to,
		    ",\"%s\":{\"datagrams\":%" PRIu64 ",\"records\":%" PRIu64 ",\"malformed\":%" PRIu64
		    ",\"templates\":%" PRIu64 ",\"withdrawn\":%" PRIu64 ",\"sets_unknown\":%" PRIu64
		    ",\"options\":%" PRIu64 ",\"skipped\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"restarted\":%" PRIu64
		    ",\"forgotten\":%" PRIu64 "}",
		    flow_format_name((enum flow_format)i), one->datagrams, one->records, one->malformed, one->templates,
		    one->withdrawn, one->sets_unknown, one->options, one->skipped, one->lost, one->restarted,
		    one->forgotten);
	}
	if (collector->behaviour) {
		fputs(",\"behaviour\":", to);
		collect_behaviour_report(collector->behaviour, to);
	}
	fputs("}\n", to);
	fflush(to);
}
