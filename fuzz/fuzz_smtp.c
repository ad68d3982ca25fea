/*
 * Any bytes as what a mail server says, over a socket of loopback: the letter is delivered, refused or to be tried
 * later, with words that are text.
 *
 * Sources: notify/deliver.c.
 */
#include "fuzz_far_side.h"
#include "mail/envelope.h"
#include "notify/deliver.h"
#include "notify/settings.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char address[64];
	far_side_says(data, size);
	snprintf(address, sizeof address, "smtp://127.0.0.1:%u", far_side.port);
	struct notify_settings settings = { .smtp_server = address,
		.smtp_from = "centre@noroshi.example",
		.smtp_starttls = "never",
		.smtp_timeout = 3 * SECOND,
		.smtp_give_up = HOUR };
	struct envelope envelope = { .delivery = 1,
		.created = 0,
		.recipient = TEXT("soc@member.example"),
		.message = TEXT("Subject: a\r\n\r\nb\r\n") };
	struct failure failure = { 0 };
	enum error error = deliver_mail(&settings, &envelope, SECOND, &failure);
	CHECK(error == OK || error == ERROR_INPUT || error == ERROR_AGAIN);
	check_words(failure.words, sizeof failure.words);
	return 0;
}
