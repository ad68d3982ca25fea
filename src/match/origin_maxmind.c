/*
 * Databases in MaxMind's format (MaxMind DB File Format Specification 2.0), through libmaxminddb: those of countries
 * (country.iso_code), of cities (the same), of networks (autonomous_system_number), and of both in one.
 */
#include "match/origin_inside.h"

#include <maxminddb.h>
#include <string.h>

struct walk {
	const char *path;
	MMDB_s database;
	struct origin_filling *filling;
	struct failure *failure;
	uint64_t visited;  /* nodes: in a tree each is met once */
	uint32_t known_at; /* many networks point at the same data: that which was read last */
	struct origin known;
};

static struct origin origin_at(struct walk *walk, MMDB_entry_s *entry)
{
	MMDB_entry_data_s data;
	struct origin origin = { 0 };

	if (entry->offset == walk->known_at)
		return walk->known;
	if (MMDB_get_value(entry, &data, "country", "iso_code", NULL) == MMDB_SUCCESS && data.has_data &&
	    data.type == MMDB_DATA_TYPE_UTF8_STRING && data.data_size == 2)
		memcpy(origin.country, data.utf8_string, 2);
	if (MMDB_get_value(entry, &data, "autonomous_system_number", NULL) == MMDB_SUCCESS && data.has_data &&
	    data.type == MMDB_DATA_TYPE_UINT32)
		origin.network = data.uint32;
	walk->known_at = entry->offset;
	walk->known = origin;
	return origin;
}

/* A network of `depth` bits, the upper 64 of which are `key`: of IPv4 those with ::/96 before them. */
static enum error add(struct walk *walk, MMDB_entry_s *entry, uint64_t key, unsigned depth, bool is_v4)
{
	unsigned bits = is_v4 ? 64 - 32 : 64; /* that may vary */
	uint64_t rest = depth >= bits ? 0 : UINT64_MAX >> (64 - bits + depth);
	struct origin_network network = { .is_v4 = is_v4, .origin = origin_at(walk, entry) };

	network.first = is_v4 ? key << 32 : key;
	network.last = is_v4 ? (key | rest) << 32 | UINT32_MAX : key | rest;
	return origin_add(walk->filling, &network, walk->failure);
}

/* What is below one node. The trees of some databases lead from ::ffff:0:0/96, 2001::/32 and 2002::/16 to the tree of
 * IPv4 again: a database of IPv6 is walked to 64 bits, and that of IPv4 once, from ::/96. */
static enum error descend(struct walk *walk, uint64_t record, uint64_t key, unsigned depth, unsigned most)
{
	MMDB_search_node_s node;

	if (walk->visited++ > 2 * (uint64_t)walk->database.metadata.node_count)
		return fail(walk->failure, ERROR_CORRUPT, "%s: its nodes are no tree", walk->path);
	if (MMDB_read_node(&walk->database, (uint32_t)record, &node) != MMDB_SUCCESS)
		return fail(walk->failure, ERROR_CORRUPT, "%s: node %u cannot be read", walk->path, (unsigned)record);
	for (unsigned side = 0; side < 2; side++) {
		uint64_t below = key | (uint64_t)side << (most - 1 - depth);
		uint8_t type = side ? node.right_record_type : node.left_record_type;
		uint64_t next = side ? node.right_record : node.left_record;
		enum error error = OK;

		if (most == 64 && walk->database.ipv4_start_node.netmask == 96 &&
		    next == walk->database.ipv4_start_node.node_value && type == MMDB_RECORD_TYPE_SEARCH_NODE)
			continue;
		if (type == MMDB_RECORD_TYPE_DATA)
			error = add(walk, side ? &node.right_record_entry : &node.left_record_entry, below, depth + 1,
			    most == 32);
		else if (type == MMDB_RECORD_TYPE_SEARCH_NODE && depth + 1 < most)
			error = descend(walk, next, below, depth + 1, most);
		else if (type == MMDB_RECORD_TYPE_INVALID)
			error = fail(walk->failure, ERROR_CORRUPT, "%s: a record of node %u points out of the file",
			    walk->path, (unsigned)record);
		if (error)
			return error;
	}
	return OK;
}

static enum error walk_all(struct walk *walk)
{
	const MMDB_ipv4_start_node_s *v4 = &walk->database.ipv4_start_node;
	enum error error = OK;

	if (walk->database.metadata.ip_version == 4)
		return descend(walk, 0, 0, 0, 32);
	if (v4->netmask == 96 && v4->node_value < walk->database.metadata.node_count)
		error = descend(walk, v4->node_value, 0, 0, 32);
	return error ? error : descend(walk, 0, 0, 0, 64);
}

enum error origin_read_maxmind(const char *path, struct origin_filling *filling, struct failure *failure)
{
	struct walk walk = { .path = path, .filling = filling, .failure = failure, .known_at = UINT32_MAX };
	int status = MMDB_open(path, MMDB_MODE_MMAP, &walk.database);

	if (status != MMDB_SUCCESS)
		return fail(failure, status == MMDB_FILE_OPEN_ERROR ? ERROR_SYSTEM : ERROR_INPUT,
		    "%s: a location.db or *.mmdb was expected: %s", path, MMDB_strerror(status));
	filling->file->date = (nanoseconds)walk.database.metadata.build_epoch * SECOND;
	enum error error = walk.database.metadata.node_count ? walk_all(&walk) : OK;
	MMDB_close(&walk.database);
	return error;
}
