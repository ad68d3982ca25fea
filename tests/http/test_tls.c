/*
 * The server with TLS, driven by curl and openssl as real clients; and what it refuses to start with.
 */
#include "tests/http/sample.h"

#include "http/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64], certificate[100], key[100], authority[100], client_certificate[100], client_key[100];
static struct sample sample;
static struct server_settings settings;
static char output[20000];

static int start(void **state)
{
	(void)state;
	struct failure failure = { 0 };
	strcpy(folder, "/tmp/noroshi-tls-XXXXXX");
	if (!mkdtemp(folder) || !sample_certificates(folder))
		return -1;
	snprintf(certificate, sizeof certificate, "%s/server.pem", folder);
	snprintf(key, sizeof key, "%s/server.key", folder);
	snprintf(authority, sizeof authority, "%s/ca.pem", folder);
	snprintf(client_certificate, sizeof client_certificate, "%s/client.pem", folder);
	snprintf(client_key, sizeof client_key, "%s/client.key", folder);
	settings = (struct server_settings){ .listen = "127.0.0.1:0",
		.certificate = certificate,
		.key = key,
		.machines = "127.0.0.1:0",
		.web = SAMPLE_WEB };
	if (!sample_start(&settings, &sample, &failure)) {
		fprintf(stderr, "%s\n", failure.words);
		return -1;
	}
	return 0;
}

static int stop(void **state)
{
	(void)state;
	int code = sample_stop(&sample);
	char command[100];
	snprintf(command, sizeof command, "rm -r '%s'", folder);
	return system(command) != 0 ? -1 : code;
}

/* The output of a shell command with $U, $M (the machines' door), $CA, $CERT, $KEY and $PORT set. */
static const char *run(const char *command)
{
	char all[2000];
	snprintf(all, sizeof all, "U='%s' M='%s' CA='%s' CERT='%s' KEY='%s' PORT=%u; %s 2>&1", sample.address,
	    sample.machines, authority, client_certificate, client_key, sample.port, command);
	FILE *pipe = popen(all, "r");
	assert_non_null(pipe);
	size_t size = fread(output, 1, sizeof output - 1, pipe);
	output[size] = 0;
	pclose(pipe);
	return output;
}

static void expect(const char *got, const char *part)
{
	if (!strstr(got, part))
		fail_msg("expected \"%s\" in: %.2000s", part, got);
}

static void expect_none(const char *got, const char *part)
{
	if (strstr(got, part))
		fail_msg("did not expect \"%s\" in: %.2000s", part, got);
}

static void test_only_tls_1_3_is_spoken(void **state)
{
	(void)state;
	expect(run("curl -si --cacert $CA $U/hello"), "HTTP/1.1 200 OK");
	expect(output, "strict-transport-security: max-age=31536000");
	expect(output, "set-cookie: __Host-noroshi-form=");
	expect(output, "; Secure");
	run("curl -s --tls-max 1.2 --cacert $CA -o /dev/null -w 'code %{http_code}' $U/hello");
	expect(output, "code 000");
	run("curl -s -o /dev/null -w 'code %{http_code}' http://127.0.0.1:$PORT/hello");
	expect_none(output, "code 200");
}

static void test_sessions_are_not_resumed(void **state)
{
	(void)state;
	run("cd /tmp && S=$(mktemp) && (sleep 1) | openssl s_client -connect 127.0.0.1:$PORT -CAfile $CA -sess_out $S; "
	    "(sleep 1) | openssl s_client -connect 127.0.0.1:$PORT -CAfile $CA -sess_in $S; rm -f $S");
	expect_none(output, "Reused,");
	expect_none(output, "Post-Handshake New Session Ticket arrived");
	expect(output, "New, TLSv1.3");
}

static void test_a_certificate_is_asked_for_at_the_door_of_machines_alone(void **state)
{
	(void)state;
	const char *post = "-H 'Content-Type: application/json' -d '{\"name\":\"a\"}'";
	char command[600];
	snprintf(command, sizeof command, "curl -s --cacert $CA --cert $CERT --key $KEY $M/v1/things %s", post);
	expect(run(command), "\"route\":\"thing-make\"");
	expect_none(output, "\"certificate\":null");
	/* By a name too, so that the client says whom it wants (SNI). */
	snprintf(command, sizeof command,
	    "curl -s --cacert $CA --cert $CERT --key $KEY https://localhost:${M##*:}/v1/things %s", post);
	expect_none(run(command), "\"certificate\":null");
	expect(output, "\"route\":\"thing-make\"");
	snprintf(command, sizeof command, "curl -s --cacert $CA $M/v1/things %s", post);
	expect(run(command), "\"certificate\":null");
	snprintf(command, sizeof command, "curl -s --cacert $CA --cert $CERT --key $KEY $U/v1/things %s", post);
	expect(run(command), "\"certificate\":null");
	/* Browsers are asked for nothing. */
	run("(sleep 1) | openssl s_client -connect 127.0.0.1:$PORT -CAfile $CA");
	expect(output, "No client certificate CA names sent");
	run("(sleep 1) | openssl s_client -connect ${M#https://} -CAfile $CA");
	expect(output, "Acceptable client certificate CA names");
	expect(output, "CN = authority");
	run("(sleep 1) | openssl s_client -connect ${M#https://} -servername localhost -CAfile $CA");
	expect(output, "Acceptable client certificate CA names");
}

static void test_a_certificate_of_another_authority_ends_the_handshake(void **state)
{
	(void)state;
	run("cd /tmp && D=$(mktemp -d) && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
	    "-subj /CN=client "
	    "-keyout $D/k -out $D/c 2>/dev/null; curl -s --cacert $CA --cert $D/c --key $D/k -o /dev/null -w 'code "
	    "%{http_code}' $M/v1/machine; "
	    "rm -r $D");
	expect(output, "code 000");
}

static void test_at_the_door_of_machines_there_is_nothing_else(void **state)
{
	(void)state;
	static const char *const others[] = { "/hello", "/v1/large", "/v1/rare", "/v1/stream", "/v1/openapi.json",
		"/web/style.css", "/", "/language" };
	char command[300];
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		snprintf(command, sizeof command,
		    "curl -s -o /dev/null -w 'code %%{http_code}' --cacert $CA --cert $CERT --key $KEY $M%s",
		    others[i]);
		expect(run(command), "code 404");
	}
	expect(run("curl -s --cacert $CA --cert $CERT --key $KEY $M/v1/machine"), "\"route\":\"machine\"");
	expect(run("curl -s --cacert $CA $U/v1/machine"), "\"status\":404");
	/* Neither another method's path nor a token is anything there. */
	expect(run("curl -s -X DELETE --cacert $CA --cert $CERT --key $KEY $M/v1/things"), "\"status\":404");
	expect(run("curl -s --cacert $CA -H 'Authorization: Bearer 0123456789abcdef0123' $M/v1/machine"),
	    "tokens are not taken at this door");
	expect(run("curl -s --cacert $CA -H 'Cookie: __Host-noroshi=0123456789abcdef0123' $M/v1/machine"),
	    "\"session\":null");
	expect(run("head -c 3000000 /dev/zero | curl -s --cacert $CA --cert $CERT --key $KEY --data-binary @- "
		   "$M/v1/batch"),
	    "{\"bytes\":3000000}");
}

static void test_streams_of_megabytes_arrive_over_tls(void **state)
{
	(void)state;
	run("head -c 8000000 /dev/zero | curl -s --cacert $CA -H 'Authorization: Bearer 0123456789abcdef0123' "
	    "--data-binary @- $U/v1/batch");
	expect(output, "{\"bytes\":8000000}");
	run("head -c 20000000 /dev/zero | curl -s --cacert $CA -H 'Authorization: Bearer 0123456789abcdef0123' "
	    "--data-binary @- $U/v1/batch");
	expect(output, "\"status\":413");
}

static void expect_refused(const struct server_settings *wrong, const char *words)
{
	struct sample other;
	struct failure failure = { 0 };
	if (sample_start(wrong, &other, &failure)) {
		sample_stop(&other);
		fail_msg("it started, though: %s", words);
	}
	expect(failure.words, words);
}

static void test_it_does_not_start_beyond_loopback_without_a_key(void **state)
{
	(void)state;
	expect_refused(&(struct server_settings){ .listen = "0.0.0.0:0" }, "a certificate and a key are needed (TLS)");
	expect_refused(&(struct server_settings){ .listen = "[::]:0" }, "a certificate and a key are needed (TLS)");
	expect_refused(
	    &(struct server_settings){ .listen = "192.0.2.1:8443" }, "a certificate and a key are needed (TLS)");
	expect_refused(&(struct server_settings){ .listen = "0.0.0.0:0", .certificate = certificate },
	    "both a certificate and its key");
	expect_refused(&(struct server_settings){ .listen = "127.0.0.1:0", .machines = "127.0.0.1:0" },
	    "the machines' door needs TLS");
	expect_refused(&(struct server_settings){ .listen = "localhost" }, "expected an address and a port");
	expect_refused(&(struct server_settings){ .listen = "127.0.0.1:0", .certificate = "/nonexistent", .key = key },
	    "cannot read /nonexistent");
	expect_refused(
	    &(struct server_settings){ .listen = "127.0.0.1:0", .certificate = certificate, .key = client_key },
	    "cannot use the certificate");
}

static enum error fetch(
    const struct client_settings *how, const char *url, struct client_answer *answer, struct failure *failure)
{
	struct client *client = NULL;
	*failure = (struct failure){ 0 };
	assert_int_equal(client_new(how, &client, failure), OK);
	enum error error = client_request(
	    client, &(struct client_request){ .url = url, .token = "0123456789abcdef0123" }, answer, failure);
	if (!error)
		snprintf(output, sizeof output, "%.*s", (int)answer->body.size, answer->body.at);
	client_free(client);
	return error;
}

static void test_the_client_of_this_house_keeps_to_its_limits(void **state)
{
	(void)state;
	struct client_answer answer;
	struct failure failure;
	char url[300];
	struct client_settings how = { .authorities = authority, .allow_private = true };
	snprintf(url, sizeof url, "%s/v1/things/6e8bc430-9c3a-11d9-9669-0800200c9a66", sample.address);
	assert_int_equal(fetch(&how, url, &answer, &failure), OK);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.etag, "\"12\"");
	assert_string_equal(answer.type, "application/json");
	expect(output, "\"route\":\"thing-read\"");
	how.allow_private = false;
	assert_int_equal(fetch(&how, url, &answer, &failure), ERROR_DENIED);
	expect(failure.words, "connecting to 127.0.0.1 is not allowed");
	assert_int_equal(fetch(&how, "https://localhost:1/", &answer, &failure), ERROR_DENIED);
	assert_int_equal(fetch(&how, "https://[::1]:1/", &answer, &failure), ERROR_DENIED);
	how.allow_private = true;
	assert_int_equal(fetch(&how, "file:///etc/passwd", &answer, &failure), ERROR_INPUT);
	assert_int_equal(fetch(&how, "https://localhost:1/\r\nX: y", &answer, &failure), ERROR_INPUT);
	how.authorities = NULL;
	assert_int_equal(fetch(&how, url, &answer, &failure), ERROR_SYSTEM); /* a certificate of an unknown authority */
	how.authorities = authority;
	how.largest = 1000000;
	snprintf(url, sizeof url, "%s/v1/large", sample.address);
	assert_int_equal(fetch(&how, url, &answer, &failure), ERROR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_tls_1_3_is_spoken),
		cmocka_unit_test(test_sessions_are_not_resumed),
		cmocka_unit_test(test_a_certificate_is_asked_for_at_the_door_of_machines_alone),
		cmocka_unit_test(test_a_certificate_of_another_authority_ends_the_handshake),
		cmocka_unit_test(test_at_the_door_of_machines_there_is_nothing_else),
		cmocka_unit_test(test_streams_of_megabytes_arrive_over_tls),
		cmocka_unit_test(test_it_does_not_start_beyond_loopback_without_a_key),
		cmocka_unit_test(test_the_client_of_this_house_keeps_to_its_limits),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
