/*
 * Writes settings as a configuration file that reads back to the same settings, with what each option is for. Declared
 * in base/config.h.
 */
#include "base/config.h"
#include "base/config_value.h"

#include <stdio.h>

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
	if (option->fixed)
		build_text(to, TEXT("; taken at the start"));
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

void config_reference(const struct option_group *groups, struct builder *to)
{
	for (; groups->name; groups++) {
		build_format(
		    to, "## %s\n\n| option | default | values | reload | |\n|---|---|---|---|---|\n", groups->name);
		for (const struct option *option = groups->options; option->name; option++) {
			struct builder range = { 0 };
			value_write_range(option, &range);
			build_format(to, "| `%s` | ", option->name);
			build_format(to, option->initial && *option->initial ? "`%s`" : "%s",
			    option->initial && *option->initial ? option->initial : "empty");
			build_format(to, " | %.*s | %s | %s |\n", (int)range.size, range.size ? range.at : "",
			    option->fixed ? "next start" : "at once", option->summary ? option->summary : "");
			builder_free(&range);
		}
		build_char(to, '\n');
	}
}

/* One line: what it stands at, and why. */
static void show_origin(
    const struct option_group *group, const struct option *option, const char *origin, bool json, struct builder *to)
{
	struct builder value = { 0 };
	value_write(option, group->settings, &value);
	struct text text = { value.at, value.size };
	if (json) {
		build_format(to, "{\"option\":\"%s.%s\",\"value\":", group->name, option->name);
		build_json_string(to, text);
		build_text(to, TEXT(",\"origin\":"));
		build_json_string(to, text_of(origin));
		build_format(to, ",\"secret\":%s}\n", option->type == OPTION_SECRET ? "true" : "false");
	} else {
		build_format(to, "%s.%s = %.*s  # %s%s\n", group->name, option->name, (int)text.size, text.at, origin,
		    option->type == OPTION_SECRET ? " (secret: the path of its file)" : "");
	}
	builder_free(&value);
}

void config_show_origins(
    const struct option_group *groups, const struct config_origins *origins, bool json, struct builder *to)
{
	for (; groups->name; groups++)
		for (const struct option *option = groups->options; option->name && !groups->each; option++) {
			char origin[4200] = "default";
			for (size_t i = 0; i < origins->count; i++)
				if (origins->items[i].option == option)
					snprintf(origin, sizeof origin, "%s:%u", origins->name, origins->items[i].line);
			show_origin(groups, option, origin, json, to);
		}
}
