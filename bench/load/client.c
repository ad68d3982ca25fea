/*
 * HTTP/1.1 over TLS for a load. See client.h. Answers must carry Content-Length, as the centre's do.
 */
#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE 16384

struct client {
	struct loop *loop;
	SSL_CTX *context;
	struct sockaddr_in to;
	uint32_t from;
	client_callback answered;
	void *owner;
	int descriptor; /* -1: not connected */
	struct watch *watch;
	SSL *tls;
	bool ready; /* connected, hands shaken */
	bool busy;  /* a request is under way */
	struct builder out, in;
	size_t sent;
};

struct client *client_new(struct loop *loop, SSL_CTX *context, const char *host, uint16_t port, uint32_t from,
    client_callback answered, void *owner)
{
	struct client *client = calloc(1, sizeof *client);
	if (!client)
		return NULL;
	*client = (struct client){ .loop = loop,
		.context = context,
		.to = { .sin_family = AF_INET, .sin_port = htons(port) },
		.from = from,
		.answered = answered,
		.owner = owner,
		.descriptor = -1 };
	inet_pton(AF_INET, host, &client->to.sin_addr);
	return client;
}

static void disconnect(struct client *client)
{
	watch_stop(client->watch);
	client->watch = NULL;
	SSL_free(client->tls);
	client->tls = NULL;
	if (client->descriptor >= 0)
		close(client->descriptor);
	client->descriptor = -1;
	client->ready = false;
}

void client_free(struct client *client)
{
	if (!client)
		return;
	disconnect(client);
	builder_free(&client->out);
	builder_free(&client->in);
	free(client);
}

static void finish(struct client *client, const struct client_answer *answer)
{
	client->busy = false;
	client->answered(client->owner, answer);
}

/* The value of a field of an answer's head; empty when it is not there. */
static struct text field_of(struct text head, const char *name)
{
	size_t length = strlen(name);
	while (head.size) {
		struct text line = text_cut(&head, '\n');
		if (line.size > length && line.at[length] == ':' && strncasecmp(line.at, name, length) == 0)
			return text_trim((struct text){ line.at + length + 1, line.size - length - 1 });
	}
	return TEXT_NONE;
}

/* True when the whole answer is there, and then it was given to the owner. */
static bool take_answer(struct client *client)
{
	struct text all = { client->in.at, client->in.size };
	ptrdiff_t end = text_find(all, TEXT("\r\n\r\n"));
	struct client_answer answer = { 0 };
	uint64_t size = 0, retry = 0;
	if (end < 0)
		return false;
	struct text head = { all.at, (size_t)end + 2 };
	text_to_u64(field_of(head, "content-length"), &size);
	if (all.size < (size_t)end + 4 + size)
		return false;
	text_to_u64(field_of(head, "retry-after"), &retry);
	answer.status = head.size > 12 ? (unsigned)strtoul(head.at + 9, NULL, 10) : 0;
	answer.retry_after = (unsigned)retry;
	answer.body = (struct text){ all.at + end + 4, size };
	/* An answer that came before the whole body was sent ends the connection: what is left need not go. */
	if (client->sent < client->out.size || text_equal_nocase(field_of(head, "connection"), TEXT("close")))
		disconnect(client);
	finish(client, &answer);
	return true;
}

static void want(struct client *client)
{
	bool writing = !client->ready || (client->busy && client->sent < client->out.size);
	if (client->watch)
		watch_want(client->watch, LOOP_READ | (writing ? LOOP_WRITE : 0));
}

/* ≤ 0: not now (0) or the connection is over (-1). */
static ssize_t write_some(struct client *client, const char *at, size_t size)
{
	if (!client->tls) {
		ssize_t sent = send(client->descriptor, at, size, MSG_NOSIGNAL);
		return sent > 0 ? sent : errno == EAGAIN ? 0 : -1;
	}
	int sent = SSL_write(client->tls, at, size > INT32_MAX ? INT32_MAX : (int)size);
	int code = sent > 0 ? 0 : SSL_get_error(client->tls, sent);
	return sent > 0 ? sent : code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static ssize_t read_some(struct client *client, char *to)
{
	if (!client->tls) {
		ssize_t got = recv(client->descriptor, to, READ_SIZE, 0);
		return got > 0 ? got : got < 0 && errno == EAGAIN ? 0 : -1;
	}
	int got = SSL_read(client->tls, to, READ_SIZE);
	int code = got > 0 ? 0 : SSL_get_error(client->tls, got);
	return got > 0 ? got : code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

/* False when the connection is over. */
static bool shake_hands(struct client *client)
{
	int error = 0;
	socklen_t size = sizeof error;
	if (getsockopt(client->descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error)
		return false;
	int done = client->tls ? SSL_connect(client->tls) : 1;
	client->ready = done == 1;
	if (client->ready)
		return true;
	int code = SSL_get_error(client->tls, done);
	return code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE;
}

static bool pump(struct client *client)
{
	char bytes[READ_SIZE];
	ssize_t moved = 1;
	if (!client->ready && !shake_hands(client))
		return false;
	while (client->ready && client->busy && client->sent < client->out.size &&
	       (moved = write_some(client, client->out.at + client->sent, client->out.size - client->sent)) > 0)
		client->sent += (size_t)moved;
	if (moved < 0 && client->sent == 0)
		return false;
	/* A server that refused early may have answered before it closed: read what there is. */
	while (client->ready && (moved = read_some(client, bytes)) > 0)
		build_text(&client->in, (struct text){ bytes, (size_t)moved });
	return !client->ready || moved >= 0 ||
	       (client->busy && text_find((struct text){ client->in.at, client->in.size }, TEXT("\r\n\r\n")) >= 0);
}

static void on_ready(void *context, int descriptor, unsigned ready)
{
	struct client *client = context;
	(void)descriptor, (void)ready;
	bool alive = pump(client);
	if (client->busy && take_answer(client)) {
		if (!alive && !client->busy)
			disconnect(client);
		want(client);
		return;
	}
	if (!alive) {
		disconnect(client);
		if (client->busy)
			finish(client, &(struct client_answer){ 0 });
		return;
	}
	want(client);
}

static bool open_connection(struct client *client)
{
	int one = 1;
	struct sockaddr_in own = { .sin_family = AF_INET, .sin_addr = { htonl(client->from) } };
	client->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (client->descriptor < 0)
		return false;
	setsockopt(client->descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(client->descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
	if (bind(client->descriptor, (struct sockaddr *)&own, sizeof own) != 0 ||
	    (connect(client->descriptor, (struct sockaddr *)&client->to, sizeof client->to) != 0 &&
		errno != EINPROGRESS))
		return false;
	if (client->context &&
	    (!(client->tls = SSL_new(client->context)) || !SSL_set_fd(client->tls, client->descriptor)))
		return false;
	client->watch = loop_descriptor(client->loop, client->descriptor, LOOP_READ | LOOP_WRITE, on_ready, client);
	return client->watch != NULL;
}

static void failed_later(void *context)
{
	struct client *client = context;
	watch_stop(client->watch);
	client->watch = NULL;
	disconnect(client);
	finish(client, &(struct client_answer){ 0 });
}

void client_send(struct client *client, struct text head, struct text body)
{
	builder_clear(&client->out);
	builder_clear(&client->in);
	build_text(&client->out, head);
	build_text(&client->out, body);
	client->sent = 0;
	client->busy = true;
	if (client->descriptor < 0 && !open_connection(client)) {
		disconnect(client);
		client->watch = loop_timer(client->loop, 100 * MILLISECOND, 0, failed_later, client);
		return;
	}
	want(client);
}
