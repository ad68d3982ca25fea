/*
 * Communities: codes and what is valid. Called by the store before it writes and by the routes that read them.
 */
#include "model/community.h"

static const char *const kinds[COMMUNITY_KINDS] = {
	[COMMUNITY_SECTOR] = "sector",
	[COMMUNITY_COUNCIL] = "council",
	[COMMUNITY_ISAC] = "isac",
	[COMMUNITY_CLOSED] = "closed",
	[COMMUNITY_BILATERAL] = "bilateral",
	[COMMUNITY_OPEN] = "open",
};
static const char *const roles[MEMBERSHIP_ROLES] = {
	[MEMBERSHIP_READER] = "reader",
	[MEMBERSHIP_MEMBER] = "member",
	[MEMBERSHIP_STEWARD] = "steward",
};
static const char *const namings[NAMINGS] = {
	[NAMING_ANYWHERE] = "anywhere",
	[NAMING_WITHIN] = "within",
	[NAMING_NOWHERE] = "nowhere",
};

static bool parse(struct text code, const char *const *codes, unsigned count, unsigned *place)
{
	for (unsigned i = 0; i < count; i++) {
		if (text_equal(code, text_of(codes[i]))) {
			*place = i;
			return true;
		}
	}
	return false;
}

const char *community_kind_code(enum community_kind kind)
{
	return (unsigned)kind < COMMUNITY_KINDS ? kinds[kind] : kinds[COMMUNITY_CLOSED];
}

bool community_kind_parse(struct text code, enum community_kind *kind)
{
	unsigned place;
	if (!parse(code, kinds, COMMUNITY_KINDS, &place))
		return false;
	*kind = (enum community_kind)place;
	return true;
}

const char *membership_role_code(enum membership_role role)
{
	return (unsigned)role < MEMBERSHIP_ROLES ? roles[role] : roles[MEMBERSHIP_READER];
}

bool membership_role_parse(struct text code, enum membership_role *role)
{
	unsigned place;
	if (!parse(code, roles, MEMBERSHIP_ROLES, &place))
		return false;
	*role = (enum membership_role)place;
	return true;
}

const char *naming_code(enum naming naming)
{
	return (unsigned)naming < NAMINGS ? namings[naming] : namings[NAMING_NOWHERE];
}

bool naming_parse(struct text code, enum naming *naming)
{
	unsigned place;
	if (!parse(code, namings, NAMINGS, &place))
		return false;
	*naming = (enum naming)place;
	return true;
}

/* One line, or with `lines` several. */
static bool is_plain(const char *text, bool lines)
{
	struct text all = text_of(text);
	if (text_utf8_valid(all) != all.size)
		return false;
	for (size_t i = 0; i < all.size; i++) {
		unsigned char c = (unsigned char)all.at[i];
		if ((c < ' ' && !(lines && c == '\n')) || c == 0x7f)
			return false;
	}
	return true;
}

enum error community_check(const struct community *community, struct failure *failure)
{
	if (!name_is_valid(text_of(community->name)))
		return fail(
		    failure, ERROR_INPUT, "name: it must be 1 to 63 of a-z 0-9 - . _ and not begin with - or .");
	if (!is_plain(community->title_ja, false) || !is_plain(community->title_en, false))
		return fail(failure, ERROR_INPUT, "title: it must be one line of UTF-8 text");
	if (!community->title_ja[0] && !community->title_en[0])
		return fail(failure, ERROR_INPUT, "title: one in Japanese or in English is needed");
	if ((unsigned)community->kind >= COMMUNITY_KINDS)
		return fail(failure, ERROR_INPUT, "kind: there is no such kind of community");
	if (community->kind == COMMUNITY_OPEN && community->parent != 0)
		return fail(failure, ERROR_INPUT, "parent: everybody is in an open community: it cannot be a part");
	if (community->kind == COMMUNITY_OPEN && community->hidden)
		return fail(failure, ERROR_INPUT, "hidden: everybody is in an open community");
	if (community->number != 0 && community->parent == community->number)
		return fail(failure, ERROR_INPUT, "parent: a community cannot be a part of itself");
	if (!is_plain(community->purpose, true) || !is_plain(community->content, true) ||
	    !is_plain(community->recipients, true))
		return fail(failure, ERROR_INPUT, "purpose, content, recipients: they must be UTF-8 text");
	if (community->valid_to != 0 && community->valid_to <= community->valid_from)
		return fail(failure, ERROR_INPUT, "valid_to: it must be later than valid_from");
	return OK;
}
