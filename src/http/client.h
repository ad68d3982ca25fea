/*
 * An HTTP client for the programs of this house (the agent, tools, the courier), over libcurl. One request at a time,
 * waiting.
 *
 * No redirects unless asked for, no proxy from the environment, no other scheme than http and https, an answer of
 * bounded size. Rule 12: addresses are resolved first, and private, loopback and link-local ones are refused unless
 * `allow_private`; the check is on the address that is connected to, so a name that changes between look-up and
 * connection gains nothing.
 */
#ifndef NOROSHI_HTTP_CLIENT_H
#define NOROSHI_HTTP_CLIENT_H

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "net/address.h"

#include <stdint.h>

struct client; /* keeps its connection for the next request; one thread at a time */

struct client_settings {
	const char *authorities;       /* PEM file that https servers are checked against; NULL = the system's */
	const char *certificate, *key; /* PEM files to show, may be one; NULL = none */
	/* "sha256//" and the Base64 of the SHA-256 of the public key that https servers must have; several with ";"
	 * between them. With a pin and without `authorities` the pin alone is what is checked, not who signed. NULL =
	 * none */
	const char *pin;
	nanoseconds connect_within; /* 0 = 10 s */
	nanoseconds answer_within;  /* for a whole request; 0 = 60 s */
	uint64_t largest;           /* bytes of an answer; 0 = 16 MiB */
	bool allow_private;         /* the caller knows whom it calls: its own centre */
	bool allow_plain;           /* http:// beyond loopback (loopback may always, with allow_private) */
	unsigned redirects;         /* follow at most so many; every one is checked as the first */
	/* A further check of the resolved address, such as members' networks; returns false to refuse. May be NULL. */
	bool (*allowed)(void *context, struct address address);
	void *context;
};

struct client_request {
	const char *method; /* NULL = GET */
	const char *url;
	const char *const *headers;  /* "Name: value"; NULL ends; may be NULL. Values with line breaks are refused */
	const char *token;           /* bearer; NULL = none */
	struct text body;            /* sent as `type` */
	const char *type, *encoding; /* Content-Type; Content-Encoding; NULL = none */
	const char *note;            /* a header of the answer that the caller wants to see; NULL = none */
	bool compressed;             /* it may come compressed; `largest` counts what comes out of it */
	bool fresh;                  /* over a connection of its own, and with a look-up of its own */
	/* An answer without end: its bytes (of status 200) are taken as they come, and are not kept; false ends it.
	 * Called without bytes about every second. It may last; nothing for `idle_within` ends it with ERROR_AGAIN. May
	 * be NULL.
	 */
	bool (*take)(void *context, struct text bytes);
	void *context;
	nanoseconds idle_within;
};

/* Since the request began, each until it was done; 0 = it was not, or was not needed. */
struct client_times {
	nanoseconds resolved, connected, secured, answered; /* name, TCP, TLS, first byte of the answer */
	nanoseconds total;
};

struct client_answer {
	uint16_t status;
	struct text body; /* valid until the next request or client_free() */
	char type[96];    /* Content-Type */
	char etag[96];
	char noted[96];       /* what the header said that the request wants to see; "" = it was not there */
	uint32_t retry_after; /* seconds, also when a date was given; 0 = none */
	char location[512];
	struct client_times times; /* also of a request that failed */
};

enum error client_new(const struct client_settings *settings, struct client **client, struct failure *failure);
void client_free(struct client *client);

/* OK whenever there was an HTTP answer, whatever its status. ERROR_SYSTEM: no connection, TLS; ERROR_AGAIN: not whole
 * in time; ERROR_DENIED: the address is not allowed; ERROR_LIMIT: the answer is too large; ERROR_INPUT: the URL or a
 * header is malformed. Retrying is the caller's. */
enum error client_request(
    struct client *client, const struct client_request *request, struct client_answer *answer, struct failure *failure);

#endif
