/*
 * Reading the file of announced attacks. See probe_announced.h.
 */
#include "watch/probe_announced.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>

#define LARGEST (1u << 20)
#define BEFORE HOUR
#define LASTS DAY /* without an end */

/* "https://www.example.jp:8443/a" → "www.example.jp"; what is no address of a page stays as it is. */
static struct text host_of(struct text url)
{
	ptrdiff_t scheme = text_find(url, TEXT("://"));
	size_t from = scheme < 0 ? 0 : (size_t)scheme + 3, size = 0;
	struct text host = { url.at + from, url.size - from };
	while (size < host.size && !strchr(":/?#", host.at[size]))
		size++;
	return (struct text){ host.at, size };
}

static bool is_target(const struct probe_site *site, struct text target)
{
	struct text host = host_of(text_of(site->url)), domain = host_of(target);
	if (text_equal_nocase(text_of(site->organisation), target) || text_equal_nocase(host, domain))
		return true;
	if (domain.size == 0 || host.size <= domain.size || host.at[host.size - domain.size - 1] != '.')
		return false;
	struct text end = { host.at + host.size - domain.size, domain.size };
	return text_equal_nocase(end, domain);
}

/* False when it is not understood. */
static bool take_line(const struct probe_options *options, struct text line, nanoseconds now, bool *quick)
{
	nanoseconds from, to;
	struct text target = text_cut(&line, ' '), begin, end;
	line = text_trim(line);
	begin = text_cut(&line, ' ');
	end = text_trim(line);
	if (target.size == 0 || !time_parse(begin, 0, &from, NULL))
		return false;
	to = from + LASTS;
	if (!text_equal(end, TEXT("-")) && !time_parse(end, 0, &to, NULL))
		return false;
	for (size_t i = 0; i < options->site_count && now >= from - BEFORE && now < to; i++)
		quick[i] |= is_target(&options->sites[i], target);
	return true;
}

enum error probe_announced_read(
    const struct probe_options *options, nanoseconds now, bool *quick, unsigned *wrong, struct failure *failure)
{
	char *at;
	size_t size;
	memset(quick, 0, options->site_count * sizeof *quick);
	*wrong = 0;
	enum error error = file_read(options->announced, LARGEST, &at, &size, failure);
	if (error)
		return error == ERROR_NOT_FOUND ? OK : error;
	for (struct text rest = { at, size }; rest.size;) {
		struct text line = text_cut(&rest, '\n'), words = text_cut(&line, '#');
		words = text_trim(words);
		*wrong += words.size && !take_line(options, words, now, quick);
	}
	free(at);
	return OK;
}
