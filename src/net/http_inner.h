/*
 * What the files of the HTTP/1 dissector share (http.h).
 *
 *   http.c               lines and bodies of each side
 *   http_transaction.c   requests that wait for their responses
 */
#ifndef NOROSHI_NET_HTTP_INNER_H
#define NOROSHI_NET_HTTP_INNER_H

#include "net/http.h"
#include "net/http_part.h"

enum http_phase {
	PHASE_START,      /* the first line of a message */
	PHASE_HEAD,       /* header lines */
	PHASE_BODY,       /* `left` bytes */
	PHASE_CHUNK_SIZE, /* a line with the size of a chunk */
	PHASE_CHUNK,      /* `left` bytes of one */
	PHASE_CHUNK_END,  /* the line end behind it */
	PHASE_TRAILER,
	PHASE_TO_END,  /* a body that ends with the stream */
	PHASE_WAIT,    /* for the other side's answer to CONNECT */
	PHASE_LOST,    /* lines, until one begins a message */
	PHASE_NOTHING, /* no more of this side */
};

/* A message: what is kept of it. */
struct http_message {
	struct http_kept kept; /* the first and the header lines, as sent, and the body */
	size_t first;          /* bytes of the first line with its end */
	bool seen, ended;
};

struct http_transaction {
	struct http_transaction *next;
	uint64_t id;
	struct http_message parts[2]; /* by side: request, response */
	uint16_t status;
	bool no_body; /* the response to HEAD has none */
	bool connect;
};

/* A side's place in its stream. */
struct http_reading {
	enum http_phase phase;
	size_t scanned; /* bytes at the beginning that have no line end */
	uint64_t left;
	struct http_transaction *at; /* whose part is read */
	bool has_length, chunked;
	uint64_t length;
};

struct http_state {
	struct http_reading sides[2];
	struct http_transaction *first;
	unsigned waiting;
	uint64_t transactions;
	size_t kept; /* bytes of heads and bodies' beginnings */
	bool begun;
	bool become; /* another protocol follows */
};

/* Takes another one into the queue; NULL without memory. */
struct http_transaction *http_transaction_add(struct dissection *dissection, struct http_state *state);
/* Emits the oldest and forgets it. */
void http_transaction_emit(struct dissection *dissection, struct http_state *state);
void http_transactions_emit_over(struct dissection *dissection, struct http_state *state);
void http_message_free(struct http_state *state, struct http_message *part);

#endif
