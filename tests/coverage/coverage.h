// SPDX-License-Identifier: MIT
// Counting which lines of the kernel run.
#ifndef COVERAGE_H
#define COVERAGE_H

// A guest that asks for this protocol (QUERY_PROTOCOL) gets the answer "not there" from every SVSM;
// one that counts its lines writes the counters out first.
#define COVERAGE_PROTOCOL 0x00434f56

// Writes all counters to the console.
void coverage_dump(void);

#endif
