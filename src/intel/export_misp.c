/*
 * Items as MISP's JSON: {"response": [ … ]}. What came as MISP goes out as it came. Of STIX (docs/exchange-formats.md)
 * each indicator becomes an attribute for each of its values, or one with the whole pattern, in one event; reports and
 * vulnerabilities become attributes that are not for detection. Everything else is counted: MISP has no place for it.
 */
#include "base/character.h"
#include "formats/misp.h"
#include "intel/export_inner.h"
#include "intel/observable.h"

static void close_event(struct exporting *exporting)
{
	if (exporting->event_open)
		build_text(&exporting->text, TEXT("]}}"));
	exporting->event_open = false;
}

/* Before what stands in the answer itself. */
static void begin_entry(struct exporting *exporting, const char *beginning)
{
	close_event(exporting);
	if (exporting->counts.written++)
		build_text(&exporting->text, TEXT(",\n"));
	build_text(&exporting->text, text_of(beginning));
}

/* Before an attribute of no event: they share one, which goes to one's own organisation alone until somebody decides.
 */
static void begin_attribute(struct exporting *exporting)
{
	char uuid[UUID_TEXT], date[TIME_TEXT];
	if (exporting->event_open) {
		exporting->counts.written++;
		build_text(&exporting->text, TEXT(",\n"));
		return;
	}
	begin_entry(exporting, "{\"Event\":");
	build_format(&exporting->text,
	    "{\"uuid\":\"%s\",\"info\":\"Noroshi: indicators of another "
	    "format\",\"date\":\"%.10s\",\"timestamp\":\"%ld\","
	    "\"published\":false,\"analysis\":\"0\",\"threat_level_id\":\"4\",\"distribution\":\"0\",\"Attribute\":[",
	    uuid_format(uuid_random(), uuid), time_format(exporting->options.now, date),
	    (long)(exporting->options.now / SECOND));
	exporting->event_open = true;
}

static void write_group(struct exporting *exporting, const struct intel_group *group)
{
	bool event = group->items[0].form == ITEM_MISP_EVENT;
	if (event || group->items[0].form == ITEM_MISP_OBJECT) /* or a sharing group */
		begin_entry(exporting, event ? "{\"Event\":" : "");
	else
		begin_attribute(exporting);
	exporting->failed |= !misp_write(group->items, group->count, &exporting->text);
	if (event)
		build_char(&exporting->text, '}');
}

struct attribute {
	struct exporting *exporting;
	const struct item *item;
	unsigned count; /* values so far */
};

static struct text join(struct exporting *exporting, struct text a, struct text b)
{
	struct text joined = arena_concat(exporting->scratch, (struct text[]){ a, TEXT("/"), b }, 3);
	exporting->failed |= !joined.at;
	return joined;
}

static void build_member(struct builder *to, const char *name, struct text text)
{
	build_format(to, ",\"%s\":", name);
	build_json_string(to, text);
}

/* As MISP's server would file it. */
static const char *category_of(struct text type)
{
	static const char *const payload[] = { "md5", "sha1", "sha256", "email", "email-subject", NULL };
	for (size_t i = 0; payload[i]; i++)
		if (text_equal(type, text_of(payload[i])))
			return "Payload delivery";
	if (text_equal(type, TEXT("vulnerability")) || text_equal(type, TEXT("text")))
		return "External analysis";
	return "Network activity";
}

static void write_attribute(struct attribute *attribute, const char *type, struct text value, bool detects)
{
	struct exporting *exporting = attribute->exporting;
	const struct item *item = attribute->item;
	struct builder *to = &exporting->text;
	char tlp[16], seen[TIME_TEXT];
	begin_attribute(exporting);
	attribute->count++;
	build_text(to, TEXT("{\"uuid\":\""));
	build_text(to, observable_uuid(join(exporting, item->id, value), exporting->scratch));
	build_format(to, "\",\"type\":\"%s\",\"category\":\"%s\",\"to_ids\":%s,\"timestamp\":\"%ld\"", type,
	    category_of(text_of(type)), detects ? "true" : "false",
	    (long)((item->modified.when ? item->modified.when : exporting->options.now) / SECOND));
	build_member(to, "value", value);
	build_member(to, "comment", item->name.size ? item->name : item->description);
	if (item->valid_from.when > 1)
		build_member(to, "first_seen", text_of(time_format(item->valid_from.when, seen)));
	if (item->valid_until.when && item->valid_until.when < ITEM_TIME_LAST)
		build_member(to, "last_seen", text_of(time_format(item->valid_until.when, seen)));
	build_member(to, "x_stix_id", item->id);
	text_copy(text_of(tlp_code(item->tlp)), tlp, sizeof tlp);
	for (char *at = tlp; *at; at++)
		*at = char_lower(*at);
	build_format(to, ",\"Tag\":[{\"name\":\"tlp:%s\"}", tlp);
	if (item->pap)
		build_format(to, ",{\"name\":\"PAP:%s\"}", pap_code(item->pap));
	build_text(to, TEXT("]}"));
}

static void take_value(void *context, enum indicator_kind kind, struct text value)
{
	write_attribute(context, observable_misp_type(kind), value, true);
}

static void write_indicator(struct attribute *attribute)
{
	struct exporting *exporting = attribute->exporting;
	const struct item *item = attribute->item;
	bool told = false;
	enum error error = OK;
	if (!observable_holds(item, exporting->options.now)) {
		exporting->counts.left_out[EXPORT_NOT_NOW]++;
		return;
	}
	error = observables_tell(item, exporting->patterns, take_value, attribute, &told, NULL);
	if (error)
		exporting->counts.left_out[EXPORT_BAD]++;
	else if (!told && (!item->pattern_type.size || text_equal(item->pattern_type, TEXT("stix"))))
		write_attribute(attribute, "stix2-pattern", item->pattern, true);
	else if (!told)
		exporting->counts.left_out[EXPORT_PATTERN]++;
}

static void misp_item(struct exporting *exporting, const struct item *item, const struct intel_group *group)
{
	struct attribute attribute = { .exporting = exporting, .item = item };
	if (item->form > ITEM_STIX_20) {
		if (item == &group->items[0]) /* the others stand within it */
			write_group(exporting, group);
	} else if (item->kind == ITEM_INDICATOR) {
		write_indicator(&attribute);
	} else if (item->kind == ITEM_REPORT && item->name.size) {
		write_attribute(&attribute, "text", item->name, false);
	} else if (text_equal(item->type, TEXT("vulnerability")) && item->name.size) {
		write_attribute(&attribute, "vulnerability", item->name, false);
	} else {
		exporting->counts.left_out[EXPORT_NO_INDICATOR]++;
	}
}

static void misp_tail(struct exporting *exporting)
{
	close_event(exporting);
	build_text(&exporting->text, TEXT("\n]}\n"));
}

const struct export_format export_misp = {
	.name = "misp",
	.pap = PAP_RED,
	.handling = true,
	.whole = true,
	.begin = "{\"response\":[\n",
	.item = misp_item,
	.tail = misp_tail,
};
