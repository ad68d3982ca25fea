/*
 * Which format a datagram has, and what is remembered of exporters. See flow_export.h.
 */
#include "base/hash.h"
#include "formats/flow_export_inner.h"

#include <stdlib.h>
#include <string.h>

#define DOMAIN_WAYS 8 /* places that a domain can have */

const struct flow_export_settings flow_export_defaults = { .exporters = 1024, .templates = 64 };

static const char *const names[FLOW_FORMAT_COUNT] = { "netflow5", "netflow9", "ipfix", "sflow5" };

const char *flow_format_name(enum flow_format format)
{
	return names[format];
}

struct flow_export {
	struct flow_export_settings settings;
	struct flow_listener listener;
	struct flow_export_counts counts[FLOW_FORMAT_COUNT];
	struct flow_domain *domains;
	size_t sets;
};

struct flow_export *flow_export_new(const struct flow_export_settings *settings, const struct flow_listener *listener)
{
	struct flow_export *new = calloc(1, sizeof *new);
	if (!new)
		return NULL;
	new->settings = *settings;
	new->listener = *listener;
	new->sets = 1;
	while (new->sets * DOMAIN_WAYS < settings->exporters)
		new->sets *= 2;
	new->domains = calloc(new->sets *DOMAIN_WAYS, sizeof *new->domains);
	if (!new->domains) {
		free(new);
		return NULL;
	}
	return new;
}

static void domain_clear(struct flow_domain *domain, uint32_t templates)
{
	for (uint32_t i = 0; domain->templates && i < templates; i++)
		free(domain->templates[i].fields);
	free(domain->templates);
	*domain = (struct flow_domain){ 0 };
}

void flow_export_free(struct flow_export *export)
{
	if (!export)
		return;
	for (size_t i = 0; i < export->sets * DOMAIN_WAYS; i++)
		domain_clear(&export->domains[i], export->settings.templates);
	free(export->domains);
	free(export);
}

const struct flow_export_counts *flow_export_count(const struct flow_export *export, enum flow_format format)
{
	return &export->counts[format];
}

struct flow_domain *flow_domain_of(
    struct flow_export *export, enum flow_format format, struct address exporter, uint32_t id, nanoseconds now)
{
	uint64_t key = hash_bytes(&exporter, sizeof exporter, (uint64_t)format << 32 | id);
	struct flow_domain *set = export->domains + (key & (export->sets - 1)) * DOMAIN_WAYS, *place = set;
	key |= !key;
	for (size_t i = 0; i < DOMAIN_WAYS; i++) {
		if (set[i].key == key) {
			set[i].seen = now;
			return &set[i];
		}
		if (place->key && (!set[i].key || set[i].seen < place->seen))
			place = &set[i];
	}
	struct template *templates = calloc(export->settings.templates, sizeof *templates);
	if (!templates)
		return NULL;
	if (place->key)
		export->counts[place->format].forgotten++;
	domain_clear(place, export->settings.templates);
	*place = (struct flow_domain){ .key = key,
		.seen = now,
		.exporter = exporter,
		.id = id,
		.format = (uint8_t)format,
		.templates = templates };
	return place;
}

void flow_sequence(struct flow_reading *reading, uint32_t sequence, uint32_t step)
{
	struct flow_domain *domain = reading->domain;
	uint32_t missing = sequence - domain->sequence;
	if (domain->sequence_known && missing) {
		if (missing < (uint32_t)1 << 31)
			reading->counts->lost += missing;
		else
			reading->counts->restarted++;
	}
	domain->sequence_known = true;
	domain->sequence = sequence + step;
}

void flow_set_boot(struct flow_reading *reading)
{
	if (!reading->domain->boot)
		return;
	reading->has_uptime = true;
	reading->uptime = (uint32_t)((reading->exported - reading->domain->boot) / MILLISECOND);
}

nanoseconds flow_uptime(const struct flow_reading *reading, uint32_t milliseconds)
{
	return reading->exported + (int32_t)(milliseconds - reading->uptime) * MILLISECOND;
}

void flow_give(struct flow_reading *reading, struct flow_record *record)
{
	record->exporter = reading->exporter;
	record->domain = reading->domain->id;
	reading->counts->records++;
	reading->flows++;
	reading->export->listener.record(reading->export->listener.context, record);
}

/* ── templates ─ */

struct template *flow_template_find(struct flow_domain *domain, const struct flow_export *export, uint16_t id)
{
	for (uint32_t i = 0; i < export->settings.templates; i++)
		if (domain->templates[i].id == id) {
			domain->templates[i].used = domain->datagrams;
			return &domain->templates[i];
		}
	return NULL;
}

bool flow_template_learn(struct flow_reading *reading, const struct template *template)
{
	struct flow_domain *domain = reading->domain;
	struct template *place = flow_template_find(domain, reading->export, template->id);
	struct template_field *fields = malloc(template->count * sizeof *fields);
	if (!fields)
		return false;
	for (uint32_t i = 0; !place && i < reading->export->settings.templates; i++)
		if (!domain->templates[i].id)
			place = &domain->templates[i];
	if (!place) {
		place = domain->templates;
		for (uint32_t i = 1; i < reading->export->settings.templates; i++)
			if (domain->templates[i].used < place->used)
				place = &domain->templates[i];
		reading->counts->forgotten++;
	}
	memcpy(fields, template->fields, template->count * sizeof *fields);
	free(place->fields);
	*place = *template;
	place->fields = fields;
	place->used = domain->datagrams;
	reading->counts->templates++;
	return true;
}

void flow_template_forget(struct flow_reading *reading, uint16_t id)
{
	for (uint32_t i = 0; i < reading->export->settings.templates; i++) {
		struct template *template = &reading->domain->templates[i];
		if (!template->id || (id && template->id != id))
			continue;
		free(template->fields);
		*template = (struct template){ 0 };
		reading->counts->withdrawn++;
	}
}

/* ── a datagram ─ */

/* By the version that it begins with: NetFlow and IPFIX have 16 bits, sFlow 32. */
static bool tell(const uint8_t *at, size_t size, enum flow_format *format)
{
	unsigned version = size >= 2 ? (unsigned)at[0] << 8 | at[1] : 0;
	*format = version == 5    ? FLOW_NETFLOW5
		  : version == 9  ? FLOW_NETFLOW9
		  : version == 10 ? FLOW_IPFIX
				  : FLOW_SFLOW5;
	return version == 5 || version == 9 || version == 10 || (version == 0 && size >= 4 && at[2] == 0 && at[3] == 5);
}

enum error flow_export_datagram(struct flow_export *export, struct address exporter, nanoseconds received,
    const void *bytes, size_t size, struct failure *failure)
{
	static enum error (*const read[FLOW_FORMAT_COUNT])(
	    struct flow_reading *, struct cursor *) = { netflow5_read, netflow9_read, ipfix_read, sflow5_read };
	enum flow_format format;
	if (!tell(bytes, size, &format))
		return fail(failure, ERROR_USAGE, "it begins with the version of no flow export that is known");
	struct flow_reading reading = { .export = export,
		.counts = &export->counts[format],
		.exporter = exporter,
		.received = received,
		.failure = failure };
	struct cursor from = cursor_of(bytes, size);
	reading.counts->datagrams++;
	enum error error = read[format](&reading, &from);
	reading.counts->malformed += error != OK;
	return error;
}
