/*
 * The page of telescopes: what arrived in a period, each day of it, what rose and fell, the telescopes and what was
 * published. The same figures as of the routes under /v1/darknet.
 */
#include "darknet/center/counts_routes.h"

#include <string.h>

/* Each section's rows under a name of their own, for the template. */
static void flatten(json_t *output)
{
	static const struct {
		const char *view, *list, *name;
	} lists[] = {
		{ "ports", "ranking", "ports" },
		{ "ports", "increase", "ports_up" },
		{ "ports", "decrease", "ports_down" },
		{ "countries", "ranking", "countries" },
		{ "methods", "ranking", "methods" },
		{ "backscatter-ports", "ranking", "victims" },
	};
	json_t *views = json_object_get(output, "views"), *all = json_object_get(views, "all");
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		json_object_set(
		    output, lists[i].name, json_object_get(json_object_get(views, lists[i].view), lists[i].list));
	json_object_set(output, "value", json_object_get(all, "value"));
	json_object_set(output, "value_before", json_object_get(all, "value_before"));
	json_object_set(output, "packets", json_object_get(all, "packets"));
}

/* What the bars of days are measured by; a bar of 0 of 0 is none. */
static void measure(json_t *output)
{
	double most = 0;
	size_t place;
	json_t *day;
	json_array_foreach(json_object_get(output, "series"), place, day)
	{
		double value = json_number_value(json_object_get(day, "value"));
		most = value > most ? value : most;
	}
	json_object_set_new(output, "most", json_real(most > 0 ? most : 1));
}

/* The question comes back, so that the page's form keeps it. */
static void echo(struct call *call)
{
	struct text period = input_text(call, "period");
	const char *from = json_string_value(json_object_get(json_object_get(call->output, "period"), "from"));
	char month[8] = "";
	text_copy(text_of(from), month, sizeof month);
	output_text(call->output, "asked", period.size ? period : text_of(month));
	json_object_set_new(call->output, "of_own", json_boolean(text_equal(input_text(call, "of"), TEXT("own"))));
	json_object_set_new(call->output, "whole_shown", json_boolean(!scope_covers_all(call->scope)));
}

enum error darknet_page(struct call *call, struct failure *failure)
{
	enum error error = views_read(call, failure);
	if (!error && call->body.at) /* as CSV */
		return OK;
	if (error)
		return error;
	/* telescopes_read() has lists of these names. */
	json_object_set(call->output, "telescopes_seen", json_object_get(call->output, "telescopes"));
	json_object_set(call->output, "series", json_object_get(call->output, "days"));
	error = telescopes_read(call, failure);
	if (!error)
		error = figures_list(call, failure);
	if (error)
		return error;
	flatten(call->output);
	measure(call->output);
	echo(call);
	return OK;
}
