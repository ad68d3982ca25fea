/*
 * The group `records` of a configuration file; see record_file.h.
 */
#include "watch/record_file.h"

#include "watch/record_feed.h"

#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(struct record_file, member)

const struct option record_file_options[] = {
	{ "indicators", OPTION_PATH, AT(indicators), .fixed = true,
	    .summary = "List, or compiled file, of indicators to look for in records; read again when it changes." },
	{ "shared", OPTION_PATH, AT(shared), .fixed = true,
	    .summary =
		"Folder of what the exchange shares, as noroshi follow keeps it; changes are in force at once." },
	{ "signatures", OPTION_PATH, AT(signatures), .fixed = true,
	    .summary = "Rules in Suricata's language to look for in records; read again when they change." },
	{ "variables", OPTION_LIST, AT(variables), .fixed = true,
	    .summary = "Variables of the rules: HOME_NET=[192.0.2.0/24]." },
	{ "behaviour", OPTION_BOOLEAN, AT(behaviour), "false", .fixed = true,
	    .summary = "Look for scans, beacons and other behaviour in records of flows and names." },
	{ "home", OPTION_LIST, AT(home), .fixed = true,
	    .summary = "Networks of one's own, for behaviour; the private ones when absent." },
	{ "rules", OPTION_BOOLEAN, AT(rules), "true", .fixed = true,
	    .summary = "Look at what single events of hosts and clouds tell by themselves." },
	{ NULL },
};

/* A copy that lives as long as the settings; NULL without memory. */
static char *keep(struct record_feed_settings *settings, const char *text)
{
	char *copy = strdup(text);
	if (copy)
		settings->texts[settings->text_count++] = copy;
	return copy;
}

static enum error take_one(
    struct record_feed_settings *settings, int option, const char *value, struct failure *failure)
{
	if (!value || !value[0])
		return OK;
	char *copy = keep(settings, value);
	return copy ? detection_option(&settings->detection, option, copy, failure)
		    : fail(failure, ERROR_MEMORY, "no memory for the options");
}

static enum error take_list(
    struct record_feed_settings *settings, int option, const struct option_list *list, struct failure *failure)
{
	enum error error = OK;
	for (size_t i = 0; i < list->count && !error; i++)
		error = take_one(settings, option, list->items[i], failure);
	return error;
}

enum error record_file_take(
    const struct record_file *file, struct record_feed_settings *settings, struct failure *failure)
{
	enum error error = detection_options_begin(&settings->detection, file->variables.count, failure);
	settings->rules = file->rules;
	settings->detection.behaviour.asked = file->behaviour;
	settings->texts = calloc(file->variables.count + file->home.count + 3, sizeof *settings->texts);
	if (!error && !settings->texts)
		error = fail(failure, ERROR_MEMORY, "no memory for the options");
	if (!error)
		error = take_one(settings, OPTION_INDICATORS, file->indicators, failure);
	if (!error)
		error = take_one(settings, OPTION_SHARED, file->shared, failure);
	if (!error)
		error = take_one(settings, OPTION_SIGNATURES, file->signatures, failure);
	if (!error)
		error = take_list(settings, OPTION_VARIABLE, &file->variables, failure);
	return error ? error : take_list(settings, BEHAVIOUR_HOME, &file->home, failure);
}
