/*
 * The dissector of HTTP/1 (http.h): lines and bodies of each side. The observer calls it.
 */
#include "net/http_inner.h"

#include "net/http_line.h"
#include "net/line.h"

#include <string.h>

/* Keeps a line of a head, within the flow's limit. */
static void keep_line(struct dissection *dissection, enum side side, struct http_message *part, struct text line)
{
	struct http_state *state = dissection->state;
	if (!http_kept_line(&part->kept, line, &state->kept))
		dissection_anomaly(dissection, side, "headers_too_long");
}

static struct http_message *part_read(struct http_state *state, enum side side)
{
	struct http_transaction *at = state->sides[side].at;
	return at ? &at->parts[side] : NULL;
}

static void body_bytes(struct http_state *state, enum side side, const uint8_t *bytes, size_t size)
{
	struct http_message *part = part_read(state, side);
	if (part)
		http_kept_body(&part->kept, bytes, size, &state->kept);
}

/* The message of this side is over; `complete`: its end was seen. */
static void end_message(struct dissection *dissection, enum side side, bool complete)
{
	struct http_state *state = dissection->state;
	struct http_reading *reading = &state->sides[side];
	struct http_message *part = part_read(state, side);
	reading->phase = complete ? PHASE_START : PHASE_LOST;
	reading->at = NULL;
	reading->scanned = 0;
	if (!part)
		return;
	part->ended = true;
	http_kept_end(&part->kept, complete);
	http_transactions_emit_over(dissection, state);
}

/* The other protocol that a response announces: 101, or 2xx to CONNECT. */
static bool becomes_another(struct dissection *dissection, const struct http_transaction *transaction)
{
	if (transaction->status != 101 && !(transaction->connect && transaction->status / 100 == 2))
		return false;
	dissection_become(dissection, NULL);
	return true;
}

static bool has_no_body(const struct http_transaction *transaction)
{
	return transaction->no_body || transaction->status == 204 || transaction->status == 304;
}

/* An interim response (RFC 9110, 15.2): the one that counts is still to come. */
static void forget_response(struct http_state *state, struct http_transaction *transaction)
{
	http_message_free(state, &transaction->parts[SIDE_SERVER]);
	state->sides[SIDE_SERVER].phase = PHASE_START;
	state->sides[SIDE_SERVER].at = NULL;
}

/* How the body is framed (RFC 9112, 6.3). */
static void end_response_head(struct dissection *dissection, struct http_reading *reading)
{
	struct http_state *state = dissection->state;
	struct http_transaction *transaction = reading->at;
	bool was_connect = transaction && transaction->connect;
	if (transaction && becomes_another(dissection, transaction)) {
		state->become = true;
		end_message(dissection, SIDE_SERVER, true);
		return;
	}
	if (was_connect && state->sides[SIDE_CLIENT].phase == PHASE_WAIT)
		state->sides[SIDE_CLIENT].phase = PHASE_START;
	if (transaction && transaction->status / 100 == 1)
		forget_response(state, transaction);
	else if (transaction && has_no_body(transaction))
		end_message(dissection, SIDE_SERVER, true);
	else if (reading->chunked)
		reading->phase = PHASE_CHUNK_SIZE;
	else if (!reading->has_length)
		reading->phase = PHASE_TO_END;
	else if ((reading->left = reading->length))
		reading->phase = PHASE_BODY;
	else
		end_message(dissection, SIDE_SERVER, true);
}

static void end_request_head(struct dissection *dissection, struct http_reading *reading)
{
	if (reading->chunked) {
		reading->phase = PHASE_CHUNK_SIZE;
	} else if (reading->has_length && (reading->left = reading->length)) {
		reading->phase = PHASE_BODY;
	} else {
		bool connect = reading->at && reading->at->connect;
		end_message(dissection, SIDE_CLIENT, true);
		if (connect)
			reading->phase = PHASE_WAIT;
	}
}

/* What a header line says of the framing. */
static void note_header(struct dissection *dissection, enum side side, struct http_reading *reading, struct text line)
{
	struct text length = http_header(line, "content-length"), encoding = http_header(line, "transfer-encoding");
	uint64_t number;
	if (encoding.size) {
		reading->chunked = text_find_nocase(encoding, TEXT("chunked")) >= 0;
		if (!reading->chunked && !text_equal_nocase(encoding, TEXT("identity")))
			dissection_anomaly(dissection, side, "invalid_transfer_encoding_value");
	}
	if (!length.size)
		return;
	if (!text_to_u64(length, &number) || (reading->has_length && reading->length != number)) {
		dissection_anomaly(dissection, side, "invalid_content_length_field");
		return;
	}
	reading->has_length = true;
	reading->length = number;
}

static void head_line(struct dissection *dissection, enum side side, struct text line, struct text whole)
{
	struct http_state *state = dissection->state;
	struct http_reading *reading = &state->sides[side];
	struct http_message *part = part_read(state, side);
	if (line.size) {
		note_header(dissection, side, reading, line);
		if (part)
			keep_line(dissection, side, part, whole);
	} else if (side == SIDE_CLIENT) {
		end_request_head(dissection, reading);
	} else {
		end_response_head(dissection, reading);
	}
}

static void begin_request(struct dissection *dissection, struct text whole, const struct request_line *line)
{
	struct http_state *state = dissection->state;
	struct http_reading *reading = &state->sides[SIDE_CLIENT];
	struct http_transaction *transaction = http_transaction_add(dissection, state);
	*reading = (struct http_reading){ .phase = PHASE_HEAD, .at = transaction };
	if (!transaction)
		return;
	struct http_message *part = &transaction->parts[SIDE_CLIENT];
	part->seen = true;
	part->first = whole.size;
	transaction->no_body = text_equal(line->method, TEXT("HEAD"));
	transaction->connect = text_equal(line->method, TEXT("CONNECT"));
	keep_line(dissection, SIDE_CLIENT, part, whole);
	if (!line->protocol.size)
		dissection_anomaly(dissection, SIDE_CLIENT, "request_line_no_protocol");
}

static void begin_response(struct dissection *dissection, struct text whole, const struct status_line *line)
{
	struct http_state *state = dissection->state;
	struct http_reading *reading = &state->sides[SIDE_SERVER];
	struct http_transaction *transaction = state->first;
	while (transaction && transaction->parts[SIDE_SERVER].seen)
		transaction = transaction->next;
	if (!transaction)
		transaction = http_transaction_add(dissection, state);
	*reading = (struct http_reading){ .phase = PHASE_HEAD, .at = transaction };
	if (!transaction)
		return;
	struct http_message *part = &transaction->parts[SIDE_SERVER];
	part->seen = true;
	part->first = whole.size;
	transaction->status = line->number;
	keep_line(dissection, SIDE_SERVER, part, whole);
}

/* The first line of a message, or, where nothing is known of what came before, one that looks like it. */
static void start_line(struct dissection *dissection, enum side side, struct text line, struct text whole)
{
	struct http_state *state = dissection->state;
	struct http_reading *reading = &state->sides[side];
	struct request_line request;
	struct status_line status;
	bool lost = reading->phase == PHASE_LOST;
	if (!line.size) /* empty lines before a message are skipped (RFC 9112, 2.2) */
		return;
	if (side == SIDE_SERVER && status_line_read(line, &status)) {
		begin_response(dissection, whole, &status);
	} else if (side == SIDE_CLIENT && request_line_read(line, &request) && (!lost || request.protocol.size)) {
		begin_request(dissection, whole, &request);
	} else if (!lost) {
		dissection_anomaly(
		    dissection, side, side == SIDE_CLIENT ? "request_line_invalid" : "response_line_invalid");
		reading->phase = PHASE_LOST;
	}
}

static void chunk_size(struct dissection *dissection, enum side side, struct text line)
{
	struct http_reading *reading = &((struct http_state *)dissection->state)->sides[side];
	struct text digits = text_trim(text_cut(&line, ';'));
	uint64_t size = 0;
	bool valid = digits.size > 0 && digits.size <= 15;
	for (size_t i = 0; valid && i < digits.size; i++) {
		char c = digits.at[i];
		int value = c >= '0' && c <= '9'   ? c - '0'
			    : c >= 'a' && c <= 'f' ? c - 'a' + 10
			    : c >= 'A' && c <= 'F' ? c - 'A' + 10
						   : -1;
		valid = value >= 0;
		size = size << 4 | (uint64_t)value;
	}
	if (!valid) {
		dissection_anomaly(
		    dissection, side, side == SIDE_CLIENT ? "invalid_request_chunk_len" : "invalid_response_chunk_len");
		end_message(dissection, side, false);
		return;
	}
	reading->left = size;
	reading->phase = size ? PHASE_CHUNK : PHASE_TRAILER;
}

static void take_line(struct dissection *dissection, enum side side, struct text line, struct text whole)
{
	struct http_reading *reading = &((struct http_state *)dissection->state)->sides[side];
	switch (reading->phase) {
	case PHASE_HEAD:
		head_line(dissection, side, line, whole);
		break;
	case PHASE_CHUNK_SIZE:
		chunk_size(dissection, side, line);
		break;
	case PHASE_CHUNK_END:
		reading->phase = PHASE_CHUNK_SIZE;
		break;
	case PHASE_TRAILER:
		if (!line.size)
			end_message(dissection, side, true);
		break;
	default:
		start_line(dissection, side, line, whole);
		break;
	}
}

/* One step; returns how many bytes it took, 0 when it needs more. */
static size_t take_some_line(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	struct http_reading *reading = &((struct http_state *)dissection->state)->sides[side];
	size_t taken;
	struct text line = line_read(bytes, size, reading->scanned, &taken);
	if (taken > HTTP_LINE_LARGEST || (!taken && size > HTTP_LINE_LARGEST)) {
		dissection_anomaly(dissection, side, "line_too_long");
		end_message(dissection, side, false);
		reading->phase = PHASE_NOTHING;
		return size;
	}
	reading->scanned = taken ? 0 : size;
	if (taken)
		take_line(dissection, side, line, (struct text){ (const char *)bytes, taken });
	return taken;
}

static size_t take_some(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	struct http_state *state = dissection->state;
	struct http_reading *reading = &state->sides[side];
	switch (reading->phase) {
	case PHASE_WAIT:
		return 0;
	case PHASE_NOTHING:
		return size;
	case PHASE_TO_END:
		body_bytes(state, side, bytes, size);
		return size;
	case PHASE_BODY:
	case PHASE_CHUNK: {
		size_t some = reading->left < size ? (size_t)reading->left : size;
		body_bytes(state, side, bytes, some);
		reading->left -= some;
		if (!reading->left && reading->phase == PHASE_CHUNK)
			reading->phase = PHASE_CHUNK_END;
		else if (!reading->left)
			end_message(dissection, side, true);
		return some;
	}
	default:
		return take_some_line(dissection, side, bytes, size);
	}
}

/* Who sends responses is the server, whoever sent first. False: that cannot be told yet. */
static bool take_sides(struct dissection *dissection, enum side *side, const uint8_t *bytes, size_t size)
{
	struct http_state *state = dissection->state;
	struct text text = { (const char *)bytes, size };
	if (state->begun)
		return true;
	while (text.size && strchr("\r\n \t", text.at[0]))
		text.at++, text.size--;
	if (text.size < 5 && (!text.size || !memchr(text.at, '\n', text.size)))
		return false;
	state->begun = true;
	if (text_starts(text, TEXT("HTTP/")) != (*side == SIDE_SERVER)) {
		dissection_swap(dissection);
		*side = OTHER_SIDE(*side);
	}
	return true;
}

static uint64_t take(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	struct http_state *state = dissection->state;
	size_t done = 0;
	if (!take_sides(dissection, &side, bytes, size))
		return 0;
	while (done < size && !state->become) {
		size_t some = take_some(dissection, side, bytes + done, size - done);
		if (!some)
			break;
		done += some;
	}
	return done;
}

static bool gap(struct dissection *dissection, enum side side, uint64_t missing)
{
	struct http_state *state = dissection->state;
	struct http_reading *reading = &state->sides[side];
	struct http_message *part = part_read(state, side);
	bool body = reading->phase == PHASE_BODY || reading->phase == PHASE_CHUNK;
	reading->scanned = 0;
	if (part && (body || reading->phase == PHASE_TO_END))
		part->kept.body.gaps = true;
	if (reading->phase == PHASE_TO_END || reading->phase == PHASE_NOTHING)
		return true;
	if (!body || missing > reading->left) {
		end_message(dissection, side, false);
		return true;
	}
	reading->left -= missing;
	if (!reading->left && reading->phase == PHASE_CHUNK)
		reading->phase = PHASE_CHUNK_END;
	else if (!reading->left)
		end_message(dissection, side, true);
	return true;
}

static void finished(struct dissection *dissection, enum side side)
{
	struct http_state *state = dissection->state;
	if (state->sides[side].phase == PHASE_TO_END)
		end_message(dissection, side, true);
}

static void stop(struct dissection *dissection)
{
	struct http_state *state = dissection->state;
	while (state->first)
		http_transaction_emit(dissection, state);
}

const struct dissector dissector_http = {
	.name = "http",
	.protocol = PROTOCOL_HTTP,
	.transports = TRANSPORT_TCP,
	.state_size = sizeof(struct http_state),
	.most_kept = HTTP_LINE_LARGEST + 1,
	.recognise = http_recognise,
	.data = take,
	.gap = gap,
	.finished = finished,
	.stop = stop,
	.fields = http_fields,
};
