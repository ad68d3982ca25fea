/*
 * IPFIX (RFC 7011): a header of 16 bytes, then sets: templates, options templates, data. Its sequence counts the
 * records of data, so it cannot be followed over sets whose template is not known.
 */
#include "formats/flow_export_inner.h"

#define HEADER 16u
#define SET_TEMPLATES 2
#define SET_OPTIONS 3
#define SET_DATA 256
#define ENTERPRISE 0x8000u

static bool read_fields(struct cursor *set, struct template *template, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct template_field *field = &template->fields[template->count++];
		*field = (struct template_field){ .id = cursor_u16(set), .size = cursor_u16(set) };
		if (field->id & ENTERPRISE) {
			field->id &= (uint16_t)~ENTERPRISE;
			field->enterprise = cursor_u32(set);
		}
		template->least += field->size == TEMPLATE_VARIABLE ? 1 : field->size;
	}
	return !set->failed;
}

static enum error read_template(struct flow_reading *reading, struct cursor *set, uint16_t set_id)
{
	struct template_field fields[TEMPLATE_FIELDS_MOST];
	struct template template = { .options = set_id == SET_OPTIONS, .fields = fields };
	template.id = cursor_u16(set);
	uint32_t count = cursor_u16(set);
	if (count == 0 && (template.id >= SET_DATA || template.id == set_id)) { /* a withdrawal (RFC 7011, 8.1) */
		flow_template_forget(reading, template.id >= SET_DATA ? template.id : 0);
		return OK;
	}
	template.scopes = template.options ? cursor_u16(set) : 0;
	if (template.id < SET_DATA || count > TEMPLATE_FIELDS_MOST || template.scopes > count ||
	    !read_fields(set, &template, count) || !template.least)
		return fail(
		    reading->failure, ERROR_INPUT, "IPFIX: template %u is cut, too long or of nothing", template.id);
	return flow_template_learn(reading, &template)
		   ? OK
		   : fail(reading->failure, ERROR_MEMORY, "no memory for a template");
}

/* *known = false when the template is not there. */
static enum error read_data(struct flow_reading *reading, struct cursor *set, uint16_t id, bool *known)
{
	const struct template *template = flow_template_find(reading->domain, reading->export, id);
	if (!template) {
		reading->counts->sets_unknown++;
		*known = false;
		return OK;
	}
	enum error error = OK;
	uint64_t skipped = reading->counts->skipped;
	while (!error && set->left >= template->least)
		error = flow_data_record(reading, template, set);
	reading->flows += (uint32_t)(reading->counts->skipped - skipped); /* records too */
	return error;
}

/* What is missing between the newest message of the domain and this one. */
static void follow_sequence(struct flow_reading *reading, uint32_t sequence)
{
	struct flow_domain *domain = reading->domain;
	uint32_t moved = sequence - domain->sequence;
	bool before = moved == domain->flows + domain->options || moved == domain->flows;
	bool itself = moved == reading->flows + reading->options || moved == reading->flows;
	if (domain->sequence_known && !before && !itself) {
		uint32_t missing = moved - (domain->counts_itself ? reading->flows : domain->flows + domain->options);
		if (missing < (uint32_t)1 << 31)
			reading->counts->lost += missing;
		else
			reading->counts->restarted++;
	} else if (domain->sequence_known && before != itself) {
		domain->counts_itself = itself;
	}
	domain->sequence = sequence;
	domain->flows = reading->flows;
	domain->options = reading->options;
}

static enum error read_sets(struct flow_reading *reading, struct cursor *from, bool *known)
{
	enum error error = OK;
	while (!error && from->left >= 4) {
		uint16_t id = cursor_u16(from), size = cursor_u16(from);
		struct cursor set = cursor_part(from, size < 4 ? SIZE_MAX : size - 4u);
		if (set.failed)
			return fail(reading->failure, ERROR_INPUT, "IPFIX: a set of %u bytes does not fit", size);
		if (id >= SET_DATA)
			error = read_data(reading, &set, id, known);
		else if (id == SET_TEMPLATES || id == SET_OPTIONS)
			while (!error && set.left >= 4)
				error = read_template(reading, &set, id);
	}
	return error;
}

enum error ipfix_read(struct flow_reading *reading, struct cursor *from)
{
	cursor_skip(from, 2);
	uint32_t size = cursor_u16(from);
	reading->exported = cursor_u32(from) * SECOND;
	uint32_t sequence = cursor_u32(from), domain = cursor_u32(from);
	if (from->failed || size < HEADER || size - HEADER > from->left)
		return fail(reading->failure, ERROR_INPUT, "IPFIX: a message of %u bytes does not fit", size);
	reading->domain = flow_domain_of(reading->export, FLOW_IPFIX, reading->exporter, domain, reading->received);
	if (!reading->domain)
		return fail(reading->failure, ERROR_MEMORY, "no memory for an exporter");
	reading->domain->datagrams++;
	flow_set_boot(reading);
	bool known = true;
	struct cursor message = cursor_part(from, size - HEADER);
	enum error error = read_sets(reading, &message, &known);
	follow_sequence(reading, sequence);
	reading->domain->sequence_known = known && !error;
	return error;
}
