/*
 * The configuration of a centre, with every option table that there is: any text is refused with one sentence, or shown
 * in a form that reads back the same; an address to listen on is taken apart within its bounds.
 *
 * Sources: center/settings.c.
 */
#include "center/settings.h"
#include "fuzz.h"

#include <string.h>

/* libconfig 1.5 itself loses the string it was reading when a text ends in a syntax error. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
}

static void check_listen(const char *listen)
{
	char host[64];
	uint16_t port;
	if (listen_parse(listen, host, &port))
		host_is_loopback(host);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct center_settings settings;
	struct option_group groups[SETTINGS_GROUPS] = { 0 };
	struct failure failure = { 0 };
	struct builder shown = { 0 }, again = { 0 };
	if (size > 16384)
		return 0;
	settings_groups(&settings, groups);
	if (config_read_text("f", (struct text){ (const char *)data, size }, groups, &failure) != OK) {
		CHECK(failure.words[0] && !strchr(failure.words, '\n'));
		return 0;
	}
	check_listen(settings.listen);
	if (settings_check(&settings, &failure) != OK)
		CHECK(failure.words[0]);
	config_show(groups, &shown);
	CHECK(config_read_text("f", (struct text){ shown.at, shown.size }, groups, &failure) == OK);
	config_show(groups, &again);
	CHECK(shown.size == again.size && memcmp(shown.at, again.at, shown.size) == 0);
	builder_free(&shown);
	builder_free(&again);
	config_free(groups);
	return 0;
}
