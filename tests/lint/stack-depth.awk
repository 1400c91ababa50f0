# SPDX-License-Identifier: MIT
# For stack-depth.sh: how deep the kernel's stacks get. Input, in this order: stack-depth.table,
# kernel/layout.h, the platforms' tables, `readelf -r` of the objects, gcc's call graphs
# (-fcallgraph-info=su). A function is NAME, or FILE:NAME if it is static.

function fail(text) {
	print "stack-depth: " text
	failed = 1
}

# The function with this name: of this file, of all, or the only static one; "": none.
function resolve(name, file) {
	if (file != "" && (file ":" name) in use)
		return file ":" name
	if (name in use)
		return name
	return titles[name] == 1 ? title[name] : ""
}

function bare(name) {
	sub(/^.*:/, "", name)
	return name
}

# Without what the compiler appends to a copy: .part.0, .constprop.0
function base(name) {
	name = bare(name)
	sub(/\..*$/, "", name)
	return name
}

function add_edge(from, to) {
	if (!((from, to) in edge)) {
		edge[from, to] = 1
		callee[from, ++callees[from]] = to
	}
}

function add_pointed(from, to, where, what) {
	if (to == "") {
		fail(where ": which function is " what "?")
		return
	}
	add_edge(from, to)
	called[to] = 1
}

# Functions of a list: names, or @FILE:DATA for those whose addresses are in that data.
function add_listed(from, list, where, n, i, j, part, key) {
	n = split(list, part, " ")
	for (i = 1; i <= n; i++) {
		key = substr(part[i], 2)
		if (part[i] !~ /^@/)
			add_pointed(from, resolve(part[i], ""), where, part[i])
		else if (!(key in held))
			fail(where ": no addresses of functions in " key)
		for (j = 1; part[i] ~ /^@/ && j <= held[key]; j++)
			add_pointed(from, resolve(in_data[key, j], in_file[key, j]), where, in_data[key, j])
	}
}

function rest(from, i, text) {
	for (i = from; i <= NF && $i !~ /^#/; i++)
		text = text (text == "" ? "" : " ") $i
	return text
}

# --- input

FNR == 1 { file_number++ }

file_number == 1 && /^(#|$)/ { next }
file_number == 1 { where = FILENAME ":" FNR }
file_number == 1 && $1 == "stack" {
	stacks[++stack_count] = $2
	entries[$2] = rest(3)
	next
}
file_number == 1 && $1 == "exception" {
	exception = $2
	first = " " $3 "=1"
	next
}
file_number == 1 && $1 == "margin" {
	margin = $2
	next
}
file_number == 1 && $1 == "asm" {
	use[$2] = $3
	own[$2] = rest(4)
	own_where[$2] = where
	next
}
file_number == 1 && $1 == "calls" {
	pointer[$2] = rest(3)
	pointer_where[$2] = where
	next
}
file_number == 1 && $1 == "mark" {
	for (i = 3; i <= NF; i++)
		marks[$i] = marks[$i] " " $2
	next
}
file_number == 1 && $1 == "behind" {
	behind[$3] = behind[$3] " " $2
	alone[$2, $3] = rest(4)
	next
}
file_number == 1 && $1 == "bound" {
	marks[$2] = marks[$2] " " $2
	limit[$2] = $3
	next
}
file_number == 1 {
	fail(where ": not known: " $1)
	next
}

FILENAME ~ /layout\.h$/ {
	if ($1 == "#define" && $2 ~ /^STACK_.*_PAGES$/)
		pages[substr($2, 7, length($2) - 12)] = $3
	next
}

FILENAME ~ /platform\.c$/ {
	if ($0 ~ /^\t\.[a-z_]+ = [a-z_0-9]+,$/) {
		gsub(/[.,]/, "")
		slot[$1] = slot[$1] " " FILENAME ":" $3
	}
	next
}

$1 == "File:" {
	object = $2
	sub(/^.*kernel-obj\//, "", object)
	sub(/\.o$/, ".c", object)
	next
}
$1 == "Relocation" { section = substr($3, 7); gsub(/'/, "", section); next }
/R_X86_64_/ {
	name = $5
	if ($3 ~ /PLT32/ || section ~ /^\.(debug|eh_frame)/ || section ~ /^__ex_table/)
		next
	if (name ~ /^\.text\./ && $6 == "+" && $7 == "0")
		name = substr(name, 7)
	else if (name ~ /^\./ || $7 != "0")
		next
	taken[object SUBSEP name] = 1
	key = section
	sub(/^\.(data\.rel\.ro|rodata|data)(\.ro_after_init|\.local)?\./, "", key)
	sub(/\.[0-9]+$/, "", key)
	key = object ":" key
	in_data[key, ++held[key]] = name
	in_file[key, held[key]] = object
	next
}

/^node: / && / bytes \(/ {
	split($0, quote, "\"")
	name = quote[2]
	match(quote[4], /[0-9]+ bytes \([a-z,]*\)/)
	text = substr(quote[4], RSTART, RLENGTH)
	use[name] = text + 0
	if (text ~ /dynamic/ && text !~ /bounded/)
		unbounded[name] = 1
	next
}
/^edge: / {
	split($0, quote, "\"")
	from_of[++edge_count] = quote[2]
	to_of[edge_count] = quote[4]
	next
}

# --- the graph

function slots_add(from, name, n, i, part, cut) {
	name = substr(from, length("platform_") + 1)
	n = from ~ /^platform_/ ? split(slot[name], part, " ") : 0
	for (i = 1; i <= n; i++) {
		cut = index(part[i], ":")
		name = resolve(substr(part[i], cut + 1), substr(part[i], 1, cut - 1))
		add_pointed(from, name, "the platform of " from, part[i])
	}
	return n
}

function indirect(from) {
	if (indirect_done[from]++)
		return
	if (base(from) in pointer) {
		used[base(from)] = 1
		add_listed(from, pointer[base(from)], pointer_where[base(from)])
	} else if (!slots_add(from))
		fail(from " calls by a pointer: say in stack-depth.table whom (calls)")
}

# Who puts a new function into a table of handlers has to be seen.
function taken_check(key, part, name) {
	for (key in taken) {
		split(key, part, SUBSEP)
		name = resolve(part[2], part[1])
		if (name != "" && !(name in called) && !(name in entry))
			fail("the address of " name " is used: say in stack-depth.table who calls it")
	}
}

function graph_build(name, i) {
	for (name in use) {
		titles[bare(name)]++
		title[bare(name)] = name
	}
	for (i = 1; i <= edge_count; i++)
		if (to_of[i] == "__indirect_call")
			indirect(from_of[i])
		else
			add_edge(from_of[i], to_of[i])
	for (name in own)
		add_listed(name, own[name], own_where[name])
	for (name in pointer)
		if (!(name in used))
			fail(pointer_where[name] ": " name " calls nobody by a pointer")
	taken_check()
}

# --- the deepest path. A state is a function and the marks that it is behind, "NAME=HOW OFTEN".

function count_of(state, name) {
	if (!match(state, " " name "=[0-9]+"))
		return 0
	return substr(state, RSTART + length(name) + 2, RLENGTH - length(name) - 2) + 0
}

# A mark is there or not; what has a bound is counted.
function state_with(state, name, n) {
	n = count_of(state, name)
	if (n == 0)
		return state " " name "=1"
	if (name in limit)
		sub(" " name "=[0-9]+", " " name "=" (n + 1), state)
	return state
}

function state_behind(state, name, n, i, part) {
	n = split(marks[name], part, " ")
	for (i = 1; i <= n; i++)
		state = state_with(state, part[i])
	return state
}

# The mark behind which it calls less than it does otherwise
function mark_of(state, name, n, i, part) {
	n = split(behind[name], part, " ")
	for (i = 1; i <= n; i++)
		if (count_of(state, part[i]) > 0)
			return part[i]
	return ""
}

function complain_once(name, text) {
	if (!((name, text) in told))
		fail(text ": " name)
	told[name, text] = 1
}

# The deepest of the calls; sets next_of.
function deeper(key, to, state, best, d) {
	d = depth(to, state)
	if (d <= best)
		return best
	next_of[key] = to SUBSEP state
	return d
}

function depth_below(name, state, key, i, n, best, inner, mark, part) {
	mark = mark_of(state, base(name))
	if (base(name) in limit && count_of(state, base(name)) >= limit[base(name)])
		return 0
	inner = state_behind(state, base(name))
	if (mark != "") {
		n = split(alone[mark, base(name)], part, " ")
		for (i = 1; i <= n; i++)
			best = deeper(key, resolve(part[i], ""), inner, best)
		return best + 0
	}
	for (i = 1; i <= callees[name]; i++)
		best = deeper(key, callee[name, i], inner, best)
	return best + 0
}

function depth(name, state, key, d) {
	key = name SUBSEP state
	if (key in memo)
		return memo[key]
	if (key in on_path) {
		complain_once(name, "recursion that has no bound in stack-depth.table, by way of")
		return 0
	}
	if (!(name in use)) {
		complain_once(name, "it is not known how much stack it uses")
		return 0
	}
	if (name in unbounded)
		complain_once(name, "its frame has no bound")
	on_path[key] = 1
	reached[base(name)] = 1
	d = use[name] + depth_below(name, state, key)
	delete on_path[key]
	memo[key] = d
	return d
}

function path_print(title, key, part, text) {
	while (key != "") {
		split(key, part, SUBSEP)
		text = text (text == "" ? "" : ", ") bare(part[1]) " " use[part[1]]
		key = next_of[key]
	}
	print "# " title ": " text
}

function stack_check(name, n, i, part, best, d, key, size, sum, function_name) {
	size = pages[name] * 4096
	n = split(entries[name], part, " ")
	for (i = 1; i <= n; i++) {
		function_name = resolve(part[i], "")
		d = depth(function_name, "")
		if (d > best) {
			best = d
			key = function_name SUBSEP ""
		}
	}
	sum = best + on_top
	printf "# %-5s %6d %8d %10d %6d %6d\n", name, size, best, on_top, sum, size - sum
	worst[name] = key
	if (!size || sum + margin > size)
		fail("stack " name ": " sum " bytes of " size + 0 ", and " margin " have to be left")
}

END {
	for (i = 1; i <= stack_count; i++) {
		n = split(entries[stacks[i]], part, " ")
		for (j = 1; j <= n; j++)
			entry[part[j]] = 1
	}
	graph_build()
	exception = resolve(exception, "")
	# A second one comes from the report of the first.
	second = state_behind(first, "panic_trap")
	on_top = depth(exception, first) + depth(exception, second)
	print "# stack   size  deepest exceptions    sum   left"
	for (i = 1; i <= stack_count; i++)
		stack_check(stacks[i])
	for (i = 1; i <= stack_count; i++)
		path_print(stacks[i], worst[stacks[i]])
	path_print("an exception", exception SUBSEP first)
	path_print("a second exception", exception SUBSEP second)
	for (name in marks)
		if (!(name in reached))
			fail("mark or bound in stack-depth.table: nothing calls " name)
	for (name in behind)
		if (!(name in reached))
			fail("behind in stack-depth.table: nothing calls " name)
	exit failed
}
