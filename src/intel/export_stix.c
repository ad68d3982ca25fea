/*
 * Items as a bundle of STIX 2.1. What came as STIX goes out as it came. Of MISP (docs/exchange-formats.md): an event
 * becomes a report with the identity that made it, an attribute for detection an indicator, every other attribute and
 * each object a custom object; identifiers are made of MISP's UUIDs, so that the same event gives the same objects.
 */
#include "formats/stix.h"
#include "intel/export_inner.h"
#include "intel/observable.h"

#include <stdlib.h>

struct parts {
	struct exporting *exporting;
	struct text patterns[16];
	unsigned count;
};

static void begin_object(struct exporting *exporting)
{
	if (exporting->counts.written++)
		build_text(&exporting->text, TEXT(",\n"));
}

static void write_item(struct exporting *exporting, const struct item *item)
{
	begin_object(exporting);
	item_to_stix(item, &exporting->text);
}

static struct text named(struct exporting *exporting, const char *type, struct text uuid)
{
	struct text id = arena_concat(exporting->scratch, (struct text[]){ text_of(type), TEXT("--"), uuid }, 3);
	exporting->failed |= !id.at;
	return id;
}

/* Whether the attribute is one that STIX has an indicator for. */
static void take_part(void *context, enum indicator_kind kind, struct text value)
{
	struct parts *parts = context;
	struct text pattern = observable_pattern(kind, value, parts->exporting->scratch);
	if (pattern.size && parts->count < sizeof parts->patterns / sizeof *parts->patterns)
		parts->patterns[parts->count++] = pattern;
}

/* One part is enough for MISP's own exports too: "domain|ip" is met by the domain, or by the address. */
static struct text pattern_of(struct exporting *exporting, const struct item *attribute)
{
	struct parts parts = { .exporting = exporting };
	struct text pattern;
	if (attribute->kind != ITEM_INDICATOR)
		return TEXT_NONE;
	if (text_equal(attribute->type, TEXT("stix2-pattern")))
		return attribute->pattern;
	indicator_attribute_values(attribute->pattern_type, attribute->pattern, take_part, &parts);
	pattern = parts.count ? parts.patterns[0] : TEXT_NONE;
	for (unsigned i = 1; i < parts.count; i++)
		pattern =
		    arena_concat(exporting->scratch, (struct text[]){ pattern, TEXT(" OR "), parts.patterns[i] }, 3);
	return pattern;
}

static const char *type_of(struct exporting *exporting, const struct item *item)
{
	if (item->form == ITEM_MISP_OBJECT)
		return "x-misp-object";
	return pattern_of(exporting, item).size ? "indicator" : "x-misp-attribute";
}

/* What all that comes of MISP has: handling, names, times (a UNIX time is none of STIX's). */
static struct item begin_item(struct exporting *exporting, const struct item *item, const char *type)
{
	nanoseconds when = item->modified.when ? item->modified.when : exporting->options.now;
	return (struct item){ .form = ITEM_STIX_21,
		.kind = ITEM_OTHER,
		.type = text_of(type),
		.id = named(exporting, type, item->id),
		.created.when = when,
		.modified.when = when,
		.tlp = item->tlp,
		.tlp_marked = item->tlp_marked,
		.pap = item->pap,
		.revoked = item->revoked,
		.present = item->label_count ? ITEM_HAS_LABELS : 0,
		.labels = item->labels,
		.label_count = item->label_count };
}

static void build_member(struct builder *to, const char *name, struct text text)
{
	build_format(to, "%c\"%s\":", to->size ? ',' : '{', name);
	build_json_string(to, text);
}

static void build_kept(struct builder *to, struct text kept)
{
	if (kept.size <= 2)
		return;
	build_format(to, "%c\"x_misp\":", to->size ? ',' : '{');
	build_text(to, kept);
}

/* Writes it with what has no place in an item of STIX, and frees that. */
static void finish_item(struct exporting *exporting, struct item *made, struct builder *kept)
{
	if (kept->size)
		build_char(kept, '}');
	made->kept = (struct text){ kept->at, kept->size };
	exporting->failed |= kept->failed;
	write_item(exporting, made);
	builder_free(kept);
}

static void write_attribute(struct exporting *exporting, const struct item *item)
{
	struct text pattern = pattern_of(exporting, item);
	struct item made = begin_item(exporting, item, type_of(exporting, item));
	struct builder kept = { 0 };
	if (item->description.size) {
		made.description = item->description;
		made.present |= ITEM_HAS_DESCRIPTION;
	}
	build_member(&kept, "x_misp_type", item->type);
	build_member(&kept, "x_misp_value", item->pattern);
	build_kept(&kept, item->kept);
	if (pattern.size) {
		made.kind = ITEM_INDICATOR;
		made.name = item->pattern;
		made.present |= ITEM_HAS_NAME;
		made.pattern = pattern;
		made.pattern_type = TEXT("stix");
		made.valid_from.when = item->first_seen.when > 1 ? item->first_seen.when : made.created.when;
	}
	finish_item(exporting, &made, &kept);
}

static void build_children(
    struct exporting *exporting, struct builder *to, const struct item *parent, const struct intel_group *group)
{
	const struct item *child = parent + 1, *end = group->items + group->count;
	bool more = false, last = parent->form == ITEM_MISP_OBJECT; /* an object's children stand right behind it */
	build_format(to, "%c\"object_refs\":[", to->size ? ',' : '{');
	for (; child < end; child++) {
		if (!text_equal(child->source_ref, parent->id)) {
			if (last)
				break;
			continue;
		}
		build_text(to, more ? TEXT(",\"") : TEXT("\""));
		build_text(to, named(exporting, type_of(exporting, child), child->id));
		build_char(to, '"');
		more = true;
	}
	build_char(to, ']');
}

static void write_identity(struct exporting *exporting, const struct item *event, struct text name)
{
	struct item made = begin_item(exporting, event, "identity");
	struct builder kept = { 0 };
	struct item plain = { .form = ITEM_STIX_21,
		.kind = ITEM_OTHER,
		.type = made.type,
		.id = named(exporting, "identity", event->created_by),
		.created = made.created,
		.modified = made.modified,
		.name = name,
		.present = ITEM_HAS_NAME };
	build_member(&kept, "identity_class", TEXT("organization"));
	finish_item(exporting, &plain, &kept);
}

static void write_event(struct exporting *exporting, const struct item *event, const struct intel_group *group)
{
	struct json_parser *parser = json_parser_new(64);
	struct item made = begin_item(exporting, event, "report");
	struct builder kept = { 0 };
	struct json_value root;
	struct uuid uuid;
	made.kind = ITEM_REPORT;
	made.name = event->name;
	made.present |= ITEM_HAS_NAME;
	made.published.when = event->published.when ? event->published.when : made.created.when;
	if (uuid_parse(event->created_by, &uuid) && parser && !json_parse(parser, event->kept, &root, NULL)) {
		write_identity(exporting, event, json_text(json_at(root, "Orgc.name")));
		made.created_by = named(exporting, "identity", event->created_by);
	}
	build_children(exporting, &kept, event, group);
	build_kept(&kept, event->kept);
	finish_item(exporting, &made, &kept);
	json_parser_free(parser);
}

static void write_object(struct exporting *exporting, const struct item *item, const struct intel_group *group)
{
	struct item made = begin_item(exporting, item, "x-misp-object");
	struct builder kept = { 0 };
	made.name = item->name;
	made.present |= ITEM_HAS_NAME;
	build_children(exporting, &kept, item, group);
	build_kept(&kept, item->kept);
	finish_item(exporting, &made, &kept);
}

static void stix_item(struct exporting *exporting, const struct item *item, const struct intel_group *group)
{
	if (item->form <= ITEM_STIX_20)
		write_item(exporting, item);
	else if (text_equal(item->type, TEXT("sharing-group")))
		exporting->counts.left_out[EXPORT_KIND]++;
	else if (item->form == ITEM_MISP_EVENT)
		write_event(exporting, item, group);
	else if (item->form == ITEM_MISP_OBJECT)
		write_object(exporting, item, group);
	else
		write_attribute(exporting, item);
}

static void stix_head(struct exporting *exporting)
{
	char id[UUID_TEXT];
	build_format(&exporting->text, "{\"type\":\"bundle\",\"id\":\"bundle--%s\",\"objects\":[\n",
	    uuid_format(uuid_random(), id));
}

static void stix_tail(struct exporting *exporting)
{
	build_text(&exporting->text, TEXT("\n]}\n"));
}

const struct export_format export_stix = {
	.name = "stix",
	.pap = PAP_RED,
	.handling = true,
	.whole = true,
	.head = stix_head,
	.item = stix_item,
	.tail = stix_tail,
};
