/*
 * The option table of the exchange.
 */
#include "intel/settings.h"

#include "net/address.h"

#include <stddef.h>

/* The one place where the configuration reader puts the values; read-only for everybody else. */
static struct intel_settings settings_of_process;

static const char *network_problem(const char *value)
{
	struct prefix prefix;
	return prefix_parse(text_of(value), &prefix) ? NULL : "expected networks, such as 10.20.0.0/16";
}

static const struct option options[] = {
	{ "envelope", OPTION_SIZE, offsetof(struct intel_settings, envelope), "100 MiB", 1024, 1 << 29, .fixed = true,
	    .summary = "The largest body of items that somebody gives, by TAXII or as a file." },
	{ "remotes", OPTION_LIST, offsetof(struct intel_settings, remotes),
	    .summary = "Hosts (name, or name:port) of other servers of TAXII and of feeds that may be asked and given "
		       "to; none when empty." },
	{ "remote_networks", OPTION_LIST, offsetof(struct intel_settings, remote_networks), .check = network_problem,
	    .summary = "Private networks that may be connected to for that; public ones may always." },
	{ "remotes_folder", OPTION_PATH, offsetof(struct intel_settings, remotes_folder), "/etc/noroshi/remotes",
	    .fixed = true, .summary = "The folder with the credentials and certificates that remotes name." },
	{ NULL },
};

const struct option_group intel_options[] = {
	{ .name = "intel",
	    .options = options,
	    .settings = &settings_of_process,
	    .settings_size = sizeof settings_of_process },
	{ .name = NULL },
};

const struct intel_settings *intel_configured(void)
{
	return &settings_of_process;
}

bool intel_remote_allowed(struct text host)
{
	const struct option_list *allowed = &settings_of_process.remotes;
	for (size_t i = 0; i < allowed->count; i++)
		if (host.size > 0 && text_equal_nocase(text_of(allowed->items[i]), host))
			return true;
	return false;
}
