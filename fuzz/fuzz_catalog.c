/*
 * base/catalog.h: any bytes are refused with words, or every text that is in them can be looked up and put together.
 *
 * Sources: base/catalog.c.
 */
#include "base/catalog.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct catalog *catalog = NULL;
	struct failure failure = { 0 };
	if (catalog_read((struct text){ (const char *)data, size }, &catalog, &failure) != OK) {
		CHECK(failure.words[0]);
		return 0;
	}
	CHECK(catalog_count(catalog) <= size / 16);
	struct text some = { (const char *)data, size < 40 ? size : 40 }, parameters[] = { TEXT("one"), TEXT("two") };
	struct text found = catalog_text(catalog, some);
	CHECK(text_utf8_valid(found) == found.size || found.at == some.at);
	CHECK(catalog_string(catalog, "Open") != NULL);
	struct builder built = { 0 };
	catalog_build(catalog, TEXT("Open"), parameters, 2, &built);
	catalog_build(catalog, some, parameters, 2, &built);
	builder_free(&built);
	catalog_free(catalog);
	return 0;
}
