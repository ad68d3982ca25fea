/*
 * Items of imports: who gives them, what is refused, and their release where they go into a collection. In: parts as
 * the front encoded them. Out: items and releases in the store, failures in the import's status.
 */
#include "center/importing.h"
#include "center/imports.h"
#include "formats/stix.h"
#include "intel/releasing.h"
#include "intel/values.h"
#include "model/item_code.h"

/* ── who gives ─ */

/* What the policy is asked over: loaded again when something changed (store_standing()). What it says of who gives is
 * forgotten with each slice, so that whoever loses an account or a membership gives nothing more. */
enum error import_people_load(struct keeper *keeper, struct failure *failure)
{
	struct imports *imports = keeper->imports;
	uint64_t standing;
	enum error error = store_standing(keeper->store, &standing, failure);
	if (error == OK && (!imports->snapshot.organisations || standing != imports->standing)) {
		arena_clear(imports->people);
		imports->snapshot = (struct policy_snapshot){ 0 };
		error = store_snapshot(keeper->store, 0, imports->people, &imports->snapshot, failure);
		imports->standing = standing;
	}
	if (error != OK)
		imports->snapshot = (struct policy_snapshot){ 0 };
	imports->snapshot.now = keeper->center.now();
	for (struct under_way *each = imports->under_way; each; each = each->next)
		each->asked = false;
	return error;
}

/* A remote gives as somebody of its organisation would. */
static struct subject subject_of_remote(const struct under_way *import)
{
	struct subject subject = {
		.account = import->import.account, .role = ROLE_MEMBER, .organisation = import->import.organisation
	};
	text_copy(text_of(import->feed), subject.name, sizeof subject.name);
	return subject;
}

enum error import_who_gives(
    struct keeper *keeper, const struct work *work, struct under_way *import, struct failure *failure)
{
	struct subject subject;
	if (import->asked)
		return OK;
	import->scope = NULL;
	enum error error = OK;
	if (import->turn)
		subject = subject_of_remote(import);
	else
		error = subject_of_account(keeper, work, import->import.account, &subject, failure);
	if (error == OK && subject.organisation == import->import.organisation)
		import->scope = policy_scope(&keeper->imports->snapshot, &subject, ACTION_ITEM_WRITE, work->arena);
	import->asked = error == OK || error == ERROR_NOT_FOUND;
	return import->asked ? OK : error;
}

void import_add_failure(struct under_way *import, struct text member)
{
	if (member.size == 0 || import->failure_count >= IMPORT_FAILURES)
		return;
	import->failure_count++;
	if (import->failures.size)
		build_char(&import->failures, ',');
	build_text(&import->failures, member);
}

static void item_failed(struct under_way *import, const struct item *item, const char *words)
{
	struct builder member = { 0 };
	char written[TIME_TEXT];
	import->import.bad++;
	build_text(&member, TEXT("{\"id\":"));
	build_json_string(&member, item->id);
	build_text(&member, TEXT(",\"version\":"));
	build_json_string(&member, item_time_text(&item->modified, written));
	build_text(&member, TEXT(",\"message\":"));
	build_json_string(&member, text_of(words));
	build_char(&member, '}');
	if (!member.failed)
		import_add_failure(import, (struct text){ member.at, member.size });
	builder_free(&member);
}

/* ── one item ─ */

/* Of objects without any time of their own (STIX cyber observables, whose ids come from their contents) there is one
 * version. */
static void complete(const struct under_way *import, struct item *item, nanoseconds now)
{
	item->organisation = import->import.organisation;
	item->account = import->import.account;
	if (import->turn)
		item->feed = text_of(import->feed);
	item->received = now;
	if (item->modified.when == 0) {
		item->modified = item->created;
		item->present |= ITEM_NO_MODIFIED;
	}
	if (item->modified.when == 0)
		item->modified.when = 1;
	if (!item->tlp_marked && item->form <= ITEM_STIX_20) /* of MISP it has its event's */
		item->tlp = import->collection.number ? import->collection.tlp : TLP_AMBER;
}

#define MARKINGS_LOOKED_AT 16u

/* Of markings that are not official ones counts what their definition says, which the giver gave before; the strictest
 * of all, and RED where it says a word that nobody knows. */
static enum tlp strictest(
    struct keeper *keeper, const struct under_way *import, const struct item *item, struct arena *arena)
{
	enum tlp tlp = item->tlp, said;
	struct json_parser *parser = NULL;
	for (uint32_t i = 0; i < item->marking_count && i < MARKINGS_LOOKED_AT; i++) {
		struct item definition;
		struct builder text = { 0 };
		struct json_value root;
		if (stix_tlp_parse(item->markings[i], &said) ||
		    store_item_get(keeper->store, import->scope, item->organisation, item->markings[i], 0, arena,
			&definition, NULL) != OK)
			continue;
		item_to_stix(&definition, &text);
		if ((parser || (parser = json_parser_new(STIX_DEEPEST))) && !text.failed &&
		    json_parse(parser, (struct text){ text.at, text.size }, &root, NULL) == OK &&
		    stix_tlp_defined(root, &said) && said > tlp)
			tlp = said;
		builder_free(&text);
	}
	json_parser_free(parser);
	return tlp;
}

/* What the policy or the rendering says about an item is the item's failure; everything else is the store's. */
static bool is_refusal(enum error error)
{
	return error == ERROR_INPUT || error == ERROR_DENIED || error == ERROR_NOT_FOUND;
}

/* A push into a collection is a release to its community at its TLP, by who pushes: what that refuses is not kept
 * either, else the centre would read what was for a circle without it. */
static enum error take_item(struct keeper *keeper, struct under_way *import, struct item *item,
    const struct item_values *values, struct arena *arena, struct failure *failure)
{
	struct release release;
	const struct collection *collection = &import->collection;
	const struct policy_snapshot *snapshot = &keeper->imports->snapshot;
	complete(import, item, keeper->center.now());
	if (!import->scope)
		return item_failed(import, item, "its giver may not give items any more"), OK;
	if (item->form > ITEM_STIX_20 && collection->number)
		return item_failed(import, item, "it is no object of STIX: noroshi intel import makes one of it"), OK;
	if (collection->number && strictest(keeper, import, item, arena) > collection->tlp)
		return item_failed(import, item, "its TLP is stricter than the collection's"), OK;
	struct entry_keys keys;
	bool echo = false, taken = true;
	if (import->entries && import_entry(keeper, import, item, &keys, arena, &taken, failure) != OK)
		return failure->code;
	if (!taken)
		return OK;
	if (import->turn && remotes_echo(keeper, collection, item, &echo, failure) != OK)
		return failure->code;
	import->import.good += echo;
	if (echo)
		return OK;
	const struct release_order order = { .item = item, .community = collection->community, .tlp = collection->tlp };
	enum error error = OK;
	if (collection->number)
		error = release_prepare(&keeper->center, import->scope, snapshot, &order, arena, &release, failure);
	if (is_refusal(error))
		return item_failed(import, item, failure->words), OK;
	uint64_t row = 0;
	if (error == OK)
		error = store_item_put(keeper->store, import->scope, item, values, &row, NULL, failure);
	if (error == OK && collection->number) {
		release.row = row;
		error = release_put(&keeper->center, import->scope, snapshot, &order, arena, &release, failure);
		if (error == ERROR_CONFLICT) /* it is there already */
			error = OK;
	}
	if (error == OK && import->entries)
		error = import_entry_kept(keeper, import, item, &keys, failure);
	import->import.good += error == OK;
	return error;
}

enum error import_corrupt(struct failure *failure)
{
	return fail(failure, ERROR_CORRUPT, "a part of an import does not hold what it says");
}

static enum error take_next(
    struct keeper *keeper, struct under_way *import, struct reader *from, struct arena *arena, struct failure *failure)
{
	struct item item;
	struct text values[ITEM_VALUES];
	enum error error = item_decode(from, arena, &item, failure);
	uint32_t count = get_u32(from);
	if (error != OK)
		return error;
	if (count > ITEM_VALUES)
		return import_corrupt(failure);
	for (uint32_t i = 0; i < count; i++)
		values[i] = get_text(from);
	if (from->failed)
		return import_corrupt(failure);
	return take_item(keeper, import, &item, &(struct item_values){ values, count }, arena, failure);
}

enum error import_take_items(struct keeper *keeper, struct under_way *import, struct part_of_import *part,
    nanoseconds began, struct failure *failure)
{
	enum error error = OK;
	struct arena *arena = arena_new(256u << 20);
	if (!arena)
		return fail(failure, ERROR_MEMORY, "no memory for an import");
	while (part->left && error == OK) {
		error = take_next(keeper, import, &part->from, arena, failure);
		part->left -= error == OK;
		arena_clear(arena);
		if (time_monotonic() - began >= SLICE)
			break;
	}
	arena_free(arena);
	if (error == OK && !part->left && !reader_done(&part->from))
		return import_corrupt(failure);
	return error;
}
