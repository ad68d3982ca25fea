/*
 * What telescopes saw of the organisations of a random world, what they say became of it, and of networks of others.
 * See world.h.
 */
#include "store/darknet.h"
#include "store/networks.h"
#include "world.h"

#include <stdio.h>
#include <string.h>

#define SAY(to, ...) snprintf(to, sizeof to, __VA_ARGS__)

void world_add_appearance(struct world *world, unsigned place)
{
	struct inside *inside = world->inside;
	char mark[MARK_TEXT];
	struct appearance appearance = { .organisation = world->numbers[place],
		.kind = (enum appearance_kind)dice_below(&world->dice, APPEARANCE_KINDS),
		.first = inside_clock() - HOUR,
		.last = inside_clock() - MINUTE,
		.told = inside_clock() - MINUTE,
		.due = inside_clock() + DAY,
		.packets = 1 + dice_below(&world->dice, 1000),
		.telescope_count = 1,
		.telescopes = { world->sensors[1] },
		.addresses = 256 };
	char address[ADDRESS_TEXT];
	/* Half of them the one that requests name (random_visit.c). */
	if (dice_below(&world->dice, 2))
		SAY(address, "192.0.2.7");
	else
		SAY(address, "198.51.100.%u", dice_below(&world->dice, 256));
	address_parse(text_of(address), &appearance.address);
	SAY(appearance.tool, "tool %s", mark_text(MARK_ALERT, place, mark));
	struct cleanup cleanup = { .organisation = appearance.organisation,
		.address = appearance.address,
		.state = (enum cleanup_state)dice_below(&world->dice, CLEANUP_STATES),
		.changed = inside_clock() - dice_below(&world->dice, 2) * DAY,
		.who = "m" };
	SAY(cleanup.note, "note %s", mark_text(MARK_ALERT, place, mark));
	inside_fine(inside, store_begin(inside->store, &inside->failure));
	inside_fine(inside, store_appearance_put(inside->store, inside->work, &appearance, &inside->failure));
	inside_fine(inside, store_cleanup_put(inside->store, inside->work, &cleanup, &inside->failure));
	inside_fine(inside, store_commit(inside->store, &inside->failure));
}

void world_add_network(struct world *world)
{
	struct inside *inside = world->inside;
	char mark[MARK_TEXT];
	struct network_contact contact = {
		.created = inside_clock(), .active = true, .every = DAY, .prefixes = "192.0.2.0/24", .systems = "64500"
	};
	struct appearance waits = {
		.kind = APPEARANCE_PROBE, .first = inside_clock() - HOUR, .last = inside_clock() - MINUTE, .packets = 1
	};
	struct network_batch batch = {
		.created = inside_clock(), .rows = 1, .part = 1, .parts = 1, .state = DELIVERY_FAILED
	};
	mark_text(MARK_NETWORK, 0, mark);
	SAY(contact.name, "a network"); /* stands in the log, too */
	SAY(contact.mail, "%s@isp.example", mark);
	SAY(contact.signed_by, "who signs %s", mark);
	SAY(waits.tool, "tool %s", mark);
	SAY(batch.recipient, "%s", contact.mail);
	SAY(batch.answer, "550 %s", mark);
	address_parse(TEXT("192.0.2.9"), &waits.address);
	inside_fine(inside, store_begin(inside->store, &inside->failure));
	inside_fine(inside, store_network_put(inside->store, inside->work, &contact, &inside->failure));
	waits.organisation = contact.number;
	batch.contact = contact.id;
	inside_fine(inside, store_sighting_put(inside->store, inside->work, &waits, &inside->failure));
	inside_fine(inside, store_network_batch_put(inside->store, inside->work, &batch, &inside->failure));
	inside_fine(inside, store_commit(inside->store, &inside->failure));
	world_own(world, contact.id, MARK_NETWORK, 0);
}
