/*
 * Mails as bytes: header folding, encoded words, base64, and nothing of the input that becomes a header of its own.
 */
#include "mail/mail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct mail plain_mail(void)
{
	return (struct mail){
		.from = { TEXT("Cyber Defence Centre"), TEXT("centre@noroshi.example") },
		.to = { TEXT("Hana Sato"), TEXT("sato@harbour.example") },
		.subject = TEXT("[TLP:AMBER] Notice 2026-0042"),
		.identity = TEXT("notice.1234"),
		.date = 1773479100 * SECOND, /* 2026-03-14T09:05:00Z, a Saturday */
		.body = TEXT("TLP:AMBER\n\nHello.\n"),
	};
}

static void test_mail_is_written_as_rfc_5322_says(void **state)
{
	(void)state;
	struct mail mail = plain_mail();
	struct builder to = { 0 };
	struct failure failure;
	assert_int_equal(mail_write(&mail, &to, &failure), OK);
	assert_string_equal(to.at, "From: Cyber Defence Centre\r\n <centre@noroshi.example>\r\n"
				   "To: Hana Sato\r\n <sato@harbour.example>\r\n"
				   "Subject: [TLP:AMBER] Notice 2026-0042\r\n"
				   "Date: Sat, 14 Mar 2026 09:05:00 +0000\r\n"
				   "Message-ID: <notice.1234@noroshi.example>\r\n"
				   "Auto-Submitted: auto-generated\r\n"
				   "MIME-Version: 1.0\r\n"
				   "Content-Type: text/plain; charset=utf-8\r\n"
				   "Content-Transfer-Encoding: base64\r\n"
				   "\r\n"
				   "VExQOkFNQkVSDQoNCkhlbGxvLg0K\r\n");
	builder_free(&to);
}

static void test_a_file_is_a_part_of_its_own(void **state)
{
	(void)state;
	struct mail mail = plain_mail();
	struct builder to = { 0 };
	mail.attachment.name = TEXT("rows.csv");
	mail.attachment.type = TEXT("text/csv; charset=utf-8");
	mail.attachment.bytes = TEXT("a,b\r\n1,2\r\n");
	assert_int_equal(mail_write(&mail, &to, NULL), OK);
	build_char(&to, '\0');
	assert_non_null(strstr(to.at, "MIME-Version: 1.0\r\n"
				      "Content-Type: multipart/mixed; boundary=\"=_notice.1234\"\r\n"
				      "\r\n"
				      "--=_notice.1234\r\n"
				      "Content-Type: text/plain; charset=utf-8\r\n"
				      "Content-Transfer-Encoding: base64\r\n"
				      "\r\n"
				      "VExQOkFNQkVSDQoNCkhlbGxvLg0K\r\n"
				      "\r\n"
				      "--=_notice.1234\r\n"
				      "Content-Type: text/csv; charset=utf-8\r\n"
				      "Content-Transfer-Encoding: base64\r\n"
				      "Content-Disposition: attachment; filename=\"rows.csv\"\r\n"
				      "\r\n"
				      "YSxiDQoxLDINCg==\r\n"
				      "\r\n"
				      "--=_notice.1234--\r\n"));
	to.size = 0;
	mail.attachment.name = TEXT("a\"\r\nBcc: b");
	assert_int_equal(mail_write(&mail, &to, NULL), ERROR_INPUT);
	builder_free(&to);
}

static void test_line_breaks_in_a_subject_or_a_name_start_no_header(void **state)
{
	(void)state;
	struct mail mail = plain_mail();
	struct builder to = { 0 };
	mail.subject = TEXT("a\r\nBcc: everybody@example.org\r\n\r\nbody");
	mail.to.name = TEXT("x\nX-Header: 1\r");
	assert_int_equal(mail_write(&mail, &to, NULL), OK);
	struct text whole = { to.at, to.size };
	assert_true(text_find(whole, TEXT("\nBcc:")) < 0);
	assert_true(text_find(whole, TEXT("\nX-Header")) < 0);
	builder_free(&to);
}

static void test_an_address_with_anything_odd_is_refused(void **state)
{
	(void)state;
	static const char *const odd[] = { "", "nobody", "a@b\r\nBcc: c@d.example", "a b@c.example", "<a@b.example>",
		"a@b.example,c@d.example", "\"a\"@b.example", "佐藤@例.example" };
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		struct mail mail = plain_mail();
		struct builder to = { 0 };
		mail.to.mail = text_of(odd[i]);
		assert_int_equal(mail_write(&mail, &to, NULL), ERROR_INPUT);
		builder_free(&to);
	}
}

static void test_an_identity_with_anything_odd_is_refused(void **state)
{
	(void)state;
	static const char *const odd[] = { "", "a b", "a>b", "a@b", ".a", "a.", "a\r\nb" };
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		struct mail mail = plain_mail();
		struct builder to = { 0 };
		mail.identity = text_of(odd[i]);
		assert_int_equal(mail_write(&mail, &to, NULL), ERROR_INPUT);
		builder_free(&to);
	}
}

static void test_every_line_is_short_ascii_whatever_the_subject(void **state)
{
	(void)state;
	struct mail mail = plain_mail();
	struct builder to = { 0 }, subject = { 0 };
	for (int i = 0; i < 40; i++)
		build_text(&subject, TEXT("不審な活動\xff の確認=?UTF-8?B?"));
	mail.subject = (struct text){ subject.at, subject.size };
	mail.body = mail.subject;
	assert_int_equal(mail_write(&mail, &to, NULL), OK);
	struct text rest = { to.at, to.size };
	while (rest.size > 0) {
		struct text line = text_cut(&rest, '\n');
		assert_true(line.size <= 79); /* with its CR */
		assert_int_equal(line.at[line.size - 1], '\r');
		for (size_t i = 0; i + 1 < line.size; i++)
			assert_true(line.at[i] >= 0x20 && line.at[i] < 0x7f);
	}
	builder_free(&to);
	builder_free(&subject);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mail_is_written_as_rfc_5322_says),
		cmocka_unit_test(test_a_file_is_a_part_of_its_own),
		cmocka_unit_test(test_line_breaks_in_a_subject_or_a_name_start_no_header),
		cmocka_unit_test(test_an_address_with_anything_odd_is_refused),
		cmocka_unit_test(test_an_identity_with_anything_odd_is_refused),
		cmocka_unit_test(test_every_line_is_short_ascii_whatever_the_subject),
	};
	return cmocka_run_group_tests_name("notify mail", tests, NULL, NULL);
}
