/*
 * What a flow of SMB remembers: requests, shares, open files (smb2_inner.h). All of it is bounded.
 */
#include "net/smb2_inner.h"

#include <stdlib.h>
#include <string.h>

/* ── requests ─ */

struct smb_request *smb_request_add(
    struct smb_state *state, unsigned version, const struct smb2_header *header, uint64_t chain, struct cursor body)
{
	struct text bytes = cursor_rest(&body);
	struct smb_request *request = calloc(1, sizeof *request + bytes.size);
	if (!request)
		return NULL;
	request->version = version;
	request->header = *header;
	request->chain = chain;
	request->size = bytes.size;
	if (bytes.size)
		memcpy(request->body, bytes.at, bytes.size);
	*(state->waiting ? state->last : &state->waiting) = request;
	state->last = &request->next;
	state->waiting_count++;
	state->kept += bytes.size;
	return request;
}

static struct smb_request *unlink_request(struct smb_state *state, struct smb_request **at)
{
	struct smb_request *request = *at;
	*at = request->next;
	if (!request->next)
		state->last = at;
	state->waiting_count--;
	state->kept -= request->size;
	return request;
}

struct smb_request *smb_request_take(struct smb_state *state, uint64_t message)
{
	for (struct smb_request **at = &state->waiting; *at; at = &(*at)->next)
		if ((*at)->header.message == message)
			return unlink_request(state, at);
	return NULL;
}

struct smb_request *smb_request_surplus(struct smb_state *state, bool all)
{
	bool surplus = all || state->waiting_count > SMB_WAITING || state->kept > SMB_KEPT;
	return surplus && state->waiting ? unlink_request(state, &state->waiting) : NULL;
}

/* ── names ─ */

static void keep_name(char **to, size_t *size, struct text name)
{
	if (name.size > SMB_NAME_LARGEST)
		name.size = text_utf8_valid((struct text){ name.at, SMB_NAME_LARGEST });
	free(*to);
	*to = name.size ? malloc(name.size) : NULL;
	*size = *to ? name.size : 0;
	if (*to)
		memcpy(*to, name.at, name.size);
}

/* ── shares ─ */

const struct smb_tree *smb_tree_find(const struct smb_state *state, uint64_t session, uint32_t tree)
{
	for (unsigned i = 0; i < SMB_TREES; i++)
		if (state->trees[i].share && state->trees[i].session == session && state->trees[i].tree == tree)
			return &state->trees[i];
	return NULL;
}

void smb_tree_keep(struct smb_state *state, uint64_t session, uint32_t tree, uint8_t type, struct text share)
{
	struct smb_tree *kept = (struct smb_tree *)smb_tree_find(state, session, tree);
	if (!kept)
		kept = &state->trees[state->tree_next++ % SMB_TREES];
	kept->session = session;
	kept->tree = tree;
	kept->type = type;
	keep_name(&kept->share, &kept->share_size, share);
}

/* ── open files: the one that was used last is the first ─ */

struct smb_open *smb_open_take(struct smb_state *state, const uint8_t handle[static 16])
{
	for (struct smb_open **at = &state->opens; *at; at = &(*at)->next)
		if (memcmp((*at)->handle, handle, 16) == 0) {
			struct smb_open *open = *at;
			*at = open->next;
			state->open_count--;
			return open;
		}
	return NULL;
}

static struct smb_open *put_first(struct smb_state *state, struct smb_open *open)
{
	if (open) {
		open->next = state->opens;
		state->opens = open;
		state->open_count++;
	}
	return open;
}

struct smb_open *smb_open_find(struct smb_state *state, const uint8_t handle[static 16])
{
	return put_first(state, smb_open_take(state, handle));
}

struct smb_open *smb_open_add(struct smb_state *state, const uint8_t handle[static 16])
{
	struct smb_open *open = calloc(1, sizeof *open);
	if (open)
		memcpy(open->handle, handle, sizeof open->handle);
	return put_first(state, open);
}

struct smb_open *smb_open_surplus(struct smb_state *state, bool all)
{
	if (!state->opens || (!all && state->open_count <= SMB_FILES))
		return NULL;
	struct smb_open *last = state->opens;
	while (last->next)
		last = last->next;
	return smb_open_take(state, last->handle);
}

void smb_open_free(struct smb_open *open)
{
	if (open) {
		free(open->name);
		free(open->pipe);
	}
	free(open);
}

void smb_open_name(struct smb_open *open, struct text name)
{
	keep_name(&open->name, &open->name_size, name);
}

void smb_tables_free(struct smb_state *state)
{
	struct smb_request *request;
	struct smb_open *open;
	while ((request = smb_request_surplus(state, true)))
		free(request);
	while ((open = smb_open_surplus(state, true)))
		smb_open_free(open);
	for (unsigned i = 0; i < SMB_TREES; i++)
		free(state->trees[i].share);
	for (unsigned i = 0; i < sizeof state->names / sizeof *state->names; i++)
		builder_free(&state->names[i]);
}
