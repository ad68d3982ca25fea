/*
 * The manifest of a backup: whatever a stranger made of it is refused with words, or names only files in one folder
 * below, each with its end, and as many bytes as can be added up.
 *
 * Sources: center/manifest.c.
 */
#include "center/manifest.h"
#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct manifest manifest = { 0 };
	struct failure failure = { 0 };
	if (manifest_parse((struct text){ (const char *)data, size }, &manifest, &failure) != OK) {
		CHECK(failure.words[0] && !strchr(failure.words, '\n') && !manifest.files);
		return 0;
	}
	CHECK(memchr(manifest.program, 0, sizeof manifest.program) && memchr(manifest.user, 0, sizeof manifest.user));
	for (size_t i = 0; i < manifest.count; i++) {
		const char *name = manifest.files[i].name;
		CHECK(memchr(name, 0, sizeof manifest.files[i].name) && name[0] && name[0] != '/' && name[0] != '.');
		CHECK(!strstr(name, "..") && !strstr(name, "//"));
	}
	manifest_bytes(&manifest);
	manifest_free(&manifest);
	return 0;
}
