/*
 * darknet/view/views_notes.h, darknet/view/iot.h: any text is read or refused with words; notes that were read, written
 * again, are read as the same.
 *
 * Sources: darknet/view/views_notes.c, darknet/view/iot.c, darknet/view/period.c.
 */
#include "darknet/view/iot.h"
#include "darknet/view/views_notes.h"
#include "fuzz.h"

#include <string.h>

/* libconfig 1.5 itself loses the string it was reading when a text ends in a syntax error. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text text = { (const char *)data, size };
	struct view_notes notes, again;
	struct builder written = { 0 };
	static struct iot_ports list;
	struct failure failure = { .words = "" };

	if (view_notes_parse("notes", text, &notes, &failure) != OK) {
		CHECK(failure.words[0] && notes.count == 0);
	} else {
		view_notes_write(&notes, &written);
		CHECK(view_notes_parse("again", (struct text){ written.at, written.size }, &again, &failure) == OK);
		CHECK(again.count == notes.count);
		for (size_t i = 0; i < notes.count; i++) {
			const struct view_note *one = &notes.items[i], *other = &again.items[i];
			CHECK(strcmp(one->english, other->english) == 0 &&
			      strcmp(one->japanese, other->japanese) == 0 && strcmp(one->author, other->author) == 0 &&
			      one->days.from == other->days.from && one->days.to == other->days.to &&
			      one->left_out == other->left_out && one->written == other->written);
		}
		view_notes_free(&again);
		view_notes_free(&notes);
	}
	builder_free(&written);
	failure.words[0] = '\0';
	if (iot_ports_parse("list", text, &list, &failure) != OK) {
		CHECK(failure.words[0]);
	} else {
		CHECK(list.count > 0 && list.count <= IOT_PORTS_MOST && list.name[0] && list.date[0]);
		for (size_t i = 0; i < list.count; i++)
			CHECK(iot_ports_has(&list, (uint16_t)list.ports[i], (uint8_t)(list.ports[i] >> 16)));
	}
	return 0;
}
