/*
 * The body of POST /v1/alerts in front: any bytes, in any format, plain or compressed, become parts that the keeper
 * takes as they are; the same bytes cut into other slices give the same parts. The first bytes say the format, whether
 * it is a part of a file and how much of it repeats the file's header.
 *
 * Sources: center/ingest_read.c, center/part.c.
 */
#include "center/ingest.h"

#include "center/front.h"
#include "center/part.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#define NOW (1773479100 * SECOND)
#define HEADER 4

static struct process process = { .settings = { .batch_unpacked = 8u << 20 } };
static struct front front = { .process = &process };

static const struct format *format_of(uint8_t which)
{
	unsigned count = 0;
	while (formats[count])
		count++;
	return which % (count + 1) < count ? formats[which % (count + 1)] : NULL;
}

static struct ingest *open_ingest(const uint8_t *data, size_t size)
{
	struct ingest *ingest = calloc(1, sizeof *ingest);
	CHECK(ingest);
	ingest->credential.kind = CREDENTIAL_TOKEN;
	ingest->front = &front;
	ingest->organisation = 7;
	ingest->sensor = 3;
	ingest->received = NOW;
	ingest->epoch = (struct hash128){ 1, 2 };
	ingest->format = format_of(data[0]);
	ingest->from_file = data[1] & 1;
	ingest->settings.records = data[1] & 2;
	ingest->offset = ingest->from_file ? data[1] * 37u : 0;
	ingest->preamble = ingest->from_file && ingest->offset ? data[2] : 0;
	if (data[3] & 1)
		strcpy(ingest->map, "time=1,signature=2,source=3");
	ingest->problems = json_array();
	ingest->last_part = &ingest->parts;
	build_text(&ingest->body, (struct text){ (const char *)data + HEADER, size - HEADER });
	return ingest;
}

static void close_ingest(struct ingest *ingest)
{
	for (struct ingest_part *part = ingest->parts, *next; part; part = next) {
		next = part->next;
		builder_free(&part->body);
		free(part);
	}
	ingest_read_free(ingest);
	json_decref(ingest->problems);
	free(ingest);
}

static enum error read_in_slices(struct ingest *ingest, unsigned lines)
{
	struct failure failure = { 0 };
	enum error error;
	while ((error = ingest_read(ingest, lines, &failure)) == OK)
		;
	CHECK(error == ERROR_END || failure.words[0]);
	CHECK(json_array_size(ingest->problems) <= INGEST_PROBLEMS);
	return error;
}

static void check_kept(const struct ingest_part *part)
{
	const struct message message = { .body = { part->body.at, part->body.size } };
	struct credential credential;
	struct failure failure = { 0 };
	struct part *taken = part_decode(&message, &credential);
	CHECK(taken);
	part_own(taken, 3, 7);
	CHECK(part_verify(taken, NOW, &failure) == OK);
	parts_free(taken);
}

static void check_same(const struct ingest *one, const struct ingest *other)
{
	const struct ingest_part *a = one->parts, *b = other->parts;
	for (; a && b; a = a->next, b = b->next) {
		CHECK(a->body.size == b->body.size && memcmp(a->body.at, b->body.at, a->body.size) == 0);
		check_kept(a);
	}
	CHECK(!a && !b && json_equal(one->problems, other->problems));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < HEADER)
		return 0;
	struct ingest *whole = open_ingest(data, size), *sliced = open_ingest(data, size);
	enum error error = read_in_slices(whole, 1000000);
	CHECK(read_in_slices(sliced, 3) == error);
	if (error == ERROR_END)
		check_same(whole, sliced);
	close_ingest(whole);
	close_ingest(sliced);
	return 0;
}
