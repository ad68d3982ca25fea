/*
 * Standing decisions and warning lists as triage applies them. See rule.h.
 */
#include "triage/rule.h"

#include "base/memory.h"

void rules_free(struct rules *rules)
{
	arena_free(rules->arena);
	*rules = (struct rules){ 0 };
}

enum error rules_set(struct rules *rules, const struct triage_rule *items, size_t count, struct failure *failure)
{
	struct rules made = { .count = count, .arena = arena_new(0) };
	if (made.arena)
		made.items = arena_take(made.arena, (count ? count : 1) * sizeof *made.items);
	if (!made.items) {
		rules_free(&made);
		return fail(failure, ERROR_MEMORY, "no memory for %zu rules", count);
	}
	for (size_t i = 0; i < count; i++) {
		made.items[i] = items[i];
		made.items[i].detector = arena_text(made.arena, items[i].detector);
		made.items[i].signature = arena_text(made.arena, items[i].signature);
		made.items[i].host = arena_text(made.arena, items[i].host);
		made.items[i].account = arena_text(made.arena, items[i].account);
		made.items[i].name = arena_text(made.arena, items[i].name);
	}
	rules_free(rules);
	*rules = made;
	return OK;
}

static bool fits(struct text wanted, struct text is)
{
	return !wanted.size || text_equal(wanted, is);
}

static bool rule_matches(const struct triage_rule *rule, const struct alert *alert, struct address remote)
{
	if (rule->organisation && rule->organisation != alert->organisation)
		return false;
	if (alert->received < rule->created || (rule->expires && alert->occurred >= rule->expires))
		return false;
	if (rule->source.length && !(address_exists(remote) && prefix_contains(rule->source, remote)))
		return false;
	char text[ADDRESS_TEXT];
	struct text host = alert->host.size ? alert->host : text_of(address_format(alert->host_address, text));
	return fits(rule->signature, alert->signature) && fits(rule->detector, alert->detector) &&
	       fits(rule->host, host) && fits(rule->account, alert->account);
}

uint32_t rules_match(const struct rules *rules, const struct alert *alert, struct address remote)
{
	for (size_t i = 0; i < rules->count; i++)
		if (rule_matches(&rules->items[i], alert, remote))
			return (uint32_t)i + 1;
	return 0;
}
