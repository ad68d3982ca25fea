/*
 * Mail messages: what their headers say in any encoding, and what their attachments are called and hold.
 */
#include "net/mime.h"

#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Given in pieces of `step` bytes. */
static const struct mime_message *read_message(struct mime **mime, const char *text, size_t step)
{
	size_t size = strlen(text);
	assert_non_null(*mime = mime_new());
	for (size_t i = 0; i < size; i += step)
		mime_bytes(*mime, (struct text){ text + i, size - i < step ? size - i : step });
	return mime_end(*mime);
}

static void expect_text(struct text found, const char *expected)
{
	if (!text_equal(found, text_of(expected)))
		fail_msg("%.*s, not %s", (int)found.size, found.at, expected);
}

static void expect_sha256(const struct mime_attachment *attachment, const char *content)
{
	uint8_t digest[32];
	sha256(content, strlen(content), digest);
	assert_int_equal(attachment->size, strlen(content));
	assert_true(attachment->hashed);
	assert_memory_equal(attachment->sha256, digest, sizeof digest);
}

static void expect_header(const char *value, const char *expected)
{
	struct builder built = { 0 };
	mime_decode_header(text_of(value), &built);
	expect_text((struct text){ built.at, built.size }, expected);
	builder_free(&built);
}

static void test_mime_headers_are_decoded_to_utf_8(void **state)
{
	(void)state;
	expect_header("plain  text", "plain  text");
	expect_header("=?utf-8?B?54u854WZ?=", "狼煙");
	expect_header("=?UTF-8*ja?b?54u8?= \t=?utf-8?Q?=E7=85=99?=", "狼煙");
	expect_header("a =?iso-8859-1?q?b_c=E9?= d", "a b cé d");
	expect_header("=?ISO-2022-JP?B?GyRCTzUxbBsoQg==?=", "狼煙");
	expect_header("=?Shift_JIS?B?mFSJjA==?=", "狼煙");
	expect_header("=?EUC-JP?Q?=CF=B5=B1=EC?=", "狼煙");
	expect_header("=?x-unknown?q?a?= b", "=?x-unknown?q?a?= b");
	expect_header("=?utf-8?q?not closed", "=?utf-8?q?not closed");
	expect_header("=?utf-8?x?a?=", "=?utf-8?x?a?=");
	expect_header("=?", "=?");
}

static void expect_parameter(const char *header, const char *expected)
{
	struct builder built = { 0 };
	assert_int_equal(mime_parameter(text_of(header), "filename", &built), expected != NULL);
	if (expected)
		expect_text((struct text){ built.at, built.size }, expected);
	builder_free(&built);
}

static void test_mime_parameters_have_many_forms(void **state)
{
	(void)state;
	expect_parameter("attachment; filename=a.txt", "a.txt");
	expect_parameter("attachment; x=\"filename=no;\"; FileName = \"a \\\"b\\\";.txt\" ; y", "a \"b\";.txt");
	expect_parameter("attachment; filename=\"=?utf-8?B?54u854WZ?=.doc\"", "狼煙.doc");
	expect_parameter("attachment; filename*=utf-8'ja'%E7%8B%BC%e7%85%99.doc; filename=wrong", "狼煙.doc");
	expect_parameter(
	    "attachment; filename*1*=%E7%85%99; filename*0*=utf-8''%E7%8B%BC; filename*2=\".doc\"", "狼煙.doc");
	expect_parameter("attachment; filename*0=a; filename*1=\".b\"", "a.b");
	expect_parameter("attachment; filename*=shift_jis''%98%54%89%8C", "狼煙");
	expect_parameter("attachment; filenames=a", NULL);
	expect_parameter("filename=a", NULL);
	expect_parameter("attachment; ; ==;filename", NULL);
}

static const char whole[] =
    "Received: x\r\nFrom: =?utf-8?B?54u8?= <a@example.org>\r\nTo: b@example.org,\r\n\tc@example.org\r\nSubject: one\r\n"
    " two\r\nMessage-ID: <1@example.org>\r\nContent-Type: multipart/mixed;\r\n boundary=\"outer\"\r\n\r\npreamble\r\n"
    "--outer\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n--inner\r\n\r\nplain\r\n--inner\r\n"
    "Content-Type: text/html\r\n\r\n<p>\r\n--inner--\r\n--outer\r\nContent-Type: text/plain; name=\"a.txt\"\r\n"
    "Subject: not of the message\r\n\r\nline 1\r\nline 2\r\n--outer\r\nContent-Disposition: attachment; "
    "filename=b.bin\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\naGVs\r\nbG8=\r\n--outer\r\nContent-Disposition: attachment; "
    "filename=c.txt\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n\r\na=3Db =\r\nc  \r\n=zz\r\n--outer--\r\nepilogue\r\n";

static void test_mime_message_is_the_same_in_any_pieces(void **state)
{
	struct mime *mime;
	(void)state;
	for (size_t step = 1; step < 80; step++) {
		const struct mime_message *message = read_message(&mime, whole, step);
		expect_text(message->from, "狼 <a@example.org>");
		expect_text(message->to, "b@example.org,\tc@example.org");
		expect_text(message->subject, "one two");
		expect_text(message->message_id, "<1@example.org>");
		assert_int_equal(message->count, 3);
		expect_text(message->attachments[0].name, "a.txt");
		expect_sha256(&message->attachments[0], "line 1\r\nline 2");
		expect_text(message->attachments[1].name, "b.bin");
		expect_sha256(&message->attachments[1], "hello");
		expect_text(message->attachments[2].name, "c.txt");
		expect_sha256(&message->attachments[2], "a=b c\r\n=zz");
		assert_false(message->cut);
		mime_free(mime);
	}
}

static void test_mime_message_cut_anywhere_is_read_as_far_as_it_goes(void **state)
{
	char cut[sizeof whole];
	(void)state;
	for (size_t size = 0; size < sizeof whole; size++) {
		struct mime *mime;
		memcpy(cut, whole, size);
		cut[size] = 0;
		const struct mime_message *message = read_message(&mime, cut, sizeof cut);
		assert_true(message->count <= 3);
		mime_free(mime);
	}
}

static void test_mime_whole_message_may_be_an_attachment(void **state)
{
	struct mime *mime;
	const struct mime_message *message = read_message(&mime,
	    "Content-Type: application/octet-stream; name=x\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n", 1000);
	(void)state;
	assert_int_equal(message->count, 1);
	expect_text(message->attachments[0].name, "x");
	expect_sha256(&message->attachments[0], "hello");
	mime_free(mime);
}

static void test_mime_what_is_too_much_is_left_out_and_said(void **state)
{
	struct builder text = { 0 };
	struct mime *mime;
	(void)state;
	build_text(&text, TEXT("Subject: "));
	for (unsigned i = 0; i < 3 * MIME_HEADER_LARGEST; i++)
		build_char(&text, 'x');
	build_text(&text, TEXT("\nContent-Type: multipart/mixed; boundary=b\n\n"));
	for (unsigned i = 0; i < MIME_ATTACHMENTS + 5; i++)
		build_format(&text, "--b\nContent-Disposition: attachment; filename=%u\n\nx\n", i);
	const struct mime_message *message = read_message(&mime, text.at, 1000);
	assert_true(message->cut);
	assert_true(message->subject.size > 1000 && message->subject.size < MIME_HEADER_LARGEST);
	assert_int_equal(message->count, MIME_ATTACHMENTS);
	mime_free(mime);
	builder_free(&text);
}

static void test_mime_attachment_with_a_gap_has_no_hash(void **state)
{
	struct mime *mime = mime_new();
	(void)state;
	mime_bytes(mime, TEXT("Content-Disposition: attachment; filename=a\n\nsome"));
	mime_gap(mime);
	mime_bytes(mime, TEXT("more\n"));
	const struct mime_message *message = mime_end(mime);
	assert_int_equal(message->count, 1);
	assert_false(message->attachments[0].hashed);
	mime_free(mime);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mime_headers_are_decoded_to_utf_8),
		cmocka_unit_test(test_mime_parameters_have_many_forms),
		cmocka_unit_test(test_mime_message_is_the_same_in_any_pieces),
		cmocka_unit_test(test_mime_message_cut_anywhere_is_read_as_far_as_it_goes),
		cmocka_unit_test(test_mime_whole_message_may_be_an_attachment),
		cmocka_unit_test(test_mime_what_is_too_much_is_left_out_and_said),
		cmocka_unit_test(test_mime_attachment_with_a_gap_has_no_hash),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
