/*
 * The list of ports of IoT devices; see iot.h.
 */
#include "darknet/view/iot.h"

#include "darknet/report/lines_read.h"
#include "darknet/view/period.h"

#include "base/file.h"

#include <stdlib.h>

#define FILE_MOST ((size_t)1 << 20)

static int compare(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;

	return (one > other) - (one < other);
}

static bool take_header(struct iot_ports *list, struct text line, bool *good)
{
	struct view_period day;
	enum period_form form;

	if (text_starts(line, TEXT("name:"))) {
		struct text name = text_trim((struct text){ line.at + 5, line.size - 5 });
		*good = name.size && text_utf8_valid(name) == name.size && text_copy(name, list->name, IOT_TEXT);
		return true;
	}
	if (!text_starts(line, TEXT("date:")))
		return false;
	struct text date = text_trim((struct text){ line.at + 5, line.size - 5 });
	*good = view_period_parse(date, &day, &form) && form == PERIOD_DAYS &&
		text_copy(date, list->date, sizeof list->date);
	return true;
}

/* "23/tcp", and words behind it. */
static bool take_port(struct iot_ports *list, struct text line)
{
	size_t end = 0;
	uint16_t port;
	uint8_t protocol;

	while (end < line.size && line.at[end] != ' ' && line.at[end] != '\t')
		end++;
	if (list->count == IOT_PORTS_MOST || !port_parse((struct text){ line.at, end }, &port, &protocol))
		return false;
	list->ports[list->count++] = (uint32_t)protocol << 16 | port;
	return true;
}

enum error iot_ports_parse(const char *path, struct text text, struct iot_ports *list, struct failure *failure)
{
	*list = (struct iot_ports){ 0 };
	for (unsigned number = 1; text.size; number++) {
		struct text line = text_trim(text_cut(&text, '\n'));
		bool good = true;
		if (line.size == 0 || line.at[0] == '#')
			continue;
		if (!take_header(list, line, &good))
			good = take_port(list, line);
		if (!good)
			return fail(failure, ERROR_INPUT,
			    "%s: line %u: \"name: …\", \"date: 2026-11-22\" or a port as \"23/tcp\" was expected (at "
			    "most %d)",
			    path, number, IOT_PORTS_MOST);
	}
	if (!list->name[0] || !list->date[0] || !list->count)
		return fail(failure, ERROR_INPUT, "%s: a list has a name, a date and a port at least", path);
	qsort(list->ports, list->count, sizeof *list->ports, compare);
	return OK;
}

enum error iot_ports_read(const char *path, struct iot_ports *list, struct failure *failure)
{
	char *at;
	size_t size;
	enum error error = file_read(path, FILE_MOST, &at, &size, failure);

	if (error)
		return error;
	error = iot_ports_parse(path, (struct text){ at, size }, list, failure);
	free(at);
	return error;
}

bool iot_ports_has(const struct iot_ports *list, uint16_t port, uint8_t protocol)
{
	uint32_t key = (uint32_t)protocol << 16 | port;

	return list->count && bsearch(&key, list->ports, list->count, sizeof key, compare);
}
