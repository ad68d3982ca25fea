/*
 * All views of a period beside another one: as one JSON object, as CSV, for people, or as a page to print
 * (views_page.h). docs/darknet-views.md defines them.
 */
#ifndef NOROSHI_DARKNET_VIEWS_REPORT_H
#define NOROSHI_DARKNET_VIEWS_REPORT_H

#include "base/catalog.h"
#include "darknet/view/view_names.h"
#include "darknet/view/views_figures.h"
#include "darknet/view/views_notes.h"

enum views_section {
	SECTION_ALL,
	SECTION_WELL_KNOWN, /* access by the kind of its port: 2-2 */
	SECTION_OTHER_PORTS,
	SECTION_NO_PORTS,
	SECTION_PORTS,
	SECTION_PORTS_JAPAN,
	SECTION_PORTS_SURVEYED, /* without scanners of researchers: D01 */
	SECTION_COUNTRIES,
	SECTION_METHODS,
	SECTION_METHOD_COUNTRIES,
	SECTION_BACKSCATTER,
	SECTION_BACKSCATTER_PORTS,
	SECTION_BACKSCATTER_COUNTRIES,
	VIEW_SECTIONS
};

enum views_series_of {
	SERIES_ALL,
	SERIES_WELL_KNOWN,
	SERIES_OTHER_PORTS,
	SERIES_NO_PORTS,
	SERIES_BACKSCATTER,
	SERIES_FOLLOWED
};

#define VIEW_FOLLOWED 8   /* ports with series of their own */
#define VIEW_MONTHLY 10   /* ports with monthly means: the first ones of the ranking */
#define VIEW_COUNTRIES 10 /* countries whose ports are ranked: the same */
#define VIEW_ITEM 32

struct view_port {
	uint16_t port;
	uint8_t protocol;
};

struct views_series {
	char name[VIEW_ITEM]; /* "backscatter", "23/tcp" */
	enum view_kind kind;
	struct view_step *months, *days;
	size_t month_count, day_count;
};

/* Days, one after the other, of which telescopes missed something; whole days when `awake` is 0. */
struct view_outage {
	int64_t from, to;
	double awake; /* days of them, all together */
};

struct views_report {
	/* The caller's: */
	struct view_period periods[2];
	bool without_research; /* scanners of researchers do not count */
	bool research_alone;   /* nothing else does */
	size_t top;            /* of each ranking, at most 1,000 */
	struct view_port followed[VIEW_FOLLOWED];
	size_t followed_count;          /* 0: 23, 6379 and 22/tcp, as the police agency */
	const struct view_notes *notes; /* may be NULL; both live as long as the report */
	const struct iot_ports *iot;
	const struct view_names *names; /* for people; may be NULL */
	/* What is found: */
	const char *sensor; /* of whose tables; NULL = all */
	bool of_tables;     /* of a folder's: sensors, and the first ports by month, are known */
	bool zoned;         /* in which zones days begin is known: day_sum_zones() */
	int zones[2];       /* seconds east of UTC */
	struct view_cover cover[2];
	struct views_figures figures[2];
	struct view sections[VIEW_SECTIONS];
	struct views_series series[SERIES_FOLLOWED + VIEW_FOLLOWED]; /* the period now */
	size_t series_count;
	struct views_series monthly[VIEW_MONTHLY]; /* no days */
	size_t monthly_count;
	struct view country_ports[VIEW_COUNTRIES];
	size_t country_count;
	struct view_sensor *sensors;
	size_t sensor_count;
	struct view_outage *outages;
	size_t outage_count;
	nanoseconds known; /* when it was computed: later tables may say something else */
};

/* "ports", "ports-japan", "countries", … */
const char *views_section_name(size_t section);
const char *views_section_title(size_t section); /* a msgid: "Destination ports" */

/* Reads the folder's tables. `report` is freed by views_report_free() in either case. */
enum error views_report_make(
    struct views_report *report, const char *folder, const char *sensor, struct failure *failure);
/* The same in two steps: between them the caller adds to the sum, which it frees in either case (NULL is fine). */
enum error views_report_begin(struct views_report *report, struct day_sum **sum, struct failure *failure);
enum error views_report_end(struct views_report *report, const struct day_sum *sum, struct failure *failure);
void views_report_free(struct views_report *report);

enum error views_report_json(const struct views_report *report, struct builder *to);
enum error views_report_csv(const struct views_report *report, struct builder *to);
#define VIEW_ZONES_TEXT 40
/* "UTC+09:00"; "UTC+00:00 – UTC+09:00" when tables differ. NULL: not known. */
char *views_report_zones(const struct views_report *report, char to[static VIEW_ZONES_TEXT]);
enum error views_report_words(const struct views_report *report, const struct catalog *japanese, struct builder *to);

/* The first notes that are about a day of the period, in the order of the file, from *next on; NULL: no more. */
const struct view_note *views_report_note(const struct views_report *report, unsigned period, size_t *next);

/* "23/tcp", "JP", "smb1"; "-" where it is not known. */
char *view_item(const struct view *view, const struct view_cell *cell, char to[static VIEW_ITEM]);

#endif
