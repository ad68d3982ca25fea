/*
 * Items as objects of STIX; see stix.h. Called by whoever gives items away as files, pages or through TAXII.
 */
#include "formats/stix.h"

#include "formats/stix_inner.h"

struct writing {
	const struct item *item;
	struct builder *to;
	size_t begin;
};

static void write_name(struct writing *writing, struct text name)
{
	build_text(writing->to, writing->to->size == writing->begin ? TEXT("{\"") : TEXT(",\""));
	build_text(writing->to, name);
	build_text(writing->to, TEXT("\":"));
}

static void write_text(struct writing *writing, struct text name, struct text text)
{
	write_name(writing, name);
	build_json_string(writing->to, text);
}

/* A list in which one item, at most, says `wanted` (empty: none does): it stands where the first that says such a thing
 * stood, or at the end. */
static void write_list(struct writing *writing, struct text name, const struct text *list, uint32_t count,
    bool (*says)(struct text text), struct text wanted)
{
	bool more = false;
	write_name(writing, name);
	build_char(writing->to, '[');
	for (uint32_t i = 0; i <= count; i++) {
		bool here = i == count || says(list[i]);
		struct text text = here ? wanted : list[i];
		if (here && !wanted.size)
			continue;
		if (here)
			wanted = TEXT_NONE;
		if (more)
			build_char(writing->to, ',');
		build_json_string(writing->to, text);
		more = true;
	}
	build_char(writing->to, ']');
}

static bool says_nothing(struct text text)
{
	(void)text;
	return false;
}

static bool says_tlp(struct text text)
{
	enum tlp tlp;
	return stix_tlp_parse(text, &tlp);
}

static bool says_pap(struct text text)
{
	enum pap pap;
	return text_find_nocase(text, TEXT("PAP:")) == 0 && pap_parse(text, &pap);
}

/* As they came when they say what the item says; else the item's words stand in the place of theirs. */
static void write_markings(struct writing *writing, struct text name)
{
	const struct item *item = writing->item;
	struct item came = { .markings = item->markings, .marking_count = item->marking_count };
	struct text wanted = item->tlp_marked ? stix_tlp_marking(item->tlp, item->form) : TEXT_NONE;
	stix_handling(&came);
	if (came.tlp_marked == item->tlp_marked && (!item->tlp_marked || came.tlp == item->tlp)) {
		if (item->present & ITEM_HAS_MARKINGS || item->marking_count)
			write_list(writing, name, item->markings, item->marking_count, says_nothing, TEXT_NONE);
	} else if (wanted.size || item->marking_count > 1) {
		write_list(writing, name, item->markings, item->marking_count, says_tlp, wanted);
	}
}

static void write_labels(struct writing *writing, struct text name)
{
	const struct item *item = writing->item;
	struct item came = { .labels = item->labels, .label_count = item->label_count };
	char label[16] = "PAP:";
	stix_handling(&came);
	strcpy(label + 4, pap_code(item->pap));
	if (came.pap != item->pap)
		write_list(
		    writing, name, item->labels, item->label_count, says_pap, item->pap ? text_of(label) : TEXT_NONE);
	else if (item->present & ITEM_HAS_LABELS || item->label_count)
		write_list(writing, name, item->labels, item->label_count, says_nothing, TEXT_NONE);
}

static void write_property(struct writing *writing, const struct stix_property *property)
{
	const struct item *item = writing->item;
	const void *from = (const char *)item + property->at;
	struct text name = text_of(property->name);
	char made[TIME_TEXT];
	bool there = item->present & property->has;
	switch (property->how) {
	case STIX_TEXT:
	case STIX_REFERENCE:
		if (there || ((const struct text *)from)->size)
			write_text(writing, name, *(const struct text *)from);
		break;
	case STIX_TIME:
		if (((const struct item_time *)from)->when &&
		    !(from == &item->modified && item->present & ITEM_NO_MODIFIED))
			write_text(writing, name, item_time_text(from, made));
		break;
	case STIX_BOOLEAN:
		if (there || *(const bool *)from) {
			write_name(writing, name);
			build_text(writing->to, *(const bool *)from ? TEXT("true") : TEXT("false"));
		}
		break;
	case STIX_PERCENT:
	case STIX_NUMBER:
		if (there) {
			uint64_t number = property->how == STIX_PERCENT ? item->confidence : item->count;
			write_name(writing, name);
			build_format(writing->to, "%lu", (unsigned long)number);
		}
		break;
	case STIX_TEXTS:
		write_labels(writing, name);
		break;
	case STIX_REFERENCES:
		write_markings(writing, name);
		break;
	}
}

void item_to_stix(const struct item *item, struct builder *to)
{
	struct writing writing = { item, to, to->size };
	write_text(&writing, TEXT("type"), item->type);
	if (item->form != ITEM_STIX_20 && item->created.when)
		write_text(&writing, TEXT("spec_version"), TEXT("2.1"));
	for (size_t i = 0; i < STIX_PROPERTIES; i++)
		if (stix_properties[i].kinds & 1u << item->kind)
			write_property(&writing, &stix_properties[i]);
	if (item->kept.size > 2 && item->form <= ITEM_STIX_20) {
		build_char(to, ',');
		build_text(to, (struct text){ item->kept.at + 1, item->kept.size - 2 });
	}
	build_char(to, '}');
}
