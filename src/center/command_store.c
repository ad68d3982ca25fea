/*
 * Opening the store that a configuration names. See command_store.h.
 */
#include "center/command_store.h"

#include "base/file.h"
#include "center/confine.h"

#include <stdio.h>

enum error command_store_open(const char *config, struct command_store *place, struct failure *failure)
{
	char location[4400];
	*place = (struct command_store){ 0 };
	settings_groups(&place->settings, place->groups);
	enum error error = config_load(config, place->groups, failure);
	/* The store's files belong to the user that the keeper becomes. */
	if (error == OK)
		error = confine_user(place->settings.user, false, failure);
	if (error == OK)
		error = directory_make(place->settings.state, 0750, failure);
	snprintf(location, sizeof location, "sqlite:%s/noroshi.db", place->settings.state ? place->settings.state : "");
	if (error == OK)
		error = store_open(location, &place->store, failure);
	if (error == OK)
		error = work_begin(&place->work, "command-line", failure);
	return error;
}

void command_store_close(struct command_store *place)
{
	work_end(&place->work);
	store_close(place->store);
	config_free(place->groups);
}

void command_store_line(struct log_line *line, const char *what, const char *object, uint32_t organisation)
{
	*line = (struct log_line){ .when = time_now(), .organisation = organisation };
	text_copy(TEXT("command line"), line->who, sizeof line->who);
	text_copy(text_of(what), line->what, sizeof line->what);
	text_copy(text_of(object), line->object, sizeof line->object);
	text_copy(TEXT("done"), line->outcome, sizeof line->outcome);
}
