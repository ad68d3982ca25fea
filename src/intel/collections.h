/*
 * Collections for those who make them: /v1/collections.
 */
#ifndef NOROSHI_INTEL_COLLECTIONS_H
#define NOROSHI_INTEL_COLLECTIONS_H

#include "http/call.h"

enum error collection_list(struct call *call, struct failure *failure);
enum error collection_create(struct call *call, struct failure *failure);
enum error collection_read(struct call *call, struct failure *failure);
enum error collection_change(struct call *call, struct failure *failure);

#endif
