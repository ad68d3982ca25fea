/*
 * Exchanges of HTTP/1: a queue, the oldest first; a response belongs to the oldest that has none (http_inner.h).
 */
#include "net/http_inner.h"

#include "net/http_line.h"
#include "net/line.h"

#include <stdlib.h>
#include <string.h>

void http_message_free(struct http_state *state, struct http_message *part)
{
	http_kept_free(&part->kept, &state->kept);
	*part = (struct http_message){ 0 };
}

static struct http_part part_of(const struct http_message *part)
{
	const struct builder *lines = &part->kept.lines;
	size_t first = part->first < lines->size ? part->first : lines->size;
	struct http_part shown = { .seen = part->seen, .body = part->kept.body };
	if (lines->size)
		shown.head = (struct text){ lines->at + first, lines->size - first };
	return shown;
}

static struct text first_line(const struct http_message *part)
{
	size_t taken;
	if (!part->kept.lines.size)
		return TEXT_NONE;
	return line_read((const uint8_t *)part->kept.lines.at, part->kept.lines.size, 0, &taken);
}

/* The authority of an absolute URI (RFC 3986, 3.2), without who it is for. */
static struct text authority_of(struct text uri)
{
	ptrdiff_t at = text_find(uri, TEXT("://"));
	struct text whole = uri;
	if (at <= 0 || memchr(uri.at, '/', (size_t)at) || memchr(uri.at, '?', (size_t)at))
		return TEXT_NONE;
	struct text rest = { whole.at + at + 3, whole.size - (size_t)at - 3 };
	size_t size = 0;
	while (size < rest.size && !strchr("/?#", rest.at[size]))
		size++;
	struct text authority = { rest.at, size };
	while (authority.size && memchr(authority.at, '@', authority.size))
		text_cut(&authority, '@');
	return authority;
}

static struct http_exchange exchange_of(const struct http_transaction *transaction)
{
	const struct http_message *request = &transaction->parts[SIDE_CLIENT],
				  *response = &transaction->parts[SIDE_SERVER];
	struct http_exchange exchange = {
		.tx_id = transaction->id, .version = 1, .request = part_of(request), .response = part_of(response)
	};
	struct request_line asked;
	struct status_line answered;
	if (request->seen && request_line_read(first_line(request), &asked)) {
		exchange.method = asked.method;
		exchange.uri = asked.uri;
		exchange.request.protocol = asked.protocol;
		exchange.host = authority_of(asked.uri);
		if (!exchange.host.size)
			exchange.host = http_header(exchange.request.head, "host");
		if (!exchange.host.size && transaction->connect)
			exchange.host = asked.uri;
	}
	if (response->seen && status_line_read(first_line(response), &answered)) {
		exchange.response.protocol = answered.protocol;
		exchange.status = answered.number;
		exchange.status_text = answered.status;
	}
	return exchange;
}

/* Emits the oldest transaction and forgets it. */
void http_transaction_emit(struct dissection *dissection, struct http_state *state)
{
	struct http_transaction *transaction = state->first;
	enum side side = transaction->parts[SIDE_SERVER].seen ? SIDE_SERVER : SIDE_CLIENT;
	struct http_exchange exchange = exchange_of(transaction);
	dissection_emit(dissection, side, &exchange);
	state->first = transaction->next;
	state->waiting--;
	for (unsigned i = 0; i < 2; i++) {
		if (state->sides[i].at == transaction) {
			state->sides[i].at = NULL;
			if (state->sides[i].phase == PHASE_HEAD || state->sides[i].phase == PHASE_TRAILER)
				state->sides[i].phase = PHASE_LOST;
		}
		http_message_free(state, &transaction->parts[i]);
	}
	free(transaction);
}

static bool is_over(const struct http_transaction *transaction)
{
	const struct http_message *parts = transaction->parts;
	return parts[SIDE_SERVER].ended && (parts[SIDE_CLIENT].ended || !parts[SIDE_CLIENT].seen);
}

void http_transactions_emit_over(struct dissection *dissection, struct http_state *state)
{
	while (state->first && is_over(state->first))
		http_transaction_emit(dissection, state);
}

struct http_transaction *http_transaction_add(struct dissection *dissection, struct http_state *state)
{
	if (state->waiting >= HTTP_WAITING) {
		dissection_anomaly(dissection, SIDE_CLIENT, "too_many_requests_waiting");
		http_transaction_emit(dissection, state);
	}
	struct http_transaction *transaction = calloc(1, sizeof *transaction), **last = &state->first;
	if (!transaction)
		return NULL;
	transaction->id = state->transactions++;
	while (*last)
		last = &(*last)->next;
	*last = transaction;
	state->waiting++;
	return transaction;
}
