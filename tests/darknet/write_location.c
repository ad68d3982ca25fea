/*
 * Writes a location.db of libloc for tests: write_location PATH PREFIX=NUMBER … (of the autonomous system).
 */
#include <libloc/libloc.h>
#include <libloc/network.h>
#include <libloc/writer.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add(struct loc_writer *writer, char *word)
{
	struct loc_network *network;
	char *number = strchr(word, '=');
	if (!number)
		return 1;
	*number++ = 0;
	if (loc_writer_add_network(writer, &network, word) != 0)
		return 1;
	int result = loc_network_set_asn(network, (uint32_t)strtoul(number, NULL, 10));
	loc_network_unref(network);
	return result;
}

int main(int argc, char **argv)
{
	struct loc_ctx *context;
	struct loc_writer *writer;
	FILE *file = argc > 1 ? fopen(argv[1], "w+") : NULL;
	if (!file || loc_new(&context) != 0 || loc_writer_new(context, &writer, NULL, NULL) != 0)
		return 1;
	for (int i = 2; i < argc; i++)
		if (add(writer, argv[i]) != 0)
			return 1;
	int result = loc_writer_write(writer, file, LOC_DATABASE_VERSION_1);
	loc_writer_unref(writer);
	loc_unref(context);
	return fclose(file) != 0 || result != 0;
}
