/*
 * Readers of typed fields and writers of JSON for the handlers of the centre's own routes.
 */
#include "center/routes.h"

#include "center/capabilities.h"
#include "center/center.h"
#include "center/feed.h"
#include "intel/remotes.h"

#include <string.h>

void route_tables(const struct route *tables[static ROUTE_TABLES])
{
	size_t count = 0;
	tables[count++] = sign_in_routes;
	tables[count++] = account_routes;
	tables[count++] = organisation_routes;
	tables[count++] = sensor_routes;
	tables[count++] = machine_routes;
	tables[count++] = device_routes;
	tables[count++] = capture_routes;
	tables[count++] = community_routes;
	tables[count++] = log_routes;
	tables[count++] = front_routes;
	tables[count++] = feed_routes;
	tables[count++] = remote_routes;
	for (size_t i = 0; capabilities[i] && count < ROUTE_TABLES - 2; i++) {
		if (capabilities[i]->routes)
			tables[count++] = capabilities[i]->routes;
		if (capabilities[i]->pages)
			tables[count++] = capabilities[i]->pages;
	}
	tables[count] = NULL;
}

struct page page_of(const struct call *call)
{
	return (struct page){
		.after = text_of(input_string(call, "after")),
		.limit = (uint32_t)input_integer(call, "limit", 100),
	};
}

void page_next(struct call *call, const struct page *page)
{
	if (*page->next)
		output_string(call->output, "next", page->next);
}

const char *own_path(const char *path)
{
	bool own = path[0] == '/' && path[1] != '/' && path[1] != '\\' && !strpbrk(path, "\r\n\t");
	return own ? path : "/";
}
