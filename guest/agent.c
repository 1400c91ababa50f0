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
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define PORT_WAIT_MS  20000
#define DRAIN_WAIT_MS 30000
// How long an unconnected input port may take to become connected before it counts as empty.
#define INPUT_GRACE_MS 250
#define REQUEST_MAX    (1 << 20)

enum port { PORT_CTL, PORT_IN, PORT_OUT, PORT_ERR, PORT_LOG, PORT_COUNT };

static const char *const port_names[PORT_COUNT] = {
	[PORT_CTL] = "copra.ctl",
	[PORT_IN] = "copra.in",
	[PORT_OUT] = "copra.out",
	[PORT_ERR] = "copra.err",
	[PORT_LOG] = "copra.log",
};

static int port_fd[PORT_COUNT] = {-1, -1, -1, -1, -1};

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void sleep_ms(int ms)
{
	poll(NULL, 0, ms);
}

// Waits until the host has taken what was written, so that power-off does not lose it.  A host
// that has gone takes nothing.
static void port_drain(enum port port)
{
	struct pollfd p = {.fd = port_fd[port], .events = POLLOUT};
	long long end = now_ms() + DRAIN_WAIT_MS;

	if (p.fd < 0)
		return;
	while (now_ms() < end) {
		if (poll(&p, 1, 100) > 0 && (p.revents & (POLLOUT | POLLHUP | POLLERR)))
			return;
	}
}

static bool write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EAGAIN) {
			struct pollfd p = {.fd = fd, .events = POLLOUT};

			poll(&p, 1, 1000);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		size -= (size_t)n;
	}
	return true;
}

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
	char line[256];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (n < 0)
		return;
	if (n > (int)sizeof(line) - 1)
		n = sizeof(line) - 1;
	write_all(port_fd[PORT_CTL], line, (size_t)n);
}

__attribute__((noreturn)) static void power_off(void)
{
	for (int i = 0; i < PORT_COUNT; i++)
		port_drain(i);
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

// The kernel restarts the guest by the SVSM or, where that cannot be, ends the VM.
__attribute__((noreturn)) static void restart(void)
{
	sync();
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

__attribute__((noreturn)) static void fail(const char *what)
{
	fprintf(stderr, "agent: %s: %s\n", what, strerror(errno));
	if (port_fd[PORT_CTL] >= 0)
		tell("error %s: %s\n", what, strerror(errno));
	power_off();
}

// Finds the port's device by the name that the launcher gave it; fails when there is none.
static int port_open(const char *name)
{
	char path[300], text[64];
	struct dirent *entry;
	DIR *dir = opendir("/sys/class/virtio-ports");
	int fd = -1;

	while (dir && fd < 0 && (entry = readdir(dir))) {
		FILE *file;

		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name", entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fgets(text, sizeof(text), file) && !strncmp(text, name, strlen(name)) &&
			text[strlen(name)] == '\n') {
			snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
			fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		}
		(void)fclose(file);
	}
	if (dir)
		closedir(dir);
	return fd;
}

// All of them: the launcher makes every port for every run.
static void ports_open(void)
{
	long long end = now_ms() + PORT_WAIT_MS;

	for (int i = 0; i < PORT_COUNT; i++) {
		while ((port_fd[i] = port_open(port_names[i])) < 0) {
			if (now_ms() > end)
				fail(port_names[i]);
			sleep_ms(5);
		}
	}
}

// Reads exactly size bytes of the request; the port reads as empty until the host is connected.
static void request_read(char *data, size_t size)
{
	while (size) {
		struct pollfd p = {.fd = port_fd[PORT_CTL], .events = POLLIN};
		ssize_t n;

		poll(&p, 1, 1000);
		n = read(port_fd[PORT_CTL], data, size);
		if (n <= 0) {
			sleep_ms(2);
			continue;
		}
		data += n;
		size -= (size_t)n;
	}
}

static void request_line(char *line, size_t size)
{
	size_t n = 0;

	do {
		if (n == size - 1)
			fail("request too long");
		request_read(line + n, 1);
	} while (line[n++] != '\n');
	line[n - 1] = 0;
}

// --- one command -------------------------------------------------------------------------------

// One direction of copying, with what was read and not yet written.
struct flow {
	int from, to;
	bool done;
	long long empty_since; // an input port that reads as empty: since when; 0 when not
	size_t start, end;
	char data[16384];
};

static struct flow flow_in, flow_out, flow_err;

static void flow_close(struct flow *flow)
{
	flow->done = true;
}

static bool flow_full(const struct flow *flow)
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

static struct pollfd flow_poll(const struct flow *flow)
{
	struct pollfd p = {.fd = -1};

	if (flow->done || flow->empty_since)
		return p;
	p.fd = flow_full(flow) ? flow->to : flow->from;
	p.events = flow_full(flow) ? POLLOUT : POLLIN;
	return p;
}

static void pipe_make(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC))
		fail("pipe");
}

static void nonblock(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static int child_pipe[2]; // written to by the SIGCHLD handler

static void on_child(int number)
{
	int saved = errno;

	(void)number;
	if (write(child_pipe[1], "", 1) < 0) {
		// A full pipe says as much.
	}
	errno = saved;
}

static volatile sig_atomic_t restarting; // `reboot` asks process 1

static void on_restart(int number)
{
	restarting = 1;
	on_child(number);
}

static void signals_default(void)
{
	sigset_t none;

	signal(SIGTERM, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static pid_t command_start(char **argv)
{
	int in[2], out[2], err[2];
	pid_t pid;

	pipe_make(in);
	pipe_make(out);
	pipe_make(err);
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (!pid) {
		setsid();
		signals_default();
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(err[1], 2);
		execvp(argv[0], argv);
		fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
		_exit(errno == ENOENT ? 127 : 126);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
	nonblock(in[1]);
	nonblock(out[0]);
	nonblock(err[0]);
	flow_in = (struct flow){.from = port_fd[PORT_IN], .to = in[1]};
	flow_out = (struct flow){.from = out[0], .to = port_fd[PORT_OUT]};
	flow_err = (struct flow){.from = err[0], .to = port_fd[PORT_ERR]};
	return pid;
}

// Reaps everything (this is process 1); true when the command is among it.
static bool reap(pid_t command, int *status)
{
	bool ended = false;
	int s;
	pid_t pid;

	while ((pid = waitpid(-1, &s, WNOHANG)) > 0) {
		if (pid == command) {
			*status = s;
			ended = true;
		}
	}
	return ended;
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void child_events_clear(void)
{
	char drop[16];

	while (read(child_pipe[0], drop, sizeof(drop)) > 0)
		;
}

// The input is at its end: a command sees that, a terminal hangs up.
static void input_ended(pid_t pid, int terminal)
{
	if (terminal >= 0)
		kill(-pid, SIGHUP);
	else
		close(flow_in.to);
}

static void terminal_control(int terminal);

// In milliseconds: none when only the rest of the output is wanted, short while input may go on.
static int poll_wait(bool ending)
{
	if (ending)
		return 0;
	return flow_in.empty_since && !flow_in.done ? 20 : 1000;
}

static void flows_step(void)
{
	flow_step(&flow_in);
	flow_step(&flow_out);
	flow_step(&flow_err);
}

static bool output_is_written(bool ready)
{
	if (flow_out.done && flow_err.done)
		return true;
	return !ready && !flow_full(&flow_out) && !flow_full(&flow_err);
}

// Copies until the command has ended or a restart was asked for, and the output so far is written.
// Processes that it left behind with its output open are not waited for.
static int command_follow(pid_t pid, int terminal)
{
	bool ended = false, input_open = true;
	int status = 0;

	for (;;) {
		struct pollfd p[5] = {
			{.fd = child_pipe[0], .events = POLLIN},
			{.fd = terminal >= 0 ? port_fd[PORT_CTL] : -1, .events = POLLIN},
			flow_poll(&flow_in),
			flow_poll(&flow_out),
			flow_poll(&flow_err),
		};
		bool ready = poll(p, 5, poll_wait(ended || restarting)) != 0;

		child_events_clear();
		if (reap(pid, &status))
			ended = true;
		if (terminal >= 0)
			terminal_control(terminal);
		flows_step();
		if (flow_in.done && input_open) {
			input_ended(pid, terminal);
			input_open = false;
		}
		if (!ended && !restarting)
			continue;
		flow_in.done = true;
		if (output_is_written(ready))
			return exit_status(status);
	}
}

// A command that restarts the guest sees which start this is.
static void boot_tell(unsigned int boot)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", boot);
	setenv("COPRA_BOOT", text, 1);
}

static int command_run(size_t size)
{
	char *args = malloc(size + 1), **argv;
	size_t count = 0, i = 0;
	pid_t pid;

	if (!args || !size)
		fail("bad request");
	request_read(args, size);
	args[size] = 0;
	argv = calloc(size + 1, sizeof(*argv));
	if (!argv)
		fail("bad request");
	while (i < size) {
		argv[count++] = args + i;
		i += strlen(args + i) + 1;
	}
	pid = command_start(argv);
	free(argv);
	free(args);
	return command_follow(pid, -1);
}

// --- an interactive shell ----------------------------------------------------------------------

static void terminal_size(int terminal, unsigned int rows, unsigned int columns)
{
	struct winsize size = {
		.ws_row = (unsigned short)rows,
		.ws_col = (unsigned short)columns,
	};

	ioctl(terminal, TIOCSWINSZ, &size);
}

// Takes the launcher's "size" lines as they come.
static void terminal_control(int terminal)
{
	static char line[64];
	static size_t n;
	unsigned int rows, columns;

	while (read(port_fd[PORT_CTL], line + n, 1) == 1) {
		if (n < sizeof(line) - 2 && line[n] != '\n') {
			n++;
			continue;
		}
		line[n] = 0;
		n = 0;
		if (sscanf(line, "size %u %u", &rows, &columns) == 2)
			terminal_size(terminal, rows, columns);
	}
}

static void shell_exec(const char *path, const char *term)
{
	int fd;

	setsid();
	signals_default();
	fd = open(path, O_RDWR);
	if (fd < 0)
		_exit(127);
	ioctl(fd, TIOCSCTTY, 1);
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	setenv("TERM", term, 1);
	execl("/bin/sh", "-sh", NULL);
	_exit(127);
}

static int shell_run(unsigned int rows, unsigned int columns, const char *term)
{
	int terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	int unlock = 0;
	unsigned int number;
	char path[32];
	pid_t pid;

	if (terminal < 0 || ioctl(terminal, TIOCSPTLCK, &unlock) ||
		ioctl(terminal, TIOCGPTN, &number))
		fail("/dev/ptmx");
	snprintf(path, sizeof(path), "/dev/pts/%u", number);
	// Kept open: without any user the terminal would read as at its end.
	if (open(path, O_RDWR | O_NOCTTY | O_CLOEXEC) < 0)
		fail(path);
	terminal_size(terminal, rows, columns);
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (!pid)
		shell_exec(path, term);
	flow_in = (struct flow){.from = port_fd[PORT_IN], .to = terminal};
	flow_out = (struct flow){.from = terminal, .to = port_fd[PORT_OUT]};
	flow_err = (struct flow){.done = true};
	return command_follow(pid, terminal);
}

// --- the kernel log ----------------------------------------------------------------------------

// A record of /dev/kmsg is "priority,sequence,microseconds,flags;text\n" and lines of details.
static void log_record(char *record, ssize_t size)
{
	char line[8300];
	unsigned int priority = 0;
	unsigned long long usec = 0;
	char *text, *end;
	int n;

	record[size] = 0;
	text = strchr(record, ';');
	if (!text || sscanf(record, "%u,%*u,%llu", &priority, &usec) != 2)
		return;
	end = strchr(++text, '\n');
	if (end)
		*end = 0;
	n = snprintf(line, sizeof(line), "<%u>[%5llu.%06llu] %s\n", priority & 7, usec / 1000000,
		usec % 1000000, text);
	if (n > 0)
		write_all(port_fd[PORT_LOG], line, (size_t)n);
}

// The agent keeps the pipe's writing end: closing it asks for the rest of the log, and the end.
static pid_t log_pid = -1;
static int log_stop[2];

static void log_follow(void)
{
	static char record[8192 + 1];
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	struct pollfd p[2] = {
		{.fd = fd, .events = POLLIN},
		{.fd = log_stop[0], .events = POLLIN},
	};
	bool stop = false;

	while (fd >= 0) {
		ssize_t n = read(fd, record, sizeof(record) - 1);

		if (n > 0) {
			log_record(record, n);
			continue;
		}
		if (n == 0 || (errno != EAGAIN && errno != EPIPE && errno != EINTR))
			return;
		if (stop && errno == EAGAIN)
			return;
		if (poll(p, 2, -1) > 0 && p[1].revents)
			stop = true;
	}
}

// A process of its own, so that a slow log holds up nothing.
static void log_start(void)
{
	if (pipe2(log_stop, O_CLOEXEC))
		fail("pipe");
	log_pid = fork();
	if (log_pid)
		return;
	signals_default();
	close(log_stop[1]);
	log_follow();
	port_drain(PORT_LOG);
	_exit(0);
}

static void log_finish(void)
{
	long long end = now_ms() + DRAIN_WAIT_MS;

	if (log_pid < 0)
		return;
	close(log_stop[1]);
	while (waitpid(log_pid, NULL, WNOHANG) == 0 && now_ms() < end)
		sleep_ms(2);
}

// What the command says is handed on before it does anything else, such as restarting the guest.
static void go_first(void)
{
	struct sched_param priority = {.sched_priority = 1};

	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &priority))
		fail("sched_setscheduler");
}

int main(void)
{
	struct sigaction action = {.sa_handler = on_child, .sa_flags = SA_RESTART};
	struct sigaction asked = {.sa_handler = on_restart, .sa_flags = SA_RESTART};
	char line[256], term[64] = "linux";
	unsigned int rows = 24, columns = 80, boot = 1;
	unsigned long size;
	int status;

	signal(SIGPIPE, SIG_IGN);
	if (pipe2(child_pipe, O_CLOEXEC | O_NONBLOCK))
		fail("pipe");
	sigaction(SIGCHLD, &action, NULL);
	sigaction(SIGTERM, &asked, NULL);
	ports_open();
	tell("ready %lld.%03lld\n", now_ms() / 1000, now_ms() % 1000);
	log_start();
	go_first();
	request_line(line, sizeof(line));
	if (sscanf(line, "run %lu %u", &size, &boot) == 2 && size <= REQUEST_MAX) {
		boot_tell(boot);
		status = command_run(size);
	} else if (sscanf(line, "shell %u %u %63s", &rows, &columns, term) >= 2) {
		status = shell_run(rows, columns, term);
	} else {
		fail("unknown request");
	}
	port_drain(PORT_OUT);
	port_drain(PORT_ERR);
	log_finish();
	if (restarting)
		restart();
	tell("exit %d\n", status);
	power_off();
}
