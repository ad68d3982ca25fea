/*
 * Records as the centre keeps them, and whether they are what somebody asks for. In: records, conditions. Out: yes or
 * no. Called by store/find.c for each record that it unpacks: the cheap conditions come first.
 */
#include "model/kept_record.h"

static bool is_among(struct address address, const struct record_conditions *conditions)
{
	for (size_t i = 0; i < conditions->host_count; i++)
		if (address_equal(address, conditions->hosts[i]))
			return true;
	return false;
}

static bool belongs(const struct alert *record, const struct record_conditions *conditions)
{
	if (conditions->same_community.size && text_equal(record->signature_id, conditions->same_community))
		return true;
	bool source = address_exists(record->source) && is_among(record->source, conditions);
	bool target = address_exists(record->target) && is_among(record->target, conditions);
	if (conditions->both_ends)
		return source && target;
	return source || target || (address_exists(record->host_address) && is_among(record->host_address, conditions));
}

static bool touches(const struct alert *record, struct prefix prefix)
{
	return (address_exists(record->source) && prefix_contains(prefix, record->source)) ||
	       (address_exists(record->target) && prefix_contains(prefix, record->target)) ||
	       (address_exists(record->host_address) && prefix_contains(prefix, record->host_address));
}

void kept_record_names(const struct alert *record, void (*each)(void *context, struct text name), void *context)
{
	struct text rest = record->object;
	while (rest.size > 0) {
		struct text name = text_cut(&rest, ' ');
		if (name.size > 0)
			each(context, name);
	}
}

struct naming {
	struct text wanted;
	bool found;
};

static void look_at_name(void *context, struct text name)
{
	struct naming *naming = context;
	struct text wanted = naming->wanted;
	if (name.size < wanted.size)
		return;
	struct text end = { name.at + name.size - wanted.size, wanted.size };
	naming->found |=
	    text_equal_nocase(end, wanted) && (name.size == wanted.size || name.at[name.size - wanted.size - 1] == '.');
}

static bool is_named(const struct alert *record, struct text wanted)
{
	while (text_ends(wanted, TEXT(".")))
		wanted.size--;
	struct naming naming = { .wanted = wanted };
	kept_record_names(record, look_at_name, &naming);
	return naming.found;
}

bool kept_record_fits(const struct alert *record, const struct record_conditions *conditions)
{
	if (conditions->sensor && record->id.sensor != conditions->sensor)
		return false;
	if (conditions->type.size && !text_equal(record->signature, conditions->type))
		return false;
	if (conditions->community.size && !text_equal(record->signature_id, conditions->community))
		return false;
	if (conditions->has_end && !touches(record, conditions->end))
		return false;
	if ((conditions->same_community.size || conditions->host_count) && !belongs(record, conditions))
		return false;
	return !conditions->name.size || is_named(record, conditions->name);
}
