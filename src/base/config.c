/*
 * Configuration: reads a file in libconfig's format into settings structs that option tables describe. In: the file's
 * text; out: checked values, or one sentence that says which line is wrong and what it should be. Called by center/, by
 * the agent, by `noroshi config`.
 *
 * Everything is read into settings of its own first; only when all of it is right do the values move over.
 */
#include "base/config.h"

#include "base/config_source.h"
#include "base/config_value.h"
#include "base/file.h"

#include <libconfig.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LARGEST ((size_t)16 << 20) /* bytes of a configuration file */
#define MOST_NAMES 256             /* that are compared with an unknown one */

struct reading {
	const char *name; /* of the file, for messages */
	char folder[PATH_MAX];
	struct config_origins *origins; /* NULL: nobody asks */
	bool again;                     /* over settings that are in use */
	void (*kept)(void *context, const char *group, const char *option);
	void *context;
	struct failure *failure;
};

/* ── settings as a whole ─ */

static void settings_free(const struct option *options, void *settings)
{
	for (; options->name && settings; options++)
		value_free(options, settings);
}

static enum error settings_fill(const struct option_group *group, void *settings, struct failure *failure)
{
	for (const struct option *option = group->options; option->name; option++) {
		struct failure why = { 0 };
		enum error error = value_initial(option, settings, &why);
		if (error)
			return fail(failure, error == ERROR_INPUT ? ERROR_USAGE : error,
			    "the default of %s.%s is refused: %s", group->name, option->name, why.words);
	}
	return OK;
}

/* Fresh settings with the group's defaults; NULL on failure. */
static void *settings_new(const struct option_group *group, struct failure *failure)
{
	void *settings = calloc(1, group->settings_size ? group->settings_size : 1);
	if (!settings) {
		fail(failure, ERROR_MEMORY, "no memory for the settings of %s", group->name);
	} else if (settings_fill(group, settings, failure)) {
		settings_free(group->options, settings);
		free(settings);
		return NULL;
	}
	return settings;
}

static void settings_move(const struct option *options, void *from, void *to)
{
	for (; options->name; options++)
		value_move(options, from, to);
}

static bool value_same(const struct option *option, const void *one, const void *other)
{
	struct builder first = { 0 }, second = { 0 };
	value_write(option, one, &first);
	value_write(option, other, &second);
	bool same = text_equal((struct text){ first.at, first.size }, (struct text){ second.at, second.size });
	builder_free(&first);
	builder_free(&second);
	return same;
}

/* As settings_move(), but what was taken at the start stays. */
static void settings_renew(const struct reading *reading, const struct option_group *group, void *from)
{
	for (const struct option *option = group->options; option->name; option++)
		if (!option->fixed)
			value_move(option, from, group->settings);
		else if (reading->kept && !value_same(option, from, group->settings))
			reading->kept(reading->context, group->name, option->name);
}

enum error config_defaults(const struct option_group *groups, struct failure *failure)
{
	for (; groups->name; groups++) {
		if (groups->each)
			continue;
		void *settings = settings_new(groups, failure);
		if (!settings)
			return failure ? failure->code : ERROR_MEMORY;
		settings_move(groups->options, settings, groups->settings);
		free(settings);
	}
	return OK;
}

void config_free(const struct option_group *groups)
{
	for (; groups->name; groups++)
		if (!groups->each) /* nothing of a group without settings */
			settings_free(groups->options, groups->settings);
}

/* ── one value ─ */

static enum error wrong(const struct reading *reading, const config_setting_t *setting, const char *group,
    const char *option, enum error error, const char *words)
{
	return fail(reading->failure, error, "%s:%u: %s%s%s: %s", reading->name, config_setting_source_line(setting),
	    group, option ? "." : "", option ? option : "", words);
}

static enum error read_items(
    const struct option *option, void *settings, const config_setting_t *setting, struct failure *why)
{
	enum error error = OK;
	value_free(option, settings);
	for (int i = 0; i < config_setting_length(setting) && !error; i++) {
		const char *item = config_setting_get_string_elem(setting, i);
		error = item ? value_add_item(option, settings, text_of(item), why)
			     : fail(why, ERROR_INPUT, "expected %s", value_kind(option));
	}
	return error;
}

static enum error read_value(const struct reading *reading, const char *group, const struct option *option,
    void *settings, const config_setting_t *setting)
{
	struct failure why = { 0 };
	enum error error;
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		error = value_from_integer(option, settings, config_setting_get_int64(setting), &why);
		break;
	case CONFIG_TYPE_FLOAT:
		error = value_from_real(option, settings, config_setting_get_float(setting), &why);
		break;
	case CONFIG_TYPE_BOOL:
		error = value_from_boolean(option, settings, config_setting_get_bool(setting), &why);
		break;
	case CONFIG_TYPE_STRING:
		if (option->type == OPTION_LIST) {
			value_free(option, settings);
			error = value_add_item(option, settings, text_of(config_setting_get_string(setting)), &why);
		} else {
			error = value_from_text(
			    option, settings, text_of(config_setting_get_string(setting)), reading->folder, &why);
		}
		break;
	case CONFIG_TYPE_ARRAY:
	case CONFIG_TYPE_LIST:
		if (option->type == OPTION_LIST) {
			error = read_items(option, settings, setting, &why);
			break;
		} /* fall through */
	default:
		error = fail(&why, ERROR_INPUT, "expected %s", value_kind(option));
	}
	return error ? wrong(reading, setting, group, option->name, error, why.words) : OK;
}

/* ── groups ─ */

static enum error unknown(const struct reading *reading, const config_setting_t *setting, const char *group,
    const char *const *known, const char *what)
{
	const char *name = config_setting_name(setting), *nearest = nearest_name(name, known);
	return fail(reading->failure, ERROR_INPUT, "%s:%u: there is no %s \"%.64s\"%s%s%s%s%s", reading->name,
	    config_setting_source_line(setting), what, name, group ? " in " : "", group ? group : "",
	    nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
}

static enum error unknown_option(
    const struct reading *reading, const config_setting_t *setting, const struct option_group *group)
{
	const char *known[MOST_NAMES] = { NULL };
	for (size_t i = 0; i < MOST_NAMES - 1 && group->options[i].name; i++)
		known[i] = group->options[i].name;
	return unknown(reading, setting, group->name, known, "option");
}

static enum error unknown_group(
    const struct reading *reading, const config_setting_t *setting, const struct option_group *groups)
{
	const char *known[MOST_NAMES] = { NULL };
	for (size_t i = 0; i < MOST_NAMES - 1 && groups[i].name; i++)
		known[i] = groups[i].name;
	return unknown(reading, setting, NULL, known, "group");
}

static void note_origin(const struct reading *reading, const struct option *option, const config_setting_t *setting)
{
	struct config_origins *origins = reading->origins;
	if (!origins || origins->count == CONFIG_ORIGINS)
		return;
	origins->items[origins->count].option = option;
	origins->items[origins->count++].line = config_setting_source_line(setting);
}

/* The options of one `{ … }` into settings that hold the defaults. */
static enum error read_group(
    const struct reading *reading, const struct option_group *group, void *settings, const config_setting_t *setting)
{
	if (!config_setting_is_group(setting))
		return wrong(reading, setting, group->name, NULL, ERROR_INPUT,
		    group->each ? "expected a list of groups: ( { … }, … )" : "expected a group: { … }");
	enum error error = OK;
	for (int i = 0; i < config_setting_length(setting) && !error; i++) {
		const config_setting_t *member = config_setting_get_elem(setting, (unsigned)i);
		const struct option *option = group->options;
		while (option->name && strcmp(option->name, config_setting_name(member)) != 0)
			option++;
		error = option->name ? read_value(reading, group->name, option, settings, member)
				     : unknown_option(reading, member, group);
		note_origin(reading, option, member);
	}
	return error;
}

/* Every item of a list of groups is read, and handed over when `hand_over`. */
static enum error read_each(
    const struct reading *reading, const struct option_group *group, const config_setting_t *setting, bool hand_over)
{
	if (!config_setting_is_list(setting) && config_setting_length(setting) > 0)
		return wrong(
		    reading, setting, group->name, NULL, ERROR_INPUT, "expected a list of groups: ( { … }, … )");
	enum error error = OK;
	for (int i = 0; i < config_setting_length(setting) && !error; i++) {
		const config_setting_t *item = config_setting_get_elem(setting, (unsigned)i);
		struct failure why = { 0 };
		void *settings = settings_new(group, &why);
		if (!settings)
			return wrong(reading, item, group->name, NULL, why.code, why.words);
		error = read_group(reading, group, settings, item);
		if (!error && hand_over && (error = group->each(group->context, settings, &why)) != OK)
			error = wrong(reading, item, group->name, NULL, error, why.words);
		settings_free(group->options, settings);
		free(settings);
	}
	return error;
}

static const struct option_group *group_named(const struct option_group *groups, const char *name)
{
	while (groups->name && strcmp(groups->name, name) != 0)
		groups++;
	return groups->name ? groups : NULL;
}

static size_t group_count(const struct option_group *groups)
{
	size_t count = 0;
	while (groups[count].name)
		count++;
	return count;
}

/* `version = 1;`, beside the groups: of the format and of what the options mean. Without it, this one. */
static enum error read_version(const struct reading *reading, const config_setting_t *setting)
{
	if (config_setting_type(setting) != CONFIG_TYPE_INT || config_setting_get_int(setting) < 1)
		return wrong(reading, setting, "version", NULL, ERROR_INPUT, "expected a number from 1");
	if (config_setting_get_int(setting) > CONFIG_VERSION)
		return wrong(reading, setting, "version", NULL, ERROR_VERSION,
		    "the file is for a newer version of the program: install that version");
	return OK;
}

static enum error check_together(
    const struct reading *reading, const struct option_group *groups, void **fresh, const config_setting_t *root)
{
	for (size_t i = 0; groups[i].name; i++) {
		const config_setting_t *member = config_setting_get_member(root, groups[i].name);
		const char *words = member && fresh[i] && groups[i].problem ? groups[i].problem(fresh[i]) : NULL;
		if (words)
			return wrong(reading, member, groups[i].name, NULL, ERROR_INPUT, words);
	}
	return OK;
}

/* Reads everything into `fresh` (one settings struct for each ordinary group), and nothing else. */
static enum error read_all(
    const struct reading *reading, const struct option_group *groups, void **fresh, const config_setting_t *root)
{
	for (size_t i = 0; groups[i].name; i++)
		if (!groups[i].each && !(fresh[i] = settings_new(&groups[i], reading->failure)))
			return reading->failure->code;
	enum error error = OK;
	for (int i = 0; i < config_setting_length(root) && !error; i++) {
		const config_setting_t *member = config_setting_get_elem(root, (unsigned)i);
		const struct option_group *group = group_named(groups, config_setting_name(member));
		if (strcmp(config_setting_name(member), "version") == 0)
			error = read_version(reading, member);
		else if (!group)
			error = unknown_group(reading, member, groups);
		else if (group->each)
			error = read_each(reading, group, member, false);
		else
			error = read_group(reading, group, fresh[group - groups], member);
	}
	if (!error)
		error = check_together(reading, groups, fresh, root);
	for (size_t i = 0; groups[i].name && !error; i++) {
		const config_setting_t *member = config_setting_get_member(root, groups[i].name);
		if (groups[i].each && member)
			error = read_each(reading, &groups[i], member, true);
	}
	return error;
}

static enum error apply(const struct reading *reading, const struct option_group *groups, const config_setting_t *root)
{
	size_t count = group_count(groups);
	void **fresh = calloc(count + 1, sizeof(void *));
	if (!fresh)
		return fail(reading->failure, ERROR_MEMORY, "no memory to read %s", reading->name);
	enum error error = read_all(reading, groups, fresh, root);
	for (size_t i = 0; i < count; i++) {
		if (!error && fresh[i] && groups[i].settings && reading->again)
			settings_renew(reading, &groups[i], fresh[i]);
		else if (!error && fresh[i] && groups[i].settings)
			settings_move(groups[i].options, fresh[i], groups[i].settings);
		settings_free(groups[i].options, fresh[i]);
		free(fresh[i]);
	}
	free(fresh);
	return error;
}

/* ── the file ─ */

/* What relative paths in the file are relative to: its folder, seen from where we are now. */
static enum error find_folder(struct reading *reading)
{
	const char *slash = strrchr(reading->name, '/');
	size_t size = slash ? (size_t)(slash - reading->name) : 0, used = 0;
	if (reading->name[0] != '/') {
		if (!getcwd(reading->folder, sizeof reading->folder))
			return fail_errno(reading->failure, "%s: cannot tell the current folder", reading->name);
		used = strlen(reading->folder);
		if (size > 0 && used < sizeof reading->folder - 1)
			reading->folder[used++] = '/';
	}
	if (size >= sizeof reading->folder - used)
		return fail(reading->failure, ERROR_LIMIT, "%s: the path is too long", reading->name);
	memcpy(reading->folder + used, reading->name, size);
	reading->folder[used + size] = '\0';
	return OK;
}

static enum error read_text(struct reading *reading, struct text text, const struct option_group *groups)
{
	struct failure unwanted;
	struct builder source = { 0 };
	config_t config;
	if (!reading->failure)
		reading->failure = &unwanted;
	enum error error = find_folder(reading);
	if (!error)
		error = config_source_prepare(reading->name, text, &source, reading->failure);
	if (!error) {
		config_init(&config);
		if (config_read_string(&config, source.at ? source.at : ""))
			error = apply(reading, groups, config_root_setting(&config));
		else
			error = fail(reading->failure, ERROR_INPUT, "%s:%d: %s", reading->name,
			    config_error_line(&config), config_error_text(&config));
		config_destroy(&config);
	}
	builder_free(&source);
	return error;
}

enum error config_read_text(
    const char *name, struct text text, const struct option_group *groups, struct failure *failure)
{
	struct reading reading = { .name = name, .failure = failure };
	return read_text(&reading, text, groups);
}

enum error config_reload_text(const char *name, struct text text, const struct option_group *groups,
    void (*kept)(void *context, const char *group, const char *option), void *context, struct failure *failure)
{
	struct reading reading = { .name = name, .again = true, .kept = kept, .context = context, .failure = failure };
	return read_text(&reading, text, groups);
}

enum error config_load_origins(
    const char *path, const struct option_group *groups, struct config_origins *origins, struct failure *failure)
{
	struct reading reading = { .name = path, .origins = origins, .failure = failure };
	char *at;
	size_t size;
	enum error error = file_read(path, LARGEST, &at, &size, failure);
	if (error)
		return error;
	error = read_text(&reading, (struct text){ at, size }, groups);
	free(at);
	return error;
}

enum error config_load(const char *path, const struct option_group *groups, struct failure *failure)
{
	return config_load_origins(path, groups, NULL, failure);
}
