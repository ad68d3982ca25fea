/*
 * Transfers: much more goes out to an address than comes in, within a day; connections to outside that last for hours.
 */
#include "watch/behaviour.h"

#include "watch/behaviour_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An estimate from so many packets is right to within a seventh, twice of three times (Poisson). */
#define LOOKED_AT_LEAST 50

struct pair {
	struct address source, target;
};

struct sums {
	nanoseconds day, first, upload_said, long_said;
	uint64_t out, in;
	uint64_t looked_at; /* packets out, of those that were sampled */
	uint32_t flows;
};

struct transfer {
	const struct behaviour_settings *settings;
	struct behaviour_table *pairs;
};

static void transfer_free(void *state)
{
	struct transfer *transfer = state;
	table_free(transfer->pairs);
	free(transfer);
}

static void *transfer_make(const struct behaviour_settings *settings)
{
	struct transfer *transfer = calloc(1, sizeof *transfer);
	if (!transfer)
		return NULL;
	transfer->settings = settings;
	transfer->pairs = table_new(settings->entries, sizeof(struct pair), sizeof(struct sums), settings->seed);
	if (!transfer->pairs) {
		transfer_free(transfer);
		return NULL;
	}
	return transfer;
}

static struct finding finding_of(const struct seen_flow *flow, enum finding_kind kind)
{
	return (struct finding){ .kind = kind,
		.first = flow->first,
		.last = flow->last,
		.source = flow->ends[SIDE_CLIENT].address,
		.target = flow->ends[SIDE_SERVER].address,
		.port = flow->ends[SIDE_SERVER].port,
		.ip_protocol = flow->ip_protocol,
		.count = 1,
		.likelihood = 0.5 };
}

static void tell_upload(const struct seen_flow *flow, struct sums *sums, finding_sink sink, void *context)
{
	struct finding finding = finding_of(flow, FINDING_UPLOAD);
	finding.first = sums->first;
	finding.count = sums->flows;
	snprintf(finding.words, sizeof finding.words, "%" PRIu64 " bytes out, %" PRIu64 " in, within a day, %u flows",
	    sums->out, sums->in, sums->flows);
	sink(context, &finding);
	sums->upload_said = flow->last;
}

static void tell_long(const struct seen_flow *flow, struct sums *sums, finding_sink sink, void *context)
{
	struct finding finding = finding_of(flow, FINDING_LONG_FLOW);
	snprintf(finding.words, sizeof finding.words, "%.1f h, %" PRIu64 " bytes out, %" PRIu64 " in",
	    (double)(flow->last - flow->first) / (double)HOUR, flow->bytes[SIDE_CLIENT], flow->bytes[SIDE_SERVER]);
	sink(context, &finding);
	sums->long_said = flow->last;
}

static void transfer_flow(void *state, const struct seen_flow *flow, finding_sink sink, void *context)
{
	struct transfer *transfer = state;
	const struct behaviour_settings *settings = transfer->settings;
	/* A server inside that gives much to who asks for it does its work. */
	if (!behaviour_is_home(settings, flow->ends[SIDE_CLIENT].address) ||
	    behaviour_is_home(settings, flow->ends[SIDE_SERVER].address))
		return;
	struct pair pair = { flow->ends[SIDE_CLIENT].address, flow->ends[SIDE_SERVER].address };
	struct sums *sums = table_take(transfer->pairs, &pair, flow->last, NULL);
	nanoseconds day = flow->last / DAY;
	if (sums->day != day)
		*sums = (struct sums){
			.day = day, .first = flow->first, .upload_said = sums->upload_said, .long_said = sums->long_said
		};
	sums->out += flow->bytes[SIDE_CLIENT];
	sums->in += flow->bytes[SIDE_SERVER];
	sums->flows++;
	sums->looked_at += flow->packets[SIDE_CLIENT] / flow->sampling;
	bool lopsided = sums->out >= settings->upload_bytes && sums->looked_at >= LOOKED_AT_LEAST &&
			(double)sums->out >= settings->upload_ratio * (double)sums->in;
	if (lopsided && (!sums->upload_said || flow->last - sums->upload_said >= DAY))
		tell_upload(flow, sums, sink, context);
	/* What nobody answers for hours is no connection. */
	if (flow->answered && flow->last - flow->first >= settings->long_flow &&
	    (!sums->long_said || flow->last - sums->long_said >= settings->repeat))
		tell_long(flow, sums, sink, context);
}

static uint64_t transfer_forgotten(const void *state)
{
	return table_forgotten(((const struct transfer *)state)->pairs);
}

const struct detector detector_transfer = {
	.make = transfer_make,
	.free = transfer_free,
	.flow = transfer_flow,
	.forgotten = transfer_forgotten,
	.spares_services = true,
};
