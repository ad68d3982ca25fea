/*
 * What an agent writes down as lost. After the cut every loss that was said is in the status, in order, as JSON; and
 * further ones get lines of their own.
 */
#include "kinds.h"

#include "watch/loss.h"

#include <jansson.h>

#define LOSSES 6
#define EXACTLY 354 /* digits of a name with which the line has 512 bytes */

static bool say(const char *folder, int number)
{
	/* The first lines are exactly a sector: what stood there and was dropped leaves no end of a line. Others are
	 * torn. */
	char file[400];
	snprintf(file, sizeof file, "/var/log/%0*d.log",
	    number <= LOSSES / 2 ? EXACTLY
	    : number % 2         ? 20
				 : 300,
	    number);
	const struct loss loss = {
		.file = file, .epoch = { 1, (uint64_t)number }, .from = (uint64_t)number, .bytes = 1, .why = "test"
	};
	return loss_say(folder, &loss);
}

/* The largest number that is there; the losses stand in their order, now and then twice. */
static int look(const char *folder)
{
	struct builder to = { 0 };
	int last = 0;
	losses_write(folder, &to);
	json_t *losses = json_loadb(to.at, to.size, 0, NULL), *loss;
	assert_true(json_is_array(losses));
	size_t index;
	json_array_foreach(losses, index, loss)
	{
		int number = (int)json_integer_value(json_object_get(loss, "from"));
		assert_true(number == last || number == last + 1);
		last = number;
	}
	json_decref(losses);
	builder_free(&to);
	return last;
}

static bool work(const char *folder)
{
	/* As an agent whose positions are older: the last one that stands there may be said again. */
	int last = look(folder);
	for (int number = last ? last : 1; number <= LOSSES; number++) {
		/* After a full disk the same process says it later. */
		if (!say(folder, number) && !say(folder, number))
			return false;
		mark("said %d", number);
	}
	return true;
}

static void check(const char *folder, const struct marks *marks)
{
	int last = look(folder);
	assert_true(last >= (int)marked_number(marks, "said "));
	assert_true(say(folder, last + 1));
	assert_int_equal(look(folder), last + 1);
}

const struct powercut_kind kind_losses = { "losses", work, check, .faults = 100 };
