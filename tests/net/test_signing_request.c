/*
 * Signing requests as openssl makes them: the right one gives its key, each wrong one its reason.
 */
#include "net/signing_request.h"

#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char pem[20000];

/* What `openssl req` writes with these options. */
static struct text made(const char *options)
{
	char command[500];
	snprintf(command, sizeof command, "exec 2>/dev/null; openssl req -new -nodes -keyout /dev/null %s", options);
	FILE *pipe = popen(command, "r");
	assert_non_null(pipe);
	size_t size = fread(pem, 1, sizeof pem - 1, pipe);
	pem[size] = 0;
	if (pclose(pipe) != 0)
		fail_msg("openssl req %s", options);
	assert_true(size > 0);
	return (struct text){ pem, size };
}

static void refused(struct text text, const char *words)
{
	uint8_t key[MACHINE_KEY];
	struct failure failure = { 0 };
	assert_int_equal(signing_request_read(text, key, &failure), ERROR_INPUT);
	if (!strstr(failure.words, words))
		fail_msg("expected \"%s\" in: %s", words, failure.words);
}

#define P256 "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 "

static void test_a_plain_request_gives_its_key(void **state)
{
	(void)state;
	uint8_t key[MACHINE_KEY], again[MACHINE_KEY];
	char hex[MACHINE_KEY_TEXT];
	struct failure failure = { 0 };
	assert_int_equal(signing_request_read(made(P256 "-subj /"), key, &failure), OK);
	assert_int_equal(key[0], 4);
	hex_format(key, sizeof key, hex);
	assert_true(machine_key_parse(text_of(hex), again));
	assert_memory_equal(key, again, sizeof key);
	hex[20] = hex[20] == '1' ? '2' : '1'; /* then it is no point of the curve, but for one in 2^128 */
	assert_false(machine_key_parse(text_of(hex), NULL));
	assert_false(machine_key_parse(TEXT(""), NULL));
	assert_false(machine_key_parse((struct text){ hex, sizeof hex - 3 }, NULL));
}

static void test_what_asks_for_more_than_a_certificate_is_refused(void **state)
{
	(void)state;
	refused(made(P256 "-subj /CN=other"), "asks for a name");
	refused(made(P256 "-subj / -addext subjectAltName=DNS:other.example"), "asks for extensions");
	refused(made(P256 "-subj / -addext basicConstraints=critical,CA:TRUE"), "asks for extensions");
	refused(made(P256 "-subj / -addext keyUsage=keyCertSign"), "asks for extensions");
}

static void test_other_and_weak_keys_are_refused(void **state)
{
	(void)state;
	refused(made("-newkey rsa:1024 -subj /"), "P-256");
	refused(made("-newkey rsa:2048 -subj /"), "P-256");
	refused(made("-newkey ec -pkeyopt ec_paramgen_curve:secp224r1 -subj /"), "P-256");
	refused(made("-newkey ec -pkeyopt ec_paramgen_curve:secp521r1 -subj /"), "P-256");
	refused(made("-newkey ed25519 -subj /"), "P-256");
}

static void test_what_is_too_large_is_not_looked_at(void **state)
{
	(void)state;
	char large[8000] = "-----BEGIN CERTIFICATE REQUEST-----\n";
	memset(large + strlen(large), 'A', 4000);
	strcat(large, "\n-----END CERTIFICATE REQUEST-----\n");
	refused(text_of(large), "at most 2048 bytes");
}

static void test_only_a_request_and_one_alone_is_read(void **state)
{
	(void)state;
	struct text right = made(P256 "-subj /");
	char around[8000], cut[8000];
	snprintf(around, sizeof around, "hello\n%.3000s", pem);
	refused(text_of(around), "expected one");
	snprintf(around, sizeof around, "%.3000s%.3000s", pem, pem);
	refused(text_of(around), "expected one");
	snprintf(around, sizeof around, "%.3000shello", pem);
	refused(text_of(around), "expected one");
	refused(TEXT(""), "expected one");
	refused(TEXT("-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----"), "expected one");
	for (size_t size = 0; size + 35 < right.size; size++) {
		snprintf(cut, sizeof cut, "%.*s-----END CERTIFICATE REQUEST-----\n", (int)size, pem);
		uint8_t key[MACHINE_KEY];
		assert_int_not_equal(signing_request_read(text_of(cut), key, NULL), OK);
	}
}

/* A key that somebody else holds: the signature must be the request's own. Each byte turned is refused. */
static void test_no_byte_of_it_can_be_changed(void **state)
{
	(void)state;
	struct text right = made(P256 "-subj /");
	for (size_t i = 0; i + 1 < right.size; i++) {
		char changed[2048];
		uint8_t key[MACHINE_KEY];
		memcpy(changed, pem, right.size);
		changed[i] = pem[i] == 'A' ? 'B' : 'A';
		if (signing_request_read((struct text){ changed, right.size }, key, NULL) == OK)
			fail_msg("byte %zu of %s", i, pem);
	}
}

/* What Base64 and DER would pass over: bits that pad the last digit, bytes behind the end, other line breaks. */
static void test_a_request_has_one_spelling(void **state)
{
	(void)state;
	char other[8000];
	made(P256 "-subj / -outform DER | (cat; printf x) | base64 -w 64");
	snprintf(other, sizeof other, "-----BEGIN CERTIFICATE REQUEST-----\n%.3000s-----END CERTIFICATE REQUEST-----\n",
	    pem);
	refused(text_of(other), "nothing else");
	made(P256 "-subj / -outform DER | base64 -w 60");
	snprintf(other, sizeof other, "-----BEGIN CERTIFICATE REQUEST-----\n%.3000s-----END CERTIFICATE REQUEST-----\n",
	    pem);
	refused(text_of(other), "nothing else");
	made(P256 "-subj / | sed 's/$/\\r/'");
	refused(text_of(pem), "nothing else");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_plain_request_gives_its_key),
		cmocka_unit_test(test_what_asks_for_more_than_a_certificate_is_refused),
		cmocka_unit_test(test_other_and_weak_keys_are_refused),
		cmocka_unit_test(test_what_is_too_large_is_not_looked_at),
		cmocka_unit_test(test_only_a_request_and_one_alone_is_read),
		cmocka_unit_test(test_no_byte_of_it_can_be_changed),
		cmocka_unit_test(test_a_request_has_one_spelling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
