/*
 * reach/answer.h: any bytes as a mail that came in are about one of our mails or not, and every text that comes of them
 * is bounded and printable. A mail is read the same once more, and with CRLF as with LF line ends.
 *
 * Sources: reach/answer.c.
 */
#include "fuzz.h"
#include "reach/answer.h"

#include <stdlib.h>
#include <string.h>

static void check(const struct mail_answer *answer)
{
	CHECK((answer->kind == ANSWER_NONE) == uuid_is_nil(answer->recipient));
	CHECK(strlen(answer->status) < sizeof answer->status && strlen(answer->words) < sizeof answer->words);
	CHECK(text_utf8_valid(text_of(answer->words)) == strlen(answer->words));
	CHECK(!answer->from[0] || (answer->kind == ANSWER_REPLY && mail_is_plausible(text_of(answer->from))));
	CHECK(mail_answer_kind_code(answer->kind)[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mail_answer first, again;
	struct text message = { (const char *)data, size };
	mail_answer_read(message, &first);
	check(&first);
	char *copy = malloc(size + 1);
	if (!copy)
		return 0;
	memcpy(copy, data, size);
	mail_answer_read((struct text){ copy, size }, &again);
	CHECK(memcmp(&first, &again, sizeof first) == 0);
	free(copy);
	return 0;
}
