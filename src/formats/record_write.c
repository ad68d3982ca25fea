/*
 * Writes records as EVE: their values stand where record_member.c says, in the order of enum member. Called by
 * `noroshi records` and by whoever raises alerts about records.
 */
#include "formats/record_write.h"

#include <string.h>

#define DEPTH_MOST 4

/* ── values ─ */

/* The objects that are open, as the path of the newest value names them. */
struct nesting {
	struct text open[DEPTH_MOST];
	size_t depth;
};

static bool is_array(struct text name)
{
	return text_ends(name, TEXT("[]"));
}

static void close_down_to(struct builder *to, struct nesting *nesting, size_t depth)
{
	while (nesting->depth > depth) {
		eve_object_end(to);
		if (is_array(nesting->open[--nesting->depth]))
			eve_array_end(to, 0); /* it is not empty */
	}
}

static void open_one(struct builder *to, struct nesting *nesting, struct text name)
{
	char terminated[32];
	nesting->open[nesting->depth++] = name;
	if (is_array(name)) {
		text_copy((struct text){ name.at, name.size - 2 }, terminated, sizeof terminated);
		eve_array(to, terminated);
		eve_object(to, NULL);
	} else {
		text_copy(name, terminated, sizeof terminated);
		eve_object(to, terminated);
	}
}

/* Opens the objects that a path names before its last dot; returns the name behind it. */
static const char *enter(struct builder *to, struct nesting *nesting, const char *path)
{
	size_t depth = 0;
	const char *dot;
	for (; (dot = strchr(path, '.')) != NULL; path = dot + 1, depth++) {
		struct text name = { path, (size_t)(dot - path) };
		if (depth < nesting->depth && text_equal(nesting->open[depth], name))
			continue;
		close_down_to(to, nesting, depth);
		open_one(to, nesting, name);
	}
	close_down_to(to, nesting, depth);
	return path;
}

static bool is_number(struct text text)
{
	uint64_t number;
	return text_to_u64(text, &number) && (text.at[0] != '0' || text.size == 1);
}

static void write_one(struct builder *to, const char *name, enum member_form form, struct text value)
{
	uint64_t number;
	if (form == FORM_NUMBER && is_number(value) && text_to_u64(value, &number))
		eve_number(to, name, number);
	else if (form == FORM_BOOL)
		eve_bool(to, name, text_equal(value, TEXT("true")));
	else
		eve_string(to, name, value);
}

/* Of an answer the type is known where it is an address. */
static void write_answer(struct builder *to, struct text value)
{
	struct address address;
	eve_object(to, NULL);
	if (address_parse(value, &address))
		eve_string(to, "rrtype", address_is_v4(address) ? TEXT("A") : TEXT("AAAA"));
	eve_string(to, "rdata", value);
	eve_object_end(to);
}

/* All values that are `member`, whose first is the one numbered `first`; of what is no list only that one. */
static void write_member(
    struct builder *to, struct nesting *nesting, const struct record *record, enum member member, size_t first)
{
	const struct member_info *info = member_info(member);
	const char *name = enter(to, nesting, info->path);
	if (info->form != FORM_LIST && info->form != FORM_ANSWER) {
		write_one(to, name, info->form, record->values[first].value);
		return;
	}
	size_t opened = eve_array(to, name);
	for (size_t i = first; i < record->count; i++)
		if (record->values[i].member == member && info->form == FORM_ANSWER)
			write_answer(to, record->values[i].value);
		else if (record->values[i].member == member)
			eve_string(to, NULL, record->values[i].value);
	eve_array_end(to, opened);
}

static void write_values(struct builder *to, const struct record *record)
{
	struct nesting nesting = { 0 };
	uint16_t first[MEMBER_COUNT] = { 0 }; /* of its values the first, + 1 */
	for (size_t i = record->count; i-- > 0;)
		first[record->values[i].member] = (uint16_t)(i + 1);
	for (unsigned member = MEMBER_NONE + 1; member < MEMBER_COUNT; member++)
		if (first[member] && member_info((enum member)member)->form != FORM_HIDDEN)
			write_member(to, &nesting, record, (enum member)member, first[member] - 1u);
	close_down_to(to, &nesting, 0);
}

/* ── lines ─ */

static struct eve_source source_of(struct text host, const struct record *record)
{
	return (struct eve_source){ .host = host, .community = record->community, .log = true };
}

/* A line of EVE that has none gets the community id in front. */
static void write_passed(struct builder *to, const struct record *record)
{
	char id[COMMUNITY_ID_TEXT];
	struct text line = record->passed;
	if (!record->community.size && record_has_ends(record) && line.size > 2) {
		build_char(to, '{');
		eve_string(to, "community_id", text_of(community_id_format(&record->flow, id)));
		build_char(to, ',');
		line.at++;
		line.size--;
	}
	build_text(to, line);
	build_char(to, '\n');
}

void record_write(struct builder *to, struct text host, const struct record *record)
{
	const struct eve_source source = source_of(host, record);
	if (record->passed.size) {
		write_passed(to, record);
		return;
	}
	eve_begin(to, &source, record->type, record->occurred, &record->flow, SIDE_CLIENT);
	if (record->is_flow)
		eve_flow_members(to, &record->flow, FLOW_TIMEOUT);
	write_values(to, record);
	eve_end(to);
}

void record_write_alert(
    struct builder *to, struct text host, const struct record *record, const struct eve_alert *alert)
{
	const struct eve_source source = source_of(host, record);
	eve_alert_begin(to, &source, &record->flow, record->occurred, alert);
	write_values(to, record);
	eve_alert_end(to, &source, &record->flow, alert);
}
