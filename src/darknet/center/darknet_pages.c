/*
 * The page of telescopes: what arrived in a period, each day of it, what rose and fell, the telescopes and what was
 * published. The same figures as of the routes under /v1/darknet.
 */
#include "darknet/center/counting.h"
#include "darknet/center/counts_routes.h"
#include "darknet/center/counts_settings.h"
#include "darknet/packet/method.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAYS_SHOWN 62

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

/* ── figures, notes, names ─ */

/* Who writes notes and publishes sees all notes, as they were written. */
static enum error put_kept_notes(struct call *call, struct failure *failure)
{
	bool may = policy_reach(call->subject->role, ACTION_TELESCOPE_PUBLISH) != 0;
	json_object_set_new(call->output, "may_publish", json_boolean(may));
	enum error error = may ? note_list(call, failure) : OK;
	json_object_set(call->output, "kept_notes", json_object_get(call->output, "notes"));
	json_object_del(call->output, "notes");
	return error;
}

static void put_figure(json_t *list, const char *title, const char *key, json_t *now, json_t *before, bool whole)
{
	json_t *row = json_object();
	output_string(row, "title", title);
	json_object_set(row, "now", json_object_get(now, key));
	json_object_set(row, "before", json_object_get(before, key));
	json_object_set_new(row, "whole", json_boolean(whole));
	json_array_append_new(list, row);
}

static void put_days(json_t *output, const char *name, const json_t *period)
{
	char words[64];
	snprintf(words, sizeof words, "%s – %s", json_string_value(json_object_get(period, "from")),
	    json_string_value(json_object_get(period, "to")));
	output_string(output, name, words);
}

static void put_figures(json_t *output)
{
	json_t *list = json_array(), *period = json_object_get(output, "period"),
	       *against = json_object_get(output, "against"), *now = json_object_get(period, "figures"),
	       *before = json_object_get(against, "figures");
	put_figure(list, N_("packets, backscatter among them"), "packets", now, before, true);
	put_figure(list, N_("addresses"), "addresses", now, before, true);
	put_figure(list, N_("packets for each address"), "per_address", now, before, false);
	put_figure(list, N_("seconds between two packets to an address"), "seconds_for_each", now, before, false);
	put_figure(list, N_("share of scanners of researchers, %"), "research_percent", now, before, false);
	put_figure(
	    list, N_("share of ports of IoT devices, without researchers, %"), "iot_percent", now, before, false);
	json_object_set_new(output, "figures", list);
	put_days(output, "period_days", period);
	put_days(output, "against_days", against);
}

/* Of both periods; one that is about days of both stands once. */
static void put_notes(json_t *output, const char *language)
{
	json_t *list = json_array();
	for (unsigned side = 0; side < 2; side++) {
		const json_t *period = json_object_get(output, side ? "against" : "period");
		size_t place, other;
		json_t *note, *there;
		json_array_foreach(json_object_get(period, "notes"), place, note)
		{
			bool known = false;
			json_array_foreach(list, other, there) known |= json_equal(there, note) != 0;
			if (!known)
				json_array_append(list, note);
		}
	}
	size_t place;
	json_t *note;
	json_array_foreach(list, place, note) json_object_set(note, "words", json_object_get(note, language));
	json_object_set_new(output, "notes", list);
}

/* Of a country or method; NULL: the item says it. */
static const char *name_of(const struct call *call, const char *list, const char *item, bool english)
{
	const struct counting *counting = center_state(call->center, "counting");
	enum arrival_method method;
	if (strcmp(list, "methods") == 0)
		return method_named(text_of(item), &method) ? view_method_title(method) : NULL;
	if (strcmp(list, "countries") != 0)
		return NULL;
	if (counting && strlen(item) == 2)
		return view_country_name(counting->names, item, !english);
	return strcmp(item, "-") == 0 ? N_("not known") : NULL;
}

static void put_names(const struct call *call, const char *list, bool english)
{
	size_t place;
	json_t *row;
	json_array_foreach(json_object_get(call->output, list), place, row)
	{
		const char *title = name_of(call, list, json_string_value(json_object_get(row, "item")), english);
		if (title)
			output_string(row, "title", title);
	}
}

/* Days that are yet to come are none. */
static void leave_future(json_t *output, const char *name, const char *today)
{
	json_t *list = json_object_get(output, name);
	for (size_t place = json_array_size(list); place-- > 0;) {
		const char *from = json_string_value(json_object_get(json_array_get(list, place), "from"));
		if (from && strncmp(from, today, strlen(from)) > 0)
			json_array_remove(list, place);
	}
}

/* What the bars of days are measured by, those of months too; a bar of 0 of 0 is none. */
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

/* Many days are folded behind their months. */
static void put_months(json_t *output)
{
	json_t *list = json_array(), *month;
	size_t place, days = json_array_size(json_object_get(output, "series"));
	char name[8] = "";
	json_array_foreach(json_object_get(output, "months"), place, month)
	{
		if (days <= DAYS_SHOWN)
			continue;
		text_copy(text_of(json_string_value(json_object_get(month, "from"))), name, sizeof name);
		output_string(month, "month", name);
		json_array_append(list, month);
	}
	json_object_set_new(output, "month_series", list);
	json_object_set_new(output, "many_days", days > DAYS_SHOWN ? json_integer((json_int_t)days) : json_null());
}

/* How alerts about a port say it: where a row of the ranking leads. */
static void put_searches(json_t *output)
{
	static const char *const lists[] = { "ports", "ports_up", "ports_down", "victims" };
	size_t place;
	json_t *row;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		json_array_foreach(json_object_get(output, lists[i]), place, row)
		{
			char words[64];
			snprintf(
			    words, sizeof words, "\"port\":\"%s\"", json_string_value(json_object_get(row, "item")));
			output_string(row, "search", words);
		}
}

void output_chosen(struct call *call)
{
	uint32_t number = (uint32_t)input_integer(call, "organisation", 0);
	struct organisation organisation;
	bool known = number && store_organisation_get(call->store, call->scope, number, &organisation, NULL) == OK;
	json_object_set_new(call->output, "chosen", known ? json_integer(number) : json_null());
}

/* Whose figures they are when they are one telescope's. */
static void put_telescope(const struct call *call)
{
	uint32_t number = (uint32_t)input_integer(call, "sensor", 0);
	struct sensor sensor;
	if (!number || store_sensor_get(call->store, call->scope, number, &sensor, NULL) != OK)
		return;
	json_t *one = json_object();
	output_string(one, "name", sensor.name);
	json_object_set_new(one, "sensor", json_integer(number));
	json_object_set_new(call->output, "one", one);
}

static void put_clock(const struct call *call)
{
	int zone = (int)counts_configured()->zone;
	int64_t today = day_of(call->now, zone * 60);
	char day[16], words[16];
	output_string(call->output, "today", view_day(today, day));
	output_string(call->output, "yesterday", view_day(today - 1, day));
	snprintf(words, sizeof words, "%c%02d:%02d", zone < 0 ? '-' : '+', abs(zone) / 60, abs(zone) % 60);
	output_string(call->output, "zone", words);
}

/* The question comes back, so that the page's form keeps it. */
static void echo(struct call *call)
{
	struct text period = input_text(call, "period");
	const char *from = json_string_value(json_object_get(json_object_get(call->output, "period"), "from"));
	char month[8] = "";
	text_copy(text_of(from), month, sizeof month);
	output_text(call->output, "asked", period.size ? period : text_of(month));
	output_text(call->output, "compared", input_text(call, "against"));
	output_text(call->output, "researchers", input_text(call, "research"));
	output_chosen(call);
	json_object_set_new(call->output, "of_own", json_boolean(text_equal(input_text(call, "of"), TEXT("own"))));
	json_object_set_new(call->output, "whole_shown", json_boolean(!scope_covers_all(call->scope)));
}

enum error darknet_page(struct call *call, struct failure *failure)
{
	enum error error = views_read(call, failure);
	if (error || call->again || call->body.at) /* as CSV */
		return error;
	if (json_object_get(call->output, "adding")) {
		put_telescope(call);
		put_clock(call);
		echo(call);
		return OK;
	}
	/* telescopes_read() has lists of these names. */
	json_object_set(call->output, "telescopes_seen", json_object_get(call->output, "telescopes"));
	json_object_set(call->output, "series", json_object_get(call->output, "days"));
	error = telescopes_read(call, failure);
	if (!error)
		error = figures_list(call, failure);
	if (!error)
		error = put_kept_notes(call, failure);
	if (error)
		return error;
	char today[16];
	view_day(day_of(call->now, (int)counts_configured()->zone * 60), today);
	leave_future(call->output, "days", today);
	leave_future(call->output, "months", today);
	flatten(call->output);
	measure(call->output);
	put_months(call->output);
	put_searches(call->output);
	put_telescope(call);
	put_clock(call);
	bool english = text_equal(call->language, TEXT("en"));
	put_figures(call->output);
	put_notes(call->output, english ? "en" : "ja");
	put_names(call, "countries", english);
	put_names(call, "methods", english);
	echo(call);
	return OK;
}

/* ── one's own beside the whole ─ */

static void put_view(const struct call *call, json_t *view)
{
	static const struct {
		const char *view, *title;
	} shown[] = {
		{ "ports", N_("Destination ports") },
		{ "ports-without-research", N_("Destination ports, without scanners of researchers") },
		{ "countries", N_("Countries of sources") },
		{ "methods", N_("Methods") },
		{ "backscatter-ports", N_("Ports of attacked services (backscatter), packets for each day") },
	};
	const char *name = json_string_value(json_object_get(view, "view"));
	bool english = text_equal(call->language, TEXT("en"));
	size_t place;
	json_t *row;
	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
		if (strcmp(shown[i].view, name) == 0)
			output_string(view, "title", shown[i].title);
	json_array_foreach(json_object_get(view, "rows"), place, row)
	{
		const char *title = name_of(call, name, json_string_value(json_object_get(row, "item")), english);
		if (title)
			output_string(row, "name", title);
	}
}

enum error comparison_page(struct call *call, struct failure *failure)
{
	enum error error = comparison_read(call, failure);
	struct text period = input_text(call, "period");
	char day[16];
	size_t place;
	json_t *view;
	if (error || call->again)
		return error;
	json_array_foreach(json_object_get(call->output, "views"), place, view) put_view(call, view);
	view_day(day_of(call->now, (int)counts_configured()->zone * 60), day);
	day[7] = 0; /* this month, as in asked_periods() */
	output_text(call->output, "asked", period.size ? period : text_of(day));
	output_chosen(call);
	return OK;
}
