/*
 * A load on a centre: sensors that send batches, probes that must become events. What the parts of the program share.
 */
#ifndef NOROSHI_BENCH_LOAD_LOAD_H
#define NOROSHI_BENCH_LOAD_LOAD_H

#include "client.h"

#include "base/time.h"

#include <jansson.h>
#include <stdint.h>

#define NAME_ROOM 64
#define TOKEN_ROOM 80

struct load {
	struct loop *loop;
	SSL_CTX *tls; /* NULL: none */
	char host[64];
	uint16_t port;
	unsigned addresses; /* of our own that were given out */
	bool ending;        /* no new batches */
};

/* Seconds that something took. */
struct times {
	double *at;
	size_t count, room;
};
void times_add(struct times *times, double seconds);
json_t *times_json(struct times *times); /* count, p50, p90, p99, most, in seconds; sorts them */

/* One sensor (sender.c). `rate`: alerts a second, 0 = as fast as it is answered. `flood`: it goes on as its rate says,
 * whatever it is told, and takes a refused batch for done. */
struct sender;
struct sender *sender_new(struct load *load, const char *name, const char *token, double rate, unsigned connections,
    unsigned batch, bool flood);
void sender_free(struct sender *sender);
void sender_start(struct sender *sender, unsigned nth, unsigned of);
void sender_measure(struct sender *sender);                        /* latencies from now on */
unsigned sender_flying(const struct sender *sender);               /* batches that are not settled */
uint64_t sender_acknowledged(const struct sender *sender);         /* alerts */
void sender_gather(const struct sender *sender, struct times *to); /* adds its latencies, unless it floods */
json_t *sender_json(struct sender *sender);

/* Probes (probe.c): each belongs to an organisation that sends nothing else; its batch holds one line that is an event,
 * and the queue of an analyst is asked until it shows the event. */
struct probes;
struct probes *probes_new(struct load *load, unsigned batch);
void probes_free(struct probes *probes);
bool probes_add(struct probes *probes, const char *token, unsigned organisation);
void probes_analyst(struct probes *probes, const char *token);
void probes_start(struct probes *probes, nanoseconds every); /* the first after one period */
unsigned probes_flying(const struct probes *probes);
json_t *probes_json(struct probes *probes);

/* The alerts that an answer to a batch acknowledges. */
uint64_t answer_alerts(const struct client_answer *answer);

uint32_t load_address(struct load *load); /* the next of our own addresses, 127.1.0.1 … */

#endif
