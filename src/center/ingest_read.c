/*
 * From a body to parts: decompressed, told by content, read line by line, encoded for the keeper. In slices, so that
 * one organisation's large batch does not hold up the others.
 *
 * Identity (rule 4): sequence = byte offset of the line in its file, or number of the line in the batch. A part covers
 * [its first sequence, last alert or record + 1): parts follow each other without a gap, the same bytes always give the
 * same parts.
 */
#include "center/ingest.h"
#include "center/message.h"
#include "triage/options.h"

#include <stdlib.h>
#include <string.h>

#define PASSES 512 /* lines that are no alerts in one go */

static void complain(void *context, const struct line *line, const struct failure *failure)
{
	struct ingest *ingest = context;
	if (json_array_size(ingest->problems) >= INGEST_PROBLEMS)
		return;
	json_t *problem = json_object();
	json_object_set_new(problem, "line", json_integer((json_int_t)line->number));
	if (ingest->from_file)
		json_object_set_new(
		    problem, "offset", json_integer((json_int_t)(ingest->offset + line->offset - ingest->preamble)));
	json_object_set_new(problem, "words", json_string(failure->words));
	json_array_append_new(ingest->problems, problem);
}

static enum error ingest_open(struct ingest *ingest, struct failure *failure)
{
	const struct center_settings *settings = &ingest->front->process->settings;
	enum error error = stream_open_memory("the body", ingest->body.at, ingest->body.size, &ingest->stream, failure);
	if (error != OK)
		return error;
	stream_limit(ingest->stream, settings->batch_unpacked);
	struct text beginning;
	if (ingest->preamble > 0 && stream_peek(ingest->stream, ingest->preamble, &beginning, failure) == OK)
		for (size_t i = 0; i < beginning.size && i < ingest->preamble; i++)
			ingest->preamble_lines += beginning.at[i] == '\n';
	ingest->settings.map = text_of(ingest->map);
	ingest->settings.now = ingest->received;
	ingest->settings.passes = PASSES;
	ingest->settings.past = triage_configured()->clamp;
	ingest->settings.future = triage_configured()->clamp_future;
	ingest->part_first = ingest->from_file ? ingest->offset : 1;
	return format_reader_new(ingest->format, &ingest->settings, &ingest->reader, failure);
}

/* Moves what was gathered into a message for the keeper. */
static enum error part_cut(struct ingest *ingest, uint64_t end, bool last, struct failure *failure)
{
	struct ingest_part *part = calloc(1, sizeof *part);
	if (!part)
		return fail(failure, ERROR_MEMORY, "no memory for a batch");
	struct format_counts *now = &ingest->counts, *before = &ingest->counted;
	/* The header lines that the client repeated are not part of the batch. */
	uint64_t header = ingest->preamble_lines < now->skipped ? ingest->preamble_lines : now->skipped;
	now->lines -= header;
	now->skipped -= header;
	ingest->preamble_lines = 0;
	struct builder *to = &part->body;
	put_credential(to, &ingest->credential);
	put_u64(to, ingest->epoch.high);
	put_u64(to, ingest->epoch.low);
	put_u64(to, ingest->part_first);
	put_u64(to, end);
	put_i64(to, ingest->received);
	put_u32(to, (uint32_t)(now->lines - before->lines));
	put_u32(to, ingest->part_alerts);
	put_u32(to, ingest->part_records);
	put_u32(to, (uint32_t)(now->skipped - before->skipped));
	put_u32(to, (uint32_t)(now->malformed - before->malformed));
	put_u8(to, last);
	const struct format_told *told = &ingest->reader->told;
	put_u8(to, told->counted);
	put_u64(to, told->packets);
	put_u64(to, told->drops);
	put_u32(to, told->sampling);
	put_u8(to, ingest->agent.said);
	put_i64(to, ingest->agent.clock);
	put_u64(to, ingest->agent.lost);
	put_u32(to, (uint32_t)ingest->part.size);
	put_bytes(to, ingest->part.at, ingest->part.size);
	put_bytes(to, ingest->kept.at, ingest->kept.size);
	if (to->failed || ingest->part.failed || ingest->kept.failed) {
		builder_free(to);
		free(part);
		return fail(failure, ERROR_MEMORY, "no memory for a batch");
	}
	*ingest->last_part = part;
	ingest->last_part = &part->next;
	*before = *now;
	ingest->part_first = end;
	ingest->part_alerts = ingest->part_records = 0;
	builder_clear(&ingest->part);
	builder_clear(&ingest->kept);
	return OK;
}

static void alert_take(struct ingest *ingest, struct alert *alert, const struct line *line)
{
	alert->id.sensor = ingest->sensor;
	alert->id.epoch = ingest->epoch;
	alert->id.sequence = ingest->from_file ? ingest->offset + line->offset - ingest->preamble : line->number;
	alert->organisation = ingest->organisation;
	alert->received = ingest->received;
	bool record = ingest->reader->record;
	alert_encode(alert, record ? &ingest->kept : &ingest->part);
	ingest->part_alerts += !record;
	ingest->part_records += record;
}

/* The end of the last part: nothing comes behind a batch with an id; a file goes on. */
static enum error ingest_finish(struct ingest *ingest, uint64_t last, struct failure *failure)
{
	uint64_t end = ingest->from_file ? last + 1 : UINT64_MAX;
	if (end <= ingest->part_first)
		end = ingest->part_first + 1;
	enum error error = part_cut(ingest, end, true, failure);
	return error == OK ? ERROR_END : error;
}

enum error ingest_read(struct ingest *ingest, unsigned most, struct failure *failure)
{
	struct line line = { 0 };
	struct alert alert;
	uint64_t last = ingest->part_first > 0 ? ingest->part_first - 1 : 0;
	if (!ingest->stream) {
		enum error error = ingest_open(ingest, failure);
		if (error != OK)
			return error;
		last = ingest->part_first > 0 ? ingest->part_first - 1 : 0;
	}
	for (unsigned i = 0; i < most; i++) {
		enum error error = format_read(
		    ingest->reader, ingest->stream, &line, &alert, &ingest->counts, complain, ingest, failure);
		if (line.offset + line.text.size > ingest->unpacked) /* at the end there is no line */
			ingest->unpacked = line.offset + line.text.size;
		if (error == ERROR_AGAIN) /* lines that are no alerts: others want to be read too */
			return OK;
		if (error == ERROR_END)
			return ingest_finish(ingest, ingest->last_sequence ? ingest->last_sequence : last, failure);
		if (error == ERROR_INPUT &&
		    ingest->counts.lines > 0) { /* the stream broke: what came before it counts */
			ingest->counts.malformed++;
			complain(ingest, &line, failure);
			continue;
		}
		if (error != OK)
			return error;
		if (line.offset < ingest->preamble)
			continue;
		alert_take(ingest, &alert, &line);
		ingest->last_sequence =
		    ingest->from_file ? ingest->offset + line.offset - ingest->preamble : line.number;
		if (ingest->part.size + ingest->kept.size > MESSAGE_PART) {
			error = part_cut(ingest, ingest->last_sequence + 1, false, failure);
			if (error != OK)
				return error;
		}
	}
	return OK;
}

void ingest_read_free(struct ingest *ingest)
{
	format_reader_free(ingest->reader);
	format_reader_free(ingest->whose);
	ingest->reader = ingest->whose = NULL;
	capture_columns_free(ingest->columns);
	ingest->columns = NULL;
	stream_close(ingest->stream);
	ingest->stream = NULL;
	builder_free(&ingest->body);
	builder_free(&ingest->part);
	builder_free(&ingest->kept);
}
