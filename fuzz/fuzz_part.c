/*
 * What a front may send to the keeper, if strangers took it over: any bytes as MESSAGE_INGEST, MESSAGE_CALL and the
 * command line's part of MESSAGE_CONFIGURATION are read within their bounds; what is verified of a batch is its
 * sensor's own and stays so when a part of it is cut off.
 *
 * Sources: center/part.c, center/requests.c, center/wishes.c, http/fields_codec.c.
 */
#include "center/center.h"
#include "center/part.h"
#include "center/request.h"
#include "fuzz.h"
#include "http/fields.h"

#include <stdlib.h>
#include <string.h>

#define NOW (1773479100 * SECOND)

static void check_part(struct text body)
{
	const struct message message = { .body = body };
	struct credential credential;
	struct failure failure = { 0 };
	struct part *part = part_decode(&message, &credential);
	if (!part)
		return;
	CHECK(memcmp(credential.digest, body.at + 1, 32) == 0 && part->size <= body.size);
	part_own(part, 3, 7);
	if (part_verify(part, NOW, &failure) == OK) {
		uint64_t middle =
		    part->batch.sequence_first + (part->batch.sequence_end - part->batch.sequence_first) / 2;
		struct part *rest = part_trim(part, middle);
		CHECK(rest && rest->batch.alerts <= part->batch.alerts);
		CHECK(part_verify(rest, NOW, &failure) == OK);
		free(rest);
	} else {
		CHECK(failure.words[0]);
	}
	parts_free(part);
}

static void check_call(struct text body)
{
	static struct keeper keeper;
	static const struct route *tables[ROUTE_TABLES];
	struct failure failure = { 0 };
	if (!keeper.router) {
		route_tables(tables);
		CHECK(router_new(tables, &keeper.router, &failure) == OK);
	}
	struct request *request = calloc(1, sizeof *request);
	CHECK(request);
	request->keeper = &keeper;
	if (request_decode(request, body, &failure))
		CHECK(fields_check(request->route, request->input, &failure) == OK);
	json_decref(request->input);
	free(request);
}

static void check_wishes(struct text body)
{
	static struct wishes wishes, back;
	struct reader from = reader_of(body.at, body.size);
	struct builder again = { 0 }, third = { 0 };
	if (!wishes_decode(&from, &wishes))
		return;
	wishes_encode(&wishes, &again);
	struct reader second = reader_of(again.at, again.size);
	CHECK(wishes_decode(&second, &back) && reader_done(&second));
	wishes_encode(&back, &third);
	CHECK(third.size == again.size && memcmp(third.at, again.at, again.size) == 0);
	builder_free(&again);
	builder_free(&third);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	struct text body = { (const char *)data + 1, size - 1 };
	switch (data[0] % 3) {
	case 0:
		check_part(body);
		break;
	case 1:
		check_call(body);
		break;
	default:
		check_wishes(body);
		break;
	}
	return 0;
}
