/*
 * TCP and TLS connections of the receiver. Each holds at most one message in memory, reads a bounded part in its turn,
 * and waits when its sender is beyond its rate: then the sender's own queue fills, and nothing is lost.
 */
#include "watch/receive_inner.h"

#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE 16384             /* bytes read at once: a TLS record */
#define PIECES 8                /* of one connection before others have their turn */
#define HANDSHAKE (10 * SECOND) /* has to be over by then */
#define KEEPALIVE 60            /* seconds: a sender that vanished is found out */
#define PEER_MOST 256

struct connection {
	struct receiving *receiving;
	struct connection *next;
	int descriptor;
	struct watch *watch;
	SSL *ssl;     /* NULL = TCP */
	bool greeted; /* TLS: the handshake is over */
	bool waiting; /* beyond its rate: until the next second */
	struct syslog_framer framer;
	struct address sender;
	char peer[PEER_MOST];
	nanoseconds began;
};

static void on_frame(void *context, struct text message)
{
	struct connection *connection = context;
	const struct receive_from from = { .sender = connection->sender,
		.peer = text_of(connection->peer),
		.stream = hash_bytes(connection->sender.bytes, sizeof connection->sender.bytes, 0) };
	if (!receive_rate(connection->receiving, connection->sender) && !connection->waiting) {
		connection->waiting = true;
		connection->receiving->counts.too_many++;
	}
	receive_message(connection->receiving, message, &from);
}

static void want(struct connection *connection, unsigned ready)
{
	bool rest = connection->waiting || connection->receiving->receive->full;
	watch_want(connection->watch, rest ? 0 : ready);
}

/* `whole`: the sender ended it; otherwise it broke. */
static void close_connection(struct connection *connection, bool whole)
{
	struct receiving *receiving = connection->receiving;
	struct connection **place = &receiving->connections;
	while (*place != connection)
		place = &(*place)->next;
	*place = connection->next;
	receiving->connection_count--;
	if (whole)
		whole = syslog_frame_end(&connection->framer, on_frame, connection);
	else
		whole = connection->framer.held.size == 0 && !connection->framer.counted;
	receiving->counts.broken += !whole;
	receiving->counts.cut += connection->framer.cut;
	watch_stop(connection->watch);
	SSL_free(connection->ssl);
	close(connection->descriptor);
	syslog_framer_free(&connection->framer);
	free(connection);
}

/* More than 0: bytes. 0: the end. -1: nothing now. -2: it broke. */
static ssize_t read_piece(struct connection *connection, char *to, unsigned *ready)
{
	*ready = LOOP_READ;
	if (!connection->ssl) {
		ssize_t got = recv(connection->descriptor, to, PIECE, 0);
		return got >= 0 ? got : errno == EAGAIN || errno == EINTR ? -1 : -2;
	}
	ERR_clear_error();
	int got = SSL_read(connection->ssl, to, PIECE);
	if (got > 0)
		return got;
	int why = SSL_get_error(connection->ssl, got);
	if (why == SSL_ERROR_WANT_WRITE)
		*ready = LOOP_WRITE;
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return -1;
	return why == SSL_ERROR_ZERO_RETURN ? 0 : -2;
}

static void say_refused(const struct connection *connection, const char *why)
{
	char address[ADDRESS_TEXT];
	log_write(LOG_WARNING, "a sender's TLS is refused",
	    LOG_FIELD_STRING("sender", address_format(connection->sender, address)), LOG_FIELD_STRING("why", why));
}

/* False: it is closed, or not over yet. */
static bool greet(struct connection *connection)
{
	struct receiving *receiving = connection->receiving;
	ERR_clear_error();
	int done = SSL_accept(connection->ssl);
	if (done == 1) {
		connection->greeted = true;
		if (receive_tls_peer(receiving->source, connection->ssl, connection->peer, sizeof connection->peer))
			return true;
		say_refused(connection, "the name in its certificate is not among client_names");
	} else {
		int why = SSL_get_error(connection->ssl, done);
		if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
			watch_want(connection->watch, why == SSL_ERROR_WANT_READ ? LOOP_READ : LOOP_WRITE);
			return false;
		}
		const char *words = ERR_reason_error_string(ERR_peek_error());
		say_refused(connection, words ? words : "the connection ended");
	}
	receiving->counts.handshakes++;
	close_connection(connection, false);
	return false;
}

static void on_ready(void *context, int descriptor, unsigned ready)
{
	struct connection *connection = context;
	static char piece[PIECE];
	ssize_t got = 1;
	(void)descriptor;
	(void)ready;
	if (connection->ssl && !connection->greeted && !greet(connection))
		return;
	bool more = true; /* TLS may hold bytes that the loop does not see */
	for (int i = 0; more && !connection->waiting && !connection->receiving->receive->full; i++) {
		got = read_piece(connection, piece, &ready);
		if (got <= 0)
			break;
		if (!syslog_frame(&connection->framer, (struct text){ piece, (size_t)got }, on_frame, connection)) {
			got = -2;
			break;
		}
		more = i < PIECES || (connection->ssl && SSL_pending(connection->ssl) > 0);
	}
	if (got == 0 || got == -2)
		close_connection(connection, got == 0);
	else
		want(connection, got == -1 ? ready : LOOP_READ);
}

static uint32_t connections_of(const struct receiving *receiving, struct address sender)
{
	struct address group = address_group(sender);
	uint32_t count = 0;
	for (const struct connection *c = receiving->connections; c; c = c->next)
		count += address_equal(address_group(c->sender), group);
	return count;
}

static bool begin_connection(struct receiving *receiving, int descriptor, struct address sender)
{
	int on = 1, seconds = KEEPALIVE;
	struct connection *connection = calloc(1, sizeof *connection);
	if (!connection)
		return false;
	setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
	connection->receiving = receiving;
	connection->descriptor = descriptor;
	connection->sender = sender;
	connection->began = time_monotonic();
	connection->framer.longest = receiving->source->longest;
	connection->watch = loop_descriptor(receiving->receive->loop, descriptor, LOOP_READ, on_ready, connection);
	bool fine = connection->watch != NULL;
	if (fine && receiving->tls) {
		connection->ssl = SSL_new(receiving->tls);
		fine = connection->ssl && SSL_set_fd(connection->ssl, descriptor) == 1;
	}
	if (!fine) {
		if (connection->watch)
			watch_stop(connection->watch);
		SSL_free(connection->ssl);
		free(connection);
		return false;
	}
	connection->next = receiving->connections;
	receiving->connections = connection;
	receiving->connection_count++;
	receiving->counts.connections++;
	return true;
}

static void on_connection(void *context, int listener, unsigned ready)
{
	struct receiving *receiving = context;
	struct sockaddr_in6 from;
	socklen_t size = sizeof from;
	struct address sender;
	(void)ready;
	int descriptor = accept4(listener, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (descriptor < 0)
		return;
	memcpy(sender.bytes, &from.sin6_addr, sizeof sender.bytes);
	bool allowed = receive_allowed(receiving, sender);
	bool crowded = receiving->connection_count >= receiving->source->connections ||
		       connections_of(receiving, sender) >= receiving->source->connections_each;
	receiving->counts.refused += !allowed;
	receiving->counts.crowded += allowed && crowded;
	if (!allowed || crowded || !begin_connection(receiving, descriptor, sender))
		close(descriptor);
}

static int open_listener(const struct receive_source *source, struct failure *failure)
{
	char text[ADDRESS_TEXT];
	int on = 1, off = 0;
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(source->port) };
	memcpy(&to.sin6_addr, source->address.bytes, 16);
	int descriptor = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (descriptor < 0) {
		fail_errno(failure, "no socket can be made");
		return -1;
	}
	setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(descriptor, (struct sockaddr *)&to, sizeof to) == 0 && listen(descriptor, 128) == 0)
		return descriptor;
	fail_errno(failure, "cannot listen on port %u of %s", source->port, address_format(source->address, text));
	close(descriptor);
	return -1;
}

enum error receive_streams_open(struct receiving *receiving, struct failure *failure)
{
	enum error error = receiving->source->transport == RECEIVE_TLS ? receive_tls_open(receiving, failure) : OK;
	if (error)
		return error;
	receiving->listener = open_listener(receiving->source, failure);
	if (receiving->listener < 0)
		return ERROR_SYSTEM;
	receiving->watch =
	    loop_descriptor(receiving->receive->loop, receiving->listener, LOOP_READ, on_connection, receiving);
	return receiving->watch ? OK : fail(failure, ERROR_MEMORY, "no memory to watch a socket");
}

void receive_streams_tick(struct receiving *receiving, nanoseconds now)
{
	struct connection *next;
	for (struct connection *c = receiving->connections; c; c = next) {
		next = c->next;
		c->waiting = false;
		if (c->ssl && !c->greeted && now - c->began > HANDSHAKE) {
			receiving->counts.handshakes++;
			close_connection(c, false);
		} else if (!receiving->receive->full && (!c->ssl || c->greeted)) {
			on_ready(c, c->descriptor, LOOP_READ); /* also what TLS holds */
		}
	}
}

void receive_streams_want(struct receiving *receiving, bool reading)
{
	if (receiving->watch)
		watch_want(receiving->watch, reading ? LOOP_READ : 0);
	for (struct connection *c = receiving->connections; c; c = c->next)
		if (!c->ssl || c->greeted)
			want(c, LOOP_READ);
}

void receive_streams_end(struct receiving *receiving)
{
	watch_stop(receiving->watch);
	receiving->watch = NULL;
	if (receiving->listener >= 0)
		close(receiving->listener);
	receiving->listener = -1;
	/* Only the end of TCP, no close_notify of TLS: senders (rsyslog among them) look before they write whether the
	 * connection has ended, and take bytes that wait there for a sign that it has not. We never said anything that
	 * could be cut off by that. */
	for (struct connection *c = receiving->connections; c; c = c->next)
		shutdown(c->descriptor, SHUT_WR);
}

void receive_streams_close(struct receiving *receiving)
{
	while (receiving->connections)
		close_connection(receiving->connections, false);
	if (receiving->listener >= 0)
		close(receiving->listener);
	SSL_CTX_free(receiving->tls);
}
