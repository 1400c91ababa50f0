// SPDX-License-Identifier: MIT
// Inside of debug/: the gdb stub. One CPU at a time, the master, talks to gdb while all CPUs are
// stopped; what is not marked otherwise is called by the master only. A thread of gdb's is the
// debugged plane of one CPU, with the CPU's index + 1 as its id. Source of the protocol: GDB
// manual, appendix "GDB Remote Serial Protocol".
#ifndef DEBUG_GDB_H
#define DEBUG_GDB_H

#include "machine/debug/debug.h"

#define PACKET_MAX 4096

// dump.c, on any CPU
bool nmi_is_request(struct cpu *cpu);
void nmi_arm(struct cpu *cpu);

// stop.c
struct stop {
	struct cpu *cpu;
	uint8_t signal;	    // gdb's number
	const char *reason; // part of the stop reply, "" or "swbreak:;"
	uint64_t address;   // of a watchpoint, when reason is "watch"
};
#define SIGNAL_INT  2
#define SIGNAL_TRAP 5
#define SIGNAL_SEGV 11
bool gdb_break(struct cpu *cpu);	// any CPU: stop soon; false = no debugger is attached
void gdb_stop(const struct stop *stop); // any CPU: stops all, talks to gdb until it resumes
struct plane *gdb_thread(uint32_t id);	// NULL = no such thread
bool gdb_is_debugged(const struct plane *plane); // any CPU
enum resume { RESUME_HOLD, RESUME_RUN, RESUME_STEP };

// session.c: packets until gdb resumes; how[] tells what each CPU shall do.
void session_run(const struct stop *stop, enum resume how[CPUS_MAX]);
// One CPU at a time, while the VM runs: what has come from gdb. true = gdb wants it stopped.
bool session_poll(void);
bool session_knocks(void); // any CPU: somebody sends what is not taken yet
bool session_attached(void);

// packet.c: framing on COM3
bool uart_init(void); // false = there is no COM3
bool uart_ready(void);
enum packet_event { PACKET_PART, PACKET_WHOLE, PACKET_BAD, PACKET_INTERRUPT };
// Takes a byte, for which it blocks. PACKET_WHOLE: the packet is there, with its length in *size.
enum packet_event packet_take(char packet[PACKET_MAX], size_t *size);
bool packet_begun(void); // the rest is still to come
void packet_ack(bool good);
// Next packet, acknowledged; returns its length.
size_t packet_get(char packet[PACKET_MAX]);
void packet_put(const char *text, size_t size);
void packet_text(const char *text);
void packet_answer(bool ok); // OK or an error
void packet_ack_mode(bool on);

// hex.c
extern const char hex_digits[];
int hex_digit(int c);						// its value, -1 = it is none
size_t hex_from(char *text, const uint8_t *bytes, size_t size); // returns characters
size_t hex_to(uint8_t *bytes, const char *text, size_t max);	// returns bytes
uint64_t hex_number(const char **text);
uint64_t hex_number_next(const char **text); // behind one separator; 0 at the text's end

// resume.c: true = the request was understood
bool resume_parse(const char *text, enum resume how[CPUS_MAX]); // vCont, from the first ';'
bool resume_old(const char *text, const struct plane *selected, enum resume how[CPUS_MAX]);

// memory.c: the requests' text behind the letter; they answer
void memory_read(struct plane *plane, const char *text);
void memory_write(struct plane *plane, const char *text, size_t length, bool binary);

// registers.c
void registers_pull(struct plane *plane); // VMSA -> VMCB when the plane is not the one that runs
size_t registers_read(struct plane *plane, char *text);		       // g
void registers_write(struct plane *plane, const char *hex);	       // G
size_t register_read(struct plane *plane, unsigned n, char *text);     // p; 0 = no such register
bool register_write(struct plane *plane, unsigned n, const char *hex); // P
const char *registers_xml(void);

// breakpoint.c
bool breakpoint_set(struct plane *plane, unsigned type, uint64_t address, unsigned size);
bool breakpoint_clear(unsigned type, uint64_t address);
void breakpoints_clear(void);
bool breakpoint_at(uint64_t address); // any CPU
void breakpoints_hide(uint64_t address, uint8_t *bytes, size_t size);
void breakpoints_rewrite(struct plane *plane, uint64_t address, size_t size);
// Debug registers, on any CPU: before an entry, and after the exit.
void watch_enter(struct plane *plane);
void watch_leave(struct plane *plane);
// A #DB exit of the debugger's own watchpoints? Fills stop.
bool watch_hit(struct plane *plane, struct stop *stop);

// step.c, on the CPU of the plane
bool step_completed(struct plane *plane); // an instruction that the machine carried out was stepped
void step_arm(struct plane *plane);
void step_disarm(struct plane *plane);		   // after an exit
bool step_hit(struct plane *plane, bool *swallow); // at a #DB exit
void step_forget(struct plane *plane);		   // gdb stopped for another reason

#endif
