/*
 * The sensor: frames go into an observer, and what it tells comes out as EVE JSON.
 *
 *   capture file or interface → struct sensor → lines of EVE
 *
 * One thread for a sensor.
 */
#ifndef NOROSHI_WATCH_SENSOR_H
#define NOROSHI_WATCH_SENSOR_H

#include "formats/eve_packet.h"
#include "net/observer.h"

struct behaviour_settings;
struct detection;
struct sensor;

/* The statistical detectors, for the sensors of all workers: any thread. */
struct sensor_behaviour;
struct sensor_behaviour *sensor_behaviour_new(const struct behaviour_settings *settings); /* NULL without memory */
void sensor_behaviour_free(struct sensor_behaviour *shared);                              /* NULL is fine */
uint64_t sensor_behaviour_forgotten(struct sensor_behaviour *shared); /* entries that made room; 0 for NULL */

struct sensor_settings {
	struct observer_settings observer; /* its listener and callbacks are set by the sensor */
	struct text host;                  /* the sensor's name; lives longer */
	struct detection *detection;       /* what is looked for, of the sensor's thread; lives longer; NULL: nothing */
	bool payload;                      /* signatures look at payload */
	struct sensor_behaviour *behaviour; /* lives longer; NULL: none */
	/* Takes whole lines; an error ends the sensor's work. NULL: nothing is written. */
	enum error (*write)(void *context, struct text lines, struct failure *failure);
	void *context;
};

struct sensor_counts {
	struct observer_counts observer;
	uint64_t records;   /* lines written, without those of stats */
	uint64_t anomalies; /* of packets and protocols, among them */
	uint64_t alerts;    /* among them */
};

enum error sensor_new(const struct sensor_settings *settings, struct sensor **sensor, struct failure *failure);
void sensor_free(struct sensor *sensor); /* NULL is fine; without telling of flows */

/* Where the next frames come from; the texts live until another is named. */
void sensor_source(struct sensor *sensor, struct text interface, struct text file);
enum error sensor_frames(struct sensor *sensor, const struct frame *frames, size_t count, struct failure *failure);
/* Time passes without frames: of their clock. */
void sensor_time(struct sensor *sensor, nanoseconds now);
/* What is ready is written, however little. */
enum error sensor_flush(struct sensor *sensor, struct failure *failure);
enum error sensor_stats(struct sensor *sensor, const struct eve_capture *capture, struct failure *failure);
/* Every flow ends; all that is ready is written. */
enum error sensor_finish(struct sensor *sensor, struct failure *failure);
struct sensor_counts sensor_count(const struct sensor *sensor);

#endif
