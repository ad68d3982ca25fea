/*
 * How fast the readers that every record passes are, on one core. Run by `meson test --benchmark`; fails below the
 * floor that the pipeline needs. Meaningful in a release build only.
 */
#include "base/hash.h"
#include "base/json.h"
#include "base/stream.h"
#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char eve[] =
    "{\"timestamp\":\"2022-01-15T03:28:40.414093+0000\",\"flow_id\":1393170154127358,\"in_iface\":\"eth1\","
    "\"event_type\":\"alert\",\"src_ip\":\"172.17.130.196\",\"src_port\":37336,\"dest_ip\":\"10.229.2.12\",\"dest_"
    "port\":80,"
    "\"proto\":\"TCP\",\"tx_id\":0,\"alert\":{\"action\":\"allowed\",\"gid\":1,\"signature_id\":2027390,\"rev\":2,"
    "\"signature\":"
    "\"ET USER_AGENTS Microsoft Device Metadata Retrieval Client User-Agent\",\"category\":\"Unknown Traffic\","
    "\"severity\":3},\"http\":{\"hostname\":\"go.microsoft.com\",\"url\":\"/fwlink/?LinkID=252669&clcid=0x409\","
    "\"http_user_agent\":\"MICROSOFT_DEVICE_METADATA_RETRIEVAL_CLIENT\",\"http_method\":\"GET\",\"protocol\":\"HTTP/"
    "1.1\","
    "\"length\":0},\"app_proto\":\"http\"}";

static volatile uint64_t sink; /* what is computed is used */

/* Parses one line, asks for duplicates and takes the fields that a reader takes. */
static void json_once(struct json_parser *parser, bool fields)
{
	struct json_value root;
	int64_t number;
	if (json_parse(parser, (struct text){ eve, sizeof eve - 1 }, &root, NULL) != OK)
		abort();
	if (!fields)
		return;
	static const char *const texts[] = { "timestamp", "event_type", "src_ip", "dest_ip", "proto", "alert.signature",
		"alert.category", "http.hostname", "http.url" };
	static const char *const numbers[] = { "src_port", "dest_port", "alert.severity" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		sink += json_text(json_at(root, texts[i])).size;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		sink += json_to_i64(json_at(root, numbers[i]), &number);
	sink += json_text(json_at(root, "alert.signature_id")).size;
	sink += json_had_duplicate_keys(parser);
}

/* Repeats for a fifth of a second, three times; the best, in calls per second. */
#define PER_SECOND(call)                                                                                               \
	({                                                                                                             \
		double best_ = 0;                                                                                      \
		for (int round_ = 0; round_ < 3; round_++) {                                                           \
			nanoseconds begun_ = time_monotonic(), now_ = begun_;                                          \
			uint64_t calls_ = 0;                                                                           \
			while ((now_ = time_monotonic()) - begun_ < SECOND / 5)                                        \
				for (int i_ = 0; i_ < 1000; i_++, calls_++)                                            \
					call;                                                                          \
			double rate_ = (double)calls_ * 1e9 / (double)(now_ - begun_);                                 \
			best_ = rate_ > best_ ? rate_ : best_;                                                         \
		}                                                                                                      \
		best_;                                                                                                 \
	})

int main(void)
{
	struct json_parser *parser = json_parser_new(64);
	static char block[1 << 16];
	nanoseconds time = 0;
	double value = 0;
	if (!parser)
		return 1;
	double size = sizeof eve - 1;
	double parse = PER_SECOND(json_once(parser, false)) * size / 1e6;
	double read = PER_SECOND(json_once(parser, true)) * size / 1e6;
	double times = PER_SECOND(sink += time_parse(TEXT("2022-01-15T03:28:40.414093+0000"), 0, &time, NULL));
	double reals = PER_SECOND(sink += text_to_double(TEXT("1583330105.224939"), &value));
	double sums = PER_SECOND(sink += checksum((uint32_t)sink, block, sizeof block)) * sizeof block / 1e9;
	printf(
	    "{\"json_parse_mb_per_s\":%.0f,\"json_fields_mb_per_s\":%.0f,\"line_bytes\":%.0f,\"time_parse_per_s\":%.0f,"
	    "\"text_to_double_per_s\":%.0f,\"checksum_gb_per_s\":%.1f}\n",
	    parse, read, size, times, reals, sums);
	json_parser_free(parser);
	return parse < 500 || times < 5e6;
}
