/*
 * What the detector remembers of sources and of paths: two tables of fixed size. A place for a new one is made where
 * the longest quiet of its neighbours stood; how often that happened is counted.
 */
#ifndef NOROSHI_WATCH_WEBATTACK_MEMORY_H
#define NOROSHI_WATCH_WEBATTACK_MEMORY_H

#include "base/time.h"
#include "watch/webattack_pattern.h"

#include <stdint.h>

#define DISTINCT_BITS 256

/* What both tables keep of each entry. */
struct remembered {
	uint64_t key; /* 0 = free */
	nanoseconds seen;
};

/* Requests of a source in one window, and the remarkable ones among them. */
struct tally {
	uint32_t requests, remarkable;
	uint64_t distinct[DISTINCT_BITS / 64]; /* a bit for each that was remarkable */
	bool many;                             /* too many of them: reported */
};

struct source {
	struct remembered is;
	nanoseconds attacked; /* the newest request that was reported; 0 = none */
	nanoseconds window;
	struct tally missing; /* of all requests, those for what is not there */
	struct tally odd;     /* of requests with a query, those whose values hold syntax */
	/* Evidence too light to be reported. */
	nanoseconds weak_since;
	uint16_t weak[ATTACK_COUNT];
	uint8_t weak_requests[ATTACK_COUNT];
	/* Its newest upload: POST or PUT that was not refused. */
	nanoseconds uploaded;
	uint64_t upload_line, put_path;
	/* Answers to what a scanner looks for: a site that answers everything alike has given away nothing. */
	uint64_t probe_path, probe_size;
	bool probes_alike;
};

struct path {
	struct remembered is;
	uint64_t least, most;    /* bytes of the answers (2xx) to clean requests */
	uint32_t answers;        /* so many of them */
	uint32_t found, missing; /* answers 2xx and 404 to anybody */
};

struct memory {
	struct source *sources;
	struct path *paths;
	size_t source_sets, path_sets;
	uint64_t sources_forgotten, paths_forgotten;
};

/* Room for about so many; false without memory. */
bool memory_init(struct memory *memory, size_t sources, size_t paths);
void memory_clear(struct memory *memory); /* the tables; the counts stay */
void memory_free(struct memory *memory);
/* Found or made (zeroed but for its key); `now` is when it is seen. Never NULL. */
struct source *memory_source(struct memory *memory, uint64_t key, nanoseconds now);
struct path *memory_path(struct memory *memory, uint64_t key, nanoseconds now);

/* Counts a request, which is remarkable and has this hash. */
void tally_request(struct tally *tally, bool remarkable, uint64_t hash);
unsigned tally_distinct(const struct tally *tally); /* remarkable ones that differ, about */

#endif
