/*
 * Databases of the IPFire project's location service, through libloc.
 */
#include "match/origin_inside.h"

#include <libloc/database.h>
#include <libloc/libloc.h>
#include <libloc/network.h>
#include <stdio.h>
#include <string.h>

static uint64_t key_of(const struct in6_addr *address, bool is_v4)
{
	uint64_t key = 0;

	for (size_t i = 0; i < (is_v4 ? 4 : 8); i++)
		key = key << 8 | address->s6_addr[i + (is_v4 ? 12 : 0)];
	return is_v4 ? key << 32 : key;
}

static enum error add(struct origin_filling *filling, struct loc_network *from, struct failure *failure)
{
	struct origin_network network = { .is_v4 = loc_network_address_family(from) == AF_INET };
	const char *country = loc_network_get_country_code(from);

	if (!network.is_v4 && loc_network_prefix(from) > 64)
		return OK;
	network.first = key_of(loc_network_get_first_address(from), network.is_v4);
	network.last = key_of(loc_network_get_last_address(from), network.is_v4) | (network.is_v4 ? UINT32_MAX : 0);
	network.origin.network = loc_network_get_asn(from);
	if (country && strlen(country) == 2)
		memcpy(network.origin.country, country, 2);
	return origin_add(filling, &network, failure);
}

static enum error add_all(
    const char *path, struct loc_database *database, struct origin_filling *filling, struct failure *failure)
{
	struct loc_database_enumerator *each = NULL;
	struct loc_network *network = NULL;
	enum error error = OK;

	if (loc_database_enumerator_new(&each, database, LOC_DB_ENUMERATE_NETWORKS, 0) != 0)
		return fail(failure, ERROR_MEMORY, "%s: its networks cannot be listed", path);
	while (!error && loc_database_enumerator_next_network(each, &network) == 0 && network) {
		error = add(filling, network, failure);
		loc_network_unref(network);
		network = NULL;
	}
	loc_database_enumerator_unref(each);
	return error;
}

enum error origin_read_location(const char *path, struct origin_filling *filling, struct failure *failure)
{
	FILE *file = fopen(path, "re");
	struct loc_ctx *context = NULL;
	struct loc_database *database = NULL;
	enum error error;

	if (!file)
		return fail_errno(failure, "%s", path);
	if (loc_new(&context) != 0) {
		error = fail(failure, ERROR_MEMORY, "%s: no memory", path);
	} else if ((loc_set_log_priority(context, 0), loc_database_new(context, &database, file)) != 0) {
		error = fail(failure, ERROR_INPUT, "%s: a database of libloc (location.db) was expected", path);
	} else {
		filling->file->date = (nanoseconds)loc_database_created_at(database) * SECOND;
		error = add_all(path, database, filling, failure);
	}
	if (database)
		loc_database_unref(database);
	if (context)
		loc_unref(context);
	fclose(file);
	return error;
}
