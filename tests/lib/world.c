/*
 * Makes a random world and lets things happen in it. See world.h; who may know what is in world_knowledge.c.
 */
#include "world.h"

#include "store/community.h"

#include "mail/link.h"
#include "store/record_store.h"
#include "triage/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint32_t dice_below(struct dice *dice, uint32_t limit)
{
	dice->state ^= dice->state << 13;
	dice->state ^= dice->state >> 7;
	dice->state ^= dice->state << 17;
	return limit ? (uint32_t)(dice->state >> 33) % limit : 0;
}

const char *mark_text(enum mark kind, unsigned owner, char to[static MARK_TEXT])
{
	snprintf(to, MARK_TEXT, "zq%c%03uqz", (int)kind, owner % 1000);
	return to;
}

static uint32_t roll(struct world *world, uint32_t limit)
{
	return dice_below(&world->dice, limit);
}

/* Things happen one after the other, so that no list is sorted by ids, which are another's dice. */
static void later(void)
{
	inside_set_clock(inside_clock() + SECOND);
}

static struct uuid random_id(struct world *world)
{
	struct uuid id;
	for (size_t i = 0; i < sizeof id.bytes; i++)
		id.bytes[i] = (uint8_t)roll(world, 256);
	id.bytes[0] |= 1;
	return id;
}

#define SAY(array, ...) snprintf(array, sizeof array, __VA_ARGS__)

/* ── organisations, people ─ */

static void add_organisation(struct world *world)
{
	struct inside *inside = world->inside;
	unsigned place = ++world->organisations;
	later();
	char mark[MARK_TEXT];
	mark_text(MARK_ORGANISATION, place, mark);
	struct organisation organisation = { .active = place == 1 || roll(world, 6) != 0,
		.language = (enum language)roll(world, 2),
		.parent = roll(world, 3) ? 0 : world->numbers[roll(world, place)] };
	SAY(organisation.name, "%s-%u", mark, roll(world, 1000));
	SAY(organisation.title_en, "The %s", mark);
	SAY(organisation.title_ja, "機関 %s", mark);
	SAY(organisation.sector, "sector %s", mark);
	for (size_t i = 0; i < 2; i++) {
		SAY(organisation.contacts[i].name, "contact %s", mark);
		SAY(organisation.contacts[i].mail, "%s@example.net", mark);
	}
	world->numbers[place] = inside_add_organisation(inside, &organisation);
	world_own(world, organisation.id, MARK_ORGANISATION, place);
	struct organisation_space space = { .organisation = organisation.number, .from = inside_clock() };
	SAY(space.domain, "%s.example", mark);
	inside_fine(inside, store_begin(inside->store, &inside->failure));
	inside_fine(inside, store_space_put(inside->store, inside->work, &space, &inside->failure));
	inside_fine(inside, store_commit(inside->store, &inside->failure));
}

static void add_person(struct world *world, enum role role, unsigned place)
{
	unsigned number = world->accounts + 1;
	char mark[MARK_TEXT];
	struct account account = { .role = role,
		.organisation = world->numbers[place],
		.created = inside_clock(),
		.disabled = roll(world, 12) == 0 };
	SAY(account.name, "%s", mark_text(MARK_ACCOUNT, number, mark));
	SAY(account.mail, "%s@example.org", mark);
	SAY(account.title, "%s", mark_text(MARK_TITLE, number, mark));
	world->people[world->accounts++] = inside_add_account(world->inside, &account);
	world_own(world, account.id, MARK_ACCOUNT, number);
}

static void add_sensor(struct world *world, unsigned place)
{
	char mark[MARK_TEXT];
	struct sensor sensor = { .organisation = world->numbers[place],
		.state = roll(world, 5) ? SENSOR_REPORTING : SENSOR_REVOKED,
		.alerts = 1000 + roll(world, 9000),
		.last_seen = inside_clock() };
	SAY(sensor.name, "%s", mark_text(MARK_SENSOR, place, mark));
	struct key key = inside_add_sensor(world->inside, &sensor);
	world->people[world->people_count++] = key;
	world_own(world, key.serial, MARK_SENSOR, place);
	world_own(world, key.enrolment, MARK_SENSOR, place);
	world->sensors[place] = sensor.number;
	world_own(world, sensor.id, MARK_SENSOR, place);
}

static void add_device(struct world *world, unsigned place)
{
	char mark[MARK_TEXT];
	struct device device = { .organisation = world->numbers[place], .created = inside_clock() };
	SAY(device.name, "firewall %s", mark_text(MARK_SENSOR, place, mark));
	world->people[world->people_count++] = inside_add_device(world->inside, &device);
	world_own(world, device.id, MARK_SENSOR, place);
}

/* A silence that goes on, a maintenance that is planned, and what the centre told of them. */
static void add_gaps(struct world *world, unsigned place)
{
	struct inside *inside = world->inside;
	char mark[MARK_TEXT], body[64];
	struct gap silent = { .organisation = world->numbers[place],
		.sensor = world->sensors[place],
		.kind = GAP_SILENT,
		.code = "no-record",
		.from = inside_clock() - HOUR };
	struct gap planned = silent;
	planned.kind = GAP_MAINTENANCE;
	planned.to = inside_clock() + DAY;
	SAY(planned.reason, "disks of %s", mark_text(MARK_SENSOR, place, mark));
	SAY(body, "about %s", mark_text(MARK_NOTICE, place, mark));
	struct bulletin bulletin = { .organisation = world->numbers[place],
		.kind = "sensor",
		.tlp = TLP_AMBER,
		.body_ja = body,
		.body_en = body,
		.created = inside_clock() };
	SAY(bulletin.subject_ja, "お知らせ %s", mark);
	inside_fine(inside, store_begin(inside->store, &inside->failure));
	inside_fine(inside, store_gap_put(inside->store, inside->work, &silent, &inside->failure));
	inside_fine(inside, store_gap_put(inside->store, inside->work, &planned, &inside->failure));
	inside_fine(inside, store_bulletin_put(inside->store, inside->work, &bulletin, &inside->failure));
	inside_fine(inside, store_commit(inside->store, &inside->failure));
	world_own(world, bulletin.id, MARK_NOTICE, place);
}

/* ── what happened ─ */

static void add_alerts(struct world *world, unsigned place, uint32_t count, const struct uuid *event)
{
	struct inside *inside = world->inside;
	char mark[MARK_TEXT];
	struct text text = text_of(mark_text(MARK_ALERT, place, mark));
	struct builder encoded = { 0 };
	struct address host = { { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, (uint8_t)place, [15] = 1 } };
	struct history_batch batch = { .organisation = world->numbers[place],
		.sensor = world->sensors[place],
		.epoch = { world->dice.state, place },
		.sequence_first = 1,
		.sequence_end = count + 1,
		.received = inside_clock(),
		.lines = count,
		.alerts = count,
		.last = true };
	for (uint32_t i = 0; i < count; i++) {
		struct alert alert = { .id = { batch.sensor, batch.epoch, i + 1 },
			.organisation = batch.organisation,
			.occurred = inside_clock() - (nanoseconds)i * SECOND,
			.received = batch.received,
			.detector = text,
			.signature = text,
			.signature_id = text,
			.category = text,
			.host = text,
			.account = text,
			.object = text,
			.protocol = text,
			.source = host,
			.target = host,
			.original = text,
			.repeats = 1 };
		alert_encode(&alert, &encoded);
	}
	/* The same once more as records that are no alerts: they are nobody else's either. */
	inside_fine(inside, record_store_append(inside->records, &batch, (struct text){ encoded.at, encoded.size },
				NULL, &inside->failure));
	inside_fine(inside, record_store_sync(inside->records, batch.organisation, &inside->failure));
	uint64_t position;
	inside_fine(inside, history_append(inside->history, &batch, (struct text){ encoded.at, encoded.size },
				&position, &inside->failure));
	for (uint32_t i = 0; i < count && world->position_count < 256; i++) {
		struct position *kept = &world->positions[world->position_count++];
		kept->owner = place;
		SAY(kept->text, "%llu", (unsigned long long)position_hide(&(struct call){ 0 }, position + i));
	}
	for (uint32_t i = 0; i < count; i++)
		inside_fine(
		    inside, history_judge(inside->history, position + i, event ? VERDICT_EVENT : VERDICT_BACKGROUND,
				event ? *event : (struct uuid){ 0 }, (struct uuid){ 0 }, &inside->failure));
	inside_fine(inside, history_sync(inside->history, &inside->failure));
	builder_free(&encoded);
	struct funnel funnel = { .organisation = batch.organisation,
		.day = (int32_t)(inside_clock() / DAY),
		.alerts = count,
		.malformed = 1 };
	funnel.verdicts[VERDICT_BACKGROUND] = count;
	inside_fine(inside, store_funnel_add(inside->store, inside->work, &funnel, &inside->failure));
}

static void name_all(struct event_name *names, uint32_t count, const char *mark)
{
	for (uint32_t i = 0; i < count; i++) {
		SAY(names[i].name, "%s-%u", mark, i);
		names[i].alerts = 3;
	}
}

static struct uuid add_event(struct world *world, unsigned place, struct uuid campaign)
{
	struct inside *inside = world->inside;
	struct event *event = calloc(1, sizeof *event);
	char mark[MARK_TEXT];
	mark_text(MARK_EVENT, place, mark);
	struct uuid id = event->id = random_id(world);
	event->organisation = world->numbers[place];
	event->campaign = campaign;
	event->opened = event->updated = event->last = inside_clock();
	event->first = event->last - HOUR;
	event->rank = roll(world, 10000) / 100.0;
	event->alerts = 6;
	name_all(event->hosts, event->host_count = event->hosts_all = 3, mark);
	name_all(event->sources, event->source_count = event->sources_all = 1, mark);
	name_all(event->signatures, event->signature_count = event->signatures_all = 2, mark);
	name_all(event->detectors, event->detector_count = event->detectors_all = 1, mark);
	name_all(event->accounts, event->account_count = event->accounts_all = 1, mark);
	world_own(world, id, MARK_EVENT, place);
	inside_fine(inside, store_event_put(inside->store, inside->work, event, &inside->failure));
	free(event);
	return id;
}

static void decide(struct world *world, struct uuid event, unsigned place, enum event_state state)
{
	struct inside *inside = world->inside;
	struct policy_snapshot snapshot;
	struct subject analyst = { .account = world->people[1].account, .role = ROLE_ANALYST, .name = "zqa002qz" };
	struct arena *arena = arena_new(0);
	char mark[MARK_TEXT];
	inside_fine(inside, store_snapshot(inside->store, inside_clock(), arena, &snapshot, &inside->failure));
	inside_fine(
	    inside, store_event_decide(inside->store, policy_scope(&snapshot, &analyst, ACTION_EVENT_DECIDE, arena),
			event, state, (struct uuid){ 0 }, text_of(mark_text(MARK_EVENT, place, mark)), 0,
			inside_clock(), &inside->failure));
	arena_free(arena);
}

static void add_decision(struct world *world, unsigned place)
{
	struct inside *inside = world->inside;
	char mark[MARK_TEXT];
	later();
	mark_text(MARK_DECISION, place, mark);
	struct decision decision = { .organisation = world->numbers[place],
		.author = world->people[1].account,
		.created = inside_clock(),
		.expires = inside_clock() + 60 * DAY,
		.review = inside_clock() + 30 * DAY,
		.withdrawn = roll(world, 4) == 0 };
	SAY(decision.signature, "%s", mark);
	SAY(decision.host, "%s", mark);
	SAY(decision.reason, "because %s", mark);
	inside_fine(inside, store_decision_put(inside->store, inside->work, &decision, &inside->failure));
	world_own(world, decision.id, MARK_DECISION, place);
}

static void keep_link(struct world *world, struct notice *notice, unsigned place)
{
	struct link_key key;
	if (world->link_count >= WORLD_LINKS / 4 || roll(world, 2))
		return;
	inside_fine(world->inside, link_key_load(world->inside->folder, &key, &world->inside->failure));
	notice->id = random_id(world);
	char secret[LINK_SECRET_SIZE];
	link_secret(&key, notice->id, secret);
	link_digest(text_of(secret), notice->link_digest);
	world_keep_link(world, secret, LINK_NOTICE, place);
	notice->id = (struct uuid){ 0 };
}

static void add_notice(struct world *world, struct uuid event, unsigned place)
{
	struct inside *inside = world->inside;
	enum notice_state state = (enum notice_state)roll(world, 5);
	bool sent = state != NOTICE_DRAFT;
	char mark[MARK_TEXT], words[64];
	mark_text(sent ? MARK_NOTICE : MARK_DRAFT, place, mark);
	SAY(words, "advice %s", mark);
	struct notice notice = { .event = event,
		.organisation = world->numbers[place],
		.tlp = (enum tlp)roll(world, 5),
		.state = state,
		.advice = words,
		.reply = sent ? words : NULL,
		.author = world->people[1].account,
		.created = inside_clock(),
		.sent = sent ? inside_clock() : 0,
		.deadline = inside_clock() + DAY };
	SAY(notice.subject_ja, "件名 %s", mark);
	SAY(notice.subject_en, "subject %s", mark);
	if (state == NOTICE_ACKNOWLEDGED || state == NOTICE_CLOSED) {
		notice.acknowledged = inside_clock();
		SAY(notice.acknowledged_name, "%s", mark);
	}
	if (sent)
		keep_link(world, &notice, place);
	inside_fine(inside, store_notice_put(inside->store, inside->work, &notice, &inside->failure));
	world_own(world, notice.id, sent ? MARK_NOTICE : MARK_DRAFT, place);
	struct delivery delivery = {
		.notice = notice.id, .channel = "mail", .purpose = "notice", .created = inside_clock()
	};
	SAY(delivery.recipient, "%s@example.net", mark);
	SAY(delivery.answer, "250 %s", mark);
	if (sent)
		inside_fine(inside, store_delivery_put(inside->store, inside->work, &delivery, &inside->failure));
}

static void add_case(struct world *world, unsigned place, struct uuid campaign)
{
	struct inside *inside = world->inside;
	later();
	inside_fine(inside, store_begin(inside->store, &inside->failure));
	struct uuid event = add_event(world, place, campaign);
	add_alerts(world, place, 1 + roll(world, 6), &event);
	if (roll(world, 3)) {
		decide(world, event, place, EVENT_CONFIRMED);
		add_notice(world, event, place);
	}
	if (roll(world, 3) == 0)
		add_decision(world, place);
	inside_fine(inside, store_commit(inside->store, &inside->failure));
}

static void write_analysis(struct world *world, struct uuid campaign)
{
	struct inside *inside = world->inside;
	char mark[MARK_TEXT], body[80], path[80], id[UUID_TEXT];
	SAY(path, "/v1/campaigns/%s/analysis", uuid_format(campaign, id));
	SAY(body, "{\"text\":\"%s\",\"seen\":0}", mark_text(MARK_CAMPAIGN, 0, mark));
	struct visit visit = {
		.key = &world->people[1], .method = "POST", .target = text_of(path), .body = text_of(body)
	};
	struct reply reply = inside_visit(inside, &visit);
	reply_free(&reply);
}

/* Announced attacks on everybody: the centre's alone. */
static void add_announcement(struct world *world)
{
	struct inside *inside = world->inside;
	char mark[MARK_TEXT];
	struct announcement_target targets[WORLD_ORGANISATIONS] = { 0 };
	struct announcement announcement = { .author = world->people[1].account,
		.created = inside_clock(),
		.targets = targets,
		.target_count = world->organisations };
	SAY(announcement.source, "said at %s", mark_text(MARK_CAMPAIGN, 0, mark));
	for (unsigned i = 0; i < world->organisations; i++) {
		SAY(targets[i].name, "target %s", mark);
		targets[i].organisation = world->numbers[i + 1];
	}
	inside_fine(inside, store_begin(inside->store, &inside->failure));
	inside_fine(inside, store_announcement_put(inside->store, inside->work, &announcement, &inside->failure));
	inside_fine(inside, store_commit(inside->store, &inside->failure));
	world_own(world, announcement.id, MARK_CAMPAIGN, 0);
}

/* Two communities of some organisations, one of them a hidden part of the other. */
static void add_communities(struct world *world)
{
	struct inside *inside = world->inside;
	uint32_t whole = 0;
	inside_fine(inside, store_begin(inside->store, &inside->failure));
	for (unsigned i = 0; i < 2; i++) {
		struct community community = {
			.parent = whole, .hidden = i == 1, .centre = i == 0, .active = true, .kind = COMMUNITY_CLOSED
		};
		snprintf(community.name, sizeof community.name, "circle-%u", i);
		snprintf(community.title_en, sizeof community.title_en, "Circle %u", i);
		inside_fine(inside, store_community_put(inside->store, inside->work, &community, &inside->failure));
		whole = community.number;
		for (unsigned place = 1; place <= world->organisations; place++) {
			struct membership membership = { .community = whole,
				.organisation = world->numbers[place],
				.role = (enum membership_role)roll(world, MEMBERSHIP_ROLES),
				.from = 1 };
			if (roll(world, 2))
				inside_fine(inside,
				    store_membership_put(inside->store, inside->work, &membership, &inside->failure));
		}
	}
	inside_fine(inside, store_commit(inside->store, &inside->failure));
}

struct world *world_new(uint64_t seed, bool pages)
{
	struct world *world = calloc(1, sizeof *world);
	if (!world || !(world->ids = calloc(WORLD_IDS, sizeof *world->ids)) ||
	    !(world->index = calloc(4 * WORLD_IDS, sizeof *world->index)))
		abort();
	world->dice.state = seed * 0x9e3779b97f4a7c15u | 1;
	inside_set_randomness(seed);
	world->inside = inside_open(pages);
	unsigned count = 2 + roll(world, WORLD_ORGANISATIONS - 1);
	while (world->organisations < count)
		add_organisation(world);
	static const enum role centre[] = { ROLE_ADMINISTRATOR, ROLE_ANALYST, ROLE_ANALYST, ROLE_AUDITOR };
	for (size_t i = 0; i < sizeof centre / sizeof *centre; i++)
		add_person(world, centre[i], 0);
	for (unsigned place = 1; place <= count; place++)
		for (unsigned i = 0; i <= roll(world, 2); i++)
			add_person(world, ROLE_MEMBER, place);
	world->people_count = world->accounts;
	world->campaigns[0] = random_id(world);
	world->campaigns[1] = random_id(world);
	for (unsigned place = 1; place <= count; place++) {
		add_sensor(world, place);
		add_device(world, place);
		add_gaps(world, place);
		world_add_appearance(world, place);
		for (unsigned i = 0; i < 1 + roll(world, 3); i++)
			add_case(world, place, world->campaigns[roll(world, 3)]);
	}
	world_add_network(world);
	for (size_t i = 0; i < 2; i++) {
		world_own(world, world->campaigns[i], MARK_CAMPAIGN, 0);
		write_analysis(world, world->campaigns[i]);
	}
	add_announcement(world);
	add_announcement(world);
	add_communities(world);
	world_add_circle(world);
	world_add_reach(world);
	inside_fine(world->inside, store_begin(world->inside->store, &world->inside->failure));
	add_decision(world, 0);
	inside_fine(world->inside, store_commit(world->inside->store, &world->inside->failure));
	return world;
}

void world_free(struct world *world)
{
	inside_close(world->inside);
	free(world->ids);
	free(world->index);
	free(world);
}

static void rename_organisation(struct world *world, unsigned place)
{
	struct inside *inside = world->inside;
	struct organisation organisation;
	char mark[MARK_TEXT];
	inside_fine(inside, store_begin(inside->store, &inside->failure));
	inside_fine(inside, store_organisation_get(
				inside->store, inside->work, world->numbers[place], &organisation, &inside->failure));
	SAY(organisation.title_en, "Once more %s %u", mark_text(MARK_ORGANISATION, place, mark), roll(world, 1000));
	inside_fine(inside, store_organisation_put(inside->store, inside->work, &organisation, &inside->failure));
	inside_fine(inside, store_commit(inside->store, &inside->failure));
}

unsigned world_stir(struct world *world, unsigned but)
{
	unsigned place = 1 + roll(world, world->organisations - 1);
	struct inside *inside = world->inside;
	place += place >= but && but != 0;
	if (place > world->organisations)
		place = 1;
	switch (place == but ? 0 : roll(world, 5)) {
	case 0:
		inside_fine(inside, store_begin(inside->store, &inside->failure));
		add_decision(world, 0);
		inside_fine(inside, store_commit(inside->store, &inside->failure));
		break;
	case 1:
		rename_organisation(world, place);
		return place;
	case 2:
		world_add_message(world, place);
		break;
	case 3:
		if (world->organisations < WORLD_ORGANISATIONS) {
			add_organisation(world);
			break;
		} /* fall through */
	default:
		add_case(world, place, world->campaigns[roll(world, 3)]);
	}
	return 0;
}
