/*
 * Links: messages of one byte with a descriptor (base/pass.h).
 */
#include "center/link.h"

#include "base/pass.h"

enum error link_pair(int descriptors[2], struct failure *failure)
{
	return pass_pair(descriptors, failure);
}

enum error link_send(int link, uint8_t peer, int descriptor, struct failure *failure)
{
	return pass_send(link, &peer, sizeof peer, descriptor, failure);
}

enum error link_receive(int link, uint8_t *peer, int *descriptor, struct failure *failure)
{
	enum error error = pass_receive(link, peer, sizeof *peer, descriptor, failure);
	if (!error && *descriptor < 0)
		return fail(failure, ERROR_CORRUPT, "a message of the supervisor came without its descriptor");
	return error;
}
