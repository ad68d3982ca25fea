/*
 * Coordinated scans among the others; see scans.h.
 */
#include "darknet/event/coordinated.h"

#include <stdlib.h>
#include <string.h>

int scan_compare(const void *a, const void *b)
{
	const struct scan *one = a, *other = b;
	int order = (one->first > other->first) - (one->first < other->first);
	if (order == 0)
		order = address_compare(one->source, other->source);
	return order ? order : (one->member_count < other->member_count) - (one->member_count > other->member_count);
}

static int compare_members(const void *a, const void *b)
{
	const struct coordinated_member *one = a, *other = b;
	int order = (one->first > other->first) - (one->first < other->first);
	return order ? order : address_compare(one->source, other->source);
}

bool scan_of_group(struct scan_settings *settings, const struct coordinated *found, struct scan *scan)
{
	const struct scan *example = found->example;
	struct coordinated_member *members = malloc(found->count * sizeof *members);
	struct source_event event = { .first = found->first,
		.last = found->last,
		.packets = found->packets < UINT32_MAX ? (uint32_t)found->packets : UINT32_MAX,
		.targets = found->targets,
		.target_error = found->target_error,
		.ports = example->ports,
		.port_listed = example->port_listed,
		.port_count = example->port_count,
		.port_least = example->port_least,
		.tool = example->tool,
		.marks = example->marks };

	if (!members)
		return false;
	memcpy(members, found->members, found->count * sizeof *members);
	qsort(members, found->count, sizeof *members, compare_members);
	event.source = members[0].source;
	scan_judge(settings, &event, scan);
	scan->members = members;
	scan->member_count = found->count;
	scan->together = found->chance;
	scan->sigmas = found->sigmas;
	return true;
}

void scan_clear(struct scan *scan)
{
	free(scan->members);
	scan->members = NULL;
}

static void mark_member(struct scan *scans, size_t count, const struct coordinated_member *member)
{
	const struct scan wanted = { .source = member->source, .first = member->first };
	struct scan *at = count ? bsearch(&wanted, scans, count, sizeof *scans, scan_compare) : NULL;

	if (at)
		at->packets = 0; /* no scan has none */
}

size_t scan_drop_members(struct scan *scans, size_t count)
{
	size_t left = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < scans[i].member_count; k++)
			mark_member(scans, count, &scans[i].members[k]);
	for (size_t i = 0; i < count; i++)
		if (scans[i].packets)
			scans[left++] = scans[i];
	return left;
}
