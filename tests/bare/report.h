// SPDX-License-Identifier: MIT
// What a bare-metal test says: TAP lines on COM1, and the end of the run. Any CPU may call these.
#ifndef BARE_REPORT_H
#define BARE_REPORT_H

#include "lib/util.h"

void print(const char *format, ...) PRINTF_LIKE(1, 2);
void report_group(const char *name); // prefix of the names that follow

// One test: "ok N - group: name" or "not ok N - group: name: got X, want Y"
bool expect(uint64_t got, uint64_t want, const char *format, ...) PRINTF_LIKE(3, 4);
void expect_true(bool ok, const char *format, ...) PRINTF_LIKE(2, 3);
void report_skip(const char *format, ...) PRINTF_LIKE(1, 2);
void report_note(const char *format, ...) PRINTF_LIKE(1, 2); // "# ..."

uint32_t report_failed(void);
_Noreturn void report_end(void); // plan line, then ends QEMU: 0x10 pass, 0x11 fail
_Noreturn void report_abort(const char *format, ...) PRINTF_LIKE(1, 2); // "Bail out! ..."

#endif
