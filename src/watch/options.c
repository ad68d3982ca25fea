/*
 * The groups `agent`, `capture`, `records` and `syslog` of a configuration file; see options.h and agent_file.h. The
 * command line is read in command_line.c.
 */
#include "watch/options.h"

#include "watch/agent_file.h"

#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(struct agent_file, member)

static const struct option table[] = {
	{ "machine", OPTION_PATH, AT(machine), .fixed = true,
	    .summary = "Folder of this machine's certificate (noroshi enrol), shown instead of a token; it names the "
		       "centre." },
	{ "server", OPTION_TEXT, AT(server), .fixed = true, .summary = "Address of the centre: https://name:port." },
	{ "token_file", OPTION_SECRET, AT(token_file), .fixed = true,
	    .summary = "File whose first line is this sensor's token." },
	{ "ca", OPTION_PATH, AT(authorities), .fixed = true,
	    .summary = "PEM file of the authority that signed the centre's certificate; the system's when absent." },
	{ "state", OPTION_PATH, AT(state), "/var/lib/noroshi-agent", .fixed = true,
	    .summary = "Folder of this agent's positions and spool." },
	{ "files", OPTION_LIST, AT(files), .fixed = true, .summary = "Files to follow, with * ? [ ] in their names." },
	{ "format", OPTION_TEXT, AT(format), .fixed = true,
	    .summary = "Format of all the files; told by content when absent." },
	{ "map", OPTION_TEXT, AT(map), .fixed = true,
	    .summary = "Field map of CSV files: time=ts,signature=rule,host=node." },
	{ "keep_records", OPTION_BOOLEAN, AT(keep_records), "false", .fixed = true,
	    .summary =
		"Have the centre keep records that are no alerts too (EVE: flow, dns, tls, http …); else it skips "
		"them." },
	{ "spool_limit", OPTION_SIZE, AT(spool_limit), "1 GiB", .fixed = true,
	    .summary = "At most so much is copied of files that could vanish before they are delivered." },
	{ "refused_limit", OPTION_SIZE, AT(refused_limit), "64 MiB", .fixed = true,
	    .summary = "At most so much is kept of batches that the centre refused." },
	{ "scan_every", OPTION_DURATION, AT(scan_every), "5 s", 0.1, 3600, .fixed = true,
	    .summary = "How often the folders are looked at, whatever inotify says." },
	{ "linger", OPTION_DURATION, AT(linger), "60 s", 0, 86400, .fixed = true,
	    .summary = "A rotated file that was quiet for so long has ended." },
	{ "give_up", OPTION_DURATION, AT(give_up), "10 min", 1, 864000, .fixed = true,
	    .summary = "So long a copy is looked for of content that was truncated or removed unread." },
	{ "retry_most", OPTION_DURATION, AT(retry_most), "5 min", 1, 86400, .fixed = true,
	    .summary = "The longest wait between two attempts while the centre is away." },
	{ "heartbeat", OPTION_DURATION, AT(heartbeat), "2 min", 0.1, 86400, .fixed = true,
	    .summary = "With nothing to deliver for so long, the centre is told that the agent is there." },
	{ "learn", OPTION_DURATION, AT(learn), "7 d", 0, 8640000, .fixed = true,
	    .summary = "So long every sign-in is usual, from the first one on that `syslog` brings." },
	{ NULL },
};

void agent_option_groups(struct agent_file *file, struct receive_sources *sources, struct option_group groups[static 5])
{
	groups[0] =
	    (struct option_group){ .name = "agent", .options = table, .settings = file, .settings_size = sizeof *file };
	groups[1] = (struct option_group){ .name = "capture",
		.options = capture_file_options,
		.settings = &file->capture,
		.settings_size = sizeof file->capture };
	groups[2] = (struct option_group){ .name = "records",
		.options = record_file_options,
		.settings = &file->records,
		.settings_size = sizeof file->records };
	groups[3] = receive_option_group(sources);
	groups[4] = (struct option_group){ 0 };
}

static char *copied(const char *text)
{
	return text && text[0] ? strdup(text) : NULL;
}

static enum error take(const struct agent_file *from, struct agent_options *options, struct failure *failure)
{
	*options = (struct agent_options){ .machine = copied(from->machine),
		.server = copied(from->server),
		.token_file = copied(from->token_file),
		.authorities = copied(from->authorities),
		.state = copied(from->state),
		.format = copied(from->format),
		.map = copied(from->map),
		.keep_records = from->keep_records,
		.spool_limit = from->spool_limit,
		.refused_limit = from->refused_limit,
		.scan_every = from->scan_every,
		.linger = from->linger,
		.give_up = from->give_up,
		.retry_most = from->retry_most,
		.heartbeat = from->heartbeat,
		.learn = from->learn,
		.sources = options->sources };
	options->capture = capture_policy_default;
	capture_file_take(&from->capture, &options->capture);
	capture_policy_loosest(&options->capture_limit);
	capture_file_take(&from->capture, &options->capture_limit);
	options->files = calloc(from->files.count + 1, sizeof(char *));
	if (!options->files)
		return fail(failure, ERROR_MEMORY, "no memory for the options");
	for (size_t i = 0; i < from->files.count; i++) {
		options->files[i] = strdup(from->files.items[i]);
		if (!options->files[i])
			return fail(failure, ERROR_MEMORY, "no memory for the options");
		options->file_count++;
	}
	return record_file_take(&from->records, &options->records, failure);
}

enum error agent_options_file(const char *path, struct agent_options *options, struct failure *failure)
{
	struct agent_file settings = { 0 };
	struct option_group groups[5];

	*options = (struct agent_options){ 0 };
	agent_option_groups(&settings, &options->sources, groups);
	enum error error = config_defaults(groups, failure);
	if (!error && path)
		error = config_load(path, groups, failure);
	if (!error)
		error = take(&settings, options, failure);
	config_free(groups);
	return error;
}

void agent_options_free(struct agent_options *options)
{
	free(options->machine);
	free(options->server);
	free(options->token_file);
	free(options->authorities);
	free(options->state);
	free(options->format);
	free(options->map);
	receive_sources_free(&options->sources);
	for (size_t i = 0; i < options->file_count; i++)
		free(options->files[i]);
	free(options->files);
	record_feed_settings_free(&options->records);
	*options = (struct agent_options){ 0 };
}
