/*
 * What organisations and the centre handed over to each other in a year, for whoever reads counters: the centre's
 * people of every organisation, a member of its own. In: a year, an organisation. Out: a row for each organisation, and
 * one for each of its months; as JSON, as a page, or as CSV.
 */
#include "intel/items.h"
#include "intel/pages.h"
#include "store/handover.h"

#include <string.h>

struct handing {
	struct call *call;
	json_t *years, *months;
	struct builder csv;
	struct handed at; /* the row under way; organisation, month */
	uint64_t counts[HANDOVERS], sums[HANDOVERS];
	bool any;
};

static json_t *row_json(const struct handing *handing, const uint64_t counts[static HANDOVERS])
{
	json_t *row = json_object();
	json_object_set_new(row, "partner", json_integer(handing->at.organisation));
	output_organisation(handing->call, row, "partner_title", handing->at.organisation);
	for (unsigned what = 1; what < HANDOVERS; what++)
		json_object_set_new(row, handover_code((enum handover)what), json_integer((json_int_t)counts[what]));
	return row;
}

static void csv_header(struct builder *csv)
{
	build_text(csv, TEXT("month,organisation,name"));
	for (unsigned what = 1; what < HANDOVERS; what++)
		build_format(csv, ",%s", handover_code((enum handover)what));
	build_text(csv, TEXT("\r\n"));
}

/* Short names hold nothing that CSV would quote. */
static void csv_row(struct handing *handing, const char *month)
{
	struct organisation organisation = { 0 };
	struct call *call = handing->call;
	if (handing->at.organisation &&
	    store_organisation_get(call->store, call->scope, handing->at.organisation, &organisation, NULL) != OK)
		organisation.name[0] = 0;
	build_format(&handing->csv, "%s,%u,%s", month, handing->at.organisation, organisation.name);
	for (unsigned what = 1; what < HANDOVERS; what++)
		build_format(&handing->csv, ",%llu", (unsigned long long)handing->counts[what]);
	build_text(&handing->csv, TEXT("\r\n"));
}

static void end_month(struct handing *handing)
{
	char month[16];
	if (!handing->any)
		return;
	snprintf(month, sizeof month, "%04d-%02d", handing->at.month / 12, handing->at.month % 12 + 1);
	json_t *row = row_json(handing, handing->counts);
	output_string(row, "month", month);
	json_array_append_new(handing->months, row);
	csv_row(handing, month);
	for (unsigned what = 1; what < HANDOVERS; what++)
		handing->sums[what] += handing->counts[what];
	memset(handing->counts, 0, sizeof handing->counts);
}

static void end_year(struct handing *handing)
{
	end_month(handing);
	if (handing->any)
		json_array_append_new(handing->years, row_json(handing, handing->sums));
	memset(handing->sums, 0, sizeof handing->sums);
}

static void take(void *context, const struct handed *handed)
{
	struct handing *handing = context;
	if (handing->any && handed->organisation != handing->at.organisation)
		end_year(handing);
	else if (handing->any && handed->month != handing->at.month)
		end_month(handing);
	handing->any = true;
	handing->at = *handed;
	if (handed->what > 0 && handed->what < HANDOVERS)
		handing->counts[handed->what] += handed->count;
}

static enum error answer_csv(struct handing *handing, struct failure *failure)
{
	struct call *call = handing->call;
	call->body = handing->csv.failed ? TEXT_NONE
					 : arena_text(call->arena, (struct text){ handing->csv.at, handing->csv.size });
	call->type = "text/csv; charset=utf-8; header=present";
	return call->body.at ? OK : fail(failure, ERROR_MEMORY, "no memory for the answer");
}

enum error handovers_read(struct call *call, struct failure *failure)
{
	int32_t year = (int32_t)input_integer(call, "year", handover_month(call->now) / 12);
	struct handing handing = { .call = call, .years = json_array(), .months = json_array() };
	json_object_set_new(call->output, "year", json_integer(year));
	json_object_set_new(call->output, "handovers", handing.years);
	json_object_set_new(call->output, "months", handing.months);
	csv_header(&handing.csv);
	enum error error = store_handover_each(call->store, call->scope,
	    (uint32_t)input_integer(call, "organisation", 0), year * 12, year * 12 + 11, take, &handing, failure);
	if (!error)
		end_year(&handing);
	if (!error && text_equal(input_text(call, "format"), TEXT("csv")))
		error = answer_csv(&handing, failure);
	builder_free(&handing.csv);
	return error;
}
