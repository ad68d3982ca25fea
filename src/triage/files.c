/*
 * Triage over files. See files.h.
 */
#include "triage/files.h"

#include "triage/member.h"

#include "base/memory.h"

#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct shape {
	uint64_t number; /* 0 = none */
	struct identified identified;
};

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
	enum error error = format_read(input->reader, input->stream, &input->line, &input->alert, &input->counts,
	    complaint_line, &input->complaints, &failure);
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

enum error inputs_triage(struct inputs *inputs, struct triage *triage, struct failure *failure)
{
	uint64_t alerts = 0;
	enum error error = OK;
	struct input **own = malloc(inputs->count * sizeof *own);
	if (!own)
		return fail(failure, ERROR_MEMORY, "no memory for %zu inputs", inputs->count);
	for (uint32_t i = 0; i < inputs->organisations && !error; i++) {
		size_t count = 0;
		for (size_t at = inputs->owners[i]->first; at; at = inputs->items[at - 1].next)
			own[count++] = &inputs->items[at - 1];
		error = triage_organisation(inputs, own, count, triage, &alerts, failure);
		if (!error)
			triage_finish_organisation(triage, inputs->owners[i]->number);
	}
	free(own);
	if (inputs->progress)
		fputs("\r\033[K", stderr);
	return error;
}

/* ── which files there are ─ */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct owner *)a)->name, ((const struct owner *)b)->name);
}

static struct owner *owner_of(struct inputs *inputs, const char *name)
{
	struct owner wanted = { .name = name };
	struct owner **found = tfind(&wanted, &inputs->by_name, by_name);
	if (found)
		return *found;
	struct owner **owners = realloc(inputs->owners, (inputs->organisations + 1) * sizeof *owners);
	struct owner *owner = owners ? calloc(1, sizeof *owner) : NULL;
	if (owners)
		inputs->owners = owners;
	if (!owner)
		return NULL;
	*owner = (struct owner){ .name = name, .number = inputs->organisations + 1 };
	if (!tsearch(owner, &inputs->by_name, by_name)) {
		free(owner);
		return NULL;
	}
	return inputs->owners[inputs->organisations++] = owner;
}

bool inputs_add(struct inputs *inputs, const char *organisation, const char *path)
{
	struct input *items = realloc(inputs->items, (inputs->count + 1) * sizeof *items);
	if (items)
		inputs->items = items;
	struct owner *owner = items ? owner_of(inputs, organisation) : NULL;
	if (!owner)
		return false;
	size_t place = ++inputs->count;
	items[place - 1] = (struct input){ .organisation_name = owner->name,
		.organisation = owner->number,
		.sensor = (uint32_t)place,
		.path = path,
		.complaints = { .command = "triage", .file = path } };
	*(owner->first ? &items[owner->last - 1].next : &owner->first) = place;
	owner->last = place;
	return true;
}

static void nothing(void *owner)
{
	(void)owner;
}

void inputs_free(struct inputs *inputs)
{
	tdestroy(inputs->by_name, nothing);
	for (uint32_t i = 0; i < inputs->organisations; i++)
		free(inputs->owners[i]);
	free(inputs->owners);
	free(inputs->items);
}
