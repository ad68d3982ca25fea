/*
 * Certificates as OpenSSL makes and reads them: the walk must say the same; and damaged ones.
 */
#include "net/certificate.h"
#include "tls_peer.h"

#include "base/hash.h"

#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct text der_of(X509 *certificate)
{
	unsigned char *bytes = NULL;
	int size = i2d_X509(certificate, &bytes);
	assert_true(size > 0);
	return (struct text){ (char *)bytes, (size_t)size };
}

static void expect_name(struct cursor name, const char *wanted)
{
	struct builder text = { 0 };
	certificate_name(name, &text);
	assert_string_equal(text.at ? text.at : "", wanted);
	builder_free(&text);
}

/* As OpenSSL prints it in the order of the certificate, UTF-8 as it is. */
static void expect_name_like_openssl(struct cursor name, const X509_NAME *theirs)
{
	BIO *memory = BIO_new(BIO_s_mem());
	char *text;
	X509_NAME_print_ex(memory, theirs, 0,
	    (XN_FLAG_SEP_CPLUS_SPC | ASN1_STRFLGS_UTF8_CONVERT) & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
	BIO_write(memory, "", 1);
	BIO_get_mem_data(memory, &text);
	expect_name(name, text);
	BIO_free(memory);
}

static void expect_time(const char *ours, const ASN1_TIME *theirs)
{
	struct tm parts;
	char text[32];
	assert_int_equal(ASN1_TIME_to_tm(theirs, &parts), 1);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
	assert_string_equal(ours, text);
}

static const char *const subject[] = { "C", "JP", "ST", "\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd", "L", "Chiyoda", "O",
	"Example K.K.", "OU", "Ops", "CN", "www.example.jp", "emailAddress", "a@example.jp", "DC", "example", "UID",
	"u1", "serialNumber", "42", "title", "none", NULL };

static void test_certificate_says_what_openssl_says(void **state)
{
	EVP_PKEY *key = peer_key();
	(void)state;
	for (int round = 0; round < 20; round++) {
		X509 *theirs = peer_certificate(
		    key, subject, "DNS:www.example.jp,DNS:*.example.jp,IP:192.0.2.1,IP:2001:db8::1,email:x@y");
		struct text der = der_of(theirs);
		struct certificate ours;
		struct builder text = { 0 };
		char *serial;
		assert_true(certificate_read(&ours, der));
		expect_name_like_openssl(ours.subject, X509_get_subject_name(theirs));
		expect_name_like_openssl(ours.issuer, X509_get_issuer_name(theirs));
		expect_time(ours.not_before, X509_get0_notBefore(theirs));
		expect_time(ours.not_after, X509_get0_notAfter(theirs));
		BIGNUM *number = BN_new();
		char hex[200];
		hex_format(ours.serial.at, ours.serial.size, hex);
		BN_hex2bn(&number, hex);
		ASN1_INTEGER *again = BN_to_ASN1_INTEGER(number, NULL);
		assert_int_equal(ASN1_INTEGER_cmp(again, X509_get0_serialNumber(theirs)), 0);
		certificate_serial(ours.serial, &text);
		serial = text.at;
		assert_int_equal(strlen(serial), 3 * ours.serial.size - 1);
		static const char *const names[] = { "www.example.jp", "*.example.jp", "192.0.2.1", "2001:db8::1" };
		for (size_t i = 0; i < 4; i++) {
			assert_true(certificate_alternative(&ours.names, &text));
			assert_string_equal(text.at, names[i]);
		}
		assert_false(certificate_alternative(&ours.names, &text));
		builder_free(&text);
		ASN1_INTEGER_free(again);
		BN_free(number);
		OPENSSL_free((char *)der.at);
		X509_free(theirs);
	}
	EVP_PKEY_free(key);
}

/* Whatever is changed, what our walk and OpenSSL both read is the same. */
static void test_certificate_damaged_anywhere_is_read_within_its_bytes(void **state)
{
	EVP_PKEY *key = peer_key();
	X509 *whole = peer_certificate(key, subject, "DNS:www.example.jp");
	struct text der = der_of(whole);
	unsigned both = 0;
	(void)state;
	for (size_t i = 0; i < der.size; i++) {
		for (int change = 0; change < 3; change++) {
			size_t size = change ? der.size : i;
			unsigned char *exact = malloc(size ? size : 1);
			struct certificate ours;
			struct builder text = { 0 };
			memcpy(exact, der.at, size);
			if (change)
				exact[i] = (unsigned char)(change == 1 ? exact[i] ^ 1 << i % 8 : 0xff);
			bool good = certificate_read(&ours, (struct text){ (char *)exact, size });
			certificate_name(ours.subject, &text);
			while (certificate_alternative(&ours.names, &text))
				;
			const unsigned char *at = exact;
			X509 *theirs = d2i_X509(NULL, &at, (long)size);
			if (theirs && at == exact + size) {
				both++;
				assert_true(good);
			}
			X509_free(theirs);
			builder_free(&text);
			free(exact);
		}
	}
	assert_true(both > der.size / 2);
	OPENSSL_free((char *)der.at);
	X509_free(whole);
	EVP_PKEY_free(key);
}

static void test_name_parts_without_a_short_name_are_their_oid(void **state)
{
	static const char name[] = "\x31\x1a\x30\x0b\6\3\x55\4\3\x1e\4\x65\xe5\x67\x2c\x30\x0b\6\4\x2a\x83\x74\1\x0c\3"
				   "abc"
				   "\x31\x0d\x30\x0b\6\3\x55\4\x0a\x14\4"
				   "caf\xe9";
	(void)state;
	expect_name(cursor_of(name, sizeof name - 1), "CN=\xe6\x97\xa5\xe6\x9c\xac + 1.2.500.1=abc, O=caf\xc3\xa9");
	expect_name(cursor_of("\x31\x80", 2), "");
	expect_name(cursor_of("\x31\2\x30\0", 4), "=");
}

static void test_times_are_utc_and_whole(void **state)
{
	char text[DER_TIME_TEXT] = "-";
	(void)state;
	assert_true(der_time(DER_UTC_TIME, TEXT("491231235959Z"), text));
	assert_string_equal(text, "2049-12-31T23:59:59");
	assert_true(der_time(DER_UTC_TIME, TEXT("500101000000Z"), text));
	assert_string_equal(text, "1950-01-01T00:00:00");
	assert_true(der_time(DER_GENERALIZED_TIME, TEXT("99991231235959Z"), text));
	assert_string_equal(text, "9999-12-31T23:59:59");
	static const struct text bad[] = { TEXT("4912312359Z"), TEXT("491231235959"), TEXT("491331235959Z"),
		TEXT("491231245959Z"), TEXT("4912312359590"), TEXT("49123123595/Z"), TEXT("") };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(der_time(DER_UTC_TIME, bad[i], text));
	assert_string_equal(text, "9999-12-31T23:59:59");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_certificate_says_what_openssl_says),
		cmocka_unit_test(test_certificate_damaged_anywhere_is_read_within_its_bytes),
		cmocka_unit_test(test_name_parts_without_a_short_name_are_their_oid),
		cmocka_unit_test(test_times_are_utc_and_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
