/*
 * Which property of STIX stands where in an item; see stix_inner.h. Reading and writing go along this table.
 */
#include "formats/stix.h"

#include "formats/stix_inner.h"

#include <stddef.h>

#define OF(kind) (1u << (kind))
#define OF_ANY (OF(ITEM_KINDS) - 1)
#define OF_REPORT (OF(ITEM_REPORT) | OF(ITEM_ADVISORY))

const struct stix_property stix_properties[STIX_PROPERTIES] = {
	{ "id", STIX_TEXT, offsetof(struct item, id), 0, OF_ANY },
	{ "created_by_ref", STIX_REFERENCE, offsetof(struct item, created_by), 0, OF_ANY },
	{ "created", STIX_TIME, offsetof(struct item, created), 0, OF_ANY },
	{ "modified", STIX_TIME, offsetof(struct item, modified), 0, OF_ANY },
	{ "revoked", STIX_BOOLEAN, offsetof(struct item, revoked), ITEM_HAS_REVOKED, OF_ANY },
	{ "labels", STIX_TEXTS, offsetof(struct item, labels), ITEM_HAS_LABELS, OF_ANY },
	{ "confidence", STIX_PERCENT, offsetof(struct item, confidence), ITEM_HAS_CONFIDENCE, OF_ANY },
	{ "lang", STIX_TEXT, offsetof(struct item, language), ITEM_HAS_LANGUAGE, OF_ANY },
	{ "object_marking_refs", STIX_REFERENCES, offsetof(struct item, markings), ITEM_HAS_MARKINGS, OF_ANY },
	{ "name", STIX_TEXT, offsetof(struct item, name), ITEM_HAS_NAME, OF_ANY },
	{ "description", STIX_TEXT, offsetof(struct item, description), ITEM_HAS_DESCRIPTION, OF_ANY },
	{ "pattern", STIX_TEXT, offsetof(struct item, pattern), 0, OF(ITEM_INDICATOR) },
	{ "pattern_type", STIX_TEXT, offsetof(struct item, pattern_type), 0, OF(ITEM_INDICATOR) },
	{ "pattern_version", STIX_TEXT, offsetof(struct item, pattern_version), 0, OF(ITEM_INDICATOR) },
	{ "valid_from", STIX_TIME, offsetof(struct item, valid_from), 0, OF(ITEM_INDICATOR) },
	{ "valid_until", STIX_TIME, offsetof(struct item, valid_until), 0, OF(ITEM_INDICATOR) },
	{ "relationship_type", STIX_TEXT, offsetof(struct item, relation), 0, OF(ITEM_RELATION) },
	{ "source_ref", STIX_REFERENCE, offsetof(struct item, source_ref), 0, OF(ITEM_RELATION) },
	{ "target_ref", STIX_REFERENCE, offsetof(struct item, target_ref), 0, OF(ITEM_RELATION) },
	{ "sighting_of_ref", STIX_REFERENCE, offsetof(struct item, target_ref), 0, OF(ITEM_SIGHTING) },
	{ "first_seen", STIX_TIME, offsetof(struct item, first_seen), 0, OF_ANY },
	{ "last_seen", STIX_TIME, offsetof(struct item, last_seen), 0, OF_ANY },
	{ "count", STIX_NUMBER, offsetof(struct item, count), ITEM_HAS_COUNT, OF(ITEM_SIGHTING) },
	{ "published", STIX_TIME, offsetof(struct item, published), 0, OF_REPORT },
};

void stix_handling(struct item *item)
{
	item->tlp = TLP_AMBER;
	for (uint32_t i = 0; i < item->marking_count; i++) {
		enum tlp tlp;
		if (!stix_tlp_parse(item->markings[i], &tlp))
			continue;
		item->tlp = item->tlp_marked && item->tlp > tlp ? item->tlp : tlp;
		item->tlp_marked = true;
	}
	for (uint32_t i = 0; i < item->label_count; i++) {
		enum pap pap;
		if (text_find_nocase(item->labels[i], TEXT("PAP:")) == 0 && pap_parse(item->labels[i], &pap) &&
		    pap > item->pap)
			item->pap = pap;
	}
}
