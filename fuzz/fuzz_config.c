/*
 * base/config.h: any text is read or refused with one sentence; what was read is shown in a form that reads back the
 * same.
 *
 * Sources: base/config.c, base/config_value.c, base/config_source.c, base/config_show.c, base/nearest.c.
 */
#include "base/config.h"
#include "fuzz.h"

#include <string.h>

struct settings {
	char *text, *path, *secret;
	int64_t integer;
	bool boolean;
	uint64_t size;
	nanoseconds duration;
	double real;
	struct option_list list;
};

#define AT(member) offsetof(struct settings, member)
static const struct option options[] = {
	{ "text", OPTION_TEXT, AT(text), "x", .summary = "A text." },
	{ "path", OPTION_PATH, AT(path), "/x", .summary = "A path." },
	{ "secret", OPTION_SECRET, AT(secret), NULL, .summary = "A secret." },
	{ "integer", OPTION_INTEGER, AT(integer), "5", .summary = "A number." },
	{ "boolean", OPTION_BOOLEAN, AT(boolean), "true", .summary = "A truth." },
	{ "size", OPTION_SIZE, AT(size), "64 MiB", .summary = "A size." },
	{ "duration", OPTION_DURATION, AT(duration), "10 min", 0, 86400, .summary = "A duration." },
	{ "real", OPTION_REAL, AT(real), "0.5", .summary = "A number." },
	{ "list", OPTION_LIST, AT(list), "a, b", .summary = "A list." },
	{ NULL },
};

static enum error each(void *context, void *settings, struct failure *failure)
{
	(void)failure;
	(void)context;
	CHECK(((struct settings *)settings)->text);
	return OK;
}

/* libconfig 1.5 itself loses the string it was reading when a text ends in a syntax error. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings first = { 0 }, second = { 0 };
	struct failure failure = { 0 };
	struct option_group groups[] = { { "one", options, &first, sizeof first, NULL, NULL },
		{ "many", options, NULL, sizeof first, each, NULL }, { NULL } };
	if (size > 16384)
		return 0;
	if (config_read_text("f", (struct text){ (const char *)data, size }, groups, &failure) != OK) {
		CHECK(failure.words[0] && !strchr(failure.words, '\n') && !first.text);
		return 0;
	}
	struct builder shown = { 0 }, again = { 0 };
	config_show(groups, &shown);
	groups[0].settings = &second;
	CHECK(config_read_text("f", (struct text){ shown.at, shown.size }, groups, &failure) == OK);
	config_show(groups, &again);
	CHECK(shown.size == again.size && memcmp(shown.at, again.at, shown.size) == 0);
	config_free(groups);
	groups[0].settings = &first;
	config_free(groups);
	builder_free(&shown);
	builder_free(&again);
	return 0;
}
