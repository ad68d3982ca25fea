/*
 * EVE records of flows that others reported.
 */
#ifndef NOROSHI_FORMATS_EVE_NETFLOW_H
#define NOROSHI_FORMATS_EVE_NETFLOW_H

#include "base/text.h"
#include "formats/flow_record.h"

/* One line, or two of a record about both directions. */
void eve_netflow(struct builder *to, const struct flow_record *record);

#endif
