/*
 * One server for sealed files; see parcel_client.h. Called by parcel_taxii.c and parcel_publications.c.
 */
#include "intel/parcel_client.h"

#include "base/character.h"
#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_LARGEST (64u << 20)
#define DEEPEST 72

static enum error read_token(const char *path, char token[static 256], struct failure *failure)
{
	char *bytes;
	size_t size;
	enum error error = file_read(path, 65536, &bytes, &size, failure);
	if (error)
		return error;
	struct text rest = { bytes, size };
	bool fits = text_copy(text_trim(text_cut(&rest, '\n')), token, 256) && token[0];
	explicit_bzero(bytes, size);
	free(bytes);
	return fits ? OK : fail(failure, ERROR_INPUT, "%s: a token was expected in the first line", path);
}

enum error parcel_client_open(const struct parcel_server *server, struct parcel_client *client, struct failure *failure)
{
	struct client_settings settings = {
		.authorities = server->authorities, .allow_private = true, .largest = PAGE_LARGEST
	};
	*client = (struct parcel_client){ .server = *server, .parser = json_parser_new(DEEPEST) };
	enum error error = client->parser ? read_token(server->token_file, client->token, failure)
					  : fail(failure, ERROR_MEMORY, "no memory for a client");
	return error ? error : client_new(&settings, &client->client, failure);
}

void parcel_client_close(struct parcel_client *client)
{
	explicit_bzero(client->token, sizeof client->token);
	client_free(client->client);
	json_parser_free(client->parser);
	*client = (struct parcel_client){ 0 };
}

void parcel_build_escaped(struct builder *to, struct text text)
{
	for (size_t i = 0; i < text.size; i++) {
		char c = text.at[i];
		char low = char_lower(c);
		if ((low >= 'a' && low <= 'z') || char_is_digit(c) || c == '-' || c == '_' || c == '.' || c == '~')
			build_char(to, c);
		else
			build_format(to, "%%%02X", (unsigned char)c);
	}
}

enum error parcel_client_ask(struct parcel_client *client, const struct parcel_question *question,
    struct client_answer *answer, struct json_value *root, struct failure *failure)
{
	const char *method = question->method;
	char accept[128];
	snprintf(accept, sizeof accept, "Accept: %s", question->media);
	const char *const headers[] = { accept, NULL };
	struct builder *url = question->url;
	struct client_request request = { .method = method,
		.url = url->at,
		.headers = headers,
		.token = client->token,
		.body = question->body,
		.type = question->body.size ? question->media : NULL };
	struct failure why;
	*answer = (struct client_answer){ 0 };
	enum error error = url->failed ? fail(failure, ERROR_MEMORY, "no memory for a request")
				       : client_request(client->client, &request, answer, failure);
	builder_free(url);
	if (error)
		return error;
	bool json = answer->body.size && json_parse(client->parser, answer->body, root, &why) == OK;
	if (!json)
		*root = (struct json_value){ 0 };
	if (answer->status >= 300 && !(answer->status == 404 && strcmp(method, "DELETE") == 0)) {
		struct text title = json_text(json_get(*root, "title"));
		return fail(failure,
		    answer->status == 404                            ? ERROR_NOT_FOUND
		    : answer->status == 429 || answer->status == 503 ? ERROR_AGAIN
								     : ERROR_DENIED,
		    "%s: the server answers %u%s%.*s", client->server.url, answer->status, title.size ? ": " : "",
		    (int)(title.size < 200 ? title.size : 200), title.at ? title.at : "");
	}
	return json || answer->status == 404 || strcmp(method, "DELETE") == 0
		   ? OK
		   : fail(failure, ERROR_INPUT, "%s: the server's answer is no JSON", client->server.url);
}
