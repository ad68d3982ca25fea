/*
 * What of items may go, and where to; see export.h.
 */
#include "intel/export_inner.h"

#include "base/catalog.h"
#include "intel/observable.h"

#include <stdlib.h>
#include <string.h>

#define PATTERN_BYTES ((size_t)64 << 20) /* of memory for one pattern */

const struct export_format *const export_formats[] = { &export_stix, &export_misp, &export_csv, &export_plain,
	&export_suricata, &export_rpz, &export_hosts, &export_communities, NULL };

const struct export_format *export_format_named(const char *name)
{
	for (size_t i = 0; export_formats[i]; i++)
		if (strcmp(export_formats[i]->name, name) == 0)
			return export_formats[i];
	return NULL;
}

const char *export_reason_words(enum export_reason reason)
{
	static const char *const words[EXPORT_REASONS] = {
		[EXPORT_NO_INDICATOR] = N_("no indicators: the format has nothing for them"),
		[EXPORT_NOT_NOW] = N_("withdrawn, a false alarm, or not valid now"),
		[EXPORT_TLP] = N_("held back by their TLP (--tlp lifts the bound)"),
		[EXPORT_PAP] = N_("held back by their PAP (--pap lifts the bound)"),
		[EXPORT_KIND] = N_("of a kind that the format has no word for"),
		[EXPORT_PATTERN] = N_("patterns that say more than single values"),
		[EXPORT_BAD] = N_("patterns that cannot be read"),
		[EXPORT_REPEATED] = N_("values that were there before"),
	};
	return words[reason];
}

struct exporting *exporting_new(const struct export_format *format, const struct export_options *options)
{
	struct exporting *exporting = calloc(1, sizeof *exporting);
	if (!exporting)
		return NULL;
	exporting->format = format;
	exporting->options = *options;
	exporting->sid = options->sid;
	exporting->scratch = arena_new(0);
	exporting->patterns = arena_new(PATTERN_BYTES);
	if (!exporting->scratch || !exporting->patterns) {
		exporting_free(exporting);
		return NULL;
	}
	if (format->begin)
		build_text(&exporting->text, text_of(format->begin));
	if (format->head)
		format->head(exporting);
	return exporting;
}

void exporting_free(struct exporting *exporting)
{
	if (!exporting)
		return;
	builder_free(&exporting->text);
	arena_free(exporting->scratch);
	arena_free(exporting->patterns);
	free(exporting->seen);
	free(exporting);
}

struct builder *exporting_text(struct exporting *exporting)
{
	exporting->text.failed |= exporting->failed;
	return &exporting->text;
}

struct export_counts exporting_count(const struct exporting *exporting)
{
	return exporting->counts;
}

/* ── once ─ */

static struct hash128 *seen_slot(const struct exporting *exporting, struct hash128 hash)
{
	size_t slot = hash.low & (exporting->seen_room - 1);
	while ((exporting->seen[slot].high | exporting->seen[slot].low) &&
	       (exporting->seen[slot].high != hash.high || exporting->seen[slot].low != hash.low))
		slot = (slot + 1) & (exporting->seen_room - 1);
	return &exporting->seen[slot];
}

static bool seen_grow(struct exporting *exporting)
{
	struct exporting larger = { .seen_room = exporting->seen_room ? exporting->seen_room * 2 : 1024 };
	larger.seen = calloc(larger.seen_room, sizeof *larger.seen);
	if (!larger.seen)
		return false;
	for (size_t i = 0; i < exporting->seen_room; i++)
		if (exporting->seen[i].high | exporting->seen[i].low)
			*seen_slot(&larger, exporting->seen[i]) = exporting->seen[i];
	free(exporting->seen);
	exporting->seen = larger.seen;
	exporting->seen_room = larger.seen_room;
	return true;
}

bool export_first(struct exporting *exporting, enum indicator_kind kind, struct text value)
{
	struct hash128 hash = hash128_bytes(value.at, value.size, kind + 1u);
	hash.low |= !(hash.low | hash.high);
	if (exporting->seen_count * 2 >= exporting->seen_room && !seen_grow(exporting)) {
		exporting->failed = true;
		return false;
	}
	struct hash128 *slot = seen_slot(exporting, hash);
	if (slot->high | slot->low)
		return false;
	*slot = hash;
	exporting->seen_count++;
	return true;
}

/* ── one item ─ */

void export_describe(const struct exporting *exporting, struct builder *to, const struct item *item)
{
	char until[TIME_TEXT];
	if (!exporting->options.unmarked)
		build_format(to, "TLP:%s ", tlp_code(item->tlp));
	if (item->pap)
		build_format(to, "PAP:%s ", pap_code(item->pap));
	if (item->valid_until.when &&
	    item->valid_until.when < ITEM_TIME_LAST) /* made anew: what was written may hold anything that is a time */
		build_format(to, "until %s ", time_format(item->valid_until.when, until));
	build_text(to, item->id);
}

struct telling {
	struct exporting *exporting;
	const struct item *item;
};

static void tell_value(void *context, enum indicator_kind kind, struct text value)
{
	const struct telling *telling = context;
	struct exporting *exporting = telling->exporting;
	uint8_t form[INDICATOR_VALUE];
	char shown[INDICATOR_TEXT];
	size_t size = indicator_normalize(kind, value, form);
	if (!size) {
		exporting->counts.left_out[EXPORT_BAD]++;
		return;
	}
	struct text normal = text_of(indicator_format(kind, form, size, shown));
	size_t before = exporting->text.size;
	if (!export_first(exporting, kind, normal))
		exporting->counts.left_out[EXPORT_REPEATED]++;
	else if (exporting->format->value(exporting, telling->item, kind, normal))
		exporting->counts.written++;
	else
		exporting->counts.left_out[EXPORT_KIND]++, exporting->text.size = before;
}

/* The reason for which an item may not go; EXPORT_REASONS: it may. */
static enum export_reason held_back(
    const struct exporting *exporting, const struct item *item, const struct intel_group *group)
{
	const struct export_format *format = exporting->format;
	enum pap most = exporting->options.pap_said ? exporting->options.pap : format->pap;
	/* what an event of MISP says of use holds for all in it */
	enum pap pap = item->pap > group->items[0].pap ? item->pap : group->items[0].pap;
	if (item->kind != ITEM_INDICATOR)
		return EXPORT_NO_INDICATOR;
	if (!observable_holds(item, exporting->options.now))
		return EXPORT_NOT_NOW;
	if (!format->handling && item->tlp > exporting->options.tlp)
		return EXPORT_TLP;
	if (!format->handling && pap > most)
		return EXPORT_PAP;
	return EXPORT_REASONS;
}

static void export_values(struct exporting *exporting, const struct item *item, const struct intel_group *group)
{
	struct telling telling = { exporting, item };
	bool told = false;
	enum export_reason reason = held_back(exporting, item, group);
	if (reason == EXPORT_REASONS) {
		enum error error = observables_tell(item, exporting->patterns, tell_value, &telling, &told, NULL);
		reason = error ? EXPORT_BAD : told ? EXPORT_REASONS : EXPORT_PATTERN;
	}
	if (reason != EXPORT_REASONS)
		exporting->counts.left_out[reason]++;
}

void exporting_group(struct exporting *exporting, const struct intel_group *group)
{
	for (uint32_t i = 0; i < group->count; i++) {
		exporting->counts.items++;
		arena_clear(exporting->scratch);
		if (exporting->format->whole)
			exporting->format->item(exporting, &group->items[i], group);
		else
			export_values(exporting, &group->items[i], group);
	}
}

void exporting_end(struct exporting *exporting)
{
	if (exporting->format->tail)
		exporting->format->tail(exporting);
}
