/*
 * Reading the configuration of `noroshi probe`. See probe_options.h.
 */
#include "watch/probe_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(struct probe_options, member)

static const char *day_problem(const char *value)
{
	char text[32];
	nanoseconds time;
	if (strlen(value) != 10)
		return "expected a day such as 2027-03-31";
	snprintf(text, sizeof text, "%.10sT00:00:00Z", value);
	return time_parse(text_of(text), 0, &time, NULL) ? NULL : "expected a day such as 2027-03-31";
}

static const char *url_problem(const char *value)
{
	bool fits = strncmp(value, "https://", 8) == 0 || strncmp(value, "http://", 7) == 0;
	return fits && !strpbrk(value, " \t\r\n\"") ? NULL : "expected an address that begins with https:// or http://";
}

static const struct option table[] = {
	{ "approved_by", OPTION_TEXT, AT(approved_by),
	    .summary = "Who signed for the probing of these sites; needed." },
	{ "approved_until", OPTION_TEXT, AT(approved_until), .check = day_problem, .initial = "1970-01-01",
	    .summary = "Day to which it is approved, such as 2027-03-31; then probing ends." },
	{ "contact", OPTION_TEXT, AT(contact), .summary = "Mail address that the sites are shown, for questions." },
	{ "ca", OPTION_PATH, AT(authorities), .summary = "PEM file of authorities; the system's when absent." },
	{ "networks", OPTION_LIST, AT(network_texts),
	    .summary = "Prefixes that may be connected to; empty: any public address." },
	{ "interval", OPTION_DURATION, AT(interval), "1 min", 1, 86400,
	    .summary = "Between two measurements of a site." },
	{ "announced", OPTION_PATH, AT(announced),
	    .summary = "File of announced attacks: lines of a target, and from when to when; looked at every 10 s." },
	{ "announced_interval", OPTION_DURATION, AT(announced_interval), "10 s", 1, 86400,
	    .summary = "Between two measurements of a site that is a target then." },
	{ "timeout", OPTION_DURATION, AT(timeout), "15 s", 0.1, 300,
	    .summary = "A whole answer must come within this." },
	{ "jobs", OPTION_INTEGER, AT(jobs), "8", 1, 64, .summary = "Sites that are measured at a time, at most." },
	{ "body", OPTION_SIZE, AT(body), "4 MiB", 1, 1 << 30, .summary = "A larger answer is an error." },
	{ "learn", OPTION_INTEGER, AT(learn), "20", 5, AVAILABILITY_KEPT,
	    .summary = "Measurements of a site before it is judged slow." },
	{ "slow_factor", OPTION_REAL, AT(slow_factor), "2.5", 1.1, 1000, .unit = "times the usual",
	    .summary = "What is slow takes at least so long." },
	{ "slow_least", OPTION_DURATION, AT(slow_least), "200 ms", 0, 300, .summary = "And at least so much longer." },
	{ "slow_of", OPTION_INTEGER, AT(slow_of), "3", 1, 32, .summary = "A site is slow when so many answers …" },
	{ "slow_in", OPTION_INTEGER, AT(slow_in), "5", 1, 32, .summary = "… of the last so many were." },
	{ "down_after", OPTION_INTEGER, AT(down_after), "3", 1, 1000,
	    .summary = "Failures in a row that are an outage." },
	{ "up_after", OPTION_INTEGER, AT(up_after), "2", 1, 1000, .summary = "Answers in a row that end an outage." },
	{ "changed_bits", OPTION_INTEGER, AT(changed_bits), "16", 0, 64,
	    .summary = "Bits of a page's fingerprint (of 64) that differ when it was changed; 0: contents are not "
		       "looked at." },
	{ "together", OPTION_DURATION, AT(together), "10 min", 1, 86400,
	    .summary = "What begins within so long of each other is one disturbance." },
	{ "widespread_sites", OPTION_INTEGER, AT(widespread_sites), "3", 1, AVAILABILITY_SITES,
	    .summary = "A disturbance of so many sites …" },
	{ "widespread_sectors", OPTION_INTEGER, AT(widespread_sectors), "2", 1, 1000,
	    .summary = "… of so many sectors is widespread." },
	{ NULL },
};

#define OF_SITE(member) offsetof(struct probe_site, member)

static const struct option site_table[] = {
	{ "name", OPTION_TEXT, OF_SITE(name), .summary = "How it is called in what is found." },
	{ "organisation", OPTION_TEXT, OF_SITE(organisation), .summary = "Whose it is." },
	{ "sector", OPTION_TEXT, OF_SITE(sector), .summary = "Sector of that organisation." },
	{ "url", OPTION_TEXT, OF_SITE(url), .check = url_problem, .initial = "https://",
	    .summary = "Page that is asked for; redirects are answers, they are not followed." },
	{ "status", OPTION_INTEGER, OF_SITE(status), "0", 0, 599,
	    .summary = "HTTP status that is right; 0: any below 400." },
	{ "content", OPTION_BOOLEAN, OF_SITE(content), "true", .summary = "Whether a change of its content is told." },
	{ NULL },
};

/* ── sites ─ */

size_t probe_site_named(const struct probe_options *options, struct text name)
{
	size_t i = 0;
	while (i < options->site_count && !text_equal(text_of(options->sites[i].name), name))
		i++;
	return i;
}

static uint32_t sector_number(const struct probe_options *options, const char *sector)
{
	uint32_t next = 0;
	for (size_t i = 0; i < options->site_count; i++) {
		if (strcmp(options->sites[i].sector, sector) == 0)
			return options->sites[i].sector_number;
		if (options->sites[i].sector_number >= next)
			next = options->sites[i].sector_number + 1;
	}
	return next;
}

static void site_free(struct probe_site *site)
{
	free(site->name);
	free(site->organisation);
	free(site->sector);
	free(site->url);
}

static enum error take_site(void *context, void *settings, struct failure *failure)
{
	struct probe_options *options = context;
	const struct probe_site *from = settings;
	if (!*from->name || strcmp(from->url, "https://") == 0)
		return fail(failure, ERROR_INPUT, "a site needs a name and a url");
	if (probe_site_named(options, text_of(from->name)) < options->site_count)
		return fail(failure, ERROR_INPUT, "there is a site \"%.100s\" already", from->name);
	if (options->site_count == AVAILABILITY_SITES)
		return fail(failure, ERROR_LIMIT, "more than %d sites", AVAILABILITY_SITES);
	struct probe_site *more = realloc(options->sites, (options->site_count + 1) * sizeof *more);
	if (!more)
		return fail(failure, ERROR_MEMORY, "no memory for the sites");
	options->sites = more;
	struct probe_site site = { .name = strdup(from->name),
		.organisation = strdup(from->organisation),
		.sector = strdup(from->sector),
		.url = strdup(from->url),
		.status = from->status,
		.content = from->content,
		.sector_number = sector_number(options, from->sector) };
	if (!site.name || !site.organisation || !site.sector || !site.url) {
		site_free(&site);
		return fail(failure, ERROR_MEMORY, "no memory for the sites");
	}
	options->sites[options->site_count++] = site;
	return OK;
}

/* ── all ─ */

static enum error make_networks(struct probe_options *options, struct failure *failure)
{
	const struct option_list *texts = &options->network_texts;
	options->networks = calloc(texts->count + 1, sizeof *options->networks);
	if (!options->networks)
		return fail(failure, ERROR_MEMORY, "no memory for the networks");
	for (size_t i = 0; i < texts->count; i++) {
		if (!prefix_parse(text_of(texts->items[i]), &options->networks[i]))
			return fail(failure, ERROR_INPUT,
			    "probe.networks: \"%.60s\" is no prefix such as 203.0.113.0/24", texts->items[i]);
		options->network_count++;
	}
	return OK;
}

static enum error complete(const char *path, struct probe_options *options, struct failure *failure)
{
	char day[32];
	if (!*options->approved_by)
		return fail(failure, ERROR_INPUT,
		    "%s: probe.approved_by: say who signed for the probing of these sites; nothing is probed without",
		    path);
	if (options->site_count == 0)
		return fail(failure, ERROR_INPUT, "%s: there are no sites: sites = ( { name = …; url = …; } );", path);
	if (options->slow_of > options->slow_in)
		return fail(failure, ERROR_INPUT, "%s: probe.slow_of is more than probe.slow_in", path);
	snprintf(day, sizeof day, "%.10sT00:00:00Z", options->approved_until);
	time_parse(text_of(day), 0, &options->until, NULL);
	options->until += DAY;
	return make_networks(options, failure);
}

static void groups_of(struct probe_options *options, struct option_group groups[static 3])
{
	groups[0] = (struct option_group){
		.name = "probe", .options = table, .settings = options, .settings_size = sizeof *options
	};
	groups[1] = (struct option_group){ .name = "sites",
		.options = site_table,
		.settings_size = sizeof(struct probe_site),
		.each = take_site,
		.context = options };
	groups[2] = (struct option_group){ 0 };
}

enum error probe_options_read(const char *path, struct probe_options *options, struct failure *failure)
{
	struct option_group groups[3];
	*options = (struct probe_options){ 0 };
	groups_of(options, groups);
	enum error error = config_load(path, groups, failure);
	return error ? error : complete(path, options, failure);
}

void probe_options_free(struct probe_options *options)
{
	struct option_group groups[3];
	groups_of(options, groups);
	for (size_t i = 0; i < options->site_count; i++)
		site_free(&options->sites[i]);
	free(options->sites);
	free(options->networks);
	config_free(groups);
}

struct availability_settings probe_settings(const struct probe_options *options, uint32_t *sectors)
{
	for (size_t i = 0; i < options->site_count; i++)
		sectors[i] = options->sites[i].sector_number;
	return (struct availability_settings){ .sites = (uint32_t)options->site_count,
		.sectors = sectors,
		.learn = (uint32_t)options->learn,
		.slow_factor = options->slow_factor,
		.slow_least = options->slow_least,
		.slow_of = (unsigned)options->slow_of,
		.slow_in = (unsigned)options->slow_in,
		.down_after = (unsigned)options->down_after,
		.up_after = (unsigned)options->up_after,
		.changed_bits = (unsigned)options->changed_bits,
		.keep_every = options->interval / 2,
		.together = options->together,
		.widespread_sites = (uint32_t)options->widespread_sites,
		.widespread_sectors = (uint32_t)options->widespread_sectors };
}
