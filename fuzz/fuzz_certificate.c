/*
 * Certificates: any bytes are read within themselves, the texts made of them end, and what OpenSSL reads we read too.
 *
 * Sources: net/certificate.c, net/der.c.
 */
#include "fuzz.h"
#include "net/certificate.h"

#include <openssl/x509.h>

/* OpenSSL reads more of BER than we do: indefinite lengths (80), and tags in their long form (…1f). */
static bool may_be_other_than_der(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (data[i] == 0x80 || (data[i] & 0x1f) == 0x1f)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct certificate certificate;
	struct builder text = { 0 };
	bool good = certificate_read(&certificate, (struct text){ (const char *)data, size });
	certificate_name(certificate.subject, &text);
	certificate_name(certificate.issuer, &text);
	certificate_serial(certificate.serial, &text);
	while (certificate_alternative(&certificate.names, &text))
		CHECK(text.size > 0);
	CHECK(!text.failed);
	builder_free(&text);
	const unsigned char *at = data;
	X509 *theirs = d2i_X509(NULL, &at, (long)size);
	CHECK(!theirs || good || may_be_other_than_der(data, size));
	X509_free(theirs);
	return 0;
}
