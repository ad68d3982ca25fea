/*
 * base/log.h: lines are whole JSON objects whatever is in them, and a reader that stops reading stops nobody.
 */
#include "base/json.h"
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Standard error goes into a pipe (or a socket) while a test runs. */
struct capture {
	int kept, reading;
	char text[300000];
	size_t size;
};
static struct capture capture;

static void capture_begin(bool socket)
{
	int ends[2];
	assert_int_equal(socket ? socketpair(AF_UNIX, SOCK_STREAM, 0, ends) : pipe(ends), 0);
	capture.kept = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	capture.reading = ends[0];
	fcntl(capture.reading, F_SETFL, O_NONBLOCK);
	capture.size = 0;
}

static void capture_read(void)
{
	ssize_t got;
	while ((got = read(capture.reading, capture.text + capture.size, sizeof capture.text - 1 - capture.size)) > 0)
		capture.size += (size_t)got;
	capture.text[capture.size] = 0;
}

static void capture_end(void)
{
	capture_read();
	dup2(capture.kept, STDERR_FILENO);
	close(capture.kept);
	close(capture.reading);
	log_setup("test", LOG_INFO, true);
}

static void test_a_line_is_one_json_object_whatever_is_in_it(void **state)
{
	(void)state;
	struct json_parser *parser = json_parser_new(8);
	struct json_value root;
	nanoseconds time;
	int64_t number;
	capture_begin(false);
	log_setup("keeper", LOG_INFO, true);
	log_write(LOG_INFO, "batch stored", LOG_FIELD_NUMBER("alerts", -5), LOG_FIELD_TIME("first", 1),
	    LOG_FIELD_TEXT("file", TEXT("a\"b\\\x1b[2J\xff\n狼\0c\xe2\x80\xae")), LOG_FIELD_STRING("none", NULL));
	log_write(LOG_DEBUG, "not shown");
	log_write(LOG_ERROR, "no fields");
	capture_end();
	struct text rest = { capture.text, capture.size };
	struct text line = text_cut(&rest, '\n');
	assert_int_equal(json_parse(parser, line, &root, NULL), OK);
	assert_true(time_parse(json_text(json_get(root, "time")), 0, &time, NULL) && time_now() - time < 60 * SECOND);
	assert_true(text_equal(json_text(json_get(root, "level")), TEXT("info")));
	assert_true(text_equal(json_text(json_get(root, "part")), TEXT("keeper")));
	assert_true(text_equal(json_text(json_get(root, "what")), TEXT("batch stored")));
	assert_true(json_to_i64(json_get(root, "alerts"), &number) && number == -5);
	assert_true(text_equal(json_text(json_get(root, "first")), TEXT("1970-01-01T00:00:00.000000001Z")));
	assert_true(text_equal(json_text(json_get(root, "file")), TEXT("a\"b\\[2J\xef\xbf\xbd\n狼c")));
	line = text_cut(&rest, '\n');
	assert_int_equal(json_parse(parser, line, &root, NULL), OK);
	assert_true(text_equal(json_text(json_get(root, "what")), TEXT("no fields")));
	assert_int_equal(rest.size, 0);
	json_parser_free(parser);
}

static void test_a_long_line_is_cut_into_a_whole_object(void **state)
{
	(void)state;
	struct json_parser *parser = json_parser_new(8);
	struct json_value root;
	char *large = malloc(100000);
	memset(large, '"', 100000);
	struct text text = { large, 100000 };
	capture_begin(false);
	log_setup("front", LOG_INFO, true);
	log_write(LOG_INFO, "large", LOG_FIELD_TEXT("a", text), LOG_FIELD_TEXT("b", text), LOG_FIELD_TEXT("c", text));
	capture_end();
	assert_true(capture.size <= 4096 && capture.text[capture.size - 1] == '\n');
	assert_int_equal(json_parse(parser, (struct text){ capture.text, capture.size - 1 }, &root, NULL), OK);
	assert_int_equal(json_text(json_get(root, "a")).size, 1024);
	assert_true(json_exists(json_get(root, "left_out")));
	free(large);
	json_parser_free(parser);
}

static void test_plain_text_stays_on_one_line(void **state)
{
	(void)state;
	capture_begin(false);
	log_setup("agent", LOG_DEBUG, false);
	log_write(LOG_DEBUG, "followed", LOG_FIELD_TEXT("file", TEXT("a\nb\tc")), LOG_FIELD_NUMBER("bytes", 7));
	capture_end();
	assert_non_null(strstr(capture.text, "Z debug agent: followed file=a b c bytes=7\n"));
}

static void test_a_reader_that_stops_reading_stops_nobody(void **state)
{
	(void)state;
	for (int socket = 0; socket < 2; socket++) {
		capture_begin(socket);
		log_setup("front", LOG_INFO, true);
		char filling[1000];
		memset(filling, 'x', sizeof filling);
		int flags = fcntl(STDERR_FILENO, F_GETFL);
		fcntl(STDERR_FILENO, F_SETFL, flags | O_NONBLOCK);
		while (write(STDERR_FILENO, filling, sizeof filling) > 0)
			;
		while (write(STDERR_FILENO, filling, 1) > 0)
			;
		fcntl(STDERR_FILENO, F_SETFL, flags);
		nanoseconds begun = time_monotonic();
		for (int i = 0; i < 3; i++)
			log_write(LOG_INFO, "nobody reads");
		assert_true(time_monotonic() - begun < 5 * SECOND);
		capture_read();
		capture.size = 0;
		log_write(LOG_INFO, "somebody reads again");
		capture_end();
		assert_non_null(strstr(capture.text, "\"somebody reads again\",\"dropped\":3}"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_line_is_one_json_object_whatever_is_in_it),
		cmocka_unit_test(test_a_long_line_is_cut_into_a_whole_object),
		cmocka_unit_test(test_plain_text_stays_on_one_line),
		cmocka_unit_test(test_a_reader_that_stops_reading_stops_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
