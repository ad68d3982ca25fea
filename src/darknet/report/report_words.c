/*
 * A telescope's findings for people; see report.h.
 */
#include "darknet/packet/header.h"
#include "darknet/report/report.h"

#include <math.h>
#include <string.h>

#define LISTED 20 /* of each kind */

enum { ICMP = 1, TCP = 6, UDP = 17, GRE = 47, ICMPV6 = 58, SCTP = 132 };

const char *protocol_name(uint8_t protocol)
{
	switch (protocol) {
	case ICMP:
		return "icmp";
	case TCP:
		return "tcp";
	case UDP:
		return "udp";
	case GRE:
		return "gre";
	case ICMPV6:
		return "icmpv6";
	case SCTP:
		return "sctp";
	default:
		return NULL;
	}
}

char *port_format(uint16_t port, uint8_t protocol, char to[static PORT_TEXT])
{
	const char *name = protocol_name(protocol);
	char *end = to;
	if (protocol == ICMP || protocol == ICMPV6) {
		end = text_put_unsigned(end, port >> 8);
		*end++ = '.';
		port &= 0xff;
	}
	end = text_put_unsigned(end, port);
	*end++ = '/';
	strcpy(end, name ? name : "ip-");
	if (!name)
		*text_put_unsigned(end + 3, protocol) = 0;
	return to;
}

/* One sentence with its figures. */
static void say(FILE *to, const struct catalog *japanese, const char *words, const uint64_t *figures, size_t count)
{
	struct builder text = { 0 };
	char digits[8][24];
	struct text parameters[8];
	for (size_t i = 0; i < count && i < 8; i++) {
		snprintf(digits[i], sizeof digits[i], "%llu", (unsigned long long)figures[i]);
		parameters[i] = text_of(digits[i]);
	}
	catalog_build(japanese, text_of(words), parameters, count, &text);
	fprintf(to, "%s\n", text.at ? text.at : "");
	builder_free(&text);
}
#define SAY(to, japanese, words, ...)                                                                                  \
	say(to, japanese, words, (const uint64_t[]){ __VA_ARGS__ }, sizeof((const uint64_t[]){ __VA_ARGS__ }) / 8)

static void write_totals(const struct report *report, const struct catalog *japanese, FILE *to)
{
	const struct telescope_totals totals = telescope_count(report->telescope);
	char first[TIME_TEXT], last[TIME_TEXT];

	SAY(to, japanese, N_("{0} packets to {1} addresses, of {2} frames"), totals.results[ARRIVAL_TAKEN],
	    report->space->size, totals.frames);
	if (totals.results[ARRIVAL_TAKEN])
		fprintf(to, "%s – %s\n", time_format(totals.first, first), time_format(totals.last, last));
	SAY(to, japanese, N_("probes {0}, backscatter {1}, other {2}"), totals.kinds[ARRIVAL_PROBE],
	    totals.kinds[ARRIVAL_BACKSCATTER], totals.kinds[ARRIVAL_OTHER]);
	SAY(to, japanese, N_("scans {0}, research scanners {1}, worms {2}, victims of attacks {3}, misconfigured {4}"),
	    totals.scans.sources, totals.research.sources, totals.worms.sources, totals.victims.sources,
	    totals.misconfigured.sources);
	if (totals.alike.sources)
		SAY(to, japanese, N_("of the scans {0} are by sources that behave as research scanners do: no proof"),
		    totals.alike.sources);
	SAY(to, japanese, N_("not counted: {0} to other addresses, {1} not IP, {2} malformed"),
	    totals.results[ARRIVAL_ELSEWHERE], totals.results[ARRIVAL_NOT_IP], totals.results[ARRIVAL_MALFORMED]);
	if (totals.crowded)
		SAY(to, japanese,
		    N_("{0} scans were not asked whether they share a scan out: too many alike, each on its own"),
		    totals.crowded);
	if (totals.sources.forgotten || totals.sources.untrailed || totals.sources.rowless || totals.untold)
		SAY(to, japanese,
		    N_("at its bounds: {0} sources forgotten, {1} events without ports and targets, {2} packets in no "
		       "activity, {3} findings not kept"),
		    totals.sources.forgotten, totals.sources.untrailed, totals.sources.rowless, totals.untold);
}

static void heading(FILE *to, const struct catalog *japanese, const char *words)
{
	fprintf(to, "\n%s\n", catalog_string(japanese, words));
}

/* Of what is listed only in part. */
static void write_listed(size_t count, const struct catalog *japanese, FILE *to)
{
	fputs("  ", to);
	SAY(to, japanese, N_("… {0} of {1}, those with the most packets; --json has all"), LISTED, count);
}

static void write_ports(const struct report *report, const struct catalog *japanese, FILE *to)
{
	size_t count;
	const struct telescope_port *ports = telescope_ports(report->telescope, &count);
	char words[PORT_TEXT];

	heading(to, japanese, N_("Ports: packets, sources"));
	for (size_t i = 0; i < count && i < LISTED; i++)
		fprintf(to, "  %-16s %12llu %12.0f\n", port_format(ports[i].port, ports[i].protocol, words),
		    (unsigned long long)ports[i].packets, ports[i].sources);
	if (count > LISTED)
		write_listed(count, japanese, to);
}

static void write_estimate(FILE *to, struct estimate estimate)
{
	if (estimate_known(estimate))
		fprintf(to, "  %.3g (%.3g–%.3g)/s", estimate.value, estimate.low, estimate.high);
}

static void write_scan(const struct scan *scan, const struct catalog *japanese, FILE *to)
{
	char source[ADDRESS_TEXT], first[TIME_TEXT], port[PORT_TEXT];
	const char *label = scan->research           ? N_("research")
			    : scan->habit.confidence ? N_("like research")
			    : scan->worm             ? N_("worm")
						     : NULL;

	fprintf(to, "  %s  %-15s %-11s %u → %.0f", time_format(scan->first, first),
	    address_format(scan->source, source), arrival_tool_name(scan->tool), scan->packets, scan->targets);
	if (isfinite(scan->coverage))
		fprintf(to, " (%.2f %%)", scan->coverage * 100);
	write_estimate(to, scan->rate);
	for (uint32_t i = 0; i < scan->port_listed && i < 5; i++)
		fprintf(to, " %s", port_format(scan->ports[i].port, scan->ports[i].protocol, port));
	fputs(scan->port_count > 5 ? " …" : "", to);
	if (scan->member_count)
		fprintf(to, "  %s %zu", catalog_string(japanese, N_("group of")), scan->member_count);
	fprintf(to, "%s%s\n", label ? "  " : "", label ? catalog_string(japanese, label) : "");
}

static void write_victim(const struct victim *victim, FILE *to)
{
	char address[ADDRESS_TEXT], first[TIME_TEXT];

	fprintf(to, "  %s  %-15s %u", time_format(victim->first, first), address_format(victim->victim, address),
	    victim->packets);
	write_estimate(to, victim->rate);
	for (unsigned i = 0; i < VICTIM_VECTORS; i++)
		if (victim->marks & 1u << i)
			fprintf(to, " %s", victim_vector(i));
	fprintf(to, "\n");
}

static uint64_t packets_of_scan(const void *scans, size_t place)
{
	return ((const struct scan *)scans)[place].packets;
}

static uint64_t packets_of_victim(const void *victims, size_t place)
{
	return ((const struct victim *)victims)[place].packets;
}

/* The places of those with most packets, most first; how many. */
static size_t most_of(
    const void *all, size_t count, uint64_t (*packets)(const void *all, size_t place), size_t most[static LISTED])
{
	size_t held = 0;
	for (size_t i = 0; i < count; i++) {
		size_t at = held;
		while (at > 0 && packets(all, most[at - 1]) < packets(all, i))
			at--;
		if (at == LISTED)
			continue;
		held += held < LISTED;
		memmove(most + at + 1, most + at, (held - at - 1) * sizeof *most);
		most[at] = i;
	}
	return held;
}

static void write_scans(const struct report *report, const struct catalog *japanese, FILE *to)
{
	size_t count, most[LISTED];
	const struct scan *scans = telescope_scans(report->telescope, &count);

	heading(to, japanese,
	    N_("Scans: first packet, source, tool, packets → targets, estimated packets to the whole Internet, ports"));
	size_t held = most_of(scans, count, packets_of_scan, most);
	for (size_t i = 0; i < held; i++)
		write_scan(&scans[most[i]], japanese, to);
	if (count > held)
		write_listed(count, japanese, to);
}

static void write_victims(const struct report *report, const struct catalog *japanese, FILE *to)
{
	size_t count, most[LISTED];
	const struct victim *victims = telescope_victims(report->telescope, &count);

	heading(to, japanese, N_("Victims: first answer, address, answers, estimated packets at the victim, vectors"));
	size_t held = most_of(victims, count, packets_of_victim, most);
	for (size_t i = 0; i < held; i++)
		write_victim(&victims[most[i]], to);
	if (count > held)
		write_listed(count, japanese, to);
}

static void write_change(const struct change *change, const struct catalog *japanese, FILE *to)
{
	static const char *const overs[CHANGE_OVERS] = { N_("an hour"), N_("a day"), N_("a week"), N_("a year") };
	char noticed[TIME_TEXT], what[PORT_TEXT];

	if (change->of == CHANGE_PORT)
		port_format(change->port, change->protocol, what);
	else if (change->of == CHANGE_COUNTRY)
		snprintf(what, sizeof what, "%.2s", change->country);
	else
		snprintf(what, sizeof what, "AS%u", change->network);
	fprintf(to, "  %s  %s  %-12s %s  %.4g (%.4g)%s%s\n", time_format(change->noticed, noticed),
	    catalog_string(japanese, change->rise ? N_("rise") : N_("fall")), what,
	    catalog_string(japanese, overs[change->over]), change->observed, change->expected,
	    change->first ? "  " : "", change->first ? catalog_string(japanese, N_("not seen before")) : "");
}

static void write_group(const struct group *group, const struct catalog *japanese, FILE *to)
{
	char noticed[TIME_TEXT], port[PORT_TEXT];

	fprintf(to, "  %s  %u  %llu  %u (%.4g)", time_format(group->noticed, noticed), group->sources,
	    (unsigned long long)group->packets, group->observed, group->expected);
	for (unsigned i = 0; i < group->port_count && i < 5; i++)
		fprintf(to, " %s", port_format(group->ports[i], group->protocols[i], port));
	fprintf(to, "%s%s%s\n", group->port_count > 5 ? " …" : "", group->open ? "  " : "",
	    group->open ? catalog_string(japanese, N_("still acting")) : "");
}

/* Only where they were asked for. */
static void write_trends(const struct report *report, const struct catalog *japanese, FILE *to)
{
	size_t count;

	if (!report->trends)
		return;
	const struct change *changes = trends_changes(report->trends, &count);
	heading(to, japanese, N_("Changes: noticed, what, over, sources seen (expected)"));
	for (size_t i = count > LISTED ? count - LISTED : 0; i < count; i++)
		write_change(&changes[i], japanese, to);
	const struct group *groups = trends_groups(report->trends, &count);
	heading(to, japanese, N_("Groups: noticed, sources, packets, newcomers (expected), ports"));
	for (size_t i = count > LISTED ? count - LISTED : 0; i < count; i++)
		write_group(&groups[i], japanese, to);
}

enum error report_words(const struct report *report, const struct catalog *japanese, FILE *to, struct failure *failure)
{
	write_totals(report, japanese, to);
	write_ports(report, japanese, to);
	write_scans(report, japanese, to);
	write_victims(report, japanese, to);
	write_trends(report, japanese, to);
	return fflush(to) != 0 || ferror(to) ? fail_errno(failure, "the report cannot be written") : OK;
}
