/*
 * Joins troubles. See outage.h.
 */
#include "outage/outage.h"

static bool is_near(const struct outage_settings *settings, nanoseconds one, nanoseconds other)
{
	nanoseconds apart = one > other ? one - other : other - one;
	return apart <= settings->together;
}

static void note(struct outage_picture *picture, const struct outage *outage, const struct outage_trouble *trouble)
{
	size_t i = 0;
	while (i < picture->count && picture->organisations[i] != trouble->organisation)
		i++;
	if (picture->count == 0 || trouble->time < picture->since)
		picture->since = trouble->time;
	if (i < picture->count)
		return;
	picture->organisations[picture->count++] = trouble->organisation;
	for (size_t j = 0; j < outage->count; j++)
		if (outage->troubles[j].organisation == trouble->organisation && outage->troubles[j].down) {
			picture->down++;
			return;
		}
}

bool outage_take(const struct outage_settings *settings, struct outage *outage, const struct outage_trouble *trouble,
    struct outage_picture *picture)
{
	outage->troubles[outage->next] = *trouble;
	outage->next = (outage->next + 1) % OUTAGE_KEPT;
	outage->count += outage->count < OUTAGE_KEPT;
	if (outage->open) {
		if (trouble->time > outage->last)
			outage->last = trouble->time;
		return false;
	}
	*picture = (struct outage_picture){ 0 };
	for (size_t i = 0; i < outage->count; i++)
		if (is_near(settings, outage->troubles[i].time, trouble->time))
			note(picture, outage, &outage->troubles[i]);
	if ((int64_t)picture->count < settings->organisations)
		return false;
	outage->open = true;
	outage->since = picture->since;
	outage->last = trouble->time;
	return true;
}

bool outage_end(const struct outage_settings *settings, struct outage *outage, nanoseconds now)
{
	if (!outage->open || now - outage->last <= settings->quiet)
		return false;
	outage->open = false;
	outage->count = outage->next = 0;
	return true;
}

struct text outage_host(struct text url)
{
	ptrdiff_t at = text_find(url, TEXT("://"));
	if (at < 0)
		return TEXT_NONE;
	struct text rest = { url.at + at + 3, url.size - (size_t)at - 3 };
	struct text host = text_cut(&rest, '/');
	ptrdiff_t user = text_find(host, TEXT("@"));
	if (user >= 0)
		host = (struct text){ host.at + user + 1, host.size - (size_t)user - 1 };
	return host.size && host.at[0] == '[' ? TEXT_NONE : text_cut(&host, ':');
}

bool outage_is_within(struct text name, struct text domain)
{
	if (domain.size == 0 || name.size < domain.size)
		return false;
	struct text end = { name.at + name.size - domain.size, domain.size };
	return text_equal_nocase(end, domain) &&
	       (name.size == domain.size || name.at[name.size - domain.size - 1] == '.');
}
