/*
 * Databases of the IPFire project's location service (location.db). The format is libloc's (libloc/format.h, version 1:
 * big-endian): a binary tree of the 128 bits of addresses, IPv4 below ::ffff:0:0/96. Read without libloc, which makes
 * an object of each network (0.45 s for Debian's) and believes the offsets of a file.
 */
#include "match/origin_inside.h"

#include <endian.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD 68 /* magic, version, and the header's numbers up to the pool */
#define NODE 12
#define NETWORK 12
#define NONE UINT32_MAX

struct tree {
	const char *path;
	const uint8_t *at; /* the file */
	size_t size;
	const uint8_t *nodes, *networks;
	uint32_t node_count, network_count;
	uint64_t visited; /* nodes: in a tree each is met once */
	struct origin_filling *filling;
	struct failure *failure;
};

static uint32_t number_at(const uint8_t *at)
{
	uint32_t number;
	memcpy(&number, at, sizeof number);
	return be32toh(number);
}

/* A part of the file: its offset stands at `place` of the head, and behind it its length. */
static bool part(const struct tree *tree, size_t place, size_t each, const uint8_t **at, uint32_t *count)
{
	uint32_t offset = number_at(tree->at + place), length = number_at(tree->at + place + 4);
	if (offset > tree->size || length > tree->size - offset)
		return false;
	*at = tree->at + offset;
	*count = (uint32_t)(length / each);
	return true;
}

static enum error add(struct tree *tree, uint32_t which, uint64_t key, unsigned depth, unsigned most)
{
	uint64_t rest = depth >= most ? 0 : UINT64_MAX >> (64 - most + depth);
	struct origin_network network = { .is_v4 = most == 32 };

	if (which >= tree->network_count)
		return fail(tree->failure, ERROR_CORRUPT, "%s: network %u points out of the file", tree->path, which);
	const uint8_t *at = tree->networks + (size_t)which * NETWORK;
	network.first = network.is_v4 ? key << 32 : key;
	network.last = network.is_v4 ? (key | rest) << 32 | UINT32_MAX : key | rest;
	memcpy(network.origin.country, at, sizeof network.origin.country);
	network.origin.network = number_at(at + 4);
	return origin_add(tree->filling, &network, tree->failure);
}

/* What is at a node and below it, those around before those within. */
static enum error descend(struct tree *tree, uint32_t which, uint64_t key, unsigned depth, unsigned most)
{
	if (which >= tree->node_count)
		return fail(tree->failure, ERROR_CORRUPT, "%s: node %u points out of the file", tree->path, which);
	if (tree->visited++ > 2 * (uint64_t)tree->node_count)
		return fail(tree->failure, ERROR_CORRUPT, "%s: its nodes are no tree", tree->path);
	const uint8_t *node = tree->nodes + (size_t)which * NODE;
	uint32_t network = number_at(node + 8);
	enum error error = network == NONE ? OK : add(tree, network, key, depth, most);
	for (unsigned side = 0; side < 2 && depth < most && !error; side++) {
		uint32_t below = number_at(node + side * 4);
		if (below)
			error = descend(tree, below, key | (uint64_t)side << (most - 1 - depth), depth + 1, most);
	}
	return error;
}

/* The node of ::ffff:0:0/96; 0: there is none. */
static uint32_t beginning_of_v4(const struct tree *tree)
{
	uint32_t which = 0;

	for (unsigned depth = 0; depth < 96; depth++) {
		if (which >= tree->node_count)
			return 0;
		which = number_at(tree->nodes + (size_t)which * NODE + (depth < 80 ? 0 : 4));
		if (which == 0)
			return 0;
	}
	return which;
}

static enum error read_tree(struct tree *tree)
{
	uint64_t created;

	if (tree->size < HEAD || memcmp(tree->at, "LOCDBXX\1", 8) != 0 ||
	    !part(tree, 36, NETWORK, &tree->networks, &tree->network_count) ||
	    !part(tree, 44, NODE, &tree->nodes, &tree->node_count))
		return fail(tree->failure, ERROR_INPUT,
		    "%s: a database of libloc (location.db, version 1) was expected", tree->path);
	memcpy(&created, tree->at + 8, sizeof created);
	created = be64toh(created);
	tree->filling->file->date = created < INT64_MAX / SECOND ? (nanoseconds)created * SECOND : 0;
	if (tree->node_count == 0)
		return OK;
	uint32_t v4 = beginning_of_v4(tree);
	enum error error = v4 ? descend(tree, v4, 0, 0, 32) : OK;
	tree->visited = 0;
	return error ? error : descend(tree, 0, 0, 0, 64);
}

enum error origin_read_location(const char *path, struct origin_filling *filling, struct failure *failure)
{
	struct tree tree = { .path = path, .filling = filling, .failure = failure };
	int file = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status = { 0 };
	enum error error;

	if (file < 0 || fstat(file, &status) != 0) {
		error = fail_errno(failure, "%s", path);
	} else {
		void *at = status.st_size > 0
			       ? mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0)
			       : MAP_FAILED;
		tree.at = at;
		tree.size = (size_t)status.st_size;
		error = at == MAP_FAILED ? fail(failure, ERROR_INPUT, "%s: cannot be mapped", path) : read_tree(&tree);
		if (at != MAP_FAILED)
			munmap(at, tree.size);
	}
	if (file >= 0)
		close(file);
	return error;
}
