/*
 * Any bytes as the centre's answer to a batch of the agent, over a socket of loopback: the batch is delivered, denied,
 * refused or to be tried later, with words that are text.
 *
 * Sources: watch/ship.c, http/client.c.
 */
#include "fuzz_far_side.h"
#include "watch/ship.h"

#include <stdio.h>
#include <stdlib.h>

static char address[64], token_path[] = "/tmp/noroshi-fuzz-XXXXXX";

static void remove_token(void)
{
	unlink(token_path);
}

static void make_token(void)
{
	int token = mkstemp(token_path);
	CHECK(token >= 0 && write(token, "nrs_0123456789abcdef\n", 21) == 21);
	close(token);
	atexit(remove_token);
	snprintf(address, sizeof address, "http://127.0.0.1:%u", far_side.port);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t content[] = "{\"event_type\":\"alert\"}\n";
	const struct ship_settings settings = { .server = address, .token_file = token_path };
	struct batch batch = { .end = sizeof content - 1, .content = content };
	struct delivery_answer answer = { 0 };
	struct follow follow = { 0 };
	struct shipper *shipper;
	struct failure failure;
	far_side_says(data, size);
	if (!address[0])
		make_token();
	CHECK(shipper_new(&settings, &shipper, &failure) == OK);
	enum delivery delivery = ship(shipper, &follow, &batch, &answer);
	CHECK(delivery == DELIVERED || delivery == DENIED || delivery == REFUSED || delivery == LATER);
	CHECK(answer.wait >= 0);
	check_words(answer.words, sizeof answer.words);
	shipper_free(shipper);
	return 0;
}
