/*
 * What the files of ship.h share: ship.c speaks to the centre, ship_policy.c asks it for the capture policy,
 * ship_records.c sends alerts about records.
 */
#ifndef NOROSHI_WATCH_SHIP_INNER_H
#define NOROSHI_WATCH_SHIP_INNER_H

#include "http/client.h"
#include "watch/ship.h"

#include <zstd.h>

#define TOKEN_LARGEST 4096

struct shipper {
	const struct ship_settings *settings;
	struct client *client;
	struct json_parser *parser;
	ZSTD_CCtx *compressor;
	struct gate gate;
	struct record_feed *records;
	uint8_t *plain; /* preamble and content */
	uint8_t *packed;
	size_t packed_room;
	char token[TOKEN_LARGEST];
	uint64_t lost;
	nanoseconds heard;
};

const char *shipper_token(const struct shipper *shipper);                     /* NULL: a certificate is shown */
void shipper_build_server(const struct shipper *shipper, struct builder *to); /* without a slash at the end */
/* Sends `size` bytes of `plain`. */
enum error shipper_post(struct shipper *shipper, const struct builder *url, size_t size, struct client_answer *got,
    struct failure *failure);
/* What came of a request; fills the answer. */
enum delivery shipper_settle(
    struct shipper *shipper, enum error error, const struct client_answer *got, struct delivery_answer *answer);
/* The words of an RFC 9457 answer, or its beginning. */
void shipper_answer_words(struct shipper *shipper, const struct client_answer *got, struct delivery_answer *answer);

/* Has the organisation's capture policy in force; DELIVERED: it is. */
enum delivery shipper_ask_policy(struct shipper *shipper, struct delivery_answer *answer);
/* The alerts about a batch of records, in as many requests as they need. */
enum delivery shipper_send_records(
    struct shipper *shipper, const struct follow *follow, const struct batch *batch, struct delivery_answer *answer);

#endif
