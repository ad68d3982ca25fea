/*
 * `noroshi probe`: measures sites on an event loop, or judges measurements that were written before.
 *
 *   prober.c (threads, HTTP) or a file → availability.c → lines, alerts (probe_record.c)
 */
#include "watch/probe.h"

#include "base/file.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/stream.h"
#include "watch/probe_announced.h"
#include "watch/probe_record.h"
#include "watch/probe_wishes.h"
#include "watch/prober.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONGEST_LINE (64u << 10)
#define COMPLAINTS 20 /* of a file, in words; the others are counted */

struct probe {
	const struct probe_wishes *wishes;
	struct probe_options options;
	uint32_t *sectors;
	struct availability *availability;
	struct prober *prober;
	bool *quick; /* sites that are targets of an announced attack now */
	unsigned quick_count, announced_wrong;
	struct loop *loop;
	struct file *records, *alerts;
	struct builder line;
	uint64_t measured, failed, signals;
	uint64_t malformed, late; /* of a replay */
	bool broken;              /* something could not be written */
};

/* ── output ─ */

static void append(struct probe *probe, struct file *file)
{
	struct failure failure;
	if (!file || probe->line.size == 0 || probe->broken)
		return;
	enum error error = probe->line.failed ? fail(&failure, ERROR_MEMORY, "no memory for a line")
					      : file_append(file, probe->line.at, probe->line.size, &failure);
	if (!error)
		return;
	log_write(LOG_ERROR, "what was found cannot be written", LOG_FIELD_STRING("why", failure.words));
	probe->broken = true;
	if (probe->loop)
		loop_stop(probe->loop);
}

static void print(struct probe *probe)
{
	fwrite(probe->line.at, 1, probe->line.size, stdout);
	fflush(stdout);
}

static void take_signal(void *context, const struct signal *signal)
{
	struct probe *probe = context;
	probe->signals++;
	builder_clear(&probe->line);
	if (probe->wishes->json)
		probe_signal_json(&probe->options, signal, &probe->line);
	else
		probe_signal_text(&probe->options, signal, &probe->line);
	print(probe);
	builder_clear(&probe->line);
	probe_signal_alert(&probe->options, signal, &probe->line);
	append(probe, probe->alerts);
}

static void take_measurement(struct probe *probe, const struct measurement *measurement)
{
	probe->measured++;
	probe->failed += measurement->outcome != SITE_ANSWERED;
	if (!availability_take(probe->availability, measurement, take_signal, probe))
		probe->late++;
	builder_clear(&probe->line);
	probe_record_write(
	    &probe->options, measurement, availability_state(probe->availability, measurement->site), &probe->line);
	append(probe, probe->records);
	if (probe->wishes->json && !probe->wishes->replay_count)
		print(probe);
}

static enum error open_output(const char *path, const char *header, struct file **file, struct failure *failure)
{
	if (!path)
		return OK;
	enum error error = file_open_lines(path, file, failure);
	if (!error && header && file_size(*file) == 0)
		error = file_append(*file, header, strlen(header), failure);
	return error;
}

/* ── measuring ─ */

static void print_row(struct probe *probe, const struct measurement *measurement, const char *words)
{
	printf("%-24s %-10s %4u %8.3f s %9" PRIu64 " B  %s\n", probe->options.sites[measurement->site].name,
	    site_outcome_code(measurement->outcome), measurement->status, (double)measurement->total / (double)SECOND,
	    measurement->size, words);
}

static void take_all(void *context, int descriptor, unsigned ready)
{
	struct probe *probe = context;
	struct measurement measurement;
	char words[256];
	(void)descriptor;
	(void)ready;
	while (prober_take(probe->prober, &measurement, words)) {
		if (*words)
			log_write(LOG_INFO, "a site gave no answer",
			    LOG_FIELD_STRING("site", probe->options.sites[measurement.site].name),
			    LOG_FIELD_STRING("why", words));
		take_measurement(probe, &measurement);
		if (probe->wishes->once && !probe->wishes->json)
			print_row(probe, &measurement, words);
	}
	if (prober_done(probe->prober))
		loop_stop(probe->loop);
}

static void check_leave(void *context)
{
	struct probe *probe = context;
	if (time_now() < probe->options.until)
		return;
	log_write(LOG_ERROR, "the approval of this probing has ended: nothing is probed any more",
	    LOG_FIELD_STRING("approved_by", probe->options.approved_by),
	    LOG_FIELD_STRING("approved_until", probe->options.approved_until));
	probe->broken = true;
	loop_stop(probe->loop);
}

static void look_at_announced(void *context)
{
	struct probe *probe = context;
	struct failure failure;
	unsigned count = 0, wrong = probe->announced_wrong;
	if (probe_announced_read(&probe->options, time_now(), probe->quick, &wrong, &failure) != OK) {
		log_write(LOG_WARNING, "announced attacks cannot be read", LOG_FIELD_STRING("why", failure.words));
		return;
	}
	for (size_t i = 0; i < probe->options.site_count; i++)
		count += probe->quick[i];
	prober_quicken(probe->prober, probe->quick);
	if (wrong != probe->announced_wrong && wrong)
		log_write(LOG_WARNING, "lines about announced attacks are not understood",
		    LOG_FIELD_STRING("file", probe->options.announced), LOG_FIELD_NUMBER("lines", wrong));
	if (count != probe->quick_count)
		log_write(LOG_INFO, "sites are targets of announced attacks", LOG_FIELD_NUMBER("sites", count));
	probe->announced_wrong = wrong;
	probe->quick_count = count;
}

static void end(void *context, int number)
{
	(void)number;
	loop_stop(((struct probe *)context)->loop);
}

static enum error measure(struct probe *probe, struct failure *failure)
{
	struct watch *watches[5] = { NULL };
	bool announced = *probe->options.announced && !probe->wishes->once;
	if (time_now() >= probe->options.until)
		return fail(failure, ERROR_DENIED, "probe.approved_until is %s: without approval nothing is probed",
		    probe->options.approved_until);
	enum error error = loop_new(&probe->loop, failure);
	if (!error)
		error = prober_new(&probe->options, probe->wishes->once, &probe->prober, failure);
	if (error)
		return error;
	log_write(LOG_INFO, "probing begins", LOG_FIELD_NUMBER("sites", probe->options.site_count),
	    LOG_FIELD_STRING("approved_by", probe->options.approved_by),
	    LOG_FIELD_STRING("approved_until", probe->options.approved_until));
	watches[0] = loop_descriptor(probe->loop, prober_descriptor(probe->prober), LOOP_READ, take_all, probe);
	watches[1] = loop_signal(probe->loop, SIGTERM, end, probe);
	watches[2] = loop_signal(probe->loop, SIGINT, end, probe);
	watches[3] = loop_timer(probe->loop, MINUTE, MINUTE, check_leave, probe);
	watches[4] = announced ? loop_timer(probe->loop, 0, 10 * SECOND, look_at_announced, probe) : NULL;
	for (int i = 0; i < 4 + announced && !error; i++)
		if (!watches[i])
			error = fail(failure, ERROR_MEMORY, "no memory or descriptor for the loop");
	if (!error)
		error = loop_run(probe->loop, failure);
	for (int i = 0; i < 4 + announced; i++)
		watch_stop(watches[i]);
	return error;
}

/* ── replaying ─ */

static enum error replay_file(
    struct probe *probe, const char *path, struct json_parser *parser, struct failure *failure)
{
	struct stream *stream;
	struct line line;
	enum error error = stream_open(path, &stream, failure);
	if (error)
		return error;
	while ((error = stream_line(stream, LONGEST_LINE, &line, failure)) == OK) {
		struct measurement measurement;
		struct failure why;
		if (line.text.size == 0)
			continue;
		enum error read = line.cut ? fail(&why, ERROR_INPUT, "the line is longer than %u bytes", LONGEST_LINE)
					   : probe_record_read(&probe->options, parser, line.text, &measurement, &why);
		if (!read)
			take_measurement(probe, &measurement);
		else if (probe->malformed++ < COMPLAINTS)
			fprintf(stderr, "noroshi probe: %s:%" PRIu64 ": %s\n", path, line.number, why.words);
	}
	stream_close(stream);
	return error == ERROR_END ? OK : error;
}

static enum error replay(struct probe *probe, struct failure *failure)
{
	struct json_parser *parser = json_parser_new(8);
	enum error error = parser ? OK : fail(failure, ERROR_MEMORY, "no memory to read");
	for (int i = 0; i < probe->wishes->replay_count && !error; i++)
		error = replay_file(probe, probe->wishes->replay[i], parser, failure);
	json_parser_free(parser);
	return error;
}

/* ── all ─ */

static enum error begin(struct probe *probe, struct failure *failure)
{
	const struct probe_wishes *wishes = probe->wishes;
	enum error error = probe_options_read(wishes->config, &probe->options, failure);
	if (error)
		return error;
	probe->sectors = calloc(probe->options.site_count, sizeof *probe->sectors);
	probe->quick = calloc(probe->options.site_count, sizeof *probe->quick);
	if (!probe->sectors || !probe->quick)
		return fail(failure, ERROR_MEMORY, "no memory for the sites");
	struct availability_settings settings = probe_settings(&probe->options, probe->sectors);
	error = availability_new(&settings, &probe->availability, failure);
	if (!error)
		error = open_output(wishes->records, NULL, &probe->records, failure);
	if (!error)
		error = open_output(wishes->alerts, probe_alert_header, &probe->alerts, failure);
	return error;
}

static void finish(struct probe *probe)
{
	prober_free(probe->prober);
	loop_free(probe->loop);
	file_close(probe->records);
	file_close(probe->alerts);
	availability_free(probe->availability);
	builder_free(&probe->line);
	probe_options_free(&probe->options);
	free(probe->sectors);
	free(probe->quick);
}

static void say_counts(const struct probe *probe)
{
	fprintf(stderr,
	    "noroshi probe: %" PRIu64 " measurements, %" PRIu64 " without a right answer, %" PRIu64 " signals",
	    probe->measured, probe->failed, probe->signals);
	if (probe->malformed || probe->late)
		fprintf(stderr,
		    "; %" PRIu64 " lines left out as malformed, %" PRIu64 " as older than the site's newest",
		    probe->malformed, probe->late);
	fputc('\n', stderr);
}

int probe_command(int argc, char **argv)
{
	struct probe_wishes wishes;
	struct probe probe = { .wishes = &wishes };
	struct failure failure;
	int code = probe_wishes_read(argc, argv, &wishes);
	if (code >= 0)
		return code;
	log_setup("probe", LOG_INFO, !isatty(STDERR_FILENO));
	enum error error = begin(&probe, &failure);
	if (!error)
		error = wishes.replay_count ? replay(&probe, &failure) : measure(&probe, &failure);
	if (error)
		fprintf(stderr, "noroshi probe: %s\n", failure.words);
	else
		say_counts(&probe);
	bool found = wishes.once ? probe.failed > 0 : wishes.replay_count && probe.signals > 0;
	code = error || probe.broken || probe.malformed ? 2 : found;
	finish(&probe);
	return code;
}
