/*
 * Signing requests: any bytes are a request or a refusal with words. What is taken is a point on the curve that comes
 * back from its text, and a request with the same bytes and something behind them is refused.
 *
 * The bytes are the DER; the PEM is made here, so that the fuzzer need not learn Base64. As they are they are tried
 * too.
 *
 * Sources: net/signing_request.c.
 */
#include "base/base64.h"
#include "base/hash.h"
#include "fuzz.h"
#include "net/signing_request.h"

#include <stdlib.h>
#include <string.h>

static bool try(struct text pem)
{
	uint8_t key[MACHINE_KEY], again[MACHINE_KEY];
	char hex[MACHINE_KEY_TEXT];
	struct failure failure = { 0 };
	if (signing_request_read(pem, key, &failure) != OK) {
		CHECK(failure.words[0]);
		return false;
	}
	hex_format(key, sizeof key, hex);
	CHECK(machine_key_parse(text_of(hex), again) && memcmp(key, again, sizeof key) == 0);
	return true;
}

static void build_pem(struct builder *to, const uint8_t *data, size_t size)
{
	char line[BASE64_SIZE(48)];
	build_text(to, TEXT("-----BEGIN CERTIFICATE REQUEST-----\n"));
	for (size_t at = 0; at < size; at += 48) {
		build_text(to, text_of(base64_format(data + at, size - at < 48 ? size - at : 48, line)));
		build_char(to, '\n');
	}
	build_text(to, TEXT("-----END CERTIFICATE REQUEST-----\n"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct builder pem = { 0 };
	try((struct text){ (const char *)data, size });
	machine_key_parse((struct text){ (const char *)data, size }, NULL);
	build_pem(&pem, data, size);
	CHECK(!pem.failed);
	if (try((struct text){ pem.at, pem.size })) {
		build_text(&pem, TEXT("more"));
		CHECK(!try((struct text){ pem.at, pem.size }));
	}
	builder_free(&pem);
	return 0;
}
