/*
 * Errors as answers: HTTP statuses for our error codes, and RFC 9457 documents. Called by the server and the keeper.
 */
#include "http/problem.h"

uint16_t problem_status(enum error error, bool had_version)
{
	switch (error) {
	case OK:
		return 200;
	case ERROR_INPUT:
	case ERROR_USAGE:
		return 400;
	case ERROR_DENIED:
		return 403;
	case ERROR_NOT_FOUND:
		return 404;
	case ERROR_CONFLICT:
		return had_version ? 412 : 409;
	case ERROR_LIMIT:
		return 429;
	default:
		return 503;
	}
}

const char *problem_title(uint16_t status)
{
	switch (status) {
	case 400:
		return N_("The request is malformed");
	case 401:
		return N_("Sign in first");
	case 403:
		return N_("You may not do this");
	case 404:
		return N_("There is no such page");
	case 405:
		return N_("This cannot be done here");
	case 406:
		return N_("No answer of that kind is given here");
	case 409:
		return N_("This conflicts with what is already there");
	case 411:
		return N_("The length of the request is missing");
	case 412:
		return N_("This was changed by somebody else meanwhile");
	case 413:
		return N_("The request is too large");
	case 415:
		return N_("This kind of content is not taken");
	case 421:
		return N_("This server is not called by that name");
	case 422:
		return N_("This request cannot be carried out as it stands");
	case 429:
		return N_("Too many requests");
	case 503:
		return N_("The service is not available right now");
	default:
		return N_("Something went wrong");
	}
}

static void write_message(const char *words, const struct catalog *catalog, struct builder *to)
{
	struct builder message = { 0 };
	catalog_build(catalog, text_of(words), NULL, 0, &message);
	build_json_string(to, (struct text){ message.at, message.size });
	to->failed |= message.failed;
	builder_free(&message);
}

void problem_write(uint16_t status, const char *detail, const struct catalog *catalog, struct builder *to)
{
	build_text(to, TEXT("{\"type\":\"about:blank\",\"title\":"));
	write_message(problem_title(status), catalog, to);
	build_format(to, ",\"status\":%u", status);
	if (detail && *detail) {
		build_text(to, TEXT(",\"detail\":"));
		write_message(detail, catalog, to);
	}
	build_text(to, TEXT("}\n"));
}

void problem_write_taxii(uint16_t status, const char *detail, struct builder *to)
{
	build_text(to, TEXT("{\"title\":"));
	build_json_string(to, text_of(problem_title(status)));
	if (detail && *detail) {
		build_text(to, TEXT(",\"description\":"));
		build_json_string(to, text_of(detail));
	}
	build_format(to, ",\"http_status\":\"%u\"}\n", status);
}
