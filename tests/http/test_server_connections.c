/*
 * The HTTP server against real sockets: many requests, slow, silent, leaving and endless clients, large answers,
 * streams.
 */
#include "server_test.h"

#define PATIENCE 150000 /* milliseconds, for anything */

static void test_too_many_requests_get_429(void **state)
{
	(void)state;
	unsigned refused = 0;
	for (unsigned i = 0; i < 15; i++)
		refused += strstr(ask("GET", "/v1/rare", TOKEN, NULL), "429") != NULL;
	assert_in_range(refused, 4, 5);
	expect(answer, "retry-after: ");
	/* Another token has its own allowance. */
	expect_status(ask("GET", "/v1/rare", "Authorization: Bearer abcdefghijklmnopqrst\r\n", NULL), 200);
}

static void test_pipelined_requests_are_answered_in_order(void **state)
{
	(void)state;
	char request[1000];
	snprintf(request, sizeof request,
	    "GET /v1/later HTTP/1.1\r\n%s" TOKEN "\r\nDELETE /v1/things HTTP/1.1\r\n%s" TOKEN "\r\n"
	    "GET /v1/things/" UUID " HTTP/1.1\r\n%s" TOKEN "Connection: close\r\n\r\n",
	    host, host, host);
	say(request, "thing-read");
	const char *first = strstr(answer, "later"), *second = strstr(answer, "thing-remove"),
		   *third = strstr(answer, "thing-read");
	assert_non_null(first);
	assert_non_null(second);
	assert_non_null(third);
	assert_true(first < second && second < third);
}

static void test_requests_pipelined_behind_a_body_do_not_hang_the_server(void **state)
{
	(void)state;
	char request[1000];
	for (unsigned i = 0; i < 5; i++) {
		snprintf(request, sizeof request,
		    "%sPOST /v1/things HTTP/1.1\r\n%s" JSON "Content-Length: 12\r\n\r\n{\"name\":\"a\"}"
		    "GET /v1/things/" UUID " HTTP/1.1\r\n%s" TOKEN "Connection: close\r\n\r\n",
		    i % 2 ? "GET /v1/later HTTP/1.1\r\nHost: localhost\r\n\r\n" : "", host, host);
		say(request, "thing-read");
		expect_status(ask("GET", "/v1/things/" UUID, TOKEN, NULL), 200);
	}
}

static void test_large_answers_arrive_whole(void **state)
{
	(void)state;
	expect_status(ask("GET", "/v1/large", TOKEN, NULL), 200);
	const char *body = strstr(answer, "\r\n\r\n");
	assert_non_null(body);
	assert_int_equal(strlen(body + 4), 3000000);
}

static void test_an_owner_that_does_not_answer_gets_503_for_its_client(void **state)
{
	(void)state;
	expect_status(ask("GET", "/v1/slow", TOKEN, NULL), 503);
	expect(answer, "retry-after: 5");
}

static void test_clients_that_leave_are_forgotten(void **state)
{
	(void)state;
	char request[300];
	int size = snprintf(request, sizeof request, "GET /v1/later HTTP/1.1\r\n%s" TOKEN "\r\n", host);
	for (unsigned i = 0; i < 20; i++) {
		int descriptor = sample_connect(&sample);
		assert_int_equal(send(descriptor, request, (size_t)size, MSG_NOSIGNAL), size);
		close(descriptor);
	}
	expect(ask("GET", "/v1/later", TOKEN, NULL), "later");
}

static bool closed_within(int descriptor, int milliseconds)
{
	char byte;
	struct pollfd poll_for = { .fd = descriptor, .events = POLLIN };
	struct timespec begin, now;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (;;) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		int left =
		    milliseconds - (int)((now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000);
		if (left <= 0 || poll(&poll_for, 1, left) <= 0)
			return false;
		if (recv(descriptor, &byte, 1, 0) <= 0)
			return true;
	}
}

static void test_slow_clients_are_cut_off(void **state)
{
	(void)state;
	char body[400];
	int silent = sample_connect(&sample), headers = sample_connect(&sample), slow_body = sample_connect(&sample);
	assert_int_equal(send(headers, "GET /hello HT", 13, MSG_NOSIGNAL), 13);
	int size =
	    snprintf(body, sizeof body, "POST /v1/things HTTP/1.1\r\n%s" JSON "Content-Length: 100\r\n\r\n{", host);
	assert_int_equal(send(slow_body, body, (size_t)size, MSG_NOSIGNAL), size);
	for (unsigned i = 0; i < 10; i++) {
		usleep(100000);
		send(headers, "T", 1, MSG_NOSIGNAL);
		send(slow_body, " ", 1, MSG_NOSIGNAL);
	}
	assert_true(closed_within(silent, PATIENCE));
	assert_true(closed_within(headers, PATIENCE));
	assert_true(closed_within(slow_body, PATIENCE));
	close(silent);
	close(headers);
	close(slow_body);
}

static void test_garbage_and_huge_headers_close_the_connection(void **state)
{
	(void)state;
	static char huge[30000];
	static const char *const garbage[] = { "\x16\x03\x01\x02\x01\x01\x01", "\r\n\r\n\r\n", "GET\r\n\r\n",
		"GET http://127.0.0.1/ HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "\xff\xfe\xfd\xfc" };
	for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
		expect_none(say(garbage[i], " 403"), " 200 OK");
	memset(huge, 'a', sizeof huge - 1);
	memcpy(huge, "GET /hello HTTP/1.1\r\nX: ", 24);
	expect_none(say(huge, NULL), " 200 OK");
	memcpy(huge, "GET /aaaaaaaaaaaaaaaaaaaa", 25);
	expect_none(say(huge, NULL), " 200 OK");
	expect_none(ask("GET", "/hello",
			"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
			"Sec-WebSocket-Version: 13\r\n",
			NULL),
	    " 101 ");
	expect_none(
	    ask("GET", "/hello",
		"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n", NULL),
	    " 101 ");
	expect_status(ask("GET", "/hello", "", NULL), 200);
}

static void test_connections_are_bounded(void **state)
{
	(void)state;
	static int descriptors[1000];
	unsigned open = 1000;
	/* One that closes none of them for being slow, however long it takes. */
	assert_int_equal(stop(NULL), 0);
	assert_int_equal(start_patient(HOUR), 0);
	for (unsigned i = 0; i < 1000; i++)
		descriptors[i] = sample_connect(&sample);
	/* Those that are too many are closed one by one. */
	for (unsigned tries = 0; open > 150 && tries < PATIENCE; tries++) {
		usleep(1000);
		open = 0;
		for (unsigned i = 0; i < 1000; i++) {
			struct pollfd poll_for = { .fd = descriptors[i], .events = POLLIN };
			open += descriptors[i] >= 0 && poll(&poll_for, 1, 0) == 0;
		}
	}
	for (unsigned i = 0; i < 1000; i++)
		if (descriptors[i] >= 0)
			close(descriptors[i]);
	assert_in_range(open, 100, 150);
	for (unsigned tries = 0; tries < PATIENCE / 50 && !strstr(ask("GET", "/hello", "", NULL), " 200 OK"); tries++)
		usleep(50000); /* until the places are free again */
	expect_status(answer, 200);
	assert_int_equal(stop(NULL), 0);
	assert_int_equal(start(NULL), 0);
}

/* Reads on into `answer`, from `size` on, until `part` stands there; the new size. */
static size_t read_until(int descriptor, size_t size, const char *part)
{
	do {
		struct pollfd poll_for = { .fd = descriptor, .events = POLLIN };
		assert_int_equal(poll(&poll_for, 1, PATIENCE), 1);
		ssize_t got = recv(descriptor, answer + size, sizeof answer - 1 - size, 0);
		assert_true(got > 0);
		size += (size_t)got;
		answer[size] = 0;
	} while (!strstr(answer, part));
	return size;
}

static void test_event_streams_tell_what_changed_and_only_to_whom_it_concerns(void **state)
{
	(void)state;
	char request[300];
	int size = snprintf(request, sizeof request, "GET /v1/stream HTTP/1.1\r\n%s" SESSION "\r\n", host);
	int descriptor = sample_connect(&sample);
	assert_int_equal(send(descriptor, request, (size_t)size, MSG_NOSIGNAL), size);
	size_t seen = read_until(descriptor, 0, "retry:");
	assert_int_equal(write(sample.control, "p", 1), 1);
	seen = read_until(descriptor, seen, "the-id");
	usleep(200000); /* what must not come would come now */
	ssize_t more = recv(descriptor, answer + seen, sizeof answer - 1 - seen, MSG_DONTWAIT);
	answer[seen + (more > 0 ? (size_t)more : 0)] = 0;
	close(descriptor);
	expect_status(answer, 200);
	expect(answer, "content-type: text/event-stream");
	expect(answer, "event: changed\ndata: {\"noun\":\"event\",\"id\":\"the-id\"}\n\n");
	expect_none(answer, "hidden");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_too_many_requests_get_429),
		cmocka_unit_test(test_pipelined_requests_are_answered_in_order),
		cmocka_unit_test(test_requests_pipelined_behind_a_body_do_not_hang_the_server),
		cmocka_unit_test(test_large_answers_arrive_whole),
		cmocka_unit_test(test_an_owner_that_does_not_answer_gets_503_for_its_client),
		cmocka_unit_test(test_clients_that_leave_are_forgotten),
		cmocka_unit_test(test_slow_clients_are_cut_off),
		cmocka_unit_test(test_garbage_and_huge_headers_close_the_connection),
		cmocka_unit_test(test_connections_are_bounded),
		cmocka_unit_test(test_event_streams_tell_what_changed_and_only_to_whom_it_concerns),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
