/*
 * What the readers of both kinds of database fill; of origin*.c alone.
 */
#ifndef NOROSHI_MATCH_ORIGIN_INSIDE_H
#define NOROSHI_MATCH_ORIGIN_INSIDE_H

#include "match/origin.h"

/* Ranges of keys: an IPv4 address in the upper half, or the upper 64 bits of an IPv6 one. */
struct origin_ranges {
	uint64_t *first; /* growing */
	struct origin *what;
	size_t count, room;
};

struct origin_file {
	struct origin_ranges families[2]; /* IPv4, IPv6 */
	nanoseconds date;
};

/* A network of a file; both readers tell them in the order of their addresses, those around before those within. */
struct origin_network {
	bool is_v4;
	uint64_t first, last; /* keys */
	struct origin origin;
};

struct origin_filling {
	struct origin_file *file;
	struct origin_network around[129]; /* those that are open */
	size_t depth;
};

/* ERROR_CORRUPT when the order is not that. After the last one origin_end(). */
enum error origin_add(struct origin_filling *filling, const struct origin_network *network, struct failure *failure);
enum error origin_end(struct origin_filling *filling, struct failure *failure);

/* The readers. `path` is for the failure's words. */
enum error origin_read_location(const char *path, struct origin_filling *filling, struct failure *failure);
enum error origin_read_maxmind(const char *path, struct origin_filling *filling, struct failure *failure);

#endif
