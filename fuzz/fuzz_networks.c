/*
 * darknet/center/networks_read.h: any bytes as a file of contacts of networks. What is taken is a contact whose parts
 * are found again, and which said once more is the same.
 *
 * Sources: darknet/center/networks_read.c, darknet/center/networks.c, base/columns.c.
 */
#include "darknet/center/networks.h"
#include "darknet/center/networks_read.h"
#include "fuzz.h"

#include <string.h>

static void check(const struct network_contact *contact)
{
	struct network_contact again = { .every = DAY };
	struct networks networks = { 0 };
	struct failure failure = { .words = "" };
	const struct network_words words = { .name = text_of(contact->name),
		.prefixes = text_of(contact->prefixes),
		.systems = text_of(contact->systems),
		.mail = text_of(contact->mail),
		.signed_by = text_of(contact->signed_by) };
	CHECK(networks_fill(&words, &again, &failure) == OK);
	CHECK(strcmp(again.name, contact->name) == 0 && strcmp(again.prefixes, contact->prefixes) == 0 &&
	      strcmp(again.systems, contact->systems) == 0 && strcmp(again.mail, contact->mail) == 0);
	CHECK(networks_add(&networks, text_of(contact->prefixes), 0));
	CHECK(networks_add_systems(&networks, text_of(contact->systems), 0));
	networks_sort(&networks);
	CHECK(networks.count + networks.system_count > 0);
	for (size_t i = 0; i < networks.count; i++)
		CHECK(networks_find(&networks, networks.at[i].prefix.address) == 0);
	for (size_t i = 0; i < networks.system_count; i++)
		CHECK(networks_find_system(&networks, networks.systems[i].number) == 0);
	networks_free(&networks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct columns columns = { 0 };
	struct arena *arena = arena_new(4u << 20);
	struct text rest = { (const char *)data, size };
	while (arena && rest.size > 0) {
		struct network_contact contact = { .every = DAY };
		struct network_words words;
		struct failure failure = { .words = "" };
		enum error error = networks_line(&columns, text_cut(&rest, '\n'), arena, &words, &failure);
		CHECK(error == OK || error == ERROR_END || error == ERROR_INPUT || error == ERROR_MEMORY);
		if (error == OK)
			error = networks_fill(&words, &contact, &failure);
		CHECK(error != ERROR_INPUT || failure.words[0]);
		if (error == OK)
			check(&contact);
		if (error == ERROR_MEMORY)
			break;
	}
	arena_free(arena);
	return 0;
}
