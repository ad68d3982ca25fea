/*
 * The ways in which a text is read when it is looked through for what may not be told (secret.h): each gives a view,
 * which is written into a builder. What is decoded is a text again.
 */
#ifndef NOROSHI_INTEL_SECRET_VIEW_H
#define NOROSHI_INTEL_SECRET_VIEW_H

#include "base/text.h"

/* What a folded view has in it, so that nobody looks for what cannot be there. */
enum view_holds { VIEW_DIGIT = 1, VIEW_COLON = 2, VIEW_FANG = 4, VIEW_ESCAPE = 8 };

/* Appends the form in which texts and words are compared: lower case, half width, without what cannot be seen, NUL and
 * backslash; malformed UTF-8 is passed over. Returns bits of enum view_holds. */
unsigned view_fold(struct builder *view, struct text text);
/* Of a folded text: what people write so that nobody clicks on it ("[.]", " dot "), undone. false: there is nothing of
 * the kind, and the view stays empty. */
bool view_refang(struct builder *view, struct text text);
/* "%41" and "=41", and soft ends of lines: what stands within VIEW_NEAR bytes of any. false: as above. */
#define VIEW_NEAR 1024
bool view_unescape(struct builder *view, struct text text);

/* The next run of at least VIEW_LEAST characters of base64, with or without NUL between them, in the rest of a text,
 * which is cut there; false: none. What
 * somebody wrote does not come out as digits alone in base64, nor as sixteen characters of hexadecimal (lower-case
 * letters do in one of 60 groups of four): numbers and digests are read as hexadecimal only. */
#define VIEW_LEAST 8
#define VIEW_HEX 16
struct view_run {
	struct text text;
	bool base64, hex;
};
bool view_cut_run(struct text *rest, struct view_run *run);
/* The bytes of a run, from its character `skip` on: of base64 0 to 3 (the others give the same), of hexadecimal 0 or 1.
 */
void view_base64(struct builder *view, struct text run, size_t skip);
void view_hex(struct builder *view, struct text run, size_t skip);

#endif
