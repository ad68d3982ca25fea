/*
 * Options for the statistical detectors. See behaviour_options.h.
 */
#include "watch/behaviour_options.h"

#include "base/hash.h"

#include <string.h>

void behaviour_options_init(struct behaviour_options *options)
{
	memset(options, 0, sizeof *options);
	options->settings = behaviour_defaults;
	options->settings.home = options->home;
	options->settings.scanners = options->scanners;
	options->settings.services = options->services;
	options->settings.service_domains = options->domains;
	random_bytes(&options->settings.seed, sizeof options->settings.seed);
}

static enum error add_prefix(
    struct prefix *list, size_t *count, const char *option, const char *value, struct failure *failure)
{
	if (*count == BEHAVIOUR_DECLARED_MOST)
		return fail(failure, ERROR_LIMIT, "%s is given more than %d times", option, BEHAVIOUR_DECLARED_MOST);
	if (!prefix_parse(text_of(value), &list[*count]))
		return fail(failure, ERROR_USAGE, "%s is a prefix such as 192.0.2.0/24, not \"%.60s\"", option, value);
	++*count;
	return OK;
}

static bool is_domain(struct text value)
{
	bool dot = false;
	for (size_t i = 0; i < value.size; i++) {
		char c = value.at[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
		if (!letter && (c != '.' || i == 0 || value.at[i - 1] == '.'))
			return false;
		dot |= c == '.';
	}
	return dot && value.size <= 253 && value.at[value.size - 1] != '.' &&
	       (value.at[value.size - 1] < '0' || value.at[value.size - 1] > '9'); /* no address gone wrong */
}

static enum error add_service(struct behaviour_options *options, char *value, struct failure *failure)
{
	struct prefix prefix;
	struct behaviour_settings *settings = &options->settings;
	if (prefix_parse(text_of(value), &prefix))
		return add_prefix(options->services, &settings->service_count, "--service", value, failure);
	for (char *at = value; *at; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at + ('a' - 'A'));
	if (!is_domain(text_of(value)))
		return fail(failure, ERROR_USAGE, "--service is a prefix or a domain, not \"%.60s\"", value);
	if (settings->service_domain_count == BEHAVIOUR_DECLARED_MOST)
		return fail(failure, ERROR_LIMIT, "--service is given more than %d times", BEHAVIOUR_DECLARED_MOST);
	options->domains[settings->service_domain_count++] = text_of(value);
	return OK;
}

enum error behaviour_options_set(struct behaviour_options *options, int choice, char *value, struct failure *failure)
{
	struct behaviour_settings *settings = &options->settings;
	switch (choice) {
	case BEHAVIOUR_ASKED:
		options->asked = true;
		return OK;
	case BEHAVIOUR_HOME:
		return add_prefix(options->home, &settings->home_count, "--home", value, failure);
	case BEHAVIOUR_SCANNER:
		return add_prefix(options->scanners, &settings->scanner_count, "--scanner", value, failure);
	default:
		return add_service(options, value, failure);
	}
}
