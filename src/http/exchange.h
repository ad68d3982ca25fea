/*
 * What the files of the server share: the server, its connections, and the exchange under way on each. Not for other
 * rooms.
 *
 *   server.c    life of the server, the library's callbacks
 *   door.c      the addresses that it listens at, with their TLS
 *   pump.c      the library's event loop inside ours
 *   admit.c     the checks of headers, one function each
 *   receive.c   headers and body of a request → checks → the owner
 *   header.c    single headers as text → values (pure functions)
 *   answer.c    an answer → bytes
 *   push.c      server-sent events
 *   limiter.c   requests for each client and token
 */
#ifndef NOROSHI_HTTP_EXCHANGE_H
#define NOROSHI_HTTP_EXCHANGE_H

#include "http/door.h"
#include "http/limiter.h"
#include "http/server.h"
#include "net/address.h"

#include <stdbool.h>

/* A refused body of at most this is read and thrown away, to keep the connection. */
#define DISCARD_LARGEST (1u << 20)
#define NAME_LARGEST 128

struct lws;
struct lws_context;
struct pump;

enum exchange_state {
	EXCHANGE_BODY,     /* its body comes in */
	EXCHANGE_DISCARD,  /* was answered, the rest of its body is thrown away first */
	EXCHANGE_ASKED,    /* the owner has it */
	EXCHANGE_ANSWERED, /* the answer is being written */
	EXCHANGE_OPEN,     /* an event stream */
};

struct event_client; /* push.c */

struct connection {
	struct server *server;
	const struct door *door;
	struct lws *wsi;
	struct connection *next, *previous;
	struct address group; /* what the client is counted as: its address, IPv6 at /64 */
	char client[46];
	nanoseconds since; /* monotonic: waiting for a request since; or of the last progress in writing */
	struct exchange *exchange;
};

struct exchange {
	struct server *server;
	struct connection *connection;
	enum exchange_state state;
	struct request request;
	void *context; /* the owner's */
	bool known;    /* the owner was told of it */
	bool paused;
	bool head;          /* HEAD: no body in the answer */
	bool wants_json;    /* errors as problem+json, else as a page */
	bool asks_japanese; /* in Accept-Language: for errors as JSON, which are English otherwise */
	bool taxii;         /* under /taxii2/: errors as TAXII says them */
	bool lists;         /* under /v1/lists/: devices show their token as a password, too */
	bool form_body;     /* the body is a form's, else JSON */
	bool close_after;   /* the connection cannot be used again */
	bool head_written;
	char path[512];             /* of the request, decoded; for pages */
	char form_key[72];          /* the cookie value that the form's token is made from */
	bool new_visitor;           /* form_key is new: set it as the visitor's cookie */
	uint64_t none_match;        /* If-None-Match; 0 = none */
	nanoseconds modified_since; /* If-Modified-Since, heeded without If-None-Match; 0 = none */
	char asset_match[20];
	nanoseconds began, deadline, paused_since; /* monotonic */
	unsigned ended;                            /* how often the library said that the body is complete */
	uint64_t received;                         /* bytes of the body so far */
	struct builder body;
	/* the answer */
	uint16_t status;
	char type[64], etag[40], location[600], allow[64], cookie[240], cookie2[240];
	const char *cache; /* Cache-Control */
	uint32_t retry_after;
	char added_first[36], added_last[36]; /* X-TAXII-Date-Added-… */
	char modified[32];                    /* Last-Modified */
	uint64_t held;                        /* bytes counted in server.waiting */
	char *out;                            /* LWS_PRE bytes of room, then the body; or NULL: `asset` */
	const struct asset *asset;
	size_t out_size, written;
	struct event_client *events;
};

struct server {
	struct server_settings settings;
	struct server_owner owner;
	struct router *router;
	const struct route *const *tables;
	struct templates *templates;
	const struct assets *assets;
	struct loop *loop;
	struct lws_context *context;
	struct pump *pump;
	struct limiter *limiter;
	struct connection *connections;
	uint32_t connection_count;
	struct exchange **exchanges; /* by the low 16 bits of their number */
	uint32_t exchange_count;
	uint64_t last_number;
	uint64_t waiting;
	struct watch *sweep;
	struct builder openapi;
	struct door doors[DOORS];
	char certificate[512], key[512], listen[64];
	bool tls;
	struct event_client *event_clients;
	uint32_t event_client_count, feed_count;
	struct watch *feed_timer; /* NULL: nothing waits to be written */
	bool stopping;
	nanoseconds stop_deadline;
	void (*stopped)(void *context);
	void *stopped_context;
	struct counters *counters;
	struct counter *count_connections, *count_refused_connections, *count_seconds, *count_bytes_in,
	    *count_bytes_out, *count_event_clients, *count_feeds, *count_gone;
};

/* receive.c: the headers of a request are in; a part of a body; its end. false = close the connection. */
bool receive_request(struct connection *connection, struct text path);
bool receive_body(struct exchange *exchange, struct text bytes);
void receive_end(struct exchange *exchange);

/* exchange.c */
struct exchange *exchange_new(struct connection *connection);
void exchange_free(struct exchange *exchange); /* tells the owner when it knew of it and has not answered */
bool exchange_hold(struct exchange *exchange, uint64_t bytes); /* counts memory; false when all clients hold too much */

/* answer.c. exchange_refuse(): an error found by the server itself. */
void exchange_refuse(struct exchange *exchange, uint16_t status, const char *words);
void exchange_answer_asset(struct exchange *exchange, const struct asset *asset);
void exchange_answer_body(struct exchange *exchange, uint16_t status, const char *type, struct text body);
bool answer_write(struct exchange *exchange); /* when the connection can be written; false = close it */
void form_token_make(const char *key, char token[65]);

/* settings.c */
void settings_complete(struct server_settings *settings);
enum error settings_check_tls(struct server *server, struct failure *failure);
enum error settings_check_pages(const struct server *server, struct failure *failure);
void settings_make_counters(struct server *server);

/* push.c */
bool push_write(struct exchange *exchange); /* false = close */
void push_forget(struct exchange *exchange);
void push_tick(struct server *server, nanoseconds now);

/* pump.c: runs the library's (libuv) loop inside ours. pump_wake(): something of the library changed outside its
 * callbacks. */
enum error pump_new(struct loop *loop, struct pump **pump, struct failure *failure);
void *pump_library_loop(struct pump *pump);
void pump_wake(struct pump *pump);
void pump_now(struct pump *pump);
void pump_free(struct pump *pump); /* after the library's context is gone */

#endif
