/*
 * base/hash.h: known answers of every hash, hexadecimal digits, UUIDs.
 */
#include "base/hash.h"
#include "base/hash_inline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_the_checksum_is_crc32c(void **state)
{
	(void)state;
	/* RFC 3720, B.4, and the check value of the CRC catalogue. */
	uint8_t bytes[48] = { 0 };
	assert_int_equal(checksum(0, bytes, 32), 0x8a9136aa);
	memset(bytes, 0xff, 32);
	assert_int_equal(checksum(0, bytes, 32), 0x62a8ab43);
	for (uint8_t i = 0; i < 32; i++)
		bytes[i] = i;
	assert_int_equal(checksum(0, bytes, 32), 0x46dd794e);
	assert_int_equal(checksum(0, "123456789", 9), 0xe3069283);
	assert_int_equal(checksum(0, NULL, 0), 0);
}

static void test_the_checksum_is_the_same_by_table_and_in_pieces(void **state)
{
	(void)state;
	uint8_t bytes[300];
	random_bytes(bytes, sizeof bytes);
	for (size_t size = 0; size < sizeof bytes; size += 13)
		for (size_t start = 0; start < 9 && start < size; start++) {
			uint32_t whole = checksum(0, bytes + start, size - start);
			assert_int_equal(whole, checksum_portable(0, bytes + start, size - start));
			size_t half = (size - start) / 2;
			assert_int_equal(whole,
			    checksum(checksum(0, bytes + start, half), bytes + start + half, size - start - half));
		}
}

static void test_fast_hashes_never_change(void **state)
{
	(void)state;
	/* Files hold them. The first is XXH3's published value of the empty input. */
	assert_true(hash_bytes(NULL, 0, 0) == 0x2d06800538d394c2);
	assert_true(hash_text(TEXT("noroshi"), 0) == hash_bytes("noroshi", 7, 0));
	assert_true(hash_text(TEXT("noroshi"), 0) != hash_text(TEXT("noroshi"), 1));
	assert_true(hash_u64(0x0102030405060708, 3) == hash_bytes("\x08\x07\x06\x05\x04\x03\x02\x01", 8, 3));
	for (uint64_t seed = 0; seed < 100; seed++) {
		uint64_t words[] = { hash_u64(seed, 1), hash_u64(seed, 2) };
		assert_true(hash_16_inline(words, seed) == hash_bytes(words, sizeof words, seed));
		assert_true(hash_u64_inline(words[0], seed) == hash_u64(words[0], seed));
	}
	struct hash128 empty = hash128_bytes(NULL, 0, 0);
	assert_true(empty.high == 0x99aa06d3014798d8 && empty.low == 0x6001c324468d497f);
}

static void check_digest(const uint8_t digest[32], const char *expected)
{
	char text[HEX_SIZE(32)];
	assert_string_equal(hex_format(digest, 32, text), expected);
}

static void test_sha256_and_hmac_give_the_published_digests(void **state)
{
	(void)state;
	uint8_t digest[32], key[131];
	sha256("abc", 3, digest); /* FIPS 180-4 */
	check_digest(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256(NULL, 0, digest);
	check_digest(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	const char *what = "what do ya want for nothing?"; /* RFC 4231, 4.3 */
	hmac_sha256("Jefe", 4, what, strlen(what), digest);
	check_digest(digest, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	const char *larger = "Test Using Larger Than Block-Size Key - Hash Key First"; /* RFC 4231, 4.7 */
	memset(key, 0xaa, sizeof key);
	hmac_sha256(key, sizeof key, larger, strlen(larger), digest);
	check_digest(digest, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void test_secrets_are_compared_whole(void **state)
{
	(void)state;
	assert_true(bytes_equal_secret("abc", "abc", 3));
	assert_false(bytes_equal_secret("abc", "abd", 3));
	assert_true(bytes_equal_secret("abc", "xyz", 0));
}

static void test_hexadecimal_digits_are_exact_or_refused(void **state)
{
	(void)state;
	uint8_t bytes[4] = { 9, 9, 9, 9 };
	char text[HEX_SIZE(4)];
	assert_true(hex_parse(TEXT("00fFA5e1"), bytes, 4));
	assert_string_equal(hex_format(bytes, 4, text), "00ffa5e1");
	assert_false(hex_parse(TEXT("00ffa5e"), bytes, 4));
	assert_false(hex_parse(TEXT("00ffa5e12"), bytes, 4));
	assert_false(hex_parse(TEXT("11223g44"), bytes, 4));
	assert_string_equal(hex_format(bytes, 4, text), "00ffa5e1"); /* refused: untouched */
}

static void test_uuids_are_marked_and_read_back(void **state)
{
	(void)state;
	char text[UUID_TEXT];
	struct uuid a = uuid_random(), b = uuid_random(), back;
	assert_false(uuid_equal(a, b) || uuid_is_nil(a));
	uuid_format(a, text);
	assert_true(text[14] == '4' && strchr("89ab", text[19]));
	assert_true(uuid_parse(text_of(text), &back) && uuid_equal(a, back));
	struct uuid derived = uuid_derived(a, "event", 5);
	assert_true(uuid_equal(derived, uuid_derived(a, "event", 5)));
	assert_false(
	    uuid_equal(derived, uuid_derived(a, "evenu", 5)) || uuid_equal(derived, uuid_derived(b, "event", 5)));
	uuid_format(derived, text);
	assert_true(text[14] == '8' && strchr("89ab", text[19]));
	assert_true(uuid_is_nil((struct uuid){ { 0 } }));
	const char *const wrong[] = { "", "00000000-0000-0000-0000-00000000000",
		"00000000-0000-0000-0000-0000000000000", "00000000x0000-0000-0000-000000000000",
		"0000000000000-0000-0000-000000000000", "g0000000-0000-0000-0000-000000000000",
		"{0000000-0000-0000-0000-00000000000}" };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(uuid_parse(text_of(wrong[i]), &back));
	assert_true(uuid_parse(TEXT("A0000000-0000-0000-0000-00000000000F"), &back) && back.bytes[0] == 0xa0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_checksum_is_crc32c),
		cmocka_unit_test(test_the_checksum_is_the_same_by_table_and_in_pieces),
		cmocka_unit_test(test_fast_hashes_never_change),
		cmocka_unit_test(test_sha256_and_hmac_give_the_published_digests),
		cmocka_unit_test(test_secrets_are_compared_whole),
		cmocka_unit_test(test_hexadecimal_digits_are_exact_or_refused),
		cmocka_unit_test(test_uuids_are_marked_and_read_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
