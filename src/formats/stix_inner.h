/*
 * What the files of STIX share: which property stands where in an item, and the references of an object. For stix.c,
 * stix_read.c, stix_write.c and stix_references.c.
 */
#ifndef NOROSHI_FORMATS_STIX_INNER_H
#define NOROSHI_FORMATS_STIX_INNER_H

#include "base/json.h"
#include "base/memory.h"
#include "model/item.h"

enum stix_how {
	STIX_TEXT,
	STIX_REFERENCE,
	STIX_TIME,
	STIX_BOOLEAN,
	STIX_PERCENT,
	STIX_NUMBER,
	STIX_TEXTS,
	STIX_REFERENCES,
};

struct stix_property {
	const char *name;
	enum stix_how how;
	uint16_t at;    /* in struct item */
	uint16_t has;   /* of `present`; 0: it is there when it is not empty */
	unsigned kinds; /* of items, as bits; in others it is no property of the standard's, and is kept */
};
#define STIX_PROPERTIES 24
extern const struct stix_property stix_properties[STIX_PROPERTIES];

/* The strictest TLP and PAP of those that its markings and labels name. */
void stix_handling(struct item *item);

/* In order, each once; texts as long-lived as whoever added them says. Begin with zeroes. */
struct references {
	struct text few[16], *list; /* `list` is `few` until that is full */
	uint32_t count;
	size_t room;
	uint32_t *table; /* number + 1, by hash; only when there are more than a few */
	size_t slots;
	bool failed, crowded; /* without memory; more than ITEM_REFERENCES */
};
void references_free(struct references *references);
/* What the property `key` refers to: "…_ref" a text, "…_refs" a list, of containers those in them. */
void references_gather(struct references *references, struct text key, struct json_value value);

#endif
