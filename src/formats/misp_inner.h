/*
 * What reading and writing of MISP share: which property stands where in an item. For misp.c, misp_read.c,
 * misp_write.c.
 */
#ifndef NOROSHI_FORMATS_MISP_INNER_H
#define NOROSHI_FORMATS_MISP_INNER_H

#include "formats/misp.h"

enum misp_how { MISP_TEXT, MISP_EPOCH, MISP_TIME, MISP_BOOLEAN };

struct misp_property {
	const char *name;
	enum misp_how how;
	uint16_t at;    /* in struct item */
	uint16_t has;   /* of `present`; of a time: it was a number; 0: it is there when it is not empty */
	unsigned forms; /* bits 1 << form */
};
#define MISP_PROPERTIES 12
extern const struct misp_property misp_properties[MISP_PROPERTIES];

#define MISP_GROUP "sharing-group" /* the type of an item that is one: `kept` has all of it */

/* The strictest TLP and PAP of its labels. */
void misp_handling(struct item *item);
/* What one name of a tag says of it; a name that says neither: false. */
bool misp_says_tlp(struct text name, enum tlp *tlp);
bool misp_says_pap(struct text name, enum pap *pap);

#endif
