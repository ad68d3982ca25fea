/*
 * match/warninglist.h: any document is taken or skipped; the counts agree; every address and name may then be asked
 * for. A document may begin with the table of kinds, up to a line "---".
 *
 * Sources: match/warninglist.c.
 */
#include "fuzz.h"
#include "match/warninglist.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text document = { (const char *)data, size }, table = TEXT_NONE;
	struct failure failure = { 0 };
	struct warninglists_counts counts;
	struct warninglists *lists = warninglists_new(NULL, NULL);
	CHECK(lists);
	ptrdiff_t cut = text_find(document, TEXT("---\n"));
	if (cut >= 0) {
		table = (struct text){ document.at, (size_t)cut };
		document = (struct text){ document.at + cut + 4, size - (size_t)cut - 4 };
	}
	if (warninglists_kinds(lists, "kinds", table, &failure) != OK)
		CHECK(failure.words[0]);
	CHECK(warninglists_add(lists, "list", document, &failure) == OK || failure.code == ERROR_LIMIT);
	CHECK(warninglists_compile(lists, &failure) == OK);
	warninglists_count(lists, &counts);
	CHECK(counts.lists + counts.files_skipped <= 1);
	const struct warninglist *list = warninglist_get(lists, 0);
	CHECK(!list == !counts.lists);
	if (list)
		CHECK(list->skipped == counts.entries_skipped &&
		      list->entries == counts.addresses + counts.names + counts.substrings);
	for (size_t i = 0; i + 16 <= size && i < 256; i += 16) {
		struct address address;
		memcpy(address.bytes, data + i, 16);
		const struct warninglist *found = warninglist_address(lists, address, 0);
		CHECK(!found || (found == list && counts.addresses > 0));
		found = warninglist_domain(lists, (struct text){ (const char *)data + i, 16 }, 0);
		CHECK(!found || (found == list && counts.names + counts.substrings > 0));
	}
	warninglists_free(lists);
	return 0;
}
