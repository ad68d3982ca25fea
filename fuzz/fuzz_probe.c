/*
 * Measurements of `noroshi probe --replay`: whatever the lines are, they are refused in words or read; what is read can
 * be judged, and written and read again.
 *
 * Sources: watch/probe_record.c, watch/availability.c, watch/content.c.
 */
#include "watch/probe_record.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_signal(void *context, const struct signal *signal)
{
	struct builder line = { 0 };
	probe_signal_json(context, signal, &line);
	probe_signal_text(context, signal, &line);
	probe_signal_alert(context, signal, &line);
	if (signal->site > 1 || !line.size)
		abort();
	builder_free(&line);
}

static void check_written(
    const struct probe_options *options, struct json_parser *parser, const struct measurement *measurement)
{
	struct builder line = { 0 };
	struct measurement again;
	probe_record_write(options, measurement, SITE_UP, &line);
	if (line.failed ||
	    probe_record_read(options, parser, (struct text){ line.at, line.size }, &again, NULL) != OK ||
	    again.time != measurement->time || again.outcome != measurement->outcome ||
	    again.content != measurement->content || again.site != measurement->site)
		abort();
	builder_free(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct probe_site sites[] = {
		{ .name = "a", .organisation = "b", .sector = "c", .url = "http://a" },
		{ .name = "harbour", .organisation = "", .sector = "", .url = "https://h", .sector_number = 1 },
	};
	struct probe_options options = { .sites = sites, .site_count = 2 };
	const uint32_t sectors[] = { 0, 1 };
	struct availability_settings settings = availability_defaults;
	struct availability *availability;
	struct failure failure = { 0 };
	struct json_parser *parser = json_parser_new(8);
	struct text rest = { (const char *)data, size };
	settings.sites = 2;
	settings.sectors = sectors;
	settings.learn = 5;
	if (!parser || availability_new(&settings, &availability, &failure) != OK)
		abort();
	while (rest.size) {
		struct measurement measurement;
		struct text line = text_cut(&rest, '\n');
		enum error error = probe_record_read(&options, parser, line, &measurement, &failure);
		if (error && !failure.words[0])
			abort();
		if (error)
			continue;
		check_written(&options, parser, &measurement);
		availability_take(availability, &measurement, check_signal, &options);
	}
	content_fingerprint(data, size);
	availability_free(availability);
	json_parser_free(parser);
	return 0;
}
