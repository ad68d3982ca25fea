/*
 * The agent's state: positions, spool, refused batches. A process ships a log, spools the rest of it while the centre
 * is away and the log vanishes, ships that, and keeps what the centre refuses. After the cut and a restart the centre
 * has got every byte of what is there or was said to be in the spool, under one identity, and what was refused is kept.
 *
 * The logs are not the agent's: they stand beside the folder and the power cut leaves them as they are.
 */
#include "kinds.h"

#include "base/codec.h"
#include "watch/agent.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINES 12 /* of the log, half of them while the centre is away */
#define LINE 90

struct centre {
	enum delivery mood;
	bool marking;
	struct hash128 epoch; /* of the first log */
	bool known;
	char got[LINES * LINE];
	bool has[LINES * LINE];
};

static char *beside(const char *folder, const char *name)
{
	static char paths[4][240];
	static unsigned turn;
	char *path = paths[turn++ % 4];
	snprintf(path, sizeof paths[0], "%.*s/%s", (int)(strrchr(folder, '/') - folder), folder, name);
	return path;
}

static void write_line(char *to, char log, int number)
{
	char line[LINE + 1];
	snprintf(line, sizeof line, "{\"log\":\"%c\",\"line\":%04d,\"text\":\"%0*d\"}\n", log, number, LINE - 34, 0);
	assert_int_equal(strlen(line), LINE);
	memcpy(to, line, LINE);
}

/* Writes lines until there are `count`: some may stand there from before a kill. */
static void log_grow(const char *path, char log, int count)
{
	FILE *file = fopen(path, "a");
	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	for (int i = (int)(ftell(file) / LINE); i < count; i++) {
		char line[LINE];
		write_line(line, log, i);
		assert_int_equal(fwrite(line, LINE, 1, file), 1);
	}
	assert_int_equal(fclose(file), 0);
}

static void get(struct centre *centre, struct hash128 epoch, uint64_t begin, const char *at, size_t size)
{
	/* One log has one identity: under another one it would be counted twice. */
	if (centre->known)
		assert_true(epoch.high == centre->epoch.high && epoch.low == centre->epoch.low);
	centre->epoch = epoch;
	centre->known = true;
	assert_true(begin + size <= sizeof centre->got);
	memcpy(centre->got + begin, at, size);
	memset(centre->has + begin, true, size);
}

static enum delivery deliver(
    void *context, const struct follow *follow, const struct batch *batch, struct delivery_answer *answer)
{
	struct centre *centre = context;
	const char *at = (const char *)batch->content;
	snprintf(answer->words, sizeof answer->words, "the test says so");
	if (centre->mood != DELIVERED || at[8] != 'a')
		return centre->mood;
	if (centre->marking) {
		struct builder to = { 0 };
		build_text(&to, TEXT("got "));
		put_u64(&to, follow->epoch.high);
		put_u64(&to, follow->epoch.low);
		put_u64(&to, batch->begin);
		put_bytes(&to, at, batch->end - batch->begin);
		file_mark((struct text){ to.at, to.size });
		builder_free(&to);
	} else
		get(centre, follow->epoch, batch->begin, at, batch->end - batch->begin);
	return DELIVERED;
}

struct station {
	struct agent *agent;
	struct agent_settings settings;
	const char *patterns[1];
	char pattern[240], folder[240];
	nanoseconds now;
};

static bool station_open(struct station *station, const char *folder, struct centre *centre)
{
	snprintf(station->pattern, sizeof station->pattern, "%s", beside(folder, "logs/*.log"));
	snprintf(station->folder, sizeof station->folder, "%s/state", folder);
	station->patterns[0] = station->pattern;
	station->now = HOUR;
	station->settings = (struct agent_settings){ .patterns = station->patterns,
		.pattern_count = 1,
		.folder = station->folder,
		.spool_limit = 1 << 20,
		.refused_limit = 1 << 20,
		.linger = 2 * SECOND,
		.settle = SECOND,
		.give_up = 10 * MINUTE,
		.retry_least = SECOND,
		.retry_most = 2 * SECOND,
		.deliver = deliver,
		.context = centre };
	struct failure failure;
	return agent_new(&station->settings, &station->agent, &failure) == OK;
}

static bool station_run(struct station *station, int rounds)
{
	struct failure failure;
	for (int i = 0; i < rounds; i++) {
		if (agent_scan(station->agent, station->now, &failure) != OK)
			return false;
		for (int k = 0; k < 100 && agent_work(station->agent, station->now) == AGENT_MORE; k++)
			;
		station->now += 4 * SECOND;
	}
	return agent_scan(station->agent, station->now, &failure) == OK;
}

/* How far the logs are: it outlives kills and power cuts. */
static int stage(const char *folder, int next)
{
	int now = 0;
	FILE *file = fopen(beside(folder, "stage"), next ? "w" : "r");
	if (file && next)
		fprintf(file, "%d", next);
	else if (file && fscanf(file, "%d", &now) != 1)
		now = 0;
	if (file)
		fclose(file);
	return now;
}

static void logs_begin(const char *folder)
{
	mkdir(beside(folder, "logs"), 0700);
	mkdir(beside(folder, "gone"), 0700);
	unlink(beside(folder, "logs/a.log"));
	unlink(beside(folder, "logs/b.log"));
	unlink(beside(folder, "gone/a.log"));
	log_grow(beside(folder, "logs/a.log"), 'a', LINES / 2);
	stage(folder, 1);
}

static bool is_empty(const char *folder)
{
	int entries = 0;
	DIR *listing = opendir(folder);
	while (listing && readdir(listing))
		entries++;
	if (listing)
		closedir(listing);
	return entries <= 2;
}

static bool vanish(struct station *station, const char *folder, struct centre *centre)
{
	centre->mood = LATER;
	log_grow(beside(folder, "logs/a.log"), 'a', LINES);
	if (!station_run(station, 2))
		return false;
	mark("vanishing");
	assert_int_equal(rename(beside(folder, "logs/a.log"), beside(folder, "gone/a.log")), 0);
	stage(folder, 2);
	if (!station_run(station, 2))
		return false;
	struct agent_counts counts;
	agent_count(station->agent, &counts);
	if (counts.spool_full || counts.lost_bytes || counts.lost_files)
		return false;
	mark("spooled");
	return true;
}

static bool refuse(struct station *station, const char *folder, struct centre *centre)
{
	centre->mood = REFUSED;
	log_grow(beside(folder, "logs/b.log"), 'b', 3);
	stage(folder, 3);
	if (!station_run(station, 2))
		return false;
	struct agent_counts counts;
	agent_count(station->agent, &counts);
	const char *failing = getenv("NOROSHI_FILE_FAIL");
	if (counts.refused && (!failing || strstr(failing, "KILL"))) /* what cannot be kept is said in the log only */
		mark("refused");
	return true;
}

static bool work(const char *folder)
{
	struct centre centre = { .mood = DELIVERED, .marking = true };
	struct station station;
	if (is_empty(folder))
		logs_begin(folder);
	if (!station_open(&station, folder, &centre))
		return false;
	int from = stage(folder, 0);
	bool done = station_run(&station, 2);
	if (done && from < 2)
		done = vanish(&station, folder, &centre);
	centre.mood = DELIVERED;
	done = done && station_run(&station, 3);
	if (done && from < 3)
		done = refuse(&station, folder, &centre);
	agent_free(station.agent);
	return done;
}

static void get_marked(struct centre *centre, const struct marks *marks)
{
	for (size_t i = 0; i < marks->count; i++) {
		if (!text_starts(marks->all[i], TEXT("got ")))
			continue;
		struct reader from = reader_of(marks->all[i].at + 4, marks->all[i].size - 4);
		struct hash128 epoch = { .high = get_u64(&from) };
		epoch.low = get_u64(&from);
		uint64_t begin = get_u64(&from);
		get(centre, epoch, begin, (const char *)from.at, (size_t)(from.end - from.at));
	}
}

static bool refused_is_kept(const char *folder)
{
	char path[300], *at, wanted[3 * LINE];
	bool found = false;
	size_t size;
	struct dirent *entry;
	struct failure failure;
	snprintf(path, sizeof path, "%s/state/refused", folder);
	DIR *listing = opendir(path);
	for (int i = 0; i < 3; i++)
		write_line(wanted + i * LINE, 'b', i);
	while (listing && (entry = readdir(listing))) {
		char name[600];
		snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
		if (!strstr(entry->d_name, ".lines") || file_read(name, 1 << 20, &at, &size, &failure) != OK)
			continue;
		found = found || (size == sizeof wanted && memcmp(at, wanted, size) == 0);
		free(at);
	}
	if (listing)
		closedir(listing);
	return found;
}

static void check(const char *folder, const struct marks *marks)
{
	struct centre centre = { .mood = DELIVERED };
	struct station station;
	bool vanishing = marks_of(marks, "vanishing", NULL), spooled = marks_of(marks, "spooled", NULL);
	/* The log as it was then. */
	if (!vanishing)
		assert_int_equal(rename(beside(folder, "gone/a.log"), beside(folder, "logs/a.log")), 0);
	get_marked(&centre, marks);
	assert_true(station_open(&station, folder, &centre));
	assert_true(station_run(&station, 4));
	agent_free(station.agent);
	if (!vanishing)
		assert_int_equal(rename(beside(folder, "logs/a.log"), beside(folder, "gone/a.log")), 0);
	char line[LINE];
	for (int i = 0; i < LINES * LINE; i++) {
		if (i % LINE == 0)
			write_line(line, 'a', i / LINE);
		if (!vanishing || spooled)
			assert_true(centre.has[i]);
		if (centre.has[i])
			assert_int_equal(centre.got[i], line[i % LINE]);
	}
	if (marks_of(marks, "refused", NULL))
		assert_true(refused_is_kept(folder));
}

const struct powercut_kind kind_agent = { "agent", work, check };
