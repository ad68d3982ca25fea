/*
 * Makes a folder as a power cut would leave it, for tests that are no C.
 *
 * usage: powercut_cut JOURNAL                               the number of records, and those that are marks
 *        powercut_cut JOURNAL ROOT TO RECORD KIND NUMBER    what of ROOT there is after a cut behind that record, into
 * TO (KIND as enum cut_kind of disk.h)
 */
#include "../lib/disk.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

int main(int count, char **words)
{
	struct failure failure;
	struct file_record record;
	char *at;
	size_t size;
	unsigned long number = 0, last = count == 7 ? strtoul(words[4], NULL, 10) : ~0ul;
	if ((count != 2 && count != 7) || file_read(words[1], (size_t)1 << 30, &at, &size, &failure) != OK)
		return 2;
	struct reader journal = reader_of(at, size);
	struct disk *disk = disk_new();
	enum error error = OK;
	while (number < last && (error = file_journal_next(&journal, &record, &failure)) == OK) {
		number++;
		disk_replay(disk, &record);
		if (record.operation == FILE_MARK && count == 2)
			printf("%lu %.*s\n", number, (int)record.data.size, record.data.at);
	}
	if (count == 2)
		printf("%lu end\n", number);
	else
		disk_cut(disk, (struct cut){ (enum cut_kind)atoi(words[5]), strtoul(words[6], NULL, 10) }, words[2],
		    words[3]);
	disk_free(disk);
	free(at);
	return error == OK || error == ERROR_END ? 0 : 1;
}
