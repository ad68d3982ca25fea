/*
 * Writes settings as a configuration file that reads back to the same settings, with what each option is for. Declared
 * in base/config.h.
 */
#include "base/config.h"
#include "base/config_value.h"

static void show_comment(const struct option *option, const char *margin, struct builder *to)
{
	struct builder range = { 0 };
	if (option->summary)
		build_format(to, "%s# %s\n", margin, option->summary);
	value_write_range(option, &range);
	build_format(to, "%s# ", margin);
	if (option->initial)
		build_format(to, "Default: %s", option->initial);
	else
		build_text(to, TEXT("Default: empty"));
	if (range.size > 0)
		build_format(to, "; %.*s", (int)range.size, range.at);
	else if (option->unit)
		build_format(to, "; %s", option->unit);
	if (option->type == OPTION_SECRET)
		build_text(to, TEXT("; a file whose first line is the secret, mode 600 or 640"));
	build_text(to, TEXT("\n"));
	builder_free(&range);
}

static void show_options(const struct option_group *group, const void *settings, const char *margin, struct builder *to)
{
	for (const struct option *option = group->options; option->name; option++) {
		show_comment(option, margin, to);
		build_format(to, "%s%s = ", margin, option->name);
		value_write(option, settings, to);
		build_text(to, TEXT(";\n"));
	}
}

/* A list of groups: what was read is with its owner; here stands what an item may say. */
static void show_example(const struct option_group *group, struct builder *to)
{
	build_format(to, "# %s = ( {\n", group->name);
	for (const struct option *option = group->options; option->name; option++) {
		show_comment(option, "#\t", to);
		build_format(to, "#\t%s = …;\n", option->name);
	}
	build_text(to, TEXT("# }, … );\n"));
}

void config_show(const struct option_group *groups, struct builder *to)
{
	build_format(to, "version = %d;\n", CONFIG_VERSION);
	for (; groups->name; groups++) {
		build_char(to, '\n');
		if (groups->each) {
			show_example(groups, to);
			continue;
		}
		build_format(to, "%s = {\n", groups->name);
		show_options(groups, groups->settings, "\t", to);
		build_text(to, TEXT("};\n"));
	}
}
