/*
 * What the centre sends to many in a random world, and what its members share with sensors: a list of the directory for
 * each organisation, messages to it in every state, what it is asked to issue together with the centre, feeds, and
 * indicators that travel or wait. Each has the mark of the one organisation that may know it.
 */
#include "world.h"

#include "mail/link.h"
#include "reach/settings.h"
#include "reach/work.h"
#include "store/community.h"
#include "store/shared.h"

#include <stdio.h>
#include <string.h>

#define SAY(array, ...) snprintf(array, sizeof array, __VA_ARGS__)

static struct reach_work work_of(struct world *world)
{
	struct inside *inside = world->inside;
	return (struct reach_work){ .center = &inside->keeper.center,
		.store = inside->store,
		.scope = inside->work,
		.all = inside->work,
		.arena = inside->arena,
		.now = inside_clock() };
}

void world_keep_link(struct world *world, const char *secret, enum world_link kind, unsigned place)
{
	if (world->link_count == WORLD_LINKS)
		return;
	SAY(world->links[world->link_count], "%s", secret);
	world->link_kind[world->link_count] = kind;
	world->link_owner[world->link_count++] = place;
}

/* ── the directory ─ */

/* Its organisation, and somebody without an account whom the centre alone knows. */
static void add_contacts(struct world *world, unsigned place)
{
	struct inside *inside = world->inside;
	char mark[MARK_TEXT];
	for (unsigned i = 0; i < 2; i++) {
		struct dispatch_contact contact = { .organisation = i == 0 ? world->numbers[place] : 0,
			.agreed = true };
		mark_text(i == 0 ? MARK_PUBLICATION : MARK_DISPATCH, place, mark);
		SAY(contact.list, WORLD_LIST, place);
		SAY(contact.name, "%s", mark);
		SAY(contact.tier, "operator");
		SAY(contact.person, "person %s", mark);
		SAY(contact.mail, "%s@example.net", mark);
		inside_fine(inside, store_contact_put(inside->store, inside->work, &contact, &inside->failure));
	}
}

/* ── messages ─ */

static struct dispatch draft(struct world *world, unsigned place, enum mark kind, char words[64])
{
	char mark[MARK_TEXT];
	struct dispatch dispatch = { .kind = (enum dispatch_kind)dice_below(&world->dice, DISPATCH_KINDS),
		.tlp = kind == MARK_TITLE ? TLP_CLEAR : (enum tlp)(TLP_GREEN + dice_below(&world->dice, 3)),
		.author = world->people[1].account,
		.created = inside_clock(),
		.body_ja = words,
		.body_en = words,
		.questions = "Is it running?",
		.within = DAY };
	snprintf(words, 64, "about %s", kind == MARK_TITLE ? "all" : mark_text(kind, place, mark));
	SAY(dispatch.list, WORLD_LIST, place);
	SAY(dispatch.tags, "tag");
	SAY(dispatch.subject_ja, "%s", words);
	SAY(dispatch.subject_en, "%s", words);
	return dispatch;
}

struct noting {
	struct world *world;
	struct link_key key;
};

static void note_recipient(void *context, const struct recipient *recipient)
{
	struct noting *noting = context;
	unsigned place = world_place(noting->world, recipient->organisation);
	char secret[LINK_SECRET_SIZE];
	world_own(noting->world, recipient->id, place ? MARK_PUBLICATION : MARK_DISPATCH, place);
	link_secret(&noting->key, recipient->id, secret);
	if (place)
		world_keep_link(noting->world, secret, LINK_MESSAGE, place);
}

static void send(struct world *world, struct dispatch *dispatch)
{
	struct inside *inside = world->inside;
	struct reach_work work = work_of(world);
	struct noting noting = { .world = world };
	uint32_t seen;
	size_t sent;
	inside_fine(inside, reach_count(&work, dispatch, &seen, &inside->failure));
	inside_fine(inside, reach_propose(&work, dispatch, world->people[1].account, seen, &inside->failure));
	inside_fine(inside, reach_start(&work, dispatch, world->people[2].account, seen, &inside->failure));
	inside_fine(inside, reach_send_some(&work, dispatch, RECIPIENTS_DUE, 100, &sent, &inside->failure));
	inside_fine(inside, link_key_load(inside->folder, &noting.key, &inside->failure));
	inside_fine(inside, store_recipient_each(inside->store, inside->work, dispatch->number, RECIPIENTS_ALL, 0, 100,
				inside->arena, note_recipient, &noting, &inside->failure));
}

/* One that was sent, or (kind TITLE) one without marks, that everybody may read. */
static void add_sent(struct world *world, unsigned place, enum mark kind)
{
	struct inside *inside = world->inside;
	char words[64];
	struct dispatch dispatch = draft(world, place, kind, words);
	struct reach_work work = work_of(world);
	inside_fine(inside, store_dispatch_put(inside->store, inside->work, &dispatch, &inside->failure));
	if (kind != MARK_TITLE)
		world_own(world, dispatch.id, kind, place);
	send(world, &dispatch);
	if (kind != MARK_TITLE && dice_below(&world->dice, 4) == 0)
		inside_fine(inside, reach_close(&work, &dispatch, &inside->failure));
}

/* One that was not: nobody's but the centre's, or also its who is asked to issue it too. */
static void add_draft(struct world *world, unsigned place, bool proposed, bool together)
{
	struct inside *inside = world->inside;
	enum mark kind = together ? MARK_PUBLICATION : MARK_DISPATCH;
	char words[64];
	struct dispatch dispatch = draft(world, place, kind, words);
	struct reach_work work = work_of(world);
	uint32_t seen;
	inside_fine(inside, store_dispatch_put(inside->store, inside->work, &dispatch, &inside->failure));
	world_own(world, dispatch.id, kind, place);
	struct dispatch_signatory signatory = { .dispatch = dispatch.number, .organisation = world->numbers[place] };
	if (together)
		inside_fine(inside, store_signatory_put(inside->store, inside->work, &signatory, &inside->failure));
	inside_fine(inside, reach_count(&work, &dispatch, &seen, &inside->failure));
	if (proposed)
		inside_fine(inside, reach_propose(&work, &dispatch, world->people[1].account, seen, &inside->failure));
}

void world_add_message(struct world *world, unsigned place)
{
	struct inside *inside = world->inside;
	inside_set_clock(inside_clock() + SECOND);
	inside_fine(inside, store_begin(inside->store, &inside->failure));
	add_contacts(world, place); /* its list may be new, or empty by now */
	add_sent(world, place, MARK_PUBLICATION);
	inside_fine(inside, store_commit(inside->store, &inside->failure));
}

/* ── feeds, and what is shared ─ */

static void add_feeds(struct world *world)
{
	struct inside *inside = world->inside;
	for (unsigned i = 0; i < world->accounts; i++) {
		const struct key *person = &world->people[i];
		char secret[LINK_SECRET_SIZE];
		uint8_t digest[32];
		if (person->role != ROLE_MEMBER || world->link_count == WORLD_LINKS)
			continue;
		snprintf(secret, sizeof secret, "%064x", i + 1);
		link_digest(text_of(secret), digest);
		inside_fine(inside, store_feed_put(inside->store, inside->work, person->account, person->organisation,
					digest, inside_clock(), &inside->failure));
		world_keep_link(world, secret, LINK_FEED, world_place(world, person->organisation));
	}
}

static void add_shared(struct world *world, unsigned place, bool travels)
{
	struct inside *inside = world->inside;
	struct community circle;
	char mark[MARK_TEXT], body[64], name[24];
	mark_text(MARK_SHARED, place, mark);
	SAY(body, "[[\"domain\",\"%s.example\"]]", mark);
	SAY(name, "%s-%d", mark, travels);
	inside_fine(
	    inside, store_community_find(inside->store, inside->work, TEXT(WORLD_CIRCLE), &circle, &inside->failure));
	struct shared row = { .community = circle.number,
		.organisation = world->numbers[place],
		.item = text_of(name),
		.waits = !travels,
		.asked = ITEM_BLOCK,
		.action = ITEM_ALERT,
		.given = inside_clock(),
		.account = world->people[1].account,
		.body = text_of(body) };
	inside_fine(inside, store_shared_put(inside->store, inside->work, &row, travels, &inside->failure));
	if (row.id > world->shared_last)
		world->shared_last = row.id;
}

void world_add_reach(struct world *world)
{
	struct inside *inside = world->inside;
	((struct reach_settings *)reach_settings())->public_feed = true; /* else nobody tries it */
	inside_fine(inside, store_begin(inside->store, &inside->failure));
	for (unsigned place = 1; place <= world->organisations; place++) {
		add_contacts(world, place);
		add_draft(world, place, false, false);
		add_draft(world, place, true, false);
		add_draft(world, place, dice_below(&world->dice, 2), true);
		add_sent(world, place, MARK_PUBLICATION);
		if (dice_below(&world->dice, 3) == 0)
			add_sent(world, place, MARK_TITLE);
	}
	for (unsigned place = 1; place <= WORLD_CIRCLE_MEMBERS; place++) {
		add_shared(world, place, true);
		add_shared(world, place, false);
	}
	add_feeds(world);
	inside_fine(inside, store_commit(inside->store, &inside->failure));
}
