/*
 * Items of MISP one by one: shown with everything in them, and changed property by property. In the keeper.
 */
#ifndef NOROSHI_INTEL_MISP_ITEMS_H
#define NOROSHI_INTEL_MISP_ITEMS_H

#include "http/call.h"
#include "model/item.h"

#define MISP_SHOWN 2000u /* items of one event that are shown with it; of a larger one the object is null */

bool misp_is_item(const struct item *item);
/* As it came, with what it has: an event with its objects and attributes, which are looked for by its references. NULL:
 * it has more than MISP_SHOWN, or there is no memory. */
json_t *misp_object(struct call *call, const struct item *item);
/* What a PATCH asks for of MISP's own; all that it asks for is there. ERROR_INPUT names a property that items of this
 * form do not have; of STIX none of MISP's own. */
enum error misp_change(const struct call *call, struct item *item, struct failure *failure);

#endif
