// SPDX-License-Identifier: MIT
// What is made of good commands: wrong sizes, tags, codes, handles and authorisations, bytes that
// are more, fewer or other ones, and requests that the SVSM has to refuse itself.
#include "tests/guest-bare/fuzz.h"

#include "lib/string.h"

#define HEADER_TAG_AT 0
#define HANDLES_AT    TPM_HEADER_SIZE
#define CODE_FIRST    0x11f
#define CODE_COUNT    0x80
#define MUTATIONS_MAX 3

static uint64_t random_state;

void fuzz_random_start(uint64_t seed)
{
	random_state = (seed + 1) * 0x9e3779b97f4a7c15ull | 1;
}

uint64_t fuzz_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

uint64_t fuzz_below(uint64_t bound)
{
	return (fuzz_random() >> 16) % bound;
}

static uint32_t any_size(uint32_t now)
{
	static const uint32_t sizes[] = {0, 1, 2, 9, 10, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000,
		0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff, 4087, 4088, 4096};
	uint64_t which = fuzz_below(ARRAY_SIZE(sizes) + 8);

	return which < ARRAY_SIZE(sizes) ? sizes[which]
					 : now + (uint32_t)(which - ARRAY_SIZE(sizes)) - 4;
}

static uint32_t any_handle(void)
{
	static const uint32_t handles[] = {0, 7, 15, 16, 23, 24, 0x01500001, 0x01500002, 0x01c00002,
		0x01ffffff, 0x02000000, 0x02000001, 0x03000000, 0x03000001, 0x40000000, 0x40000001,
		0x40000007, 0x40000009, 0x4000000a, 0x4000000b, 0x4000000c, 0x4000000d, 0x80000000,
		0x80000001, 0x80000002, 0x80ffffff, 0x81000010, 0x81010001, 0x8101000a, 0x81010016,
		0x81800000, 0x90000000, 0xffffffff};
	uint64_t which = fuzz_below(ARRAY_SIZE(handles) + 1);

	return which < ARRAY_SIZE(handles) ? handles[which] : (uint32_t)fuzz_random();
}

static uint8_t any_byte(void)
{
	static const uint8_t bytes[] = {0, 1, 0x7f, 0x80, 0xff};
	uint64_t which = fuzz_below(2 * ARRAY_SIZE(bytes));

	return which < ARRAY_SIZE(bytes) ? bytes[which] : (uint8_t)fuzz_random();
}

// A place for this many bytes of the command, from there on; false: there is none.
static bool any_place(const struct fuzz_command *c, uint32_t from, uint32_t bytes, uint32_t *at)
{
	if (c->size < from + bytes)
		return false;
	*at = from + (uint32_t)fuzz_below(c->size - from - bytes + 1);
	return true;
}

static void set16(uint8_t *p, uint32_t value)
{
	put16(p, value);
}

static void set32(uint8_t *p, uint32_t value)
{
	put32(p, value);
}

static void change_bit(struct fuzz_command *c)
{
	uint32_t at = 0;

	if (any_place(c, HANDLES_AT, 1, &at))
		c->data[at] ^= (uint8_t)(1u << fuzz_below(8));
}

static void change_byte(struct fuzz_command *c)
{
	uint32_t at = 0;

	if (any_place(c, HANDLES_AT, 1, &at))
		c->data[at] = any_byte();
}

static void change_size(struct fuzz_command *c)
{
	uint32_t at = 0;

	if (any_place(c, c->body_at, 2, &at))
		set16(c->data + at, any_size((uint32_t)c->data[at] << 8 | c->data[at + 1]));
}

static void change_word(struct fuzz_command *c)
{
	uint32_t at = 0;

	if (any_place(c, HANDLES_AT, 4, &at))
		set32(c->data + at, any_size(get32(c->data + at)));
}

static void change_handle(struct fuzz_command *c)
{
	uint32_t at = HANDLES_AT + 4 * (uint32_t)fuzz_below(3);

	if (at + 4 <= c->size)
		set32(c->data + at, any_handle());
}

static void change_tag(struct fuzz_command *c)
{
	static const uint16_t tags[] = {0x8001, 0x8002, 0x8000, 0x00c1, 0, 0xffff};

	set16(c->data + HEADER_TAG_AT, tags[fuzz_below(ARRAY_SIZE(tags))]);
}

static void change_code(struct fuzz_command *c)
{
	uint32_t code = CODE_FIRST + (uint32_t)fuzz_below(CODE_COUNT);

	// Bit 29: the vendor's own
	if (fuzz_below(8) == 0)
		code = fuzz_below(2) ? code | 0x20000000 : (uint32_t)fuzz_random();
	set32(c->data + TPM_HEADER_CODE_AT, code);
}

// In the authorisations: their size, a session, attributes, the password's size
static void change_auth(struct fuzz_command *c)
{
	uint8_t *auth = c->data + c->auths_at;

	if (c->auths_at == 0 || c->auths_at + 13 > c->size)
		return;
	switch (fuzz_below(5)) {
	case 0:
		set32(auth, any_size(get32(auth)));
		break;
	case 1:
		set32(auth + 4, fuzz_below(2) ? fuzz_session : any_handle());
		break;
	case 2:
		set16(auth + 8, any_size(0));
		break;
	case 3:
		auth[10] = (uint8_t)fuzz_random();
		break;
	default:
		set16(auth + 11, any_size(0));
		break;
	}
}

static void cut(struct fuzz_command *c)
{
	c->size = TPM_HEADER_SIZE + (uint32_t)fuzz_below(c->size - TPM_HEADER_SIZE + 1);
}

static void append(struct fuzz_command *c)
{
	uint32_t room = VTPM_COMMAND_SIZE_MAX - c->size;
	uint32_t more = (uint32_t)fuzz_below(fuzz_below(4) ? MIN(room, 32u) + 1 : room + 1);

	for (; more > 0; more--)
		c->data[c->size++] = any_byte();
}

static void insert(struct fuzz_command *c)
{
	uint32_t bytes = 1 + (uint32_t)fuzz_below(8);
	uint32_t at = 0;

	if (c->size + bytes > VTPM_COMMAND_SIZE_MAX || !any_place(c, HANDLES_AT, 0, &at))
		return;
	memmove(c->data + at + bytes, c->data + at, c->size - at);
	c->size += bytes;
	for (uint32_t i = 0; i < bytes; i++)
		c->data[at + i] = any_byte();
}

static void leave_out(struct fuzz_command *c)
{
	uint32_t bytes = 1 + (uint32_t)fuzz_below(8);
	uint32_t at = 0;

	if (!any_place(c, HANDLES_AT, bytes, &at))
		return;
	memmove(c->data + at, c->data + at + bytes, c->size - at - bytes);
	c->size -= bytes;
}

// The parameters of another command
static void exchange_body(struct fuzz_command *c)
{
	static struct fuzz_command other;

	fuzz_seed_make(fuzz_below(fuzz_seed_count()), &other);
	uint32_t size = MIN(other.size - other.body_at, VTPM_COMMAND_SIZE_MAX - c->body_at);

	if (c->body_at > c->size)
		return;
	memcpy(c->data + c->body_at, other.data + other.body_at, size);
	c->size = c->body_at + size;
}

static void (*const mutations[])(struct fuzz_command *) = {change_bit, change_bit, change_byte,
	change_byte, change_size, change_size, change_word, change_handle, change_handle,
	change_tag, change_code, change_auth, change_auth, cut, append, insert, leave_out,
	exchange_body};

// What the SVSM checks before the TPM sees anything
static void request_spoil(struct fuzz_request *r)
{
	static const uint32_t platform[] = {0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 17, 20, 21, 26,
		30, 31, 0x108, 0x08000000, 0xffffffff};

	switch (fuzz_below(6)) {
	case 0:
		r->platform_command = platform[fuzz_below(ARRAY_SIZE(platform))];
		break;
	case 1:
		r->locality = (uint8_t)(1 + fuzz_below(255));
		break;
	case 2:
	case 3:
		r->size = any_size(r->size);
		break;
	case 4:
		set32(r->command.data + TPM_HEADER_SIZE_AT, any_size(r->size));
		break;
	default:
		r->call = fuzz_below(2) ? SVSM_VTPM_QUERY : (uint32_t)fuzz_random();
		break;
	}
}

void fuzz_request_make(struct fuzz_request *r)
{
	struct fuzz_command *c = &r->command;
	uint64_t how = fuzz_below(16);

	fuzz_seed_make(fuzz_below(fuzz_seed_count()), c);
	// A quarter stays as it is, so that there is something for the others to work on.
	for (uint64_t n = how < 4 ? 0 : 1 + how % MUTATIONS_MAX; n > 0; n--)
		mutations[fuzz_below(ARRAY_SIZE(mutations))](c);
	set32(c->data + TPM_HEADER_SIZE_AT, c->size);
	r->platform_command = VTPM_SEND_COMMAND;
	r->locality = 0;
	r->size = c->size;
	r->call = SVSM_VTPM_CMD;
	if (how == 15)
		request_spoil(r);
}
