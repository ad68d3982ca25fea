/*
 * What the fuzz targets share: a target gets bytes, gives them to a parser, and checks what must hold for any bytes.
 */
#ifndef NOROSHI_FUZZ_H
#define NOROSHI_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* May be there: called once before. */
int LLVMFuzzerInitialize(int *count, char ***arguments);
/* May be there: replay.c is about to give the seeds of this folder within the target's. */
void fuzz_folder(const char *name);

/* A finding, whatever NDEBUG says. */
#define CHECK(condition) ((condition) ? (void)0 : __builtin_trap())

#endif
