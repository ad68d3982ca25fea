/*
 * One comparison of a STIX pattern on one observation (stix_test.c), for stix_try.c.
 */
#ifndef NOROSHI_MATCH_STIX_TEST_H
#define NOROSHI_MATCH_STIX_TEST_H

#include "match/stix_observed.h"

/* What a reference ("src_ref") leads to; no value when it leads nowhere. */
struct stix_scene {
	struct json_value (*follow)(void *context, struct text id);
	void *context;
};

struct stix_tests; /* the regular expressions of one pattern, compiled */
enum error stix_tests_new(const struct stix_pattern *pattern, struct stix_tests **tests, struct failure *failure);
void stix_tests_free(struct stix_tests *tests);
bool stix_tests_limited(const struct stix_tests *tests); /* an expression took too many steps and was given up */

/* Whether the object fulfils the comparison (a tree of STIX_ALL, STIX_ANY, STIX_TEST). */
bool stix_tests_hold(
    struct stix_tests *tests, const struct stix_node *node, const struct stix_scene *scene, struct json_value object);

#endif
