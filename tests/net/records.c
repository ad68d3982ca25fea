/*
 * records: writes the records of capture files to standard output, each file's with a sensor of its own: what
 * test_oracle.py compares with what another program sees.
 *
 *   records FILE…       the EVE records, with the file as pcap_filename
 */
#include "replay.h"

#include "formats/eve_record.h"

#include <stdio.h>

struct run {
	struct eve_source source;
	struct builder records;
};

static void on_facts(void *context, const struct dissection *dissection, enum side side, const void *facts)
{
	struct run *run = context;
	eve_facts(&run->records, &run->source, dissection, side, facts);
}

static void on_anomaly(void *context, const struct dissection *dissection, enum side side, const char *event)
{
	struct run *run = context;
	eve_anomaly(&run->records, &run->source, dissection, side, event);
}

static void on_flow(void *context, const struct flow *flow, enum flow_over why)
{
	struct run *run = context;
	eve_flow(&run->records, &run->source, flow, why);
}

static int show(const char *path)
{
	struct run run = { .source = { .pcap_filename = text_of(path) } };
	struct observer_settings settings = observer_defaults;
	struct capture_file *file;
	settings.listener = (struct listener){ .context = &run, .facts = on_facts, .anomaly = on_anomaly };
	settings.flow_over = on_flow;
	settings.context = &run;
	settings.flows = 1u << 16;
	if (capture_file_open(path, &file, NULL) == OK)
		replay_capture(file, &settings, NULL, NULL);
	fwrite(run.records.at, 1, run.records.size, stdout);
	bool failed = run.records.failed;
	builder_free(&run.records);
	return failed;
}

int main(int count, char **arguments)
{
	int failed = 0;
	for (int i = 1; i < count; i++)
		failed |= show(arguments[i]);
	return failed;
}
