/*
 * Signatures: what each option means, on payload and fields of our own; what is remembered; what is skipped, and how
 * that is said.
 */
#include "signatures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct flow tcp(void)
{
	return scene_flow(6, "10.0.0.5", 40000, "198.51.100.7", 80);
}

static struct flow udp(void)
{
	return scene_flow(17, "10.0.0.5", 40000, "198.51.100.7", 53);
}

/* Whether a rule with these options is met by a datagram from the client. */
static bool is_met(const char *options, const char *payload)
{
	struct scene scene;
	struct flow flow = udp();
	char rule[2048];
	snprintf(rule, sizeof rule, "alert udp any any -> any any (msg:\"m\"; %s sid:7;)", options);
	scene_begin(&scene, rule, true);
	scene_payload(&scene, &flow, SIDE_CLIENT, 0, payload, strlen(payload));
	bool met = scene_met(&scene) == 7;
	scene_end(&scene);
	return met;
}

static void test_options_of_content_mean_what_they_say(void **state)
{
	(void)state;
	static const struct {
		const char *options, *payload;
		bool met;
	} cases[] = {
		{ "content:\"abc\";", "xxabcxx", true },
		{ "content:\"abc\";", "xxABCxx", false },
		{ "content:\"aBc\"; nocase;", "xxAbCxx", true },
		{ "content:\"a|42 63|d\";", "xaBcdx", true },
		{ "content:\"|3b|\\;\\\"\\\\\";", "x;;\"\\x", true },
		{ "content:!\"abc\";", "xxabx", true },
		{ "content:!\"abc\";", "xxabcx", false },
		{ "content:\"abc\"; depth:5;", "xxabc", true },
		{ "content:\"abc\"; depth:4;", "xxabc", false },
		{ "content:\"abc\"; offset:2;", "xxabc", true },
		{ "content:\"abc\"; offset:3;", "xxabc", false },
		{ "content:\"abc\"; offset:1; depth:4;", "xxabc", true },
		{ "content:\"abc\"; offset:1; depth:3;", "xxabc", false },
		{ "content:\"abc\"; startswith;", "abcx", true },
		{ "content:\"abc\"; startswith;", "xabc", false },
		{ "content:\"abc\"; endswith;", "abcxabc", true },
		{ "content:\"abc\"; endswith;", "abcx", false },
		{ "content:\"ab\"; content:\"cd\"; distance:1;", "abxcd", true },
		{ "content:\"ab\"; content:\"cd\"; distance:1;", "abcd", false },
		{ "content:\"ab\"; content:\"cd\"; distance:0;", "cdab", false },
		{ "content:\"ab\"; content:\"cd\"; distance:-4;", "cdab", true },
		{ "content:\"ab\"; content:\"cd\"; within:2;", "abcd", true },
		{ "content:\"ab\"; content:\"cd\"; within:2;", "abxcd", false },
		{ "content:\"ab\"; content:\"cd\"; distance:1; within:2;", "abxcd", true },
		{ "content:\"ab\"; content:\"cd\"; distance:1; within:2;", "abxxcd", false },
		{ "content:\"ab\"; content:\"cd\"; within:2;", "abxabcd", true }, /* at the second place */
		{ "content:\"a\"; content:\"b\"; within:1; content:\"c\"; within:1;", "abxabababc", true },
		{ "content:\"ab\"; content:!\"cd\"; within:2;", "abcdab", true },
		{ "content:\"ab\"; content:!\"cd\"; within:2;", "abcd", false },
		{ "content:\"ab\"; content:!\"x\"; content:\"cd\"; distance:0;", "abcd", true },
		{ "content:\"abc\"; fast_pattern; content:\"longer content\";", "abc, longer content", true },
		{ "content:\"ab\"; isdataat:2,relative;", "abxyz", true },
		{ "content:\"ab\"; isdataat:2,relative;", "abxy", false },
		{ "content:\"ab\"; isdataat:!1,relative;", "xab", true },
		{ "isdataat:3;", "abcd", true },
		{ "isdataat:4;", "abcd", false },
		{ "dsize:4;", "abcd", true },
		{ "dsize:>4;", "abcd", false },
		{ "dsize:3<>5;", "abcd", true },
		{ "dsize:!4;", "abcd", false },
		{ "byte_test:2,=,0x6162,0;", "abcd", true },
		{ "byte_test:2,=,0x6261,0,little;", "abcd", true },
		{ "byte_test:1,!=,0x61,0;", "abcd", false },
		{ "byte_test:1,&,1,1;", "abcd", false },
		{ "byte_test:3,>,99,1,string,dec;", "x100y", true },
		{ "content:\"x\"; byte_test:3,<,100,0,relative,string;", "x100y", false },
		{ "byte_test:8,=,1,0;", "short", false },
		{ "pcre:\"/a+b/\";", "xaaab", true },
		{ "pcre:\"/A+B/i\";", "xaaab", true },
		{ "pcre:!\"/a+b/\";", "xaaab", false },
		{ "content:\"x\"; pcre:\"/^aaa/R\";", "xaaab", true },
		{ "content:\"x\"; pcre:\"/^aaa/R\";", "xbaaa", false },
		{ "content:\"x\"; pcre:\"/^a/R\"; content:\"z\"; within:1;", "xabxaz", true },
		{ "pcre:\"/b/\"; content:\"c\"; within:1;", "bxbc", true },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (is_met(cases[i].options, cases[i].payload) != cases[i].met)
			fail_msg("%s on %s", cases[i].options, cases[i].payload);
}

static void test_headers_hold_addresses_ports_and_directions(void **state)
{
	(void)state;
	static const struct {
		const char *header;
		bool to_server, to_client;
	} cases[] = {
		{ "udp any any -> any any", true, true },
		{ "ip any any -> any 53", true, false },
		{ "udp any 53 -> any any", false, true },
		{ "udp any any <> any 53", true, true },
		{ "tcp any any -> any any", false, false },
		{ "udp $HOME_NET any -> $EXTERNAL_NET any", true, false },
		{ "udp [10.0.0.0/8,!10.0.0.5] any -> any any", false, false },
		{ "udp [10.0.0.0/8, !10.0.0.6] any -> any ![80,1024:]", true, false },
		{ "udp !198.51.100.0/24 any -> any 50:60", true, false },
		{ "udp any any -> any :52", false, false },
		{ "udp !$EXTERNAL_NET any -> any $DNS", true, false },
		{ "dns any any -> any any", true, true },
		{ "http any any -> any any", false, false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (int side = 0; side < 2; side++) {
			struct scene scene;
			struct flow flow = udp();
			char rule[512];
			const char *ports = strstr(cases[i].header, "$DNS");
			snprintf(rule, sizeof rule, "alert %.*s%s (content:\"a\"; sid:7;)",
			    (int)(ports ? ports - cases[i].header : (ptrdiff_t)strlen(cases[i].header)),
			    cases[i].header, ports ? "[53,853]" : "");
			flow.protocol = PROTOCOL_DNS;
			scene_begin(&scene, rule, true);
			scene_payload(&scene, &flow, (enum side)side, 0, "a", 1);
			if ((scene_met(&scene) == 7) != (side ? cases[i].to_client : cases[i].to_server))
				fail_msg("%s from side %d", rule, side);
			scene_end(&scene);
		}
}

static void test_flow_says_direction_and_state(void **state)
{
	(void)state;
	struct scene scene;
	struct flow flow = tcp();
	scene_begin(&scene,
	    "alert tcp any any -> any any (flow:to_server,established; content:\"one\"; sid:1;)\n"
	    "alert tcp any any -> any any (flow:from_server; content:\"two\"; sid:2;)\n"
	    "alert tcp any any -> any any (flow:not_established; content:\"three\"; sid:3;)\n",
	    true);
	scene_payload(&scene, &flow, SIDE_CLIENT, 0, "one two three", 13);
	assert_int_equal(scene_met(&scene), 1);
	scene_payload(&scene, &flow, SIDE_SERVER, 0, "one two three", 13);
	assert_int_equal(scene_met(&scene), 2);
	assert_int_equal(scene.from, SIDE_SERVER);
	flow.id = 2;
	flow.state = FLOW_NEW;
	scene_payload(&scene, &flow, SIDE_CLIENT, 0, "one two three", 13);
	assert_int_equal(scene_met(&scene), 3);
	scene_end(&scene);
}

static void test_payload_of_a_stream_is_met_however_it_is_cut_and_once(void **state)
{
	(void)state;
	struct scene scene;
	static const char rule[] = "alert tcp any any -> any any (content:\"first\"; content:\"second\"; distance:0; "
				   "within:300; content:\"START\"; startswith; sid:7;)";
	char stream[2000];
	memset(stream, '.', sizeof stream);
	memcpy(stream, "START", 5);
	memcpy(stream + 200, "first", 5);
	memcpy(stream + 450, "second", 6);
	scene_begin(&scene, rule, true);
	srandom(11);
	for (uint64_t round = 1; round <= 300; round++) {
		struct flow flow = tcp();
		flow.id = round;
		size_t most = round < 10 ? round : 1 + (size_t)random() % 700;
		for (size_t at = 0, size; at < sizeof stream; at += size) {
			size = 1 + (size_t)random() % most;
			size = size < sizeof stream - at ? size : sizeof stream - at;
			scene_payload(&scene, &flow, SIDE_CLIENT, at, stream + at, size);
		}
		assert_int_equal(scene_met(&scene), 7);
		signature_matcher_flow_over(scene.matcher, &flow);
	}
	/* bytes that were not seen lie between: no match over the gap, and offsets go on */
	struct flow flow = tcp();
	flow.id = 1000;
	scene_payload(&scene, &flow, SIDE_CLIENT, 0, "START first ", 12);
	scene_payload(&scene, &flow, SIDE_CLIENT, 100, "second", 6);
	assert_int_equal(scene_met(&scene), 0);
	scene_end(&scene);
}

static void test_fields_are_looked_at_by_their_names(void **state)
{
	(void)state;
	struct scene scene;
	struct flow flow = tcp();
	flow.protocol = PROTOCOL_HTTP;
	scene_begin(&scene,
	    "alert http any any -> any any (http.uri; content:\"/admin\"; startswith; sid:1;)\n"
	    "alert http any any -> any any (content:\"evil\"; http_user_agent; nocase; sid:2;)\n"
	    "alert dns any any -> any any (dns.query; content:\"bad.example\"; nocase; bsize:11; sid:3;)\n"
	    "alert tls any any -> any any (tls.sni; content:\".bad.example\"; endswith; sid:4;)\n"
	    "alert tls any any -> any any (tls.cert_fingerprint; content:\"aa:bb:cc\"; sid:5;)\n"
	    "alert http any any -> any any (flow:to_client; http.header; content:\"Server|3a| x\"; sid:6;)\n"
	    "alert tls any any -> any any (ja4.hash; content:\"t13d\"; pcre:\"/_[0-9a-f]{12}$/\"; sid:8;)\n"
	    "alert http any any -> any any (http.method; pcre:\"/^(PUT|DELETE)$/\"; sid:9;)\n",
	    true);
	assert_true(signature_set_wants(scene.set, FIELD_HTTP_RESPONSE_HEADER));
	assert_false(signature_set_wants(scene.set, FIELD_HTTP_REQUEST_HEADER));
	scene_field(&scene, &flow, FIELD_HTTP_URI, "/admin/x");
	assert_int_equal(scene_met(&scene), 1);
	assert_int_equal(scene.from, SIDE_CLIENT);
	scene_field(&scene, &flow, FIELD_HTTP_URI, "/x/admin");
	scene_field(&scene, &flow, FIELD_HTTP_HOST, "/admin");
	assert_int_equal(scene_met(&scene), 0);
	scene_field(&scene, &flow, FIELD_HTTP_USER_AGENT, "An EVIL agent");
	assert_int_equal(scene_met(&scene), 2);
	scene_field(&scene, &flow, FIELD_HTTP_REQUEST_HEADER, "Server: x");
	assert_int_equal(scene_met(&scene), 0);
	scene_field(&scene, &flow, FIELD_HTTP_RESPONSE_HEADER, "Server: x");
	assert_int_equal(scene_met(&scene), 6);
	assert_int_equal(scene.from, SIDE_SERVER);
	scene_field(&scene, &flow, FIELD_HTTP_METHOD, "DELETE");
	assert_int_equal(scene_met(&scene), 9);
	flow.protocol = PROTOCOL_DNS;
	scene_field(&scene, &flow, FIELD_DNS_QUERY, "BAD.example");
	assert_int_equal(scene_met(&scene), 3);
	scene_field(&scene, &flow, FIELD_DNS_QUERY, "x.bad.example");
	assert_int_equal(scene_met(&scene), 0);
	flow.protocol = PROTOCOL_TLS;
	scene_field(&scene, &flow, FIELD_TLS_SNI, "www.bad.example");
	assert_int_equal(scene_met(&scene), 4);
	scene_field(&scene, &flow, FIELD_TLS_CERTIFICATE_SHA1, "00aabbcc");
	assert_int_equal(scene_met(&scene), 5);
	scene_field(&scene, &flow, FIELD_TLS_JA4, "t13d1516h2_8daaf6152771_b186095e22b6");
	assert_int_equal(scene_met(&scene), 8);
	scene_end(&scene);
}

static void test_several_fields_are_of_one_record(void **state)
{
	(void)state;
	struct scene scene;
	struct flow flow = tcp();
	flow.protocol = PROTOCOL_HTTP;
	scene_begin(&scene,
	    "alert http any any -> any any (content:\"POST\"; http_method; content:\"/login\"; http_uri; "
	    "content:\".php\"; http_uri; distance:0; http.request_body; content:\"admin\"; sid:1;)\n",
	    true);
	scene_field(&scene, &flow, FIELD_HTTP_METHOD, "POST");
	scene_field(&scene, &flow, FIELD_HTTP_URI, "/login.php");
	scene_field(&scene, &flow, FIELD_HTTP_REQUEST_BODY, "user=admin");
	assert_int_equal(scene_met(&scene), 0);
	scene_end(&scene);
}

static void test_flowbits_join_signatures_of_one_flow(void **state)
{
	(void)state;
	struct scene scene;
	struct flow flow = tcp(), other = tcp();
	other.id = 2;
	scene_begin(&scene,
	    "alert tcp any any -> any any (flowbits:isset,login|other; content:\"data\"; sid:2;)\n"
	    "alert tcp any any -> any any (content:\"user\"; flowbits:set,login; flowbits:noalert; sid:1;)\n"
	    "alert tcp any any -> any any (content:\"quit\"; flowbits:isnotset,login; sid:3;)\n"
	    "alert tcp any any -> any any (content:\"reset\"; flowbits:unset,login; noalert; sid:4;)\n",
	    true);
	scene_payload(&scene, &flow, SIDE_CLIENT, 0, "data", 4);
	assert_int_equal(scene_met(&scene), 0);
	scene_payload(&scene, &flow, SIDE_CLIENT, 4, "user", 4);
	assert_int_equal(scene_met(&scene), 2); /* the data are still there */
	scene_payload(&scene, &other, SIDE_CLIENT, 0, "data", 4);
	assert_int_equal(scene_met(&scene), 0);
	scene_payload(&scene, &flow, SIDE_SERVER, 0, "data", 4);
	assert_int_equal(scene_met(&scene), 2);
	scene_payload(&scene, &flow, SIDE_SERVER, 4, "quit", 4);
	assert_int_equal(scene_met(&scene), 0);
	scene_payload(&scene, &flow, SIDE_SERVER, 8, "reset", 5);
	scene_payload(&scene, &flow, SIDE_SERVER, 13, "x", 1);
	assert_int_equal(scene_met(&scene), 3);
	scene_end(&scene);
}

/* Alerts of `times` datagrams, `apart` nanoseconds from each other. */
static unsigned alerts_of(const char *option, unsigned times, nanoseconds apart)
{
	struct scene scene;
	char rule[512];
	unsigned alerts = 0;
	snprintf(rule, sizeof rule, "alert udp any any -> any any (content:\"a\"; %s sid:7;)", option);
	scene_begin(&scene, rule, true);
	for (unsigned i = 0; i < times; i++) {
		struct flow flow = udp();
		flow.id = i + 1;
		scene_payload(&scene, &flow, SIDE_CLIENT, 0, "a", 1);
		alerts += scene_met(&scene) == 7;
		scene.now += apart;
	}
	scene_end(&scene);
	return alerts;
}

static void test_thresholds_count_within_their_seconds(void **state)
{
	(void)state;
	assert_int_equal(alerts_of("", 20, SECOND), 20);
	assert_int_equal(alerts_of("threshold:type limit, track by_src, count 3, seconds 10;", 20, SECOND), 6);
	assert_int_equal(alerts_of("threshold:type threshold,track by_dst,count 5,seconds 60;", 20, SECOND), 4);
	assert_int_equal(alerts_of("threshold:type both, track by_src, count 5, seconds 10;", 20, SECOND), 2);
	assert_int_equal(alerts_of("threshold:type both, track by_rule, count 5, seconds 3;", 20, SECOND), 0);
	assert_int_equal(alerts_of("detection_filter:track by_src, count 15, seconds 60;", 20, SECOND), 5);
}

static void test_thresholds_are_of_each_address(void **state)
{
	(void)state;
	struct scene scene;
	scene_begin(&scene,
	    "alert udp any any -> any any (content:\"a\"; threshold:type limit, track by_src, count 1, seconds 60; "
	    "sid:7;)",
	    true);
	for (int i = 0; i < 40; i++) {
		struct flow flow = udp();
		flow.id = (uint64_t)i + 1;
		flow.ends[0].address.bytes[15] = (uint8_t)(i % 10);
		scene_payload(&scene, &flow, SIDE_CLIENT, 0, "a", 1);
		assert_int_equal(scene_met(&scene), i < 10 ? 7 : 0);
	}
	scene_end(&scene);
}

static void test_records_of_no_flow_share_no_flowbits(void **state)
{
	(void)state;
	struct scene scene;
	struct flow flow = tcp();
	flow.id = 0;
	scene_begin(&scene,
	    "alert dns any any -> any any (dns.query; content:\"first\"; flowbits:set,seen; flowbits:noalert; sid:1;)\n"
	    "alert dns any any -> any any (dns.query; content:\"second\"; flowbits:isset,seen; sid:2;)",
	    true);
	flow.protocol = PROTOCOL_DNS;
	for (uint64_t id = 5; id != UINT64_MAX; id = id ? 0 : UINT64_MAX) {
		flow.id = id;
		scene_field(&scene, &flow, FIELD_DNS_QUERY, "first.example");
		if (!id)
			signature_matcher_flow_over(scene.matcher, &flow);
		scene_field(&scene, &flow, FIELD_DNS_QUERY, "second.example");
		assert_int_equal(scene_met(&scene), id ? 2 : 0);
	}
	scene_end(&scene);
}

static void test_what_is_remembered_is_bounded(void **state)
{
	(void)state;
	struct scene scene;
	scene_begin(&scene,
	    "alert tcp any any -> any any (content:\"ab\"; threshold:type limit, track by_src, count 1, seconds 60; "
	    "sid:7;)",
	    true);
	signature_matcher_free(scene.matcher);
	scene.matcher = signature_matcher_new(&(struct signature_settings){ .flows = 64, .counts = 64 });
	for (uint64_t i = 1; i <= 1000; i++) {
		struct flow flow = tcp();
		flow.id = i;
		memcpy(flow.ends[0].address.bytes + 12, &i, 4);
		scene_payload(&scene, &flow, SIDE_CLIENT, 0, "a", 1);
		scene_payload(&scene, &flow, SIDE_CLIENT, 1, "b", 1);
		assert_int_equal(scene_met(&scene), 7);
		scene.now += MILLISECOND;
	}
	struct signature_matcher_counts counts = signature_matcher_count(scene.matcher);
	assert_int_equal(counts.flows_forgotten, 1000 - 64);
	assert_int_equal(counts.counts_forgotten, 1000 - 64);
	scene_end(&scene);
}

static void test_hard_work_is_given_up_and_counted(void **state)
{
	(void)state;
	struct scene scene;
	struct flow flow = udp();
	char payload[8000];
	memset(payload, 'a', sizeof payload);
	scene_begin(&scene,
	    "alert udp any any -> any any (content:\"a\"; content:\"a\"; distance:1; content:\"a\"; distance:1; "
	    "content:\"b\"; distance:1; sid:1;)\n"
	    "alert udp any any -> any any (content:\"aa\"; pcre:\"/(a+)+b/\"; sid:2;)\n",
	    true);
	scene_payload(&scene, &flow, SIDE_CLIENT, 0, payload, sizeof payload);
	assert_int_equal(scene_met(&scene), 0);
	assert_true(signature_matcher_count(scene.matcher).exhausted >= 1);
	scene_end(&scene);
}

static void test_pass_keeps_what_comes_behind_it_from_alerting(void **state)
{
	(void)state;
	struct scene scene;
	struct flow flow = udp();
	scene_begin(&scene,
	    "alert udp any any -> any any (content:\"a\"; sid:1;)\n"
	    "pass udp 10.0.0.5 any -> any any (content:\"good\"; sid:2;)\n",
	    true);
	scene_payload(&scene, &flow, SIDE_CLIENT, 0, "a good one", 10);
	assert_int_equal(scene_met(&scene), 0);
	scene_payload(&scene, &flow, SIDE_CLIENT, 0, "a bad one", 9);
	assert_int_equal(scene_met(&scene), 1);
	scene_end(&scene);
}

static void test_rules_that_are_not_understood_are_skipped_with_a_reason(void **state)
{
	(void)state;
	static const struct {
		const char *rule, *why;
	} cases[] = {
		{ "alert tcp any any -> any any (content:\"a\"; lua:x.lua; sid:1;)", "keyword \"lua\"" },
		{ "explode tcp any any -> any any (sid:1;)", "action \"explode\"" },
		{ "alert xyz any any -> any any (sid:1;)", "protocol \"xyz\"" },
		{ "alert tcp $NOWHERE any -> any any (sid:1;)", "no such variable" },
		{ "alert tcp any 99999 -> any any (sid:1;)", "99999" },
		{ "alert tcp any any >> any any (sid:1;)", "->" },
		{ "alert tcp any any -> any any (content:\"a\"; sid:1)", "semicolon" },
		{ "alert tcp any any -> any any content:\"a\";", "parentheses" },
		{ "alert tcp any any -> any any (content:\"a\";)", "no sid" },
		{ "alert tcp any any -> any any (content:\"|4|\"; sid:1;)", "malformed" },
		{ "alert tcp any any -> any any (content:\"abc\"; depth:2; sid:1;)", "depth" },
		{ "alert tcp any any -> any any (nocase; sid:1;)", "no content before it" },
		{ "alert tcp any any -> any any (content:\"a\"; offset:1; distance:1; sid:1;)", "do not go with" },
		{ "alert tcp any any -> any any (pcre:\"/(/\"; sid:1;)", "pcre" },
		{ "alert tcp any any -> any any (pcre:\"/a/U\"; sid:1;)", "flag U" },
		{ "alert tcp any any -> any any (content:\"a\"; http.uri; content:\"b\"; sid:1;)",
		    "not read together" },
		{ "alert http any any -> any any (flow:to_client; http.uri; content:\"b\"; sid:1;)", "directions" },
		{ "alert tcp any any -> any any (threshold:type limit, count 1; sid:1;)", "needed" },
		{ "alert tcp any any -> any any (flowbits:set; sid:1;)", "flowbits" },
		{ "alert tcp any any -> any any (bsize:1; sid:1;)", "no buffer" },
		{ "alert", "protocol" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct scene scene;
		char rules[1024];
		snprintf(rules, sizeof rules,
		    "# a comment\n%s\nalert udp any any -> any any \\\n (content:\"x\"; sid:9;)\n", cases[i].rule);
		scene_begin(&scene, rules, false);
		assert_int_equal(scene.skipped, 1);
		assert_int_equal(scene.skipped_line, 2);
		if (!strstr(scene.why, cases[i].why))
			fail_msg("%s: %s", cases[i].rule, scene.why);
		assert_int_equal(signature_set_count(scene.set).read, 1);
		scene_end(&scene);
	}
}

static void test_of_equal_numbers_the_highest_revision_counts(void **state)
{
	(void)state;
	struct scene scene;
	struct flow flow = udp();
	scene_begin(&scene,
	    "alert udp any any -> any any (content:\"one\"; sid:1; rev:1;)\n"
	    "alert udp any any -> any any (content:\"three\"; sid:1; rev:3;)\n"
	    "alert udp any any -> any any (content:\"two\"; sid:1; rev:2;)\n"
	    "alert udp any any -> any any (content:\"two\"; gid:5; sid:1; rev:2;)\n",
	    true);
	assert_int_equal(signature_set_count(scene.set).read, 2);
	assert_int_equal(signature_set_count(scene.set).repeated, 2);
	scene_payload(&scene, &flow, SIDE_CLIENT, 0, "one", 3);
	assert_int_equal(scene_met(&scene), 0);
	scene_payload(&scene, &flow, SIDE_CLIENT, 0, "three", 5);
	assert_int_equal(scene_met(&scene), 1);
	scene_end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options_of_content_mean_what_they_say),
		cmocka_unit_test(test_headers_hold_addresses_ports_and_directions),
		cmocka_unit_test(test_flow_says_direction_and_state),
		cmocka_unit_test(test_payload_of_a_stream_is_met_however_it_is_cut_and_once),
		cmocka_unit_test(test_fields_are_looked_at_by_their_names),
		cmocka_unit_test(test_several_fields_are_of_one_record),
		cmocka_unit_test(test_flowbits_join_signatures_of_one_flow),
		cmocka_unit_test(test_thresholds_count_within_their_seconds),
		cmocka_unit_test(test_thresholds_are_of_each_address),
		cmocka_unit_test(test_records_of_no_flow_share_no_flowbits),
		cmocka_unit_test(test_what_is_remembered_is_bounded),
		cmocka_unit_test(test_hard_work_is_given_up_and_counted),
		cmocka_unit_test(test_pass_keeps_what_comes_behind_it_from_alerting),
		cmocka_unit_test(test_rules_that_are_not_understood_are_skipped_with_a_reason),
		cmocka_unit_test(test_of_equal_numbers_the_highest_revision_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
