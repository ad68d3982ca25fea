/*
 * mail/mail.h: whatever stands in names, addresses and subjects, a mail that is written has the header that was meant
 * and no other, short ASCII lines, and a body of base64; mail/envelope.h: any bytes are an envelope that encodes back
 * to the same, or none.
 *
 * Sources: mail/mail.c, mail/envelope.c.
 */
#include "fuzz.h"
#include "mail/envelope.h"
#include "mail/mail.h"

#include <string.h>

static const char *const headers[] = { "From: ", "To: ", "Subject: ", "Date: ", "Message-ID: ", "In-Reply-To: ",
	"References: ", "Auto-Submitted: ", "MIME-Version: ", "Content-Type: ", "Content-Transfer-Encoding: " };

static bool is_known(struct text line)
{
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
		if (text_starts(line, text_of(headers[i])))
			return true;
	return false;
}

static void check_message(struct text message)
{
	bool in_header = true;
	while (message.size > 0) {
		struct text line = text_cut(&message, '\n');
		CHECK(line.size > 0 && line.at[line.size - 1] == '\r');
		line.size--;
		for (size_t i = 0; i < line.size; i++)
			CHECK(line.at[i] >= 0x20 && line.at[i] < 0x7f);
		if (in_header && line.size == 0)
			in_header = false;
		else if (in_header)
			CHECK(line.at[0] == ' ' || is_known(line));
		else
			CHECK(line.size > 0 && line.size <= 76);
		CHECK(line.size <= 998);
	}
	CHECK(!in_header);
}

static void check_mail(struct text input)
{
	struct mail mail = { .date = 1773479100 * SECOND };
	mail.from.name = text_cut(&input, '\0');
	mail.from.mail = text_cut(&input, '\0');
	mail.to.name = text_cut(&input, '\0');
	mail.to.mail = text_cut(&input, '\0');
	mail.subject = text_cut(&input, '\0');
	mail.identity = text_cut(&input, '\0');
	mail.answers = text_cut(&input, '\0');
	mail.body = input;
	struct builder to = { 0 };
	if (mail_write(&mail, &to, NULL) == OK)
		check_message((struct text){ to.at, to.size });
	builder_free(&to);
}

static void check_envelope(const uint8_t *at, size_t size)
{
	struct envelope envelope;
	struct builder to = { 0 };
	if (envelope_decode(at, size, &envelope, NULL) != OK)
		return;
	envelope_encode(&envelope, &to);
	CHECK(to.size == size && memcmp(to.at, at, size) == 0);
	builder_free(&to);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	check_mail((struct text){ (const char *)at, size });
	check_envelope(at, size);
	return 0;
}
