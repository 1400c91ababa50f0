// SPDX-License-Identifier: MIT
// The last step of the guest's init: does what the launcher asks over virtio-serial ports, then
// powers the guest off.
//
// Ports, by name:
//   copra.ctl  lines to the launcher: "ready SECONDS", "exit STATUS", "error TEXT";
//              from it one request: "run BYTES BOOT\n", where BOOT counts the
//              guest's starts, and NUL-terminated arguments of that many bytes; or
//              "shell ROWS COLUMNS TERM\n" and then "size ROWS COLUMNS\n" at will
//   copra.in, copra.out, copra.err   the standard streams, as they are; a shell has a terminal of
//              the guest's and uses the first two
//   copra.log  the kernel log, from here to the launcher
//
// The launcher speaks only after "ready": the firmware opens every port as well, and would take
// what came earlier.
//
// The command's streams are pipes, and the agent copies: a port can be opened only once, so a
// command that got the port itself could not reopen /dev/stdout.
#ifndef GUEST_AGENT_AGENT_H
#define GUEST_AGENT_AGENT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// How long the host may take to fetch what it was told before the guest ends all the same.
#define DRAIN_WAIT_MS 30000

// Time (port.c)
long long now_ms(void);
void sleep_ms(int ms);

// The ports (port.c)
enum port { PORT_CTL, PORT_IN, PORT_OUT, PORT_ERR, PORT_LOG, PORT_COUNT };
extern int port_fd[PORT_COUNT]; // -1 before ports_open()
// All of them: the launcher makes every port for every run.
void ports_open(void);
// Waits until the host has taken what was written, so that power-off does not lose it. A host
// that has gone takes nothing.
void port_drain(enum port port);
bool write_all(int fd, const char *data, size_t size);

// The launcher on copra.ctl (control.c)
__attribute__((format(printf, 1, 2))) void tell(const char *format, ...);
// Exactly size bytes of the request, or its line without the line's end.
void request_read(char *data, size_t size);
void request_line(char *line, size_t size);

// The end (end.c)
__attribute__((noreturn)) void power_off(void);
// The kernel restarts the guest by the SVSM or, where that cannot be, ends the VM.
__attribute__((noreturn)) void restart(void);
// Says what failed, with errno's text, to the launcher and on the console, and powers off.
__attribute__((noreturn)) void fail(const char *what);

// Streams (flow.c). One direction of copying, with what was read and not yet written.
struct flow {
	int from, to;
	bool done;
	long long empty_since; // an input port that reads as empty: since when; 0 when not
	size_t start, end;
	char data[16384];
};

extern struct flow flow_in, flow_out, flow_err;
bool flow_full(const struct flow *flow);
struct pollfd flow_poll(const struct flow *flow);
void flows_step(void);

// Processes (child.c); this is process 1
void pipe_make(int fds[2]);
void signals_catch(void);
void signals_default(void); // in a child, before it becomes another program
bool restart_asked(void);   // by `reboot`
int child_events(void);	    // a descriptor that can be read when a process may have ended
void child_events_clear(void);
// Reaps everything; true when the command is among it.
bool reap(pid_t command, int *status);
int exit_status(int status);

// Copies until the command has ended or a restart was asked for, and the output so far is written
// (follow.c). Processes that it left behind with its output open are not waited for. terminal is
// the agent's end of the command's, or -1. Returns the exit status.
int command_follow(pid_t pid, int terminal);

// What the launcher can ask for; both return the exit status.
int command_run(size_t size);						  // command.c
int shell_run(unsigned int rows, unsigned int columns, const char *term); // shell.c
// Takes the launcher's "size" lines as they come (shell.c).
void terminal_control(int terminal);

// The kernel log (log.c), by a process of its own, so that a slow log holds up nothing
void log_start(void);
void log_finish(void);

#endif
