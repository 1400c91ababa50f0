# shellcheck shell=bash
# Processors and memory: what may start now. A VM's memory counts as a whole from its start, though
# it fills only by and by.
slots_used=0
memory_used=0
memory_budget=0

# What a test takes in MiB: its VMs' memory, the machine's share of it, QEMU and scripts.
room_need() { # INDEX
	echo $((MEM[$1] + MEM[$1] / 16 + 256))
}

# The least of what the kernel has, what a control group leaves, and what the user allows.
room_memory() {
	local available limit used
	available=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
	limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null)
	used=$(cat /sys/fs/cgroup/memory.current 2>/dev/null)
	if [[ $limit =~ ^[0-9]+$ && $used =~ ^[0-9]+$ ]]; then
		limit=$(((limit - used) >> 20))
		((limit < available)) && available=$limit
	fi
	[[ $MEMORY ]] && ((MEMORY < available)) && available=$MEMORY
	echo "$available"
}

room_begin() { memory_budget=$(room_memory); }

# More processors than there are mean: alone.
room_slots() { # INDEX
	echo $((CPUS[$1] < SLOTS ? CPUS[$1] : SLOTS))
}

room_for() { # INDEX
	local need
	((slots_used + $(room_slots "$1") <= SLOTS)) || return
	need=$(room_need "$1")
	((memory_used + need <= memory_budget && need <= $(room_memory)))
}

room_take() { # INDEX
	slots_used=$((slots_used + $(room_slots "$1")))
	memory_used=$((memory_used + $(room_need "$1")))
}

room_give() { # INDEX
	slots_used=$((slots_used - $(room_slots "$1")))
	memory_used=$((memory_used - $(room_need "$1")))
}
