/*
 * Releasing (releasing.h).
 */
#include "intel/releasing.h"

#include "base/catalog.h"
#include "formats/stix.h"
#include "intel/loop.h"
#include "intel/naming.h"
#include "store/release.h"

/* What is rendered: the object as its owner wrote it, at the release's TLP where that is below its own. */
static enum error source_of(const struct release_order *order, struct builder *to, struct failure *failure)
{
	struct item item = *order->item;
	if (order->from) {
		if (order->from->rendering.size == 0)
			return fail(failure, ERROR_NOT_FOUND, "%s", release_answer_words(RELEASE_UNKNOWN));
		build_text(to, order->from->rendering);
	} else {
		if (item.form > ITEM_STIX_20)
			return fail(failure, ERROR_INPUT, "%s", N_("it is no object of STIX"));
		if (order->tlp < item.tlp)
			item.tlp = order->tlp;
		item_to_stix(&item, to);
	}
	return to->failed ? fail(failure, ERROR_MEMORY, "a release: no memory") : OK;
}

/* Where nothing is held back the object stays as it is, byte for byte. */
static enum error render_source(const struct render_rule *rule, struct text source, struct arena *arena,
    struct rendering *rendering, struct failure *failure)
{
	if (rule->secrets || rule->centre.size || rule->split)
		return render_item(rule, source, arena, rendering, failure);
	*rendering = (struct rendering){ .bytes = arena_text(arena, source), .removed = TEXT("[]") };
	return rendering->bytes.at ? OK : fail(failure, ERROR_MEMORY, "a release: no memory");
}

static enum error render_for(struct center *center, const struct policy_snapshot *snapshot,
    const struct release_order *order, struct arena *arena, struct release *release, struct failure *failure)
{
	struct render_rule rule;
	struct rendering rendering;
	struct builder source = { 0 };
	enum error error = naming_rule(center, snapshot, order->community, order->item->organisation, &rule, failure);
	rule.split = order->split;
	if (!error)
		error = source_of(order, &source, failure);
	if (!error)
		error = render_source(&rule, (struct text){ source.at, source.size }, arena, &rendering, failure);
	builder_free(&source);
	if (error)
		return error;
	release->rendering = rendering.bytes;
	release->removed = rendering.removed;
	release->taken_out = rendering.taken_out;
	/* Of a step after the first one the source may have another id than the item already. */
	release->shown = rendering.id.size ? rendering.id : order->from ? order->from->shown : TEXT_NONE;
	return OK;
}

enum error release_prepare(struct center *center, const struct scope *scope, const struct policy_snapshot *snapshot,
    const struct release_order *order, struct arena *arena, struct release *release, struct failure *failure)
{
	const struct item *item = order->item;
	char written[TIME_TEXT];
	*release = (struct release){ .organisation = item->organisation,
		.item = item->id,
		.version = { item->modified.when, arena_text(arena, item_time_text(&item->modified, written)) },
		.type = item->type,
		.spec = item->form == ITEM_STIX_20 ? 20 : 21,
		.community = order->community,
		.tlp = order->tlp,
		.named = order->named,
		.named_count = order->named_count,
		.purpose = order->purpose,
		.content = order->content,
		.recipients = order->recipients,
		.decided = center->now() };
	enum error error = store_release_check(scope, snapshot, release, order->from, item->tlp, failure);
	return error ? error : render_for(center, snapshot, order, arena, release, failure);
}

enum error release_put(struct center *center, const struct scope *scope, const struct policy_snapshot *snapshot,
    const struct release_order *order, struct arena *arena, struct release *release, struct failure *failure)
{
	enum error error =
	    store_release_put(center->store, scope, snapshot, release, order->from, order->item->tlp, failure);
	return error ? error : loop_released(center, order->item, order->community, order->tlp, arena, failure);
}

enum error release_make(struct center *center, const struct scope *scope, const struct policy_snapshot *snapshot,
    const struct release_order *order, struct arena *arena, struct release *release, struct failure *failure)
{
	enum error error = release_prepare(center, scope, snapshot, order, arena, release, failure);
	return error ? error : release_put(center, scope, snapshot, order, arena, release, failure);
}

enum error release_take_back(struct center *center, const struct scope *scope, const struct policy_snapshot *snapshot,
    struct uuid id, struct text reason, struct arena *arena, struct failure *failure)
{
	struct release release;
	enum error error = store_release_get(center->store, scope, id, arena, &release, failure);
	if (!error)
		error = store_release_withdraw(center->store, scope, snapshot, id, center->now(), reason, failure);
	/* It may stand at another TLP: better out than in. */
	return error ? error
		     : loop_unreleased(center, release.organisation, release.item, release.version.when,
			   release.community, arena, failure);
}
