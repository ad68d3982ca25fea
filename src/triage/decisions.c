/*
 * Standing decisions of people, as rules for triage.
 */
#include "triage/adapter.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct gathered {
	struct arena *arena;
	struct triage_rule *rules;
	size_t count, room;
	uint64_t hash;
	bool failed;
};

static void gather(void *context, const struct decision *decision)
{
	struct gathered *gathered = context;
	if (gathered->count == gathered->room) {
		void *more = array_grow(gathered->rules, &gathered->room, 32, sizeof *gathered->rules);
		if (!more) {
			gathered->failed = true;
			return;
		}
		gathered->rules = more;
	}
	gathered->rules[gathered->count++] = (struct triage_rule){
		.id = decision->id,
		.verdict = VERDICT_DECISION,
		.organisation = decision->organisation,
		.detector = arena_text(gathered->arena, text_of(decision->detector)),
		.signature = arena_text(gathered->arena, text_of(decision->signature)),
		.host = arena_text(gathered->arena, text_of(decision->host)),
		.account = arena_text(gathered->arena, text_of(decision->account)),
		.source = decision->source,
		.created = decision->created, /* so that judging again from history judges as then */
		.expires = decision->expires,
		.name = arena_text(gathered->arena, text_of(decision->reason)),
	};
	gathered->hash = hash_bytes(&decision->id, sizeof decision->id, gathered->hash);
	gathered->hash = hash_u64(decision->version, gathered->hash);
}

enum error rules_refresh(struct adapter *adapter, struct failure *failure)
{
	struct gathered gathered = { .arena = arena_new(64 << 20), .hash = 1 };
	struct page page = { .limit = 500 };
	char after[sizeof page.next];
	enum error error = gathered.arena ? OK : fail(failure, ERROR_MEMORY, "no memory for the decisions");
	while (!error) {
		error = store_decision_each(
		    adapter->center->store, adapter->scope, true, &page, gather, &gathered, failure);
		if (error || !*page.next)
			break;
		memcpy(after, page.next, sizeof after);
		page.after = text_of(after);
	}
	if (!error && gathered.failed)
		error = fail(failure, ERROR_MEMORY, "no memory for the decisions");
	if (!error && gathered.hash != adapter->rules_hash)
		error = triage_set_rules(adapter->triage, gathered.rules, gathered.count, failure);
	if (!error)
		adapter->rules_hash = gathered.hash;
	free(gathered.rules);
	arena_free(gathered.arena);
	return error;
}
