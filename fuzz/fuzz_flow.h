/*
 * What the fuzz targets of flow exports share: the input is a run of datagrams, each behind two bytes of length, which
 * all begin with the format's version. Exporters and templates are few, so that places run out.
 */
#ifndef NOROSHI_FUZZ_FLOW_H
#define NOROSHI_FUZZ_FLOW_H

#include "formats/eve_netflow.h"
#include "formats/flow_export.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static void check_record(void *context, const struct flow_record *record)
{
	struct builder *line = context;
	builder_clear(line);
	eve_netflow(line, record);
	CHECK(line->size == 0 || line->at[line->size - 1] == '\n');
	CHECK(record->ip_version == 0 || record->ip_version == 4 || record->ip_version == 6);
}

static int fuzz_flow(const uint8_t *version, size_t version_size, const uint8_t *data, size_t size)
{
	static uint8_t datagram[65536];
	struct builder line = { 0 };
	const struct flow_export_settings settings = { .exporters = 8, .templates = 4 };
	const struct flow_listener listener = { check_record, &line };
	struct flow_export *export = flow_export_new(&settings, &listener);
	CHECK(export);
	memcpy(datagram, version, version_size);
	while (size >= 2) {
		size_t length = (size_t)data[0] << 8 | data[1];
		data += 2;
		size -= 2;
		length = length > size ? size : length;
		length = length > sizeof datagram - version_size ? sizeof datagram - version_size : length;
		/* exactly as long, so that a sanitizer sees a byte too many */
		uint8_t *exact = malloc(version_size + length);
		CHECK(exact);
		memcpy(exact, version, version_size);
		memcpy(exact + version_size, data, length);
		struct address exporter = { .bytes = { [10] = 0xff, [11] = 0xff, 198, 18, 0, (uint8_t)(length % 11) } };
		struct failure failure = { 0 };
		if (flow_export_datagram(export, exporter, 1795273200 * SECOND, exact, version_size + length, &failure))
			CHECK(failure.words[0]);
		free(exact);
		data += length;
		size -= length;
	}
	flow_export_free(export);
	builder_free(&line);
	return 0;
}

#endif
