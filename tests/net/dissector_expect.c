/*
 * What a test expects of a conversation, whole and cut (dissector_driver.h).
 */
#include "dissector_driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void expect(
    const struct conversation *conversation, driver_show show, const struct cut *cut, const char *expected)
{
	struct builder shown = { 0 };
	driver_run(conversation, show, cut, &shown);
	assert_false(shown.failed);
	const char *text = shown.at ? shown.at : "";
	if (strcmp(text, expected) != 0)
		fail_msg("cut %s, turn %zu at %zu:\n%sexpected:\n%s", cut->bytewise ? "byte by byte" : "once",
		    cut->turn, cut->at, text, expected);
	builder_free(&shown);
}

void driver_expect(const struct conversation *conversation, driver_show show, const char *expected)
{
	expect(conversation, show, &(struct cut){ 0 }, expected);
	expect(conversation, show, &(struct cut){ .bytewise = true }, expected);
	for (size_t turn = 0; turn < conversation->count; turn++)
		for (size_t at = 1; at < conversation->said[turn].size && at < 4000; at++)
			expect(conversation, show, &(struct cut){ .turn = turn, .at = at }, expected);
}
