/*
 * Detection on frames made in code: from packets through the observer and the real dissectors to lines of EVE, with
 * sets from files, and with files that are replaced while packets come.
 */
#include "base/file.h"
#include "base/json.h"
#include "base/sealed.h"
#include "net/observer.h"
#include "watch/detection.h"
#include "wire.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct wire wire;
static char folder[] = "/tmp/noroshi-detection.XXXXXX";
static char indicators[64], signatures[64];

struct scene {
	struct detection_sets *sets;
	struct detection *detection;
	struct observer *observer;
	struct eve_source source;
	struct builder lines;
	struct json_parser *parser;
	unsigned alerted; /* flows that ended so */
	nanoseconds now;
	uint64_t frames;
};

static void on_begun(void *context, const struct flow *flow)
{
	struct scene *scene = context;
	detection_flow_begun(scene->detection, flow, &scene->source, &scene->lines);
}

static void on_facts(void *context, const struct dissection *dissection, enum side side, const void *facts)
{
	struct scene *scene = context;
	detection_facts(scene->detection, dissection, side, facts, &scene->source, &scene->lines);
}

static void on_anomaly(void *context, const struct dissection *dissection, enum side side, const char *event)
{
	(void)context, (void)dissection, (void)side, (void)event;
}

static void on_payload(void *context, const struct flow *flow, enum side side, nanoseconds time, uint64_t offset,
    const uint8_t *bytes, size_t size)
{
	struct scene *scene = context;
	detection_payload(scene->detection, flow, side, time, offset, bytes, size, &scene->source, &scene->lines);
}

static void on_over(void *context, const struct flow *flow, enum flow_over why)
{
	struct scene *scene = context;
	(void)why;
	scene->alerted += flow->alerted;
	detection_flow_over(scene->detection, flow);
}

static void write_file(const char *path, const char *text)
{
	struct failure failure;
	assert_int_equal(file_replace(path, text_of(text), 0640, &failure), OK);
}

static void begin(struct scene *scene, const char *list, const char *rules)
{
	struct failure failure = { 0 };
	struct detection_files files = { .paths = { list ? indicators : NULL, rules ? signatures : NULL } };
	*scene = (struct scene){ .now = 1000 * SECOND, .source = { .host = TEXT("here") } };
	if (list)
		write_file(indicators, list);
	if (rules)
		write_file(signatures, rules);
	if (detection_sets_load(&files, 1, &scene->sets, &failure) != OK)
		fail_msg("%s", failure.words);
	scene->detection = detection_new(scene->sets, 0);
	scene->parser = json_parser_new(16);
	struct observer_settings settings = observer_defaults;
	settings.flows = 1000;
	settings.listener = (struct listener){ scene, on_facts, on_anomaly };
	settings.flow_begun = on_begun;
	settings.flow_over = on_over;
	settings.payload = rules ? on_payload : NULL;
	settings.context = scene;
	scene->observer = observer_new(&settings);
	assert_true(scene->detection && scene->parser && scene->observer);
}

static void end(struct scene *scene)
{
	observer_free(scene->observer);
	detection_free(scene->detection);
	detection_sets_free(scene->sets);
	json_parser_free(scene->parser);
	builder_free(&scene->lines);
}

/* ── packets ─ */

static void send_ip(struct scene *scene, unsigned from, unsigned to, unsigned protocol)
{
	wire_ipv4(&wire, from, to, protocol);
	struct frame frame = wire_frame(&wire, LINK_RAW, scene->now += MILLISECOND);
	frame.number = ++scene->frames;
	detection_enter(scene->detection);
	observer_frame(scene->observer, &frame);
	detection_leave(scene->detection);
}

static void send_query(struct scene *scene, unsigned port, const char *name)
{
	uint8_t message[300] = { 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
	size_t at = 12;
	for (struct text rest = text_of(name); rest.size > 0;) {
		struct text label = text_cut(&rest, '.');
		message[at++] = (uint8_t)label.size;
		memcpy(message + at, label.at, label.size);
		at += label.size;
	}
	memcpy(message + at, "\0\0\1\0\1", 5);
	wire_begin(&wire, message, at + 5);
	wire_udp(&wire, port, 53);
	send_ip(scene, 1, 2, 17);
}

static void segment(
    struct scene *scene, unsigned side, unsigned port, uint32_t sequence, unsigned flags, const char *text)
{
	wire_begin(&wire, text, strlen(text));
	wire_tcp(&wire, side ? 80 : port, side ? port : 80, sequence, 0, flags);
	send_ip(scene, side ? 2 : 1, side ? 1 : 2, 6);
}

enum { FIN = 1, SYN = 2, ACK = 16 };

static void exchange(struct scene *scene, unsigned port, const char *request)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nServer: made up\r\nContent-Length: 2\r\n\r\nok";
	segment(scene, 0, port, 99, SYN, "");
	segment(scene, 1, port, 99, SYN | ACK, "");
	segment(scene, 0, port, 100, ACK, request);
	segment(scene, 1, port, 100, ACK, answer);
	segment(scene, 0, port, 100 + (uint32_t)strlen(request), FIN | ACK, "");
	segment(scene, 1, port, 100 + sizeof answer - 1, FIN | ACK, "");
}

/* ── records ─ */

/* The next line of what was written; false at the end. */
static bool next_record(struct scene *scene, struct text *rest, struct json_value *record)
{
	struct failure failure;
	struct text line = text_cut(rest, '\n');
	if (line.size == 0)
		return false;
	if (json_parse(scene->parser, line, record, &failure) != OK)
		fail_msg("%s: %.*s", failure.words, (int)line.size, line.at);
	return true;
}

static struct text written(const struct scene *scene)
{
	return (struct text){ scene->lines.at, scene->lines.size };
}

static void check_text(struct json_value record, const char *path, const char *wanted)
{
	struct text value = json_text(json_at(record, path));
	if (!text_equal(value, text_of(wanted)))
		fail_msg("%s: \"%.*s\", not \"%s\"", path, (int)value.size, value.at ? value.at : "", wanted);
}

static struct text first_item(struct json_value record, const char *path)
{
	struct json_walk walk = { 0 };
	return json_next(json_at(record, path), &walk) ? json_text(walk.value) : TEXT_NONE;
}

static void test_a_name_that_is_asked_for_meets_its_indicator(void **state)
{
	(void)state;
	struct scene scene;
	struct json_value record;
	begin(&scene, "domain,bad.example,block,7\ndomain,bad.example,block,9\n", NULL);
	send_query(&scene, 4000, "www.bad.example");
	send_query(&scene, 4001, "www.good.example");
	struct text rest = written(&scene);
	assert_true(next_record(&scene, &rest, &record));
	check_text(record, "event_type", "alert");
	check_text(record, "host", "here");
	check_text(record, "src_ip", "10.0.0.1");
	check_text(record, "dest_port", "53");
	check_text(record, "app_proto", "dns");
	check_text(record, "direction", "to_server");
	check_text(record, "alert.signature", "NOROSHI indicator domain bad.example");
	check_text(record, "alert.severity", "1");
	check_text(record, "alert.action", "allowed");
	assert_true(text_equal(first_item(record, "alert.metadata.field"), TEXT("dns.query")));
	assert_true(text_equal(first_item(record, "alert.metadata.indicator_action"), TEXT("block")));
	uint64_t numbers = 0, number;
	struct json_walk walk = { 0 };
	while (json_next(json_at(record, "alert.metadata.indicator_id"), &walk))
		if (text_to_u64(json_text(walk.value), &number))
			numbers |= 1u << number;
	assert_int_equal(numbers, 1 << 7 | 1 << 9);
	assert_true(json_exists(json_at(record, "dns")));
	assert_false(next_record(&scene, &rest, &record));
	detection_enter(scene.detection);
	observer_finish(scene.observer);
	detection_leave(scene.detection);
	assert_int_equal(scene.alerted, 1);
	assert_int_equal(detection_count(scene.detection).indicators, 1);
	end(&scene);
}

static void test_an_address_meets_its_indicator_once_for_a_flow_with_its_first_packet(void **state)
{
	(void)state;
	struct scene scene;
	struct json_value record;
	begin(&scene, "address,10.0.0.2,observe,3\n", NULL);
	segment(&scene, 0, 5000, 99, SYN, "");
	struct text rest = written(&scene);
	assert_true(next_record(&scene, &rest, &record));
	check_text(record, "alert.signature", "NOROSHI indicator address 10.0.0.2");
	check_text(record, "alert.severity", "3");
	assert_true(text_equal(first_item(record, "alert.metadata.field"), TEXT("server.address")));
	exchange(&scene, 5000, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
	rest = written(&scene);
	assert_true(next_record(&scene, &rest, &record));
	assert_false(next_record(&scene, &rest, &record));
	end(&scene);
}

static void test_signatures_look_at_fields_and_payload(void **state)
{
	(void)state;
	struct scene scene;
	struct json_value record;
	begin(&scene, NULL,
	    "alert http any any -> any any (msg:\"a shell\"; http.uri; content:\"/shell.php\"; "
	    "classtype:trojan-activity; "
	    "metadata:tag one, tag two, policy x; sid:1; rev:4;)\n"
	    "alert tcp any any -> any any (msg:\"an answer\"; flow:to_client,established; content:\"made up\"; "
	    "sid:2;)\n");
	exchange(&scene, 6000, "GET /shell.php?x HTTP/1.1\r\nHost: a.example\r\n\r\n");
	struct text rest = written(&scene);
	unsigned seen = 0;
	while (next_record(&scene, &rest, &record)) {
		bool first = text_equal(json_text(json_at(record, "alert.signature_id")), TEXT("1"));
		seen |= first ? 1 : 2;
		check_text(record, "src_ip", first ? "10.0.0.1" : "10.0.0.2");
		check_text(record, "alert.signature", first ? "a shell" : "an answer");
		check_text(record, "alert.category", first ? "trojan-activity" : "");
		check_text(record, "alert.severity", first ? "1" : "3");
		check_text(record, "http.url", first ? "/shell.php?x" : "");
		if (first)
			assert_true(text_equal(first_item(record, "alert.metadata.tag"), TEXT("one")));
	}
	assert_int_equal(seen, 3);
	assert_int_equal(detection_count(scene.detection).signatures, 2);
	end(&scene);
}

/* ── replacing, as a sensor and its loader do ─ */

static enum error replace_indicators(struct detection_sets *sets, struct failure *failure)
{
	const struct detection_files files = { .paths = { indicators } };
	int sealed, descriptor = open(indicators, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0)
		return fail_errno(failure, "%s", indicators);
	enum error error = detection_share(&files, DETECTION_INDICATORS, descriptor, &sealed, failure);
	return error ? error : detection_sets_take(sets, DETECTION_INDICATORS, sealed, failure);
}

struct replacing {
	struct detection_sets *sets;
	_Atomic bool stop;
	_Atomic unsigned times;
};

static void *replace_on(void *context)
{
	struct replacing *replacing = context;
	struct failure failure;
	while (!atomic_load(&replacing->stop)) {
		char list[200];
		unsigned id = 1 + atomic_load(&replacing->times) % 2;
		snprintf(list, sizeof list, "domain,a.example,alert,%u\nurl,a.example/x,alert,%u\n", id, id);
		write_file(indicators, list);
		if (replace_indicators(replacing->sets, &failure) != OK)
			return NULL;
		atomic_fetch_add(&replacing->times, 1);
	}
	return context;
}

static void test_no_record_is_matched_against_two_sets_while_they_are_replaced(void **state)
{
	(void)state;
	struct scene scene;
	pthread_t thread;
	void *done;
	unsigned ids = 0, records = 0, exchanges = 0;
	begin(&scene, "domain,a.example,alert,1\nurl,a.example/x,alert,1\n", NULL);
	struct replacing replacing = { .sets = scene.sets };
	assert_int_equal(pthread_create(&thread, NULL, replace_on, &replacing), 0);
	while (atomic_load(&replacing.times) < 30 || exchanges < 300) {
		struct json_value record;
		struct text id[2] = { TEXT_NONE, TEXT_NONE };
		char kept[2][16] = { "", "" };
		builder_clear(&scene.lines);
		exchange(&scene, 2000 + exchanges++ % 40000, "GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n");
		struct text rest = written(&scene);
		unsigned count = 0;
		for (; count < 2 && next_record(&scene, &rest, &record); count++) {
			id[count] = first_item(record, "alert.metadata.indicator_id");
			text_copy(id[count], kept[count], sizeof kept[count]);
		}
		assert_int_equal(count, 2);
		assert_false(next_record(&scene, &rest, &record));
		assert_string_equal(kept[0], kept[1]);
		ids |= 1u << (kept[0][0] - '0');
		records += count;
	}
	atomic_store(&replacing.stop, true);
	pthread_join(thread, &done);
	assert_ptr_equal(done, &replacing);
	assert_int_equal(records, 2 * exchanges);
	assert_int_equal(ids, 1 << 1 | 1 << 2);
	end(&scene);
}

static void test_a_file_in_which_nothing_is_understood_leaves_what_was_there(void **state)
{
	(void)state;
	struct scene scene;
	struct failure failure = { 0 };
	begin(&scene, "domain,a.example,alert,1\n", NULL);
	write_file(indicators, "<html>\n<body>502 Bad Gateway</body>\n");
	assert_int_equal(replace_indicators(scene.sets, &failure), ERROR_INPUT);
	assert_non_null(strstr(failure.words, indicators));
	send_query(&scene, 4000, "a.example");
	assert_int_equal(detection_count(scene.detection).indicators, 1);
	end(&scene);
}

static void test_memory_that_is_not_sealed_or_not_ours_is_refused(void **state)
{
	(void)state;
	struct scene scene;
	struct failure failure = { 0 };
	int open_memory, sealed;
	begin(&scene, "domain,a.example,alert,1\n", NULL);
	assert_int_equal(sealed_new(&open_memory, &failure), OK);
	assert_int_equal(detection_sets_take(scene.sets, DETECTION_INDICATORS, open_memory, &failure), ERROR_INPUT);
	assert_int_equal(sealed_new(&sealed, &failure), OK);
	assert_int_equal(sealed_append(sealed, INDICATOR_FILE_MAGIC "and more", 16, &failure), OK);
	assert_int_equal(sealed_close(sealed, &failure), OK);
	assert_int_equal(detection_sets_take(scene.sets, DETECTION_INDICATORS, sealed, &failure), ERROR_CORRUPT);
	send_query(&scene, 4000, "a.example");
	assert_int_equal(detection_count(scene.detection).indicators, 1);
	end(&scene);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(indicators, sizeof indicators, "%s/indicators", folder);
	snprintf(signatures, sizeof signatures, "%s/signatures", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(indicators);
	unlink(signatures);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_name_that_is_asked_for_meets_its_indicator),
		cmocka_unit_test(test_an_address_meets_its_indicator_once_for_a_flow_with_its_first_packet),
		cmocka_unit_test(test_signatures_look_at_fields_and_payload),
		cmocka_unit_test(test_no_record_is_matched_against_two_sets_while_they_are_replaced),
		cmocka_unit_test(test_a_file_in_which_nothing_is_understood_leaves_what_was_there),
		cmocka_unit_test(test_memory_that_is_not_sealed_or_not_ours_is_refused),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
