package lancehost

import "unsafe"

// What the host passes to a pipeline it first writes to memory that it asks of cabi_realloc. That may
// be before Go's runtime has started, when the WASI adapter asks for memory of its own, and in the
// middle of a call to the host, when nothing may call the host again, as Go's collector does for the
// time. So it never comes from Go's heap, but from a static arena.

// arena has room for the adapter (128 KiB), for all parameters that fit a command line (2 MiB), and
// for an error. Untouched, it costs nothing.
var arena [1 << 19]uint64

// arenaUsed is how many words of the arena are in use.
var arenaUsed uint32

// calling says that a call to the host begins. The function that it returns forgets what the host has
// allocated for the call, after that was read.
func calling() func() {
	before := arenaUsed
	return func() { arenaUsed = before }
}

// cabiRealloc keeps to words, which are aligned well enough for every type of the contract. Nobody
// asks to grow what was allocated. Too much ends the pipeline.
//
//go:wasmexport cabi_realloc
func cabiRealloc(_ unsafe.Pointer, _, _, bytes uint32) unsafe.Pointer {
	words := bytes/8 + 1
	block := arena[arenaUsed:][:words]
	arenaUsed += words
	return unsafe.Pointer(unsafe.SliceData(block))
}

// pointer is to a block that cabiRealloc returned.
func pointer(at uint32) unsafe.Pointer {
	return unsafe.Pointer(&arena[(at-address(unsafe.Pointer(&arena)))/8])
}
