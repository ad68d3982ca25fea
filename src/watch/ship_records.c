/*
 * Alerts about files of records (record_feed.h), in requests of their own. See ship_inner.h.
 */
#include "watch/ship_inner.h"

#include <inttypes.h>
#include <string.h>

/* The first lines of `rest`, as many as one request takes. A line is shorter than that. */
static struct text cut_piece(struct text *rest)
{
	struct text piece = { rest->at, 0 };
	for (unsigned lines = 0; lines < BATCH_LINES && piece.size < rest->size; lines++) {
		struct text left = { rest->at + piece.size, rest->size - piece.size };
		size_t line = text_cut(&left, '\n').size + 1;
		if (piece.size + line > BATCH_BYTES)
			break;
		piece.size += line;
	}
	rest->at += piece.size;
	rest->size -= piece.size;
	return piece;
}

/* The alerts have no place in the file: they are named by that of the batch, so that the centre knows them again. */
static enum delivery ship_piece(struct shipper *shipper, const struct follow *follow, const struct batch *batch,
    unsigned number, struct text piece, struct delivery_answer *answer)
{
	struct client_answer got = { 0 };
	struct builder url = { 0 };
	struct failure failure;

	memcpy(shipper->plain, piece.at, piece.size);
	const struct gate_lines lines = { .format = "eve", .bytes = (char *)shipper->plain, .size = piece.size };
	enum error error = gate_pass(&shipper->gate, &lines, &answer->withheld, &failure);
	shipper_build_server(shipper, &url);
	build_format(&url, "/v1/alerts?format=eve&batch=records-%016" PRIx64 "%016" PRIx64 "-%" PRIu64 "-%u",
	    follow->epoch.high, follow->epoch.low, batch->begin, number);
	if (!error)
		error = shipper_post(shipper, &url, piece.size, &got, &failure);
	builder_free(&url);
	if (error)
		text_copy(text_of(failure.words), answer->words, sizeof answer->words);
	return shipper_settle(shipper, error, &got, answer);
}

enum delivery shipper_send_records(
    struct shipper *shipper, const struct follow *follow, const struct batch *batch, struct delivery_answer *answer)
{
	struct record_batch found;
	struct failure failure;
	struct delivery_answer sum = { 0 };
	enum delivery meaning = DELIVERED;

	if (record_feed_take(shipper->records, follow, batch, &found, &failure) != OK) {
		text_copy(text_of(failure.words), answer->words, sizeof answer->words);
		return LATER;
	}
	struct text rest = found.alerts;
	for (unsigned number = 0; rest.size > 0 && meaning == DELIVERED; number++) {
		struct text piece = cut_piece(&rest);
		*answer = (struct delivery_answer){ 0 };
		if (piece.size == 0)
			break; /* cannot be: the longest record is shorter */
		meaning = ship_piece(shipper, follow, batch, number, piece, answer);
		sum.alerts += answer->alerts;
		sum.withheld += answer->withheld;
		sum.repeated |= answer->repeated;
	}
	if (meaning != DELIVERED)
		return meaning;
	*answer = sum;
	answer->malformed = found.malformed;
	answer->place = found.place;
	text_copy(text_of(found.words), answer->words, sizeof answer->words);
	return DELIVERED;
}
