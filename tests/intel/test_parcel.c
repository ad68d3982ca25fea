/*
 * Sealed files: what is sealed opens for whom it is and nobody else; a file in which any byte is another does not; and
 * what a file is to the chain it belongs to.
 */
#include "intel/parcel_chain.h"
#include "intel/parcel_form.h"

#include "base/file.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW ((nanoseconds)1800000000 * SECOND)
#define CONTENT TEXT("{\"parcel\":1}\n")

static char folder[] = "/tmp/noroshi-parcel-XXXXXX";

static const char *in(const char *name)
{
	static char paths[8][300];
	static unsigned turn;
	char *path = paths[turn++ % 8];
	snprintf(path, sizeof paths[0], "%s/%s", folder, name);
	return path;
}

struct issued {
	EVP_PKEY *key;
	X509 *certificate;
};
static struct issued authority;

static void extend(X509 *certificate, X509 *issuer, int number, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	X509_EXTENSION *made = X509V3_EXT_conf_nid(NULL, &context, number, value);
	assert_non_null(made);
	assert_int_equal(X509_add_ext(certificate, made, -1), 1);
	X509_EXTENSION_free(made);
}

/* A certificate as the centre's authority signs them, and its files NAME.key and NAME.pem. */
static struct issued issue(const char *name, EVP_PKEY *key, nanoseconds from, nanoseconds to, const char *use)
{
	static long serial;
	struct issued issued = { key, X509_new() };
	X509 *made = issued.certificate;
	assert_non_null(key);
	X509_set_version(made, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
	ASN1_TIME_set(X509_getm_notBefore(made), (time_t)(from / SECOND));
	ASN1_TIME_set(X509_getm_notAfter(made), (time_t)(to / SECOND));
	X509_NAME_add_entry_by_txt(
	    X509_get_subject_name(made), "O", MBSTRING_UTF8, (const uint8_t *)"alpha", -1, -1, 0);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8, (const uint8_t *)name, -1, -1, 0);
	X509 *issuer = authority.certificate ? authority.certificate : made;
	X509_set_issuer_name(made, X509_get_subject_name(issuer));
	X509_set_pubkey(made, key);
	extend(made, issuer, NID_basic_constraints, authority.key ? "critical,CA:FALSE" : "critical,CA:TRUE");
	extend(made, issuer, NID_key_usage, use);
	if (authority.key)
		extend(made, issuer, NID_ext_key_usage, "clientAuth");
	assert_true(X509_sign(made, authority.key ? authority.key : key, EVP_sha256()) > 0);
	char path[400];
	snprintf(path, sizeof path, "%s.key", in(name));
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fchmod(fileno(file), 0600);
	PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	fclose(file);
	snprintf(path, sizeof path, "%s.pem", in(name));
	file = fopen(path, "w");
	assert_non_null(file);
	PEM_write_X509(file, made);
	fclose(file);
	return issued;
}

#define BOTH "critical,digitalSignature,keyAgreement"

static int make_all(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		bool rsa;
		nanoseconds from, to;
		const char *use;
	} certificates[] = {
		{ "sender", false, NOW - DAY, NOW + DAY, BOTH },
		{ "recipient", false, NOW - DAY, NOW + DAY, BOTH },
		{ "other", false, NOW - DAY, NOW + DAY, BOTH },
		{ "expired", false, NOW - DAY, NOW - HOUR, BOTH },
		{ "later", false, NOW + HOUR, NOW + DAY, BOTH },
		{ "signs", false, NOW - DAY, NOW + DAY, "critical,digitalSignature" },
		{ "rsa", true, NOW - DAY, NOW + DAY, "critical,digitalSignature,keyEncipherment" },
	};
	assert_non_null(mkdtemp(folder));
	authority = issue("authority", EVP_EC_gen("P-256"), NOW - DAY, NOW + DAY, "critical,keyCertSign");
	for (size_t i = 0; i < sizeof certificates / sizeof *certificates; i++) {
		struct issued issued =
		    issue(certificates[i].name, certificates[i].rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"),
			certificates[i].from, certificates[i].to, certificates[i].use);
		EVP_PKEY_free(issued.key);
		X509_free(issued.certificate);
	}
	/* Signed by nobody that is trusted, with the sender's name. */
	struct issued kept = authority, forged;
	authority = (struct issued){ EVP_EC_gen("P-256"), kept.certificate };
	assert_int_equal(rename(in("sender.key"), in("true.key")), 0);
	assert_int_equal(rename(in("sender.pem"), in("true.pem")), 0);
	forged = issue("sender", EVP_EC_gen("P-256"), NOW - DAY, NOW + DAY, BOTH);
	assert_int_equal(rename(in("sender.key"), in("forged.key")), 0);
	assert_int_equal(rename(in("sender.pem"), in("forged.pem")), 0);
	assert_int_equal(rename(in("true.key"), in("sender.key")), 0);
	assert_int_equal(rename(in("true.pem"), in("sender.pem")), 0);
	EVP_PKEY_free(forged.key);
	X509_free(forged.certificate);
	EVP_PKEY_free(authority.key);
	authority = kept;
	return 0;
}

static int remove_all(void **state)
{
	(void)state;
	char command[400];
	EVP_PKEY_free(authority.key);
	X509_free(authority.certificate);
	snprintf(command, sizeof command, "rm -r '%s'", folder);
	return system(command);
}

static struct parcel_cms *party(const char *name, const char *to, const char *from)
{
	char key[400], certificate[400], other[400];
	struct parcel_cms *cms = NULL;
	struct failure failure = { 0 };
	snprintf(key, sizeof key, "%s.key", in(name));
	snprintf(certificate, sizeof certificate, "%s.pem", in(name));
	snprintf(other, sizeof other, "%s.pem", in(to ? to : ""));
	struct parcel_parties parties = { .key = key,
		.certificate = certificate,
		.other = to ? other : NULL,
		.authority = to ? NULL : in("authority.pem"),
		.from = from };
	if (parcel_cms_open(&parties, &cms, &failure))
		fail_msg("%s", failure.words);
	return cms;
}

static struct builder sealed(const char *from, const char *to, struct text content)
{
	struct builder file = { 0 };
	struct failure failure = { 0 };
	struct parcel_cms *cms = party(from, to, NULL);
	if (parcel_cms_seal(cms, content, NOW, &file, &failure))
		fail_msg("%s", failure.words);
	parcel_cms_free(cms);
	return file;
}

static enum error unseal(const char *who, const char *from, struct text file, nanoseconds now, struct builder *content)
{
	struct failure failure = { 0 };
	struct parcel_cms *cms = party(who, NULL, from);
	enum error error = parcel_cms_unseal(cms, file, now, content, &failure);
	assert_true(!error || failure.words[0]);
	assert_true(!error || content->size == 0);
	parcel_cms_free(cms);
	return error;
}

static enum error opens(const char *who, const char *from, const struct builder *file, nanoseconds now)
{
	struct builder content = { 0 };
	enum error error = unseal(who, from, (struct text){ file->at, file->size }, now, &content);
	if (!error)
		assert_true(text_equal((struct text){ content.at, content.size }, CONTENT));
	builder_free(&content);
	return error;
}

static void test_a_file_opens_for_its_recipient_alone(void **state)
{
	(void)state;
	struct builder file = sealed("sender", "recipient", CONTENT);
	assert_int_equal(opens("recipient", "alpha/sender", &file, NOW), OK);
	assert_int_equal(opens("other", "alpha/sender", &file, NOW), ERROR_DENIED);
	assert_int_equal(opens("sender", "alpha/sender", &file, NOW), ERROR_DENIED);
	assert_int_equal(opens("recipient", "alpha/other", &file, NOW), ERROR_DENIED);
	assert_int_equal(opens("recipient", "sender", &file, NOW), ERROR_DENIED);
	assert_int_equal(text_find((struct text){ file.at, file.size }, TEXT("parcel")), -1);
	builder_free(&file);
	file = sealed("sender", "rsa", CONTENT);
	assert_int_equal(opens("rsa", "alpha/sender", &file, NOW), OK);
	builder_free(&file);
	file = sealed("rsa", "recipient", CONTENT);
	assert_int_equal(opens("recipient", "alpha/rsa", &file, NOW), OK);
	builder_free(&file);
}

static void test_certificates_count_in_their_time_and_for_their_use(void **state)
{
	(void)state;
	static const struct {
		const char *from, *to;
	} pairs[] = { { "expired", "recipient" }, { "later", "recipient" }, { "sender", "expired" },
		{ "sender", "later" }, { "sender", "signs" } };
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct builder file = { 0 };
		struct failure failure = { 0 };
		struct parcel_cms *cms = party(pairs[i].from, pairs[i].to, NULL);
		assert_int_equal(parcel_cms_seal(cms, CONTENT, NOW, &file, &failure), ERROR_DENIED);
		assert_int_equal(file.size, 0);
		builder_free(&file);
		parcel_cms_free(cms);
	}
	struct builder file = sealed("sender", "recipient", CONTENT);
	assert_int_equal(opens("recipient", "alpha/sender", &file, NOW + DAY - MINUTE), OK);
	assert_int_equal(opens("recipient", "alpha/sender", &file, NOW + DAY + MINUTE), ERROR_DENIED);
	assert_int_equal(opens("recipient", "alpha/sender", &file, NOW - DAY - MINUTE), ERROR_DENIED);
	builder_free(&file);
	file = sealed("forged", "recipient", CONTENT);
	assert_int_equal(opens("recipient", "alpha/sender", &file, NOW), ERROR_DENIED);
	builder_free(&file);
}

/* Each byte, in several ways; and each length. */
static void check_damage(const char *recipient)
{
	static const uint8_t changes[] = { 0x01, 0x02, 0xff };
	struct parcel_cms *cms = party(recipient, NULL, "alpha/sender");
	struct builder file = sealed("sender", recipient, CONTENT), content = { 0 };
	struct failure failure;
	for (size_t at = 0; at < file.size; at++)
		for (size_t i = 0; i < sizeof changes; i++) {
			file.at[at] = (char)(file.at[at] ^ changes[i]);
			if (!parcel_cms_unseal(cms, (struct text){ file.at, file.size }, NOW, &content, &failure))
				fail_msg("byte %zu of %zu changed by %02x: it opens", at, file.size, changes[i]);
			file.at[at] = (char)(file.at[at] ^ changes[i]);
		}
	for (size_t size = 0; size < file.size; size++)
		assert_int_not_equal(
		    parcel_cms_unseal(cms, (struct text){ file.at, size }, NOW, &content, &failure), OK);
	build_char(&file, 0);
	assert_int_equal(
	    parcel_cms_unseal(cms, (struct text){ file.at, file.size }, NOW, &content, &failure), ERROR_CORRUPT);
	assert_int_equal(parcel_cms_unseal(cms, (struct text){ file.at, file.size - 1 }, NOW, &content, &failure), OK);
	builder_free(&content);
	builder_free(&file);
	parcel_cms_free(cms);
}

static void test_a_file_with_any_other_byte_is_refused(void **state)
{
	(void)state;
	check_damage("recipient");
	check_damage("rsa");
}

static void test_keys_are_nobody_elses(void **state)
{
	(void)state;
	struct parcel_cms *cms;
	struct failure failure = { 0 };
	struct parcel_parties parties = { .key = in("other.key"), .certificate = in("sender.pem"), .from = "x" };
	assert_int_equal(parcel_cms_open(&parties, &cms, &failure), ERROR_INPUT);
	chmod(in("other.key"), 0644);
	parties.certificate = in("other.pem");
	assert_int_equal(parcel_cms_open(&parties, &cms, &failure), ERROR_DENIED);
	chmod(in("other.key"), 0600);
	chmod(in("other.pem"), 0600);
	parties.key = in("other.pem");
	assert_int_equal(parcel_cms_open(&parties, &cms, &failure), ERROR_INPUT);
	parties.key = in("nothing");
	assert_int_equal(parcel_cms_open(&parties, &cms, &failure), ERROR_NOT_FOUND);
}

/* ── chains ─ */

static struct parcel_head head_of(struct uuid chain, uint64_t number, uint8_t previous)
{
	struct parcel_head head = { .chain = chain, .number = number, .from = "a", .to = "b", .made = NOW };
	memset(head.previous, number > 1 ? previous : 0, sizeof head.previous);
	return head;
}

static enum parcel_place place(const struct parcel_chain *chain, struct parcel_head head, uint8_t digest)
{
	uint8_t all[32];
	memset(all, digest, sizeof all);
	return parcel_chain_place(chain, &head, all);
}

static void test_a_chain_tells_what_each_file_is_to_it(void **state)
{
	(void)state;
	struct parcel_chain chain;
	struct failure failure;
	struct uuid id = uuid_random(), other = uuid_random();
	uint8_t digest[32];
	assert_int_equal(parcel_chain_read(in("chain"), &chain, &failure), OK);
	assert_false(chain.begun);
	assert_int_equal(place(&chain, head_of(id, 2, 1), 2), PARCEL_LATER);
	assert_int_equal(place(&chain, head_of(id, 1, 0), 1), PARCEL_EXPECTED);
	for (uint8_t number = 1; number <= 3; number++) {
		struct parcel_head head = head_of(id, number, (uint8_t)(number - 1));
		memset(digest, number, sizeof digest);
		assert_int_equal(place(&chain, head, number), PARCEL_EXPECTED);
		assert_int_equal(parcel_chain_advance(&chain, &head, digest, &failure), OK);
		assert_int_equal(place(&chain, head, number), PARCEL_TAKEN);
		/* the same after it was written and read */
		assert_int_equal(parcel_chain_write(in("chain"), &chain, &failure), OK);
		parcel_chain_free(&chain);
		assert_int_equal(parcel_chain_read(in("chain"), &chain, &failure), OK);
		assert_true(chain.begun);
		assert_int_equal(chain.next, number + 1u);
	}
	assert_int_equal(place(&chain, head_of(id, 2, 1), 9), PARCEL_FORKED); /* another of that number */
	assert_int_equal(place(&chain, head_of(id, 4, 2), 9), PARCEL_FORKED); /* behind another one */
	assert_int_equal(place(&chain, head_of(id, 5, 4), 5), PARCEL_LATER);
	assert_int_equal(place(&chain, head_of(other, 1, 0), 1), PARCEL_OTHER);
	assert_int_equal(place(&chain, head_of(other, 4, 3), 4), PARCEL_OTHER);
	parcel_chain_free(&chain);
	assert_int_equal(file_replace(in("chain"), TEXT("{\"chain\":1}"), 0600, &failure), OK);
	assert_int_equal(parcel_chain_read(in("chain"), &chain, &failure), ERROR_CORRUPT);
}

/* ── lines ─ */

#define ID "\"indicator--11111111-2222-4333-8444-555555555500\""
#define HEAD                                                                                                           \
	"{\"parcel\":1,\"chain\":\"11111111-2222-4333-8444-555555555555\",\"number\":1,\"from\":\"a\",\"to\":\"b\","   \
	"\"made\":\"2026-01-01T00:00:00Z\"}\n"

static enum error read_all(const char *text, unsigned *lines, struct failure *failure)
{
	struct parcel_reader *reader = parcel_reader_new();
	struct parcel_head head;
	struct parcel_line line;
	*lines = 0;
	enum error error = parcel_begin(reader, text_of(text), &head, failure);
	while (!error && !(error = parcel_next(reader, &line, failure)))
		++*lines;
	parcel_reader_free(reader);
	return error;
}

static void test_content_is_whole_or_refused(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "\n", "{}\n", HEAD, HEAD "{\"end\":1}\n", HEAD "{\"end\":0}",
		HEAD "{\"end\":0}\n{\"end\":0}\n", HEAD "\n{\"end\":0}\n", HEAD "{\"withdrawn\":\"x\"}\n{\"end\":1}\n",
		HEAD "{\"withdrawn\":" ID ",\"message\":{}}\n{\"end\":1}\n", HEAD "{\"message\":[]}\n{\"end\":1}\n",
		HEAD "{\"message\":{\"a\":1,\"a\":2}}\n{\"end\":1}\n",
		HEAD "{\"shared\":{\"number\":1}}\n{\"end\":1}\n",
		HEAD "{\"object\":{\"type\":\"indicator\"}}\n{\"end\":1}\n", HEAD "{\"object\":7}\n{\"end\":1}\n",
		"{\"parcel\":1,\"number\":1}\n{\"end\":0}\n" };
	unsigned lines;
	struct failure failure;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (read_all(bad[i], &lines, &failure) != ERROR_INPUT)
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(read_all("{\"parcel\":2}\n{\"end\":0}\n", &lines, &failure), ERROR_VERSION);
	assert_int_equal(read_all(HEAD "{\"end\":0}\n", &lines, &failure), ERROR_END);
	assert_int_equal(
	    read_all(HEAD "{\"withdrawn\":" ID ",\"collection\":\"w\"}\n{\"message\":{\"a\":1}}\n"
			  "{\"shared\":{\"number\":1,\"id\":2}}\n{\"shared\":{\"epoch\":\"e\",\"since\":0}}\n"
			  "{\"end\":4}\n",
		&lines, &failure),
	    ERROR_END);
	assert_int_equal(lines, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_file_opens_for_its_recipient_alone),
		cmocka_unit_test(test_certificates_count_in_their_time_and_for_their_use),
		cmocka_unit_test(test_a_file_with_any_other_byte_is_refused),
		cmocka_unit_test(test_keys_are_nobody_elses),
		cmocka_unit_test(test_a_chain_tells_what_each_file_is_to_it),
		cmocka_unit_test(test_content_is_whole_or_refused),
	};
	return cmocka_run_group_tests_name("parcel", tests, make_all, remove_all);
}
