/*
 * Which property of MISP stands where in an item, and what its tags say of handling; see misp_inner.h.
 */
#include "formats/misp_inner.h"

#include <stddef.h>

#define EVENT (1u << ITEM_MISP_EVENT)
#define ATTRIBUTE (1u << ITEM_MISP_ATTRIBUTE)
#define OBJECT (1u << ITEM_MISP_OBJECT)

const struct misp_property misp_properties[MISP_PROPERTIES] = {
	{ "uuid", MISP_TEXT, offsetof(struct item, id), 0, EVENT | ATTRIBUTE | OBJECT },
	{ "info", MISP_TEXT, offsetof(struct item, name), ITEM_HAS_NAME, EVENT },
	{ "name", MISP_TEXT, offsetof(struct item, name), ITEM_HAS_NAME, OBJECT },
	{ "type", MISP_TEXT, offsetof(struct item, type), 0, ATTRIBUTE },
	{ "value", MISP_TEXT, offsetof(struct item, pattern), 0, ATTRIBUTE },
	{ "comment", MISP_TEXT, offsetof(struct item, description), ITEM_HAS_DESCRIPTION, ATTRIBUTE },
	{ "description", MISP_TEXT, offsetof(struct item, description), ITEM_HAS_DESCRIPTION, OBJECT },
	{ "timestamp", MISP_EPOCH, offsetof(struct item, modified), ITEM_NUMBER_MODIFIED, EVENT | ATTRIBUTE | OBJECT },
	{ "publish_timestamp", MISP_EPOCH, offsetof(struct item, published), ITEM_NUMBER_PUBLISHED, EVENT },
	{ "first_seen", MISP_TIME, offsetof(struct item, first_seen), 0, ATTRIBUTE | OBJECT },
	{ "last_seen", MISP_TIME, offsetof(struct item, last_seen), 0, ATTRIBUTE | OBJECT },
	{ "deleted", MISP_BOOLEAN, offsetof(struct item, revoked), ITEM_HAS_REVOKED, ATTRIBUTE | OBJECT },
};

bool misp_says_tlp(struct text name, enum tlp *tlp)
{
	if (text_find_nocase(name, TEXT("tlp:")) != 0)
		return false;
	if (text_equal_nocase(name, TEXT("tlp:white")))
		name = TEXT("tlp:clear");
	if (!tlp_parse(name, tlp))
		*tlp = TLP_RED; /* "tlp:ex:chr", and what is invented next: told to nobody */
	return !text_equal_nocase(name, TEXT("tlp:unclear"));
}

bool misp_says_pap(struct text name, enum pap *pap)
{
	return text_find_nocase(name, TEXT("PAP:")) == 0 && pap_parse(name, pap);
}

void misp_handling(struct item *item)
{
	item->tlp = TLP_AMBER;
	for (uint32_t i = 0; i < item->label_count; i++) {
		enum tlp tlp;
		enum pap pap;
		if (misp_says_tlp(item->labels[i], &tlp)) {
			item->tlp = item->tlp_marked && item->tlp > tlp ? item->tlp : tlp;
			item->tlp_marked = true;
		} else if (misp_says_pap(item->labels[i], &pap) && pap > item->pap) {
			item->pap = pap;
		}
	}
}
