/*
 * Machines in the keeper: the authority's key, who is told of it, and where the machines' door is. Called by keeper.c;
 * what machines and people ask for stands in machine_routes.c, who a certificate is in subjects.c.
 */
#include "base/log.h"
#include "bus/channel.h"
#include "center/authority.h"
#include "center/keeper.h"
#include "center/message.h"

#include <stdio.h>
#include <string.h>

enum error machines_open(struct keeper *keeper, struct failure *failure)
{
	const struct process *process = keeper->process;
	return authority_open(process_state_folder(process), keeper->store, time_now(),
	    2 * process->settings.certificate_life, &keeper->authority, failure);
}

void machines_close(struct keeper *keeper)
{
	authority_free(keeper->authority);
	keeper->authority = NULL;
}

void machines_let_in(struct keeper *keeper)
{
	struct builder list = { 0 }, body = { 0 };
	struct failure failure = { 0 };
	if (authority_list(keeper->store, &list, &failure) != OK)
		log_write(LOG_ERROR, "the machines' door stays shut", LOG_FIELD_STRING("why", failure.words));
	else
		put_text(&body, (struct text){ list.at, list.size });
	if (body.size && !body.failed)
		channel_send(keeper->front, MESSAGE_AUTHORITIES, 0, (struct text){ body.at, body.size });
	builder_free(&list);
	builder_free(&body);
}

void machines_address(struct keeper *keeper, struct text address)
{
	const char *url = keeper->process->settings.public_url;
	const char *name = url ? strstr(url, "://") : NULL, *port = NULL;
	text_copy(address, keeper->machines_url, sizeof keeper->machines_url);
	port = strrchr(keeper->machines_url, ':');
	if (!name || !port)
		return;
	name += 3;
	size_t size = *name == '[' ? strcspn(name, "]") + 1 : strcspn(name, ":/");
	char whole[256];
	snprintf(whole, sizeof whole, "https://%.*s%s", (int)size, name, port);
	text_copy(text_of(whole), keeper->machines_url, sizeof keeper->machines_url);
}
