/*
 * What the fuzz targets of our clients share: a far side on a socket of loopback that gives the bytes of the input to
 * whoever connects, whatever is asked.
 */
#ifndef NOROSHI_FUZZ_FAR_SIDE_H
#define NOROSHI_FUZZ_FAR_SIDE_H

#include "base/text.h"
#include "fuzz.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct far_side {
	pthread_t thread;
	int listener;
	uint16_t port;
	pthread_mutex_t lock;
	struct builder bytes; /* of the input, and who connects gets a copy: the next input may be under way */
} far_side;

/* Gives the bytes to whoever connects, then reads until they go. */
static void serve(int descriptor)
{
	char thrown[4096];
	struct pollfd ready = { .fd = descriptor, .events = POLLIN };
	struct builder copy = { 0 };
	pthread_mutex_lock(&far_side.lock);
	build_text(&copy, (struct text){ far_side.bytes.at, far_side.bytes.size });
	pthread_mutex_unlock(&far_side.lock);
	struct text bytes = { copy.at, copy.size };
	while (bytes.size) {
		ssize_t sent = send(descriptor, bytes.at, bytes.size, MSG_NOSIGNAL);
		if (sent <= 0)
			break;
		bytes = (struct text){ bytes.at + sent, bytes.size - (size_t)sent };
	}
	shutdown(descriptor, SHUT_WR);
	while (poll(&ready, 1, 2000) > 0 && recv(descriptor, thrown, sizeof thrown, 0) > 0)
		;
	close(descriptor);
	builder_free(&copy);
}

static void *listen_on(void *unused)
{
	for (;;) {
		int descriptor = accept4(far_side.listener, NULL, NULL, SOCK_CLOEXEC);
		if (descriptor < 0)
			return unused;
		serve(descriptor);
	}
}

static void make_far_side(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof at;
	far_side.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(far_side.listener, (struct sockaddr *)&at, size) == 0 && listen(far_side.listener, 4) == 0);
	CHECK(getsockname(far_side.listener, (struct sockaddr *)&at, &size) == 0);
	far_side.port = ntohs(at.sin_port);
	CHECK(pthread_create(&far_side.thread, NULL, listen_on, NULL) == 0);
}

/* Once for each input, before anybody connects. */
static void far_side_says(const uint8_t *data, size_t size)
{
	if (!far_side.thread)
		make_far_side();
	pthread_mutex_lock(&far_side.lock);
	builder_clear(&far_side.bytes);
	build_text(&far_side.bytes, (struct text){ (const char *)data, size });
	pthread_mutex_unlock(&far_side.lock);
}

static void check_words(const char *words, size_t room)
{
	CHECK(memchr(words, 0, room));
	CHECK(text_utf8_valid(text_of(words)) == strlen(words));
}

#endif
