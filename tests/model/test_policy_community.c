/*
 * Communities and releases: random organisations, communities (nested, hidden, open, ended), memberships and releases,
 * against a second model that is made otherwise than the policy (from below, until nothing changes, and moment by
 * moment). 10,000 worlds; 1,000,000 with NOROSHI_LONG=1. What is known to go wrong: test_policy_circles.c.
 */
#include "policy_community.h"

#include "model/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MOST 6 /* organisations, communities: numbers 1 … */
#define ROWS 14
#define NOW 5 /* times are 1 … 9 */

static uint64_t state = 0x2545f4914f6cdd1du;

static uint32_t below(uint32_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 33) % limit;
}

struct world {
	/* One more than are counted: what lies behind the end must not matter. */
	struct organisation_standing organisations[MOST + 1];
	struct community_standing communities[MOST + 1];
	struct membership memberships[ROWS + 1];
	struct policy_snapshot snapshot;
	struct subject subject;
	uint32_t named[3];
	struct release_standing releases[5];
	size_t release_count;
};

/* ── the second model ─ */

struct model {
	int standing[MOST + 2][MOST + 2]; /* of an organisation in a community: 0 … 3 */
	bool hides[MOST + 2];
};

static bool in_time(nanoseconds from, nanoseconds to, nanoseconds when)
{
	return !(when < from) && !(to != 0 && when >= to);
}

static const struct community_standing *at(const struct world *world, uint32_t community)
{
	return community >= 1 && community <= world->snapshot.community_count ? &world->communities[community - 1]
									      : NULL;
}

static bool alive(const struct world *world, uint32_t community)
{
	const struct community_standing *found = at(world, community);
	return found && found->active && in_time(found->from, found->to, NOW);
}

static bool active(const struct world *world, uint32_t organisation)
{
	return organisation >= 1 && organisation <= world->snapshot.organisation_count &&
	       world->organisations[organisation - 1].active;
}

static void first_standing(const struct world *world, struct model *model)
{
	for (size_t i = 0; i < world->snapshot.membership_count; i++) {
		const struct membership *row = &world->memberships[i];
		int *standing = &model->standing[row->organisation][row->community];
		if (active(world, row->organisation) && alive(world, row->community) &&
		    in_time(row->from, row->to, NOW) && *standing < 1 + (int)row->role)
			*standing = 1 + (int)row->role;
	}
	for (uint32_t c = 1; c <= world->snapshot.community_count; c++)
		for (uint32_t o = 1; o <= world->snapshot.organisation_count; o++)
			if (at(world, c)->kind == COMMUNITY_OPEN && alive(world, c) && active(world, o) &&
			    model->standing[o][c] < 2)
				model->standing[o][c] = 2;
}

static struct model make_model(const struct world *world)
{
	struct model model;
	memset(&model, 0, sizeof model);
	first_standing(world, &model);
	for (uint32_t c = 1; c <= MOST; c++)
		model.hides[c] = at(world, c) && at(world, c)->hidden;
	for (bool changed = true; changed;) {
		changed = false;
		for (uint32_t c = 1; c <= world->snapshot.community_count; c++) {
			uint32_t whole = at(world, c)->parent;
			if (!at(world, whole))
				continue;
			if (model.hides[whole] && !model.hides[c])
				changed = model.hides[c] = true;
			for (uint32_t o = 1; o <= MOST && alive(world, whole); o++) {
				int up = model.standing[o][c] > 2 ? 2 : model.standing[o][c];
				if (up > model.standing[o][whole]) {
					model.standing[o][whole] = up;
					changed = true;
				}
			}
		}
	}
	return model;
}

static bool within(const struct world *world, uint32_t community, uint32_t whole)
{
	bool inside[MOST + 2] = { false };
	if (!at(world, whole))
		return false;
	inside[whole] = true;
	for (int round = 0; round < MOST; round++)
		for (uint32_t c = 1; c <= world->snapshot.community_count; c++)
			inside[c] = inside[c] || inside[at(world, c)->parent];
	return community <= MOST && inside[community];
}

static bool knows_members(const struct world *world, const struct model *model, uint32_t organisation, uint32_t c)
{
	if (!at(world, c) || model->standing[organisation][c] == 0)
		return false;
	return model->standing[organisation][c] == 3 || (at(world, c)->kind != COMMUNITY_OPEN && !model->hides[c]);
}

static bool had(const struct world *world, uint32_t organisation, const struct release_standing *release)
{
	bool named = release->tlp != TLP_RED;
	for (uint32_t i = 0; i < release->named_count; i++)
		named = named || release->named[i] == organisation;
	for (nanoseconds when = 0; when <= NOW && named; when++) {
		bool in[MOST + 2] = { false };
		if (!in_time(release->decided, release->withdrawn, when))
			continue;
		for (size_t i = 0; i < world->snapshot.membership_count; i++)
			if (world->memberships[i].organisation == organisation &&
			    in_time(world->memberships[i].from, world->memberships[i].to, when))
				in[world->memberships[i].community] = true;
		for (uint32_t c = 1; c <= world->snapshot.community_count; c++)
			in[c] = in_time(at(world, c)->from, at(world, c)->to, when) &&
				(in[c] || at(world, c)->kind == COMMUNITY_OPEN);
		for (int round = 0; round < MOST; round++)
			for (uint32_t c = 1; c <= world->snapshot.community_count; c++) {
				uint32_t whole = at(world, c)->parent;
				if (in[c] && at(world, whole) &&
				    in_time(at(world, whole)->from, at(world, whole)->to, when))
					in[whole] = true;
			}
		if (in[release->community] && at(world, release->community))
			return true;
	}
	return false;
}

/* ── random worlds ─ */

static void some_time(nanoseconds *from, nanoseconds *to)
{
	*from = below(3) ? 0 : below(9);
	*to = below(3) ? 0 : *from + 1 + below(6);
}

static void make_world(struct world *world)
{
	memset(world, 0, sizeof *world);
	size_t organisations = 1 + below(MOST), communities = below(MOST + 1), rows = below(ROWS + 1);
	for (size_t i = 0; i < organisations; i++)
		world->organisations[i] = (struct organisation_standing){ (uint32_t)i + 1, 0, below(6) != 0,
			(enum naming)below(NAMINGS), 1 + below(MOST) };
	for (size_t i = 0; i < communities; i++) {
		struct community_standing *community = &world->communities[i];
		*community = (struct community_standing){ .community = (uint32_t)i + 1,
			.parent = below(3) ? below((uint32_t)i + 1) : 0,
			.kind = (enum community_kind)(below(3) ? below(COMMUNITY_OPEN) : below(COMMUNITY_KINDS)),
			.active = below(6) != 0,
			.hidden = below(4) == 0,
			.centre = below(2) == 0,
			.stated = below(4) != 0 };
		some_time(&community->from, &community->to);
	}
	for (size_t i = 0; i < rows && communities; i++) {
		struct membership *row = &world->memberships[i];
		*row = (struct membership){ .community = 1 + below((uint32_t)communities),
			.organisation = 1 + below((uint32_t)organisations),
			.role = (enum membership_role)below(MEMBERSHIP_ROLES) };
		some_time(&row->from, &row->to);
	}
	world->snapshot = (struct policy_snapshot){ world->organisations, organisations, world->communities,
		communities, world->memberships, communities ? rows : 0, NOW };
	world->organisations[organisations] = (struct organisation_standing){ 1 + below(MOST), 0, true };
	world->communities[communities] = (struct community_standing){ 1 + below(MOST), 0, COMMUNITY_OPEN, true };
	world->memberships[world->snapshot.membership_count] =
	    (struct membership){ 1 + below(MOST), 1 + below(MOST), MEMBERSHIP_STEWARD };
	bool centre = below(3) == 0;
	static const enum role centres[] = { ROLE_ANALYST, ROLE_ANALYST, ROLE_ADMINISTRATOR, ROLE_AUDITOR };
	world->subject = (struct subject){ .account = { { 1 } },
		.role = centre ? centres[below(4)] : ROLE_MEMBER,
		.organisation = centre ? 0 : 1 + below((uint32_t)organisations) };
	for (size_t i = 0; i < 3; i++)
		world->named[i] = 1 + below(MOST);
	uint32_t owner = below(MOST);
	world->release_count = below(5);
	for (size_t i = 0; i <= world->release_count; i++) {
		uint32_t named = below(4);
		world->releases[i] = (struct release_standing){ .organisation = owner,
			.community = 1 + below(MOST),
			.tlp = (enum tlp)below(TLP_RED + 1),
			.decided = 1 + below(7),
			.taken_out = below(2),
			.named = world->named,
			.named_count = named };
		if (below(4) == 0)
			world->releases[i].withdrawn = world->releases[i].decided + below(4);
	}
}

/* ── what is compared ─ */

static bool reaches(const struct world *world, const struct model *model, enum action action, uint32_t c)
{
	const struct subject *subject = &world->subject;
	bool of_communities =
	    action == ACTION_COMMUNITY_READ || action == ACTION_COMMUNITY_WRITE || action == ACTION_MEMBERSHIP_READ ||
	    action == ACTION_MEMBERSHIP_WRITE || action == ACTION_ITEM_READ || action == ACTION_ITEM_WRITE ||
	    action == ACTION_RELEASE_WRITE || action == ACTION_SHARED_KEEP || action == ACTION_LIST_READ;
	if (!of_communities || !at(world, c))
		return false;
	if (subject->organisation == 0)
		return at(world, c)->centre || subject->role != ROLE_ANALYST;
	int standing = model->standing[subject->organisation][c];
	if (action == ACTION_MEMBERSHIP_READ)
		return knows_members(world, model, subject->organisation, c);
	if (action == ACTION_MEMBERSHIP_WRITE || action == ACTION_COMMUNITY_WRITE)
		return standing == 3;
	return standing >= (action == ACTION_ITEM_WRITE || action == ACTION_RELEASE_WRITE ? 2 : 1);
}

static void check_scope(const struct world *world, const struct model *model, struct arena *arena)
{
	enum action action = (enum action)below(ACTION_COUNT);
	const struct scope *scope = policy_scope(&world->snapshot, &world->subject, action, arena);
	size_t count, reached = 0;
	if (!scope)
		return;
	const uint32_t *list = scope_communities(scope, &count);
	for (uint32_t c = 0; c < MOST + 2; c++) {
		assert_int_equal(scope_covers_community(scope, c), reaches(world, model, action, c));
		if (scope_covers_community(scope, c)) {
			assert_true(reached < count);
			assert_int_equal(list[reached++], c);
		}
	}
	assert_int_equal(reached, count);
	assert_false(scope_covers_all_communities(scope));
}

static void check_standings(const struct world *world, const struct model *model)
{
	for (uint32_t c = 0; c < MOST + 2; c++) {
		assert_int_equal(policy_community_stands(&world->snapshot, c), alive(world, c));
		assert_int_equal(policy_community(&world->snapshot, c) != NULL, at(world, c) != NULL);
		for (uint32_t o = 0; o < MOST + 2; o++) {
			bool there = o >= 1 && o <= world->snapshot.organisation_count;
			const struct organisation_standing *who = there ? &world->organisations[o - 1] : NULL;
			assert_int_equal(policy_standing(&world->snapshot, o, c), model->standing[o][c]);
			assert_int_equal(
			    policy_knows_members(&world->snapshot, o, c), knows_members(world, model, o, c));
			bool may =
			    o == 0 || (there && (who->naming == NAMING_ANYWHERE ||
						    (who->naming == NAMING_WITHIN && within(world, c, who->circle))));
			assert_int_equal(policy_may_name(&world->snapshot, o, c), may);
		}
		for (uint32_t whole = 0; whole < MOST + 2; whole++)
			assert_int_equal(policy_is_within(&world->snapshot, c, whole), within(world, c, whole));
	}
	uint32_t one = 1 + below(MOST), other = 1 + below(MOST);
	bool knows = false;
	for (uint32_t c = 1; c <= MOST; c++)
		knows = knows || (knows_members(world, model, one, c) && model->standing[other][c] > 0);
	assert_int_equal(policy_knows_organisation(&world->snapshot, one, other), knows);
}

static bool is_named(const struct release_standing *release, uint32_t organisation)
{
	for (uint32_t i = 0; i < release->named_count; i++)
		if (release->named[i] == organisation)
			return true;
	return false;
}

/* By the table of decision 0080, for an analyst or a member who may read items. */
static bool reads(const struct world *world, const struct model *model, const struct release_standing *release)
{
	uint32_t me = world->subject.organisation;
	if (release->withdrawn)
		return false;
	if (release->organisation == me) /* the centre's own are its analysts' */
		return true;
	if (me == 0)
		return reaches(world, model, ACTION_ITEM_READ, release->community);
	return model->standing[me][release->community] > 0 && (release->tlp != TLP_RED || is_named(release, me));
}

static void check_reading(const struct world *world, const struct model *model, struct arena *arena)
{
	const struct scope *scope = policy_scope(&world->snapshot, &world->subject, ACTION_ITEM_READ, arena);
	const struct scope *other = policy_scope(&world->snapshot, &world->subject, ACTION_COMMUNITY_READ, arena);
	uint32_t me = world->subject.organisation, owner = world->release_count ? world->releases[0].organisation : 0;
	bool given = world->release_count == 0, analyst = scope && me == 0;
	size_t best = world->release_count;
	for (size_t i = 0; i < world->release_count; i++) {
		const struct release_standing *release = &world->releases[i];
		bool may = scope && reads(world, model, release);
		bool known = may || (scope && (owner == me || (me == 0 && reaches(world, model, ACTION_ITEM_READ,
									      release->community))));
		given = given || (at(world, release->community) && at(world, release->community)->centre);
		assert_int_equal(policy_release_read(scope, release), may);
		assert_int_equal(policy_release_known(scope, release), known);
		assert_false(policy_release_read(other, release) || policy_release_known(other, release));
		for (uint32_t o = 1; o <= world->snapshot.organisation_count; o++)
			assert_int_equal(policy_release_had(&world->snapshot, o, release), had(world, o, release));
		bool open = alive(world, release->community) && at(world, release->community)->kind == COMMUNITY_OPEN;
		assert_int_equal(policy_release_public(&world->snapshot, release),
		    open && release->tlp == TLP_CLEAR && !release->withdrawn);
		const struct release_standing *so_far = best < world->release_count ? &world->releases[best] : NULL;
		if (may && (!so_far || release->taken_out < so_far->taken_out ||
			       (release->taken_out == so_far->taken_out && release->decided > so_far->decided)))
			best = i;
	}
	assert_int_equal(policy_release_choose(scope, world->releases, world->release_count), best);
	assert_int_equal(policy_item_read(scope, owner, world->releases, world->release_count),
	    scope && (owner == me || (analyst && given)));
	assert_false(policy_item_read(other, owner, world->releases, world->release_count));
}

static enum release_answer expected(
    const struct world *world, const struct model *model, bool member, const struct release_wish *wish)
{
	uint32_t me = world->subject.organisation;
	bool owner = me == wish->organisation, knows = !member || knows_members(world, model, me, wish->community);
	const struct release_standing *from = wish->from;
	enum tlp floor = from && from->tlp > wish->item_tlp ? from->tlp : wish->item_tlp;
	if (!alive(world, wish->community) || !reaches(world, model, ACTION_RELEASE_WRITE, wish->community))
		return RELEASE_UNKNOWN;
	/* Whoever gives to fewer communities than it reads widens only what comes from those that it gives to. */
	bool gets = from && reads(world, model, from) &&
		    (owner || reaches(world, model, ACTION_RELEASE_WRITE, from->community));
	if (from ? from->organisation != wish->organisation || !gets : member && !owner)
		return RELEASE_UNKNOWN;
	if (!owner && member && model->standing[me][from->community] != 3)
		return RELEASE_NOT_YOURS;
	if (!owner && floor == TLP_RED)
		return RELEASE_OWNER_ONLY;
	if (!owner && wish->tlp < floor)
		return RELEASE_LOOSER;
	if (wish->tlp == TLP_RED && wish->named_count == 0)
		return RELEASE_NAMES_NEEDED;
	if (wish->tlp != TLP_RED && wish->named_count)
		return RELEASE_NAMES_REFUSED;
	for (uint32_t i = 0; i < wish->named_count; i++)
		if (knows && model->standing[wish->named[i]][wish->community] == 0)
			return RELEASE_NOT_MEMBER;
	bool amber = wish->tlp == TLP_AMBER || wish->tlp == TLP_AMBER_STRICT;
	if (amber && at(world, wish->community)->kind == COMMUNITY_OPEN)
		return RELEASE_TOO_OPEN;
	return wish->stated || at(world, wish->community)->stated ? RELEASE_ALLOWED : RELEASE_UNSTATED;
}

static unsigned answered[RELEASE_ANSWERS];

static void check_making(const struct world *world, const struct model *model, struct arena *arena)
{
	const struct scope *scope = policy_scope(&world->snapshot, &world->subject, ACTION_RELEASE_WRITE, arena);
	const struct scope *reader = policy_scope(&world->snapshot, &world->subject, ACTION_ITEM_READ, arena);
	bool member = world->subject.role == ROLE_MEMBER;
	uint32_t me = world->subject.organisation;
	struct release_wish wish = { .organisation = below(3) ? me : below(MOST),
		.item_tlp = (enum tlp)below(TLP_RED + 1),
		.community = 1 + below(MOST),
		.tlp = (enum tlp)below(TLP_RED + 1),
		.named = world->named,
		.stated = below(4) == 0 };
	wish.named_count = (wish.tlp == TLP_RED) != (below(8) == 0) ? 1 + below(3) : 0;
	if (world->release_count && below(2)) {
		wish.from = &world->releases[0];
		wish.organisation = below(8) ? wish.from->organisation : wish.organisation;
	}
	enum release_answer answer = policy_release_allowed(&world->snapshot, scope, &wish);
	assert_int_equal(answer, scope ? expected(world, model, member, &wish) : RELEASE_UNKNOWN);
	assert_int_equal(policy_release_allowed(&world->snapshot, reader, &wish), RELEASE_UNKNOWN);
	answered[answer]++;
	for (size_t i = 0; i < world->release_count; i++) {
		const struct release_standing *release = &world->releases[i];
		bool may = scope && !release->withdrawn &&
			   (release->organisation == me ||
			       (member ? model->standing[me][release->community] == 3
				       : reaches(world, model, ACTION_RELEASE_WRITE, release->community)));
		assert_int_equal(policy_release_withdraw(&world->snapshot, scope, release), may);
		assert_false(policy_release_withdraw(&world->snapshot, reader, release));
	}
}

void test_random_communities_are_what_a_second_model_says(void **unused)
{
	(void)unused;
	const char *cases = getenv("NOROSHI_CASES"), *longer = getenv("NOROSHI_LONG");
	long count = cases ? atol(cases) : longer && *longer ? 1000000 : 10000;
	struct arena *arena = arena_new(0);
	for (long i = 0; i < count; i++) {
		struct world world;
		make_world(&world);
		struct model model = make_model(&world);
		check_standings(&world, &model);
		check_scope(&world, &model, arena);
		check_reading(&world, &model, arena);
		check_making(&world, &model, arena);
		arena_clear(arena);
	}
	arena_free(arena);
	for (unsigned i = 0; i < RELEASE_ANSWERS; i++)
		assert_true(answered[i] > 0); /* else it was not tried */
}
