/*
 * intel/source.h and intel/export.h: whatever a file holds, each format's text is of its form: JSON that is read again,
 * and lines that nothing in an item can end, or begin anew, before their time.
 *
 * Sources: intel/source.c, intel/observable.c, intel/export.c, intel/export_lists.c, intel/export_rules.c,
 * intel/export_stix.c, intel/export_misp.c, intel/export_communities.c.
 */
#include "base/json.h"
#include "fuzz.h"
#include "intel/export.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void complain(void *context, const char *file, const struct failure *failure)
{
	(void)context;
	CHECK(file[0] && failure->words[0]);
}

static struct exporting *export_file(const struct export_format *format, const char *path)
{
	struct export_options options = { .tlp = TLP_RED, .sid = 1, .zone = "z", .now = 1800000000 * SECOND };
	struct intel_source *source;
	struct intel_group group;
	struct failure failure = { 0 };
	struct exporting *exporting = exporting_new(format, &options);
	CHECK(exporting);
	if (intel_source_open(path, complain, NULL, &source, &failure) == OK) {
		while (intel_source_next(source, &group, &failure) == OK)
			exporting_group(exporting, &group);
		intel_source_close(source);
	}
	exporting_end(exporting);
	return exporting;
}

static bool begins_so(struct text line, const char *const *beginnings)
{
	for (; *beginnings; beginnings++)
		if (text_starts(line, text_of(*beginnings)))
			return true;
	return false;
}

static void check_community(struct text line)
{
	struct json_parser *parser = json_parser_new(64);
	struct json_value root;
	CHECK(parser && json_parse(parser, line, &root, NULL) == OK);
	struct text name = json_text(json_get(root, "name"));
	CHECK(name.size > 0 && name.size < 64 && name.at[0] != '-');
	for (size_t i = 0; i < name.size; i++)
		CHECK(strchr("abcdefghijklmnopqrstuvwxyz0123456789-", name.at[i]));
	CHECK(json_kind(json_get(root, "members")) == JSON_IS_ARRAY);
	json_parser_free(parser);
}

static void check_line(const char *format, struct text line)
{
	static const char *const hosts[] = { "# block TLP:", "0.0.0.0 ", ":: ", NULL };
	static const char *const zone[] = { "; block TLP:", "$TTL 300", "$ORIGIN z.", "@ IN ", NULL };
	if (strcmp(format, "hosts") == 0)
		CHECK(begins_so(line, hosts));
	else if (strcmp(format, "rpz") == 0)
		CHECK(begins_so(line, zone) || text_ends(line, TEXT(" CNAME .")));
	else if (strcmp(format, "suricata") == 0)
		CHECK(text_starts(line, TEXT("alert ")) && text_ends(line, TEXT(";)")));
	else if (strcmp(format, "csv") == 0)
		CHECK(memchr(line.at, ',', line.size));
	else if (strcmp(format, "communities") == 0)
		check_community(line);
}

static void check_text(const char *format, struct text text)
{
	struct json_parser *parser = json_parser_new(256);
	struct json_value root;
	CHECK(parser);
	if (strcmp(format, "stix") == 0 || strcmp(format, "misp") == 0)
		CHECK(json_parse(parser, text, &root, NULL) == OK);
	else
		while (text.size)
			check_line(format, text_cut(&text, '\n'));
	json_parser_free(parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[40];
	int file = memfd_create("fuzz", MFD_CLOEXEC);
	CHECK(file >= 0 && write(file, data, size) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	for (size_t i = 0; export_formats[i]; i++) {
		struct exporting *exporting = export_file(export_formats[i], path);
		struct builder *text = exporting_text(exporting);
		CHECK(!text->failed);
		check_text(export_formats[i]->name, (struct text){ text->at, text->size });
		exporting_free(exporting);
	}
	close(file);
	return 0;
}
