/*
 * Random requests from the route table: whatever route is added, it is asked with values of its fields' types, with ids
 * of the world (world.h) and with values that answers held under the same names.
 */
#ifndef NOROSHI_TESTS_LIB_RANDOM_VISIT_H
#define NOROSHI_TESTS_LIB_RANDOM_VISIT_H

#include "world.h"

#define VISIT_VALUES 32
#define VISIT_NO_VERSION 999999 /* an If-Match that nothing in a world has */

/* A signing request as a machine makes one (openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj /);
 * its private key is nobody's. */
#define RANDOM_VISIT_REQUEST                                                                                           \
	"-----BEGIN CERTIFICATE REQUEST-----\n"                                                                        \
	"MIG7MGICAQAwADBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKhE+P/0suelTCK6\n"                                           \
	"g0aWQZ/gKdFwM37P9fajbNQDVpl5CLDjtfmLqQlJCHJKqmlpxobeq//PO/POc525\n"                                           \
	"vj1UefCgADAKBggqhkjOPQQDAgNJADBGAiEApj33VfKp/9PTC1foDbXehOVy51LY\n"                                           \
	"NXJk7JPctzcd0PYCIQCZBMnB8zeC3f/QQt1p1ZcUUhi0IvN+F8UQTzcssgNf7Q==\n"                                           \
	"-----END CERTIFICATE REQUEST-----\n"

struct random_visit {
	struct visit visit;
	const struct route *route;
	struct value {
		const struct field *field;
		char text[512]; /* of a LIST: items with '\n' between them */
	} values[VISIT_VALUES];
	unsigned count;
	char target[4096], body[8192], key_text[40];
};

/* A request of one of the world's people (or of a stranger) to any route but those of batches. */
void random_visit(struct world *world, struct random_visit *random);
/* A value for value->field, as random_visit() takes one. */
void random_value(struct world *world, const struct random_visit *random, struct value *value);
/* Writes target and body again, after a value was changed. */
void random_visit_write(struct random_visit *random);
/* All of it, for a failed test. */
void random_visit_print(const struct world *world, const struct random_visit *random);

#endif
