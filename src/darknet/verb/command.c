/*
 * `noroshi darknet`: capture files of unused addresses in; scans, victims and what changed out.
 */
#include "darknet/verb/command.h"

#include "base/language.h"
#include "base/log.h"
#include "darknet/report/report.h"
#include "darknet/verb/run.h"

#include <string.h>
#include <unistd.h>

#define PROGRESS_EVERY ((uint64_t)1 << 20) /* frames */

static const char *const help[] = {
	N_("usage: noroshi darknet -r FILE… | -i INTERFACE… --net PREFIX… [options]"),
	"",
	N_("Reads what arrived at unused addresses, and finds scans and their tools, research scanners, worms, victims "
	   "of"),
	N_("attacks (by what they answer to forged senders) and misconfigured hosts. Reads pcap and pcapng of any "
	   "link;"),
	N_("\"-\" is standard input. Files of several sensors are read in order of time."),
	"",
	N_("  -r FILE            a capture file; further ones may follow without -r"),
	N_("  -i INTERFACE       listen there instead, until SIGINT or SIGTERM; may be given several times"),
	N_("  --ring SIZE        memory that the kernel fills for each interface (default 64 MiB)"),
	N_("  --snap BYTES       look at so much of each frame (default 0: all)"),
	N_("  --no-promiscuous   only frames for this machine"),
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
	N_("  --no-changes       not what changed, nor groups that began to act together (whose first 14 days only "
	   "learn)"),
	N_("  --history FILE     changes go on from what earlier runs learnt, which is kept there"),
	N_("  --save TIME        how often it is written (default 10 min)"),
	N_("  --tables DIR       keep what arrived on each day there, for `noroshi darknet report`"),
	N_("  --sensor NAME      whose tables they are"),
	N_("  --part NAME        of which input they are (default: told by the files): the same again replaces it"),
	N_("  --zone ZONE        where their days begin (default +09:00)"),
	N_("  --locations FILE   where addresses come from: location.db or *.mmdb; may be given several times"),
	N_("                     (default: that of Debian's libloc-database, when it is there)"),
	N_("  --lines FILE       write sources as they appear, counts and findings there, as lines of EVE (\"-\": "
	   "standard output)"),
	N_("  --checkpoint TIME  how often counts are written (default 10 s)"),
	N_("  --again TIME       how often a source that goes on is told again (default 1 d)"),
	N_("  --center URL …     instead of --lines: to a centre, as `noroshi sensor --help` explains; also --machine, "
	   "--agent, --records"),
	N_("  --progress         say on standard error how far it is"),
	N_("  --language LANG    ja or en (default: as LANG in the environment says)"),
	N_("  --help             this text"),
	"",
	N_("Exit codes: 0 nothing was found, 1 scans or victims were found, 2 bad usage or a file that cannot be "
	   "read."),
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
	enum error error = telescope_frames(run->telescope, frames, count, failure);
	return error || !run->keeper ? error : trends_keeper_tick(run->keeper, failure);
}

static enum error report(struct run *run, const struct catalog *japanese, struct failure *failure)
{
	const struct report report = { .telescope = run->telescope,
		.space = run->space,
		.research = run->research,
		.trends = run->trends,
		.files = run->options.file_count,
		.unread = run->counts.unread,
		.truncated = run->counts.truncated,
		.dropped = run->dropped };
	FILE *to = run->options.lines && strcmp(run->options.lines, "-") == 0 ? stderr : stdout;

	return run->options.json ? report_json(&report, to, failure) : report_words(&report, japanese, to, failure);
}

static int work(struct run *run, const struct catalog *japanese)
{
	const struct files_visitor visitor = { take_frames, say_wrong, run };
	struct failure failure = { 0 };
	size_t scans = 0, victims = 0;
	nanoseconds end = 0; /* live: of listening */
	enum error error = run_begin(run, &failure);

	if (!error && run->live)
		error = run_live(run, &end, &failure);
	else if (!error)
		error = files_read(run->options.files, run->options.file_count, &visitor, &run->counts, &failure);
	if (!error)
		error = telescope_finish(run->telescope, &failure);
	if (!error)
		error = run_end_lines(run, end, &failure);
	if (!error && run->counts.unread == 0)
		error = run_end_tables(run, end, &failure);
	if (!error && run->keeper)
		error = trends_keeper_save(run->keeper, &failure);
	if (!error && run->counts.unread == run->options.file_count && run->frames == 0 && !run->live)
		return 2; /* nothing could be read, and there is nothing to report on */
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
	if (argc > 1 && strcmp(argv[1], "note") == 0)
		return darknet_note(argc - 1, argv + 1);
	struct run run = { 0 };
	int status = darknet_options_read(argc, argv, &run.options);

	if (status < 0) {
		struct catalog *japanese = language_catalog(run.options.language);
		if (run.options.help)
			for (size_t i = 0; i < sizeof help / sizeof *help; i++)
				puts(help[i][0] ? catalog_string(japanese, help[i]) : "");
		if (run.options.interface_count)
			log_setup("darknet", LOG_INFO, !isatty(STDERR_FILENO));
		status = run.options.help ? 0 : work(&run, japanese);
		catalog_free(japanese);
	}
	run_free(&run);
	return status;
}
