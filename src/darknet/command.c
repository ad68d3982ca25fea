/*
 * `noroshi darknet`: capture files of unused addresses in; scans, victims and what changed out.
 */
#include "darknet/command.h"

#include "base/data.h"
#include "base/hash.h"
#include "base/language.h"
#include "darknet/day_writer.h"
#include "darknet/options.h"
#include "darknet/report.h"
#include "net/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRESS_EVERY ((uint64_t)1 << 20) /* frames */

static const char *const help[] = {
	N_("usage: noroshi darknet -r FILE… --net PREFIX… [options]"),
	"",
	N_("Reads what arrived at unused addresses, and finds scans and their tools, research scanners, worms, victims "
	   "of"),
	N_("attacks (by what they answer to forged senders) and misconfigured hosts. Reads pcap and pcapng of any "
	   "link;"),
	N_("\"-\" is standard input. Files of several sensors are read in order of time."),
	"",
	N_("  -r FILE            a capture file; further ones may follow without -r"),
	N_("  --net PREFIX       unused addresses, as 198.51.100.0/24; may be given several times"),
	N_("  --json             one JSON object instead of words: docs/darknet.md defines its keys"),
	N_("  --warninglists DIR lists of known scanners, as MISP writes them: their scans are research"),
	N_("  --names FILE       reverse names of sources, \"ADDRESS NAME\" a line, which the lists are asked for too"),
	N_("  --bin TIME         length of the bins of activities (default 1 h)"),
	N_("  --timeout TIME     silence that ends a scan or an attack (default: by the size of the telescope)"),
	N_("  --least-targets N  addresses or ports that make a scan (default 5)"),
	N_("  --least-answers N  answers of a victim that make an attack (default 25)"),
	N_("  --sources N        so many sources at once (default 10000000, of 64 bytes each)"),
	N_("  --mirror N         the capture is a mirror that N tunnels (GRE, ERSPAN, VXLAN, …) carry (default 0)"),
	N_("  --changes          with --json: what changed, and groups that began to act together; the first 14 days "
	   "only "
	   "learn"),
	N_("  --tables DIR       keep what arrived on each day there, for `noroshi darknet report`"),
	N_("  --sensor NAME      whose tables they are"),
	N_("  --part NAME        of which input they are (default: told by the files): the same again replaces it"),
	N_("  --zone ZONE        where their days begin (default +09:00)"),
	N_("  --locations FILE   where addresses come from: location.db or *.mmdb; may be given several times"),
	N_("                     (default: that of Debian's libloc-database, when it is there)"),
	N_("  --progress         say on standard error how far it is"),
	N_("  --language LANG    ja or en (default: as LANG in the environment says)"),
	N_("  --help             this text"),
	"",
	N_("Exit codes: 0 nothing was found, 1 scans or victims were found, 2 bad usage or a file that cannot be "
	   "read."),
};

struct run {
	struct darknet_options options;
	struct space *space;
	struct warninglists *lists;
	struct research *research;
	struct telescope *telescope;
	struct trends *trends;
	struct origins *origins;
	struct day_writer *days;
	struct failure days_failure;
	struct files_counts counts;
	uint64_t frames;
};

static void say_wrong(void *context, const struct failure *failure)
{
	(void)context;
	fprintf(stderr, "noroshi darknet: %s\n", failure->words);
}

static enum error take_frames(void *context, const struct frame *frames, size_t count, struct failure *failure)
{
	struct run *run = context;
	uint64_t before = run->frames / PROGRESS_EVERY;

	run->frames += count;
	if (run->options.progress && run->frames / PROGRESS_EVERY != before)
		fprintf(stderr, "noroshi darknet: %llu packets\n", (unsigned long long)run->frames);
	return telescope_frames(run->telescope, frames, count, failure);
}

/* ── tables ─ */

#define DEBIAN_LOCATIONS "/var/lib/location/database.db"

static void take_activity(void *context, const struct activity *activity)
{
	struct run *run = context;
	if (!run->days_failure.code)
		day_writer_add(run->days, activity, &run->days_failure);
}

/* The same files in the same order are the same part, and no others: by where they are. */
static void name_part(const struct darknet_options *options, char to[static DAY_TABLE_NAME])
{
	uint64_t hash = 0;

	for (size_t i = 0; i < options->file_count; i++) {
		char *path = realpath(options->files[i].path, NULL);
		hash = hash_text(text_of(path ? path : options->files[i].path), hash);
		free(path);
	}
	snprintf(to, DAY_TABLE_NAME, "files-%016llx", (unsigned long long)hash);
}

/* Only what is told by country or network needs them. */
static enum error load_origins(struct run *run, struct failure *failure)
{
	const struct darknet_options *options = &run->options;
	const char *debian[] = { DEBIAN_LOCATIONS };

	if (options->location_count)
		return origins_load(options->locations, options->location_count, &run->origins, failure);
	if ((options->tables || options->changes) && access(DEBIAN_LOCATIONS, R_OK) == 0)
		return origins_load(debian, 1, &run->origins, failure);
	return OK;
}

static enum error begin_tables(struct run *run, struct failure *failure)
{
	const struct darknet_options *options = &run->options;
	char name[DAY_TABLE_NAME];

	if (!options->tables)
		return OK;
	name_part(options, name);
	const struct day_folder_part part = { .folder = options->tables,
		.sensor = options->sensor,
		.part = options->part ? options->part : name,
		.zone = options->zone,
		.addresses = run->space->size };
	run->options.settings.sources.activity = take_activity;
	run->options.settings.sources.context = run;
	return day_writer_begin(&part, &run->days, failure);
}

static enum error end_tables(struct run *run, struct failure *failure)
{
	struct day_writer *days = run->days;

	if (!days)
		return OK;
	run->days = NULL;
	return day_writer_end(days, failure);
}

/* All of them before the first byte of any is looked at: afterwards nothing can be opened. */
static void open_files(struct darknet_options *options)
{
	for (size_t i = 0; i < options->file_count; i++) {
		struct files_source *file = &options->files[i];
		file->descriptor =
		    strcmp(file->path, "-") == 0 ? dup(STDIN_FILENO) : open(file->path, O_RDONLY | O_CLOEXEC);
		if (file->descriptor < 0)
			fprintf(stderr, "noroshi darknet: %s: cannot be opened: %s\n", file->path, strerror(errno));
	}
}

static void skipped(void *context, const char *file, struct text entry, const char *why)
{
	(void)context;
	if (!entry.size)
		fprintf(stderr, "noroshi darknet: %s: %s\n", file, why);
}

static enum error begin(struct run *run, struct failure *failure)
{
	struct darknet_options *options = &run->options;
	char kinds[512];
	enum error error = space_new(options->prefixes, options->prefix_count, &run->space, failure);

	if (!error)
		run->space->carriers = options->carriers;
	if (!error && options->warninglists && !(error = data_find("warninglists/kinds", kinds, sizeof kinds, failure)))
		error = warninglists_load(options->warninglists, kinds, skipped, NULL, &run->lists, failure);
	if (!error)
		error = research_new(run->lists, options->names, &run->research, failure);
	if (error)
		return error;
	error = load_origins(run, failure);
	if (!error)
		error = begin_tables(run, failure);
	if (error)
		return error;
	options->settings.origins = run->origins;
	options->settings.sources.space = run->space;
	options->settings.research = run->research;
	if (options->changes && !(run->trends = trends_new(options->settings.sources.bin)))
		return fail(failure, ERROR_MEMORY, "no memory for changes and groups");
	options->settings.trends = run->trends;
	error = telescope_new(&options->settings, &run->telescope, failure);
	if (error)
		return error;
	open_files(options);
	return sandbox_enter(SANDBOX_FILES, failure);
}

static enum error report(struct run *run, const struct catalog *japanese, struct failure *failure)
{
	const struct report report = { .telescope = run->telescope,
		.space = run->space,
		.research = run->research,
		.trends = run->trends,
		.files = run->options.file_count,
		.unread = run->counts.unread,
		.truncated = run->counts.truncated };

	return run->options.json ? report_json(&report, stdout, failure)
				 : report_words(&report, japanese, stdout, failure);
}

static int work(struct run *run, const struct catalog *japanese)
{
	const struct files_visitor visitor = { take_frames, say_wrong, run };
	struct failure failure = { 0 };
	size_t scans = 0, victims = 0;
	enum error error = begin(run, &failure);

	if (!error)
		error = files_read(run->options.files, run->options.file_count, &visitor, &run->counts, &failure);
	if (!error)
		error = telescope_finish(run->telescope, &failure);
	if (!error && run->counts.unread == 0)
		error = end_tables(run, &failure);
	if (!error)
		error = report(run, japanese, &failure);
	if (error) {
		fprintf(stderr, "noroshi darknet: %s\n", failure.words);
		return 2;
	}
	telescope_scans(run->telescope, &scans);
	telescope_victims(run->telescope, &victims);
	if (run->days)
		fprintf(stderr,
		    "noroshi darknet: the tables of the last days were not written, for not all could be read; what "
		    "stands of this part is replaced when it is read again\n");
	return run->counts.unread ? 2 : scans + victims > 0;
}

int darknet_command(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "report") == 0)
		return darknet_report(argc - 1, argv + 1);
	struct run run = { 0 };
	int status = darknet_options_read(argc, argv, &run.options);

	if (status < 0) {
		struct catalog *japanese = language_catalog(run.options.language);
		if (run.options.help)
			for (size_t i = 0; i < sizeof help / sizeof *help; i++)
				puts(help[i][0] ? catalog_string(japanese, help[i]) : "");
		status = run.options.help ? 0 : work(&run, japanese);
		catalog_free(japanese);
	}
	day_writer_abandon(run.days);
	origins_free(run.origins);
	telescope_free(run.telescope);
	trends_free(run.trends);
	research_free(run.research);
	warninglists_free(run.lists);
	space_free(run.space);
	darknet_options_free(&run.options);
	return status;
}
