/*
 * A state store that stands where the work begins; see kinds.h. In: the migrations; out: one file.
 */
#include "kinds.h"

#include "store/store.h"

#include <unistd.h>

static char *prepared;
static size_t prepared_size;

void prepare_store(void)
{
	char folder[] = "/tmp/noroshi-prepared-XXXXXX", path[64], location[80];
	struct store *store;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/state.db", folder);
	snprintf(location, sizeof location, "sqlite:%s", path);
	FINE(store_open(location, &store, &failure));
	store_close(store);
	FINE(file_read(path, 64 << 20, &prepared, &prepared_size, &failure));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0); /* closed it is one file */
}

enum error prepared_store(const char *path, struct failure *failure)
{
	if (access(path, F_OK) == 0)
		return OK;
	return file_replace(path, (struct text){ prepared, prepared_size }, 0600, failure);
}
