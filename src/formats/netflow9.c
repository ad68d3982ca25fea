/*
 * NetFlow version 9 (RFC 3954): a header of 20 bytes, then flow sets: templates, options templates, data.
 */
#include "formats/flow_export_inner.h"

#define SET_TEMPLATES 0
#define SET_OPTIONS 1
#define SET_DATA 256

/* `count` fields; false when they do not fit or make a record of nothing. */
static bool read_fields(struct cursor *set, struct template *template, uint32_t count)
{
	if (count > TEMPLATE_FIELDS_MOST)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		struct template_field *field = &template->fields[template->count++];
		*field = (struct template_field){ .id = cursor_u16(set), .size = cursor_u16(set) };
		template->least += field->size;
	}
	return !set->failed;
}

static enum error read_templates(struct flow_reading *reading, struct cursor *set, bool options)
{
	while (set->left >= (options ? 6 : 4)) {
		struct template_field fields[2 * TEMPLATE_FIELDS_MOST];
		struct template template = { .options = options, .fields = fields };
		template.id = cursor_u16(set);
		if (template.id < SET_DATA) /* padding, or nonsense */
			return template.id ? fail(reading->failure, ERROR_INPUT,
						 "NetFlow v9: a template has the number %u", template.id)
					   : OK;
		uint32_t scopes = options ? cursor_u16(set) / 4 : 0; /* bytes there, fields here */
		uint32_t count = options ? cursor_u16(set) / 4u : cursor_u16(set);
		template.scopes = (uint16_t)scopes;
		if (!read_fields(set, &template, scopes) || !read_fields(set, &template, count) || !template.least)
			return fail(reading->failure, ERROR_INPUT,
			    "NetFlow v9: template %u is cut, too long or of nothing", template.id);
		if (!flow_template_learn(reading, &template))
			return fail(reading->failure, ERROR_MEMORY, "no memory for a template");
	}
	return OK;
}

static enum error read_data(struct flow_reading *reading, struct cursor *set, uint16_t id)
{
	const struct template *template = flow_template_find(reading->domain, reading->export, id);
	if (!template) {
		reading->counts->sets_unknown++;
		return OK;
	}
	enum error error = OK;
	while (!error && set->left >= template->least) /* fewer are padding */
		error = flow_data_record(reading, template, set);
	return error;
}

enum error netflow9_read(struct flow_reading *reading, struct cursor *from)
{
	cursor_skip(from, 4);
	reading->uptime = cursor_u32(from);
	reading->exported = cursor_u32(from) * SECOND;
	uint32_t sequence = cursor_u32(from), source = cursor_u32(from);
	if (from->failed)
		return fail(reading->failure, ERROR_INPUT, "NetFlow v9: its header of 20 bytes is cut");
	reading->has_uptime = true;
	reading->domain = flow_domain_of(reading->export, FLOW_NETFLOW9, reading->exporter, source, reading->received);
	if (!reading->domain)
		return fail(reading->failure, ERROR_MEMORY, "no memory for an exporter");
	reading->domain->datagrams++;
	flow_sequence(reading, sequence, 1);
	enum error error = OK;
	while (!error && from->left >= 4) {
		uint16_t id = cursor_u16(from), size = cursor_u16(from);
		struct cursor set = cursor_part(from, size < 4 ? SIZE_MAX : size - 4u);
		if (set.failed)
			return fail(
			    reading->failure, ERROR_INPUT, "NetFlow v9: a flow set of %u bytes does not fit", size);
		if (id == SET_TEMPLATES || id == SET_OPTIONS)
			error = read_templates(reading, &set, id == SET_OPTIONS);
		else if (id >= SET_DATA)
			error = read_data(reading, &set, id);
	}
	return error;
}
