/*
 * The police agency's tables of 2022, to the printed digit, from packets: two years of a sensor with two addresses
 * (sensor_year.py says how many packets of what) go through everything that a telescope does: frames, sources,
 * activities, day tables, views.
 *
 *   test_sensor_year FIGURES CELLS
 */
#include "darknet/day/day_folder.h"
#include "darknet/event/sources.h"
#include "darknet/packet/arrival.h"
#include "darknet/packet/method.h"
#include "darknet/view/views.h"
#include "match/origin.h"
#include "packets.h"

#include "base/file.h"

#include <libloc/libloc.h>
#include <libloc/network.h>
#include <libloc/writer.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define JAPAN (9 * 3600)
#define SENSOR 0xc6336400u /* 198.51.100.0/31 */
#define HOURS 8760         /* of a year */
#define AWAY_FROM 4354     /* hours of 2021 in which the sensor is away: 10 to 12 o'clock of the 1st of July */
#define AWAY_TO 4356
#define CELLS_MOST 20000
#define COUNTRIES_MOST 700

static const char *figures_path, *cells_path;
static char folder[] = "/tmp/noroshi-year-XXXXXX";

struct cell {
	char method[24], country[3];
	bool backscatter;
	unsigned protocol, port;
	unsigned long long packets[2];
	uint32_t source;
};
static struct cell cells[CELLS_MOST];
static size_t cell_count;
static char countries[COUNTRIES_MOST][3];
static size_t country_count;

/* ── the sensor's year ─ */

/* Each country has a /16 of its own. */
static uint32_t source_of(const char *country)
{
	size_t i = 0;

	while (i < country_count && strcmp(countries[i], country) != 0)
		i++;
	if (i == country_count) {
		assert_true(country_count < COUNTRIES_MOST);
		memcpy(countries[country_count++], country, 3);
	}
	return (uint32_t)(20u << 24 | (uint32_t)(i + 1) << 16 | 7);
}

static void read_cells(void)
{
	FILE *file = fopen(cells_path, "r");
	char line[256];

	assert_non_null(file);
	while (fgets(line, sizeof line, file)) {
		struct cell *cell = &cells[cell_count++];
		char *rest = line;
		assert_true(cell_count < CELLS_MOST);
		cell->backscatter = strcmp(strsep(&rest, ","), "backscatter") == 0;
		snprintf(cell->method, sizeof cell->method, "%s", strsep(&rest, ","));
		assert_int_equal(sscanf(rest, "%u,%u,%2[A-Z],%llu,%llu", &cell->protocol, &cell->port, cell->country,
				     &cell->packets[0], &cell->packets[1]),
		    5);
		cell->source = source_of(cell->country);
	}
	fclose(file);
}

static struct origins *write_origins(void)
{
	char path[64];
	const char *paths[] = { path };
	struct loc_ctx *context;
	struct loc_writer *writer;
	struct origins *origins;

	snprintf(path, sizeof path, "%s/location.db", folder);
	FILE *file = fopen(path, "w+");
	assert_non_null(file);
	assert_int_equal(loc_new(&context), 0);
	assert_int_equal(loc_writer_new(context, &writer, NULL, NULL), 0);
	for (size_t i = 0; i < country_count; i++) {
		char prefix[32];
		struct loc_network *network;
		snprintf(prefix, sizeof prefix, "20.%zu.0.0/16", i + 1);
		assert_int_equal(loc_writer_add_network(writer, &network, prefix), 0);
		assert_int_equal(loc_network_set_country_code(network, countries[i]), 0);
		loc_network_unref(network);
	}
	assert_int_equal(loc_writer_write(writer, file, LOC_DATABASE_VERSION_1), 0);
	loc_writer_unref(writer);
	loc_unref(context);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(origins_load(paths, 1, &origins, NULL), OK);
	return origins;
}

/* What makes a packet one of the method. */
static const struct {
	const char *method, *payload;
	size_t size;
} payloads[] = {
	{ "scan", "M-SEARCH * HTTP/1.1\r\n\r\n", 23 },
	{ "terminal-server", "\x03\0\0\x0b\x06\xe0\0\0\0\0\0", 11 },
	{ "smb1", "\0\0\0\x2f\xffSMB\x72", 9 },
	{ "smb2", "\0\0\0\x2f\xfeSMB\x40", 9 },
	{ "pptp", "\0\x9c\0\x01\x1a\x2b\x3c\x4d\0\x01\0\0", 12 },
	{ "http", "GET / HTTP/1.0\r\n\r\n", 18 },
	{ "tls", "\x16\x03\x01\0\xc8\x01\0\0\xc4", 9 },
	{ "ssh", "SSH-2.0-x\r\n", 11 },
	{ "telnet", "\xff\xfd\x03", 3 },
	{ "redis", "*1\r\n$4\r\nINFO\r\n", 14 },
	{ "adb", "CNXN\0\0\0\x01", 8 },
	{ "tds", "\x12\x01\0\x34", 4 },
	{ "dns", "\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x01x\0\0\x01\0\x01", 19 },
};

static struct frame frame_of(const struct cell *cell, uint8_t room[static PACKET_ROOM])
{
	struct packet_made made = { .source = cell->source,
		.destination = SENSOR,
		.source_port = cell->backscatter ? (uint16_t)cell->port : 40000,
		.port = cell->backscatter ? 40000 : (uint16_t)cell->port,
		.protocol = (uint8_t)cell->protocol,
		.flags = cell->backscatter ? 0x12 : 0x02,
		.window = 1024 };

	if (cell->protocol == 1) { /* type and code */
		made.source_port = (uint16_t)cell->port;
		made.port = 0;
	}
	for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++)
		if (strcmp(payloads[i].method, cell->method) == 0) {
			made.payload = payloads[i].payload;
			made.payload_size = payloads[i].size;
			made.flags = 0x18;
		}
	return packet_make(&made, room);
}

struct telescope {
	struct space *space;
	struct sources *sources;
	struct day_folder *days;
	struct origins *origins;
	uint64_t packets;
};

static void on_activity(void *context, const struct activity *told)
{
	struct telescope *telescope = context;
	struct activity activity = *told;
	struct origin origin = origins_of(telescope->origins, activity.source);
	struct failure failure;

	memcpy(activity.country, origin.country, 2);
	if (day_folder_add(telescope->days, &activity, &failure) != OK)
		fail_msg("%s", failure.words);
}

/* Packets of an hour, one behind the other: of each cell its share of the `hours` of the year. */
static void send_hour(struct telescope *telescope, unsigned year, unsigned hour, unsigned hours, nanoseconds begin)
{
	struct arrival arrivals[256];
	static uint8_t room[PACKET_ROOM];
	size_t held = 0;
	nanoseconds time = begin;

	for (size_t i = 0; i < cell_count; i++) {
		const struct cell *cell = &cells[i];
		unsigned long long count =
		    cell->packets[year] * (hour + 1) / hours - cell->packets[year] * hour / hours;
		if (count == 0)
			continue;
		struct frame frame = frame_of(cell, room);
		for (unsigned long long j = 0; j < count; j++) {
			frame.time = time;
			time += 100 * MICROSECOND;
			assert_int_equal(arrival_of(telescope->space, &frame, &arrivals[held++]), ARRIVAL_TAKEN);
			if (held == 256) {
				assert_int_equal(sources_add(telescope->sources, arrivals, held, NULL), OK);
				held = 0;
			}
			telescope->packets++;
		}
	}
	assert_int_equal(sources_add(telescope->sources, arrivals, held, NULL), OK);
	assert_true(time < begin + HOUR);
}

/* Of 2021 and on. */
static nanoseconds hour_begins(unsigned hour)
{
	return (nanoseconds)18628 * DAY + (nanoseconds)hour * HOUR - JAPAN * SECOND;
}

/* One run of the sensor: from an hour of a year to another. */
static void run(struct telescope *telescope, const char *name, unsigned from, unsigned to)
{
	char days[64];
	struct day_folder_part part = {
		.folder = days, .sensor = "police", .part = name, .zone = JAPAN, .addresses = 2
	};
	struct source_settings settings = { .space = telescope->space, .activity = on_activity, .context = telescope };

	snprintf(days, sizeof days, "%s/days", folder);
	assert_int_equal(sources_new(&settings, &telescope->sources, NULL), OK);
	assert_int_equal(day_folder_begin(&part, &telescope->days, NULL), OK);
	day_folder_awake(telescope->days, hour_begins(from), hour_begins(to));
	for (unsigned hour = from; hour < to; hour++) {
		unsigned year = hour / HOURS, away = AWAY_TO - AWAY_FROM;
		if (year == 0)
			send_hour(telescope, 0, hour >= AWAY_TO ? hour - away : hour, HOURS - away, hour_begins(hour));
		else
			send_hour(telescope, 1, hour - HOURS, HOURS, hour_begins(hour));
	}
	sources_finish(telescope->sources);
	assert_int_equal(sources_count(telescope->sources).late, 0);
	assert_int_equal(day_folder_end(telescope->days, NULL), OK);
	sources_free(telescope->sources);
}

static int send_years(void **unused)
{
	(void)unused;
	struct telescope telescope = { 0 };
	struct prefix prefix = { 0 };

	if (!mkdtemp(folder))
		return 1;
	read_cells();
	telescope.origins = write_origins();
	assert_true(prefix_parse(TEXT("198.51.100.0/31"), &prefix));
	assert_int_equal(space_new(&prefix, 1, &telescope.space, NULL), OK);
	run(&telescope, "first", 0, AWAY_FROM);
	run(&telescope, "second", AWAY_TO, 2 * HOURS);
	print_message("# %llu packets in two years\n", (unsigned long long)telescope.packets);
	space_free(telescope.space);
	origins_free(telescope.origins);
	return 0;
}

/* ── what was printed ─ */

static const struct view_cell *cell_of(const struct view *view, const char *item)
{
	unsigned port;
	char protocol[5];
	enum arrival_method method;

	for (size_t i = 0; i < view->count; i++) {
		const struct day_key *key = &view->cells[i].key;
		bool is = false;
		if (view->query.by == VIEW_BY_PORT && sscanf(item, "%u/%4s", &port, protocol) == 2)
			is = key->port == port && key->protocol == (strcmp(protocol, "TCP") == 0 ? 6 : 17);
		else if (view->query.by == VIEW_BY_COUNTRY)
			is = strncmp(item, key->country, 2) == 0;
		else if (view->query.by == VIEW_BY_METHOD)
			is = method_named(text_of(item), &method) && key->method == method;
		if (is)
			return &view->cells[i];
	}
	fail_msg("%s is not in the view", item);
	return NULL;
}

static unsigned is_printed(const char *item, const char *name, const char *printed, const char *computed)
{
	if (printed[0] && strcmp(printed, computed) != 0)
		fail_msg("%s: %s is %s, and %s was printed", item, name, computed, printed);
	return printed[0] != '\0';
}

static unsigned check_line(const struct view *view, char *line)
{
	char *item = strsep(&line, ","), *rank = strsep(&line, ","), *rank_before = strsep(&line, ",");
	char *count = strsep(&line, ","), *percent = strsep(&line, ","), *change = strsep(&line, ",\n");
	const struct view_cell *cell = cell_of(view, item);
	char words[5][32];

	snprintf(words[0], 32, "%u", cell->rank[0]);
	snprintf(words[1], 32, "%u", cell->rank[1]);
	snprintf(words[2], 32, "%.2f", cell->value[0]);
	snprintf(words[3], 32, "%+.1f", cell->percent);
	snprintf(words[4], 32, "%+.2f", cell->change);
	return is_printed(item, "the rank", rank, words[0]) +
	       is_printed(item, "the rank before", rank_before, words[1]) +
	       is_printed(item, "the count", count, words[2]) + is_printed(item, "the change in %", percent, words[3]) +
	       is_printed(item, "the change", change, words[4]);
}

static struct day_sum *read_years(unsigned *series)
{
	struct view_period now = { 18993, 19357 }, before = { 18628, 18992 }; /* 2022, 2021 */
	struct view_query telnet = { .kind = VIEW_ACCESS, .by = VIEW_BY_NOTHING, .port = 23, .protocol = 6 };
	struct day_sum *sum = day_sum_new(&now, &before);
	char days[64];
	struct failure failure;

	assert_non_null(sum);
	assert_int_equal(day_sum_follow(sum, &telnet, series, NULL), OK);
	snprintf(days, sizeof days, "%s/days", folder);
	if (day_sum_read(sum, days, NULL, &failure) != OK)
		fail_msg("%s", failure.words);
	return sum;
}

static void test_every_printed_figure_comes_out_of_the_packets(void **unused)
{
	(void)unused;
	unsigned series, checked = 0;
	struct day_sum *sum = read_years(&series);
	FILE *file = fopen(figures_path, "r");
	char line[512];

	assert_non_null(file);
	assert_true(day_sum_cover(sum, 0).days == 365 && day_sum_cover(sum, 0).address_days == 730);
	assert_true(fabs(day_sum_cover(sum, 1).address_days - (730 - 4.0 / 24)) < 1e-9); /* it was away for two hours */
	while (fgets(line, sizeof line, file)) {
		struct view view;
		struct view_query query = { 0 };
		char *rest = line;
		if (line[0] == '#')
			continue;
		const char *kind = strsep(&rest, ","), *by = strsep(&rest, ",");
		while (strcmp(view_kind_name(query.kind), kind) != 0)
			query.kind++;
		while (strcmp(view_by_name(query.by), by) != 0)
			query.by++;
		assert_int_equal(view_of(sum, &query, &view, NULL), OK);
		checked += check_line(&view, rest);
		view_free(&view);
	}
	fclose(file);
	print_message("# %u printed figures\n", checked);
	assert_int_equal(checked, 121);
	day_sum_free(sum);
}

static void test_what_grew_and_shrank_most_stands_in_the_printed_order(void **unused)
{
	(void)unused;
	static const char *const grew[] = { "23/TCP", "6379/TCP", "0/TCP", "5555/TCP", "80/TCP" };
	static const char *const shrank[] = { "445/TCP", "1433/TCP", "53/UDP", "123/UDP", "52869/UDP" };
	unsigned series;
	struct day_sum *sum = read_years(&series);
	struct view view;
	const struct view_cell *top[5];

	assert_int_equal(
	    view_of(sum, &(struct view_query){ .kind = VIEW_ACCESS, .by = VIEW_BY_PORT }, &view, NULL), OK);
	assert_int_equal(view_top(&view, VIEW_INCREASE, top, 5), 5);
	for (size_t i = 0; i < 5; i++)
		assert_ptr_equal(top[i], cell_of(&view, grew[i]));
	assert_int_equal(view_top(&view, VIEW_DECREASE, top, 5), 5);
	for (size_t i = 0; i < 5; i++)
		assert_ptr_equal(top[i], cell_of(&view, shrank[i]));
	view_free(&view);
	day_sum_free(sum);
}

static void test_months_and_days_of_a_port_add_up_to_its_year(void **unused)
{
	(void)unused;
	unsigned series;
	struct day_sum *sum = read_years(&series);
	struct view_step *steps;
	size_t count;

	for (unsigned months = 0; months < 2; months++) {
		uint64_t packets = 0;
		assert_int_equal(day_sum_series(sum, series, 0, months, &steps, &count, NULL), OK);
		assert_int_equal(count, months ? 12 : 365);
		for (size_t i = 0; i < count; i++)
			packets += steps[i].packets;
		assert_int_equal(packets, 488020); /* 668.52 for each of 365 days and two addresses */
		free(steps);
	}
	day_sum_free(sum);
}

static int clean(void **unused)
{
	(void)unused;
	char command[64];

	snprintf(command, sizeof command, "rm -r %s", folder);
	return system(command);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_printed_figure_comes_out_of_the_packets),
		cmocka_unit_test(test_what_grew_and_shrank_most_stands_in_the_printed_order),
		cmocka_unit_test(test_months_and_days_of_a_port_add_up_to_its_year),
	};

	if (argc != 3)
		return 2;
	figures_path = argv[1];
	cells_path = argv[2];
	return cmocka_run_group_tests_name("darknet sensor year", tests, send_years, clean);
}
