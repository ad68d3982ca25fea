/*
 * The history of trends (darknet/verb/trends_keeper.h): replaced whole again and again. After the cut it is one that
 * was saved, and not older than what was said to be durable.
 */
#include "kinds.h"

#include "darknet/verb/trends_keeper.h"

#define SAVES 3
#define FIRST_HOUR (START / HOUR * HOUR)

/* A history knows how many hours it is long. */
static unsigned hours_of(const struct trends *trends)
{
	return trends_open(trends) ? (unsigned)((trends_open(trends) - FIRST_HOUR) / HOUR) + 1 : 0;
}

static struct trends *load(const char *path, struct failure *failure)
{
	struct trends *trends = trends_new(0);
	assert_non_null(trends);
	trends_keep(trends);
	if (trends_file_load(trends, path, failure) == OK)
		return trends;
	trends_free(trends);
	return NULL;
}

static bool work(const char *folder)
{
	char path[300];
	struct failure failure = { 0 };
	snprintf(path, sizeof path, "%s/history", folder);
	struct trends *trends = load(path, &failure);
	enum error error = trends ? OK : failure.code;
	for (unsigned hour = trends ? hours_of(trends) : 0; !error && hour < SAVES; hour++) {
		struct activity row = { .bin = FIRST_HOUR + hour * HOUR, .packets = 1, .port = 23, .protocol = 6 };
		row.first = row.last = row.bin;
		trends_begin(trends, &row, 1);
		error = trends_file_save(trends, path, &failure);
		if (!error)
			mark("hours %u", hour + 1);
	}
	trends_free(trends);
	return !error;
}

static void check(const char *folder, const struct marks *marks)
{
	char path[300];
	struct failure failure = { 0 };
	snprintf(path, sizeof path, "%s/history", folder);
	struct trends *trends = load(path, &failure);
	if (!trends)
		fail_msg("%s: %s", powercut_where(), failure.words);
	assert_in_range(hours_of(trends), marked_number(marks, "hours "), SAVES);
	trends_free(trends);
}

const struct powercut_kind kind_trends = { "trends", work, check };
