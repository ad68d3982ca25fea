/*
 * The sensor; see sensor.h: what an observer tells becomes lines, which go out in pieces.
 */
#include "watch/sensor.h"

#include "watch/behaviour_alert.h"
#include "watch/detection.h"

#include <pthread.h>
#include <stdlib.h>

#define PIECE ((size_t)64 << 10) /* bytes of lines, before they are written */

struct sensor {
	struct sensor_settings settings;
	struct observer *observer;
	struct eve_source source;
	struct builder lines;
	struct sensor_counts counts;
	const struct flow *flow;   /* at which something is found in behaviour */
	nanoseconds newest, begun; /* of the packets' clock; the monotonic one */
	enum error error;          /* of the output */
	struct failure failure;
};

/* ── lines ─ */

/* The first error of the output stays: nothing is written after it. */
static void write_lines(struct sensor *sensor)
{
	if (!sensor->error && sensor->lines.failed)
		sensor->error = fail(&sensor->failure, ERROR_MEMORY, "no memory for the records");
	if (!sensor->error && sensor->settings.write && sensor->lines.size > 0)
		sensor->error = sensor->settings.write(
		    sensor->settings.context, (struct text){ sensor->lines.at, sensor->lines.size }, &sensor->failure);
	builder_clear(&sensor->lines);
}

static void added(struct sensor *sensor)
{
	if (sensor->lines.size >= PIECE || sensor->lines.failed)
		write_lines(sensor);
}

static enum error result(const struct sensor *sensor, struct failure *failure)
{
	if (sensor->error && failure)
		*failure = sensor->failure;
	return sensor->error;
}

/* ── statistical detectors, which all workers share: a host's flows are not all of one worker ─ */

struct sensor_behaviour {
	pthread_mutex_t lock;
	struct behaviour *behaviour;
	struct sensor *sensor; /* whose flow is looked at */
};

static void on_finding(void *context, const struct finding *finding)
{
	const struct sensor_behaviour *shared = context;
	struct sensor *sensor = shared->sensor;

	flow_note_alerted(sensor->flow);
	behaviour_alert_write(finding, &sensor->source, sensor->flow, &sensor->lines);
	sensor->counts.alerts++;
	sensor->counts.records++;
}

struct sensor_behaviour *sensor_behaviour_new(const struct behaviour_settings *settings)
{
	struct sensor_behaviour *shared = calloc(1, sizeof *shared);

	if (!shared)
		return NULL;
	shared->behaviour = behaviour_new(settings, on_finding, shared);
	if (!shared->behaviour) {
		free(shared);
		return NULL;
	}
	pthread_mutex_init(&shared->lock, NULL);
	return shared;
}

void sensor_behaviour_free(struct sensor_behaviour *shared)
{
	if (!shared)
		return;
	behaviour_free(shared->behaviour);
	pthread_mutex_destroy(&shared->lock);
	free(shared);
}

uint64_t sensor_behaviour_forgotten(struct sensor_behaviour *shared)
{
	if (!shared)
		return 0;
	pthread_mutex_lock(&shared->lock);
	uint64_t forgotten = behaviour_forgotten(shared->behaviour);
	pthread_mutex_unlock(&shared->lock);
	return forgotten;
}

static struct behaviour *behaviour_enter(struct sensor *sensor, const struct flow *flow)
{
	struct sensor_behaviour *shared = sensor->settings.behaviour;

	pthread_mutex_lock(&shared->lock);
	shared->sensor = sensor;
	sensor->flow = flow;
	return shared->behaviour;
}

static void behaviour_leave(struct sensor *sensor)
{
	pthread_mutex_unlock(&sensor->settings.behaviour->lock);
}

/* ── what the observer tells ─ */

static void on_facts(void *context, const struct dissection *dissection, enum side side, const void *facts)
{
	struct sensor *sensor = context;

	if (sensor->settings.detection)
		detection_facts(sensor->settings.detection, dissection, side, facts, &sensor->source, &sensor->lines);
	if (sensor->settings.behaviour) {
		behaviour_facts(behaviour_enter(sensor, dissection->flow), dissection, facts);
		behaviour_leave(sensor);
	}
	if (sensor->settings.write) /* without it only alerts are counted */
		sensor->counts.records += eve_facts(&sensor->lines, &sensor->source, dissection, side, facts);
	added(sensor);
}

static void on_anomaly(void *context, const struct dissection *dissection, enum side side, const char *event)
{
	struct sensor *sensor = context;

	eve_anomaly(&sensor->lines, &sensor->source, dissection, side, event);
	sensor->counts.records++;
	sensor->counts.anomalies++;
	added(sensor);
}

static void on_packet_anomaly(void *context, const struct frame *frame, const struct flow *flow, const char *event)
{
	struct sensor *sensor = context;

	eve_packet_anomaly(&sensor->lines, &sensor->source, frame, flow, event);
	sensor->counts.records++;
	sensor->counts.anomalies++;
	added(sensor);
}

static void on_flow_begun(void *context, const struct flow *flow)
{
	struct sensor *sensor = context;

	detection_flow_begun(sensor->settings.detection, flow, &sensor->source, &sensor->lines);
}

static void on_payload(void *context, const struct flow *flow, enum side side, nanoseconds time, uint64_t offset,
    const uint8_t *bytes, size_t size)
{
	struct sensor *sensor = context;

	detection_payload(
	    sensor->settings.detection, flow, side, time, offset, bytes, size, &sensor->source, &sensor->lines);
}

static void on_flow(void *context, const struct flow *flow, enum flow_over why)
{
	struct sensor *sensor = context;

	if (sensor->settings.detection)
		detection_flow_over(sensor->settings.detection, flow);
	if (sensor->settings.behaviour) {
		const struct seen_flow seen = seen_flow_of(flow);
		behaviour_flow(behaviour_enter(sensor, flow), &seen);
		behaviour_leave(sensor);
	}
	if (sensor->settings.write) {
		eve_flow(&sensor->lines, &sensor->source, flow, why);
		sensor->counts.records++;
	}
	added(sensor);
}

/* ── life ─ */

enum error sensor_new(const struct sensor_settings *settings, struct sensor **sensor, struct failure *failure)
{
	struct sensor *made = calloc(1, sizeof *made);

	if (!made)
		return fail(failure, ERROR_MEMORY, "no memory for the sensor");
	made->settings = *settings;
	made->source.host = settings->host;
	made->begun = time_monotonic();
	struct observer_settings *observer = &made->settings.observer;
	if (settings->detection) {
		observer->flow_begun = on_flow_begun;
		observer->payload = settings->payload ? on_payload : NULL;
	}
	if (settings->write || settings->detection || settings->behaviour) {
		observer->listener = (struct listener){ made, on_facts, on_anomaly };
		observer->flow_over = on_flow;
		observer->packet_anomaly = on_packet_anomaly;
		observer->context = made;
	}
	made->observer = observer_new(observer);
	if (!made->observer) {
		sensor_free(made);
		return fail(failure, ERROR_MEMORY, "no memory for %u flows", settings->observer.flows);
	}
	*sensor = made;
	return OK;
}

void sensor_free(struct sensor *sensor)
{
	if (!sensor)
		return;
	if (sensor->observer)
		observer_free(sensor->observer);
	builder_free(&sensor->lines);
	free(sensor);
}

void sensor_source(struct sensor *sensor, struct text interface, struct text file)
{
	sensor->source.in_iface = interface;
	sensor->source.pcap_filename = file;
}

/* ── work ─ */

static void enter(struct sensor *sensor)
{
	if (sensor->settings.detection)
		detection_enter(sensor->settings.detection);
}

static void leave(struct sensor *sensor)
{
	if (sensor->settings.detection)
		detection_leave(sensor->settings.detection);
}

enum error sensor_frames(struct sensor *sensor, const struct frame *frames, size_t count, struct failure *failure)
{
	if (count == 0)
		return OK;
	enter(sensor);
	observer_frames(sensor->observer, frames, count);
	leave(sensor);
	sensor->newest = frames[count - 1].time;
	return result(sensor, failure);
}

void sensor_time(struct sensor *sensor, nanoseconds now)
{
	enter(sensor);
	observer_time(sensor->observer, now);
	leave(sensor);
}

enum error sensor_flush(struct sensor *sensor, struct failure *failure)
{
	write_lines(sensor);
	return result(sensor, failure);
}

enum error sensor_stats(struct sensor *sensor, const struct eve_capture *capture, struct failure *failure)
{
	struct observer_counts counts = observer_count(sensor->observer);

	if (!sensor->settings.write)
		return OK;
	eve_stats(&sensor->lines, &sensor->source, sensor->newest, time_monotonic() - sensor->begun, capture, &counts);
	write_lines(sensor);
	return result(sensor, failure);
}

enum error sensor_finish(struct sensor *sensor, struct failure *failure)
{
	enter(sensor);
	observer_finish(sensor->observer);
	leave(sensor);
	return sensor_flush(sensor, failure);
}

struct sensor_counts sensor_count(const struct sensor *sensor)
{
	struct sensor_counts counts = sensor->counts;

	counts.observer = observer_count(sensor->observer);
	if (sensor->settings.detection) {
		struct detection_counts found = detection_count(sensor->settings.detection);
		counts.alerts += found.indicators + found.signatures;
		counts.records += found.indicators + found.signatures;
	}
	return counts;
}
