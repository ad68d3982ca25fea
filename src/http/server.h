/*
 * The HTTP server of the front process, over libwebsockets: the only room that names that library.
 *
 *   bytes from strangers → server: TLS, framing, limits, route, fields by type, tokens, form check → struct exchange
 *   → owner (center/front): asks the keeper → server_answer(): JSON, problem+json, page or redirect
 *
 * Everything that can be checked without the store is checked here before the owner hears of a request: host, method,
 * path, the fields against the route's table, body size and type, rate, cross-site origin, the form's token, If-Match,
 * Idempotency-Key. HTTP/1.1 (RFC 9110, 9112); request bodies need Content-Length (chunked ones get 411). Beyond
 * loopback TLS 1.3 only. One thread: the loop's.
 *
 * An exchange is one request and its answer. It is named by a number that is never used twice, so that whoever answers
 * later (an answer of the keeper carries it as correlation) finds out with server_exchange() that the client has gone
 * meanwhile.
 *
 * Cookies: the session is `__Host-noroshi` (Secure) with TLS, `noroshi` on plain loopback; HttpOnly, SameSite=Lax. A
 * form carries the field `form_token` = hex of HMAC-SHA-256(key: the session cookie's value, or a visitor cookie's
 * before signing in; "form"): the server puts it into every page's data and checks it, with Origin, before anybody sees
 * the request. `lang` = ja or en is set by the server's own POST /language (fields language, back).
 *
 * A page's template sees the answer's output and, put there by the server: form_token, language, language_ja,
 * language_en (true for the one in use), path (of the request), page (the template's name), signed_in (a session cookie
 * was sent). The template `error` sees status, title, detail and the same.
 */
#ifndef NOROSHI_HTTP_SERVER_H
#define NOROSHI_HTTP_SERVER_H

#include "base/counter.h"
#include "base/error.h"
#include "base/loop.h"
#include "base/text.h"
#include "base/time.h"
#include "http/header.h"
#include "http/route.h"
#include "http/template.h"

#include <jansson.h>
#include <stdint.h>

struct server;
struct exchange;

struct server_settings {
	const char *listen; /* "127.0.0.1:8443", "[::1]:0" (0 = any free port), "0.0.0.0:8443" */
	/* PEM files; NULL = no TLS, which is refused when `listen` is not a loopback address. */
	const char *certificate, *key;
	bool tls_1_2; /* is taken too, but at the machines' door: RFC 9325's ciphers of it alone; else 1.3 */
	/* The machines' door: another address, at which clients show a certificate (server_authorities()). Only routes
	 * that are open to machines are there; tokens, cookies, pages and files are not. NULL = none. Needs TLS. */
	const char *machines;
	const char *const *hosts;  /* names (and name:port) that clients may call us by in Host; NULL ends. NULL = only
				    * the  address listened on, and localhost on loopback */
	uint32_t connections;      /* at once, in all; 0 = 1024 */
	uint32_t connections_each; /* at once, of one client address (IPv6: /64); 0 = a quarter of `connections` */
	uint32_t streams;          /* open event streams at once; 0 = 256 */
	nanoseconds patience;      /* for one whole request to come in, and for silence between two; 0 = 30 s */
	nanoseconds answer_within; /* the owner must answer by then, else the client gets 503; 0 = 60 s */
	uint32_t address_per_minute; /* requests of one address, whatever it shows as a token; 0 = 6000 */
	uint64_t batch;              /* bytes of one ROUTE_STREAM body as sent; 0 = 16 MiB */
	uint64_t envelope;           /* the same of an endpoint of TAXII; 0 = 16 MiB */
	uint64_t waiting;            /* bytes of bodies and answers held for all clients together; 0 = 256 MiB */
	const char *web;      /* folder with pages/, partials/ and the files served under /web/; NULL = no pages */
	struct text language; /* "ja" or "en" when the client asks for neither; empty = "ja" for pages */
	const char *title;    /* of the API document; NULL = "Noroshi" */
};

/* What of a request is handed on. Valid until the exchange is answered. */
struct request {
	uint64_t number; /* of the exchange: the correlation */
	const struct route *route;
	json_t *input;            /* object of typed fields (http/fields.h); the exchange's own: do not keep */
	struct text language;     /* "ja" or "en" */
	char client[46];          /* address */
	uint64_t version;         /* If-Match; 0 = none */
	char idempotency_key[65]; /* "" = none */
	uint32_t protocol;        /* of an agent (http/protocol.h); 1 without the header */
	struct agent_word agent;  /* what it says of itself */
	bool has_token, has_session;
	bool has_basic; /* RFC 7617, at endpoints of TAXII alone; the password is wiped with the exchange */
	char basic_name[64], basic_password[256];
	uint8_t token[32];       /* SHA-256 of the bearer token; zero without one */
	uint8_t session[32];     /* SHA-256 of the session cookie's value; zero without one */
	uint8_t form[32];        /* SHA-256 of a form's token, which was checked; zero without one */
	bool has_certificate;    /* the client showed one that the authorities signed; at the machines' door alone */
	uint8_t certificate[32]; /* SHA-256 of it (DER) */
	uint64_t body;           /* Content-Length */
};

struct answer {
	uint16_t status;      /* 0 = 200 (303 for ROUTE_FORM) */
	json_t *output;       /* object; not taken over. Pages: what the template sees. May be NULL */
	const char *problem;  /* words for the caller when status ≥ 400 ("detail" of RFC 9457); may be NULL */
	const char *location; /* for 201 and ROUTE_FORM: a path of ours, "/events/…"; NULL or "" = none */
	uint64_t version;     /* ETag; 0 = none. A GET with a matching If-None-Match gets 304 */
	uint32_t retry_after; /* seconds, with 429 and 503; 0 = none */
	const char *cookie;   /* new value of the session cookie; "" = remove it; NULL = leave it */
	uint32_t cookie_age;  /* seconds that the browser keeps it; 0 = until it is closed */
	/* Instead of JSON or a page: these bytes as this type ("text/plain; charset=utf-8", OpenMetrics, CSV). Copied.
	 */
	const char *type;
	struct text body;
	/* At endpoints of TAXII: as in struct call. NULL or "" = not there. */
	const char *list, *added_first, *added_last;
	nanoseconds modified; /* Last-Modified; 0 = none. A GET with If-Modified-Since that is not older gets 304 */
};

/* The owner's side. Called from the loop, one at a time. */
struct server_owner {
	void *context;
	/* A request that passed every check. The owner answers now or later, once. ROUTE_EVENTS: server_answer()
	 * refuses, server_stream_open() accepts. */
	void (*requested)(void *context, struct exchange *exchange);
	/* ROUTE_STREAM: the headers are in, the body is not read yet. The owner may answer at once (401, 429): the body
	 * is then thrown away. Else bytes come by stream_data until stream_end, after which the owner answers.
	 * server_pause() holds the body back while the owner asks somebody. */
	void (*stream_begin)(void *context, struct exchange *exchange);
	void (*stream_data)(void *context, struct exchange *exchange, struct text bytes);
	void (*stream_end)(void *context, struct exchange *exchange);
	/* The client went away before it was answered (or took too long). The exchange is gone when this returns. May
	 * be NULL. */
	void (*gone)(void *context, struct exchange *exchange);
};

/* `tables`: route tables, each ended by a NULL name; the array by NULL. They must outlive the server. Two routes with
 * the same method and shape of path, or the same name, are refused. `templates` may be NULL when no route is a page.
 * The address is bound when this returns. */
enum error server_new(const struct server_settings *settings, const struct route *const *tables,
    struct templates *templates, const struct server_owner *owner, struct counters *counters, struct loop *loop,
    struct server **server, struct failure *failure);
void server_free(struct server *server);

/* Where it listens: "https://127.0.0.1:8443" (the port that was given for 0). */
const char *server_address(const struct server *server);

/* Another certificate and key (PEM) for connections from now on; on an error the old ones stay in use. */
enum error server_renew(struct server *server, struct text certificate, struct text key, struct failure *failure);

/* Whose certificates are taken at the machines' door, from now on: PEM, one behind the other. Before the first call
 * nobody is let in there. When a certificate begins and ends is the owner's to check. */
enum error server_authorities(struct server *server, struct text authorities, struct failure *failure);
const char *server_machines_address(const struct server *server); /* "" without that door */

/* No new connections; what is under way is finished; then `stopped` is called (from the loop), at the latest after
 * `within`. */
void server_stop(struct server *server, nanoseconds within, void (*stopped)(void *context), void *context);

/* The exchange with this number, or NULL when its client is gone or it was answered. */
struct exchange *server_exchange(struct server *server, uint64_t number);
const struct request *exchange_request(const struct exchange *exchange);
void exchange_set_context(struct exchange *exchange, void *context); /* the owner's own, for streams */
void *exchange_context(const struct exchange *exchange);

/* Answers and ends the exchange; the pointer is not valid after it. */
void server_answer(struct exchange *exchange, const struct answer *answer);
/* The same for a failure: its code gives the status (http/problem.h), its words the detail. */
void server_answer_failure(struct exchange *exchange, const struct failure *failure);
/* Stops and goes on reading a stream's body. */
void server_pause(struct exchange *exchange, bool paused);

/* Server-sent events (HTML Living Standard 9.2) for ROUTE_EVENTS: accepts the exchange as an open stream of what
 * changes in these organisations (all of them with `all`). It ends after ten minutes; browsers reconnect and are asked
 * anew. ERROR_LIMIT when there are too many; the client was answered 503 then. The exchange is gone either way. */
enum error server_stream_open(
    struct exchange *exchange, bool all, const uint32_t *organisations, size_t count, struct failure *failure);
/* Tells every open stream that covers `organisation`: event: changed, data: {"noun":…,"id":…}. A client that does not
 * read gets "event: missed" once it does, instead of what was dropped. */
void server_push(struct server *server, uint32_t organisation, const char *noun, const char *id);

/* A feed, for ROUTE_EVENTS too: lines (application/x-ndjson) of what is shared in these communities; `lines` come
 * first. It ends after ten to fifteen minutes, and when the client has not read 1 MiB: it comes again and says where it
 * stopped. An empty line now and then says that it is alive. */
enum error server_feed_open(
    struct exchange *exchange, const uint32_t *communities, size_t count, struct text lines, struct failure *failure);
/* Whole lines, for all feeds of this community; what comes within 50 ms is written together. */
void server_feed(struct server *server, uint32_t community, struct text lines);
void server_feeds_close(struct server *server); /* who may follow what has changed: all come again */

#endif
