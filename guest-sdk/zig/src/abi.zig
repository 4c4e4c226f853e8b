//! The contract of lance-host, in the canonical ABI of the component model.
//!
//! It is written by hand, so that a batch leaves without a copy: a release of the contract keeps the
//! exact shape of every type. Whoever changes it is held to the contract by `guest-sdk/componentize`,
//! which refuses a module whose functions have other types, and whose tests compare the numbers below
//! with it.
//!
//! Outside of WebAssembly a fake stands in for the host, see `testing.zig`.

const std = @import("std");
const builtin = @import("builtin");
const Allocator = std.mem.Allocator;

/// Whether this is built for lance-host, rather than for a test on the machine at hand.
pub const is_guest = builtin.target.cpu.arch == .wasm32;

/// A list of the contract: where its items are, and how many.
pub fn List(comptime T: type) type {
    return extern struct {
        ptr: [*]const T,
        len: usize,

        const Self = @This();

        pub const empty: Self = .of(&.{});

        pub fn of(items: []const T) Self {
            // An empty slice of Zig may be anywhere, and an empty list of the contract may not.
            const ptr: [*]const T = if (items.len == 0) @ptrCast(&somewhere) else items.ptr;
            return .{ .ptr = ptr, .len = items.len };
        }

        pub fn slice(self: Self) []const T {
            // Nothing is said about the address of a list without items.
            return if (self.len == 0) &.{} else self.ptr[0..self.len];
        }
    };
}

/// An address in memory that suits every type.
const somewhere: u64 = 0;

pub const String = List(u8);

pub const Setting = extern struct {
    name: String,
    value: String,
};

pub const Field = extern struct {
    name: String,
    data_type: String,
    nullable: bool,
    metadata: List(Setting),
};

pub const Column = extern struct {
    length: u32,
    has_validity: bool,
    validity: String,
    buffers: List(String),
};

pub const OptionalString = extern struct {
    is_some: bool,
    text: String,
};

pub const TargetError = extern struct {
    code: String,
    message: String,
    table: OptionalString,
    column: OptionalString,
    has_row: bool,
    row: u64,
    details: List(Setting),
};

/// What any of the imported functions returns. In the place of the error, where there is none, may
/// be a handle.
pub const Result = extern struct {
    failed: bool,
    is: extern union {
        handle: u32,
        failure: TargetError,
    },
};

/// What `run` returns.
pub const Outcome = extern struct {
    failed: bool,
    message: String,
};

comptime {
    if (is_guest) {
        layout(Setting, 16, &.{ 0, 8 });
        layout(Field, 28, &.{ 0, 8, 16, 20 });
        layout(Column, 24, &.{ 0, 4, 8, 16 });
        layout(TargetError, 64, &.{ 0, 8, 16, 28, 40, 48, 56 });
        layout(Result, 72, &.{ 0, 8 });
        layout(Outcome, 12, &.{ 0, 4 });
    }
}

fn layout(comptime T: type, size: usize, comptime places: []const usize) void {
    std.debug.assert(@sizeOf(T) == size);
    for (@typeInfo(T).@"struct".field_names, places) |name, place| std.debug.assert(@offsetOf(T, name) == place);
}

const imports = struct {
    extern "lance-host:pipeline/target@0.1.0" fn @"declare-table"(
        database: [*]const u8,
        database_len: usize,
        name: [*]const u8,
        name_len: usize,
        fields: [*]const Field,
        field_count: usize,
        key: [*]const String,
        key_count: usize,
        settings: [*]const Setting,
        setting_count: usize,
        result: *Result,
    ) void;

    extern "lance-host:pipeline/target@0.1.0" fn @"[method]table.declare-rows"(
        table: u32,
        columns: [*]const Column,
        count: usize,
        result: *Result,
    ) void;

    extern "lance-host:pipeline/target@0.1.0" fn @"[method]table.declare-index"(
        table: u32,
        column: [*]const u8,
        column_len: usize,
        kind: [*]const u8,
        kind_len: usize,
        settings: [*]const Setting,
        setting_count: usize,
        result: *Result,
    ) void;
};

/// The host, as tests stand in for it. What is passed holds during the call only; what it returns
/// comes from `given`.
pub const Host = struct {
    context: *anyopaque,
    declareTable: *const fn (
        context: *anyopaque,
        database: []const u8,
        name: []const u8,
        fields: []const Field,
        key: []const String,
        settings: []const Setting,
    ) Result,
    declareRows: *const fn (context: *anyopaque, table: u32, columns: []const Column) Result,
    declareIndex: *const fn (
        context: *anyopaque,
        table: u32,
        column: []const u8,
        kind: []const u8,
        settings: []const Setting,
    ) Result,
};

/// Who is called in tests.
pub var fake: ?Host = null;

/// Where the memory comes from that the host asks for: for the parameters, and for errors.
pub const given: Allocator = if (is_guest)
    std.heap.wasm_allocator
else if (builtin.is_test)
    std.testing.allocator
else
    std.heap.page_allocator;

pub fn declareTable(
    database: []const u8,
    name: []const u8,
    fields: []const Field,
    key: []const String,
    settings: []const Setting,
) Result {
    if (is_guest) {
        var result: Result = undefined;
        imports.@"declare-table"(
            List(u8).of(database).ptr,
            database.len,
            List(u8).of(name).ptr,
            name.len,
            List(Field).of(fields).ptr,
            fields.len,
            List(String).of(key).ptr,
            key.len,
            List(Setting).of(settings).ptr,
            settings.len,
            &result,
        );
        return result;
    }
    const host = fake orelse @panic("there is no host here: use lance.testing.Host");
    return host.declareTable(host.context, database, name, fields, key, settings);
}

pub fn declareRows(table: u32, columns: []const Column) Result {
    if (is_guest) {
        var result: Result = undefined;
        imports.@"[method]table.declare-rows"(table, List(Column).of(columns).ptr, columns.len, &result);
        return result;
    }
    const host = fake.?;
    return host.declareRows(host.context, table, columns);
}

pub fn declareIndex(table: u32, column: []const u8, kind: []const u8, settings: []const Setting) Result {
    if (is_guest) {
        var result: Result = undefined;
        imports.@"[method]table.declare-index"(
            table,
            List(u8).of(column).ptr,
            column.len,
            List(u8).of(kind).ptr,
            kind.len,
            List(Setting).of(settings).ptr,
            settings.len,
            &result,
        );
        return result;
    }
    const host = fake.?;
    return host.declareIndex(host.context, table, column, kind, settings);
}

/// `cabi_realloc`. There is nothing sensible to do without memory.
pub fn realloc(block: ?[*]u8, old_size: usize, alignment: usize, new_size: usize) callconv(.c) [*]u8 {
    const to: std.mem.Alignment = .fromByteUnits(alignment);
    const new = given.rawAlloc(@max(new_size, 1), to, @returnAddress()) orelse @panic("there is no memory left");
    if (block) |old| if (old_size > 0) {
        @memcpy(new[0..@min(old_size, new_size)], old[0..@min(old_size, new_size)]);
        given.rawFree(old[0..old_size], to, @returnAddress());
    };
    return new;
}

/// Gives back what `realloc` returned for a list.
pub fn free(comptime T: type, list: List(T)) void {
    given.free(list.slice());
}

pub fn freeSettings(list: List(Setting)) void {
    for (list.slice()) |setting| {
        free(u8, setting.name);
        free(u8, setting.value);
    }
    free(Setting, list);
}

test "an empty list is somewhere, and an empty slice of items need not be" {
    const nowhere: []const u8 = @as([*]const u8, @ptrFromInt(std.math.maxInt(usize)))[0..0];
    try std.testing.expect(@intFromPtr(String.of(nowhere).ptr) != std.math.maxInt(usize));
    try std.testing.expectEqual(0, @intFromPtr(List(u64).of(&.{}).ptr) % 8);
}

test "the canonical ABI asks for memory of its own alignment and gives it back" {
    const block = realloc(null, 0, 8, 24);
    @memset(block[0..24], 7);
    const grown = realloc(block, 24, 8, 48);
    try std.testing.expectEqual(0, @intFromPtr(grown) % 8);
    try std.testing.expectEqualSlices(u8, &@as([24]u8, @splat(7)), grown[0..24]);
    given.rawFree(grown[0..48], .@"8", @returnAddress());
}
