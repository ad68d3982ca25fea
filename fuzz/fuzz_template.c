/*
 * http/template.h: any template is refused with words or renders within its bounds; and data never becomes markup:
 * rendered over values that hold < and " the page has exactly as many of them as with harmless values.
 *
 * Sources: http/template.c, http/template_parse.c, http/template_render.c.
 */
#include "fuzz.h"
#include "http/template.h"

#include <string.h>

static size_t count(const struct builder *page, char c)
{
	size_t times = 0;
	for (size_t i = 0; i < page->size; i++)
		times += page->at[i] == c;
	return times;
}

static bool render(const struct templates *templates, const char *value, struct text language, struct builder *page)
{
	struct failure failure;
	json_t *data = json_pack("{s:s, s:i, s:b, s:[{s:s, s:s}, s, i], s:{s:s, s:[s, s]}}", "a", value, "n", 1234567,
	    "t", 1, "l", "b", value, "code", value, "harmless", 3, "r", "code", "unlisted", "parameters", value, value);
	enum error error = template_render(templates, "page", data, language, page, &failure);
	CHECK(error == OK || failure.words[0]);
	json_decref(data);
	return error == OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct templates *templates = NULL;
	struct failure failure = { 0 };
	if (templates_new_text("page.html", (struct text){ (const char *)data, size }, NULL, &templates, &failure) !=
	    OK) {
		CHECK(failure.words[0]);
		return 0;
	}
	struct builder harmless = { 0 }, hostile = { 0 };
	bool done =
	    render(templates, "xyxy", TEXT("en"), &harmless) && render(templates, "<\"'>", TEXT("en"), &hostile);
	if (done) {
		CHECK(harmless.size <= TEMPLATE_LARGEST + size + 100);
		/* {{#is a "xyxy"}} may choose another part of the template; then the counts tell nothing. */
		if (!memmem(data, size, "is", 2)) {
			CHECK(count(&harmless, '<') == count(&hostile, '<'));
			CHECK(count(&harmless, '"') == count(&hostile, '"'));
			CHECK(count(&harmless, '\'') == count(&hostile, '\''));
			CHECK(count(&harmless, '>') == count(&hostile, '>'));
		}
	}
	builder_free(&harmless);
	builder_free(&hostile);
	templates_free(templates);
	return 0;
}
