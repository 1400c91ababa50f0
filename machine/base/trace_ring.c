// SPDX-License-Identifier: MIT
// The last lines of the exit trace (option trace=last). They stay in memory, since writing each out
// takes longer than many an exit; trace.log gets them when the run ends or a dump is asked for.
#include <stdatomic.h>

#include "lib/string.h"
#include "lib/util.h"
#include "machine/base/machine.h"
#include "machine/base/start.h"

#define LINES 4096

static char ring[LINES][TRACE_LINE_MAX];
static atomic_uint next;     // lines begun since the start
static uint32_t flushed;     // lines written out or lost, under lock
static struct spinlock lock; // comes before log_lock

void trace_keep(const char *line)
{
	char *place = ring[atomic_fetch_add(&next, 1) % LINES];
	size_t length = MIN(strlen(line), (size_t)TRACE_LINE_MAX - 1);

	// A reader meanwhile sees a line cut short, never one without end.
	memcpy(place, line, length);
	place[length] = 0;
}

void trace_flush(void)
{
	uint32_t end;

	spin_lock(&lock);
	end = atomic_load(&next);
	if (end - flushed > LINES)
		flushed = end - LINES;
	for (; flushed != end; flushed++)
		trace_write(ring[flushed % LINES]);
	spin_unlock(&lock);
}
