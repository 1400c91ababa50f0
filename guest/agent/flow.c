// SPDX-License-Identifier: MIT
// Copying between the command and the ports.
#include "guest/agent/agent.h"

#include <errno.h>
#include <unistd.h>

// How long an unconnected input port may take to become connected before it counts as empty.
#define INPUT_GRACE_MS 250

struct flow flow_in, flow_out, flow_err;

static void flow_close(struct flow *flow)
{
	flow->done = true;
}

bool flow_full(const struct flow *flow)
{
	return flow->start < flow->end;
}

// True when the source is at its end; a port that is not connected gets a moment to become so.
static bool flow_at_end(struct flow *flow, ssize_t n)
{
	if (n < 0)
		return errno != EAGAIN && errno != EINTR;
	if (flow != &flow_in)
		return true;
	if (!flow->empty_since)
		flow->empty_since = now_ms();
	return now_ms() - flow->empty_since > INPUT_GRACE_MS;
}

static void flow_step(struct flow *flow)
{
	ssize_t n;

	if (flow->done)
		return;
	if (!flow_full(flow)) {
		n = read(flow->from, flow->data, sizeof(flow->data));
		if (n <= 0) {
			if (flow_at_end(flow, n))
				flow_close(flow);
			return;
		}
		flow->empty_since = 0;
		flow->start = 0;
		flow->end = (size_t)n;
	}
	n = write(flow->to, flow->data + flow->start, flow->end - flow->start);
	if (n > 0)
		flow->start += (size_t)n;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		flow_close(flow);
}

struct pollfd flow_poll(const struct flow *flow)
{
	struct pollfd p = {.fd = -1};

	if (flow->done || flow->empty_since)
		return p;
	p.fd = flow_full(flow) ? flow->to : flow->from;
	p.events = flow_full(flow) ? POLLOUT : POLLIN;
	return p;
}

void flows_step(void)
{
	flow_step(&flow_in);
	flow_step(&flow_out);
	flow_step(&flow_err);
}
