/*
 * What test_knowledge.c asks about one request: what its reader may know, and which of its values name what is
 * another's.
 */
#ifndef NOROSHI_TESTS_CENTER_KNOWLEDGE_H
#define NOROSHI_TESTS_CENTER_KNOWLEDGE_H

#include "random_visit.h"

struct asker {
	enum role role;       /* as it stands now; NONE when it may not come in */
	unsigned place, home; /* home: also when it may not come in */
};

struct trial {
	struct world *world;
	struct random_visit random;
	struct asker asker;
	bool anothers[VISIT_VALUES]; /* the value names what was another's when it was asked for */
	uint64_t seed;
	unsigned number;
};

bool may_know(const struct trial *trial, enum mark kind, unsigned owner);
/* The value names what is another's, as it stands before the request. */
bool is_anothers(const struct trial *trial, const struct value *value);
/* Behind the type of an object's id; NULL: it is none. */
const char *uuid_of_item(const char *text);

#endif
