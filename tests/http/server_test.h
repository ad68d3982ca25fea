/*
 * What the tests of the HTTP server share: the sample server, and requests over real sockets to it. Included once by
 * each test program.
 */
#ifndef NOROSHI_TESTS_HTTP_SERVER_TEST_H
#define NOROSHI_TESTS_HTTP_SERVER_TEST_H

#include "tests/http/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define TOKEN "Authorization: Bearer 0123456789abcdef0123\r\n"
#define SESSION "Cookie: noroshi=0123456789abcdef0123456789abcdef\r\n"
#define JSON TOKEN "Content-Type: application/json\r\n"
#define UUID "6e8bc430-9c3a-11d9-9669-0800200c9a66"

static struct sample sample;
static char host[64], origin[96];
static char answer[4 << 20];

/* `patience`: with clients that say nothing. */
static inline int start_patient(nanoseconds patience)
{
	struct failure failure = { 0 };
	struct server_settings settings = { .listen = "127.0.0.1:0",
		.web = SAMPLE_WEB,
		.patience = patience,
		.answer_within = 700 * MILLISECOND,
		.connections = 200,
		.connections_each = 150,
		.batch = 200000,
		.address_per_minute = 1000000,
		.language = TEXT("en") };
	if (!sample_start(&settings, &sample, &failure)) {
		fprintf(stderr, "%s\n", failure.words);
		return -1;
	}
	snprintf(host, sizeof host, "Host: 127.0.0.1:%u\r\n", sample.port);
	snprintf(origin, sizeof origin, "Origin: http://127.0.0.1:%u\r\n", sample.port);
	return 0;
}

static inline int start(void **state)
{
	(void)state;
	return start_patient(2 * SECOND);
}

static inline int stop(void **state)
{
	(void)state;
	return sample_stop(&sample);
}

/* One request with Host, `headers` and `body`; everything that came back. */
static inline const char *ask(const char *method, const char *path, const char *headers, const char *body)
{
	static char request[300000];
	int size;
	if (body)
		size = snprintf(request, sizeof request,
		    "%s %s HTTP/1.1\r\n%s%sConnection: close\r\nContent-Length: %zu\r\n\r\n%s", method, path, host,
		    headers, strlen(body), body);
	else
		size = snprintf(request, sizeof request, "%s %s HTTP/1.1\r\n%s%sConnection: close\r\n\r\n", method,
		    path, host, headers);
	sample_talk(&sample, request, (size_t)size, NULL, answer, sizeof answer);
	return answer;
}

static inline const char *say(const char *request, const char *want)
{
	sample_talk(&sample, request, strlen(request), want, answer, sizeof answer);
	return answer;
}

static inline void expect(const char *got, const char *part)
{
	if (!strstr(got, part))
		fail_msg("expected \"%s\" in: %.2000s", part, got);
}

static inline void expect_none(const char *got, const char *part)
{
	if (strstr(got, part))
		fail_msg("did not expect \"%s\" in: %.2000s", part, got);
}

static inline void expect_status(const char *got, unsigned status)
{
	char start_line[32];
	snprintf(start_line, sizeof start_line, "HTTP/1.1 %u ", status);
	if (strncmp(got, start_line, strlen(start_line)) != 0)
		fail_msg("expected status %u in: %.2000s", status, got);
}

#endif
