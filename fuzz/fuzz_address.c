/*
 * net/address.h: what is read is written in one form that reads back to the same; the C library agrees on what is an
 * address.
 *
 * Sources: net/address.c.
 */
#include "fuzz.h"
#include "net/address.h"

#include <arpa/inet.h>
#include <string.h>

static void check_address(struct text text)
{
	struct address address, again;
	char words[ADDRESS_TEXT], copy[ADDRESS_TEXT];
	uint8_t theirs[16] = { [10] = 0xff, [11] = 0xff };
	bool ours = address_parse(text, &address);
	if (text.size < sizeof copy && !(text.size && memchr(text.at, '\0', text.size))) {
		text_copy(text, copy, sizeof copy);
		bool quad = !strchr(copy, ':');
		int known = quad ? inet_pton(AF_INET, copy, theirs + 12) : inet_pton(AF_INET6, copy, theirs);
		CHECK(ours == (known == 1));
		CHECK(!ours || memcmp(theirs, address.bytes, 16) == 0);
	}
	if (!ours || !address_exists(address))
		return;
	address_format(address, words);
	CHECK(address_parse(text_of(words), &again) && address_equal(address, again));
	CHECK(prefix_contains(prefix_of(address, 48), address_neighbourhood(address)));
	(void)address_is_private(address);
}

static void check_prefix(struct text text)
{
	struct prefix prefix, again;
	char words[PREFIX_TEXT];
	if (!prefix_parse(text, &prefix))
		return;
	CHECK(prefix.length <= 128 && prefix_contains(prefix, prefix.address));
	prefix_format(prefix, words);
	CHECK(prefix_parse(text_of(words), &again));
	CHECK(again.length == prefix.length && address_equal(again.address, prefix.address));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text text = { (const char *)data, size };
	struct address address;
	uint16_t port;
	check_address(text);
	check_prefix(text);
	if (address_parse(text, &address))
		CHECK(address_parse_port(text, &address, &port) && port == 0);
	else
		(void)address_parse_port(text, &address, &port);
	return 0;
}
