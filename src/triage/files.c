/*
 * Triage over files. See files.h.
 */
#include "triage/files.h"

#include "triage/member.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMPLAINTS 10

struct shape {
	uint64_t number; /* 0 = none */
	struct identified identified;
};

static void complain(void *context, const struct line *line, const struct failure *failure)
{
	struct input *input = context;
	if (++input->complaints <= COMPLAINTS)
		fprintf(stderr, "noroshi triage: %s: line %" PRIu64 " (byte %" PRIu64 "): %s\n", input->path,
		    line->number, line->offset, failure->words);
	if (input->complaints == COMPLAINTS + 1)
		fprintf(stderr, "noroshi triage: %s: further complaints are only counted\n", input->path);
}

static void input_close(struct input *input)
{
	format_reader_free(input->reader);
	if (input->stream)
		stream_close(input->stream);
	free(input->shapes);
	input->shapes = NULL;
	input->shape_room = 0;
	input->reader = NULL;
	input->stream = NULL;
}

/* The file's identity for rule 4: device and inode; standard input has none and takes its place among the inputs. */
static struct hash128 epoch_of(const struct input *input)
{
	struct stat status;
	uint64_t parts[2] = { 0, input->sensor };
	if (stat(input->path, &status) == 0) {
		parts[0] = (uint64_t)status.st_dev;
		parts[1] = (uint64_t)status.st_ino;
	}
	return hash128_bytes(parts, sizeof parts, 0);
}

static enum error input_open(struct input *input, const struct inputs *inputs, struct failure *failure)
{
	enum error error = stream_open(input->path, &input->stream, failure);
	if (!error)
		error = format_reader_new(inputs->format, &inputs->settings, &input->reader, failure);
	input->alert.id.epoch = epoch_of(input);
	input->received = inputs->settings.now;
	return error;
}

static void input_next(struct input *input)
{
	struct hash128 epoch = input->alert.id.epoch;
	struct failure failure;
	enum error error = format_read(
	    input->reader, input->stream, &input->line, &input->alert, &input->counts, complain, input, &failure);
	input->waiting = error == OK;
	if (error && error != ERROR_END) {
		/* what the stream says begins with its name; that the format is not known is said of the first line */
		if (strncmp(failure.words, input->path, strlen(input->path)) == 0)
			fprintf(stderr, "noroshi triage: %s\n", failure.words);
		else
			fprintf(stderr, "noroshi triage: %s: line 1 (byte 0): %s\n", input->path, failure.words);
		input->broken = true;
	}
	input->alert.id = (struct fact_id){ input->sensor, epoch, input->line.offset };
	input->alert.organisation = input->organisation;
	input->alert.received = input->received;
}

static void show_progress(const struct inputs *inputs, const struct input *input, uint64_t alerts)
{
	uint64_t total = stream_total_bytes(input->stream), done = stream_read_bytes(input->stream);
	fprintf(stderr, "\r%s (%u of %zu): %" PRIu64 " alerts", input->path, input->sensor, inputs->count, alerts);
	if (total)
		fprintf(stderr, ", %" PRIu64 " %%", done * 100 / total);
	fputs("\033[K", stderr);
}

/* Where the meaning of the newest alert's shape is kept; NULL when it has none. */
static struct identified *input_shape(struct input *input)
{
	uint64_t number = format_shape(input->reader), place = number % FORMAT_SHAPES;
	if (!number)
		return NULL;
	while (place >= input->shape_room) {
		size_t had = input->shape_room;
		struct shape *more = array_grow(input->shapes, &input->shape_room, 32, sizeof *more);
		if (!more)
			return NULL;
		memset(more + had, 0, (input->shape_room - had) * sizeof *more);
		input->shapes = more;
	}
	if (input->shapes[place].number != number)
		input->shapes[place] = (struct shape){ .number = number };
	return &input->shapes[place].identified;
}

static enum error input_triage(struct input *input, struct triage *triage, struct failure *failure)
{
	struct identified *again = input_shape(input);
	return again ? triage_add_again(triage, &input->alert, input->line.number, again, failure)
		     : triage_add(triage, &input->alert, input->line.number, failure);
}

/* The inputs of one organisation together: always the earliest alert of those that wait. */
static enum error triage_organisation(struct inputs *inputs, struct input **own, size_t count, struct triage *triage,
    uint64_t *alerts, struct failure *failure)
{
	enum error error = OK;
	for (size_t i = 0; i < count && !error; i++) {
		error = input_open(own[i], inputs, failure);
		if (!error)
			input_next(own[i]);
	}
	while (!error) {
		struct input *earliest = NULL;
		for (size_t i = 0; i < count; i++)
			if (own[i]->waiting && (!earliest || own[i]->alert.occurred < earliest->alert.occurred))
				earliest = own[i];
		if (!earliest)
			break;
		error = input_triage(earliest, triage, failure);
		if (++*alerts % 65536 == 0 && inputs->progress)
			show_progress(inputs, earliest, *alerts);
		input_next(earliest);
	}
	for (size_t i = 0; i < count; i++)
		input_close(own[i]);
	return error;
}

static int by_organisation(const void *a, const void *b)
{
	const struct input *x = *(struct input *const *)a, *y = *(struct input *const *)b;
	if (x->organisation != y->organisation)
		return x->organisation < y->organisation ? -1 : 1;
	return x->sensor < y->sensor ? -1 : 1;
}

enum error inputs_triage(struct inputs *inputs, struct triage *triage, struct failure *failure)
{
	uint64_t alerts = 0;
	enum error error = OK;
	struct input **sorted = malloc(inputs->count * sizeof *sorted);
	if (!sorted)
		return fail(failure, ERROR_MEMORY, "no memory for %zu inputs", inputs->count);
	for (size_t i = 0; i < inputs->count; i++)
		sorted[i] = &inputs->items[i];
	qsort(sorted, inputs->count, sizeof *sorted, by_organisation);
	for (size_t i = 0, own; i < inputs->count && !error; i += own) {
		uint32_t organisation = sorted[i]->organisation;
		for (own = 1; i + own < inputs->count && sorted[i + own]->organisation == organisation;)
			own++;
		error = triage_organisation(inputs, &sorted[i], own, triage, &alerts, failure);
		if (!error)
			triage_finish_organisation(triage, organisation);
	}
	free(sorted);
	if (inputs->progress)
		fputs("\r\033[K", stderr);
	return error;
}
