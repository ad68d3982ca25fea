/*
 * Turns as bytes. A body that does not fit is refused whole.
 */
#include "center/turn.h"

#include "base/codec.h"

#include <string.h>

void turn_write(const struct turn *turn, struct builder *to)
{
	const struct remote *remote = &turn->remote;
	put_u8(to, (uint8_t)turn->way);
	put_uuid(to, turn->import);
	put_u32(to, remote->objects);
	put_u64(to, remote->bytes);
	put_i64(to, remote->within);
	put_text(to, text_of(remote->name));
	put_text(to, text_of(remote->url));
	put_text(to, text_of(remote->there));
	put_text(to, text_of(remote->user));
	put_text(to, text_of(remote->credential));
	put_text(to, text_of(remote->authorities));
	put_text(to, text_of(remote->after));
	put_text(to, text_of(remote->next));
	put_text(to, text_of(remote->status));
	put_u8(to, (uint8_t)remote->kind);
	put_u8(to, (uint8_t)remote->tlp);
	put_text(to, text_of(remote->etag));
	put_text(to, text_of(remote->changed));
	put_text(to, turn->envelope);
	put_text(to, turn->gone);
}

static bool take(struct reader *from, char *to, size_t size)
{
	struct text text = get_text(from);
	return (text.size == 0 || !memchr(text.at, 0, text.size)) && text_copy(text, to, size);
}

bool turn_read(struct text body, struct turn *turn)
{
	struct reader from = reader_of(body.at, body.size);
	struct remote *remote = &turn->remote;
	*turn = (struct turn){ .way = (enum remote_way)get_u8(&from), .import = get_uuid(&from) };
	remote->objects = get_u32(&from);
	remote->bytes = get_u64(&from);
	remote->within = get_i64(&from);
	bool whole =
	    take(&from, remote->name, sizeof remote->name) && take(&from, remote->url, sizeof remote->url) &&
	    take(&from, remote->there, sizeof remote->there) && take(&from, remote->user, sizeof remote->user) &&
	    take(&from, remote->credential, sizeof remote->credential) &&
	    take(&from, remote->authorities, sizeof remote->authorities) &&
	    take(&from, remote->after, sizeof remote->after) && take(&from, remote->next, sizeof remote->next) &&
	    take(&from, remote->status, sizeof remote->status);
	remote->kind = (enum remote_kind)get_u8(&from);
	remote->tlp = (enum tlp)get_u8(&from);
	whole = whole && remote->kind < REMOTE_KINDS && remote->tlp <= TLP_RED &&
		take(&from, remote->etag, sizeof remote->etag) && take(&from, remote->changed, sizeof remote->changed);
	turn->envelope = get_text(&from);
	turn->gone = get_text(&from);
	return whole && reader_done(&from) && turn->way < REMOTE_WAYS;
}

void turned_write(const struct turned *turned, struct builder *to)
{
	const struct remote_answer *answer = &turned->answer;
	put_u16(to, (uint16_t)turned->result);
	put_u16(to, answer->http);
	put_u32(to, answer->retry_after);
	put_u64(to, answer->objects);
	put_u8(to, answer->more);
	put_u8(to, answer->complete);
	put_u64(to, answer->good);
	put_u64(to, answer->bad);
	put_text(to, text_of(turned->words));
	put_text(to, text_of(answer->next));
	put_text(to, text_of(answer->reached));
	put_text(to, text_of(answer->status));
	put_text(to, text_of(answer->etag));
	put_text(to, text_of(answer->changed));
	put_text(to, text_of(answer->problem));
	put_text(to, turned->failures);
}

bool turned_read(struct text body, struct turned *turned)
{
	struct reader from = reader_of(body.at, body.size);
	struct remote_answer *answer = &turned->answer;
	*turned = (struct turned){ .result = (enum error)get_u16(&from) };
	answer->http = get_u16(&from);
	answer->retry_after = get_u32(&from);
	answer->objects = get_u64(&from);
	answer->more = get_u8(&from) != 0;
	answer->complete = get_u8(&from) != 0;
	answer->good = get_u64(&from);
	answer->bad = get_u64(&from);
	bool whole =
	    take(&from, turned->words, sizeof turned->words) && take(&from, answer->next, sizeof answer->next) &&
	    take(&from, answer->reached, sizeof answer->reached) &&
	    take(&from, answer->status, sizeof answer->status) && take(&from, answer->etag, sizeof answer->etag) &&
	    take(&from, answer->changed, sizeof answer->changed) &&
	    take(&from, answer->problem, sizeof answer->problem);
	turned->failures = get_text(&from);
	return whole && reader_done(&from) && turned->result <= ERROR_AGAIN;
}
