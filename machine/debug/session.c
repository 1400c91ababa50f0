// SPDX-License-Identifier: MIT
// One stop of the VM as gdb sees it: a stop reply, then requests until one of them resumes.
#include "lib/fmt.h"
#include "lib/string.h"
#include "machine/debug/gdb.h"

#define PACKET_LIMIT "ff0" // PACKET_MAX in hex, less framing and zero
#define BYTE_WAIT_US 5000
#define POLL_BYTES   PACKET_MAX // at a time: the VM goes on whatever is sent

static char packet[PACKET_MAX], reply[PACKET_MAX];
static struct plane *selected; // by Hg, for registers and memory
static struct stop current;
static bool attached;
static bool reply_due;	 // gdb resumed the VM and waits
static uint64_t byte_us; // when the last byte came while the VM ran
static struct {
	bool is;
	size_t size;
} taken; // a request that the poll has taken; it stops the VM

bool session_attached(void)
{
	return attached;
}

// The bytes come in pieces, since the port holds 16 of them. Who has begun a packet and sends no
// more is not waited for.
static bool byte_coming(void)
{
	while (!uart_ready()) {
		if (!packet_begun() || time_us() - byte_us > BYTE_WAIT_US)
			return false;
		__asm__ volatile("pause");
	}
	byte_us = time_us();
	return true;
}

// A debugger that got no answer, as the VM gave nobody the time, has sent its query again. It gets
// one answer, or it would take the second for that to its next request.
static void repeats_drop(void)
{
	uint64_t quiet_us = time_us();
	size_t size = 0;

	while (time_us() - quiet_us < BYTE_WAIT_US) {
		if (!uart_ready())
			continue;
		(void)packet_take(reply, &size);
		quiet_us = time_us();
	}
}

// Nobody but a debugger may stop the VM: each begins with a query of what the stub can do.
bool session_poll(void)
{
	for (unsigned i = 0; i < POLL_BYTES && byte_coming(); i++) {
		size_t size = 0;
		enum packet_event event = packet_take(packet, &size);

		if (event == PACKET_INTERRUPT && attached)
			return true;
		if (event == PACKET_BAD && attached)
			packet_ack(false);
		if (event != PACKET_WHOLE || !(attached || packet[0] == 'q' || packet[0] == 'Q'))
			continue;
		repeats_drop();
		packet_ack(true);
		taken.is = true;
		taken.size = size;
		reply_due = false; // a gdb that waits sends nothing: this is another
		return true;
	}
	return false;
}

bool session_knocks(void)
{
	return uart_ready();
}

static struct plane *thread_first(void)
{
	for (uint32_t id = 1; id <= cpu_count; id++)
		if (gdb_thread(id))
			return gdb_thread(id);
	return NULL;
}

static struct plane *thread_stopped(void)
{
	struct plane *plane = gdb_thread(current.cpu->index + 1);

	return plane ? plane : thread_first();
}

static void stop_reply(void)
{
	struct plane *plane = thread_stopped();
	char address[24] = "";

	if (current.address)
		fmt_snprintf(address, sizeof(address), ":%lx;", current.address);
	fmt_snprintf(reply, sizeof(reply), "T%02xthread:%x;%s%s", current.signal,
		plane ? plane->cpu->index + 1 : 1, current.reason, address);
	packet_text(reply);
}

static void breakpoint(const char *text, bool set)
{
	unsigned type = (unsigned)(text[0] - '0');
	uint64_t address, size;

	if (*text)
		text++;
	address = hex_number_next(&text);
	size = hex_number_next(&text);
	if (type > 4)
		packet_text("");
	else
		packet_answer(set ? breakpoint_set(selected, type, address, (unsigned)size)
				  : breakpoint_clear(type, address));
}

static void xml_read(const char *text)
{
	const char *xml = registers_xml();
	size_t total = strlen(xml), offset, size;

	if (strncmp(text, "target.xml:", 11) != 0) {
		packet_text("E00");
		return;
	}
	text += 11;
	offset = hex_number(&text);
	size = hex_number_next(&text);
	offset = offset < total ? offset : total;
	if (size > PACKET_MAX - 32)
		size = PACKET_MAX - 32;
	if (size > total - offset)
		size = total - offset;
	reply[0] = offset + size < total ? 'm' : 'l';
	memcpy(reply + 1, xml + offset, size);
	packet_put(reply, size + 1);
}

static void threads_list(void)
{
	size_t used = 0;

	for (uint32_t id = 1; id <= cpu_count; id++)
		if (gdb_thread(id))
			used += fmt_snprintf(
				reply + used, sizeof(reply) - used, "%c%x", used ? ',' : 'm', id);
	packet_put(used ? reply : "l", used ? used : 1);
}

static void thread_info(const char *text)
{
	struct plane *plane = gdb_thread((uint32_t)hex_number(&text));
	char info[64];
	bool runs;

	if (!plane) {
		packet_answer(false);
		return;
	}
	runs = plane->cpu->vmsa_in_use == plane->core.vmsa_spa;
	fmt_snprintf(info, sizeof(info), "CPU %u VMPL%u, %s", plane->cpu->index, plane->vmpl,
		runs		? "in use"
		: plane->halted ? "halted"
				: "waits");
	packet_put(reply, hex_from(reply, (const uint8_t *)info, strlen(info)));
}

static void connect(void)
{
	if (!attached)
		log_info("gdb: attached");
	attached = true;
	reply_due = false;
	breakpoints_clear();
	packet_text("PacketSize=" PACKET_LIMIT
		    ";qXfer:features:read+;vContSupported+;swbreak+;hwbreak+;QStartNoAckMode+");
}

static void query(const char *text)
{
	if (!strncmp(text, "qSupported", 10)) {
		connect();
	} else if (!strncmp(text, "qXfer:features:read:", 20)) {
		xml_read(text + 20);
	} else if (!strcmp(text, "qfThreadInfo")) {
		threads_list();
	} else if (!strcmp(text, "qsThreadInfo")) {
		packet_text("l");
	} else if (!strncmp(text, "qThreadExtraInfo,", 17)) {
		thread_info(text + 17);
	} else if (!strcmp(text, "qAttached")) {
		packet_text("1");
	} else if (!strcmp(text, "qC") && selected) {
		fmt_snprintf(reply, sizeof(reply), "QC%x", selected->cpu->index + 1);
		packet_text(reply);
	} else {
		packet_text("");
	}
}

// Hg picks the thread of what follows; Hc is made obsolete by vCont. 0 and -1: any.
static void thread_select(const char *text)
{
	const char *number = *text ? text + 1 : text;
	const bool any = *number == '-' || !strcmp(number, "0");
	struct plane *plane = *number == '-' ? NULL : gdb_thread((uint32_t)hex_number(&number));

	if (text[0] == 'g' && plane)
		selected = plane;
	packet_answer(plane || any);
}

static bool verbose(const char *text, enum resume how[CPUS_MAX])
{
	if (!strcmp(text, "vCont?"))
		packet_text("vCont;c;C;s;S");
	else if (!strncmp(text, "vCont;", 6) && resume_parse(text + 5, how))
		return true;
	else
		packet_text("");
	return false;
}

static bool detach(enum resume how[CPUS_MAX])
{
	breakpoints_clear();
	packet_answer(true);
	attached = false;
	packet_ack_mode(true);
	log_info("gdb: detached");
	return resume_old("c", selected, how);
}

static void registers(const char *text)
{
	const char *number = text + 1;
	size_t size = 0;

	if (text[0] == 'g') {
		size = registers_read(selected, reply);
	} else if (text[0] == 'p') {
		size = register_read(selected, (unsigned)hex_number(&number), reply);
	} else if (text[0] == 'G') {
		registers_write(selected, number);
		packet_answer(true);
		return;
	} else {
		unsigned n = (unsigned)hex_number(&number);

		packet_answer(*number == '=' && register_write(selected, n, number + 1));
		return;
	}
	packet_put(size ? reply : "E01", size ? size : 3);
}

static void thread_alive(const char *text)
{
	packet_answer(gdb_thread((uint32_t)hex_number(&text)));
}

static void no_acks(void)
{
	packet_answer(true);
	packet_ack_mode(false);
}

// Requests about a plane's state, which has to be there.
static bool needs_plane(char request)
{
	for (const char *c = "gGpPmMXZz"; *c; c++)
		if (*c == request)
			return true;
	return false;
}

_Noreturn static void kill(void)
{
	log_info("gdb: the run is ended by the debugger");
	machine_end(END_MACHINE_STOPPED);
}

// true: the VM is to go on, as how[] says.
static bool serve(const char *text, size_t length, enum resume how[CPUS_MAX])
{
	if (!selected && needs_plane(text[0])) {
		packet_answer(false);
		return false;
	}
	switch (text[0]) {
	case '?':
		stop_reply();
		return false;
	case 'g':
	case 'G':
	case 'p':
	case 'P':
		registers(text);
		return false;
	case 'm':
		memory_read(selected, text + 1);
		return false;
	case 'M':
	case 'X':
		memory_write(selected, text + 1, length - 1, text[0] == 'X');
		return false;
	case 'Z':
	case 'z':
		breakpoint(text + 1, text[0] == 'Z');
		return false;
	case 'q':
		query(text);
		return false;
	case 'H':
		thread_select(text + 1);
		return false;
	case 'T':
		thread_alive(text + 1);
		return false;
	case 'v':
		return verbose(text, how);
	case 'c':
	case 'C':
	case 's':
	case 'S':
		return resume_old(text, selected, how);
	case 'D':
		return detach(how);
	case 'k':
		kill();
	default:
		if (!strcmp(text, "QStartNoAckMode"))
			no_acks();
		else
			packet_text("");
		return false;
	}
}

void session_run(const struct stop *stop, enum resume how[CPUS_MAX])
{
	size_t length;

	current = *stop;
	selected = thread_stopped();
	if (reply_due)
		stop_reply();
	reply_due = false;
	do {
		length = taken.is ? taken.size : packet_get(packet);
		taken.is = false;
	} while (!serve(packet, length, how));
	reply_due = attached;
}
